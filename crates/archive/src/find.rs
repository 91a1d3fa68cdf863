//! Searching: candidates from the posting lists of each run, in the order of time, checked against the message itself.

mod candidates;
mod cursor;
mod facets;
mod late;
mod marks;

use std::collections::BinaryHeap;
use std::sync::Arc;

use hutong_model::{Message, MessageId};
use rustc_hash::{FxHashMap, FxHashSet};

use self::candidates::{Candidates, Current};
use self::cursor::{HitPlace, Rank};
pub use self::cursor::{SearchCursor, SearchOrder};
pub use self::facets::{FacetCounter, Facets};
pub(crate) use self::marks::Copied;
use crate::ArchiveError;
use crate::reader::Reader;
use crate::run::{Document, Run, TimeEntry};
use crate::select::Selection;

pub(crate) const HAS_ATTACHMENT: u32 = 0;
pub(crate) const HAS_REPLY: u32 = 1;
pub(crate) const IS_RECALLED: u32 = 1;
pub(crate) const IS_DELETED: u32 = 2;
pub(crate) const IS_MINE: u32 = 3;

/// A message that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The message.
    pub message: Message,
    /// Where a search goes on after it.
    pub cursor: SearchCursor,
}

impl Reader {
    /// Gives the messages that a selection matches, newest first. `give` returns whether to go on.
    ///
    /// Replies are resolved only where the selection asks for answers.
    ///
    /// A message of which there are several copies is found also when one copy knows only the sender and another only the
    /// words that are asked for.
    ///
    /// # Errors
    /// When the archive cannot be read, or the error of `give`.
    pub fn search<E: From<ArchiveError>>(
        &mut self,
        selection: &Selection,
        give: &mut dyn FnMut(Message) -> Result<bool, E>,
    ) -> Result<(), E> {
        self.hits(selection, SearchOrder::NewestFirst, None, &mut |hit| {
            give(hit.message)
        })
    }

    /// As [`Self::search`], in either order of time, and from a hit on that was given before.
    ///
    /// A search with `kind:image` (or `kind:video`, `kind:file`, `kind:link`) and nothing else is a gallery: posting lists
    /// answer it, and only what is given is read. What was given once is not given again after its cursor, also where a
    /// message was found by several copies; what is imported meanwhile is found if it belongs after the cursor.
    ///
    /// # Errors
    /// When the archive cannot be read, or the error of `give`.
    pub fn hits<E: From<ArchiveError>>(
        &mut self,
        selection: &Selection,
        order: SearchOrder,
        after: Option<SearchCursor>,
        give: &mut dyn FnMut(Hit) -> Result<bool, E>,
    ) -> Result<(), E> {
        let mut search = Search::start(self, selection, order, after)?;
        while search.step(self, give)? {}
        Ok(())
    }
}

/// A search on its way.
struct Search<'a> {
    selection: &'a Selection,
    order: SearchOrder,
    after: Option<SearchCursor>,
    /// Runs not yet opened; the last one comes first.
    runs: Vec<Arc<Run>>,
    opened: Vec<Candidates>,
    open: BinaryHeap<(Rank, usize)>,
    /// What matches only by what was said of it later; the last one comes first.
    late: Vec<(Rank, Message)>,
    /// Messages that were given by such late words before the cursor.
    late_before: FxHashSet<MessageId>,
    given: FxHashSet<MessageId>,
    /// Candidates of runs that lie before the cursor, opened to see what was given from them.
    before: FxHashMap<i64, Candidates>,
}

impl<'a> Search<'a> {
    fn start(
        reader: &mut Reader,
        selection: &'a Selection,
        order: SearchOrder,
        after: Option<SearchCursor>,
    ) -> Result<Self, ArchiveError> {
        let mut search = Self {
            selection,
            order,
            after,
            runs: Vec::new(),
            opened: Vec::new(),
            open: BinaryHeap::new(),
            late: Vec::new(),
            late_before: FxHashSet::default(),
            given: FxHashSet::default(),
            before: FxHashMap::default(),
        };
        if selection.is_impossible() {
            return Ok(search);
        }
        let edge = after.map(|cursor| order.rank(cursor));
        for message in reader.changed_later(selection)? {
            let rank = order.rank(SearchCursor {
                sent_at_ms: message.sent_at.0,
                place: HitPlace::Late(message.id),
            });
            if edge.is_none_or(|edge| rank < edge) {
                search.late.push((rank, message));
            } else {
                search.late_before.insert(message.id);
            }
        }
        search.late.sort_by_key(|(rank, _)| *rank);
        let last_of = |run: &Run| match order {
            SearchOrder::NewestFirst => run.directory.min_time,
            SearchOrder::OldestFirst => run.directory.max_time,
        };
        search.runs = reader.index.runs.clone();
        search
            .runs
            .retain(|run| edge.is_none_or(|edge| order.rank_of_time(last_of(run)) <= edge.time));
        search
            .runs
            .sort_by_key(|run| search.order.rank_of_time(first_of(run, order)));
        Ok(search)
    }

    /// Looks at the next candidate. Returns whether to go on.
    fn step<E: From<ArchiveError>>(
        &mut self,
        reader: &mut Reader,
        give: &mut dyn FnMut(Hit) -> Result<bool, E>,
    ) -> Result<bool, E> {
        self.open_runs(reader)?;
        let next = self.open.peek().map(|(rank, _)| *rank);
        if let Some((_, message)) = self
            .late
            .pop_if(|(rank, _)| next.is_none_or(|next| *rank > next))
        {
            return self.give_late(reader, message, give);
        }
        let Some((_, number)) = self.open.pop() else {
            return Ok(false);
        };
        let Some(list) = self.opened.get_mut(number) else {
            return Ok(true);
        };
        match list.current {
            Some(Current::Exactly(entry)) => {
                let document = list.run.first_document + entry.record;
                self.requeue(number);
                self.look_at(reader, document, entry, give)
            }
            Some(Current::About(ordinal)) => {
                // Only now that it is its turn is it worth knowing when exactly it was sent.
                let run = list.run.clone();
                let entry = reader.time(&run, ordinal)?;
                if let Some(list) = self.opened.get_mut(number) {
                    list.current = Some(Current::Exactly(entry));
                }
                let rank = self.order.rank(candidate(&run, entry));
                self.open.push((rank, number));
                Ok(true)
            }
            None => Ok(true),
        }
    }

    /// Opens the runs that may hold something that comes before all that is queued.
    fn open_runs(&mut self, reader: &mut Reader) -> Result<(), ArchiveError> {
        while let Some(run) = self.runs.last()
            && self.open.peek().is_none_or(|(next, _)| {
                self.order.rank_of_time(first_of(run, self.order)) >= next.time
            })
        {
            let opened = reader.candidates(run, self.selection, self.order, self.after)?;
            self.runs.pop();
            self.opened.push(opened);
            self.requeue(self.opened.len() - 1);
        }
        Ok(())
    }

    /// Puts the next candidate of a run into the queue, by an instant that it does not come before.
    fn requeue(&mut self, number: usize) {
        let Some(list) = self.opened.get_mut(number) else {
            return;
        };
        list.advance(self.order);
        if let Some(Current::About(ordinal)) = list.current {
            let rank = self.order.first_of(list.bound(ordinal, self.order));
            self.open.push((rank, number));
        }
    }

    fn look_at<E: From<ArchiveError>>(
        &mut self,
        reader: &mut Reader,
        document: Document,
        entry: TimeEntry,
        give: &mut dyn FnMut(Hit) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let body = reader.body(document)?;
        let has_words = self.selection.parts_match(&body.parts, &body.revisions);
        // Where it has not, other copies of it may have them.
        let is_spread = !has_words
            && reader.spreads(self.selection)
            && reader.sightings_of(document)?.len() > 1;
        if !has_words && !is_spread {
            return Ok(true);
        }
        let sighting = reader.with_head(document, body)?;
        if self.given.contains(&sighting.0.id) {
            return Ok(true);
        }
        let mut message = reader.merged_with(document, sighting)?;
        if self.selection.asks_for_replies() {
            reader.resolve_reply(&mut message)?;
        }
        if !self.selection.matches(&message)
            || self.was_given(reader, document, message.id)?
            || !self.given.insert(message.id)
        {
            return Ok(true);
        }
        let cursor = SearchCursor {
            sent_at_ms: entry.sent_at,
            place: HitPlace::Candidate(document),
        };
        give(Hit { message, cursor })
    }

    fn give_late<E: From<ArchiveError>>(
        &mut self,
        reader: &mut Reader,
        message: Message,
        give: &mut dyn FnMut(Hit) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if self.after.is_some()
            && let Some(document) = reader.document(None, message.id, false)?
            && self.was_given(reader, document, message.id)?
        {
            return Ok(true);
        }
        if !self.given.insert(message.id) {
            return Ok(true);
        }
        let cursor = SearchCursor {
            sent_at_ms: message.sent_at.0,
            place: HitPlace::Late(message.id),
        };
        give(Hit { message, cursor })
    }

    /// Whether a message that matches was given before the cursor, by another of its copies or by what was said of it later.
    fn was_given(
        &mut self,
        reader: &mut Reader,
        document: Document,
        id: MessageId,
    ) -> Result<bool, ArchiveError> {
        let Some(cursor) = self.after else {
            return Ok(false);
        };
        if self.late_before.contains(&id) {
            return Ok(true);
        }
        let sightings = reader.sightings_of(document)?;
        for other in sightings {
            let run = reader.run_of(other)?;
            let entry = reader.time_entry_of(&run, other)?;
            if self.order.rank(candidate(&run, entry)) < self.order.rank(cursor) {
                continue;
            }
            if self.is_candidate(reader, &run, entry)? {
                // The message matches: this copy need not do so alone.
                if reader.spreads(self.selection) {
                    return Ok(true);
                }
                let body = reader.body(other)?;
                if self.selection.parts_match(&body.parts, &body.revisions) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether the posting lists name a record of a run.
    fn is_candidate(
        &mut self,
        reader: &mut Reader,
        run: &Arc<Run>,
        entry: TimeEntry,
    ) -> Result<bool, ArchiveError> {
        let ordinal = reader.partition_times(run, &|other| other < entry)?;
        if let Some(list) = self
            .opened
            .iter()
            .find(|list| list.run.number == run.number)
        {
            return Ok(list.holds(ordinal));
        }
        if !self.before.contains_key(&run.number) {
            let list = reader.candidates(run, self.selection, self.order, None)?;
            self.before.insert(run.number, list);
        }
        Ok(self
            .before
            .get(&run.number)
            .is_some_and(|list| list.holds(ordinal)))
    }
}

/// The instant of a run that comes first.
fn first_of(run: &Run, order: SearchOrder) -> i64 {
    match order {
        SearchOrder::NewestFirst => run.directory.max_time,
        SearchOrder::OldestFirst => run.directory.min_time,
    }
}

/// The place of a record among hits.
const fn candidate(run: &Run, entry: TimeEntry) -> SearchCursor {
    SearchCursor {
        sent_at_ms: entry.sent_at,
        place: HitPlace::Candidate(run.first_document.saturating_add(entry.record)),
    }
}
