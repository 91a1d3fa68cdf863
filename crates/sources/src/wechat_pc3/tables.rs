//! Which tables the databases have, whatever the databases are called.

mod contacts;
mod links;
mod rooms;
mod voices;

use std::sync::Arc;

use hutong_model::OriginPlace;
use hutong_sqlite::{Row, Table, Value};

use crate::wechat::database::OpenDatabase;

pub(crate) use contacts::{
    ContactRow, Head, contact_tables, contacts, heads, labels, newest_session,
};
pub(crate) use links::{Link, Links};
pub(crate) use rooms::Rooms;
pub(crate) use voices::{Voices, withdrawn};

/// What a database is for. The order is that in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// Chats, of people and of official accounts.
    Messages,
    /// People, rooms, sessions.
    Contacts,
    /// Voices, places of files, avatars.
    Media,
    /// An encrypted file whose name says nothing.
    Unknown,
}

/// Names of databases without number and extension.
const NAMES: &[(&str, Role)] = &[
    ("msg", Role::Messages),
    ("chatmsg", Role::Messages),
    ("publicmsg", Role::Messages),
    ("openimmsg", Role::Messages),
    ("bizchatmsg", Role::Messages),
    ("micromsg", Role::Contacts),
    ("openimcontact", Role::Contacts),
    ("bizchat", Role::Contacts),
    ("mediamsg", Role::Media),
    ("publicmsgmedia", Role::Media),
    ("openimmedia", Role::Media),
    ("hardlinkimage", Role::Media),
    ("hardlinkvideo", Role::Media),
    ("hardlinkfile", Role::Media),
    ("misc", Role::Media),
];

/// What a database is for and its number, by the client's name for it.
pub(crate) fn role_of_name(name: &str) -> Option<(Role, u64)> {
    let lower = name.to_ascii_lowercase();
    let stem = lower.strip_suffix(".db")?;
    let bare = stem.trim_end_matches(|character: char| character.is_ascii_digit());
    let number = stem.get(bare.len()..).unwrap_or_default();
    NAMES
        .iter()
        .find(|(known, _)| *known == bare)
        .map(|(_, role)| (*role, number.parse().unwrap_or(0)))
}

/// The last number in a name.
pub(crate) fn number_in(name: &str) -> u64 {
    let is_digit = |character: char| character.is_ascii_digit();
    let end = name.rfind(is_digit).map_or(0, |at| at + 1);
    let digits = name.get(..end).unwrap_or_default();
    let start = digits
        .rfind(|character: char| !is_digit(character))
        .map_or(0, |at| {
            at + digits
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
    digits
        .get(start..)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// What a database is for, by its tables.
pub(crate) fn role_of_schema(database: &OpenDatabase) -> Option<Role> {
    let db = &database.db;
    let has =
        |name: &str, column: &str| db.table(name).is_some_and(|table| table.has_column(column));
    if db.tables().iter().any(is_message_table) {
        Some(Role::Messages)
    } else if has("Contact", "UserName")
        || has("ChatRoom", "ChatRoomName")
        || has("OpenIMContact", "UserName")
    {
        Some(Role::Contacts)
    } else if db.tables().iter().any(voices::is_media_table)
        || has("ContactHeadImg1", "usrName")
        || links::KINDS
            .iter()
            .any(|(_, table, _)| has(table, "FileName"))
    {
        Some(Role::Media)
    } else {
        None
    }
}

/// Whether a table holds messages: it is shaped like `MSG`, whatever its name.
pub(crate) fn is_message_table(table: &Table) -> bool {
    !table.is_virtual
        && ["StrTalker", "CreateTime", "StrContent", "Type"]
            .iter()
            .all(|column| table.has_column(column))
}

/// The columns of a message row in the order in which they are asked for.
pub(crate) mod column {
    pub(crate) const LOCAL_ID: usize = 0;
    pub(crate) const TALKER_ID: usize = 1;
    pub(crate) const SERVER_ID: usize = 2;
    pub(crate) const TYPE: usize = 3;
    pub(crate) const SUB_TYPE: usize = 4;
    pub(crate) const IS_SENDER: usize = 5;
    pub(crate) const CREATE_TIME: usize = 6;
    pub(crate) const SEQUENCE: usize = 7;
    pub(crate) const TALKER: usize = 8;
    pub(crate) const CONTENT: usize = 9;
    pub(crate) const DISPLAY: usize = 10;
    pub(crate) const COMPRESSED: usize = 11;
    pub(crate) const EXTRA: usize = 12;
    /// Number of columns that every reading asks for.
    pub(crate) const COUNT: usize = 13;
}

/// Names of those columns.
pub(crate) const COLUMNS: [&str; column::COUNT] = [
    "localId",
    "TalkerId",
    "MsgSvrID",
    "Type",
    "SubType",
    "IsSender",
    "CreateTime",
    "Sequence",
    "StrTalker",
    "StrContent",
    "DisplayContent",
    "CompressContent",
    "BytesExtra",
];

/// A table of messages.
#[derive(Clone, Debug)]
pub(crate) struct MessageTable {
    /// Number of its database.
    pub(crate) database: usize,
    /// Position in the schema.
    pub(crate) index: usize,
    /// File and table.
    pub(crate) place: Arc<OriginPlace>,
    /// Highest row number ever given, where the database remembers it.
    pub(crate) last_row: Option<i64>,
}

/// A number, also when it is stored as text.
pub(crate) fn number(row: &Row<'_>, index: usize) -> Option<i64> {
    match row.value(index) {
        Value::Integer(number) => Some(number),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number that was stored as a real one; `as` saturates"
        )]
        Value::Real(number) if number.fract() == 0.0 => Some(number as i64),
        Value::Text(bytes) | Value::Blob(bytes) if bytes.len() <= 24 => std::str::from_utf8(bytes)
            .ok()?
            .trim_matches(['\0', ' '])
            .parse()
            .ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_roles_and_numbers() {
        assert_eq!(role_of_name("MSG12.db"), Some((Role::Messages, 12)));
        assert_eq!(role_of_name("msg.DB"), Some((Role::Messages, 0)));
        assert_eq!(role_of_name("MediaMSG3.db"), Some((Role::Media, 3)));
        assert_eq!(role_of_name("MicroMsg.db"), Some((Role::Contacts, 0)));
        for other in [
            "EnMicroMsg.db",
            "FTSMSG0.db",
            "msg_0.db",
            "message_0.db",
            "MSG0",
        ] {
            assert_eq!(role_of_name(other), None, "{other}");
        }
        assert_eq!(number_in("de_MSG10.db"), 10);
        assert_eq!(number_in("消息7号"), 7);
        assert_eq!(number_in("merge"), 0);
    }
}
