//! The whole row as JSON, for those who want to keep it.

use hutong_sqlite::{Row, Table, Value};
use serde_json::{Map, Number, Value as Json};

use crate::wechat_pc4::tables::column;

/// A row with all its columns; bytes that are no text are written as `{"hex": …}`.
pub(super) fn raw_row(table: &Table, row: &Row<'_>) -> Vec<u8> {
    let mut fields = Map::new();
    for (index, known) in table.columns.iter().enumerate() {
        let value = match row.value(column::COUNT + index) {
            Value::Null => Json::Null,
            Value::Integer(number) => Json::Number(number.into()),
            Value::Real(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
            Value::Text(bytes) | Value::Blob(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Json::String(text.to_owned()),
                Err(_) => Json::Object(Map::from_iter([(
                    "hex".to_owned(),
                    Json::String(hex::encode(bytes)),
                )])),
            },
        };
        fields.insert(known.name.clone(), value);
    }
    Json::Object(fields).to_string().into_bytes()
}
