//! The behaviour that every source shows.
