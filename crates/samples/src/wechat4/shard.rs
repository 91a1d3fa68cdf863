//! Writes one message database (`message_N.db`, `biz_message_N.db`) from a stream of rows.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Statement, ToSql, params};

use crate::ForgeError;
use crate::store::{Cipher, Store};

use super::cast::Cast;
use super::schema;

/// A stored cell with its compression marker.
#[derive(Clone, Debug)]
pub(super) enum Stored {
    Null,
    /// Text; the marker is NULL or 0.
    Text(String, Option<i64>),
    /// Text that many rows share.
    SharedText(Arc<str>),
    /// Bytes; the marker is NULL, 0 or 4.
    Blob(Vec<u8>, Option<i64>),
    /// zstd that many rows share.
    SharedBlob(Arc<[u8]>),
}

impl Stored {
    const fn marker(&self) -> Option<i64> {
        match self {
            Self::Null | Self::SharedText(_) => None,
            Self::Text(_, marker) | Self::Blob(_, marker) => *marker,
            Self::SharedBlob(_) => Some(4),
        }
    }
}

impl Stored {
    /// The text, however it is stored.
    pub(super) fn words(&self) -> Option<String> {
        let bytes = match self {
            Self::Null => return None,
            Self::Text(text, _) => return Some(text.clone()),
            Self::SharedText(text) => return Some(text.to_string()),
            Self::Blob(bytes, _) => bytes.as_slice(),
            Self::SharedBlob(bytes) => bytes,
        };
        let whole = if bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
            zstd::decode_all(bytes).ok()?
        } else {
            bytes.to_vec()
        };
        String::from_utf8(whole).ok()
    }
}

impl ToSql for Stored {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Text(text, _) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::SharedText(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Blob(bytes, _) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::SharedBlob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// Whom `real_sender_id` names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    /// 0.
    Nobody,
    Party(u32),
    /// An id without a row in `Name2Id`.
    Missing,
}

/// One message row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) conversation: u32,
    pub(super) local_id: i64,
    pub(super) server_id: i64,
    pub(super) local_type: i64,
    pub(super) sort_seq: i64,
    pub(super) sender: Who,
    pub(super) create_time: i64,
    pub(super) status: i64,
    pub(super) source: Stored,
    pub(super) content: Stored,
    pub(super) packed: Option<Vec<u8>>,
    /// Where the media file is, for generations that write it into the row.
    pub(super) path: Option<String>,
}

/// What a shard is told.
#[derive(Debug)]
pub(super) enum Job {
    Rows(Vec<Row>),
    /// From here on rows stand in the write-ahead log only.
    Log,
}

/// How a shard is made.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) path: PathBuf,
    pub(super) cipher: Cipher,
    pub(super) has_session_column: bool,
    pub(super) has_history: bool,
    pub(super) start: i64,
    /// Conversations known to have rows, in the order in which their names are numbered.
    pub(super) conversations: Vec<u32>,
    /// Conversations whose table stays although nothing says whose it is.
    pub(super) nameless: u32,
}

/// What stands in a finished shard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Report {
    pub(super) rows: u64,
    pub(super) log_rows: u64,
}

struct Writer<'a> {
    store: &'a Store,
    cast: &'a Cast,
    nameless: u32,
    is_logging: bool,
    inserts: Vec<Option<Statement<'a>>>,
    /// Number in `Name2Id` by party; 0 where there is none yet.
    names: Vec<i64>,
    known: i64,
    /// Last `local_id` by party; 0 where there is no table yet.
    last: Vec<i64>,
    has_table: Vec<bool>,
}

/// Ids of `Name2Id` never get this high.
const MISSING_NAME: i64 = 999_983;
const BATCHES_PER_COMMIT: u32 = 512;

/// Writes rows until the sender hangs up.
pub(super) fn write(
    setup: &Setup,
    cast: &Cast,
    jobs: &Receiver<Job>,
) -> Result<Report, ForgeError> {
    let store = Store::create(&setup.path, &setup.cipher)?;
    let mut report = Report::default();
    {
        store.run(&schema::message_tables(
            setup.has_session_column,
            setup.has_history,
        ))?;
        store.put("INSERT INTO TimeStamp VALUES(?1)", [setup.start])?;
        store.run("BEGIN")?;
        let mut writer = Writer::new(&store, cast, setup.nameless);
        for conversation in &setup.conversations {
            writer.open_table(*conversation)?;
        }
        let mut batches = 0;
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Rows(rows) => {
                    report.rows += rows.len() as u64;
                    if writer.is_logging {
                        report.log_rows += rows.len() as u64;
                    }
                    for row in &rows {
                        writer.write(row).map_err(|source| store.explain(source))?;
                    }
                    batches += 1;
                    if batches % BATCHES_PER_COMMIT == 0 {
                        store.run("COMMIT; BEGIN")?;
                    }
                }
                Job::Log => {
                    writer = writer.finish(setup)?;
                    store.enter_wal()?;
                    store.leave_stale_frames()?;
                    store.run("BEGIN")?;
                    writer.is_logging = true;
                }
            }
        }
        if writer.is_logging {
            drop(writer);
            store.run("COMMIT")?;
        } else {
            drop(writer.finish(setup)?);
            store.enter_wal()?;
        }
    }
    if report.log_rows > 0 {
        store.close_with_log()?;
    } else {
        store.close()?;
    }
    Ok(report)
}

fn slot<T>(list: &mut [T], number: u32) -> &mut T {
    list.get_mut(number as usize)
        .expect("lists are as long as the cast")
}

impl<'a> Writer<'a> {
    fn new(store: &'a Store, cast: &'a Cast, nameless: u32) -> Self {
        let size = cast.parties.len();
        Self {
            store,
            cast,
            nameless,
            is_logging: false,
            inserts: (0..size).map(|_| None).collect(),
            names: vec![0; size],
            known: 0,
            last: vec![0; size],
            has_table: vec![false; size],
        }
    }

    fn open_table(&mut self, conversation: u32) -> Result<(), ForgeError> {
        let hash = &self.cast.party(conversation).hash;
        if self.is_logging {
            self.store
                .run(&schema::message_table(hash, schema::SEQUENCE_KEY))?;
            self.store.run(&schema::message_indexes(hash))?;
        } else {
            self.store
                .run(&schema::message_table(hash, schema::PLAIN_KEY))?;
        }
        *slot(&mut self.has_table, conversation) = true;
        if conversation != self.nameless {
            self.name(conversation)
                .map_err(|source| self.store.explain(source))?;
        }
        Ok(())
    }

    fn name(&mut self, party: u32) -> rusqlite::Result<i64> {
        let known = *slot(&mut self.names, party);
        if known > 0 {
            return Ok(known);
        }
        self.known += 1;
        *slot(&mut self.names, party) = self.known;
        let username = &self.cast.party(party).username;
        self.store
            .connection
            .prepare_cached("INSERT INTO Name2Id(rowid, user_name) VALUES(?1, ?2)")?
            .execute(params![self.known, username])?;
        Ok(self.known)
    }

    fn write(&mut self, row: &Row) -> rusqlite::Result<()> {
        let sender = match row.sender {
            Who::Nobody => 0,
            Who::Missing => MISSING_NAME,
            Who::Party(party) => self.name(party)?,
        };
        if slot(&mut self.inserts, row.conversation).is_none() {
            if !*slot(&mut self.has_table, row.conversation) {
                self.open_table(row.conversation)
                    .map_err(|error| match error {
                        ForgeError::Database { source, .. } => source,
                        _ => rusqlite::Error::InvalidQuery,
                    })?;
            }
            let sql = schema::message_insert(&self.cast.party(row.conversation).hash);
            *slot(&mut self.inserts, row.conversation) = Some(self.store.connection.prepare(&sql)?);
        }
        *slot(&mut self.last, row.conversation) = row.local_id;
        let insert = slot(&mut self.inserts, row.conversation)
            .as_mut()
            .expect("prepared above");
        insert
            .execute(params![
                row.local_id,
                row.server_id,
                row.local_type,
                row.sort_seq,
                sender,
                row.create_time,
                row.status,
                i64::from(row.packed.is_some()),
                row.server_id & 0x3FFF_FFFF,
                row.source,
                row.content,
                row.packed,
                row.content.marker(),
                row.source.marker(),
            ])
            .map(|_| ())
    }

    /// Adds what is cheaper at the end: indexes, sequences, the client's own notes.
    fn finish(mut self, setup: &Setup) -> Result<Self, ForgeError> {
        self.inserts
            .iter_mut()
            .for_each(|statement| *statement = None);
        self.store.run("COMMIT; BEGIN")?;
        let tables: Vec<u32> = (0_u32..)
            .zip(&self.has_table)
            .filter(|(_, has)| **has)
            .map(|(number, _)| number)
            .collect();
        for table in &tables {
            let hash = &self.cast.party(*table).hash;
            self.store.run(&schema::message_indexes(hash))?;
            self.store.put(
                "INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)",
                params![format!("Msg_{hash}"), *slot(&mut self.last, *table)],
            )?;
            self.store.put(
                "INSERT INTO wcdb_builtin_compression_record VALUES(?1, 'message_content,source', ?2)",
                params![format!("Msg_{hash}"), *slot(&mut self.last, *table)],
            )?;
        }
        self.notes(setup)?;
        self.store.run("COMMIT")?;
        // The finished file says AUTOINCREMENT, as the client's own does. The bytes of the table
        // are the same either way; only the declaration and `sqlite_sequence` differ.
        let swap = format!(
            "PRAGMA writable_schema=ON;
             UPDATE sqlite_schema SET sql=replace(sql, '{}', '{}') WHERE type='table';
             PRAGMA writable_schema=RESET;",
            schema::PLAIN_KEY,
            schema::SEQUENCE_KEY
        );
        self.store.run(&swap)?;
        Ok(self)
    }

    fn notes(&self, setup: &Setup) -> Result<(), ForgeError> {
        let Some(first) = setup.conversations.first() else {
            return Ok(());
        };
        self.store.put(
            "INSERT INTO DeleteInfo VALUES(1, ?1)",
            [format!("Msg_{}_deleted", self.cast.party(*first).hash)],
        )?;
        self.store.put(
            "INSERT INTO DeleteResInfo(session_name_id, msg_create_time, msg_local_id, res_path) VALUES(1, ?1, 1, 'msg/video/gone.mp4')",
            [setup.start],
        )?;
        if setup.has_history {
            self.store.run(
                "INSERT INTO HistoryAddMsgInfo VALUES(1, 1, 7000000000000000001, 0);
                 INSERT INTO HistorySysMsgInfo VALUES(1, 1, 7000000000000000002, 1);
                 INSERT INTO SendInfo VALUES(1, 1);",
            )?;
        }
        Ok(())
    }
}
