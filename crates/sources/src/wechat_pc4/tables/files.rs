//! Databases that say where media are: `media_N.db`, `message_resource.db`, `hardlink.db`, `head_image.db`.

use hutong_model::{Problem, Stop};
use rustc_hash::FxHashMap;

use super::{OpenDatabase, StoredBytes, text};
use crate::wechat::decode::basename_of_resource;

type Damaged<'a> = &'a mut dyn FnMut(Problem) -> Result<(), Stop>;

/// Where a voice message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VoicePlace {
    /// Number of the media database.
    pub(crate) database: u32,
    pub(crate) row: i64,
}

/// Chat, time and row number of a message.
type RowKey = (u64, i64, i64);

/// Voice messages by server id, and by chat, time and row number where they have none.
#[derive(Debug, Default)]
pub(crate) struct Voices {
    databases: Vec<OpenDatabase>,
    by_server_id: FxHashMap<i64, VoicePlace>,
    by_row: FxHashMap<RowKey, VoicePlace>,
    /// Continuations of voices that are stored in several pieces, by the place of the first.
    pieces: FxHashMap<(u32, i64), Vec<(i64, i64)>>,
}

/// A short stand-in for a username in keys.
fn short(username: &str) -> u64 {
    use std::hash::BuildHasher;
    rustc_hash::FxBuildHasher.hash_one(username)
}

impl Voices {
    pub(crate) fn read(databases: Vec<OpenDatabase>, damaged: Damaged<'_>) -> Result<Self, Stop> {
        let mut voices = Self::default();
        for (number, database) in (0_u32..).zip(databases) {
            voices.read_one(number, &database, damaged)?;
            voices.databases.push(database);
        }
        Ok(voices)
    }

    fn read_one(
        &mut self,
        number: u32,
        database: &OpenDatabase,
        damaged: Damaged<'_>,
    ) -> Result<(), Stop> {
        let mut names: FxHashMap<i64, u64> = FxHashMap::default();
        database.each_row("Name2Id", &["user_name"], damaged, |row| {
            if let Some(username) = text(&row, 0) {
                names.insert(row.rowid(), short(&username));
            }
            Ok(())
        })?;
        let columns = [
            "chat_name_id",
            "create_time",
            "local_id",
            "svr_id",
            "data_index",
        ];
        let mut later = Vec::new();
        database.each_row("VoiceInfo", &columns, damaged, |row| {
            let server_id = row.integer(3).unwrap_or(0);
            let chat = row
                .integer(0)
                .and_then(|chat| names.get(&chat))
                .copied()
                .unwrap_or(0);
            let key: RowKey = (
                chat,
                row.integer(1).unwrap_or(0),
                row.integer(2).unwrap_or(0),
            );
            let piece = match row.integer(4) {
                Some(piece) => piece,
                None => row
                    .text(4)
                    .and_then(|text| text.trim().parse().ok())
                    .unwrap_or(0),
            };
            let place = VoicePlace {
                database: number,
                row: row.rowid(),
            };
            if piece > 0 {
                later.push((server_id, key, piece, place.row));
            } else if server_id != 0 {
                self.by_server_id.entry(server_id).or_insert(place);
            } else {
                self.by_row.entry(key).or_insert(place);
            }
            Ok(())
        })?;
        for (server_id, key, piece, row) in later {
            let first = if server_id == 0 {
                self.by_row.get(&key)
            } else {
                self.by_server_id.get(&server_id)
            };
            if let Some(first) = first.filter(|first| first.database == number) {
                self.pieces
                    .entry((number, first.row))
                    .or_default()
                    .push((piece, row));
            }
        }
        Ok(())
    }

    /// The voice of a message, with the place of its first piece.
    pub(crate) fn find(
        &self,
        username: &str,
        server_id: i64,
        time: i64,
        local_id: i64,
    ) -> Option<(String, StoredBytes)> {
        let place = match server_id {
            0 => None,
            _ => self.by_server_id.get(&server_id),
        };
        let place = place.or_else(|| self.by_row.get(&(short(username), time, local_id)))?;
        let database = self
            .databases
            .get(usize::try_from(place.database).ok()?)?
            .clone();
        let mut pieces = self
            .pieces
            .get(&(place.database, place.row))
            .cloned()
            .unwrap_or_default();
        pieces.sort_unstable();
        let rows = std::iter::once(place.row)
            .chain(pieces.into_iter().map(|(_, row)| row))
            .collect();
        let path = format!("{}#VoiceInfo/{}", database.path, place.row);
        Some((
            path,
            StoredBytes {
                database,
                table: "VoiceInfo".into(),
                column: "voice_data",
                rows,
            },
        ))
    }
}

/// File stems by message, from `message_resource.db`.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    database: Option<OpenDatabase>,
    by_server_id: FxHashMap<i64, i64>,
    by_row: FxHashMap<(i64, i64, i64), i64>,
}

impl Resources {
    pub(crate) fn read(database: OpenDatabase, damaged: Damaged<'_>) -> Result<Self, Stop> {
        let mut resources = Self::default();
        let columns = [
            "message_svr_id",
            "message_local_id",
            "message_create_time",
            "message_local_type",
        ];
        database.each_row("MessageResourceInfo", &columns, damaged, |row| {
            match row.integer(0).unwrap_or(0) {
                0 => {
                    let [local_id, time, kind] =
                        [1, 2, 3].map(|index| row.integer(index).unwrap_or(0));
                    resources
                        .by_row
                        .insert((local_id, time, kind & 0xFFFF_FFFF), row.rowid());
                }
                server_id => {
                    resources
                        .by_server_id
                        .entry(server_id)
                        .or_insert(row.rowid());
                }
            }
            Ok(())
        })?;
        resources.database = Some(database);
        Ok(resources)
    }

    /// The stem of a message's file.
    pub(crate) fn stem(
        &self,
        server_id: i64,
        local_id: i64,
        time: i64,
        base: u32,
    ) -> Option<String> {
        let row = match server_id {
            0 => None,
            _ => self.by_server_id.get(&server_id),
        };
        let row = row.or_else(|| self.by_row.get(&(local_id, time, i64::from(base))))?;
        let database = self.database.as_ref()?;
        let table = database.db.table("MessageResourceInfo")?;
        let found = database
            .db
            .find_rowid(table, &["packed_info"], *row)
            .ok()
            .flatten()?;
        basename_of_resource(found.row().bytes(0)?)
    }
}

/// Paths of media by digest, from one table of `hardlink.db`.
#[derive(Debug, Default)]
pub(crate) struct Links {
    database: Option<OpenDatabase>,
    /// `image`, `video`, `file` → table and rows by the beginning of digest or file name.
    tables: FxHashMap<&'static str, (String, FxHashMap<u64, i64>)>,
    folders: FxHashMap<i64, String>,
}

/// A path as `hardlink.db` states it: file name and up to two folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    pub(crate) name: String,
    pub(crate) folder: Option<String>,
    pub(crate) subfolder: Option<String>,
}

/// The first 16 hexadecimal digits as a number.
fn beginning(text: &str) -> Option<u64> {
    u64::from_str_radix(text.get(..16)?, 16).ok()
}

impl Links {
    pub(crate) fn read(database: OpenDatabase, damaged: Damaged<'_>) -> Result<Self, Stop> {
        let mut links = Self::default();
        database.each_row("dir2id", &["username"], damaged, |row| {
            if let Some(name) = text(&row, 0) {
                links.folders.insert(row.rowid(), name);
            }
            Ok(())
        })?;
        for kind in ["image", "video", "file"] {
            let Some(table) = newest_table(&database, kind) else {
                continue;
            };
            let mut rows = FxHashMap::default();
            // Not by `md5_hash`: nobody knows how it is computed.
            database.each_row(&table, &["md5", "file_name"], damaged, |row| {
                for key in [row.text(0), row.text(1)]
                    .into_iter()
                    .flatten()
                    .filter_map(|text| beginning(&text))
                {
                    rows.entry(key).or_insert_with(|| row.rowid());
                }
                Ok(())
            })?;
            links.tables.insert(kind, (table, rows));
        }
        links.database = Some(database);
        Ok(links)
    }

    /// The file that a digest, or a name beginning with it, stands for.
    pub(crate) fn find(&self, kind: &str, digest: &str) -> Option<Linked> {
        let (table, rows) = self.tables.get(kind)?;
        let row = rows.get(&beginning(digest)?)?;
        let database = self.database.as_ref()?;
        let table = database.db.table(table)?;
        let found = database
            .db
            .find_rowid(table, &["md5", "file_name", "dir1", "dir2"], *row)
            .ok()
            .flatten()?;
        let row = found.row();
        let (md5, name) = (text(&row, 0), text(&row, 1)?);
        let is_meant = md5.is_some_and(|md5| md5.eq_ignore_ascii_case(digest))
            || name
                .to_ascii_lowercase()
                .starts_with(&digest.to_ascii_lowercase());
        let folder = |index| {
            row.integer(index)
                .and_then(|id| self.folders.get(&id))
                .cloned()
        };
        is_meant.then(|| Linked {
            name,
            folder: folder(2),
            subfolder: folder(3),
        })
    }
}

/// `image_hardlink_info_v4` before `…_v3`.
fn newest_table(database: &OpenDatabase, kind: &str) -> Option<String> {
    let prefix = format!("{kind}_hardlink_info_v");
    let tables = database.db.tables().iter().filter_map(|table| {
        let version: u32 = table
            .name
            .to_ascii_lowercase()
            .strip_prefix(&prefix)?
            .parse()
            .ok()?;
        Some((version, table.name.to_string()))
    });
    tables.max().map(|(_, name)| name)
}

/// Rows of avatars by username.
pub(crate) fn heads(
    database: &OpenDatabase,
    damaged: Damaged<'_>,
) -> Result<FxHashMap<String, i64>, Stop> {
    let mut heads = FxHashMap::default();
    database.each_row("head_image", &["username"], damaged, |row| {
        if let Some(username) = text(&row, 0) {
            heads.insert(username, row.rowid());
        }
        Ok(())
    })?;
    Ok(heads)
}

/// One avatar.
pub(crate) fn head(database: &OpenDatabase, row: i64) -> StoredBytes {
    StoredBytes {
        database: database.clone(),
        table: "head_image".into(),
        column: "image_buffer",
        rows: vec![row],
    }
}
