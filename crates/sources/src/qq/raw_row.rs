//! A row as it stands in the database, for those who ask for it: JSON with the columns' own names.

use hutong_sqlite::{Row, Table, Value};
use serde_json::{Map, json};

/// The columns that are always read, and behind them all columns of the table.
pub(crate) fn columns<'a>(fixed: &[&'a str], table: &'a Table) -> Vec<&'a str> {
    let mut columns = fixed.to_vec();
    columns.extend(table.columns.iter().map(|column| column.name.as_str()));
    columns
}

/// The row of a scan with such columns, `fixed` of which come first: numbers as numbers, text as text, bytes as
/// `{"hex": …}`; NULL columns are left out.
pub(crate) fn json(fixed: usize, table: &Table, row: &Row<'_>) -> Vec<u8> {
    let mut object = Map::new();
    for (index, column) in (fixed..).zip(&table.columns) {
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
