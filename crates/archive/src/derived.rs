//! What was computed from messages and can be computed again: kept with a stamp of what it was computed from.
//!
//! Nothing in it is content, so anybody who holds the archive open may write it, also while another process imports.
//! An entry whose stamp is no longer the content's is as good as none.

use hutong_model::ConversationId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use rustc_hash::FxHashMap;

use crate::ArchiveError;
use crate::store::Index;

/// Keeps entries small at little cost.
const ZSTD_LEVEL: i32 = 3;
/// An entry that says it is larger than this is not unpacked.
const LARGEST: usize = 256 << 20;

/// Says what something was computed from.
pub type Stamp = [u8; 16];

/// Reads and writes what was computed. Each thread has its own.
pub struct Derived {
    connection: Connection,
}

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Derived").finish_non_exhaustive()
    }
}

/// One thing to keep.
#[derive(Clone, Debug)]
pub struct DerivedEntry {
    /// Its name within the topic.
    pub name: Vec<u8>,
    /// What it was computed from.
    pub stamp: Stamp,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Derived {
    pub(crate) const fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// What is kept under a name, if it was computed from what the stamp says.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn get(
        &self,
        topic: &str,
        name: &[u8],
        stamp: &Stamp,
    ) -> Result<Option<Vec<u8>>, ArchiveError> {
        let packed: Option<Vec<u8>> = self
            .connection
            .prepare_cached(
                "SELECT data FROM derived WHERE topic = ?1 AND name = ?2 AND stamp = ?3",
            )?
            .query_row(params![topic, name, stamp], |row| row.get(0))
            .optional()?;
        // What cannot be unpacked is computed again.
        Ok(packed.and_then(|packed| unpack(&packed)))
    }

    /// Whether something is kept under a name with this stamp.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has(&self, topic: &str, name: &[u8], stamp: &Stamp) -> Result<bool, ArchiveError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT EXISTS(SELECT 1 FROM derived WHERE topic = ?1 AND name = ?2 AND stamp = ?3)",
            )?
            .query_row(params![topic, name, stamp], |row| row.get(0))?)
    }

    /// Keeps entries of a topic, all or none; older ones of the same names go. Returns whether that was possible: while
    /// another process writes for long, it is not, and nothing is lost.
    ///
    /// # Errors
    /// When the database cannot be written for another reason.
    pub fn put(&mut self, topic: &str, entries: &[DerivedEntry]) -> Result<bool, ArchiveError> {
        match self.try_put(topic, entries) {
            Err(ArchiveError::Sql(rusqlite::Error::SqliteFailure(failure, _)))
                if matches!(
                    failure.code,
                    rusqlite::ErrorCode::DatabaseBusy
                        | rusqlite::ErrorCode::DatabaseLocked
                        | rusqlite::ErrorCode::ReadOnly
                        | rusqlite::ErrorCode::DiskFull
                ) =>
            {
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    fn try_put(&mut self, topic: &str, entries: &[DerivedEntry]) -> Result<(), ArchiveError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for entry in entries {
            let packed = zstd::bulk::compress(&entry.data, ZSTD_LEVEL)?;
            transaction
                .prepare_cached(
                    "INSERT INTO derived(topic, name, stamp, size, data) VALUES(?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO UPDATE SET stamp = excluded.stamp, size = excluded.size, data = excluded.data",
                )?
                .execute(params![
                    topic,
                    entry.name,
                    entry.stamp,
                    entry.data.len() as u64,
                    packed
                ])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets everything of a topic.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget(&mut self, topic: &str) -> Result<(), ArchiveError> {
        self.connection
            .execute("DELETE FROM derived WHERE topic = ?1", [topic])?;
        Ok(())
    }
}

fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
    let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST)?;
    zstd::bulk::decompress(packed, size).ok()
}

/// A stamp of the whole archive's messages: it changes with every import that added something and with every link.
pub(crate) fn stamp_of_all(connection: &Connection, index: &Index) -> Result<Stamp, ArchiveError> {
    let mut hasher = blake3::Hasher::new();
    for run in &index.runs {
        hasher.update(&run.number.to_le_bytes());
        hasher.update(&run.first_document.to_le_bytes());
        hasher.update(&run.count.to_le_bytes());
    }
    let mut links: Vec<(u32, u32)> = index
        .links
        .iter()
        .map(|(one, into)| (*one, *into))
        .collect();
    links.sort_unstable();
    for (one, into) in links {
        hasher.update(&one.to_le_bytes());
        hasher.update(&into.to_le_bytes());
    }
    for sql in [
        "SELECT count(*), coalesce(max(document), 0) FROM sighting",
        "SELECT count(*), coalesce(max(import), 0) FROM message_change",
        "SELECT count(*), 0 FROM conversation_apart",
    ] {
        let (count, largest): (i64, i64) =
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        hasher.update(&count.to_le_bytes());
        hasher.update(&largest.to_le_bytes());
    }
    Ok(shorten(&hasher))
}

/// A stamp for each conversation: what its messages and those of the conversations shown in it are computed from.
pub(crate) fn stamps(
    connection: &Connection,
    index: &Index,
) -> Result<FxHashMap<ConversationId, Stamp>, ArchiveError> {
    let mut hashers: FxHashMap<u32, blake3::Hasher> = FxHashMap::default();
    for run in &index.runs {
        for span in &run.directory.spans {
            let hasher = hashers
                .entry(index.shown_in(span.conversation))
                .or_default();
            hasher.update(&run.number.to_le_bytes());
            hasher.update(&span.conversation.to_le_bytes());
            hasher.update(&span.first.to_le_bytes());
            hasher.update(&span.count.to_le_bytes());
        }
    }
    // Rows of sightings come in any order of conversations, so each is mixed and the sum counts.
    let mut sums: FxHashMap<u32, [u64; 2]> = FxHashMap::default();
    let mut statement =
        connection.prepare("SELECT document, first_document, conversation FROM sighting")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (document, first): (u32, u32) = (row.get(0)?, row.get(1)?);
        let [sum, mixed] = sums.entry(index.shown_in(row.get(2)?)).or_default();
        let pair = u64::from(document) << 32 | u64::from(first);
        *sum = sum.wrapping_add(pair.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) ^ pair);
        *mixed = mixed.wrapping_add((pair ^ pair >> 31).wrapping_mul(0xD6E8_FEB8_6659_FD93));
    }
    for (number, sums) in sums {
        let hasher = hashers.entry(number).or_default();
        hasher.update(b"sightings");
        for sum in sums {
            hasher.update(&sum.to_le_bytes());
        }
    }
    let mut changes: Vec<(u32, u32, i64, i64)> = connection
        .prepare("SELECT conversation, count(*), coalesce(max(import), 0) FROM message_change GROUP BY conversation")?
        .query_map([], |row| Ok((0, row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for change in &mut changes {
        change.0 = index.shown_in(change.1);
    }
    changes.sort_unstable();
    for (shown_in, conversation, count, newest) in changes {
        let hasher = hashers.entry(shown_in).or_default();
        hasher.update(b"changes");
        hasher.update(&conversation.to_le_bytes());
        hasher.update(&count.to_le_bytes());
        hasher.update(&newest.to_le_bytes());
    }
    Ok(hashers
        .into_iter()
        .filter_map(|(number, hasher)| {
            let id = *index.conversations.get(number as usize)?;
            Some((id, shorten(&hasher)))
        })
        .collect())
}

fn shorten(hasher: &blake3::Hasher) -> Stamp {
    let mut stamp = Stamp::default();
    hasher.finalize_xof().fill(&mut stamp);
    stamp
}
