//! Looking inside without importing.

use hutong_crypto::Family;
use rustc_hash::FxHashSet;

use super::item::{Item, Segment};
use super::layout::texts;
use super::open::{Opened, find_database};
use super::read::time_of;
use crate::wechat::cells::{file_of, log_of};
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// Larger texts are not counted: that would take as long as reading them.
const COUNTED_BYTES: u64 = 1 << 30;

/// The files that decide what is read.
pub(super) fn files(input: &Input, database: &str) -> Vec<String> {
    let mut files: Vec<String> = input.real_path(database).into_iter().collect();
    files.extend(log_of(input, database));
    files.extend(texts(input));
    files
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let database = find_database(input)?;
    let mut inspection = Inspection {
        version: "WeChat 3.x backup on a computer".to_owned(),
        ..Inspection::default()
    };
    let keys = &options.keys;
    inspection
        .files
        .push(file_of(input, &database, keys, Family::WeChatBackup));
    let opened = Opened::open(input, options);
    let is_encrypted = opened.as_ref().map_or(true, |opened| opened.key.is_some());
    let key_fits = opened
        .as_ref()
        .ok()
        .and_then(|opened| opened.key)
        .map(|_| true);
    for path in texts(input) {
        inspection.files.push(InputFile {
            size_bytes: input.size_bytes(&path).unwrap_or(0),
            path,
            is_encrypted,
            key_fits,
            trouble: None,
        });
    }
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(ReadError::Open { source, .. }) => {
            inspection.notes.push(source.next_step().to_owned());
            return Ok(inspection);
        }
        Err(ReadError::Layout { reason, .. }) => {
            inspection.notes.push(reason);
            return Ok(inspection);
        }
        Err(error) => {
            inspection.notes.push(error.to_string());
            return Ok(inspection);
        }
    };
    let owner = opened.settle_owner(input, options);
    if !owner.is_empty() {
        inspection.account = Some(Account {
            native_id: owner,
            name: None,
        });
    }
    let bytes: u64 = inspection.files.iter().map(|file| file.size_bytes).sum();
    if bytes <= COUNTED_BYTES {
        count(input, &mut opened, &mut inspection);
    } else {
        let note = "the backup is large and was not counted";
        inspection.notes.push(note.to_owned());
    }
    Ok(inspection)
}

fn count(input: &Input, opened: &mut Opened, inspection: &mut Inspection) {
    let mut messages = 0;
    let mut talkers: FxHashSet<String> = FxHashSet::default();
    let mut span: Option<(i64, i64)> = None;
    for segment in opened.segments.clone() {
        let Ok((bytes, _)) = opened.segment(input, &segment) else {
            continue;
        };
        let items = Segment::parse(&bytes).items;
        for item in items.into_iter().filter_map(Item::parse) {
            messages += 1;
            let time = time_of(&item).0.0;
            span = Some(span.map_or((time, time), |(first, last)| {
                (first.min(time), last.max(time))
            }));
            if let Some(talker) = segment
                .talker
                .as_ref()
                .filter(|name| !talkers.contains(*name))
            {
                talkers.insert(talker.clone());
            }
        }
    }
    inspection.messages = Some(messages);
    inspection.conversations = Some(u64::try_from(talkers.len()).unwrap_or(0));
    inspection.span = span;
}
