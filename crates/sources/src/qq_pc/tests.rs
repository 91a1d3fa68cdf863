//! Tests against the fact sheet and the forge.

use std::path::Path;

use hutong_model::{Collected, Message, NativeIdName, NativeValue, Part};
use hutong_samples::{Plan, qq_pc};

use super::{BACKUP, COMPOUND, ENCRYPTED, QqPc};
use crate::qq::golden::{self, Given, look_up};
use crate::{Input, ReadError, ReadOptions, Recognition, Refusal, Source, conformance};

fn random(message: &Message) -> String {
    let id = message
        .native_ids
        .iter()
        .find(|id| id.name == NativeIdName::Random)
        .unwrap();
    match &id.value {
        NativeValue::Integer(number) => number.to_string(),
        NativeValue::Text(text) => text.clone(),
    }
}

#[test]
fn a_decrypted_copy_is_read_as_it_was_forged() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 900,
        ..Plan::default()
    };
    let forged = qq_pc(&plan, folder.path(), &mut |_| {}).unwrap();
    let given = Given::read(&QqPc, &forged.root, &look_up());
    golden::check(&given, &forged, &random);
    let sequences = given.messages().filter(|message| {
        message
            .native_ids
            .iter()
            .any(|id| id.name == NativeIdName::Sequence)
    });
    assert_eq!(sequences.count() as u64, forged.rows);
    // Under another name and without its folder, the owner is who writes to everybody; the wrapper may still be there.
    let mut wrapped = b"SQLite header 3\0".to_vec();
    wrapped.resize(1024, 0);
    wrapped.extend(std::fs::read(&forged.main_db).unwrap());
    let copy = folder.path().join("old history");
    std::fs::write(&copy, wrapped).unwrap();
    let given = Given::read(&QqPc, &copy, &ReadOptions::default());
    assert_eq!(given.summary.rows_read, forged.rows);
    let owner = given.accounts.values().find(|account| account.is_owner);
    assert_eq!(owner.unwrap().native_id, forged.owner);
}

#[test]
fn it_behaves_as_every_source_does() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 240,
        attachments: false,
        ..Plan::default()
    };
    let forged = qq_pc(&plan, folder.path(), &mut |_| {}).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(&QqPc, &forged.root, scratch.path(), &look_up());
}

fn noise(head: &[u8]) -> Vec<u8> {
    let mut bytes = head.to_vec();
    let start = bytes.len();
    bytes.resize(8192, 0);
    blake3::Hasher::new()
        .finalize_xof()
        .fill(&mut bytes[start..]);
    bytes
}

fn assert_refused(path: &Path, refusal: &'static Refusal) {
    let input = Input::open(path).unwrap();
    assert!(
        matches!(QqPc.recognize(&input), Recognition::Maybe(_)),
        "{}",
        path.display()
    );
    let read = QqPc.read(&input, &ReadOptions::default(), &mut Collected::default());
    let Err(ReadError::CannotOpen { refusal: found, .. }) = read else {
        panic!("{}: {read:?}", path.display());
    };
    assert_eq!(found, refusal);
    let inspection = QqPc.inspect(&input, &ReadOptions::default()).unwrap();
    assert!(inspection.files[0].is_encrypted);
    assert!(inspection.notes.contains(&refusal.instead_zh.to_owned()));
}

#[test]
fn what_nobody_can_open_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let place = folder.path().join(name.replace('.', "_"));
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join(name), bytes).unwrap();
        place
    };
    let encrypted = noise(b"SQLite header 3\0");
    for path in [
        put("Msg3.0.db", &encrypted),
        put("Msg3.0.db", &encrypted).join("Msg3.0.db"),
        put("renamed", &encrypted).join("renamed"),
        put("Msg3.0.db.1.bak", &encrypted),
    ] {
        assert_refused(&path, &ENCRYPTED);
    }
    let compound = noise(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    assert_refused(&put("Msg2.0.db", &compound), &COMPOUND);
    assert_refused(&put("MsgEx.db", &compound), &COMPOUND);
    assert_refused(&put("10001.bak", &compound), &BACKUP);
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut nt = b"SQLite header 3\0".to_vec();
    nt.resize(32, 0);
    nt.extend(b"QQ_NT DB");
    for (name, bytes) in [
        ("nt_msg.db", noise(&nt)),
        ("notes.bak", b"plain words".to_vec()),
        ("Msg3.0.db", b"plain words".to_vec()),
        ("empty.db", Vec::new()),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let input = Input::open(&path).unwrap();
        assert_eq!(QqPc.recognize(&input), Recognition::No, "{name}");
    }
}

#[test]
fn bodies_of_the_sheet_are_read() {
    let mut body = vec![0; 8];
    body.extend(1_400_000_000_u32.to_le_bytes());
    body.extend([
        1, 0, 0, 0, 0, 0, 0, 0, 10, 0, 134, 2, 4, 0, b'A', 0, b'B', 0, 0, 0,
    ]);
    // Text 好, face 264 as two bytes, a nickname, a kind that nobody knows.
    body.extend([1, 5, 0, 1, 2, 0, 0x7D, 0x59]);
    body.extend([2, 5, 0, 1, 2, 0, 1, 8]);
    body.extend([18, 5, 0, 2, 2, 0, b'N', 0]);
    body.extend([50, 1, 0, 7]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE group_310001(Time INTEGER, Rand INTEGER, SenderUin INTEGER, MsgContent BLOB, Info BLOB, PRIMARY KEY(Time,Rand))")
        .unwrap();
    connection
        .execute(
            "INSERT INTO group_310001 VALUES(1400000000, -2, 20002, ?1, NULL), (1400000001, 3, 20002, NULL, NULL)",
            [body],
        )
        .unwrap();
    drop(connection);
    let given = Given::read(&QqPc, &path, &ReadOptions::default());
    let messages: Vec<_> = given.messages().collect();
    assert_eq!(messages[0].parts[0], Part::text("好/捂脸"));
    assert!(matches!(&messages[0].parts[1], Part::Unknown(unknown) if unknown.kind == "piece 50"));
    assert_eq!(messages[0].sender_name.as_deref(), Some("N"));
    assert!(matches!(messages[1].parts[0], Part::Unknown(_)));
    assert_eq!(random(messages[0]), "4294967294");
}
