//! Opens databases and reads values that may be stored in another type than declared.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_crypto::{Container, Family, KeyRing, OpenError};
use hutong_model::{At, Origin, OriginPlace, Problem, ProblemKind, Sink, Stop};
use hutong_sqlite::{Damage, DamageReason, Database, PageError, Row, ScanError, Table, Value};

use crate::{Input, InputFile, Inspection, ReadError};

/// An open database.
pub(crate) type Db = Database<Container>;

/// Opens a database together with its log.
pub(crate) fn open(input: &Input, path: &str, keys: &KeyRing) -> Result<Db, ReadError> {
    let io = |source| ReadError::Io {
        file: path.to_owned(),
        source,
    };
    let failed = |source| ReadError::Open {
        file: path.to_owned(),
        source,
    };
    let main = input.open_file(path).map_err(io)?;
    let wal = match wal_path(input, path) {
        Some(log) => Some(input.open_file(&log).map_err(io)?),
        None => None,
    };
    let container = Container::open(main, wal, path, keys, Family::QqNt).map_err(failed)?;
    Database::open(container).map_err(|error| {
        failed(match error {
            hutong_sqlite::OpenError::Page(page) => OpenError::Page(page),
            hutong_sqlite::OpenError::Header(header) => OpenError::Header(header),
            hutong_sqlite::OpenError::Io(io) => OpenError::Io(io),
            hutong_sqlite::OpenError::PageSize { header, .. } => {
                OpenError::Header(hutong_sqlite::HeaderError::PageSize(header))
            }
        })
    })
}

/// The log beside a database, if there is one.
pub(crate) fn wal_path(input: &Input, path: &str) -> Option<String> {
    input.real_path(&format!("{path}-wal"))
}

/// A whole number; digits stored as text count, anything else is 0.
#[inline]
pub(crate) fn number(row: &Row<'_>, index: usize) -> i64 {
    match row.integer(index) {
        Some(number) => number,
        None => row.bytes(index).and_then(digits).unwrap_or(0),
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// As [`number`] for ids, which are never negative.
pub(crate) fn id(row: &Row<'_>, index: usize) -> u64 {
    u64::try_from(number(row, index)).unwrap_or(0)
}

/// Text that is there and not blank.
pub(crate) fn words<'a>(row: &Row<'a>, index: usize) -> Option<Cow<'a, str>> {
    row.text(index).filter(|text| !text.trim().is_empty())
}

/// As [`words`], owned.
pub(crate) fn own(row: &Row<'_>, index: usize) -> Option<String> {
    words(row, index).map(Cow::into_owned)
}

/// Hands every row of a table to `each`, and the damage met on the way; a table that is not there has none.
pub(crate) fn walk<E>(
    db: &Db,
    table: &str,
    columns: &[&str],
    mut each: impl FnMut(Result<&Row<'_>, &Damage>) -> Result<(), E>,
) -> Result<(), E> {
    let Some(mut cursor) = db
        .table(table)
        .and_then(|table| db.scan(table, columns).ok())
    else {
        return Ok(());
    };
    while let Some(row) = cursor.next() {
        each(row.as_ref())?;
    }
    Ok(())
}

/// What is wrong, without the page number, so that equal causes have equal text.
pub(crate) fn reason(damage: &Damage) -> String {
    match &damage.reason {
        DamageReason::Page(PageError::Missing { .. }) => "a page lies outside the file".to_owned(),
        DamageReason::Page(PageError::Mac { .. }) => "a page fails its integrity check".to_owned(),
        DamageReason::Page(PageError::Io { .. }) => "a page cannot be read".to_owned(),
        other => other.to_string(),
    }
}

/// Says that a table cannot be scanned.
pub(crate) fn unreadable(
    out: &mut dyn Sink,
    place: Arc<OriginPlace>,
    error: &ScanError,
) -> Result<(), Stop> {
    out.problem(Problem {
        origin: Origin {
            place,
            at: At::Whole,
        },
        kind: ProblemKind::Damage,
        reason: error.to_string(),
    })
}

/// Says where rows of a table were lost.
pub(crate) fn damaged(
    out: &mut dyn Sink,
    place: &Arc<OriginPlace>,
    damage: &Damage,
) -> Result<(), Stop> {
    out.problem(Problem {
        origin: Origin {
            place: Arc::clone(place),
            at: At::Page(damage.page),
        },
        kind: ProblemKind::Damage,
        reason: reason(damage),
    })
}

/// Says what is wrong with a database as a whole.
pub(crate) fn report_container(db: &Db, file: &str, out: &mut dyn Sink) -> Result<(), Stop> {
    let container = db.pages();
    if let Some(error) = container.wal_error() {
        out.problem(Problem {
            origin: Origin::new(&format!("{file}-wal"), "", At::Whole),
            kind: ProblemKind::Damage,
            reason: format!("the log is left out, so the newest messages are missing: {error}"),
        })?;
    }
    if let Some(truncation) = container.truncated() {
        out.problem(Problem {
            origin: Origin::new(
                file,
                "",
                At::Page(truncation.stored_pages.saturating_add(1)),
            ),
            kind: ProblemKind::Damage,
            reason: format!(
                "the file ends early: it has {} of {} pages",
                truncation.stored_pages, truncation.expected_pages
            ),
        })?;
    }
    for damage in db.schema_damage() {
        out.problem(Problem {
            origin: Origin::new(file, &damage.table, At::Page(damage.page)),
            kind: ProblemKind::Damage,
            reason: reason(damage),
        })?;
    }
    Ok(())
}

/// What is wrong with a database as a whole, for a table of files.
pub(crate) fn trouble(db: &Db) -> Option<String> {
    let container = db.pages();
    match (container.wal_error(), container.truncated()) {
        (Some(error), _) => Some(error.to_string()),
        (None, Some(truncation)) => Some(format!(
            "the file ends early: it has {} of {} pages",
            truncation.stored_pages, truncation.expected_pages
        )),
        (None, None) => None,
    }
}

/// A database as the user sees it, before it was opened.
pub(crate) fn input_file(input: &Input, path: &str) -> InputFile {
    let log = wal_path(input, path)
        .and_then(|log| input.size_bytes(&log))
        .unwrap_or(0);
    InputFile {
        path: path.to_owned(),
        size_bytes: input.size_bytes(path).unwrap_or(0) + log,
        is_encrypted: false,
        key_fits: None,
        trouble: None,
    }
}

/// Messages, conversations and the time between the first and the last.
#[derive(Debug, Default)]
pub(crate) struct Count {
    messages: u64,
    conversations: u64,
    damaged: u64,
    span: Option<(i64, i64)>,
}

impl Count {
    /// Counts the rows of a table that is one conversation and has its seconds in column `time`.
    pub(crate) fn table(&mut self, db: &Db, table: &Table, time: &str) {
        let Ok(mut cursor) = db.scan(table, &[time]) else {
            return;
        };
        let before = self.messages;
        while let Some(row) = cursor.next() {
            let Ok(row) = row else {
                self.damaged += 1;
                continue;
            };
            self.messages += 1;
            let time = seconds(&row, 0).saturating_mul(1000);
            if time > 0 {
                let (first, last) = self.span.unwrap_or((time, time));
                self.span = Some((first.min(time), last.max(time)));
            }
        }
        self.conversations += u64::from(self.messages > before);
    }

    /// One conversation was counted twice, because two files hold parts of it.
    pub(crate) fn joined(&mut self, twice: u64) {
        self.conversations = self.conversations.saturating_sub(twice);
    }

    /// Conversations counted so far.
    pub(crate) const fn conversations(&self) -> u64 {
        self.conversations
    }

    /// Writes the counts into an inspection.
    pub(crate) fn fill(self, inspection: &mut Inspection) {
        inspection.messages = Some(self.messages);
        inspection.conversations = Some(self.conversations);
        inspection.span = self.span;
        if self.damaged > 0 {
            inspection.notes.push(format!(
                "{} places of the messages are damaged",
                self.damaged
            ));
        }
    }
}

/// Whole seconds, also where they are stored with a fraction or as text.
pub(crate) fn seconds(row: &Row<'_>, index: usize) -> i64 {
    match row.value(index) {
        Value::Real(value) => whole(value),
        Value::Integer(value) => value,
        other => other
            .bytes()
            .and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok())
            .map_or(0, whole),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a float saturates, and no time is that large"
)]
fn whole(value: f64) -> i64 {
    value.floor() as i64
}

/// As [`damaged`] for a table beside the messages: it costs names.
pub(crate) fn damaged_table(out: &mut dyn Sink, file: &str, damage: &Damage) -> Result<(), Stop> {
    out.problem(Problem {
        origin: Origin::new(file, &damage.table, At::Page(damage.page)),
        kind: ProblemKind::Damage,
        reason: reason(damage),
    })
}
