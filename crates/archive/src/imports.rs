//! Reports of imports, and telling an unchanged input.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::ArchiveError;

/// What one import read and did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportReport {
    /// Number of the import, counted from 1.
    pub number: i64,
    /// Id of the source.
    pub source: String,
    /// The path that was read, as the user gave it.
    pub input: String,
    /// When it started, milliseconds since 1970.
    pub started_at_ms: i64,
    /// When it ended; absent while it runs or when it was cut off.
    pub finished_at_ms: Option<i64>,
    /// Whether everything was read.
    pub is_complete: bool,
    /// Whether nothing had changed since an earlier import, so that nothing had to be read again.
    pub is_unchanged: bool,
    /// Message rows read: `added + known + rejected`.
    pub rows_read: u64,
    /// New messages.
    pub added: u64,
    /// Messages known already.
    pub known: u64,
    /// The known messages by the import that brought them, oldest first; those that came twice in this import are not
    /// among them.
    pub known_from: Vec<(i64, u64)>,
    /// Of the known: further sightings that were kept.
    pub sightings: u64,
    /// Rows that could not be read.
    pub rejected: u64,
    /// Other problems.
    pub problems: u64,
    /// Conversations spoken of.
    pub conversations: u64,
    /// Accounts spoken of.
    pub accounts: u64,
    /// Attachments found.
    pub blobs: u64,
    /// Attachments not found.
    pub blobs_missing: u64,
    /// Bytes of the attachments found.
    pub blob_bytes: u64,
    /// The input's files with their digests.
    pub files: Vec<ReportFile>,
}

/// A file of an input as it was when it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportFile {
    /// Path inside the input.
    pub path: String,
    /// Bytes.
    pub size_bytes: u64,
    /// BLAKE3, hexadecimal.
    pub blake3: String,
}

/// A stored problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredProblem {
    /// `rejected`, `damage` or `note`.
    pub kind: &'static str,
    /// What is wrong.
    pub reason: String,
    /// File.
    pub input: String,
    /// Table or section.
    pub table: String,
    /// Place in it.
    pub position: String,
}

pub(crate) fn begin(connection: &Connection, report: &ImportReport) -> Result<i64, ArchiveError> {
    connection.execute(
        "INSERT INTO import(started_at, source, input, report) VALUES(?1, ?2, ?3, ?4)",
        params![
            report.started_at_ms,
            report.source,
            report.input,
            to_json(report)?
        ],
    )?;
    Ok(connection.last_insert_rowid())
}

pub(crate) fn finish(
    connection: &Connection,
    report: &ImportReport,
    fingerprint: Option<&[u8]>,
) -> Result<(), ArchiveError> {
    connection.execute(
        "UPDATE import SET finished_at = ?2, report = ?3, fingerprint = ?4 WHERE number = ?1",
        params![
            report.number,
            report.finished_at_ms,
            to_json(report)?,
            fingerprint
        ],
    )?;
    Ok(())
}

/// The last complete import of exactly these bytes, read with the same key and options.
pub(crate) fn find(
    connection: &Connection,
    fingerprint: &[u8],
) -> Result<Option<ImportReport>, ArchiveError> {
    let found: Option<(i64, String)> = connection
        .query_row(
            "SELECT number, report FROM import WHERE fingerprint = ?1 ORDER BY number DESC LIMIT 1",
            [fingerprint],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    found
        .map(|(number, text)| from_json(number, &text))
        .transpose()
}

pub(crate) fn all(connection: &Connection) -> Result<Vec<ImportReport>, ArchiveError> {
    let mut statement = connection.prepare("SELECT number, report FROM import ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        row.map_err(ArchiveError::from)
            .and_then(|(number, text)| from_json(number, &text))
    })
    .collect()
}

pub(crate) fn problems(
    connection: &Connection,
    import: i64,
) -> Result<Vec<StoredProblem>, ArchiveError> {
    let mut statement = connection
        .prepare("SELECT kind, reason, input, section, position FROM problem WHERE import = ?1 ORDER BY number")?;
    let rows = statement.query_map([import], |row| {
        Ok(StoredProblem {
            kind: match row.get::<_, u8>(0)? {
                0 => "rejected",
                1 => "damage",
                _ => "note",
            },
            reason: row.get(1)?,
            input: row.get(2)?,
            table: row.get(3)?,
            position: row.get(4)?,
        })
    })?;
    rows.map(|row| row.map_err(ArchiveError::from)).collect()
}

fn to_json(report: &ImportReport) -> Result<String, ArchiveError> {
    serde_json::to_string(report)
        .map_err(|error| ArchiveError::damaged(format!("a report cannot be written: {error}")))
}

fn from_json(number: i64, text: &str) -> Result<ImportReport, ArchiveError> {
    let report: ImportReport = serde_json::from_str(text)
        .map_err(|error| ArchiveError::damaged(format!("a report cannot be read: {error}")))?;
    Ok(ImportReport { number, ..report })
}
