//! Opening the databases and reading their rows.

mod account;
mod contacts;
mod files;
mod messages;
mod rooms;

use std::sync::Arc;

use hutong_crypto::{Container, Family, KeyRing, OpenError};
use hutong_model::{At, Origin, OriginPlace, Problem, ProblemKind, Stop};
use hutong_sqlite::{Cursor, Damage, DamageReason, Database, HeaderError, PageError, Row, Table};

use super::layout::Layout;
use crate::ReadError;

pub(crate) use account::{Revoked, newest_session, revoked};
pub(crate) use contacts::{ContactRow, contacts, labels};
pub(crate) use files::{Linked, Links, Resources, RowContent, Voices, heads};
pub(crate) use messages::{Shard, column, message_columns};
pub(crate) use rooms::Rooms;

/// An open database.
pub(crate) type Db = Database<Container>;

/// A database and where it is.
#[derive(Clone, Debug)]
pub(crate) struct OpenDatabase {
    /// Path below the storage folder, with forward slashes.
    pub(crate) path: Arc<str>,
    pub(crate) db: Arc<Db>,
}

impl OpenDatabase {
    /// Opens a database with the log beside it.
    pub(crate) fn open(layout: &Layout, path: &str, keys: &KeyRing) -> Result<Self, ReadError> {
        let full = layout.full(path);
        let failed = |source: OpenError| ReadError::Open {
            file: path.to_owned(),
            source,
        };
        let main = layout
            .root
            .open_file(&full)
            .map_err(|error| failed(error.into()))?;
        let log = format!("{full}-wal");
        let wal = layout
            .root
            .size_bytes(&log)
            .is_some_and(|size| size > 0)
            .then(|| layout.root.open_file(&log))
            .transpose();
        let wal = wal.map_err(|error| failed(error.into()))?;
        let container = Container::open(main, wal, path, keys, Family::WeChat4).map_err(failed)?;
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

/// A cursor over the columns that message rows are read from.
pub(crate) fn message_cursor<'db>(
    db: &'db Db,
    table: &Table,
    columns: &[&str],
) -> Option<Cursor<'db, Container>> {
    db.scan(table, columns).ok()
}
