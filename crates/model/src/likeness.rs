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

/// Whether a character with this first byte may have to go: a bracket, white space, a mark. Most text has few of them.
const fn is_stop(byte: u8) -> bool {
    // Behind the space: U+0085 and U+00A0; U+1680; U+2000 to U+205F; U+3000; U+FEFF.
    matches!(byte, 0..=b' ' | b'[' | 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF)
}

/// Bytes that are looked at together.
const CHUNK: usize = 16;

/// Whether any of these bytes is a stop; without branches, so that all are looked at in a few instructions.
fn has_stop(chunk: &[u8; CHUNK]) -> bool {
    let stops = chunk.map(|byte| {
        u8::from(byte <= b' ')
            | u8::from(byte == b'[')
            | u8::from(byte == 0xC2)
            | u8::from(byte.wrapping_sub(0xE1) <= 2)
            | u8::from(byte == 0xEF)
    });
    stops.iter().fold(0, |any, stop| any | stop) != 0
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
        if rest.first_chunk().is_some_and(|chunk| !has_stop(chunk)) {
            at += CHUNK;
            continue;
        }
        let end = at + CHUNK.min(rest.len());
        while at < end {
            let goes = match bytes.get(at..) {
                Some([first, ..]) if !is_stop(*first) => 0,
                // Punctuation of Chinese text, which stays: `，！？：；（）` and `、。「」《》`.
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
    fn brackets_that_hold_no_label_stay() {
        assert_eq!(comparable_text(&[Part::text("a[]b [ c")]), "a[]b[c");
        assert_eq!(comparable_text(&[Part::text("[1[2]")]), "[1");
        assert_eq!(
            comparable_text(&[Part::text("[这是一段很长很长很长很长的话]")]),
            "[这是一段很长很长很长很长的话]"
        );
    }
}
