//! Tests against the fact sheet and the forge.

use hutong_model::{Direction, Message, NativeIdName, NativeValue, Part};
use hutong_samples::{Plan, qq_ios};

use super::QqIos;
use crate::qq::golden::{self, Given, look_up};
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn id(message: &Message) -> String {
    let id = message
        .native_ids
        .iter()
        .find(|id| id.name == NativeIdName::Other("ios_message".to_owned()))
        .unwrap();
    match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    }
}

#[test]
fn a_phone_is_read_as_it_was_forged_from_every_level() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 900,
        ..Plan::default()
    };
    let forged = qq_ios(&plan, folder.path(), &mut |_| {}).unwrap();
    let account = forged
        .root
        .join(format!("Documents/contents/{}", forged.owner));
    for path in [
        forged.root.clone(),
        forged.root.join("Documents"),
        forged.root.join("Documents/contents"),
        account.clone(),
        account.join("QQ.db"),
    ] {
        let recognition = QqIos.recognize(&Input::open(&path).unwrap());
        assert!(
            matches!(recognition, Recognition::Yes(_)),
            "{} {recognition:?}",
            path.display()
        );
        golden::check(&Given::read(&QqIos, &path, &look_up()), &forged, &id);
    }
    // The bare database under any name, with the account told.
    let bare = folder.path().join("copy");
    std::fs::copy(&forged.main_db, &bare).unwrap();
    let options = ReadOptions {
        account: Some(forged.owner.clone()),
        ..ReadOptions::default()
    };
    let given = Given::read(&QqIos, &bare, &options);
    assert_eq!(given.summary.rows_read, forged.rows);
    let given = Given::read(&QqIos, &bare, &ReadOptions::default());
    assert_eq!(given.messages().count() as u64, forged.rows);
    assert!(
        given
            .messages()
            .any(|message| message.direction == Direction::Out)
    );
}

#[test]
fn it_behaves_as_every_source_does() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 240,
        attachments: false,
        ..Plan::default()
    };
    let forged = qq_ios(&plan, folder.path(), &mut |_| {}).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(&QqIos, &forged.root, scratch.path(), &look_up());
}

#[test]
fn rows_of_the_sheet_are_read_whatever_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("QQ.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE tb_c2cMsg_10001(uin, time REAL, type, read, content, msgId, flag, picUrl);
             INSERT INTO tb_c2cMsg_10001 VALUES
              (10001, 1500000000.75, 0, 1, '在吗', 0, 1, NULL), (10001, 1500000000, 0, 1, '在吗', NULL, 1, NULL),
              (10001, '1500000002', 1, 1, '看', 7, 0, '{\"md5\":\"0123456789ABCDEF0123456789ABCDEF\"}'),
              (10001, 1500000003, 4, 1, '表.xlsx||||||||1', 8, 0, ''), (10001, 1500000004, 1, 1, NULL, 9, 0, 'broken'),
              (10001, 1500000005, 77, 1, NULL, 10, 0, NULL), (10001, 1500000006, 337, 1, '{oops', 11, 0, NULL);",
        )
        .unwrap();
    drop(connection);
    let given = Given::read(&QqIos, &path, &ReadOptions::default());
    let messages: Vec<_> = given.messages().collect();
    assert_eq!(messages.len(), 7);
    assert_ne!(messages[0].id, messages[1].id);
    assert_eq!(messages[0].sent_at, messages[1].sent_at);
    assert_eq!(messages[0].direction, Direction::Out);
    assert_eq!(messages[2].parts[0], Part::text("看"));
    let Part::Image(image) = &messages[2].parts[1] else {
        panic!()
    };
    assert_eq!(
        image.attachment.native_digest.as_deref(),
        Some("0123456789abcdef0123456789abcdef")
    );
    let Part::File(file) = &messages[3].parts[0] else {
        panic!()
    };
    assert_eq!(file.attachment.name.as_deref(), Some("表.xlsx"));
    assert!(matches!(messages[4].parts[0], Part::Image(_)));
    assert!(matches!(messages[5].parts[0], Part::Unknown(_)));
    assert!(matches!(messages[6].parts[0], Part::Unknown(_)));
}
