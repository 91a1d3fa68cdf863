//! Containers against files that SQLCipher itself wrote.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

mod damage;
mod errors;
mod key_files;
mod profiles;
mod random;
mod support;
mod wal;
