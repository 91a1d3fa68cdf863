//! Tests against the fact sheet's examples and the forge.

use hutong_model::{
    AccountId, ConversationId, ConversationKind, Direction, MessageId, PartKind, Platform,
    ProblemKind, Record, Role, State,
};
use hutong_samples::{Piece, Plan};

use super::ChatLab;
use crate::json_export::golden::{Given, assert_as_forged, text};
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn given(text: &str) -> Given {
    Given::of(&ChatLab, text.as_bytes())
}

#[test]
fn forged_files_are_read_as_they_were_forged() {
    for piece in [Piece::Whole, Piece::First, Piece::Last] {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan {
            messages: 900,
            piece,
            ..Plan::default()
        };
        let forged = hutong_samples::chatlab(&plan, folder.path(), &mut |_| {}).unwrap();
        assert_as_forged(&ChatLab, &forged);
    }
}

#[test]
fn it_behaves_like_a_source() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 200,
        ..Plan::default()
    };
    let forged = hutong_samples::chatlab(&plan, folder.path(), &mut |_| {}).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(
        &ChatLab,
        &forged.root,
        scratch.path(),
        &ReadOptions::default(),
    );
}

const GROUP: &str = r#"{"chatlab":{"version":"0.0.2","exportedAt":1703001600},
 "meta":{"name":"项目群","platform":"qq","type":"group","groupId":"123456","ownerId":"10001"},
 "members":[{"platformId":"10001","accountName":"甲"},
  {"platformId":"10002","accountName":"乙","groupNickname":"乙乙","aliases":["阿乙"],"avatar":"data:image/png;base64,AAAA","roles":[{"id":"owner"},{"id":"x","name":"群宠"}]}],
 "messages":[
  {"sender":"10001","accountName":"甲","timestamp":1703001600,"type":0,"content":"你好","platformMessageId":"7321000000000000001"},
  {"sender":"10002","accountName":"乙","groupNickname":"乙乙","timestamp":1703001601,"type":25,"content":"好","platformMessageId":"7321000000000000002","replyToMessageId":"7321000000000000001"},
  {"sender":"SYSTEM","accountName":"系统","timestamp":1703001602,"type":80,"content":"丙加入了群聊"},
  {"sender":"10002","accountName":"乙","timestamp":1703001603,"type":81,"content":"乙撤回了一条消息"},
  {"sender":"10002","accountName":"乙","timestamp":1703001604,"type":6,"content":null},
  {"sender":"10002","accountName":"乙","timestamp":1703001605,"type":1,"content":"[图片]"},
  {"sender":"10003","accountName":"丁","timestamp":1703001605,"type":0,"content":"嗯"}]}"#;

#[test]
fn the_example_of_the_sheet_is_read() {
    let given = given(GROUP);
    let messages = given.messages();
    assert_eq!(messages.len(), 7);
    assert!(given.collected.problems.is_empty());
    let group = ConversationId::group(&Platform::Qq, "123456");
    let native = |id: i64| MessageId::new(group, "message", &[&id.to_le_bytes()]);
    assert_eq!(messages[0].id, native(7_321_000_000_000_000_001));
    assert_eq!(messages[0].direction, Direction::Out);
    assert_eq!(messages[1].direction, Direction::In);
    assert_eq!(messages[1].reply_to, [messages[0].id]);
    assert_eq!(messages[1].sender_name.as_deref(), Some("乙乙"));
    assert_eq!(
        (messages[2].sender, messages[2].kind()),
        (None, PartKind::System)
    );
    assert!(
        matches!(messages[3].state, State::Recalled { by: Some(by), .. } if by == AccountId::new(&Platform::Qq, "10002"))
    );
    assert_eq!(messages[4].kind(), PartKind::Unknown);
    assert_eq!(messages[5].kind(), PartKind::Image);
    assert_eq!(
        given.accounts[&messages[6].sender.unwrap()]
            .nickname
            .as_deref(),
        Some("丁")
    );
    let conversation = &given.conversations[&group];
    assert_eq!(conversation.kind, ConversationKind::Group);
    assert_eq!(
        conversation.group_owner,
        Some(AccountId::new(&Platform::Qq, "10002"))
    );
    let member = given
        .collected
        .records
        .iter()
        .find_map(|record| match record {
            Record::Membership(member) if member.role == Role::Owner => Some(member),
            _ => None,
        });
    let member = member.unwrap();
    assert_eq!(
        (member.name.as_deref(), member.title.as_deref()),
        (Some("乙乙"), Some("群宠"))
    );
    let avatar = &given.accounts[&member.account].avatar;
    assert!(avatar.as_ref().unwrap().is_present());
}

#[test]
fn keys_may_come_in_any_order() {
    let value: serde_json::Value = serde_json::from_str(GROUP).unwrap();
    let turned = format!(
        r#"{{"messages":{},"members":{},"meta":{},"chatlab":{}}}"#,
        value["messages"], value["members"], value["meta"], value["chatlab"]
    );
    let (one, other) = (given(GROUP), given(&turned));
    let ids = |given: &Given| {
        given
            .messages()
            .iter()
            .map(|message| message.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&one), ids(&other));
}

#[test]
fn a_private_chat_is_the_same_from_both_sides_and_of_wechat_with_server_ids() {
    let file = |owner: &str| {
        given(&format!(
            r#"{{"chatlab":{{"version":"0.0.1"}},"meta":{{"name":"乙","platform":"weixin","type":"private"{owner}}},"members":[{{"platformId":"wxid_a","accountName":"甲"}},{{"platformId":"wxid_b","accountName":"乙"}}],"messages":[{{"sender":"wxid_b","accountName":"乙","timestamp":1703001600,"type":0,"content":"在","platformMessageId":"5583719231000000123"}}]}}"#
        ))
    };
    let (with, without) = (file(r#","ownerId":"wxid_a""#), file(""));
    let account = |id: &str| AccountId::new(&Platform::WeChat, id);
    let chat = ConversationId::direct(&Platform::WeChat, account("wxid_a"), account("wxid_b"));
    let id = MessageId::new(
        chat,
        "server",
        &[&5_583_719_231_000_000_123_i64.to_le_bytes()],
    );
    for given in [&with, &without] {
        assert_eq!(given.messages()[0].id, id);
        assert_eq!(given.messages()[0].sender, Some(account("wxid_b")));
    }
    assert_eq!(with.conversations[&chat].native_id, "wxid_b");
    let named = Given::of_with(
        &ChatLab,
        br#"{"chatlab":{},"meta":{"name":"n","platform":"wechat","type":"private"},"messages":[{"sender":"wxid_b","accountName":"b","timestamp":1703001600,"type":0,"content":"x"}]}"#,
        &ReadOptions { account: Some("wxid_a".to_owned()), ..ReadOptions::default() },
    );
    assert_eq!(named.messages()[0].conversation, chat);
}

#[test]
fn whose_copy_a_private_chat_is_is_told_by_what_it_is_called_or_not_at_all() {
    let file = |meta: &str, account: Option<&str>| {
        let text = format!(
            r#"{{"chatlab":{{"version":"0.0.2"}},"meta":{{"platform":"qq","type":"private",{meta}}},"messages":[
            {{"sender":"10001","accountName":"甲","timestamp":1,"type":0,"content":"在吗"}},
            {{"sender":"10002","accountName":"乙","timestamp":2,"type":0,"content":"在"}}]}}"#
        );
        let options = ReadOptions {
            account: account.map(str::to_owned),
            ..ReadOptions::default()
        };
        let given = Given::of_with(&ChatLab, text.as_bytes(), &options);
        let directions: Vec<_> = given.messages().iter().map(|it| it.direction).collect();
        let peer = given.conversations.values().next().unwrap().peer;
        (directions, peer, given.collected.problems)
    };
    let peer = Some(AccountId::new(&Platform::Qq, "10002"));
    let known = (vec![Direction::Out, Direction::In], peer, Vec::new());
    assert_eq!(file(r#""name":"乙""#, None), known);
    assert_eq!(file(r#""name":"x","sourceSessionId":"10002""#, None), known);
    assert_eq!(file(r#""name":"x""#, Some("10001")), known);
    let (directions, peer, problems) = file(r#""name":"x""#, None);
    assert_eq!((directions, peer), (vec![Direction::None; 2], None));
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert_eq!(problem.kind, ProblemKind::Note);
    assert!(problem.reason.contains("name the account"));
}

#[test]
fn three_people_are_no_private_chat() {
    let given = given(
        r#"{"chatlab":{"version":"0.0.2"},"meta":{"name":"聚会","platform":"qq","type":"private"},"messages":[
        {"sender":"10001","accountName":"a","timestamp":1,"type":0,"content":"1"},
        {"sender":"10002","accountName":"b","timestamp":2,"type":0,"content":"2"},
        {"sender":"小明","accountName":"小明","timestamp":3,"type":0,"content":"3"}]}"#,
    );
    let conversation = given.conversations.values().next().unwrap();
    assert_eq!(conversation.kind, ConversationKind::Group);
    assert_eq!(conversation.native_id, "聚会");
    assert!(given.messages()[2].sender.unwrap().is_name());
}

#[test]
fn rounded_ids_name_nothing() {
    let line = |time: i64, id: &str| {
        format!(
            r#"{{"sender":"10001","accountName":"a","timestamp":{time},"type":0,"content":"x{time}","platformMessageId":{id}}}"#
        )
    };
    let head = r#"{"chatlab":{"version":"0.0.2"},"meta":{"name":"n","platform":"qq","type":"group","groupId":"1"},"messages":["#;
    let rounded = given(&format!(
        "{head}{},{}]}}",
        line(1, "7321000000000000000"),
        line(2, "7321000000000000000")
    ));
    assert_ne!(rounded.messages()[0].id, rounded.messages()[1].id);
    let exact = given(&format!(
        "{head}{},{}]}}",
        line(1, "7321000000000000000"),
        line(2, "7321000000000000001")
    ));
    let native = |id: i64| {
        MessageId::new(
            ConversationId::group(&Platform::Qq, "1"),
            "message",
            &[&id.to_le_bytes()],
        )
    };
    assert_eq!(exact.messages()[0].id, native(7_321_000_000_000_000_000));
}

#[test]
fn equal_messages_of_one_second_stay_two() {
    let given = given(
        r#"{"chatlab":{"version":"0.0.2"},"meta":{"name":"n","platform":"qq","type":"group","groupId":"1"},"messages":[
        {"sender":"10001","accountName":"a","timestamp":1,"type":0,"content":"好"},
        {"sender":"10001","accountName":"a","timestamp":1,"type":0,"content":"好"}]}"#,
    );
    assert_ne!(given.messages()[0].id, given.messages()[1].id);
}

#[test]
fn bad_lines_and_messages_are_rejected_one_by_one() {
    let given = given(concat!(
        "{\"_type\":\"header\",\"chatlab\":{\"version\":\"0.0.2\"},\"meta\":{\"name\":\"n\",\"platform\":\"qq\",\"type\":\"group\",\"groupId\":\"1\"}}\n",
        "# comment\n\n",
        "{\"_type\":\"message\",\"sender\":\"10001\",\"accountName\":\"a\",\"timestamp\":1,\"type\":0,\"content\":\"a\\ud83d\"}\n",
        "{\"_type\":\"message\",\"sender\":\n",
        "{\"_type\":\"message\",\"sender\":\"10001\",\"accountName\":\"a\",\"type\":0,\"content\":\"b\"}\n",
        "{\"_type\":\"other\"}\n",
        "{\"_type\":\"message\",\"sender\":\"10001\",\"accountName\":\"a\",\"timestamp\":2,\"type\":0,\"content\":\"c\"}",
    ));
    let rejected: Vec<_> = given
        .collected
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow)
        .collect();
    assert_eq!(rejected.len(), 3, "{rejected:?}");
    assert_eq!(given.summary.rows_read, 5);
    assert_eq!(text(given.messages()[0]), "a\u{fffd}");
    assert_eq!(text(given.messages()[1]), "c");
}

#[test]
fn other_json_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chatlab.json");
    for text in [
        "{}",
        "[]",
        "",
        "{\"messages\":[{\"id\":1}]}",
        "{\"meta\":{\"name\":\"x\"}}",
        "not json",
        "[{\"sender\":1}]",
    ] {
        std::fs::write(&path, text).unwrap();
        let input = Input::open(&path).unwrap();
        assert_eq!(ChatLab.recognize(&input), Recognition::No, "{text}");
    }
    std::fs::write(&path, GROUP).unwrap();
    assert!(matches!(
        ChatLab.recognize(&Input::open(&path).unwrap()),
        Recognition::Yes(_)
    ));
}
