use std::collections::{BTreeMap, BTreeSet};

use hutong_model::{Mention, Message, Part, Quote, Reaction, System, SystemEvent, Text};
use hutong_testkit::{Cast, cast, hostile_texts, message};
use serde_json::Value;

use super::*;
use crate::conformance::words::unzip;
use crate::conformance::{context, export, scene};
use crate::{Language, NoBlobs};

type Entries = BTreeMap<String, Vec<u8>>;

fn exported(cast: &Cast, messages: &[Message]) -> Entries {
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zip");
    let mut export = SlackImport
        .start(Output::File(path.clone()), &context)
        .unwrap();
    export.conversation(&cast.group, 1).unwrap();
    for message in messages {
        export.message(message).unwrap();
    }
    export.finish().unwrap();
    let entries: Entries = unzip(&std::fs::read(path).unwrap()).into_iter().collect();
    check(&entries);
    entries
}

fn list(entries: &Entries, name: &str) -> Vec<Value> {
    serde_json::from_slice(&entries[name]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn days(entries: &Entries) -> Vec<Value> {
    let is_day =
        |name: &&String| name.ends_with(".json") && name.contains('/') && !name.starts_with("__");
    entries
        .keys()
        .filter(is_day)
        .flat_map(|name| list(entries, name))
        .collect()
}

/// What importers want of an export.
fn check(entries: &Entries) {
    let mut users = BTreeSet::new();
    let mut handles = BTreeSet::new();
    for user in list(entries, "users.json") {
        assert!(
            users.insert(user["id"].as_str().unwrap().to_owned()),
            "{user}"
        );
        let name = user["name"].as_str().unwrap();
        assert!(handles.insert(name.to_owned()) && name.len() <= 21 && name == name.to_lowercase());
        assert!(!user["profile"]["real_name"].as_str().unwrap().is_empty());
    }
    assert_eq!(list(entries, "mpims.json").len(), 0);
    let mut folders = BTreeMap::new();
    for file in ["channels.json", "groups.json", "dms.json"] {
        for place in list(entries, file) {
            let id = place["id"].as_str().unwrap().to_owned();
            let folder = if file == "dms.json" {
                assert_eq!(place["members"].as_array().unwrap().len(), 2);
                id.clone()
            } else {
                let name = place["name"].as_str().unwrap();
                assert!(
                    name.chars().count() <= 80 && name.to_lowercase() == name,
                    "{name}"
                );
                assert!(
                    name.chars()
                        .all(|c| c.is_alphanumeric() || c == '-' || c == '_'),
                    "{name}"
                );
                name.to_owned()
            };
            for member in place["members"].as_array().unwrap() {
                assert!(users.contains(member.as_str().unwrap()));
            }
            assert!(folders.insert(folder, id).is_none());
        }
    }
    let mut stamps: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut uploads: BTreeSet<&String> = entries
        .keys()
        .filter(|name| name.starts_with("__uploads/"))
        .collect();
    for name in entries
        .keys()
        .filter(|name| name.contains('/') && !name.starts_with("__"))
    {
        let (folder, day) = name.split_once('/').unwrap();
        assert!(folders.contains_key(folder), "{name}");
        assert_eq!(day.len(), "2024-05-01.json".len());
        let messages = list(entries, name);
        assert!(!messages.is_empty());
        for message in &messages {
            assert_eq!(message["type"], "message");
            let stamp = message["ts"].as_str().unwrap();
            assert_eq!((stamp.len(), stamp.as_bytes()[10]), (17, b'.'), "{stamp}");
            assert!(
                stamps.entry(folder).or_default().insert(stamp.to_owned()),
                "{stamp} twice"
            );
            assert!(
                users.contains(message["user"].as_str().unwrap()),
                "{message}"
            );
            tokens(message["text"].as_str().unwrap(), &users);
            if let Some(root) = message.get("thread_ts") {
                assert!(stamps[folder].contains(root.as_str().unwrap()) && root != &message["ts"]);
                assert!(users.contains(message["parent_user_id"].as_str().unwrap()));
            }
            for reaction in message["reactions"].as_array().into_iter().flatten() {
                assert!(reaction["name"].as_str().unwrap().is_ascii());
                assert!(
                    reaction["count"].as_u64().unwrap()
                        >= reaction["users"].as_array().unwrap().len() as u64
                );
                assert!(
                    reaction["users"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .all(|user| users.contains(user.as_str().unwrap()))
                );
            }
            for file in message["files"].as_array().into_iter().flatten() {
                let path = format!(
                    "__uploads/{}/{}",
                    file["id"].as_str().unwrap(),
                    file["name"].as_str().unwrap()
                );
                let (path, _) = (uploads.take(&path).unwrap_or_else(|| panic!("{path}")), ());
                assert_eq!(entries[path].len() as u64, file["size"].as_u64().unwrap());
            }
        }
    }
    assert!(uploads.is_empty(), "{uploads:?}");
}

/// Signs of tokens stand only around a mention of somebody who is there.
fn tokens(text: &str, users: &BTreeSet<String>) {
    for piece in text.split('<').skip(1) {
        let (token, _) = piece.split_once('>').unwrap_or_else(|| panic!("{text}"));
        let user = token
            .strip_prefix('@')
            .and_then(|token| token.split('|').next());
        assert!(user.is_some_and(|user| users.contains(user)), "{token}");
    }
    for entity in text.split('&').skip(1) {
        assert!(
            ["amp;", "lt;", "gt;"]
                .iter()
                .any(|known| entity.starts_with(known)),
            "{entity}"
        );
    }
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
        "{text:?}"
    );
}

fn said(text: &str) -> Vec<Part> {
    vec![Part::text(text)]
}

#[test]
fn the_whole_scene_is_an_export_that_importers_take() {
    let (cast, messages) = scene();
    let context = context(&cast, Language::Zh);
    let (written, files) = export(&SlackImport, &context, &cast, &messages, false);
    let entries: Entries = unzip(&files["out"]).into_iter().collect();
    check(&entries);
    assert_eq!(days(&entries).len(), messages.len() + 1);
    assert_eq!(
        entries
            .keys()
            .filter(|name| name.starts_with("__uploads/"))
            .count() as u64,
        written.attachments
    );
    assert!(written.attachments >= 8);
    assert_eq!(
        (
            list(&entries, "groups.json").len(),
            list(&entries, "dms.json").len()
        ),
        (1, 1)
    );
}

#[test]
fn answers_join_the_thread_of_the_first_message() {
    let cast = cast();
    let mut all: Vec<Message> = (0..4)
        .map(|number| {
            message(
                &cast.group,
                cast.people[0],
                number,
                said(&number.to_string()),
            )
        })
        .collect();
    all[1].reply_to = vec![all[0].id];
    all[2].reply_to = vec![all[1].id];
    let quote = |text: &str| {
        Part::Quote(Box::new(Quote {
            author_name: Some("林海".to_owned()),
            parts: said(text),
            ..Quote::default()
        }))
    };
    all[1].parts.insert(0, quote("零"));
    all[3].parts.insert(0, quote("从前"));
    all[3].reply_to = vec![hutong_model::MessageId([9; 16])];
    let list = days(&exported(&cast, &all));
    assert_eq!(list[1]["thread_ts"], list[0]["ts"]);
    assert_eq!(list[2]["thread_ts"], list[0]["ts"]);
    assert_eq!(list[1]["text"], "1");
    assert!(list[3].get("thread_ts").is_none());
    assert_eq!(list[3]["text"], "&gt; 林海: 从前\n3");
}

#[test]
fn messages_of_one_instant_keep_their_order_and_days_are_those_of_the_zone() {
    let cast = cast();
    let mut all: Vec<Message> = (0..5)
        .map(|number| {
            message(
                &cast.group,
                cast.people[0],
                number,
                said(&number.to_string()),
            )
        })
        .collect();
    for one in &mut all {
        one.sent_at = hutong_model::Timestamp::from_seconds(1_714_579_200 - 1);
    }
    all[4].sent_at = hutong_model::Timestamp::from_seconds(1_714_579_200);
    let entries = exported(&cast, &all);
    let stamps: Vec<String> = days(&entries)
        .iter()
        .map(|m| m["ts"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(stamps[0], "1714579199.000000");
    assert_eq!(stamps[3], "1714579199.000003");
    assert!(
        entries.contains_key("周末一起吃饭/2024-05-01.json")
            && entries.contains_key("周末一起吃饭/2024-05-02.json")
    );
}

#[test]
fn hostile_words_become_no_token() {
    let cast = cast();
    let mut texts = hostile_texts();
    texts.extend(["<!channel> <@UAAAAAAAAAA|x> <http://a.example|b> &lt;".to_owned()]);
    let all: Vec<Message> = texts
        .iter()
        .zip(0..)
        .map(|(text, number)| message(&cast.group, cast.people[1], number, said(text)))
        .collect();
    assert_eq!(days(&exported(&cast, &all)).len(), texts.len());
}

#[test]
fn mentions_reactions_and_events_name_people() {
    let cast = cast();
    let mut spoken = message(
        &cast.group,
        cast.people[0],
        1,
        vec![Part::Text(Text {
            text: "@外婆 & @所有人 来".to_owned(),
            mentions: vec![Mention {
                account: Some(cast.people[2]),
                name: "@外婆".to_owned(),
                ..Mention::default()
            }],
        })],
    );
    let reaction = |emoji: &str| Reaction {
        emoji: emoji.to_owned(),
        count: 1,
        accounts: vec![cast.people[3]],
    };
    spoken.reactions = vec![reaction("👍"), reaction("🥟")];
    let mut event = message(
        &cast.group,
        cast.people[0],
        2,
        vec![Part::System(Box::new(System {
            event: SystemEvent::Joined,
            text: "小北 加入了群聊".to_owned(),
            accounts: vec![cast.people[3]],
        }))],
    );
    event.sender = None;
    let mut notice = message(
        &cast.group,
        cast.people[0],
        3,
        vec![Part::System(Box::new(System {
            text: "群名改了".to_owned(),
            ..System::default()
        }))],
    );
    notice.sender = None;
    let list = days(&exported(&cast, &[spoken, event, notice]));
    let grandma = slack_id('U', &cast.people[2].0);
    assert_eq!(
        list[0]["text"],
        format!("<@{grandma}|外婆> &amp; @所有人 来\n[回应] 🥟")
    );
    assert_eq!(list[0]["reactions"][0]["name"], "+1");
    assert_eq!(
        (&list[1]["subtype"], &list[1]["user"]),
        (
            &Value::from("channel_join"),
            &Value::from(slack_id('U', &cast.people[3].0))
        )
    );
    assert_eq!(list[2]["user"], SLACKBOT);
}
