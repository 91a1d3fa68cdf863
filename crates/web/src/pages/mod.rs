//! One file or folder for each page.

pub(crate) mod archive;
pub(crate) mod chats;
pub(crate) mod conversation;
pub(crate) mod enter;
pub(crate) mod export;
pub(crate) mod gallery;
pub(crate) mod hits;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod links;
pub(crate) mod message;
pub(crate) mod people;
pub(crate) mod pieces;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod statistics;
pub(crate) mod unlock;
pub(crate) mod welcome;
pub(crate) mod year;
