//! A row as it stands in the database, for those who ask for it: JSON with the column numbers as names.

use hutong_crypto::Container;
use hutong_sqlite::{Cursor, Row, ScanError, Table, Value};
use serde_json::{Map, json};

use super::tables::{COLUMNS, Db};

/// As [`super::tables::messages`], with all columns behind those that are always read.
pub(super) fn scan<'db>(db: &'db Db, table: &Table) -> Result<Cursor<'db, Container>, ScanError> {
    let mut columns = COLUMNS.to_vec();
    columns.extend(table.columns.iter().map(|column| column.name.as_str()));
    db.scan(table, &columns)
}

/// The row of such a scan: numbers as numbers, text as text, bytes as `{"hex": …}`; NULL columns are left out.
pub(super) fn json(table: &Table, row: &Row<'_>) -> Vec<u8> {
    let mut object = Map::new();
    for (index, column) in (COLUMNS.len()..).zip(&table.columns) {
        let value = match row.value(index) {
            Value::Null => continue,
            Value::Integer(number) => json!(number),
            Value::Real(number) => json!(number),
            Value::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => json!(text),
                Err(_) => json!({ "hex": hex::encode(text) }),
            },
            Value::Blob(bytes) => json!({ "hex": hex::encode(bytes) }),
        };
        object.insert(column.name.clone(), value);
    }
    serde_json::to_vec(&object).unwrap_or_default()
}
