//! Emoji in texts: Unicode sequences, and the names in square brackets that WeChat writes for its own.

/// Code points in one sequence; families and flags of regions need eleven.
const SEQUENCE: usize = 16;

/// Characters in a bracketed name.
const NAME: usize = 8;

/// Labels in square brackets that stand for something else than an emoji when a text export is read.
const LABELS: &[&str] = &[
    "图片",
    "语音",
    "视频",
    "文件",
    "链接",
    "表情",
    "动画表情",
    "位置",
    "名片",
    "转账",
    "红包",
    "聊天记录",
    "通话",
    "语音通话",
    "视频通话",
    "小程序",
    "视频号",
    "公告",
    "接龙",
    "卡片",
    "未知消息",
    "支付",
    "闪照",
    "合并转发",
    "回复",
    "引用",
    "分享",
    "音乐",
    "系统消息",
    "草稿",
    "有人@我",
    "自动回复",
    "image",
    "Image",
    "Photo",
    "photo",
    "Video",
    "video",
    "Voice",
    "voice",
    "File",
    "file",
    "Link",
    "link",
    "Sticker",
    "sticker",
    "Location",
    "Audio",
    "audio",
];

/// Calls `found` with every emoji of a text, in order.
pub(crate) fn for_each_emoji<'a>(text: &'a str, found: &mut dyn FnMut(&'a str)) {
    // Most texts have none, and a scan of bytes tells: they begin with these.
    if !text
        .bytes()
        .any(|byte| byte == b'[' || byte >= 0xE2 || byte == 0xC2)
        && !text.contains('\u{20E3}')
    {
        return;
    }
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '[' => name_length(rest),
            _ => sequence_length(rest),
        };
        if length == 0 {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let (emoji, after) = rest.split_at(length);
            found(emoji);
            rest = after;
        }
    }
}

/// Bytes of the bracketed name of an emoji that a text begins with, or 0.
fn name_length(text: &str) -> usize {
    let Some(inner) = text.strip_prefix('[') else {
        return 0;
    };
    match bracketed(inner) {
        Some(name) if !LABELS.contains(&name) => name.len() + 2,
        _ => 0,
    }
}

/// The name that ends with a closing bracket, where a text behind an opening one begins with one.
pub(crate) fn bracketed(inner: &str) -> Option<&str> {
    let (end, _) = inner
        .char_indices()
        .take(NAME + 1)
        .find(|(_, char)| *char == ']')?;
    let name = inner.get(..end)?;
    (!name.is_empty() && name.chars().all(char::is_alphabetic)).then_some(name)
}

/// Bytes of the emoji sequence that a text begins with, or 0.
fn sequence_length(text: &str) -> usize {
    let mut chars = text.chars().peekable();
    let Some(first) = chars.next() else { return 0 };
    let mut length = first.len_utf8();
    if is_regional(first) {
        return match chars.next() {
            Some(second) if is_regional(second) => length + second.len_utf8(),
            _ => 0,
        };
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        let is_keycap = chars.next() == Some('\u{FE0F}') && chars.next() == Some('\u{20E3}');
        return if is_keycap { length + 6 } else { 0 };
    }
    let is_shown_as_emoji = is_emoji(first)
        || first == '❤'
        || (may_be_emoji(first) && chars.peek() == Some(&'\u{FE0F}'));
    if !is_shown_as_emoji {
        return 0;
    }
    let mut is_joined = false;
    for _ in 1..SEQUENCE {
        let Some(next) = chars.peek().copied() else {
            break;
        };
        let belongs = match next {
            '\u{FE0F}' | '\u{200D}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}' => true,
            _ => is_joined && (is_emoji(next) || may_be_emoji(next)),
        };
        if !belongs {
            break;
        }
        is_joined = next == '\u{200D}';
        length += next.len_utf8();
        chars.next();
    }
    // A joiner that joins nothing is not part of it.
    if is_joined {
        length - '\u{200D}'.len_utf8()
    } else {
        length
    }
}

const fn is_regional(char: char) -> bool {
    matches!(char, '\u{1F1E6}'..='\u{1F1FF}')
}

/// Characters that are pictures by themselves.
const fn is_emoji(char: char) -> bool {
    matches!(char,
        '\u{1F300}'..='\u{1F320}' | '\u{1F32D}'..='\u{1F335}' | '\u{1F337}'..='\u{1F37C}'
        | '\u{1F37E}'..='\u{1F393}' | '\u{1F3A0}'..='\u{1F3CA}' | '\u{1F3CF}'..='\u{1F3D3}'
        | '\u{1F3E0}'..='\u{1F3F0}' | '\u{1F3F4}' | '\u{1F3F8}'..='\u{1F43E}' | '\u{1F440}'
        | '\u{1F442}'..='\u{1F4FC}' | '\u{1F4FF}'..='\u{1F53D}' | '\u{1F54B}'..='\u{1F54E}'
        | '\u{1F550}'..='\u{1F567}' | '\u{1F57A}' | '\u{1F595}' | '\u{1F596}' | '\u{1F5A4}'
        | '\u{1F5FB}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6C5}' | '\u{1F6CC}'
        | '\u{1F6D0}'..='\u{1F6D2}' | '\u{1F6D5}'..='\u{1F6DF}' | '\u{1F6EB}' | '\u{1F6EC}'
        | '\u{1F6F4}'..='\u{1F6FC}' | '\u{1F7E0}'..='\u{1F7EB}' | '\u{1F7F0}'
        | '\u{1F90C}'..='\u{1F93A}' | '\u{1F93C}'..='\u{1F945}' | '\u{1F947}'..='\u{1F9FF}'
        | '\u{1FA70}'..='\u{1FAFF}' | '\u{1F004}' | '\u{1F0CF}' | '\u{1F18E}'
        | '\u{1F191}'..='\u{1F19A}' | '\u{1F201}'
        | '⌚' | '⌛' | '⏩'..='⏬' | '⏰' | '⏳' | '◽' | '◾' | '☔' | '☕' | '♈'..='♓' | '♿' | '⚓' | '⚡'
        | '⚪' | '⚫' | '⚽' | '⚾' | '⛄' | '⛅' | '⛎' | '⛔' | '⛪' | '⛲' | '⛳' | '⛵' | '⛺' | '⛽' | '✅' | '✊' | '✋'
        | '✨' | '❌' | '❎' | '❓'..='❕' | '❗' | '➕'..='➗' | '➰' | '➿' | '⬛' | '⬜' | '⭐' | '⭕')
}

/// Characters that are pictures when a variation selector says so.
const fn may_be_emoji(char: char) -> bool {
    matches!(char,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '↔'..='↪' | '⌨' | '⏏' | '⏩'..='⏺' | 'Ⓜ' | '▪'..='◾'
        | '\u{2600}'..='\u{27BF}' | '⤴' | '⤵' | '⬅'..='⬇' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{1F170}'..='\u{1F171}' | '\u{1F17E}' | '\u{1F17F}' | '\u{1F202}' | '\u{1F237}'
        | '\u{1F300}'..='\u{1F6FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        for_each_emoji(text, &mut |emoji| all.push(emoji));
        all
    }

    #[test]
    fn sequences_are_one_emoji_each() {
        assert_eq!(
            found("好的👍🏽!👨‍👩‍👧‍👦🇨🇳🇯🇵❤️1️⃣ 5 ☀️☀"),
            ["👍🏽", "👨‍👩‍👧‍👦", "🇨🇳", "🇯🇵", "❤️", "1️⃣", "☀️"]
        );
        assert_eq!(found("没有 nothing №1"), [""; 0]);
    }

    #[test]
    fn names_in_brackets_count_and_labels_do_not() {
        assert_eq!(
            found("[捂脸][图片][Smile] a[0] [很长的一句话不是表情名]"),
            ["[捂脸]", "[Smile]"]
        );
    }

    #[test]
    fn a_hundred_thousand_joiners_are_no_long_emoji() {
        let text = format!("😀{}", "\u{200D}".repeat(100_000));
        let all = found(&text);
        assert_eq!(all.len(), 1);
        assert!(all[0].len() < 100);
    }
}
