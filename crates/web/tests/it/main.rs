//! The page from outside: requests go in, answers come out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod api;
mod chats;
mod conversation;
mod export;
mod gallery;
mod gate;
mod jobs;
mod people;
mod search;
mod statistics;
mod support;
mod uploads;
mod wizard;
