// A chat page by page: at most three pages of messages are shown at a time.
module.exports = function reader(chats, labels) {
  return {
    data: { labels, messages: [], first: 0, last: 0, count: 0, next: '' },
    onLoad(query) {
      this.chat = chats[Number(query.chat) || 0];
      wx.setNavigationBarTitle({ title: this.chat.title });
      this.show(0, Math.min(1, this.chat.pages.length - 1));
    },
    show(first, last) {
      let messages = [];
      for (let at = first; at <= last; at += 1) messages = messages.concat(this.chat.pages[at]());
      const count = this.chat.pages.length;
      this.setData({ messages, first, last, count, next: last === count - 1 ? this.chat.next : '' });
    },
    older() {
      if (this.data.first === 0) return;
      const first = this.data.first - 1;
      this.show(first, Math.min(this.data.last, first + 2));
    },
    newer() {
      if (this.data.last + 1 >= this.data.count) return;
      const last = this.data.last + 1;
      this.show(Math.max(this.data.first, last - 2), last);
    },
    on() {
      wx.navigateTo({ url: this.data.next });
    },
  };
};
