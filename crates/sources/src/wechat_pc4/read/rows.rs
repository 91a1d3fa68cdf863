//! One message row.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{
    AccountId, At, Change, ConversationKind, Direction, Message, MessageChange, MessageId,
    NativeId, NativeIdName, Origin, OriginPlace, Part, Platform, Precision, Record, State, Stop,
    Timestamp,
};
use hutong_sqlite::{Table, Value};
use rustc_hash::FxHashMap;

use super::conversations::{Decoders, Here};
use super::raw::raw_row;
use super::uploads::{Settled, Uploads};
use super::{Reader, Usernames};
use crate::wechat::decode::{
    CellError, Cells, PackedInfo, is_id_like, list_of_mentions, split_prefix, text,
};
use crate::wechat_pc4::locate::Wanted;
use crate::wechat::map::{self, Body, Sender, Withdrawal, is_room, kind, mentioned, text_part};
use crate::wechat_pc4::tables::{Shard, column};

/// Bits of [`Message::order`] that tell rows with the same sequence apart.
const ROW_BITS: u32 = 21;

/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// What the rows of one table share.
pub(super) struct TableContext<'a> {
    here: &'a Here,
    shard: &'a Shard,
    usernames: &'a Usernames,
    schema: &'a Table,
    place: Arc<OriginPlace>,
    /// How often each row without a server id was met in this table.
    seen: FxHashMap<u64, u32>,
    has_noted_sender: bool,
}

impl<'a> TableContext<'a> {
    pub(super) fn new(
        here: &'a Here,
        shard: &'a Shard,
        usernames: &'a Usernames,
        place: Arc<OriginPlace>,
        schema: &'a Table,
    ) -> Self {
        Self {
            here,
            shard,
            usernames,
            schema,
            place,
            seen: FxHashMap::default(),
            has_noted_sender: false,
        }
    }
}

/// The numbers of a row.
pub(super) struct Row<'a> {
    row: hutong_sqlite::Row<'a>,
    local_id: i64,
    server_id: i64,
    base: u32,
    sub: u32,
    sort_seq: i64,
    sender: i64,
    create_time: i64,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: hutong_sqlite::Row<'a>) -> Self {
        let number = |index| row.integer(index).unwrap_or(0);
        let local_type = number(column::LOCAL_TYPE);
        let half = |bits: i64| u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0);
        let sort_seq = number(column::SORT_SEQ);
        let mut create_time = number(column::CREATE_TIME);
        if create_time <= 0 {
            create_time = sort_seq.max(0) / 1000;
        } else if create_time > MOST_SECONDS {
            create_time /= 1000;
        }
        Self {
            local_id: row.integer(column::LOCAL_ID).unwrap_or_else(|| row.rowid()),
            server_id: number(column::SERVER_ID),
            base: half(local_type),
            sub: half(local_type >> 32),
            sort_seq,
            sender: number(column::SENDER),
            create_time,
            row,
        }
    }

    /// Rows of one second sort by their sequence, then by their number.
    fn order(&self) -> i64 {
        let row = self.local_id & ((1 << ROW_BITS) - 1);
        self.sort_seq
            .saturating_mul(1 << ROW_BITS)
            .saturating_add(row)
    }

    fn id(&self, here: &Here, content: &[u8], seen: &mut FxHashMap<u64, u32>) -> MessageId {
        if self.server_id != 0 {
            return map::message_id(here.id, self.server_id);
        }
        let digest = blake3::hash(content);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.create_time.to_le_bytes());
        hasher.update(&self.sort_seq.to_le_bytes());
        hasher.update(&self.base.to_le_bytes());
        hasher.update(digest.as_bytes());
        let key = hasher.finalize();
        let key = u64::from_le_bytes(*key.as_bytes().first_chunk().unwrap_or(&[0; 8]));
        let occurrence = seen.entry(key).or_default();
        let id = MessageId::new(
            here.id,
            "row",
            &[
                &self.create_time.to_le_bytes(),
                &self.sort_seq.to_le_bytes(),
                &self.base.to_le_bytes(),
                digest.as_bytes(),
                &occurrence.to_le_bytes(),
            ],
        );
        *occurrence += 1;
        id
    }

    fn native_ids(&self) -> Vec<NativeId> {
        let mut ids = Vec::with_capacity(3);
        if self.server_id != 0 {
            ids.push(NativeId::integer(NativeIdName::ServerId, self.server_id));
        }
        ids.push(NativeId::integer(NativeIdName::LocalId, self.local_id));
        ids.push(NativeId::integer(NativeIdName::Sequence, self.sort_seq));
        ids
    }
}

/// The stored content: `compress_content` where it has any, else `message_content`.
fn content_of<'a>(
    row: &hutong_sqlite::Row<'a>,
    cells: &'a mut Cells,
) -> Result<Cow<'a, str>, (CellError, &'a [u8])> {
    let compressed = row
        .bytes(column::COMPRESSED)
        .filter(|bytes| !bytes.is_empty());
    let plain = row.bytes(column::CONTENT);
    let raw = match (compressed, plain) {
        (None, Some(plain)) => plain,
        (None, None) => {
            // A database without declared types can hold a text of digits as a number.
            return Ok(match row.value(column::CONTENT) {
                Value::Integer(number) => number.to_string().into(),
                _ => "".into(),
            });
        }
        (Some(compressed), plain) => match (cells.decode(compressed).is_ok(), plain) {
            (true, _) => compressed,
            (false, Some(plain)) if !plain.is_empty() => plain,
            (false, _) => compressed,
        },
    };
    cells.decode(raw).map(text).map_err(|error| (error, raw))
}

impl Reader<'_> {
    /// Pushes what one row says.
    pub(super) fn row(
        &mut self,
        row: &Row<'_>,
        context: &mut TableContext<'_>,
        uploads: &mut Uploads,
        decoders: &mut Decoders,
    ) -> Result<(), Stop> {
        let here = context.here;
        let Decoders {
            content: cells,
            source,
        } = decoders;
        let named = context
            .shard
            .names
            .get(&row.sender)
            .and_then(|number| context.usernames.get(*number));
        let named = named
            .map(|(name, id)| (name.as_ref(), id))
            .filter(|(name, _)| !is_room(name));
        let decoded = content_of(&row.row, cells);
        let (content, prefix) = match &decoded {
            Ok(content) => self.without_prefix(here, content, named.map(|(name, _)| name)),
            Err(_) => ("", None),
        };
        let (mut body, hashed) = match &decoded {
            Ok(_) if row.base == kind::TEXT => (
                self.text_body(row, here, content, source),
                content.as_bytes(),
            ),
            Ok(_) => (
                self.rich_body(row, here, content, source),
                content.as_bytes(),
            ),
            Err((error, raw)) => {
                self.note(&context.place, At::Row(row.local_id), error.to_string())?;
                (Body::undecodable(row.base, raw), *raw)
            }
        };
        let id = row.id(here, hashed, &mut context.seen);
        let sender = self.author(row, here, &body, named, prefix, content)?;
        if sender.is_none()
            && body.sender == Sender::OfRow
            && !std::mem::replace(&mut context.has_noted_sender, true)
        {
            self.note(
                &context.place,
                At::Row(row.local_id),
                "the sender of a message is not listed in Name2Id",
            )?;
        }
        if row.create_time == 0 {
            self.note(
                &context.place,
                At::Row(row.local_id),
                "a message has no time",
            )?;
        }
        for (username, name) in &body.people {
            self.ensure_account(username, name.as_deref())?;
        }
        let sent_at = Timestamp::from_seconds(row.create_time);
        let origin = Origin {
            place: Arc::clone(&context.place),
            at: At::Row(row.local_id),
        };
        let mut message = Box::new(Message::new(Platform::WeChat, id, here.id, sent_at, origin));
        message.precision = Precision::Second;
        message.order = row.order();
        message.sender = sender;
        message.direction = match sender {
            Some(sender) if sender == self.owner_id => Direction::Out,
            Some(_) => Direction::In,
            None => Direction::None,
        };
        message.native_ids = row.native_ids();
        message.is_hidden = body.is_hidden;
        message.reply_to = std::mem::take(&mut body.reply_to);
        let recall = body
            .withdrawal
            .take()
            .map(|withdrawal| self.recall(here, &body, &withdrawal, sent_at));
        message.parts = body.parts;
        if self.keep_raw {
            message.raw = Some(raw_row(context.schema, &row.row));
        }
        let mut change = None;
        if let Some((target, by, at)) = recall {
            // The row stands in the place of the message that it speaks of, unless it names another one.
            if target.is_none_or(|target| target == row.server_id) {
                message.state = State::Recalled { by, at };
            }
            change = target.map(|target| MessageChange {
                message: map::message_id(here.id, target),
                conversation: here.id,
                change: Change::Recall { by, at },
                origin: message.origin.clone(),
            });
        }
        match body.upload {
            None => self.push(Record::Message(message))?,
            Some(upload) => self.upload(uploads.settle(upload, row.server_id, message))?,
        }
        change.map_or(Ok(()), |change| self.push(Record::Change(change)))
    }

    fn upload(&mut self, settled: Settled) -> Result<(), Stop> {
        match settled {
            Settled::Waits(None) => Ok(()),
            Settled::Waits(Some(message)) => self.push(Record::Message(message)),
            Settled::Complete(earlier, message) => {
                earlier.map_or(Ok(()), |earlier| self.push(Record::Message(earlier)))?;
                self.push(Record::Message(message))
            }
        }
    }

    /// Takes the sender's line off a received message of a room.
    ///
    /// When the sender is known, only that name is taken off: people write words, colons and line breaks too.
    #[inline]
    fn without_prefix<'c>(
        &self,
        here: &Here,
        content: &'c str,
        sender: Option<&str>,
    ) -> (&'c str, Option<&'c str>) {
        if !here.is_room() && here.peer.is_some() {
            return (content, None);
        }
        let Some(prefixed) = split_prefix(content) else {
            return (content, None);
        };
        let is_prefix = match sender {
            Some(sender) => {
                sender == prefixed.username || self.people.alias(sender) == Some(prefixed.username)
            }
            None => is_id_like(prefixed.username),
        };
        if is_prefix {
            (prefixed.rest, Some(prefixed.username))
        } else {
            (content, None)
        }
    }

    fn text_body(&self, row: &Row<'_>, here: &Here, content: &str, source: &mut Cells) -> Body {
        let list = mention_list(row, here, content, source);
        if list.is_empty() {
            return Body::of(Part::text(content));
        }
        let mentions = mentioned(&self.people, list, content);
        let people = mentions
            .iter()
            .filter_map(|mention| Some((mention.native_id.clone()?, None)))
            .collect();
        Body {
            people,
            ..Body::of(text_part(content.to_owned(), mentions))
        }
    }

    fn rich_body(&mut self, row: &Row<'_>, here: &Here, content: &str, source: &mut Cells) -> Body {
        let has_media = matches!(
            row.base,
            kind::IMAGE | kind::VOICE | kind::VIDEO | kind::SHORT_VIDEO | kind::APP
        );
        let packed = row
            .row
            .bytes(column::PACKED)
            .filter(|bytes| has_media && !bytes.is_empty());
        let packed = packed.map(PackedInfo::parse).unwrap_or_default();
        let mut body = map::body(&self.scope(here), row.base, row.sub, content, &packed);
        // The words of an answer can name people as any text can.
        if let [Part::Quote(_), Part::Text(text)] = body.parts.as_mut_slice() {
            let list = mention_list(row, here, &text.text, source);
            text.mentions = mentioned(&self.people, list, &text.text);
            body.people.extend(
                text.mentions
                    .iter()
                    .filter_map(|mention| Some((mention.native_id.clone()?, None))),
            );
        }
        if has_media && let Some(locator) = &mut self.locator {
            let wanted = Wanted {
                username: &here.native_id,
                server_id: row.server_id,
                local_id: row.local_id,
                time: row.create_time,
                base: row.base,
                packed: &packed,
                digests: &body.digests,
            };
            locator.locate(&wanted, &mut body.parts);
        }
        body
    }

    /// Who wrote a row: whoever it names, else whoever its first line or its content names.
    fn author(
        &mut self,
        row: &Row<'_>,
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
            Some(self.owner_id)
        } else {
            here.peer
        };
        (withdrawal.server_id, by, withdrawal.at.or(Some(sent_at)))
    }
}

/// Usernames that the row's source lists as mentioned.
fn mention_list(row: &Row<'_>, here: &Here, content: &str, cells: &mut Cells) -> Vec<String> {
    let Some(raw) = row.row.bytes(column::SOURCE).filter(|raw| !raw.is_empty()) else {
        return Vec::new();
    };
    // Every row has a source, most are compressed, and nobody is mentioned in a text without an at sign.
    if Cells::is_compressed(raw) && !(here.is_room() && content.contains(['@', '＠'])) {
        return Vec::new();
    }
    cells.decode(raw).map(list_of_mentions).unwrap_or_default()
}
