//! Where a backup's database and its packed files are.

use crate::Input;
use crate::wechat::cells::{looks_encrypted, plain_schema_is};
use crate::wechat::database::Db;

/// The usual name of the database.
const USUAL_NAME: &str = "backup.db";

/// The most files of a folder that are looked at.
const MAX_FILES: usize = 64;

/// What an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A backup: the path of its database.
    One(String),
    /// Packed files without the database.
    WithoutDatabase,
    /// A backup of WeChat 4.
    Newer,
    /// Something else.
    Nothing,
}

/// Whether a name is that of a packed file: `BAK_<n>_TEXT` or `BAK_<n>_MEDIA`.
pub(super) fn is_packed(name: &str, kind: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper
        .strip_prefix("BAK_")
        .and_then(|rest| rest.strip_suffix(kind)?.strip_suffix('_'))
        .is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Whether a schema is that of a backup.
fn is_ours(db: &Db) -> bool {
    db.table("MsgSegments").is_some()
        && (db.table("MsgFileSegment").is_some()
            || db.table("Name2ID").is_some()
            || db.table("Session").is_some())
}

/// Finds the backup that an input is.
pub(super) fn find(input: &Input) -> Found {
    let names = input.file_names("");
    let has_texts = names.iter().any(|name| is_packed(name, "TEXT"));
    let is_database = |name: &str| {
        plain_schema_is(input, name, is_ours)
            || (has_texts
                && (name.eq_ignore_ascii_case(USUAL_NAME) || looks_encrypted(input, name)))
    };
    if let Some(file) = input.only_file() {
        let is_part = is_packed(file, "TEXT") || is_packed(file, "MEDIA");
        if !is_part {
            return if is_database(file) {
                Found::One(file.to_owned())
            } else {
                Found::Nothing
            };
        }
    }
    let candidates = names
        .iter()
        .filter(|name| !name.to_ascii_uppercase().starts_with("BAK_"))
        .filter(|name| {
            !["-wal", "-shm", "-journal"]
                .iter()
                .any(|end| name.ends_with(end))
        });
    let mut usual: Vec<&String> = candidates.take(MAX_FILES).collect();
    usual.sort_by_key(|name| !name.eq_ignore_ascii_case(USUAL_NAME));
    if let Some(name) = usual.into_iter().find(|name| is_database(name)) {
        return Found::One(name.clone());
    }
    if has_texts {
        return Found::WithoutDatabase;
    }
    if is_newer(input) {
        return Found::Newer;
    }
    Found::Nothing
}

/// Whether a folder looks like a backup of WeChat 4, of which no description is known.
fn is_newer(input: &Input) -> bool {
    let has_file = ["backup.attr", "pkg_info.dat"]
        .iter()
        .any(|name| input.has_file(name));
    let folders = input.folder_names("");
    let has_folder = |wanted: &str| folders.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    has_file || (has_folder("ChatPackage") && (has_folder("Media") || has_folder("Index")))
}

/// The packed files of texts, in the order of their numbers.
pub(super) fn texts(input: &Input) -> Vec<String> {
    let mut names: Vec<String> = input
        .file_names("")
        .into_iter()
        .filter(|name| is_packed(name, "TEXT"))
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_files_are_told_by_their_names() {
        assert!(is_packed("BAK_0_TEXT", "TEXT") && is_packed("bak_12_media", "MEDIA"));
        assert!(!is_packed("BAK__TEXT", "TEXT") && !is_packed("BAK_0_TEXT.bak", "TEXT"));
    }
}
