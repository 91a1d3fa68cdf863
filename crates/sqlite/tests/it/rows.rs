//! The accessors of a row, and the files behind a database.

use hutong_sqlite::{Value, open_shared};

use crate::support::Built;

#[test]
fn text_and_bytes_are_read_alike() {
    let built = Built::new(
        "CREATE TABLE t(a); INSERT INTO t VALUES ('你好'), (x'e4bda0e5a5bd'), (x'ff61'), (5), (NULL), (1.5);",
    );
    let database = built.open();
    let mut cursor = database.scan(database.table("t").unwrap(), &["A"]).unwrap();
    let mut next = || {
        let row = cursor.next().unwrap().unwrap();
        let text = row.text(0).map(std::borrow::Cow::into_owned);
        (row.integer(0), row.bytes(0).map(<[u8]>::to_vec), text)
    };
    let hello = (
        None,
        Some("你好".as_bytes().to_vec()),
        Some("你好".to_owned()),
    );
    assert_eq!(next(), hello);
    assert_eq!(next(), hello);
    assert_eq!(
        next(),
        (None, Some(vec![0xff, b'a']), Some("\u{fffd}a".into()))
    );
    assert_eq!(next(), (Some(5), None, None));
    assert_eq!(next(), (None, None, None));
    assert_eq!(next(), (None, None, None));
    let mut again = database
        .scan(database.table("t").unwrap(), &["a", "b"])
        .unwrap();
    let row = again.next().unwrap().unwrap();
    assert_eq!((row.value(1), row.value(99)), (Value::Null, Value::Null));
    assert!(!database.table("t").unwrap().has_column("b"));
}

#[test]
fn a_change_of_the_files_is_noticed() {
    for journal in ["DELETE", "WAL"] {
        let built = Built::new(&format!(
            "PRAGMA journal_mode={journal}; CREATE TABLE t(a); INSERT INTO t VALUES (1);"
        ));
        let database = built.open();
        assert!(!database.has_changed().unwrap());
        built.connection.execute("UPDATE t SET a = 2", []).unwrap();
        assert!(database.has_changed().unwrap(), "{journal}");
    }
}

#[test]
fn reading_neither_writes_nor_locks() {
    let built = Built::new("CREATE TABLE t(a); INSERT INTO t VALUES (1);");
    let before = built.bytes();
    let file = open_shared(&built.path()).unwrap();
    let database = built.open();
    let mut cursor = database.scan(database.table("t").unwrap(), &["a"]).unwrap();
    assert!(cursor.next().is_some());
    assert_eq!(before, built.bytes());
    built
        .connection
        .execute_batch("BEGIN EXCLUSIVE; INSERT INTO t VALUES (2); COMMIT;")
        .unwrap();
    drop(file);
}
