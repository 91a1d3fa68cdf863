//! When are two messages of different copies the same, where no id says so?
//!
//! Text exports carry no ids: their messages are told by conversation, sender, time at the export's precision, text and
//! the number of the occurrence. Exports show what is not text as a label in brackets (`[图片]`) or not at all, so
//! neither labels nor white space count.

use crate::Part;

/// Longest label in brackets, in characters: `[动画表情]`, `[QQ红包]`, `[微信红包]`.
const MAX_LABEL: usize = 12;

/// The text of a message without white space and without labels in square brackets; the same for a copy that holds the
/// picture and for one that only says `[图片]`.
#[must_use]
pub fn comparable_text(parts: &[Part]) -> String {
    let mut out = String::new();
    write_comparable_text(parts, &mut out);
    out
}

/// Appends what [`comparable_text`] gives.
pub fn write_comparable_text(parts: &[Part], out: &mut String) {
    for part in parts {
        let text = match part {
            Part::Text(text) => &text.text,
            Part::System(system) => &system.text,
            Part::Nudge(nudge) => &nudge.text,
            _ => continue,
        };
        write_comparable(text, out);
    }
}

/// Bytes that are looked at together.
const CHUNK: usize = 16;

/// Whether something that may have to go begins at any of so many bytes: a bracket, white space, a mark. Without branches, so
/// that all are looked at in a few instructions; the other two chunks are the same bytes from the next one and the one
/// behind that on.
fn has_stop(chunk: &[u8; CHUNK], next: &[u8; CHUNK], third: &[u8; CHUNK]) -> bool {
    let mut stops = 0;
    for ((first, next), third) in chunk.iter().zip(next).zip(third) {
        // U+0085 and U+00A0; U+1680; U+2000 to U+205F; U+3000; U+FEFF. With the last two begins what stays: Chinese
        // punctuation.
        stops |= u8::from(*first <= b' ')
            | u8::from(*first == b'[')
            | u8::from(*first == 0xC2)
            | u8::from(*first == 0xE1)
            | u8::from(*first == 0xE2)
            | (u8::from(*first == 0xE3) & u8::from(*next == 0x80) & u8::from(*third == 0x80))
            | (u8::from(*first == 0xEF) & u8::from(*next == 0xBB));
    }
    stops != 0
}

/// How long the label, white space or mark is that a text begins with; 0 where it begins with none.
fn stop_length(text: &str) -> usize {
    match text.chars().next() {
        Some('[') => label_length(text).unwrap_or(0),
        Some(next) if next.is_whitespace() || next == '\0' || next == '\u{feff}' => next.len_utf8(),
        _ => 0,
    }
}

/// Appends what [`comparable_text`] gives for one part with this text.
pub fn write_comparable(text: &str, out: &mut String) {
    // Text that stays is copied in one piece, however many stops in it turn out to be something else.
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let chunk = |from: usize| rest.get(from..).and_then(<[u8]>::first_chunk);
        if let (Some(first), Some(next), Some(third)) = (chunk(0), chunk(1), chunk(2))
            && !has_stop(first, next, third)
        {
            at += CHUNK;
            continue;
        }
        let end = at + CHUNK.min(rest.len());
        while at < end {
            let goes = match bytes.get(at..) {
                Some(
                    [
                        b'!'..=b'Z' | b'\\'..=0xC1 | 0xC3..=0xE0 | 0xE4..=0xEE | 0xF0..,
                        ..,
                    ],
                ) => 0,
                Some([0xEF, second, ..]) if *second != 0xBB => 0,
                Some([0xE3, 0x80, third, ..]) if *third != 0x80 => 0,
                _ => stop_length(text.get(at..).unwrap_or_default()),
            };
            if goes > 0 {
                out.push_str(text.get(from..at).unwrap_or_default());
                from = at + goes;
            }
            at += goes.max(1);
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
}

/// Bytes of the label that a text begins with.
fn label_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let end = inside
        .char_indices()
        .take(MAX_LABEL + 1)
        .find(|(_, character)| matches!(character, ']' | '[' | '\n'))?;
    (end.1 == ']' && end.0 > 0).then_some(end.0 + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attachment, Image};

    #[test]
    fn a_picture_and_its_label_are_alike() {
        let picture = Part::Image(Box::new(Image {
            attachment: Attachment::default(),
            ..Image::default()
        }));
        assert_eq!(
            comparable_text(&[Part::text("看 这个\r\n"), picture, Part::text("好吗")]),
            comparable_text(&[Part::text("看这个\n[图片]好吗")])
        );
    }

    #[test]
    fn every_white_space_and_nothing_else_goes() {
        for character in '\0'..=char::MAX {
            let goes = character.is_whitespace() || matches!(character, '\0' | '\u{feff}');
            let text = format!("一{character}二");
            let expected = if goes { "一二" } else { &text };
            assert_eq!(
                comparable_text(&[Part::text(&text)]),
                expected,
                "{character:?}"
            );
            let long = format!("{}{text}{text}", "三".repeat(7));
            let expected = format!("{}{expected}{expected}", "三".repeat(7));
            assert_eq!(comparable_text(&[Part::text(&long)]), expected);
        }
    }

    #[test]
    fn what_goes_goes_wherever_it_stands() {
        for before in 0..40 {
            for (piece, stays) in [
                (" ", ""),
                ("\u{a0}", ""),
                ("\u{1680}", ""),
                ("\u{2003}", ""),
                ("\u{3000}", ""),
                ("\u{feff}", ""),
                ("[图片]", ""),
                ("，", "，"),
                ("。", "。"),
                ("[", "["),
                ("é", "é"),
            ] {
                for behind in [0, 1, 17] {
                    let (before, behind) = ("a".repeat(before), "三".repeat(behind));
                    let text = format!("{before}{piece}{behind}{piece}");
                    let expected = format!("{before}{stays}{behind}{stays}");
                    assert_eq!(comparable_text(&[Part::text(text)]), expected);
                }
            }
        }
    }

    #[test]
    fn brackets_that_hold_no_label_stay() {
        assert_eq!(comparable_text(&[Part::text("a[]b [ c")]), "a[]b[c");
        assert_eq!(comparable_text(&[Part::text("[1[2]")]), "[1");
        assert_eq!(
            comparable_text(&[Part::text("[这是一段很长很长很长很长的话]")]),
            "[这是一段很长很长很长很长的话]"
        );
    }
}
