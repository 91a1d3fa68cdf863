//! The reader against databases that SQLite itself wrote.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed, which is what it is for"
)]

mod ahead;
mod compare;
mod damage;
mod random;
mod rows;
mod support;
mod wal;
