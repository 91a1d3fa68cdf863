//! Forms of a message: canonical, and what is not known is not there.

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
