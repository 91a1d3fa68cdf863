//! Tests against the fact sheet and the forge.

use hutong_model::{
    AccountId, Change, ConversationId, ConversationKind, Direction, MessageId, NativeIdName, Part,
    PartKind, Platform, ProblemKind, Record, SystemEvent, Timestamp,
};
use hutong_samples::{Piece, Plan};

use super::OneBot;
use crate::json_export::damage::assert_survives;
use crate::json_export::golden::{Given, assert_as_forged, text};
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn given(text: &str) -> Given {
    Given::of(&OneBot, text.as_bytes())
}

fn qq(number: &str) -> AccountId {
    AccountId::new(&Platform::Qq, number)
}

#[test]
fn forged_dumps_are_read_as_they_were_forged() {
    for piece in [Piece::Whole, Piece::Last] {
        let plan = Plan {
            messages: 900,
            piece,
            ..Plan::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let forged = hutong_samples::onebot(&plan, folder.path(), &mut |_| {}).unwrap();
        assert_as_forged(&OneBot, &forged);
    }
}

#[test]
fn damaged_dumps_give_what_is_whole() {
    let plan = Plan {
        messages: 1200,
        ..Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::onebot(&plan, folder.path(), &mut |_| {}).unwrap();
    for name in ["events.json", "private.jsonl", "history.json"] {
        assert_survives(&OneBot, &forged.root.join(name));
    }
}

#[test]
fn the_client_s_own_record_costs_nothing_and_keeps_its_ids() {
    let given = given(
        r#"[{"post_type":"message","message_type":"private","time":1714550400,"self_id":10001,"user_id":10002,"message_id":1,"raw":{"elements":[{"a":[{"b":"\ud800"}]}],"msgId":"7321000000000000001","more":{"msgId":"1"},"msgSeq":"9"},"message":"在","sender":{"user_id":10002,"nickname":"乙"}}]"#,
    );
    let message = given.messages()[0];
    let chat = ConversationId::direct(&Platform::Qq, qq("10001"), qq("10002"));
    let id = 7_321_000_000_000_000_001_i64.to_le_bytes();
    assert_eq!(message.id, MessageId::new(chat, "message", &[&id]));
    assert!(given.collected.problems.is_empty());
}

#[test]
fn it_behaves_like_a_source() {
    let plan = Plan {
        messages: 240,
        ..Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::onebot(&plan, folder.path(), &mut |_| {}).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(
        &OneBot,
        &forged.root,
        scratch.path(),
        &ReadOptions::default(),
    );
}

#[test]
fn events_of_version_11_are_read() {
    let given = given(concat!(
        r#"{"post_type":"meta_event","meta_event_type":"heartbeat","time":1714550399,"self_id":10001,"interval":15000}"#,
        "\n",
        r#"{"post_type":"message","message_type":"group","sub_type":"normal","time":1714550400,"self_id":10001,"user_id":10002,"group_id":123456,"message_id":-5,"real_seq":"77","message":"你好[CQ:at,qq=10001][CQ:face,id=14]&#91;x&#93;","raw_message":"","sender":{"user_id":10002,"nickname":"乙","card":"乙卡","role":"owner"},"anonymous":null}"#,
        "\n",
        r#"{"post_type":"message","message_type":"group","sub_type":"normal","time":1714550401,"self_id":10001,"user_id":10003,"group_id":123456,"message_id":6,"message":[{"type":"reply","data":{"id":-5}},{"type":"text","data":{"text":"好"}}],"sender":{"user_id":10003,"nickname":"丙"}}"#,
        "\n",
        r#"{"post_type":"message","message_type":"group","sub_type":"normal","time":1714550401,"self_id":10001,"user_id":10003,"group_id":123456,"message_id":6,"message":[{"type":"reply","data":{"id":-5}},{"type":"text","data":{"text":"好"}}],"sender":{"user_id":10003,"nickname":"丙"}}"#,
        "\n",
        r#"{"post_type":"notice","notice_type":"group_recall","time":1714550402,"self_id":10001,"group_id":123456,"user_id":10003,"operator_id":10002,"message_id":6}"#,
        "\n",
        r#"{"post_type":"message_sent","message_type":"private","sub_type":"friend","time":1714550403,"self_id":10001,"user_id":10001,"target_id":10002,"message_id":6,"message":"在吗","sender":{"user_id":10001,"nickname":"甲"},"raw":{"msgId":"7321000000000000001","msgRandom":"5","msgSeq":"9"}}"#,
        "\n",
        r#"{"post_type":"message","message_type":"private","sub_type":"group","time":1714550404000,"self_id":10001,"user_id":10004,"group_id":284840486,"message_id":8,"message":"临时","sender":{"user_id":10004,"nickname":"丁"}}"#,
        "\n",
        r#"{"post_type":"notice","notice_type":"notify","sub_type":"poke","time":1714550405,"self_id":10001,"group_id":123456,"user_id":10002,"target_id":10003}"#,
        "\n",
        r#"{"post_type":"notice","notice_type":"group_increase","sub_type":"invite","time":1714550406,"self_id":10001,"group_id":123456,"operator_id":10002,"user_id":10005}"#,
        "\n",
        r#"{"post_type":"notice","notice_type":"group_msg_emoji_like","time":1714550407,"self_id":10001,"group_id":123456,"user_id":10002,"message_id":6,"likes":[{"emoji_id":"128077","count":1}]}"#,
        "\n",
        r#"{"post_type":"notice","notice_type":"brand_new","time":1714550408,"self_id":10001,"group_id":123456,"user_id":10002}"#,
        "\n",
        "{broken\n",
    ));
    let messages = given.messages();
    let group = ConversationId::group(&Platform::Qq, "123456");
    let kinds: Vec<_> = messages.iter().map(|message| message.kind()).collect();
    assert_eq!(
        kinds,
        [
            PartKind::Text,
            PartKind::Text,
            PartKind::System,
            PartKind::Text,
            PartKind::Text,
            PartKind::Nudge,
            PartKind::System,
            PartKind::Unknown
        ]
    );
    assert_eq!(text(messages[0]), "你好@10001/微笑[x]");
    assert_eq!(messages[0].sender_name.as_deref(), Some("乙卡"));
    let sequence = messages[0]
        .native_ids
        .iter()
        .find(|id| id.name == NativeIdName::Sequence);
    assert!(sequence.is_some());
    assert!(messages[0].lookup_keys.contains(&messages[1].reply_to[0]));
    let changes: Vec<_> = given
        .collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Change(change) => Some(change),
            _ => None,
        })
        .collect();
    assert_eq!(changes.len(), 2);
    assert!(
        matches!(&changes[0].change, Change::Recall { by: Some(by), .. } if *by == qq("10002"))
    );
    assert!(
        changes
            .iter()
            .all(|change| change.message == messages[1].id)
    );
    assert!(matches!(&changes[1].change, Change::Reaction(reaction) if reaction.emoji == "👍"));
    let chat = ConversationId::direct(&Platform::Qq, qq("10001"), qq("10002"));
    assert_eq!(
        (messages[3].conversation, messages[3].direction),
        (chat, Direction::Out)
    );
    assert_eq!(
        messages[3].id,
        MessageId::new(
            chat,
            "message",
            &[&7_321_000_000_000_000_001_i64.to_le_bytes()]
        )
    );
    let temporary = ConversationId::direct(&Platform::Qq, qq("10001"), qq("10004"));
    assert_eq!(messages[4].conversation, temporary);
    assert_eq!(messages[4].sent_at, Timestamp(1_714_550_404_000));
    assert_eq!(given.conversations[&temporary].context, None);
    assert_eq!(messages[5].conversation, group);
    assert!(
        matches!(&messages[6].parts[0], Part::System(system) if system.event == SystemEvent::Joined)
    );
    let rejected = given
        .collected
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow);
    assert_eq!(rejected.count(), 1);
    assert_eq!(given.summary.rows_read, 9);
    assert!(given.accounts[&qq("10001")].is_owner);
}

#[test]
fn events_of_version_12_are_read() {
    let given = given(
        r#"[{"id":"e1","self":{"platform":"qq","user_id":"10001"},"time":1714550400.25,"type":"message","detail_type":"group","sub_type":"","message_id":"m1","message":[{"type":"mention","data":{"user_id":"10001"}},{"type":"text","data":{"text":" 好"}},{"type":"image","data":{"file_id":"f1"}}],"alt_message":"@甲 好[图片]","user_id":"10002","group_id":"123456"},
        {"id":"e2","self":{"platform":"qq","user_id":"10001"},"time":1714550401.0,"type":"message","detail_type":"private","sub_type":"","message_id":"m2","message":[{"type":"reply","data":{"message_id":"m1"}},{"type":"text","data":{"text":"嗯"}}],"alt_message":"嗯","user_id":"10002"},
        {"id":"e3","self":{"platform":"qq","user_id":"10001"},"time":1714550402.0,"type":"notice","detail_type":"group_message_delete","sub_type":"recall","message_id":"m1","user_id":"10002","operator_id":"10002","group_id":"123456"},
        {"id":"e4","self":{"platform":"qq","user_id":"10001"},"time":1714550403.0,"type":"message","detail_type":"channel","guild_id":"g","channel_id":"c","message_id":"m3","message":[],"alt_message":"频道","user_id":"10002"},
        {"id":"e5","type":"meta","detail_type":"heartbeat","sub_type":"","time":1.0,"interval":5}]"#,
    );
    let messages = given.messages();
    assert_eq!(messages.len(), 4, "{:?}", given.collected.problems);
    assert_eq!(messages[0].sent_at, Timestamp(1_714_550_400_250));
    assert_eq!(text(messages[0]), "@10001 好");
    let chat = ConversationId::direct(&Platform::Qq, qq("10001"), qq("10002"));
    assert_eq!(messages[1].conversation, chat);
    let channel = &given.conversations[&messages[3].conversation];
    assert_eq!(
        (channel.kind, channel.native_id.as_str()),
        (ConversationKind::Channel, "g:c")
    );
    assert_eq!(text(messages[3]), "频道");
    let recalled =
        given.collected.records.iter().any(
            |record| matches!(record, Record::Change(change) if change.message == messages[0].id),
        );
    assert!(recalled);
}

#[test]
fn bundles_are_read_from_answers_and_segments() {
    let given = given(
        r#"{"status":"ok","retcode":0,"data":{"messages":[{"type":"node","data":{"user_id":10002,"nickname":"乙","content":[{"type":"text","data":{"text":"早"}}]}},{"sender":{"nickname":"丙","user_id":10003},"time":1714550400,"content":"[CQ:forward,id=1]"}]},"message":"","echo":null}"#,
    );
    let messages = given.messages();
    assert_eq!(messages.len(), 1);
    let Part::Forward(forward) = &messages[0].parts[0] else {
        panic!()
    };
    assert_eq!(forward.messages.len(), 2);
    assert_eq!(
        forward.messages[1].sent_at,
        Some(Timestamp(1_714_550_400_000))
    );
    assert_eq!(forward.messages[1].parts[0].kind(), PartKind::Forward);
    let nested = given_one(
        r#"[{"type":"forward","data":{"id":"1","content":[{"user_id":10002,"time":1714550400,"sender":{"nickname":"乙"},"message":[{"type":"text","data":{"text":"里"}}]}]}}]"#,
    );
    let Part::Forward(forward) = &nested.messages()[0].parts[0] else {
        panic!()
    };
    assert_eq!(forward.messages[0].sender, Some(qq("10002")));
}

#[test]
fn a_list_of_nodes_is_one_bundle() {
    let given = given(
        r#"[{"type":"node","data":{"user_id":"10002","nickname":"乙","time":1714550400,"content":[{"type":"text","data":{"text":"早"}}]}},{"type":"node","data":{"user_id":"10003","nickname":"丙","content":[{"type":"node","data":{"user_id":"10002","nickname":"乙","content":[{"type":"text","data":{"text":"里"}}]}}]}}]"#,
    );
    let messages = given.messages();
    assert_eq!(messages.len(), 1);
    let Part::Forward(forward) = &messages[0].parts[0] else {
        panic!()
    };
    assert_eq!(forward.messages.len(), 2);
    assert_eq!(forward.messages[0].sender, Some(qq("10002")));
    assert_eq!(forward.messages[1].parts[0].kind(), PartKind::Forward);
}

fn given_one(message: &str) -> Given {
    given(&format!(
        r#"[{{"post_type":"message","message_type":"private","time":1714550400,"self_id":10001,"user_id":10002,"message_id":1,"message":{message},"sender":{{"user_id":10002,"nickname":"乙"}}}}]"#
    ))
}

#[test]
fn every_kind_of_segment_becomes_a_part() {
    for (segment, kind) in [
        (
            r#"{"type":"image","data":{"file":"a.png","sub_type":1,"summary":"[动画表情]"}}"#,
            PartKind::Sticker,
        ),
        (
            r#"{"type":"image","data":{"file":"base64://iVBORw0KGgo="}}"#,
            PartKind::Image,
        ),
        (
            r#"{"type":"record","data":{"file":"a.amr"}}"#,
            PartKind::Voice,
        ),
        (
            r#"{"type":"video","data":{"file":"a.mp4"}}"#,
            PartKind::Video,
        ),
        (
            r#"{"type":"file","data":{"file":"a.pdf","file_size":"5"}}"#,
            PartKind::File,
        ),
        (
            r#"{"type":"dice","data":{"result":"3"}}"#,
            PartKind::Sticker,
        ),
        (r#"{"type":"rps","data":{}}"#, PartKind::Sticker),
        (r#"{"type":"shake","data":{}}"#, PartKind::Nudge),
        (
            r#"{"type":"music","data":{"type":"163","id":"28949129"}}"#,
            PartKind::Card,
        ),
        (
            r#"{"type":"music","data":{"type":"custom","url":"https://x.example","title":"t"}}"#,
            PartKind::Link,
        ),
        (r#"{"type":"xml","data":{"data":"<msg/>"}}"#, PartKind::Card),
        (
            r#"{"type":"json","data":{"data":"{\"app\":\"com.tencent.map\",\"meta\":{\"a\":{\"name\":\"x\"}}}"}}"#,
            PartKind::Place,
        ),
        (
            r##"{"type":"markdown","data":{"content":"# x"}}"##,
            PartKind::Text,
        ),
        (
            r#"{"type":"mface","data":{"summary":"[贴贴]"}}"#,
            PartKind::Sticker,
        ),
        (r#"{"type":"at","data":{"qq":"all"}}"#, PartKind::Text),
        (
            r#"{"type":"node","data":{"user_id":1,"nickname":"n","content":"x"}}"#,
            PartKind::Forward,
        ),
        (
            r#"{"type":"flashtransfer","data":{"fileSetId":"x"}}"#,
            PartKind::File,
        ),
        (r#"{"type":"unheard_of","data":{"x":1}}"#, PartKind::Unknown),
    ] {
        assert_eq!(
            given_one(&format!("[{segment}]")).messages()[0].kind(),
            kind,
            "{segment}"
        );
    }
}

#[test]
fn own_messages_without_a_target_stay_with_their_neighbours() {
    let given = given(
        r#"{"status":"ok","retcode":0,"data":{"messages":[
        {"self_id":10001,"user_id":10001,"time":1714550400,"message_id":1,"message_type":"private","message":"一","sender":{"user_id":10001,"nickname":"甲"}},
        {"self_id":10001,"user_id":10002,"time":1714550401,"message_id":2,"message_type":"private","message":"二","sender":{"user_id":10002,"nickname":"乙"}}]}}"#,
    );
    let chat = ConversationId::direct(&Platform::Qq, qq("10001"), qq("10002"));
    assert!(
        given
            .messages()
            .iter()
            .all(|message| message.conversation == chat)
    );
}

#[test]
fn other_json_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("onebot.json");
    for text in [
        "{}",
        "[]",
        "[1]",
        "{\"messages\":[]}",
        "{\"status\":\"ok\",\"retcode\":0,\"data\":null}",
        "{\"data\":[{\"id\":1}]}",
        "{\"chatlab\":{},\"messages\":[{\"sender\":\"1\",\"content\":\"x\",\"timestamp\":1}]}",
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(
            OneBot.recognize(&Input::open(&path).unwrap()),
            Recognition::No,
            "{text}"
        );
    }
}
