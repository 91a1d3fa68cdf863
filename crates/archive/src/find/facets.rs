//! How many hits there are, by conversation, sender, kind and month.

use std::hash::Hash;
use std::sync::Arc;

use hutong_model::{AccountId, ConversationId, Message, PartKind};
use hutong_search::{FieldClass, decode_list};
use jiff::tz::TimeZone;
use rustc_hash::{FxHashMap, FxHashSet};

use super::marks::Marks;
use super::{Search, SearchOrder};
use crate::ArchiveError;
use crate::reader::Reader;
use crate::run::{Document, Run};
use crate::select::Selection;

/// Candidates between two questions whether to go on.
const STRIDE: u64 = 256;
/// Up to so many senders are looked up one by one; for more of them all lists of senders are read.
const SENDERS_ONE_BY_ONE: usize = 64;

/// Counts of the hits of a selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Messages, each counted once.
    pub messages: u64,
    /// By conversation, most first.
    pub conversations: Vec<(ConversationId, u64)>,
    /// By sender, most first; messages without one are not among them.
    pub senders: Vec<(AccountId, u64)>,
    /// By kind of part, most first, as `kind:` finds them: a message with text and an image counts for both.
    pub kinds: Vec<(PartKind, u64)>,
    /// By local year and month, oldest first.
    pub months: Vec<((i16, i8), u64)>,
    /// Whether all hits were counted; otherwise the newest ones, as far as the work was allowed to go.
    pub is_complete: bool,
}

impl Reader {
    /// Counts the hits of a selection. `go_on` is told how many candidates were looked at and returns whether to go on.
    ///
    /// Where only fields are asked for (`from:`, `in:`, `on:`, `kind:`, `has:attachment`, `is:mine`, dates), posting lists
    /// and the time index answer and no body is read, except for messages of which there are several copies. With words
    /// every candidate is read, which takes up to 0.1 ms each where hits lie far apart.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn facets(
        &mut self,
        selection: &Selection,
        zone: &TimeZone,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Facets, ArchiveError> {
        let mut tally = FacetCounter::new(zone);
        let is_complete = if selection.is_impossible() {
            true
        } else if selection.is_decided_by_fields() {
            self.count_by_lists(selection, &mut tally, go_on)?
        } else {
            self.count_messages(selection, &mut tally, go_on)?
        };
        Ok(tally.finish(is_complete))
    }

    /// Reads every candidate.
    fn count_messages(
        &mut self,
        selection: &Selection,
        tally: &mut FacetCounter<'_>,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<bool, ArchiveError> {
        let mut search = Search::start(self, selection, SearchOrder::NewestFirst, None)?;
        let mut steps = 0_u64;
        while search.step::<ArchiveError>(self, &mut |hit| {
            tally.add(&hit.message);
            Ok(true)
        })? {
            steps += 1;
            // Each candidate takes two steps: one to learn its time, one to look at it.
            if steps.is_multiple_of(2 * STRIDE) && !go_on(steps / 2) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Counts what posting lists decide, run by run, the newest first.
    fn count_by_lists(
        &mut self,
        selection: &Selection,
        tally: &mut FacetCounter<'_>,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<bool, ArchiveError> {
        let mut runs = self.index.runs.clone();
        runs.sort_by_key(|run| std::cmp::Reverse(run.directory.max_time));
        // Messages with several copies that were counted, by their first sighting.
        let mut counted: FxHashSet<Document> = FxHashSet::default();
        let mut looked_at = 0_u64;
        for run in runs {
            let candidates = self.candidates(&run, selection, SearchOrder::NewestFirst, None)?;
            let ordinals = candidates.into_ordinals();
            if ordinals.is_empty() {
                continue;
            }
            let several = self.copied(&run)?;
            let mut marks = Marks::of(run.count);
            let mut goes_on = true;
            for ordinal in ordinals.into_iter().rev() {
                let entry = self.time(&run, ordinal)?;
                let document = run.first_document + entry.record;
                if several.has(ordinal) {
                    let first = self.sightings_of(document)?.first().copied();
                    if counted.insert(first.unwrap_or(document)) {
                        let message = self.merged(document)?;
                        if selection.matches(&message) {
                            tally.add(&message);
                        }
                    }
                } else {
                    let number = self.index.shown_in(self.conversation_of(document)?);
                    let conversation = self.index.conversations.get(number as usize).copied();
                    if let Some(conversation) = conversation
                        && selection.allows_conversation(conversation)
                    {
                        tally.place(conversation, entry.sent_at);
                        marks.set(ordinal);
                    }
                }
                looked_at += 1;
                if looked_at.is_multiple_of(STRIDE) && !go_on(looked_at) {
                    goes_on = false;
                    break;
                }
            }
            self.count_marked(&run, selection, &marks, tally)?;
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Counts senders and kinds of the marked ordinals of a run.
    fn count_marked(
        &mut self,
        run: &Arc<Run>,
        selection: &Selection,
        marks: &Marks,
        tally: &mut FacetCounter<'_>,
    ) -> Result<(), ArchiveError> {
        if marks.is_empty() {
            return Ok(());
        }
        let index = self.index.clone();
        let mut is_whole = true;
        let mut list = Vec::new();
        // Where senders are asked for, nobody else's list has a marked message.
        let mut wanted: Vec<u32> = selection
            .wanted_fields()
            .flatten()
            .filter(|(class, _)| *class == FieldClass::Sender)
            .map(|(_, number)| *number)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let everybody = [(0, u32::MAX)];
        let senders: Vec<(u32, u32)> = match wanted.len() {
            0 => everybody.to_vec(),
            1..=SENDERS_ONE_BY_ONE => wanted.iter().map(|number| (*number, *number)).collect(),
            _ => everybody.to_vec(),
        };
        let senders = senders.iter().map(|range| (FieldClass::Sender, range));
        let kinds = everybody.iter().map(|range| (FieldClass::Kind, range));
        for (class, (first, last)) in senders.chain(kinds) {
            let (low, high) = (class.token(*first), class.token(*last));
            self.each_list(run, low, high, &mut |token, packed| {
                list.clear();
                is_whole &= decode_list(packed, &mut list);
                let count = list.iter().filter(|ordinal| marks.has(**ordinal)).count() as u64;
                if count == 0 {
                    return;
                }
                let value = usize::try_from(token - class.token(0)).unwrap_or(usize::MAX);
                if class == FieldClass::Sender {
                    if let Some(account) = index.accounts.get(value) {
                        *tally.senders.entry(*account).or_default() += count;
                    }
                } else if let Some(kind) =
                    PartKind::ALL.iter().find(|kind| **kind as usize == value)
                {
                    *tally.kinds.entry(*kind).or_default() += count;
                }
            })?;
        }
        if is_whole {
            Ok(())
        } else {
            Err(ArchiveError::damaged(
                "a posting list cannot be unpacked".to_owned(),
            ))
        }
    }
}

/// Counts hits that somebody reads anyway, one by one.
#[derive(Debug)]
pub struct FacetCounter<'a> {
    zone: &'a TimeZone,
    messages: u64,
    conversations: FxHashMap<ConversationId, u64>,
    senders: FxHashMap<AccountId, u64>,
    kinds: FxHashMap<PartKind, u64>,
    months: FxHashMap<(i16, i8), u64>,
    /// The month of the message before, from when to when it lasts, and its messages: neighbours are of one month.
    month: Option<(i64, i64, (i16, i8))>,
}

impl<'a> FacetCounter<'a> {
    /// Nothing counted yet; months are those of this zone.
    #[must_use]
    pub fn new(zone: &'a TimeZone) -> Self {
        Self {
            zone,
            messages: 0,
            conversations: FxHashMap::default(),
            senders: FxHashMap::default(),
            kinds: FxHashMap::default(),
            months: FxHashMap::default(),
            month: None,
        }
    }

    /// Counts a hit.
    pub fn add(&mut self, message: &Message) {
        self.place(message.conversation, message.sent_at.0);
        if let Some(sender) = message.sender {
            *self.senders.entry(sender).or_default() += 1;
        }
        let mut kinds: Vec<PartKind> = message.parts.iter().map(hutong_model::Part::kind).collect();
        if kinds.is_empty() {
            kinds.push(message.kind());
        }
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            *self.kinds.entry(kind).or_default() += 1;
        }
    }

    /// A message of which conversation and time are known; sender and kinds are counted apart.
    fn place(&mut self, conversation: ConversationId, sent_at: i64) {
        self.messages += 1;
        *self.conversations.entry(conversation).or_default() += 1;
        let month = match self.month {
            Some((first, next, month)) if (first..next).contains(&sent_at) => Some(month),
            _ => {
                self.month = month_of(sent_at, self.zone);
                self.month.map(|(_, _, month)| month)
            }
        };
        if let Some(month) = month {
            *self.months.entry(month).or_default() += 1;
        }
    }

    /// Hits counted so far.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// The counts; `is_complete` says whether every hit was counted.
    #[must_use]
    pub fn finish(self, is_complete: bool) -> Facets {
        let mut months: Vec<_> = self.months.into_iter().collect();
        months.sort_unstable();
        Facets {
            messages: self.messages,
            conversations: most_first(self.conversations),
            senders: most_first(self.senders),
            kinds: most_first(self.kinds),
            months,
            is_complete,
        }
    }
}

fn most_first<K: Ord + Copy + Eq + Hash>(counts: FxHashMap<K, u64>) -> Vec<(K, u64)> {
    let mut counts: Vec<(K, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
    counts
}

/// The local month of an instant, with its first instant and that of the next one. An instant outside of what calendars
/// know (year 9999) is of no month.
fn month_of(at_ms: i64, zone: &TimeZone) -> Option<(i64, i64, (i16, i8))> {
    let instant = jiff::Timestamp::from_millisecond(at_ms).ok()?;
    let date = zone.to_datetime(instant).date();
    let start_of = |date: jiff::civil::Date| {
        let start = date.to_zoned(zone.clone()).ok()?;
        Some(start.timestamp().as_millisecond())
    };
    let first = date.first_of_month();
    let next = date.last_of_month().tomorrow().ok();
    // At the ends of the calendar the month is cut short.
    let starts = start_of(first).zip(next.and_then(start_of));
    let (start, end) = starts.unwrap_or((at_ms, at_ms.saturating_add(1)));
    Some((start, end, (date.year(), date.month())))
}
