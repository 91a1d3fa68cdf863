//! The page from outside: requests go in, answers come out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod api;
mod conversation;
mod export;
mod chats;
mod gate;
mod jobs;
mod statistics;
mod support;
mod uploads;
mod wizard;
