//! One row becomes one message.

mod calls;
mod media;
mod shares;
mod words;

use hutong_model::{
    AccountId, Attachment, ConversationId, Direction, ForwardedMessage, Message, MessageId,
    NativeId, NativeIdName, Origin, Part, Platform, Quote, State, SystemEvent, Timestamp, Unknown,
};
use serde_json::Value as Json;

use super::bundles::Bundles;
use super::java;
use super::tables::{MessageRow, TableKind};
use crate::qq::book::Book;
use crate::qq::mobile_files::MobileFiles;

/// Bundles inside bundles are followed to this depth.
const DEPTH: u8 = 16;
/// Messages taken from one bundle with all bundles inside it.
const MOST_MESSAGES: usize = 20_000;
/// Longer JSON beside a message is not looked at.
const MOST_EXTRA_BYTES: usize = 1 << 20;
/// The text of a message was not UTF-8.
const BAD_TEXT: &str = "text is not valid UTF-8; replacement characters stand for the bad bytes";
const TOO_DEEP: &str =
    "forward bundles are nested more than 16 deep; the inner ones are kept unread";
const TOO_MANY: &str = "a forward bundle holds more than 20000 messages; the rest is left out";

/// Turns rows into messages.
pub(super) struct Mapper<'a> {
    pub(super) book: Book,
    pub(super) owner: Option<String>,
    pub(super) bundles: Bundles<'a>,
    pub(super) files: Option<MobileFiles>,
    /// What the user should know about the row at hand.
    pub(super) notes: Vec<&'static str>,
    /// Messages taken from bundles for the row at hand.
    forwarded: usize,
}

/// Where inside a message bodies are being read.
#[derive(Debug, Clone, Copy)]
struct Scope {
    /// Number of the outermost message.
    top: i64,
    depth: u8,
}

impl<'a> Mapper<'a> {
    pub(super) const fn new(
        book: Book,
        owner: Option<String>,
        bundles: Bundles<'a>,
        files: Option<MobileFiles>,
    ) -> Self {
        Self {
            book,
            owner,
            bundles,
            files,
            notes: Vec::new(),
            forwarded: 0,
        }
    }

    /// The message of a row.
    pub(super) fn message(
        &mut self,
        row: &MessageRow,
        table: TableKind,
        conversation: ConversationId,
        origin: Origin,
    ) -> Message {
        self.notes.clear();
        self.forwarded = 0;
        let is_group = matches!(table, TableKind::Troop | TableKind::Discussion);
        let mut message = Message::new(
            Platform::Qq,
            identity(row, conversation),
            conversation,
            Timestamp::from_seconds(row.time),
            origin,
        );
        let scope = Scope {
            top: row.unique,
            depth: 0,
        };
        let mut parts = self.parts(row, scope);
        let is_system = parts.iter().all(|part| matches!(part, Part::System(_)));
        if !is_system {
            message.sender = self.sender(row);
            message.direction = self.direction(row);
        }
        if let Some(quote) = self.quote(row) {
            message.reply_to = reply_keys(&quote, conversation, is_group);
            parts.insert(0, Part::Quote(Box::new(quote.quote)));
        }
        if let Some(Part::System(event)) = parts.first()
            && event.event == SystemEvent::Recalled
        {
            // The tip took the place of the message that it speaks of.
            message.state = State::Recalled { by: None, at: None };
        }
        message.parts = parts;
        message.order = row.row;
        message.native_ids = native_ids(row, is_group);
        message.lookup_keys = lookup_keys(row, conversation, is_group);
        message
    }

    fn sender(&mut self, row: &MessageRow) -> Option<AccountId> {
        let is_number = |text: &str| {
            !text.is_empty() && text != "0" && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if is_number(&row.sender) {
            return Some(self.book.account(&row.sender));
        }
        if row.sender.is_empty() && row.is_sent {
            let owner = self.owner_of(row)?;
            return Some(self.book.account(&owner));
        }
        // A number that cannot be read is no account.
        None
    }

    fn owner_of(&self, row: &MessageRow) -> Option<String> {
        self.owner
            .clone()
            .or_else(|| Some(row.own.clone()).filter(|own| !own.is_empty()))
    }

    fn direction(&self, row: &MessageRow) -> Direction {
        let is_own = match self.owner_of(row) {
            Some(owner) if !row.sender.is_empty() => row.sender == owner,
            _ => row.is_sent,
        };
        if is_own {
            Direction::Out
        } else {
            Direction::In
        }
    }

    /// The content of a row.
    fn parts(&mut self, row: &MessageRow, scope: Scope) -> Vec<Part> {
        let data = row.data.as_slice();
        let one = |part: Part| vec![part];
        match row.kind {
            -1000 | -1051 | -1049 | -10000 => one(self.text_part(data)),
            -2000 => one(self.picture(data, row.kind)),
            -1035 => self.mixed(data),
            -2002 => one(self.voice(data)),
            -2022 => one(self.film(data)),
            -2005 => one(self.saved_file(data)),
            -3008 => one(self.missing_file(data)),
            -2017 => one(self.group_file(data)),
            -2007 => one(self.sticker(data)),
            -8018 => one(self.big_face(data)),
            -2009 | -1001 => one(self.call(data)),
            -2016 => one(self.group_call(data, true)),
            -4008 => one(self.group_call(data, false)),
            -2011 => one(self.share(row, scope)),
            -5008 => one(self.card(data, row, scope)),
            -5012 | -5018 => one(self.nudge(row)),
            -5040 | -5020 | -5023 => one(self.tip(row)),
            -1012 => one(self.notice(row, Some(SystemEvent::Joined))),
            -2031 => one(self.notice(row, Some(SystemEvent::Recalled))),
            -2042 | -1013 | -1002 | -2012 | -7012 => one(self.notice(row, None)),
            -2025 => one(self.red_packet(data)),
            -2015 | -1034 | -2060 | -7010 => one(self.json(row)),
            _ => one(unknown(row)),
        }
    }

    /// The messages of the bundle whose parent has this number.
    fn bundled(&mut self, parent: i64, scope: Scope) -> Vec<ForwardedMessage> {
        if parent == 0 || !self.bundles.holds(parent) {
            return Vec::new();
        }
        if scope.depth >= DEPTH {
            self.note(TOO_DEEP);
            return Vec::new();
        }
        let left = MOST_MESSAGES.saturating_sub(self.forwarded);
        let rows = self.bundles.rows(parent, left);
        if rows.len() == left {
            self.note(TOO_MANY);
        }
        self.forwarded += rows.len();
        let inner = Scope {
            depth: scope.depth + 1,
            ..scope
        };
        rows.iter()
            .map(|row| self.forwarded_message(row, parent, inner))
            .collect()
    }

    fn forwarded_message(
        &mut self,
        row: &MessageRow,
        parent: i64,
        scope: Scope,
    ) -> ForwardedMessage {
        let name = [scope.top, parent]
            .into_iter()
            .find_map(|top| self.bundles.name(top, &row.sender));
        let mut parts = self.parts(row, scope);
        if let Some(quote) = self.quote(row) {
            parts.insert(0, Part::Quote(Box::new(quote.quote)));
        }
        let sender = self.sender(row);
        ForwardedMessage {
            sender,
            sender_native_id: sender.map(|_| row.sender.clone()),
            sender_name: name,
            sent_at: (row.time > 0).then(|| Timestamp::from_seconds(row.time)),
            sent_at_text: None,
            native_id: (row.unique != 0).then(|| row.unique.to_string()),
            parts,
        }
    }

    /// What a row says about the message that it answers.
    fn quote(&mut self, row: &MessageRow) -> Option<Answered> {
        let source = extra(row)?;
        let hexadecimal = source.get("sens_msg_source_msg_info")?.as_str()?;
        let stream = hex::decode(hexadecimal.trim()).ok()?;
        let object = java::read(&stream)?;
        let number = object
            .text("mSourceMsgSenderUin")
            .filter(|number| number != "0");
        let time = object.number("mSourceMsgTime").unwrap_or(0);
        let words = object.text("mSourceMsgText").unwrap_or_default();
        let author = number
            .as_deref()
            .filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|number| self.book.account(number));
        let sequence = object.number("mSourceMsgSeq").unwrap_or(0);
        Some(Answered {
            uid: object.number("origUid").unwrap_or(0),
            sequence,
            time,
            author: number.as_deref().and_then(|number| number.parse().ok()),
            quote: Quote {
                author,
                author_native_id: number,
                author_name: None,
                sent_at: (time > 0).then(|| Timestamp::from_seconds(time)),
                native_id: (sequence != 0).then(|| sequence.to_string()),
                parts: if words.is_empty() {
                    Vec::new()
                } else {
                    vec![Part::text(words::with_faces(&words))]
                },
            },
        })
    }

    fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn look_up(&self, find: impl FnOnce(&MobileFiles, &mut Attachment), into: &mut Attachment) {
        if let Some(files) = &self.files {
            find(files, into);
        }
    }
}

/// The answered message as a row describes it.
struct Answered {
    uid: i64,
    sequence: i64,
    time: i64,
    author: Option<u64>,
    quote: Quote,
}

/// The JSON beside a message.
fn extra(row: &MessageRow) -> Option<serde_json::Map<String, Json>> {
    if row.extra.len() > MOST_EXTRA_BYTES || !row.extra.contains("sens_msg_source_msg_info") {
        return None;
    }
    match serde_json::from_str(&row.extra) {
        Ok(Json::Object(object)) => Some(object),
        _ => None,
    }
}

/// The id of a row: what its two databases agree on, and its content where it has no number of its own.
fn identity(row: &MessageRow, conversation: ConversationId) -> MessageId {
    let unique = row.unique.to_le_bytes();
    let sequence = row.sequence.to_le_bytes();
    let time = row.time.to_le_bytes();
    let kind = row.kind.to_le_bytes();
    let sender = row.sender.as_bytes();
    if row.unique != 0 {
        return MessageId::new(
            conversation,
            "uniseq",
            &[&unique, &sequence, &time, sender, &kind],
        );
    }
    let uid = row.uid.to_le_bytes();
    let content = blake3::hash(&row.data);
    MessageId::new(
        conversation,
        "uniseq",
        &[
            &unique,
            &sequence,
            &time,
            sender,
            &kind,
            &uid,
            content.as_bytes(),
        ],
    )
}

/// The lower half of `msgUid` is the random number that later generations keep by itself.
const fn random(row: &MessageRow) -> i64 {
    row.uid & 0xFFFF_FFFF
}

fn native_ids(row: &MessageRow, is_group: bool) -> Vec<NativeId> {
    let mut ids = Vec::with_capacity(6);
    let mut add = |name: NativeIdName, value: i64| {
        if value != 0 {
            ids.push(NativeId::integer(name, value));
        }
    };
    add(NativeIdName::LocalId, row.row);
    add(NativeIdName::Other("uniseq".to_owned()), row.unique);
    add(NativeIdName::Other("msgseq".to_owned()), row.sequence);
    add(NativeIdName::Other("msg_uid".to_owned()), row.uid);
    add(NativeIdName::Random, random(row));
    if is_group {
        let sequence = if row.short_sequence > 0 {
            row.short_sequence
        } else {
            row.sequence
        };
        add(NativeIdName::Sequence, sequence);
    } else {
        add(NativeIdName::ClientSequence, row.short_sequence & 0xFFFF);
    }
    ids
}

/// Keys by which replies find a row, some of them shared with later generations.
fn lookup_keys(row: &MessageRow, conversation: ConversationId, is_group: bool) -> Vec<MessageId> {
    let mut keys = Vec::with_capacity(4);
    let mut add = |kind: &str, fields: &[&[u8]]| {
        let key = MessageId::new(conversation, kind, fields);
        if !keys.contains(&key) {
            keys.push(key);
        }
    };
    let time = row.time.to_le_bytes();
    if row.uid != 0 {
        add("msg_uid", &[&row.uid.to_le_bytes()]);
    }
    for sequence in [row.short_sequence, row.sequence] {
        if sequence > 0 && is_group {
            add("sequence", &[&sequence.to_le_bytes()]);
        }
        if sequence != 0 && !is_group {
            add(
                "client_sequence_at",
                &[&(sequence & 0xFFFF).to_le_bytes(), &time],
            );
        }
    }
    if let Ok(number) = row.sender.parse::<u64>() {
        add("sender_at", &[&number.to_le_bytes(), &time]);
    }
    keys
}

/// Keys of the answered message, strongest first.
fn reply_keys(answered: &Answered, conversation: ConversationId, is_group: bool) -> Vec<MessageId> {
    let mut keys = Vec::with_capacity(3);
    let time = answered.time.to_le_bytes();
    if answered.uid != 0 {
        keys.push(MessageId::new(
            conversation,
            "msg_uid",
            &[&answered.uid.to_le_bytes()],
        ));
    }
    if answered.sequence != 0 {
        keys.push(if is_group {
            MessageId::new(
                conversation,
                "sequence",
                &[&answered.sequence.to_le_bytes()],
            )
        } else {
            MessageId::new(
                conversation,
                "client_sequence_at",
                &[&(answered.sequence & 0xFFFF).to_le_bytes(), &time],
            )
        });
    }
    if let Some(author) = answered.author
        && answered.time != 0
    {
        keys.push(MessageId::new(
            conversation,
            "sender_at",
            &[&author.to_le_bytes(), &time],
        ));
    }
    keys
}

/// A row of a kind that we do not know, with its words where its bytes are text.
fn unknown(row: &MessageRow) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: row.kind.to_string(),
        text: words::readable(&row.data),
        raw: row.data.clone(),
    }))
}

/// Bytes of a known kind that cannot be read.
fn unread(kind: i64, data: &[u8]) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: kind.to_string(),
        text: words::readable(data),
        raw: data.to_vec(),
    }))
}
