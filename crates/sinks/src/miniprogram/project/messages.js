Component({
  options: { addGlobalClass: true },
  properties: { messages: { type: Array, value: [] } },
  methods: {
    open(event) {
      const { message, place } = event.currentTarget.dataset;
      getApp().globalData.bundles.push(this.data.messages[message].b[place]);
      wx.navigateTo({ url: '/pages/bundle/bundle' });
    },
  },
});
