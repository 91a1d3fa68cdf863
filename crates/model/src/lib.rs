//! The nouns of chat history and the stream that carries them.
//!
//! Everything Hutong does is one sentence: *something pushes records into a sink*. This crate holds the
//! records ([`Record`]), the stream ([`Sink`]) and the canonical JSON form of a record ([`hcx`]). It does no
//! input or output and knows no messenger.

pub mod hcx;
mod id;
mod likeness;
mod message;
mod names;
mod part;
mod people;
mod plain;
mod platform;
mod stream;
mod time;

pub use id::{AccountId, ConversationId, Digest, IdSpace, MessageId, TextIdBase};
pub use likeness::{comparable_text, write_comparable, write_comparable_text};
pub use message::{
    Change, Decision, Direction, Message, MessageChange, NativeId, NativeIdName, NativeValue,
    Reaction, Revision, State,
};
pub use names::{NameTable, Names, NoNames};
pub use part::{
    Announcement, Attachment, AttachmentState, Call, CallKind, CallOutcome, Card, ChannelPost,
    Contact, Content, ContentHandle, File, Forward, ForwardedMessage, Image, Link, Mention,
    MiniApp, Nudge, Part, PartKind, Payment, PaymentKind, PaymentState, Place, Poll, Quote,
    Sticker, System, SystemEvent, Text, Unknown, Video, Voice,
};
pub use people::{Account, AccountKind, Conversation, ConversationKind, IdHash, Membership, Role};
pub use plain::{plain_text, write_plain_text};
pub use platform::Platform;
pub use stream::{
    At, Collected, Origin, Place as OriginPlace, Problem, ProblemKind, Record, Sink, Stop,
};
pub use time::{Precision, Timestamp};
