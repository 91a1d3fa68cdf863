//! A message that waits to be written.

use std::rc::Rc;

use hutong_model::Message;

/// The chat of a row, as every row of it repeats it.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) id: String,
    pub(super) native_id: String,
    pub(super) kind: &'static str,
    pub(super) name: Option<String>,
}

/// Who wrote a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sender<'a> {
    pub(super) native_id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

/// A message that waits to be written.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Number of its partition.
    pub(super) partition: usize,
    pub(super) chat: Rc<Chat>,
    pub(super) sender: Sender<'a>,
    pub(super) message: Box<Message>,
}
