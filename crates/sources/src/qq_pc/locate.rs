//! Finds the message database of an input and tells a decrypted one from those that nobody can open.

use hutong_crypto::KeyRing;
use hutong_sqlite::MAGIC;

use super::tables::is_message_table;
use super::{BACKUP, COMPOUND, ENCRYPTED};
use crate::qq::book::is_number;
use crate::qq::database;
use crate::{Input, Refusal};

/// First bytes of what QQ encrypts.
const FAKE_MAGIC: &[u8] = b"SQLite header 3\0";
/// At offset 32 of databases of the NT generation, which are somebody else's.
const NT_MARK: &[u8] = b"QQ_NT DB";
const OLE_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Bytes looked at.
const PEEK_BYTES: u64 = 1024 + 16;
/// Databases of a folder that are opened to see what they hold.
const MOST_FILES: usize = 64;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing of ours.
    Nothing,
    /// A database that can be read.
    Decrypted(String),
    /// A file that cannot be opened, and why.
    Locked(String, &'static Refusal),
}

/// Looks at the file that was named, or at the files of the folder.
pub(super) fn find(input: &Input) -> Found {
    if let Some(file) = input.only_file() {
        return look(input, file);
    }
    let mut names: Vec<String> = input
        .file_names("")
        .into_iter()
        .filter(|name| is_candidate(name))
        .collect();
    names.sort_by_key(|name| !name.to_ascii_lowercase().starts_with("msg3.0"));
    let mut locked = Found::Nothing;
    for name in names.into_iter().take(MOST_FILES) {
        match look(input, &name) {
            Found::Nothing => {}
            Found::Decrypted(path) => return Found::Decrypted(path),
            found @ Found::Locked(..) => {
                if matches!(locked, Found::Nothing) {
                    locked = found;
                }
            }
        }
    }
    locked
}

fn is_candidate(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".db", ".bak", ".sqlite", ".sqlite3", ".db3"]
        .iter()
        .any(|ending| lower.ends_with(ending))
}

fn look(input: &Input, path: &str) -> Found {
    let Ok(first) = input.first_bytes(path, PEEK_BYTES) else {
        return Found::Nothing;
    };
    let lower = path.to_ascii_lowercase();
    let is_named = lower.starts_with("msg3.0") && !lower.starts_with("msg3.0index");
    let is_wrapped = first.starts_with(FAKE_MAGIC) && first.get(32..40) != Some(NT_MARK);
    let behind = first.get(1024..).unwrap_or_default();
    if first.starts_with(MAGIC) || (is_wrapped && behind.starts_with(MAGIC)) {
        return match holds_messages(input, path) {
            Some(true) => Found::Decrypted(path.to_owned()),
            // A database that is damaged beyond its name.
            None if is_named => Found::Decrypted(path.to_owned()),
            _ => Found::Nothing,
        };
    }
    if is_wrapped && (is_named || input.only_file().is_some()) {
        return Found::Locked(path.to_owned(), &ENCRYPTED);
    }
    if first.starts_with(OLE_MAGIC) && (lower.starts_with("msg2.0") || lower.starts_with("msgex")) {
        return Found::Locked(path.to_owned(), &COMPOUND);
    }
    let is_text = std::str::from_utf8(&first).is_ok() || first.is_empty();
    if is_named && !is_text && !first.starts_with(FAKE_MAGIC) {
        return Found::Locked(path.to_owned(), &ENCRYPTED);
    }
    if lower.ends_with(".bak") && !is_text && (is_backup(&first) || input.only_file().is_some()) {
        return Found::Locked(path.to_owned(), &BACKUP);
    }
    Found::Nothing
}

/// A container with the names of its members in front.
fn is_backup(first: &[u8]) -> bool {
    let has = |needle: &[u8]| first.windows(needle.len()).any(|window| window == needle);
    first.starts_with(OLE_MAGIC) || has(b"info.dat") || has(b"Matrix.d")
}

/// Whether a database has message tables; absent when it does not open.
fn holds_messages(input: &Input, path: &str) -> Option<bool> {
    let db = database::open(input, path, &KeyRing::new()).ok()?;
    Some(db.tables().iter().any(is_message_table))
}

/// The number of the account, from the folder `Tencent Files/<number>`.
pub(super) fn account(input: &Input, path: &str) -> Option<String> {
    let folder = input.root().join(path);
    let name = folder.parent()?.file_name()?.to_str()?;
    is_number(name).then(|| name.to_owned())
}
