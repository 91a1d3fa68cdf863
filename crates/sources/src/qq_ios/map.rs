//! One row becomes one message.

use hutong_model::{
    Attachment, ConversationId, ConversationKind, Direction, File, Image, Message, MessageId,
    NativeId, NativeIdName, NativeValue, Origin, Part, Platform, System, SystemEvent, Timestamp,
    Unknown, Video, Voice,
};

use super::media::{self, Item, Kind};
use super::tables::{Chat, MessageRow};
use crate::qq::book::{Book, GroupFacts};
use crate::qq::card;
use crate::qq::mobile_files::MobileFiles;
use crate::text_ids::TextIds;

/// Types of message.
mod kind {
    pub(super) const TEXT: i64 = 0;
    pub(super) const PICTURE: i64 = 1;
    pub(super) const VOICE: i64 = 3;
    pub(super) const FILE: i64 = 4;
    pub(super) const FILM: i64 = 181;
    pub(super) const PLACE: i64 = 337;
}

/// Turns rows into messages.
pub(super) struct Mapper {
    pub(super) book: Book,
    /// The owner's number.
    pub(super) owner: Option<String>,
    pub(super) files: Option<MobileFiles>,
    pub(super) ids: TextIds,
}

impl Mapper {
    /// The conversation of a table, announced.
    pub(super) fn conversation(&mut self, chat: &Chat) -> ConversationId {
        match chat {
            Chat::Direct(peer) => self.book.direct(peer, ConversationKind::Direct, None),
            Chat::Group(number) => self.book.group(number, GroupFacts::default()),
            Chat::Discussion(number) => self
                .book
                .group(&format!("discuss:{number}"), GroupFacts::default()),
        }
    }

    pub(super) fn message(
        &mut self,
        row: &MessageRow,
        chat: &Chat,
        conversation: ConversationId,
        origin: Origin,
    ) -> Message {
        let at = Timestamp::from_seconds(row.time);
        let number = self.sender_number(row, chat);
        let mut message =
            Message::new(Platform::Qq, MessageId::default(), conversation, at, origin);
        message.parts = self.parts(row);
        let is_system = message
            .parts
            .iter()
            .all(|part| matches!(part, Part::System(_)));
        if !is_system {
            message.direction = self.direction(row, chat, number.as_deref());
            message.sender = number
                .as_deref()
                .map(|number| self.book.account_called(number, &row.nickname));
            message.sender_name = Some(row.nickname.clone()).filter(|name| !name.trim().is_empty());
        }
        message.order = message.row().unwrap_or(0);
        if row.id.is_empty() {
            let sender = match (&message.direction, chat) {
                (Direction::None, _) => "",
                (Direction::Out, Chat::Direct(_)) => "out",
                (Direction::In, Chat::Direct(_)) => "in",
                _ => number.as_deref().unwrap_or_default(),
            };
            message.id = self
                .ids
                .next(conversation, sender, at, message.precision, &message.parts);
        } else {
            let content = blake3::hash(row.content.as_bytes());
            let fields: [&[u8]; 4] = [
                row.id.as_bytes(),
                &row.time.to_le_bytes(),
                number.as_deref().unwrap_or_default().as_bytes(),
                content.as_bytes(),
            ];
            message.id = MessageId::new(conversation, "ios_message", &fields);
            message.native_ids.push(NativeId {
                name: NativeIdName::Other("ios_message".to_owned()),
                value: row
                    .id
                    .parse()
                    .map_or_else(|_| NativeValue::Text(row.id.clone()), NativeValue::Integer),
            });
        }
        if let Some(number) = number.and_then(|number| number.parse::<u64>().ok()) {
            message.lookup_keys.push(MessageId::new(
                conversation,
                "sender_at",
                &[&number.to_le_bytes(), &row.time.to_le_bytes()],
            ));
        }
        message
    }

    /// Number of the author: in a group the row names it, between two it is one of both.
    fn sender_number(&self, row: &MessageRow, chat: &Chat) -> Option<String> {
        match chat {
            Chat::Direct(_) if row.is_own => self.owner.clone(),
            Chat::Direct(peer) => Some(peer.clone()),
            _ => Some(row.sender.clone()).filter(|number| {
                !number.is_empty()
                    && number != "0"
                    && number.bytes().all(|byte| byte.is_ascii_digit())
            }),
        }
    }

    fn direction(&self, row: &MessageRow, chat: &Chat, number: Option<&str>) -> Direction {
        let is_own = match chat {
            Chat::Direct(_) => row.is_own,
            _ => number.is_some() && number == self.owner.as_deref(),
        };
        if is_own {
            Direction::Out
        } else {
            Direction::In
        }
    }

    fn parts(&self, row: &MessageRow) -> Vec<Part> {
        let items = media::items(&row.media);
        match row.kind {
            kind::TEXT => {
                let mut parts = vec![Part::text(
                    row.content.replace("\r\n", "\n").replace('\r', "\n"),
                )];
                let pictures = items.iter().filter(|item| item.md5.is_some());
                parts.extend(pictures.map(|item| self.picture(item)));
                parts
            }
            kind::PICTURE => {
                let mut parts = Vec::new();
                if !is_label(&row.content) {
                    parts.push(Part::text(row.content.clone()));
                }
                parts.extend(items.iter().map(|item| self.picture(item)));
                if items.is_empty() {
                    parts.push(self.picture(&Item::default()));
                }
                parts
            }
            kind::VOICE => vec![self.voice(row, items.first())],
            kind::FILM => vec![self.film(items.first())],
            kind::FILE => vec![self.file(&row.content)],
            kind::PLACE => vec![place(row)],
            _ if row.content.trim().is_empty() => vec![Part::Unknown(Box::new(Unknown {
                kind: row.kind.to_string(),
                text: None,
                raw: row.media.clone().into_bytes(),
            }))],
            _ => vec![Part::System(Box::new(System {
                event: meaning(&row.content),
                text: row.content.clone(),
                accounts: Vec::new(),
            }))],
        }
    }

    fn find(&self, kind: Kind, names: &[Option<&str>], into: &mut Attachment) {
        let owner = self.owner.as_deref().unwrap_or_default();
        media::find(self.files.as_ref(), owner, kind, names, into);
    }

    fn picture(&self, item: &Item) -> Part {
        let mut attachment = Attachment {
            name: item.name.clone(),
            native_digest: media::digest(item.md5.as_ref()),
            ..Attachment::default()
        };
        self.find(
            Kind::Picture,
            &[item.md5.as_deref(), item.name.as_deref()],
            &mut attachment,
        );
        Part::Image(Box::new(Image {
            attachment,
            ..Image::default()
        }))
    }

    fn voice(&self, row: &MessageRow, item: Option<&Item>) -> Part {
        let item = item.cloned().unwrap_or_default();
        let content = Some(row.content.trim()).filter(|text| !is_label(text));
        let mut attachment = Attachment {
            name: item.name.clone().or_else(|| content.map(str::to_owned)),
            native_digest: media::digest(item.md5.as_ref()),
            ..Attachment::default()
        };
        let names = [
            item.name.as_deref(),
            item.md5.as_deref(),
            item.id.as_deref(),
            content,
        ];
        self.find(Kind::Voice, &names, &mut attachment);
        Part::Voice(Box::new(Voice {
            attachment,
            ..Voice::default()
        }))
    }

    fn film(&self, item: Option<&Item>) -> Part {
        let item = item.cloned().unwrap_or_default();
        let mut attachment = Attachment {
            name: item.name.clone(),
            native_digest: media::digest(item.film_md5.as_ref()),
            ..Attachment::default()
        };
        let names = [
            item.film_md5.as_deref(),
            item.name.as_deref(),
            item.id.as_deref(),
        ];
        self.find(Kind::Film, &names, &mut attachment);
        let mut still = Attachment {
            native_digest: media::digest(item.md5.as_ref()),
            ..Attachment::default()
        };
        self.find(Kind::Picture, &[item.md5.as_deref()], &mut still);
        Part::Video(Box::new(Video {
            attachment,
            thumbnail: Some(still).filter(|still| still.content.is_some()),
            ..Video::default()
        }))
    }

    /// The name, and behind a row of bars what the client keeps about the transfer.
    fn file(&self, content: &str) -> Part {
        let name = content.split('|').next().unwrap_or_default().trim();
        let mut attachment = Attachment {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            ..Attachment::default()
        };
        self.find(Kind::File, &[Some(name)], &mut attachment);
        Part::File(Box::new(File { attachment }))
    }
}

/// A place, as JSON in the words or beside them.
fn place(row: &MessageRow) -> Part {
    for json in [&row.content, &row.media] {
        if json.trim_start().starts_with('{')
            && let Ok(part) = card::part(json.clone())
        {
            return part;
        }
    }
    Part::Unknown(Box::new(Unknown {
        kind: row.kind.to_string(),
        text: Some(row.content.clone()).filter(|text| !text.trim().is_empty()),
        raw: row.media.clone().into_bytes(),
    }))
}

/// Nothing, or a word in brackets that stands for what is not text.
fn is_label(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || (text.starts_with('[') && text.ends_with(']') && text.chars().count() <= 8)
}

fn meaning(text: &str) -> SystemEvent {
    if text.contains("撤回") {
        SystemEvent::Recalled
    } else if text.contains("加入") {
        SystemEvent::Joined
    } else if text.contains("退出") || text.contains("移出") {
        SystemEvent::Left
    } else if text.contains("禁言") {
        SystemEvent::Muted
    } else {
        SystemEvent::Notice
    }
}
