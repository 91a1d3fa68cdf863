//! Messages as mails, for the formats `eml` and `mbox`.
//!
//! Written here and not by a crate, because an attachment of any size must pass through without being held in memory.

pub(crate) mod body;
mod compose;
mod day;
pub(crate) mod header;
mod place;

#[cfg(test)]
mod tests;

pub(crate) use compose::{Composer, Post, Stamp};
