//! One message row.

use std::sync::Arc;

use hutong_model::{
    AccountId, At, Change, ConversationKind, Direction, Message, MessageChange, MessageId,
    NativeId, NativeIdName, Origin, OriginPlace, Part, Platform, Precision, Record, State, Stop,
    SystemEvent, Timestamp,
};
use rustc_hash::FxHashMap;

use super::uploads::Settled;
use super::{Desk, Here};
use crate::wechat::decode::{PackedInfo, is_id_like, split_prefix};
use crate::wechat::map::{
    self, Body, Sender, Upload, Withdrawal, is_room, kind, mentioned, text_part,
};

/// What a row says about who wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RowSender<'a> {
    /// This username.
    Named(&'a str),
    /// As before, with the account's id at hand.
    Known(&'a str, AccountId),
    /// The owner.
    Owner,
    /// Somebody else: the other side, or whom the first line of a room's row names.
    Other,
    /// The row does not say.
    #[default]
    Unknown,
}

/// A row's content after decompression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RowContent<'a> {
    /// Text or XML.
    Text(&'a str),
    /// Bytes that could not be decompressed or decoded, and why.
    Undecodable(&'a [u8], &'a str),
}

/// The ids of a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowIds {
    /// Given by the server, the same in every copy; 0 where there is none.
    pub(crate) server: i64,
    /// The row's number on this device, where it has one.
    pub(crate) local: Option<i64>,
    /// The device's order, `seconds × 1000 + n` on computers; 0 where there is none.
    pub(crate) sequence: i64,
}

/// Everything that a row of any generation says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowFacts<'a> {
    /// File and table.
    pub(crate) place: &'a Arc<OriginPlace>,
    /// Where in it.
    pub(crate) at: At,
    /// Its ids.
    pub(crate) ids: RowIds,
    /// Base type: the low 32 bits of `local_type`, on Android the low 16 with their exceptions.
    pub(crate) base: u32,
    /// Type of a card (appmsg) as the row states it; 0 where only the content tells.
    pub(crate) sub: u32,
    /// What it says.
    pub(crate) content: RowContent<'a>,
    /// Who wrote it.
    pub(crate) sender: RowSender<'a>,
    /// When.
    pub(crate) sent_at: Timestamp,
    /// How precisely that is stated.
    pub(crate) precision: Precision,
    /// Place among messages of the same instant.
    pub(crate) order: i64,
    /// Usernames that the row's source lists as mentioned.
    pub(crate) mentions: &'a [String],
    /// What the client noted about media (WeChat 4 only).
    pub(crate) packed: &'a PackedInfo,
}

/// A message that is ready but for its attachments, which the source may still find on disk.
pub(crate) struct Composed {
    /// The message; look for attachments in its parts.
    pub(crate) message: Box<Message>,
    /// Digests by which the media may be found, strongest first.
    pub(crate) digests: Vec<String>,
    server_id: i64,
    upload: Option<Upload>,
    change: Option<MessageChange>,
}

impl Desk<'_> {
    /// Writes up a row; [`Self::push_row`] sends it off.
    pub(crate) fn compose(&mut self, here: &Here, row: &RowFacts<'_>) -> Result<Composed, Stop> {
        let owner = Arc::clone(&self.owner);
        let named = match row.sender {
            RowSender::Named(username) if !is_room(username) && !username.is_empty() => {
                Some((username, map::account(username)))
            }
            RowSender::Known(username, id) if !is_room(username) => Some((username, id)),
            RowSender::Owner if self.has_owner() => Some((owner.as_ref(), self.owner_id)),
            RowSender::Other if !here.is_room() => {
                here.peer.map(|peer| (here.native_id.as_str(), peer))
            }
            _ => None,
        };
        let sender_name = named.map(|(name, _)| name);
        let (content, prefix) = match row.content {
            RowContent::Text(content) => {
                self.without_prefix(here, row.sender, content, sender_name)
            }
            RowContent::Undecodable(..) => ("", None),
        };
        let (mut body, hashed) = match row.content {
            RowContent::Text(_) if row.base == kind::TEXT => {
                (self.text_body(row.mentions, content), content.as_bytes())
            }
            RowContent::Text(_) => (self.rich_body(row, here, content), content.as_bytes()),
            RowContent::Undecodable(raw, reason) => {
                self.note(row.place, row.at, reason)?;
                (Body::undecodable(row.base, raw), raw)
            }
        };
        let id = row_id(row, here, hashed, &mut self.seen);
        let sender = self.author(row, here, &body, named, prefix, content)?;
        let is_own = row.sender == RowSender::Owner && body.sender == Sender::OfRow;
        if sender.is_none()
            && body.sender == Sender::OfRow
            && !is_own
            && !std::mem::replace(&mut self.has_noted_sender, true)
        {
            self.note(
                row.place,
                row.at,
                "the sender of a message is nowhere listed",
            )?;
        }
        if row.sent_at.0 == 0 {
            self.note(row.place, row.at, "a message has no time")?;
        }
        for (username, name) in &body.people {
            self.ensure_account(username, name.as_deref())?;
        }
        let origin = Origin {
            place: Arc::clone(row.place),
            at: row.at,
        };
        let mut message = Box::new(Message::new(
            Platform::WeChat,
            id,
            here.id,
            row.sent_at,
            origin,
        ));
        message.precision = row.precision;
        message.order = row.order;
        message.sender = sender;
        message.direction = match sender {
            Some(sender) if sender == self.owner_id => Direction::Out,
            Some(_) => Direction::In,
            // Whose copy this is could not be told, but that they wrote it.
            None if is_own => Direction::Out,
            None => Direction::None,
        };
        message.native_ids = native_ids(&row.ids);
        message.is_hidden = body.is_hidden;
        message.reply_to = std::mem::take(&mut body.reply_to);
        let recall = body
            .withdrawal
            .take()
            .map(|withdrawal| self.recall(here, &body, &withdrawal, row.sent_at));
        message.parts = body.parts;
        let mut change = None;
        if let Some((target, by, at)) = recall {
            // The row stands in the place of the message that it speaks of, unless it names another one.
            if target.is_none_or(|target| target == row.ids.server) {
                message.state = State::Recalled { by, at };
            }
            change = target.map(|target| MessageChange {
                message: map::message_id(here.id, target),
                conversation: here.id,
                change: Change::Recall { by, at },
                origin: message.origin.clone(),
            });
        }
        Ok(Composed {
            message,
            digests: body.digests,
            server_id: row.ids.server,
            upload: body.upload,
            change,
        })
    }

    /// Gives a composed row to the receiver. The two rows of a file transfer become one message.
    pub(crate) fn push_row(&mut self, composed: Composed) -> Result<(), Stop> {
        let Composed {
            message,
            server_id,
            upload,
            change,
            ..
        } = composed;
        match upload {
            None => self.push(Record::Message(message))?,
            Some(upload) => match self.uploads.settle(upload, server_id, message) {
                Settled::Waits(None) => {}
                Settled::Waits(Some(message)) => self.push(Record::Message(message))?,
                Settled::Complete(earlier, message) => {
                    earlier.map_or(Ok(()), |earlier| self.push(Record::Message(earlier)))?;
                    self.push(Record::Message(message))?;
                }
            },
        }
        change.map_or(Ok(()), |change| self.push(Record::Change(change)))
    }

    /// Takes the sender's line off a received message of a room.
    ///
    /// When the sender is known, only that name is taken off: people write words, colons and line breaks too. The
    /// owner's own rows have no such line, nor have chats between two.
    #[inline]
    fn without_prefix<'c>(
        &self,
        here: &Here,
        row_sender: RowSender<'_>,
        content: &'c str,
        sender: Option<&str>,
    ) -> (&'c str, Option<&'c str>) {
        if !here.is_room() && here.peer.is_some() {
            return (content, None);
        }
        let Some(prefixed) = split_prefix(content) else {
            return (content, None);
        };
        let is_prefix = match (sender, row_sender) {
            (Some(sender), _) => {
                sender == prefixed.username || self.people.alias(sender) == Some(prefixed.username)
            }
            // Where the row itself says that it was received, a known person's old id counts too.
            (None, RowSender::Other) => {
                is_id_like(prefixed.username)
                    || self.people.by_username.contains_key(prefixed.username)
                    || self.people.in_room.contains_key(prefixed.username)
                    || self.knows(map::account(prefixed.username))
                    || prefixed.rest.trim_start().starts_with('<')
            }
            (None, _) => is_id_like(prefixed.username),
        };
        if is_prefix {
            (prefixed.rest, Some(prefixed.username))
        } else {
            (content, None)
        }
    }

    fn text_body(&self, list: &[String], content: &str) -> Body {
        if list.is_empty() {
            return Body::of(Part::text(content));
        }
        let mentions = mentioned(&self.people, list.to_vec(), content);
        let people = mentions
            .iter()
            .filter_map(|mention| Some((mention.native_id.clone()?, None)))
            .collect();
        Body {
            people,
            ..Body::of(text_part(content.to_owned(), mentions))
        }
    }

    fn rich_body(&mut self, row: &RowFacts<'_>, here: &Here, content: &str) -> Body {
        let mut body = map::body(&self.scope(here), row.base, row.sub, content, row.packed);
        // The words of an answer can name people as any text can.
        if let [Part::Quote(_), Part::Text(text)] = body.parts.as_mut_slice() {
            text.mentions = mentioned(&self.people, row.mentions.to_vec(), &text.text);
            body.people.extend(
                text.mentions
                    .iter()
                    .filter_map(|mention| Some((mention.native_id.clone()?, None))),
            );
        }
        body
    }

    /// Who wrote a row: whoever it names, else whoever its first line or its content names.
    fn author(
        &mut self,
        row: &RowFacts<'_>,
        here: &Here,
        body: &Body,
        named: Option<(&str, AccountId)>,
        prefix: Option<&str>,
        content: &str,
    ) -> Result<Option<AccountId>, Stop> {
        if let Sender::Nobody = body.sender {
            return Ok(None);
        }
        if let (Sender::OfRow, Some((username, id))) = (&body.sender, named) {
            if !self.known.contains(&id) {
                self.ensure_account(username, None)?;
            }
            return Ok(Some(id));
        }
        let username = match &body.sender {
            Sender::Stated(username) => Some(username.clone()),
            _ => prefix.map(str::to_owned).or_else(|| {
                if row.base == kind::TEXT {
                    None
                } else {
                    map::stated_sender(content)
                }
            }),
        };
        match username {
            Some(username) => {
                self.ensure_account(&username, None)?;
                Ok(Some(map::account(&username)))
            }
            // Articles have no writer but the account itself.
            None if here.kind == ConversationKind::Official => Ok(here.peer),
            None => Ok(None),
        }
    }

    /// A recall that clients of version 3 tell in plain words: the row stands in the place of the message.
    pub(crate) fn settle_plain_recall(&self, here: &Here, message: &mut Message) {
        let Some(Part::System(system)) = message.parts.first() else {
            return;
        };
        let says_so = ["撤回了一条消息", "recalled a message"]
            .iter()
            .any(|words| system.text.contains(words));
        let is_told = system.event == SystemEvent::Recalled && says_so;
        if !is_told || message.state != State::Normal {
            return;
        }
        let is_own = ["你", "您", "You "]
            .iter()
            .any(|you| system.text.starts_with(you));
        message.state = State::Recalled {
            by: if is_own {
                self.has_owner().then_some(self.owner_id)
            } else {
                here.peer
            },
            at: Some(message.sent_at),
        };
    }

    /// Which message was withdrawn, by whom and when.
    fn recall(
        &self,
        here: &Here,
        body: &Body,
        withdrawal: &Withdrawal,
        sent_at: Timestamp,
    ) -> (Option<i64>, Option<AccountId>, Option<Timestamp>) {
        let words = match body.parts.first() {
            Some(Part::System(system)) => system.text.as_str(),
            _ => "",
        };
        let is_own = ["你", "您", "You "]
            .iter()
            .any(|you| words.starts_with(you));
        let by = if is_own {
            self.has_owner().then_some(self.owner_id)
        } else {
            here.peer
        };
        (withdrawal.server_id, by, withdrawal.at.or(Some(sent_at)))
    }
}

/// The id of a row. A row without a server id is told by time, order, type and content, and by the number of its
/// occurrence: such an id means the same only in copies of one device's table.
fn row_id(
    row: &RowFacts<'_>,
    here: &Here,
    content: &[u8],
    seen: &mut FxHashMap<u64, u32>,
) -> MessageId {
    if row.ids.server != 0 {
        return map::message_id(here.id, row.ids.server);
    }
    let seconds = row.sent_at.seconds();
    let digest = blake3::hash(content);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seconds.to_le_bytes());
    hasher.update(&row.ids.sequence.to_le_bytes());
    hasher.update(&row.base.to_le_bytes());
    hasher.update(digest.as_bytes());
    let key = hasher.finalize();
    let key = u64::from_le_bytes(*key.as_bytes().first_chunk().unwrap_or(&[0; 8]));
    let occurrence = seen.entry(key).or_default();
    let id = MessageId::new(
        here.id,
        "row",
        &[
            &seconds.to_le_bytes(),
            &row.ids.sequence.to_le_bytes(),
            &row.base.to_le_bytes(),
            digest.as_bytes(),
            &occurrence.to_le_bytes(),
        ],
    );
    *occurrence += 1;
    id
}

fn native_ids(ids: &RowIds) -> Vec<NativeId> {
    let mut all = Vec::with_capacity(3);
    if ids.server != 0 {
        all.push(NativeId::integer(NativeIdName::ServerId, ids.server));
    }
    if let Some(local) = ids.local {
        all.push(NativeId::integer(NativeIdName::LocalId, local));
    }
    if ids.sequence != 0 {
        all.push(NativeId::integer(NativeIdName::Sequence, ids.sequence));
    }
    all
}
