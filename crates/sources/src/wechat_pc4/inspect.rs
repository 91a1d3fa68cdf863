//! Looking inside without importing.

use hutong_crypto::OpenError;
use hutong_model::Timestamp;

use super::layout::Layout;
use super::read::{Opened, find_layout};
use super::tables::{Shard, open};
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(crate) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat 4.x".to_owned(),
        ..Inspection::default()
    };
    for path in layout.databases() {
        inspection.files.push(file(input, &layout, &path, options));
    }
    let folder = layout
        .owner_candidates()
        .into_iter()
        .next()
        .filter(|_| layout.is_original());
    inspection.account = folder.map(|native_id| Account {
        native_id,
        name: None,
    });
    if layout.database("contact", "contact.db").is_none() {
        inspection
            .notes
            .push("contact.db is missing: names will be missing too".to_owned());
    }
    // Without attachments, because nothing on disk is looked for here.
    let locked = ReadOptions {
        keys: options.keys.clone(),
        account: options.account.clone(),
        ..ReadOptions::default()
    };
    match Opened::open(input, &locked) {
        Ok(mut opened) => {
            if let Ok(owner) = opened.settle_owner(&locked) {
                let name = opened
                    .people
                    .by_username
                    .get(owner.as_str())
                    .and_then(|person| person.nickname.as_deref());
                inspection.account = Some(Account {
                    name: name.map(str::to_owned),
                    native_id: owner,
                });
            }
            let bytes = inspection.files.iter().map(|file| file.size_bytes).sum();
            count(&opened, bytes, &mut inspection.notes).apply(&mut inspection);
        }
        Err(ReadError::Open { source, .. }) => inspection.notes.push(source.next_step().to_owned()),
        Err(error) => inspection.notes.push(error.to_string()),
    }
    Ok(inspection)
}

fn file(input: &Input, layout: &Layout, path: &str, options: &ReadOptions) -> InputFile {
    let full = layout.full(path);
    let sizes = [full.clone(), format!("{full}-wal")]
        .map(|path| layout.root.size_bytes(&path).unwrap_or(0));
    let is_plain = layout
        .root
        .first_bytes(&full, 16)
        .is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0"));
    let mut file = InputFile {
        path: layout.inside(input, &full).unwrap_or(full),
        size_bytes: sizes.iter().sum(),
        is_encrypted: !is_plain,
        key_fits: None,
        trouble: None,
    };
    match open(layout, path, &options.keys) {
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

/// What counting found.
#[derive(Default)]
struct Counts {
    conversations: u64,
    messages: u64,
    span: Option<(i64, i64)>,
}

impl Counts {
    fn apply(self, inspection: &mut Inspection) {
        inspection.conversations = Some(self.conversations);
        inspection.messages = Some(self.messages);
        inspection.span = self.span;
    }

    fn take(&mut self, seconds: i64) {
        let time = Timestamp::from_seconds(seconds).0;
        self.span = Some(self.span.map_or((time, time), |(first, last)| {
            (first.min(time), last.max(time))
        }));
    }
}

fn count(opened: &Opened, bytes: u64, notes: &mut Vec<String>) -> Counts {
    let mut counts = Counts::default();
    let is_counted = bytes <= COUNTED_BYTES;
    if !is_counted {
        notes.push("the databases are large: the number of messages is what they remember, deleted ones included".to_owned());
    }
    for thread in &opened.threads {
        let before = counts.messages;
        for (shard, table) in &thread.tables {
            if let Some(shard) = opened.shards.get(*shard) {
                count_table(shard, *table, is_counted, &mut counts);
            }
        }
        counts.conversations += u64::from(counts.messages > before);
    }
    counts
}

fn count_table(shard: &Shard, number: usize, is_counted: bool, counts: &mut Counts) {
    let Some(table) = shard.tables.get(number) else {
        return;
    };
    let db = &shard.database.db;
    let Some(schema) = db.tables().get(table.index) else {
        return;
    };
    if let (false, Some(last)) = (is_counted, table.last_row) {
        counts.messages += u64::try_from(last).unwrap_or(0);
        for row in [1, last] {
            let found = db.find_rowid(schema, &["create_time"], row).ok().flatten();
            if let Some(seconds) = found.and_then(|found| found.row().integer(0)) {
                counts.take(seconds);
            }
        }
        return;
    }
    let Ok(mut cursor) = db.scan(schema, &["create_time"]) else {
        return;
    };
    while let Some(row) = cursor.next() {
        if let Ok(row) = row {
            counts.messages += 1;
            if let Some(seconds) = row.integer(0).filter(|seconds| *seconds > 0) {
                counts.take(seconds);
            }
        }
    }
}
