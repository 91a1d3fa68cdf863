//! Looks at an account without reading its messages into anything.

use hutong_crypto::{KeyRing, OpenError};
use rustc_hash::FxHashSet;

use super::account_folder::{self, AccountFolder, FirstBytes, Found};
use super::directory::Directory;
use super::owner;
use super::people::{self, Databases};
use super::read;
use super::tables::{self, Db, TableKind};
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// The databases that are read, by stem.
const COMPANIONS: [&str; 2] = ["profile_info", "group_info"];

/// The databases that decide what is read, with their logs.
pub(super) fn files(input: &Input) -> Vec<String> {
    let Found::One(folder) = account_folder::find(input) else {
        return Vec::new();
    };
    paths(input, &folder)
        .into_iter()
        .flat_map(|path| {
            let log = tables::wal_path(input, &path);
            [Some(path), log]
        })
        .flatten()
        .collect()
}

fn paths(input: &Input, folder: &AccountFolder) -> Vec<String> {
    let mut paths: Vec<String> = input.real_path(&folder.messages()).into_iter().collect();
    paths.extend(
        COMPANIONS
            .iter()
            .filter_map(|stem| folder.companion(input, stem)),
    );
    paths
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let folder = read::account(input)?;
    let mut inspection = Inspection {
        version: "QQ NT".to_owned(),
        ..Inspection::default()
    };
    let keys = folder.keys(&options.keys);
    let mut opened = Vec::new();
    for path in paths(input, &folder) {
        let (file, db) = look(input, &path, &keys)?;
        inspection.files.push(file);
        opened.push((path, db));
    }
    for stem in COMPANIONS
        .iter()
        .filter(|stem| folder.companion(input, stem).is_none())
    {
        inspection.notes.push(format!(
            "{stem}.db is missing; names come from the messages alone"
        ));
    }
    inspection.account = folder.account_name().map(|native_id| Account {
        native_id,
        name: None,
    });

    let mut opened = opened.into_iter();
    let Some((_, Some(messages))) = opened.next() else {
        return Ok(inspection);
    };
    let mut databases = Databases {
        messages,
        profiles: None,
        groups: None,
    };
    for (path, db) in opened {
        let Some(db) = db else { continue };
        let is_profiles = path.to_ascii_lowercase().contains("profile_info");
        let slot = if is_profiles {
            &mut databases.profiles
        } else {
            &mut databases.groups
        };
        *slot = Some((db, path));
    }
    let mut directory = Directory::new(Box::new(|_| {}));
    people::learn_ids(&databases, &mut directory);
    owner::find_owner(
        &databases,
        &folder,
        options.account.as_deref().or(options.keys.uin()),
        options.keys.uid(),
        &mut directory,
    );
    if let Some(owner) = directory.owner() {
        let uid = directory.uid(owner).unwrap_or_default();
        let name = databases
            .profiles
            .as_ref()
            .and_then(|(db, _)| owner::nickname(db, uid));
        inspection.account = Some(Account {
            native_id: directory.native_id(owner),
            name,
        });
    } else {
        inspection
            .notes
            .push("whose copy this is cannot be told; name the account".to_owned());
    }
    count(&databases.messages, &mut inspection);
    Ok(inspection)
}

/// One database as the user sees it; a key that is missing or wrong is part of the answer.
fn look(input: &Input, path: &str, keys: &KeyRing) -> Result<(InputFile, Option<Db>), ReadError> {
    let first = account_folder::first_bytes(input, path);
    let log = tables::wal_path(input, path)
        .and_then(|log| input.size_bytes(&log))
        .unwrap_or(0);
    let mut file = InputFile {
        path: path.to_owned(),
        size_bytes: input.size_bytes(path).unwrap_or(0) + log,
        is_encrypted: first != FirstBytes::Plain,
        key_fits: None,
        trouble: None,
    };
    let db = match tables::open(input, path, keys) {
        Ok(db) => db,
        Err(ReadError::Open { source, .. }) => {
            file.key_fits = match source {
                OpenError::WrongKey { .. }
                | OpenError::KeyOfAnotherFile
                | OpenError::ImageKeyGiven => Some(false),
                _ => None,
            };
            file.trouble = Some(source.to_string());
            return Ok((file, None));
        }
        Err(error) => return Err(error),
    };
    let container = db.pages();
    file.is_encrypted = container.is_encrypted();
    file.key_fits = container.is_encrypted().then_some(true);
    file.trouble = match (container.wal_error(), container.truncated()) {
        (Some(error), _) => Some(error.to_string()),
        (None, Some(truncation)) => Some(format!(
            "the file ends early: it has {} of {} pages",
            truncation.stored_pages, truncation.expected_pages
        )),
        (None, None) => None,
    };
    Ok((file, Some(db)))
}

/// Counts messages and conversations and finds the first and last time.
fn count(db: &Db, inspection: &mut Inspection) {
    let mut chats: FxHashSet<(TableKind, i64)> = FxHashSet::default();
    let mut messages = 0_u64;
    let mut damaged = 0_u64;
    let mut span: Option<(i64, i64)> = None;
    for (table, kind) in tables::message_tables(db) {
        let Ok(mut cursor) = db.scan(table, &["40027", "40050", "40030"]) else {
            continue;
        };
        while let Some(row) = cursor.next() {
            let Ok(row) = row else {
                damaged += 1;
                continue;
            };
            messages += 1;
            let chat = [tables::number(&row, 0), tables::number(&row, 2)];
            chats.insert((kind, chat.into_iter().find(|chat| *chat != 0).unwrap_or(0)));
            let time = tables::number(&row, 1).saturating_mul(1000);
            if time > 0 {
                let (first, last) = span.unwrap_or((time, time));
                span = Some((first.min(time), last.max(time)));
            }
        }
    }
    inspection.messages = Some(messages);
    inspection.conversations = Some(chats.len() as u64);
    inspection.span = span;
    if damaged > 0 {
        inspection.notes.push(format!(
            "{damaged} places of the message database are damaged"
        ));
    }
}
