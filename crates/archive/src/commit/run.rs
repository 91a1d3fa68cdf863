//! Writing the kept entries of a batch as a run.

use std::sync::OnceLock;

use hutong_model::MessageId;
use rusqlite::{Transaction, params};

use super::Place;
use crate::ArchiveError;
use crate::batch::{Batch, Entry};
use crate::codec::{BlockPacker, write_heads};
use crate::filter::Filter;
use crate::run::{
    BLOCK_RECORDS, Directory, Document, ID_CHUNK, IdEntry, Run, Span, TIME_CHUNK, TimeEntry,
    id_prefix, write_ids, write_times,
};
use crate::store::Index;

/// Appends chunks, numbering them.
pub(super) struct ChunkWriter<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) next: i64,
}

impl ChunkWriter<'_> {
    pub(super) fn write(&mut self, data: &[u8]) -> Result<i64, ArchiveError> {
        let number = self.next;
        self.transaction
            .prepare_cached("INSERT INTO chunk(number, data) VALUES(?1, ?2)")?
            .execute(params![number, data])?;
        self.next += 1;
        Ok(number)
    }
}

/// Writes the kept entries as a run. `kept` is in reading order.
pub(super) fn write_run(
    chunks: &mut ChunkWriter<'_>,
    packer: &mut BlockPacker,
    index: &Index,
    batch: &mut Batch,
    kept: &[u32],
    places: &[Place],
    (import, family): (i64, u8),
) -> Result<Run, ArchiveError> {
    let first_document = index.next_document();
    let entries = &batch.entries;
    let kept_entries: Vec<&Entry> = kept
        .iter()
        .filter_map(|number| entries.get(*number as usize))
        .collect();
    let first_block_chunk = chunks.next;
    for block in kept_entries.chunks(BLOCK_RECORDS as usize) {
        chunks.write(&write_heads(block.iter().map(|entry| &entry.head)))?;
        let bodies = block
            .iter()
            .map(|entry| batch.arena.get(entry.body.clone()).unwrap_or_default());
        chunks.write(&packer.pack(bodies)?)?;
    }
    let (filter, ids) = id_index(&kept_entries, &batch.keys, places, first_document);
    let filter_chunk = chunks.write(filter.as_bytes())?;
    let first_id_chunk = chunks.next;
    let mut id_fences = Vec::new();
    for part in ids.chunks(ID_CHUNK) {
        id_fences.extend(part.first().map(|entry| id_prefix(entry.id)));
        chunks.write(&write_ids(part))?;
    }
    let mut times: Vec<TimeEntry> = kept_entries
        .iter()
        .zip(0..)
        .map(|(entry, record)| TimeEntry {
            sent_at: entry.head.sent_at,
            record,
        })
        .collect();
    times.sort_unstable();
    let first_time_chunk = chunks.next;
    let mut time_fences = Vec::new();
    for part in times.chunks(TIME_CHUNK) {
        time_fences.extend(part.first().map(|entry| entry.sent_at));
        chunks.write(&write_times(part))?;
    }
    let mut ordinals = vec![u32::MAX; entries.len()];
    for (time, ordinal) in times.iter().zip(0..) {
        if let Some(slot) = kept
            .get(time.record as usize)
            .and_then(|entry| ordinals.get_mut(*entry as usize))
        {
            *slot = ordinal;
        }
    }
    let first_posting_chunk = chunks.next;
    let mut posting_fences = Vec::new();
    for chunk in std::mem::take(&mut batch.postings).pack(&ordinals) {
        posting_fences.push(chunk.first_token);
        chunks.write(&chunk.bytes)?;
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| ArchiveError::NoRandomness)?;
    Ok(Run {
        import,
        family,
        number: i64::try_from(index.runs.len()).unwrap_or(i64::MAX),
        first_document,
        count: u32::try_from(kept_entries.len()).map_err(|_| ArchiveError::TooLarge)?,
        directory: Directory {
            seed,
            first_block_chunk,
            blocks: u32::try_from(kept_entries.len().div_ceil(BLOCK_RECORDS as usize))
                .map_err(|_| ArchiveError::TooLarge)?,
            spans: spans(&kept_entries),
            filter_chunk,
            first_id_chunk,
            id_fences,
            first_time_chunk,
            time_fences,
            min_time: times.first().map_or(0, |entry| entry.sent_at),
            max_time: times.last().map_or(0, |entry| entry.sent_at),
            first_posting_chunk,
            posting_fences,
        },
        filter: OnceLock::new(),
    })
}

pub(super) fn id_index(
    kept: &[&Entry],
    keys: &[(MessageId, u32)],
    places: &[Place],
    first_document: Document,
) -> (Filter, Vec<IdEntry>) {
    let mut ids: Vec<IdEntry> = kept
        .iter()
        .zip(0..)
        .map(|(entry, record)| IdEntry {
            id: entry.head.id,
            is_key: false,
            record,
        })
        .collect();
    for (key, entry) in keys {
        if let Some(Place::Kept { document, .. }) = places.get(*entry as usize) {
            ids.push(IdEntry {
                id: *key,
                is_key: true,
                record: document - first_document,
            });
        }
    }
    let mut filter = Filter::with_capacity(ids.len());
    ids.iter().for_each(|entry| filter.insert(entry.id));
    ids.sort_unstable();
    (filter, ids)
}

pub(super) fn spans(kept: &[&Entry]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (entry, record) in kept.iter().zip(0..) {
        let time = entry.head.sent_at;
        match spans.last_mut() {
            Some(span) if span.conversation == entry.conversation => {
                span.count += 1;
                span.min_time = span.min_time.min(time);
                span.max_time = span.max_time.max(time);
                span.spaces |= 1 << entry.head.id.space().number();
                span.has_pairs |= entry.has_pair;
            }
            _ => spans.push(Span {
                conversation: entry.conversation,
                first: record,
                count: 1,
                min_time: time,
                max_time: time,
                spaces: 1 << entry.head.id.space().number(),
                has_pairs: entry.has_pair,
            }),
        }
    }
    spans
}
