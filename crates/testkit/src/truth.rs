//! Comparing an export with the list of what a correct importer delivers.

use std::collections::HashMap;

use hutong_model::Timestamp;
use serde_json::Value;

/// How many differences are told one by one.
const TOLD: usize = 40;

fn text<'a>(line: &'a Value, field: &str) -> Option<&'a str> {
    line.get(field).and_then(Value::as_str)
}

/// What tells a message apart inside the list: conversation, native id and, without one, the sequence.
fn key_of_truth(line: &Value) -> Option<[String; 3]> {
    let id = text(line, "server_id").or_else(|| text(line, "msg_id"))?;
    let sequence = line
        .get("sort_seq")
        .filter(|_| id == "0")
        .map(Value::to_string)
        .unwrap_or_default();
    Some([
        text(line, "conversation")?.to_owned(),
        id.to_owned(),
        sequence,
    ])
}

fn key_of_line(line: &Value, platform: &str) -> Option<[String; 3]> {
    let native = line.get("native_ids");
    let native = |name: &str| native.and_then(|ids| ids.get(name)).and_then(Value::as_str);
    let id = if platform == "qq" {
        native("message_id")?
    } else {
        native("server_id").unwrap_or("0")
    };
    let sequence = if id == "0" {
        native("sequence").unwrap_or_default()
    } else {
        ""
    };
    let conversation = text(line, "conversation_native_id")?.trim_start_matches("md5:");
    Some([conversation.to_owned(), id.to_owned(), sequence.to_owned()])
}

/// Words that a person typed: text parts alone.
fn typed(line: &Value) -> String {
    let parts = line
        .get("parts")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    parts
        .filter(|part| text(part, "type") == Some("text"))
        .filter_map(|part| text(part, "text"))
        .collect()
}

/// Compares HCX message lines with the lines of `truth.jsonl`; every difference is one string, none means that the
/// export holds each message once, as it is, and nothing else.
///
/// # Panics
/// When a line of either text is no JSON.
#[must_use]
pub fn differences_from_truth(truth: &str, export: &str) -> Vec<String> {
    let parse =
        |line: &str| serde_json::from_str::<Value>(line).expect("every line is a JSON object");
    let truth: Vec<Value> = truth.lines().map(parse).collect();
    let export: Vec<Value> = export.lines().map(parse).collect();
    let platform = truth
        .first()
        .and_then(|line| text(line, "platform"))
        .unwrap_or_default();
    let mut by_key: HashMap<[String; 3], Vec<&Value>> = HashMap::new();
    let mut native_by_id: HashMap<&str, [String; 3]> = HashMap::new();
    for line in &export {
        let Some(key) = key_of_line(line, platform) else {
            continue;
        };
        native_by_id.extend(text(line, "id").map(|id| (id, key.clone())));
        by_key.entry(key).or_default().push(line);
    }
    let mut differences = Vec::new();
    for wanted in &truth {
        let found = key_of_truth(wanted)
            .and_then(|key| by_key.get_mut(&key))
            .and_then(Vec::pop);
        match found {
            Some(found) => differences.extend(compare(wanted, found, &native_by_id)),
            None => differences.push(format!("missing: {wanted}")),
        }
    }
    for line in by_key.into_values().flatten() {
        differences.push(format!("too much: {line}"));
    }
    if export.len() != truth.len() {
        differences.push(format!("{} lines instead of {}", export.len(), truth.len()));
    }
    let more = differences.len().saturating_sub(TOLD);
    differences.truncate(TOLD);
    if more > 0 {
        differences.push(format!("and {more} more"));
    }
    differences
}

fn compare(
    wanted: &Value,
    found: &Value,
    native_by_id: &HashMap<&str, [String; 3]>,
) -> Option<String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, is_right: bool| {
        if !is_right {
            wrong.push(what.to_owned());
        }
    };
    // Of a table that nothing names the list knows no sender; pictures in it name theirs all the same.
    let is_nameless =
        text(wanted, "conversation").is_some_and(is_digest) && text(wanted, "sender").is_none();
    check(
        "sender",
        is_nameless || text(wanted, "sender") == text(found, "sender_native_id"),
    );
    for field in ["platform", "conversation_kind", "kind", "state"] {
        check(field, text(wanted, field) == text(found, field));
    }
    let sent_at = wanted
        .get("sent_at_ms")
        .and_then(Value::as_i64)
        .map(|at| Timestamp(at).to_rfc3339());
    check("time", sent_at.as_deref() == text(found, "sent_at"));
    if let Some(words) = text(wanted, "text") {
        check(
            "text",
            text(found, "text") == Some(words) || typed(found) == words.replace('\r', "\n"),
        );
    }
    if let Some(target) = text(wanted, "reply_to") {
        let answered = text(found, "reply_to").and_then(|id| native_by_id.get(id));
        check("reply", answered.is_some_and(|[_, id, _]| id == target));
    }
    if wanted.get("file").is_some_and(|file| !file.is_null()) {
        let attachments = found
            .get("attachments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let is_present = |attachment: &Value| attachment.get("present") == Some(&Value::Bool(true));
        check("file", attachments.into_iter().any(is_present));
    }
    (!wrong.is_empty()).then(|| format!("{} in {found}, wanted {wanted}", wrong.join(", ")))
}

/// A conversation of which only the digest of its name is known.
fn is_digest(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
