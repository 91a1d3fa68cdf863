//! Files on their way in: a folder for each batch, in it what has arrived and what is arriving.
//!
//! ```text
//! <upload folder>/<batch>/batch.json     when it was last added to
//!                         files/…        what has arrived, under its relative path
//!                         parts/<id>     bytes of an upload so far; their number is its offset
//!                         parts/<id>.json  what the upload will be
//! ```
//!
//! Everything is on disk, so that an upload goes on after the program was started again. Nothing of it is encrypted by us
//! (what messengers encrypt stays so), which the page says; it is removed when it has been read, given up or forgotten.

mod append;
mod disk;
mod ids;
mod name;
mod pack;
mod protocol;

pub use disk::UploadLimits;
pub(crate) use disk::Uploads;
pub(crate) use ids::BatchId;
pub(crate) use protocol::{at_collection, at_upload, list_batch};
