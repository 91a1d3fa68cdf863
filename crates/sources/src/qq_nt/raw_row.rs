//! A row as it stands in the database, for those who ask for it: JSON with the column numbers as names.

use hutong_crypto::Container;
use hutong_sqlite::{Cursor, Row, ScanError, Table};

use super::tables::{COLUMNS, Db};
use crate::qq::raw_row;

/// As [`super::tables::messages`], with all columns behind those that are always read.
pub(super) fn scan<'db>(db: &'db Db, table: &Table) -> Result<Cursor<'db, Container>, ScanError> {
    db.scan(table, &raw_row::columns(COLUMNS, table))
}

/// The row of such a scan.
pub(super) fn json(table: &Table, row: &Row<'_>) -> Vec<u8> {
    raw_row::json(COLUMNS.len(), table, row)
}
