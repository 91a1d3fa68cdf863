//! The whole source against forged accounts.

mod damage;
pub(crate) mod golden;
mod rows;

use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::Collected;
use hutong_samples::{Forged, Plan, WechatKeys, wechat_android};

use super::WeChatAndroid;
use crate::wechat::golden::messages;
use crate::wechat::trial::{self, ids, options, plan};
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(plan: &Plan, folder: &Path) -> Forged {
    wechat_android(plan, folder, &mut |_| {}).unwrap()
}

fn read(folder: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatAndroid, folder, options)
}

#[test]
fn an_encrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Account)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatAndroid, &set.root, scratch.path(), &options(&set));
}

#[test]
fn a_decrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Decrypted)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatAndroid, &set.root, scratch.path(), &options(&set));
}

#[test]
fn an_account_is_read_alike_with_every_key_and_from_every_depth() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let styles = [
        WechatKeys::Account,
        WechatKeys::PerFile,
        WechatKeys::Decrypted,
    ];
    let sets: Vec<Forged> = styles
        .into_iter()
        .zip(&folders)
        .map(|(keys, folder)| forged(&plan(200, keys), folder.path()))
        .collect();
    let expected = ids(&read(&sets[0].root, &options(&sets[0])).0);
    for set in &sets {
        assert_eq!(ids(&read(&set.root, &options(set)).0), expected);
        assert_eq!(ids(&read(&set.main_db, &options(set)).0), expected);
        // The folder above holds one account only.
        let above = set.root.parent().unwrap();
        assert_eq!(ids(&read(above, &options(set)).0), expected);
    }
    // A decrypted copy under any name is what its schema says.
    let alone = tempfile::tempdir().unwrap();
    std::fs::copy(&sets[2].main_db, alone.path().join("copy.bin")).unwrap();
    let log = sets[2].root.join("EnMicroMsg.db-wal");
    std::fs::copy(log, alone.path().join("copy.bin-wal")).unwrap();
    let copy = alone.path().join("copy.bin");
    assert!(matches!(
        WeChatAndroid.recognize(&Input::open(&copy).unwrap()),
        Recognition::Yes(_)
    ));
    assert_eq!(ids(&read(&copy, &options(&sets[2])).0), expected);
    // An encrypted one can be told by its length at most, but is read when the user says so.
    let renamed = alone.path().join("x");
    std::fs::copy(&sets[1].main_db, &renamed).unwrap();
    std::fs::copy(
        sets[1].root.join("EnMicroMsg.db-wal"),
        alone.path().join("x-wal"),
    )
    .unwrap();
    let found = WeChatAndroid.recognize(&Input::open(&renamed).unwrap());
    assert!(!matches!(found, Recognition::Yes(_)), "{found:?}");
}

#[test]
fn the_uin_of_another_account_is_named_as_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(200, WechatKeys::Account), folder.path());
    let read = |keys: &str| {
        let options = ReadOptions {
            keys: KeyRing::from_text(keys).unwrap_or_default(),
            ..ReadOptions::default()
        };
        WeChatAndroid.read(
            &Input::open(&set.root).unwrap(),
            &options,
            &mut Collected::default(),
        )
    };
    assert!(matches!(
        read("uin = \"123\""),
        Err(ReadError::Layout { reason, .. }) if reason.contains("uin")
    ));
    assert!(matches!(read("0000000"), Err(ReadError::Open { .. })));
    assert!(matches!(read(""), Err(ReadError::Open { .. })));
    let options = ReadOptions {
        keys: KeyRing::from_text("uin = \"123\"").unwrap(),
        ..ReadOptions::default()
    };
    let seen = WeChatAndroid
        .inspect(&Input::open(&set.root).unwrap(), &options)
        .unwrap();
    assert!(
        seen.notes.iter().any(|note| note.contains("uin")),
        "{seen:?}"
    );
}

#[test]
fn two_pieces_of_one_history_share_their_messages() {
    use hutong_samples::Piece;
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [whole, first, last] = [Piece::Whole, Piece::First, Piece::Last].map(|piece| piece);
    let read = |piece, folder: &tempfile::TempDir| {
        let plan = Plan {
            piece,
            attachments: false,
            ..plan(600, WechatKeys::PerFile)
        };
        let set = forged(&plan, folder.path());
        let (collected, _) = read(&set.root, &options(&set));
        ids(&collected)
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let whole = read(whole, &folders[0]);
    let (first, last) = (read(first, &folders[1]), read(last, &folders[2]));
    let both: std::collections::BTreeSet<_> = first.union(&last).copied().collect();
    assert_eq!(both, whole);
    assert!(first.intersection(&last).count() > 50);
}
