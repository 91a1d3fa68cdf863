//! Who begins to talk and how soon others answer.
//!
//! A conversation falls into sessions: one begins with the first message after [`SESSION_HOURS`] hours of silence. An
//! answer is a message by somebody else than the one before it in the same session; its reply time is the time between
//! the two. Stretches of a conversation are counted apart and joined at their ends, so that any way of
//! cutting a conversation gives the same numbers.

use std::collections::BTreeMap;

use hutong_model::{AccountId, Direction, Message, MessageId, Precision};
use serde::{Deserialize, Serialize};

/// So many hours of silence end a session.
pub const SESSION_HOURS: i64 = 6;

const SESSION_MS: i64 = SESSION_HOURS * 3_600_000;

/// A message at the end of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) at_ms: i64,
    order: i64,
    pub(crate) id: MessageId,
    sender: AccountId,
    direction: Direction,
    /// Whether the time is known to the second.
    is_precise: bool,
}

impl Mark {
    /// The mark of a message that somebody wrote; service rows begin nothing and answer nothing.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        Some(Self {
            at_ms: message.sent_at.0,
            order: message.order,
            id: message.id,
            sender: message.sender?,
            direction: message.direction,
            is_precise: message.precision <= Precision::Second,
        })
    }
}

/// What a message is to the one before it.
pub(crate) enum Step {
    /// The first of a session.
    Start(AccountId),
    /// An answer after so many seconds.
    Reply(Direction, u32),
    /// Something else.
    Other,
}

/// Compares two messages that follow each other.
pub(crate) fn step(before: Option<&Mark>, mark: &Mark) -> Step {
    let Some(before) = before else {
        return Step::Start(mark.sender);
    };
    let passed_ms = mark.at_ms.saturating_sub(before.at_ms);
    if passed_ms >= SESSION_MS {
        Step::Start(mark.sender)
    } else if mark.sender != before.sender && mark.is_precise && before.is_precise {
        Step::Reply(
            mark.direction,
            u32::try_from(passed_ms.max(0) / 1000).unwrap_or(u32::MAX),
        )
    } else {
        Step::Other
    }
}

/// The first and the last message of a stretch whose inside is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Stretch {
    pub(crate) first: Mark,
    pub(crate) last: Mark,
}

/// Reply times, to the second: exact, and never more entries than a session has seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTimes {
    seconds: BTreeMap<u32, u64>,
}

impl ReplyTimes {
    pub(crate) fn add(&mut self, seconds: u32) {
        *self.seconds.entry(seconds).or_default() += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (seconds, count) in &other.seconds {
            *self.seconds.entry(*seconds).or_default() += count;
        }
    }

    /// How many answers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.seconds.values().sum()
    }

    /// So many seconds at most took this share of the answers, in per cent.
    #[must_use]
    pub fn percentile(&self, per_cent: u64) -> Option<u32> {
        let count = self.count();
        // The smallest value that at least this share does not exceed.
        let rank = (count * per_cent).div_ceil(100).max(1);
        let mut passed = 0;
        for (seconds, count) in &self.seconds {
            passed += count;
            if passed >= rank {
                return Some(*seconds);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let mut times = ReplyTimes::default();
        assert_eq!(times.percentile(50), None);
        for seconds in [5, 1, 9, 3, 7] {
            times.add(seconds);
        }
        assert_eq!(times.percentile(50), Some(5));
        assert_eq!(times.percentile(90), Some(9));
        assert_eq!(times.percentile(0), Some(1));
    }
}
