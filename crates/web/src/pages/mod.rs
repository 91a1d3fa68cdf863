//! One file or folder for each page.

pub(crate) mod archive;
pub(crate) mod chats;
pub(crate) mod conversation;
pub(crate) mod enter;
pub(crate) mod export;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod message;
#[allow(dead_code, reason = "pages take what they need")]
pub(crate) mod pieces;
pub(crate) mod settings;
pub(crate) mod statistics;
pub(crate) mod unlock;
pub(crate) mod welcome;
pub(crate) mod year;
