//! Answers: which message a reply key names.

use hutong_model::{Message, MessageId};
use rustc_hash::FxHashMap;

use super::Reader;
use crate::ArchiveError;
use crate::run::id_prefix;

/// Ids of one conversation that are remembered while it is read, for the targets of replies: some 100 MB.
const REMEMBERED_IDS: usize = 4_000_000;

impl Reader {
    /// Leaves in `reply_to` the one message that is answered, or nothing.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn resolve_reply(&mut self, message: &mut Message) -> Result<(), ArchiveError> {
        if message.reply_to.is_empty() {
            return Ok(());
        }
        Targets::default().resolve(self, message)
    }

    /// The message that a reply key names, seen from an answer with this time and order.
    ///
    /// Where several bear the key, one before the answer is meant.
    fn target(
        &mut self,
        conversation: Option<u32>,
        key: MessageId,
        answer: (i64, i64),
    ) -> Result<Option<MessageId>, ArchiveError> {
        let bearers = self.bearers(conversation, key)?;
        if let [(document, _)] = bearers.as_slice() {
            return Ok(Some(self.message_id_of(*document)?));
        }
        let mut best: Option<(bool, bool, MessageId)> = None;
        for (document, _) in bearers {
            let id = self.message_id_of(document)?;
            let is_later = self.place_of(document)?.is_none_or(|step| {
                let cursor = step.cursor;
                (cursor.sent_at_ms, cursor.order) > answer
            });
            let candidate = (is_later, id != key, id);
            if best.is_none_or(|best| candidate < best) {
                best = Some(candidate);
            }
        }
        Ok(best.map(|(_, _, id)| id))
    }
}

/// Ids seen while a conversation is read, so that the targets of replies are found without the disk.
#[derive(Default)]
pub(super) struct Targets {
    /// By the first eight bytes of an id or lookup key.
    seen: FxHashMap<u64, MessageId>,
}

impl Targets {
    /// Remembers an id only. Of a page not all that bear a lookup key are known, so that keys are looked up.
    pub(super) fn remember_id(&mut self, message: &Message) {
        self.seen.insert(id_prefix(message.id), message.id);
    }

    pub(super) fn remember(&mut self, message: &Message) {
        if self.seen.len() >= REMEMBERED_IDS {
            return;
        }
        self.seen.insert(id_prefix(message.id), message.id);
        for key in &message.lookup_keys {
            let slot = self.seen.entry(id_prefix(*key)).or_insert(message.id);
            *slot = (*slot).min(message.id);
        }
    }

    pub(super) fn resolve(
        &self,
        reader: &mut Reader,
        message: &mut Message,
    ) -> Result<(), ArchiveError> {
        let conversation = reader
            .index
            .conversation_numbers
            .get(&message.conversation)
            .copied();
        for key in std::mem::take(&mut message.reply_to) {
            let target = match self.seen.get(&id_prefix(key)) {
                Some(target) => Some(*target),
                None => {
                    let answer = (message.sent_at.0, message.order);
                    reader.target(conversation, key, answer)?
                }
            };
            if let Some(target) = target.filter(|target| *target != message.id) {
                message.reply_to.push(target);
                break;
            }
        }
        Ok(())
    }
}
