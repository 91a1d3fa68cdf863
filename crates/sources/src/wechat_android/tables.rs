//! The tables of `EnMicroMsg.db`: whose it is, people, rooms, labels, and which tables hold messages.

use hutong_model::Stop;
use rustc_hash::FxHashMap;

use super::layout::MESSAGE_COLUMNS;
use crate::wechat::cells::{has_columns, number, row_of, text};
use crate::wechat::database::OpenDatabase;
use crate::wechat::decode::{Document, RoomMember, room_members};
use crate::wechat::desk::RoomFacts;
use crate::wechat::row_index::Damaged;

/// The columns of a message row in the order in which they are asked for.
pub(super) mod column {
    pub(in crate::wechat_android) const ID: usize = 0;
    pub(in crate::wechat_android) const SERVER_ID: usize = 1;
    pub(in crate::wechat_android) const KIND: usize = 2;
    pub(in crate::wechat_android) const IS_SEND: usize = 3;
    pub(in crate::wechat_android) const TIME: usize = 4;
    pub(in crate::wechat_android) const TALKER: usize = 5;
    pub(in crate::wechat_android) const CONTENT: usize = 6;
    pub(in crate::wechat_android) const PATH: usize = 7;
    pub(in crate::wechat_android) const BUFFER: usize = 8;
    pub(in crate::wechat_android) const TALKER_ID: usize = 9;
    pub(in crate::wechat_android) const SEQUENCE: usize = 10;
    /// Number of columns that every reading asks for.
    pub(in crate::wechat_android) const COUNT: usize = 11;
}

/// See [`column`].
pub(super) const COLUMNS: [&str; column::COUNT] = [
    "msgId",
    "msgSvrId",
    "type",
    "isSend",
    "createTime",
    "talker",
    "content",
    "imgPath",
    "lvbuffer",
    "talkerId",
    "msgSeq",
];

/// Tables of messages: `message`, and those of other scenes that share its shape.
pub(super) fn message_tables(file: &OpenDatabase) -> Vec<String> {
    let tables = file.db.tables().iter();
    let mut names: Vec<String> = tables
        .filter(|table| !table.is_virtual && has_columns(table, MESSAGE_COLUMNS))
        .map(|table| table.name.to_string())
        .collect();
    names.sort_by_key(|name| (!name.eq_ignore_ascii_case("message"), name.to_lowercase()));
    names
}

/// What `userinfo` says of the owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnerRow {
    pub(super) username: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) alias: Option<String>,
}

/// Reads `userinfo`.
pub(super) fn owner(file: &OpenDatabase, damaged: Damaged<'_>) -> Result<OwnerRow, Stop> {
    let mut owner = OwnerRow::default();
    file.each_row("userinfo", &["id", "value"], damaged, |row| {
        let id = number(&row, 0).unwrap_or_else(|| row.rowid());
        let value = text(&row, 1).map(|value| value.trim().to_owned());
        match id {
            2 => owner.username = value,
            4 => owner.nickname = value,
            42 => owner.alias = value,
            _ => {}
        }
        Ok(())
    })?;
    Ok(owner)
}

/// One row of `rcontact`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContactRow {
    /// Number of the row, which `talkerId` of messages names.
    pub(super) row: i64,
    pub(super) username: String,
    pub(super) alias: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) nickname: Option<String>,
    /// Bit 0: in the list of contacts.
    pub(super) kind: i64,
    pub(super) verify_flag: i64,
    pub(super) delete_flag: i64,
    pub(super) labels: Option<String>,
}

impl ContactRow {
    /// Whether the owner has it in the list of contacts.
    pub(super) fn is_contact(&self) -> bool {
        self.kind & 1 == 1 && self.delete_flag == 0
    }
}

/// Calls `each` for everybody in `rcontact`, rooms too.
pub(super) fn contacts(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
    mut each: impl FnMut(ContactRow) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let columns = [
        "username",
        "alias",
        "conRemark",
        "nickname",
        "type",
        "verifyFlag",
        "deleteFlag",
        "contactLabelIds",
    ];
    file.each_row("rcontact", &columns, damaged, |row| {
        let Some(username) = text(&row, 0) else {
            return Ok(());
        };
        each(ContactRow {
            row: row.rowid(),
            username: username.trim().to_owned(),
            alias: text(&row, 1),
            remark: text(&row, 2),
            nickname: text(&row, 3),
            kind: number(&row, 4).unwrap_or(0),
            verify_flag: number(&row, 5).unwrap_or(0),
            delete_flag: number(&row, 6).unwrap_or(0),
            labels: text(&row, 7),
        })
    })
}

/// The owner's labels by number.
pub(super) fn labels(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<FxHashMap<i64, String>, Stop> {
    let mut labels = FxHashMap::default();
    file.each_row("ContactLabel", &["labelID", "labelName"], damaged, |row| {
        if let Some(name) = text(&row, 1) {
            let id = number(&row, 0).unwrap_or_else(|| row.rowid());
            labels.insert(id, name);
        }
        Ok(())
    })?;
    Ok(labels)
}

/// Addresses of avatars by username, from `img_flag`.
pub(super) fn avatar_addresses(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<FxHashMap<String, String>, Stop> {
    let mut addresses = FxHashMap::default();
    let columns = ["username", "reserved1", "reserved2"];
    file.each_row("img_flag", &columns, damaged, |row| {
        let address = text(&row, 1)
            .or_else(|| text(&row, 2))
            .filter(|address| address.contains("://"));
        if let (Some(username), Some(address)) = (text(&row, 0), address) {
            addresses.insert(username, address);
        }
        Ok(())
    })?;
    Ok(addresses)
}

/// Rows of `chatroom` by username; a room is read when its first message comes.
pub(super) fn rooms(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<FxHashMap<String, i64>, Stop> {
    let mut rooms = FxHashMap::default();
    file.each_row("chatroom", &["chatroomname"], damaged, |row| {
        if let Some(username) = text(&row, 0) {
            rooms.insert(username.trim().to_owned(), row.rowid());
        }
        Ok(())
    })?;
    Ok(rooms)
}

/// What `chatroom` says of one room; title and remark stand in `rcontact` as a rule.
pub(super) fn room(file: &OpenDatabase, row: i64, owner: &str) -> RoomFacts {
    let columns = [
        "memberlist",
        "displayname",
        "roomowner",
        "roomdata",
        "selfDisplayName",
        "chatroomnotice",
        "xmlChatroomnotice",
    ];
    let Some(found) = row_of(file, "chatroom", &columns, row) else {
        return RoomFacts::default();
    };
    let row = found.row();
    let mut members = room_members(row.bytes(3).unwrap_or_default());
    let listed = text(&row, 0).unwrap_or_default();
    let known: rustc_hash::FxHashSet<&str> = members
        .iter()
        .map(|member| member.username.as_str())
        .collect();
    let more: Vec<RoomMember> = listed
        .split(';')
        .map(str::trim)
        .filter(|username| !username.is_empty() && !known.contains(username))
        .map(|username| RoomMember {
            username: username.to_owned(),
            name: None,
            inviter: None,
        })
        .collect();
    members.extend(more);
    if let Some(own) = text(&row, 4) {
        let me = members.iter_mut().find(|member| member.username == owner);
        if let Some(me) = me.filter(|me| me.name.is_none()) {
            me.name = Some(own);
        }
    }
    let announcement = text(&row, 5).or_else(|| {
        let xml = text(&row, 6)?;
        let document = Document::parse(&xml);
        let words = document.root().find("textannouncement")?.text();
        let words = words.trim();
        (!words.is_empty()).then(|| words.to_owned())
    });
    RoomFacts {
        title: text(&row, 1),
        owner: text(&row, 2),
        announcement,
        members,
        ..RoomFacts::default()
    }
}

/// The newest conversation, milliseconds, from `rconversation`.
pub(super) fn newest_conversation(
    file: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<Option<i64>, Stop> {
    let mut newest = None;
    file.each_row("rconversation", &["conversationTime"], damaged, |row| {
        // Conversations that are kept on top have a time in the far future.
        let time = number(&row, 0).filter(|time| (1..FAR_FUTURE).contains(time));
        newest = newest.max(time);
        Ok(())
    })?;
    Ok(newest)
}

/// The year 2200 in milliseconds.
const FAR_FUTURE: i64 = 7_258_118_400_000;
