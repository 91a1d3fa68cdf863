//! The use cases on forged, really encrypted accounts, and the promises that hold for all of Hutong.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    missing_docs,
    reason = "helpers of tests"
)]

mod archives;
mod arrows;
mod generations;
mod hcx;
mod later;
mod memory;
mod packs;
mod pieces;
mod promises;
mod reading;
mod refusing;
mod renamed;
mod salvage;
mod set;
mod statistics;
mod unchanged;
