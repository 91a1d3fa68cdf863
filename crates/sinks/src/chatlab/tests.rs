use hutong_model::{Direction, Message, Part, Quote, State, Timestamp};
use hutong_testkit::{cast, message};
use serde_json::Value;

use super::*;
use crate::NoBlobs;

/// Exports these messages of the group and gives the one file of it, and the table.
fn exported(messages: &[Message], stated_count: u64) -> (String, String) {
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut export = ChatLab
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export.conversation(&cast.group, stated_count).unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    let written = export.finish().unwrap();
    assert_eq!(written.files, fs::read_dir(&path).unwrap().count() as u64);
    let name = format!(
        "周末一起吃饭.{}",
        if stated_count > LARGEST_JSON {
            "jsonl"
        } else {
            "json"
        }
    );
    let text = fs::read_to_string(path.join(name)).unwrap_or_default();
    (text, fs::read_to_string(path.join(MAP)).unwrap())
}

fn messages(json: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(json).unwrap();
    file["messages"].as_array().unwrap().clone()
}

#[test]
fn a_large_chat_is_written_line_by_line_with_its_members_first() {
    let cast = cast();
    let stranger = hutong_model::AccountId::new(&Platform::WeChat, "wxid_stranger");
    let all: Vec<Message> = (0..20)
        .map(|number| {
            let sender = if number == 19 {
                stranger
            } else {
                cast.people[0]
            };
            message(&cast.group, sender, number, vec![Part::text("一\n二")])
        })
        .collect();
    let (lines, table) = exported(&all, LARGEST_JSON + 1);
    let kinds: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(kinds[0]["_type"], "header");
    assert_eq!(
        kinds
            .iter()
            .filter(|line| line["_type"] == "message")
            .count(),
        20
    );
    // The stranger is in no list of members, and became a member by writing.
    let is_stranger = |line: &&Value| line["platformId"] == stranger.to_hex().as_str();
    assert_eq!(kinds.iter().filter(is_stranger).count(), 1);
    assert_eq!(table.lines().count(), 21);
    let (json, _) = exported(&all, 20);
    assert_eq!(messages(&json).len(), 20);
}

#[test]
fn answers_name_what_they_answer_and_quote_it_only_where_they_cannot() {
    let cast = cast();
    let question = message(&cast.group, cast.people[1], 1, vec![Part::text("几点？")]);
    let quote = Part::Quote(Box::new(Quote {
        author_name: Some("林海".to_owned()),
        parts: vec![Part::text("几点？")],
        ..Quote::default()
    }));
    let mut answer = message(
        &cast.group,
        cast.people[0],
        2,
        vec![quote, Part::text("八点")],
    );
    answer.reply_to = vec![question.id];
    let (json, _) = exported(&[question.clone(), answer.clone()], 2);
    let list = messages(&json);
    assert_eq!(list[1]["replyToMessageId"], list[0]["platformMessageId"]);
    assert_eq!(list[1]["content"], "八点");
    assert_eq!(list[1]["type"], 25);
    let (json, _) = exported(std::slice::from_ref(&answer), 1);
    let list = messages(&json);
    assert!(list[0].get("replyToMessageId").is_none());
    assert_eq!(list[0]["content"], "> 林海: 几点？\n八点");
}

#[test]
fn times_and_senders_beyond_what_is_allowed_are_brought_within() {
    let cast = cast();
    let mut early = message(&cast.group, cast.people[0], 1, vec![Part::text("a")]);
    early.sent_at = Timestamp(-5);
    let mut late = message(&cast.group, cast.people[0], 2, vec![Part::text("b")]);
    late.sent_at = Timestamp(i64::MAX);
    let mut nobody = message(&cast.group, cast.people[0], 3, vec![Part::text("c")]);
    (nobody.sender, nobody.direction) = (None, Direction::None);
    let mut named = message(&cast.group, cast.people[0], 4, vec![Part::text("d")]);
    (named.sender, named.sender_name) = (None, Some("SYSTEM".to_owned()));
    let (json, table) = exported(&[early, late, nobody, named], 4);
    let list = messages(&json);
    assert_eq!(list[0]["timestamp"], 0);
    assert_eq!(list[1]["timestamp"], LATEST_SECOND);
    assert_eq!(list[2]["sender"], "unknown");
    assert_eq!(list[3]["sender"], "account:SYSTEM");
    assert!(
        table.contains("1969-12-31T23:59:59.995Z"),
        "the table has the true time"
    );
}

#[test]
fn a_withdrawn_message_says_so_and_a_chat_without_messages_has_no_file() {
    let cast = cast();
    let mut recalled = message(&cast.group, cast.people[0], 1, vec![Part::text("算了")]);
    recalled.state = State::Recalled { by: None, at: None };
    let (json, _) = exported(&[recalled], 1);
    let list = messages(&json);
    assert_eq!(
        (list[0]["type"].as_u64(), list[0]["content"].as_str()),
        (Some(81), Some("算了 [已撤回]"))
    );
    let mut hidden = message(&cast.group, cast.people[0], 1, vec![Part::text("x")]);
    hidden.is_hidden = true;
    let (json, _) = exported(&[hidden], 1);
    assert_eq!(json, "");
}
