//! Messages inside messages: forward bundles and quotes.

use hutong_model::{Forward, ForwardedMessage, Part, Quote, Timestamp};

use super::super::decode::{self, Element, Forward as ForwardElement, Reply, Snapshot};
use super::body::is_lone;
use super::keys::ReplyTarget;
use super::{Mapper, Scope, unknown};
use crate::qq::bundle::preview;

/// Bundles inside bundles are followed to this depth.
const DEPTH: u8 = 16;
/// Cached messages taken from one row.
const MOST_MESSAGES: u32 = 20_000;
const TOO_DEEP: &str =
    "forward bundles are nested more than 16 deep; the inner ones are kept unread";
const TOO_MANY: &str = "a forward bundle holds more than 20000 messages; the rest is left out";

impl Mapper<'_> {
    /// The element of a forward bundle; the messages are in the row's cache, if anywhere.
    pub(super) fn forward(&mut self, raw: &[u8], cached: &[u8], scope: Scope) -> Part {
        let element = ForwardElement::read(raw);
        let xml = self.field(element.xml);
        let mut forward = xml.as_deref().map(preview).unwrap_or_default();
        forward.native_id = self
            .field(element.resource)
            .or(forward.native_id)
            .or_else(|| self.field(element.name));
        forward.raw = xml;
        forward.messages = self.cached_messages(cached, scope);
        Part::Forward(Box::new(forward))
    }

    /// A bundle of which only the cache is left.
    pub(super) fn cached_forward(&mut self, cached: &[u8], scope: Scope) -> Option<Part> {
        let messages = self.cached_messages(cached, scope);
        (!messages.is_empty()).then(|| {
            Part::Forward(Box::new(Forward {
                messages,
                ..Forward::default()
            }))
        })
    }

    pub(super) fn cached_messages(&mut self, cached: &[u8], scope: Scope) -> Vec<ForwardedMessage> {
        let mut messages = Vec::new();
        for raw in decode::repeated(cached, 40900).filter(|raw| !raw.is_empty()) {
            if scope.depth >= DEPTH {
                self.note(TOO_DEEP);
                messages.push(ForwardedMessage {
                    parts: vec![unknown("nested bundle", raw)],
                    ..Default::default()
                });
                continue;
            }
            if self.forwarded >= MOST_MESSAGES {
                self.note(TOO_MANY);
                break;
            }
            self.forwarded += 1;
            messages.push(self.cached_message(raw, scope));
        }
        messages
    }

    fn cached_message(&mut self, raw: &[u8], scope: Scope) -> ForwardedMessage {
        let snapshot = Snapshot::read(raw);
        let person = self.directory.person(
            snapshot.sender_uid.unwrap_or_default(),
            snapshot.sender_uin.unwrap_or(0),
        );
        let sent_at = snapshot.time.filter(|time| *time > 0).map(seconds);
        let inner = Scope {
            sender: person,
            peer: None,
            sent_at: sent_at.unwrap_or(scope.sent_at),
            sub_kind: 0,
            depth: scope.depth + 1,
        };
        let mut parts = self.parts(raw, raw, inner);
        if parts.is_empty() {
            parts.push(unknown(
                format!("message {}", snapshot.kind.unwrap_or(0)),
                raw,
            ));
        }
        ForwardedMessage {
            sender: person.map(|person| self.directory.account(person)),
            sender_native_id: person.map(|person| self.directory.native_id(person)),
            sender_name: self
                .field(snapshot.card)
                .or_else(|| self.field(snapshot.nick)),
            sent_at,
            sent_at_text: None,
            native_id: snapshot.id.filter(|id| *id != 0).map(|id| id.to_string()),
            parts,
        }
    }

    /// The quote at the start of a reply, with what was kept of the quoted message.
    pub(super) fn quote(&mut self, raw: &[u8], cached: &[u8], scope: Scope) -> Part {
        let reply = Reply::read(raw);
        let ids = [reply.source_id.unwrap_or(0), reply.message_id.unwrap_or(0)];
        let sequence = [reply.sequence, reply.sequence_copy]
            .into_iter()
            .flatten()
            .find(|number| *number != 0);
        if scope.depth == 0 {
            self.found.reply = Some(ReplyTarget {
                ids,
                sequence: sequence.unwrap_or(0),
                sender_uin: reply.sender_uin.unwrap_or(0),
                time: reply.time.unwrap_or(0),
            });
        }
        let mut parts = self.snapshot_elements(raw, 47423, scope);
        let mut quote = Quote::default();
        if parts.is_empty()
            && let Some(Part::Quote(cached)) = self.cached_quote(cached, scope)
        {
            parts.clone_from(&cached.parts);
            quote = *cached;
        }
        if parts.is_empty()
            && let Some(summary) = self.field(reply.summary)
        {
            parts.push(Part::text(summary));
        }
        let person = self.directory.person(
            reply.sender_uid.unwrap_or_default(),
            reply.sender_uin.unwrap_or(0),
        );
        if let Some(person) = person {
            quote.author = Some(self.directory.account(person));
            quote.author_native_id = Some(self.directory.native_id(person));
        }
        quote.author_name = self.field(reply.name).or(quote.author_name);
        quote.sent_at = reply
            .time
            .filter(|time| *time > 0)
            .map(seconds)
            .or(quote.sent_at);
        let native_id = ids.into_iter().find(|id| *id != 0).map(|id| id.to_string());
        quote.native_id = native_id
            .or(quote.native_id)
            .or_else(|| sequence.map(|number| number.to_string()));
        quote.parts = parts;
        Part::Quote(Box::new(quote))
    }

    /// A quote from the cached message of a reply.
    pub(super) fn cached_quote(&mut self, cached: &[u8], scope: Scope) -> Option<Part> {
        let message = self.cached_messages(cached, scope).into_iter().next()?;
        Some(Part::Quote(Box::new(Quote {
            author: message.sender,
            author_native_id: message.sender_native_id,
            author_name: message.sender_name,
            sent_at: message.sent_at,
            native_id: message.native_id,
            parts: message.parts,
        })))
    }

    /// Elements that stand one by one in a repeated field.
    pub(super) fn snapshot_elements(&mut self, raw: &[u8], tag: u32, scope: Scope) -> Vec<Part> {
        if scope.depth >= DEPTH {
            self.note(TOO_DEEP);
            return Vec::new();
        }
        let inner = Scope {
            sub_kind: 0,
            depth: scope.depth + 1,
            ..scope
        };
        let elements = || {
            decode::repeated(raw, tag)
                .filter(|raw| !raw.is_empty())
                .map(Element::new)
        };
        self.element_parts(&mut elements(), &|| is_lone(elements()), &[], inner)
    }
}

fn seconds(time: u64) -> Timestamp {
    Timestamp::from_seconds(i64::try_from(time).unwrap_or(i64::MAX))
}
