//! A message as bytes inside a block, and the heads that stand beside it.
//!
//! What every lookup needs (id, digest, time, order) is the *head*; the rest is the *body*, packed by MessagePack as
//! arrays, so that a later version can add fields at the end. Accounts, conversations and places are the archive's
//! own numbers.

use std::cell::RefCell;
use std::sync::Arc;

use hutong_model::{
    At, Direction, Message, MessageId, NativeId, OriginPlace, Part, Platform, Precision, Reaction,
    Revision, State,
};
use serde::{Deserialize, Serialize};

use crate::ArchiveError;

/// The body as it is written: borrowed, so that nothing is copied.
#[derive(Serialize)]
struct BodyRef<'a> {
    platform: &'a Platform,
    conversation: u32,
    sender: Option<u32>,
    parts: &'a [Part],
    precision: u8,
    direction: u8,
    place: u32,
    at: &'a At,
    native_ids: &'a [NativeId],
    sender_name: &'a Option<String>,
    state: &'a Option<State>,
    is_hidden: bool,
    reply_to: &'a [MessageId],
    lookup_keys: &'a [MessageId],
    thread: &'a Option<MessageId>,
    revisions: &'a [Revision],
    reactions: &'a [Reaction],
    raw: &'a Option<Vec<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: &'a Option<Box<str>>,
}

/// The body as it is read.
#[derive(Deserialize)]
pub(crate) struct Body {
    platform: Platform,
    pub(crate) conversation: u32,
    pub(crate) sender: Option<u32>,
    pub(crate) parts: Vec<Part>,
    precision: u8,
    direction: u8,
    pub(crate) place: u32,
    at: At,
    native_ids: Vec<NativeId>,
    sender_name: Option<String>,
    state: Option<State>,
    is_hidden: bool,
    reply_to: Vec<MessageId>,
    lookup_keys: Vec<MessageId>,
    thread: Option<MessageId>,
    pub(crate) revisions: Vec<Revision>,
    reactions: Vec<Reaction>,
    raw: Option<Vec<u8>>,
    #[serde(default)]
    extra: Option<Box<str>>,
}

const PRECISIONS: [Precision; 4] = [
    Precision::Millisecond,
    Precision::Second,
    Precision::Minute,
    Precision::Day,
];
const DIRECTIONS: [Direction; 3] = [Direction::In, Direction::Out, Direction::None];

fn number_of<T: PartialEq>(all: &[T], value: &T) -> u8 {
    all.iter()
        .position(|one| one == value)
        .and_then(|index| u8::try_from(index).ok())
        .unwrap_or(0)
}

/// The archive's numbers for what a message refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) conversation: u32,
    pub(crate) sender: Option<u32>,
    pub(crate) place: u32,
}

/// Appends the body of a message.
pub(crate) fn write_body(
    out: &mut Vec<u8>,
    message: &Message,
    numbers: Numbers,
) -> Result<(), ArchiveError> {
    let state = (message.state != State::Normal).then(|| message.state.clone());
    let body = BodyRef {
        platform: &message.platform,
        conversation: numbers.conversation,
        sender: numbers.sender,
        parts: &message.parts,
        precision: number_of(&PRECISIONS, &message.precision),
        direction: number_of(&DIRECTIONS, &message.direction),
        place: numbers.place,
        at: &message.origin.at,
        native_ids: &message.native_ids,
        sender_name: &message.sender_name,
        state: &state,
        is_hidden: message.is_hidden,
        reply_to: &message.reply_to,
        lookup_keys: &message.lookup_keys,
        thread: &message.thread,
        revisions: &message.revisions,
        reactions: &message.reactions,
        raw: &message.raw,
        extra: &message.extra,
    };
    rmp_serde::encode::write(out, &body)
        .map_err(|error| ArchiveError::damaged(format!("a record cannot be packed: {error}")))
}

/// Reads a body.
pub(crate) fn read_body(bytes: &[u8]) -> Result<Body, ArchiveError> {
    rmp_serde::from_slice(bytes)
        .map_err(|error| ArchiveError::damaged(format!("a record cannot be unpacked: {error}")))
}

/// What the numbers in a body stand for.
pub(crate) trait Resolve {
    fn conversation(&self, number: u32) -> Option<hutong_model::ConversationId>;
    fn account(&self, number: u32) -> Option<hutong_model::AccountId>;
    fn place(&self, number: u32) -> Option<Arc<OriginPlace>>;
}

impl Body {
    /// The message, put together with its head.
    pub(crate) fn into_message(
        self,
        head: &Head,
        resolve: &impl Resolve,
    ) -> Result<Message, ArchiveError> {
        let missing =
            |what: &str| ArchiveError::damaged(format!("a record refers to an unknown {what}"));
        let sender = match self.sender {
            Some(number) => Some(resolve.account(number).ok_or_else(|| missing("account"))?),
            None => None,
        };
        Ok(Message {
            id: head.id,
            lookup_keys: self.lookup_keys,
            platform: self.platform,
            conversation: resolve
                .conversation(self.conversation)
                .ok_or_else(|| missing("conversation"))?,
            sender,
            sender_name: self.sender_name,
            sent_at: hutong_model::Timestamp(head.sent_at),
            precision: PRECISIONS
                .get(usize::from(self.precision))
                .copied()
                .unwrap_or_default(),
            order: head.order,
            direction: DIRECTIONS
                .get(usize::from(self.direction))
                .copied()
                .unwrap_or_default(),
            parts: self.parts,
            reply_to: self.reply_to,
            thread: self.thread,
            state: self.state.unwrap_or_default(),
            revisions: self.revisions,
            reactions: self.reactions,
            native_ids: self.native_ids,
            is_hidden: self.is_hidden,
            origin: hutong_model::Origin {
                place: resolve.place(self.place).ok_or_else(|| missing("place"))?,
                at: self.at,
            },
            raw: self.raw,
            extra: self.extra,
        })
    }
}

/// What every lookup needs of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) id: MessageId,
    /// SHA-256 of the record form (canonical JSON).
    pub(crate) digest: [u8; 32],
    pub(crate) sent_at: i64,
    pub(crate) order: i64,
}

const HEAD_BYTES: usize = 16 + 32 + 8 + 8;

/// Packs heads: ids, digests, times and orders of all of them, each column on its own.
pub(crate) fn write_heads<'a>(heads: impl Iterator<Item = &'a Head> + Clone) -> Vec<u8> {
    let mut out = Vec::new();
    heads
        .clone()
        .for_each(|head| out.extend_from_slice(&head.id.0));
    heads
        .clone()
        .for_each(|head| out.extend_from_slice(&head.digest));
    heads
        .clone()
        .for_each(|head| out.extend_from_slice(&head.sent_at.to_le_bytes()));
    heads.for_each(|head| out.extend_from_slice(&head.order.to_le_bytes()));
    out
}

/// Unpacks heads.
pub(crate) fn read_heads(bytes: &[u8]) -> Result<Vec<Head>, ArchiveError> {
    let count = bytes.len() / HEAD_BYTES;
    let damaged = || ArchiveError::damaged("the heads of a block have a wrong length".to_owned());
    if count * HEAD_BYTES != bytes.len() {
        return Err(damaged());
    }
    let (ids, rest) = bytes.split_at_checked(16 * count).ok_or_else(damaged)?;
    let (digests, rest) = rest.split_at_checked(32 * count).ok_or_else(damaged)?;
    let (times, orders) = rest.split_at_checked(8 * count).ok_or_else(damaged)?;
    let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).unwrap_or_default();
    Ok(ids
        .chunks_exact(16)
        .zip(digests.chunks_exact(32))
        .zip(times.chunks_exact(8).zip(orders.chunks_exact(8)))
        .map(|((id, digest), (time, order))| Head {
            id: MessageId(id.try_into().unwrap_or_default()),
            digest: digest.try_into().unwrap_or_default(),
            sent_at: number(time),
            order: number(order),
        })
        .collect())
}

/// Unpacks one head.
pub(crate) fn read_head(bytes: &[u8], index: usize) -> Option<Head> {
    let count = bytes.len() / HEAD_BYTES;
    let column = |start: usize, width: usize| {
        bytes.get(start * count + index * width..start * count + (index + 1) * width)
    };
    if index >= count {
        return None;
    }
    let number = |start: usize| column(start, 8)?.try_into().ok().map(i64::from_le_bytes);
    Some(Head {
        id: MessageId(column(0, 16)?.try_into().ok()?),
        digest: column(16, 32)?.try_into().ok()?,
        sent_at: number(48)?,
        order: number(56)?,
    })
}

/// Packs the bodies of a block.
pub(crate) struct BlockPacker {
    compressor: zstd::bulk::Compressor<'static>,
    plain: Vec<u8>,
}

/// The largest block that is unpacked, so that a damaged length cannot exhaust memory.
const MAX_BLOCK_BYTES: usize = 512 * 1024 * 1024;

impl BlockPacker {
    pub(crate) fn new() -> Result<Self, ArchiveError> {
        let compressor = zstd::bulk::Compressor::new(1).map_err(ArchiveError::Io)?;
        Ok(Self {
            compressor,
            plain: Vec::new(),
        })
    }

    /// Bodies, each with its length before it, compressed; the plain length stands first.
    pub(crate) fn pack<'a>(
        &mut self,
        bodies: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<u8>, ArchiveError> {
        self.plain.clear();
        for body in bodies {
            let length = u32::try_from(body.len()).map_err(|_| ArchiveError::TooLarge)?;
            self.plain.extend_from_slice(&length.to_le_bytes());
            self.plain.extend_from_slice(body);
        }
        let length = u32::try_from(self.plain.len()).map_err(|_| ArchiveError::TooLarge)?;
        let mut out = vec![0; 4 + zstd::zstd_safe::compress_bound(self.plain.len())];
        let Some((prefix, room)) = out.split_at_mut_checked(4) else {
            return Err(ArchiveError::TooLarge);
        };
        prefix.copy_from_slice(&length.to_le_bytes());
        let written = self
            .compressor
            .compress_to_buffer(&self.plain, room)
            .map_err(ArchiveError::Io)?;
        out.truncate(4 + written);
        Ok(out)
    }
}

thread_local! {
    /// Each thread keeps its working memory from block to block.
    static DECOMPRESSOR: RefCell<std::io::Result<zstd::bulk::Decompressor<'static>>> =
        RefCell::new(zstd::bulk::Decompressor::new());
}

/// The bodies of an unpacked block.
#[derive(Debug)]
pub(crate) struct Bodies {
    plain: Vec<u8>,
    /// Start and end of each body.
    ranges: Vec<(u32, u32)>,
}

impl Bodies {
    /// Unpacks a block.
    pub(crate) fn unpack(packed: &[u8]) -> Result<Self, ArchiveError> {
        let damaged = || ArchiveError::damaged("a block cannot be unpacked".to_owned());
        let (prefix, compressed) = packed.split_at_checked(4).ok_or_else(damaged)?;
        let length = u32::from_le_bytes(prefix.try_into().map_err(|_| damaged())?) as usize;
        if length > MAX_BLOCK_BYTES {
            return Err(damaged());
        }
        let plain = DECOMPRESSOR
            .with_borrow_mut(|decompressor| match decompressor {
                Ok(decompressor) => decompressor.decompress(compressed, length).ok(),
                Err(_) => None,
            })
            .ok_or_else(damaged)?;
        let mut ranges = Vec::with_capacity(256);
        let mut position = 0_usize;
        while position < plain.len() {
            let prefix = plain.get(position..position + 4).ok_or_else(damaged)?;
            let length = u32::from_le_bytes(prefix.try_into().map_err(|_| damaged())?) as usize;
            let start = position + 4;
            position = start
                .checked_add(length)
                .filter(|end| *end <= plain.len())
                .ok_or_else(damaged)?;
            let range = (u32::try_from(start), u32::try_from(position));
            let (Ok(start), Ok(end)) = range else {
                return Err(damaged());
            };
            ranges.push((start, end));
        }
        Ok(Self { plain, ranges })
    }

    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Memory that it occupies.
    pub(crate) fn size_bytes(&self) -> usize {
        self.plain.capacity() + self.ranges.capacity() * size_of::<(u32, u32)>()
    }

    /// The packed body at this position.
    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let (start, end) = self.ranges.get(index)?;
        self.plain.get(*start as usize..*end as usize)
    }
}
