use hutong_model::{Account, AccountId, Forward, ForwardedMessage, Message, Part, Platform};
use hutong_testkit::{Cast, cast, message};
use serde_json::Value;

use super::people::FIRST_PLACEHOLDER;
use super::*;
use crate::NoBlobs;

fn exported(cast: &Cast, messages: &[Message], pseudonyms: bool) -> Vec<Vec<Value>> {
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.options.pseudonyms = pseudonyms;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut export = OneBotNodes
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export.conversation(&cast.group, 1).unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    export.finish().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names
        .iter()
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect()
}

fn said(text: &str) -> Vec<Part> {
    vec![Part::text(text)]
}

#[test]
fn a_file_holds_a_hundred_nodes_at_most() {
    let cast = cast();
    let all: Vec<Message> = (0..250)
        .map(|number| message(&cast.group, cast.people[0], number, said("x")))
        .collect();
    let files = exported(&cast, &all, false);
    assert_eq!(
        files.iter().map(Vec::len).collect::<Vec<_>>(),
        [100, 100, 50]
    );
    assert_eq!(files[2][49]["data"]["time"], all[249].sent_at.seconds());
}

#[test]
fn whoever_is_on_qq_keeps_the_number_and_everybody_else_gets_one_of_their_own() {
    let mut cast = cast();
    let on_qq = AccountId::new(&Platform::Qq, "2853001");
    cast.names.accounts.insert(
        on_qq,
        Account {
            id: on_qq,
            platform: Some(Platform::Qq),
            native_id: "2853001".to_owned(),
            nickname: Some("小企鹅".to_owned()),
            ..Account::default()
        },
    );
    let senders = [on_qq, cast.people[0], cast.people[1], cast.people[0]];
    let all: Vec<Message> = senders
        .into_iter()
        .zip(0..)
        .map(|(sender, number)| message(&cast.group, sender, number, said("x")))
        .collect();
    let nodes = &exported(&cast, &all, false)[0];
    let number = |at: usize| nodes[at]["data"]["user_id"].as_str().unwrap().to_owned();
    assert_eq!(
        (number(0).as_str(), &nodes[0]["data"]["nickname"]),
        ("2853001", &Value::from("小企鹅"))
    );
    assert!(number(1).parse::<u32>().unwrap() >= FIRST_PLACEHOLDER);
    assert_ne!(number(1), number(2));
    assert_eq!(number(1), number(3));
    assert_eq!(exported(&cast, &all, false)[0], *nodes);
}

#[test]
fn pseudonyms_leave_no_name_behind() {
    let (cast, _) = crate::conformance::scene();
    let parts = hutong_testkit::every_part();
    let keep = |part: &&Part| matches!(part, Part::Text(_) | Part::Quote(_) | Part::Forward(_));
    let parts: Vec<Part> = parts.iter().filter(keep).cloned().collect();
    let mut recalled = message(&cast.group, cast.people[0], 2, said("x"));
    recalled.state = hutong_model::State::Recalled {
        by: Some(cast.people[1]),
        at: None,
    };
    let all = [message(&cast.group, cast.people[1], 1, parts), recalled];
    let plain = serde_json::to_string(&exported(&cast, &all, false)).unwrap();
    let masked = serde_json::to_string(&exported(&cast, &all, true)).unwrap();
    for name in ["陈雨", "林海", "外婆", "小北", "wxid_"] {
        assert!(!masked.contains(name), "{name} in {masked}");
    }
    assert!(plain.contains("林海") && masked.contains("人物 1") && masked.contains("最里面一句"));
}

#[test]
fn bundles_become_cards_inside_the_card() {
    let cast = cast();
    let inner = |depth: u32| {
        (0..depth).fold(said("最里面"), |parts, level| {
            let one = ForwardedMessage {
                sender_name: Some(format!("第{level}层")),
                parts,
                ..ForwardedMessage::default()
            };
            vec![Part::Forward(Box::new(Forward {
                title: Some(format!("标题{level}")),
                messages: vec![one],
                ..Forward::default()
            }))]
        })
    };
    let large = Part::Forward(Box::new(Forward {
        messages: (0..230)
            .map(|number| ForwardedMessage {
                sender_name: Some("a".to_owned()),
                parts: said(&number.to_string()),
                ..ForwardedMessage::default()
            })
            .collect(),
        ..Forward::default()
    }));
    let all = [
        message(&cast.group, cast.people[0], 1, inner(2)),
        message(&cast.group, cast.people[0], 2, inner(6)),
        message(
            &cast.group,
            cast.people[0],
            3,
            vec![Part::text("前"), large, Part::text("后")],
        ),
    ];
    let nodes = &exported(&cast, &all, false)[0];
    let second = &nodes[0]["data"]["content"][0]["data"];
    assert_eq!(nodes[0]["data"]["source"], "标题1");
    assert_eq!(second["nickname"], "第1层");
    assert_eq!(
        second["content"][0]["data"]["content"][0]["data"]["text"],
        "最里面"
    );
    assert!(
        nodes[1].to_string().contains("最里面"),
        "what lies deeper is told in words"
    );
    // Words, three cards, words.
    let lengths: Vec<usize> = nodes[2..]
        .iter()
        .map(|node| node["data"]["content"].as_array().unwrap().len())
        .collect();
    assert_eq!(lengths, [1, 100, 100, 30, 1]);
}
