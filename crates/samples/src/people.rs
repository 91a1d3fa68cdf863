//! Invented people and their ids.

use crate::rng::Rng;
use crate::words::{CALLED, FIRST_NAMES, LAST_NAMES};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const LOWER_DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A nickname in the manner of chat users; never a civil name.
pub(crate) fn nickname(rng: &mut Rng) -> String {
    match rng.below(20) {
        0 => (*rng.pick(CALLED)).to_owned(),
        1 => format!("{}🌙", rng.pick(CALLED)),
        2 => format!(
            "{} {}",
            rng.pick(&["Milo", "Nora", "Juno", "Pico", "Luma"]),
            rng.pick(LAST_NAMES)
        ),
        3 => format!(
            "A{}-{}",
            rng.pick(&["果园", "驿站", "维修", "建材", "花店"]),
            rng.pick(CALLED)
        ),
        4..8 => format!("{}的{}", rng.pick(CALLED), rng.pick(LAST_NAMES)),
        _ => format!("{}{}", rng.pick(FIRST_NAMES), rng.pick(LAST_NAMES)),
    }
}

/// A remark that the owner could have given.
pub(crate) fn remark(rng: &mut Rng) -> String {
    format!(
        "{}{}",
        rng.pick(&[
            "房东·", "楼下", "同桌", "客户-", "快递", "球友", "教练 ", "邻居"
        ]),
        rng.pick(CALLED)
    )
}

/// A name on a group card.
pub(crate) fn card(rng: &mut Rng, number: usize) -> String {
    match rng.below(4) {
        0 => format!(
            "{}-{}0{}",
            rng.range(1, 19),
            rng.range(1, 28),
            rng.range(1, 4)
        ),
        1 => format!("{}妈妈", rng.pick(CALLED)),
        2 => format!(
            "【{}】{}",
            rng.pick(&["值班", "前端", "后端", "测试", "设计"]),
            rng.pick(CALLED)
        ),
        _ => format!("{}{number}", rng.pick(CALLED)),
    }
}

/// A WeChat username; one in eight is of the old form without prefix.
pub(crate) fn wxid(rng: &mut Rng) -> String {
    if rng.chance(125) {
        return format!(
            "{}_{}{}",
            rng.word(LOWER, 5),
            rng.word(LOWER, 4),
            rng.range(10, 99)
        );
    }
    format!(
        "wxid_{}{}",
        rng.word(LOWER_DIGITS, 12),
        rng.pick(&["21", "22", "12", "11"])
    )
}

/// A QQ uid.
pub(crate) fn uid(rng: &mut Rng) -> String {
    format!("u_{}", rng.word(BASE64URL, 22))
}

/// A QQ number above those that have been given out, yet within 32 bits.
pub(crate) fn uin(rng: &mut Rng) -> u64 {
    4_200_000_000 + rng.below(90_000_000) as u64
}
