//! Looking inside without importing.

use hutong_model::Timestamp;

use super::read::{Opened, find_layout};
use super::tables::{Shard, open};
use crate::wechat::inspect::{Counts, REMEMBERED, account_of, file_of, without_attachments};
use crate::{Account, Input, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(crate) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat 4.x".to_owned(),
        ..Inspection::default()
    };
    for path in layout.databases() {
        let opened = open(&layout, &path, &options.keys);
        inspection
            .files
            .push(file_of(input, &layout.root, &layout.full(&path), opened));
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
    let locked = without_attachments(options);
    match Opened::open(input, &locked) {
        Ok(mut opened) => {
            if let Ok(owner) = opened.settle_owner(&locked) {
                inspection.account = Some(account_of(&opened.people, owner));
            }
            let bytes = inspection.files.iter().map(|file| file.size_bytes).sum();
            count(&opened, bytes, &mut inspection.notes).apply(&mut inspection);
        }
        Err(ReadError::Open { source, .. }) => inspection.notes.push(source.next_step().to_owned()),
        Err(error) => inspection.notes.push(error.to_string()),
    }
    Ok(inspection)
}

fn count(opened: &Opened, bytes: u64, notes: &mut Vec<String>) -> Counts {
    let mut counts = Counts::default();
    let is_counted = bytes <= COUNTED_BYTES;
    if !is_counted {
        notes.push(REMEMBERED.to_owned());
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
                counts.see(Timestamp::from_seconds(seconds));
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
                counts.see(Timestamp::from_seconds(seconds));
            }
        }
    }
}
