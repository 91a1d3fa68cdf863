//! What is written is read back, whatever people wrote into their messages.

use proptest::prelude::*;

use super::Given;

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
