//! What all generations of 微信 share: content that becomes parts, ids, usernames.
//!
//! This is no source: each generation has a folder of its own that reads its tables and hands their content to
//! this one.

pub(crate) mod cells;
pub(crate) mod database;
pub(crate) mod decode;
pub(crate) mod desk;
pub(crate) mod folder;
#[cfg(test)]
pub(crate) mod golden;
pub(crate) mod inspect;
pub(crate) mod map;
pub(crate) mod occurrences;
pub(crate) mod phone;
pub(crate) mod row_index;
#[cfg(test)]
pub(crate) mod trial;
pub(crate) mod zone;
