//! Opens the databases and reads their rows.

use hutong_crypto::Container;
use hutong_sqlite::{Cursor, Row, Table};

pub(super) use crate::qq::database::{Db, id, number, open, own, reason, wal_path, walk, words};

/// What the rows of a message table have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TableKind {
    /// Groups.
    Group,
    /// Two people; chat types tell more.
    Direct,
    /// The owner's other devices.
    Device,
    /// Old discussion groups.
    Discuss,
    /// Bots and service accounts.
    Service,
}

/// The message tables, in the order in which they are read.
pub(super) const MESSAGE_TABLES: &[(&str, TableKind)] = &[
    ("c2c_msg_table", TableKind::Direct),
    ("group_msg_table", TableKind::Group),
    ("dataline_msg_table", TableKind::Device),
    ("c2c_temp_msg_table", TableKind::Direct),
    ("discuss_msg_table", TableKind::Discuss),
    ("ai_assistant_msg_table", TableKind::Service),
    ("group_ai_assistant_msg_table", TableKind::Group),
    ("service_assistant_msg_table", TableKind::Service),
];

/// The message tables that a database has.
pub(super) fn message_tables(db: &Db) -> impl Iterator<Item = (&Table, TableKind)> {
    MESSAGE_TABLES
        .iter()
        .filter_map(|(name, kind)| Some((db.table(name)?, *kind)))
}

/// What is read of every message row, in the order of [`MessageRow::new`].
pub(super) const COLUMNS: &[&str] = &[
    "40001", "40002", "40003", "40005", "40010", "40011", "40012", "40013", "40020", "40021",
    "40027", "40030", "40033", "40050", "40058", "40062", "40090", "40093", "40094", "40800",
    "40850", "40851", "40900",
];

/// One row of a message table. Numbers that are NULL or missing read as 0, texts as empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MessageRow<'a> {
    /// 40001.
    pub(super) id: i64,
    /// 40002.
    pub(super) random: i64,
    /// 40003.
    pub(super) sequence: i64,
    /// 40005.
    pub(super) client_sequence: i64,
    /// 40010.
    pub(super) chat_type: i64,
    /// 40011.
    pub(super) kind: i64,
    /// 40012.
    pub(super) sub_kind: i64,
    /// 40013.
    pub(super) send_type: i64,
    /// 40020.
    pub(super) sender_uid: &'a [u8],
    /// 40021.
    pub(super) peer_uid: &'a [u8],
    /// 40027: group number, or for two people the sort number of the other one.
    pub(super) partition: i64,
    /// 40030.
    pub(super) peer_uin: i64,
    /// 40033.
    pub(super) sender_uin: i64,
    /// 40050, seconds.
    pub(super) time: i64,
    /// 40058, seconds at the start of the day.
    pub(super) day: i64,
    /// 40062.
    pub(super) reactions: &'a [u8],
    /// 40090.
    pub(super) card: &'a [u8],
    /// 40093.
    pub(super) nick: &'a [u8],
    /// 40094.
    pub(super) chat_name: &'a [u8],
    /// 40800.
    pub(super) body: &'a [u8],
    /// 40850.
    pub(super) reply_sequence: i64,
    /// 40851.
    pub(super) reply_time: i64,
    /// 40900.
    pub(super) cached: &'a [u8],
}

impl<'a> MessageRow<'a> {
    /// Picks a row of [`messages`] apart.
    pub(super) fn new(row: &Row<'a>) -> Self {
        let bytes = |index| row.bytes(index).unwrap_or_default();
        let integer = |index| number(row, index);
        Self {
            // Also right for copies whose table was made anew without a primary key.
            id: row.integer(0).unwrap_or(row.rowid()),
            random: integer(1),
            sequence: integer(2),
            client_sequence: integer(3),
            chat_type: integer(4),
            kind: integer(5),
            sub_kind: integer(6),
            send_type: integer(7),
            sender_uid: bytes(8),
            peer_uid: bytes(9),
            partition: integer(10),
            peer_uin: integer(11),
            sender_uin: integer(12),
            time: integer(13),
            day: integer(14),
            reactions: bytes(15),
            card: bytes(16),
            nick: bytes(17),
            chat_name: bytes(18),
            body: bytes(19),
            reply_sequence: integer(20),
            reply_time: integer(21),
            cached: bytes(22),
        }
    }
}

impl MessageRow<'_> {
    /// Whether it is a gray tip.
    pub(super) const fn is_tip(&self) -> bool {
        self.kind == 5
    }
}

/// All rows of a message table, for [`MessageRow::new`].
pub(super) fn messages<'db>(
    db: &'db Db,
    table: &Table,
) -> Result<Cursor<'db, Container>, hutong_sqlite::ScanError> {
    db.scan(table, COLUMNS)
}
