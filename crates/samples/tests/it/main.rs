//! What the forge makes, seen by programs other than the forge.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    missing_docs,
    reason = "helpers of tests"
)]

mod pages;
mod qq;
mod set;
mod wechat;
