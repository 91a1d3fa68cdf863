//! Media of chat records: images behind WeChat's `.dat`, and what kind of file some bytes are.
//!
//! Everything here is a function from bytes to a value: no files, no programs, no network.

pub mod dat;
mod key;
mod pixels;
mod sniff;

pub use key::{ImageKey, KeyError};
pub use pixels::{PixelSize, pixel_size};
pub use sniff::{Family, HEAD_BYTES, MediaType, sniff};
