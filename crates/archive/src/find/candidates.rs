//! What may match in one run, by its posting lists.

use std::ops::Range;
use std::sync::Arc;

use hutong_search::{
    FieldClass, TokenRange, decode_list, find_ranges, intersect, query_tokens, subtract_sorted,
    union_sorted,
};

use super::{HitPlace, SearchCursor, SearchOrder};
use crate::ArchiveError;
use crate::reader::Reader;
use crate::run::{Run, TIME_CHUNK, TimeEntry, read_time};
use crate::select::{Selection, names_places};
use crate::store::chunk;

/// What is left to look at in a run.
pub(super) struct Candidates {
    pub(super) run: Arc<Run>,
    ordinals: Ordinals,
    /// Those not yet looked at: places in the list, or ordinals where all may match.
    rest: Range<u32>,
    pub(super) current: Option<Current>,
}

/// The next candidate of a run.
#[derive(Clone, Copy)]
pub(super) enum Current {
    /// Its ordinal; the run's directory gives an instant that it does not come before.
    About(u32),
    /// Its time is known.
    Exactly(TimeEntry),
}

enum Ordinals {
    /// These, ascending.
    List(Vec<u32>),
    /// All of a range.
    All(Range<u32>),
}

impl Candidates {
    const fn nothing(run: Arc<Run>) -> Self {
        Self {
            run,
            ordinals: Ordinals::All(0..0),
            rest: 0..0,
            current: None,
        }
    }

    /// Goes to the next candidate.
    pub(super) fn advance(&mut self, order: SearchOrder) {
        let next = match order {
            SearchOrder::NewestFirst => self.rest.next_back(),
            SearchOrder::OldestFirst => self.rest.next(),
        };
        self.current = next
            .and_then(|next| match &self.ordinals {
                Ordinals::List(list) => list.get(next as usize).copied(),
                Ordinals::All(_) => Some(next),
            })
            .map(Current::About);
    }

    /// An instant that the message with this ordinal does not come before.
    pub(super) fn bound(&self, ordinal: u32, order: SearchOrder) -> i64 {
        match order {
            SearchOrder::NewestFirst => self.run.latest(ordinal),
            SearchOrder::OldestFirst => self.run.earliest(ordinal),
        }
    }

    /// Whether an ordinal is among all candidates, looked at or not.
    pub(super) fn holds(&self, ordinal: u32) -> bool {
        match &self.ordinals {
            Ordinals::List(list) => list.binary_search(&ordinal).is_ok(),
            Ordinals::All(range) => range.contains(&ordinal),
        }
    }

    /// All ordinals, ascending.
    pub(super) fn into_ordinals(self) -> Vec<u32> {
        match self.ordinals {
            Ordinals::List(list) => list,
            Ordinals::All(range) => range.collect(),
        }
    }
}

impl Reader {
    /// The ordinals of a run that may match; those after the cursor are left to look at.
    pub(super) fn candidates(
        &mut self,
        run: &Arc<Run>,
        selection: &Selection,
        order: SearchOrder,
        after: Option<SearchCursor>,
    ) -> Result<Candidates, ArchiveError> {
        let window = selection.window();
        let is_outside = run.directory.max_time < window.since_ms
            || run.directory.min_time >= window.before_ms
            || selection
                .wanted_fields()
                .any(|wanted| is_absent(run, wanted));
        if is_outside {
            return Ok(Candidates::nothing(run.clone()));
        }
        let mut list: Option<Vec<u32>> = None;
        // Lists of kinds are long: they are unpacked last, and not at all where words leave nothing.
        let is_long = |wanted: &[(FieldClass, u32)]| {
            wanted
                .iter()
                .any(|(class, _)| matches!(class, FieldClass::Kind | FieldClass::Has))
        };
        for wanted in selection.wanted_fields().filter(|one| !is_long(one)) {
            narrow(&mut list, || self.fields(run, wanted))?;
        }
        for word in selection.query().wanted_words() {
            for ranges in query_tokens(word) {
                narrow(&mut list, || self.tokens(run, &ranges))?;
            }
        }
        for wanted in selection.wanted_fields().filter(|one| is_long(one)) {
            narrow(&mut list, || self.fields(run, wanted))?;
        }
        let spread = if self.spreads(selection) {
            self.spread(run, selection)?
        } else {
            Vec::new()
        };
        if list.as_ref().is_some_and(Vec::is_empty) && spread.is_empty() {
            return Ok(Candidates::nothing(run.clone()));
        }
        for unwanted in selection.unwanted_fields() {
            let found = self.fields(run, unwanted)?;
            subtract_sorted(list.get_or_insert_with(|| (0..run.count).collect()), &found);
        }
        if let Some(list) = &mut list
            && !spread.is_empty()
        {
            list.extend(spread);
            union_sorted(list);
        }
        let first = if run.directory.min_time < window.since_ms {
            self.first_ordinal_at(run, window.since_ms)?
        } else {
            0
        };
        let last = if run.directory.max_time >= window.before_ms {
            self.first_ordinal_at(run, window.before_ms)?
        } else {
            run.count
        };
        let edge = match after {
            Some(cursor) => Some(
                self.partition_times(run, &|entry| is_before_cursor(run, entry, cursor, order))?,
            ),
            None => None,
        };
        let rest = match (order, edge) {
            (_, None) => first..last,
            (SearchOrder::NewestFirst, Some(edge)) => first..last.min(edge).max(first),
            (SearchOrder::OldestFirst, Some(edge)) => first.max(edge).min(last)..last,
        };
        Ok(match list {
            Some(mut list) => {
                list.retain(|ordinal| (first..last).contains(ordinal));
                let place = |ordinal: u32| {
                    let place = list.partition_point(|other| *other < ordinal);
                    u32::try_from(place).unwrap_or(u32::MAX)
                };
                Candidates {
                    run: run.clone(),
                    rest: place(rest.start)..place(rest.end),
                    ordinals: Ordinals::List(list),
                    current: None,
                }
            }
            None => Candidates {
                run: run.clone(),
                ordinals: Ordinals::All(first..last),
                rest,
                current: None,
            },
        })
    }

    /// Whether what is asked for may be spread over the copies of a message.
    pub(super) fn spreads(&self, selection: &Selection) -> bool {
        self.has_sightings && selection.asks_for_several()
    }

    /// Ordinals of messages with several copies of which this copy has at least one thing that is asked for, always the same
    /// one: a message that has everything has a copy with that.
    fn spread(&mut self, run: &Run, selection: &Selection) -> Result<Vec<u32>, ArchiveError> {
        let copied = self.copied(run)?;
        if copied.is_empty() {
            return Ok(Vec::new());
        }
        // A long word is rare, and a person says less than everybody.
        let words = selection.query().wanted_words();
        let mut list: Option<Vec<u32>> = None;
        if let Some(word) = words.iter().max_by_key(|word| word.len()) {
            for ranges in query_tokens(word) {
                narrow(&mut list, || self.tokens(run, &ranges))?;
            }
        } else {
            let rank = |class| match class {
                FieldClass::State => 0,
                FieldClass::Sender => 1,
                FieldClass::Has => 2,
                FieldClass::Kind | FieldClass::Conversation => 3,
            };
            let fields = selection.wanted_fields().filter(|one| !names_places(one));
            let first = fields.min_by_key(|wanted| {
                let ranks = wanted.iter().map(|(class, _)| rank(*class));
                ranks.max()
            });
            if let Some(wanted) = first {
                list = Some(self.fields(run, wanted)?);
            }
        }
        let mut list = list.unwrap_or_default();
        list.retain(|ordinal| copied.has(*ordinal));
        for places in selection.wanted_fields().filter(|one| names_places(one)) {
            if !list.is_empty() {
                intersect(&mut list, &self.fields(run, places)?);
            }
        }
        Ok(list)
    }

    /// Ordinals that have any of these fields.
    pub(crate) fn fields(
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
        let mut is_whole = true;
        self.each_list(run, low, high, &mut |_, packed| {
            is_whole &= decode_list(packed, list);
        })?;
        if is_whole {
            Ok(())
        } else {
            Err(damaged_list())
        }
    }

    /// Gives the packed list of every token in a range.
    pub(super) fn each_list(
        &mut self,
        run: &Run,
        low: u64,
        high: u64,
        give: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), ArchiveError> {
        for number in run.posting_chunks(low, high) {
            let first = run
                .directory
                .posting_fences
                .get(number)
                .copied()
                .ok_or_else(damaged_list)?;
            let bytes = self.cached_chunk(run.directory.first_posting_chunk + number as i64)?;
            let is_whole = find_ranges(
                first,
                &bytes,
                |token| (low..=high).contains(&token),
                &mut *give,
            );
            if !is_whole {
                return Err(damaged_list());
            }
        }
        Ok(())
    }

    pub(super) fn cached_chunk(&mut self, number: i64) -> Result<Arc<Vec<u8>>, ArchiveError> {
        self.chunks.get_or(number, || {
            let bytes = chunk(&self.connection, number)?;
            let length = bytes.len();
            Ok((bytes, length))
        })
    }

    /// When the message with this ordinal was sent, and its record.
    pub(super) fn time(&mut self, run: &Run, ordinal: u32) -> Result<TimeEntry, ArchiveError> {
        let number = run.directory.first_time_chunk + i64::from(ordinal) / TIME_CHUNK as i64;
        let bytes = self.cached_chunk(number)?;
        read_time(&bytes, ordinal as usize % TIME_CHUNK).ok_or_else(|| {
            ArchiveError::damaged("the time index is shorter than its directory says".to_owned())
        })
    }

    /// First ordinal of a run that was sent at or after an instant; the directory says in which chunk to look.
    pub(crate) fn first_ordinal_at(
        &mut self,
        run: &Run,
        instant: i64,
    ) -> Result<u32, ArchiveError> {
        let fences = &run.directory.time_fences;
        let after = fences.partition_point(|first| *first < instant);
        let first = u32::try_from(after.saturating_sub(1) * TIME_CHUNK).unwrap_or(u32::MAX);
        let end = u32::try_from(after * TIME_CHUNK).unwrap_or(u32::MAX);
        self.partition_part(run, first..end.min(run.count), &|entry| {
            entry.sent_at < instant
        })
    }

    /// How many entries of a run's time index come before those of which something is not true.
    pub(super) fn partition_times(
        &mut self,
        run: &Run,
        is_before: &dyn Fn(TimeEntry) -> bool,
    ) -> Result<u32, ArchiveError> {
        self.partition_part(run, 0..run.count, is_before)
    }

    fn partition_part(
        &mut self,
        run: &Run,
        part: Range<u32>,
        is_before: &dyn Fn(TimeEntry) -> bool,
    ) -> Result<u32, ArchiveError> {
        let (mut low, mut high) = (part.start.min(part.end), part.end);
        while low < high {
            let middle = u32::midpoint(low, high);
            if is_before(self.time(run, middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// Keeps of a list what another has too; the other one is not made where nothing is left.
fn narrow(
    list: &mut Option<Vec<u32>>,
    other: impl FnOnce() -> Result<Vec<u32>, ArchiveError>,
) -> Result<(), ArchiveError> {
    match list {
        Some(list) if list.is_empty() => {}
        Some(list) => intersect(list, &other()?),
        None => *list = Some(other()?),
    }
    Ok(())
}

/// Whether an entry of the time index stands on the earlier side of a cursor: newest first, that is what is left.
fn is_before_cursor(run: &Run, entry: TimeEntry, cursor: SearchCursor, order: SearchOrder) -> bool {
    let is_older = entry.sent_at < cursor.sent_at_ms;
    let is_tied = entry.sent_at == cursor.sent_at_ms;
    let document = run.first_document.saturating_add(entry.record);
    match (order, cursor.place) {
        (SearchOrder::NewestFirst, HitPlace::Candidate(at)) => is_older || is_tied && document < at,
        (SearchOrder::OldestFirst, HitPlace::Candidate(at)) => {
            is_older || is_tied && document <= at
        }
        // Of one instant, what the posting lists know comes before what was said later.
        (SearchOrder::NewestFirst, HitPlace::Late(_)) => is_older,
        (SearchOrder::OldestFirst, HitPlace::Late(_)) => is_older || is_tied,
    }
}

/// Whether fields name only conversations that do not occur in a run.
fn is_absent(run: &Run, wanted: &[(FieldClass, u32)]) -> bool {
    wanted
        .iter()
        .all(|(class, number)| *class == FieldClass::Conversation && run.span(*number).is_none())
}

fn damaged_list() -> ArchiveError {
    ArchiveError::damaged("a posting list cannot be unpacked".to_owned())
}
