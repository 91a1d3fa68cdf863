//! Looking inside without importing.

use hutong_crypto::Family;
use hutong_sqlite::ScanError;
use rustc_hash::FxHashSet;

use super::layout::Layout;
use super::open::{Opened, find_layout, uin_mismatch};
use super::tables::message_tables;
use crate::wechat::cells::{file_of, log_of, number, text};
use crate::{Account, Input, Inspection, ReadError, ReadOptions};

/// A larger database is not counted: that would take as long as reading it.
const COUNTED_BYTES: u64 = 2 << 30;

/// The files that decide what is read.
pub(super) fn files(input: &Input, layout: &Layout) -> Vec<String> {
    databases(input, layout)
        .into_iter()
        .flat_map(|path| {
            let log = log_of(input, &path);
            [Some(path), log]
        })
        .flatten()
        .collect()
}

fn databases(input: &Input, layout: &Layout) -> Vec<String> {
    let listed = layout.beside(input, "WxFileIndex.db");
    [input.real_path(&layout.database), listed]
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let layout = find_layout(input)?;
    let mut inspection = Inspection {
        version: "WeChat for Android".to_owned(),
        ..Inspection::default()
    };
    for path in databases(input, &layout) {
        let file = file_of(input, &path, &options.keys, Family::WeChatAndroid);
        inspection.files.push(file);
    }
    inspection
        .notes
        .extend(uin_mismatch(input, &layout, options));
    let mut opened = match Opened::open(input, options) {
        Ok(opened) => opened,
        Err(ReadError::Open { source, .. }) => {
            inspection.notes.push(source.next_step().to_owned());
            return Ok(inspection);
        }
        Err(error) => {
            let words = match error {
                ReadError::Layout { reason, .. } => reason,
                other => other.to_string(),
            };
            if !inspection.notes.contains(&words) {
                inspection.notes.push(words);
            }
            return Ok(inspection);
        }
    };
    let owner = opened.settle_owner(options);
    if owner.is_empty() {
        let told = opened.problems.last();
        inspection
            .notes
            .extend(told.map(|problem| problem.reason.clone()));
    } else {
        inspection.account = Some(Account {
            native_id: owner,
            name: opened.owner.nickname.clone(),
        });
    }
    let bytes: u64 = inspection.files.iter().map(|file| file.size_bytes).sum();
    if bytes <= COUNTED_BYTES {
        count(&opened, &mut inspection);
    } else {
        inspection
            .notes
            .push("the database is large and was not counted".to_owned());
    }
    Ok(inspection)
}

fn count(opened: &Opened, inspection: &mut Inspection) {
    let mut messages = 0;
    let mut talkers: FxHashSet<String> = FxHashSet::default();
    let mut span: Option<(i64, i64)> = None;
    let db = &opened.file.db;
    for name in message_tables(&opened.file) {
        let cursor = db
            .table(&name)
            .ok_or(ScanError::Definition(name.clone()))
            .and_then(|table| db.scan(table, &["createTime", "talker", "talkerId"]));
        let Ok(mut cursor) = cursor else { continue };
        while let Some(row) = cursor.next() {
            let Ok(row) = row else { continue };
            let talker = text(&row, 1).or_else(|| number(&row, 2).map(|id| id.to_string()));
            let Some(talker) = talker else { continue };
            messages += 1;
            if !talkers.contains(&talker) {
                talkers.insert(talker);
            }
            if let Some(time) = number(&row, 0).filter(|time| *time > 0) {
                span = Some(span.map_or((time, time), |(first, last)| {
                    (first.min(time), last.max(time))
                }));
            }
        }
    }
    inspection.messages = Some(messages);
    inspection.conversations = Some(u64::try_from(talkers.len()).unwrap_or(0));
    inspection.span = span;
}
