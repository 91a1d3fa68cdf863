//! The message tables, and the values of their rows with the key undone.

use hutong_sqlite::{Row, Table, Value};

use super::cipher::FieldKey;
use crate::qq::database;

/// The rows inside forward bundles.
pub(super) const BUNDLES: &str = "mr_multimessage";

/// What the name of a table says about its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableKind {
    /// `mr_friend_…`.
    Friend,
    /// `mr_troop_…`.
    Troop,
    /// `mr_discusssion_…`.
    Discussion,
    /// The owner's other devices.
    Device,
    /// Temporary chats and everything else between two.
    Other,
}

/// Whether a table holds messages of a conversation: it is named like one and has the columns.
pub(super) fn is_message_table(table: &Table) -> bool {
    let name = table.name.to_ascii_lowercase();
    name.starts_with("mr_")
        && name != BUNDLES
        && ["msgData", "msgtype", "time"]
            .iter()
            .all(|column| table.has_column(column))
}

/// The kind of a table, by its name.
pub(super) fn kind(name: &str) -> TableKind {
    let lower = name.to_ascii_lowercase();
    let starts = |start: &str| lower.starts_with(start);
    if starts("mr_friend_") {
        TableKind::Friend
    } else if starts("mr_troop_") {
        TableKind::Troop
    } else if starts("mr_disc") {
        TableKind::Discussion
    } else if starts("mr_data_line") || starts("mr_dataline") {
        TableKind::Device
    } else {
        TableKind::Other
    }
}

/// The 32 hexadecimal digits in a table's name: the MD5 of the conversation's number.
pub(super) fn digest(name: &str) -> Option<String> {
    name.split('_')
        .find(|piece| piece.len() == 32 && piece.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_ascii_uppercase)
}

/// What is read of every row, in the order of [`MessageRow::new`].
pub(super) const COLUMNS: &[&str] = &[
    "time",
    "msgtype",
    "msgseq",
    "uniseq",
    "shmsgseq",
    "msgUid",
    "istroop",
    "issend",
    "selfuin",
    "senderuin",
    "frienduin",
    "msgData",
    "extStr",
];

/// One row, its values in clear.
#[derive(Debug, Clone, Default)]
pub(super) struct MessageRow {
    pub(super) row: i64,
    pub(super) time: i64,
    pub(super) kind: i64,
    pub(super) sequence: i64,
    pub(super) unique: i64,
    pub(super) short_sequence: i64,
    pub(super) uid: i64,
    pub(super) is_sent: bool,
    /// The owner.
    pub(super) own: String,
    pub(super) sender: String,
    /// The conversation: friend or group.
    pub(super) friend: String,
    pub(super) data: Vec<u8>,
    pub(super) extra: String,
}

impl MessageRow {
    pub(super) fn new(row: &Row<'_>, key: &FieldKey) -> Self {
        Self {
            row: row.rowid(),
            time: database::seconds(row, 0),
            kind: database::number(row, 1),
            sequence: database::number(row, 2),
            unique: database::number(row, 3),
            short_sequence: database::number(row, 4),
            uid: database::number(row, 5),
            is_sent: database::number(row, 7) != 0,
            own: text(row, 8, key),
            sender: text(row, 9, key),
            friend: text(row, 10, key),
            data: key.bytes(row.bytes(11).unwrap_or_default()),
            extra: text(row, 12, key),
        }
    }
}

/// A text value in clear. A number was never combined with anything.
pub(super) fn text(row: &Row<'_>, index: usize, key: &FieldKey) -> String {
    match row.value(index) {
        Value::Integer(number) => number.to_string(),
        other => other
            .bytes()
            .map(|stored| key.text(stored))
            .unwrap_or_default(),
    }
}
