//! What a merged tally says, ready to be shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hutong_model::{AccountId, ConversationId, MessageId, PartKind};
use serde::{Deserialize, Serialize};

use crate::calendar::{Date, date_of};
use crate::count::apply;
use crate::flow::{Mark, step};
use crate::tally::{
    CallTally, DayTally, LatestNight, MediaTally, MoneyKey, MoneyTally, SenderTally, Tally,
    WordTally,
};

/// Words in a list.
pub const TOP_WORDS: usize = 100;
/// Emoji and meanings of stickers in a list.
pub const TOP_MEANINGS: usize = 50;
/// Answered messages in a list.
const TOP_ANSWERED: usize = 20;
/// Senders, mentions and the like in a list; a group can have many thousands.
const TOP_ACCOUNTS: usize = 1000;

/// The language of texts that are made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// 中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The text in this language.
    #[must_use]
    pub const fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// Something with its count.
pub type Ranked<T> = (T, u64);

/// An account as a writer.
pub type RankedSender = (AccountId, SenderTally);

/// The longest time without a message between two days that have some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Last message before, milliseconds since 1970.
    pub from_ms: i64,
    /// First message after.
    pub to_ms: i64,
}

/// Days in a row, each with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// First day, counted from 1970-01-01.
    pub first_day: i32,
    /// How many days.
    pub days: u32,
}

/// A message among all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pointer {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Which conversation.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageId,
}

/// How soon one side answers, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTime {
    /// How many answers.
    pub count: u64,
    /// Half of them came so soon.
    pub median: u32,
    /// Nine of ten came so soon.
    pub p90: u32,
}

/// What a merged tally says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Messages; rows that views hide are not counted.
    pub messages: u64,
    /// Sent by the owner.
    pub sent: u64,
    /// Received.
    pub received: u64,
    /// Characters of text, white space not counted.
    pub characters: u64,
    /// Words of text as a word processor counts them.
    pub written_words: u64,
    /// Withdrawn.
    pub recalled: u64,
    /// With another wording.
    pub edited: u64,
    /// Of which only the day is known; they are in no hour.
    pub without_hour: u64,
    /// Oldest and newest message, milliseconds since 1970.
    pub span: Option<(i64, i64)>,
    /// The first message that somebody wrote.
    pub first: Option<Pointer>,
    /// The last one.
    pub last: Option<Pointer>,
    /// By local day, oldest first.
    pub days: Vec<(i32, DayTally)>,
    /// By local year and month, oldest first: messages, and those of the owner.
    pub months: Vec<((i32, u8), u64, u64)>,
    /// By day of the week (Monday first) and hour.
    pub week_hours: [[u64; 24]; 7],
    /// By kind, most first.
    pub kinds: Vec<Ranked<PartKind>>,
    /// How many senders there are.
    pub sender_count: u64,
    /// By sender, most first; at most a thousand.
    pub senders: Vec<RankedSender>,
    /// By conversation, most first: messages, those of the owner, and whether it is between two.
    pub chats: Vec<(ConversationId, u64, u64, bool)>,
    /// Sessions: times of talk after [`crate::SESSION_HOURS`] hours of silence.
    pub sessions: u64,
    /// The longest silence.
    pub longest_silence: Option<Gap>,
    /// The longest row of days.
    pub longest_streak: Option<Streak>,
    /// The day with most messages; of several the first.
    pub busiest_day: Option<(i32, u64)>,
    /// How soon the owner answers in chats between two.
    pub owner_replies: Option<ReplyTime>,
    /// How soon the others answer there.
    pub other_replies: Option<ReplyTime>,
    /// Messages between midnight and five.
    pub late: u64,
    /// Nights with such messages.
    pub late_nights: u64,
    /// The message nearest to dawn.
    pub latest: Option<LatestNight>,
    /// Words, most frequent first; absent when they were not counted.
    pub words: Option<Vec<Ranked<String>>>,
    /// No count of a word is more than this too small.
    pub words_error: u64,
    /// How many different words.
    pub distinct_words: u64,
    /// Emoji, most frequent first.
    pub emoji: Vec<Ranked<String>>,
    /// Meanings of stickers, most frequent first.
    pub stickers: Vec<Ranked<String>>,
    /// 表情回应.
    pub reactions: u64,
    /// Files by kind.
    pub media: Vec<(PartKind, MediaTally)>,
    /// Calls.
    pub calls: CallTally,
    /// Payments.
    pub money: Vec<(MoneyKey, MoneyTally)>,
    /// Who was named with @, most often first.
    pub mentions: Vec<Ranked<AccountId>>,
    /// 所有人.
    pub mentions_of_everyone: u64,
    /// Names with @ whose account is not known.
    pub mentions_unknown: u64,
    /// Messages that answer an earlier one.
    pub replies: u64,
    /// Whose messages were quoted, most often first.
    pub quoted: Vec<Ranked<AccountId>>,
    /// Messages with most answers.
    pub answered: Vec<Ranked<MessageId>>,
}

impl Statistics {
    /// Reads off a tally. Stretches of one conversation are joined here.
    #[must_use]
    pub fn new(mut tally: Tally, words: Option<&WordTally>) -> Self {
        join_stretches(&mut tally);
        let days: Vec<(i32, DayTally)> = tally.days.iter().map(|(day, it)| (*day, *it)).collect();
        let mut senders: Vec<RankedSender> = tally
            .senders
            .iter()
            .map(|(sender, it)| (*sender, *it))
            .collect();
        senders.sort_unstable_by_key(|(id, it)| (Reverse(it.messages), *id));
        let sender_count = senders.len() as u64;
        let sessions = senders.iter().map(|(_, it)| it.starts).sum();
        senders.truncate(TOP_ACCOUNTS);
        let mut chats: Vec<_> = tally
            .chats
            .iter()
            .map(|(id, chat)| (*id, chat.messages, chat.sent, chat.is_direct))
            .collect();
        chats.sort_unstable_by_key(|(id, messages, ..)| (Reverse(*messages), *id));
        let (first, last) = ends(&tally);
        let mut kinds: Vec<_> = tally.kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, count)| (Reverse(*count), *kind));
        let reply_time = |times: &crate::flow::ReplyTimes| {
            Some(ReplyTime {
                count: times.count(),
                median: times.percentile(50)?,
                p90: times.percentile(90)?,
            })
        };
        Self {
            messages: tally.messages,
            sent: tally.sent,
            received: tally.received,
            characters: tally.characters,
            written_words: tally.written_words,
            recalled: tally.recalled,
            edited: tally.edited,
            without_hour: tally.without_hour,
            span: span(&days),
            first,
            last,
            months: months(&days),
            longest_silence: longest_silence(&days),
            longest_streak: longest_streak(&days),
            busiest_day: days
                .iter()
                .map(|(day, it)| (*day, it.messages))
                .max_by_key(|(day, messages)| (*messages, Reverse(*day))),
            late: days.iter().map(|(_, it)| it.late).sum(),
            late_nights: days.iter().filter(|(_, it)| it.late > 0).count() as u64,
            days,
            week_hours: tally.week_hours,
            kinds,
            sender_count,
            senders,
            chats,
            sessions,
            owner_replies: reply_time(&tally.owner_replies),
            other_replies: reply_time(&tally.other_replies),
            latest: tally.latest,
            words: words.map(|words| words.words.top(TOP_WORDS)),
            words_error: words.map_or(0, |words| words.words.error()),
            distinct_words: words.map_or(0, |words| words.words.distinct() as u64),
            emoji: tally.emoji.top(TOP_MEANINGS),
            stickers: tally.stickers.top(TOP_MEANINGS),
            reactions: tally.reactions,
            media: tally.media.into_iter().collect(),
            calls: tally.calls,
            money: tally.money.into_iter().collect(),
            mentions: ranked(tally.mentions.into_iter().collect()),
            mentions_of_everyone: tally.mentions_of_everyone,
            mentions_unknown: tally.mentions_unknown,
            replies: tally.replies,
            quoted: ranked(tally.quoted.into_iter().collect()),
            answered: tally.answered.top(TOP_ANSWERED),
        }
    }

    /// The sum over the days of the week, by hour.
    #[must_use]
    pub fn hours(&self) -> [u64; 24] {
        let mut hours = [0; 24];
        for day in &self.week_hours {
            for (sum, count) in hours.iter_mut().zip(day) {
                *sum += count;
            }
        }
        hours
    }

    /// Years that have a message, oldest first.
    #[must_use]
    pub fn years(&self) -> Vec<(i32, u64)> {
        let mut years: BTreeMap<i32, u64> = BTreeMap::new();
        for ((year, _), messages, _) in &self.months {
            *years.entry(*year).or_default() += messages;
        }
        years.into_iter().collect()
    }

    /// Days with a message.
    #[must_use]
    pub fn active_days(&self) -> u64 {
        self.days.len() as u64
    }
}

/// Compares the messages at the ends of stretches, and counts the first message of each conversation as a beginning.
fn join_stretches(tally: &mut Tally) {
    let mut steps = Vec::new();
    for chat in tally.chats.values_mut() {
        chat.stretches.sort_unstable();
        let mut before = None;
        for stretch in &chat.stretches {
            steps.push((chat.is_direct, step(before, &stretch.first)));
            before = Some(&stretch.last);
        }
    }
    for (is_direct, step) in steps {
        apply(tally, is_direct, &step);
    }
}

/// The first and the last message that somebody wrote.
fn ends(tally: &Tally) -> (Option<Pointer>, Option<Pointer>) {
    let pointer = |conversation: &ConversationId, mark: &Mark| Pointer {
        at_ms: mark.at_ms,
        conversation: *conversation,
        message: mark.id,
    };
    let stretches = || {
        tally
            .chats
            .iter()
            .flat_map(|(id, chat)| chat.stretches.iter().map(move |stretch| (id, stretch)))
    };
    (
        stretches()
            .map(|(id, stretch)| pointer(id, &stretch.first))
            .min(),
        stretches()
            .map(|(id, stretch)| pointer(id, &stretch.last))
            .max(),
    )
}

fn ranked(mut counts: Vec<(AccountId, u64)>) -> Vec<Ranked<AccountId>> {
    counts.sort_unstable_by_key(|(id, count)| (Reverse(*count), *id));
    counts.truncate(TOP_ACCOUNTS);
    counts
}

fn span(days: &[(i32, DayTally)]) -> Option<(i64, i64)> {
    let first = days.iter().map(|(_, it)| it.first_ms).min()?;
    let last = days.iter().map(|(_, it)| it.last_ms).max()?;
    Some((first, last))
}

fn months(days: &[(i32, DayTally)]) -> Vec<((i32, u8), u64, u64)> {
    let mut months: BTreeMap<(i32, u8), (u64, u64)> = BTreeMap::new();
    for (day, it) in days {
        let Date { year, month, .. } = date_of(*day);
        let sums = months.entry((year, month)).or_default();
        sums.0 += it.messages;
        sums.1 += it.sent;
    }
    months
        .into_iter()
        .map(|(month, (messages, sent))| (month, messages, sent))
        .collect()
}

fn longest_silence(days: &[(i32, DayTally)]) -> Option<Gap> {
    days.windows(2)
        .filter_map(|pair| {
            let [(_, before), (_, after)] = pair else {
                return None;
            };
            Some(Gap {
                from_ms: before.last_ms,
                to_ms: after.first_ms,
            })
        })
        .max_by_key(|gap| (gap.to_ms.saturating_sub(gap.from_ms), Reverse(gap.from_ms)))
}

fn longest_streak(days: &[(i32, DayTally)]) -> Option<Streak> {
    let mut longest: Option<Streak> = None;
    let mut current: Option<Streak> = None;
    for (day, _) in days {
        let next = match current {
            Some(streak)
                if i64::from(streak.first_day) + i64::from(streak.days) == i64::from(*day) =>
            {
                Streak {
                    days: streak.days + 1,
                    ..streak
                }
            }
            _ => Streak {
                first_day: *day,
                days: 1,
            },
        };
        current = Some(next);
        if longest.is_none_or(|longest| next.days > longest.days) {
            longest = Some(next);
        }
    }
    longest
}

/// Ten-thousandths as a decimal number with two places, or four where they are needed.
#[must_use]
pub fn decimal(ten_thousandths: i64) -> String {
    let (whole, rest) = (
        ten_thousandths / 10_000,
        (ten_thousandths % 10_000).unsigned_abs(),
    );
    if rest.is_multiple_of(100) {
        format!("{whole}.{:02}", rest / 100)
    } else {
        format!("{whole}.{rest:04}")
    }
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
mod tests;
