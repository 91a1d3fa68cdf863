//! Copies without common ids become sightings of one message.
//!
//! A batch compares ids only. Where a conversation then holds copies whose ids say nothing about each other, the
//! stretch is noted in the same transaction, and when the import ends each noted stretch is compared, minute by minute
//! (see [`alike`](crate::alike)). What is found becomes rows of `sighting`, like any further sighting. Each minute is
//! computed anew from everything the archive holds of it, so the order of imports leaves no trace; a process that is
//! killed before it came to this finds the notes the next time.

mod minute;

use hutong_model::{ConversationId, IdSpace, Message};
use rusqlite::{Connection, TransactionBehavior, params};
use rustc_hash::{FxHashMap, FxHashSet};

use self::minute::Minute;
use crate::ArchiveError;
use crate::alike::{Sighting, groups};
use crate::batch::Entry;
use crate::codec::read_body;
use crate::reader::Reader;
use crate::run::{Document, Run, Span};
use crate::store::Index;

/// Copies may round a time differently, but never beyond the minute.
const MINUTE_MS: i64 = 60_000;
/// Stretch that is looked at at a time; a multiple of a minute. Clocks of two devices never differ by more.
const SLICE_MS: i64 = 24 * 60 * MINUTE_MS;
/// Minutes in one transaction.
const MINUTES: usize = 512;

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    /// How many messages fewer there are.
    pub(crate) fewer: i64,
    /// Messages of a newer import that are sightings of one from an older import, by the older import's number.
    pub(crate) from: FxHashMap<i64, u64>,
}

/// Conversations whose messages are shown together.
pub(crate) struct Together {
    /// Their numbers.
    pub(crate) numbers: Vec<u32>,
    /// Their ids.
    ids: Vec<ConversationId>,
    /// The one that they are shown in.
    pub(crate) shown_in: ConversationId,
    shown_in_number: u32,
}

impl Together {
    /// A conversation and those that are linked with it.
    pub(crate) fn of(index: &Index, conversation: u32) -> Self {
        let numbers = index.linked(conversation);
        let id = |number: u32| index.conversations.get(number as usize).copied();
        let shown_in_number = index.shown_in(conversation);
        Self {
            ids: numbers.iter().filter_map(|number| id(*number)).collect(),
            numbers,
            shown_in: id(shown_in_number).unwrap_or_default(),
            shown_in_number,
        }
    }

    fn sighting(&self, document: Document, family: u8, message: &Message) -> Sighting {
        Sighting::new(document, family, message, self.shown_in)
    }
}

/// The stretch in which a run's part of a conversation meets copies whose ids cannot be compared with its own. Copies that
/// are carried from another archive may meet within one import.
pub(crate) fn to_be_compared(
    index: &Index,
    made: &Run,
    span: &Span,
    is_carried: bool,
) -> Option<(i64, i64)> {
    let linked = index.linked(span.conversation);
    let is_near = |other: &Span, slack: i64| {
        other.max_time >= span.min_time.saturating_sub(slack)
            && other.min_time <= span.max_time.saturating_add(slack)
    };
    // What a server numbered is one message in linked conversations even where clocks differ.
    if linked.len() > 1 {
        let runs = index.runs.iter().map(std::convert::AsRef::as_ref);
        let meets_linked = runs.chain([made]).any(|run| {
            spans_of(run, &linked)
                .any(|other| other.conversation != span.conversation && is_near(other, SLICE_MS))
        });
        if meets_linked {
            return Some((
                span.min_time.saturating_sub(SLICE_MS),
                span.max_time.saturating_add(SLICE_MS),
            ));
        }
    }
    let meets = |run: &Run| {
        spans_of(run, &linked).any(|other| {
            let has_other_ids = run.family != made.family && !shares_all(span, other);
            let is_other = is_carried || run.import != made.import;
            let has_pairs = is_other && span.has_pairs && other.has_pairs;
            is_near(other, MINUTE_MS) && (has_other_ids || has_pairs)
        })
    };
    let mut others = index.runs.iter().filter(|run| run.number != made.number);
    others
        .any(|run| meets(run))
        .then_some((span.min_time, span.max_time))
}

/// What a run holds of these conversations.
fn spans_of<'a>(run: &'a Run, numbers: &'a [u32]) -> impl Iterator<Item = &'a Span> {
    numbers.iter().filter_map(|number| run.span(*number))
}

/// Whether all messages of both have ids of one and the same space, which means the same in every source.
fn shares_all(one: &Span, other: &Span) -> bool {
    let everywhere =
        [IdSpace::PLATFORM, IdSpace::TEXT].map(|space| 1_u16 << u16::from(space.number()));
    one.spaces == other.spaces && everywhere.contains(&one.spaces)
}

/// Notes a stretch that is to be compared.
pub(crate) fn note(
    connection: &Connection,
    conversation: u32,
    (since, until): (i64, i64),
    is_apart: bool,
) -> Result<(), ArchiveError> {
    connection
        .prepare_cached(
            "INSERT INTO unjoined(conversation, since, until, is_apart) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET since = min(since, excluded.since), until = max(until, excluded.until),
             is_apart = max(is_apart, excluded.is_apart)",
        )?
        .execute(params![conversation, since, until, is_apart])?;
    Ok(())
}

/// Compares everything that is noted. `import` is the newest import, for counting.
pub(crate) fn join_noted(
    connection: &mut Connection,
    reader: &mut Reader,
    import: i64,
) -> Result<Joined, ArchiveError> {
    let mut joined = Joined::default();
    let noted: Vec<(u32, i64, i64, bool)> = connection
        .prepare("SELECT conversation, since, until, is_apart FROM unjoined ORDER BY conversation")?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<Result<_, _>>()?;
    for (conversation, since, until, is_apart) in noted {
        join_stretch(
            connection,
            reader,
            conversation,
            (since, until, is_apart),
            import,
            &mut joined,
        )?;
        connection.execute(
            "DELETE FROM unjoined WHERE conversation = ?1",
            [conversation],
        )?;
    }
    Ok(joined)
}

/// Compares one stretch of a conversation and those linked with it.
fn join_stretch(
    connection: &mut Connection,
    reader: &mut Reader,
    conversation: u32,
    (since, until, is_apart): (i64, i64, bool),
    import: i64,
    joined: &mut Joined,
) -> Result<(), ArchiveError> {
    let index = reader.index.clone();
    let together = Together::of(&index, conversation);
    let spans = || {
        let runs = index.runs.iter();
        runs.flat_map(|run| spans_of(run, &together.numbers))
    };
    let first = spans().map(|span| span.min_time).min().unwrap_or(0);
    let last = spans().map(|span| span.max_time).max().unwrap_or(0);
    let minute = |at: i64| at.div_euclid(MINUTE_MS) * MINUTE_MS;
    let mut start = minute(since.max(first));
    let end = minute(until.min(last)).saturating_add(MINUTE_MS - 1);
    let mut minutes: Vec<Vec<(Document, u8)>> = Vec::new();
    while start <= end {
        let stop = start.saturating_add(SLICE_MS - 1).min(end);
        let mut found: Vec<(i64, Document, u8, i64, u32)> = Vec::new();
        for run in &index.runs {
            for number in &together.numbers {
                reader.heads_in_window(run, *number, &(start..=stop), &mut |document, head| {
                    found.push((
                        minute(head.sent_at),
                        document,
                        run.family,
                        run.import,
                        *number,
                    ));
                })?;
            }
        }
        if found.is_empty() {
            // Years without a message are skipped at once.
            let Some(next) = next_after(reader, &together.numbers, stop)? else {
                break;
            };
            start = minute(next);
            continue;
        }
        found.sort_unstable_by_key(|(minute, document, ..)| (*minute, *document));
        for same in found.chunk_by(|one, other| one.0 == other.0) {
            let imports: FxHashSet<i64> = same.iter().map(|one| one.3).collect();
            let has_linked = same.iter().any(|one| one.4 != together.shown_in_number);
            if is_apart || has_linked || (same.len() > 1 && imports.len() > 1) {
                minutes.push(same.iter().map(|one| (one.1, one.2)).collect());
            }
        }
        if minutes.len() >= MINUTES {
            join_minutes(connection, reader, &together, &minutes, import, joined)?;
            minutes.clear();
        }
        start = stop.saturating_add(1);
    }
    join_minutes(connection, reader, &together, &minutes, import, joined)
}

/// How many of these new messages of one batch, in reading order, would turn out to be known, by the import that brought
/// them. `own` is the number and family of the import that is tried.
pub(crate) fn predict(
    reader: &mut Reader,
    kept: &[&Entry],
    arena: &[u8],
    own: (i64, u8),
) -> Result<FxHashMap<i64, u64>, ArchiveError> {
    let index = reader.index.clone();
    let mut known = FxHashMap::default();
    for conversation in kept.chunk_by(|one, other| one.conversation == other.conversation) {
        let Some(first) = conversation.first() else {
            continue;
        };
        let together = Together::of(&index, first.conversation);
        let linked = &together.numbers;
        let has_other_copies = index.runs.iter().any(|run| {
            run.import != own.0 && linked.iter().any(|number| run.span(*number).is_some())
        });
        if !has_other_copies {
            continue;
        }
        let minute = |entry: &Entry| entry.head.sent_at.div_euclid(MINUTE_MS);
        for same in conversation.chunk_by(|one, other| minute(one) == minute(other)) {
            let Some(start) = same.first().map(|entry| minute(entry) * MINUTE_MS) else {
                continue;
            };
            let mut stored: Vec<(Document, u8, i64)> = Vec::new();
            for run in &index.runs {
                for number in linked {
                    let window = start..=start + MINUTE_MS - 1;
                    reader.heads_in_window(run, *number, &window, &mut |document, _| {
                        stored.push((document, run.family, run.import));
                    })?;
                }
            }
            if stored.is_empty() {
                continue;
            }
            let mut sightings = Vec::new();
            for (document, family, _) in &stored {
                let (message, _) = reader.sighting(*document)?;
                sightings.push(together.sighting(*document, *family, &message));
            }
            for entry in same {
                let body = read_body(arena.get(entry.body.clone()).unwrap_or_default())?;
                let message = body.into_message(&entry.head, &*index)?;
                sightings.push(together.sighting(Document::MAX, own.1, &message));
            }
            for group in groups(&sightings) {
                let earlier = group
                    .iter()
                    .filter_map(|number| stored.get(*number))
                    .map(|(_, _, import)| *import)
                    .min();
                let new = group
                    .iter()
                    .filter(|number| **number >= stored.len())
                    .count() as u64;
                if let Some(earlier) = earlier {
                    *known.entry(earlier).or_default() += new;
                }
            }
        }
    }
    Ok(known)
}

/// When the next message of any of these conversations was sent.
fn next_after(
    reader: &mut Reader,
    linked: &[u32],
    after: i64,
) -> Result<Option<i64>, ArchiveError> {
    let index = reader.index.clone();
    let mut next: Option<i64> = None;
    for run in &index.runs {
        for number in linked {
            if let Some(at) = reader.first_after(run, *number, after)? {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
    }
    Ok(next)
}

fn join_minutes(
    connection: &mut Connection,
    reader: &mut Reader,
    together: &Together,
    minutes: &[Vec<(Document, u8)>],
    import: i64,
    joined: &mut Joined,
) -> Result<(), ArchiveError> {
    if minutes.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for minute in minutes {
        Minute::read(&transaction, reader, together, minute)?.join(
            &transaction,
            reader,
            import,
            joined,
        )?;
    }
    transaction.commit()?;
    Ok(())
}
