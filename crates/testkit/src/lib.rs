//! Builders for records and golden checks.
//!
//! Everybody in here is invented.

mod cast;
mod golden;
mod parts;
mod truth;

pub use cast::{Cast, cast, message};
pub use golden::check_golden;
pub use parts::{every_part, hostile_texts};
pub use truth::differences_from_truth;
