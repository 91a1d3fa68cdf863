//! HCX lines: one record as one line of canonical JSON (RFC 8785).
//!
//! Two forms of a message come from one writer. The *record* form says only what the copy says and is what the
//! archive's digests commit to. The *line* form adds the words a reader outside needs: native ids of conversation
//! and sender, the sender's name, the kind and the plain text.

mod json;
mod message;
mod part;

pub use json::{JsonArray, JsonObject, write_string};
pub use message::{MessageLine, write_message_line, write_message_record};
