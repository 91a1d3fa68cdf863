//! Exports in JSON, as other tools write them: the same invented story in several formats.

mod chatlab;
mod story;

pub use chatlab::chatlab;
