//! Finds the databases of an input by their tables.

use hutong_crypto::KeyRing;
use hutong_sqlite::MAGIC;

use super::tables;
use crate::Input;
use crate::qq::book::is_number;
use crate::qq::database;

/// File name as QQ writes it.
pub(super) const USUAL: &str = "QQ.db";
/// Folders that hold one folder for each account.
const HOMES: &[&str] = &["contents", "Documents/contents", ""];
/// Databases under other names that are opened to see what they hold.
const MOST_FILES: usize = 24;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing of ours.
    Nothing,
    /// The database of one account.
    One(String),
    /// Several, by number.
    Several(Vec<String>),
}

/// Looks for databases; `wanted` chooses among several accounts.
pub(super) fn find(input: &Input, wanted: Option<&str>) -> Found {
    if let Some(file) = input.only_file() {
        return if is_ours(input, file) {
            Found::One(file.to_owned())
        } else {
            Found::Nothing
        };
    }
    if let Some(path) = in_folder(input, "") {
        return Found::One(path);
    }
    let mut found: Vec<String> = Vec::new();
    for home in HOMES {
        for name in input.folder_names(home) {
            if is_number(&name)
                && let Some(path) = in_folder(input, &join(home, &name))
            {
                found.push(path);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    if let Some(wanted) = wanted
        && let Some(path) = found
            .iter()
            .find(|path| account(input, path).as_deref() == Some(wanted))
    {
        return Found::One(path.clone());
    }
    match found.len() {
        0 => Found::Nothing,
        1 => found.pop().map_or(Found::Nothing, Found::One),
        _ => Found::Several(
            found
                .iter()
                .map(|path| account(input, path).unwrap_or_else(|| path.clone()))
                .collect(),
        ),
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The database of a folder: the one with the usual name, or any other that holds our tables.
fn in_folder(input: &Input, folder: &str) -> Option<String> {
    let usual = join(folder, USUAL);
    if let Some(path) = input.real_path(&usual)
        && is_ours(input, &path)
    {
        return Some(path);
    }
    input
        .file_names(folder)
        .into_iter()
        .map(|name| join(folder, &name))
        .filter(|path| !path.ends_with("-wal") && has_magic(input, path))
        .take(MOST_FILES)
        .find(|path| is_ours(input, path))
}

fn has_magic(input: &Input, path: &str) -> bool {
    input
        .first_bytes(path, 16)
        .is_ok_and(|first| first.starts_with(MAGIC))
}

fn is_ours(input: &Input, path: &str) -> bool {
    has_magic(input, path)
        && database::open(input, path, &KeyRing::new()).is_ok_and(|db| {
            db.tables()
                .iter()
                .any(|table| tables::chat(table).is_some())
        })
}

/// The number of the account, which is the name of its folder.
pub(super) fn account(input: &Input, path: &str) -> Option<String> {
    let place = input.root().join(path);
    let name = place.parent()?.file_name()?.to_str()?;
    is_number(name).then(|| name.to_owned())
}
