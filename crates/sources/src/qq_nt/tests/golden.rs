//! What the forge says is in its data sets is what we read from them.

use std::collections::HashMap;
use std::io::Read;

use hutong_model::{Attachment, Message, MessageId, NativeIdName, NativeValue, Part};
use hutong_samples::{Forged, Plan, QqHmac, QqPlatform, QqStyle, qq_nt};
use md5::{Digest, Md5};
use serde_json::Value;

use super::{Given, with_keys};

fn forge(plan: &Plan, folder: &std::path::Path) -> Forged {
    qq_nt(plan, folder, &mut |_| {}).unwrap()
}

fn message_id(message: &Message) -> String {
    let id = message
        .native_ids
        .iter()
        .find(|id| id.name == NativeIdName::MessageId)
        .unwrap();
    match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    }
}

fn text(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn digest(attachment: &Attachment) -> Option<String> {
    let mut bytes = Vec::new();
    attachment
        .content
        .as_ref()?
        .0
        .open()
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    Some(hex::encode(Md5::digest(&bytes)))
}

/// Compares everything that the truth list states; gives the differences.
fn differences(given: &Given, forged: &Forged) -> Vec<String> {
    let mut by_native: HashMap<(String, String), &Message> = HashMap::new();
    let mut by_key: HashMap<MessageId, String> = HashMap::new();
    for message in given.messages() {
        let conversation = &given.conversations[&message.conversation];
        by_native.insert(
            (conversation.native_id.clone(), message_id(message)),
            message,
        );
        for key in message.lookup_keys.iter().chain([&message.id]) {
            by_key.entry(*key).or_insert_with(|| message_id(message));
        }
    }
    let mut differences = Vec::new();
    let mut lines = 0;
    for line in std::fs::read_to_string(&forged.truth).unwrap().lines() {
        lines += 1;
        let truth: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| truth.get(name).and_then(Value::as_str).map(str::to_owned);
        let key = (field("conversation").unwrap(), field("msg_id").unwrap());
        let Some(message) = by_native.get(&key) else {
            differences.push(format!("missing: {line}"));
            continue;
        };
        let mut check = |what: &str, wanted: Option<String>, found: Option<String>| {
            if wanted != found {
                differences.push(format!("{what}: {found:?} instead of {wanted:?} in {line}"));
            }
        };
        let kind = given.conversations[&message.conversation]
            .kind
            .as_str()
            .to_owned();
        check("conversation kind", field("conversation_kind"), Some(kind));
        let sender = message
            .sender
            .map(|sender| given.accounts[&sender].native_id.clone());
        check("sender", field("sender"), sender);
        let sent_at = truth["sent_at_ms"].as_i64().unwrap().to_string();
        check("time", Some(sent_at), Some(message.sent_at.0.to_string()));
        check(
            "state",
            field("state"),
            Some(message.state.as_str().to_owned()),
        );
        let leading = message
            .parts
            .iter()
            .find(|part| !matches!(part, Part::Quote(_)));
        let is_quote = matches!(message.parts.first(), Some(Part::Quote(_)));
        let kind = if is_quote {
            "quote"
        } else {
            leading.map_or("text", |part| part.kind().as_str())
        };
        check("kind", field("kind"), Some(kind.to_owned()));
        if let Some(words) = field("text") {
            check("text", Some(words.replace('\r', "\n")), Some(text(message)));
        }
        let reply = message
            .reply_to
            .iter()
            .find_map(|key| by_key.get(key))
            .cloned();
        check("reply", field("reply_to"), reply);
        if let Some(file) = truth.get("file").and_then(Value::as_object) {
            let mut found = Vec::new();
            for part in &message.parts {
                part.for_each_attachment(&mut |attachment| found.extend(digest(attachment)));
            }
            let wanted = file["md5"].as_str().unwrap().to_owned();
            let found = found.into_iter().find(|found| *found == wanted);
            check("file", Some(wanted), found);
        }
    }
    assert_eq!(lines, forged.messages);
    differences
}

fn check(plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(plan, folder.path());
    let given = Given::read(&forged.root, &with_keys(&forged.key_file));
    given.assert_order();
    let differences = differences(&given, &forged);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert_eq!(given.summary.rows_read, forged.rows);
    assert_eq!(given.messages().count() as u64, forged.rows);
    assert!(!given.summary.changed_while_reading);
    let owners: Vec<_> = given
        .accounts
        .values()
        .filter(|account| account.is_owner)
        .collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].native_id, forged.owner);
    let problems = &given.collected.problems;
    assert!(
        problems
            .iter()
            .all(|problem| problem.kind == hutong_model::ProblemKind::Note),
        "{problems:?}"
    );
}

#[test]
fn a_desktop_account_is_read_as_it_was_forged() {
    check(&Plan::default());
}

#[test]
fn a_phone_account_is_read_with_nothing_but_the_uid() {
    check(&Plan {
        qq: QqStyle {
            platform: QqPlatform::Mobile,
            ..QqStyle::default()
        },
        ..Plan::default()
    });
}

#[test]
fn every_page_authentication_is_read() {
    for hmac in [QqHmac::Sha256, QqHmac::Sha512] {
        check(&Plan {
            messages: 300,
            qq: QqStyle {
                hmac,
                ..QqStyle::default()
            },
            ..Plan::default()
        });
    }
}
