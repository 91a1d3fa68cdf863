//! Answers: which message a reply key names.

use hutong_model::{ConversationId, IdSpace, Message, MessageId, Part};
use rustc_hash::FxHashMap;

use super::Reader;
use crate::ArchiveError;
use crate::run::id_prefix;

/// Ids of one conversation that are remembered while it is read, for the targets of replies: some 100 MB.
const REMEMBERED_IDS: usize = 4_000_000;

impl Reader {
    /// A conversation and those that are shown in it.
    fn linked_ids(&self, conversation: u32) -> Vec<ConversationId> {
        let linked = self.index.linked(self.index.shown_in(conversation));
        let id = |number: &u32| self.index.conversations.get(*number as usize).copied();
        linked.iter().filter_map(id).collect()
    }

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

/// What reply keys are in the other ones of these linked conversations, where the excerpt that stands with an answer
/// states the platform's own id of its target: a key holds its conversation.
fn elsewhere(linked: &[ConversationId], keys: &[MessageId], message: &Message) -> Vec<MessageId> {
    if linked.len() < 2 {
        return Vec::new();
    }
    let stated = message.parts.iter().find_map(|part| match part {
        Part::Quote(quote) => quote.native_id.as_deref(),
        _ => None,
    });
    let Some(stated) = stated else {
        return Vec::new();
    };
    let number = stated.parse::<i64>().ok();
    let number = number.or_else(|| stated.parse::<u64>().ok().map(u64::cast_signed));
    let fields = [
        number.map(|number| number.to_le_bytes().to_vec()),
        Some(stated.into()),
    ];
    for field in fields.into_iter().flatten() {
        for kind in IdSpace::PLATFORM_KINDS {
            let named = |id: &ConversationId| MessageId::new(*id, kind, &[&field]);
            let ids: Vec<MessageId> = linked.iter().map(named).collect();
            if ids.iter().any(|id| keys.contains(id)) {
                return ids;
            }
        }
    }
    Vec::new()
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
        let mut keys = std::mem::take(&mut message.reply_to);
        if let Some(conversation) = conversation {
            let more = elsewhere(&reader.linked_ids(conversation), &keys, message);
            keys.extend(more);
        }
        for key in keys {
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
