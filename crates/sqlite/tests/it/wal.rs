//! Databases whose newest rows are only in the write-ahead log.

use std::sync::Arc;

use hutong_sqlite::{PlainPages, Wal, WalError};

use crate::support::{Built, assert_same, open_bytes, read};

const SETUP: &str = "PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;
    CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'first');";

fn count(main: Vec<u8>, wal: Vec<u8>) -> usize {
    read(&open_bytes(main, wal), "t", &["a"]).0.len()
}

fn built_with(rows: i64) -> Built {
    let built = Built::new(SETUP);
    built
        .connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    for id in 2..=rows {
        let text = format!("row {id} {}", "x".repeat(400));
        built
            .connection
            .execute("INSERT INTO t VALUES (?1, ?2)", (id, text))
            .unwrap();
    }
    built
}

#[test]
fn rows_that_are_only_in_the_log_are_read() {
    let built = built_with(60);
    assert!(!built.wal_bytes().is_empty());
    assert_same(&built, &built.open());
    assert_eq!(count(built.bytes(), Vec::new()), 1);
    assert_eq!(count(built.bytes(), built.wal_bytes()), 60);
}

#[test]
fn a_log_cut_anywhere_gives_its_committed_beginning() {
    let built = built_with(12);
    let (main, wal) = (built.bytes(), built.wal_bytes());
    let mut last = 1;
    for length in (0..=wal.len()).step_by(61).chain([wal.len()]) {
        let found = count(main.clone(), wal[..length].to_vec());
        assert!(found >= last, "{length}");
        last = found;
    }
    assert_eq!(last, 12);
}

#[test]
fn a_changed_byte_ends_the_log_there() {
    let built = built_with(12);
    let (main, wal) = (built.bytes(), built.wal_bytes());
    for at in (0..wal.len()).step_by(37) {
        let mut changed = wal.clone();
        changed[at] ^= 0x10;
        // Byte 4 to 7 hold the version and 12 to 15 a sequence number, all under the header's checksum.
        let opened = PlainPages::open(Arc::new(main.clone()), Some(Arc::new(changed))).unwrap();
        let database = hutong_sqlite::Database::open(opened).unwrap();
        let (rows, damage) = read(&database, "t", &["a"]);
        assert!(damage.is_empty());
        assert!(rows.len() < 12, "{at}");
    }
}

#[test]
fn frames_of_an_earlier_round_are_stale() {
    let built = built_with(40);
    built
        .connection
        .execute_batch("PRAGMA wal_checkpoint(RESTART)")
        .unwrap();
    built
        .connection
        .execute("UPDATE t SET a = 'new' WHERE id = 1", [])
        .unwrap();
    built
        .connection
        .execute("DELETE FROM t WHERE id = 2", [])
        .unwrap();
    let database = built.open();
    let report = database.pages().file().wal_report().unwrap();
    assert!(report.stale_frames > 10, "{report:?}");
    assert_eq!(report.commits, 2);
    assert_same(&built, &database);
}

#[test]
fn a_transaction_that_never_ended_is_left_out() {
    let built = built_with(5);
    built
        .connection
        .execute_batch("PRAGMA cache_size=5; BEGIN")
        .unwrap();
    for id in 100..200 {
        built
            .connection
            .execute("INSERT INTO t VALUES (?1, ?2)", (id, "y".repeat(900)))
            .unwrap();
    }
    let database = built.open();
    let report = database.pages().file().wal_report().unwrap().clone();
    assert!(report.uncommitted_frames > 0, "{report:?}");
    assert_eq!(read(&database, "t", &["a"]).0.len(), 5);
}

#[test]
fn both_byte_orders_of_checksums_are_known() {
    // SQLite writes the order of its machine; the other one is made here.
    let built = built_with(8);
    let mut wal = built.wal_bytes();
    let is_big = wal[3] == 0x83;
    wal[3] ^= 1;
    let sum = |start: (u32, u32), bytes: &[u8]| {
        bytes.chunks_exact(8).fold(start, |(a, b), chunk| {
            let word = |part: &[u8]| {
                let part = part.try_into().unwrap();
                if is_big {
                    u32::from_le_bytes(part)
                } else {
                    u32::from_be_bytes(part)
                }
            };
            let a = a.wrapping_add(word(&chunk[..4])).wrapping_add(b);
            (a, b.wrapping_add(word(&chunk[4..])).wrapping_add(a))
        })
    };
    let store = |place: &mut [u8], sums: (u32, u32)| {
        place[..4].copy_from_slice(&sums.0.to_be_bytes());
        place[4..8].copy_from_slice(&sums.1.to_be_bytes());
    };
    let mut sums = sum((0, 0), &wal[..24]);
    store(&mut wal[24..32], sums);
    for frame in wal[32..].chunks_exact_mut(24 + 1024) {
        sums = sum(sum(sums, &frame[..8]), &frame[24..]);
        store(&mut frame[16..24], sums);
    }
    assert_eq!(count(built.bytes(), wal), 8);
}

#[test]
fn odd_logs_are_told_apart() {
    let built = built_with(3);
    let wal = built.wal_bytes();
    let open = |bytes: Vec<u8>, size| Wal::open(Arc::new(bytes), size, None);
    assert_eq!(open(Vec::new(), 1024).unwrap().report().frames, 0);
    assert_eq!(open(wal[..32].to_vec(), 1024).unwrap().report().frames, 0);
    assert_eq!(open(vec![0; 5000], 1024).unwrap().report().frames, 0);
    assert!(matches!(
        open(wal.clone(), 4096),
        Err(WalError::PageSize {
            wal: 1024,
            database: 4096
        })
    ));
    assert!(matches!(open(vec![1; 5000], 1024), Err(WalError::Magic)));
    let pages = PlainPages::open(Arc::new(built.bytes()), Some(Arc::new(vec![1; 5000]))).unwrap();
    assert!(matches!(pages.wal_error(), Some(WalError::Magic)));
}

#[test]
fn a_verifier_saves_the_frames_behind_a_damaged_one() {
    let built = built_with(12);
    let mut wal = built.wal_bytes();
    let frame = 24 + 1024;
    let damaged = 32 + 3 * frame + 24 + 100;
    wal[damaged] ^= 1;
    let original = built.wal_bytes();
    let pages: Vec<Vec<u8>> = original[32..]
        .chunks_exact(frame)
        .map(|frame| frame[24..].to_vec())
        .collect();
    let verifier = |_: u32, page: &[u8]| pages.iter().any(|known| known == page);
    let plain = Wal::open(Arc::new(wal.clone()), 1024, None).unwrap();
    let saved = Wal::open(Arc::new(wal), 1024, Some(&verifier)).unwrap();
    assert!(plain.report().frames <= 3);
    assert_eq!(saved.report().damaged_frames, 1);
    assert_eq!(saved.report().frames as usize, pages.len() - 1);
}
