//! From an account folder to records: open everything, say who is who, then read table after table.

mod open;
mod owner;
mod people;
mod rows;

use hutong_model::{Problem, ProblemKind, Record, Sink, Stop};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use super::locate::Locator;
use super::tables::{self, COLUMNS, MessageTable};
use crate::wechat::database::OpenDatabase;
use crate::wechat::decode::Blocks;
use crate::wechat::desk::{Bookmark, Desk, Here, RoomFacts};
use crate::wechat::map::is_room;
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

pub(crate) use open::{Opened, find_layout, open_one};
use rows::Row;

/// Reads an account folder into a sink.
pub(crate) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = zone_of(&opened.layout.root, options)?;
    let owner = opened.settle_owner(options);
    let locator = if options.locate_attachments {
        Some(Locator::new(&mut opened)?)
    } else {
        None
    };
    let withdrawn = opened.withdrawn()?;
    let problems = std::mem::take(&mut opened.problems);
    let mut desk = Desk::new(out, &owner, opened.newest_moment());
    desk.people = std::mem::take(&mut opened.people);
    desk.zone = zone;
    desk.rows_expected = opened.rows_expected();
    let mut reader = Reader {
        desk,
        locator,
        keep_raw: options.keep_raw,
        blocks: Blocks::default(),
        withdrawn,
        threads: Vec::new(),
        by_talker: FxHashMap::default(),
        present: None,
    };
    for problem in problems {
        reader.desk.out.problem(problem)?;
    }
    reader.accounts(&opened, options)?;
    for table in &opened.messages {
        reader.table(&opened, table)?;
    }
    reader.end()?;
    let desk = reader.desk;
    desk.out.progress(desk.rows_read, desk.rows_expected)?;
    Ok(Summary {
        rows_read: desk.rows_read,
        changed_while_reading: opened.databases.iter().any(OpenDatabase::has_changed),
    })
}

/// A conversation that rows were met of.
struct Thread {
    here: Arc<Here>,
    /// What the desk remembers of it while it is at another one.
    bookmark: Bookmark,
}

/// The desk, and what only this generation has beside it.
struct Reader<'a> {
    desk: Desk<'a>,
    locator: Option<Locator>,
    keep_raw: bool,
    blocks: Blocks,
    /// Server ids of messages that were withdrawn.
    withdrawn: FxHashSet<i64>,
    threads: Vec<Thread>,
    by_talker: FxHashMap<Box<str>, usize>,
    /// The conversation that the desk is at.
    present: Option<usize>,
}

impl Reader<'_> {
    /// Reads one table of messages, in which conversations take turns.
    fn table(&mut self, opened: &Opened, table: &MessageTable) -> Result<(), Stop> {
        let Some(database) = opened.databases.get(table.database) else {
            return Ok(());
        };
        let Some(schema) = database.db.tables().get(table.index) else {
            return Ok(());
        };
        let more = schema
            .columns
            .iter()
            .filter(|_| self.keep_raw)
            .map(|column| column.name.as_str());
        let columns: Vec<&str> = COLUMNS.into_iter().chain(more).collect();
        let Ok(mut cursor) = database.db.scan(schema, &columns) else {
            return self.desk.out.problem(Problem {
                origin: hutong_model::Origin {
                    place: Arc::clone(&table.place),
                    at: hutong_model::At::Whole,
                },
                kind: ProblemKind::Damage,
                reason: "the table has no readable definition and was left out".to_owned(),
            });
        };
        self.forget_rows();
        let names = opened.names.get(table.database);
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => {
                    self.desk.count_row()?;
                    self.row(opened, schema, table, names, &Row::new(row))?;
                }
                Err(damage) => {
                    let problem = database.problem_of(&schema.name, &damage);
                    self.desk.out.problem(problem)?;
                }
            }
        }
        Ok(())
    }

    /// Goes to a conversation, which is announced when it is met for the first time.
    fn go_to(&mut self, opened: &Opened, talker: &str) -> Result<Arc<Here>, Stop> {
        let known = self.by_talker.get(talker).copied();
        if known.is_none() || known != self.present {
            self.leave();
        }
        let place = match known {
            Some(place) => place,
            None => {
                let here = self.begin(opened, talker)?;
                self.threads.push(Thread {
                    here: Arc::new(here),
                    bookmark: self.desk.leave(),
                });
                self.by_talker.insert(talker.into(), self.threads.len() - 1);
                self.threads.len() - 1
            }
        };
        let thread = self
            .threads
            .get_mut(place)
            .expect("places are those of threads, and none is ever removed");
        if self.present != Some(place) {
            self.desk.resume(std::mem::take(&mut thread.bookmark));
            self.present = Some(place);
        }
        Ok(Arc::clone(&thread.here))
    }

    fn leave(&mut self) {
        let present = self.present.take();
        if let Some(thread) = present.and_then(|place| self.threads.get_mut(place)) {
            thread.bookmark = self.desk.leave();
        }
    }

    fn begin(&mut self, opened: &Opened, talker: &str) -> Result<Here, Stop> {
        if !is_room(talker) {
            return self.desk.begin_direct(talker);
        }
        let mut room = opened.rooms.room(&opened.databases, talker);
        let own = room
            .members
            .iter_mut()
            .find(|member| *member.username == *self.desk.owner);
        if let Some(own) = own.filter(|own| own.name.is_none()) {
            own.name = room.own_name;
        }
        let contact = self.desk.people.by_username.get(talker);
        let facts = RoomFacts {
            title: contact
                .and_then(|contact| contact.nickname.as_deref())
                .map(str::to_owned),
            remark: contact
                .and_then(|contact| contact.remark.as_deref())
                .map(str::to_owned),
            owner: room.owner,
            announcement: room.announcement,
            members: room.members,
            ..RoomFacts::default()
        };
        self.desk.begin_room(talker, facts)
    }

    /// Equal rows of two shards are one message, equal rows of one are two.
    fn forget_rows(&mut self) {
        self.desk.forget_rows();
        for thread in &mut self.threads {
            thread.bookmark.forget_rows();
        }
    }

    /// Ends every conversation.
    fn end(&mut self) -> Result<(), Stop> {
        self.leave();
        for thread in &mut self.threads {
            self.desk.resume(std::mem::take(&mut thread.bookmark));
            self.desk.end_conversation()?;
        }
        Ok(())
    }

    fn push(&mut self, record: Record) -> Result<(), Stop> {
        self.desk.push(record)
    }
}
