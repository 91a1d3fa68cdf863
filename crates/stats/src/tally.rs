//! What is counted: partial results that add up.
//!
//! A tally of one conversation and one year can be kept; tallies that have no message in common can be merged in any
//! order, and say what one pass over all their messages would have said. Days and hours are those of one time zone.

use std::collections::BTreeMap;
use std::hash::Hash;

use hutong_model::{
    AccountId, ConversationId, Direction, MessageId, PartKind, PaymentKind, PaymentState,
};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::counter::Counter;
use crate::flow::{ReplyTimes, Stretch};

/// Messages before this hour of the night count as late.
pub const LATE_HOURS: u32 = 5;

/// Different words of one kept tally; more are counted while it is made.
const KEPT_WORDS: usize = 16_384;
/// The same for emoji, meanings of stickers, and answered messages.
const KEPT_OTHERS: usize = 2_048;

/// One local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayTally {
    /// Messages.
    pub messages: u64,
    /// Of these, sent by the owner.
    pub sent: u64,
    /// Of these, between midnight and [`LATE_HOURS`].
    pub late: u64,
    /// First message, milliseconds since 1970.
    pub first_ms: i64,
    /// Last message.
    pub last_ms: i64,
}

impl DayTally {
    fn merge(&mut self, other: &Self) {
        if self.messages == 0 {
            *self = *other;
        } else if other.messages > 0 {
            self.first_ms = self.first_ms.min(other.first_ms);
            self.last_ms = self.last_ms.max(other.last_ms);
            self.messages += other.messages;
            self.sent += other.sent;
            self.late += other.late;
        }
    }
}

/// One account as a writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderTally {
    /// Messages.
    pub messages: u64,
    /// Characters of text, white space not counted.
    pub characters: u64,
    /// Words of text as a word processor counts them: a Chinese character is one.
    pub words: u64,
    /// Messages that were withdrawn.
    pub recalled: u64,
    /// Messages late at night.
    pub late: u64,
    /// Sessions begun.
    pub starts: u64,
    /// First message, milliseconds since 1970.
    pub first_ms: i64,
    /// Last message.
    pub last_ms: i64,
}

impl SenderTally {
    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        if self.messages == 0 {
            (self.first_ms, self.last_ms) = (other.first_ms, other.last_ms);
        } else if other.messages > 0 {
            self.first_ms = self.first_ms.min(other.first_ms);
            self.last_ms = self.last_ms.max(other.last_ms);
        }
        self.messages += other.messages;
        self.characters += other.characters;
        self.words += other.words;
        self.recalled += other.recalled;
        self.late += other.late;
        self.starts += other.starts;
    }
}

/// One conversation inside a tally.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatTally {
    /// Messages.
    pub messages: u64,
    /// Of these, sent by the owner.
    pub sent: u64,
    /// Whether it is between two.
    pub is_direct: bool,
    /// What was counted in one pass each; the messages at their ends are compared when a report is made.
    pub(crate) stretches: Vec<Stretch>,
}

/// Files of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaTally {
    /// How many.
    pub count: u64,
    /// Of these, with their content at hand.
    pub present: u64,
    /// Bytes, where they are stated.
    pub bytes: u64,
    /// Length in milliseconds, where it is stated.
    pub duration_ms: u64,
}

/// Calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTally {
    /// How many.
    pub count: u64,
    /// Of these, with a length.
    pub timed: u64,
    /// Length of all of them in milliseconds.
    pub duration_ms: u64,
    /// Length of the longest.
    pub longest_ms: u64,
}

/// Payments that are added up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MoneyKey {
    /// Kind of payment.
    pub kind: PaymentKind,
    /// Which way the message went.
    pub direction: Direction,
    /// How far it had gone.
    pub state: PaymentState,
    /// ISO 4217 code; empty where none is stated.
    pub currency: String,
}

/// Their number and sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyTally {
    /// How many.
    pub count: u64,
    /// Of these, with an amount.
    pub stated: u64,
    /// Sum in ten-thousandths of the unit.
    pub ten_thousandths: i64,
}

/// The message that was nearest to dawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LatestNight {
    /// Second of the local day.
    pub second: u32,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Which conversation.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageId,
}

/// Everything that is counted but words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Messages; rows that views hide are not counted.
    pub messages: u64,
    /// Sent by the owner.
    pub sent: u64,
    /// Received.
    pub received: u64,
    /// Characters of text.
    pub characters: u64,
    /// Words of text as a word processor counts them.
    pub written_words: u64,
    /// Withdrawn.
    pub recalled: u64,
    /// With another wording.
    pub edited: u64,
    /// Whether any message's time is known to the day only; such messages are in no hour.
    pub without_hour: u64,
    /// By local day, counted from 1970-01-01.
    pub days: BTreeMap<i32, DayTally>,
    /// By day of the week (Monday first) and hour.
    pub week_hours: [[u64; 24]; 7],
    /// By kind of the leading part.
    pub kinds: BTreeMap<PartKind, u64>,
    /// By sender.
    pub senders: FxHashMap<AccountId, SenderTally>,
    /// By conversation.
    pub chats: FxHashMap<ConversationId, ChatTally>,
    /// Pictures, voices, videos, files, stickers.
    pub media: BTreeMap<PartKind, MediaTally>,
    /// Calls.
    pub calls: CallTally,
    /// Payments.
    pub money: BTreeMap<MoneyKey, MoneyTally>,
    /// The message nearest to dawn among the late ones.
    pub latest: Option<LatestNight>,
    /// Who was named with @.
    pub mentions: FxHashMap<AccountId, u64>,
    /// 所有人.
    pub mentions_of_everyone: u64,
    /// Names with @ whose account is not known.
    pub mentions_unknown: u64,
    /// Answers that quote or point to a message.
    pub replies: u64,
    /// Whose messages were quoted.
    pub quoted: FxHashMap<AccountId, u64>,
    /// Messages that were answered.
    pub answered: Counter<MessageId>,
    /// 表情回应.
    pub reactions: u64,
    /// Emoji in texts and reactions.
    pub emoji: Counter<String>,
    /// Meanings of stickers.
    pub stickers: Counter<String>,
    /// Reply times of the owner in chats between two.
    pub owner_replies: ReplyTimes,
    /// Reply times of the others.
    pub other_replies: ReplyTimes,
}

/// Words; apart from the rest because they are large and not always wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordTally {
    /// Words that say something.
    pub words: Counter<String>,
}

fn add_counts<K: Eq + Hash>(counts: &mut FxHashMap<K, u64>, other: FxHashMap<K, u64>) {
    for (key, count) in other {
        *counts.entry(key).or_default() += count;
    }
}

impl Tally {
    /// Adds another tally that has no message in common with this one.
    pub fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        self.sent += other.sent;
        self.received += other.received;
        self.characters += other.characters;
        self.written_words += other.written_words;
        self.recalled += other.recalled;
        self.edited += other.edited;
        self.without_hour += other.without_hour;
        for (day, tally) in &other.days {
            self.days.entry(*day).or_default().merge(tally);
        }
        for (hours, others) in self.week_hours.iter_mut().zip(&other.week_hours) {
            for (hour, other) in hours.iter_mut().zip(others) {
                *hour += other;
            }
        }
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (sender, tally) in &other.senders {
            self.senders.entry(*sender).or_default().merge(tally);
        }
        for (id, mut chat) in other.chats {
            let known = self.chats.entry(id).or_default();
            known.messages += chat.messages;
            known.sent += chat.sent;
            known.is_direct |= chat.is_direct;
            known.stretches.append(&mut chat.stretches);
        }
        for (kind, media) in other.media {
            let known = self.media.entry(kind).or_default();
            known.count += media.count;
            known.present += media.present;
            known.bytes = known.bytes.saturating_add(media.bytes);
            known.duration_ms = known.duration_ms.saturating_add(media.duration_ms);
        }
        self.calls.count += other.calls.count;
        self.calls.timed += other.calls.timed;
        self.calls.duration_ms = self
            .calls
            .duration_ms
            .saturating_add(other.calls.duration_ms);
        self.calls.longest_ms = self.calls.longest_ms.max(other.calls.longest_ms);
        for (key, money) in other.money {
            let known = self.money.entry(key).or_default();
            known.count += money.count;
            known.stated += money.stated;
            known.ten_thousandths = known.ten_thousandths.saturating_add(money.ten_thousandths);
        }
        self.latest = self.latest.max(other.latest);
        add_counts(&mut self.mentions, other.mentions);
        self.mentions_of_everyone += other.mentions_of_everyone;
        self.mentions_unknown += other.mentions_unknown;
        self.replies += other.replies;
        add_counts(&mut self.quoted, other.quoted);
        self.answered.merge(other.answered);
        self.reactions += other.reactions;
        self.emoji.merge(other.emoji);
        self.stickers.merge(other.stickers);
        self.owner_replies.merge(&other.owner_replies);
        self.other_replies.merge(&other.other_replies);
    }

    /// The tally in bytes, to be kept. Of very many emoji, stickers and answered messages the rarest are forgotten.
    ///
    /// # Errors
    /// When it cannot be packed; that would be a fault of ours.
    pub fn to_bytes(&mut self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        self.answered.keep(KEPT_OTHERS);
        self.emoji.keep(KEPT_OTHERS);
        self.stickers.keep(KEPT_OTHERS);
        rmp_serde::to_vec(self)
    }

    /// The tally that [`Self::to_bytes`] packed; none when the bytes are something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}

impl WordTally {
    /// Adds another one.
    pub fn merge(&mut self, other: Self) {
        self.words.merge(other.words);
    }

    /// The tally in bytes, to be kept. Of very many words the rarest are forgotten, see [`Counter::error`].
    ///
    /// # Errors
    /// When it cannot be packed; that would be a fault of ours.
    pub fn to_bytes(&mut self) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        self.words.keep(KEPT_WORDS);
        rmp_serde::to_vec(self)
    }

    /// The tally that [`Self::to_bytes`] packed; none when the bytes are something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}
