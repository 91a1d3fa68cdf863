//! `HardLink{Image,Video,File}.db`: digest → place of the file.

use hutong_model::{Problem, Stop};
use hutong_sqlite::Row;
use rustc_hash::FxHashMap;

use super::number;
use crate::wechat::database::{OpenDatabase, text};

/// Kind, table of files and table of folders.
pub(super) const KINDS: &[(&str, &str, &str)] = &[
    ("image", "HardLinkImageAttribute", "HardLinkImageID"),
    ("video", "HardLinkVideoAttribute", "HardLinkVideoID"),
    ("file", "HardLinkFileAttribute", "HardLinkFileID"),
];

/// Files of one kind.
#[derive(Debug)]
struct Linked {
    kind: &'static str,
    table: &'static str,
    database: OpenDatabase,
    /// The first eight bytes of the digest → row.
    rows: FxHashMap<u64, i64>,
    folders: FxHashMap<i64, String>,
}

/// Places of files by digest.
#[derive(Debug, Default)]
pub(crate) struct Links {
    kinds: Vec<Linked>,
}

/// A file name and up to two folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) folder: Option<String>,
    pub(crate) subfolder: Option<String>,
}

/// A digest as bytes or as hexadecimal text.
fn digest(row: &Row<'_>, index: usize) -> Option<[u8; 16]> {
    let bytes = row.bytes(index)?;
    <[u8; 16]>::try_from(bytes).ok().or_else(|| {
        let mut digest = [0; 16];
        hex::decode_to_slice(bytes, &mut digest).ok()?;
        Some(digest)
    })
}

fn beginning(digest: [u8; 16]) -> u64 {
    u64::from_le_bytes(*digest.first_chunk().unwrap_or(&[0; 8]))
}

impl Links {
    pub(crate) fn read(
        &mut self,
        database: &OpenDatabase,
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        for (kind, table, folder_table) in KINDS {
            if database.db.table(table).is_none() {
                continue;
            }
            let mut rows = FxHashMap::default();
            // Not by `Md5Hash`: nobody knows how it is computed.
            database.each_row(table, &["MD5"], damaged, |row| {
                if let Some(digest) = digest(&row, 0) {
                    rows.entry(beginning(digest)).or_insert_with(|| row.rowid());
                }
                Ok(())
            })?;
            let mut folders = FxHashMap::default();
            database.each_row(folder_table, &["DirID", "Dir"], damaged, |row| {
                let id = number(&row, 0).unwrap_or_else(|| row.rowid());
                if let Some(name) = text(&row, 1) {
                    folders.insert(id, name);
                }
                Ok(())
            })?;
            self.kinds.push(Linked {
                kind,
                table,
                database: database.clone(),
                rows,
                folders,
            });
        }
        Ok(())
    }

    /// The file of this kind with this digest.
    pub(crate) fn find(&self, kind: &str, hexadecimal: &str) -> Option<Link> {
        let mut wanted = [0; 16];
        hex::decode_to_slice(hexadecimal, &mut wanted).ok()?;
        let linked = self.kinds.iter().filter(|linked| linked.kind == kind);
        linked.into_iter().find_map(|linked| {
            let row = linked.rows.get(&beginning(wanted))?;
            let db = &linked.database.db;
            let columns = ["MD5", "FileName", "DirID1", "DirID2"];
            let found = db
                .find_rowid(db.table(linked.table)?, &columns, *row)
                .ok()
                .flatten()?;
            let row = found.row();
            if digest(&row, 0) != Some(wanted) {
                return None;
            }
            let folder = |index| {
                number(&row, index)
                    .and_then(|id| linked.folders.get(&id))
                    .cloned()
            };
            Some(Link {
                name: text(&row, 1)?,
                folder: folder(2),
                subfolder: folder(3),
            })
        })
    }
}
