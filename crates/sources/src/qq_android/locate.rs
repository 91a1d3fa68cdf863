//! Finds the databases of an account, and the text of its key where that lies beside them.

use hutong_crypto::KeyRing;
use hutong_sqlite::MAGIC;

use super::tables::is_message_table;
use crate::Input;
use crate::qq::book::is_number;
use crate::qq::{database, mobile_files};

/// Folders of the databases below an app's data folder; the second name is that of phone makers' backups.
const FOLDERS: &[&str] = &[
    "",
    "databases",
    "db",
    "com.tencent.mobileqq/databases",
    "com.tencent.mobileqq/db",
    "com.tencent.tim/databases",
    "com.tencent.tim/db",
];
/// Where the key's text stands below an app's data folder.
const KEY_FILES: &[&str] = &["files/kc", "f/kc", "kc"];
/// Longer files are no key.
const KEY_BYTES: u64 = 256;
/// Unnamed databases of a folder that are opened to see what they hold.
const MOST_FILES: usize = 48;
/// Name of the database with older messages.
const SLOW: &str = "slowtable_";

/// One account's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountFiles {
    /// QQ number, where a file name tells it.
    pub(super) number: Option<String>,
    /// Paths of the databases, that with the newest messages first.
    pub(super) databases: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing of ours.
    Nothing,
    /// One account.
    One(AccountFiles),
    /// Several, by number.
    Several(Vec<String>),
}

/// Looks for databases with our message tables; `wanted` chooses among several accounts.
pub(super) fn find(input: &Input, wanted: Option<&str>) -> Found {
    if let Some(file) = input.only_file() {
        return named(input, file);
    }
    let mut accounts: Vec<AccountFiles> = Vec::new();
    for folder in FOLDERS {
        if let Some(mut found) = in_folder(input, folder) {
            accounts.append(&mut found);
        }
    }
    if let Some(wanted) = wanted
        && accounts
            .iter()
            .any(|account| account.number.as_deref() == Some(wanted))
    {
        accounts.retain(|account| account.number.as_deref() == Some(wanted));
    }
    match accounts.len() {
        0 => Found::Nothing,
        1 => accounts.pop().map_or(Found::Nothing, Found::One),
        _ => Found::Several(
            accounts
                .into_iter()
                .map(|account| {
                    account
                        .number
                        .unwrap_or_else(|| account.databases.join(" "))
                })
                .collect(),
        ),
    }
}

/// The file that the user named, with its sibling when its name tells which that is.
fn named(input: &Input, file: &str) -> Found {
    if !is_ours(input, file) {
        return Found::Nothing;
    }
    let number = number_in(file);
    let mut databases = vec![file.to_owned()];
    if let Some(number) = &number {
        for sibling in [format!("{number}.db"), format!("{SLOW}{number}.db")] {
            if let Some(real) = input.real_path(&sibling)
                && !databases.contains(&real)
                && has_magic(input, &real)
            {
                databases.push(real);
            }
        }
        databases.sort_by_key(|path| path.to_ascii_lowercase().contains(SLOW));
    }
    Found::One(AccountFiles { number, databases })
}

fn in_folder(input: &Input, folder: &str) -> Option<Vec<AccountFiles>> {
    let path = |name: &str| {
        if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        }
    };
    let mut accounts: Vec<AccountFiles> = Vec::new();
    let mut unnamed = Vec::new();
    for name in input.file_names(folder) {
        let full = path(&name);
        let Some(number) = number_in(&name) else {
            unnamed.push(full);
            continue;
        };
        // A damaged database keeps its place; one of another messenger is told by its first bytes and tables.
        if has_magic(input, &full) && holds_messages(input, &full) == Some(false) {
            continue;
        }
        match accounts
            .iter_mut()
            .find(|account| account.number.as_ref() == Some(&number))
        {
            Some(account) => account.databases.push(full),
            None => accounts.push(AccountFiles {
                number: Some(number),
                databases: vec![full],
            }),
        }
    }
    // A damaged file alone proves nothing.
    accounts.retain(|account| account.databases.iter().any(|path| is_ours(input, path)));
    for account in &mut accounts {
        account
            .databases
            .sort_by_key(|path| path.to_ascii_lowercase().contains(SLOW));
    }
    if accounts.is_empty() {
        let databases: Vec<String> = unnamed
            .into_iter()
            .filter(|path| !path.ends_with("-wal") && !path.ends_with("-journal"))
            .filter(|path| has_magic(input, path))
            .take(MOST_FILES)
            .filter(|path| is_ours(input, path))
            .collect();
        if databases.is_empty() {
            return None;
        }
        accounts.push(AccountFiles {
            number: None,
            databases,
        });
    }
    Some(accounts)
}

fn has_magic(input: &Input, path: &str) -> bool {
    input
        .first_bytes(path, 16)
        .is_ok_and(|first| first.starts_with(MAGIC))
}

/// Whether a database has our message tables; absent when it does not open or its schema is damaged.
fn holds_messages(input: &Input, path: &str) -> Option<bool> {
    let db = database::open(input, path, &KeyRing::new()).ok()?;
    if db.tables().iter().any(is_message_table) {
        return Some(true);
    }
    db.schema_damage().is_empty().then_some(false)
}

fn is_ours(input: &Input, path: &str) -> bool {
    has_magic(input, path) && holds_messages(input, path) == Some(true)
}

/// The number in `<number>.db` and `slowtable_<number>.db`.
fn number_in(name: &str) -> Option<String> {
    let lower = name.rsplit('/').next()?.to_ascii_lowercase();
    let stem = lower.strip_suffix(".db")?;
    let number = stem.strip_prefix(SLOW).unwrap_or(stem);
    is_number(number).then(|| number.to_owned())
}

/// The texts of the key files that lie in the input, or above it inside the same app's folder.
pub(super) fn key_texts(input: &Input, account: &AccountFiles) -> Vec<String> {
    let base = account
        .databases
        .first()
        .and_then(|path| path.rsplit_once('/'))
        .map(|(folder, _)| folder.rsplit_once('/').map_or("", |(above, _)| above))
        .unwrap_or_default();
    let mut texts = Vec::new();
    for level in mobile_files::levels(input) {
        for file in KEY_FILES {
            let below = if base.is_empty() {
                (*file).to_owned()
            } else {
                format!("{base}/{file}")
            };
            for path in [below, (*file).to_owned()] {
                let Ok(bytes) = level.first_bytes(&path, KEY_BYTES + 1) else {
                    continue;
                };
                let text = String::from_utf8(bytes).unwrap_or_default();
                let text = text.trim_matches(['\r', '\n', ' ', '\t', '\u{feff}', '\0']);
                if !text.is_empty()
                    && text.len() as u64 <= KEY_BYTES
                    && !texts.iter().any(|known| known == text)
                {
                    texts.push(text.to_owned());
                }
            }
        }
    }
    texts
}
