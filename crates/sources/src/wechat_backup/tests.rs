//! The whole source against forged backups.

use std::collections::BTreeSet;
use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{Collected, Direction, IdSpace, Message, MessageId, Part, Precision, Record};
use hutong_samples::{Forged, Plan, WechatKeys, wechat_android, wechat_backup};

use super::WeChatBackup;
use crate::wechat::golden::messages;
use crate::wechat::trial::{self, options, plan};
use crate::wechat_android::tests::golden::compare_with_truth;
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(plan: &Plan, folder: &Path) -> Forged {
    wechat_backup(plan, folder, &mut |_| {}).unwrap()
}

fn read(folder: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatBackup, folder, options)
}

fn ids(collected: &Collected) -> BTreeSet<MessageId> {
    messages(collected).map(|message| message.id).collect()
}

#[test]
fn an_encrypted_backup_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Account)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatBackup, &set.root, scratch.path(), &options(&set));
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(2_000, WechatKeys::Account), folder.path());
    let (collected, summary) = read(&set.root, &options(&set));
    assert_eq!(summary.rows_read, set.rows);
    let truth = std::fs::read_to_string(&set.truth).unwrap();
    assert!(truth.contains("\"file\"") && set.files > 100);
    compare_with_truth(&collected, &truth, set.messages);
    assert!(messages(&collected).all(|message| message.precision == Precision::Millisecond));
    assert!(collected.problems.is_empty(), "{:?}", collected.problems);
    let has_thumbnail = |message: &Message| matches!(&message.parts[..], [Part::Image(image)] if image.thumbnail.is_some());
    assert!(messages(&collected).any(has_thumbnail));
    // Whose backup it is follows from the directions.
    let owner = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if account.is_owner => Some(account.native_id.clone()),
        _ => None,
    });
    assert_eq!(owner, Some(set.owner));
    assert!(messages(&collected).any(|message| message.direction == Direction::Out));
}

#[test]
fn a_backup_and_the_phone_it_was_made_of_share_their_messages() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let plan = plan(600, WechatKeys::Account);
    let backup = forged(&plan, folders[0].path());
    let phone = wechat_android(&plan, folders[1].path(), &mut |_| {}).unwrap();
    let (of_backup, _) = read(&backup.root, &options(&backup));
    let mut of_phone = Collected::default();
    crate::wechat_android::WeChatAndroid
        .read(
            &Input::open(&phone.root).unwrap(),
            &options(&phone),
            &mut of_phone,
        )
        .unwrap();
    let strong = |collected: &Collected| -> BTreeSet<MessageId> {
        let ids = ids(collected).into_iter();
        ids.filter(|id| id.space() == IdSpace::PLATFORM).collect()
    };
    let (one, other) = (strong(&of_backup), strong(&of_phone));
    // The phone has three bottles beside.
    assert!(one.is_subset(&other));
    assert_eq!(other.len() - one.len(), 3);
}

#[test]
fn a_decrypted_database_is_read_with_packed_files_in_either_state() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::Decrypted), folder.path());
    let (whole, _) = read(&set.root, &options(&set));
    assert_eq!(messages(&whole).count() as u64, set.rows);
    // Without the key the packed files stay closed, and nothing is pushed.
    let mut nothing = Collected::default();
    let closed = WeChatBackup.read(
        &Input::open(&set.root).unwrap(),
        &ReadOptions::default(),
        &mut nothing,
    );
    assert!(matches!(closed, Err(ReadError::Open { .. })), "{closed:?}");
    assert!(nothing.records.is_empty());
    // In clear they need none.
    let keys = super::cipher::keys_of(&options(&set).keys);
    let connection = rusqlite::Connection::open(&set.main_db).unwrap();
    for name in ["BAK_0_TEXT", "BAK_1_TEXT"] {
        let mut bytes = std::fs::read(set.root.join(name)).unwrap();
        super::cipher::decrypt(&mut bytes, &keys[0]);
        std::fs::write(set.root.join(name), &bytes).unwrap();
        let mut statement = connection
            .prepare("SELECT rowid, OffSet, Length FROM MsgSegments WHERE FilePath = ?1")
            .unwrap();
        let rows: Vec<(i64, usize, usize)> = statement
            .query_map([name], |row| {
                Ok((
                    row.get(0)?,
                    usize::try_from(row.get::<_, u32>(1)?).unwrap(),
                    usize::try_from(row.get::<_, u32>(2)?).unwrap(),
                ))
            })
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (row, offset, length) in rows {
            let end = super::cipher::unpadded(&bytes[offset..offset + length]).unwrap();
            connection
                .execute(
                    "UPDATE MsgSegments SET Length = ?2 WHERE rowid = ?1",
                    (row, u32::try_from(end).unwrap()),
                )
                .unwrap();
        }
    }
    drop(connection);
    let options = ReadOptions::default();
    let (clear, _) = read(&set.root, &options);
    assert_eq!(ids(&clear), ids(&whole));
    let alone = set.root.join("Backup.db");
    assert_eq!(ids(&read(&alone, &options).0), ids(&whole));
}

#[test]
fn wrong_keys_lost_segments_and_lost_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::Account), folder.path());
    let wrong = ReadOptions {
        keys: KeyRing::from_key(&"ab".repeat(16)).unwrap(),
        ..ReadOptions::default()
    };
    let input = Input::open(&set.root).unwrap();
    let read_wrong = WeChatBackup.read(&input, &wrong, &mut Collected::default());
    assert!(
        matches!(read_wrong, Err(ReadError::Open { .. })),
        "{read_wrong:?}"
    );
    std::fs::remove_file(set.root.join("BAK_1_TEXT")).unwrap();
    std::fs::remove_file(set.root.join("BAK_1_MEDIA")).unwrap();
    let (collected, summary) = read(&set.root, &options(&set));
    assert!(summary.rows_read < set.rows && summary.rows_read > 0);
    assert!(
        collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("missing"))
    );
}

#[test]
fn backups_of_wechat_4_are_recognised_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backup.attr"), b"?").unwrap();
    let input = Input::open(folder.path()).unwrap();
    assert!(
        matches!(WeChatBackup.recognize(&input), Recognition::Maybe(why) if why.contains("WeChat 4"))
    );
    let refused = WeChatBackup.read(&input, &ReadOptions::default(), &mut Collected::default());
    assert!(matches!(refused, Err(ReadError::Layout { reason, .. }) if reason.contains("phone")));
    let texts = tempfile::tempdir().unwrap();
    std::fs::write(texts.path().join("BAK_0_TEXT"), b"?").unwrap();
    let input = Input::open(texts.path()).unwrap();
    assert!(
        matches!(WeChatBackup.recognize(&input), Recognition::Maybe(why) if why.contains("Backup.db"))
    );
}

#[test]
fn columns_are_found_by_their_place_when_their_names_differ() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(200, WechatKeys::Decrypted), folder.path());
    let (whole, _) = read(&set.root, &options(&set));
    let connection = rusqlite::Connection::open(&set.main_db).unwrap();
    connection
        .execute_batch(
            "ALTER TABLE MsgSegments RENAME COLUMN OffSet TO f3; ALTER TABLE MsgSegments RENAME COLUMN FilePath TO f8;
             ALTER TABLE MsgMedia RENAME COLUMN MediaIdStr TO f6; ALTER TABLE MsgFileSegment RENAME COLUMN MapKey TO f0;
             ALTER TABLE Name2ID RENAME COLUMN UsrName TO name;",
        )
        .unwrap();
    drop(connection);
    let (other, _) = read(&set.root, &options(&set));
    assert_eq!(
        messages(&other).collect::<Vec<_>>(),
        messages(&whole).collect::<Vec<_>>()
    );
}
