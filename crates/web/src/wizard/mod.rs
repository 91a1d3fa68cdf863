//! What a person has chosen on the way to an import, step by step; kept in memory only.

mod draft;
pub(crate) mod key_help;
mod look;
mod typed;

pub(crate) use draft::{Draft, Drafts, Place};
pub(crate) use look::{Item, KeyState, inspect};
pub(crate) use typed::Typed;
