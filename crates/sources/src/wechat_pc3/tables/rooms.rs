//! `ChatRoom` and `ChatRoomInfo`: rooms, their members and announcements.

use hutong_model::{Problem, Stop};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::wechat::database::{OpenDatabase, text};
use crate::wechat::decode::{RoomMember, room_members};

/// What is known of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoomRow {
    pub(crate) owner: Option<String>,
    pub(crate) members: Vec<RoomMember>,
    pub(crate) announcement: Option<String>,
    /// The copy's owner's own name in the room.
    pub(crate) own_name: Option<String>,
}

/// Finds rooms by username; their members are read when they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Username → number of the database and row in `ChatRoom`.
    rows: FxHashMap<String, (usize, i64)>,
    /// Username → the same for `ChatRoomInfo`.
    details: FxHashMap<String, (usize, i64)>,
}

impl Rooms {
    pub(crate) fn read(
        &mut self,
        number: usize,
        database: &OpenDatabase,
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        for (table, rows) in [
            ("ChatRoom", &mut self.rows),
            ("ChatRoomInfo", &mut self.details),
        ] {
            database.each_row(table, &["ChatRoomName"], damaged, |row| {
                if let Some(username) = text(&row, 0) {
                    rows.entry(username).or_insert((number, row.rowid()));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Owner, members and announcement of a room.
    pub(crate) fn room(&self, databases: &[OpenDatabase], username: &str) -> RoomRow {
        let mut room = RoomRow::default();
        let found = |rows: &FxHashMap<String, (usize, i64)>, table: &str, columns: &[&str]| {
            let (number, row) = rows.get(username)?;
            let db = &databases.get(*number)?.db;
            db.find_rowid(db.table(table)?, columns, *row)
                .ok()
                .flatten()
        };
        let columns = [
            "Reserved2",
            "RoomData",
            "UserNameList",
            "DisplayNameList",
            "SelfDisplayName",
        ];
        if let Some(found) = found(&self.rows, "ChatRoom", &columns) {
            let row = found.row();
            room.owner = text(&row, 0).map(|owner| owner.trim().to_owned());
            room.members = room_members(row.bytes(1).unwrap_or_default());
            room.own_name = text(&row, 4);
            let listed = listed_members(
                &row.text(2).unwrap_or_default(),
                &row.text(3).unwrap_or_default(),
            );
            let known: FxHashSet<String> = room
                .members
                .iter()
                .map(|member| member.username.clone())
                .collect();
            room.members.extend(
                listed
                    .into_iter()
                    .filter(|member| !known.contains(&member.username)),
            );
        }
        if let Some(found) = found(&self.details, "ChatRoomInfo", &["Announcement"]) {
            room.announcement = text(&found.row(), 0);
        }
        room
    }

    /// Everybody who is in every room, when there are enough rooms to tell: the copy's owner is.
    pub(crate) fn in_all_rooms(&self, databases: &[OpenDatabase]) -> Option<String> {
        let mut common: Option<Vec<String>> = None;
        let mut rooms = 0;
        for username in self.rows.keys() {
            let members = self.room(databases, username).members;
            // A room of which no members are known says nothing, and one that the owner left little.
            if members.len() < 2 {
                continue;
            }
            rooms += 1;
            let names: FxHashSet<String> =
                members.into_iter().map(|member| member.username).collect();
            common = Some(match common {
                None => names.into_iter().collect(),
                Some(common) => common
                    .into_iter()
                    .filter(|name| names.contains(name))
                    .collect(),
            });
        }
        match common?.as_slice() {
            [only] if rooms > 1 => Some(only.clone()),
            _ => None,
        }
    }
}

/// The members of the two lists, which are joined by `^G`.
fn listed_members(usernames: &str, names: &str) -> Vec<RoomMember> {
    let usernames: Vec<&str> = usernames.split("^G").map(str::trim).collect();
    let names: Vec<&str> = names.split("^G").collect();
    // Names can hold the separator themselves; then nobody can tell which name is whose.
    let is_paired = names.len() == usernames.len();
    usernames
        .into_iter()
        .enumerate()
        .filter(|(_, username)| !username.is_empty())
        .map(|(number, username)| RoomMember {
            username: username.to_owned(),
            name: names
                .get(number)
                .filter(|name| is_paired && !name.trim().is_empty())
                .map(|name| (*name).to_owned()),
            inviter: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_paired_when_they_are_alike_long() {
        let members = listed_members("wxid_a^Gb^Gc", "甲^G^G丙");
        assert_eq!(members.len(), 3);
        assert_eq!(members[0].name.as_deref(), Some("甲"));
        assert_eq!(members[1].name, None);
        assert!(
            listed_members("a^Gb", "甲^G乙^G丙")
                .iter()
                .all(|member| member.name.is_none())
        );
        assert!(listed_members("", "").is_empty());
    }
}
