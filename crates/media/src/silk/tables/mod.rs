//! The numbers of the SILK v3 specification: cumulative probabilities of symbols (from nought to 65,535) and the values
//! that symbols stand for.

pub(super) mod between;
pub(super) mod cosine;
pub(super) mod long_term;
pub(super) mod pitch;
pub(super) mod pulses;
pub(super) mod spectrum_10_unvoiced;
pub(super) mod spectrum_10_voiced;
pub(super) mod spectrum_16_unvoiced;
pub(super) mod spectrum_16_voiced;
pub(super) mod symbols;
