//! What ChatLab's validator wants of a file.

use std::collections::BTreeSet;

use serde_json::Value;

pub(super) fn check(name: &str, text: &str) {
    let extension = name.rsplit('.').next().unwrap();
    match extension {
        "csv" => super::csv::check(text),
        "json" => {
            let file: Value = serde_json::from_str(text).unwrap();
            let members = file["members"].as_array().unwrap();
            let messages = file["messages"].as_array().unwrap();
            assert!(!members.is_empty() && !messages.is_empty(), "{name}");
            validate(&file, members, messages);
        }
        "jsonl" => {
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            let lines: Vec<Value> = lines.collect();
            let kinds: Vec<&str> = lines.iter().map(|line| text_of(line, "_type")).collect();
            let rank = |kind: &str| {
                ["header", "member", "message"]
                    .iter()
                    .position(|k| *k == kind)
            };
            assert!(kinds.iter().all(|kind| rank(kind).is_some()));
            assert!(
                kinds.is_sorted_by_key(|kind| rank(kind)),
                "members come before messages"
            );
            assert_eq!(kinds.iter().filter(|kind| **kind == "header").count(), 1);
            let of = |kind: &str| {
                let found = lines.iter().filter(|line| line["_type"] == kind);
                found.cloned().collect::<Vec<_>>()
            };
            validate(&lines[0], &of("member"), &of("message"));
        }
        other => panic!("{name}: {other}"),
    }
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    let text = value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} of {value}"));
    assert!(!text.trim().is_empty(), "{key} of {value}");
    text
}

pub(crate) fn validate(head: &Value, members: &[Value], messages: &[Value]) {
    assert!(["0.0.1", "0.0.2"].contains(&text_of(&head["chatlab"], "version")));
    let meta = &head["meta"];
    text_of(meta, "name");
    text_of(meta, "platform");
    assert!(["group", "private"].contains(&text_of(meta, "type")));
    let mut ids = BTreeSet::new();
    for member in members {
        assert!(
            ids.insert(text_of(member, "platformId").to_owned()),
            "{member}"
        );
        text_of(member, "accountName");
        if !member["groupNickname"].is_null() {
            text_of(member, "groupNickname");
        }
    }
    assert!(!ids.contains("SYSTEM"));
    if !meta["ownerId"].is_null() {
        assert!(ids.contains(text_of(meta, "ownerId")));
    }
    let mut message_ids = BTreeSet::new();
    for message in messages {
        let sender = text_of(message, "sender");
        text_of(message, "accountName");
        let kind = message["type"].as_u64().unwrap();
        assert!(
            matches!(kind, 0..=5 | 7 | 8 | 20..=27 | 80 | 81 | 99),
            "{message}"
        );
        match sender {
            "SYSTEM" => assert!(matches!(kind, 80 | 81), "{message}"),
            other => assert!(ids.contains(other), "{message}"),
        }
        assert!(message["timestamp"].as_u64().unwrap() < 100_000_000_000);
        assert!(message["content"].is_string() || message["content"] == Value::Null);
        let id = text_of(message, "platformMessageId");
        assert!(message_ids.insert(id.to_owned()), "{message}");
    }
    for message in messages {
        if let Some(target) = message.get("replyToMessageId") {
            assert!(message_ids.contains(target.as_str().unwrap()), "{message}");
        }
    }
}
