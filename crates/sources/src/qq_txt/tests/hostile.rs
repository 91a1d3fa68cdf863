//! What is written is read back, whatever people wrote into their messages.

use hutong_model::{MessageId, Precision, ProblemKind, comparable_text};
use proptest::prelude::*;

use super::{Given, text};

const BAR: &str = "================================================================";
const BASE: i64 = 1_500_000_000;

/// A line that somebody could have written or pasted.
fn body_line() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z你好吗图片，。（）()<>:0-9 ]{0,20}",
        1 => Just(String::new()),
        1 => Just("2017-01-01 10:00:00".to_owned()),
        1 => Just("2015-03-04 8:09:10 甲(10001)".to_owned()),
        1 => Just("1969-03-04 8:09:10 乙<mail@example.com>".to_owned()),
        1 => Just(BAR.to_owned()),
        1 => Just("消息对象:别人".to_owned()),
        1 => Just("消息分组:别组".to_owned()),
        1 => Just("消息记录（此消息记录为文本格式，不支持重新导入）".to_owned()),
        1 => Just("\u{feff}".to_owned()),
    ]
}

#[derive(Clone, Debug)]
struct Written {
    step: i64,
    sender: String,
    body: Vec<String>,
}

fn message() -> impl Strategy<Value = Written> {
    let sender = prop_oneof![
        Just("甲(10001)".to_owned()),
        Just("(B)(456456)".to_owned()),
        Just("(77777)".to_owned()),
        Just("【群主】丁(12345678)".to_owned()),
        Just("ノ)<kaomoji@example.com>".to_owned()),
    ];
    (
        0_i64..90_000,
        sender,
        prop::collection::vec(body_line(), 0..7),
    )
        .prop_map(|(step, sender, body)| Written { step, sender, body })
}

fn two(number: i64) -> String {
    format!("{number:02}")
}

/// A header's date and time, on a clock eight hours ahead.
fn clock(seconds: i64) -> String {
    let local = hutong_model::Timestamp::from_seconds(seconds + 8 * 3600);
    let (year, month, day) = local.date();
    let rest = local.seconds().rem_euclid(86_400);
    format!(
        "{year}-{}-{} {}:{}:{}",
        two(month.into()),
        two(day.into()),
        rest / 3600,
        two(rest / 60 % 60),
        two(rest % 60)
    )
}

/// The body as a reader should give it.
fn expected(body: &[String]) -> String {
    let lines: Vec<&str> = body
        .iter()
        .map(|line| line.trim_start_matches('\u{feff}'))
        .collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let start = lines.iter().take_while(|line| is_blank(line)).count();
    let end = lines.iter().rev().take_while(|line| is_blank(line)).count();
    lines
        .get(start..lines.len() - end)
        .unwrap_or_default()
        .join("\n")
}

fn check(messages: &[Written], ends: &[&str]) -> Result<(), TestCaseError> {
    let mut lines = vec![
        "消息记录（此消息记录为文本格式，不支持重新导入）".to_owned(),
        String::new(),
        BAR.to_owned(),
        "消息分组:我的群聊".to_owned(),
        BAR.to_owned(),
        "消息对象:灯塔".to_owned(),
        BAR.to_owned(),
        String::new(),
    ];
    let mut time = BASE;
    let mut truth = Vec::new();
    for message in messages {
        time += message.step;
        lines.push(format!("{} {}", clock(time), message.sender));
        lines.extend(message.body.iter().cloned());
        lines.push(String::new());
        truth.push((time, expected(&message.body)));
    }
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        text.push_str(line);
        text.push_str(ends[number % ends.len()]);
    }
    let given = Given::of(text.as_bytes());
    let read: Vec<(i64, String)> = given
        .messages()
        .map(|message| {
            let mut words = super::text(message);
            if words.starts_with('<') && message.kind() != hutong_model::PartKind::Text {
                words = "[图片]".to_owned();
            }
            (message.sent_at.seconds(), words)
        })
        .collect();
    prop_assert_eq!(read, truth);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read(messages in prop::collection::vec(message(), 2..40)) {
        check(&messages, &["\r\n"])?;
        check(&messages, &["\n"])?;
        check(&messages, &["\r\n", "\r\n", "\n", "\r\n", "\n"])?;
        check(&messages, &["\r"])?;
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let _ = Given::of(&bytes);
    }

    #[test]
    fn damaged_exports_keep_their_other_messages(seed in any::<u64>()) {
        let mut text = format!("消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n{BAR}\r\n消息分组:我的群聊\r\n{BAR}\r\n消息对象:灯塔\r\n{BAR}\r\n\r\n");
        for number in 0..200_i64 {
            text.push_str(&format!("{} 甲(10001)\r\n第{number}句，今天天气好\r\n\r\n", clock(BASE + number * 60)));
        }
        let mut bytes = text.into_bytes();
        let mut state = seed;
        for _ in 0..bytes.len() / 1000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(state >> 33).unwrap() % bytes.len();
            bytes[at] = state.to_le_bytes()[5];
        }
        let given = Given::of(&bytes);
        prop_assert!(given.messages().count() >= 180, "{}", given.messages().count());
    }
}

#[test]
fn what_becomes_longer_than_messages_are_is_cut_and_told() {
    let title = "\u{feff}消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n";
    let mut bytes = title.as_bytes().to_vec();
    for second in 10..60 {
        bytes.extend_from_slice(
            format!("2022-01-01 7:00:{second} 小满\r\n你好你好你好你好你好你好\r\n\r\n").as_bytes(),
        );
    }
    bytes.extend_from_slice("2022-01-01 7:01:00 小满\r\n".as_bytes());
    let line = [[0xFF_u8; 99].as_slice(), b" \r\n"].concat();
    (0..60_000).for_each(|_| bytes.extend_from_slice(&line));
    bytes.extend_from_slice("\r\n2022-01-01 7:02:00 小满\r\n好\r\n\r\n".as_bytes());
    let given = Given::of(&bytes);
    assert_eq!(given.messages().count(), 52);
    let longest = given.messages().map(|message| text(message).len()).max();
    assert!(
        (15 << 20..=16 << 20).contains(&longest.unwrap()),
        "{longest:?}"
    );
    let told = |words: &str| {
        let found = given.problems(ProblemKind::Damage);
        found
            .filter(|problem| problem.reason.contains(words))
            .count()
    };
    assert_eq!(
        (told("longer than 16 MiB"), told("of a message are damaged")),
        (1, 1)
    );
}

#[test]
fn a_very_long_text_has_the_id_that_others_give_it() {
    let long = "很长 的话[图片]".repeat(6000);
    let body = format!(
        "2022-01-01 7:00:01 甲(10001)\r\n{long}\r\n\r\n2022-01-01 7:00:02 乙(10002)\r\n好\r\n\r\n"
    );
    let given = Given::of(body.as_bytes());
    let message = given.messages().next().unwrap();
    assert_eq!(
        message.id,
        MessageId::from_text(
            message.conversation,
            "10001",
            message.sent_at,
            Precision::Second,
            &comparable_text(&message.parts),
            0
        )
    );
}
