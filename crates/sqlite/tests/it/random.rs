//! Random tables, read by both readers.

use proptest::prelude::*;
use rusqlite::types::Value;

use crate::support::{Built, assert_same};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Integer),
        (-200i64..200).prop_map(Value::Integer),
        any::<f64>()
            .prop_filter("SQLite stores NaN as NULL", |number| !number.is_nan())
            .prop_map(Value::Real),
        ".{0,40}".prop_map(Value::Text),
        "[a-z]{0,3000}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..2000).prop_map(Value::Blob),
    ]
}

fn column_type() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "",
        "INTEGER",
        "TEXT",
        "BLOB",
        "REAL",
        "NUMERIC",
        "VARCHAR(20)",
        "TIMESTAMP",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_tables_are_read_as_sqlite_reads_them(
        types in proptest::collection::vec(column_type(), 1..12),
        rows in proptest::collection::vec((any::<i64>(), proptest::collection::vec(value(), 12)), 0..60),
        size in proptest::sample::select(vec![512u32, 1024, 4096, 65536]),
        deleted in 0usize..5,
        is_logged: bool,
    ) {
        let names: Vec<String> = types.iter().enumerate().map(|(index, kind)| format!("c{index} {kind}")).collect();
        let journal = if is_logged { "WAL" } else { "DELETE" };
        let built = Built::new(&format!(
            "PRAGMA page_size={size}; PRAGMA journal_mode={journal}; CREATE TABLE r({});",
            names.join(",")
        ));
        let places = vec!["?"; types.len() + 1].join(",");
        let columns: Vec<String> = (0..types.len()).map(|index| format!("c{index}")).collect();
        let sql = format!("INSERT OR REPLACE INTO r(rowid, {}) VALUES ({places})", columns.join(","));
        for (rowid, values) in &rows {
            let values = std::iter::once(Value::Integer(*rowid)).chain(values.iter().take(types.len()).cloned());
            built.connection.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
        }
        for (rowid, _) in rows.iter().take(deleted) {
            built.connection.execute("DELETE FROM r WHERE rowid = ?1", [rowid]).unwrap();
        }
        assert_same(&built, &built.open());
    }
}
