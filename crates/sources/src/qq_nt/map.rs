//! Platform words become ours: one row in, one message out.

mod ark;
mod body;
mod call;
mod card;
mod chat;
mod face;
mod forward;
mod keys;
mod media;
mod sender;
mod tip;

use std::borrow::Cow;

use hutong_model::{
    AccountId, Message, MessageId, Origin, Part, Platform, Precision, Reaction, State, Timestamp,
    Unknown,
};

use self::keys::ReplyTarget;
use super::decode::{self, ReactionCount};
use super::directory::{ChatIndex, Directory, PersonIndex};
use super::media::Media;
use super::tables::{MessageRow, TableKind};

/// The text of a message was not UTF-8.
const BAD_TEXT: &str = "text is not valid UTF-8; replacement characters stand for the bad bytes";

/// Message types (40011) that need their own treatment.
mod kind {
    pub(super) const EMPTY: i64 = 0;
    pub(super) const NULL: i64 = 1;
    pub(super) const FORWARD: i64 = 8;
    pub(super) const REPLY: i64 = 9;
}

/// Turns rows into messages; what it learns on the way about people and chats goes into the directory.
pub(super) struct Mapper<'a> {
    pub(super) directory: Directory<'a>,
    media: Option<Media<'a>>,
    /// What the user should know about the row that was mapped last.
    pub(super) notes: Vec<&'static str>,
    found: Found,
    /// Cached messages taken from the current row so far.
    forwarded: u32,
}

/// What the body says beside its parts.
#[derive(Debug, Default)]
struct Found {
    reply: Option<ReplyTarget>,
    recall: Option<RecallTip>,
    /// Group through which a temporary chat was opened.
    group: Option<String>,
}

/// A tip says that a message was withdrawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecallTip {
    /// Who did it.
    pub(super) by: Option<AccountId>,
}

/// What the parts of one message need to know about it.
#[derive(Debug, Clone, Copy)]
struct Scope {
    sender: Option<PersonIndex>,
    peer: Option<PersonIndex>,
    sent_at: Timestamp,
    sub_kind: i64,
    depth: u8,
}

/// A message with what the reader needs to tie it to others.
pub(super) struct Mapped {
    pub(super) message: Box<Message>,
    pub(super) chat: ChatIndex,
    pub(super) recall: Option<RecallTip>,
    /// Client sequence of the answered message where that is all that is known of it.
    pub(super) bare_reply: Option<i64>,
}

impl<'a> Mapper<'a> {
    pub(super) fn new(directory: Directory<'a>, media: Option<Media<'a>>) -> Self {
        Self {
            directory,
            media,
            notes: Vec::new(),
            found: Found::default(),
            forwarded: 0,
        }
    }

    /// The message in a row, or why there is none.
    pub(super) fn message(
        &mut self,
        row: &MessageRow<'_>,
        table: TableKind,
        origin: Origin,
    ) -> Result<Mapped, &'static str> {
        self.notes.clear();
        self.found = Found::default();
        self.forwarded = 0;
        let author = self.author(row, table);
        let chat = self.chat(row, table, author.person)?;
        let (sent_at, precision) = time(row);
        let scope = Scope {
            sender: author.person,
            peer: self.directory.chat(chat).peer,
            sent_at,
            sub_kind: row.sub_kind,
            depth: 0,
        };
        let parts = self.row_parts(row, scope);
        // What the messenger itself says has no sender, whoever set it off.
        let is_system = matches!(parts.first(), Some(Part::System(_)));
        let sender = author.person.filter(|_| !is_system);
        let found = std::mem::take(&mut self.found);
        if let Some(group) = &found.group {
            self.directory.set_context(chat, group);
        }
        self.directory.ensure_chat(chat);

        let conversation = self.directory.chat(chat).id;
        let id = MessageId::new(conversation, "message", &[&row.id.to_le_bytes()]);
        let mut message = Message::new(Platform::Qq, id, conversation, sent_at, origin);
        message.precision = precision;
        message.order = keys::order(row);
        message.sender = sender.map(|sender| self.directory.account(sender));
        message.sender_name = author.name.filter(|_| !is_system);
        message.direction = self.direction(row, table, sender);
        message.parts = parts;
        message.reactions = self.reactions(row.reactions);
        message.native_ids = keys::native_ids(row);
        message.is_hidden = is_placeholder(row);
        if row.kind == kind::NULL {
            message.state = State::Deleted;
        }
        if let Some(tip) = found.recall {
            // The tip took the place of the message, or stands beside it; either way it speaks of a withdrawn one.
            message.state = State::Recalled {
                by: tip.by,
                at: Some(sent_at),
            };
        }
        let is_group = matches!(table, TableKind::Group | TableKind::Discuss);
        let is_reply = row.kind == kind::REPLY || found.reply.is_some();
        // A notice shares the sequence of the message that it hangs on; nobody answers a notice.
        if !is_system {
            message.lookup_keys = self.lookup_keys(row, conversation, is_group, sender);
        }
        let mut bare_reply = None;
        if is_reply {
            let target = found.reply.unwrap_or_default();
            message.reply_to = keys::reply_keys(row, conversation, is_group, &target);
            let is_bare =
                !is_group && target.ids == [0; 2] && target.time == 0 && row.reply_sequence != 0;
            bare_reply = is_bare.then_some(row.reply_sequence);
        }
        Ok(Mapped {
            message: Box::new(message),
            chat,
            recall: found.recall,
            bare_reply,
        })
    }

    fn reactions(&mut self, column: &[u8]) -> Vec<Reaction> {
        // Nearly every row has none, or an empty placeholder of four bytes.
        if column.len() <= 4 {
            return Vec::new();
        }
        decode::repeated(column, 40062)
            .map(ReactionCount::read)
            .filter_map(|count| {
                let id = String::from_utf8_lossy(count.emoji?);
                Some(Reaction {
                    emoji: face::reaction(&id),
                    count: count.count.unwrap_or(1),
                    accounts: Vec::new(),
                })
            })
            .collect()
    }

    /// Text as text; what is not UTF-8 is noted and replaced.
    fn text<'t>(&mut self, bytes: &'t [u8]) -> Cow<'t, str> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                self.note(BAD_TEXT);
                String::from_utf8_lossy(bytes)
            }
        }
    }

    /// Text that is not blank.
    fn words(&mut self, bytes: &[u8]) -> Option<String> {
        let text = self.text(bytes);
        (!text.trim().is_empty()).then(|| text.into_owned())
    }

    /// As [`Self::words`] for a field that may be absent.
    fn field(&mut self, bytes: Option<&[u8]>) -> Option<String> {
        bytes.and_then(|bytes| self.words(bytes))
    }

    fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Rows that stand for a message that is no longer there: deleted, withdrawn, never loaded.
const fn is_placeholder(row: &MessageRow<'_>) -> bool {
    row.kind == kind::NULL || (row.kind == kind::EMPTY && row.body.is_empty())
}

fn time(row: &MessageRow<'_>) -> (Timestamp, Precision) {
    if row.time == 0 && row.day > 0 {
        return (Timestamp::from_seconds(row.day), Precision::Day);
    }
    (Timestamp::from_seconds(row.time), Precision::Second)
}

/// A part that keeps bytes of a kind that we do not know.
fn unknown(kind: impl Into<String>, raw: &[u8]) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: kind.into(),
        text: None,
        raw: raw.to_vec(),
    }))
}
