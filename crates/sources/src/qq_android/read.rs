//! The reading itself: open everything, find the key, then one conversation after the other.

use std::sync::Arc;

use hutong_crypto::KeyRing;
use hutong_model::{
    At, ConversationId, ConversationKind, Origin, OriginPlace, Problem, ProblemKind, Record, Sink,
};
use hutong_sqlite::Table;

use super::bundles::Bundles;
use super::cipher::FieldKey;
use super::key::{self, Fitting, Sample};
use super::locate::{self, AccountFiles, Found};
use super::map::Mapper;
use super::people::{self, Directory};
use super::tables::{self, BUNDLES, COLUMNS, MessageRow, TableKind};
use crate::qq::book::{Book, GroupFacts, is_number};
use crate::qq::database::{self, Db};
use crate::qq::mobile_files::MobileFiles;
use crate::qq::raw_row;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in rows.
const PROGRESS: u64 = 4096;
/// Rows that are looked at to learn a conversation's number.
const NUMBER_ROWS: usize = 1000;

/// Open databases with their paths.
pub(super) type Databases = Vec<(String, Db)>;

/// Finds the one account of an input.
pub(super) fn account(input: &Input, options: &ReadOptions) -> Result<AccountFiles, ReadError> {
    let wanted = options.account.as_deref().or(options.keys.uin());
    match locate::find(input, wanted.map(str::trim)) {
        Found::One(account) => Ok(account),
        Found::Nothing => Err(ReadError::Missing("<number>.db".to_owned())),
        Found::Several(accounts) => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: format!(
                "it holds several accounts; name one of {}, or one of the files",
                accounts.join(", ")
            ),
        }),
    }
}

/// Opens the databases of an account; one of them has to open, what is wrong with the others is told.
pub(super) fn open(
    input: &Input,
    account: &AccountFiles,
) -> Result<(Databases, Vec<Problem>), ReadError> {
    let mut databases = Vec::new();
    let mut problems = Vec::new();
    let mut failure = None;
    for path in &account.databases {
        match database::open(input, path, &KeyRing::new()) {
            Ok(db) => databases.push((path.clone(), db)),
            Err(error) => {
                let cause = std::error::Error::source(&error)
                    .map(|cause| format!(": {cause}"))
                    .unwrap_or_default();
                problems.push(Problem {
                    origin: Origin::new(path, "", At::Whole),
                    kind: ProblemKind::Damage,
                    reason: format!("the database cannot be opened{cause}"),
                });
                failure = failure.or(Some(error));
            }
        }
    }
    match failure {
        Some(error) if databases.is_empty() => Err(error),
        _ => Ok((databases, problems)),
    }
}

/// The key that fits these databases.
pub(super) fn fitting(
    input: &Input,
    account: &AccountFiles,
    options: &ReadOptions,
    databases: &[(String, Db)],
) -> Result<Fitting, ReadError> {
    let sample = Sample::take(databases);
    key::choose(&sample, input, account, options).map_err(|source| ReadError::Open {
        file: account.databases.first().cloned().unwrap_or_default(),
        source,
    })
}

/// Pushes a whole account.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let account = account(input, options)?;
    let (databases, problems) = open(input, &account)?;
    let Fitting { key, owner } = fitting(input, &account, options, &databases)?;
    let owner = owner.or_else(|| options.account.clone());
    for problem in problems {
        out.problem(problem)?;
    }
    for (file, db) in &databases {
        database::report_container(db, file, out)?;
        report_bundles(db, file, out)?;
    }
    let mut book = Book::new(owner.as_deref());
    let directory = people::announce(&databases, &key, &mut book, out)?;
    let files = if options.locate_attachments {
        MobileFiles::find(input)
    } else {
        None
    };
    let bundles = Bundles::new(&databases, &key);
    let mut reading = Reading {
        key: &key,
        directory,
        mapper: Mapper::new(book, owner, bundles, files),
        keep_raw: options.keep_raw,
        rows: 0,
    };
    for (file, db) in &databases {
        let tables = db.tables().iter();
        for table in tables.filter(|table| tables::is_message_table(table)) {
            reading.table(file, db, table, out)?;
        }
    }
    if reading.mapper.bundles.has_orphans()
        && let Some((file, _)) = databases.first()
    {
        out.problem(Problem {
            origin: Origin::new(file, BUNDLES, At::Whole),
            kind: ProblemKind::Note,
            reason: "messages inside forward bundles whose own message is gone are left out"
                .to_owned(),
        })?;
    }
    out.progress(reading.rows, Some(reading.rows))?;
    let changed_while_reading = databases
        .iter()
        .any(|(_, db)| db.has_changed().unwrap_or(true));
    Ok(Summary {
        rows_read: reading.rows,
        changed_while_reading,
    })
}

/// Says where rows inside bundles were lost; they are read by number later, which tells nothing.
fn report_bundles(db: &Db, file: &str, out: &mut dyn Sink) -> Result<(), ReadError> {
    database::walk(db, BUNDLES, &["msgseq"], |found| match found {
        Ok(_) => Ok(()),
        Err(damage) => database::damaged_table(out, file, damage),
    })?;
    Ok(())
}

/// How the rows of a table find their conversation.
enum Place {
    /// All rows belong to one.
    One(ConversationId),
    /// Each row names its own.
    Each,
}

struct Reading<'a> {
    key: &'a FieldKey,
    directory: Directory,
    mapper: Mapper<'a>,
    keep_raw: bool,
    rows: u64,
}

impl Reading<'_> {
    fn table(
        &mut self,
        file: &str,
        db: &Db,
        table: &Table,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let origin = Arc::new(OriginPlace {
            input: file.to_owned(),
            table: table.name.to_string(),
        });
        let columns = if self.keep_raw {
            raw_row::columns(COLUMNS, table)
        } else {
            COLUMNS.to_vec()
        };
        let mut cursor = match db.scan(table, &columns) {
            Ok(cursor) => cursor,
            Err(error) => return Ok(database::unreadable(out, origin, &error)?),
        };
        let kind = tables::kind(&table.name);
        let mut place = None;
        while let Some(row) = cursor.next() {
            let row = match row {
                Ok(row) => row,
                Err(damage) => {
                    database::damaged(out, &origin, &damage)?;
                    continue;
                }
            };
            self.rows += 1;
            if self.rows.is_multiple_of(PROGRESS) {
                out.progress(self.rows, None)?;
            }
            let at = Origin {
                place: Arc::clone(&origin),
                at: At::Row(row.rowid()),
            };
            let found = MessageRow::new(&row, self.key);
            let raw = self
                .keep_raw
                .then(|| raw_row::json(COLUMNS.len(), table, &row));
            // A table without rows gives no conversation.
            let place = place.get_or_insert_with(|| self.place(db, table, kind));
            let conversation = match place {
                Place::One(conversation) => Some(*conversation),
                Place::Each => self.named(&found.friend, kind),
            };
            let Some(conversation) = conversation else {
                self.mapper.book.flush(out)?;
                out.problem(Problem {
                    origin: at,
                    kind: ProblemKind::RejectedRow,
                    reason: "the row names no conversation".to_owned(),
                })?;
                continue;
            };
            let mut message = self.mapper.message(&found, kind, conversation, at.clone());
            message.raw = raw;
            self.mapper.book.flush(out)?;
            for note in std::mem::take(&mut self.mapper.notes) {
                out.problem(Problem {
                    origin: at.clone(),
                    kind: ProblemKind::Note,
                    reason: note.to_owned(),
                })?;
            }
            out.record(Record::Message(Box::new(message)))?;
        }
        Ok(())
    }

    /// The conversation whose number's MD5 is the table's name; where nothing tells the number, the digest stands for it.
    fn place(&mut self, db: &Db, table: &Table, kind: TableKind) -> Place {
        let Some(digest) = tables::digest(&table.name) else {
            return Place::Each;
        };
        let number = match self.directory.number(&digest) {
            Some(number) => Some(number.to_owned()),
            None => self.number_in_rows(db, table, &digest),
        };
        Place::One(match number {
            Some(number) => self.conversation(&number, kind),
            None => self.hashed(&digest, kind),
        })
    }

    /// A conversation of which only the digest of its number is known.
    fn hashed(&mut self, digest: &str, kind: TableKind) -> ConversationId {
        let book = &mut self.mapper.book;
        match kind {
            TableKind::Troop => book.hashed_group(digest),
            TableKind::Friend | TableKind::Other => book.hashed_direct(digest),
            // What their numbers are like in other copies is more than the digest was made of.
            TableKind::Discussion | TableKind::Device => {
                self.conversation(&format!("md5:{digest}"), kind)
            }
        }
    }

    fn number_in_rows(&self, db: &Db, table: &Table, digest: &str) -> Option<String> {
        let mut cursor = db.scan(table, &["frienduin"]).ok()?;
        let mut second_best = None;
        for _ in 0..NUMBER_ROWS {
            let Some(row) = cursor.next() else { break };
            let Ok(row) = row else { continue };
            let number = tables::text(&row, 0, self.key);
            if number.is_empty() {
                continue;
            }
            if people::digest(&number) == digest {
                return Some(number);
            }
            if is_number(&number) {
                second_best = second_best.or(Some(number));
            }
        }
        second_best
    }

    fn named(&mut self, number: &str, kind: TableKind) -> Option<ConversationId> {
        let is_id = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| self.conversation(number, kind))
    }

    fn conversation(&mut self, native_id: &str, kind: TableKind) -> ConversationId {
        let book = &mut self.mapper.book;
        match kind {
            TableKind::Troop => book.group(native_id, self.directory.group(native_id)),
            TableKind::Discussion => {
                book.group(&format!("discuss:{native_id}"), GroupFacts::default())
            }
            TableKind::Device => book.direct(native_id, ConversationKind::Device, None),
            TableKind::Friend | TableKind::Other => {
                book.direct(native_id, ConversationKind::Direct, None)
            }
        }
    }
}
