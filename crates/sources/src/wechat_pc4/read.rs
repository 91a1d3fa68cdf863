//! From an account folder to records: open everything, then say who is who, then read conversation by conversation.

mod conversations;
mod open;
mod owner;
mod people;
mod raw;
mod rows;
mod uploads;
mod usernames;

use hutong_model::{
    AccountId, At, Origin, OriginPlace, Problem, ProblemKind, Record, Sink, Stop, Timestamp,
};
use rustc_hash::FxHashSet;
use std::sync::Arc;

use super::locate::Locator;
use crate::wechat::map::{self, People};
use crate::{Input, ReadError, ReadOptions, Summary};

#[cfg(test)]
pub(crate) use open::hash_of;
pub(crate) use open::{Opened, find_layout};
pub(crate) use usernames::Usernames;

/// How often the receiver hears how far the reading is, in rows.
const PROGRESS_ROWS: u64 = 4096;

/// Reads an account folder into a sink.
pub(crate) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = options
        .zone
        .as_deref()
        .map(jiff::tz::TimeZone::get)
        .transpose()
        .map_err(|_| ReadError::Layout {
            file: opened.layout.root.folder_name(),
            reason: format!(
                "{} is not the name of a time zone",
                options.zone.as_deref().unwrap_or_default()
            ),
        })?;
    let owner = opened.settle_owner(options)?;
    let problems = std::mem::take(&mut opened.problems);
    let locator = if options.locate_attachments {
        Some(opened.locator()?)
    } else {
        None
    };
    let mut reader = Reader {
        as_of: opened.newest_moment(),
        people: std::mem::take(&mut opened.people),
        known: FxHashSet::default(),
        owner_id: map::account(&owner),
        owner,
        locator,
        zone,
        keep_raw: options.keep_raw,
        rows_read: 0,
        rows_expected: opened.rows_expected(),
        out,
    };
    for problem in problems {
        reader.out.problem(problem)?;
    }
    reader.accounts(&opened, options)?;
    reader.conversations(&mut opened)?;
    reader
        .out
        .progress(reader.rows_read, reader.rows_expected)?;
    Ok(Summary {
        rows_read: reader.rows_read,
        changed_while_reading: opened.has_changed(),
    })
}

/// What stays the same while records are pushed, and what was pushed already.
struct Reader<'a> {
    out: &'a mut dyn Sink,
    owner: String,
    owner_id: AccountId,
    people: People,
    /// Accounts that the receiver has.
    known: FxHashSet<AccountId>,
    as_of: Option<Timestamp>,
    locator: Option<Locator>,
    zone: Option<jiff::tz::TimeZone>,
    keep_raw: bool,
    rows_read: u64,
    rows_expected: Option<u64>,
}

impl Reader<'_> {
    fn push(&mut self, record: Record) -> Result<(), Stop> {
        self.out.record(record)
    }

    /// Says something about a row; equal reasons are counted together by the receiver.
    fn note(
        &mut self,
        place: &Arc<OriginPlace>,
        at: At,
        reason: impl Into<String>,
    ) -> Result<(), Stop> {
        self.out.problem(Problem {
            origin: Origin {
                place: Arc::clone(place),
                at,
            },
            kind: ProblemKind::Note,
            reason: reason.into(),
        })
    }
}
