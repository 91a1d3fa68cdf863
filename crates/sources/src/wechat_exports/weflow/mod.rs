//! WeFlow, and echotrace, from which its shape comes.

mod fields;
pub(super) mod json;
pub(super) mod sql;
pub(super) mod table;
