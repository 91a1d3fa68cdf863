//! The contact tables: protobuf blobs today, plain columns long ago.

use hutong_model::{Problem, Stop};
use hutong_sqlite::Row;

use super::decode::{self, RoomBlob};
use crate::wechat::database::{OpenDatabase, text};

/// Somebody, or a room, of a contact table.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    pub(super) username: String,
    pub(super) nickname: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) is_official: bool,
    pub(super) is_contact: bool,
    pub(super) label_numbers: Option<String>,
    pub(super) avatar_url: Option<String>,
    pub(super) room: RoomBlob,
}

/// Columns of the present tables, in the order in which they are asked for.
const BLOBS: &[&str] = &[
    "userName",
    "type",
    "certificationFlag",
    "dbContactRemark",
    "dbContactHeadImage",
    "dbContactChatRoom",
];
/// Columns of the table of old programs; the last ones stand in `Friend_Ext`.
const PLAIN: &[&str] = &["UsrName", "NickName", "Type"];
const EXTRA: &[&str] = &["UsrName", "ConRemark", "ConChatRoomMem"];

/// Bit of `type` that stands for somebody in the contact list.
const IS_CONTACT: i64 = 1;

/// Reads all contact tables of a database, calling `each` for every contact.
pub(super) fn contacts(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    mut each: impl FnMut(Contact) -> Result<(), Stop>,
) -> Result<(), Stop> {
    for name in ["Friend", "OpenIMContact"] {
        let Some(table) = database.db.table(name) else {
            continue;
        };
        if table.has_column("dbContactRemark") {
            database.each_row(name, BLOBS, damaged, |row| {
                blob_contact(&row).map_or(Ok(()), &mut each)
            })?;
        } else if table.has_column("UsrName") {
            let extras = extras(database, damaged)?;
            database.each_row(name, PLAIN, damaged, |row| {
                let Some(mut contact) = plain_contact(&row) else {
                    return Ok(());
                };
                let found = extras.binary_search_by(|extra| extra.0.cmp(&contact.username));
                if let Some((_, remark, members)) = found.ok().and_then(|index| extras.get(index)) {
                    contact.remark.clone_from(remark);
                    contact.room.members = members
                        .iter()
                        .map(|username| crate::wechat::decode::RoomMember {
                            username: username.clone(),
                            name: None,
                            inviter: None,
                        })
                        .collect();
                }
                each(contact)
            })?;
        }
    }
    Ok(())
}

type Extra = (String, Option<String>, Vec<String>);

/// Remarks and members in `Friend_Ext`, sorted by username.
fn extras(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
) -> Result<Vec<Extra>, Stop> {
    let mut found = Vec::new();
    database.each_row("Friend_Ext", EXTRA, damaged, |row| {
        if let Some(username) = text(&row, 0) {
            let members = text(&row, 2).map(|list| decode::member_list(&list));
            found.push((username, text(&row, 1), members.unwrap_or_default()));
        }
        Ok(())
    })?;
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn blob_contact(row: &Row<'_>) -> Option<Contact> {
    let names = row.bytes(3).map(decode::names).unwrap_or_default();
    Some(Contact {
        username: text(row, 0)?,
        nickname: names.nickname,
        remark: names.remark,
        alias: names.alias,
        is_official: row.integer(2).unwrap_or(0) != 0,
        is_contact: row.integer(1).unwrap_or(0) & IS_CONTACT != 0,
        label_numbers: names.labels,
        avatar_url: row.bytes(4).and_then(decode::head_url),
        room: row.bytes(5).map(decode::room).unwrap_or_default(),
    })
}

fn plain_contact(row: &Row<'_>) -> Option<Contact> {
    Some(Contact {
        username: text(row, 0)?,
        nickname: text(row, 1),
        is_contact: row.integer(2).unwrap_or(0) & IS_CONTACT != 0,
        ..Contact::default()
    })
}

/// The usernames in a list of sessions, and when each was last used (Unix seconds).
pub(super) fn sessions(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    mut each: impl FnMut(String, i64),
) -> Result<(), Stop> {
    let columns = ["UsrName", "CreateTime"];
    database.each_row("SessionAbstract", &columns, damaged, |row| {
        if let Some(username) = text(&row, 0) {
            each(username, row.integer(1).unwrap_or(0));
        }
        Ok(())
    })
}
