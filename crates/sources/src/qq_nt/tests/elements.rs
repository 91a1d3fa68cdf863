//! Elements of a body, one kind after another.

use hutong_model::{CallKind, CallOutcome, Part, PartKind, PaymentKind, plain_text};

use super::built::{message, parts, read, serious};
use super::encode::{FRIEND, Proto, START, body, cell, element, id, words};
use crate::qq_nt::decode::{Element, Elements, Text};

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
