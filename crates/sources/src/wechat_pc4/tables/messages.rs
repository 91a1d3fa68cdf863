//! Message databases: who is who in a shard, and which conversations have a table in it.

use std::sync::Arc;

use hutong_model::{Problem, Stop};
use rustc_hash::FxHashMap;

use super::{OpenDatabase, text};
use crate::wechat_pc4::read::Usernames;

/// The columns of a message row in the order in which they are asked for.
pub(crate) mod column {
    pub(crate) const LOCAL_ID: usize = 0;
    pub(crate) const SERVER_ID: usize = 1;
    pub(crate) const LOCAL_TYPE: usize = 2;
    pub(crate) const SORT_SEQ: usize = 3;
    pub(crate) const SENDER: usize = 4;
    pub(crate) const CREATE_TIME: usize = 5;
    pub(crate) const SOURCE: usize = 6;
    pub(crate) const CONTENT: usize = 7;
    pub(crate) const COMPRESSED: usize = 8;
    pub(crate) const PACKED: usize = 9;
    /// Number of columns that every reading asks for.
    pub(crate) const COUNT: usize = 10;
}

const COLUMNS: [&str; column::COUNT] = [
    "local_id",
    "server_id",
    "local_type",
    "sort_seq",
    "real_sender_id",
    "create_time",
    "source",
    "message_content",
    "compress_content",
    "packed_info_data",
];

/// The columns to ask for: those above, and after them every column of the table when the whole row is to be kept.
pub(crate) fn message_columns(table: &hutong_sqlite::Table, is_whole_row: bool) -> Vec<&str> {
    let all = table
        .columns
        .iter()
        .filter(|_| is_whole_row)
        .map(|column| column.name.as_str());
    COLUMNS.into_iter().chain(all).collect()
}

/// A message table of one shard.
#[derive(Clone, Debug)]
pub(crate) struct MessageTable {
    /// Lower-case MD5 of the conversation's username.
    pub(crate) hash: String,
    /// Position in the schema.
    pub(crate) index: usize,
    /// Highest row number ever given, where the database remembers it.
    pub(crate) last_row: Option<i64>,
}

/// A message database.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) database: OpenDatabase,
    /// Number in this shard's `Name2Id` → number of the username.
    pub(crate) names: FxHashMap<i64, u32>,
    pub(crate) tables: Vec<MessageTable>,
    /// Whether it holds chats of official accounts only.
    pub(crate) is_official: bool,
}

impl Shard {
    /// Reads the names and the list of tables.
    pub(crate) fn read(
        database: OpenDatabase,
        usernames: &mut Usernames,
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ) -> Result<Self, Stop> {
        let mut names = FxHashMap::default();
        database.each_row("Name2Id", &["user_name"], damaged, |row| {
            if let Some(username) = text(&row, 0) {
                names.insert(row.rowid(), usernames.number(&username));
            }
            Ok(())
        })?;
        let mut last_rows: FxHashMap<String, i64> = FxHashMap::default();
        database.each_row("sqlite_sequence", &["name", "seq"], damaged, |row| {
            if let (Some(name), Some(last)) = (text(&row, 0), row.integer(1)) {
                last_rows.insert(name.to_ascii_lowercase(), last);
            }
            Ok(())
        })?;
        let tables = database
            .db
            .tables()
            .iter()
            .enumerate()
            .filter_map(|(index, table)| {
                let lower = table.name.to_ascii_lowercase();
                let hash = lower
                    .strip_prefix("msg_")
                    .filter(|hash| is_md5(hash))?
                    .to_owned();
                Some(MessageTable {
                    hash,
                    index,
                    last_row: last_rows.get(&lower).copied(),
                })
            });
        let tables = tables.collect();
        let file = database.path.rsplit('/').next().unwrap_or_default();
        let is_official = file.to_ascii_lowercase().starts_with("biz_");
        Ok(Self {
            names,
            tables,
            is_official,
            database,
        })
    }

    /// The place that rows of a table share.
    pub(crate) fn place(&self, table: &MessageTable) -> Option<Arc<hutong_model::OriginPlace>> {
        let name = &self.database.db.tables().get(table.index)?.name;
        Some(self.database.place(name))
    }
}

fn is_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
