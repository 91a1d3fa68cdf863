//! One row becomes one message.

use std::sync::Arc;

use hutong_model::{
    Attachment, ContentHandle, ConversationId, ConversationKind, Direction, Image, Message,
    MessageId, NativeId, NativeIdName, Origin, Part, Platform, System, Timestamp, Unknown, Video,
    Voice,
};

use super::content::{self, Piece};
use super::tables::{Chat, MessageRow};
use crate::Input;
use crate::qq::book::{Book, GroupFacts};
use crate::qq::faces;

/// Sends what the client itself says.
const SYSTEM: u64 = 10_000;

/// Types of pieces.
mod kind {
    pub(super) const TEXT: u8 = 1;
    pub(super) const FACE: u8 = 2;
    pub(super) const GROUP_IMAGE: u8 = 3;
    pub(super) const IMAGE: u8 = 6;
    pub(super) const VOICE: u8 = 7;
    pub(super) const NICK: u8 = 18;
    pub(super) const VIDEO: u8 = 26;
}

/// Turns rows into messages.
pub(super) struct Mapper<'a> {
    pub(super) book: Book,
    /// The owner's number.
    pub(super) owner: Option<u64>,
    /// Where pictures are looked for.
    pub(super) files: Option<&'a Input>,
}

/// Nickname and parts of a body.
#[derive(Default)]
struct Decoded {
    nick: Option<String>,
    parts: Vec<Part>,
}

impl Mapper<'_> {
    /// The conversation of a table, announced.
    pub(super) fn conversation(&mut self, chat: &Chat) -> ConversationId {
        match chat {
            Chat::Direct(peer) => self.book.direct(peer, ConversationKind::Direct, None),
            Chat::Group(code) => self.book.group(code, GroupFacts::default()),
            Chat::Discussion(id) => self
                .book
                .group(&format!("discuss:{id}"), GroupFacts::default()),
            Chat::Other(name) => self
                .book
                .group(&format!("table:{name}"), GroupFacts::default()),
        }
    }

    pub(super) fn message(
        &mut self,
        row: &MessageRow<'_>,
        chat: &Chat,
        conversation: ConversationId,
        sequence: Option<i64>,
        origin: Origin,
    ) -> Message {
        let id = MessageId::new(
            conversation,
            "time_random",
            &[&row.time.to_le_bytes(), &row.random.to_le_bytes()],
        );
        let mut message = Message::new(
            Platform::Qq,
            id,
            conversation,
            Timestamp::from_seconds(row.time),
            origin,
        );
        let mut decoded = self.decode(row.content);
        let is_system = row.sender == SYSTEM || row.sender == 0;
        if is_system {
            decoded.parts = as_system(decoded.parts);
        } else {
            let number = row.sender.to_string();
            let nick = decoded.nick.as_deref().unwrap_or_default();
            message.sender = Some(self.book.account_called(&number, nick));
            message.sender_name = decoded.nick;
            message.direction = self.direction(row.sender, chat);
        }
        message.parts = decoded.parts;
        message.order = sequence.unwrap_or(0) << 32 | row.random;
        message.native_ids = native_ids(row.random, sequence);
        message.lookup_keys = lookup_keys(row, chat, conversation, sequence);
        message
    }

    fn direction(&self, sender: u64, chat: &Chat) -> Direction {
        let is_own = match (self.owner, chat) {
            (Some(owner), _) => owner == sender,
            (None, Chat::Direct(peer)) => *peer != sender.to_string(),
            (None, _) => false,
        };
        if is_own {
            Direction::Out
        } else {
            Direction::In
        }
    }

    fn decode(&self, content: &[u8]) -> Decoded {
        let mut decoded = Decoded::default();
        let mut words = String::new();
        let body = content::read(content);
        for piece in &body.pieces {
            match piece.kind {
                kind::TEXT => match content::inner(piece.value, 1) {
                    Some(text) => words.push_str(&line_breaks(&content::utf16(text))),
                    None => flush_unknown(&mut decoded.parts, &mut words, piece),
                },
                kind::FACE => match content::inner(piece.value, 1) {
                    Some(id) => words.push_str(&face(id)),
                    None => flush_unknown(&mut decoded.parts, &mut words, piece),
                },
                kind::GROUP_IMAGE | kind::IMAGE => {
                    flush(&mut decoded.parts, &mut words);
                    decoded.parts.push(self.image(piece.value));
                }
                kind::VOICE => {
                    flush(&mut decoded.parts, &mut words);
                    decoded.parts.push(voice(piece.value));
                }
                kind::VIDEO => {
                    flush(&mut decoded.parts, &mut words);
                    decoded.parts.push(video(piece.value));
                }
                kind::NICK => {
                    let nick = [1, 2]
                        .into_iter()
                        .filter_map(|kind| content::inner(piece.value, kind))
                        .map(content::utf16)
                        .find(|nick| !nick.trim().is_empty());
                    decoded.nick = nick.or(decoded.nick.take());
                }
                _ => flush_unknown(&mut decoded.parts, &mut words, piece),
            }
        }
        flush(&mut decoded.parts, &mut words);
        if !body.rest.is_empty() || content.is_empty() {
            decoded.parts.push(unknown("MsgContent", body.rest));
        }
        if decoded.parts.is_empty() {
            decoded.parts.push(Part::text(""));
        }
        decoded
    }

    fn image(&self, value: &[u8]) -> Part {
        let path = content::inner(value, 2).map(content::utf16);
        let mut attachment = Attachment {
            native_digest: content::inner(value, 1).and_then(digest),
            ..Attachment::default()
        };
        if let Some(path) = path.filter(|path| !path.trim().is_empty()) {
            attachment.name = path
                .rsplit(['\\', '/', ':'])
                .next()
                .map(str::to_owned)
                .filter(|name| !name.is_empty());
            self.locate(&path, &mut attachment);
        }
        Part::Image(Box::new(Image {
            attachment,
            ..Image::default()
        }))
    }

    /// `UserDataImage:Group\…` lies in the account's folder `Image`.
    fn locate(&self, stated: &str, into: &mut Attachment) {
        let Some(input) = self.files else { return };
        let tail = stated
            .rsplit_once(':')
            .map_or(stated, |(_, tail)| tail)
            .replace('\\', "/");
        let tail = tail.trim_start_matches('/');
        let found = [format!("Image/{tail}"), tail.to_owned()]
            .into_iter()
            .find_map(|path| input.real_path(&path));
        if let Some(path) = found
            && let Some(content) = input.content(&path)
        {
            into.size_bytes = input.size_bytes(&path);
            into.path = Some(path);
            into.content = Some(ContentHandle(Arc::new(content)));
        }
    }
}

fn native_ids(random: i64, sequence: Option<i64>) -> Vec<NativeId> {
    let mut ids = vec![NativeId::integer(NativeIdName::Random, random)];
    ids.extend(
        sequence
            .filter(|sequence| *sequence != 0)
            .map(|sequence| NativeId::integer(NativeIdName::Sequence, sequence)),
    );
    ids
}

/// The keys by which replies of a later generation name this message.
fn lookup_keys(
    row: &MessageRow<'_>,
    chat: &Chat,
    conversation: ConversationId,
    sequence: Option<i64>,
) -> Vec<MessageId> {
    let mut keys = Vec::new();
    if let (Some(sequence), Chat::Group(_)) = (sequence.filter(|number| *number != 0), chat) {
        keys.push(MessageId::new(
            conversation,
            "sequence",
            &[&sequence.to_le_bytes()],
        ));
    }
    keys.push(MessageId::new(
        conversation,
        "sender_at",
        &[&row.sender.to_le_bytes(), &row.time.to_le_bytes()],
    ));
    keys
}

/// Windows ends lines with two characters, and a lone carriage return is a line break too.
fn line_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn flush(parts: &mut Vec<Part>, words: &mut String) {
    if !words.is_empty() {
        parts.push(Part::text(std::mem::take(words)));
    }
}

fn flush_unknown(parts: &mut Vec<Part>, words: &mut String, piece: &Piece<'_>) {
    flush(parts, words);
    parts.push(unknown(&format!("piece {}", piece.kind), piece.value));
}

fn unknown(kind: &str, raw: &[u8]) -> Part {
    Part::Unknown(Box::new(Unknown {
        kind: kind.to_owned(),
        text: None,
        raw: raw.to_vec(),
    }))
}

/// A face by its number, the first byte counting most.
fn face(id: &[u8]) -> String {
    let number = id
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    faces::name(number).map_or_else(|| format!("[表情{number}]"), |name| format!("/{name}"))
}

/// A digest as bytes or as text.
fn digest(bytes: &[u8]) -> Option<String> {
    if bytes.len() == 16 {
        return Some(hex::encode(bytes));
    }
    let is_hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    std::str::from_utf8(bytes)
        .ok()
        .map(str::to_owned)
        .filter(|text| is_hex(text))
        .or_else(|| Some(content::utf16(bytes)).filter(|text| is_hex(text)))
        .map(|text| text.to_ascii_lowercase())
}

fn voice(value: &[u8]) -> Part {
    Part::Voice(Box::new(Voice {
        attachment: Attachment {
            native_digest: content::inner(value, 1).and_then(digest),
            ..Attachment::default()
        },
        ..Voice::default()
    }))
}

/// The MD5 of a film stands inside a longer record, each byte inverted by a constant.
fn video(value: &[u8]) -> Part {
    let md5 = content::inner(value, 1)
        .and_then(|record| record.get(244..260))
        .map(|masked| {
            let bytes: Vec<u8> = masked.iter().map(|byte| byte ^ 0xEF).collect();
            hex::encode(bytes)
        });
    Part::Video(Box::new(Video {
        attachment: Attachment {
            native_digest: md5,
            ..Attachment::default()
        },
        ..Video::default()
    }))
}

/// What the client says is an event; everything that is not words stays beside it.
fn as_system(parts: Vec<Part>) -> Vec<Part> {
    parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => Part::System(Box::new(System {
                text: text.text,
                ..System::default()
            })),
            other => other,
        })
        .collect()
}
