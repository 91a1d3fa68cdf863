//! What the user keeps under a name, sealed with everything else: saved searches.

use rusqlite::{Connection, OptionalExtension, params};

use crate::ArchiveError;

/// Names longer than this, and longer queries, are refused.
pub const MAX_SAVED_BYTES: usize = 4096;
/// So many may be kept.
pub const MAX_SAVED: usize = 500;

/// A search that is kept under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSearch {
    /// Its number, never used again.
    pub number: i64,
    /// What the user calls it.
    pub name: String,
    /// The query as it was typed.
    pub query: String,
    /// When, milliseconds since 1970.
    pub saved_at_ms: i64,
}

/// Every saved search by name.
pub(crate) fn all(connection: &Connection) -> Result<Vec<SavedSearch>, ArchiveError> {
    let mut statement = connection
        .prepare("SELECT number, name, query, saved_at FROM saved_search ORDER BY name, number")?;
    let rows = statement.query_map([], |row| {
        Ok(SavedSearch {
            number: row.get(0)?,
            name: row.get(1)?,
            query: row.get(2)?,
            saved_at_ms: row.get(3)?,
        })
    })?;
    rows.map(|row| row.map_err(ArchiveError::from)).collect()
}

/// Keeps a search; one of the same name is replaced. `None` when it is too long or there are too many.
pub(crate) fn keep(
    connection: &Connection,
    name: &str,
    query: &str,
    now_ms: i64,
) -> Result<Option<i64>, ArchiveError> {
    if name.is_empty() || name.len() > MAX_SAVED_BYTES || query.len() > MAX_SAVED_BYTES {
        return Ok(None);
    }
    let limit = i64::try_from(MAX_SAVED).unwrap_or(i64::MAX);
    let number = connection
        .query_row(
            "INSERT INTO saved_search(name, query, saved_at) SELECT ?1, ?2, ?3
             WHERE (SELECT count(*) FROM saved_search) < ?4 OR EXISTS(SELECT 1 FROM saved_search WHERE name = ?1)
             ON CONFLICT(name) DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at RETURNING number",
            params![name, query, now_ms, limit],
            |row| row.get(0),
        )
        .optional()?;
    Ok(number)
}

/// Forgets a search. Returns whether it was there.
pub(crate) fn forget(connection: &Connection, number: i64) -> Result<bool, ArchiveError> {
    Ok(connection.execute("DELETE FROM saved_search WHERE number = ?1", [number])? > 0)
}
