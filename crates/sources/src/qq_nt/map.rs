//! Platform words become ours: one row in, one message out.

mod ark;
mod body;
mod call;
mod card;
mod face;
mod forward;
mod markup;
mod media;
mod sender;
mod tip;

use std::borrow::Cow;

use hutong_model::{
    AccountId, AccountKind, ConversationId, ConversationKind, Direction, Message, MessageId,
    NativeId, NativeIdName, Origin, Part, Platform, Precision, Reaction, State, Timestamp, Unknown,
};

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

/// What a reply says about the message that it answers; 0 where it does not.
#[derive(Debug, Clone, Copy, Default)]
struct ReplyTarget {
    /// 47416, 47401.
    ids: [u64; 2],
    /// 47402.
    sequence: u64,
    /// 47403.
    sender_uin: u64,
    /// 47404.
    time: u64,
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
        message.order = order(row);
        message.sender = sender.map(|sender| self.directory.account(sender));
        message.sender_name = author.name.filter(|_| !is_system);
        message.direction = self.direction(row, table, sender);
        message.parts = parts;
        message.reactions = self.reactions(row.reactions);
        message.native_ids = native_ids(row);
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
            message.reply_to = reply_keys(row, conversation, is_group, &target);
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

    /// The conversation of a row.
    fn chat(
        &mut self,
        row: &MessageRow<'_>,
        table: TableKind,
        sender: Option<PersonIndex>,
    ) -> Result<ChatIndex, &'static str> {
        let kind = match table {
            TableKind::Group => {
                let code = group_code(row).ok_or("the row names no group")?;
                return Ok(self.directory.group(code));
            }
            TableKind::Discuss => {
                let id = group_code(row).ok_or("the row names no discussion group")?;
                let name = self.words(row.chat_name);
                return Ok(self.directory.discussion(id, name));
            }
            TableKind::Device => ConversationKind::Device,
            TableKind::Service => ConversationKind::Official,
            TableKind::Direct => chat_kind(row.chat_type),
        };
        let uin = u64::try_from(row.peer_uin).unwrap_or(0);
        // A device has an id of its own, but the number beside it is the owner's.
        let uin = if kind == ConversationKind::Device && !row.peer_uid.is_empty() {
            0
        } else {
            uin
        };
        let peer = self
            .directory
            .person(row.peer_uid, uin)
            .or_else(|| self.directory.by_sort(row.partition))
            .or_else(|| sender.filter(|sender| self.directory.owner() != Some(*sender)))
            .ok_or("the row names nobody whom it was exchanged with")?;
        if row.chat_type == BOT_CHAT {
            self.directory.set_kind(peer, AccountKind::Bot);
        }
        Ok(self.directory.chat_with(peer, kind))
    }

    /// The conversation of a row that was mapped before.
    pub(super) fn known_chat(
        &mut self,
        row: &MessageRow<'_>,
        table: TableKind,
    ) -> Option<ChatIndex> {
        let sender = self.author(row, table).person;
        self.chat(row, table, sender).ok()
    }

    /// Mine is what the owner sent; where the owner is unknown, what the row itself calls sent.
    fn direction(
        &self,
        row: &MessageRow<'_>,
        table: TableKind,
        sender: Option<PersonIndex>,
    ) -> Direction {
        let Some(sender) = sender else {
            return Direction::None;
        };
        let owner = self.directory.owner();
        if owner == Some(sender) {
            return Direction::Out;
        }
        let is_complete = owner.is_some_and(|owner| self.directory.uid(owner).is_some());
        let is_between_two =
            table == TableKind::Direct && !row.sender_uid.is_empty() && !row.peer_uid.is_empty();
        let is_sent = match (is_complete, is_between_two) {
            (true, _) => false,
            (false, true) => row.sender_uid != row.peer_uid,
            (false, false) => owner.is_none() && matches!(row.send_type, 1 | 2 | 4 | 5),
        };
        if is_sent {
            Direction::Out
        } else {
            Direction::In
        }
    }

    /// Keys by which replies find this message.
    fn lookup_keys(
        &self,
        row: &MessageRow<'_>,
        conversation: ConversationId,
        is_group: bool,
        sender: Option<PersonIndex>,
    ) -> Vec<MessageId> {
        if is_group && row.sequence != 0 {
            return vec![MessageId::new(
                conversation,
                "sequence",
                &[&row.sequence.to_le_bytes()],
            )];
        }
        let time = row.time.to_le_bytes();
        let mut keys = Vec::with_capacity(2);
        if row.client_sequence != 0 && !is_group {
            let fields: [&[u8]; 2] = [&row.client_sequence.to_le_bytes(), &time];
            keys.push(MessageId::new(conversation, "client_sequence_at", &fields));
        }
        let uin = sender.map_or(0, |sender| self.directory.uin(sender));
        if uin != 0 {
            keys.push(MessageId::new(
                conversation,
                "sender_at",
                &[&uin.to_le_bytes(), &time],
            ));
        }
        keys
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

const BOT_CHAT: i64 = 42;

/// Kind of a chat between two, from the chat type (40010).
const fn chat_kind(chat_type: i64) -> ConversationKind {
    match chat_type {
        8 | 134 => ConversationKind::Device,
        BOT_CHAT | 103 | 118 | 201 => ConversationKind::Official,
        5..=7 | 30 | 40 | 41 | 101 | 132 | 133 => ConversationKind::System,
        _ => ConversationKind::Direct,
    }
}

fn group_code(row: &MessageRow<'_>) -> Option<i64> {
    let from_text = || {
        std::str::from_utf8(row.peer_uid)
            .ok()
            .and_then(|text| text.trim().parse().ok())
    };
    [row.peer_uin, row.partition]
        .into_iter()
        .find(|code| *code != 0)
        .or_else(from_text)
        .filter(|code| *code != 0)
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

/// One number that sorts rows of the same second by (40003, 40001).
///
/// Rows without a sequence come first and are sorted by their full id. Rows with one are sorted by it, and a tip that
/// shares the sequence of its host by the lower half of the id; the upper half is the time once more.
fn order(row: &MessageRow<'_>) -> i64 {
    if row.sequence <= 0 {
        return row.id.max(0) - i64::MAX;
    }
    row.sequence.min(i64::from(i32::MAX)) << 32 | (row.id & 0xFFFF_FFFF)
}

fn native_ids(row: &MessageRow<'_>) -> Vec<NativeId> {
    let mut ids = Vec::with_capacity(4);
    ids.push(NativeId::integer(NativeIdName::MessageId, row.id));
    for (name, value) in [
        (NativeIdName::Sequence, row.sequence),
        (NativeIdName::Random, row.random),
        (NativeIdName::ClientSequence, row.client_sequence),
    ] {
        if value != 0 {
            ids.push(NativeId::integer(name, value));
        }
    }
    ids
}

/// Keys of the answered message, strongest first; see "Replies" in `FORMAT.md`.
fn reply_keys(
    row: &MessageRow<'_>,
    conversation: ConversationId,
    is_group: bool,
    target: &ReplyTarget,
) -> Vec<MessageId> {
    let mut keys: Vec<MessageId> = Vec::with_capacity(2);
    let mut add = |kind: &str, fields: &[&[u8]]| {
        let key = MessageId::new(conversation, kind, fields);
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    let column = u64::try_from(row.reply_sequence).unwrap_or(0);
    if is_group
        && let Some(sequence) = [target.sequence, column]
            .into_iter()
            .find(|sequence| *sequence != 0)
    {
        add("sequence", &[&sequence.to_le_bytes()]);
    }
    for id in target.ids.into_iter().filter(|id| *id != 0) {
        add("message", &[&id.to_le_bytes()]);
    }
    if !is_group && column != 0 {
        let column_time = u64::try_from(row.reply_time).unwrap_or(0);
        for time in [target.time, column_time]
            .into_iter()
            .filter(|time| *time != 0)
        {
            add(
                "client_sequence_at",
                &[&column.to_le_bytes(), &time.to_le_bytes()],
            );
        }
    }
    // In a group this finds rows that an old client left without a sequence.
    if target.sender_uin != 0 && target.time != 0 {
        add(
            "sender_at",
            &[&target.sender_uin.to_le_bytes(), &target.time.to_le_bytes()],
        );
    }
    keys
}

/// A part that keeps bytes of a kind that we do not know.
fn unknown(kind: impl Into<String>, raw: &[u8]) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: kind.into(),
        text: None,
        raw: raw.to_vec(),
    }))
}
