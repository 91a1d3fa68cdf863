//! The built program: arguments, exit status, words, and what happens when it is cut off.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "helpers of tests"
)]

mod commands;
mod errors;
#[cfg(unix)]
mod interrupted;
mod program;
mod streams;
