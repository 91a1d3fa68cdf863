//! Messages as JSON lines.

use super::json::{JsonArray, JsonObject, push_hex, write_string};
use super::part::{write_attachment, write_parts};
use crate::stream::At;
use crate::{
    Attachment, ConversationKind, Message, MessageId, NativeValue, Part, State, write_plain_text,
};

/// What a message line says beyond the record itself; absent facts are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageLine<'a> {
    /// Native id of the conversation.
    pub conversation_native_id: Option<&'a str>,
    /// Kind of the conversation.
    pub conversation_kind: Option<ConversationKind>,
    /// Title of the conversation.
    pub conversation_name: Option<&'a str>,
    /// Native id of the sender.
    pub sender_native_id: Option<&'a str>,
    /// The sender's second native id (QQ: uid).
    pub sender_second_id: Option<&'a str>,
    /// Name of the sender.
    pub sender_name: Option<&'a str>,
    /// The answered message, when it exists.
    pub reply_to: Option<MessageId>,
}

/// Appends the line form, without a line end.
///
/// `text` is scratch space, so that a long export allocates once.
pub fn write_message_line(
    out: &mut Vec<u8>,
    message: &Message,
    line: &MessageLine<'_>,
    text: &mut String,
) {
    text.clear();
    write_plain_text(&message.parts, text);
    write(out, message, Some((line, text)));
}

/// Appends the record form: only what the copy says, in a form that never changes with later knowledge.
pub fn write_message_record(out: &mut Vec<u8>, message: &Message) {
    write(out, message, None);
}

fn write(out: &mut Vec<u8>, message: &Message, line: Option<(&MessageLine<'_>, &str)>) {
    let mut object = JsonObject::open(out);
    if line.is_some() {
        write_attachments(&mut object, message);
    }
    object.hex("conversation", &message.conversation.0);
    if let Some((line, _)) = line {
        if let Some(kind) = line.conversation_kind {
            object.string("conversation_kind", kind.as_str());
        }
        object.some_string("conversation_name", line.conversation_name);
        object.some_string("conversation_native_id", line.conversation_native_id);
    }
    object.string("direction", message.direction.as_str());
    object.flag("hidden", message.is_hidden);
    object.hex("id", &message.id.0);
    if line.is_some() {
        object.string("kind", message.kind().as_str());
    } else {
        ids(&mut object, "lookup_keys", &message.lookup_keys);
    }
    write_native_ids(&mut object, message);
    if line.is_none() {
        object.some_integer("order", Some(message.order));
    }
    write_origin(&mut object, message);
    write_parts(object.key("parts"), &message.parts);
    object.string("platform", message.platform.as_str());
    if let (Some(raw), None) = (&message.raw, line) {
        object.hex("raw_hex", raw);
    }
    write_reactions(&mut object, message);
    match line {
        Some((line, _)) => {
            if let Some(target) = line.reply_to {
                object.hex("reply_to", &target.0);
            }
        }
        None => ids(&mut object, "reply_keys", &message.reply_to),
    }
    write_revisions(&mut object, message);
    if let Some(sender) = message.sender {
        object.hex("sender", &sender.0);
    }
    let stated = message.sender_name.as_deref();
    object.some_string(
        "sender_name",
        line.map_or(stated, |(line, _)| line.sender_name.or(stated)),
    );
    if let Some((line, _)) = line {
        object.some_string("sender_native_id", line.sender_native_id);
        object.some_string("sender_second_id", line.sender_second_id);
    }
    object.time("sent_at", message.sent_at);
    object.string("state", message.state.as_str());
    if let State::Recalled { by, at } = &message.state
        && (by.is_some() || at.is_some())
    {
        let mut detail = JsonObject::open(object.key("state_detail"));
        if let Some(at) = at {
            detail.time("at", *at);
        }
        if let Some(by) = by {
            detail.hex("by", &by.0);
        }
        detail.close();
    }
    if let Some((_, text)) = line {
        object.some_string("text", Some(text));
    }
    if let Some(thread) = message.thread {
        object.hex("thread", &thread.0);
    }
    object.string("time_precision", message.precision.as_str());
    object.string("type", "message");
    object.close();
}

fn ids(object: &mut JsonObject<'_>, key: &str, ids: &[MessageId]) {
    if ids.is_empty() {
        return;
    }
    let mut array = JsonArray::open(object.key(key));
    for id in ids {
        let out = array.element();
        out.push(b'"');
        push_hex(out, &id.0);
        out.push(b'"');
    }
    array.close();
}

fn write_attachments(object: &mut JsonObject<'_>, message: &Message) {
    let mut found: Vec<&Attachment> = Vec::new();
    for part in message
        .parts
        .iter()
        .filter(|part| !matches!(part, Part::Text(_) | Part::Quote(_)))
    {
        part.for_each_attachment(&mut |attachment| found.push(attachment));
    }
    found.retain(|attachment| **attachment != Attachment::default());
    if found.is_empty() {
        return;
    }
    let mut array = JsonArray::open(object.key("attachments"));
    for attachment in found {
        write_attachment(array.element(), attachment);
    }
    array.close();
}

fn write_native_ids(object: &mut JsonObject<'_>, message: &Message) {
    if message.native_ids.is_empty() {
        return;
    }
    // Canonical JSON wants the keys in order; sources give two to five ids.
    let mut sorted: Vec<_> = message.native_ids.iter().collect();
    sorted.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
    sorted.dedup_by(|one, other| one.name == other.name);
    let mut inner = JsonObject::open(object.key("native_ids"));
    for id in sorted {
        match &id.value {
            NativeValue::Integer(value) => {
                inner.string(id.name.as_str(), itoa::Buffer::new().format(*value));
            }
            NativeValue::Text(value) => inner.string(id.name.as_str(), value),
        }
    }
    inner.close();
}

fn write_origin(object: &mut JsonObject<'_>, message: &Message) {
    let place = &message.origin.place;
    let mut inner = JsonObject::open(object.key("origin"));
    let mut number = itoa::Buffer::new();
    match message.origin.at {
        At::Bytes(start, length) => {
            inner.string("bytes", &format!("{start}+{length}"));
            inner.string("input", &place.input);
        }
        At::Line(line) => {
            inner.string("input", &place.input);
            inner.string("line", number.format(line));
        }
        At::Page(page) => {
            inner.string("input", &place.input);
            inner.string("page", number.format(page));
        }
        At::Row(row) => {
            inner.string("input", &place.input);
            inner.string("row", number.format(row));
        }
        At::Whole => inner.string("input", &place.input),
    }
    inner.some_string("table", Some(&place.table));
    inner.close();
}

fn write_reactions(object: &mut JsonObject<'_>, message: &Message) {
    if message.reactions.is_empty() {
        return;
    }
    let mut array = JsonArray::open(object.key("reactions"));
    for reaction in &message.reactions {
        let mut item = JsonObject::open(array.element());
        if !reaction.accounts.is_empty() {
            let mut accounts = JsonArray::open(item.key("accounts"));
            for account in &reaction.accounts {
                write_string(accounts.element(), &account.to_hex());
            }
            accounts.close();
        }
        item.some_integer("count", Some(reaction.count));
        item.string("emoji", &reaction.emoji);
        item.close();
    }
    array.close();
}

fn write_revisions(object: &mut JsonObject<'_>, message: &Message) {
    if message.revisions.is_empty() {
        return;
    }
    let mut array = JsonArray::open(object.key("revisions"));
    for revision in &message.revisions {
        let mut item = JsonObject::open(array.element());
        if let Some(at) = revision.at {
            item.time("at", at);
        }
        write_parts(item.key("parts"), &revision.parts);
        item.close();
    }
    array.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConversationId, Origin, Platform, Timestamp};

    /// Sorts every object of a JSON value again and compares: the writer must have been canonical already.
    fn canonical(bytes: &[u8]) -> String {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        serde_json::to_string(&value).unwrap()
    }

    #[test]
    fn both_forms_are_canonical_json() {
        let chat = ConversationId::group(&Platform::WeChat, "1@chatroom");
        let origin = Origin::new("message_0.db", "Msg_1", At::Row(17));
        let mut message = Message::new(
            Platform::WeChat,
            MessageId::new(chat, "server", &[b"1"]),
            chat,
            Timestamp(1_714_550_400_123),
            origin,
        );
        message.parts = vec![
            Part::text("你好\n\"\u{1}\u{7f}"),
            Part::File(Box::new(crate::File {
                attachment: Attachment {
                    name: Some("表.xlsx".into()),
                    size_bytes: Some(5),
                    ..Attachment::default()
                },
            })),
        ];
        message.state = State::Recalled {
            by: None,
            at: Some(Timestamp(5)),
        };
        message.native_ids = vec![
            crate::NativeId::integer(crate::NativeIdName::ServerId, i64::MAX),
            crate::NativeId::integer(crate::NativeIdName::LocalId, 3),
        ];
        let mut record = Vec::new();
        write_message_record(&mut record, &message);
        assert_eq!(
            String::from_utf8(record.clone()).unwrap(),
            canonical(&record)
        );
        let mut out = Vec::new();
        let line = MessageLine {
            sender_name: Some("张三"),
            reply_to: Some(message.id),
            ..MessageLine::default()
        };
        write_message_line(&mut out, &message, &line, &mut String::new());
        assert_eq!(String::from_utf8(out.clone()).unwrap(), canonical(&out));
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["sent_at"], "2024-05-01T08:00:00.123Z");
        assert_eq!(value["kind"], "text");
        assert_eq!(value["native_ids"]["server_id"], "9223372036854775807");
        assert_eq!(value["attachments"][0]["present"], false);
        assert_eq!(value["text"], "你好\n\"\u{1}\u{7f}[文件] 表.xlsx");
    }

    #[test]
    fn an_unset_fact_is_an_absent_field() {
        let chat = ConversationId::group(&Platform::Qq, "1");
        let message = Message::new(
            Platform::Qq,
            MessageId::default(),
            chat,
            Timestamp(0),
            Origin::new("", "", At::Whole),
        );
        let mut out = Vec::new();
        write_message_line(
            &mut out,
            &message,
            &MessageLine::default(),
            &mut String::new(),
        );
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        for absent in [
            "sender",
            "sender_name",
            "reply_to",
            "attachments",
            "native_ids",
            "revisions",
            "text",
        ] {
            assert!(value.get(absent).is_none(), "{absent}");
        }
    }
}
