//! Building databases with SQLite and reading them both ways.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_sqlite::{Database, PlainPages, ReadAt, Value};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// A value that owns its bytes; text is kept as bytes, because it need not be valid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Text(text) => Self::Text(text.to_vec()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(text) => Self::Text(text.to_vec()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// A folder with one database in it.
pub(crate) struct Built {
    folder: tempfile::TempDir,
    pub(crate) connection: Connection,
}

impl Built {
    pub(crate) fn new(setup: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("t.db")).unwrap();
        connection
            .execute_batch(&format!("PRAGMA synchronous=OFF; {setup}"))
            .unwrap();
        Self { folder, connection }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("t.db")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).unwrap()
    }

    pub(crate) fn wal_bytes(&self) -> Vec<u8> {
        std::fs::read(self.path().with_extension("db-wal")).unwrap_or_default()
    }

    pub(crate) fn open(&self) -> Database<PlainPages> {
        open_files(&self.path())
    }
}

pub(crate) fn open_files(path: &Path) -> Database<PlainPages> {
    let main = Arc::new(hutong_sqlite::open_shared(path).unwrap());
    let wal_path = path.with_extension("db-wal");
    let wal = hutong_sqlite::open_shared(&wal_path).ok();
    let wal = wal.map(|file| Arc::new(file) as Arc<dyn ReadAt>);
    Database::open(PlainPages::open(main, wal).unwrap()).unwrap()
}

pub(crate) fn open_bytes(main: Vec<u8>, wal: Vec<u8>) -> Database<PlainPages> {
    Database::open(PlainPages::open(Arc::new(main), Some(Arc::new(wal))).unwrap()).unwrap()
}

/// All rows as (rowid, values), and the texts of all damage.
pub(crate) type Rows = (Vec<(i64, Vec<Cell>)>, Vec<String>);

pub(crate) fn read(database: &Database<PlainPages>, table: &str, columns: &[&str]) -> Rows {
    let table = database.table(table).expect("the table is there");
    let mut cursor = database.scan(table, columns).unwrap();
    let mut rows = Vec::new();
    let mut damage = Vec::new();
    while let Some(row) = cursor.next() {
        match row {
            Ok(row) => {
                let values = (0..columns.len()).map(|index| row.value(index).into());
                rows.push((row.rowid(), values.collect()));
            }
            Err(found) => damage.push(found.to_string()),
        }
    }
    (rows, damage)
}

/// The same rows as SQLite gives them.
pub(crate) fn expected(
    connection: &Connection,
    table: &str,
    columns: &[&str],
) -> Vec<(i64, Vec<Cell>)> {
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let sql = format!(
        "SELECT rowid, {} FROM \"{table}\" ORDER BY rowid",
        names.join(",")
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| {
        let values = (1..=columns.len()).map(|index| row.get_ref(index).map(Cell::from));
        Ok((row.get(0)?, values.collect::<Result<_, _>>()?))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Asserts that both readers agree on every table with row numbers.
pub(crate) fn assert_same(built: &Built, database: &Database<PlainPages>) {
    for table in database.tables() {
        if table.is_virtual || table.without_rowid {
            continue;
        }
        let columns: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| !column.is_virtual)
            .map(|column| column.name.as_str())
            .collect();
        let (rows, damage) = read(database, &table.name, &columns);
        assert_eq!(damage, Vec::<String>::new());
        let wanted = expected(&built.connection, &table.name, &columns);
        assert_eq!(rows.len(), wanted.len(), "{}", table.name);
        for (row, wanted) in rows.iter().zip(&wanted) {
            assert_eq!(row, wanted, "{}", table.name);
        }
    }
}
