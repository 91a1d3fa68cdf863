//! The reading itself.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hutong_model::{
    At, Change, ConversationId, Forward, ForwardedMessage, Message, MessageChange, MessageId,
    Origin, OriginPlace, Part, Platform, ProblemKind, Record, Sink, Stop, Timestamp,
    comparable_text,
};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::chat::{Chats, id};
use super::dump::{self, Answer, Item};
use super::event::Desk;
use super::segment::Segments;
use crate::json_export::{
    Changes, Files, not_ours, open, origin, place, problem, report_others, zone,
};
use crate::json_stream::{Node, Prune, Pruned, first_value, parse};
use crate::text_ids::TextIds;
use crate::{Input, ReadError, ReadOptions, Summary};

/// How often the receiver hears how far we are, in messages.
const PROGRESS: u64 = 4096;
/// Events looked at to find the first other side of a private chat.
const GLANCED: u64 = 20_000;
/// Messages that later notices can point to, and events that are compared for repetition; twice as many at most. Tables of
/// this many entries are full to the brim, so that they take 36 MB at most.
const REMEMBERED: usize = 450_000;
/// Messages of one bundle.
const MOST_FORWARDED: usize = 20_000;

const REPAIRED: &str =
    "the JSON of an event was repaired: bytes or escapes that are no text were replaced";
const REPEATED: &str = "the same event stands in the input more than once and was read once";
/// Title of the chat for bundles that stand alone.
const BUNDLES: &str = "合并转发";

/// The client's own record, which some programs add, is large, and only its plain fields are needed.
struct Raw;

impl Prune for Raw {
    const KEYS: &'static [&'static str] = &["raw"];
}

/// What a program stored.
type Stored<'a> = Pruned<'a, Raw>;

/// Pushes every dump of an input.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let files = dump::find(input);
    if files.is_empty() {
        return Err(not_ours(input, "it is no OneBot dump"));
    }
    report_others(
        input,
        |name| files.iter().any(|(path, _)| path == name),
        out,
    )?;
    let zone = zone(options);
    let mut changes = Changes::default();
    let mut rows = 0;
    let mut memory = Memory::default();
    let mut chats: Option<Chats> = None;
    let mut count = 0;
    for (path, kind) in &files {
        changes.watch(input, path);
        let source = open(input, path)?;
        let first = glance(&source, path, *kind)?;
        // People and chats are shared by the files of one messenger.
        let known = chats
            .take()
            .filter(|chats| *chats.people.platform() == first.platform);
        let mut reading = Reading {
            place: place(path),
            desk: Desk {
                chats: known.unwrap_or_else(|| {
                    Chats::new(first.peer, options.account.as_deref(), first.platform)
                }),
                files: Files {
                    input: options.locate_attachments.then_some(input),
                },
                zone: &zone,
                ids: TextIds::default(),
                count,
                keep_raw: options.keep_raw,
            },
            memory: &mut memory,
            bundle: Vec::new(),
            rows,
        };
        dump::walk(&source, path, *kind, &mut |item| reading.item(&item, out))?;
        reading.bundle(out)?;
        rows = reading.rows;
        count = reading.desk.count;
        chats = Some(reading.desk.chats);
    }
    for waiting in memory.waiting() {
        let reason = "a notice speaks of a message that is not in the input";
        out.problem(hutong_model::Problem {
            origin: waiting.origin,
            kind: ProblemKind::Note,
            reason: reason.to_owned(),
        })?;
    }
    out.progress(rows, Some(rows))?;
    Ok(Summary {
        rows_read: rows,
        changed_while_reading: changes.any(input),
    })
}

/// What the first events tell.
struct First {
    peer: Option<String>,
    platform: Platform,
}

impl First {
    fn learn(&mut self, node: &Node<'_>) {
        if let Some(platform) = node.get("self").get("platform").words() {
            self.platform = Platform::from_name(&platform.to_lowercase());
        }
        let answered = node.get("data").get("messages").list();
        for event in answered.iter().chain([node]) {
            let own = id(event.get("self_id")).or_else(|| id(event.get("self").get("user_id")));
            let is_private = event.first(&["message_type", "detail_type"]).str() == Some("private");
            let user = id(event.get("user_id")).filter(|user| Some(user) != own.as_ref());
            if is_private && self.peer.is_none() {
                self.peer = user;
            }
        }
    }
}

/// Finds the messenger and the other side of the first private message.
fn glance(
    source: &Arc<dyn hutong_sqlite::ReadAt>,
    path: &str,
    kind: dump::Kind,
) -> Result<First, ReadError> {
    let mut first = First {
        peer: None,
        platform: Platform::Qq,
    };
    let mut seen = 0;
    dump::walk(source, path, kind, &mut |item| {
        let mut spare = Vec::new();
        let (node, answer) = match item {
            Item::Offer(_, bytes) => match first_value::<Stored<'_>>(bytes) {
                Some((node, length)) => (node, Answer::Taken(length)),
                None => return Ok(Answer::GoOn),
            },
            Item::Value(_, bytes) => match parse::<Stored<'_>>(bytes, &mut spare) {
                Ok((node, _)) => (node, Answer::GoOn),
                Err(_) => return Ok(Answer::GoOn),
            },
            Item::Trouble(..) => return Ok(Answer::GoOn),
        };
        seen += 1;
        first.learn(&node);
        let is_known = first.peer.is_some() || seen >= GLANCED;
        Ok(if is_known { Answer::Enough } else { answer })
    })?;
    Ok(first)
}

/// A change that waits for its message.
struct Waiting {
    change: Change,
    origin: Origin,
}

/// What was read lately.
#[derive(Default)]
struct Memory {
    /// By [`key_of`].
    young: FxHashMap<u64, MessageId>,
    old: FxHashMap<u64, MessageId>,
    seen: FxHashSet<u64>,
    seen_before: FxHashSet<u64>,
    waiting: FxHashMap<u64, Vec<Waiting>>,
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What stands for a message's id in the program: a number of 64 bits, so that many can be remembered.
fn key_of(conversation: ConversationId, native_id: &str) -> u64 {
    hash_of(&(conversation, native_id))
}

impl Memory {
    /// Whether an event was met before.
    fn is_repeated(&mut self, event: u64) -> bool {
        if self.seen.contains(&event) || self.seen_before.contains(&event) {
            return true;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen_before = std::mem::take(&mut self.seen);
        }
        self.seen.insert(event);
        false
    }

    fn remember(&mut self, key: u64, message: MessageId) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, message);
    }

    fn find(&self, key: u64) -> Option<MessageId> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    /// Changes whose message never came, in a fixed order.
    fn waiting(&mut self) -> Vec<Waiting> {
        let mut waiting: Vec<_> = self.waiting.drain().flat_map(|(_, list)| list).collect();
        waiting.sort_by(|one, other| one.origin.cmp(&other.origin));
        waiting
    }
}

struct Reading<'a> {
    place: Arc<OriginPlace>,
    desk: Desk<'a>,
    memory: &'a mut Memory,
    /// Nodes of a bundle that is the whole file.
    bundle: Vec<(At, ForwardedMessage)>,
    rows: u64,
}

impl Reading<'_> {
    fn item(&mut self, item: &Item<'_>, out: &mut dyn Sink) -> Result<Answer, ReadError> {
        let (at, bytes) = match item {
            Item::Trouble(at, is_event, reason) => {
                if *is_event {
                    self.reject(*at, reason, out)?;
                } else {
                    out.problem(problem(&self.place, *at, ProblemKind::Damage, *reason))?;
                }
                return Ok(Answer::GoOn);
            }
            Item::Offer(start, bytes) => {
                let Some((node, length)) = first_value::<Stored<'_>>(bytes) else {
                    return Ok(Answer::GoOn);
                };
                let own = bytes.get(..length).unwrap_or_default();
                self.value(&node, At::Bytes(*start, length as u64), own, out)?;
                return Ok(Answer::Taken(length));
            }
            Item::Value(at, bytes) => (*at, *bytes),
        };
        let mut spare = Vec::new();
        let Ok((node, was_repaired)) = parse::<Stored<'_>>(bytes, &mut spare) else {
            self.reject(at, "the event is not valid JSON", out)?;
            return Ok(Answer::GoOn);
        };
        if was_repaired {
            out.problem(problem(&self.place, at, ProblemKind::Note, REPAIRED))?;
        }
        self.value(&node, at, bytes, out)?;
        Ok(Answer::GoOn)
    }

    /// An event, a list of them, or an answer.
    fn value(
        &mut self,
        node: &Node<'_>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if let Node::List(list) = node {
            for event in list {
                self.event(event, at, event.to_json().as_bytes(), out)?;
            }
            return Ok(());
        }
        let data = node.get("data");
        let is_answer = !node.get("retcode").is_null() || !data.get("messages").list().is_empty();
        if is_answer && node.get("post_type").is_null() {
            return self.answer(node, at, out);
        }
        self.event(node, at, bytes, out)
    }

    fn reject(&mut self, at: At, reason: &str, out: &mut dyn Sink) -> Result<(), Stop> {
        self.rows += 1;
        out.problem(problem(&self.place, at, ProblemKind::RejectedRow, reason))
    }

    /// A whole answer of the API.
    fn answer(&mut self, node: &Node<'_>, at: At, out: &mut dyn Sink) -> Result<(), ReadError> {
        let data = node.get("data");
        if node.get("status").str() == Some("failed") {
            let reason = "an answer of the API says that it failed";
            out.problem(problem(&self.place, at, ProblemKind::Note, reason))?;
        }
        let messages = match data {
            Node::List(list) => list.as_slice(),
            _ => data.get("messages").list(),
        };
        if messages.is_empty() && is_message(data) {
            return self.event(data, at, data.to_json().as_bytes(), out);
        }
        for event in messages {
            self.event(event, at, event.to_json().as_bytes(), out)?;
        }
        self.bundle(out)
    }

    fn event(
        &mut self,
        event: &Node<'_>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if !event.is_object() {
            return Ok(self.reject(at, "the event is no object", out)?);
        }
        if is_node(event) {
            let mut segments = Segments {
                people: &mut self.desk.chats.people,
                files: self.desk.files,
                zone: self.desk.zone,
                sender: None,
                reply: None,
                depth: 0,
            };
            let message = segments.forwarded(event);
            if self.bundle.len() < MOST_FORWARDED {
                self.bundle.push((at, message));
            } else {
                let reason =
                    "a forward bundle holds more than 20000 messages; the rest is left out";
                out.problem(problem(&self.place, at, ProblemKind::Damage, reason))?;
            }
            return Ok(());
        }
        let kind = event
            .first(&["post_type", "type"])
            .text()
            .unwrap_or_default();
        match &*kind {
            "meta_event" | "meta" => Ok(()),
            "notice" | "request" => self.notice(event, at, bytes, out),
            _ if is_message(event) => self.message(event, at, bytes, out),
            _ => Ok(self.reject(at, "the event is of no known kind", out)?),
        }
    }

    fn message(
        &mut self,
        event: &Node<'_>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let mapped = self.desk.message(event, &self.place, at, bytes);
        self.desk.chats.people.flush(out)?;
        let mapped = match mapped {
            Ok(mapped) => mapped,
            Err(reason) => return Ok(self.reject(at, reason, out)?),
        };
        let message = mapped.message;
        if let Some(id) = &mapped.message_id {
            let texts = message.parts.iter().map(|part| match part {
                Part::Text(text) => text.text.as_str(),
                Part::System(system) => &system.text,
                Part::Nudge(nudge) => &nudge.text,
                _ => "",
            });
            let mut text = FxHasher::default();
            texts.for_each(|words| words.hash(&mut text));
            let whole = (
                message.conversation,
                id,
                message.sent_at,
                message.sender,
                text.finish(),
            );
            if self.memory.is_repeated(hash_of(&whole)) {
                out.problem(problem(&self.place, at, ProblemKind::Note, REPEATED))?;
                return Ok(());
            }
        }
        let (conversation, id) = (message.conversation, message.id);
        self.push(message, out)?;
        if let Some(native) = mapped.message_id {
            let key = key_of(conversation, &native);
            self.memory.remember(key, id);
            for waiting in self.memory.waiting.remove(&key).unwrap_or_default() {
                out.record(Record::Change(MessageChange {
                    message: id,
                    conversation,
                    change: waiting.change,
                    origin: waiting.origin,
                }))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, message: Box<Message>, out: &mut dyn Sink) -> Result<(), Stop> {
        self.rows += 1;
        if self.rows.is_multiple_of(PROGRESS) {
            out.progress(self.rows, None)?;
        }
        out.record(Record::Message(message))
    }

    fn notice(
        &mut self,
        event: &Node<'_>,
        at: At,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let notice = self.desk.notice(event, &self.place, at, bytes);
        self.desk.chats.people.flush(out)?;
        let notice = match notice {
            Ok(Some(notice)) => notice,
            Ok(None) => return Ok(()),
            Err(reason) => return Ok(self.reject(at, reason, out)?),
        };
        if self.memory.is_repeated(hash_of(&event.to_json())) {
            out.problem(problem(&self.place, at, ProblemKind::Note, REPEATED))?;
            return Ok(());
        }
        if let Some(message) = notice.message {
            self.push(message, out)?;
        }
        if let Some((here, native, change)) = notice.change {
            let key = key_of(here.conversation, &native);
            let origin = origin(&self.place, at);
            match self.memory.find(key) {
                Some(message) => out.record(Record::Change(MessageChange {
                    message,
                    conversation: here.conversation,
                    change,
                    origin,
                }))?,
                None => {
                    let waiting = self.memory.waiting.entry(key).or_default();
                    waiting.push(Waiting { change, origin });
                }
            }
        }
        Ok(())
    }

    /// A bundle that stands alone is one message of a chat of its own.
    fn bundle(&mut self, out: &mut dyn Sink) -> Result<(), ReadError> {
        let Some((at, _)) = self.bundle.first() else {
            return Ok(());
        };
        let at = *at;
        let messages: Vec<ForwardedMessage> =
            self.bundle.drain(..).map(|(_, message)| message).collect();
        let here = self.desk.chats.bundles(BUNDLES);
        let newest = messages.iter().filter_map(|message| message.sent_at).max();
        let inner: Vec<String> = messages
            .iter()
            .map(|message| {
                format!(
                    "{:?} {:?}",
                    message.sent_at,
                    comparable_text(&message.parts)
                )
            })
            .collect();
        let fields = inner.concat();
        let id = MessageId::new(here.conversation, "onebot_forward", &[fields.as_bytes()]);
        let platform = self.desk.chats.people.platform().clone();
        let sent_at = newest.unwrap_or(Timestamp(0));
        let origin = origin(&self.place, at);
        let mut message = Message::new(platform, id, here.conversation, sent_at, origin);
        message.parts = vec![Part::Forward(Box::new(Forward {
            messages,
            ..Forward::default()
        }))];
        self.desk.chats.people.flush(out)?;
        self.push(Box::new(message), out)?;
        Ok(())
    }
}

/// A node of a bundle: it has content instead of a message, and no chat.
fn is_node(event: &Node<'_>) -> bool {
    event.get("type").str() == Some("node")
        || (event.get("post_type").is_null()
            && event.get("message").is_null()
            && !event.get("content").is_null()
            && event.get("message_type").is_null())
        || (!event.get("content").is_null()
            && event.get("message").is_null()
            && event.get("group_id").text().as_deref() == Some("284840486"))
}

fn is_message(event: &Node<'_>) -> bool {
    let has = |key: &str| !event.get(key).is_null();
    (has("message") || has("raw_message") || has("alt_message") || has("content"))
        && (has("message_id")
            || has("message_type")
            || has("detail_type")
            || has("sender")
            || has("user_id"))
}
