//! The history of a WeChat 4 set as a phone tells it: the same people, words and server ids, in the phone's own shapes.
//!
//! A decrypted WeChat 4 set is forged beside the wanted one, read with SQLite, put into one order and thrown away. So
//! two sets of one plan are two copies of one history.

mod people;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};
use serde_json::Value;

use crate::rng::mix;
use crate::store::{Cipher, Store, make_folder};
use crate::{ForgeError, Forged, Plan, WechatKeys, WechatStyle, wechat4};

pub(crate) use people::People;

/// One message as a phone has it.
#[derive(Clone, Debug)]
pub(crate) struct PhoneRow {
    /// Username of the conversation.
    pub(crate) talker: String,
    pub(crate) server_id: i64,
    /// Base type and appmsg type.
    pub(crate) base: i64,
    pub(crate) sub: i64,
    /// Username; absent in system rows.
    pub(crate) sender: Option<String>,
    pub(crate) is_own: bool,
    pub(crate) time_ms: i64,
    /// Content without the sender's line.
    pub(crate) body: Option<String>,
    /// `<msgsource>`.
    pub(crate) source: Option<String>,
    /// What a correct importer delivers, when the row is a message of its own.
    pub(crate) truth: Option<Value>,
}

impl PhoneRow {
    pub(crate) fn is_room(&self) -> bool {
        self.talker.ends_with("@chatroom")
    }

    pub(crate) fn is_system(&self) -> bool {
        matches!(self.base, 10_000 | 10_002 | 9_999 | 51)
    }

    /// Content with the sender's line, as received rows of rooms have it.
    pub(crate) fn spoken(&self, body: &str) -> String {
        match &self.sender {
            Some(sender) if self.is_room() && !self.is_own && !self.is_system() => {
                format!("{sender}:\n{body}")
            }
            _ => body.to_owned(),
        }
    }

    /// A number that belongs to this message alone.
    pub(crate) fn number(&self) -> u64 {
        mix(self.server_id.cast_unsigned() ^ mix(self.time_ms.cast_unsigned()))
    }
}

/// Everything that a phone knows, in the order in which it came.
pub(crate) struct History {
    pub(crate) people: People,
    pub(crate) needle: String,
    scratch: PathBuf,
    staged: Option<Store>,
}

const STAGE: &str = "
CREATE TABLE row(number INTEGER PRIMARY KEY, talker TEXT, named TEXT, server_id INTEGER, kind INTEGER, sender TEXT,
    time INTEGER, sequence INTEGER, body TEXT, source TEXT, same INTEGER UNIQUE);
CREATE TABLE truth(conversation TEXT, server_id INTEGER, sequence INTEGER, line TEXT,
    PRIMARY KEY(conversation, server_id, sequence)) WITHOUT ROWID;";

impl History {
    /// Forges the history below `dir`, where only scratch files are left behind until it is dropped.
    pub(crate) fn make(
        plan: &Plan,
        dir: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Self, ForgeError> {
        let scratch = dir.join(".scratch");
        make_folder(&scratch)?;
        let desktop = Plan {
            attachments: false,
            wal_rows: 0,
            truth: true,
            wechat: WechatStyle {
                keys: WechatKeys::Decrypted,
                ..plan.wechat
            },
            ..plan.clone()
        };
        let set = wechat4(&desktop, &scratch, progress)?;
        let people = People::read(&set)?;
        let mut history = Self {
            people,
            needle: set.needle.clone(),
            staged: None,
            scratch,
        };
        history.stage(&set)?;
        Ok(history)
    }

    fn stage(&mut self, set: &Forged) -> Result<(), ForgeError> {
        let staged = Store::create(&self.scratch.join("stage.db"), &Cipher::None)?;
        staged.run(STAGE)?;
        staged.run("BEGIN")?;
        let truth = std::fs::read_to_string(&set.truth).map_err(|source| ForgeError::File {
            path: set.truth.clone(),
            source,
        })?;
        for line in truth.lines() {
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            staged.put(
                "INSERT OR IGNORE INTO truth VALUES(?1, ?2, ?3, ?4)",
                params![
                    value.get("conversation").and_then(Value::as_str),
                    value
                        .get("server_id")
                        .and_then(Value::as_str)
                        .and_then(|id| id.parse::<i64>().ok()),
                    value.get("sort_seq").and_then(Value::as_i64).unwrap_or(0),
                    line
                ],
            )?;
        }
        for name in ["message_0.db", "message_1.db", "biz_message_0.db"] {
            let path = set.root.join("db_storage/message").join(name);
            if path.exists() {
                self.stage_shard(&staged, &path)?;
            }
        }
        staged.run("COMMIT")?;
        self.staged = Some(staged);
        Ok(())
    }

    fn stage_shard(&self, staged: &Store, path: &Path) -> Result<(), ForgeError> {
        let shard = open(path)?;
        let failed = |source| failed(path, source);
        let mut names = std::collections::HashMap::new();
        let tables: Vec<String> = {
            let mut statement = shard
                .prepare("SELECT rowid, user_name FROM Name2Id")
                .map_err(failed)?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
                .map_err(failed)?;
            for row in rows {
                let (id, name): (i64, String) = row.map_err(failed)?;
                names.insert(id, name);
            }
            let mut statement = shard
                .prepare("SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg\\_%' ESCAPE '\\'")
                .map_err(failed)?;
            let rows = statement.query_map([], |row| row.get(0)).map_err(failed)?;
            rows.collect::<Result<_, _>>().map_err(failed)?
        };
        for table in tables {
            let hash = table.trim_start_matches("Msg_");
            let talker = self.people.by_hash(hash);
            let mut statement = shard
                .prepare(&format!(
                    "SELECT server_id, local_type, sort_seq, real_sender_id, create_time, message_content, source FROM {table} ORDER BY local_id"
                ))
                .map_err(failed)?;
            let mut rows = statement.query([]).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let server_id: i64 = row.get(0).map_err(failed)?;
                let kind: i64 = row.get(1).map_err(failed)?;
                let sender: i64 = row.get(3).map_err(failed)?;
                let sender = match (sender, names.get(&sender)) {
                    (0, _) => None,
                    (_, Some(name)) => Some(name.clone()),
                    // Of the account that nobody names, the table holds its own words.
                    (_, None) => Some(talker.clone()),
                };
                let body = cell(row.get_ref(5).map_err(failed)?)?;
                let body = body.map(|body| match &sender {
                    Some(sender) => body
                        .strip_prefix(&format!("{sender}:\n"))
                        .map_or(body.clone(), str::to_owned),
                    None => body,
                });
                let source = cell(row.get_ref(6).map_err(failed)?)?;
                // A row that stands in two shards is one row on a phone.
                let same = (server_id != 0).then(|| {
                    mix(server_id.cast_unsigned() ^ mix(kind.cast_unsigned())).cast_signed()
                });
                let named = if self.people.is_named(hash) {
                    talker.as_str()
                } else {
                    hash
                };
                staged.put(
                    "INSERT OR IGNORE INTO row(talker, named, server_id, kind, sender, time, sequence, body, source, same)
                     VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
                    params![
                        talker,
                        named,
                        server_id,
                        kind,
                        sender,
                        row.get::<_, i64>(4).map_err(failed)?,
                        row.get::<_, i64>(2).map_err(failed)?,
                        body,
                        source,
                        same
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> Result<u64, ForgeError> {
        let Some(staged) = &self.staged else {
            return Ok(0);
        };
        staged
            .connection
            .query_row("SELECT count(*) FROM row", [], |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .map_err(|source| staged.explain(source))
    }

    /// Gives every row, ordered by time or by conversation.
    pub(crate) fn each(
        &self,
        is_by_talker: bool,
        mut take: impl FnMut(PhoneRow) -> Result<(), ForgeError>,
    ) -> Result<(), ForgeError> {
        let Some(staged) = &self.staged else {
            return Ok(());
        };
        let failed = |source| staged.explain(source);
        let order = if is_by_talker {
            "talker, row.sequence, number"
        } else {
            "row.sequence, number"
        };
        let mut statement = staged
            .connection
            .prepare(&format!(
                "SELECT talker, row.server_id, kind, sender, time, row.sequence, body, source, line FROM row LEFT JOIN truth
                 ON truth.conversation = named AND truth.server_id = row.server_id
                 AND truth.sequence = CASE WHEN row.server_id = 0 THEN row.sequence ELSE 0 END ORDER BY {order}"
            ))
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let kind: i64 = row.get(2).map_err(failed)?;
            let (time, sequence): (i64, i64) =
                (row.get(4).map_err(failed)?, row.get(5).map_err(failed)?);
            let time_ms =
                time * 1_000 + (mix(time.cast_unsigned()) % 500).cast_signed() + sequence % 1_000;
            let sender: Option<String> = row.get(3).map_err(failed)?;
            let mut row = PhoneRow {
                talker: row.get(0).map_err(failed)?,
                server_id: row.get(1).map_err(failed)?,
                base: kind & 0xFFFF_FFFF,
                sub: kind >> 32,
                is_own: sender.as_deref() == Some(self.people.owner.username.as_str()),
                sender,
                time_ms,
                body: row.get(6).map_err(failed)?,
                source: row.get(7).map_err(failed)?,
                truth: row
                    .get::<_, Option<String>>(8)
                    .map_err(failed)?
                    .and_then(|line| serde_json::from_str(&line).ok()),
            };
            // The row of an upload that was completed later is no message of its own.
            if row.base == 49 && row.sub == 74 {
                row.truth = None;
            }
            retell(&mut row);
            take(row)?;
        }
        Ok(())
    }
}

/// What the list of the desktop set says differently on a phone: exact times, and who wrote in chats that only a phone
/// can name.
fn retell(row: &mut PhoneRow) {
    let (talker, sender, time) = (row.talker.clone(), row.sender.clone(), row.time_ms);
    let is_system = row.is_system();
    let Some(truth) = row.truth.as_mut().and_then(Value::as_object_mut) else {
        return;
    };
    truth.insert("conversation".to_owned(), talker.into());
    truth.insert("sent_at_ms".to_owned(), time.into());
    truth.remove("sort_seq");
    truth.remove("file");
    if truth.get("sender").is_none_or(Value::is_null) && !is_system {
        truth.insert("sender".to_owned(), sender.into());
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.staged = None;
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

fn open(path: &Path) -> Result<Connection, ForgeError> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: rusqlite::Error) -> ForgeError {
    ForgeError::Database {
        name: crate::store::name_of(path),
        source,
    }
}

/// A cell's text, compressed or not.
fn cell(value: rusqlite::types::ValueRef<'_>) -> Result<Option<String>, ForgeError> {
    use rusqlite::types::ValueRef;
    let (ValueRef::Text(bytes) | ValueRef::Blob(bytes)) = value else {
        return Ok(None);
    };
    let text = if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        zstd::decode_all(bytes).map_err(ForgeError::Compression)?
    } else {
        bytes.to_vec()
    };
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}
