//! Damaged files: only what lies on damaged pages is lost, and nothing hangs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutong_sqlite::{Database, PlainPages};

use crate::support::{Built, Cell, open_bytes, read};

const PAGE: usize = 512;

fn built() -> Built {
    Built::new(
        "PRAGMA page_size=512;
         CREATE TABLE talk(id INTEGER PRIMARY KEY, body TEXT NOT NULL, n INTEGER);
         CREATE TABLE other(id INTEGER PRIMARY KEY, body TEXT);
         CREATE TABLE third(x, y, z, w);
         CREATE INDEX talk_body ON talk(body);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO talk SELECT i, 'message ' || i || CASE WHEN i % 100 = 0 THEN hex(zeroblob(700)) ELSE '' END, i * 7 FROM n;
         INSERT INTO other SELECT id, body FROM talk WHERE id <= 50;
         INSERT INTO third SELECT id, 2, 3, 4 FROM talk WHERE id <= 500;",
    )
}

fn root(database: &Database<PlainPages>, table: &str) -> usize {
    database.table(table).unwrap().root_page as usize
}

fn page(bytes: &mut [u8], number: usize) -> &mut [u8] {
    &mut bytes[(number - 1) * PAGE..number * PAGE]
}

/// The children of an interior table page.
fn children(bytes: &mut [u8], number: usize) -> Vec<usize> {
    let page = page(bytes, number);
    assert_eq!(page[0], 5);
    let cells = usize::from(u16::from_be_bytes([page[3], page[4]]));
    let word = |at: usize| u32::from_be_bytes(page[at..at + 4].try_into().unwrap()) as usize;
    let mut found: Vec<usize> = (0..cells)
        .map(|index| {
            word(usize::from(u16::from_be_bytes([
                page[12 + index * 2],
                page[13 + index * 2],
            ])))
        })
        .collect();
    found.push(word(8));
    found
}

#[test]
fn a_lost_leaf_costs_only_its_rows() {
    let built = built();
    let mut bytes = built.bytes();
    let top = root(&open_bytes(bytes.clone(), Vec::new()), "talk");
    let middle = children(&mut bytes, top)[1];
    let leaf = children(&mut bytes, middle)[3];
    let cells = usize::from(u16::from_be_bytes([
        page(&mut bytes, leaf)[3],
        page(&mut bytes, leaf)[4],
    ]));
    page(&mut bytes, leaf).fill(0xee);
    let (rows, damage) = read(&open_bytes(bytes, Vec::new()), "talk", &["id", "body", "n"]);
    assert_eq!(
        damage,
        [format!("table talk, page {leaf}: not a table page")]
    );
    assert_eq!(rows.len(), 3000 - cells);
}

#[test]
fn a_malformed_cell_costs_only_itself() {
    let built = built();
    let mut bytes = built.bytes();
    let top = root(&open_bytes(bytes.clone(), Vec::new()), "talk");
    let middle = children(&mut bytes, top)[0];
    let leaf = children(&mut bytes, middle)[0];
    page(&mut bytes, leaf)[8..10].copy_from_slice(&[0xff, 0xff]);
    let (rows, damage) = read(&open_bytes(bytes, Vec::new()), "talk", &["body"]);
    assert_eq!(
        damage,
        [format!("table talk, page {leaf}: the row is malformed")]
    );
    assert_eq!(rows.len(), 2999);
    assert_eq!(rows[0].0, 2);
}

#[test]
fn a_broken_overflow_chain_costs_one_row_and_only_when_it_is_needed() {
    let built = built();
    let mut bytes = built.bytes();
    let place = (0..bytes.len() - 11)
        .find(|at| bytes[at / PAGE * PAGE] == 0x0d && &bytes[*at..at + 11] == b"message 100")
        .unwrap();
    // The number of the first overflow page follows the zeros that lie on this page.
    let zeros = bytes[place + 11..].iter().position(|byte| *byte != b'0');
    let record_end = place + 11 + zeros.unwrap();
    bytes[record_end..record_end + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let database = open_bytes(bytes, Vec::new());
    let (rows, damage) = read(&database, "talk", &["body"]);
    assert_eq!((rows.len(), damage.len()), (2999, 1), "{damage:?}");
    assert!(damage[0].contains("outside the file"), "{damage:?}");
    let (rows, damage) = read(&database, "talk", &["id"]);
    assert_eq!((rows.len(), damage.len()), (3000, 0));
}

#[test]
fn rows_below_a_lost_interior_page_are_salvaged() {
    let built = built();
    let whole = built.bytes();
    let top = root(&open_bytes(whole.clone(), Vec::new()), "talk");
    let lost = children(&mut whole.clone(), top)[1];
    // The root itself, and an interior page in the middle.
    for lost in [top, lost] {
        let mut bytes = whole.clone();
        page(&mut bytes, lost).fill(0);
        let (mut rows, damage) = read(&open_bytes(bytes, Vec::new()), "talk", &["id", "body", "n"]);
        assert_eq!(
            damage,
            [format!("table talk, page {lost}: not a table page")]
        );
        rows.sort_by_key(|(rowid, _)| *rowid);
        let wanted = crate::support::expected(&built.connection, "talk", &["id", "body", "n"]);
        assert_eq!(rows, wanted);
    }
}

#[test]
fn salvaged_rows_say_so() {
    let built = built();
    let mut bytes = built.bytes();
    let top = root(&open_bytes(bytes.clone(), Vec::new()), "third");
    page(&mut bytes, top).fill(0);
    let database = open_bytes(bytes, Vec::new());
    let mut cursor = database
        .scan(database.table("third").unwrap(), &["x"])
        .unwrap();
    assert!(cursor.next().unwrap().is_err());
    let mut count = 0;
    while let Some(row) = cursor.next() {
        assert!(row.unwrap().is_salvaged());
        count += 1;
    }
    assert_eq!(count, 500);
    let mut cursor = database
        .scan(database.table("third").unwrap(), &["x"])
        .unwrap()
        .without_salvage();
    assert!(cursor.next().unwrap().is_err());
    assert!(cursor.next().is_none());
}

#[test]
fn pages_that_could_belong_to_two_tables_are_only_counted() {
    let built = Built::new(
        "PRAGMA page_size=512; CREATE TABLE Msg_a(id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE Msg_b(id INTEGER PRIMARY KEY, body TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO Msg_a SELECT i, 'a' || i FROM n;
         INSERT INTO Msg_b SELECT id, 'b' || id FROM Msg_a;",
    );
    let mut bytes = built.bytes();
    let database = built.open();
    for table in ["Msg_a", "Msg_b"] {
        let top = root(&database, table);
        page(&mut bytes, top).fill(0);
    }
    let database = open_bytes(bytes, Vec::new());
    let mut counted = 0;
    for table in ["Msg_a", "Msg_b"] {
        let mut cursor = database
            .scan(database.table(table).unwrap(), &["body"])
            .unwrap();
        while let Some(row) = cursor.next() {
            counted += row.unwrap_err().rows.unwrap_or(0);
        }
    }
    assert_eq!(counted, 800);
}

#[test]
fn deleted_rows_do_not_come_back() {
    let built = Built::new(
        "PRAGMA page_size=512; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, 'text' || i FROM n;
         DELETE FROM t WHERE id > 1000;",
    );
    let mut bytes = built.bytes();
    let top = root(&built.open(), "t");
    page(&mut bytes, top).fill(0);
    let (rows, damage) = read(&open_bytes(bytes.clone(), Vec::new()), "t", &["body"]);
    assert_eq!((rows.len(), damage.len()), (1000, 1));
    // Without a whole list of free pages nothing is given back.
    let trunk = u32::from_be_bytes(bytes[32..36].try_into().unwrap()) as usize;
    page(&mut bytes, trunk)[..8].fill(0xff);
    let (rows, damage) = read(&open_bytes(bytes, Vec::new()), "t", &["body"]);
    assert_eq!(rows.len(), 0);
    assert!(damage.len() > 10);
}

#[test]
fn a_file_cut_anywhere_gives_the_rows_that_are_left() {
    let built = built();
    let whole = built.bytes();
    let mut last = 0;
    for pages in (1..=whole.len() / PAGE).step_by(7) {
        for length in [pages * PAGE, pages * PAGE + 100] {
            let length = length.min(whole.len());
            let database = open_bytes(whole[..length].to_vec(), Vec::new());
            if database.table("talk").is_none() {
                continue;
            }
            let (rows, _) = read(&database, "talk", &["id", "body"]);
            last = last.max(rows.len());
        }
    }
    assert!(last > 2900);
}

#[test]
fn trees_that_run_in_a_circle_end() {
    let built = built();
    let whole = built.bytes();
    let top = root(&open_bytes(whole.clone(), Vec::new()), "talk");
    // Every child of the root becomes the root itself.
    let mut bytes = whole.clone();
    let page = page(&mut bytes, top);
    let cells = usize::from(u16::from_be_bytes([page[3], page[4]]));
    let number = u32::try_from(top).unwrap().to_be_bytes();
    page[8..12].copy_from_slice(&number);
    for index in 0..cells {
        let at = usize::from(u16::from_be_bytes([
            page[12 + index * 2],
            page[13 + index * 2],
        ]));
        page[at..at + 4].copy_from_slice(&number);
    }
    let (_, damage) = read(&open_bytes(bytes, Vec::new()), "talk", &["id"]);
    assert!(
        damage.iter().any(|text| text.contains("more than once")),
        "{damage:?}"
    );
}

#[test]
fn any_changed_byte_neither_panics_nor_hangs() {
    let built = Built::new(
        "PRAGMA page_size=512; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB);
         CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO t SELECT i, 'a' || i, zeroblob(CASE WHEN i % 6 = 0 THEN 700 ELSE i END) FROM n;
         INSERT INTO w SELECT a, b FROM t WHERE id < 20; DELETE FROM t WHERE id % 7 = 0;",
    );
    let whole = built.bytes();
    let started = Instant::now();
    for at in 0..whole.len() {
        // Page headers and cell lists, at the start of each page, steer the reader most.
        let is_head = at % PAGE < 40;
        for value in [Some(whole[at] ^ (1 << (at % 8))), is_head.then_some(0xff)]
            .into_iter()
            .flatten()
        {
            let mut bytes = whole.clone();
            bytes[at] = value;
            exercise(bytes);
        }
    }
    for length in 0..whole.len() {
        exercise(whole[..length].to_vec());
    }
    assert!(started.elapsed() < Duration::from_secs(300));
}

/// Opens and reads everything; only panics and endless loops count.
fn exercise(bytes: Vec<u8>) -> usize {
    let Ok(pages) = PlainPages::open(Arc::new(bytes), None) else {
        return 0;
    };
    let Ok(database) = Database::open(pages) else {
        return 0;
    };
    let mut steps = 0;
    for table in database.tables() {
        let Ok(mut cursor) = database.scan(table, &["rowid", "a", "b", "k", "v"]) else {
            continue;
        };
        while let Some(row) = cursor.next() {
            steps += 1;
            assert!(steps < 1_000_000);
            if let Ok(row) = row {
                for index in 0..5 {
                    let _ = Cell::from(row.value(index));
                }
            }
        }
        let _ = database.find_rowid(table, &["b"], 18);
    }
    steps
}
