//! Media of chat records: images behind WeChat's `.dat`, voice messages, small copies of pictures, and what kind of file some bytes are.
//!
//! Everything here is a function from bytes to a value: no files, no programs, no network.

pub mod amr;
pub mod dat;
mod key;
mod pixels;
mod playable;
pub mod silk;
mod small;
mod sniff;
mod sound;
pub mod wxgf;

pub use key::{ImageKey, KeyError};
pub use pixels::{PixelSize, pixel_size};
pub use playable::{
    DecodeWxgf, Expected, MediaError, Note, Playable, Tools, playable, voice_duration_ms,
};
pub use small::{
    MAX_NEEDED_BYTES, SmallError, SmallPicture, SmallSize, needed_bytes, small_picture,
};
pub use sniff::{Family, HEAD_BYTES, MediaType, sniff};
pub use sound::{MAX_SECONDS, Sound, SoundError};
