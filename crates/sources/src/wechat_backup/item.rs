//! Segments in clear: a list of messages in the wire form of protocol buffers.

use crate::wechat::decode::{Fields, Value as WireValue, bytes_of};

/// One message of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub(super) kind: i64,
    pub(super) from: &'a [u8],
    pub(super) to: &'a [u8],
    pub(super) content: &'a [u8],
    pub(super) seconds: i64,
    pub(super) milliseconds: i64,
    pub(super) source: &'a [u8],
    pub(super) local_id: i64,
    pub(super) server_id: i64,
    pub(super) sequence: i64,
    pub(super) media: Vec<String>,
    pub(super) buffer: &'a [u8],
    /// The whole item.
    pub(super) raw: &'a [u8],
}

/// Ids of media that one message may have.
const MAX_MEDIA: usize = 64;

impl<'a> Item<'a> {
    /// An item that names at least one side.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut item = Self {
            raw: bytes,
            ..Self::default()
        };
        for (number, value) in Fields(bytes) {
            match (number, value) {
                (1, WireValue::Varint(kind)) => item.kind = kind.cast_signed(),
                (3, WireValue::Bytes(inner)) => item.from = inner_text(inner),
                (4, WireValue::Bytes(inner)) => item.to = inner_text(inner),
                (5, WireValue::Bytes(inner)) => item.content = inner_text(inner),
                (7, WireValue::Varint(time)) => item.seconds = time.cast_signed(),
                (8, WireValue::Bytes(source)) => item.source = source,
                (9, WireValue::Varint(id)) => item.local_id = id.cast_signed(),
                (11, WireValue::Bytes(inner)) if item.media.len() < MAX_MEDIA => {
                    let id = String::from_utf8_lossy(inner_text(inner)).trim().to_owned();
                    if !id.is_empty() {
                        item.media.push(id);
                    }
                }
                (13, WireValue::Bytes(inner)) => {
                    item.buffer = bytes_of(inner, 2).unwrap_or_default();
                }
                (16, WireValue::Varint(id)) => item.server_id = id.cast_signed(),
                (17, WireValue::Varint(number)) => item.sequence = number.cast_signed(),
                (18, WireValue::Varint(time)) => item.milliseconds = time.cast_signed(),
                _ => {}
            }
        }
        (!item.from.is_empty() || !item.to.is_empty()).then_some(item)
    }
}

/// Texts are messages of their own with the text in field 1; a bare text is taken too.
fn inner_text(inner: &[u8]) -> &[u8] {
    match bytes_of(inner, 1) {
        Some(text) => text,
        None if inner.starts_with(&[0x0A]) || inner.is_empty() => &[],
        None => inner,
    }
}

/// A segment's messages, and how many it says there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) count: Option<u64>,
    /// The bytes of each item.
    pub(super) items: Vec<&'a [u8]>,
}

impl<'a> Segment<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Self {
        let mut segment = Self::default();
        for (number, value) in Fields(bytes) {
            match (number, value) {
                (1, WireValue::Varint(count)) => segment.count = Some(count),
                (2, WireValue::Bytes(item)) => segment.items.push(item),
                _ => {}
            }
        }
        segment
    }

    /// Whether bytes are a list at all, as those that a right key gives.
    pub(super) fn is_list(bytes: &'a [u8]) -> bool {
        let segment = Self::parse(bytes);
        match segment.items.first() {
            Some(first) => Item::parse(first).is_some(),
            None => segment.count == Some(0) && bytes.len() <= 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by hand after the list of fields on the format page.
    const LIST: &[u8] = b"\x08\x01\x12\x3a\x08\x01\x12\x02c1\x1a\x03\x0a\x01a\x22\x03\x0a\x01b\x2a\x04\x0a\x02hi\x38\xd2\x85\xd8\xcc\x04\
        \x42\x01s\x48\x07\x50\x01\x5a\x04\x0a\x02m1\x62\x02\x08\x01\x6a\x04\x08\x01\x12\x00\x80\x01\xb9\x60\x88\x01\x05";

    #[test]
    fn every_field_of_the_page_is_read() {
        let segment = Segment::parse(LIST);
        assert_eq!((segment.count, segment.items.len()), (Some(1), 1));
        let item = Item::parse(segment.items[0]).unwrap();
        assert_eq!((item.kind, item.from, item.to), (1, &b"a"[..], &b"b"[..]));
        assert_eq!((item.content, item.source), (&b"hi"[..], &b"s"[..]));
        assert_eq!((item.seconds, item.local_id), (1_234_567_890, 7));
        assert_eq!((item.server_id, item.sequence), (12_345, 5));
        assert_eq!(item.media, ["m1"]);
        assert!(Segment::is_list(LIST) && !Segment::is_list(b"nonsense"));
    }

    #[test]
    fn any_bytes_end() {
        for end in 0..LIST.len() {
            let segment = Segment::parse(&LIST[..end]);
            for item in segment.items {
                let _ = Item::parse(item);
            }
        }
    }
}
