//! Looks at an account without reading its messages into anything.

use hutong_crypto::{KeyRing, OpenError};

use super::key::Fitting;
use super::locate::{self, Found};
use super::{read, tables};
use crate::qq::database;
use crate::{Account, Input, Inspection, ReadError, ReadOptions};

/// The databases that decide what is read, with their logs.
pub(super) fn files(input: &Input) -> Vec<String> {
    let Found::One(account) = locate::find(input, None) else {
        return Vec::new();
    };
    account
        .databases
        .into_iter()
        .flat_map(|path| {
            let log = database::wal_path(input, &path);
            [Some(path), log]
        })
        .flatten()
        .collect()
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let account = read::account(input, options)?;
    let mut inspection = Inspection {
        version: "QQ for Android before NT".to_owned(),
        account: account.number.clone().map(|native_id| Account {
            native_id,
            name: None,
        }),
        ..Inspection::default()
    };
    let mut databases = Vec::new();
    for path in &account.databases {
        let mut file = database::input_file(input, path);
        match database::open(input, path, &KeyRing::new()) {
            Ok(db) => {
                file.trouble = database::trouble(&db);
                databases.push((path.clone(), db));
            }
            Err(ReadError::Open { source, .. }) => file.trouble = Some(source.to_string()),
            Err(error) => return Err(error),
        }
        inspection.files.push(file);
    }
    let has_slow = account
        .databases
        .iter()
        .any(|path| path.to_ascii_lowercase().contains("slowtable"));
    if account.number.is_some() && !has_slow {
        inspection
            .notes
            .push("slowtable_<number>.db is missing; older messages may stand there".to_owned());
    }
    if databases.is_empty() {
        return Ok(inspection);
    }
    let found = read::fitting(input, &account, options, &databases);
    let (is_encrypted, key_fits, trouble) = match &found {
        Ok(Fitting { key, .. }) if key.is_none() => (false, None, None),
        Ok(_) => (true, Some(true), None),
        Err(ReadError::Open { source, .. }) => {
            let key_fits = match source {
                OpenError::NoKey => None,
                _ => Some(false),
            };
            (true, key_fits, Some(source.to_string()))
        }
        Err(_) => (true, None, None),
    };
    for file in &mut inspection.files {
        file.is_encrypted = is_encrypted;
        file.key_fits = key_fits;
        file.trouble = file.trouble.take().or_else(|| trouble.clone());
    }
    let Ok(Fitting { owner, .. }) = found else {
        return Ok(inspection);
    };
    if let Some(native_id) = owner {
        inspection.account = Some(Account {
            native_id,
            name: None,
        });
    }
    let mut count = database::Count::default();
    let mut names = rustc_hash::FxHashSet::default();
    let mut twice = 0;
    for (_, db) in &databases {
        let all = db.tables().iter();
        for table in all.filter(|table| tables::is_message_table(table)) {
            let before = count.conversations();
            count.table(db, table, "time");
            let is_used = count.conversations() > before;
            if is_used && !names.insert(table.name.to_ascii_lowercase()) {
                twice += 1;
            }
        }
    }
    count.joined(twice);
    count.fill(&mut inspection);
    Ok(inspection)
}
