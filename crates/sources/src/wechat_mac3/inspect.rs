//! Looking inside without importing.

use hutong_crypto::OpenError;
use hutong_model::Timestamp;

use super::layout::{Found, Layout, Role};
use super::read::{Opened, find_layout, open_one};
use super::tables::number;
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(crate) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat 3.x for macOS".to_owned(),
        ..Inspection::default()
    };
    for found in &layout.databases {
        inspection.files.push(file(input, &layout, found, options));
    }
    // Without attachments, because nothing on disk is looked for here.
    let locked = ReadOptions {
        keys: options.keys.clone(),
        account: options.account.clone(),
        ..ReadOptions::default()
    };
    match Opened::open(input, &locked) {
        Ok(mut opened) => {
            let owner = opened.settle_owner(&locked);
            if opened.people.by_username.is_empty() {
                inspection.notes.push(
                    "wccontact_new2.db is missing or does not open: names will be missing too"
                        .to_owned(),
                );
            }
            let name = opened
                .people
                .by_username
                .get(owner.as_str())
                .and_then(|person| person.nickname.as_deref());
            inspection.account = (!owner.is_empty()).then(|| Account {
                name: name.map(str::to_owned),
                native_id: owner.clone(),
            });
            count(&opened, &mut inspection);
        }
        Err(ReadError::Open { source, .. }) => inspection.notes.push(source.next_step().to_owned()),
        Err(error) => inspection.notes.push(error.to_string()),
    }
    Ok(inspection)
}

fn file(input: &Input, layout: &Layout, found: &Found, options: &ReadOptions) -> InputFile {
    let path = &found.path;
    let sizes = [path.clone(), format!("{path}-wal")]
        .map(|path| layout.root.size_bytes(&path).unwrap_or(0));
    let is_plain = layout
        .root
        .first_bytes(path, 16)
        .is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"));
    let mut file = InputFile {
        path: layout.inside(input, path).unwrap_or_else(|| path.clone()),
        size_bytes: sizes.iter().sum(),
        is_encrypted: !is_plain,
        key_fits: None,
        trouble: None,
    };
    match open_one(layout, found, options) {
        Ok(database) => {
            file.is_encrypted = database.db.pages().is_encrypted();
            file.key_fits = file.is_encrypted.then_some(true);
            file.trouble = database
                .troubles()
                .first()
                .map(|problem| problem.reason.clone());
        }
        Err(ReadError::Open {
            source: OpenError::NoKey,
            ..
        }) => {}
        Err(ReadError::Open { source, .. }) => {
            let is_about_key = matches!(
                source,
                OpenError::WrongKey { .. } | OpenError::KeyOfAnotherFile | OpenError::ImageKeyGiven
            );
            file.key_fits = is_about_key.then_some(false);
            file.is_encrypted = is_about_key;
            file.trouble = Some(source.to_string());
        }
        Err(error) => file.trouble = Some(error.to_string()),
    }
    file
}

fn count(opened: &Opened, inspection: &mut Inspection) {
    let sizes = opened
        .layout
        .databases
        .iter()
        .filter(|found| found.role == Role::Messages)
        .filter_map(|found| opened.layout.root.size_bytes(&found.path));
    let is_counted = sizes.sum::<u64>() <= COUNTED_BYTES;
    if !is_counted {
        inspection.notes.push("the databases are large: the number of messages is what they remember, deleted ones included".to_owned());
        inspection.messages = opened.rows_expected();
        return;
    }
    let (mut conversations, mut messages) = (0, 0);
    let mut span: Option<(i64, i64)> = None;
    for (_, places) in &opened.threads {
        let before = messages;
        for table in places
            .iter()
            .filter_map(|place| opened.messages.get(*place))
        {
            let Some(database) = opened.databases.get(table.database) else {
                continue;
            };
            let Some(schema) = database.db.tables().get(table.index) else {
                continue;
            };
            let Ok(mut cursor) = database.db.scan(schema, &["msgCreateTime"]) else {
                continue;
            };
            while let Some(row) = cursor.next() {
                let Ok(row) = row else { continue };
                messages += 1;
                if let Some(seconds) = number(&row, 0).filter(|seconds| *seconds > 0) {
                    let time = Timestamp::from_seconds(seconds).0;
                    span = Some(span.map_or((time, time), |(first, last)| {
                        (first.min(time), last.max(time))
                    }));
                }
            }
        }
        conversations += u64::from(messages > before);
    }
    inspection.messages = Some(messages);
    inspection.conversations = Some(conversations);
    inspection.span = span;
}
