//! Cutting and merging never changes a number, and the numbers are those of a plain count.

use std::collections::HashMap;

use hutong_model::{
    AccountId, At, Call, ConversationId, Direction, Message, MessageId, Origin, Part, PartKind,
    Payment, Platform, Sticker, Text, Timestamp,
};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::calendar::Calendar;
use crate::count::Counting;
use crate::words::Segmenter;

const TEXTS: &[&str] = &[
    "明天去北京看长城",
    "好的👍",
    "see you at the camera shop ❤️",
    "[捂脸]",
    "我们的项目进度怎么样",
    "",
];

fn account(number: u8) -> AccountId {
    AccountId::new(&Platform::Qq, &format!("{}", 10_000 + u32::from(number)))
}

/// Messages of one chat from steps in time, senders and kinds of content.
fn messages(chat: u8, steps: &[(u32, u8, u8)]) -> Vec<Message> {
    let conversation = ConversationId::group(&Platform::Qq, &format!("{chat}"));
    let mut at_ms = 1_600_000_000_000 + i64::from(chat) * 7_654_321;
    steps
        .iter()
        .enumerate()
        .map(|(number, (passed, sender, content))| {
            // Squared, so that both seconds and months pass.
            let passed = i64::from(*passed);
            at_ms += passed * passed / 7;
            let mut message = Message::new(
                Platform::Qq,
                MessageId::new(conversation, "server", &[&number.to_le_bytes()]),
                conversation,
                Timestamp(at_ms),
                Origin::new("", "", At::Whole),
            );
            message.order = i64::try_from(number).unwrap();
            message.sender = (*sender < 4).then(|| account(*sender));
            message.direction = match sender {
                0 => Direction::Out,
                1..=3 => Direction::In,
                _ => Direction::None,
            };
            message.parts = vec![match content % 10 {
                0..=5 => Part::text(TEXTS[usize::from(content % 6)]),
                6 => Part::Sticker(Box::new(Sticker {
                    meaning: Some("大笑".to_owned()),
                    ..Sticker::default()
                })),
                7 => Part::Call(Box::new(Call {
                    duration_ms: Some(61_000),
                    ..Call::default()
                })),
                8 => Part::Payment(Box::new(Payment {
                    amount: Some("0.10".to_owned()),
                    currency: Some("CNY".to_owned()),
                    ..Payment::default()
                })),
                _ => Part::Text(Text {
                    text: "@甲 看".to_owned(),
                    mentions: vec![hutong_model::Mention {
                        account: Some(account(1)),
                        ..hutong_model::Mention::default()
                    }],
                }),
            }];
            if number > 0 && content % 11 == 0 {
                message.reply_to = vec![MessageId::new(
                    conversation,
                    "server",
                    &[&(number / 2).to_le_bytes()],
                )];
            }
            message
        })
        .collect()
}

fn tallies(messages: &[Message]) -> Vec<(Tally, WordTally)> {
    let Some(first) = messages.first() else {
        return Vec::new();
    };
    let zone = Calendar::new(TimeZone::get("America/New_York").unwrap());
    let mut counting = Counting::new(first.conversation, true, zone, Some(Segmenter::shared()));
    for message in messages {
        counting.add(message);
    }
    counting.finish().into_values().collect()
}

fn statistics(tallies: Vec<(Tally, WordTally)>) -> Statistics {
    let mut sum = Tally::default();
    let mut words = WordTally::default();
    for (mut tally, mut word_tally) in tallies {
        // Through bytes, as kept tallies go.
        sum.merge(Tally::from_bytes(&tally.to_bytes().unwrap()).unwrap());
        words.merge(WordTally::from_bytes(&word_tally.to_bytes().unwrap()).unwrap());
    }
    Statistics::new(sum, Some(&words))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_way_of_cutting_and_merging_gives_the_same_numbers(
        steps in prop::collection::vec((0_u32..200_000, 0_u8..5, any::<u8>()), 1..80),
        others in prop::collection::vec((0_u32..200_000, 0_u8..5, any::<u8>()), 0..20),
        cuts in prop::collection::vec(0_usize..80, 0..6),
        order in any::<u64>(),
    ) {
        let one = messages(1, &steps);
        let other = messages(2, &others);
        let mut whole = tallies(&one);
        whole.extend(tallies(&other));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(one.len())).collect();
        cuts.extend([0, one.len()]);
        cuts.sort_unstable();
        let mut pieces = tallies(&other);
        for pair in cuts.windows(2) {
            pieces.extend(tallies(&one[pair[0]..pair[1]]));
        }
        // A shuffle that the seed decides.
        let mut seed = order | 1;
        for index in (1..pieces.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            pieces.swap(index, usize::try_from(seed >> 33).unwrap() % (index + 1));
        }
        prop_assert_eq!(statistics(whole), statistics(pieces));
    }

    #[test]
    fn the_numbers_are_those_of_a_plain_count(
        steps in prop::collection::vec((0_u32..200_000, 0_u8..5, any::<u8>()), 1..80),
    ) {
        let all = messages(3, &steps);
        let found = statistics(tallies(&all));
        prop_assert_eq!(found.messages, all.len() as u64);
        prop_assert_eq!(found.sent, all.iter().filter(|it| it.direction == Direction::Out).count() as u64);
        prop_assert_eq!(found.span, Some((all[0].sent_at.0, all[all.len() - 1].sent_at.0)));
        let zone = TimeZone::get("America/New_York").unwrap();
        let mut days: HashMap<String, u64> = HashMap::new();
        let mut late = 0;
        for message in &all {
            let local = zone.to_datetime(jiff::Timestamp::from_millisecond(message.sent_at.0).unwrap());
            *days.entry(local.date().to_string()).or_default() += 1;
            late += u64::from(local.hour() < 5);
        }
        let counted: HashMap<String, u64> =
            found.days.iter().map(|(day, it)| (date_of(*day).to_string(), it.messages)).collect();
        prop_assert_eq!(&counted, &days);
        prop_assert_eq!(found.late, late);
        prop_assert_eq!(found.busiest_day.unwrap().1, days.values().copied().max().unwrap());
        // Sessions and answers, written down as the definition says.
        let written: Vec<&Message> = all.iter().filter(|it| it.sender.is_some()).collect();
        let is_start = |pair: &[&Message]| pair[1].sent_at.0 - pair[0].sent_at.0 >= 6 * 3_600_000;
        let starts = written.windows(2).filter(|pair| is_start(pair)).count() + usize::from(!written.is_empty());
        prop_assert_eq!(found.sessions, starts as u64);
        let mut times: Vec<i64> = written
            .windows(2)
            .filter(|pair| !is_start(pair) && pair[0].sender != pair[1].sender && pair[1].direction == Direction::In)
            .map(|pair| (pair[1].sent_at.0 - pair[0].sent_at.0) / 1000)
            .collect();
        times.sort_unstable();
        prop_assert_eq!(found.other_replies.map_or(0, |it| it.count), times.len() as u64);
        if let Some(replies) = found.other_replies {
            prop_assert_eq!(i64::from(replies.median), times[(times.len() - 1) / 2]);
        }
        let calls = all.iter().filter(|it| it.kind() == PartKind::Call).count() as u64;
        prop_assert_eq!(found.calls.duration_ms, calls * 61_000);
        let paid = all.iter().filter(|it| it.kind() == PartKind::Payment).count();
        let sum: i64 = found.money.iter().map(|(_, it)| it.ten_thousandths).sum();
        prop_assert_eq!(sum, i64::try_from(paid * 1000).unwrap());
    }
}

#[test]
fn silence_and_streak_are_read_off_the_days() {
    let hour = 3_600_000;
    let day = |number: i32, hours: &[i64]| {
        let start = i64::from(number) * 24 * hour;
        let it = DayTally {
            messages: hours.len() as u64,
            first_ms: start + hours[0] * hour,
            last_ms: start + hours[hours.len() - 1] * hour,
            ..DayTally::default()
        };
        (number, it)
    };
    let days = [
        day(1, &[8, 9]),
        day(2, &[9]),
        day(3, &[20]),
        day(9, &[1]),
        day(10, &[1]),
    ];
    let silence = longest_silence(&days).unwrap();
    assert_eq!(
        (silence.from_ms, silence.to_ms),
        ((3 * 24 + 20) * hour, (9 * 24 + 1) * hour)
    );
    assert_eq!(
        longest_streak(&days),
        Some(Streak {
            first_day: 1,
            days: 3
        })
    );
    assert_eq!(longest_streak(&[]), None);
}
