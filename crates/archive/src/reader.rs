//! The reading side: one conversation in order, one record by its number, targets of replies.

mod caches;
mod cursor;
mod density;
mod merging;
mod page;
mod replies;
mod sightings;
mod walk;

use std::sync::Arc;

use hutong_model::hcx::MessageCopy;
use hutong_model::{ConversationId, Message, MessageChange, MessageId};
use rusqlite::Connection;
use rustc_hash::FxHashMap;

pub(crate) use self::caches::Caches;
pub use self::cursor::{Cursor, CursorError};
use self::merging::Merge;
pub use self::page::{PAGE_LIMIT, Page, Place};
use self::replies::Targets;
pub use self::sightings::Sighting;
use crate::ArchiveError;
use crate::cache::SharedCache;
use crate::codec::{Bodies, Body, Head, read_body};
use crate::commit::first_sighting;
use crate::lookup::{Lookup, block_of};
use crate::merge;
use crate::run::{Document, Run, TimeEntry};
use crate::store::{Index, chunk};
use crate::unpack::Unpackers;

/// Conversations whose changes are kept at hand.
const CACHED_CHANGES: usize = 96;

/// Reads an archive. Each thread has its own.
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) index: Arc<Index>,
    lookup: Lookup,
    blocks: Arc<SharedCache<Bodies>>,
    /// Posting and time chunks.
    pub(crate) chunks: Arc<SharedCache<Vec<u8>>>,
    /// Changes of the conversations that were read last.
    changes: FxHashMap<u32, Arc<Changes>>,
    /// The source of each run that was asked for.
    sources: FxHashMap<i64, Arc<str>>,
    /// Whether any message has more than one sighting.
    pub(crate) has_sightings: bool,
    /// Threads that unpack blocks ahead, when asked for.
    unpackers: Option<Unpackers>,
    /// Messages with another wording that stands in no posting list, with its folded words.
    pub(crate) reworded: Option<Arc<Vec<(MessageId, String)>>>,
}

type Changes = FxHashMap<MessageId, Vec<MessageChange>>;

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// Which messages of a conversation to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindow {
    /// Not before, milliseconds since 1970.
    pub since_ms: i64,
    /// Before.
    pub before_ms: i64,
}

impl Default for TimeWindow {
    fn default() -> Self {
        Self {
            since_ms: i64::MIN,
            before_ms: i64::MAX,
        }
    }
}

impl TimeWindow {
    /// Whether an instant lies in it.
    #[must_use]
    pub const fn contains(&self, at_ms: i64) -> bool {
        at_ms >= self.since_ms && at_ms < self.before_ms
    }
}

impl Reader {
    pub(crate) fn new(connection: Connection, index: Arc<Index>) -> Result<Self, ArchiveError> {
        Self::with_caches(connection, index, Caches::alone())
    }

    /// A reader that keeps what it has read in these caches.
    pub(crate) fn with_caches(
        connection: Connection,
        index: Arc<Index>,
        caches: Caches,
    ) -> Result<Self, ArchiveError> {
        if let Some(bytes) = caches.page_bytes {
            let kibibytes = i64::try_from(bytes / 1024).unwrap_or(i64::MAX);
            connection.pragma_update(None, "cache_size", -kibibytes)?;
        }
        Ok(Self {
            has_sightings: has_sightings(&connection)?,
            connection,
            index,
            lookup: Lookup::with_cache(caches.lookups),
            blocks: caches.blocks,
            chunks: caches.postings,
            changes: FxHashMap::default(),
            sources: FxHashMap::default(),
            reworded: None,
            unpackers: None,
        })
    }

    /// Sees another state of the archive from now on. What is kept of chunks stays good: none ever changes.
    pub(crate) fn turn_to(&mut self, index: Arc<Index>) -> Result<(), ArchiveError> {
        if !Arc::ptr_eq(&self.index, &index) {
            self.has_sightings = has_sightings(&self.connection)?;
            self.changes.clear();
            self.reworded = None;
            self.index = index;
        }
        Ok(())
    }

    /// Reads one state of the database until [`Self::release_state`], whatever is written meanwhile.
    pub(crate) fn hold_state(&self) -> Result<(), ArchiveError> {
        Ok(self.connection.execute_batch("BEGIN")?)
    }

    /// Ends what [`Self::hold_state`] began.
    pub(crate) fn release_state(&self) -> Result<(), ArchiveError> {
        Ok(self.connection.execute_batch("ROLLBACK")?)
    }

    /// Unpacks on other threads what comes next when whole conversations are read.
    #[must_use]
    pub fn with_threads(mut self) -> Self {
        self.unpackers = Unpackers::start(&self.index);
        self
    }

    fn bodies(&mut self, run: &Run, block: u32) -> Result<Arc<Bodies>, ArchiveError> {
        let (_, number) = run.block_chunks(block);
        self.blocks.get_or(number, || {
            let bodies = Bodies::unpack(&chunk(&self.connection, number)?)?;
            let bytes = bodies.size_bytes();
            Ok((bodies, bytes))
        })
    }

    /// Heads of a conversation in a run that lie in a window of time.
    pub(crate) fn heads_in_window(
        &mut self,
        run: &Run,
        conversation: u32,
        window: &std::ops::RangeInclusive<i64>,
        give: &mut dyn FnMut(Document, &Head),
    ) -> Result<(), ArchiveError> {
        self.lookup
            .heads_in_window(&self.connection, run, conversation, window, give)
    }

    /// When a conversation's first message in a run after an instant was sent.
    pub(crate) fn first_after(
        &mut self,
        run: &Run,
        conversation: u32,
        after: i64,
    ) -> Result<Option<i64>, ArchiveError> {
        let Some(span) = run.span(conversation).copied() else {
            return Ok(None);
        };
        let record = self.lookup.first_at_or_after(
            &self.connection,
            run,
            span.first,
            span.count,
            after.saturating_add(1),
        )?;
        if record >= span.first + span.count {
            return Ok(None);
        }
        Ok(Some(
            self.lookup.head(&self.connection, run, record)?.sent_at,
        ))
    }

    /// Oldest and newest instant of a conversation and those linked with it.
    pub(crate) fn span_of(&self, conversation: ConversationId) -> Option<(i64, i64)> {
        let number = *self.index.conversation_numbers.get(&conversation)?;
        let linked = self.index.linked(number);
        let spans = self
            .index
            .runs
            .iter()
            .flat_map(|run| linked.iter().filter_map(move |number| run.span(*number)));
        spans.fold(None, |known, span| match known {
            None => Some((span.min_time, span.max_time)),
            Some((first, last)) => Some((first.min(span.min_time), last.max(span.max_time))),
        })
    }

    /// The id that a document bears itself.
    pub(crate) fn id_of(&mut self, document: Document) -> Result<MessageId, ArchiveError> {
        let run = self.run_of(document)?;
        Ok(self
            .lookup
            .head(&self.connection, &run, document - run.first_document)?
            .id)
    }

    /// The id of the message that a document shows: the strongest of its sightings' ids.
    pub(crate) fn message_id_of(&mut self, document: Document) -> Result<MessageId, ArchiveError> {
        let mut best = None;
        for document in self.sightings_of(document)? {
            let id = self.id_of(document)?;
            let strength = self.strength(document, id)?;
            best = Some(best.map_or(strength, |best| strength.min(best)));
        }
        best.map(|(.., id)| id)
            .ok_or_else(|| ArchiveError::damaged("a message without sightings".to_owned()))
    }

    /// How strong the id of a document is.
    pub(crate) fn strength(
        &self,
        document: Document,
        id: MessageId,
    ) -> Result<merge::Strength, ArchiveError> {
        let conversation = self.conversation_of(document)?;
        let is_linked = self.index.links.contains_key(&conversation);
        Ok(merge::strength(id, is_linked))
    }

    /// Documents of these conversations that bear an id themselves.
    pub(crate) fn documents_of(
        &mut self,
        conversations: &[u32],
        id: MessageId,
    ) -> Result<Vec<Document>, ArchiveError> {
        let index = self.index.clone();
        let mut documents = Vec::new();
        for run in &index.runs {
            if conversations
                .iter()
                .all(|number| run.span(*number).is_none())
            {
                continue;
            }
            let entries = self.lookup.find(&self.connection, run, id)?;
            let own = entries.iter().filter(|entry| !entry.is_key);
            documents.extend(own.map(|entry| run.first_document + entry.record));
        }
        Ok(documents)
    }

    /// The entry of a document in the time index of its run.
    pub(crate) fn time_entry_of(
        &mut self,
        run: &Run,
        document: Document,
    ) -> Result<TimeEntry, ArchiveError> {
        let record = document - run.first_document;
        let sent_at = self.lookup.head(&self.connection, run, record)?.sent_at;
        Ok(TimeEntry { sent_at, record })
    }

    /// Number of the conversation in which a document was read.
    pub(crate) fn conversation_of(&self, document: Document) -> Result<u32, ArchiveError> {
        let run = self.run_of(document)?;
        let record = document - run.first_document;
        let spans = &run.directory.spans;
        spans
            .get(spans.partition_point(|span| span.first + span.count <= record))
            .map(|span| span.conversation)
            .ok_or_else(|| {
                ArchiveError::damaged(format!("record {document} is in no conversation"))
            })
    }

    pub(crate) fn run_of(&self, document: Document) -> Result<Arc<Run>, ArchiveError> {
        self.index
            .run_of(document)
            .cloned()
            .ok_or_else(|| ArchiveError::damaged(format!("record {document} is in no run")))
    }

    /// One sighting, as it was read, with the digest of its record.
    pub(crate) fn sighting(
        &mut self,
        document: Document,
    ) -> Result<(Message, [u8; 32]), ArchiveError> {
        let body = self.body(document)?;
        self.with_head(document, body)
    }

    /// The body of a document; enough to look at its words.
    pub(crate) fn body(&mut self, document: Document) -> Result<Body, ArchiveError> {
        let run = self.run_of(document)?;
        let (block, within) = block_of(document - run.first_document);
        let bodies = self.bodies(&run, block)?;
        let short =
            || ArchiveError::damaged("a block is shorter than its directory says".to_owned());
        read_body(bodies.get(within).ok_or_else(short)?)
    }

    /// A sighting out of its body.
    pub(crate) fn with_head(
        &mut self,
        document: Document,
        body: Body,
    ) -> Result<(Message, [u8; 32]), ArchiveError> {
        let run = self.run_of(document)?;
        let record = document - run.first_document;
        let head = self.lookup.head(&self.connection, &run, record)?;
        Ok((body.into_message(&head, &*self.index)?, head.digest))
    }

    /// The documents of all sightings of the message that this document belongs to, the first one first.
    ///
    /// What was written after this reader's view of the archive was taken is not among them.
    pub(crate) fn sightings_of(&self, document: Document) -> Result<Vec<Document>, ArchiveError> {
        if !self.has_sightings {
            return Ok(vec![document]);
        }
        let first = first_sighting(&self.connection, document)?;
        let end = self.index.next_document();
        let mut all = Vec::new();
        all.extend((first < end).then_some(first));
        let mut statement = self.connection.prepare_cached(
            "SELECT document FROM sighting WHERE first_document = ?1 AND document < ?2 ORDER BY document",
        )?;
        for document in statement.query_map([first, end], |row| row.get(0))? {
            all.push(document?);
        }
        Ok(all)
    }

    /// The merged message that this document belongs to, with later changes applied. Its reply keys are not resolved.
    pub(crate) fn merged(&mut self, document: Document) -> Result<Message, ArchiveError> {
        let sighting = self.sighting(document)?;
        self.merged_with(document, sighting)
    }

    /// As [`Self::merged`], with the document's own sighting at hand.
    pub(crate) fn merged_with(
        &mut self,
        document: Document,
        sighting: (Message, [u8; 32]),
    ) -> Result<Message, ArchiveError> {
        let sightings = self.sightings_of(document)?;
        if sightings.len() == 1 {
            let mut message = sighting.0;
            self.apply_changes(&mut message)?;
            message.conversation = self.index.shown_in_id(message.conversation);
            return Ok(message);
        }
        let sightings = sightings
            .into_iter()
            .map(|document| self.sighting(document))
            .collect::<Result<Vec<_>, _>>()?;
        let shown_in = |id| self.index.shown_in_id(id);
        let mut message = merge::merge(sightings, &shown_in)
            .ok_or_else(|| ArchiveError::damaged("a message without sightings".to_owned()))?;
        self.apply_changes(&mut message)?;
        message.conversation = self.index.shown_in_id(message.conversation);
        Ok(message)
    }

    /// The message of a document as it is shown in these linked conversations. Its reply keys are not resolved.
    fn shown(&mut self, document: Document, linked: &[u32]) -> Result<Message, ArchiveError> {
        if self.sightings_of(document)?.len() > 1 {
            return self.merged(document);
        }
        let (message, _) = self.sighting(document)?;
        self.shown_alone(message, linked)
    }

    /// A message of which there is one copy, with later changes applied.
    fn shown_alone(
        &mut self,
        mut message: Message,
        linked: &[u32],
    ) -> Result<Message, ArchiveError> {
        for number in linked {
            let changes = self.changes(*number)?;
            if let Some(changes) = changes.get(&message.id) {
                merge::apply(&mut message, changes);
            }
        }
        message.conversation = self.index.shown_in_id(message.conversation);
        Ok(message)
    }

    fn apply_changes(&mut self, message: &mut Message) -> Result<(), ArchiveError> {
        let Some(number) = self
            .index
            .conversation_numbers
            .get(&message.conversation)
            .copied()
        else {
            return Ok(());
        };
        let index = self.index.clone();
        let mut found: Vec<MessageChange> = Vec::new();
        for number in index.linked(number) {
            let changes = self.changes(number)?;
            // What was said of a sighting under its own id was said of the message.
            for id in std::iter::once(&message.id).chain(&message.lookup_keys) {
                found.extend(changes.get(id).into_iter().flatten().cloned());
            }
        }
        if !found.is_empty() {
            merge::apply(message, &found);
        }
        Ok(())
    }

    fn changes(&mut self, conversation: u32) -> Result<Arc<Changes>, ArchiveError> {
        if let Some(changes) = self.changes.get(&conversation) {
            return Ok(changes.clone());
        }
        if self.changes.len() >= CACHED_CHANGES {
            self.changes.clear();
        }
        let mut changes = Changes::default();
        let id = self
            .index
            .conversations
            .get(conversation as usize)
            .copied()
            .unwrap_or_default();
        let mut statement = self
            .connection
            .prepare_cached("SELECT message, record FROM message_change WHERE conversation = ?1 ORDER BY message, digest")?;
        let mut rows = statement.query([conversation])?;
        while let Some(row) = rows.next()? {
            let message = MessageId(row.get(0)?);
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let change = rmp_serde::from_slice(bytes).map_err(|error| {
                ArchiveError::damaged(format!("a change cannot be unpacked: {error}"))
            })?;
            let origin = hutong_model::Origin::new("", "", hutong_model::At::Whole);
            changes.entry(message).or_default().push(MessageChange {
                message,
                conversation: id,
                change,
                origin,
            });
        }
        let changes = Arc::new(changes);
        self.changes.insert(conversation, changes.clone());
        Ok(changes)
    }

    /// The document of a message by its id or, where `keys` allows it, one of its lookup keys.
    pub(crate) fn document(
        &mut self,
        conversation: Option<u32>,
        id: MessageId,
        keys: bool,
    ) -> Result<Option<Document>, ArchiveError> {
        let mut best: Option<(bool, MessageId, Document)> = None;
        for (document, is_key) in self.bearers(conversation, id)? {
            if is_key && !keys {
                continue;
            }
            // An id is stronger than a key; among several the smaller id stands, in whatever order they came.
            let own = if is_key { self.id_of(document)? } else { id };
            let candidate = (is_key, own, document);
            if best.is_none_or(|best| candidate < best) {
                best = Some(candidate);
            }
        }
        Ok(best.map(|(_, _, document)| document))
    }

    /// Every document with this id or lookup key, in the runs that hold something of a conversation; with each whether it is
    /// only a key of it.
    fn bearers(
        &mut self,
        conversation: Option<u32>,
        id: MessageId,
    ) -> Result<Vec<(Document, bool)>, ArchiveError> {
        let mut found = Vec::new();
        let index = self.index.clone();
        let linked = conversation.map(|conversation| index.linked(conversation));
        for run in &index.runs {
            if let Some(linked) = &linked
                && linked.iter().all(|number| run.span(*number).is_none())
            {
                continue;
            }
            for entry in self.lookup.find(&self.connection, run, id)? {
                found.push((run.first_document + entry.record, entry.is_key));
            }
        }
        Ok(found)
    }

    /// Whether its message stands at this document, of all its sightings with this time and order.
    fn is_first_at(
        &mut self,
        document: Document,
        sent_at: i64,
        order: i64,
    ) -> Result<bool, ArchiveError> {
        let heads = self.heads_of(document)?;
        let standing = self.standing_at(&heads, (sent_at, order))?;
        Ok(standing.is_some_and(|(standing, _)| standing == document))
    }

    /// When the newest record of a conversation before an instant was sent, milliseconds since 1970.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn last_before(
        &mut self,
        conversation: ConversationId,
        before_ms: i64,
    ) -> Result<Option<i64>, ArchiveError> {
        let Some(number) = self.index.conversation_numbers.get(&conversation).copied() else {
            return Ok(None);
        };
        let index = self.index.clone();
        let mut newest = None;
        let linked = index.linked(number);
        let spans = index.runs.iter().flat_map(|run| {
            linked
                .iter()
                .filter_map(move |number| Some((run, run.span(*number)?)))
        });
        for (run, span) in spans {
            let end = self.lookup.first_at_or_after(
                &self.connection,
                run,
                span.first,
                span.count,
                before_ms,
            )?;
            if end > span.first {
                let head = self.lookup.head(&self.connection, run, end - 1)?;
                newest = newest.max(Some(head.sent_at));
            }
        }
        Ok(newest)
    }

    /// A message by its id.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn message(&mut self, id: MessageId) -> Result<Option<Message>, ArchiveError> {
        let Some(document) = self.document(None, id, false)? else {
            return Ok(None);
        };
        let mut message = self.merged(document)?;
        self.resolve_reply(&mut message)?;
        Ok(Some(message))
    }

    /// Gives the merged messages of a conversation, oldest first, replies resolved. `give` returns whether to go on.
    ///
    /// # Errors
    /// When the archive cannot be read, or the error of `give`.
    pub fn conversation<E: From<ArchiveError>>(
        &mut self,
        conversation: ConversationId,
        window: TimeWindow,
        give: &mut dyn FnMut(Message) -> Result<bool, E>,
    ) -> Result<(), E> {
        let Some(number) = self.index.conversation_numbers.get(&conversation).copied() else {
            return Ok(());
        };
        let mut order = Merge::start(self, number, window)?;
        let mut targets = Targets::default();
        while let Some(mut message) = order.next(self)? {
            targets.remember(&message);
            if !message.reply_to.is_empty() {
                targets.resolve(self, &mut message)?;
            }
            if !give(message)? {
                break;
            }
        }
        Ok(())
    }

    /// As [`Self::conversation`]; each message comes with the copies that it was made of, as they were read.
    ///
    /// # Errors
    /// As [`Self::conversation`].
    pub fn conversation_with_copies<E: From<ArchiveError>>(
        &mut self,
        conversation: ConversationId,
        window: TimeWindow,
        give: &mut dyn FnMut(Message, Vec<MessageCopy>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let Some(number) = self.index.conversation_numbers.get(&conversation).copied() else {
            return Ok(());
        };
        let mut order = Merge::start(self, number, window)?.with_copies();
        let mut targets = Targets::default();
        while let Some(mut message) = order.next(self)? {
            targets.remember(&message);
            if !message.reply_to.is_empty() {
                targets.resolve(self, &mut message)?;
            }
            if !give(message, order.take_copies())? {
                break;
            }
        }
        Ok(())
    }
}

/// Whether any message has more than one sighting.
fn has_sightings(connection: &Connection) -> Result<bool, ArchiveError> {
    Ok(
        connection.query_row("SELECT EXISTS(SELECT 1 FROM sighting)", [], |row| {
            row.get(0)
        })?,
    )
}
