//! Messages that match by what was said of them later: no posting list knows of it.

use std::sync::Arc;

use hutong_model::{Change, Message, MessageId};
use hutong_search::fold;
use rustc_hash::FxHashSet;

use crate::ArchiveError;
use crate::reader::Reader;
use crate::select::Selection;
use crate::words::write_words;

impl Reader {
    /// Messages that match only by what was said of them later, in no order.
    pub(super) fn changed_later(
        &mut self,
        selection: &Selection,
    ) -> Result<Vec<Message>, ArchiveError> {
        let mut ids: FxHashSet<MessageId> = FxHashSet::default();
        if selection.wants_recalled() {
            let mut statement = self
                .connection
                .prepare_cached("SELECT DISTINCT message FROM message_change")?;
            for id in statement.query_map([], |row| row.get(0))? {
                ids.insert(MessageId(id?));
            }
        }
        if !selection.query().terms.is_empty() {
            for (id, folded) in self.reworded()?.iter() {
                if selection
                    .query()
                    .wanted_words()
                    .iter()
                    .any(|word| folded.contains(word))
                {
                    ids.insert(*id);
                }
            }
        }
        let mut found = Vec::new();
        for id in ids {
            if let Some(document) = self.document(None, id, false)? {
                let mut message = self.merged(document)?;
                if selection.asks_for_replies() {
                    self.resolve_reply(&mut message)?;
                }
                if selection.matches(&message) {
                    found.push(message);
                }
            }
        }
        Ok(found)
    }

    fn reworded(&mut self) -> Result<Arc<Vec<(MessageId, String)>>, ArchiveError> {
        if let Some(known) = &self.reworded {
            return Ok(known.clone());
        }
        let mut reworded = Vec::new();
        {
            let mut statement = self
                .connection
                .prepare("SELECT message, record FROM message_change ORDER BY message, digest")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let change: Result<Change, _> = rmp_serde::from_slice(bytes);
                if let Ok(Change::Revision(revision)) = change.as_ref().map(Change::known) {
                    let mut words = String::new();
                    write_words(&revision.parts, &mut words);
                    reworded.push((MessageId(row.get(0)?), fold(&words)));
                }
            }
        }
        let reworded = Arc::new(reworded);
        self.reworded = Some(reworded.clone());
        Ok(reworded)
    }
}
