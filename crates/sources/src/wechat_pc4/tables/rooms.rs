//! `contact.db`: rooms, their members and announcements.

use hutong_model::{Problem, Stop};
use rustc_hash::FxHashMap;

use super::{OpenDatabase, text};
use crate::wechat::decode::{Document, RoomMember, room_members};

/// What is known of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoomRow {
    pub(crate) owner: Option<String>,
    pub(crate) members: Vec<RoomMember>,
    pub(crate) announcement: Option<String>,
}

/// Finds rooms by username; their members are read when they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Username → row in `chat_room` and id there.
    rows: FxHashMap<String, (i64, i64)>,
    /// Username → row in `chat_room_info_detail`.
    details: FxHashMap<String, i64>,
    /// Room id → contact ids.
    members: FxHashMap<i64, Vec<i64>>,
}

impl Rooms {
    pub(crate) fn read(
        database: &OpenDatabase,
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ) -> Result<Self, Stop> {
        let mut rooms = Self::default();
        database.each_row("chat_room", &["id", "username"], damaged, |row| {
            if let Some(username) = text(&row, 1) {
                rooms.rows.insert(
                    username,
                    (row.rowid(), row.integer(0).unwrap_or_else(|| row.rowid())),
                );
            }
            Ok(())
        })?;
        database.each_row("chat_room_info_detail", &["username_"], damaged, |row| {
            if let Some(username) = text(&row, 0) {
                rooms.details.insert(username, row.rowid());
            }
            Ok(())
        })?;
        database.each_row(
            "chatroom_member",
            &["room_id", "member_id"],
            damaged,
            |row| {
                if let (Some(room), Some(member)) = (row.integer(0), row.integer(1)) {
                    rooms.members.entry(room).or_default().push(member);
                }
                Ok(())
            },
        )?;
        Ok(rooms)
    }

    pub(crate) fn usernames(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// Owner, members and announcement of a room; `username_of` names contacts by their id.
    pub(crate) fn room(
        &self,
        database: &OpenDatabase,
        username: &str,
        username_of: impl Fn(i64) -> Option<String>,
    ) -> RoomRow {
        let mut room = RoomRow {
            announcement: self.announcement(database, username),
            ..RoomRow::default()
        };
        let Some((row, id)) = self.rows.get(username) else {
            return room;
        };
        let found = database.db.table("chat_room").and_then(|table| {
            database
                .db
                .find_rowid(table, &["owner", "ext_buffer"], *row)
                .ok()
                .flatten()
        });
        if let Some(found) = found {
            let row = found.row();
            room.owner = text(&row, 0);
            room.members = room_members(row.bytes(1).unwrap_or_default());
        }
        let listed: rustc_hash::FxHashSet<&str> = room
            .members
            .iter()
            .map(|member| member.username.as_str())
            .collect();
        let more: Vec<RoomMember> = self
            .members
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|member| username_of(*member))
            .filter(|username| !listed.contains(username.as_str()))
            .map(|username| RoomMember {
                username,
                name: None,
                inviter: None,
            })
            .collect();
        room.members.extend(more);
        room
    }

    fn announcement(&self, database: &OpenDatabase, username: &str) -> Option<String> {
        let row = self.details.get(username)?;
        let table = database.db.table("chat_room_info_detail")?;
        let found = database
            .db
            .find_rowid(table, &["announcement_", "xml_announcement_"], *row)
            .ok()
            .flatten()?;
        let row = found.row();
        text(&row, 0).or_else(|| {
            let xml = text(&row, 1)?;
            let document = Document::parse(&xml);
            let words = document
                .root()
                .find("textannouncement")?
                .text()
                .trim()
                .to_owned();
            (!words.is_empty()).then_some(words)
        })
    }
}
