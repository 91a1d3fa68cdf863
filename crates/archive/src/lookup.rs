//! Finding records by id and by time, with small caches.

use std::collections::hash_map::Entry;
use std::ops::RangeInclusive;
use std::sync::Arc;

use hutong_model::MessageId;
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::ArchiveError;
use crate::codec::{Head, read_head};
use crate::filter::Filter;
use crate::run::{BLOCK_RECORDS, Document, IdEntry, Run, find_ids, id_prefix};
use crate::store::chunk;

/// Chunks of the id index and heads that are kept at hand.
const CACHED: usize = 256;

/// Finds records; keeps filters and a few chunks.
#[derive(Default)]
pub(crate) struct Lookup {
    filters: FxHashMap<i64, Filter>,
    id_chunks: FxHashMap<i64, Arc<Vec<u8>>>,
    heads: FxHashMap<i64, Arc<Vec<u8>>>,
}

impl Lookup {
    /// Entries of the id index of a run with this id.
    pub(crate) fn find(
        &mut self,
        connection: &Connection,
        run: &Run,
        id: MessageId,
    ) -> Result<Vec<IdEntry>, ArchiveError> {
        let filter = match self.filters.entry(run.number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(slot) => slot.insert(Filter::from_bytes(chunk(
                connection,
                run.directory.filter_chunk,
            )?)),
        };
        if !filter.may_hold(id) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for number in run.id_chunks(id_prefix(id)) {
            if !self.id_chunks.contains_key(&number) {
                if self.id_chunks.len() >= CACHED {
                    self.id_chunks.clear();
                }
                self.id_chunks
                    .insert(number, Arc::new(chunk(connection, number)?));
            }
            if let Some(bytes) = self.id_chunks.get(&number) {
                found.extend(find_ids(bytes, id));
            }
        }
        Ok(found)
    }

    fn head_chunk(
        &mut self,
        connection: &Connection,
        run: &Run,
        block: u32,
    ) -> Result<Arc<Vec<u8>>, ArchiveError> {
        let (number, _) = run.block_chunks(block);
        if let Some(heads) = self.heads.get(&number) {
            return Ok(heads.clone());
        }
        if self.heads.len() >= CACHED {
            self.heads.clear();
        }
        let heads = Arc::new(chunk(connection, number)?);
        self.heads.insert(number, heads.clone());
        Ok(heads)
    }

    /// Head of a record of a run.
    pub(crate) fn head(
        &mut self,
        connection: &Connection,
        run: &Run,
        record: u32,
    ) -> Result<Head, ArchiveError> {
        let (block, within) = block_of(record);
        let heads = self.head_chunk(connection, run, block)?;
        read_head(&heads, within).ok_or_else(|| {
            ArchiveError::damaged("a block is shorter than its directory says".to_owned())
        })
    }

    /// Gives the heads of a conversation in a run that lie in a window of time.
    pub(crate) fn heads_in_window(
        &mut self,
        connection: &Connection,
        run: &Run,
        conversation: u32,
        window: &RangeInclusive<i64>,
        give: &mut dyn FnMut(Document, &Head),
    ) -> Result<(), ArchiveError> {
        let Some(span) = run.span(conversation).copied() else {
            return Ok(());
        };
        if span.max_time < *window.start() || span.min_time > *window.end() {
            return Ok(());
        }
        let start =
            self.first_at_or_after(connection, run, span.first, span.count, *window.start())?;
        for record in start..span.first + span.count {
            let head = self.head(connection, run, record)?;
            if head.sent_at > *window.end() {
                break;
            }
            give(run.first_document + record, &head);
        }
        Ok(())
    }

    /// First record of a sorted stretch of a run that was sent at or after an instant.
    pub(crate) fn first_at_or_after(
        &mut self,
        connection: &Connection,
        run: &Run,
        first: u32,
        count: u32,
        instant: i64,
    ) -> Result<u32, ArchiveError> {
        let (mut low, mut high) = (first, first + count);
        while low < high {
            let middle = u32::midpoint(low, high);
            if self.head(connection, run, middle)?.sent_at < instant {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// Block of a record and its place in it.
pub(crate) const fn block_of(record: u32) -> (u32, usize) {
    (record / BLOCK_RECORDS, (record % BLOCK_RECORDS) as usize)
}
