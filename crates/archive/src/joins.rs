//! Copies without common ids become sightings of one message.
//!
//! A batch compares ids only. Where a conversation then holds copies whose ids say nothing about each other, the
//! stretch is noted in the same transaction, and when the import ends each noted stretch is compared, minute by minute
//! (see [`alike`](crate::alike)). What is found becomes rows of `sighting`, like any further sighting. Each minute is
//! computed anew from everything the archive holds of it, so the order of imports leaves no trace; a process that is
//! killed before it came to this finds the notes the next time.

use std::collections::BTreeSet;

use hutong_model::IdSpace;
use rusqlite::{Connection, TransactionBehavior, params};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ArchiveError;
use crate::alike::{Sighting, groups};
use crate::batch::Entry;
use crate::codec::read_body;
use crate::reader::Reader;
use crate::run::{Document, Run, Span};
use crate::store::Index;

/// Copies may round a time differently, but never beyond the minute.
const MINUTE_MS: i64 = 60_000;
/// Stretch that is looked at at a time; a multiple of a minute.
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

/// Whether a run's part of a conversation meets copies whose ids cannot be compared with its own.
pub(crate) fn is_to_be_compared(index: &Index, made: &Run, span: &Span) -> bool {
    let linked = index.linked(span.conversation);
    index
        .runs
        .iter()
        .filter(|run| run.number != made.number)
        .flat_map(|run| {
            linked
                .iter()
                .filter_map(move |number| Some((run, run.span(*number)?)))
        })
        .any(|(run, other)| {
            let is_near = other.max_time >= span.min_time.saturating_sub(MINUTE_MS)
                && other.min_time <= span.max_time.saturating_add(MINUTE_MS);
            let has_other_ids = run.family != made.family && !shares_all(span, other);
            let has_pairs = run.import != made.import && span.has_pairs && other.has_pairs;
            is_near && (has_other_ids || has_pairs)
        })
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
    span: &Span,
    is_apart: bool,
) -> Result<(), ArchiveError> {
    connection
        .prepare_cached(
            "INSERT INTO unjoined(conversation, since, until, is_apart) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET since = min(since, excluded.since), until = max(until, excluded.until),
             is_apart = max(is_apart, excluded.is_apart)",
        )?
        .execute(params![conversation, span.min_time, span.max_time, is_apart])?;
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
    let linked = index.linked(conversation);
    let spans = || {
        index
            .runs
            .iter()
            .flat_map(|run| linked.iter().filter_map(|number| run.span(*number)))
    };
    let first = spans().map(|span| span.min_time).min().unwrap_or(0);
    let last = spans().map(|span| span.max_time).max().unwrap_or(0);
    let minute = |at: i64| at.div_euclid(MINUTE_MS) * MINUTE_MS;
    let mut start = minute(since.max(first));
    let end = minute(until.min(last)).saturating_add(MINUTE_MS - 1);
    let mut minutes: Vec<Vec<(Document, u8)>> = Vec::new();
    while start <= end {
        let stop = start.saturating_add(SLICE_MS - 1).min(end);
        let mut found: Vec<(i64, Document, hutong_model::MessageId, u8, i64)> = Vec::new();
        for run in &index.runs {
            for number in &linked {
                reader.heads_in_window(run, *number, &(start..=stop), &mut |document, head| {
                    found.push((
                        minute(head.sent_at),
                        document,
                        head.id,
                        run.family,
                        run.import,
                    ));
                })?;
            }
        }
        if found.is_empty() {
            // Years without a message are skipped at once.
            let Some(next) = next_after(reader, &linked, stop)? else {
                break;
            };
            start = minute(next);
            continue;
        }
        found.sort_unstable_by_key(|(minute, document, ..)| (*minute, *document));
        for same in found.chunk_by(|one, other| one.0 == other.0) {
            let imports: FxHashSet<i64> = same.iter().map(|one| one.4).collect();
            if is_apart || (same.len() > 1 && imports.len() > 1) {
                minutes.push(same.iter().map(|one| (one.1, one.3)).collect());
            }
        }
        if minutes.len() >= MINUTES {
            join_minutes(connection, reader, &minutes, import, joined)?;
            minutes.clear();
        }
        start = stop.saturating_add(1);
    }
    join_minutes(connection, reader, &minutes, import, joined)
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
        let linked = index.linked(first.conversation);
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
                for number in &linked {
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
                sightings.push(Sighting::new(*document, *family, &message));
            }
            for entry in same {
                let body = read_body(arena.get(entry.body.clone()).unwrap_or_default())?;
                let message = body.into_message(&entry.head, &*index)?;
                sightings.push(Sighting::new(Document::MAX, own.1, &message));
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
    minutes: &[Vec<(Document, u8)>],
    import: i64,
    joined: &mut Joined,
) -> Result<(), ArchiveError> {
    if minutes.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for minute in minutes {
        let sightings = minute
            .iter()
            .map(|(document, family)| {
                let (message, _) = reader.sighting(*document)?;
                Ok(Sighting::new(*document, *family, &message))
            })
            .collect::<Result<Vec<_>, ArchiveError>>()?;
        write_groups(&transaction, reader, &sightings, import, joined)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Makes the table of sightings say what the groups say.
fn write_groups(
    connection: &Connection,
    reader: &mut Reader,
    sightings: &[Sighting],
    import: i64,
    joined: &mut Joined,
) -> Result<(), ArchiveError> {
    let mut firsts_before: BTreeSet<Document> = BTreeSet::new();
    let mut firsts_after: BTreeSet<Document> = BTreeSet::new();
    let mut wanted: Vec<BTreeSet<Document>> = Vec::new();
    let mut is_changed = false;
    for group in groups(sightings) {
        // Sightings of the same id that state a time outside this minute belong to the group too.
        let mut documents = BTreeSet::new();
        for index in group {
            let Some(sighting) = sightings.get(index) else {
                continue;
            };
            let all = stored_group(connection, sighting.document)?;
            firsts_before.extend(all.first());
            for document in all {
                if documents.contains(&document) {
                    continue;
                }
                if document == sighting.document || reader.id_of(document)? == sighting.id {
                    documents.insert(document);
                }
            }
        }
        firsts_after.extend(documents.first());
        let Some(first) = documents.first().copied() else {
            continue;
        };
        is_changed |= stored_group(connection, first)? != documents;
        wanted.push(documents);
    }
    if !is_changed {
        return Ok(());
    }
    joined.fewer += firsts_before.len() as i64 - firsts_after.len() as i64;
    for documents in wanted {
        let Some(first) = documents.first().copied() else {
            continue;
        };
        let mut oldest = None;
        let mut has_newest = false;
        for document in documents {
            let run = reader.run_of(document)?;
            has_newest |= run.import == import;
            if run.import != import {
                oldest = Some(oldest.map_or(run.import, |known: i64| known.min(run.import)));
            }
            if document == first {
                connection
                    .prepare_cached("DELETE FROM sighting WHERE document = ?1")?
                    .execute([document])?;
                continue;
            }
            connection
                .prepare_cached(
                    "INSERT INTO sighting(document, first_document, conversation) VALUES(?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET first_document = excluded.first_document",
                )?
                .execute(params![document, first, reader.conversation_of(document)?])?;
        }
        if let (Some(oldest), true) = (oldest, has_newest) {
            *joined.from.entry(oldest).or_default() += 1;
        }
    }
    Ok(())
}

/// All documents that the table says are sightings of this one's message.
fn stored_group(
    connection: &Connection,
    document: Document,
) -> Result<BTreeSet<Document>, ArchiveError> {
    let first = crate::commit::first_sighting(connection, document)?;
    let mut all = BTreeSet::from([first]);
    let mut statement =
        connection.prepare_cached("SELECT document FROM sighting WHERE first_document = ?1")?;
    for document in statement.query_map([first], |row| row.get(0))? {
        all.insert(document?);
    }
    Ok(all)
}
