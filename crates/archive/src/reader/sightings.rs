//! Where a message comes from: every copy of it that was read.

use std::sync::Arc;

use hutong_model::hcx::MessageCopy;
use hutong_model::{Message, MessageId};
use rusqlite::OptionalExtension;

use super::Reader;
use crate::ArchiveError;
use crate::merge;
use crate::run::{Document, Run};

/// One copy of a message, as one import read it.
///
/// A copy that is the same to the last field, its origin included, is not kept a second time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// Number of the import that brought it.
    pub import: i64,
    /// Source of that import, such as `wechat4`.
    pub source: String,
    /// What that import read: a path as the user gave it.
    pub input: String,
    /// When that import began, milliseconds since 1970.
    pub imported_at_ms: i64,
    /// The copy: its own id and native ids, its origin (file, table, row), its words. Reply keys are not resolved.
    pub message: Message,
    /// SHA-256 of its record.
    pub digest: [u8; 32],
    /// Whether it says something else than the message that is shown; what is known of attachments does not count.
    pub is_other_wording: bool,
}

impl Reader {
    /// The source that read a run's messages first.
    pub(super) fn source_of(&mut self, run: &Run) -> Result<Arc<str>, ArchiveError> {
        if let Some(known) = self.sources.get(&run.number) {
            return Ok(Arc::clone(known));
        }
        let source: String = self
            .connection
            .prepare_cached(
                "SELECT coalesce(carried_run.source, import.source, '') FROM run
                 LEFT JOIN import ON import.number = run.import
                 LEFT JOIN carried_run ON carried_run.run = run.number WHERE run.number = ?1",
            )?
            .query_row([run.number], |row| row.get(0))?;
        let source: Arc<str> = source.into();
        self.sources.insert(run.number, Arc::clone(&source));
        Ok(source)
    }

    /// Every copy of the message that a document belongs to, in an order that is the same in every archive.
    pub(super) fn copies_of(
        &mut self,
        document: Document,
    ) -> Result<Vec<MessageCopy>, ArchiveError> {
        let mut copies = Vec::new();
        for document in self.sightings_of(document)? {
            let run = self.run_of(document)?;
            let source = self.source_of(&run)?;
            let (message, digest) = self.sighting(document)?;
            copies.push((digest, MessageCopy { source, message }));
        }
        copies.sort_by(|(one, first), (other, second)| {
            (&first.source, one).cmp(&(&second.source, other))
        });
        Ok(copies.into_iter().map(|(_, copy)| copy).collect())
    }

    /// Every copy of a message, by the id of any of them, in the order in which they came. Empty where there is none.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn sightings(&mut self, id: MessageId) -> Result<Vec<Sighting>, ArchiveError> {
        let Some(document) = self.document(None, id, false)? else {
            return Ok(Vec::new());
        };
        let shown = self.merged(document)?;
        let mut documents = self.sightings_of(document)?;
        documents.sort_unstable();
        let mut sightings = Vec::with_capacity(documents.len());
        for document in documents {
            let import = self.run_of(document)?.import;
            let (message, digest) = self.sighting(document)?;
            let report: Option<(String, String, i64)> = self
                .connection
                .prepare_cached("SELECT source, input, started_at FROM import WHERE number = ?1")?
                .query_row([import], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (source, input, imported_at_ms) = report.unwrap_or_default();
            sightings.push(Sighting {
                import,
                source,
                input,
                imported_at_ms,
                is_other_wording: !merge::same_wording(&message.parts, &shown.parts),
                message,
                digest,
            });
        }
        Ok(sightings)
    }
}
