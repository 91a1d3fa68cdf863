//! The database that WeFlow's statements fill.

use std::borrow::Cow;

use hutong_model::At;
use hutong_sqlite::{Database, PlainPages, Row, Value};

use super::json::Header;
use super::sql::{COLUMNS, is_true, take};
use crate::wechat_exports::compose::Composer;
use crate::wechat_exports::facts::Facts;
use crate::wechat_exports::files::Export;
use crate::{Input, ReadError};

/// The table with the messages.
const TABLE: &str = "weflow_messages";
/// Rows that are looked at to learn who the owner is.
const LOOK_ROWS: u64 = 100_000;

fn open(input: &Input, path: &str) -> Result<Database<PlainPages>, ReadError> {
    let unusable = |reason: String| ReadError::Layout {
        file: path.to_owned(),
        reason,
    };
    let file = input.open_file(path).map_err(|source| ReadError::Io {
        file: path.to_owned(),
        source,
    })?;
    let log = input.open_file(&format!("{path}-wal")).ok();
    let pages = PlainPages::open(file, log).map_err(|error| unusable(error.to_string()))?;
    Database::open(pages).map_err(|error| unusable(error.to_string()))
}

/// A value as text, however it is stored.
fn words<'r>(row: &Row<'r>, place: usize) -> Option<Cow<'r, str>> {
    match row.value(place) {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string().into()),
        Value::Real(number) => Some(number.to_string().into()),
        Value::Text(_) | Value::Blob(_) => row.text(place),
    }
}

/// Whether a plain database has the table.
pub(in crate::wechat_exports) fn is_there(input: &Input, path: &str) -> bool {
    open(input, path).is_ok_and(|database| {
        database
            .table(TABLE)
            .is_some_and(|table| table.has_column("content") && table.has_column("create_time"))
    })
}

/// Who the owner is.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Header, ReadError> {
    let mut facts = Facts::default();
    let database = open(input, &export.path)?;
    let cursor = database.table(TABLE).and_then(|table| {
        database
            .scan(table, &["is_send", "sender", "message_id"])
            .ok()
    });
    if let Some(mut cursor) = cursor {
        let mut rows = 0;
        while rows < LOOK_ROWS
            && facts.owner.is_none()
            && let Some(row) = cursor.next()
        {
            rows += 1;
            let Ok(row) = row else { continue };
            if is_true(&words(&row, 0).unwrap_or_default()) {
                facts.meet_owner(&words(&row, 1).unwrap_or_default());
            }
            facts.meet_id(&words(&row, 2).unwrap_or_default());
        }
    }
    let mut header = Header::default();
    header.facts = facts;
    Ok(header)
}

/// Reads the rows.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    header: &Header,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    let database = open(input, &export.path)?;
    let Some(table) = database.table(TABLE) else {
        return Ok(());
    };
    let mut cursor = database
        .scan(table, COLUMNS)
        .map_err(|error| ReadError::Layout {
            file: export.path.clone(),
            reason: error.to_string(),
        })?;
    while let Some(row) = cursor.next() {
        match row {
            Ok(row) => {
                let get = |name: &str| {
                    let place = COLUMNS.iter().position(|known| *known == name)?;
                    words(&row, place)
                };
                take(composer, export, header, At::Row(row.rowid()), &get)?;
            }
            Err(damage) => composer.damage(At::Page(damage.page), &damage.to_string())?,
        }
    }
    Ok(())
}
