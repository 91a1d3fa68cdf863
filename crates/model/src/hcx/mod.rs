//! HCX lines: one record as one line of canonical JSON (RFC 8785).
//!
//! Every record is defined once, in a list of members from which writer, reader and JSON Schema follow.
//! Two forms of a message come from one writer. The *record* form says only what the copy says and is what the
//! archive's digests commit to. The *line* form adds the words a reader outside needs: native ids of conversation
//! and sender, the sender's name, the kind and the plain text. A line of an HCX file is both: it loses nothing.

mod extra;
mod json;
mod message;
mod part;
mod records;
mod schema;
mod shape;
mod value;

pub use json::{JsonArray, JsonObject, write_string};
pub use message::{
    MessageCopy, MessageLine, write_hcx_message, write_message_line, write_message_record,
};
pub use records::{
    HcxCounts, HcxHeader, HcxRecord, LineReader, member_tables, schemas, write_account,
    write_change, write_conversation, write_decision, write_membership,
};
pub use schema::Schema;
pub use shape::Member;
pub use value::{Fault, FaultCode, MAX_DEPTH, MAX_INTEGER, Value};
