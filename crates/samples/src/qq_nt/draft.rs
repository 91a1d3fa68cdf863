//! A message before it becomes a row.

use crate::truth::{Kind, OnDisk, State};

use super::elements::Body;
use super::rows::{Names, Table};

/// Words for the truth list.
#[derive(Clone, Debug, Default)]
pub(super) enum Plain {
    /// There are none.
    #[default]
    None,
    /// Those of the body's text, @ and face elements.
    Body,
}

/// What stands in column 40800.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Elements(Body),
    Raw(Vec<u8>),
    Null,
}

/// Which message a reply answers, as the truth list and the row's columns name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    pub(super) msg_id: i64,
    pub(super) beat: u64,
}

/// A message in the making.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) msg_type: i64,
    pub(super) sub_type: i64,
    pub(super) sender: Option<u32>,
    pub(super) content: Content,
    pub(super) text: Plain,
    pub(super) state: State,
    pub(super) reply: Option<Reply>,
    /// Column 40850.
    pub(super) reply_column: i64,
    pub(super) cached: Option<Vec<u8>>,
    pub(super) reactions: Option<(Vec<u8>, i64)>,
    pub(super) at_flag: i64,
    pub(super) names: Names,
    /// Column 40013, where it is not what the sender suggests.
    pub(super) send_type: Option<i64>,
    /// Column 40003, where it is not the next one.
    pub(super) sequence: Option<i64>,
    pub(super) table: Option<Table>,
    /// Seconds since the row before it in the same scene.
    pub(super) wait: i64,
    pub(super) file: Option<OnDisk>,
    /// Row of `files_in_chat.db`: element type, name, path, size.
    pub(super) media: Option<(i64, String, String, usize)>,
}

impl Draft {
    /// A draft of the given types.
    pub(super) fn new(
        kind: Kind,
        msg_type: i64,
        sub_type: i64,
        sender: Option<u32>,
        body: Body,
    ) -> Self {
        Self {
            kind,
            msg_type,
            sub_type,
            sender,
            content: Content::Elements(body),
            text: Plain::None,
            state: State::Normal,
            reply: None,
            reply_column: 0,
            cached: None,
            reactions: None,
            at_flag: 0,
            names: Names::Full,
            send_type: None,
            sequence: None,
            table: None,
            wait: 1,
            file: None,
            media: None,
        }
    }

    /// A message of words, @ and faces.
    pub(super) fn spoken(sender: u32, body: Body) -> Self {
        Self {
            text: Plain::Body,
            ..Self::new(Kind::Text, 2, 1, Some(sender), body)
        }
    }

    /// A gray tip without sender.
    pub(super) fn tip(sub_type: i64, body: Body) -> Self {
        Self::new(Kind::System, 5, sub_type, None, body)
    }
}
