//! One message of an export becomes ours.

use std::sync::Arc;

use hutong_model::{
    At, ConversationId, Direction, Message, MessageId, NativeId, NativeIdName, NativeValue,
    OriginPlace, Part, Platform, State, SystemEvent, Timestamp, Unknown,
};
use jiff::tz::TimeZone;

use super::element::{Elements, Target};
use super::header::Scene;
use crate::json_export::{Files, moment, origin};
use crate::json_stream::{Node, is_rounded};
use crate::text_ids::TextIds;

/// Ids of the NT generation begin with the time: smaller numbers are something else.
const SMALLEST_ID: i64 = 1 << 53;
/// Message types (40011): a tip of the client.
const GRAY_TIP: i64 = 5;

/// What the mapping may know beside the message.
pub(super) struct Desk<'a> {
    pub(super) scene: Scene,
    pub(super) files: Files<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) ids: TextIds,
    pub(super) count: i64,
    pub(super) keep_raw: bool,
}

impl Desk<'_> {
    /// The message, or why there is none.
    pub(super) fn message(
        &mut self,
        node: &Node<'_>,
        place: &Arc<OriginPlace>,
        at: At,
        bytes: &[u8],
    ) -> Result<Box<Message>, &'static str> {
        if !node.is_object() {
            return Err("the message is no object");
        }
        let raw = node.get("rawMessage");
        let time = [node.get("timestamp"), node.get("time"), raw.get("msgTime")]
            .into_iter()
            .find_map(|time| moment(time, self.zone));
        let Some((sent_at, precision)) = time else {
            return Err("the message has no time");
        };
        let is_system = node
            .first(&["system", "isSystemMessage", "isSystem"])
            .is_true()
            || node.get("type").str() == Some("system")
            || node.get("messageType").integer() == Some(GRAY_TIP);
        let (native_id, sender_name) = self.sender(node, raw);
        let sender = native_id
            .as_deref()
            .map(|id| self.scene.people.account(id, sender_name.as_deref()));

        let mut elements = Elements {
            people: &mut self.scene.people,
            files: self.files,
            zone: self.zone,
            sender,
            target: None,
            depth: 0,
        };
        let mut parts = elements.body(node);
        let is_said_by_client = |part: &Part| matches!(part, Part::System(_) | Part::Nudge(_));
        if is_system && !parts.iter().any(is_said_by_client) {
            let text = hutong_model::plain_text(&parts);
            parts = vec![elements.notice(&text)];
        }
        let target = elements.target.take();
        let is_recalled = node.first(&["recalled", "isRecalled"]).is_true();
        if parts.is_empty() {
            parts.push(empty(node, bytes, is_recalled));
        }

        let is_event = matches!(parts.first(), Some(Part::System(_)));
        let sender = sender.filter(|_| !is_event);
        let direction = match (&native_id, sender) {
            (_, None) => Direction::None,
            (Some(id), _) if self.scene.people.owner() == Some(id) => Direction::Out,
            _ => Direction::In,
        };
        let conversation = self.scene.conversation;
        let stated = node.first(&["id", "messageId"]);
        let stated = if stated.is_null() {
            raw.get("msgId")
        } else {
            stated
        };
        let sequence = integer(node, raw, &["seq", "msgSeq"]);
        let strong = self.number(stated);
        let id = match (strong, stated.text()) {
            (Some(id), _) => MessageId::new(conversation, "message", &[&id.to_le_bytes()]),
            // Digits were lost on the way, or there is no id.
            (None, text) if text.as_deref().is_none_or(is_long_number) => {
                let sender = match direction {
                    Direction::None => "",
                    _ if self.scene.is_group => native_id.as_deref().unwrap_or_default(),
                    Direction::Out => "out",
                    Direction::In => "in",
                };
                self.ids
                    .next(conversation, sender, sent_at, precision, &parts)
            }
            (None, text) => {
                let text = text.unwrap_or_default();
                MessageId::new(conversation, "qce", &[text.as_bytes()])
            }
        };

        let mut message = Message::new(Platform::Qq, id, conversation, sent_at, origin(place, at));
        message.precision = precision;
        self.count += 1;
        message.order = sequence
            .filter(|sequence| *sequence > 0)
            .map_or(self.count, |sequence| {
                sequence.min(i64::from(i32::MAX)) << 32
                    | (strong.unwrap_or(self.count) & 0xFFFF_FFFF)
            });
        message.sender = sender;
        message.sender_name = sender_name.filter(|_| sender.is_some());
        message.direction = direction;
        message.native_ids = native_ids(node, raw, stated, strong, sequence);
        if !is_event {
            message.lookup_keys = self.lookup_keys(sequence, native_id.as_deref(), sent_at);
        }
        if let Some(target) = target {
            message.reply_to = self.reply_keys(&target, id);
        }
        if is_recalled || is_recall(&parts) {
            message.state = State::Recalled {
                by: None,
                at: is_recall(&parts).then_some(sent_at),
            };
        }
        message.parts = parts;
        message.raw = self.keep_raw.then(|| bytes.to_vec());
        Ok(Box::new(message))
    }

    /// Native id and name of the one who wrote it.
    fn sender(&self, node: &Node<'_>, raw: &Node<'_>) -> (Option<String>, Option<String>) {
        let sender = node.get("sender");
        let id = |node: &Node<'_>, uid: &str, uin: &str| {
            let uid = node.get(uid).text().unwrap_or_default();
            let uin = node.get(uin).text().unwrap_or_default();
            let id = self.scene.people.native_id(&uid, &uin);
            id.map(str::to_owned)
        };
        let id = id(sender, "uid", "uin").or_else(|| id(raw, "senderUid", "senderUin"));
        let name = sender
            .first(&["groupCard", "name", "nickname", "remark"])
            .words()
            .or_else(|| raw.first(&["sendMemberName", "sendNickName"]).words())
            .filter(|name| Some(name) != id.as_ref() && name != "未知");
        (id, name)
    }

    /// The id of the NT generation, when no digits of it were lost.
    fn number(&self, node: &Node<'_>) -> Option<i64> {
        let number = node.integer()?;
        (number > SMALLEST_ID && (self.scene.has_exact_ids || !is_rounded(number)))
            .then_some(number)
    }

    /// Keys by which replies find this message; the same as those of the databases.
    fn lookup_keys(
        &self,
        sequence: Option<i64>,
        sender: Option<&str>,
        sent_at: Timestamp,
    ) -> Vec<MessageId> {
        let conversation = self.scene.conversation;
        if self.scene.is_group
            && let Some(sequence) = sequence.filter(|sequence| *sequence != 0)
        {
            return vec![sequence_key(conversation, sequence)];
        }
        let uin = sender.and_then(|sender| sender.parse::<u64>().ok());
        uin.map(|uin| sender_key(conversation, uin, sent_at))
            .into_iter()
            .collect()
    }

    fn reply_keys(&self, target: &Target, own: MessageId) -> Vec<MessageId> {
        let conversation = self.scene.conversation;
        let mut keys: Vec<MessageId> = Vec::new();
        for id in &target.ids {
            let key = if *id > SMALLEST_ID {
                MessageId::new(conversation, "message", &[&id.to_le_bytes()])
            } else if self.scene.is_group {
                sequence_key(conversation, *id)
            } else {
                continue;
            };
            if !keys.contains(&key) && key != own {
                keys.push(key);
            }
        }
        let uin = target
            .sender
            .as_deref()
            .and_then(|sender| sender.parse::<u64>().ok());
        if let (Some(uin), Some(sent_at)) = (uin, target.sent_at) {
            keys.push(sender_key(conversation, uin, sent_at));
        }
        keys
    }
}

fn sequence_key(conversation: ConversationId, sequence: i64) -> MessageId {
    MessageId::new(conversation, "sequence", &[&sequence.to_le_bytes()])
}

fn sender_key(conversation: ConversationId, uin: u64, sent_at: Timestamp) -> MessageId {
    let fields: [&[u8]; 2] = [&uin.to_le_bytes(), &sent_at.seconds().to_le_bytes()];
    MessageId::new(conversation, "sender_at", &fields)
}

/// Whether a text is a number so long that it may have lost digits.
fn is_long_number(text: &str) -> bool {
    text.trim().is_empty()
        || text == "0"
        || (text.len() > 15 && text.bytes().all(|digit| digit.is_ascii_digit()))
}

fn integer(node: &Node<'_>, raw: &Node<'_>, keys: &[&str]) -> Option<i64> {
    node.first(keys)
        .integer()
        .or_else(|| raw.first(keys).integer())
        .filter(|number| *number != 0)
}

fn native_ids(
    node: &Node<'_>,
    raw: &Node<'_>,
    stated: &Node<'_>,
    strong: Option<i64>,
    sequence: Option<i64>,
) -> Vec<NativeId> {
    let mut ids = Vec::with_capacity(3);
    match (strong, stated.words()) {
        (Some(id), _) => ids.push(NativeId::integer(NativeIdName::MessageId, id)),
        (None, Some(text)) => ids.push(NativeId {
            name: NativeIdName::Other("qce_id".to_owned()),
            value: NativeValue::Text(text),
        }),
        (None, None) => {}
    }
    let random = integer(node, raw, &["msgRandom", "random"]);
    let client = integer(node, raw, &["clientSeq"]);
    for (name, value) in [
        (NativeIdName::Sequence, sequence),
        (NativeIdName::Random, random),
        (NativeIdName::ClientSequence, client),
    ] {
        ids.extend(value.map(|value| NativeId::integer(name, value)));
    }
    ids
}

/// What stands for a message without any content.
fn empty(node: &Node<'_>, bytes: &[u8], is_recalled: bool) -> Part {
    if is_recalled {
        return Part::System(Box::new(hutong_model::System {
            event: SystemEvent::Recalled,
            text: "撤回了一条消息".to_owned(),
            accounts: Vec::new(),
        }));
    }
    let kind = node
        .first(&["type", "messageType"])
        .words()
        .unwrap_or_default();
    match kind.as_str() {
        "text" | "2" => Part::text(""),
        kind => Part::Unknown(Box::new(Unknown {
            kind: format!("qce {kind}"),
            text: None,
            raw: bytes.to_vec(),
        })),
    }
}

fn is_recall(parts: &[Part]) -> bool {
    matches!(parts.first(), Some(Part::System(system)) if system.event == SystemEvent::Recalled)
}
