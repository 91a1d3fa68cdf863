//! Elements: the pieces of a body. All kinds share one tag space; tag 45002 says which kind it is.

use crate::qq::wire::{Fields, Value, messages};

/// Element types (45002).
pub(in crate::qq_nt) mod kind {
    pub(in crate::qq_nt) const TEXT: u64 = 1;
    pub(in crate::qq_nt) const PICTURE: u64 = 2;
    pub(in crate::qq_nt) const FILE: u64 = 3;
    pub(in crate::qq_nt) const VOICE: u64 = 4;
    pub(in crate::qq_nt) const VIDEO: u64 = 5;
    pub(in crate::qq_nt) const FACE: u64 = 6;
    pub(in crate::qq_nt) const REPLY: u64 = 7;
    pub(in crate::qq_nt) const GRAY_TIP: u64 = 8;
    pub(in crate::qq_nt) const WALLET: u64 = 9;
    pub(in crate::qq_nt) const ARK: u64 = 10;
    pub(in crate::qq_nt) const MARKET_FACE: u64 = 11;
    pub(in crate::qq_nt) const MARKDOWN: u64 = 14;
    pub(in crate::qq_nt) const FORWARD: u64 = 16;
    pub(in crate::qq_nt) const KEYBOARD: u64 = 17;
    pub(in crate::qq_nt) const CALL: u64 = 21;
    pub(in crate::qq_nt) const ONLINE_FILE: u64 = 23;
    pub(in crate::qq_nt) const QZONE: u64 = 26;
    pub(in crate::qq_nt) const BUBBLE: u64 = 27;
    pub(in crate::qq_nt) const SHARED_PLACE: u64 = 28;
    pub(in crate::qq_nt) const ONLINE_FOLDER: u64 = 30;
}

/// One element, not yet taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::qq_nt) struct Element<'a> {
    /// 45002; absent when the field is missing or has the wrong wire type.
    pub(in crate::qq_nt) kind: Option<u64>,
    /// The whole element.
    pub(in crate::qq_nt) raw: &'a [u8],
}

const ENVELOPE: u32 = 40800;
const KIND: u32 = 45002;
const TEXT: u32 = 45101;

impl<'a> Element<'a> {
    /// Finds out what an element is.
    pub(in crate::qq_nt) fn new(raw: &'a [u8]) -> Self {
        let mut has_text = false;
        for (tag, value) in Fields::new(raw) {
            match (tag, value) {
                (KIND, Value::Number(kind)) => {
                    return Self {
                        kind: Some(kind),
                        raw,
                    };
                }
                (TEXT, Value::Bytes(_)) => has_text = true,
                _ => {}
            }
        }
        Self {
            kind: has_text.then_some(kind::TEXT),
            raw,
        }
    }
}

/// The elements of a body in display order.
#[derive(Debug, Clone)]
pub(in crate::qq_nt) struct Elements<'a> {
    fields: Fields<'a>,
    /// A body inside the body, as snapshots may have it.
    inner: Option<Fields<'a>>,
}

impl<'a> Elements<'a> {
    pub(in crate::qq_nt) const fn new(body: &'a [u8]) -> Self {
        Self {
            fields: Fields::new(body),
            inner: None,
        }
    }

    /// The bytes that could not be read, once the walk has ended.
    pub(in crate::qq_nt) const fn unread(&self) -> &'a [u8] {
        self.fields.unread()
    }
}

fn next_element<'a>(fields: &mut Fields<'a>) -> Option<&'a [u8]> {
    fields.find_map(|(tag, value)| match value {
        Value::Bytes(bytes) if tag == ENVELOPE && !bytes.is_empty() => Some(bytes),
        _ => None,
    })
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        loop {
            if let Some(inner) = &mut self.inner {
                if let Some(raw) = next_element(inner) {
                    return Some(Element::new(raw));
                }
                self.inner = None;
            }
            let raw = next_element(&mut self.fields)?;
            if matches!(Fields::new(raw).next(), Some((ENVELOPE, Value::Bytes(_)))) {
                self.inner = Some(Fields::new(raw));
                continue;
            }
            return Some(Element::new(raw));
        }
    }
}

messages! {
    /// 文字 and @.
    Text {
        45101 bytes text,
        /// 1 everyone, 2 one person.
        45102 number at_type,
        45103 number at_uin,
        45105 bytes at_uid,
    }
    /// Pictures, files, voices and videos: they share their tags.
    Media {
        45003 number sub,
        45402 bytes name,
        45403 bytes local_path,
        45404 bytes cover_path,
        45405 number size,
        45406 bytes md5,
        45410 number duration_s,
        45411 number width,
        45412 number height,
        45413 number video_width,
        45414 number video_height,
        45416 number format,
        45422 bytes cover_name,
        45424 bytes md5_text,
        45802 bytes thumb_url,
        45803 bytes preview_url,
        45804 bytes url,
        45812 bytes cache_path,
        45813 bytes cache_path_198,
        45814 bytes cache_path_720,
        45815 bytes summary,
        45816 bytes host,
        45829 number flash,
        45906 number voice_s,
        45923 bytes transcript,
        45954 bytes thumb_path,
    }
    /// 表情 from the built-in set.
    Face {
        45003 number sub,
        47601 number id,
        47602 bytes words,
        47607 bytes result,
        47611 number poke_type,
        47612 bytes action,
        47615 bytes action_name,
        47621 bytes fallback,
    }
    /// 引用: always the first element of a reply.
    Reply {
        40020 bytes sender_uid,
        47401 number message_id,
        47402 number sequence,
        47403 number sender_uin,
        47404 number time,
        47413 bytes summary,
        47416 number source_id,
        47421 bytes name,
        48101 number sequence_copy,
    }
    /// 红包, 转账.
    Wallet {
        48401 number target_uin,
        48403 bytes detail,
        48409 bytes order,
        48412 number kind,
        48420 number only_uin,
    }
    /// The words on a 红包.
    WalletDetail {
        48443 bytes title,
        48444 bytes hint,
        48445 bytes subtitle,
        48448 bytes display,
    }
    /// A card described by JSON.
    Ark {
        47901 bytes json,
    }
    /// A sticker of the sticker shop.
    MarketFace {
        80900 bytes words,
        80810 number pack,
        80903 bytes id,
    }
    /// Markdown, mostly from bots.
    Markdown {
        48701 bytes text,
        48705 bytes summary,
        48708 bytes flash_transfer,
    }
    /// A set of files that lies on the server for a while.
    FlashTransfer {
        1 bytes id,
        2 bytes name,
        3 number size,
    }
    /// 合并转发.
    Forward {
        48601 bytes resource,
        48602 bytes xml,
        48603 bytes name,
    }
    /// Buttons below a bot's message.
    Keyboard {
        48751 bytes rows,
    }
    /// 通话.
    Call {
        45003 number sub,
        48151 number code,
        48152 number duration,
        48153 bytes text,
        48154 number method,
        48156 number generation,
        48157 bytes summary,
    }
    /// 空间动态.
    Qzone {
        48175 bytes main,
        48176 bytes secondary,
        48180 bytes cover,
        48182 number publisher,
        48183 bytes jump,
    }
    /// A line of a 空间动态.
    QzoneText {
        48178 bytes text,
    }
    /// 弹射表情.
    Bubble {
        52134 bytes name,
        52138 bytes summary,
        52139 bytes desktop_text,
    }
    /// 共享位置.
    SharedPlace {
        52152 bytes text,
    }
}

impl Face<'_> {
    /// 47607 where it is written as a number instead of as text.
    pub(in crate::qq_nt) fn numeric_result(raw: &[u8]) -> Option<u64> {
        Fields::new(raw).find_map(|(tag, value)| match value {
            Value::Number(number) if tag == 47607 => Some(number),
            _ => None,
        })
    }
}

impl MarketFace<'_> {
    /// The pack where it is written as text instead of as a number.
    pub(in crate::qq_nt) fn textual_pack(raw: &[u8]) -> Option<&[u8]> {
        crate::qq::wire::repeated(raw, 80810).next()
    }
}
