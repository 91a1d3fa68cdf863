//! The list of all files of a backup: `Manifest.db`, or `Manifest.mbdb` before iOS 10.

use std::io;
use std::sync::Arc;

use hutong_sqlite::{Database, PlainPages, ReadAt};
use plist::Value;
use sha1::{Digest, Sha1};

use super::damaged;
use crate::input::names::safe_path;
use crate::input::store::Tree;
use crate::keyed_archive::KeyedArchive;

/// `flags` of a plain file; folders have 2, links 4.
const IS_FILE: i64 = 1;
/// Descriptions of files are not larger than this.
const MAX_DETAILS_BYTES: usize = 1 << 20;
const OLD_MAGIC: &[u8] = b"mbdb";
/// An old manifest is read into memory; a phone with a million files has one of some 200 MB.
const MAX_OLD_BYTES: u64 = 384 << 20;

/// One file.
pub(super) enum Member {
    /// It stands beside the backed-up files.
    Beside(String),
    /// It is described in this row of `Manifest.db`.
    Row {
        /// SHA-1 of domain and path: its name on disk.
        id: [u8; 20],
        row: i64,
    },
    /// It is described in `Manifest.mbdb`.
    Old {
        id: [u8; 20],
        size_bytes: u64,
        wrapped_key: Option<Box<[u8]>>,
    },
}

/// What decrypting a file needs.
pub(super) struct Details {
    pub(super) size_bytes: Option<u64>,
    /// Class and wrapped key.
    pub(super) wrapped_key: Option<Vec<u8>>,
}

/// All files.
pub(super) struct Manifest {
    pub(super) tree: Tree<Member>,
    pub(super) notes: Vec<String>,
    database: Option<Database<PlainPages>>,
}

fn beside_members(names: &[String]) -> Vec<(Box<str>, Member)> {
    names
        .iter()
        .map(|name| (name.as_str().into(), Member::Beside(name.clone())))
        .collect()
}

/// Reads `Manifest.db`.
pub(super) fn read(
    file: Arc<dyn ReadAt>,
    log: Option<Arc<dyn ReadAt>>,
    beside: &[String],
) -> io::Result<Manifest> {
    let pages = PlainPages::open(file, log).map_err(io::Error::other)?;
    let database = Database::open(pages).map_err(io::Error::other)?;
    let table = database
        .table("Files")
        .ok_or_else(|| damaged("Manifest.db has no table Files"))?;
    let columns = ["fileID", "domain", "relativePath", "flags"];
    let mut cursor = database.scan(table, &columns).map_err(io::Error::other)?;
    let mut members = beside_members(beside);
    let (mut unreadable, mut outside) = (0, 0);
    while let Some(row) = cursor.next() {
        let Ok(row) = row else {
            unreadable += 1;
            continue;
        };
        if row.integer(3).is_some_and(|flags| flags != IS_FILE) {
            continue;
        }
        let (Some(id), Some(domain), Some(path)) = (row.text(0), row.text(1), row.text(2)) else {
            unreadable += 1;
            continue;
        };
        let mut bytes = [0; 20];
        if hex::decode_to_slice(id.as_bytes(), &mut bytes).is_err() {
            unreadable += 1;
            continue;
        }
        match safe_path(&format!("{domain}/{path}")) {
            Some(path) => members.push((
                path.into_boxed_str(),
                Member::Row {
                    id: bytes,
                    row: row.rowid(),
                },
            )),
            None => outside += 1,
        }
    }
    drop(cursor);
    let counted = [
        (unreadable, "entries of Manifest.db could not be read"),
        (
            outside,
            "files of the backup were left out: their names lead outside it",
        ),
    ];
    Ok(Manifest {
        tree: Tree::new(members),
        notes: counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect(),
        database: Some(database),
    })
}

impl Manifest {
    /// What is written about a file.
    pub(super) fn details(&self, member: &Member) -> io::Result<Details> {
        let row = match member {
            Member::Beside(_) => {
                return Ok(Details {
                    size_bytes: None,
                    wrapped_key: None,
                });
            }
            Member::Old {
                size_bytes,
                wrapped_key,
                ..
            } => {
                return Ok(Details {
                    size_bytes: Some(*size_bytes),
                    wrapped_key: wrapped_key.as_ref().map(|key| key.to_vec()),
                });
            }
            Member::Row { row, .. } => *row,
        };
        let database = self.database.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let table = database.table("Files").ok_or(io::ErrorKind::NotFound)?;
        let found = database
            .find_rowid(table, &["file"], row)
            .map_err(io::Error::other)?
            .ok_or_else(|| damaged("an entry of Manifest.db is gone"))?;
        let found = found.row();
        let bytes = found
            .bytes(0)
            .filter(|bytes| bytes.len() <= MAX_DETAILS_BYTES)
            .ok_or_else(|| damaged("an entry of Manifest.db says nothing about its file"))?;
        details_of(bytes).ok_or_else(|| damaged("an entry of Manifest.db cannot be read"))
    }
}

/// Size and key out of the archived description of a file.
fn details_of(bytes: &[u8]) -> Option<Details> {
    let archive = KeyedArchive::parse(bytes)?;
    let file = archive.root().as_dictionary()?;
    let size = archive.field(file, "Size");
    Some(Details {
        size_bytes: size.and_then(Value::as_unsigned_integer),
        wrapped_key: archive
            .field(file, "EncryptionKey")
            .and_then(|key| archive.bytes(key))
            .map(<[u8]>::to_vec),
    })
}

/// Reads bytes of an old manifest one behind the other.
struct Old<'a>(&'a [u8]);

impl<'a> Old<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Two bytes of length, then the bytes; a length of 65,535 is nothing.
    fn string(&mut self) -> Option<&'a [u8]> {
        match u16::from_be_bytes(self.number()?) {
            u16::MAX => Some(&[]),
            length => self.take(usize::from(length)),
        }
    }

    fn entry(&mut self) -> Option<Option<(String, Member)>> {
        let (domain, path) = (self.string()?, self.string()?);
        let (_target, _digest, key) = (self.string()?, self.string()?, self.string()?);
        let mode = u16::from_be_bytes(self.number()?);
        self.take(8 + 4 + 4 + 4 + 4 + 4)?;
        let size_bytes = u64::from_be_bytes(self.number()?);
        let [_class, properties] = self.number::<2>()?;
        for _ in 0..properties {
            self.string()?;
            self.string()?;
        }
        if mode & 0xf000 != 0x8000 {
            return Some(None);
        }
        let mut hasher = Sha1::new();
        hasher.update(domain);
        hasher.update(b"-");
        hasher.update(path);
        let name = format!(
            "{}/{}",
            String::from_utf8_lossy(domain),
            String::from_utf8_lossy(path)
        );
        let member = Member::Old {
            id: hasher.finalize().into(),
            size_bytes,
            wrapped_key: (!key.is_empty()).then(|| key.into()),
        };
        Some(Some((name, member)))
    }
}

/// Reads `Manifest.mbdb`.
pub(super) fn read_old(file: &dyn ReadAt, beside: &[String]) -> io::Result<Manifest> {
    let length = file.len()?;
    if length > MAX_OLD_BYTES {
        return Err(damaged("Manifest.mbdb is too large"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, 0)?;
    let rest = bytes
        .strip_prefix(OLD_MAGIC)
        .and_then(|rest| rest.get(2..))
        .ok_or_else(|| damaged("Manifest.mbdb does not begin as it should"))?;
    let mut old = Old(rest);
    let mut members = beside_members(beside);
    let mut notes = Vec::new();
    while !old.0.is_empty() {
        let Some(entry) = old.entry() else {
            notes.push("Manifest.mbdb ends inside an entry".to_owned());
            break;
        };
        if let Some((name, member)) = entry
            && let Some(path) = safe_path(&name)
        {
            members.push((path.into_boxed_str(), member));
        }
    }
    Ok(Manifest {
        tree: Tree::new(members),
        notes,
        database: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_be_bytes();
        [&length[..], text].concat()
    }

    fn entry(domain: &str, path: &str, mode: u16, key: &[u8], size: u64) -> Vec<u8> {
        [
            string(domain.as_bytes()),
            string(path.as_bytes()),
            vec![0xff; 2],
            vec![0xff; 2],
            if key.is_empty() {
                vec![0xff; 2]
            } else {
                string(key)
            },
            mode.to_be_bytes().to_vec(),
            vec![0; 28],
            size.to_be_bytes().to_vec(),
            vec![3, 1],
            string(b"name"),
            string(b"value"),
        ]
        .concat()
    }

    #[test]
    fn an_old_manifest_lists_files_and_their_keys() {
        let bytes = [
            b"mbdb\x05\0".to_vec(),
            entry("AppDomain-a", "Documents", 0x4000, b"", 0),
            entry("AppDomain-a", "Documents/x.db", 0x8180, &[7; 44], 5),
            entry("AppDomain-a", "../../x", 0x8180, b"", 5),
        ]
        .concat();
        let manifest = read_old(&bytes, &["Manifest.mbdb".to_owned()]).unwrap();
        let names: Vec<_> = manifest
            .tree
            .list("")
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(names, ["AppDomain-a", "Manifest.mbdb"]);
        let member = manifest.tree.get("AppDomain-a/Documents/x.db").unwrap();
        let Member::Old { id, .. } = member else {
            panic!("another kind of member")
        };
        let expected = Sha1::digest(b"AppDomain-a-Documents/x.db");
        assert_eq!(&id[..], &expected[..]);
        let details = manifest.details(member).unwrap();
        assert_eq!(details.size_bytes, Some(5));
        assert_eq!(details.wrapped_key, Some(vec![7; 44]));
        for end in 0..bytes.len() {
            let _ = read_old(&bytes[..end].to_vec(), &[]);
        }
    }
}
