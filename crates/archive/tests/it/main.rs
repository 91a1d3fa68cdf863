//! The archive through its public face: what goes in comes out, once, whatever the order; at rest nothing can be read.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "helpers of tests"
)]

mod at_rest;
mod copies;
mod counts;
mod damage;
mod derived;
mod hits;
mod linked;
mod merging;
mod paging;
mod persons;
mod pool;
mod replies;
mod runs;
mod searching;
mod world;
mod writing;
