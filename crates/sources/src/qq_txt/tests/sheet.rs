//! What the fact sheet says, straight from its grammar.

use hutong_model::{
    AccountId, ConversationId, ConversationKind, Direction, PartKind, Platform, ProblemKind, Record,
};

use super::{Given, text};
use crate::qq_txt::QqTxt;
use crate::{Input, ReadOptions, Recognition, Source};

const TITLE: &str = "消息记录（此消息记录为文本格式，不支持重新导入）";
const BAR: &str = "================================================================";

fn export(sections: &[(&str, &str)]) -> String {
    let mut out = format!("\u{feff}{TITLE}\n\n");
    for (object, messages) in sections {
        out.push_str(&format!(
            "{BAR}\n消息分组:我的好友\n{BAR}\n消息对象:{object}\n{BAR}\n\n{messages}"
        ));
    }
    out.replace('\n', "\r\n")
}

fn owned(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    lines
        .iter()
        .map(|(time, name, text)| ((*time).to_owned(), (*name).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn a_group_shows_numbers_and_mail() {
    let given = Given::of(
        export(&[(
            "灯塔（PST 8pm | BJT 11am）",
            "2019-09-23 20:43:38 骰娘-Roll100(87200175)\n1\n\n\
             2019-09-23 20:43:38 系统消息(10000)\n[图片]2\n\n\
             2019-09-23 20:44:09 系统消息(1000000)\n小满加入本群。\n\n\
             2019-09-23 20:46:18 暗夜(28084825)\n\n\
             2019-09-23 20:49:12 (10001234)\n3\n\n4\n\n\
             2019-09-23 21:49:12 【管理员】（*´▽｀)ノ)<indo@example.com>\n[图片]\n\n",
        )])
        .as_bytes(),
    );
    assert_eq!(
        given.lines(),
        owned(&[
            ("2019-09-23T12:43:38", "骰娘-Roll100", "1"),
            ("2019-09-23T12:43:38", "", "[图片]2"),
            ("2019-09-23T12:44:09", "", "小满加入本群。"),
            ("2019-09-23T12:46:18", "暗夜", ""),
            ("2019-09-23T12:49:12", "", "3\n\n4"),
            ("2019-09-23T13:49:12", "【管理员】（*´▽｀)ノ)", "<image>"),
        ])
    );
    let conversation = ConversationId::named(
        &Platform::Qq,
        ConversationKind::Group,
        "灯塔（PST 8pm | BJT 11am）",
    );
    let messages: Vec<_> = given.messages().collect();
    assert!(
        messages
            .iter()
            .all(|message| message.conversation == conversation)
    );
    assert_eq!(
        messages[0].sender,
        Some(AccountId::new(&Platform::Qq, "87200175"))
    );
    assert_eq!(messages[1].sender, None);
    assert_eq!(messages[1].direction, Direction::None);
    assert_eq!(messages[1].kind(), PartKind::System);
    assert_eq!(
        messages[5].sender,
        Some(AccountId::new(&Platform::Qq, "indo@example.com"))
    );
    assert_eq!(messages[1].order, 1);
    assert_eq!(given.problems(ProblemKind::Damage).count(), 0);
}

#[test]
fn the_english_clock() {
    let text = export(&[(
        "灯塔",
        "2019-09-23 8:43:38 PM 骰娘(87200175)\n1\n\n2019-09-24 12:00:01 AM 暗夜(28084825)\n2\n\n\
         2019-09-24 12:00:01 PM 暗夜(28084825)\n3\n\n",
    )]);
    let times: Vec<String> = Given::of(text.as_bytes())
        .lines()
        .into_iter()
        .map(|(time, ..)| time)
        .collect();
    assert_eq!(
        times,
        [
            "2019-09-23T12:43:38",
            "2019-09-23T16:00:01",
            "2019-09-24T04:00:01"
        ]
    );
}

#[test]
fn a_chat_between_two_has_names_only() {
    let text = export(&[
        (
            "小满",
            "2019-09-23 8:43:38 小满\n在吗\n\n2019-09-23 8:44:00 我是谁\n在\n\n",
        ),
        (
            "老友(123456)",
            "2019-09-23 8:43:38 老友(123456)\n在吗\n\n2019-09-23 8:44:00 我是谁\n在\n\n",
        ),
    ]);
    let given = Given::of(text.as_bytes());
    let directions: Vec<Direction> = given.messages().map(|message| message.direction).collect();
    assert_eq!(
        directions,
        [Direction::In, Direction::Out, Direction::In, Direction::Out]
    );
    let conversation = ConversationId::named(&Platform::Qq, ConversationKind::Direct, "小满");
    let record = given
        .collected
        .records
        .iter()
        .find_map(|record| match record {
            Record::Conversation(record) if record.id == conversation => Some(record),
            _ => None,
        })
        .unwrap();
    assert_eq!(record.peer, Some(AccountId::named(conversation, "小满")));
    assert_eq!(record.owner, Some(AccountId::named(conversation, "我是谁")));

    // The owner's number changes who the owner is, not which messages there are.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), &text).unwrap();
    let options = ReadOptions {
        account: Some("10001".to_owned()),
        ..ReadOptions::default()
    };
    let named = Given::read(&folder.path().join("a"), &options);
    let ids = |given: &Given| {
        given
            .messages()
            .map(|message| message.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&named), ids(&given));
    assert_eq!(
        named.messages().nth(1).unwrap().sender,
        Some(AccountId::new(&Platform::Qq, "10001"))
    );
}

#[test]
fn every_encoding_and_line_end_gives_the_same() {
    let text = export(&[(
        "灯塔",
        "2019-09-23 8:43:38 骰娘(87200175)\n第一行\n\n第二行\n\n2019-09-23 8:44:00 暗夜(28084825)\n好🌙\n\n",
    )]);
    let plain = text.trim_start_matches('\u{feff}').to_owned();
    let expected = Given::of(text.as_bytes()).lines();
    assert_eq!(expected.len(), 2);
    assert_eq!(expected[0].2, "第一行\n\n第二行");
    let utf16 = |text: &str, turn: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(turn).collect::<Vec<u8>>()
    };
    let variants = [
        plain.clone().into_bytes(),
        plain.replace("\r\n", "\n").into_bytes(),
        plain.replace("\r\n", "\r").into_bytes(),
        plain.replace("\r\n", "\r\r\n").into_bytes(),
        // A part of the file went through a careless conversion.
        plain
            .replacen("第一行\r\n\r\n", "第一行\r\r\n\r\r\n", 1)
            .into_bytes(),
        utf16(&text, u16::to_le_bytes),
        utf16(&text, u16::to_be_bytes),
        utf16(&plain, u16::to_le_bytes),
        utf16(&plain, u16::to_be_bytes),
        encoding_rs::GB18030.encode(&plain).0.into_owned(),
    ];
    for (number, bytes) in variants.into_iter().enumerate() {
        assert_eq!(Given::of(&bytes).lines(), expected, "variant {number}");
    }
}

#[test]
fn a_file_without_blank_lines_or_bars_is_read() {
    let text = format!(
        "{TITLE}\n消息对象:Project Team\n2024-01-02 03:04:05 【管理员】Alice(10001)\nhello qq\n\
         2024-01-02 03:05:06 Bob(10002)\n[图片]\n"
    );
    let given = Given::of(text.as_bytes());
    assert_eq!(
        given.lines(),
        owned(&[
            ("2024-01-01T19:04:05", "【管理员】Alice", "hello qq"),
            ("2024-01-01T19:05:06", "Bob", "<image>"),
        ])
    );
    let bare = "2022-05-10 11:28:25 Alice(12345)\nfirst\n2022-05-10 11:29:26 Bob<67890>\nsecond";
    let given = Given::of(bare.as_bytes());
    assert_eq!(given.lines().len(), 2);
    assert!(
        given
            .problems(ProblemKind::Note)
            .any(|problem| problem.reason.contains("without a line end"))
    );
}

#[test]
fn one_blank_line_in_a_file_without_them_changes_nothing() {
    let mut text = format!("{TITLE}\n消息对象:灯塔\n");
    for minute in 0..30 {
        text.push_str(&format!(
            "2024-01-02 03:{minute:02}:05 Alice(10001)\nhello {minute}\n"
        ));
    }
    text.push_str(
        "看：\n\n2019-01-02 03:04:05 Bob(10002)\n旧\n2024-01-02 04:00:00 Bob(10002)\n好\n",
    );
    assert_eq!(Given::of(text.as_bytes()).lines().len(), 31);
}

#[test]
fn a_long_pasted_log_with_other_line_ends_stays_in_its_message() {
    let mut text = export(&[("灯塔", "")]);
    for minute in 0..60 {
        text.push_str(&format!(
            "2024-01-02 3:{minute:02}:05 Alice(10001)\r\nhello\r\n"
        ));
        if minute == 30 {
            for old in 0..59 {
                text.push_str(&format!("\n2020-01-01 8:{old:02}:00 Bob(10002)\nold\n"));
            }
            text.push_str("end\r\n");
        }
        text.push_str("\r\n");
    }
    // Real headers are not 95 of 100 here, but the pasted ones are older by years and come back.
    let given = Given::of(text.as_bytes());
    assert!(
        given
            .lines()
            .iter()
            .filter(|line| line.2.starts_with("hello"))
            .count()
            == 60
    );
}

#[test]
fn pasted_headers_stay_in_the_body_and_are_listed() {
    let text = export(&[(
        "灯塔",
        "2020-05-10 11:28:25 甲(10001)\n看这个：\n\n2019-01-01 10:00:00 乙(10002)\n旧话\n2020-05-10 11:28:20 乙(10002)\n\n\
         2020-05-10 11:28:25\n\n2020-05-10 11:30:00 乙(10002)\n看到了\n\n",
    )]);
    let given = Given::of(text.as_bytes());
    assert_eq!(given.lines().len(), 2);
    assert_eq!(
        given.lines()[0].2,
        "看这个：\n\n2019-01-01 10:00:00 乙(10002)\n旧话\n2020-05-10 11:28:20 乙(10002)\n\n2020-05-10 11:28:25"
    );
    let listed = given
        .problems(ProblemKind::Note)
        .filter(|problem| problem.reason.contains("looks like the beginning"))
        .count();
    assert_eq!(listed, 2);
}

#[test]
fn sections_that_are_empty_repeated_or_run_together() {
    let one = export(&[
        ("空", ""),
        (
            "小满",
            "2019-09-23 8:43:38 小满\n在吗\n\n2019-09-23 8:44:00 我\n在\n\n",
        ),
    ]);
    let other = export(&[("小满", "2019-09-23 8:43:38 小满\n在吗\n\n")]);
    let given = Given::of(format!("{one}{other}").as_bytes());
    let ids: Vec<_> = given.messages().map(|message| message.id).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[0], ids[2]);
    // A bar in a message is a message.
    let text = export(&[(
        "小满",
        &format!("2019-09-23 8:43:38 小满\n\n{BAR}\n消息分组:x\n你好\n\n"),
    )]);
    let given = Given::of(text.as_bytes());
    assert_eq!(text_of_first(&given), format!("{BAR}\n消息分组:x\n你好"));
}

fn text_of_first(given: &Given) -> String {
    given.messages().next().map(text).unwrap()
}

#[test]
fn text_before_the_first_message_is_told() {
    let text = export(&[("小满", "的后半句\n\n2019-09-23 8:43:38 小满\n在吗\n\n")]);
    let given = Given::of(text.as_bytes());
    assert_eq!(given.lines().len(), 1);
    assert_eq!(given.problems(ProblemKind::Damage).count(), 1);
}

#[test]
fn exports_are_told_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anything.dat");
    let recognition = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let by_file = QqTxt.recognize(&Input::open(&path).unwrap());
        let by_folder = QqTxt.recognize(&Input::open(folder.path()).unwrap());
        assert_eq!(
            by_file == Recognition::No || matches!(by_file, Recognition::Maybe(_)),
            by_folder == Recognition::No
        );
        by_file
    };
    let text = export(&[("灯塔", "2019-09-23 8:43:38 骰娘(87200175)\n1\n\n")]);
    assert!(matches!(recognition(text.as_bytes()), Recognition::Yes(_)));
    let gb = encoding_rs::GB18030
        .encode(text.trim_start_matches('\u{feff}'))
        .0
        .into_owned();
    assert!(matches!(recognition(&gb), Recognition::Yes(_)));
    let bare = "2022-05-10 11:28:25 Alice(12345)\nfirst\n";
    assert!(matches!(recognition(bare.as_bytes()), Recognition::Yes(_)));
    let names = "2022-05-10 11:28:25 Alice\nfirst\n\n2022-05-10 11:28:26 Bob\nsecond\n";
    assert!(matches!(
        recognition(names.as_bytes()),
        Recognition::Maybe(_)
    ));
    for other in [
        &b"hello\n"[..],
        b"",
        b"{\"a\": 1}",
        b"SQLite format 3\0\x10\0",
        b"[2022-05-10 11:28:25] INFO start\n[2022-05-10 11:28:26] INFO end\n",
    ] {
        assert_eq!(recognition(other), Recognition::No, "{other:?}");
    }
}
