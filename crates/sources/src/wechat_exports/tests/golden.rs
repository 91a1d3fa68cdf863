//! Every line of the forge's list of what a correct importer gives, and the behaviour of every source.

use std::collections::HashMap;
use std::path::Path;

use hutong_model::{Message, NativeIdName, NativeValue, Part, plain_text};
use hutong_samples::{Forged, Plan, tool_exports};
use serde_json::Value;

use super::{Reading, options, read_folder};
use crate::wechat_exports::WeChatToolExports;
use crate::{Input, Recognition, SOURCES, conformance};

fn forged(messages: u64, folder: &Path) -> Forged {
    let plan = Plan {
        messages,
        ..Plan::default()
    };
    tool_exports(&plan, folder, &mut |_| {}).unwrap()
}

/// Conversation, time, sender, kind, words and server id of a message.
type Key = (
    String,
    i64,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
);

fn words(message: &Message) -> String {
    let own: Vec<Part> = message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Quote(_)))
        .cloned()
        .collect();
    plain_text(&own)
}

fn keys_of(reading: &Reading) -> HashMap<Key, i64> {
    let chats: HashMap<_, _> = reading
        .conversations()
        .into_iter()
        .map(|chat| (chat.id, chat.native_id.clone()))
        .collect();
    let people: HashMap<_, _> = reading
        .accounts()
        .into_iter()
        .map(|account| (account.id, account.native_id.clone()))
        .collect();
    let mut keys = HashMap::new();
    for message in reading.messages() {
        let kind = message.kind().as_str().to_owned();
        let has_words = matches!(kind.as_str(), "text" | "quote");
        let server_id = message
            .native_ids
            .iter()
            .find_map(|id| match (&id.name, &id.value) {
                (NativeIdName::ServerId, NativeValue::Integer(id)) => Some(id.to_string()),
                _ => None,
            });
        let key = (
            chats[&message.conversation].clone(),
            message.sent_at.0,
            message.sender.map(|sender| people[&sender].clone()),
            kind,
            has_words.then(|| words(message)),
            server_id,
        );
        *keys.entry(key).or_default() += 1;
    }
    keys
}

fn keys_of_truth(path: &Path) -> HashMap<Key, i64> {
    let mut keys = HashMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = (
            text("conversation").unwrap(),
            line["sent_at_ms"].as_i64().unwrap(),
            text("sender"),
            text("kind").unwrap(),
            text("text"),
            text("server_id"),
        );
        *keys.entry(key).or_default() += 1;
    }
    keys
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(3_000, folder.path());
    let reading = read_folder(&set.root, &options()).unwrap();
    assert_eq!(reading.rejected(), 0, "{:?}", reading.collected.problems);
    let (given, wanted) = (keys_of(&reading), keys_of_truth(&set.truth));
    let missing: Vec<_> = wanted
        .iter()
        .filter(|(key, count)| given.get(*key) != Some(count))
        .collect();
    let extra: Vec<_> = given
        .iter()
        .filter(|(key, count)| wanted.get(*key) != Some(count))
        .collect();
    let mut both: Vec<String> = missing
        .iter()
        .map(|(key, _)| format!("{key:?} missing"))
        .collect();
    both.extend(extra.iter().map(|(key, _)| format!("{key:?} extra")));
    both.sort();
    let mut by_chat: HashMap<&str, usize> = HashMap::new();
    for (key, _) in &missing {
        *by_chat.entry(key.0.as_str()).or_default() += 1;
    }
    assert!(
        both.is_empty(),
        "{} differ:\n{}",
        both.len(),
        both[..both.len().min(24)].join("\n")
    );
    assert_eq!(reading.messages().len() as u64, set.messages);
    let found = reading
        .messages()
        .iter()
        .flat_map(|message| &message.parts)
        .filter(|part| matches!(part, Part::Image(image) if image.attachment.content.is_some()))
        .count();
    assert_eq!(found as u64, set.files);
    assert_eq!(
        reading
            .messages()
            .iter()
            .filter(|message| plain_text(&message.parts).contains(&set.needle))
            .count(),
        1
    );
    let ids: std::collections::HashSet<_> = reading
        .messages()
        .iter()
        .map(|message| message.id)
        .collect();
    assert_eq!(
        ids.len() as u64,
        set.messages,
        "every message has an id of its own"
    );
}

#[test]
fn exports_behave_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let set = forged(1, folder.path());
    conformance::check(&WeChatToolExports, &set.root, scratch.path(), &options());
}

#[test]
fn no_other_source_takes_these_files() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(1, folder.path());
    for entry in std::fs::read_dir(&set.root).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        // The order of the list decides who is asked first.
        let first = SOURCES.iter().find(|source| {
            matches!(
                source.recognize(&Input::open(&path).unwrap()),
                Recognition::Yes(_)
            )
        });
        if let Some(first) = first {
            assert_eq!(
                first.about().id,
                "wechat_tool_exports",
                "{}",
                path.display()
            );
        }
    }
}
