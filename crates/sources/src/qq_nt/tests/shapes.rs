//! Shapes that the fact sheet describes, built by hand.

use hutong_model::{
    CallKind, CallOutcome, Change, ConversationKind, Direction, Message, MessageId, NativeIdName,
    Part, PartKind, PaymentKind, Precision, Problem, ProblemKind, Record, State, SystemEvent,
    Timestamp, plain_text,
};

use super::Given;
use super::encode::{
    Database, FRIEND, FRIEND_UIN, GROUP, OWNER, OWNER_UIN, Proto, START, body, cached, cell,
    element, id, tip, words,
};
use crate::ReadOptions;
use crate::qq_nt::decode::{Element, Elements, Text};

fn options() -> ReadOptions {
    ReadOptions {
        account: Some(OWNER_UIN.to_string()),
        ..ReadOptions::default()
    }
}

/// Reads what `fill` put into a plain `nt_msg.db`.
fn read_with(options: &ReadOptions, fill: impl FnOnce(&Database)) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(&folder.path().join("nt_msg.db"));
    fill(&database);
    drop(database);
    let given = Given::read(folder.path(), options);
    given.assert_order();
    given
}

fn read(fill: impl FnOnce(&Database)) -> Given {
    read_with(&options(), fill)
}

/// The message of row `number`.
fn message(given: &Given, number: i64) -> &Message {
    given
        .messages()
        .find(|message| message.row() == Some(id(number)))
        .unwrap()
}

/// The parts of one row between two.
fn parts(elements: &[Proto]) -> Vec<Part> {
    let given = read(|database| database.private(0, false, elements, Vec::new()));
    message(&given, 0).parts.clone()
}

fn serious(given: &Given) -> Vec<&Problem> {
    given
        .collected
        .problems
        .iter()
        .filter(|problem| problem.kind != ProblemKind::Note)
        .collect()
}

fn names(given: &Given, message: &Message) -> Option<String> {
    message
        .sender
        .map(|sender| given.accounts[&sender].native_id.clone())
}

#[test]
fn the_published_example_is_a_greeting() {
    let bytes = hex::decode("82f6131ec8fc1581808a85e3d6dacc65d0fc1501ea821606e4bda0e5a5bdf0821600")
        .unwrap();
    let elements: Vec<Element<'_>> = Elements::new(&bytes).collect();
    assert_eq!(elements.len(), 1);
    assert_eq!(elements[0].kind, Some(1));
    assert_eq!(Text::read(elements[0].raw).text, Some("你好".as_bytes()));
    assert_eq!(bytes, body(&[words("你好")]));
}

#[test]
fn who_wrote_a_row_decides_its_direction() {
    let given = read(|database| {
        database.private(0, true, &[words("mine")], Vec::new());
        database.private(1, false, &[words("theirs")], Vec::new());
        // Moved from an old client: no uid, a midnight as send type, the number only in the name.
        let midnight = START / 86_400 * 86_400;
        let old = |name: &str, uin: i64| {
            vec![
                cell(40003, 0),
                cell(40013, midnight),
                cell(40020, ""),
                cell(40033, uin),
                cell(40090, name.to_owned()),
            ]
        };
        database.private(2, false, &[words("old, mine")], old("我(10001)", OWNER_UIN));
        database.private(3, false, &[words("old, theirs")], old("小(李)(20002)", 0));
        database.private(
            4,
            false,
            &[words("by mail")],
            old("小王<wang@example.com>", 0),
        );
    });
    let direction = |number| message(&given, number).direction;
    assert_eq!(
        [0, 1, 2, 3, 4].map(direction),
        [
            Direction::Out,
            Direction::In,
            Direction::Out,
            Direction::In,
            Direction::In
        ]
    );
    assert_eq!(message(&given, 2).sender_name.as_deref(), Some("我"));
    assert_eq!(message(&given, 3).sender_name.as_deref(), Some("小(李)"));
    assert_eq!(names(&given, message(&given, 3)).as_deref(), Some("20002"));
    assert_eq!(
        names(&given, message(&given, 4)).as_deref(),
        Some("wang@example.com")
    );
    assert_eq!(given.conversations.len(), 1);
}

#[test]
fn a_bracket_in_a_card_of_today_is_part_of_the_card() {
    let given =
        read(|database| database.group(0, &[words("x")], vec![cell(40090, "阿明(1234567)")]));
    assert_eq!(
        message(&given, 0).sender_name.as_deref(),
        Some("阿明(1234567)")
    );
    assert_eq!(names(&given, message(&given, 0)).as_deref(), Some("20002"));
}

#[test]
fn uid_and_number_are_one_person_whichever_row_comes_first() {
    let given = read(|database| {
        // The number of this uid stands only in a later row, and a row before it has the number alone.
        database.group(0, &[words("a")], vec![cell(40020, ""), cell(40033, 30_003)]);
        database.group(
            1,
            &[words("b")],
            vec![cell(40020, "u_third"), cell(40033, 0)],
        );
        database.group(
            2,
            &[words("c")],
            vec![cell(40020, "u_third"), cell(40033, 30_003)],
        );
        database.group(
            3,
            &[words("d")],
            vec![cell(40020, "u_never"), cell(40033, 0)],
        );
    });
    let senders: Vec<_> = (0..3)
        .map(|number| message(&given, number).sender.unwrap())
        .collect();
    assert!(senders.iter().all(|sender| *sender == senders[0]));
    assert_eq!(given.accounts[&senders[0]].native_id, "30003");
    assert_eq!(
        given.accounts[&senders[0]].second_id.as_deref(),
        Some("u_third")
    );
    assert_eq!(
        names(&given, message(&given, 3)).as_deref(),
        Some("u_never")
    );
}

#[test]
fn the_owner_is_found_in_the_rows_when_nothing_else_tells() {
    let given = read_with(&ReadOptions::default(), |database| {
        database.private(0, false, &[words("theirs")], Vec::new());
        database.private(1, true, &[words("mine")], Vec::new());
    });
    let owner = given
        .accounts
        .values()
        .find(|account| account.is_owner)
        .unwrap();
    assert_eq!(
        (owner.native_id.as_str(), owner.second_id.as_deref()),
        ("10001", Some(OWNER))
    );
    assert_eq!(message(&given, 1).direction, Direction::Out);
}

#[test]
fn conversations_have_their_kinds_and_ids() {
    let given = read(|database| {
        database.group(0, &[words("x")], vec![cell(40030, 0)]);
        let in_table = |table: &str, number: i64, over: Vec<_>| {
            let mut cells = vec![
                cell(40001, id(number)),
                cell(40011, 2),
                cell(40020, OWNER),
                cell(40033, OWNER_UIN),
                cell(40050, START + number),
                cell(40800, body(&[words("x")])),
            ];
            cells.extend(over);
            database.insert(table, &cells);
        };
        in_table(
            "dataline_msg_table",
            1,
            vec![
                cell(40010, 8),
                cell(40021, "u_phone"),
                cell(40030, OWNER_UIN),
            ],
        );
        in_table(
            "discuss_msg_table",
            2,
            vec![
                cell(40010, 3),
                cell(40027, 55),
                cell(40030, 55),
                cell(40094, "夜谈"),
            ],
        );
        in_table(
            "service_assistant_msg_table",
            3,
            vec![cell(40010, 118), cell(40021, "u_service"), cell(40030, 66)],
        );
        in_table(
            "c2c_temp_msg_table",
            4,
            vec![cell(40010, 100), cell(40021, "u_temp"), cell(40030, 77_007)],
        );
        let notice = tip(15).text(47502, "700100");
        in_table(
            "c2c_temp_msg_table",
            5,
            vec![cell(40010, 100), cell(40021, "u_temp"), cell(40030, 77_007)],
        );
        database
            .0
            .execute(
                "UPDATE c2c_temp_msg_table SET [40800]=?1, [40011]=5, [40012]=15 WHERE [40001]=?2",
                (body(&[notice]), id(5)),
            )
            .unwrap();
    });
    let conversation = |number| given.conversations[&message(&given, number).conversation].clone();
    let described = |number| (conversation(number).kind, conversation(number).native_id);
    assert_eq!(described(0), (ConversationKind::Group, GROUP.to_string()));
    assert_eq!(
        described(1),
        (ConversationKind::Device, "u_phone".to_owned())
    );
    assert_eq!(message(&given, 1).direction, Direction::Out);
    assert_eq!(
        described(2),
        (ConversationKind::Group, "discuss:55".to_owned())
    );
    assert_eq!(conversation(2).name.as_deref(), Some("夜谈"));
    assert_eq!(
        described(3),
        (ConversationKind::Official, "u_service".to_owned())
    );
    assert_eq!(
        described(4),
        (ConversationKind::Direct, "u_temp".to_owned())
    );
    assert_eq!(conversation(4).context.as_deref(), Some("700100"));
}

#[test]
fn a_message_has_its_ids_and_order() {
    let given = read(|database| {
        database.group(0, &[words("a")], vec![cell(40050, START), cell(40003, 9)]);
        database.group(1, &[words("b")], vec![cell(40050, START), cell(40003, 8)]);
        database.group(2, &[words("c")], vec![cell(40050, START), cell(40003, 0)]);
        database.group(
            3,
            &[words("d")],
            vec![cell(40050, START), cell(40003, 0), cell(40002, 0)],
        );
    });
    let mut ordered: Vec<&Message> = given.messages().collect();
    ordered.sort_by_key(|message| (message.sent_at, message.order));
    let text: String = ordered
        .iter()
        .map(|message| plain_text(&message.parts))
        .collect();
    assert_eq!(text, "cdba");
    let first = message(&given, 0);
    assert_eq!(
        first.id,
        MessageId::new(first.conversation, "message", &[&id(0).to_le_bytes()])
    );
    assert_eq!(
        first.lookup_keys,
        [MessageId::new(
            first.conversation,
            "sequence",
            &[&9_i64.to_le_bytes()]
        )]
    );
    assert_eq!(message(&given, 3).native_ids.len(), 1);
    assert_eq!(
        message(&given, 3).native_ids[0].name,
        NativeIdName::MessageId
    );
}

#[test]
fn text_keeps_its_faces_mentions_and_line_breaks() {
    let given = read(|database| {
        let at = element(1)
            .text(45101, "@小李 ")
            .number(45102, 2)
            .number(45103, 20_002)
            .text(45105, FRIEND);
        let all = element(1).text(45101, "@全体成员 ").number(45102, 1);
        let face = element(6)
            .number(45003, 1)
            .number(47601, 264)
            .text(47602, "/捂脸");
        let bare_face = element(6).number(47601, 14);
        database.group(
            0,
            &[words("一\r二\0三\r\n"), at, all, face, bare_face],
            Vec::new(),
        );
    });
    let Part::Text(text) = &message(&given, 0).parts[0] else {
        panic!()
    };
    assert_eq!(text.text, "一\n二\n三\n@小李 @全体成员 /捂脸/微笑");
    assert_eq!(text.mentions.len(), 2);
    assert_eq!(
        (
            text.mentions[0].name.as_str(),
            text.mentions[0].native_id.as_deref()
        ),
        ("@小李", Some("20002"))
    );
    assert!(text.mentions[1].is_everyone && text.mentions[1].account.is_none());
    assert_eq!(message(&given, 0).parts.len(), 1);
}

#[test]
fn faces_that_stand_alone_are_stickers_with_their_result() {
    let dice = element(6)
        .number(45003, 3)
        .number(47601, 358)
        .text(47602, "/骰子")
        .text(47607, "4");
    let found = parts(std::slice::from_ref(&dice));
    let Part::Sticker(sticker) = &found[0] else {
        panic!()
    };
    assert_eq!(
        (sticker.meaning.as_deref(), sticker.result.as_deref()),
        (Some("骰子"), Some("4"))
    );
    assert_eq!(plain_text(&parts(&[words("看"), dice])), "看/骰子");
    let numeric = element(6)
        .number(45003, 3)
        .number(47601, 359)
        .number(47607, 2);
    let Part::Sticker(sticker) = &parts(&[numeric])[0] else {
        panic!()
    };
    assert_eq!(sticker.result.as_deref(), Some("2"));
    let plain = element(6)
        .number(45003, 2)
        .number(47601, 76)
        .text(47602, "/赞");
    assert_eq!(parts(&[plain]), [Part::text("/赞")]);
    let poke = element(6).number(45003, 5).text(47612, "戳一戳");
    assert_eq!(parts(&[poke])[0].kind(), PartKind::Nudge);
}

#[test]
fn pictures_state_what_is_known_of_them() {
    let picture = element(2)
        .number(45003, 0)
        .text(45402, "{AB}.jpg")
        .number(45405, 1234)
        .bytes(45406, &[0xAB; 16])
        .number(45411, 640)
        .number(45412, 480)
        .number(45416, 1000)
        .number(45829, 1)
        .text(45804, "/download?fileid=1")
        .text(45816, "multimedia.nt.qq.com.cn");
    let Part::Image(image) = &parts(&[picture])[0] else {
        panic!()
    };
    assert_eq!(
        image.attachment.native_digest.as_deref(),
        Some("ab".repeat(16).as_str())
    );
    assert_eq!(
        image.attachment.url.as_deref(),
        Some("https://multimedia.nt.qq.com.cn/download?fileid=1")
    );
    assert_eq!(image.attachment.media_type.as_deref(), Some("image/jpeg"));
    assert_eq!(
        (image.width, image.height, image.is_flash),
        (Some(640), Some(480), true)
    );
    let custom = element(2)
        .number(45003, 1)
        .text(45424, &"CD".repeat(16))
        .text(45815, "[动画表情]");
    let Part::Sticker(sticker) = &parts(&[custom])[0] else {
        panic!()
    };
    assert_eq!(
        sticker.attachment.native_digest.as_deref(),
        Some("cd".repeat(16).as_str())
    );
    assert_eq!(sticker.meaning, None);
    let favourite =
        read(|database| database.private(0, false, &[element(2)], vec![cell(40012, 4096)]));
    assert_eq!(message(&favourite, 0).kind(), PartKind::Sticker);
}

#[test]
fn voices_films_and_files_have_lengths_and_names() {
    let voice = element(4)
        .text(45402, "a.amr")
        .number(45906, 7)
        .text(45923, "你好");
    let Part::Voice(voice) = &parts(&[voice])[0] else {
        panic!()
    };
    assert_eq!(
        (voice.duration_ms, voice.transcript.as_deref()),
        (Some(7000), Some("你好"))
    );
    let film = element(5)
        .text(45402, "a.mp4")
        .number(45410, 9)
        .number(45413, 720)
        .number(45414, 1280);
    let Part::Video(film) = &parts(&[film])[0] else {
        panic!()
    };
    assert_eq!(
        (film.duration_ms, film.width, film.height),
        (Some(9000), Some(720), Some(1280))
    );
    for kind in [3, 23, 30] {
        let file = element(kind)
            .text(45402, "first.docx")
            .text(45402, "second.docx")
            .number(45405, 5);
        let Part::File(file) = &parts(&[file])[0] else {
            panic!()
        };
        assert_eq!(
            (file.attachment.name.as_deref(), file.attachment.size_bytes),
            (Some("first.docx"), Some(5))
        );
    }
}

#[test]
fn a_reply_in_a_group_points_to_the_sequence() {
    let given = read(|database| {
        database.group(0, &[words("问题")], Vec::new());
        let snapshot = words("问题");
        let reply = element(7)
            .number(47402, 5000)
            .number(47403, 20_002)
            .number(47404, START.cast_unsigned())
            .text(47413, "问题")
            .text(47421, "小李")
            .nest(47423, &snapshot);
        database.group(
            1,
            &[reply, words("回答")],
            vec![cell(40011, 9), cell(40012, 33)],
        );
        database.group(
            2,
            &[words("column only")],
            vec![cell(40011, 9), cell(40850, 5000)],
        );
    });
    let reply = message(&given, 1);
    assert_eq!(reply.reply_to[0], message(&given, 0).lookup_keys[0]);
    assert_eq!(message(&given, 2).reply_to, message(&given, 0).lookup_keys);
    let Part::Quote(quote) = &reply.parts[0] else {
        panic!()
    };
    assert_eq!(quote.author_name.as_deref(), Some("小李"));
    assert_eq!(quote.author_native_id.as_deref(), Some("20002"));
    assert_eq!(quote.sent_at, Some(Timestamp::from_seconds(START)));
    assert_eq!(quote.parts, [Part::text("问题")]);
    assert_eq!(plain_text(&reply.parts), "回答");
}

#[test]
fn a_private_reply_is_tied_by_the_strongest_that_it_says() {
    let given = read(|database| {
        for (number, sequence) in [(0, 7), (1, 8), (2, 7), (3, 9), (8, 7)] {
            database.private(
                number,
                true,
                &[words("target")],
                vec![cell(40005, sequence)],
            );
        }
        let reply = |head: Proto| vec![head, words("answer")];
        let row = |over: Vec<_>| {
            let mut cells = vec![cell(40011, 9), cell(40005, 0)];
            cells.extend(over);
            cells
        };
        let by_id = element(7).number(47416, id(1).cast_unsigned());
        database.private(4, false, &reply(by_id), row(Vec::new()));
        let by_time = element(7)
            .number(47404, (START + 3).cast_unsigned())
            .number(47403, OWNER_UIN.cast_unsigned());
        database.private(5, false, &reply(by_time.clone()), row(vec![cell(40850, 9)]));
        database.private(6, false, &reply(by_time), row(Vec::new()));
        // Only the sequence, which began anew in between: the nearest earlier row is meant.
        database.private(7, false, &reply(element(7)), row(vec![cell(40850, 7)]));
    });
    let points_to = |from: i64, to: i64| {
        let target = message(&given, to);
        let keys = &message(&given, from).reply_to;
        let hit = keys.iter().find(|key| {
            given
                .messages()
                .any(|message| message.id == **key || message.lookup_keys.contains(key))
        });
        hit.is_some_and(|key| target.id == *key || target.lookup_keys.contains(key))
    };
    assert!(points_to(4, 1));
    assert!(points_to(5, 3));
    assert!(points_to(6, 3));
    assert!(points_to(7, 2));
}

#[test]
fn a_quote_without_snapshot_takes_the_cached_message() {
    let given = read(|database| {
        let head = Proto::default()
            .number(40001, 5)
            .text(40020, FRIEND)
            .number(40033, 20_002)
            .text(40093, "小李");
        let column = Proto::default()
            .nest(40900, &cached(head, &[words("缓存")], &[]))
            .0;
        let reply = element(7).number(47402, 1).text(47413, "摘要");
        database.group(
            0,
            &[reply.clone(), words("好")],
            vec![cell(40011, 9), cell(40900, column)],
        );
        let placeholder = vec![0xA2, 0xFC, 0x13, 0x00];
        database.group(
            1,
            &[reply, words("好")],
            vec![cell(40011, 9), cell(40900, placeholder)],
        );
    });
    let quoted = |number| match &message(&given, number).parts[0] {
        Part::Quote(quote) => plain_text(&quote.parts),
        _ => panic!(),
    };
    assert_eq!(quoted(0), "缓存");
    assert_eq!(quoted(1), "摘要");
}

#[test]
fn bundles_hold_their_messages_to_any_sensible_depth() {
    let forward = || {
        element(16).text(48601, "resid").text(
            48602,
            "<msg serviceID=\"35\" m_resid=\"r\" tSum=\"2\"><item><title>聊天记录</title><title>小李: 好</title>\
             <summary>查看2条转发消息</summary></item></msg>",
        )
    };
    let head = |number: u64| {
        Proto::default()
            .number(40001, number)
            .number(40033, 20_002)
            .number(40050, START.cast_unsigned())
            .text(40093, "小李")
    };
    let given = read(|database| {
        let mut column = Proto::default()
            .nest(40900, &cached(head(1), &[words("最里面")], &[]))
            .0;
        for number in 0..20 {
            column = Proto::default()
                .nest(40900, &cached(head(number), &[forward()], &column))
                .0;
        }
        database.group(0, &[forward()], vec![cell(40011, 8), cell(40900, column)]);
        let two = Proto::default()
            .nest(40900, &cached(head(1), &[words("一")], &[]))
            .nest(
                40900,
                &cached(head(2), &[element(2).text(45402, "a.jpg")], &[]),
            )
            .0;
        database.group(1, &[forward()], vec![cell(40011, 8), cell(40900, two)]);
        database.group(2, &[forward()], vec![cell(40011, 8)]);
    });
    let bundle = |number| match &message(&given, number).parts[0] {
        Part::Forward(forward) => forward.clone(),
        other => panic!("{other:?}"),
    };
    let two = bundle(1);
    assert_eq!(
        (two.title.as_deref(), two.stated_count),
        (Some("聊天记录"), Some(2))
    );
    assert_eq!(two.summary, ["小李: 好"]);
    assert_eq!(two.native_id.as_deref(), Some("resid"));
    assert_eq!(two.messages.len(), 2);
    assert_eq!(two.messages[0].sender_native_id.as_deref(), Some("20002"));
    assert_eq!(two.messages[0].parts, [Part::text("一")]);
    assert_eq!(two.messages[1].parts[0].kind(), PartKind::Image);
    assert!(bundle(2).messages.is_empty() && bundle(2).raw.is_some());
    let mut depth = 0;
    let mut inner = *bundle(0);
    while let Some(Part::Forward(deeper)) = inner
        .messages
        .into_iter()
        .flat_map(|message| message.parts)
        .next()
    {
        inner = *deeper;
        depth += 1;
    }
    assert_eq!(depth, 16);
    assert!(
        given
            .collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("nested"))
    );
}

#[test]
fn cards_become_what_they_show() {
    let kind = |json: &str| parts(&[element(10).text(47901, json)])[0].clone();
    let Part::Link(link) = kind(
        r#"{"app":"com.tencent.structmsg","view":"news","prompt":"[分享]标题","meta":{"news":{"title":"标题","desc":"摘要","jumpUrl":"https://e.example/1","tag":"报"}}}"#,
    ) else {
        panic!()
    };
    assert_eq!(
        (link.title.as_deref(), link.url.as_deref()),
        (Some("标题"), Some("https://e.example/1"))
    );
    let Part::Place(place) = kind(
        r#"{"app":"com.tencent.map","view":"LocationShare","meta":{"Location.Search":{"name":"公园","address":"路 1 号","lat":31.23,"lng":"121.47"}}}"#,
    ) else {
        panic!()
    };
    assert_eq!(
        (place.latitude.as_deref(), place.longitude.as_deref()),
        (Some("31.23"), Some("121.47"))
    );
    let Part::Contact(contact) = kind(
        r#"{"app":"com.tencent.contact.lua","meta":{"contact":{"nickname":"小麦","jumpUrl":"mqqapi://card?uin=4200000001"}}}"#,
    ) else {
        panic!()
    };
    assert_eq!(contact.native_id.as_deref(), Some("4200000001"));
    let Part::Forward(forward) = kind(
        r#"{"app":"com.tencent.multimsg","view":"contact","meta":{"detail":{"news":[{"text":"a: b"}],"resid":"R","source":"群聊的聊天记录","summary":"查看12条转发消息"}}}"#,
    ) else {
        panic!()
    };
    assert_eq!(
        (forward.native_id.as_deref(), forward.stated_count),
        (Some("R"), Some(12))
    );
    assert_eq!(forward.summary, ["a: b"]);
    let Part::Announcement(announcement) = kind(
        r#"{"app":"com.tencent.mannounce","meta":{"mannounce":{"title":"576k5YWs5ZGK","text":"5ZGo5YWt5YGc5rC0","encode":1}}}"#,
    ) else {
        panic!()
    };
    assert_eq!(announcement.text, "周六停水");
    for (json, expected) in [
        (
            r#"{"app":"com.tencent.miniapp_01","meta":{"detail_1":{"title":"果园","desc":"订单"}}}"#,
            PartKind::MiniApp,
        ),
        (
            r#"{"app":"com.tencent.music.lua","meta":{"music":{"title":"歌","jumpUrl":"https://m.example"}}}"#,
            PartKind::Link,
        ),
        (
            r#"{"app":"never.seen","prompt":"提示","meta":{}}"#,
            PartKind::Card,
        ),
        (
            r#"{"app":"com.tencent.map","prompt":"没有内容"}"#,
            PartKind::Card,
        ),
        ("{broken", PartKind::Card),
        ("[1]", PartKind::Card),
    ] {
        let part = kind(json);
        assert_eq!(part.kind(), expected, "{json}");
        if let Part::Card(card) = part {
            assert_eq!(card.raw.as_deref(), Some(json));
        }
    }
}

#[test]
fn payments_have_kind_and_words() {
    for (number, kind) in [
        (1, PaymentKind::Transfer),
        (2, PaymentKind::RedPacket),
        (3, PaymentKind::RedPacket),
        (6, PaymentKind::RedPacket),
        (8, PaymentKind::RedPacket),
        (15, PaymentKind::RedPacket),
    ] {
        let detail = Proto::default().text(48443, "恭喜发财");
        let wallet = element(9)
            .nest(48403, &detail)
            .text(48409, "1000")
            .number(48412, number)
            .number(48420, 10_001);
        let Part::Payment(payment) = &parts(&[wallet])[0] else {
            panic!()
        };
        assert_eq!(
            (payment.kind, payment.note.as_deref()),
            (kind, Some("恭喜发财"))
        );
        assert!(payment.payer.is_some() && payment.receiver.is_some());
    }
}

#[test]
fn calls_have_outcome_and_a_length_that_can_be_true() {
    let call = |code: u64, method: u64, duration: u64, generation: u64| {
        let element = element(21)
            .number(48151, code)
            .number(48152, duration)
            .text(48153, "old")
            .number(48154, method)
            .number(48156, generation)
            .text(48157, "new");
        match parts(&[element]).remove(0) {
            Part::Call(call) => *call,
            other => panic!("{other:?}"),
        }
    };
    let finished = call(2, 2, 65_000, 1);
    assert_eq!(
        (finished.kind, finished.outcome),
        (CallKind::Video, CallOutcome::Finished)
    );
    assert_eq!(
        (finished.duration_ms, finished.text.as_deref()),
        (Some(65_000), Some("new"))
    );
    assert_eq!(call(7, 1, START.cast_unsigned(), 0).duration_ms, None);
    assert_eq!(call(7, 1, 31_000, 0).duration_ms, Some(31_000));
    for (code, outcome) in [
        (3, CallOutcome::Missed),
        (6, CallOutcome::Refused),
        (8, CallOutcome::Missed),
        (10, CallOutcome::Cancelled),
        (12, CallOutcome::Elsewhere),
        (26, CallOutcome::Started),
        (16, CallOutcome::Finished),
    ] {
        assert_eq!(call(code, 0, 0, 1).outcome, outcome, "{code}");
    }
    assert_eq!(call(19, 0, 0, 1).kind, CallKind::Screen);
}

#[test]
fn a_withdrawn_message_is_named_by_its_tip_wherever_it_stands() {
    let recall = || {
        tip(1)
            .text(47703, OWNER)
            .text(47704, FRIEND)
            .text(47705, "管理员")
            .text(47714, "小李")
            .text(47713, "，请注意言辞")
    };
    let given = read(|database| {
        let tip_row = |sequence: i64| {
            vec![
                cell(40003, sequence),
                cell(40011, 5),
                cell(40012, 4),
                cell(40020, ""),
                cell(40033, 0),
                cell(40013, 3),
            ]
        };
        database.know_owner();
        database.group(0, &[words("前面的")], vec![cell(40003, 70)]);
        database.group(1, &[recall()], tip_row(70));
        database.group(2, &[recall()], tip_row(71));
        database.group(3, &[words("后面的")], vec![cell(40003, 71)]);
        database.group(4, &[recall()], tip_row(72));
    });
    let changes: Vec<_> = given
        .collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Change(change) => Some((change.message, change.change.clone())),
            _ => None,
        })
        .collect();
    let owner = given
        .accounts
        .values()
        .find(|account| account.is_owner)
        .unwrap()
        .id;
    let expected = |host: i64, tip: i64| {
        let at = Some(Timestamp::from_seconds(START + tip));
        (
            message(&given, host).id,
            Change::Recall {
                by: Some(owner),
                at,
            },
        )
    };
    assert_eq!(changes, [expected(0, 1), expected(3, 2)]);
    let tip = message(&given, 4);
    assert_eq!((tip.sender, tip.direction), (None, Direction::None));
    assert!(matches!(tip.state, State::Recalled { by: Some(by), .. } if by == owner));
    let Part::System(system) = &tip.parts[0] else {
        panic!()
    };
    assert_eq!(system.event, SystemEvent::Recalled);
    assert_eq!(system.text, "管理员撤回了小李的一条消息，请注意言辞");
    assert_eq!(system.accounts.len(), 2);
}

#[test]
fn a_recall_of_ones_own_keeps_the_words() {
    let original = words("本来想说的");
    let tip = tip(1)
        .text(47703, FRIEND)
        .text(47704, FRIEND)
        .text(47705, "小李")
        .nest(47710, &original);
    let found = parts(&[tip]);
    let Part::System(system) = &found[0] else {
        panic!()
    };
    assert_eq!(system.text, "小李撤回了一条消息");
    let Part::Quote(quote) = &found[1] else {
        panic!()
    };
    assert_eq!(quote.parts, [Part::text("本来想说的")]);
}

#[test]
fn what_happens_to_groups_is_told() {
    let event = |kind: u64| {
        tip(4)
            .number(48501, kind)
            .text(48503, FRIEND)
            .text(48504, "小李")
            .text(48506, OWNER)
            .text(48507, "我")
            .text(48509, "新名字")
    };
    for (kind, expected, text) in [
        (1, SystemEvent::Joined, "我邀请小李加入了群聊"),
        (2, SystemEvent::Disbanded, "小李解散了群聊"),
        (3, SystemEvent::Left, "小李被我移出群聊"),
        (4, SystemEvent::Created, "小李创建了群聊"),
        (5, SystemEvent::Renamed, "小李将群名修改为“新名字”"),
        (6, SystemEvent::Notice, "群聊被封禁"),
    ] {
        let Part::System(system) = &parts(&[event(kind)])[0] else {
            panic!()
        };
        assert_eq!((system.event, system.text.as_str()), (expected, text));
        assert_eq!(system.accounts.len(), 2);
    }
    for (seconds, text) in [(600, "小李被管理员禁言10分钟"), (0, "小李被管理员解除禁言")]
    {
        let operator = Proto::default().text(1000, OWNER).text(20002, "管理员");
        let member = Proto::default().text(1000, FRIEND).text(20002, "小李");
        let mute = Proto::default()
            .nest(48521, &operator)
            .nest(48522, &member)
            .number(48532, seconds);
        let Part::System(system) = &parts(&[tip(4).number(48501, 8).nest(48541, &mute)])[0] else {
            panic!()
        };
        assert_eq!(
            (system.event, system.text.as_str()),
            (SystemEvent::Muted, text)
        );
    }
    let unknown = parts(&[tip(4).number(48501, 77)]);
    assert_eq!(unknown[0].kind(), PartKind::Unknown);
}

#[test]
fn tips_of_xml_and_json_are_read_out() {
    let given = read(|database| {
        database.know_owner();
        database
            .0
            .execute(
                "INSERT INTO nt_uid_mapping_table VALUES(1, ?1, NULL, 20002)",
                [FRIEND],
            )
            .unwrap();
        database.private(0, false, &[words("x")], vec![cell(40093, "小李")]);
        let xml = format!(
            "<gtip align=\"center\"><qq uin=\"{FRIEND}\" nm=\"\" col=\"3\" jp=\"\"/><nor txt=\"邀请\"/><qq uin=\"u_x\" nm=\"小王\"/><nor txt=\"加入了群聊。\"/><img src=\"\"/></gtip>"
        );
        database.private(
            1,
            false,
            &[tip(12).text(48214, &xml)],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        let person = |uid: &str| Proto::default().text(1005, uid).text(1006, "名");
        let json = format!(
            r#"{{"items":[{{"type":"qq","uid":"{FRIEND}","nm":""}},{{"type":"img","src":"x"}},{{"type":"nor","txt":"戳了戳"}},{{"type":"qq","uid":"{OWNER}","nm":"我"}},{{"type":"url","txt":"的脸","jp":"x"}}]}}"#
        );
        let poke = tip(17)
            .text(48271, &json)
            .nest(48210, &person(FRIEND))
            .nest(43210, &person(OWNER))
            .number(48211, 12)
            .number(48212, 1061);
        database.private(2, false, &[poke], vec![cell(40011, 5), cell(40012, 12)]);
        database.private(
            3,
            false,
            &[tip(17).text(48274, "友谊升级")],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        database.private(
            4,
            false,
            &[tip(9).text(59_000, "好友通知")],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        database.private(
            5,
            false,
            &[tip(9).number(59_000, 1)],
            vec![cell(40011, 5), cell(40013, 3)],
        );
        let file = tip(10).text(45402, "a.docx").number(45405, 1);
        database.private(6, false, &[file], vec![cell(40011, 5), cell(40013, 3)]);
    });
    let shown = |number| plain_text(&message(&given, number).parts);
    assert_eq!(shown(1), "小李邀请小王加入了群聊。");
    let Part::System(system) = &message(&given, 1).parts[0] else {
        panic!()
    };
    assert_eq!(
        (system.event, system.accounts.len()),
        (SystemEvent::Joined, 2)
    );
    let Part::Nudge(nudge) = &message(&given, 2).parts[0] else {
        panic!()
    };
    assert_eq!(nudge.text, "小李戳了戳我的脸");
    assert_eq!(nudge.actor, message(&given, 0).sender);
    assert_eq!(given.accounts[&nudge.target.unwrap()].native_id, "10001");
    assert_eq!(shown(3), "友谊升级");
    assert_eq!(shown(4), "好友通知");
    assert_eq!(message(&given, 5).kind(), PartKind::Unknown);
    let Part::System(system) = &message(&given, 6).parts[0] else {
        panic!()
    };
    assert_eq!(system.event, SystemEvent::FileReceived);
}

#[test]
fn smaller_elements_are_known() {
    assert_eq!(
        parts(&[element(14).text(48701, "# 标题")]),
        [Part::text("# 标题")]
    );
    let transfer = Proto::default()
        .text(1, "set")
        .text(2, "素材.zip")
        .number(3, 2048);
    let found = parts(&[element(14).text(48701, "[闪传]").nest(48708, &transfer)]);
    assert_eq!(
        found.iter().map(Part::kind).collect::<Vec<_>>(),
        [PartKind::Text, PartKind::File]
    );
    let Part::Card(card) =
        &parts(&[element(17).bytes(48751, b"\x0a\x08\x12\x06\xe6\x9f\xa5\xe7\x9c\x8b")])[0]
    else {
        panic!()
    };
    assert_eq!(card.app.as_deref(), Some("inline_keyboard"));
    assert!(card.text.as_deref().unwrap().contains("查看"));
    let line = |text: &str| Proto::default().text(48178, text);
    let qzone = element(26)
        .nest(48175, &line("主"))
        .nest(48176, &line("副"))
        .number(48182, 20_002)
        .text(48183, "jump");
    let Part::Card(card) = &parts(&[qzone])[0] else {
        panic!()
    };
    assert_eq!(
        (
            card.title.as_deref(),
            card.text.as_deref(),
            card.url.as_deref()
        ),
        (Some("主"), Some("副"), Some("jump"))
    );
    let Part::Sticker(bubble) = &parts(&[element(27).text(52138, "[平底锅]x10")])[0] else {
        panic!()
    };
    assert_eq!(bubble.meaning.as_deref(), Some("[平底锅]x10"));
    let Part::Place(place) = &parts(&[element(28).text(52152, "共享位置")])[0] else {
        panic!()
    };
    assert_eq!(place.name.as_deref(), Some("共享位置"));
    let face = element(11)
        .text(80900, "[贴贴]")
        .number(80810, 231_182)
        .bytes(80903, &[0xA5; 16]);
    let Part::Sticker(sticker) = &parts(&[face])[0] else {
        panic!()
    };
    assert_eq!(
        (sticker.meaning.as_deref(), sticker.pack.as_deref()),
        (Some("贴贴"), Some("231182"))
    );
}

#[test]
fn what_is_not_known_is_kept() {
    let strange = element(99).text(59_999, "?");
    let found = parts(&[words("a"), strange.clone(), words("b")]);
    let kinds: Vec<_> = found.iter().map(Part::kind).collect();
    assert_eq!(kinds, [PartKind::Text, PartKind::Unknown, PartKind::Text]);
    let Part::Unknown(unknown) = &found[1] else {
        panic!()
    };
    assert_eq!(
        (unknown.kind.as_str(), &unknown.raw),
        ("element 99", &strange.0)
    );
}

#[test]
fn rows_without_content_are_told_from_deleted_ones() {
    let given = read(|database| {
        database.private(
            0,
            false,
            &[words("还在")],
            vec![cell(40011, 1), cell(40012, 1)],
        );
        database.private(
            1,
            false,
            &[],
            vec![
                cell(40011, 1),
                cell(40012, 0),
                cell(40800, rusqlite::types::Null),
            ],
        );
        database.private(
            2,
            false,
            &[],
            vec![
                cell(40011, 0),
                cell(40012, 0),
                cell(40800, rusqlite::types::Null),
            ],
        );
        database.private(3, false, &[], vec![cell(40800, rusqlite::types::Null)]);
        database.private(
            4,
            false,
            &[],
            vec![cell(40011, 29), cell(40800, b"\xFF\xFFjunk".to_vec())],
        );
    });
    let state = |number| message(&given, number).state.clone();
    assert_eq!(
        [0, 1, 2, 3].map(state),
        [State::Deleted, State::Deleted, State::Normal, State::Normal]
    );
    let hidden = |number| message(&given, number).is_hidden;
    assert_eq!(
        [0, 1, 2, 3, 4].map(hidden),
        [true, true, true, false, false]
    );
    assert!((0..5).all(|number| message(&given, number).kind() == PartKind::Unknown));
    assert!(message(&given, 0).parts.contains(&Part::text("还在")));
    let Part::Unknown(unknown) = &message(&given, 4).parts[0] else {
        panic!()
    };
    assert_eq!(unknown.raw, b"\xFF\xFFjunk");
    assert!(serious(&given).is_empty());
    assert_eq!(given.summary.rows_read, 5);
}

#[test]
fn bytes_that_do_not_fit_cost_only_themselves() {
    let given = read(|database| {
        let mismatch = element(1)
            .text(45003, "?")
            .number(45102, 0)
            .text(45101, "文字还在")
            .number(45101, 3);
        database.private(0, false, &[mismatch], Vec::new());
        let invalid = element(1).bytes(45101, b"\xE4\xBD\xA0\xFF\xE5\xA5\xBD");
        database.private(1, false, &[invalid], Vec::new());
        let mut column = Proto::default().number(40800, 1).0;
        column.extend(body(&[words("后面的还在")]));
        database.private(2, false, &[], vec![cell(40800, column)]);
        let mut cut = body(&[words("完整"), words("断掉")]);
        cut.truncate(cut.len() - 4);
        database.private(3, false, &[], vec![cell(40800, cut)]);
        let untyped = Proto::default()
            .number(45001, 1)
            .text(45002, "1")
            .text(45101, "没有类型");
        database.private(4, false, &[untyped], Vec::new());
    });
    let shown = |number| plain_text(&message(&given, number).parts);
    assert_eq!(shown(0), "文字还在");
    assert_eq!(shown(1), "你\u{FFFD}好");
    assert_eq!(shown(2), "后面的还在");
    assert!(shown(3).starts_with("完整"));
    assert_eq!(message(&given, 3).parts[1].kind(), PartKind::Unknown);
    assert_eq!(shown(4), "没有类型");
    let noted: Vec<_> = given
        .collected
        .problems
        .iter()
        .filter_map(|problem| match problem.origin.at {
            hutong_model::At::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    assert_eq!(noted, [id(1), id(3)]);
    assert!(serious(&given).is_empty());
}

#[test]
fn reactions_are_counted_without_their_placeholder() {
    let given = read(|database| {
        let entry = |id: &str, kind: u64, count: u64| {
            Proto::default()
                .text(48301, id)
                .number(48302, kind)
                .number(48303, count)
        };
        let column = Proto::default()
            .nest(40062, &entry("76", 1, 12))
            .nest(40062, &entry("128077", 2, 5))
            .nest(40062, &entry("", 1, 1))
            .0;
        database.group(0, &[words("x")], vec![cell(40062, column)]);
        database.group(
            1,
            &[words("x")],
            vec![cell(40062, vec![0xF2, 0xC7, 0x13, 0x00])],
        );
    });
    let reactions: Vec<_> = message(&given, 0)
        .reactions
        .iter()
        .map(|found| (found.emoji.as_str(), found.count))
        .collect();
    assert_eq!(reactions, [("/赞", 12), ("👍", 5)]);
    assert!(message(&given, 1).reactions.is_empty());
}

#[test]
fn a_row_that_belongs_nowhere_is_rejected_and_listed() {
    let given = read(|database| {
        let nobody = || {
            vec![
                cell(40020, ""),
                cell(40021, ""),
                cell(40027, 0),
                cell(40030, 0),
                cell(40033, 0),
            ]
        };
        database.private(0, false, &[words("x")], nobody());
        database.group(1, &[words("x")], nobody());
        database.private(
            2,
            false,
            &[words("x")],
            vec![cell(40050, 0), cell(40058, START)],
        );
    });
    let rejected = serious(&given);
    assert_eq!(rejected.len(), 2);
    assert!(
        rejected
            .iter()
            .all(|problem| problem.kind == ProblemKind::RejectedRow)
    );
    assert_eq!(given.summary.rows_read, 3);
    let dated = message(&given, 2);
    assert_eq!(
        (dated.sent_at, dated.precision),
        (Timestamp::from_seconds(START), Precision::Day)
    );
}

#[test]
fn older_tables_with_fewer_columns_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nt_msg.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE c2c_msg_table([40001] INTEGER PRIMARY KEY,[40011] INTEGER,[40021] TEXT,[40020] TEXT,[40050] INTEGER,[40800] BLOB);
             CREATE VIRTUAL TABLE c2c_msg_fts USING fts5(words);",
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO c2c_msg_table VALUES(1, 2, ?1, ?1, ?2, ?3)",
            (FRIEND, START, body(&[words("旧")])),
        )
        .unwrap();
    drop(connection);
    let given = Given::read(folder.path(), &options());
    let message = given.messages().next().unwrap();
    assert_eq!(plain_text(&message.parts), "旧");
    assert_eq!(names(&given, message).as_deref(), Some(FRIEND));
    assert!(message.native_ids.len() == 1 && message.direction == Direction::In);
}

#[test]
fn the_row_is_kept_when_asked_for() {
    let given = read_with(
        &ReadOptions {
            keep_raw: true,
            ..options()
        },
        |database| {
            database.private(0, false, &[words("x")], Vec::new());
        },
    );
    let raw = message(&given, 0).raw.as_ref().unwrap();
    let row: serde_json::Value = serde_json::from_slice(raw).unwrap();
    assert_eq!(row["40001"], id(0));
    assert_eq!(row["40021"], FRIEND);
    assert_eq!(row["40800"]["hex"], hex::encode(body(&[words("x")])));
    assert_eq!(row["40030"], FRIEND_UIN);
}
