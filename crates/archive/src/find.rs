//! Searching: candidates from the posting lists of each run, newest first, checked against the message itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hutong_model::{Change, Message, MessageId};
use hutong_search::{
    FieldClass, TokenRange, decode_list, find_ranges, fold, intersect, query_tokens,
    subtract_sorted, union_sorted,
};
use rustc_hash::FxHashSet;

use crate::ArchiveError;
use crate::reader::Reader;
use crate::run::{Run, TIME_CHUNK, TimeEntry, read_time};
use crate::select::Selection;
use crate::store::chunk;
use crate::words::write_words;

pub(crate) const HAS_ATTACHMENT: u32 = 0;
pub(crate) const HAS_REPLY: u32 = 1;
pub(crate) const IS_RECALLED: u32 = 1;
pub(crate) const IS_DELETED: u32 = 2;
pub(crate) const IS_MINE: u32 = 3;

impl Reader {
    /// Gives the messages that a selection matches, newest first. `give` returns whether to go on.
    ///
    /// Replies are resolved only where the selection asks for answers.
    ///
    /// # Errors
    /// When the archive cannot be read, or the error of `give`.
    pub fn search<E: From<ArchiveError>>(
        &mut self,
        selection: &Selection,
        give: &mut dyn FnMut(Message) -> Result<bool, E>,
    ) -> Result<(), E> {
        if selection.is_impossible() {
            return Ok(());
        }
        let mut given: FxHashSet<MessageId> = FxHashSet::default();
        // What a later notice recalled or reworded stands in no posting list as such.
        let mut late = self.changed_later(selection)?;
        let index = self.index.clone();
        let mut runs: Vec<&Arc<Run>> = index.runs.iter().collect();
        runs.sort_by_key(|run| run.directory.max_time);
        let mut open: BinaryHeap<(i64, Reverse<usize>)> = BinaryHeap::new();
        let mut candidates: Vec<Candidates> = Vec::new();
        loop {
            while let Some(run) = runs.last()
                && open
                    .peek()
                    .is_none_or(|(newest, _)| run.directory.max_time >= *newest)
            {
                let opened = self.candidates(run, selection)?;
                runs.pop();
                candidates.push(opened);
                let last = candidates.len() - 1;
                requeue(&mut candidates, &mut open, last);
            }
            let Some((sent_at, Reverse(number))) = open.pop() else {
                break;
            };
            while late
                .last()
                .is_some_and(|message| message.sent_at.0 > sent_at)
            {
                if let Some(message) = late.pop()
                    && given.insert(message.id)
                    && !give(message)?
                {
                    return Ok(());
                }
            }
            let Some(list) = candidates.get_mut(number) else {
                continue;
            };
            let record = match list.current {
                Some(Current::Exactly(entry)) => entry.record,
                Some(Current::AtMost(ordinal)) => {
                    // Only now that it is its turn is it worth knowing when exactly it was sent.
                    let run = list.run.clone();
                    let entry = self.time(&run, ordinal)?;
                    if let Some(list) = candidates.get_mut(number) {
                        list.current = Some(Current::Exactly(entry));
                    }
                    open.push((entry.sent_at, Reverse(number)));
                    continue;
                }
                None => continue,
            };
            let document = list.run.first_document + record;
            requeue(&mut candidates, &mut open, number);
            let body = self.body(document)?;
            if !selection.parts_match(&body.parts, &body.revisions) {
                continue;
            }
            let sighting = self.with_head(document, body)?;
            if given.contains(&sighting.0.id) {
                continue;
            }
            let mut message = self.merged_with(document, sighting)?;
            if selection.asks_for_replies() {
                self.resolve_reply(&mut message)?;
            }
            if selection.matches(&message) && given.insert(message.id) && !give(message)? {
                return Ok(());
            }
        }
        while let Some(message) = late.pop() {
            if given.insert(message.id) && !give(message)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Messages that match only by what was said of them later, newest last.
    fn changed_later(&mut self, selection: &Selection) -> Result<Vec<Message>, ArchiveError> {
        let mut ids: FxHashSet<MessageId> = FxHashSet::default();
        if selection.wants_recalled() {
            let mut statement = self
                .connection
                .prepare_cached("SELECT DISTINCT message FROM message_change")?;
            for id in statement.query_map([], |row| row.get(0))? {
                ids.insert(MessageId(id?));
            }
        }
        if !selection.query().terms.is_empty() {
            for (id, folded) in self.reworded()?.iter() {
                if selection
                    .query()
                    .wanted_words()
                    .iter()
                    .any(|word| folded.contains(word))
                {
                    ids.insert(*id);
                }
            }
        }
        let mut found = Vec::new();
        for id in ids {
            if let Some(document) = self.document(None, id, false)? {
                let mut message = self.merged(document)?;
                if selection.asks_for_replies() {
                    self.resolve_reply(&mut message)?;
                }
                if selection.matches(&message) {
                    found.push(message);
                }
            }
        }
        found.sort_by_key(|message| (message.sent_at, message.id));
        Ok(found)
    }

    fn reworded(&mut self) -> Result<Arc<Vec<(MessageId, String)>>, ArchiveError> {
        if let Some(known) = &self.reworded {
            return Ok(known.clone());
        }
        let mut reworded = Vec::new();
        {
            let mut statement = self
                .connection
                .prepare("SELECT message, record FROM message_change ORDER BY message, digest")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                if let Ok(Change::Revision(revision)) = rmp_serde::from_slice(bytes) {
                    let mut words = String::new();
                    write_words(&revision.parts, &mut words);
                    reworded.push((MessageId(row.get(0)?), fold(&words)));
                }
            }
        }
        let reworded = Arc::new(reworded);
        self.reworded = Some(reworded.clone());
        Ok(reworded)
    }

    fn cached_chunk(&mut self, number: i64) -> Result<Arc<Vec<u8>>, ArchiveError> {
        if let Some(bytes) = self.chunks.get(number) {
            return Ok(bytes);
        }
        let bytes = Arc::new(chunk(&self.connection, number)?);
        self.chunks.put(number, bytes.clone(), bytes.len());
        Ok(bytes)
    }

    fn time(&mut self, run: &Run, ordinal: u32) -> Result<TimeEntry, ArchiveError> {
        let number = run.directory.first_time_chunk + i64::from(ordinal) / TIME_CHUNK as i64;
        let bytes = self.cached_chunk(number)?;
        read_time(&bytes, ordinal as usize % TIME_CHUNK).ok_or_else(|| {
            ArchiveError::damaged("the time index is shorter than its directory says".to_owned())
        })
    }

    /// First ordinal of a run that was sent at or after an instant.
    fn ordinal_at(&mut self, run: &Run, instant: i64) -> Result<u32, ArchiveError> {
        let (mut low, mut high) = (0, run.count);
        while low < high {
            let middle = u32::midpoint(low, high);
            if self.time(run, middle)?.sent_at < instant {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The ordinals of a run that may match.
    fn candidates(
        &mut self,
        run: &Arc<Run>,
        selection: &Selection,
    ) -> Result<Candidates, ArchiveError> {
        let window = selection.window();
        let mut list: Option<Vec<u32>> = None;
        let nothing = Candidates {
            run: run.clone(),
            ordinals: Ordinals::List(Vec::new()),
            current: None,
        };
        if run.directory.max_time < window.since_ms || run.directory.min_time >= window.before_ms {
            return Ok(nothing);
        }
        for wanted in selection.wanted_fields() {
            let found = self.fields(run, wanted)?;
            match &mut list {
                Some(list) => intersect(list, &found),
                None => list = Some(found),
            }
        }
        for word in selection.query().wanted_words() {
            for ranges in query_tokens(word) {
                if list.as_ref().is_some_and(Vec::is_empty) {
                    break;
                }
                let found = self.tokens(run, &ranges)?;
                match &mut list {
                    Some(list) => intersect(list, &found),
                    None => list = Some(found),
                }
            }
        }
        if list.as_ref().is_some_and(Vec::is_empty) {
            return Ok(nothing);
        }
        for unwanted in selection.unwanted_fields() {
            let found = self.fields(run, unwanted)?;
            subtract_sorted(list.get_or_insert_with(|| (0..run.count).collect()), &found);
        }
        let first = if run.directory.min_time < window.since_ms {
            self.ordinal_at(run, window.since_ms)?
        } else {
            0
        };
        let last = if run.directory.max_time >= window.before_ms {
            self.ordinal_at(run, window.before_ms)?
        } else {
            run.count
        };
        let ordinals = match list {
            Some(mut list) => {
                list.retain(|ordinal| (first..last).contains(ordinal));
                Ordinals::List(list)
            }
            None => Ordinals::All(first..last),
        };
        Ok(Candidates {
            run: run.clone(),
            ordinals,
            current: None,
        })
    }

    /// Ordinals that have any of these fields.
    fn fields(
        &mut self,
        run: &Run,
        wanted: &[(FieldClass, u32)],
    ) -> Result<Vec<u32>, ArchiveError> {
        let mut list = Vec::new();
        for (class, value) in wanted {
            let token = class.token(*value);
            self.lists(run, token, token, &mut list)?;
        }
        union_sorted(&mut list);
        Ok(list)
    }

    /// Ordinals that have a text token of any of these ranges.
    fn tokens(&mut self, run: &Run, ranges: &[TokenRange]) -> Result<Vec<u32>, ArchiveError> {
        let mut list = Vec::new();
        for range in ranges {
            self.lists(run, u64::from(range.low), u64::from(range.high), &mut list)?;
        }
        union_sorted(&mut list);
        Ok(list)
    }

    fn lists(
        &mut self,
        run: &Run,
        low: u64,
        high: u64,
        list: &mut Vec<u32>,
    ) -> Result<(), ArchiveError> {
        let damaged = || ArchiveError::damaged("a posting list cannot be unpacked".to_owned());
        for number in run.posting_chunks(low, high) {
            let first = run
                .directory
                .posting_fences
                .get(number)
                .copied()
                .ok_or_else(damaged)?;
            let bytes = self.cached_chunk(run.directory.first_posting_chunk + number as i64)?;
            let mut is_whole = true;
            let found = find_ranges(
                first,
                &bytes,
                |token| (low..=high).contains(&token),
                |_, packed| {
                    is_whole &= decode_list(packed, list);
                },
            );
            if !found || !is_whole {
                return Err(damaged());
            }
        }
        Ok(())
    }
}

/// Puts the newest candidate that is left in a run into the queue, by an instant that it was not sent after.
fn requeue(
    candidates: &mut [Candidates],
    open: &mut BinaryHeap<(i64, Reverse<usize>)>,
    number: usize,
) {
    let Some(list) = candidates.get_mut(number) else {
        return;
    };
    list.current = list.ordinals.next_back().map(Current::AtMost);
    if let Some(Current::AtMost(ordinal)) = list.current {
        open.push((list.run.latest(ordinal), Reverse(number)));
    }
}

/// What is left to look at in a run.
struct Candidates {
    run: Arc<Run>,
    ordinals: Ordinals,
    current: Option<Current>,
}

/// The newest candidate of a run.
#[derive(Clone, Copy)]
enum Current {
    /// Its ordinal; it was sent no later than the run's directory says.
    AtMost(u32),
    /// Its time is known.
    Exactly(TimeEntry),
}

enum Ordinals {
    List(Vec<u32>),
    All(std::ops::Range<u32>),
}

impl Ordinals {
    fn next_back(&mut self) -> Option<u32> {
        match self {
            Self::List(list) => list.pop(),
            Self::All(range) => range.next_back(),
        }
    }
}
