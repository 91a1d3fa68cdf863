//! Logs of games and groups, as parsers of such logs meet them: what decision 7 of the fact sheet asks for.

use std::fmt::Write as _;

use hutong_model::{ConversationKind, Direction, PartKind, ProblemKind, Record};

use super::super::QqTxt;
use super::{Given, text};
use crate::{Input, Recognition, Source};

const TITLE: &str = "消息记录（此消息记录为文本格式，不支持重新导入）";
const BAR: &str = "================================================================";

fn heading(object: &str) -> String {
    format!("{TITLE}\n\n{BAR}\n消息分组:我的QQ群\n{BAR}\n消息对象：{object}\n{BAR}\n\n")
}

/// Name, id and text of each of the people that such logs hold.
const PEOPLE: &[(&str, &str)] = &[
    ("骰娘-Roll100(87200175)", "骰娘-Roll100"),
    ("(A(123123)", "(A"),
    ("(B)(456456)", "(B)"),
    (
        "【群主】【龙与地下城】白 夜 (28084825)",
        "【群主】【龙与地下城】白 夜",
    ),
    ("（*´▽｀)ノ)<indo@example.com>", "（*´▽｀)ノ)"),
    ("<3 星(｡･ω･｡)ﾉ♡<a.b+c@mail.example>", "<3 星(｡･ω･｡)ﾉ♡"),
    ("PL_2021-01-01 8:00:00(1234567)", "PL_2021-01-01 8:00:00"),
    ("(10001234)", ""),
    ("系统消息(10000)", ""),
    ("系统消息(1000000)", ""),
    ("PM 部长(223344)", "PM 部长"),
];

const BODIES: &[&str] = &[
    "你好",
    "",
    "[图片]",
    "看[图片][表情]",
    ".ra 侦查 60\n\n「白夜」进行检定: D100=23/60 成功",
    "2019-09-23 8:43:38",
    "\n\n前后都空\n\n",
    "================================================================",
    "【1】(二)<三>",
    "甲: 2019-09-23 乙",
    "2019-09-23 8:43:38 ",
    "/微笑 http://a.example/?a=b&c=d",
];

fn log(half: bool, count: usize) -> (String, Vec<(String, String)>) {
    let mut out = heading("跑团（PST 8pm | BJT 11am）");
    let mut truth = Vec::new();
    for number in 0..count {
        let (sender, name) = PEOPLE[number % PEOPLE.len()];
        let body = BODIES[number % BODIES.len()];
        let minute = number / 3;
        let (day, hour) = (1 + minute / 1440, minute / 60 % 24);
        let clock = if half {
            let word = if hour < 12 { "AM" } else { "PM" };
            format!(
                "{}:{:02}:{:02} {word}",
                (hour + 11) % 12 + 1,
                minute % 60,
                number % 3
            )
        } else {
            format!("{hour}:{:02}:{:02}", minute % 60, number % 3)
        };
        let _ = write!(out, "2019-09-{day:02} {clock} {sender}\n{body}\n\n");
        let body = match body {
            "[图片]" if name.is_empty() && sender.starts_with('系') => "<system><image>",
            "[图片]" => "<image>",
            "2019-09-23 8:43:38 " => body,
            other => other.trim_matches('\n'),
        };
        truth.push((name.to_owned(), body.to_owned()));
    }
    (out, truth)
}

#[test]
fn no_message_of_a_long_log_is_lost_or_split() {
    for half in [false, true] {
        let (log, truth) = log(half, 3089);
        for text_of_file in [
            log.replace('\n', "\r\n"),
            log.clone(),
            log.replace('\n', "\r"),
        ] {
            let given = Given::of(text_of_file.as_bytes());
            let read: Vec<(String, String)> = given
                .messages()
                .map(|message| {
                    let words = if message.kind() == PartKind::System && message.parts.len() > 1 {
                        "<system><image>".to_owned()
                    } else {
                        text(message)
                    };
                    (message.sender_name.clone().unwrap_or_default(), words)
                })
                .collect();
            for (at, (one, other)) in read.iter().zip(&truth).enumerate() {
                assert_eq!(one, other, "message {at}, half {half}");
            }
            assert_eq!(read.len(), 3089);
            assert_eq!(given.problems(ProblemKind::Damage).count(), 0);
        }
    }
}

#[test]
fn a_pasted_conversation_stays_in_its_message_however_lines_end() {
    let mut out = heading("灯塔");
    for number in 0..40 {
        let _ = write!(
            out,
            "2021-05-01 10:{number:02}:00 甲(10001)\r\n第{number}句\r\n\r\n"
        );
        if number == 20 {
            // Behind blank lines, with every line end there is, older by years.
            out.push_str(
                "2021-05-01 10:20:30 乙(10002)\r\n贴一下：\r\n\r\n2018-01-01 9:00:00 丙(10003)\r\n旧一\n\n\
                 2018-01-01 9:00:05 丁<old@mail.example>\n旧二\r\r2018-01-01 9:00:09 丙(10003)\r旧三\r\n\r\n",
            );
        }
    }
    let given = Given::of(out.as_bytes());
    let lines = given.lines();
    assert_eq!(lines.len(), 41);
    assert_eq!(
        lines[21].2,
        "贴一下：\n\n2018-01-01 9:00:00 丙(10003)\n旧一\n\n2018-01-01 9:00:05 丁<old@mail.example>\n旧二\n\n2018-01-01 9:00:09 丙(10003)\n旧三"
    );
    let listed = given
        .problems(ProblemKind::Note)
        .filter(|problem| problem.reason.contains("looks like the beginning"))
        .count();
    assert_eq!(listed, 3);
}

#[test]
fn a_time_long_before_1970_is_read() {
    let out = format!(
        "{}1883-03-07 12:00:00 甲(10001)\n很久以前\n\n1883-03-07 12:00:01 系统消息(10000)\n\n2019-01-01 0:00:00 甲(10001)\n现在\n\n",
        heading("灯塔")
    );
    let given = Given::of(out.as_bytes());
    let messages: Vec<_> = given.messages().collect();
    assert_eq!(messages.len(), 3);
    assert!(messages[0].sent_at.0 < 0);
    assert!(
        messages[0]
            .sent_at
            .to_rfc3339()
            .starts_with("1883-03-07T03:5")
            || messages[0]
                .sent_at
                .to_rfc3339()
                .starts_with("1883-03-07T04:0")
    );
    assert_eq!(
        (messages[1].direction, messages[1].kind()),
        (Direction::None, PartKind::System)
    );
}

#[test]
fn copies_without_title_and_sections_without_blank_lines() {
    let copy = "2020-02-14 21:16:13 甲(10001)\n在\n\n2020-02-14 21:17:00 (10002)\n\n2020-02-14 21:18:00 乙<x@y.example>\n好\n\n";
    assert_eq!(Given::of(copy.as_bytes()).lines().len(), 3);
    let mut tight = format!("{TITLE}\n");
    for object in ["一", "二"] {
        let _ = write!(
            tight,
            "{BAR}\n消息分组: 我的QQ群\n{BAR}\n消息对象： {object}\n{BAR}\n"
        );
        for minute in 0..12 {
            let _ = write!(
                tight,
                "2020-02-14 21:{minute:02}:13 甲(10001)\n在{minute}\n"
            );
        }
    }
    let given = Given::of(tight.as_bytes());
    assert_eq!(given.lines().len(), 24);
    let chats: std::collections::HashSet<_> = given
        .messages()
        .map(|message| message.conversation)
        .collect();
    assert_eq!(chats.len(), 2);
    assert!(given.lines().iter().all(|line| !line.2.contains('=')));
}

const COPIED: &str = "小满 2024/5/1 10:00:00\r\n在吗\r\n明天 10:00 见\r\n\r\n阿海 2024/5/1 10:00:05\r\n在\r\n小满 2024/5/1 10:01:00\r\n[图片]\r\n";

#[test]
fn what_was_copied_out_of_a_window_is_read_when_it_is_named() {
    let given = Given::of(COPIED.as_bytes());
    let line = |time: &str, name: &str, text: &str| {
        (
            format!("2024-05-01T{time}"),
            name.to_owned(),
            text.to_owned(),
        )
    };
    assert_eq!(
        given.lines(),
        [
            line("02:00:00", "小满", "在吗\n明天 10:00 见"),
            line("02:00:05", "阿海", "在"),
            line("02:01:00", "小满", "<image>"),
        ]
    );
    // Nothing tells whose copy it is.
    assert!(given.messages().all(|it| it.direction == Direction::None));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, COPIED).unwrap();
    let of = |path| QqTxt.recognize(&Input::open(path).unwrap());
    assert!(matches!(of(&path), Recognition::Maybe(_)));
    // Of a folder it is too little to go by.
    assert!(matches!(of(folder.path()), Recognition::No));
}

#[test]
fn rows_with_a_date_stand_above_what_was_copied_on_a_phone() {
    let given = Given::of(
        "— —  2020-2-21  — —\n小满  23:59:58 \n晚安\n— —  2020-2-22  — —\n阿海  00:00:03 \n早\n小麦  00:00:04 \n早\n".as_bytes(),
    );
    let times: Vec<String> = given.lines().into_iter().map(|line| line.0).collect();
    assert_eq!(
        times,
        [
            "2020-02-21T15:59:58",
            "2020-02-21T16:00:03",
            "2020-02-21T16:00:04"
        ]
    );
    let words: Vec<String> = given.lines().into_iter().map(|line| line.2).collect();
    assert_eq!(words, ["晚安", "早", "早"]);
    // Three names make a group.
    assert!(given.collected.records.iter().any(
        |record| matches!(record, Record::Conversation(chat) if chat.kind == ConversationKind::Group)
    ));
}

#[test]
fn words_with_a_time_behind_them_are_no_copied_window() {
    for text in [
        "购物清单\n牛奶 2024/5/1 10:00:00\n面包 2024/5/1 10:00:01\n",
        "牛奶 2024/5/1 10:00:00\n面包\n",
        "a log 2024/5/1\nb log 2024/5/2\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, text).unwrap();
        let recognition = QqTxt.recognize(&Input::open(&path).unwrap());
        assert!(matches!(recognition, Recognition::No), "{text}");
    }
}
