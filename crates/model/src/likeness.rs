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
    for part in parts {
        let text = match part {
            Part::Text(text) => &text.text,
            Part::System(system) => &system.text,
            Part::Nudge(nudge) => &nudge.text,
            _ => continue,
        };
        write_comparable(text, &mut out);
    }
    out
}

fn write_comparable(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '['
            && let Some(length) = label_length(rest)
        {
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        if !next.is_whitespace() && next != '\0' && next != '\u{feff}' {
            out.push(next);
        }
        rest = rest.get(next.len_utf8()..).unwrap_or_default();
    }
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
    fn brackets_that_hold_no_label_stay() {
        assert_eq!(comparable_text(&[Part::text("a[]b [ c")]), "a[]b[c");
        assert_eq!(comparable_text(&[Part::text("[1[2]")]), "[1");
        assert_eq!(
            comparable_text(&[Part::text("[这是一段很长很长很长很长的话]")]),
            "[这是一段很长很长很长很长的话]"
        );
    }
}
