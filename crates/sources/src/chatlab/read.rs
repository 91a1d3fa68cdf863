//! The reading itself: a pass to learn who is who, and one for the messages.

use std::sync::Arc;

use hutong_model::{
    At, Direction, Message, MessageId, NativeId, NativeIdName, NativeValue, OriginPlace, Part,
    Platform, Precision, ProblemKind, Record, Sink, State, SystemEvent, Timestamp,
};
use jiff::tz::TimeZone;

use super::content::{self, RECALL};
use super::file::{self, Item, Section};
use super::header::{Header, SYSTEM, Scene};
use crate::json_export::{
    Changes, moment, not_ours, open, origin, place, problem, report_others, zone,
};
use crate::json_stream::{Node, is_rounded, parse};
use crate::text_ids::TextIds;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in messages.
const PROGRESS: u64 = 4096;
const UNKNOWN_SIDES: &str = "whose copy this is cannot be told; name the account";
const REPAIRED: &str =
    "the JSON of a message was repaired: bytes or escapes that are no text were replaced";

/// Pushes every file of an input.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let files = file::find(input);
    if files.is_empty() {
        return Err(not_ours(input, "it is no ChatLab file"));
    }
    report_others(
        input,
        |name| files.iter().any(|(path, _)| path == name),
        out,
    )?;
    let zone = zone(options);
    let mut changes = Changes::default();
    let mut rows = 0;
    for (path, kind) in &files {
        changes.watch(input, path);
        let source = open(input, path)?;
        let mut header = Header::default();
        file::walk(Arc::clone(&source), path, kind.is_lines, &mut |item| {
            header.learn(&item);
            Ok(())
        })?;
        let place = place(path);
        if !header.has_meta {
            let reason = "the header is missing; platform and conversation are not known";
            out.problem(problem(&place, At::Whole, ProblemKind::Damage, reason))?;
        }
        let expected = header.messages + rows;
        let has_exact_ids = header.has_exact_ids;
        let title = path
            .rsplit_once('.')
            .map_or(path.as_str(), |(stem, _)| stem);
        let (scene, records) = Scene::new(header, options.account.as_deref(), title);
        records
            .into_iter()
            .try_for_each(|record| out.record(record))?;
        if !scene.knows_sides {
            out.problem(problem(&place, At::Whole, ProblemKind::Note, UNKNOWN_SIDES))?;
        }
        let mut reading = Reading {
            place,
            scene,
            zone: &zone,
            keep_raw: options.keep_raw,
            has_exact_ids,
            ids: TextIds::default(),
            order: 0,
        };
        file::walk(source, path, kind.is_lines, &mut |item| {
            if let Some(is_row) = reading.item(&item, out)?
                && is_row
            {
                rows += 1;
                if rows % PROGRESS == 0 {
                    out.progress(rows, Some(expected))?;
                }
            }
            Ok(())
        })?;
    }
    out.progress(rows, Some(rows))?;
    Ok(Summary {
        rows_read: rows,
        changed_while_reading: changes.any(input),
    })
}

/// One file on its way.
struct Reading<'a> {
    place: Arc<OriginPlace>,
    scene: Scene,
    zone: &'a TimeZone,
    keep_raw: bool,
    has_exact_ids: bool,
    ids: TextIds,
    order: i64,
}

impl Reading<'_> {
    /// Whether the item was a row of the file's messages; nothing for other items.
    fn item(&mut self, item: &Item<'_>, out: &mut dyn Sink) -> Result<Option<bool>, ReadError> {
        match item {
            Item::Trouble(at, is_message, reason) => {
                let kind = if *is_message {
                    ProblemKind::RejectedRow
                } else {
                    ProblemKind::Damage
                };
                out.problem(problem(&self.place, *at, kind, *reason))?;
                Ok(Some(*is_message))
            }
            Item::Value(Section::Message, at, bytes) => {
                let mut spare = Vec::new();
                match parse::<Node<'_>>(bytes, &mut spare) {
                    Ok((node, was_repaired)) => {
                        if was_repaired {
                            out.problem(problem(&self.place, *at, ProblemKind::Note, REPAIRED))?;
                        }
                        match self.message(&node, *at, bytes, out)? {
                            Ok(message) => out.record(Record::Message(message))?,
                            Err(reason) => out.problem(problem(
                                &self.place,
                                *at,
                                ProblemKind::RejectedRow,
                                reason,
                            ))?,
                        }
                    }
                    Err(_) => {
                        let reason = "the message is not valid JSON";
                        out.problem(problem(&self.place, *at, ProblemKind::RejectedRow, reason))?;
                    }
                }
                Ok(Some(true))
            }
            Item::Value(..) => Ok(None),
        }
    }

    fn message(
        &mut self,
        node: &Node<'_>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<Result<Box<Message>, &'static str>, ReadError> {
        if !node.is_object() {
            return Ok(Err("the message is no object"));
        }
        let Some((sent_at, precision)) = moment(node.get("timestamp"), self.zone) else {
            return Ok(Err("the message has no time"));
        };
        let code = node.get("type").integer();
        let content = node.get("content").text();
        let parts = content::parts(code, content.as_deref(), bytes);
        let is_system = matches!(parts.first(), Some(Part::System(_)));

        let name = node.first(&["groupNickname", "accountName"]).words();
        let stated = node.get("sender").words();
        let sender_id = stated
            .or_else(|| node.get("accountName").words())
            .map(|id| id.trim().to_owned())
            .filter(|id| id != SYSTEM);
        let mut sender = None;
        if let Some(id) = &sender_id {
            let stated_name = node.get("accountName").words();
            let (account, record) = self.scene.account(id, stated_name.as_deref());
            if let Some(record) = record {
                out.record(record)?;
            }
            sender = Some(account);
        }
        let actor = sender;
        if is_system {
            sender = None;
        }
        let is_out = sender_id.is_some() && sender_id == self.scene.owner;
        let direction = match sender {
            None => Direction::None,
            Some(_) if is_out => Direction::Out,
            Some(_) if self.scene.knows_sides => Direction::In,
            Some(_) => Direction::None,
        };
        let id = self.id(
            node,
            sender_id.as_deref().filter(|_| sender.is_some()),
            direction,
            sent_at,
            precision,
            &parts,
        );

        let mut message = Message::new(
            self.scene.platform.clone(),
            id,
            self.scene.conversation,
            sent_at,
            origin(&self.place, at),
        );
        message.precision = precision;
        self.order += 1;
        message.order = self.order;
        message.sender = sender;
        message.sender_name = name.filter(|_| sender.is_some());
        message.direction = direction;
        if let Some(id) = self.strong_id(node.get("replyToMessageId")) {
            message.reply_to.push(id);
        }
        message.native_ids = self.native_ids(node.get("platformMessageId"));
        if code == Some(RECALL) || is_recall(&parts) {
            message.state = State::Recalled {
                by: actor,
                at: Some(sent_at),
            };
        }
        message.parts = parts;
        message.raw = self.keep_raw.then(|| bytes.to_vec());
        Ok(Ok(Box::new(message)))
    }

    fn id(
        &mut self,
        node: &Node<'_>,
        sender: Option<&str>,
        direction: Direction,
        sent_at: Timestamp,
        precision: Precision,
        parts: &[Part],
    ) -> MessageId {
        if let Some(id) = self.strong_id(node.get("platformMessageId")) {
            return id;
        }
        let sender = match (sender, direction) {
            (None, _) => "",
            (Some(sender), _) if self.scene.is_group => sender,
            (_, Direction::Out) => "out",
            (_, Direction::In | Direction::None) => "in",
        };
        self.ids
            .next(self.scene.conversation, sender, sent_at, precision, parts)
    }

    /// The platform's number in an id, when no digits of it were lost.
    fn number(&self, text: &str) -> Option<i64> {
        if text.is_empty() || !text.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let number = text
            .parse::<i64>()
            .ok()
            .or_else(|| text.parse::<u64>().ok().map(u64::cast_signed))?;
        // One exact id among the others tells that the file is exact.
        (number != 0 && (self.has_exact_ids || !is_rounded(number))).then_some(number)
    }

    /// The message that an id names.
    fn strong_id(&self, node: &Node<'_>) -> Option<MessageId> {
        let text = node.text()?;
        let text = text.trim();
        if text.is_empty() || text == "0" {
            return None;
        }
        let conversation = self.scene.conversation;
        let is_digits = text.bytes().all(|digit| digit.is_ascii_digit());
        let number = self.number(text);
        let of = |kind: &str, bytes: &[u8]| MessageId::new(conversation, kind, &[bytes]);
        match (&self.scene.platform, number) {
            (Platform::WeChat, Some(number)) => Some(of("server", &number.to_le_bytes())),
            (Platform::Qq, Some(number)) if number.unsigned_abs() > 1 << 53 => {
                Some(of("message", &number.to_le_bytes()))
            }
            // Digits were lost on the way: several messages may share what is left.
            (_, None) if is_digits && text.len() > 15 => None,
            _ => Some(of("chatlab", text.as_bytes())),
        }
    }

    fn native_ids(&self, node: &Node<'_>) -> Vec<NativeId> {
        let Some(text) = node.text().filter(|text| !text.trim().is_empty()) else {
            return Vec::new();
        };
        let text = text.trim();
        let name = match &self.scene.platform {
            Platform::WeChat => NativeIdName::ServerId,
            _ => NativeIdName::MessageId,
        };
        vec![match self.number(text) {
            Some(number) => NativeId::integer(name, number),
            None => NativeId {
                name: NativeIdName::Other("chatlab_id".to_owned()),
                value: NativeValue::Text(text.to_owned()),
            },
        }]
    }
}

fn is_recall(parts: &[Part]) -> bool {
    matches!(parts.first(), Some(Part::System(system)) if system.event == SystemEvent::Recalled)
}
