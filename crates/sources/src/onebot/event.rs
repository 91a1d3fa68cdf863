//! A message event becomes a message.

use std::sync::Arc;

use hutong_model::{
    At, Direction, Message, MessageId, NativeId, NativeIdName, NativeValue, OriginPlace, Part,
    Precision, Reaction, Timestamp,
};
use jiff::tz::TimeZone;

use super::chat::{Chats, Here, id};
use super::segment::{Segments, emoji};
use crate::json_export::{Files, moment, origin};
use crate::json_stream::{Node, is_rounded};
use crate::text_ids::TextIds;

/// Ids of the NT generation begin with the time: smaller numbers are something else.
const SMALLEST_ID: i64 = 1 << 53;

/// What the mapping may know beside the event.
pub(super) struct Desk<'a> {
    pub(super) chats: Chats,
    pub(super) files: Files<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) ids: TextIds,
    pub(super) count: i64,
    pub(super) keep_raw: bool,
}

/// A message and what later events call it.
pub(super) struct Mapped {
    pub(super) message: Box<Message>,
    /// Its id in the program that wrote the dump.
    pub(super) message_id: Option<String>,
}

/// Why an event gives no message.
pub(super) const NO_TIME: &str = "the event has no time";
pub(super) const NO_CHAT: &str = "the event names no chat";

impl Desk<'_> {
    /// When an event happened.
    pub(super) fn time(&self, event: &Node<'_>) -> Option<(Timestamp, Precision)> {
        moment(event.get("time"), self.zone)
    }

    /// The message of an event.
    pub(super) fn message(
        &mut self,
        event: &Node<'_>,
        place: &Arc<OriginPlace>,
        at: At,
        bytes: &[u8],
    ) -> Result<Mapped, &'static str> {
        let (sent_at, precision) = self.time(event).ok_or(NO_TIME)?;
        let here = self.chats.locate(event).ok_or(NO_CHAT)?;
        let (account, native_id, name) = self.chats.sender(event, &here);

        let mut segments = Segments {
            people: &mut self.chats.people,
            files: self.files,
            zone: self.zone,
            sender: account,
            reply: None,
            depth: 0,
        };
        let mut parts = segments.message(event.first(&["message", "content"]));
        if parts.is_empty() {
            parts = segments.message(event.first(&["raw_message", "alt_message"]));
        }
        let reply = segments.reply.take();
        if parts.is_empty() {
            parts.push(Part::text(""));
        }
        // A group's notice in the form of a message has no sender.
        let is_notice = event.get("sub_type").str() == Some("notice") && here.is_group;
        if is_notice {
            let text = hutong_model::plain_text(&parts);
            parts = vec![super::notice::system(Default::default(), text, Vec::new())];
        }
        let sender = account.filter(|_| !is_notice);
        let is_own = native_id.is_some() && native_id.as_deref() == self.chats.people.owner();
        let direction = match sender {
            None => Direction::None,
            Some(_) if is_own => Direction::Out,
            Some(_) => Direction::In,
        };

        let conversation = here.conversation;
        let raw = event.get("raw");
        let strong = raw
            .get("msgId")
            .integer()
            .filter(|id| *id > SMALLEST_ID && !is_rounded(*id));
        let sequence = event
            .get("real_seq")
            .integer()
            .or_else(|| raw.get("msgSeq").integer())
            .filter(|sequence| *sequence > 0);
        let message_id = id(event.get("message_id"));
        let seconds = sent_at.seconds().to_le_bytes();
        let key = |kind: &str, fields: &[&[u8]]| MessageId::new(conversation, kind, fields);
        let own_key = match (strong, sequence, &message_id) {
            (Some(id), _, _) => key("message", &[&id.to_le_bytes()]),
            // The sequence of a group is the server's; ids of the program change when it starts anew.
            (None, Some(sequence), _) if here.is_group => {
                key("onebot", &[b"sequence", &sequence.to_le_bytes(), &seconds])
            }
            (None, _, Some(id)) => key("onebot", &[b"id", id.as_bytes(), &seconds]),
            (None, _, None) => {
                let sender = match direction {
                    Direction::None => "",
                    _ if here.is_group => native_id.as_deref().unwrap_or_default(),
                    Direction::Out => "out",
                    Direction::In => "in",
                };
                self.ids
                    .next(conversation, sender, sent_at, precision, &parts)
            }
        };
        let mut message = Message::new(
            self.chats.people.platform().clone(),
            own_key,
            conversation,
            sent_at,
            origin(place, at),
        );
        message.precision = precision;
        self.count += 1;
        message.order = match sequence {
            Some(sequence) => sequence.min(i64::from(i32::MAX)) << 32 | (self.count & 0xFFFF_FFFF),
            None => self.count,
        };
        message.sender = sender;
        message.sender_name = name.filter(|_| sender.is_some());
        message.direction = direction;
        message.parts = parts;
        message.reactions = reactions(event);
        message.native_ids = native_ids(event, strong, sequence, message_id.as_deref());
        let mut lookups = Vec::with_capacity(2);
        lookups.extend(
            message_id
                .as_ref()
                .map(|id| key("onebot_id", &[id.as_bytes()])),
        );
        if let Some(sequence) = sequence.filter(|_| here.is_group) {
            lookups.push(key("sequence", &[&sequence.to_le_bytes()]));
        } else if let Some(uin) = native_id.as_deref().and_then(|id| id.parse::<u64>().ok()) {
            lookups.push(key("sender_at", &[&uin.to_le_bytes(), &seconds]));
        }
        message.lookup_keys = lookups;
        if let Some((target, target_sequence)) = reply {
            message
                .reply_to
                .push(key("onebot_id", &[target.as_bytes()]));
            let target_sequence = target_sequence.filter(|sequence| *sequence > 0);
            if let Some(sequence) = target_sequence.filter(|_| here.is_group) {
                message
                    .reply_to
                    .push(key("sequence", &[&sequence.to_le_bytes()]));
            }
        }
        message.raw = self.keep_raw.then(|| bytes.to_vec());
        Ok(Mapped {
            message: Box::new(message),
            message_id,
        })
    }

    /// The place of an event that is no message.
    pub(super) fn here(&mut self, event: &Node<'_>) -> Option<Here> {
        self.chats.locate(event)
    }
}

fn reactions(event: &Node<'_>) -> Vec<Reaction> {
    let list = event.first(&["emoji_likes_list", "likes"]).list().iter();
    list.filter_map(|like| {
        let id = id(like.get("emoji_id"))?;
        Some(Reaction {
            emoji: emoji(&id),
            count: like.first(&["likes_cnt", "count"]).unsigned().unwrap_or(1),
            accounts: Vec::new(),
        })
    })
    .collect()
}

fn native_ids(
    event: &Node<'_>,
    strong: Option<i64>,
    sequence: Option<i64>,
    message_id: Option<&str>,
) -> Vec<NativeId> {
    let raw = event.get("raw");
    let mut ids = Vec::with_capacity(4);
    let random = raw.get("msgRandom").integer();
    let client = raw.get("clientSeq").integer();
    for (name, value) in [
        (NativeIdName::MessageId, strong),
        (NativeIdName::Sequence, sequence),
        (NativeIdName::Random, random),
        (NativeIdName::ClientSequence, client),
    ] {
        let value = value.filter(|value| *value != 0);
        ids.extend(value.map(|value| NativeId::integer(name, value)));
    }
    ids.extend(message_id.map(|id| NativeId {
        name: NativeIdName::Other("onebot_id".to_owned()),
        value: NativeValue::Text(id.to_owned()),
    }));
    ids
}
