//! Conversations with their members, and the way through all their tables.

use hutong_model::{
    At, Change, ConversationKind, MessageChange, Origin, Part, Record, Revision, Stop, Timestamp,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Reader;
use super::open::{Opened, Thread, hash_of};
use super::rows::{Row, TableContext};
use crate::wechat::decode::{Cells, PackedInfo, text as text_of_cell};
use crate::wechat::desk::{Here, RoomFacts};
use crate::wechat::map::{self, is_room};
use crate::wechat_pc4::tables::{Revoked, message_columns, message_cursor, revoked};

/// The decompressors, which keep their memory from row to row.
pub(super) struct Decoders {
    pub(super) content: Cells,
    pub(super) source: Cells,
}

impl Reader<'_> {
    /// Pushes every conversation with its messages.
    pub(super) fn conversations(&mut self, opened: &mut Opened) -> Result<(), crate::ReadError> {
        let io = |source| crate::ReadError::Io {
            file: opened.layout.root.folder_name(),
            source,
        };
        let mut decoders = Decoders {
            content: Cells::new().map_err(io)?,
            source: Cells::new().map_err(io)?,
        };
        let mut withdrawn: FxHashMap<String, Vec<Revoked>> = FxHashMap::default();
        if let Some(database) = &opened.revoke {
            let out = &mut *self.desk.out;
            for row in revoked(database, &mut |problem| out.problem(problem))? {
                withdrawn.entry(row.username.clone()).or_default().push(row);
            }
        }
        for thread in &opened.threads {
            let here = self.begin(opened, thread)?;
            for (shard, table) in &thread.tables {
                self.table(opened, &here, (*shard, *table), &mut decoders)?;
            }
            self.desk.end_conversation()?;
            if let Some(rows) = withdrawn.remove(&here.native_id) {
                self.withdrawn(opened, &here, rows)?;
            }
        }
        let mut rest: Vec<(String, Vec<Revoked>)> = withdrawn.into_iter().collect();
        rest.sort_by(|one, other| one.0.cmp(&other.0));
        for (username, rows) in rest {
            let number = opened.usernames.number(&username);
            let thread = Thread {
                hash: hash_of(&username),
                username: Some(number),
                tables: Vec::new(),
            };
            let here = self.begin(opened, &thread)?;
            self.withdrawn(opened, &here, rows)?;
        }
        Ok(())
    }

    /// Pushes a conversation, its other side and its members.
    fn begin(&mut self, opened: &Opened, thread: &Thread) -> Result<Here, Stop> {
        if let Some(locator) = &mut self.locator {
            locator.enter(&thread.hash);
        }
        match thread
            .username
            .and_then(|number| opened.usernames.name(number))
        {
            Some(username) if is_room(username) => self.begin_room(opened, username),
            Some(username) => self.desk.begin_direct(username),
            None => self.begin_orphan(opened, thread),
        }
    }

    fn begin_room(&mut self, opened: &Opened, username: &str) -> Result<Here, Stop> {
        let room = opened.contact.as_ref().map(|contact| {
            let username_of = |id: i64| {
                let number = opened.contact_ids.get(&id)?;
                opened.usernames.name(*number).map(str::to_owned)
            };
            opened.rooms.room(contact, username, username_of)
        });
        let room = room.unwrap_or_default();
        let contact = self.desk.people.by_username.get(username);
        let name = |name: Option<&Box<str>>| name.map(|name| name.as_ref().to_owned());
        let facts = RoomFacts {
            title: name(contact.and_then(|contact| contact.nickname.as_ref())),
            remark: name(contact.and_then(|contact| contact.remark.as_ref())),
            owner: room.owner,
            admins: Vec::new(),
            announcement: room.announcement,
            members: room.members,
        };
        self.desk.begin_room(username, facts)
    }

    /// A table whose username stands nowhere: only its MD5 is known.
    fn begin_orphan(&mut self, opened: &Opened, thread: &Thread) -> Result<Here, Stop> {
        let native_id = thread.hash.clone();
        let mut writers: FxHashSet<u32> = FxHashSet::default();
        let mut is_official = true;
        for (shard, table) in &thread.tables {
            let Some(shard) = opened.shards.get(*shard) else {
                continue;
            };
            is_official &= shard.is_official;
            let table = shard
                .tables
                .get(*table)
                .and_then(|table| shard.database.db.tables().get(table.index));
            let Some(mut cursor) = table
                .and_then(|table| message_cursor(&shard.database.db, table, &["real_sender_id"]))
            else {
                continue;
            };
            while let Some(row) = cursor.next() {
                let sender = row
                    .ok()
                    .and_then(|row| row.integer(0))
                    .and_then(|id| shard.names.get(&id));
                writers.extend(
                    sender
                        .copied()
                        .filter(|sender| opened.usernames.name(*sender) != Some(&self.desk.owner)),
                );
                if writers.len() > 1 {
                    break;
                }
            }
        }
        let kind = match (writers.len(), is_official) {
            (0 | 1, true) => ConversationKind::Official,
            (0 | 1, false) => ConversationKind::Direct,
            _ => ConversationKind::Group,
        };
        self.desk.begin_orphan(&native_id, kind)
    }

    /// Reads one table of a conversation.
    fn table(
        &mut self,
        opened: &Opened,
        here: &Here,
        (shard, table): (usize, usize),
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let Some(shard) = opened.shards.get(shard) else {
            return Ok(());
        };
        let Some(table) = shard.tables.get(table) else {
            return Ok(());
        };
        let (Some(schema), Some(place)) = (
            shard.database.db.tables().get(table.index),
            shard.place(table),
        ) else {
            return Ok(());
        };
        let columns = message_columns(schema, self.keep_raw);
        let Some(mut cursor) = message_cursor(&shard.database.db, schema, &columns) else {
            return self.desk.note(
                &place,
                At::Whole,
                "the table has no readable definition and was left out",
            );
        };
        self.desk.forget_rows();
        let context = TableContext::new(here, shard, &opened.usernames, place, schema);
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => {
                    self.row(&Row::new(row), &context, decoders)?;
                    self.desk.count_row()?;
                }
                Err(damage) => self
                    .desk
                    .out
                    .problem(shard.database.problem_of(&schema.name, &damage))?,
            }
        }
        Ok(())
    }

    /// Pushes what the owner withdrew in a conversation: that it was withdrawn, and what it said.
    fn withdrawn(&mut self, opened: &Opened, here: &Here, rows: Vec<Revoked>) -> Result<(), Stop> {
        let Some(database) = &opened.revoke else {
            return Ok(());
        };
        let place = database.place("revokemessage");
        let mut cells = match Cells::new() {
            Ok(cells) => cells,
            Err(error) => return self.desk.note(&place, At::Whole, error.to_string()),
        };
        for row in rows {
            let change = |change| {
                Record::Change(MessageChange {
                    message: map::message_id(here.id, row.server_id),
                    conversation: here.id,
                    change,
                    origin: Origin {
                        place: std::sync::Arc::clone(&place),
                        at: At::Row(row.row),
                    },
                })
            };
            self.desk.push(change(Change::Recall {
                by: Some(self.desk.owner_id),
                at: row.time.map(Timestamp::from_seconds),
            }))?;
            let parts = self.withdrawn_parts(here, &row, &mut cells);
            if !parts.is_empty() {
                self.desk
                    .push(change(Change::Revision(Revision { at: None, parts })))?;
            }
        }
        Ok(())
    }

    fn withdrawn_parts(&self, here: &Here, row: &Revoked, cells: &mut Cells) -> Vec<Part> {
        let base = u32::try_from(row.kind & 0xFFFF_FFFF).unwrap_or(map::kind::TEXT);
        let sub = u32::try_from(row.kind.cast_unsigned() >> 32).unwrap_or(0);
        let Ok(content) = cells.decode(&row.content) else {
            return map::Body::undecodable(base, &row.content).parts;
        };
        let content = text_of_cell(content);
        if content.trim().is_empty() {
            return Vec::new();
        }
        // Drafts that are kept for editing are plain words whatever the message was.
        let base = if content.trim_start().starts_with('<') {
            base
        } else {
            map::kind::TEXT
        };
        map::body(
            &self.desk.scope(here),
            base,
            sub,
            &content,
            &PackedInfo::default(),
        )
        .parts
    }
}
