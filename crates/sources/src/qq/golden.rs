//! Comparing what a source reads with the list of what the forge put there.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{
    Account, AccountId, Attachment, Collected, Conversation, ConversationId, Message, MessageId,
    Part, Record,
};
use hutong_samples::Forged;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::{Input, ReadOptions, Source, Summary};

/// Options with the keys of a key file.
pub(crate) fn with_keys(key_file: &Path) -> ReadOptions {
    ReadOptions {
        keys: KeyRing::from_text(&std::fs::read_to_string(key_file).unwrap()).unwrap(),
        ..look_up()
    }
}

/// Options without keys that look for attachments.
pub(crate) fn look_up() -> ReadOptions {
    ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    }
}

/// Everything that a reading gave.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) collected: Collected,
    pub(crate) summary: Summary,
    pub(crate) accounts: HashMap<AccountId, Account>,
    pub(crate) conversations: HashMap<ConversationId, Conversation>,
}

impl Given {
    pub(crate) fn read(source: &dyn Source, path: &Path, options: &ReadOptions) -> Self {
        let input = Input::open(path).unwrap();
        let mut given = Self::default();
        given.summary = source.read(&input, options, &mut given.collected).unwrap();
        for record in &given.collected.records {
            match record {
                Record::Account(account) => {
                    given.accounts.insert(account.id, account.clone());
                }
                Record::Conversation(conversation) => {
                    given
                        .conversations
                        .insert(conversation.id, conversation.clone());
                }
                _ => {}
            }
        }
        given
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(&**message),
                _ => None,
            })
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
    let content = attachment.content.as_ref()?;
    content.0.open().unwrap().read_to_end(&mut bytes).unwrap();
    Some(hex::encode(Md5::digest(&bytes)))
}

/// Compares everything that the truth list states; `id` gives the number by which the list names a message.
///
/// # Panics
/// When anything differs.
pub(crate) fn check(given: &Given, forged: &Forged, id: &dyn Fn(&Message) -> String) {
    let mut by_native: HashMap<(String, String, i64), &Message> = HashMap::new();
    let mut by_key: HashMap<MessageId, String> = HashMap::new();
    for message in given.messages() {
        let conversation = given.conversations[&message.conversation].native_id.clone();
        by_native.insert((conversation, id(message), message.sent_at.0), message);
        for key in message.lookup_keys.iter().chain([&message.id]) {
            by_key.entry(*key).or_insert_with(|| id(message));
        }
    }
    let mut differences = Vec::new();
    let mut lines = 0;
    for line in std::fs::read_to_string(&forged.truth).unwrap().lines() {
        lines += 1;
        let truth: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| truth.get(name).and_then(Value::as_str).map(str::to_owned);
        let sent_at = truth["sent_at_ms"].as_i64().unwrap();
        let key = (
            field("conversation").unwrap(),
            field("msg_id").unwrap(),
            sent_at,
        );
        let Some(message) = by_native.get(&key) else {
            differences.push(format!("missing: {line}"));
            continue;
        };
        let mut same = |what: &str, wanted: Option<String>, found: Option<String>| {
            if wanted != found {
                differences.push(format!("{what}: {found:?} instead of {wanted:?} in {line}"));
            }
        };
        let conversation = &given.conversations[&message.conversation];
        let kind = conversation.kind.as_str().to_owned();
        same("conversation kind", field("conversation_kind"), Some(kind));
        let sender = message
            .sender
            .map(|sender| given.accounts[&sender].native_id.clone());
        same("sender", field("sender"), sender.clone());
        let direction = match sender {
            None => "none",
            Some(sender) if sender == forged.owner => "out",
            Some(_) => "in",
        };
        same(
            "direction",
            Some(direction.to_owned()),
            Some(message.direction.as_str().to_owned()),
        );
        let state = message.state.as_str().to_owned();
        same("state", field("state"), Some(state));
        let kind = message.kind().as_str().to_owned();
        same("kind", field("kind"), Some(kind));
        if let Some(words) = field("text") {
            same("text", Some(words.replace('\r', "\n")), Some(text(message)));
        }
        if field("kind").as_deref() == Some("quote") {
            let reply = message.reply_to.iter().find_map(|key| by_key.get(key));
            same("reply", field("reply_to"), reply.cloned());
        }
        if let Some(file) = truth.get("file").and_then(Value::as_object) {
            let mut found = Vec::new();
            for part in &message.parts {
                part.for_each_attachment(&mut |attachment| found.extend(digest(attachment)));
            }
            let wanted = file["md5"].as_str().unwrap().to_owned();
            let found = found.into_iter().find(|found| *found == wanted);
            same("file", Some(wanted), found);
        }
    }
    assert_eq!(lines, forged.messages);
    assert!(lines > 100);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences[..differences.len().min(30)].join("\n")
    );
    assert_eq!(given.summary.rows_read, forged.rows);
    assert_eq!(given.messages().count() as u64, forged.rows);
    let owners: Vec<_> = given
        .accounts
        .values()
        .filter(|account| account.is_owner)
        .collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].native_id, forged.owner);
    assert_eq!(given.collected.problems, []);
}
