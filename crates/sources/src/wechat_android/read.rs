//! From a database to records: people first, then every table of messages, row by row in the order of the file.

mod chats;
mod people;
mod row;

use std::sync::Arc;

use hutong_model::{At, Origin, Problem, ProblemKind, Sink, Timestamp};
use rustc_hash::FxHashMap;

use self::chats::Chats;
use super::companions::Companions;
use super::media::Media;
use super::open::Opened;
use super::tables::{COLUMNS, message_tables, newest_conversation, rooms};
use crate::wechat::database::OpenDatabase;
use crate::wechat::desk::Desk;
use crate::wechat::occurrences::Occurrences;
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

/// Reads an account into a sink.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = zone_of(input, options)?;
    let owner = opened.settle_owner(options);
    let mut problems = std::mem::take(&mut opened.problems);
    let mut keep = |problem| {
        problems.push(problem);
        Ok(())
    };
    let listed = opened.listed.take();
    let Opened {
        layout,
        file,
        owner: owner_row,
        ..
    } = &opened;
    let as_of = newest_conversation(file, &mut keep)?.map(Timestamp);
    let media = Media::read(
        input,
        &layout.media_roots,
        file,
        listed,
        options.locate_attachments,
        &mut keep,
    )?;
    let companions = Companions::read(file, &mut keep)?;
    let rooms = rooms(file, &mut keep)?;
    let mut desk = Desk::new(out, &owner, as_of);
    desk.zone = zone;
    for problem in problems {
        desk.out.problem(problem)?;
    }
    let mut reader = Reader {
        file,
        media,
        companions,
        chats: Chats::new(rooms),
        by_row: FxHashMap::default(),
        occurrences: Occurrences::new("wechat_android"),
        keep_raw: options.keep_raw,
        desk,
    };
    reader.people(owner_row)?;
    for table in message_tables(file) {
        reader.table(&table)?;
    }
    reader.chats.end(&mut reader.desk)?;
    let (read, expected) = (reader.desk.rows_read, reader.desk.rows_expected);
    reader.desk.out.progress(read, expected)?;
    Ok(Summary {
        rows_read: read,
        changed_while_reading: file.has_changed(),
    })
}

/// What stays the same while records are pushed, and what was pushed already.
struct Reader<'a> {
    desk: Desk<'a>,
    file: &'a OpenDatabase,
    media: Media<'a>,
    companions: Companions,
    chats: Chats,
    /// Usernames by the row of `rcontact`, for rows that name nobody but a number.
    by_row: FxHashMap<i64, Arc<str>>,
    occurrences: Occurrences,
    keep_raw: bool,
}

impl Reader<'_> {
    /// Reads one table of messages.
    fn table(&mut self, name: &str) -> Result<(), ReadError> {
        let file = self.file;
        let Some(schema) = file.db.table(name) else {
            return Ok(());
        };
        let place = file.place(&schema.name);
        let all = schema
            .columns
            .iter()
            .filter(|_| self.keep_raw)
            .map(|column| column.name.as_str());
        let columns: Vec<&str> = COLUMNS.into_iter().chain(all).collect();
        let is_main = schema.name.eq_ignore_ascii_case("message");
        let Ok(mut cursor) = file.db.scan(schema, &columns) else {
            self.desk.out.problem(Problem {
                origin: Origin {
                    place,
                    at: At::Whole,
                },
                kind: ProblemKind::Damage,
                reason: "the table has no readable definition and was left out".to_owned(),
            })?;
            return Ok(());
        };
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => {
                    self.desk.count_row()?;
                    self.row(&row, schema, &place, is_main)?;
                }
                Err(damage) => self
                    .desk
                    .out
                    .problem(file.problem_of(&schema.name, &damage))?,
            }
        }
        Ok(())
    }
}
