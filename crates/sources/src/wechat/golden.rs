//! Every line of a forge's list of what a correct importer gives, for all generations.

use std::collections::HashMap;

use hutong_model::{
    Account, AccountId, Change, Collected, Conversation, ConversationId, ConversationKind, Message,
    MessageId, NativeIdName, NativeValue, Part, Record, plain_text,
};
use hutong_samples::Forged;
use serde_json::Value;

use crate::Summary;

/// The messages of a reading.
pub(crate) fn messages(collected: &Collected) -> impl Iterator<Item = &Message> {
    collected.records.iter().filter_map(|record| match record {
        Record::Message(message) => Some(&**message),
        _ => None,
    })
}

fn text<'a>(line: &'a Value, field: &str) -> Option<&'a str> {
    line.get(field).and_then(Value::as_str)
}

fn number(line: &Value, field: &str) -> Option<i64> {
    line.get(field)
        .and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

fn native(message: &Message, name: &NativeIdName) -> Option<i64> {
    message
        .native_ids
        .iter()
        .find(|id| id.name == *name)
        .and_then(|id| match id.value {
            NativeValue::Integer(value) => Some(value),
            NativeValue::Text(_) => None,
        })
}

/// What the user reads: the message without what it quotes.
fn words(message: &Message) -> String {
    let own: Vec<Part> = message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Quote(_)))
        .cloned()
        .collect();
    plain_text(&own)
}

/// Compares what a reading gave with the list of the forge: every line once, and nothing else.
///
/// `may_note` are words of notes that are no trouble.
pub(crate) fn check(set: &Forged, collected: &Collected, summary: Summary, may_note: &[&str]) {
    let mut accounts: HashMap<AccountId, &Account> = HashMap::new();
    let mut conversations: HashMap<ConversationId, &Conversation> = HashMap::new();
    let mut recalled: HashMap<MessageId, usize> = HashMap::new();
    for record in &collected.records {
        match record {
            Record::Account(account) => {
                accounts.insert(account.id, account);
            }
            Record::Conversation(conversation) => {
                conversations.insert(conversation.id, conversation);
            }
            Record::Change(change) if matches!(change.change, Change::Recall { .. }) => {
                *recalled.entry(change.message).or_default() += 1;
            }
            _ => {}
        }
    }
    // Rows that stand twice have one id; rows without a server id are told apart by their sequence.
    let mut by_key: HashMap<(String, i64, i64), Vec<&Message>> = HashMap::new();
    let mut unique: HashMap<MessageId, &Message> = HashMap::new();
    for message in messages(collected) {
        if unique.insert(message.id, message).is_none() {
            let native_id = conversations[&message.conversation]
                .native_id
                .trim_start_matches("md5:")
                .to_owned();
            let server_id = native(message, &NativeIdName::ServerId).unwrap_or(0);
            let sequence = if server_id == 0 {
                native(message, &NativeIdName::Sequence).unwrap_or(0)
            } else {
                0
            };
            by_key
                .entry((native_id, server_id, sequence))
                .or_default()
                .push(message);
        }
    }
    let truth = std::fs::read_to_string(&set.truth).unwrap();
    let mut failures = Vec::new();
    let mut lines = 0;
    for line in truth.lines() {
        lines += 1;
        let value: Value = serde_json::from_str(line).unwrap();
        let key = (
            text(&value, "conversation").unwrap().to_owned(),
            number(&value, "server_id").unwrap(),
            number(&value, "sort_seq").unwrap_or(0),
        );
        let Some(message) = by_key.get_mut(&key).and_then(Vec::pop) else {
            failures.push(format!("not given: {line}"));
            continue;
        };
        let conversation = conversations[&message.conversation];
        let sender = message
            .sender
            .map(|sender| accounts[&sender].native_id.as_str());
        let kind = match conversation.kind {
            ConversationKind::Group => "group",
            ConversationKind::Official => "official",
            ConversationKind::Device => "device",
            ConversationKind::System => "system",
            _ => "direct",
        };
        let state = if recalled.contains_key(&message.id) {
            "recalled"
        } else {
            message.state.as_str()
        };
        let reply = number(&value, "reply_to")
            .map(|id| MessageId::new(message.conversation, "server", &[&id.to_le_bytes()]));
        let mut wrong = Vec::new();
        let mut compare = |what: &str, is_right: bool, given: String| {
            if !is_right {
                wrong.push(format!("{what} is {given}"));
            }
        };
        compare(
            "kind",
            text(&value, "kind") == Some(message.kind().as_str()),
            message.kind().as_str().to_owned(),
        );
        // Of an unknown table the list knows no sender; pictures and stickers in it name theirs all the same.
        let is_told = text(&value, "sender") == sender
            || (conversation.peer.is_none() && text(&value, "sender").is_none());
        compare("sender", is_told, format!("{sender:?}"));
        compare(
            "time",
            number(&value, "sent_at_ms") == Some(message.sent_at.0),
            message.sent_at.to_rfc3339(),
        );
        compare(
            "conversation kind",
            text(&value, "conversation_kind") == Some(kind),
            kind.to_owned(),
        );
        compare(
            "state",
            text(&value, "state") == Some(state),
            state.to_owned(),
        );
        compare(
            "reply",
            reply.is_none_or(|reply| message.reply_to.contains(&reply)),
            format!("{:?}", message.reply_to),
        );
        if let Some(expected) = text(&value, "text") {
            compare("text", expected == words(message), words(message));
        }
        if let Some(file) = value.get("file").filter(|file| !file.is_null()) {
            let path = attachment_path(message);
            compare(
                "file",
                path.as_deref() == text(file, "path"),
                format!("{path:?}"),
            );
        }
        if !wrong.is_empty() {
            failures.push(format!("{}: {line}", wrong.join(", ")));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {lines}:\n{}",
        failures.len(),
        failures[..failures.len().min(40)].join("\n")
    );
    assert_eq!(unique.len() as u64, set.messages, "nothing else is given");
    assert_eq!(summary.rows_read, set.rows);
    let notes: Vec<&str> = collected
        .problems
        .iter()
        .map(|problem| problem.reason.as_str())
        .collect();
    assert!(
        notes
            .iter()
            .all(|note| may_note.iter().any(|words| note.contains(words))),
        "{notes:?}"
    );
}

fn attachment_path(message: &Message) -> Option<String> {
    let mut path = None;
    message.parts.iter().for_each(|part| {
        part.for_each_attachment(&mut |attachment| {
            if path.is_none() {
                path.clone_from(&attachment.path);
            }
        });
    });
    path
}
