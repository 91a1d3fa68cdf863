//! Cells whose type is not the declared one, schemas that tell what a file is, and how a database looks to `inspect`.

use hutong_crypto::{Family, KeyRing, OpenError};
use hutong_sqlite::{MAGIC, OwnedRow, Row, Table, Value};

use super::database::{Db, OpenDatabase, is_about_keys};
use crate::{Input, InputFile, ReadError};

/// A cell's text, when there is any; numbers as decimal text, because columns need not have the declared type.
pub(crate) fn text(row: &Row<'_>, index: usize) -> Option<String> {
    if let Value::Integer(number) = row.value(index) {
        return Some(number.to_string());
    }
    let text = row.text(index)?;
    let trimmed = text.trim_matches('\0');
    (!trimmed.trim().is_empty()).then(|| trimmed.to_owned())
}

/// A cell's whole number, also when it is written as text or as a fraction.
pub(crate) fn number(row: &Row<'_>, index: usize) -> Option<i64> {
    match row.value(index) {
        Value::Integer(number) => Some(number),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number beyond the range is no number that a client wrote"
        )]
        Value::Real(number) if number.is_finite() => Some(number as i64),
        Value::Text(text) | Value::Blob(text) => {
            let text = std::str::from_utf8(text).ok()?.trim();
            // Server ids are unsigned in some exports of tables.
            text.parse()
                .ok()
                .or_else(|| text.parse::<u64>().ok().map(u64::cast_signed))
        }
        _ => None,
    }
}

/// One row by its number; nothing where damage lies.
pub(crate) fn row_of(
    file: &OpenDatabase,
    table: &str,
    columns: &[&str],
    rowid: i64,
) -> Option<OwnedRow> {
    let table = file.db.table(table)?;
    file.db.find_rowid(table, columns, rowid).ok().flatten()
}

/// Whether a table has all these columns.
pub(crate) fn has_columns(table: &Table, columns: &[&str]) -> bool {
    columns.iter().all(|column| table.has_column(column))
}

/// The log beside a database, where there is one that holds anything.
pub(crate) fn log_of(input: &Input, path: &str) -> Option<String> {
    let log = input.real_path(&format!("{path}-wal"))?;
    input.size_bytes(&log).filter(|size| *size > 0)?;
    Some(log)
}

/// Whether the schema of an unencrypted database fulfils a condition; false for every other file.
///
/// Only the schema is read, for [`crate::Source::recognize`].
pub(crate) fn plain_schema_is(input: &Input, path: &str, check: impl Fn(&Db) -> bool) -> bool {
    let is_plain = input
        .first_bytes(path, 16)
        .is_ok_and(|first| first == MAGIC);
    is_plain
        && OpenDatabase::open(input, path, path, &KeyRing::new(), Family::Any)
            .is_ok_and(|file| check(&file.db))
}

/// Whether a file could be an encrypted database: at least a page long and without order in its first bytes.
pub(crate) fn looks_encrypted(input: &Input, path: &str) -> bool {
    let Ok(first) = input.first_bytes(path, 1024) else {
        return false;
    };
    let mut seen = [false; 256];
    for byte in &first {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    // A kilobyte of ciphertext has some 251 of the 256 values.
    first.len() == 1024 && seen.iter().filter(|is_there| **is_there).count() > 220
}

/// How a database looks to `inspect`.
pub(crate) fn file_of(input: &Input, path: &str, keys: &KeyRing, family: Family) -> InputFile {
    let log = log_of(input, path).and_then(|log| input.size_bytes(&log));
    let is_plain = input
        .first_bytes(path, 16)
        .is_ok_and(|first| first == MAGIC);
    let mut file = InputFile {
        path: path.to_owned(),
        size_bytes: input.size_bytes(path).unwrap_or(0) + log.unwrap_or(0),
        is_encrypted: !is_plain,
        key_fits: None,
        trouble: None,
    };
    match OpenDatabase::open(input, path, path, keys, family) {
        Ok(database) => {
            file.is_encrypted = database.db.pages().is_encrypted();
            file.key_fits = file.is_encrypted.then_some(true);
            file.trouble = database
                .troubles()
                .first()
                .map(|problem| problem.reason.clone());
        }
        Err(ReadError::Open {
            source: OpenError::NoKey,
            ..
        }) => {}
        Err(error) => {
            file.key_fits = is_about_keys(&error).then_some(false);
            file.trouble = Some(match error {
                ReadError::Open { source, .. } => source.to_string(),
                other => other.to_string(),
            });
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_the_wrong_type_are_read_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(folder.path().join("any"))
            .unwrap()
            .execute_batch(
                "CREATE TABLE t(a, b, c, d); INSERT INTO t VALUES('17 ', 17.0, 17, x'3137');",
            )
            .unwrap();
        let input = Input::open(folder.path()).unwrap();
        assert!(plain_schema_is(&input, "any", |db| db.table("T").is_some()));
        let file = OpenDatabase::open(&input, "any", "any", &KeyRing::new(), Family::Any).unwrap();
        let mut seen = 0;
        file.each_row("t", &["a", "b", "c", "d", "e"], &mut |_| Ok(()), |row| {
            for index in 0..4 {
                assert_eq!(number(&row, index), Some(17), "{index}");
            }
            assert_eq!(number(&row, 4), None);
            assert_eq!(text(&row, 2).as_deref(), Some("17"));
            assert_eq!(text(&row, 3).as_deref(), Some("17"));
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, 1);
        assert!(row_of(&file, "t", &["a"], 2).is_none());
    }
}
