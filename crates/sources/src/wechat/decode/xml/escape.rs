//! Entities, and documents inside documents.

use std::borrow::Cow;

use memchr::memchr;

use super::Element;

/// How often an escaped document inside a document is unescaped before it is given up.
const MAX_ESCAPES: usize = 3;

/// A trimmed value, unless it is empty or says that there is none.
pub(super) fn meant(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = value.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0');
    if trimmed.is_empty() || trimmed == "(null)" {
        return None;
    }
    if trimmed.len() == value.len() {
        return Some(value);
    }
    Some(match value {
        Cow::Borrowed(text) => Cow::Borrowed(
            text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0'),
        ),
        Cow::Owned(_) => Cow::Owned(trimmed.to_owned()),
    })
}

/// Replaces the entities of XML; an ampersand that begins none stays.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    out.push_str(before);
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        let (letter, length) = entity(tail).unwrap_or(('&', 1));
        out.push(letter);
        rest = tail.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character that an entity at the beginning of the text stands for, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    const NAMED: &[(&str, char)] = &[
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&nbsp;", '\u{a0}'),
    ];
    if let Some((name, letter)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*letter, name.len()));
    }
    let number = text.strip_prefix("&#")?;
    let length = number.bytes().take(9).position(|byte| byte == b';')?;
    let digits = number.get(..length)?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    // Line breaks and tabs are written so; other control characters have no place in text.
    let letter =
        char::from_u32(code).filter(|letter| !letter.is_control() || letter.is_whitespace())?;
    Some((letter, length + 3))
}

/// The source of a document that stands inside an element: as CDATA, escaped once or more often, or as it is.
pub(crate) fn nested<'d>(element: Element<'d>) -> Cow<'d, str> {
    if element.has_children() {
        return Cow::Borrowed(element.inner_source());
    }
    let mut text = element.text();
    for _ in 1..MAX_ESCAPES {
        let start = text.trim_start();
        if start.is_empty() || start.starts_with('<') || !text.contains("&lt;") {
            break;
        }
        text = Cow::Owned(unescaped(&text).into_owned());
    }
    text
}
