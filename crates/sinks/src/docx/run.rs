//! Runs: pieces of a paragraph in one direction and language.

use crate::ooxml::write_text;

/// What a run of text asks of a word processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traits {
    /// Written from right to left.
    is_rtl: bool,
    has_han: bool,
    has_kana: bool,
    has_hangul: bool,
    /// Quotation marks and the like, which Western and Chinese fonts both have, of different width.
    has_shared_marks: bool,
}

/// Whether a letter is written from right to left; nothing for marks and white space, which follow their neighbours.
fn direction(character: char) -> Option<bool> {
    match character {
        '\u{590}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}'
        | '\u{1e800}'..='\u{1efff}' => Some(true),
        _ if character.is_alphabetic() => Some(false),
        _ => None,
    }
}

/// Whether the first letter of a text is written from right to left.
pub(super) fn begins_rtl(text: &str) -> bool {
    text.chars().find_map(direction).unwrap_or(false)
}

/// Cuts a line where the direction turns.
fn segments(line: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut current = None;
    for (at, character) in line.char_indices() {
        let Some(next) = direction(character) else {
            continue;
        };
        if let Some(before) = current
            && before != next
        {
            found.push((line.get(start..at).unwrap_or_default(), before));
            start = at;
        }
        current = Some(next);
    }
    found.push((
        line.get(start..).unwrap_or_default(),
        current.unwrap_or(false),
    ));
    found
}

fn traits(text: &str, is_rtl: bool) -> Traits {
    let mut traits = Traits {
        is_rtl,
        ..Traits::default()
    };
    if text.is_ascii() {
        return traits;
    }
    for character in text.chars() {
        match character {
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                traits.has_han = true;
            }
            '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => traits.has_kana = true,
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}' => {
                traits.has_hangul = true;
            }
            '“' | '”' | '‘' | '’' | '…' | '—' | '·' => traits.has_shared_marks = true,
            _ => {}
        }
    }
    traits
}

/// Appends one line of text, which is clean already, as runs in a character style.
pub(super) fn write_line(line: &str, style: Option<&str>, out: &mut Vec<u8>) {
    if line.is_empty() {
        return;
    }
    if line.is_ascii() {
        return write_run(line, style, Traits::default(), out);
    }
    for (text, is_rtl) in segments(line) {
        if !text.is_empty() {
            write_run(text, style, traits(text, is_rtl), out);
        }
    }
}

fn write_run(text: &str, style: Option<&str>, traits: Traits, out: &mut Vec<u8>) {
    let language = if traits.has_kana {
        Some("ja-JP")
    } else if traits.has_hangul {
        Some("ko-KR")
    } else {
        None
    };
    let hint = traits.has_shared_marks && (traits.has_han || traits.has_kana);
    out.extend_from_slice(b"<w:r>");
    if style.is_some() || hint || traits.is_rtl || language.is_some() {
        out.extend_from_slice(b"<w:rPr>");
        if let Some(style) = style {
            out.extend_from_slice(b"<w:rStyle w:val=\"");
            out.extend_from_slice(style.as_bytes());
            out.extend_from_slice(b"\"/>");
        }
        if hint {
            out.extend_from_slice(b"<w:rFonts w:hint=\"eastAsia\"/>");
        }
        if traits.is_rtl {
            out.extend_from_slice(b"<w:rtl/>");
        }
        if let Some(language) = language {
            out.extend_from_slice(b"<w:lang w:eastAsia=\"");
            out.extend_from_slice(language.as_bytes());
            out.extend_from_slice(b"\"/>");
        }
        out.extend_from_slice(b"</w:rPr>");
    }
    for (index, piece) in text.split('\t').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"<w:tab/>");
        }
        out.extend_from_slice(b"<w:t xml:space=\"preserve\">");
        write_text(piece, out);
        out.extend_from_slice(b"</w:t>");
    }
    out.extend_from_slice(b"</w:r>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> String {
        let mut out = Vec::new();
        write_line(line, None, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn runs_turn_where_the_direction_turns() {
        assert_eq!(
            segments("shalom שלום, 123 ok"),
            [("shalom ", false), ("שלום, 123 ", true), ("ok", false)]
        );
        assert!(written("مرحبا").contains("<w:rtl/>"));
        assert!(!written("你好 ok").contains("<w:rtl/>"));
        assert!(begins_rtl("(1) שלום ok") && !begins_rtl("ok שלום"));
    }

    #[test]
    fn languages_are_told_apart() {
        assert!(written("ありがとう").contains("ja-JP"));
        assert!(written("감사").contains("ko-KR"));
        assert!(!written("谢谢").contains("w:lang"));
        assert!(written("他说“好”").contains("eastAsia"));
        assert!(!written("he’s").contains("eastAsia"));
    }
}
