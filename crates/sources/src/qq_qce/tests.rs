//! Tests against the fact sheet and the forge.

use hutong_model::{
    AccountId, ConversationId, ConversationKind, Direction, MessageId, NativeIdName, Part,
    PartKind, Platform, ProblemKind, State, Timestamp,
};
use hutong_samples::{Piece, Plan};

use super::QqQce;
use crate::json_export::damage::assert_survives;
use crate::json_export::golden::{Given, assert_as_forged, text};
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn given(text: &str) -> Given {
    Given::of(&QqQce, text.as_bytes())
}

#[test]
fn forged_exports_are_read_as_they_were_forged() {
    for piece in [Piece::Whole, Piece::First, Piece::Last] {
        let plan = Plan {
            messages: 900,
            piece,
            ..Plan::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let forged = hutong_samples::qce(&plan, folder.path(), &mut |_| {}).unwrap();
        assert_as_forged(&QqQce, &forged);
        let folder = tempfile::tempdir().unwrap();
        let forged = hutong_samples::qce_chunked(&plan, folder.path(), &mut |_| {}).unwrap();
        assert_as_forged(&QqQce, &forged);
    }
}

#[test]
fn damaged_files_give_what_is_whole() {
    let plan = Plan {
        messages: 1200,
        ..Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::qce(&plan, folder.path(), &mut |_| {}).unwrap();
    for name in ["group_export.json", "friend.json"] {
        assert_survives(&QqQce, &forged.root.join(name));
    }
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::qce_chunked(&plan, folder.path(), &mut |_| {}).unwrap();
    assert_survives(&QqQce, &forged.root.join("chunks/c000001.jsonl"));
}

#[test]
fn both_layouts_behave_like_a_source() {
    let plan = Plan {
        messages: 240,
        ..Plan::default()
    };
    let options = ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    };
    for forge in [hutong_samples::qce, hutong_samples::qce_chunked] {
        let folder = tempfile::tempdir().unwrap();
        let forged = forge(&plan, folder.path(), &mut |_| {}).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        conformance::check(&QqQce, &forged.root, scratch.path(), &options);
    }
}

const GROUP: &str = r#"{"metadata":{"name":"QQChatExporter V6","version":"6"},
"chatInfo":{"name":"项目群","type":"private","selfUid":"u_aaaaaaaaaaaaaaaaaaaaaa","selfUin":"10001","selfName":"甲","peerUid":"123456","peerUin":"123456"},
"statistics":{"totalMessages":4,"senders":[]},
"messages":[
{"id":"7321000000000000001","seq":"41","timestamp":1714550400000,"time":"2024-05-01 16:00:00","sender":{"uid":"u_aaaaaaaaaaaaaaaaaaaaaa","uin":"10001","name":"甲"},"type":"text","content":{"text":"你好","elements":[{"type":"text","data":{"text":"你好"}},{"type":"at","data":{"uid":"all","name":"@全体成员","atType":1}}],"resources":[],"mentions":[]},"recalled":false,"system":false},
{"id":"7321000000000000002","seq":"42","timestamp":1714550401000,"sender":{"uid":"u_bbbbbbbbbbbbbbbbbbbbbb","name":"乙卡","nickname":"乙","groupCard":"乙卡"},"type":"reply","content":{"text":"好","elements":[{"type":"reply","data":{"messageId":"41","referencedMessageId":"7321000000000000001","senderUin":"10001","senderName":"甲","content":"你好","time":1714550400}},{"type":"text","data":{"text":"好"}}],"resources":[]},"recalled":true,"system":false},
{"id":"7321000000000000003","seq":"43","timestamp":1714550402000,"sender":{"uid":"10003","uin":"","name":"丙"},"type":"type_3","content":{"text":"","elements":[{"type":"image","data":{"filename":"A.jpg","size":"12","width":3,"height":4,"md5":"AB","url":"https://x.example/a","subType":"sticker"}}],"resources":[{"type":"image","filename":"A.jpg","localPath":"D:\\QCE\\resources\\images\\A.jpg"}]},"recalled":false,"system":false},
{"id":"7321000000000000004","seq":"44","timestamp":1714550403000,"sender":{"uid":"u_bbbbbbbbbbbbbbbbbbbbbb","uin":"10002","name":"乙"},"type":"text","content":{"text":"嗯","elements":[{"type":"text","data":{"text":"嗯"}}]},"recalled":false,"system":false},
{"id":"7321000000000000005","seq":"45","timestamp":1714550404000,"sender":{"uid":"未知","uin":"0","name":"系统"},"type":"system","content":{"text":"丁加入了群聊","elements":[]},"recalled":false,"system":true}]}"#;

#[test]
fn a_group_that_calls_itself_private_is_a_group() {
    let given = given(GROUP);
    let messages = given.messages();
    assert_eq!(messages.len(), 5);
    assert!(
        given.collected.problems.is_empty(),
        "{:?}",
        given.collected.problems
    );
    let group = ConversationId::group(&Platform::Qq, "123456");
    assert_eq!(given.conversations[&group].kind, ConversationKind::Group);
    let id = |id: i64| MessageId::new(group, "message", &[&id.to_le_bytes()]);
    assert_eq!(messages[0].id, id(7_321_000_000_000_000_001));
    assert_eq!(messages[0].direction, Direction::Out);
    assert_eq!(messages[0].sent_at, Timestamp(1_714_550_400_000));
    let Part::Text(first) = &messages[0].parts[0] else {
        panic!()
    };
    assert!(first.mentions[0].is_everyone);
    // Known by uid only in one row, by both in another: one person under the number.
    let qq = |number: &str| AccountId::new(&Platform::Qq, number);
    assert_eq!(messages[1].sender, Some(qq("10002")));
    assert_eq!(messages[3].sender, Some(qq("10002")));
    assert_eq!(messages[2].sender, Some(qq("10003")));
    assert_eq!(messages[1].sender_name.as_deref(), Some("乙卡"));
    assert_eq!(messages[1].kind(), PartKind::Quote);
    assert_eq!(messages[1].reply_to[0], messages[0].id);
    assert!(
        messages[1].reply_to[1..]
            .iter()
            .any(|key| messages[0].lookup_keys.contains(key))
    );
    assert!(matches!(messages[1].state, State::Recalled { .. }));
    assert_eq!(messages[2].kind(), PartKind::Sticker);
    assert_eq!(
        (messages[4].kind(), messages[4].sender),
        (PartKind::System, None)
    );
    let sequence = messages[0]
        .native_ids
        .iter()
        .any(|id| id.name == NativeIdName::Sequence);
    assert!(sequence);
}

#[test]
fn the_older_generation_is_read() {
    let given = given(
        r#"{"metadata":{"name":"QQChatExporter V4"},"chatInfo":{"name":"乙","type":"private","selfUid":"u_a","selfUin":"10001"},"messages":[
{"messageId":"7321000000000000001","timestamp":"2024-05-01T08:00:00.000Z","sender":{"uid":"u_b","uin":"10002","name":"乙"},"messageType":2,"isSystemMessage":false,"isRecalled":false,"content":{"text":"看[图片: a.jpg]和[不是]","resources":[{"type":"image","filename":"a.jpg","size":5},{"type":"file","filename":"b.pdf"}],"emojis":[]},"rawMessage":{"msgSeq":"9","msgRandom":"77"}},
{"messageId":"7321000000000000002","timestamp":"2024-05-01T08:00:01.000Z","sender":{"uid":"未知","uin":"0","name":"系统"},"messageType":5,"isSystemMessage":true,"content":{"text":"乙撤回了一条消息","resources":[]}},
{"messageId":"7321000000000000003","timestamp":"2024-05-01T08:00:02.000Z","sender":{"uid":"u_a","uin":"10001","name":"甲"},"messageType":9,"content":{"text":"嗯","reply":{"messageId":"1","referencedMessageId":"7321000000000000001","senderName":"乙","content":"看"}}},
{"messageId":"7321000000000000004","timestamp":"坏","sender":{"uid":"u_a","uin":"10001","name":"甲"},"messageType":2,"content":{"text":"无"}}]}"#,
    );
    let messages = given.messages();
    let chat = ConversationId::direct(
        &Platform::Qq,
        AccountId::new(&Platform::Qq, "10001"),
        AccountId::new(&Platform::Qq, "10002"),
    );
    let id = MessageId::new(
        chat,
        "message",
        &[&7_321_000_000_000_000_001_i64.to_le_bytes()],
    );
    assert_eq!(messages[0].id, id);
    assert_eq!(messages[0].sent_at, Timestamp(1_714_550_400_000));
    let kinds: Vec<_> = messages[0].parts.iter().map(Part::kind).collect();
    assert_eq!(
        kinds,
        [
            PartKind::Text,
            PartKind::Image,
            PartKind::Text,
            PartKind::File
        ]
    );
    assert_eq!(text(messages[0]), "看和[不是]");
    assert!(matches!(messages[1].state, State::Recalled { .. }));
    assert_eq!(messages[2].reply_to[0], id);
    assert_eq!(messages[2].direction, Direction::Out);
    assert_eq!(given.conversations[&chat].native_id, "u_b");
    assert_eq!(given.summary.rows_read, 4);
    assert_eq!(given.collected.problems.len(), 1);
    assert_eq!(given.collected.problems[0].kind, ProblemKind::RejectedRow);
}

#[test]
fn files_beside_the_export_are_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("resources/images")).unwrap();
    std::fs::write(folder.path().join("resources/images/A.jpg"), b"picture").unwrap();
    std::fs::write(folder.path().join("x.json"), GROUP).unwrap();
    let options = ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    };
    let given = Given::read_with(&QqQce, folder.path(), &options);
    let Part::Sticker(sticker) = &given.messages()[2].parts[0] else {
        panic!()
    };
    assert_eq!(
        sticker.attachment.path.as_deref(),
        Some("resources/images/A.jpg")
    );
    assert_eq!(sticker.attachment.size_bytes, Some(7));
}

#[test]
fn every_kind_of_element_becomes_a_part() {
    let line = |element: &str| {
        format!(
            r#"{{"id":"7321000000000000001","timestamp":1714550400,"sender":{{"uid":"u_b","uin":"10002","name":"乙"}},"type":"x","content":{{"elements":[{element}]}}}}"#
        )
    };
    for (element, kind) in [
        (
            r#"{"type":"face","data":{"id":"358","name":"/骰子","faceType":3}}"#,
            PartKind::Sticker,
        ),
        (r#"{"type":"face","data":{"id":14}}"#, PartKind::Text),
        (
            r#"{"type":"market_face","data":{"name":"[贴贴]"}}"#,
            PartKind::Sticker,
        ),
        (
            r#"{"type":"image","data":{"filename":"a.png","subType":"photo"}}"#,
            PartKind::Image,
        ),
        (
            r#"{"type":"file","data":{"filename":"a.pdf","size":1}}"#,
            PartKind::File,
        ),
        (
            r#"{"type":"video","data":{"filename":"a.mp4","duration":3}}"#,
            PartKind::Video,
        ),
        (
            r#"{"type":"audio","data":{"filename":"a.amr","duration":3}}"#,
            PartKind::Voice,
        ),
        (
            r#"{"type":"forward","data":{"title":"t","messages":[{"content":{"elements":[{"type":"forward","data":{"messages":[]}}]}}]}}"#,
            PartKind::Forward,
        ),
        (
            r#"{"type":"json","data":{"content":"not json","title":"t"}}"#,
            PartKind::Card,
        ),
        (
            r#"{"type":"location","data":{"name":"x"}}"#,
            PartKind::Place,
        ),
        (
            r#"{"type":"wallet","data":{"summary":"[转账]"}}"#,
            PartKind::Payment,
        ),
        (
            r#"{"type":"av_record","data":{"text":"视频通话 01:00"}}"#,
            PartKind::Call,
        ),
        (
            r##"{"type":"markdown","data":{"content":"# x"}}"##,
            PartKind::Text,
        ),
        (r#"{"type":"giphy","data":{}}"#, PartKind::Sticker),
        (r#"{"type":"inline_keyboard","data":{}}"#, PartKind::Card),
        (r#"{"type":"tofu_record","data":{}}"#, PartKind::Card),
        (
            r#"{"type":"system","data":{"text":"甲戳了戳乙"}}"#,
            PartKind::Nudge,
        ),
        (
            r#"{"type":"system","data":{"summary":"什么"}}"#,
            PartKind::System,
        ),
        (
            r#"{"type":"new_thing","data":{"text":"?"}}"#,
            PartKind::Unknown,
        ),
    ] {
        let given = given(&line(element));
        assert_eq!(given.messages()[0].kind(), kind, "{element}");
    }
}

#[test]
fn a_missing_chunk_is_told() {
    let plan = Plan {
        messages: 300,
        ..Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::qce_chunked(&plan, folder.path(), &mut |_| {}).unwrap();
    std::fs::remove_file(forged.root.join("chunks/c000002.jsonl")).unwrap();
    let given = Given::read(&QqQce, &forged.root);
    assert_eq!(given.messages().len() as u64, forged.messages - 120);
    assert!(
        given
            .collected
            .problems
            .iter()
            .any(|problem| problem.kind == ProblemKind::Damage)
    );
    // Chunks alone are read too.
    let given = Given::read(&QqQce, &forged.root.join("chunks"));
    assert_eq!(given.messages().len() as u64, forged.messages - 120);
}

#[test]
fn older_manifests_name_their_chunks_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"id":"7321000000000000001","timestamp":1714550400000,"sender":{"uid":"u_b","uin":"10002","name":"乙"},"type":"text","content":{"text":"x","elements":[{"type":"text","data":{"text":"x"}}]}}"#;
    std::fs::create_dir(folder.path().join("chunks")).unwrap();
    std::fs::write(folder.path().join("chunks/chunk_0001.jsonl"), line).unwrap();
    std::fs::write(
        folder.path().join("manifest.json"),
        r#"{"metadata":{"name":"QQChatExporter V5","format":"chunked-jsonl"},"chatInfo":{"name":"n","type":"group","selfUin":"10001","peerUin":"123456"},"chunked":{"chunks":[{"file":"chunk_0001.jsonl","messages":1,"bytes":9}]}}"#,
    )
    .unwrap();
    let given = Given::read(&QqQce, folder.path());
    assert_eq!(given.messages().len(), 1);
    assert!(
        given.collected.problems.is_empty(),
        "{:?}",
        given.collected.problems
    );
    // One that names none has those beside it.
    std::fs::write(
        folder.path().join("manifest.json"),
        r#"{"metadata":{"name":"QQChatExporter","version":"0.2.0"},"chatInfo":{"name":"n","type":"group","selfUin":"10001","peerUin":"123456"}}"#,
    )
    .unwrap();
    assert_eq!(Given::read(&QqQce, folder.path()).messages().len(), 1);
}

#[test]
fn a_message_that_was_rendered_as_text_first_is_not_told_twice() {
    let row = |number: u32, kind: &str, text: &str, more: &str| {
        format!(
            r#"{{"id":"732100000000000000{number}","seq":"{number}","timestamp":171455040{number}000,"sender":{{"uid":"u_b","uin":"10002","name":"乙"}},"type":"{kind}","content":{{"text":{text},"html":"","elements":[{{"type":"text","data":{{"text":{text}}}}}{more}],"resources":[],"mentions":[]}},"recalled":false,"system":false}}"#
        )
    };
    let face = r#",{"type":"face","data":{"id":"14","name":"/微笑"}}"#;
    let image =
        r#",{"type":"image","data":{"filename":"a.png","size":7,"url":"https://x.example/a"}}"#;
    let voice = r#",{"type":"audio","data":{"filename":"v.silk","size":9}}"#;
    let at = r#",{"type":"at","data":{"uid":"u_c","name":"丙"}}"#;
    let reply = r#",{"type":"reply","data":{"messageId":"41","referencedMessageId":"7321000000000000001","senderName":"丙","content":"看[图片: x]\n第二行"}}"#;
    let rows = [
        row(1, "type_1", r#""看 [/微笑] 好""#, face),
        row(2, "type_1", r#""前[图片: a.png]后""#, image),
        row(3, "type_6", r#""[语音 7秒]""#, voice),
        row(4, "type_1", r#""@丙 在吗""#, at),
        row(
            5,
            "type_3",
            r#""[回复 丙: 看[图片: x]\n第二行]\n@丙 好[图片: a.png]""#,
            &format!("{image}{at}{reply}"),
        ),
        row(6, "type_11", r#""[合并转发: 群聊的聊天记录]""#, ""),
        row(7, "type_7", r#""[卡片消息: 一首歌]""#, ""),
        row(8, "text", r#""[卡片消息: 自己写的]""#, ""),
        // Elements of the usual kind stay as they are.
        row(9, "text", r#""你好""#, image),
    ];
    let given = given(&format!(
        r#"{{"metadata":{{"name":"QQChatExporter V5"}},"chatInfo":{{"name":"群","type":"group","peerUin":"123456"}},"messages":[{}]}}"#,
        rows.join(",")
    ));
    let shown: Vec<(Vec<PartKind>, String)> = given
        .messages()
        .iter()
        .map(|message| {
            let kinds = message.parts.iter().map(Part::kind).collect();
            (kinds, hutong_model::plain_text(&message.parts))
        })
        .collect();
    let expected: [(&[PartKind], &str); 9] = [
        (&[PartKind::Text], "看 /微笑 好"),
        (
            &[PartKind::Text, PartKind::Image, PartKind::Text],
            "前[图片]后",
        ),
        (&[PartKind::Voice], "[语音]"),
        (&[PartKind::Text], "@丙 在吗"),
        (
            &[PartKind::Quote, PartKind::Text, PartKind::Image],
            "@丙 好[图片]",
        ),
        (&[PartKind::Forward], "[聊天记录] 群聊的聊天记录"),
        (&[PartKind::Card], "[卡片] 一首歌"),
        (&[PartKind::Text], "[卡片消息: 自己写的]"),
        (&[PartKind::Text, PartKind::Image], "你好[图片]"),
    ];
    for ((kinds, text), (expected_kinds, expected_text)) in shown.iter().zip(expected) {
        assert_eq!(kinds, expected_kinds, "{expected_text}");
        assert_eq!(text, expected_text);
    }
    let Part::Voice(voice) = &given.messages()[2].parts[0] else {
        panic!("voice")
    };
    assert_eq!(voice.duration_ms, Some(7000));
    let Part::Text(text) = &given.messages()[3].parts[0] else {
        panic!("text")
    };
    assert_eq!(text.mentions.len(), 1);
    let Part::Quote(quote) = &given.messages()[4].parts[0] else {
        panic!("quote")
    };
    assert_eq!(quote.parts, [Part::text("看[图片: x]\n第二行")]);
}

#[test]
fn other_json_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("QQChatExporter.json");
    for text in [
        "{}",
        "[]",
        "{\"messages\":[]}",
        "{\"metadata\":{\"name\":\"x\"}}",
        "nothing",
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            QqQce.recognize(&Input::open(&path).unwrap()),
            Recognition::No,
            "{text}"
        );
    }
}
