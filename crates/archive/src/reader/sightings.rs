//! Where a message comes from: every copy of it that was read.

use hutong_model::{Message, MessageId};
use rusqlite::OptionalExtension;

use super::Reader;
use crate::ArchiveError;
use crate::merge;

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
