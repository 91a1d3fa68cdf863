//! What an HCX file is made of.

use hutong_model::{ConversationId, NameTable, Origin, Platform, Text};

use super::*;
use crate::NoBlobs;

fn write(count: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hcx");
    let names = NameTable::default();
    let context = Context::new(&names, &NoBlobs);
    let mut export = Hcx.start(Output::File(path.clone()), &context).unwrap();
    let chat = Conversation {
        id: ConversationId::group(&Platform::Qq, "1"),
        native_id: "1".to_owned(),
        ..Conversation::default()
    };
    export.conversation(&chat, u64::from(count)).unwrap();
    for number in 0..count {
        let mut message = Message::new(
            Platform::Qq,
            hutong_model::MessageId::new(chat.id, "server", &[&number.to_le_bytes()]),
            chat.id,
            Timestamp(i64::from(number) * 1000),
            Origin::new("a.db", "m", hutong_model::At::Row(i64::from(number))),
        );
        message.parts = vec![Part::Text(Text {
            text: format!("第 {number} 条"),
            mentions: Vec::new(),
        })];
        export.message(&message).unwrap();
    }
    let written = export.finish().unwrap();
    assert_eq!(written.messages, u64::from(count));
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(written.bytes, bytes.len() as u64);
    bytes
}

#[test]
fn equal_content_is_an_equal_file() {
    assert_eq!(write(300), write(300));
    assert_ne!(write(300), write(301));
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let names = NameTable::default();
    let context = Context::new(&names, &NoBlobs);
    let output = Output::File(folder.path().join("a.hcx"));
    drop(Hcx.start(output, &context).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn members_are_packed_and_the_directory_finds_them() {
    let bytes = write(2);
    let members = crate::conformance::hcx::members(&bytes);
    let text = |name: &str| String::from_utf8(members[name].clone()).unwrap();
    assert!(text("hcx/bagit.txt").starts_with("BagIt-Version: 1.0\n"));
    let lines = text("hcx/data/messages/000001.jsonl");
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains("第 1 条"));
    let manifest = text("hcx/manifest-sha256.txt");
    assert!(manifest.lines().is_sorted_by_key(|line| line.get(66..)));
    assert!(manifest.contains(&format!(
        "{}  data/messages/000001.jsonl\n",
        Digest::of(lines.as_bytes())
    )));
    assert!(text("hcx/data/hcx.json").contains("\"messages\":2}"));
}
