//! A plain SQLite file: schema, tables, every row of every column.
#![no_main]

use std::sync::Arc;

use hutong_sqlite::{Database, PlainPages};
use libfuzzer_sys::fuzz_target;

/// Rows looked at in all; a database may hold one page many times.
const ROWS: usize = 20_000;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pages) = PlainPages::open(Arc::new(bytes.to_vec()), None) else {
        return;
    };
    let Ok(database) = Database::open(pages) else {
        return;
    };
    let mut rows = 0;
    for table in database.tables() {
        let names: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let Ok(mut cursor) = database.scan(table, &names) else {
            continue;
        };
        while let Some(row) = cursor.next() {
            if let Ok(row) = row {
                for column in 0..names.len() {
                    let _ = (row.integer(column), row.text(column));
                }
            }
            rows += 1;
            if rows > ROWS {
                return;
            }
        }
    }
});
