//! Exports in JSON, as other tools write them: the same invented story in several formats.

mod chatlab;
mod onebot;
mod qce;
mod story;

pub use chatlab::chatlab;
pub use onebot::onebot;
pub use qce::{qce, qce_chunked};
