//! The reading itself: one conversation after the other.

use std::sync::Arc;

use hutong_crypto::KeyRing;
use hutong_model::{At, Origin, OriginPlace, Problem, ProblemKind, Record, Sink};
use hutong_sqlite::Table;

use super::locate::{self, Found};
use super::map::Mapper;
use super::tables::{self, COLUMNS, Chat, MessageRow};
use crate::qq::book::Book;
use crate::qq::database::{self, Db};
use crate::qq::mobile_files::MobileFiles;
use crate::qq::raw_row;
use crate::text_ids::TextIds;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in rows.
const PROGRESS: u64 = 4096;

/// Finds the one database of an input.
pub(super) fn path(input: &Input, options: &ReadOptions) -> Result<String, ReadError> {
    let wanted = options.account.as_deref().or(options.keys.uin());
    match locate::find(input, wanted.map(str::trim)) {
        Found::One(path) => Ok(path),
        Found::Nothing => Err(ReadError::Missing(locate::USUAL.to_owned())),
        Found::Several(accounts) => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: format!(
                "it holds several accounts; name one of {}",
                accounts.join(", ")
            ),
        }),
    }
}

/// Whose copy it is: the folder's name, or what the user says.
pub(super) fn owner(input: &Input, path: &str, options: &ReadOptions) -> Option<String> {
    let told = options.account.as_deref().or(options.keys.uin());
    locate::account(input, path).or_else(|| {
        told.map(str::trim)
            .filter(|told| !told.is_empty())
            .map(str::to_owned)
    })
}

/// The message tables in the order of the schema.
pub(super) fn message_tables(db: &Db) -> impl Iterator<Item = (&Table, Chat)> {
    db.tables()
        .iter()
        .filter_map(|table| Some((table, tables::chat(table)?)))
}

/// Pushes a whole account.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let path = path(input, options)?;
    let db = database::open(input, &path, &KeyRing::new())?;
    database::report_container(&db, &path, out)?;
    let owner = owner(input, &path, options);
    if owner.is_none() {
        out.problem(Problem {
            origin: Origin::new(&path, "", At::Whole),
            kind: ProblemKind::Note,
            reason: "whose copy this is cannot be told; name the account".to_owned(),
        })?;
    }
    let files = if options.locate_attachments {
        MobileFiles::find(input)
    } else {
        None
    };
    let mut reading = Reading {
        db: &db,
        file: path,
        mapper: Mapper {
            book: Book::new(owner.as_deref()),
            owner,
            files,
            ids: TextIds::default(),
        },
        keep_raw: options.keep_raw,
        rows: 0,
    };
    for (table, chat) in message_tables(&db) {
        reading.table(table, &chat, out)?;
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
    mapper: Mapper,
    keep_raw: bool,
    rows: u64,
}

impl Reading<'_> {
    fn table(&mut self, table: &Table, chat: &Chat, out: &mut dyn Sink) -> Result<(), ReadError> {
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
            let conversation = self.mapper.conversation(chat);
            let origin = Origin {
                place: Arc::clone(&place),
                at: At::Row(row.rowid()),
            };
            let found = MessageRow::new(&row);
            let mut message = self.mapper.message(&found, chat, conversation, origin);
            if self.keep_raw {
                message.raw = Some(raw_row::json(COLUMNS.len(), table, &row));
            }
            self.mapper.book.flush(out)?;
            out.record(Record::Message(Box::new(message)))?;
        }
        Ok(())
    }
}
