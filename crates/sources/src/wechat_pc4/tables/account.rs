//! `session.db` and `message_revoke.db`.

use hutong_model::{Problem, Stop};

use super::{OpenDatabase, text};

/// The newest moment that the list of sessions speaks of, in Unix seconds, and the usernames in it.
pub(crate) fn newest_session(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    mut each: impl FnMut(&str),
) -> Result<Option<i64>, Stop> {
    let mut newest = None;
    database.each_row(
        "SessionTable",
        &["username", "last_timestamp"],
        damaged,
        |row| {
            if let Some(username) = text(&row, 0) {
                each(&username);
            }
            newest = newest.max(row.integer(1).filter(|time| *time > 0));
            Ok(())
        },
    )?;
    Ok(newest)
}

/// A message that the owner withdrew, with what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revoked {
    pub(crate) row: i64,
    pub(crate) username: String,
    pub(crate) server_id: i64,
    pub(crate) kind: i64,
    pub(crate) time: Option<i64>,
    pub(crate) content: Vec<u8>,
}

/// All rows of `revokemessage`; these are the owner's own recalls, so there are few.
pub(crate) fn revoked(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
) -> Result<Vec<Revoked>, Stop> {
    let columns = [
        "to_user_name",
        "svr_id",
        "message_type",
        "revoke_time",
        "content",
    ];
    let mut rows = Vec::new();
    database.each_row("revokemessage", &columns, damaged, |row| {
        let (Some(username), Some(server_id)) = (text(&row, 0), row.integer(1)) else {
            return Ok(());
        };
        if server_id != 0 {
            rows.push(Revoked {
                row: row.rowid(),
                username,
                server_id,
                kind: row.integer(2).unwrap_or(1),
                time: row.integer(3).filter(|time| *time > 0),
                content: row.bytes(4).unwrap_or_default().to_vec(),
            });
        }
        Ok(())
    })?;
    Ok(rows)
}
