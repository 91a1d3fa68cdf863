//! From an account folder to records: open everything, say who is who, then read conversation after conversation.

mod open;
mod rows;

use std::sync::Arc;

use hutong_model::{
    Account, At, Attachment, ConversationKind, Origin, Problem, ProblemKind, Sink, Stop,
};
use rustc_hash::FxHashSet;

use super::layout;
use super::locate::Locator;
use super::tables::{self, COLUMNS, MessageTable, PersonRow, column, number, people};
use crate::wechat::database::OpenDatabase;
use crate::wechat::decode::{Blocks, RoomMember, split_prefix};
use crate::wechat::desk::{Desk, Here, RoomFacts};
use crate::wechat::map::{account_kind, is_room};
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

pub(crate) use open::{Opened, find_layout, hash_of, open_one};
use rows::Row;

/// Rows that are looked at to tell what kind of conversation an unknown table is.
const LOOKED_AT_ROWS: usize = 500;

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
        opened.locator()?
    } else {
        None
    };
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
    };
    for problem in problems {
        reader.desk.out.problem(problem)?;
    }
    reader.accounts(&opened)?;
    reader.conversations(&opened, &owner)?;
    let desk = reader.desk;
    desk.out.progress(desk.rows_read, desk.rows_expected)?;
    Ok(Summary {
        rows_read: desk.rows_read,
        changed_while_reading: opened.databases.iter().any(OpenDatabase::has_changed),
    })
}

/// The desk, and what only this generation has beside it.
struct Reader<'a> {
    desk: Desk<'a>,
    locator: Option<Locator>,
    keep_raw: bool,
    blocks: Blocks,
}

impl Reader<'_> {
    /// Pushes the owner and everybody in the tables of people.
    fn accounts(&mut self, opened: &Opened) -> Result<(), Stop> {
        for database in &opened.databases {
            let mut problems: Vec<Problem> = Vec::new();
            let mut keep = |problem| {
                problems.push(problem);
                Ok(())
            };
            people(database, &mut keep, |row| self.contact(row))?;
            for problem in problems {
                self.desk.out.problem(problem)?;
            }
        }
        self.desk
            .ensure_account(&Arc::clone(&self.desk.owner), None)
    }

    fn contact(&mut self, row: PersonRow) -> Result<(), Stop> {
        if is_room(&row.username) {
            return Ok(());
        }
        let avatar = row.avatar_url.map(|url| Attachment {
            url: Some(url),
            native_digest: row.avatar_md5,
            ..Attachment::default()
        });
        self.desk.contact(Account {
            kind: account_kind(&row.username, row.certification),
            nickname: row.nickname,
            remark: row.remark,
            alias: row.alias,
            avatar,
            is_contact: row.is_contact,
            native_id: row.username,
            ..Account::default()
        })
    }

    /// Reads the tables, those of one conversation after each other.
    fn conversations(&mut self, opened: &Opened, owner: &str) -> Result<(), Stop> {
        for (hash, places) in &opened.threads {
            let username = opened
                .usernames
                .get(hash)
                .map(String::as_str)
                .or_else(|| (hash_of(owner) == *hash).then_some(owner));
            let here = match username {
                Some(username) if is_room(username) => self.begin_room(opened, username)?,
                Some(username) => self.desk.begin_direct(username)?,
                None => {
                    let kind = kind_of_orphan(opened, places);
                    self.desk.begin_orphan(hash, kind)?
                }
            };
            for place in places {
                let Some(table) = opened.messages.get(*place) else {
                    continue;
                };
                self.desk.forget_rows();
                self.table(opened, &here, table)?;
            }
            self.desk.end_conversation()?;
        }
        Ok(())
    }

    fn begin_room(&mut self, opened: &Opened, username: &str) -> Result<Here, Stop> {
        let contact = self.desk.people.by_username.get(username);
        let name = |name: Option<&Box<str>>| name.map(ToString::to_string);
        let (title, remark) = (
            name(contact.and_then(|contact| contact.nickname.as_ref())),
            name(contact.and_then(|contact| contact.remark.as_ref())),
        );
        let room = opened.rooms.get(username).cloned().unwrap_or_default();
        let mut known = FxHashSet::default();
        let members = room.members.unwrap_or_default();
        let members = members
            .split([';', ','])
            .map(str::trim)
            .filter(|member| !member.is_empty() && known.insert((*member).to_owned()))
            .map(|member| RoomMember {
                username: member.to_owned(),
                name: None,
                inviter: None,
            })
            .collect();
        let admins = room.admins.unwrap_or_default();
        let mut admins = admins
            .split([';', ','])
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
        let facts = RoomFacts {
            title,
            remark,
            owner: admins.next(),
            admins: admins.collect(),
            announcement: room.announcement,
            members,
        };
        self.desk.begin_room(username, facts)
    }

    /// Reads one table of a conversation.
    fn table(&mut self, opened: &Opened, here: &Here, table: &MessageTable) -> Result<(), Stop> {
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
                origin: Origin {
                    place: Arc::clone(&table.place),
                    at: At::Whole,
                },
                kind: ProblemKind::Damage,
                reason: "the table has no readable definition and was left out".to_owned(),
            });
        };
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => {
                    self.desk.count_row()?;
                    self.row(here, schema, table, &Row::new(row))?;
                }
                Err(damage) => {
                    let problem = database.problem_of(&schema.name, &damage);
                    self.desk.out.problem(problem)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a table that nobody names is a room's: received rows begin with different senders' lines.
fn kind_of_orphan(opened: &Opened, places: &[usize]) -> ConversationKind {
    for table in places
        .iter()
        .filter_map(|place| opened.messages.get(*place))
    {
        let Some(database) = opened.databases.get(table.database) else {
            continue;
        };
        let Some(schema) = database.db.tables().get(table.index) else {
            continue;
        };
        let Ok(mut cursor) = database.db.scan(schema, &COLUMNS) else {
            continue;
        };
        for _ in 0..LOOKED_AT_ROWS {
            let Some(row) = cursor.next() else { break };
            let Ok(row) = row else { continue };
            let content = row.text(column::CONTENT).unwrap_or_default();
            let is_received = number(&row, column::RECEIVED) == Some(1);
            let has_sender = split_prefix(&content).is_some_and(|prefixed| {
                crate::wechat::decode::is_id_like(prefixed.username)
                    || prefixed.rest.starts_with('<')
            });
            if is_received && has_sender {
                return ConversationKind::Group;
            }
        }
    }
    ConversationKind::Direct
}
