//! Comparing what a reader of an export gives with the forge's list; for tests.

use std::collections::HashMap;
use std::path::Path;

use hutong_model::{
    Account, AccountId, Collected, Conversation, ConversationId, Message, MessageId, NativeIdName,
    NativeValue, Part, Record,
};
use hutong_samples::Forged;
use serde_json::Value;

use crate::{Input, ReadOptions, Source, Summary};

/// Everything that a reading gave.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) collected: Collected,
    pub(crate) summary: Summary,
    pub(crate) accounts: HashMap<AccountId, Account>,
    pub(crate) conversations: HashMap<ConversationId, Conversation>,
}

impl Given {
    pub(crate) fn read(source: &dyn Source, path: &Path) -> Self {
        Self::read_with(source, path, &ReadOptions::default())
    }

    pub(crate) fn read_with(source: &dyn Source, path: &Path, options: &ReadOptions) -> Self {
        let input = Input::open(path).unwrap();
        let mut collected = Collected::default();
        let summary = source.read(&input, options, &mut collected).unwrap();
        let mut given = Self {
            summary,
            ..Self::default()
        };
        for record in &collected.records {
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
        given.collected = collected;
        given
    }

    /// Reads a file with these bytes.
    pub(crate) fn of(source: &dyn Source, bytes: &[u8]) -> Self {
        Self::of_with(source, bytes, &ReadOptions::default())
    }

    pub(crate) fn of_with(source: &dyn Source, bytes: &[u8], options: &ReadOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any name");
        std::fs::write(&path, bytes).unwrap();
        Self::read_with(source, &path, options)
    }

    pub(crate) fn messages(&self) -> Vec<&Message> {
        self.collected
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(&**message),
                _ => None,
            })
            .collect()
    }
}

/// The words that people typed.
pub(crate) fn text(message: &Message) -> String {
    let texts = message.parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.text.as_str()),
        _ => None,
    });
    texts.collect()
}

fn native(message: &Message, name: &NativeIdName) -> Option<String> {
    let id = message.native_ids.iter().find(|id| id.name == *name)?;
    Some(match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    })
}

fn id_of(message: &Message) -> Option<String> {
    native(message, &NativeIdName::MessageId).or_else(|| native(message, &NativeIdName::ServerId))
}

/// Asserts that a reading of the set gives what the forge says is in it.
pub(crate) fn assert_as_forged(source: &dyn Source, forged: &Forged) {
    let given = Given::read(source, &forged.root);
    let mut by_native: HashMap<(String, String), &Message> = HashMap::new();
    let mut by_key: HashMap<MessageId, String> = HashMap::new();
    let messages = given.messages();
    for message in &messages {
        let conversation = &given.conversations[&message.conversation];
        let Some(id) = id_of(message) else { continue };
        by_native.insert((conversation.native_id.clone(), id.clone()), message);
        for key in message.lookup_keys.iter().chain([&message.id]) {
            by_key.entry(*key).or_insert_with(|| id.clone());
        }
    }
    let mut differences = Vec::new();
    let mut lines = 0;
    for line in std::fs::read_to_string(&forged.truth).unwrap().lines() {
        lines += 1;
        let truth: Value = serde_json::from_str(line).unwrap();
        let field = |name: &str| truth.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = field("msg_id").or_else(|| field("server_id")).unwrap();
        let Some(message) = by_native.get(&(field("conversation").unwrap(), id)) else {
            differences.push(format!("missing: {line}"));
            continue;
        };
        let mut check = |what: &str, wanted: Option<String>, found: Option<String>| {
            if wanted != found {
                differences.push(format!("{what}: {found:?} instead of {wanted:?} in {line}"));
            }
        };
        let kind = given.conversations[&message.conversation].kind.as_str();
        check(
            "conversation kind",
            field("conversation_kind"),
            Some(kind.to_owned()),
        );
        let sender = message
            .sender
            .map(|sender| given.accounts[&sender].native_id.clone());
        check("sender", field("sender"), sender);
        let sent_at = truth["sent_at_ms"].as_i64().unwrap() / 1000;
        check(
            "time",
            Some(sent_at.to_string()),
            Some(message.sent_at.seconds().to_string()),
        );
        check(
            "state",
            field("state"),
            Some(message.state.as_str().to_owned()),
        );
        check(
            "kind",
            field("kind"),
            Some(message.kind().as_str().to_owned()),
        );
        if let Some(words) = field("text") {
            check("text", Some(words), Some(text(message)));
        }
        let reply = message
            .reply_to
            .iter()
            .find_map(|key| by_key.get(key))
            .cloned();
        check("reply", field("reply_to"), reply);
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences
            .iter()
            .take(30)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(lines, forged.messages);
    assert_eq!(messages.len() as u64, forged.messages);
    assert_eq!(given.summary.rows_read, forged.messages);
    assert!(
        given.collected.problems.is_empty(),
        "{:?}",
        given.collected.problems
    );
    let owners: Vec<_> = given
        .accounts
        .values()
        .filter(|account| account.is_owner)
        .collect();
    assert!(
        owners
            .iter()
            .any(|account| account.native_id == forged.owner)
    );
}
