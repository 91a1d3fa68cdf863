//! Looking inside without importing.

use hutong_model::Timestamp;

use super::layout::Layout;
use super::open::{Opened, find_layout};
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let mut inspection = Inspection {
        version: "WeChat for iPhone".to_owned(),
        ..Inspection::default()
    };
    if let Some(backup) = input.phone_backup() {
        if let Some(version) = &backup.system_version {
            inspection
                .version
                .push_str(&format!(", backup of iOS {version}"));
        }
        if backup.is_encrypted {
            let opened = input.unlock(&options.keys);
            inspection.files.push(InputFile {
                path: "Manifest.db".to_owned(),
                size_bytes: input.size_bytes("Manifest.db").unwrap_or(0),
                is_encrypted: true,
                key_fits: match &opened {
                    Ok(()) => Some(true),
                    Err(hutong_crypto::OpenError::NoBackupPassword) => None,
                    Err(_) => Some(false),
                },
                trouble: opened.as_ref().err().map(ToString::to_string),
            });
            if let Err(error) = opened {
                inspection.notes.push(error.next_step().to_owned());
                return Ok(inspection);
            }
        }
    }
    let layout = find_layout(input, options)?;
    for path in layout.databases() {
        inspection.files.push(file(input, &layout, &path, options));
    }
    match Opened::open(input, options) {
        Ok(opened) => {
            let owner = &opened.owner;
            inspection.account = (!owner.username.is_empty()).then(|| Account {
                native_id: owner.username.clone(),
                name: owner.nickname.clone(),
            });
            if opened.contacts.is_empty() {
                inspection
                    .notes
                    .push("no contacts were found: names will be missing".to_owned());
            }
            let bytes: u64 = inspection.files.iter().map(|file| file.size_bytes).sum();
            count(&opened, bytes <= COUNTED_BYTES, &mut inspection);
        }
        Err(ReadError::Open { source, .. }) => inspection.notes.push(source.next_step().to_owned()),
        Err(error) => inspection.notes.push(error.to_string()),
    }
    Ok(inspection)
}

fn file(input: &Input, layout: &Layout, path: &str, options: &ReadOptions) -> InputFile {
    let sizes = [path.to_owned(), format!("{path}-wal")]
        .map(|path| layout.root.size_bytes(&path).unwrap_or(0));
    let opened = layout.open(path, &options.keys);
    InputFile {
        path: Layout::inside(&layout.root, input, path).unwrap_or_else(|| path.to_owned()),
        size_bytes: sizes.iter().sum(),
        is_encrypted: false,
        key_fits: None,
        trouble: match opened {
            Ok(database) => database
                .troubles()
                .first()
                .map(|problem| problem.reason.clone()),
            Err(ReadError::Open { source, .. }) => Some(source.to_string()),
            Err(error) => Some(error.to_string()),
        },
    }
}

fn count(opened: &Opened, is_counted: bool, inspection: &mut Inspection) {
    let (mut messages, mut conversations) = (0_u64, 0_u64);
    let mut span: Option<(i64, i64)> = None;
    let mut see = |seconds: i64| {
        if seconds > 0 {
            let time = Timestamp::from_seconds(seconds).0;
            span = Some(span.map_or((time, time), |(first, last)| {
                (first.min(time), last.max(time))
            }));
        }
    };
    for thread in &opened.threads {
        let before = messages;
        for part in &thread.tables {
            let Some(database) = opened.databases.get(part.database) else {
                continue;
            };
            let Some(table) = database.db.tables().get(part.table) else {
                continue;
            };
            if let (false, Some(last)) = (is_counted, part.last_row) {
                messages += u64::try_from(last).unwrap_or(0);
                for row in [1, last] {
                    let found = database.db.find_rowid(table, &["CreateTime"], row);
                    if let Some(time) = found.ok().flatten().and_then(|row| row.row().integer(0)) {
                        see(time);
                    }
                }
                continue;
            }
            let Ok(mut cursor) = database.db.scan(table, &["CreateTime"]) else {
                continue;
            };
            while let Some(row) = cursor.next() {
                if let Ok(row) = row {
                    messages += 1;
                    see(row.integer(0).unwrap_or(0));
                }
            }
        }
        conversations += u64::from(messages > before);
    }
    if !is_counted {
        inspection.notes.push(
            "the databases are large: the number of messages is what they remember, deleted ones included".to_owned(),
        );
    }
    inspection.messages = Some(messages);
    inspection.conversations = Some(conversations);
    inspection.span = span;
}
