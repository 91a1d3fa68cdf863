//! From an account folder to records: open everything, then say who is who, then read conversation by conversation.

mod conversations;
mod open;
mod owner;
mod people;
mod rows;
mod usernames;

use hutong_model::Sink;

use super::locate::Locator;
use crate::wechat::desk::Desk;
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

#[cfg(test)]
pub(crate) use open::hash_of;
pub(crate) use open::{Opened, find_layout};
pub(crate) use usernames::Usernames;

/// Reads an account folder into a sink.
pub(crate) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = zone_of(&opened.layout.root, options)?;
    let owner = opened.settle_owner(options)?;
    let problems = std::mem::take(&mut opened.problems);
    let locator = if options.locate_attachments {
        Some(opened.locator()?)
    } else {
        None
    };
    let mut desk = Desk::new(out, &owner, opened.newest_moment());
    desk.people = std::mem::take(&mut opened.people);
    desk.zone = zone;
    desk.rows_expected = opened.rows_expected();
    let mut reader = Reader {
        desk,
        locator,
        keep_raw: options.keep_raw,
    };
    for problem in problems {
        reader.desk.out.problem(problem)?;
    }
    reader.accounts(&opened, options)?;
    reader.conversations(&mut opened)?;
    let desk = reader.desk;
    desk.out.progress(desk.rows_read, desk.rows_expected)?;
    Ok(Summary {
        rows_read: desk.rows_read,
        changed_while_reading: opened.has_changed(),
    })
}

/// The desk, and what only this generation has beside it.
struct Reader<'a> {
    desk: Desk<'a>,
    locator: Option<Locator>,
    keep_raw: bool,
}
