//! A run: one committed batch of records, and the directory that finds things in it.
//!
//! Records are numbered (*documents*) in the order of their runs; inside a run they are sorted by conversation, time and
//! order. So one conversation is one range of documents in each run it occurs in, and reading it in order is a
//! merge of a few ranges. Ids and posting lists of a run are sorted and packed into chunks; nothing is ever
//! written at a random place.

use std::sync::OnceLock;

use hutong_model::MessageId;
use serde::{Deserialize, Serialize};

use crate::ArchiveError;
use crate::filter::Filter;

/// Number of a record, counted from 0 through the whole archive.
pub(crate) type Document = u32;

/// Records in one block.
pub(crate) const BLOCK_RECORDS: u32 = 128;

/// Ids in one chunk of the id index.
pub(crate) const ID_CHUNK: usize = 384;

/// Ordinals in one chunk of the time index.
pub(crate) const TIME_CHUNK: usize = 640;

/// Bytes of one entry of the id index: id, then the record's number inside the run; its top bit marks a lookup key.
const ID_ENTRY: usize = 20;

/// One conversation's part of a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) conversation: u32,
    /// First record, inside the run.
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) min_time: i64,
    pub(crate) max_time: i64,
    /// A bit for each kind of ids that occurs.
    #[serde(default)]
    pub(crate) spaces: u16,
    /// Whether any message bears a server sequence with a random companion.
    #[serde(default)]
    pub(crate) has_pairs: bool,
}

/// What a run holds and where. Everything is kept in memory, so it stays small: some 20 bytes for each block.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Directory {
    /// Seed of the blinding salts: salt of a record = keyed BLAKE3 of its number under this seed.
    pub(crate) seed: [u8; 32],
    /// First of `blocks` pairs of chunks: heads, then bodies.
    pub(crate) first_block_chunk: i64,
    pub(crate) blocks: u32,
    /// Sorted by conversation.
    pub(crate) spans: Vec<Span>,
    pub(crate) filter_chunk: i64,
    pub(crate) first_id_chunk: i64,
    /// First id of each id chunk, its first eight bytes.
    pub(crate) id_fences: Vec<u64>,
    pub(crate) first_time_chunk: i64,
    /// First instant of each time chunk.
    pub(crate) time_fences: Vec<i64>,
    pub(crate) min_time: i64,
    pub(crate) max_time: i64,
    pub(crate) first_posting_chunk: i64,
    /// First token of each posting chunk.
    pub(crate) posting_fences: Vec<u64>,
}

/// A run with its directory.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) number: i64,
    /// The import that wrote it.
    pub(crate) import: i64,
    /// The source of that import, as a number: copies of one source are told apart by ids alone.
    pub(crate) family: u8,
    pub(crate) first_document: Document,
    pub(crate) count: u32,
    pub(crate) directory: Directory,
    /// Its filter, once somebody has asked for an id; shared by all readers.
    pub(crate) filter: OnceLock<Filter>,
}

/// Number of a source for [`Run::family`].
pub(crate) fn family_of(source: &str) -> u8 {
    let [first, ..] = *blake3::hash(source.as_bytes()).as_bytes();
    first
}

impl Run {
    /// This conversation's part.
    pub(crate) fn span(&self, conversation: u32) -> Option<&Span> {
        let spans = &self.directory.spans;
        spans
            .get(spans.partition_point(|span| span.conversation < conversation))
            .filter(|span| span.conversation == conversation)
    }

    /// Chunk numbers of the heads and bodies of the block that holds this record of the run.
    pub(crate) fn block_chunks(&self, block: u32) -> (i64, i64) {
        let heads = self.directory.first_block_chunk + 2 * i64::from(block);
        (heads, heads + 1)
    }

    /// Id chunks that may hold an id with these first eight bytes.
    pub(crate) fn id_chunks(&self, prefix: u64) -> std::ops::Range<i64> {
        let fences = &self.directory.id_fences;
        let end = fences.partition_point(|fence| *fence <= prefix);
        let start = fences
            .partition_point(|fence| *fence < prefix)
            .saturating_sub(1)
            .min(end);
        let chunk = |index: usize| {
            self.directory.first_id_chunk + i64::try_from(index).unwrap_or(i64::MAX / 2)
        };
        chunk(start)..chunk(end)
    }

    /// An instant that no record with this ordinal was sent after.
    pub(crate) fn latest(&self, ordinal: u32) -> i64 {
        let next = ordinal as usize / TIME_CHUNK + 1;
        self.directory
            .time_fences
            .get(next)
            .copied()
            .unwrap_or(self.directory.max_time)
    }

    /// An instant that no record with this ordinal was sent before.
    pub(crate) fn earliest(&self, ordinal: u32) -> i64 {
        self.directory
            .time_fences
            .get(ordinal as usize / TIME_CHUNK)
            .copied()
            .unwrap_or(self.directory.min_time)
    }

    /// Indexes of the posting chunks that may hold tokens of this range.
    pub(crate) fn posting_chunks(&self, low: u64, high: u64) -> std::ops::Range<usize> {
        let fences = &self.directory.posting_fences;
        fences
            .partition_point(|fence| *fence <= low)
            .saturating_sub(1)..fences.partition_point(|fence| *fence <= high)
    }
}

/// First eight bytes of an id, in sorting order.
pub(crate) fn id_prefix(id: MessageId) -> u64 {
    let (prefix, _) = id.0.split_at(8);
    u64::from_be_bytes(prefix.try_into().unwrap_or_default())
}

/// An entry of the id index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdEntry {
    pub(crate) id: MessageId,
    /// Whether it is a lookup key rather than the record's own id; own ids sort first.
    pub(crate) is_key: bool,
    /// Record, inside the run.
    pub(crate) record: u32,
}

/// Packs a chunk of the id index.
pub(crate) fn write_ids(entries: &[IdEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * ID_ENTRY);
    for entry in entries {
        out.extend_from_slice(&entry.id.0);
        out.extend_from_slice(&(entry.record | u32::from(entry.is_key) << 31).to_le_bytes());
    }
    out
}

/// The entries of a packed chunk that have this id.
pub(crate) fn find_ids(chunk: &[u8], id: MessageId) -> impl Iterator<Item = IdEntry> + '_ {
    let entry = |index: usize| {
        chunk
            .get(index * ID_ENTRY..(index + 1) * ID_ENTRY)
            .and_then(read_id)
    };
    let (mut low, mut high) = (0, chunk.len() / ID_ENTRY);
    while low < high {
        let middle = usize::midpoint(low, high);
        if entry(middle).is_some_and(|entry| entry.id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (low..chunk.len() / ID_ENTRY)
        .map_while(entry)
        .take_while(move |entry| entry.id == id)
}

fn read_id(bytes: &[u8]) -> Option<IdEntry> {
    let (id, number) = bytes.split_at_checked(16)?;
    let number = u32::from_le_bytes(number.try_into().ok()?);
    Some(IdEntry {
        id: MessageId(id.try_into().ok()?),
        is_key: number >> 31 == 1,
        record: number & 0x7fff_ffff,
    })
}

/// One ordinal of the time index: when, and which record of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimeEntry {
    pub(crate) sent_at: i64,
    pub(crate) record: u32,
}

const TIME_ENTRY: usize = 12;

/// Packs a chunk of the time index.
pub(crate) fn write_times(entries: &[TimeEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * TIME_ENTRY);
    for entry in entries {
        out.extend_from_slice(&entry.sent_at.to_le_bytes());
        out.extend_from_slice(&entry.record.to_le_bytes());
    }
    out
}

/// Entry of a packed chunk of the time index.
pub(crate) fn read_time(chunk: &[u8], index: usize) -> Option<TimeEntry> {
    let bytes = chunk.get(index * TIME_ENTRY..(index + 1) * TIME_ENTRY)?;
    let (time, record) = bytes.split_at_checked(8)?;
    Some(TimeEntry {
        sent_at: i64::from_le_bytes(time.try_into().ok()?),
        record: u32::from_le_bytes(record.try_into().ok()?),
    })
}

impl Directory {
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, ArchiveError> {
        rmp_serde::to_vec(self).map_err(|error| {
            ArchiveError::damaged(format!("a directory cannot be packed: {error}"))
        })
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ArchiveError> {
        rmp_serde::from_slice(bytes).map_err(|error| {
            ArchiveError::damaged(format!("a directory cannot be unpacked: {error}"))
        })
    }
}
