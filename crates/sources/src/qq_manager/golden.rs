//! For tests of both exports: what a reading gives, beside the forge's list of what there is.

use std::collections::HashMap;
use std::path::Path;

use hutong_model::{
    Account, AccountId, Collected, Conversation, ConversationId, Message, Part, Record,
};
use serde_json::Value;

use crate::{Input, ReadOptions, Source};

/// A reading.
pub(crate) struct Golden {
    pub(crate) collected: Collected,
    accounts: HashMap<AccountId, Account>,
    conversations: HashMap<ConversationId, Conversation>,
}

/// One message: conversation, its kind, sender, milliseconds, kind, words.
pub(crate) type Seen = (String, String, Option<String>, i64, String, Option<String>);

impl Golden {
    pub(crate) fn read(source: &dyn Source, path: &Path, options: &ReadOptions) -> Self {
        let mut collected = Collected::default();
        source
            .read(&Input::open(path).unwrap(), options, &mut collected)
            .unwrap();
        let mut golden = Self {
            collected: Collected::default(),
            accounts: HashMap::new(),
            conversations: HashMap::new(),
        };
        for record in &collected.records {
            match record {
                Record::Account(account) => {
                    golden.accounts.insert(account.id, account.clone());
                }
                Record::Conversation(conversation) => {
                    golden
                        .conversations
                        .insert(conversation.id, conversation.clone());
                }
                _ => {}
            }
        }
        golden.collected = collected;
        golden
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

    /// What was read, in the words of the list.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.messages()
            .map(|message| {
                let conversation = &self.conversations[&message.conversation];
                let sender = message
                    .sender
                    .map(|sender| self.accounts[&sender].native_id.clone());
                let text = match message.parts.as_slice() {
                    [Part::Text(text)] => Some(text.text.clone()),
                    [Part::System(system)] => Some(system.text.clone()),
                    _ => None,
                };
                (
                    conversation.native_id.clone(),
                    conversation.kind.as_str().to_owned(),
                    sender,
                    message.sent_at.0,
                    message.kind().as_str().to_owned(),
                    text,
                )
            })
            .collect()
    }
}

/// The lines of a list.
pub(crate) fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a list says there is.
pub(crate) fn truth(lines: &[Value]) -> Vec<Seen> {
    let text = |line: &Value, name: &str| line[name].as_str().map(str::to_owned);
    lines
        .iter()
        .map(|line| {
            (
                text(line, "conversation").unwrap(),
                text(line, "conversation_kind").unwrap(),
                text(line, "sender"),
                line["sent_at_ms"].as_i64().unwrap(),
                text(line, "kind").unwrap(),
                text(line, "text"),
            )
        })
        .collect()
}

/// Compares message by message; words only where the list has some.
pub(crate) fn compare(seen: &[Seen], truth: &[Seen]) {
    for (number, (seen, truth)) in seen.iter().zip(truth).enumerate() {
        let mut seen = seen.clone();
        if truth.5.is_none() {
            seen.5 = None;
        }
        assert_eq!(&seen, truth, "message {number}");
    }
    assert_eq!(seen.len(), truth.len());
}
