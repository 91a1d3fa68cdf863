//! The message tables and their rows.

use hutong_sqlite::{Row, Table};

use crate::qq::database;

/// What the name of a table says about its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chat {
    /// `tb_c2cMsg_<number>`.
    Direct(String),
    /// `tb_TroopMsg_<number>`.
    Group(String),
    /// Discussion groups.
    Discussion(String),
}

/// The conversation of a table; absent when it holds no messages.
pub(super) fn chat(table: &Table) -> Option<Chat> {
    let name = table.name.to_ascii_lowercase();
    let (kind, id) = name.rsplit_once('_')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let has_words = table.has_column("content") || table.has_column("strMsg");
    if !is_id || !has_words {
        return None;
    }
    let id = id.to_owned();
    match kind {
        "tb_c2cmsg" => Some(Chat::Direct(id)),
        "tb_troopmsg" => Some(Chat::Group(id)),
        kind if kind.starts_with("tb_disc") => Some(Chat::Discussion(id)),
        _ => None,
    }
}

/// What is read of every row, in the order of [`MessageRow::new`]. Both kinds of table have names of their own for some.
pub(super) const COLUMNS: &[&str] = &[
    "time", "MsgTime", "type", "sMsgType", "content", "strMsg", "msgId", "flag", "picUrl",
    "SendUin", "nickname",
];

/// One message row.
#[derive(Debug, Clone, Default)]
pub(super) struct MessageRow {
    /// Seconds.
    pub(super) time: i64,
    pub(super) kind: i64,
    pub(super) content: String,
    /// The client's own number; empty where there is none.
    pub(super) id: String,
    pub(super) is_own: bool,
    /// JSON about media.
    pub(super) media: String,
    /// Author in a group.
    pub(super) sender: String,
    pub(super) nickname: String,
}

impl MessageRow {
    pub(super) fn new(row: &Row<'_>) -> Self {
        let first = |one: usize, other: usize| {
            let number = database::seconds(row, one);
            if number == 0 {
                database::seconds(row, other)
            } else {
                number
            }
        };
        let content = text(row, 4);
        Self {
            time: first(0, 1),
            kind: first(2, 3),
            content: if content.is_empty() {
                text(row, 5)
            } else {
                content
            },
            id: Some(text(row, 6))
                .filter(|id| id != "0")
                .unwrap_or_default(),
            is_own: database::number(row, 7) != 0,
            media: text(row, 8),
            sender: text(row, 9),
            nickname: text(row, 10),
        }
    }
}

/// Text, or a number written out.
fn text(row: &Row<'_>, index: usize) -> String {
    match row.integer(index) {
        Some(number) => number.to_string(),
        None => row.text(index).unwrap_or_default().into_owned(),
    }
}
