//! Which records of a run are of some kind, and which of them belong to messages of which there are several copies.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ArchiveError;
use crate::reader::Reader;
use crate::run::{Document, Run, TIME_CHUNK, read_time};
use crate::store::chunk;

/// A bit for each ordinal of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
}

impl Marks {
    pub(super) fn of(count: u32) -> Self {
        Self {
            bits: vec![0; (count as usize).div_ceil(64)],
        }
    }

    pub(super) fn set(&mut self, ordinal: u32) {
        if let Some(word) = self.bits.get_mut(ordinal as usize / 64) {
            *word |= 1 << (ordinal % 64);
        }
    }

    pub(super) fn has(&self, ordinal: u32) -> bool {
        self.bits
            .get(ordinal as usize / 64)
            .is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }
}

/// By run, what was learned of copies; it belongs to one state of an archive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copied(Arc<Mutex<FxHashMap<i64, Arc<Marks>>>>);

impl Reader {
    /// The ordinals of a run whose messages have several copies. They are looked for once for each state of the archive.
    pub(super) fn copied(&mut self, run: &Run) -> Result<Arc<Marks>, ArchiveError> {
        if !self.has_sightings {
            return Ok(Arc::default());
        }
        let index = self.index.clone();
        let known = || {
            index
                .copied
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(marks) = known().get(&run.number) {
            return Ok(marks.clone());
        }
        let documents = self.documents_with_copies(run)?;
        let mut marks = Marks::default();
        if !documents.is_empty() {
            marks = Marks::of(run.count);
            let mut ordinal = 0;
            // Straight from the database: all of them once is no reason to forget what was read lately.
            for number in 0..i64::from(run.count)
                .unsigned_abs()
                .div_ceil(TIME_CHUNK as u64)
            {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                let bytes = chunk(
                    &self.connection,
                    run.directory.first_time_chunk.saturating_add(number),
                )?;
                let entries = (0..TIME_CHUNK).map_while(|index| read_time(&bytes, index));
                for entry in entries {
                    if documents.contains(&run.first_document.saturating_add(entry.record)) {
                        marks.set(ordinal);
                    }
                    ordinal += 1;
                }
            }
        }
        let marks = Arc::new(marks);
        known().insert(run.number, marks.clone());
        Ok(marks)
    }

    fn documents_with_copies(&self, run: &Run) -> Result<FxHashSet<Document>, ArchiveError> {
        let mut several = FxHashSet::default();
        let (first, last) = (
            run.first_document,
            run.first_document + run.count.max(1) - 1,
        );
        for question in [
            "SELECT document FROM sighting WHERE document BETWEEN ?1 AND ?2",
            "SELECT DISTINCT first_document FROM sighting WHERE first_document BETWEEN ?1 AND ?2",
        ] {
            let mut statement = self.connection.prepare_cached(question)?;
            for document in statement.query_map([first, last], |row| row.get(0))? {
                several.insert(document?);
            }
        }
        Ok(several)
    }
}
