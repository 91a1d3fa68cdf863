//! Ids that came twice in a file.

use hutong_model::{ConversationId, Part, PartKind, Timestamp, comparable_text};
use rustc_hash::FxHashMap;

/// Server ids that are remembered so that a second row with the same id is compared; twice as many at most.
const REMEMBERED_IDS: usize = 500_000;

/// What tells the author of a message apart among those of its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    Owner,
    Text(&'a str),
}

/// Server ids of a file with a digest of what their message said.
#[derive(Debug, Default)]
pub(super) struct Seen {
    young: FxHashMap<u64, u64>,
    old: FxHashMap<u64, u64>,
}

impl Seen {
    /// Whether this id was met before with another sender, time or content.
    pub(super) fn contradicts(
        &mut self,
        chat: ConversationId,
        server_id: i64,
        mark: Mark<'_>,
        sent_at: Timestamp,
        parts: &[Part],
    ) -> bool {
        use std::hash::{Hash, Hasher};
        let hash = |value: &dyn Fn(&mut rustc_hash::FxHasher)| {
            let mut hasher = rustc_hash::FxHasher::default();
            value(&mut hasher);
            hasher.finish()
        };
        let key = hash(&|hasher| (chat.0, server_id).hash(hasher));
        let content = hash(&|hasher| {
            sent_at.0.div_euclid(1000).hash(hasher);
            match mark {
                Mark::Owner => 1_u8.hash(hasher),
                Mark::Text(text) => text.hash(hasher),
            }
            let kind = parts.first().map_or(PartKind::Text, Part::kind);
            kind.hash(hasher);
            comparable_text(parts).hash(hasher);
        });
        if let Some(known) = self.young.get(&key).or_else(|| self.old.get(&key)) {
            return *known != content;
        }
        if self.young.len() >= REMEMBERED_IDS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, content);
        false
    }
}
