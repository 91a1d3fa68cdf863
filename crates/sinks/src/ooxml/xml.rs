//! Text inside XML 1.0.

use crate::text::control_picture;

/// Whether a byte of UTF-8 stands for itself in XML, seen alone.
///
/// `0xc2` begins the second block of control characters, `0xef` the two code points that XML 1.0 forbids.
const fn stands_for_itself(byte: u8) -> bool {
    !matches!(
        byte,
        0..=0x1f | b'&' | b'<' | b'>' | b'"' | 0x7f | 0xc2 | 0xef
    )
}

/// Appends text as the content of an element.
///
/// Line ends become `\n`. Control characters, which XML 1.0 cannot hold, become visible pictures of themselves.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        let plain = rest
            .bytes()
            .take_while(|byte| stands_for_itself(*byte))
            .count();
        let (clean, odd) = rest.split_at(plain);
        out.extend_from_slice(clean.as_bytes());
        let mut characters = odd.chars();
        let Some(character) = characters.next() else {
            return;
        };
        // A carriage return before a line feed is part of the line end.
        if !(character == '\r' && characters.as_str().starts_with('\n')) {
            write_character(character, out);
        }
        rest = characters.as_str();
    }
}

/// Appends one character as the content of an element.
pub(crate) fn write_character(character: char, out: &mut Vec<u8>) {
    match character {
        '&' => out.extend_from_slice(b"&amp;"),
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '"' => out.extend_from_slice(b"&quot;"),
        // Not characters of XML 1.0.
        '\u{fffe}' | '\u{ffff}' => out.extend_from_slice("\u{fffd}".as_bytes()),
        _ => {
            let shown = control_picture(character).unwrap_or(character);
            out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Appends text as the value of an attribute, on one line.
pub(crate) fn write_attribute(text: &str, out: &mut Vec<u8>) {
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' => out.push(b' '),
            _ => write_character(character, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_text(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(written("<b>&\"'"), "&lt;b&gt;&amp;&quot;'");
        assert_eq!(written("一\r\n二\r三\0"), "一\n二\u{240d}三\u{2400}");
        assert_eq!(
            written("\u{85}\u{a0}\u{ffff}\u{feff}"),
            "\u{fffd}\u{a0}\u{fffd}\u{feff}"
        );
        let mut out = Vec::new();
        write_attribute("a\"\n<", &mut out);
        assert_eq!(out, b"a&quot; &lt;");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_one_element(text in "\\PC{0,20}|[\\u{0}-\\u{a0}<>&\"]{0,20}") {
            let xml = written(&text);
            prop_assert!(!xml.contains(['<', '>', '"']));
            prop_assert!(xml.chars().all(|character| character >= ' ' || matches!(character, '\n' | '\t')));
        }
    }
}
