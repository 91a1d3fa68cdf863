//! Ids for messages of exports that carry none.

use hutong_model::{ConversationId, MessageId, Part, Precision, Timestamp, comparable_text};
use rustc_hash::FxHashMap;

/// Messages that are remembered so that equal ones are counted; twice as many at most, some 30 MB.
const GENERATION: usize = 1_000_000;

/// Gives each message the id that any other export of the same conversation gives it.
///
/// Equal messages (same sender, time and text) are told by the number of their occurrence. They are counted over the
/// last one to two million messages, so that a file of any size is read in constant memory.
#[derive(Debug, Default)]
pub(crate) struct TextIds {
    young: FxHashMap<u64, u32>,
    old: FxHashMap<u64, u32>,
}

impl TextIds {
    /// The id of the next message of a file; see [`MessageId::from_text`] for the meaning of `sender`.
    pub(crate) fn next(
        &mut self,
        conversation: ConversationId,
        sender: &str,
        sent_at: Timestamp,
        precision: Precision,
        parts: &[Part],
    ) -> MessageId {
        let text = comparable_text(parts);
        let id = |occurrence| {
            MessageId::from_text(conversation, sender, sent_at, precision, &text, occurrence)
        };
        let first = id(0);
        let [a, b, c, d, e, f, g, h, ..] = first.0;
        let key = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
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
    fn equal_messages_of_one_second_stay_apart_and_meet_their_like() {
        let chat = ConversationId::group(&Platform::Qq, "1");
        let say = |ids: &mut TextIds, text: &str| {
            ids.next(
                chat,
                "10001",
                Timestamp::from_seconds(5),
                Precision::Second,
                &[Part::text(text)],
            )
        };
        let mut one = TextIds::default();
        let first = [
            say(&mut one, "好"),
            say(&mut one, "好[图片]"),
            say(&mut one, "不"),
        ];
        assert_ne!(first[0], first[1]);
        let mut other = TextIds::default();
        assert_eq!(
            [
                say(&mut other, "好"),
                say(&mut other, " 好"),
                say(&mut other, "不")
            ],
            first
        );
    }
}
