//! Looking inside without importing.

use hutong_model::Timestamp;

use super::layout::Role;
use super::read::{Opened, find_layout, open_one};
use super::tables::number;
use crate::wechat::inspect::{Counts, REMEMBERED, account_of, file_of, without_attachments};
use crate::{Input, Inspection, ReadError, ReadOptions};

/// Message databases up to this size together are counted row by row; larger ones by what they remember.
const COUNTED_BYTES: u64 = 1 << 30;

pub(crate) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat 3.x for macOS".to_owned(),
        ..Inspection::default()
    };
    for found in &layout.databases {
        let opened = open_one(&layout, found, options);
        inspection
            .files
            .push(file_of(input, &layout.root, &found.path, opened));
    }
    let locked = without_attachments(options);
    match Opened::open(input, &locked) {
        Ok(mut opened) => {
            let owner = opened.settle_owner(&locked);
            if opened.people.by_username.is_empty() {
                inspection.notes.push(
                    "wccontact_new2.db is missing or does not open: names will be missing too"
                        .to_owned(),
                );
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
    let mut counts = Counts::default();
    for (_, places) in &opened.threads {
        let before = counts.messages;
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
                counts.messages += 1;
                if let Some(seconds) = number(&row, 0).filter(|seconds| *seconds > 0) {
                    counts.see(Timestamp::from_seconds(seconds));
                }
            }
        }
        counts.conversations += u64::from(counts.messages > before);
    }
    counts.apply(inspection);
}
