//! Reading ahead changes nothing but the speed.

use std::io;

use hutong_sqlite::{Database, PageError, Pages, PlainPages};

use crate::support::{Built, open_files};

/// Pages that claim to be costly and of which some fail.
struct Failing {
    inner: PlainPages,
    every: u32,
}

impl Pages for Failing {
    fn page_size(&self) -> u32 {
        self.inner.page_size()
    }
    fn usable_size(&self) -> u32 {
        self.inner.usable_size()
    }
    fn page_count(&self) -> u32 {
        self.inner.page_count()
    }
    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        if number > 10 && number.is_multiple_of(self.every) {
            return Err(PageError::Mac { page: number });
        }
        self.inner.read(number, into)
    }
    fn is_costly(&self) -> bool {
        true
    }
    fn fingerprint(&self) -> io::Result<u64> {
        self.inner.fingerprint()
    }
}

fn database(built: &Built, every: u32) -> Database<Failing> {
    let main = std::sync::Arc::new(built.bytes());
    let inner = PlainPages::open(main, None).unwrap();
    Database::open(Failing { inner, every }).unwrap()
}

fn built() -> Built {
    Built::new(
        "PRAGMA page_size=1024; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE w(k INTEGER PRIMARY KEY, body) WITHOUT ROWID;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO t SELECT i, 'text of message ' || i || CASE WHEN i % 50 = 0 THEN hex(zeroblob(900)) ELSE '' END FROM n;
         INSERT INTO w SELECT id, body FROM t WHERE id < 5000;",
    )
}

fn steps(database: &Database<Failing>, table: &str, is_threaded: bool) -> Vec<String> {
    let table = database.table(table).unwrap();
    let mut cursor = database
        .scan(table, &["body", "k"])
        .unwrap()
        .without_salvage();
    if !is_threaded {
        cursor = cursor.without_thread();
    }
    let mut found = Vec::new();
    while let Some(step) = cursor.next() {
        found.push(match step {
            Ok(row) => format!("{} {:?} {:?}", row.rowid(), row.text(0), row.integer(1)),
            Err(damage) => damage.to_string(),
        });
    }
    found
}

#[test]
fn rows_and_damage_are_the_same_with_and_without_threads() {
    let built = built();
    for every in [7, 31, 32, 33, u32::MAX] {
        let database = database(&built, every);
        for table in ["t", "w"] {
            let one = steps(&database, table, false);
            assert_eq!(one, steps(&database, table, true));
            assert!(one.len() > 1000);
        }
    }
}

#[test]
fn a_cursor_can_be_left_at_any_time() {
    let built = built();
    let database = database(&built, u32::MAX);
    let table = database.table("t").unwrap();
    for stop in [1, 100, 3000, 15000] {
        let mut cursor = database.scan(table, &["body"]).unwrap();
        for _ in 0..stop {
            cursor.next().unwrap().unwrap();
        }
        // Look-ups in between do not disturb what follows.
        for rowid in [19_999, 1, stop] {
            let row = cursor.find(rowid).unwrap().unwrap();
            assert!(
                row.text(0)
                    .unwrap()
                    .starts_with(&format!("text of message {rowid}"))
            );
        }
        assert_eq!(cursor.next().unwrap().unwrap().rowid(), stop + 1);
        for id in stop + 2..(stop + 4000).min(20_000) {
            assert_eq!(cursor.next().unwrap().unwrap().rowid(), id);
        }
    }
}

#[test]
fn pages_in_the_log_are_taken_from_there_when_many_are_read() {
    let built = Built::new(
        "PRAGMA page_size=1024; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, 'old ' || i FROM n;
         PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET body = 'new ' || id WHERE id % 500 = 0;",
    );
    crate::support::assert_same(&built, &open_files(&built.path()));
}
