//! The whole source against forged account folders.

mod golden;
mod rows;

use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::Collected;
use hutong_samples::{Forged, Plan, WechatKeys, wechat4};

use super::WeChatPc4;
use crate::wechat::golden::messages;
use crate::wechat::trial::{self, ids, options, plan};
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(plan: &Plan, folder: &Path) -> Forged {
    wechat4(plan, folder, &mut |_| {}).unwrap()
}

fn read(folder: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatPc4, folder, options)
}

#[test]
fn an_encrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let forged = forged(
        &Plan {
            attachments: false,
            ..plan(300, WechatKeys::PerFile)
        },
        folder.path(),
    );
    conformance::check(&WeChatPc4, &forged.root, scratch.path(), &options(&forged));
}

#[test]
fn a_decrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let forged = forged(
        &Plan {
            attachments: false,
            ..plan(300, WechatKeys::Decrypted)
        },
        folder.path(),
    );
    conformance::check(&WeChatPc4, &forged.root, scratch.path(), &options(&forged));
}

#[test]
fn an_account_is_read_alike_from_every_depth_and_key() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let kinds = [
        WechatKeys::Account,
        WechatKeys::PerFile,
        WechatKeys::Decrypted,
    ];
    let sets: Vec<Forged> = kinds
        .into_iter()
        .zip(&folders)
        .map(|(keys, folder)| forged(&plan(300, keys), folder.path()))
        .collect();
    let (whole, _) = read(&sets[0].root, &options(&sets[0]));
    let expected = ids(&whole);
    for set in &sets {
        assert_eq!(ids(&read(&set.root, &options(set)).0), expected);
    }
    for below in [
        "db_storage",
        "db_storage/message",
        "db_storage/message/message_1.db",
        "db_storage/contact",
        "msg",
    ] {
        let (collected, _) = read(&sets[1].root.join(below), &options(&sets[1]));
        assert_eq!(ids(&collected), expected, "{below}");
    }
    // The folder above holds one account only.
    assert_eq!(
        ids(&read(folders[2].path(), &options(&sets[2])).0),
        expected
    );
}

#[test]
fn databases_side_by_side_are_read_and_their_owner_is_worked_out() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(600, WechatKeys::Decrypted), folder.path());
    let (whole, _) = read(&set.root, &options(&set));
    let side = folder.path().join("side");
    std::fs::create_dir(&side).unwrap();
    for name in [
        "message/message_0.db",
        "message/message_1.db",
        "message/biz_message_0.db",
        "contact/contact.db",
    ] {
        for end in ["", "-wal"] {
            let from = set.root.join("db_storage").join(format!("{name}{end}"));
            let to = side.join(format!("{}{end}", name.rsplit('/').next().unwrap()));
            if from.is_file() {
                std::fs::copy(from, to).unwrap();
            }
        }
    }
    let (collected, _) = read(&side, &ReadOptions::default());
    assert_eq!(ids(&collected), ids(&whole));
    assert!(
        collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("owner"))
    );
    let named = ReadOptions {
        account: Some(set.owner.clone()),
        ..ReadOptions::default()
    };
    assert_eq!(ids(&read(&side, &named).0), ids(&whole));
}

#[test]
fn a_wrong_key_pushes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::PerFile), folder.path());
    for keys in [KeyRing::new(), KeyRing::from_key(&"ab".repeat(32)).unwrap()] {
        let mut collected = Collected::default();
        let options = ReadOptions {
            keys,
            ..ReadOptions::default()
        };
        let input = Input::open(&set.root).unwrap();
        let error = WeChatPc4
            .read(&input, &options, &mut collected)
            .unwrap_err();
        assert!(matches!(error, ReadError::Open { .. }), "{error}");
        assert!(collected.records.is_empty() && collected.problems.is_empty());
        let inspection = WeChatPc4.inspect(&input, &options).unwrap();
        assert!(
            inspection
                .files
                .iter()
                .all(|file| file.is_encrypted && file.key_fits != Some(true))
        );
        assert_eq!(inspection.account.unwrap().native_id, set.owner);
        assert_eq!(inspection.messages, None);
    }
}

#[test]
fn inspection_counts_what_reading_gives() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::PerFile), folder.path());
    let input = Input::open(&set.root).unwrap();
    let inspection = WeChatPc4.inspect(&input, &options(&set)).unwrap();
    let (collected, summary) = read(&set.root, &options(&set));
    assert_eq!(inspection.messages, Some(summary.rows_read));
    assert_eq!(summary.rows_read, set.rows);
    let times: Vec<i64> = messages(&collected)
        .map(|message| message.sent_at.0)
        .collect();
    assert_eq!(
        inspection.span,
        Some((*times.iter().min().unwrap(), *times.iter().max().unwrap()))
    );
    assert!(inspection.account.unwrap().name.is_some());
    assert!(
        inspection
            .files
            .iter()
            .all(|file| file.key_fits == Some(true))
    );
}

#[test]
fn other_folders_are_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("message.db"), b"x").unwrap();
    let input = Input::open(folder.path()).unwrap();
    assert_eq!(WeChatPc4.recognize(&input), Recognition::No);
    let error = WeChatPc4
        .read(&input, &ReadOptions::default(), &mut Collected::default())
        .unwrap_err();
    assert!(matches!(error, ReadError::Missing(_)));
    assert!(WeChatPc4.files(&input).is_empty());
}
