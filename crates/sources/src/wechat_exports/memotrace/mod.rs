//! 留痕 / MemoTrace (WeChatMsg).

pub(super) mod csv;
pub(super) mod page;
pub(super) mod script;
pub(super) mod text;
