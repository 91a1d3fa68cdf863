//! Encrypted logs that were never written back.

use hutong_crypto::{Family, KeyRing};

use crate::support::{Encrypted, RAW_KEY, Recipe, count, open, rows};

fn keys() -> KeyRing {
    KeyRing::from_key(RAW_KEY).unwrap()
}

const FRAME: usize = 24 + 4096;

#[test]
fn rows_that_are_only_in_the_log_are_read() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 50);
    built.insert(51, 120);
    // A new table changes page 1, so the log holds it too, and it begins with the salt there as well.
    built
        .connection
        .execute_batch("CREATE TABLE later(a)")
        .unwrap();
    let wal = built.wal();
    let has_first = wal[32..]
        .chunks_exact(FRAME)
        .any(|frame| frame[..4] == [0, 0, 0, 1] && frame[24..40] == built.main()[..16]);
    assert!(has_first);
    assert_eq!(count(&built, &keys(), Family::WeChat4), 120);
    let container = open(built.main(), built.wal(), &keys(), Family::WeChat4).unwrap();
    assert_eq!(container.wal_report().unwrap().commits, 2);
    assert_eq!(container.truncated(), None);
    let stale = open(built.main(), Vec::new(), &keys(), Family::WeChat4).unwrap();
    assert_eq!(rows(stale).0.len(), 50);
}

#[test]
fn a_database_that_lies_wholly_in_its_log_is_read() {
    let built = Encrypted::new(&Recipe::wechat_4_raw());
    built.insert(1, 40);
    built
        .connection
        .execute_batch("CREATE TABLE later(a)")
        .unwrap();
    let container = open(Vec::new(), built.wal(), &keys(), Family::WeChat4).unwrap();
    assert_eq!(rows(container).0.len(), 40);
}

#[test]
fn frames_of_an_earlier_round_are_stale() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 10);
    built.insert(11, 200);
    built
        .connection
        .execute_batch("PRAGMA wal_checkpoint(RESTART)")
        .unwrap();
    built.insert(201, 203);
    let container = open(built.main(), built.wal(), &keys(), Family::WeChat4).unwrap();
    assert!(container.wal_report().unwrap().stale_frames > 5);
    assert_eq!(rows(container).0.len(), 203);
}

#[test]
fn a_torn_tail_is_left_out() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 10);
    built.insert(11, 15);
    let first = built.wal().len();
    built.insert(16, 25);
    let wal = built.wal();
    for cut in [first + 1, first + 24, first + 1000, wal.len() - 1] {
        let container = open(built.main(), wal[..cut].to_vec(), &keys(), Family::WeChat4).unwrap();
        let (found, damage) = rows(container);
        assert_eq!((found.len(), damage.len()), (15, 0));
    }
}

#[test]
fn a_broken_checksum_is_forgiven_when_the_page_is_genuine() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 10);
    built.insert(11, 30);
    let mut wal = built.wal();
    wal[32 + 16] ^= 1;
    let container = open(built.main(), wal, &keys(), Family::WeChat4).unwrap();
    assert_eq!(container.wal_report().unwrap().damaged_frames, 0);
    assert_eq!(rows(container).0.len(), 30);
}

#[test]
fn a_damaged_frame_costs_only_itself() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 10);
    for id in 11..40 {
        built.insert(id, id);
    }
    let mut wal = built.wal();
    // The first transaction's frame for the leaf; later ones replace it.
    wal[32 + 24 + 2000] ^= 1;
    let container = open(built.main(), wal, &keys(), Family::WeChat4).unwrap();
    assert_eq!(container.wal_report().unwrap().damaged_frames, 1);
    let (found, damage) = rows(container);
    assert_eq!((found.len(), damage.len()), (39, 0));
}
