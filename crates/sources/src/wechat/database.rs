//! Databases as all generations have them: opening, walking over tables, naming damage.

use std::io::{Cursor as Bytes, Read};
use std::sync::Arc;

use hutong_crypto::{Container, Family, KeyRing, OpenError};
use hutong_model::{At, Content, Origin, OriginPlace, Problem, ProblemKind, Stop};
use hutong_sqlite::{Damage, DamageReason, Database, HeaderError, PageError, Row, Table, Value};
use serde_json::{Map, Number, Value as Json};

use crate::{Input, ReadError};

/// An open database.
pub(crate) type Db = Database<Container>;

/// A database and where it is.
#[derive(Clone, Debug)]
pub(crate) struct OpenDatabase {
    /// Where it is, as reports name it.
    pub(crate) path: Arc<str>,
    pub(crate) db: Arc<Db>,
}

impl OpenDatabase {
    /// Opens the database `full` of an input with the log beside it; reports and key files call it `path`.
    pub(crate) fn open(
        root: &Input,
        full: &str,
        path: &str,
        keys: &KeyRing,
        family: Family,
    ) -> Result<Self, ReadError> {
        let failed = |source: OpenError| ReadError::Open {
            file: path.to_owned(),
            source,
        };
        let main = root.open_file(full).map_err(|error| failed(error.into()))?;
        let log = format!("{full}-wal");
        let wal = root
            .size_bytes(&log)
            .is_some_and(|size| size > 0)
            .then(|| root.open_file(&log))
            .transpose();
        let wal = wal.map_err(|error| failed(error.into()))?;
        let container = Container::open(main, wal, path, keys, family).map_err(failed)?;
        let db = Database::open(container).map_err(|error| failed(as_open_error(error)))?;
        Ok(Self {
            path: path.into(),
            db: Arc::new(db),
        })
    }

    /// The place that records of one table share.
    pub(crate) fn place(&self, table: &str) -> Arc<OriginPlace> {
        // Names of databases are unique in an account, and folders differ between copies of it.
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        Arc::new(OriginPlace {
            input: name.to_owned(),
            table: table.to_owned(),
        })
    }

    /// Walks over a table, calling `each` for every row and `damaged` for every place that cannot be read.
    pub(crate) fn each_row(
        &self,
        table: &str,
        columns: &[&str],
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
        mut each: impl FnMut(Row<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let Some(table) = self.db.table(table) else {
            return Ok(());
        };
        let Ok(mut cursor) = self.db.scan(table, columns) else {
            return Ok(());
        };
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => each(row)?,
                Err(damage) => damaged(self.problem_of(&table.name, &damage))?,
            }
        }
        Ok(())
    }

    /// What a damaged place of this database costs.
    pub(crate) fn problem_of(&self, table: &str, damage: &Damage) -> Problem {
        Problem {
            origin: Origin {
                place: self.place(table),
                at: At::Page(damage.page),
            },
            kind: ProblemKind::Damage,
            reason: reason_of(&damage.reason),
        }
    }

    /// What opening already showed: a file that ends early, a log that does not fit, lost parts of the schema.
    pub(crate) fn troubles(&self) -> Vec<Problem> {
        let whole = |kind, reason| Problem {
            origin: Origin {
                place: self.place(""),
                at: At::Whole,
            },
            kind,
            reason,
        };
        let container = self.db.pages();
        let mut problems = Vec::new();
        if container.truncated().is_some() {
            problems.push(whole(
                ProblemKind::Damage,
                "the file ends before its last page".to_owned(),
            ));
        }
        if let Some(error) = container.wal_error() {
            problems.push(whole(
                ProblemKind::Note,
                format!("the log beside the file was left out: {error}"),
            ));
        }
        problems.extend(
            self.db
                .schema_damage()
                .iter()
                .map(|damage| self.problem_of("sqlite_schema", damage)),
        );
        problems
    }

    /// Whether the files changed since they were opened; files that are gone have changed.
    pub(crate) fn has_changed(&self) -> bool {
        self.db.has_changed().unwrap_or(true)
    }
}

/// What is wrong, without the numbers that would keep equal causes from being counted together.
fn reason_of(reason: &DamageReason) -> String {
    match reason {
        DamageReason::Page(PageError::Missing { .. }) => "a page lies outside the file".to_owned(),
        DamageReason::Page(PageError::Mac { .. }) => "a page fails its integrity check".to_owned(),
        DamageReason::Page(PageError::Io { .. }) => "a page cannot be read".to_owned(),
        DamageReason::PayloadSize(_) => "a row claims an impossible size".to_owned(),
        other => other.to_string(),
    }
}

fn as_open_error(error: hutong_sqlite::OpenError) -> OpenError {
    match error {
        hutong_sqlite::OpenError::Page(error) => error.into(),
        hutong_sqlite::OpenError::Header(error) => error.into(),
        hutong_sqlite::OpenError::PageSize { header, .. } => HeaderError::PageSize(header).into(),
        hutong_sqlite::OpenError::Io(error) => error.into(),
    }
}

/// A cell's text, when there is any.
pub(crate) fn text(row: &Row<'_>, index: usize) -> Option<String> {
    let text = row.text(index)?;
    let trimmed = text.trim_matches('\0');
    (!trimmed.trim().is_empty()).then(|| trimmed.to_owned())
}

/// Whether the trouble is the key, not the file.
pub(crate) fn is_about_keys(error: &ReadError) -> bool {
    matches!(
        error,
        ReadError::Open {
            source: OpenError::NoKey
                | OpenError::WrongKey { .. }
                | OpenError::KeyOfAnotherFile
                | OpenError::ImageKeyGiven,
            ..
        }
    )
}

/// What a database that does not open means for a reading that goes on without it.
pub(crate) fn unopened(path: &str, error: &ReadError) -> Problem {
    let (kind, reason) = match error {
        // A database is made before its first row is written.
        ReadError::Open {
            source: OpenError::Empty,
            ..
        } => (ProblemKind::Note, "the file is empty".to_owned()),
        ReadError::Open { source, .. } if is_about_keys(error) => (
            ProblemKind::Note,
            format!("the file was left out: {source}"),
        ),
        ReadError::Open { source, .. } => (
            ProblemKind::Damage,
            format!("the file cannot be opened: {source}"),
        ),
        other => (ProblemKind::Damage, other.to_string()),
    };
    Problem {
        origin: Origin::new(path, "", At::Whole),
        kind,
        reason,
    }
}

/// A row with all its columns; bytes that are no text are written as `{"hex": …}`.
///
/// The columns of the table stand behind `first` others.
pub(crate) fn raw_row(table: &Table, row: &Row<'_>, first: usize) -> Vec<u8> {
    let mut fields = Map::new();
    for (index, known) in table.columns.iter().enumerate() {
        let value = match row.value(first + index) {
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

/// Blobs in rows of one table, joined when they are opened.
#[derive(Clone, Debug)]
pub(crate) struct StoredBytes {
    pub(crate) database: OpenDatabase,
    pub(crate) table: Arc<str>,
    pub(crate) column: &'static str,
    pub(crate) rows: Vec<i64>,
}

impl Content for StoredBytes {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        let db = &self.database.db;
        let table = db.table(&self.table).ok_or(std::io::ErrorKind::NotFound)?;
        let mut joined = Vec::new();
        for row in &self.rows {
            let found = db
                .find_rowid(table, &[self.column], *row)
                .map_err(std::io::Error::other)?;
            let found = found.ok_or(std::io::ErrorKind::NotFound)?;
            joined.extend_from_slice(found.row().bytes(0).unwrap_or_default());
        }
        Ok(Box::new(Bytes::new(joined)))
    }
}

impl StoredBytes {
    /// As an attachment's content.
    pub(crate) fn shared(self) -> hutong_model::ContentHandle {
        hutong_model::ContentHandle(Arc::new(self))
    }
}
