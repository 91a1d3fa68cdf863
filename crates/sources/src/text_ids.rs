//! Ids for messages of exports that carry none.

use hutong_model::{
    ConversationId, MessageId, Part, Precision, TextIdBase, Timestamp, write_comparable_text,
};
use rustc_hash::FxHashMap;

/// Messages that are remembered so that equal ones are counted; twice as many at most, some 30 MB.
const GENERATION: usize = 1_000_000;
/// Messages of one instant that are looked through one by one.
const MOST_AT_ONCE: usize = 32;

/// Gives each message the id that any other export of the same conversation gives it.
///
/// Equal messages (same sender, time and text) are told by the number of their occurrence. They are counted over the
/// last one to two million messages, so that a file of any size is read in constant memory.
#[derive(Debug, Default)]
pub(crate) struct TextIds {
    young: Seen,
    old: Seen,
    /// Room for a message's text, so that none is asked for.
    text: String,
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
        let base = TextIdBase::new(conversation, sender, precision);
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        write_comparable_text(parts, &mut text);
        let id = self.next_of(conversation, &base, sent_at, precision, &text);
        self.text = text;
        id
    }

    /// The same for a sender of whom much is read, with what their ids begin with, and for the comparable text of a
    /// message.
    pub(crate) fn next_of(
        &mut self,
        conversation: ConversationId,
        base: &TextIdBase,
        sent_at: Timestamp,
        precision: Precision,
        text: &str,
    ) -> MessageId {
        let first = base.id(sent_at, text, 0);
        let [a, b, c, d, e, f, g, h, ..] = first.0;
        let sighting = Sighting {
            instant: sent_at.0.div_euclid(precision.text_step_ms()),
            key: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        };
        let count =
            self.young.count(conversation, sighting) + self.old.count(conversation, sighting);
        let id = match count {
            0 => first,
            _ => base.id(sent_at, text, count),
        };
        if self.young.count >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.add(conversation, sighting);
        id
    }
}

/// A message that was met: its time in steps of the export's precision, and the beginning of its first id.
#[derive(Clone, Copy, Debug)]
struct Sighting {
    instant: i64,
    key: u64,
}

/// Messages that were met.
///
/// Equal messages are of the same instant. So a message that is later than all before it is new, and needs no looking
/// up; that is nearly every one. Only what comes out of order goes through a table.
#[derive(Debug, Default)]
struct Seen {
    runs: FxHashMap<ConversationId, Run>,
    strays: FxHashMap<u64, u32>,
    count: usize,
}

/// Messages of a conversation whose times only grow.
#[derive(Debug, Default)]
struct Run {
    sightings: Vec<Sighting>,
    /// How many of the last ones are of one instant.
    at_once: usize,
}

impl Seen {
    /// How often this message was met.
    fn count(&self, conversation: ConversationId, wanted: Sighting) -> u32 {
        let strays = match self.strays.is_empty() {
            true => 0,
            false => self.strays.get(&wanted.key).copied().unwrap_or(0),
        };
        let run = self.runs.get(&conversation);
        strays + run.map_or(0, |run| run.count(wanted))
    }

    fn add(&mut self, conversation: ConversationId, met: Sighting) {
        self.count += 1;
        if !self.runs.entry(conversation).or_default().add(met) {
            *self.strays.entry(met.key).or_default() += 1;
        }
    }
}

impl Run {
    fn count(&self, wanted: Sighting) -> u32 {
        let last = self.sightings.last().map_or(i64::MIN, |last| last.instant);
        if self.sightings.is_empty() || wanted.instant > last {
            return 0;
        }
        let from = if wanted.instant == last {
            self.sightings.len() - self.at_once
        } else {
            self.sightings
                .partition_point(|met| met.instant < wanted.instant)
        };
        let same = self
            .sightings
            .iter()
            .skip(from)
            .take_while(|met| met.instant == wanted.instant)
            .filter(|met| met.key == wanted.key);
        u32::try_from(same.count()).unwrap_or(u32::MAX)
    }

    /// Takes a message in, unless it comes out of order or too many come at once.
    fn add(&mut self, met: Sighting) -> bool {
        let at_once = match self.sightings.last() {
            Some(last) if met.instant < last.instant => return false,
            Some(last) if met.instant == last.instant => self.at_once + 1,
            _ => 1,
        };
        let fits = at_once <= MOST_AT_ONCE;
        if fits {
            self.at_once = at_once;
            self.sightings.push(met);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::Platform;
    use proptest::prelude::*;

    fn chat(number: u8) -> ConversationId {
        ConversationId::group(&Platform::Qq, &number.to_string())
    }

    fn say(ids: &mut TextIds, chat: ConversationId, second: i64, text: &str) -> MessageId {
        ids.next(
            chat,
            "10001",
            Timestamp::from_seconds(second),
            Precision::Second,
            &[Part::text(text)],
        )
    }

    #[test]
    fn equal_messages_of_one_second_stay_apart_and_meet_their_like() {
        let mut one = TextIds::default();
        let mut say_all = |texts: [&str; 3]| texts.map(|text| say(&mut one, chat(1), 5, text));
        let first = say_all(["好", "好[图片]", "不"]);
        assert_ne!(first[0], first[1]);
        let mut other = TextIds::default();
        assert_eq!(
            ["好", " 好", "不"].map(|text| say(&mut other, chat(1), 5, text)),
            first
        );
    }

    proptest! {
        #[test]
        fn the_third_of_a_kind_is_the_third_in_any_order(
            said in prop::collection::vec((0..3_u8, -3..6_i64, 0..3_u8), 0..120),
            burst in 0..80_usize,
        ) {
            let mut ids = TextIds::default();
            let mut counts: FxHashMap<(u8, i64, u8), u32> = FxHashMap::default();
            let burst = std::iter::repeat_n((1, 4, 1), burst);
            for (place, second, word) in said.into_iter().chain(burst) {
                let count = counts.entry((place, second, word)).or_default();
                let text = word.to_string();
                let expected = MessageId::from_text(
                    chat(place),
                    "10001",
                    Timestamp::from_seconds(second),
                    Precision::Second,
                    &text,
                    *count,
                );
                *count += 1;
                prop_assert_eq!(say(&mut ids, chat(place), second, &text), expected);
            }
        }
    }
}
