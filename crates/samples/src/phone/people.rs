//! Who stands in the contact database of a WeChat 4 set.

use std::collections::HashMap;

use md5::{Digest, Md5};

use super::{failed, open};
use crate::{ForgeError, Forged};

/// Somebody in the list of contacts, or a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) username: String,
    pub(crate) alias: String,
    pub(crate) remark: String,
    pub(crate) nickname: String,
    pub(crate) verify_flag: i64,
    pub(crate) delete_flag: i64,
    pub(crate) is_contact: bool,
}

/// A room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    pub(crate) username: String,
    pub(crate) owner: String,
    /// `RoomData`.
    pub(crate) data: Vec<u8>,
    pub(crate) announcement: String,
    pub(crate) members: Vec<String>,
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) owner: Person,
    pub(crate) everybody: Vec<Person>,
    pub(crate) rooms: Vec<Room>,
    by_hash: HashMap<String, String>,
}

fn hash_of(username: &str) -> String {
    hex::encode(Md5::digest(username.as_bytes()))
}

impl People {
    pub(super) fn read(set: &Forged) -> Result<Self, ForgeError> {
        let path = set.root.join("db_storage/contact/contact.db");
        let contact = open(&path)?;
        let failed = |source| failed(&path, source);
        let mut people = Self::default();
        for table in ["contact", "stranger"] {
            let mut statement = contact
                .prepare(&format!(
                    "SELECT username, alias, remark, nick_name, verify_flag, delete_flag, local_type FROM {table}"
                ))
                .map_err(failed)?;
            let rows = statement
                .query_map([], |row| {
                    Ok(Person {
                        username: row.get(0)?,
                        alias: row.get(1)?,
                        remark: row.get(2)?,
                        nickname: row.get(3)?,
                        verify_flag: row.get(4)?,
                        delete_flag: row.get(5)?,
                        is_contact: table == "contact" && matches!(row.get(6)?, 1 | 4..=6),
                    })
                })
                .map_err(failed)?;
            for person in rows {
                people.everybody.push(person.map_err(failed)?);
            }
        }
        let mut statement = contact
            .prepare(
                "SELECT chat_room.username, owner, ext_buffer, ifnull(announcement_, ''), id FROM chat_room
                 LEFT JOIN chat_room_info_detail ON username_ = chat_room.username",
            )
            .map_err(failed)?;
        let mut members = contact
            .prepare("SELECT username FROM chatroom_member JOIN contact ON contact.id = member_id WHERE room_id = ?1")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: i64 = row.get(4).map_err(failed)?;
            let names = members
                .query_map([id], |row| row.get(0))
                .map_err(failed)?
                .collect::<Result<_, _>>()
                .map_err(failed)?;
            people.rooms.push(Room {
                username: row.get(0).map_err(failed)?,
                owner: row.get(1).map_err(failed)?,
                data: row.get(2).map_err(failed)?,
                announcement: row.get(3).map_err(failed)?,
                members: names,
            });
        }
        people.by_hash = people
            .everybody
            .iter()
            .map(|person| person.username.as_str())
            .chain(["filehelper", set.owner.as_str()])
            .map(|username| (hash_of(username), username.to_owned()))
            .collect();
        people.owner = people
            .everybody
            .iter()
            .find(|person| person.username == set.owner)
            .cloned()
            .unwrap_or(Person {
                username: set.owner.clone(),
                ..Person::default()
            });
        Ok(people)
    }

    /// Whether the contact database names whoever has this hash.
    pub(super) fn is_named(&self, hash: &str) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// The username with this hash; a phone knows it even when the desktop set does not.
    pub(super) fn by_hash(&self, hash: &str) -> String {
        self.by_hash
            .get(hash)
            .cloned()
            .unwrap_or_else(|| format!("wxid_gone{}", hash.get(..12).unwrap_or(hash)))
    }
}
