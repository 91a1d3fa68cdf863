const all = require('../../lib/chats.js');
const labels = require('../../lib/labels.js');
const STEP = 100;

Page({
  data: { labels, title: labels.title, chats: all.slice(0, STEP), count: all.length },
  more() {
    this.setData({ chats: all.slice(0, this.data.chats.length + STEP) });
  },
  open(event) {
    wx.navigateTo({ url: event.currentTarget.dataset.url });
  },
  about() {
    wx.navigateTo({ url: '/pages/about/about' });
  },
});
