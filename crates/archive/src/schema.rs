//! The tables of `archive.db`, and how an older archive becomes a newer one.
//!
//! Large things (records, ids, posting lists) are opaque chunks that a run's directory points at; ordinary tables
//! hold what is small. Version 1 is the first; version 2 knows copies without ids,
//! version 3 keeps what was computed.

use rusqlite::Connection;

use crate::ArchiveError;

const V1: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE chunk(number INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE run(number INTEGER PRIMARY KEY, import INTEGER NOT NULL, first_document INTEGER NOT NULL,
  count INTEGER NOT NULL, directory BLOB NOT NULL);
-- Documents that are further sightings of a message: the view merges them with the first one.
CREATE TABLE sighting(document INTEGER PRIMARY KEY, first_document INTEGER NOT NULL, conversation INTEGER NOT NULL);
CREATE INDEX sighting_first ON sighting(first_document);
CREATE TABLE place(number INTEGER PRIMARY KEY, input TEXT NOT NULL, section TEXT NOT NULL);
CREATE TABLE account(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE conversation(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE account_sighting(account INTEGER NOT NULL, digest BLOB NOT NULL, as_of INTEGER, import INTEGER NOT NULL,
  record BLOB NOT NULL, PRIMARY KEY(account, digest)) WITHOUT ROWID;
CREATE TABLE conversation_sighting(conversation INTEGER NOT NULL, digest BLOB NOT NULL, as_of INTEGER,
  import INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY(conversation, digest)) WITHOUT ROWID;
CREATE TABLE member_sighting(conversation INTEGER NOT NULL, account INTEGER NOT NULL, digest BLOB NOT NULL,
  as_of INTEGER, import INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY(conversation, account, digest)) WITHOUT ROWID;
CREATE TABLE message_change(conversation INTEGER NOT NULL, message BLOB NOT NULL, digest BLOB NOT NULL,
  import INTEGER NOT NULL, record BLOB NOT NULL, PRIMARY KEY(conversation, message, digest)) WITHOUT ROWID;
CREATE TABLE blob(name BLOB PRIMARY KEY, size INTEGER NOT NULL, data BLOB) WITHOUT ROWID;
CREATE TABLE import(number INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, finished_at INTEGER, source TEXT NOT NULL,
  input TEXT NOT NULL, fingerprint BLOB, report TEXT NOT NULL);
CREATE INDEX import_fingerprint ON import(fingerprint) WHERE fingerprint IS NOT NULL;
CREATE TABLE problem(import INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL, reason TEXT NOT NULL,
  input TEXT NOT NULL, section TEXT NOT NULL, position TEXT NOT NULL, PRIMARY KEY(import, number)) WITHOUT ROWID;
CREATE TABLE secret(owner TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(owner, name)) WITHOUT ROWID;
";

const V2: &str = "
-- Stretches of conversations in which copies with different kinds of ids meet and were not compared yet; with
-- `is_apart` those that were taken apart, in which every minute is looked at.
CREATE TABLE unjoined(conversation INTEGER PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL,
  is_apart INTEGER NOT NULL);
-- Conversations that are one: the first one's messages are shown in the second. `made_by` is 'user', 'content' or 'digest'.
CREATE TABLE conversation_link(conversation INTEGER PRIMARY KEY, into_conversation INTEGER NOT NULL,
  made_by TEXT NOT NULL, made_at INTEGER NOT NULL);
-- Conversations that the user took apart; they are not linked again without being asked.
CREATE TABLE conversation_apart(conversation INTEGER NOT NULL, other INTEGER NOT NULL,
  PRIMARY KEY(conversation, other)) WITHOUT ROWID;
";

const V3: &str = "
-- What was computed from messages and can be computed again; `stamp` says from what.
CREATE TABLE derived(topic TEXT NOT NULL, name BLOB NOT NULL, stamp BLOB NOT NULL, size INTEGER NOT NULL,
  data BLOB NOT NULL, PRIMARY KEY(topic, name));
";

const V4: &str = "
-- Accounts that the user says are one human being: all with the same `person`, which is the number of one of them.
CREATE TABLE account_join(account INTEGER PRIMARY KEY, person INTEGER NOT NULL, made_at INTEGER NOT NULL);
-- Searches that the user keeps. AUTOINCREMENT: the number of one that was deleted never names another one.
CREATE TABLE saved_search(number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, query TEXT NOT NULL,
  saved_at INTEGER NOT NULL);
";

const V5: &str = "
-- Runs whose records another source read before, in the archive that an import came from.
CREATE TABLE carried_run(run INTEGER PRIMARY KEY, source TEXT NOT NULL);
-- Lines of HCX files of kinds that this version does not know.
CREATE TABLE foreign_line(line TEXT PRIMARY KEY) WITHOUT ROWID;
";

/// Steps from each version to the next; the first makes version 1 out of nothing.
const STEPS: &[&str] = &[V1, V2, V3, V4, V5];

/// Brings a database to the newest version, one transaction for each step.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ArchiveError> {
    migrate_with(connection, STEPS)
}

fn migrate_with(connection: &mut Connection, steps: &[&str]) -> Result<(), ArchiveError> {
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(ArchiveError::Newer { found, known });
    }
    for (step, sql) in steps.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(
            None,
            "user_version",
            u32::try_from(step + 1).unwrap_or(u32::MAX),
        )?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_of_any_earlier_version_becomes_the_newest() {
        for start in 0..=STEPS.len() {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate_with(&mut connection, &STEPS[..start]).unwrap();
            migrate(&mut connection).unwrap();
            let version: u32 = connection
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap();
            assert_eq!(version as usize, STEPS.len());
        }
    }

    #[test]
    fn a_step_that_fails_changes_nothing_and_a_later_step_keeps_the_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .execute("INSERT INTO meta VALUES('a', x'01')", [])
            .unwrap();
        let broken = [
            V1,
            V2,
            V3,
            V4,
            V5,
            "CREATE TABLE later(x); SELECT nothing FROM nowhere;",
        ];
        assert!(migrate_with(&mut connection, &broken).is_err());
        let tables: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_master WHERE name = 'later'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(tables, 0);
        let added = [V1, V2, V3, V4, V5, "ALTER TABLE meta ADD COLUMN note TEXT;"];
        migrate_with(&mut connection, &added).unwrap();
        let kept: Vec<u8> = connection
            .query_row("SELECT value FROM meta WHERE note IS NULL", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(kept, [1]);
        assert!(matches!(
            migrate(&mut connection),
            Err(ArchiveError::Newer { found: 6, known: 5 })
        ));
    }
}
