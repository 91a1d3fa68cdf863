//! Looking inside without importing.

use hutong_model::Timestamp;
use rustc_hash::FxHashSet;

use super::read::{Opened, find_layout, open_one};
use super::tables::{Role, number};
use crate::wechat::database::text;
use crate::wechat::inspect::{Counts, REMEMBERED, account_of, file_of, without_attachments};
use crate::{Account, Input, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(crate) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat 3.x for Windows".to_owned(),
        ..Inspection::default()
    };
    for found in &layout.databases {
        let opened = open_one(&layout, found, options);
        inspection
            .files
            .push(file_of(input, &layout.root, &found.path, opened));
    }
    inspection.account = layout.is_original.then(|| Account {
        native_id: layout.root.folder_name(),
        name: None,
    });
    let locked = without_attachments(options);
    match Opened::open(input, &locked) {
        Ok(mut opened) => {
            let owner = opened.settle_owner(&locked);
            if opened.people.by_username.is_empty() {
                inspection
                    .notes
                    .push("MicroMsg.db is missing: names will be missing too".to_owned());
            }
            inspection.account = (!owner.is_empty()).then(|| account_of(&opened.people, owner));
            count(&opened, &mut inspection);
        }
        Err(ReadError::Open { source, .. }) => inspection.notes.push(source.next_step().to_owned()),
        Err(error) => inspection.notes.push(error.to_string()),
    }
    Ok(inspection)
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
        inspection.notes.push(REMEMBERED.to_owned());
        inspection.messages = opened.rows_expected();
        return;
    }
    let mut talkers: FxHashSet<String> = FxHashSet::default();
    let mut counts = Counts::default();
    for table in &opened.messages {
        let Some(database) = opened.databases.get(table.database) else {
            continue;
        };
        let names = opened.names.get(table.database);
        let Some(schema) = database.db.tables().get(table.index) else {
            continue;
        };
        let columns = ["StrTalker", "TalkerId", "CreateTime"];
        let Ok(mut cursor) = database.db.scan(schema, &columns) else {
            continue;
        };
        while let Some(row) = cursor.next() {
            let Ok(row) = row else { continue };
            let named = || names?.get(&number(&row, 1)?).cloned();
            // A row that names no conversation is rejected.
            let Some(talker) = text(&row, 0).or_else(named) else {
                continue;
            };
            counts.messages += 1;
            if !talkers.contains(&talker) {
                talkers.insert(talker);
            }
            if let Some(seconds) = number(&row, 2).filter(|seconds| *seconds > 0) {
                counts.see(Timestamp::from_seconds(seconds));
            }
        }
    }
    counts.conversations = talkers.len() as u64;
    counts.apply(inspection);
}
