//! Tests against the fact sheet and the forge.

mod built;

use hutong_model::{Message, NativeIdName, NativeValue, Part};
use hutong_samples::{Forged, Piece, Plan, qq_android};

use super::QqAndroid;
use crate::qq::golden::{self, Given, look_up, with_keys};
use crate::{Input, ReadOptions, Recognition, Source, conformance};

fn forge(folder: &std::path::Path) -> Forged {
    let plan = Plan {
        messages: 900,
        ..Plan::default()
    };
    qq_android(&plan, folder, &mut |_| {}).unwrap()
}

fn unique(message: &Message) -> String {
    let id = message
        .native_ids
        .iter()
        .find(|id| id.name == NativeIdName::Other("uniseq".to_owned()))
        .unwrap();
    match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    }
}

#[test]
fn a_phone_is_read_as_it_was_forged_and_its_own_key_file_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path());
    for options in [with_keys(&forged.key_file), look_up()] {
        let given = Given::read(&QqAndroid, &forged.root, &options);
        golden::check(&given, &forged, &unique);
    }
    let given = Given::read(&QqAndroid, &forged.root, &look_up());
    let bundle = given
        .messages()
        .find_map(|message| match &message.parts[0] {
            Part::Forward(forward) => Some(forward),
            _ => None,
        })
        .unwrap();
    assert_eq!(bundle.messages.len(), 3);
    assert_eq!(bundle.stated_count, Some(3));
    assert!(
        bundle
            .messages
            .iter()
            .all(|inner| inner.sender_name.is_some())
    );
    assert!(matches!(bundle.messages[1].parts[0], Part::Image(_)));
    let names = given
        .accounts
        .values()
        .filter(|account| account.nickname.is_some());
    assert!(names.count() > 20);
}

#[test]
fn pieces_of_one_history_tell_the_same_story() {
    let folder = tempfile::tempdir().unwrap();
    let mut ids = Vec::new();
    for (name, piece) in [("a", Piece::First), ("b", Piece::Last)] {
        let plan = Plan {
            messages: 900,
            piece,
            ..Plan::default()
        };
        let forged = qq_android(&plan, &folder.path().join(name), &mut |_| {}).unwrap();
        let given = Given::read(&QqAndroid, &forged.root, &look_up());
        golden::check(&given, &forged, &unique);
        let set: std::collections::HashSet<_> =
            given.messages().map(|message| message.id).collect();
        ids.push(set);
    }
    let both = ids[0].intersection(&ids[1]).count();
    assert!(both > 150, "{both}");
}

#[test]
fn every_level_and_the_names_of_backups_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path());
    let whole = Given::read(&QqAndroid, &forged.root, &look_up());
    let app = forged.root.join("com.tencent.mobileqq");
    let count = |path: &std::path::Path| {
        let recognition = QqAndroid.recognize(&Input::open(path).unwrap());
        assert!(
            matches!(recognition, Recognition::Yes(_)),
            "{recognition:?}"
        );
        let given = Given::read(&QqAndroid, path, &look_up());
        assert_eq!(given.collected.problems, []);
        let mut found = 0;
        for part in given.messages().flat_map(|message| &message.parts) {
            part.for_each_attachment(&mut |attachment| {
                found += u32::from(attachment.content.is_some());
            });
        }
        (given.summary.rows_read, found)
    };
    let all = count(&forged.root);
    assert_eq!(all.0, whole.summary.rows_read);
    assert!(all.1 > 20, "{}", all.1);
    assert_eq!(count(&app), all);
    assert_eq!(count(&app.join("databases")), all);
    assert_eq!(count(&forged.main_db), all);
    std::fs::rename(app.join("databases"), app.join("db")).unwrap();
    std::fs::rename(app.join("files"), app.join("f")).unwrap();
    assert_eq!(count(&app), all);
    // Databases under any name, without the key beside them.
    let bare = folder.path().join("bare");
    std::fs::create_dir(&bare).unwrap();
    for (from, to) in [
        (format!("{}.db", forged.owner), "one"),
        (format!("{}.db-wal", forged.owner), "one-wal"),
        (format!("slowtable_{}.db", forged.owner), "two.bin"),
    ] {
        std::fs::copy(app.join("db").join(from), bare.join(to)).unwrap();
    }
    let given = Given::read(&QqAndroid, &bare, &with_keys(&forged.key_file));
    assert_eq!(given.summary.rows_read, whole.summary.rows_read);
    let owner = given.accounts.values().find(|account| account.is_owner);
    assert_eq!(owner.unwrap().native_id, forged.owner);
    let input = Input::open(&bare).unwrap();
    let inspection = QqAndroid.inspect(&input, &ReadOptions::default()).unwrap();
    assert!(
        inspection
            .files
            .iter()
            .all(|file| file.is_encrypted && file.key_fits.is_none())
    );
}

#[test]
fn it_behaves_as_every_source_does() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 240,
        attachments: false,
        wal_rows: 10,
        ..Plan::default()
    };
    let forged = qq_android(&plan, folder.path(), &mut |_| {}).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(
        &QqAndroid,
        &forged.root,
        scratch.path(),
        &with_keys(&forged.key_file),
    );
}
