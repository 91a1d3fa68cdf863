Page({
  data: { messages: [] },
  onLoad() {
    const bundle = getApp().globalData.bundles.pop() || { title: '', messages: [] };
    wx.setNavigationBarTitle({ title: bundle.title });
    this.setData({ messages: bundle.messages });
  },
});
