//! Ids of rows that have none from the server.

use hutong_model::{ConversationId, MessageId, Timestamp};
use rustc_hash::FxHashMap;

/// Rows that are remembered so that equal ones are counted; twice as many at most.
const GENERATION: usize = 500_000;

/// Counts equal rows, over the last half to whole million of rows without an id.
#[derive(Debug)]
pub(crate) struct Occurrences {
    kind: &'static str,
    young: FxHashMap<u64, u32>,
    old: FxHashMap<u64, u32>,
}

impl Occurrences {
    /// Ids of a kind that one client has for itself, because others write the texts of such rows in their own way.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            young: FxHashMap::default(),
            old: FxHashMap::default(),
        }
    }

    /// The id of a row without a server id: what it says, when to the millisecond, and the number of its occurrence.
    pub(crate) fn next(
        &mut self,
        conversation: ConversationId,
        sent_at: Timestamp,
        base: u32,
        content: &[u8],
    ) -> MessageId {
        let digest = blake3::hash(content);
        let id = |occurrence: u32| {
            MessageId::new(
                conversation,
                self.kind,
                &[
                    &sent_at.0.to_le_bytes(),
                    &base.to_le_bytes(),
                    digest.as_bytes(),
                    &occurrence.to_le_bytes(),
                ],
            )
        };
        let first = id(0);
        let key = u64::from_le_bytes(*first.0.first_chunk().unwrap_or(&[0; 8]));
        let count = self
            .young
            .get(&key)
            .or_else(|| self.old.get(&key))
            .copied()
            .unwrap_or(0);
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, count + 1);
        if count == 0 { first } else { id(count) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::Platform;

    #[test]
    fn equal_rows_stay_apart_and_no_other_client_has_such_ids() {
        let chat = ConversationId::group(&Platform::WeChat, "1@chatroom");
        let mut ids = Occurrences::new("wechat_android");
        let mut next = |text: &str| ids.next(chat, Timestamp(5), 10_000, text.as_bytes());
        let (one, other, third) = (next("a"), next("a"), next("b"));
        assert!(one != other && other != third && one != third);
        assert_ne!(one.space(), MessageId::new(chat, "row", &[]).space());
        assert_ne!(
            one.space(),
            MessageId::new(chat, "wechat_backup", &[]).space()
        );
    }
}
