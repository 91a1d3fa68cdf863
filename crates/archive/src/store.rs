//! The database connection: opening, chunks, runs and the small tables that every reader knows by heart.

use std::path::PathBuf;
use std::sync::Arc;

use hutong_model::{AccountId, ConversationId, OriginPlace};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::ArchiveError;
use crate::codec::Resolve;
use crate::find::Copied;
use crate::run::{Directory, Document, Run, family_of};
use crate::schema;

/// Pages of 8 KiB: a chunk of ids, times or postings fits into one, so that a lookup decrypts one page; smaller pages
/// cost more in writing, larger ones more in looking up.
const PAGE_BYTES: u32 = 8 * 1024;

/// How to open the database: where, and with which key.
#[derive(Clone)]
pub(crate) struct Location {
    pub(crate) path: PathBuf,
    /// 32 bytes in hexadecimal; absent for an archive without encryption.
    pub(crate) key_hex: Option<Arc<str>>,
}

impl Location {
    /// Opens a connection; `create` makes the database.
    pub(crate) fn open(&self, create: bool) -> Result<Connection, ArchiveError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(&self.path, flags)?;
        if let Some(key) = &self.key_hex {
            // SHA-256 has hardware support where SHA-512 has not, and is no weaker as a page MAC.
            connection.execute_batch(&format!(
                "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = {PAGE_BYTES}; \
                 PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA cipher_memory_security = OFF; \
                 PRAGMA cipher_log_level = NONE;"
            ))?;
        } else {
            connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        }
        connection
            .query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
            .map_err(|error| match error {
                rusqlite::Error::SqliteFailure(failure, _)
                    if failure.code == rusqlite::ErrorCode::NotADatabase =>
                {
                    ArchiveError::damaged(
                        "archive.db does not open with the archive's key".to_owned(),
                    )
                }
                other => ArchiveError::Sql(other),
            })?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; \
             PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -32768;",
        )?;
        Ok(connection)
    }
}

/// Everything that is kept in memory while an archive is open: some 20 KiB for each run of 98,304 messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) runs: Vec<Arc<Run>>,
    /// By number, counted from 0.
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) conversations: Vec<ConversationId>,
    pub(crate) places: Vec<Arc<OriginPlace>>,
    pub(crate) account_numbers: FxHashMap<AccountId, u32>,
    pub(crate) conversation_numbers: FxHashMap<ConversationId, u32>,
    /// Linked conversations: number of each, with that of the one in which its messages are shown.
    pub(crate) links: FxHashMap<u32, u32>,
    /// Joined accounts: number of each, with what all accounts of the person go by.
    pub(crate) persons: FxHashMap<u32, u32>,
    /// What was learned of copies since this was read.
    pub(crate) copied: Copied,
}

impl Resolve for Index {
    fn conversation(&self, number: u32) -> Option<ConversationId> {
        self.conversations.get(number as usize).copied()
    }
    fn account(&self, number: u32) -> Option<AccountId> {
        self.accounts.get(number as usize).copied()
    }
    fn place(&self, number: u32) -> Option<Arc<OriginPlace>> {
        self.places.get(number as usize).cloned()
    }
}

impl Index {
    /// Reads it.
    pub(crate) fn load(connection: &Connection) -> Result<Self, ArchiveError> {
        Self::load_again(connection, &Self::default())
    }

    /// Reads what is new since an earlier reading. A committed run never changes, and numbers are only added.
    pub(crate) fn load_again(connection: &Connection, known: &Self) -> Result<Self, ArchiveError> {
        // One state of the database, though it takes several questions to learn it.
        let transaction = connection.unchecked_transaction()?;
        let mut index = Self {
            links: FxHashMap::default(),
            copied: Copied::default(),
            ..known.clone()
        };
        index.load_runs(&transaction)?;
        let from = |known: usize| i64::try_from(known).unwrap_or(i64::MAX);
        let mut statement =
            transaction.prepare("SELECT id FROM account ORDER BY number LIMIT -1 OFFSET ?1")?;
        for id in statement.query_map([from(known.accounts.len())], |row| row.get(0))? {
            index.add_account(AccountId(id?));
        }
        let mut statement = transaction
            .prepare("SELECT id FROM conversation ORDER BY number LIMIT -1 OFFSET ?1")?;
        for id in statement.query_map([from(known.conversations.len())], |row| row.get(0))? {
            index.add_conversation(ConversationId(id?));
        }
        let mut statement = transaction
            .prepare("SELECT input, section FROM place ORDER BY number LIMIT -1 OFFSET ?1")?;
        for place in statement.query_map([from(known.places.len())], |row| {
            Ok(OriginPlace {
                input: row.get(0)?,
                table: row.get(1)?,
            })
        })? {
            index.places.push(Arc::new(place?));
        }
        let mut statement =
            transaction.prepare("SELECT conversation, into_conversation FROM conversation_link")?;
        for link in statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (conversation, into) = link?;
            index.links.insert(conversation, into);
        }
        index.persons = crate::persons::load(&transaction)?;
        Ok(index)
    }

    fn load_runs(&mut self, connection: &Connection) -> Result<(), ArchiveError> {
        let mut known = std::mem::take(&mut self.runs).into_iter();
        let mut directory = connection.prepare("SELECT directory FROM run WHERE number = ?1")?;
        let mut statement = connection.prepare(
            "SELECT run.number, first_document, count, import, coalesce(carried_run.source, import.source, '')
             FROM run LEFT JOIN import ON import.number = run.import
             LEFT JOIN carried_run ON carried_run.run = run.number ORDER BY run.number",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, first_document, count, import) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let is_same = |run: &Arc<Run>| {
                (run.number, run.first_document, run.count, run.import)
                    == (number, first_document, count, import)
            };
            if let Some(run) = known.next().filter(is_same) {
                self.runs.push(run);
                continue;
            }
            let directory = directory.query_row([number], |row| {
                Ok(Directory::from_bytes(row.get_ref(0)?.as_blob()?))
            })??;
            self.runs.push(Arc::new(Run {
                number,
                import,
                family: family_of(&row.get::<_, String>(4)?),
                first_document,
                count,
                directory,
                filter: std::sync::OnceLock::new(),
            }));
        }
        Ok(())
    }

    /// The conversation in which a conversation's messages are shown.
    pub(crate) fn shown_in(&self, number: u32) -> u32 {
        self.links.get(&number).copied().unwrap_or(number)
    }

    /// As [`Self::shown_in`], by id.
    pub(crate) fn shown_in_id(&self, id: ConversationId) -> ConversationId {
        if self.links.is_empty() {
            return id;
        }
        self.conversation_numbers
            .get(&id)
            .and_then(|number| self.links.get(number))
            .and_then(|into| self.conversations.get(*into as usize))
            .copied()
            .unwrap_or(id)
    }

    /// All conversations whose messages are shown together with this one's, itself included, sorted.
    pub(crate) fn linked(&self, number: u32) -> Vec<u32> {
        let shown = self.shown_in(number);
        let mut all: Vec<u32> = self
            .links
            .iter()
            .filter(|(_, into)| **into == shown)
            .map(|(conversation, _)| *conversation)
            .collect();
        all.push(shown);
        all.sort_unstable();
        all
    }

    /// All accounts of the person that an account belongs to, itself included, sorted.
    pub(crate) fn same_person(&self, account: u32) -> Vec<u32> {
        let Some(person) = self.persons.get(&account) else {
            return vec![account];
        };
        let mut all: Vec<u32> = self
            .persons
            .iter()
            .filter(|(_, other)| *other == person)
            .map(|(account, _)| *account)
            .collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn add_account(&mut self, id: AccountId) -> u32 {
        let number = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        self.accounts.push(id);
        self.account_numbers.insert(id, number);
        number
    }

    pub(crate) fn add_conversation(&mut self, id: ConversationId) -> u32 {
        let number = u32::try_from(self.conversations.len()).unwrap_or(u32::MAX);
        self.conversations.push(id);
        self.conversation_numbers.insert(id, number);
        number
    }

    /// The run that holds this document.
    pub(crate) fn run_of(&self, document: Document) -> Option<&Arc<Run>> {
        let after = self
            .runs
            .partition_point(|run| run.first_document <= document);
        self.runs
            .get(after.checked_sub(1)?)
            .filter(|run| document - run.first_document < run.count)
    }

    /// Documents so far.
    pub(crate) fn next_document(&self) -> Document {
        self.runs
            .last()
            .map_or(0, |run| run.first_document + run.count)
    }
}

/// Reads one chunk.
pub(crate) fn chunk(connection: &Connection, number: i64) -> Result<Vec<u8>, ArchiveError> {
    connection
        .prepare_cached("SELECT data FROM chunk WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?
        .ok_or_else(|| ArchiveError::damaged(format!("chunk {number} is missing")))
}

/// Makes the tables in a fresh database or brings an older one up.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ArchiveError> {
    schema::migrate(connection)
}
