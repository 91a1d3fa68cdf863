//! One minute of a conversation: everything the archive holds of it, and what belongs to it from other minutes.
//!
//! Clocks differ: two copies of what a server numbered may state different minutes. They are one message, so each of them
//! is looked at in both, together with what was joined with it in its own minute; but what is compared by its words
//! is compared in its own minute only.

use std::collections::BTreeSet;

use hutong_model::{Message, MessageId};
use rusqlite::{Connection, params};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Joined, MINUTE_MS, Together};
use crate::ArchiveError;
use crate::alike::{Sighting, groups};
use crate::commit::first_sighting;
use crate::reader::Reader;
use crate::run::Document;

/// The sightings of a minute.
pub(super) struct Minute<'a> {
    together: &'a Together,
    sightings: Vec<Sighting>,
    /// What the table of sightings says of each of them: the sorted documents of its message.
    stored: Vec<Vec<Document>>,
}

impl<'a> Minute<'a> {
    /// Reads these documents, each with its family, and finds what belongs to them elsewhere.
    pub(super) fn read(
        connection: &Connection,
        reader: &mut Reader,
        together: &'a Together,
        documents: &[(Document, u8)],
    ) -> Result<Self, ArchiveError> {
        let mut minute = Self {
            together,
            sightings: Vec::with_capacity(documents.len()),
            stored: Vec::with_capacity(documents.len()),
        };
        let here: FxHashSet<Document> = documents.iter().map(|(document, _)| *document).collect();
        // Documents of other minutes that may belong to an id.
        let mut elsewhere: FxHashMap<MessageId, BTreeSet<Document>> = FxHashMap::default();
        for (document, family) in documents {
            let (message, _) = reader.sighting(*document)?;
            let sighting = together.sighting(*document, *family, &message);
            let stored = stored_group(connection, *document)?;
            let mut others: Vec<Document> = stored.clone();
            for twin in minute.twins(reader, &message)? {
                if !here.contains(&twin) {
                    others.extend(stored_group(connection, twin)?);
                }
            }
            others.retain(|other| !here.contains(other));
            if !others.is_empty() {
                elsewhere.entry(sighting.id).or_default().extend(others);
            }
            minute.stored.push(stored);
            minute.sightings.push(sighting);
        }
        if !elsewhere.is_empty() {
            minute.invite(connection, reader, elsewhere)?;
        }
        Ok(minute)
    }

    /// Documents that bear the id of this message under another conversation.
    fn twins(&self, reader: &mut Reader, message: &Message) -> Result<Vec<Document>, ArchiveError> {
        let mut twins = Vec::new();
        for conversation in &self.together.ids {
            if *conversation == message.conversation {
                continue;
            }
            let Some(id) = message.id_in(*conversation) else {
                break;
            };
            twins.extend(reader.documents_of(&self.together.numbers, id)?);
        }
        Ok(twins)
    }

    /// Adds to each id what of these documents belongs to it: what bears it, and what was joined with that in its own
    /// minute.
    fn invite(
        &mut self,
        connection: &Connection,
        reader: &mut Reader,
        elsewhere: FxHashMap<MessageId, BTreeSet<Document>>,
    ) -> Result<(), ArchiveError> {
        let mut elsewhere: Vec<(MessageId, BTreeSet<Document>)> = elsewhere.into_iter().collect();
        elsewhere.sort_unstable();
        let mut taken: FxHashSet<Document> = FxHashSet::default();
        for (id, documents) in elsewhere {
            let mut waiting: Vec<(i64, Sighting)> = Vec::new();
            for document in documents {
                let number = reader.conversation_of(document)?;
                // What was taken apart from this conversation belongs to it no more.
                if taken.contains(&document) || !self.together.numbers.contains(&number) {
                    continue;
                }
                let (message, _) = reader.sighting(document)?;
                let family = reader.run_of(document)?.family;
                let sighting = self.together.sighting(document, family, &message);
                waiting.push((message.sent_at.0.div_euclid(MINUTE_MS), sighting));
            }
            let mut ids: FxHashSet<MessageId> = FxHashSet::from_iter([id]);
            let mut minutes: FxHashSet<i64> = FxHashSet::default();
            while let Some(at) = waiting.iter().position(|(minute, sighting)| {
                ids.contains(&sighting.id) || minutes.contains(minute)
            }) {
                let (minute, sighting) = waiting.swap_remove(at);
                ids.insert(sighting.id);
                minutes.insert(minute);
                let document = sighting.document;
                taken.insert(document);
                self.stored.push(stored_group(connection, document)?);
                self.sightings.push(sighting.elsewhere(id));
            }
        }
        Ok(())
    }

    /// Makes the table of sightings say which of them are one message.
    pub(super) fn join(
        &self,
        connection: &Connection,
        reader: &mut Reader,
        import: i64,
        joined: &mut Joined,
    ) -> Result<(), ArchiveError> {
        let mut firsts_before: BTreeSet<Document> = BTreeSet::new();
        let mut firsts_after: BTreeSet<Document> = BTreeSet::new();
        let mut wanted: Vec<Vec<Document>> = Vec::new();
        let mut is_changed = false;
        for group in groups(&self.sightings) {
            let members = group.iter().filter_map(|index| self.sightings.get(*index));
            let mut documents: Vec<Document> = members.map(|member| member.document).collect();
            documents.sort_unstable();
            for stored in group.iter().filter_map(|index| self.stored.get(*index)) {
                firsts_before.extend(stored.first());
                is_changed |= *stored != documents;
            }
            firsts_after.extend(documents.first());
            wanted.push(documents);
        }
        if !is_changed {
            return Ok(());
        }
        joined.fewer += firsts_before.len() as i64 - firsts_after.len() as i64;
        for documents in wanted {
            write_group(connection, reader, documents, import, joined)?;
        }
        Ok(())
    }
}

/// Writes that these documents are sightings of one message, and no others.
fn write_group(
    connection: &Connection,
    reader: &mut Reader,
    documents: Vec<Document>,
    import: i64,
    joined: &mut Joined,
) -> Result<(), ArchiveError> {
    let Some(first) = documents.first().copied() else {
        return Ok(());
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
    Ok(())
}

/// All documents that the table says are sightings of this one's message, sorted.
fn stored_group(
    connection: &Connection,
    document: Document,
) -> Result<Vec<Document>, ArchiveError> {
    let first = first_sighting(connection, document)?;
    let mut all = vec![first];
    let mut statement =
        connection.prepare_cached("SELECT document FROM sighting WHERE first_document = ?1")?;
    for document in statement.query_map([first], |row| row.get(0))? {
        all.push(document?);
    }
    all.sort_unstable();
    Ok(all)
}
