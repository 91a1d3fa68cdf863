//! Gray tips: the lines that the messenger itself writes into a conversation. Tag 45003 says which kind.

use crate::qq::wire::{Fields, Value, messages};

/// Kinds of gray tip (45003).
pub(in crate::qq_nt) mod tip_kind {
    pub(in crate::qq_nt) const RECALL: u64 = 1;
    pub(in crate::qq_nt) const GROUP_EVENT: u64 = 4;
    pub(in crate::qq_nt) const FILE: u64 = 10;
    pub(in crate::qq_nt) const XML: u64 = 12;
    pub(in crate::qq_nt) const TEMP_SESSION: u64 = 15;
    pub(in crate::qq_nt) const JSON: u64 = 17;
}

messages! {
    /// Which kind of tip.
    TipKind {
        45003 number sub,
        48274 bytes text,
    }
    /// 撤回.
    Recall {
        47703 bytes operator_uid,
        47704 bytes author_uid,
        47705 bytes first_nick,
        47706 bytes first_remark,
        47707 bytes first_card,
        47713 bytes suffix,
        47714 bytes second_nick,
        47715 bytes second_remark,
        47716 bytes second_card,
    }
    /// Something happened to a group.
    Event {
        48501 number kind,
        48503 bytes member_uid,
        48504 bytes member_nick,
        48505 bytes member_card,
        48506 bytes other_uid,
        48507 bytes other_nick,
        48508 bytes other_card,
        48509 bytes group_name,
        48541 bytes mute,
    }
    /// 禁言.
    Mute {
        48521 bytes operator,
        48522 bytes member,
        48532 number seconds,
    }
    /// A person inside a tip.
    Person {
        1000 bytes uid,
        1005 bytes tip_uid,
        1006 bytes tip_nick,
        20002 bytes nick,
    }
    /// A file arrived.
    FileTip {
        45402 bytes name,
        45405 number size,
    }
    /// Words described by XML (12) or JSON (17).
    MarkupTip {
        43210 bytes target,
        48210 bytes actor,
        48211 number action,
        48212 number business,
        48214 bytes xml,
        48215 number business_id,
        48271 bytes json,
        48274 bytes text,
    }
    /// 临时会话.
    TempTip {
        47502 bytes group,
    }
}

/// Tags that every element may have and that hold nothing to show.
const COMMON: [u32; 6] = [45001, 45002, 45003, 45004, 49154, 49155];

/// Every field of an element that reads like words.
pub(in crate::qq_nt) fn words(raw: &[u8]) -> Vec<&str> {
    Fields::new(raw)
        .filter(|(tag, _)| !COMMON.contains(tag))
        .filter_map(|(_, value)| match value {
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
        .filter(|text| {
            !text.trim().is_empty()
                && !text
                    .chars()
                    .any(|letter| letter.is_control() && letter != '\n')
        })
        .filter(|text| !text.starts_with("u_"))
        .collect()
}
