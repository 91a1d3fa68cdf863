//! Words that are wrapped in markup, codes or signs.

use std::borrow::Cow;

use super::protobuf::{Fields, Value};
use super::xml::{Document, unescaped};
use crate::base64::base64;

/// A system text without its markup: custom links and addresses become their words, pictures vanish.
pub(crate) fn visible_text(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return unescaped(text);
    }
    Cow::Owned(Document::parse(text).root().deep_text())
}

/// `￥0.01` → (`0.01`, `CNY`).
pub(crate) fn amount_and_currency(words: &str) -> (Option<String>, Option<String>) {
    const SIGNS: &[(&str, &str)] = &[
        ("￥", "CNY"),
        ("¥", "CNY"),
        ("HK$", "HKD"),
        ("MOP", "MOP"),
        ("RM", "MYR"),
        ("US$", "USD"),
        ("元", "CNY"),
    ];
    let amount: String = words
        .chars()
        .skip_while(|letter| !letter.is_ascii_digit())
        .take_while(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ','))
        .filter(|letter| *letter != ',')
        .collect();
    let amount = amount.trim_end_matches('.');
    if amount.is_empty() {
        return (None, None);
    }
    let currency = SIGNS
        .iter()
        .find(|(sign, _)| words.contains(sign))
        .map(|(_, code)| (*code).to_owned());
    (Some(amount.to_owned()), currency)
}

/// `%E4%BD%A0+x` → `你 x`; anything that is no escape stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        bytes = rest;
        let escape = (*first == b'%').then(|| rest.split_at_checked(2)).flatten();
        let value = escape
            .and_then(|(digits, _)| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (value, escape) {
            (Some(value), Some((_, tail))) => {
                out.push(value);
                bytes = tail;
            }
            _ => out.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The name of a sticker from its `desc`: pairs of language and name, the simplified Chinese one preferred.
pub(crate) fn sticker_meaning(description: &str) -> Option<String> {
    let bytes = base64(description)?;
    let mut names: Vec<(String, String)> = Vec::new();
    collect_names(&bytes, 0, &mut names);
    let wanted = |language: &str| {
        names
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(language))
    };
    wanted("zh_cn")
        .or_else(|| wanted("default"))
        .or_else(|| names.first())
        .map(|(_, name)| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

/// Finds messages of two texts, a language and a name, at any depth up to 3.
fn collect_names(bytes: &[u8], depth: usize, names: &mut Vec<(String, String)>) {
    let mut texts = Vec::new();
    for (_, value) in Fields(bytes).take(64) {
        let Value::Bytes(inner) = value else { continue };
        match std::str::from_utf8(inner) {
            Ok(text) if !text.chars().any(char::is_control) => texts.push(text.to_owned()),
            _ if depth < 3 => collect_names(inner, depth + 1, names),
            _ => {}
        }
    }
    let mut texts = texts.into_iter();
    if let (Some(language), Some(name)) = (texts.next(), texts.next())
        && language.len() <= 16
        && language.is_ascii()
    {
        names.push((language, name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_system_texts_is_taken_off() {
        assert_eq!(
            visible_text(
                "<img src=\"SystemMessages_HongbaoIcon.png\"/>  你领取了\"张三\"的<_wc_custom_link_ color=\"#FD9931\" href=\"weixin://x\">红包</_wc_custom_link_>"
            ),
            "  你领取了\"张三\"的红包"
        );
        assert_eq!(visible_text("\"<3小明\"加入了群聊"), "\"<3小明\"加入了群聊");
        assert_eq!(visible_text("<a href=\"x\">看</a>吧"), "看吧");
    }

    #[test]
    fn amounts_lose_their_sign() {
        let both = |words| amount_and_currency(words);
        assert_eq!(both("￥0.01"), (Some("0.01".into()), Some("CNY".into())));
        assert_eq!(
            both("¥1,234.50"),
            (Some("1234.50".into()), Some("CNY".into()))
        );
        assert_eq!(both("HK$8"), (Some("8".into()), Some("HKD".into())));
        assert_eq!(
            both("收到转账0.10元。"),
            (Some("0.10".into()), Some("CNY".into()))
        );
        assert_eq!(both("12.00"), (Some("12.00".into()), None));
        assert_eq!(both(""), (None, None));
    }

    #[test]
    fn codes_are_undone() {
        assert_eq!(percent_decoded("%E4%BD%A0+x%zz%"), "你 x%zz%");
        assert_eq!(base64("aGk=").as_deref(), Some(b"hi".as_slice()));
        assert_eq!(base64("好"), None);
        assert_eq!(sticker_meaning("CgoKBXpoX2NuEgHlk4g=").as_deref(), None);
    }

    #[test]
    fn the_chinese_name_of_a_sticker_is_preferred() {
        let pair = |language: &str, name: &str| {
            let mut inner = vec![0x0A, u8::try_from(language.len()).unwrap()];
            inner.extend(language.bytes());
            inner.extend([0x12, u8::try_from(name.len()).unwrap()]);
            inner.extend(name.bytes());
            let mut out = vec![0x0A, u8::try_from(inner.len()).unwrap()];
            out.extend(inner);
            out
        };
        let bytes = [pair("default", "haha"), pair("zh_cn", "哈哈")].concat();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let mut group = [0; 3];
            group[..chunk.len()].copy_from_slice(chunk);
            let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
            for index in 0..=chunk.len() {
                text.push(char::from(
                    alphabet[(bits >> (18 - 6 * index) & 63) as usize],
                ));
            }
        }
        assert_eq!(sticker_meaning(&text).as_deref(), Some("哈哈"));
    }
}
