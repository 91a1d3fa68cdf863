//! Stable ids: 128-bit digests that two machines compute alike.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

use crate::{ConversationKind, Platform, Precision, Timestamp};

/// Digest of length-prefixed fields under a label, so that no two lists of fields share an input.
fn digest(label: &str, fields: &[&[u8]]) -> [u8; 16] {
    let mut pieces = Pieces::new();
    pieces.put(label.as_bytes());
    pieces.put(&[0]);
    for field in fields {
        pieces.field(field);
    }
    pieces.id()
}

/// SHA-256 of pieces that are gathered first: ids are short, and a general hasher takes longer to keep its books about
/// them than to hash them.
struct Pieces {
    state: [u32; 8],
    /// Bytes that went into the state; whole blocks.
    hashed: u64,
    gathered: [u8; Self::ROOM],
    length: usize,
}

impl Pieces {
    /// Four blocks: nearly every id is made of fewer.
    const ROOM: usize = 4 * 64;
    /// What stands behind the content at most: a mark, zeros, the length.
    const PADDING: usize = 72;
    /// Where SHA-256 begins (FIPS 180-4, 5.3.3).
    const BEGINNING: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    const fn new() -> Self {
        Self {
            state: Self::BEGINNING,
            hashed: 0,
            gathered: [0; Self::ROOM],
            length: 0,
        }
    }

    /// What the id of every message of this kind begins with.
    fn message(conversation: ConversationId, kind: &str) -> Self {
        let mut pieces = Self::new();
        pieces.put(b"hutong/message/v1\0");
        pieces.put(&conversation.0);
        pieces.field(kind.as_bytes());
        pieces
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(room) = self.gathered.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        } else {
            self.put_long(bytes);
        }
    }

    fn put_long(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.length == Self::ROOM {
                self.hash();
            }
            let room = self.gathered.get_mut(self.length..).unwrap_or_default();
            let count = room.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            for (slot, byte) in room.iter_mut().zip(now) {
                *slot = *byte;
            }
            self.length += count;
            bytes = later;
        }
    }

    /// Hashes the whole blocks that were gathered.
    fn hash(&mut self) {
        let gathered = self.gathered.get(..self.length).unwrap_or_default();
        let (blocks, rest) = gathered.as_chunks::<64>();
        let rest = rest.len();
        sha2::block_api::compress256(&mut self.state, blocks);
        let whole = self.length - rest;
        self.hashed += whole as u64;
        self.gathered.copy_within(whole..self.length, 0);
        self.length = rest;
    }

    fn field(&mut self, field: &[u8]) {
        self.put(&(field.len() as u64).to_le_bytes());
        self.put(field);
    }

    fn id(mut self) -> [u8; 16] {
        if self.length > Self::ROOM - Self::PADDING {
            self.hash();
        }
        let bits = (self.hashed + self.length as u64) * 8;
        let end = (self.length + 9).next_multiple_of(64);
        if let Some([mark, zeros @ ..]) = self.gathered.get_mut(self.length..end - 8) {
            *mark = 0x80;
            zeros.fill(0);
        }
        self.length = end - 8;
        self.put(&bits.to_be_bytes());
        self.hash();
        let mut id = [0; 16];
        for (bytes, word) in id.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        id
    }
}

/// Reads hexadecimal digits, nothing else: numbers as Rust parses them may also bear a sign.
fn read_hex(text: &str, out: &mut [u8]) -> Option<()> {
    let bytes = text.as_bytes();
    if bytes.len() != 2 * out.len() {
        return None;
    }
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    for (slot, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *slot = digit(*high)? << 4 | digit(*low)?;
    }
    Some(())
}

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Lower-case hexadecimal, 32 characters.
            #[must_use]
            pub fn to_hex(&self) -> String {
                let mut text = String::with_capacity(32);
                self.write_hex(&mut text);
                text
            }

            /// Appends the hexadecimal form.
            pub fn write_hex(&self, out: &mut String) {
                for byte in self.0 {
                    out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
                    out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
                }
            }

            /// Reads the 32 hexadecimal characters that [`Self::to_hex`] writes.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut id = [0; 16];
                read_hex(text, &mut id)?;
                Some(Self(id))
            }
        }

        impl $name {
            /// As [`Self::from_hex`], in its one spelling: lower case only.
            #[must_use]
            pub fn from_canonical_hex(text: &str) -> Option<Self> {
                let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                text.bytes().all(is_digit).then(|| Self::from_hex(text)).flatten()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.to_hex())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_bytes(FixedBytes).map(Self)
            }
        }
    };
}

id! {
    /// One account on one platform: digest of (platform, native id).
    AccountId
}
id! {
    /// One conversation: a group by its id, a direct chat by its unordered pair of accounts.
    ConversationId
}
id! {
    /// One message: digest of (platform, conversation, strongest native id).
    MessageId
}

/// SHA-256 of some content, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The SHA-256 of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads the 64 lower-case hexadecimal characters that are written for it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut digest = [0; 32];
        read_hex(text, &mut digest)?;
        Some(Self(digest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(FixedBytes).map(Self)
    }
}

/// Reads exactly `N` bytes, from a byte string or a sequence of numbers.
struct FixedBytes<const N: usize>;

impl<'de, const N: usize> serde::de::Visitor<'de> for FixedBytes<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        bytes
            .try_into()
            .map_err(|_| E::invalid_length(bytes.len(), &self))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(
        self,
        mut sequence: A,
    ) -> Result<Self::Value, A::Error> {
        let mut bytes = [0; N];
        for slot in &mut bytes {
            *slot = sequence
                .next_element()?
                .ok_or_else(|| serde::de::Error::custom("too few bytes"))?;
        }
        Ok(bytes)
    }
}

impl AccountId {
    /// The account with this native id (wxid, QQ number, …) on this platform.
    #[must_use]
    pub fn new(platform: &Platform, native_id: &str) -> Self {
        Self(digest(
            "hutong/account/v1",
            &[platform.as_str().as_bytes(), native_id.as_bytes()],
        ))
    }
}

impl AccountId {
    /// Somebody of whom an export gives only a name, inside one conversation.
    ///
    /// Such an id begins with two bytes of all ones, so that a name is never taken for a contradicting id.
    #[must_use]
    pub fn named(conversation: ConversationId, name: &str) -> Self {
        let mut id = digest(
            "hutong/account/named/v1",
            &[&conversation.0, name.as_bytes()],
        );
        if let Some(mark) = id.first_chunk_mut::<2>() {
            *mark = [0xFF; 2];
        }
        Self(id)
    }

    /// Whether this is only a name (or, once in 65,536, an id that looks so).
    #[must_use]
    pub fn is_name(&self) -> bool {
        self.0.starts_with(&[0xFF; 2])
    }
}

impl ConversationId {
    /// A conversation of which an export gives only the title (the group's name, or the other side's).
    #[must_use]
    pub fn named(platform: &Platform, kind: ConversationKind, name: &str) -> Self {
        Self(digest(
            "hutong/conversation/named/v1",
            &[
                platform.as_str().as_bytes(),
                kind.as_str().as_bytes(),
                name.as_bytes(),
            ],
        ))
    }

    /// The group (or channel) with this native id.
    #[must_use]
    pub fn group(platform: &Platform, native_id: &str) -> Self {
        Self(digest(
            "hutong/conversation/group/v1",
            &[platform.as_str().as_bytes(), native_id.as_bytes()],
        ))
    }

    /// The direct chat between two accounts, whoever's copy it is.
    #[must_use]
    pub fn direct(platform: &Platform, one: AccountId, other: AccountId) -> Self {
        let (low, high) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        Self(digest(
            "hutong/conversation/direct/v1",
            &[platform.as_str().as_bytes(), &low.0, &high.0],
        ))
    }
}

impl MessageId {
    /// The message that this kind of native id names inside its conversation.
    ///
    /// `kind` keeps ids of different strength apart (`"server"`, `"sequence"`, `"row"`); `fields` are joined
    /// with their lengths, so `["1", "23"]` and `["12", "3"]` differ. The kind also decides the [`IdSpace`].
    #[must_use]
    pub fn new(conversation: ConversationId, kind: &str, fields: &[&[u8]]) -> Self {
        let mut pieces = Pieces::message(conversation, kind);
        for field in fields {
            pieces.field(field);
        }
        Self::in_space(pieces.id(), IdSpace::of_kind(kind))
    }

    const fn in_space(mut id: [u8; 16], space: IdSpace) -> Self {
        let [.., last] = &mut id;
        *last = *last & 0xF0 | space.0;
        Self(id)
    }

    /// A message without any native id: the `occurrence`-th (from 0) of those by this sender at this time with this
    /// text (see [`crate::comparable_text`]).
    ///
    /// `sender` is whatever tells the people of a conversation apart in every export of it: the account's native id, the
    /// name where there is none, `in` and `out` between two. Time counts at the export's precision.
    #[must_use]
    pub fn from_text(
        conversation: ConversationId,
        sender: &str,
        sent_at: Timestamp,
        precision: Precision,
        text: &str,
        occurrence: u32,
    ) -> Self {
        TextIdBase::new(conversation, sender, precision).id(sent_at, text, occurrence)
    }

    /// Which ids this one can be compared with.
    #[must_use]
    pub const fn space(&self) -> IdSpace {
        let [.., last] = self.0;
        IdSpace(last & 0x0F)
    }
}

/// What the ids of all messages of one sender of an export begin with, hashed once; see [`MessageId::from_text`].
#[derive(Clone)]
pub struct TextIdBase {
    state: [u32; 8],
    hashed: u64,
    /// What is not yet hashed, and its length.
    rest: [u8; 64],
    length: usize,
    step_ms: i64,
}

impl TextIdBase {
    /// Makes ready for the messages of this sender.
    #[must_use]
    pub fn new(conversation: ConversationId, sender: &str, precision: Precision) -> Self {
        let step_ms = precision.text_step_ms();
        let mut pieces = Pieces::message(conversation, "text");
        pieces.field(sender.as_bytes());
        pieces.field(&step_ms.to_le_bytes());
        pieces.hash();
        let mut rest = [0; 64];
        if let Some(gathered) = pieces.gathered.first_chunk() {
            rest = *gathered;
        }
        Self {
            state: pieces.state,
            hashed: pieces.hashed,
            rest,
            length: pieces.length,
            step_ms,
        }
    }

    /// The id of the `occurrence`-th message at this time with this text.
    #[must_use]
    pub fn id(&self, sent_at: Timestamp, text: &str, occurrence: u32) -> MessageId {
        let mut pieces = Pieces {
            state: self.state,
            hashed: self.hashed,
            ..Pieces::new()
        };
        pieces.put(self.rest.get(..self.length).unwrap_or_default());
        pieces.field(&sent_at.0.div_euclid(self.step_ms).to_le_bytes());
        pieces.field(text.as_bytes());
        pieces.field(&occurrence.to_le_bytes());
        MessageId::in_space(pieces.id(), IdSpace::TEXT)
    }
}

impl fmt::Debug for TextIdBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextIdBase")
    }
}

/// Ids of one space tell messages apart: two different ids are two messages. Ids of different spaces say nothing about
/// each other, so that messages are compared by sender, time and text.
///
/// The space stands in the lowest four bits of a [`MessageId`]; smaller is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdSpace(u8);

impl IdSpace {
    /// The platform's own ids, the same in every copy: those of [`Self::PLATFORM_KINDS`].
    pub const PLATFORM: Self = Self(0);
    /// Kinds of the platform's own ids. Their one field is the native id: a number in eight bytes, little end first, or a text.
    pub const PLATFORM_KINDS: [&'static str; 2] = ["server", "message"];
    /// No ids at all: kind `text`.
    pub const TEXT: Self = Self(15);

    /// The space of ids of a kind. Kinds that only one generation of a client knows have spaces of their own.
    fn of_kind(kind: &str) -> Self {
        match kind {
            _ if Self::PLATFORM_KINDS.contains(&kind) => Self::PLATFORM,
            "text" => Self::TEXT,
            _ => {
                let [first, ..] = digest("hutong/space/v1", &[kind.as_bytes()]);
                Self(1 + first % 14)
            }
        }
    }

    /// Number from 0 to 15.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direct_chat_has_one_id_from_both_sides() {
        let zhang = AccountId::new(&Platform::WeChat, "wxid_zhang");
        let li = AccountId::new(&Platform::WeChat, "wxid_li");
        assert_eq!(
            ConversationId::direct(&Platform::WeChat, zhang, li),
            ConversationId::direct(&Platform::WeChat, li, zhang)
        );
        assert_ne!(AccountId::new(&Platform::Qq, "wxid_li"), li);
    }

    #[test]
    fn fields_do_not_run_together() {
        let chat = ConversationId::group(&Platform::Qq, "1");
        assert_ne!(
            MessageId::new(chat, "a", &[b"1", b"23"]),
            MessageId::new(chat, "a", &[b"12", b"3"])
        );
    }

    #[test]
    fn an_id_tells_its_space() {
        let chat = ConversationId::group(&Platform::Qq, "1");
        assert_eq!(
            MessageId::new(chat, "message", &[b"1"]).space(),
            IdSpace::PLATFORM
        );
        let row = MessageId::new(chat, "row", &[b"1"]).space();
        assert!(row > IdSpace::PLATFORM && row < IdSpace::TEXT);
        let at = Timestamp(1_700_000_000_123);
        let text = |precision, at, occurrence| {
            MessageId::from_text(chat, "10001", at, precision, "你好", occurrence)
        };
        let id = text(Precision::Second, at, 0);
        assert_eq!(id.space(), IdSpace::TEXT);
        assert_eq!(
            id,
            text(Precision::Millisecond, Timestamp(1_700_000_000_999), 0)
        );
        assert_ne!(id, text(Precision::Second, at, 1));
        assert_ne!(id, text(Precision::Minute, at, 0));
        assert!(AccountId::named(chat, "张三").is_name());
        assert!(!AccountId::new(&Platform::Qq, "10001").is_name());
    }

    #[test]
    fn long_fields_are_hashed_as_short_ones_are() {
        // What is stored was computed piece by piece.
        let one_by_one = |label: &str, fields: &[&[u8]]| {
            let mut hasher = Sha256::new();
            hasher.update(label.as_bytes());
            hasher.update([0]);
            for field in fields {
                hasher.update((field.len() as u64).to_le_bytes());
                hasher.update(field);
            }
            let full: [u8; 32] = hasher.finalize().into();
            full[..16].to_vec()
        };
        let bytes: Vec<u8> = (0..2000_u32).map(|at| (at % 251) as u8).collect();
        for length in (0..400).chain([440, 441, 447, 448, 449, 900, 2000]) {
            let fields: [&[u8]; 4] = [b"x", &bytes[..length], &bytes[..length / 2], b"y"];
            assert_eq!(
                digest("label", &fields).to_vec(),
                one_by_one("label", &fields),
                "{length}"
            );
        }
    }

    #[test]
    fn ids_of_texts_are_those_of_their_fields() {
        // What is stored was computed field by field.
        let chat = ConversationId::group(&Platform::Qq, "1");
        for (sender, text) in [
            ("", String::new()),
            ("10001", "你好".to_owned()),
            ("一个很长的名字".repeat(9).as_str(), "话".repeat(500)),
        ] {
            for (precision, at, occurrence) in [
                (Precision::Second, 1_700_000_000_123, 0),
                (Precision::Minute, -61_000, 3),
            ] {
                let step = precision.text_step_ms();
                let fields: [&[u8]; 5] = [
                    sender.as_bytes(),
                    &step.to_le_bytes(),
                    &i64::div_euclid(at, step).to_le_bytes(),
                    text.as_bytes(),
                    &u32::to_le_bytes(occurrence),
                ];
                let at = Timestamp(at);
                assert_eq!(
                    MessageId::from_text(chat, sender, at, precision, &text, occurrence),
                    MessageId::new(chat, "text", &fields)
                );
            }
        }
        let at = Timestamp::from_seconds(1_700_000_000);
        let known = MessageId::from_text(chat, "10001", at, Precision::Second, "你好", 0);
        assert_eq!(known.to_hex(), "7c3a2e8b2c411d626d8fe753449f7bdf");
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        let id = AccountId::new(&Platform::WeChat, "wxid_zhang");
        assert_eq!(AccountId::from_hex(&id.to_hex()), Some(id));
        assert_eq!(AccountId::from_hex("12"), None);
        for sign in ["+1", "-1", " 1", "0x", "１"] {
            let text = sign.repeat(16);
            assert_eq!(AccountId::from_hex(&text), None, "{text}");
            assert_eq!(MessageId::from_hex(&text), None, "{text}");
            assert_eq!(Digest::from_hex(&sign.repeat(32)), None, "{text}");
        }
        assert_eq!(
            AccountId::from_hex(&id.to_hex().to_uppercase()),
            Some(id),
            "typed by hand"
        );
    }
}
