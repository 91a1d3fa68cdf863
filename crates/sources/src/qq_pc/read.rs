//! The reading itself: one table after the other.

use std::sync::Arc;

use hutong_crypto::KeyRing;
use hutong_model::{At, Origin, OriginPlace, Problem, ProblemKind, Record, Sink};
use hutong_sqlite::Table;
use rustc_hash::FxHashMap;

use super::locate::{self, Found};
use super::map::Mapper;
use super::sequences::Sequences;
use super::tables::{self, COLUMNS, Chat, MessageRow};
use crate::qq::book::Book;
use crate::qq::database::{self, Db};
use crate::qq::raw_row;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in rows.
const PROGRESS: u64 = 4096;
/// Rows of a table that are looked at to find out whose copy it is.
const OWNER_ROWS: usize = 500;

/// Opens the database of an input, or says why that cannot be.
pub(super) fn open(input: &Input) -> Result<(String, Db), ReadError> {
    match locate::find(input) {
        Found::Nothing => Err(ReadError::Missing("Msg3.0.db".to_owned())),
        Found::Locked(file, refusal) => Err(ReadError::CannotOpen { file, refusal }),
        Found::Decrypted(path) => {
            let db = database::open(input, &path, &KeyRing::new())?;
            Ok((path, db))
        }
    }
}

/// Whose copy it is: what the user says, what the folder says, or who writes to everybody.
pub(super) fn owner(input: &Input, path: &str, options: &ReadOptions, db: &Db) -> Option<String> {
    let told = options.account.as_deref().or(options.keys.uin());
    told.map(str::trim)
        .filter(|told| !told.is_empty())
        .map(str::to_owned)
        .or_else(|| locate::account(input, path))
        .or_else(|| writer(db))
}

fn writer(db: &Db) -> Option<String> {
    let mut counts: FxHashMap<u64, u64> = FxHashMap::default();
    for table in message_tables(db) {
        let Chat::Direct(peer) = tables::chat(table) else {
            continue;
        };
        let Ok(mut cursor) = db.scan(table, &["SenderUin"]) else {
            continue;
        };
        for _ in 0..OWNER_ROWS {
            let Some(row) = cursor.next() else { break };
            let Ok(row) = row else { continue };
            let sender = tables::sender(database::number(&row, 0));
            if sender > 10_000 && sender.to_string() != peer {
                *counts.entry(sender).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .max_by_key(|(sender, count)| (*count, *sender))
        .map(|(sender, _)| sender.to_string())
}

/// The message tables in the order of the schema.
pub(super) fn message_tables(db: &Db) -> impl Iterator<Item = &Table> {
    db.tables()
        .iter()
        .filter(|table| tables::is_message_table(table))
}

/// Pushes a whole database.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let (path, db) = open(input)?;
    if message_tables(&db).next().is_none() && db.schema_damage().is_empty() {
        return Err(ReadError::Layout {
            file: path,
            reason: "it has no message table".to_owned(),
        });
    }
    let owner = owner(input, &path, options, &db);
    database::report_container(&db, &path, out)?;
    let mut reading = Reading {
        db: &db,
        file: path,
        mapper: Mapper {
            book: Book::new(owner.as_deref()),
            owner: owner.as_deref().and_then(|owner| owner.parse().ok()),
            files: options.locate_attachments.then_some(input),
        },
        keep_raw: options.keep_raw,
        rows: 0,
    };
    if owner.is_none() {
        out.problem(Problem {
            origin: Origin::new(&reading.file, "", At::Whole),
            kind: ProblemKind::Note,
            reason: "whose copy this is cannot be told; name the account".to_owned(),
        })?;
    }
    for table in message_tables(&db) {
        reading.table(table, out)?;
    }
    out.progress(reading.rows, Some(reading.rows))?;
    Ok(Summary {
        rows_read: reading.rows,
        changed_while_reading: db.has_changed().unwrap_or(true),
    })
}

struct Reading<'a> {
    db: &'a Db,
    file: String,
    mapper: Mapper<'a>,
    keep_raw: bool,
    rows: u64,
}

impl Reading<'_> {
    fn table(&mut self, table: &Table, out: &mut dyn Sink) -> Result<(), ReadError> {
        let place = Arc::new(OriginPlace {
            input: self.file.clone(),
            table: table.name.to_string(),
        });
        let columns = if self.keep_raw {
            raw_row::columns(COLUMNS, table)
        } else {
            COLUMNS.to_vec()
        };
        let mut cursor = match self.db.scan(table, &columns) {
            Ok(cursor) => cursor,
            Err(error) => return Ok(database::unreadable(out, place, &error)?),
        };
        let chat = tables::chat(table);
        let mut sequences = Sequences::new(self.db, table);
        while let Some(row) = cursor.next() {
            let row = match row {
                Ok(row) => row,
                Err(damage) => {
                    database::damaged(out, &place, &damage)?;
                    continue;
                }
            };
            self.rows += 1;
            if self.rows.is_multiple_of(PROGRESS) {
                out.progress(self.rows, None)?;
            }
            let conversation = self.mapper.conversation(&chat);
            let origin = Origin {
                place: Arc::clone(&place),
                at: At::Row(row.rowid()),
            };
            let found = MessageRow::new(&row);
            let sequence = sequences.find(found.time, found.random);
            let mut message = self
                .mapper
                .message(&found, &chat, conversation, sequence, origin);
            if self.keep_raw {
                message.raw = Some(raw_row::json(COLUMNS.len(), table, &row));
            }
            self.mapper.book.flush(out)?;
            out.record(Record::Message(Box::new(message)))?;
        }
        Ok(())
    }
}
