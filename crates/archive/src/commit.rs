//! Committing a batch: what is known is told from what is new, the rest becomes a run, in one transaction.

mod rows;
mod run;

use std::sync::Arc;

use hutong_model::{Decision, MessageId, ProblemKind};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use rustc_hash::FxHashMap;

use self::rows::{write_numbers, write_people, write_problem};
use self::run::{ChunkWriter, write_run};
use crate::ArchiveError;
use crate::batch::{Batch, Entry};
use crate::codec::{BlockPacker, Head};
use crate::joins::{self, Joined};
use crate::links::proven;
use crate::lookup::Lookup;
use crate::reader::Reader;
use crate::run::{Document, Run, family_of, id_prefix};
use crate::store::{Index, Location};

/// How far two copies may differ in the time of one message and still be compared without asking the id index.
const TIME_SLACK_MS: i64 = 2_000;

/// Messages of one conversation that are compared with the archive at a time.
const CLUSTER: usize = 8_192;

/// A larger gap than this starts a new comparison window.
const CLUSTER_GAP_MS: i64 = 24 * 3_600_000;

/// What an import has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that are new.
    pub added: u64,
    /// Messages that were there already, further sightings included.
    pub known: u64,
    /// Of those: sightings that said something else or came from another place, and were kept beside the first.
    pub sightings: u64,
    /// Message rows that could not be read.
    pub rejected: u64,
    /// Other problems.
    pub problems: u64,
    /// Conversations that the import spoke of.
    pub conversations: u64,
    /// Accounts that the import spoke of.
    pub accounts: u64,
    /// Attachments whose bytes were found.
    pub blobs: u64,
    /// Attachments whose bytes were not found.
    pub blobs_missing: u64,
    /// Bytes of the attachments that were found.
    pub blob_bytes: u64,
}

/// Documents that the archive holds for some ids, with the digests of their records.
type Known = FxHashMap<MessageId, Vec<(Document, [u8; 32])>>;

/// Where an entry of the batch ended up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The same record is there already.
    Dropped,
    /// A new document; `first` is the first sighting of its message.
    Kept { document: Document, first: Document },
}

/// Writes batches; owns the writing connection.
pub(crate) struct Committer {
    location: Location,
    connection: Connection,
    pub(crate) index: Index,
    lookup: Lookup,
    packer: BlockPacker,
    next_chunk: i64,
    next_problem: i64,
    import: i64,
    /// The import's source, as a number.
    family: u8,
    /// In a dry run: the records that would have been written, by the first bytes of id and digest.
    dry_run: Option<FxHashMap<u64, u64>>,
    pub(crate) counts: Counts,
    /// What the input says about conversations and people; applied when the import ends.
    pub(crate) decisions: Vec<Decision>,
    /// Messages that were known, by the import that brought them first.
    pub(crate) known_from: FxHashMap<i64, u64>,
}

impl Committer {
    pub(crate) fn new(
        location: &Location,
        import: i64,
        source: &str,
        dry_run: bool,
    ) -> Result<Self, ArchiveError> {
        let connection = location.open(false)?;
        // What is written is not read again soon.
        connection.pragma_update(None, "cache_size", -8192)?;
        let index = Index::load(&connection)?;
        let next_chunk = connection.query_row(
            "SELECT coalesce(max(number), 0) + 1 FROM chunk",
            [],
            |row| row.get(0),
        )?;
        let next_problem = connection.query_row(
            "SELECT coalesce(max(number), 0) + 1 FROM problem WHERE import = ?1",
            [import],
            |row| row.get(0),
        )?;
        Ok(Self {
            location: location.clone(),
            connection,
            index,
            lookup: Lookup::default(),
            packer: BlockPacker::new()?,
            next_chunk,
            next_problem,
            import,
            family: family_of(source),
            dry_run: dry_run.then(FxHashMap::default),
            counts: Counts::default(),
            decisions: Vec::new(),
            known_from: FxHashMap::default(),
        })
    }

    /// Counts what a batch would add, without writing it.
    fn count_only(&mut self, batch: &Batch, order: &[u32], places: &[Place], counts: &mut Counts) {
        let Some(seen) = &mut self.dry_run else {
            return;
        };
        for number in order {
            let number = *number as usize;
            let (Some(entry), Some(Place::Kept { document, first })) =
                (batch.entries.get(number), places.get(number))
            else {
                continue;
            };
            let (digest, _) = entry.head.digest.split_at(8);
            let digest = u64::from_le_bytes(digest.try_into().unwrap_or_default());
            // An earlier batch of this dry run would have made it known.
            if let Some(before) = seen.insert(id_prefix(entry.head.id), digest)
                && document == first
            {
                counts.added -= 1;
                counts.known += 1;
                counts.sightings += u64::from(before != digest);
            }
        }
    }

    /// Writes a batch in one transaction.
    pub(crate) fn commit(&mut self, mut batch: Batch) -> Result<(), ArchiveError> {
        let mut counts = self.counts;
        let mut index = self.index.clone();
        for id in &batch.new_accounts {
            index.add_account(*id);
        }
        for id in &batch.new_conversations {
            index.add_conversation(*id);
        }
        index.places.extend(batch.new_places.iter().cloned());
        self.decisions.append(&mut batch.decisions);
        let read_by = batch.read_by.take();
        let family = read_by.as_deref().map_or(self.family, family_of);
        let order = reading_order(&batch.entries);
        let places = self.place(&batch.entries, &order, &mut counts)?;
        self.count_only(&batch, &order, &places, &mut counts);
        if self.dry_run.is_some() {
            let kept: Vec<&Entry> = order
                .iter()
                .filter(|number| {
                    matches!(places.get(**number as usize), Some(Place::Kept { document, first }) if document == first)
                })
                .filter_map(|number| batch.entries.get(*number as usize))
                .collect();
            proven::foresee(&self.connection, &mut index, &batch.conversations)?;
            let mut reader = Reader::new(self.location.open(false)?, Arc::new(index.clone()))?;
            let predicted =
                joins::predict(&mut reader, &kept, &batch.arena, (self.import, family))?;
            let fewer = predicted.values().sum::<u64>().min(counts.added);
            counts.added -= fewer;
            counts.known += fewer;
            for (import, count) in predicted {
                *self.known_from.entry(import).or_default() += count;
            }
            for problem in &batch.problems {
                match problem.kind {
                    ProblemKind::RejectedRow => counts.rejected += 1,
                    ProblemKind::Damage | ProblemKind::Note => counts.problems += 1,
                }
            }
            counts.accounts += batch.accounts.len() as u64;
            counts.conversations += batch.conversations.len() as u64;
            counts.blobs += batch.attachments_found;
            counts.blobs_missing += batch.attachments_missing;
            counts.blob_bytes += batch.blob_bytes;
            self.counts = counts;
            // New accounts and conversations have numbers that only this run knows; later batches use them.
            self.index = index;
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_numbers(&transaction, &batch, &self.index)?;
        write_people(&transaction, &batch, self.import)?;
        counts.accounts += batch.accounts.len() as u64;
        counts.conversations += batch.conversations.len() as u64;
        counts.blobs += batch.attachments_found;
        counts.blobs_missing += batch.attachments_missing;
        counts.blob_bytes += batch.blob_bytes;
        for blob in &batch.blobs {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO blob(name, size, data) VALUES(?1, ?2, ?3)")?
                .execute(params![blob.name.as_slice(), blob.bytes.len(), blob.bytes])?;
        }
        for problem in &batch.problems {
            match problem.kind {
                ProblemKind::RejectedRow => counts.rejected += 1,
                ProblemKind::Damage | ProblemKind::Note => counts.problems += 1,
            }
            write_problem(&transaction, self.import, self.next_problem, problem)?;
            self.next_problem += 1;
        }
        let mut run = None;
        let mut chunks = ChunkWriter {
            transaction: &transaction,
            next: self.next_chunk,
        };
        let kept: Vec<u32> = order
            .iter()
            .copied()
            .filter(|entry| places.get(*entry as usize) != Some(&Place::Dropped))
            .collect();
        if !kept.is_empty() {
            let made = write_run(
                &mut chunks,
                &mut self.packer,
                &index,
                &mut batch,
                &kept,
                &places,
                (self.import, family),
            )?;
            if let Some(source) = &read_by {
                transaction.execute(
                    "INSERT INTO carried_run(run, source) VALUES(?1, ?2)",
                    params![made.number, &**source],
                )?;
            }
            transaction.execute(
                "INSERT INTO run(number, import, first_document, count, directory) VALUES(?1, ?2, ?3, ?4, ?5)",
                params![made.number, self.import, made.first_document, made.count, made.directory.to_bytes()?],
            )?;
            for span in &made.directory.spans {
                if let Some(stretch) = joins::to_be_compared(&index, &made, span, read_by.is_some())
                {
                    joins::note(
                        &transaction,
                        index.shown_in(span.conversation),
                        stretch,
                        // Carried copies come in one import, whichever and how many imports they came in before.
                        read_by.is_some(),
                    )?;
                }
            }
            run = Some(made);
        }
        let next_chunk = chunks.next;
        for entry in &kept {
            if let (Some(Place::Kept { document, first }), Some(entry)) = (
                places.get(*entry as usize),
                batch.entries.get(*entry as usize),
            ) && document != first
            {
                transaction
                    .prepare_cached("INSERT INTO sighting(document, first_document, conversation) VALUES(?1, ?2, ?3)")?
                    .execute(params![document, first, entry.conversation])?;
            }
        }
        transaction.commit()?;
        self.next_chunk = next_chunk;
        index.runs.extend(run.map(Arc::new));
        self.index = index;
        self.counts = counts;
        Ok(())
    }

    /// Decides for each entry whether it is known, a further sighting, or new. Documents are given in reading order.
    fn place(
        &mut self,
        entries: &[Entry],
        order: &[u32],
        counts: &mut Counts,
    ) -> Result<Vec<Place>, ArchiveError> {
        let mut places = vec![Place::Dropped; entries.len()];
        let mut next = self.index.next_document();
        // Records of this batch by id, in the order in which they were kept.
        let mut pending: FxHashMap<MessageId, u32> = FxHashMap::default();
        pending.reserve(entries.len());
        let mut repeated: FxHashMap<MessageId, Vec<u32>> = FxHashMap::default();
        for cluster in (Clusters {
            entries,
            rest: order,
        }) {
            let known = self.known(entries, cluster)?;
            for entry_number in cluster {
                let Some(entry) = entries.get(*entry_number as usize) else {
                    continue;
                };
                let id = entry.head.id;
                let stored = known.get(&id).map(Vec::as_slice).unwrap_or_default();
                let same = |other: &u32| {
                    entries
                        .get(*other as usize)
                        .is_some_and(|other| other.head.digest == entry.head.digest)
                };
                let earlier = pending.get(&id).copied();
                if stored
                    .iter()
                    .any(|(_, digest)| *digest == entry.head.digest)
                    || earlier.as_ref().is_some_and(same)
                    || repeated
                        .get(&id)
                        .is_some_and(|others| others.iter().any(same))
                {
                    counts.known += 1;
                    count_from(&mut self.known_from, &self.index, self.import, stored);
                    continue;
                }
                let first = match (
                    stored.first(),
                    earlier.and_then(|earlier| places.get(earlier as usize)),
                ) {
                    (Some((document, _)), _) => first_sighting(&self.connection, *document)?,
                    (None, Some(Place::Kept { first, .. })) => *first,
                    _ => next,
                };
                if first == next {
                    counts.added += 1;
                } else {
                    counts.known += 1;
                    counts.sightings += 1;
                    count_from(&mut self.known_from, &self.index, self.import, stored);
                }
                if let Some(place) = places.get_mut(*entry_number as usize) {
                    *place = Place::Kept {
                        document: next,
                        first,
                    };
                }
                next = next.checked_add(1).ok_or(ArchiveError::TooLarge)?;
                if earlier.is_some() {
                    repeated.entry(id).or_default().push(*entry_number);
                } else {
                    pending.insert(id, *entry_number);
                }
            }
        }
        Ok(places)
    }

    /// What the archive knows already of these entries of one conversation and time.
    fn known(&mut self, entries: &[Entry], cluster: &[u32]) -> Result<Known, ArchiveError> {
        let mut known = Known::default();
        let entry = |number: Option<&u32>| number.and_then(|number| entries.get(*number as usize));
        let (Some(first), Some(last)) = (entry(cluster.first()), entry(cluster.last())) else {
            return Ok(known);
        };
        // A message of a linked conversation may come again under the one in which it is shown.
        let linked = self.index.linked(first.conversation);
        let runs: Vec<Arc<Run>> = self
            .index
            .runs
            .iter()
            .filter(|run| linked.iter().any(|number| run.span(*number).is_some()))
            .cloned()
            .collect();
        if runs.is_empty() {
            return Ok(known);
        }
        let window = first.head.sent_at.saturating_sub(TIME_SLACK_MS)
            ..=last.head.sent_at.saturating_add(TIME_SLACK_MS);
        for run in &runs {
            for conversation in &linked {
                self.lookup.heads_in_window(
                    &self.connection,
                    run,
                    *conversation,
                    &window,
                    &mut |document, head: &Head| {
                        known
                            .entry(head.id)
                            .or_default()
                            .push((document, head.digest));
                    },
                )?;
            }
        }
        // A copy that states another time for the same message is rare; the filters make asking for it cheap.
        for number in cluster {
            let Some(entry) = entries.get(*number as usize) else {
                continue;
            };
            if known.contains_key(&entry.head.id) {
                continue;
            }
            let mut found = Vec::new();
            for run in &runs {
                for id in self.lookup.find(&self.connection, run, entry.head.id)? {
                    if !id.is_key {
                        let document = run.first_document + id.record;
                        found.push((
                            document,
                            self.lookup.head(&self.connection, run, id.record)?.digest,
                        ));
                    }
                }
            }
            if !found.is_empty() {
                known.insert(entry.head.id, found);
            }
        }
        Ok(known)
    }

    /// The connection with the index, for what is linked and joined when all batches are written.
    pub(crate) const fn connection_and_index(&mut self) -> (&mut Connection, &mut Index) {
        (&mut self.connection, &mut self.index)
    }

    /// Counts messages that turned out to be known.
    pub(crate) fn count_joined(&mut self, joined: &Joined) {
        let fewer = u64::try_from(joined.fewer)
            .unwrap_or(0)
            .min(self.counts.added);
        self.counts.added -= fewer;
        self.counts.known += fewer;
        self.counts.sightings += fewer;
        for (import, count) in &joined.from {
            *self.known_from.entry(*import).or_default() += count;
        }
    }

    /// The connection, for what is written beside batches.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Counts a known message for the import that brought it.
fn count_from(
    known_from: &mut FxHashMap<i64, u64>,
    index: &Index,
    import: i64,
    stored: &[(Document, [u8; 32])],
) {
    let first = stored
        .iter()
        .filter_map(|(document, _)| index.run_of(*document))
        .map(|run| run.import)
        .filter(|earlier| *earlier != import)
        .min();
    if let Some(earlier) = first {
        *known_from.entry(earlier).or_default() += 1;
    }
}

/// Entries in the order of a run: conversation, time, order, id, digest.
fn reading_order(entries: &[Entry]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(entries.len()).unwrap_or(u32::MAX)).collect();
    let key = |number: &u32| {
        entries.get(*number as usize).map(|entry| {
            (
                entry.conversation,
                entry.head.sent_at,
                entry.head.order,
                entry.head.id,
                entry.head.digest,
            )
        })
    };
    if !order.is_sorted_by(|one, other| key(one) <= key(other)) {
        order.sort_by_key(key);
    }
    order
}

/// Splits sorted entries into stretches of one conversation without a long gap.
struct Clusters<'a> {
    entries: &'a [Entry],
    rest: &'a [u32],
}

impl<'a> Iterator for Clusters<'a> {
    type Item = &'a [u32];

    fn next(&mut self) -> Option<&'a [u32]> {
        let entry = |number: &u32| self.entries.get(*number as usize);
        let mut before = entry(self.rest.first()?)?;
        let mut length = 1;
        for next in self.rest.iter().skip(1).take(CLUSTER - 1).map_while(entry) {
            if next.conversation != before.conversation
                || next.head.sent_at.saturating_sub(before.head.sent_at) > CLUSTER_GAP_MS
            {
                break;
            }
            before = next;
            length += 1;
        }
        let (cluster, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(cluster)
    }
}

/// The first sighting of the message that this document shows.
pub(crate) fn first_sighting(
    connection: &Connection,
    document: Document,
) -> Result<Document, ArchiveError> {
    Ok(connection
        .prepare_cached("SELECT first_document FROM sighting WHERE document = ?1")?
        .query_row([document], |row| row.get(0))
        .optional()?
        .unwrap_or(document))
}
