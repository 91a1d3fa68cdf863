//! Every shape of database, row for row.

use crate::support::{Built, Cell, assert_same, expected, read};

/// Rows of all kinds: short, long enough for several overflow pages, of every storage class.
const MIXED: &str = "
    CREATE TABLE mixed(id INTEGER PRIMARY KEY, a TEXT, b BLOB, c REAL, d, e INT DEFAULT 7, f NUMERIC);
    CREATE INDEX mixed_a ON mixed(a);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
    INSERT INTO mixed SELECT
        i * 3,
        CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN hex(randomblob(i % 90)) WHEN 3 THEN '消息' || i
            ELSE CAST(hex(randomblob(i * 7)) AS TEXT) END,
        CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN zeroblob(i * 20) ELSE randomblob(i % 300) END,
        CASE i % 3 WHEN 0 THEN i WHEN 1 THEN i / 7.0 ELSE NULL END,
        CASE i % 6 WHEN 0 THEN i WHEN 1 THEN -i * 1000000007 WHEN 2 THEN 9223372036854775807 WHEN 3 THEN 'x' WHEN 4 THEN 0 ELSE 1 END,
        i % 200 - 100,
        i * 1.5
    FROM n;";

#[test]
fn every_page_size_is_read() {
    for size in [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536] {
        let built = Built::new(&format!("PRAGMA page_size={size};{MIXED}"));
        let database = built.open();
        assert_eq!(database.header().page_size, size);
        assert_same(&built, &database);
        assert_eq!(read(&database, "mixed", &["id"]).0.len(), 700);
    }
}

#[test]
fn utf_16_text_comes_as_utf_8() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let built = Built::new(&format!("PRAGMA encoding='{encoding}';{MIXED}"));
        built
            .connection
            .execute("INSERT INTO mixed(id, a) VALUES (1, ?1)", ["胡同 😀"])
            .unwrap();
        assert_same(&built, &built.open());
    }
}

#[test]
fn auto_vacuum_pages_are_no_tree_pages() {
    for mode in [1, 2] {
        let built = Built::new(&format!(
            "PRAGMA page_size=512; PRAGMA auto_vacuum={mode};{MIXED} DELETE FROM mixed WHERE id % 2; CREATE TABLE later AS SELECT * FROM mixed;"
        ));
        assert!(built.open().header().auto_vacuum);
        assert_same(&built, &built.open());
    }
}

#[test]
fn deleted_rows_and_free_pages_stay_deleted() {
    let built = Built::new(&format!(
        "PRAGMA page_size=1024;{MIXED} DELETE FROM mixed WHERE id BETWEEN 300 AND 1500; CREATE TABLE gone(x); INSERT INTO gone SELECT a FROM mixed; DROP TABLE gone;"
    ));
    assert!(built.open().header().freelist_count > 0);
    assert_same(&built, &built.open());
}

#[test]
fn row_numbers_reach_from_one_end_to_the_other() {
    let built = Built::new(
        "CREATE TABLE t(x); INSERT INTO t(rowid, x) VALUES (-9223372036854775808, 1), (-5, 2), (0, 3), (9223372036854775807, 4);
         CREATE TABLE k(id INTEGER PRIMARY KEY DESC, x); INSERT INTO k VALUES (5, 'five');",
    );
    let database = built.open();
    assert_same(&built, &database);
    assert_eq!(
        read(&database, "t", &["rowid", "_rowid_", "x"]).0[1].1,
        [Cell::Integer(-5), Cell::Integer(-5), Cell::Integer(2)]
    );
}

#[test]
fn a_table_of_two_thousand_columns_is_read() {
    let names: Vec<String> = (0..1999).map(|index| format!("c{index}")).collect();
    let values: Vec<String> = (0..1999).map(|index| (index * index).to_string()).collect();
    for size in [512, 4096] {
        let built = Built::new(&format!(
            "PRAGMA page_size={size}; CREATE TABLE wide({}); INSERT INTO wide VALUES ({});",
            names.join(","),
            values.join(",")
        ));
        let database = built.open();
        assert_same(&built, &database);
        let few = read(&database, "wide", &["C1998", "c0", "c1998", "absent"]).0;
        let last = Cell::Integer(1998 * 1998);
        assert_eq!(
            few,
            [(1, vec![last.clone(), Cell::Integer(0), last, Cell::Null])]
        );
    }
}

#[test]
fn columns_added_later_have_their_default() {
    let built = Built::new(
        "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2);
         ALTER TABLE t ADD COLUMN b; ALTER TABLE t ADD COLUMN c INTEGER DEFAULT -7; ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'it''s';
         ALTER TABLE t ADD COLUMN e REAL DEFAULT 3; ALTER TABLE t ADD COLUMN f DEFAULT x'00ff'; ALTER TABLE t ADD COLUMN g DEFAULT (2.5);
         ALTER TABLE t ADD COLUMN h TEXT DEFAULT 12; ALTER TABLE t ADD COLUMN i DEFAULT TRUE; ALTER TABLE t ADD COLUMN \"40001\" DEFAULT +0x10;
         INSERT INTO t(a, b) VALUES (3, 4); ALTER TABLE t RENAME COLUMN b TO bb; ALTER TABLE t DROP COLUMN a;",
    );
    assert_same(&built, &built.open());
}

#[test]
fn computed_columns_do_not_shift_the_stored_ones() {
    let built = Built::new(
        "CREATE TABLE t(a, v AS (a * 2) VIRTUAL, b, s TEXT GENERATED ALWAYS AS (a || 'x') STORED, c); INSERT INTO t(a, b, c) VALUES (1, 2, 3);",
    );
    let database = built.open();
    assert_same(&built, &database);
    assert_eq!(read(&database, "t", &["v"]).0, [(1, vec![Cell::Null])]);
}

#[test]
fn tables_without_row_numbers_are_read_in_key_order() {
    let built = Built::new(
        "PRAGMA page_size=512;
         CREATE TABLE w(v TEXT, k2 INT, k1 TEXT, big BLOB, PRIMARY KEY(k1, k2)) WITHOUT ROWID;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
         INSERT INTO w SELECT 'v' || i, i, hex(randomblob(8)), randomblob(i % 400) FROM n;",
    );
    let database = built.open();
    let (rows, damage) = read(&database, "w", &["v", "k2", "k1", "big"]);
    assert!(damage.is_empty());
    let mut statement = built
        .connection
        .prepare("SELECT v, k2, k1, big FROM w ORDER BY k1, k2")
        .unwrap();
    let wanted: Vec<Vec<Cell>> = statement
        .query_map([], |row| {
            (0..4)
                .map(|index| row.get_ref(index).map(Cell::from))
                .collect()
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let found: Vec<Vec<Cell>> = rows.into_iter().map(|(_, values)| values).collect();
    assert_eq!(found, wanted);
}

#[test]
fn full_text_tables_are_listed_but_not_entered() {
    let built = Built::new(
        "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('hello'); CREATE VIEW v AS SELECT 1;",
    );
    let database = built.open();
    let table = database.table("F").unwrap();
    assert!(table.is_virtual);
    let error = database.scan(table, &["a"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table f is virtual and has no rows of its own"
    );
    assert!(database.table("v").is_none());
    assert_same(&built, &database);
}

#[test]
fn a_schema_of_many_tables_is_read_whole() {
    let mut setup = String::from("PRAGMA page_size=512; BEGIN;");
    for index in 0..1500 {
        let sql = format!(
            "CREATE TABLE Msg_{index:04}(local_id INTEGER PRIMARY KEY, message_content TEXT, padding_{} TEXT); INSERT INTO Msg_{index:04} VALUES (1, 'm{index}', '');",
            "x".repeat(index % 300)
        );
        setup.push_str(&sql);
    }
    setup.push_str("COMMIT;");
    let built = Built::new(&setup);
    let database = built.open();
    assert_eq!(database.tables().len(), 1500);
    for index in [0, 777, 1499] {
        let name = format!("MSG_{index:04}");
        let rows = read(&database, &name, &["MESSAGE_CONTENT"]).0;
        assert_eq!(
            rows,
            [(1, vec![Cell::Text(format!("m{index}").into_bytes())])]
        );
    }
}

#[test]
fn a_scan_goes_on_where_an_earlier_one_ended() {
    let built = Built::new(&format!("PRAGMA page_size=512;{MIXED}"));
    let database = built.open();
    let table = database.table("mixed").unwrap();
    let all = expected(&built.connection, "mixed", &["e"]);
    for from in [i64::MIN, -1, 0, 3, 4, 1000, 2099, 2100, i64::MAX] {
        let mut cursor = database.scan_from(table, &["e"], from).unwrap();
        let mut found = Vec::new();
        while let Some(row) = cursor.next() {
            found.push(row.unwrap().rowid());
        }
        let wanted: Vec<i64> = all
            .iter()
            .map(|(rowid, _)| *rowid)
            .filter(|rowid| *rowid > from)
            .collect();
        assert_eq!(found, wanted, "{from}");
    }
}

#[test]
fn single_rows_are_found_by_number() {
    let built = Built::new(&format!("PRAGMA page_size=512;{MIXED}"));
    let database = built.open();
    let table = database.table("mixed").unwrap();
    let mut cursor = database.scan(table, &["a", "b"]).unwrap();
    for (rowid, values) in expected(&built.connection, "mixed", &["a", "b"])
        .iter()
        .rev()
    {
        let owned = database
            .find_rowid(table, &["a", "b"], *rowid)
            .unwrap()
            .unwrap();
        let row = owned.row();
        assert_eq!(
            vec![Cell::from(row.value(0)), Cell::from(row.value(1))],
            *values
        );
        let lent = cursor.find(*rowid).unwrap().unwrap();
        assert_eq!(Cell::from(lent.value(1)), values[1]);
        assert!(cursor.find(rowid + 1).unwrap().is_none());
    }
    assert!(database.find_rowid(table, &[], i64::MAX).unwrap().is_none());
    assert!(database.find_rowid(table, &[], i64::MIN).unwrap().is_none());
}
