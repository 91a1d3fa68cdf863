//! Tables of conversations, people, rooms and files.

use std::sync::Arc;

use hutong_model::{OriginPlace, Problem, Stop};
use hutong_sqlite::{Row, Table, Value};
use rustc_hash::FxHashMap;

use super::layout::Role;
use crate::wechat::database::{OpenDatabase, text};

pub(crate) type Damaged<'a> = &'a mut dyn FnMut(Problem) -> Result<(), Stop>;

/// The columns of a message row in the order in which they are asked for.
pub(crate) mod column {
    pub(crate) const LOCAL_ID: usize = 0;
    pub(crate) const SERVER_ID: usize = 1;
    pub(crate) const TIME: usize = 2;
    pub(crate) const CONTENT: usize = 3;
    pub(crate) const TYPE: usize = 4;
    pub(crate) const RECEIVED: usize = 5;
    pub(crate) const SOURCE: usize = 6;
    pub(crate) const TRANSCRIPT: usize = 7;
    pub(crate) const SEQUENCE: usize = 8;
    pub(crate) const COMPRESSED: usize = 9;
    /// Number of columns that every reading asks for.
    pub(crate) const COUNT: usize = 10;
}

/// Names of those columns.
pub(crate) const COLUMNS: [&str; column::COUNT] = [
    "mesLocalID",
    "mesSvrID",
    "msgCreateTime",
    "msgContent",
    "messageType",
    "mesDes",
    "msgSource",
    "msgVoiceText",
    "msgSeq",
    "CompressContent",
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

/// The MD5 that a table of messages is named by.
pub(crate) fn hash_of_table(table: &Table) -> Option<String> {
    let lower = table.name.to_ascii_lowercase();
    let hash = lower.strip_prefix("chat_")?;
    let is_digest = hash.len() == 32 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    // Tables of the phone are called alike.
    let is_ours = table.has_column("msgContent") && table.has_column("msgCreateTime");
    (is_digest && is_ours && !table.is_virtual).then(|| hash.to_owned())
}

/// Tables of people, and whether those in them are contacts.
pub(crate) const PEOPLE: &[(&str, bool)] = &[
    ("WCContact", true),
    ("GroupContact", false),
    ("GroupMember", false),
];

/// What a database is for, by its tables.
pub(crate) fn role_of_schema(database: &OpenDatabase) -> Option<Role> {
    let db = &database.db;
    let has =
        |name: &str, column: &str| db.table(name).is_some_and(|table| table.has_column(column));
    if db
        .tables()
        .iter()
        .any(|table| hash_of_table(table).is_some())
    {
        Some(Role::Messages)
    } else if PEOPLE.iter().any(|(table, _)| has(table, "m_nsUsrName"))
        || has("SessionAbstract", "m_nsUserName")
    {
        Some(Role::Contacts)
    } else if has("HlinkMediaRecord", "mediaMd5") {
        Some(Role::Links)
    } else {
        None
    }
}

/// A number, also when it is stored as text.
pub(crate) fn number(row: &Row<'_>, index: usize) -> Option<i64> {
    match row.value(index) {
        Value::Integer(number) => Some(number),
        Value::Text(bytes) | Value::Blob(bytes) if bytes.len() <= 24 => std::str::from_utf8(bytes)
            .ok()?
            .trim_matches(['\0', ' '])
            .parse()
            .ok(),
        _ => None,
    }
}

/// One row of the tables of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonRow {
    pub(crate) username: String,
    pub(crate) nickname: Option<String>,
    pub(crate) remark: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) certification: i64,
    pub(crate) avatar_url: Option<String>,
    pub(crate) avatar_md5: Option<String>,
    pub(crate) is_contact: bool,
    /// Of a room: usernames joined by semicolons.
    pub(crate) members: Option<String>,
    /// Of a room: its owner, perhaps with administrators.
    pub(crate) admins: Option<String>,
    /// Of a room: its announcement.
    pub(crate) announcement: Option<String>,
}

/// Calls `each` for everybody in a database.
pub(crate) fn people(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
    mut each: impl FnMut(PersonRow) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let columns = [
        "m_nsUsrName",
        "nickname",
        "m_nsRemark",
        "m_nsAliasName",
        "m_uiCertificationFlag",
        "m_nsHeadHDImgUrl",
        "m_nsHeadImgUrl",
        "m_nsHeadHDMd5",
        "m_nsChatRoomMemList",
        "m_nsChatRoomAdminList",
        "m_nsChatRoomDesc",
        "m_uiConType",
        "m_uiType",
    ];
    for (table, are_contacts) in PEOPLE {
        database.each_row(table, &columns, damaged, |row| {
            let Some(username) = text(&row, 0) else {
                return Ok(());
            };
            // Somebody who was deleted keeps the row, with both numbers 0.
            let is_deleted = number(&row, 11) == Some(0) && number(&row, 12).unwrap_or(0) == 0;
            each(PersonRow {
                username: username.trim().to_owned(),
                nickname: text(&row, 1),
                remark: text(&row, 2),
                alias: text(&row, 3),
                certification: number(&row, 4).unwrap_or(0),
                avatar_url: text(&row, 5).or_else(|| text(&row, 6)),
                avatar_md5: text(&row, 7),
                is_contact: *are_contacts && !is_deleted,
                members: text(&row, 8),
                admins: text(&row, 9),
                announcement: text(&row, 10),
            })
        })?;
    }
    Ok(())
}

/// Calls `each` for every session; gives the newest moment that they speak of, in Unix seconds.
pub(crate) fn sessions(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
    mut each: impl FnMut(&str),
) -> Result<Option<i64>, Stop> {
    let mut newest = None;
    let columns = ["m_nsUserName", "m_uLastTime"];
    database.each_row("SessionAbstract", &columns, damaged, |row| {
        if let Some(username) = text(&row, 0) {
            each(username.trim());
        }
        newest = newest.max(number(&row, 1).filter(|time| (1..4_102_444_800).contains(time)));
        Ok(())
    })?;
    Ok(newest)
}

/// Places of files by digest, from `hldata.db`.
#[derive(Debug)]
pub(crate) struct Links {
    database: OpenDatabase,
    /// The first 16 digits of the digest → inode.
    records: FxHashMap<u64, Vec<i64>>,
    /// Inodes and rows of `HlinkMediaDetail`, sorted.
    details: Vec<(i64, i64)>,
}

fn beginning(digest: &str) -> Option<u64> {
    u64::from_str_radix(digest.trim().get(..16)?, 16).ok()
}

impl Links {
    pub(crate) fn read(database: &OpenDatabase, damaged: Damaged<'_>) -> Result<Self, Stop> {
        let mut links = Self {
            database: database.clone(),
            records: FxHashMap::default(),
            details: Vec::new(),
        };
        let columns = ["mediaMd5", "inodeNumber"];
        database.each_row("HlinkMediaRecord", &columns, damaged, |row| {
            let digest = row.text(0).and_then(|digest| beginning(&digest));
            if let (Some(digest), Some(inode)) = (digest, number(&row, 1)) {
                links.records.entry(digest).or_default().push(inode);
            }
            Ok(())
        })?;
        database.each_row("HlinkMediaDetail", &["inodeNumber"], damaged, |row| {
            links
                .details
                .extend(number(&row, 0).map(|inode| (inode, row.rowid())));
            Ok(())
        })?;
        links.details.sort_unstable();
        Ok(links)
    }

    /// The paths below `MessageTemp` where a file with this digest may be.
    pub(crate) fn paths(&self, digest: &str) -> Vec<String> {
        let inodes = beginning(digest).and_then(|digest| self.records.get(&digest));
        let Some(table) = self.database.db.table("HlinkMediaDetail") else {
            return Vec::new();
        };
        let mut paths = Vec::new();
        for inode in inodes.into_iter().flatten() {
            let first = self.details.partition_point(|(known, _)| known < inode);
            let rows = self.details.get(first..).unwrap_or_default();
            for (_, row) in rows.iter().take_while(|(known, _)| known == inode) {
                let columns = ["relativePath", "fileName"];
                let found = self.database.db.find_rowid(table, &columns, *row);
                let Ok(Some(found)) = found else { continue };
                let row = found.row();
                if let Some(name) = text(&row, 1) {
                    let folder = text(&row, 0).unwrap_or_default();
                    paths.push(format!("{folder}/{name}"));
                }
            }
        }
        paths
    }
}
