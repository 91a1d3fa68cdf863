//! Finding records by id and by time, with small caches.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use hutong_model::MessageId;
use rusqlite::Connection;

use crate::ArchiveError;
use crate::cache::SharedCache;
use crate::codec::{Head, read_head};
use crate::filter::Filter;
use crate::run::{BLOCK_RECORDS, Document, IdEntry, Run, Span, find_ids, id_prefix};
use crate::store::chunk;

/// Bytes of heads and of the id index that are kept at hand, unless another cache is given.
const CACHED_BYTES: usize = 4 << 20;

/// Finds records; keeps a few chunks.
pub(crate) struct Lookup {
    chunks: Arc<SharedCache<Vec<u8>>>,
}

impl Default for Lookup {
    fn default() -> Self {
        Self::with_cache(SharedCache::new(CACHED_BYTES, 1))
    }
}

impl Lookup {
    /// Keeps chunks in this cache.
    pub(crate) const fn with_cache(chunks: Arc<SharedCache<Vec<u8>>>) -> Self {
        Self { chunks }
    }

    /// Entries of the id index of a run with this id.
    pub(crate) fn find(
        &mut self,
        connection: &Connection,
        run: &Run,
        id: MessageId,
    ) -> Result<Vec<IdEntry>, ArchiveError> {
        let filter = match run.filter.get() {
            Some(filter) => filter,
            None => {
                let bytes = chunk(connection, run.directory.filter_chunk)?;
                run.filter.get_or_init(|| Filter::from_bytes(bytes))
            }
        };
        if !filter.may_hold(id) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for number in run.id_chunks(id_prefix(id)) {
            found.extend(find_ids(&self.chunk(connection, number)?, id));
        }
        Ok(found)
    }

    fn chunk(
        &mut self,
        connection: &Connection,
        number: i64,
    ) -> Result<Arc<Vec<u8>>, ArchiveError> {
        self.chunks.get_or(number, || {
            let bytes = chunk(connection, number)?;
            let length = bytes.len();
            Ok((bytes, length))
        })
    }

    /// Head of a record of a run.
    pub(crate) fn head(
        &mut self,
        connection: &Connection,
        run: &Run,
        record: u32,
    ) -> Result<Head, ArchiveError> {
        let (block, within) = block_of(record);
        let (number, _) = run.block_chunks(block);
        let heads = self.chunk(connection, number)?;
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
        self.partition(connection, run, first..first + count, &|head| {
            head.sent_at < instant
        })
    }

    /// As [`Self::first_at_or_after`], for instants that ascend: what was found for an earlier one tells where to begin.
    pub(crate) fn first_after_known(
        &mut self,
        connection: &Connection,
        run: &Run,
        span: &Span,
        instant: i64,
        earlier: Option<(i64, u32)>,
    ) -> Result<u32, ArchiveError> {
        let end = span.first + span.count;
        if span.min_time >= instant {
            return Ok(span.first);
        }
        if span.max_time < instant {
            return Ok(end);
        }
        let is_before = |head: &Head| head.sent_at < instant;
        let mut low = earlier.map_or(span.first, |(_, record)| record);
        // Instants that lie close together are found in a few steps, those far apart in as many as from the start.
        let mut step = BLOCK_RECORDS;
        while earlier.is_some() && low.saturating_add(step) < end {
            let probe = low + step;
            if !is_before(&self.head(connection, run, probe)?) {
                return self.partition(connection, run, low..probe, &is_before);
            }
            low = probe + 1;
            step = step.saturating_mul(2);
        }
        self.partition(connection, run, low..end, &is_before)
    }

    /// Where a sorted stretch of a run changes from records of which something is true to those of which it is not.
    pub(crate) fn partition(
        &mut self,
        connection: &Connection,
        run: &Run,
        records: Range<u32>,
        is_before: &dyn Fn(&Head) -> bool,
    ) -> Result<u32, ArchiveError> {
        let (mut low, mut high) = (records.start, records.end);
        while low < high {
            let middle = u32::midpoint(low, high);
            if is_before(&self.head(connection, run, middle)?) {
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
