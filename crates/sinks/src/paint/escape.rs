//! From text to HTML: nothing that a person wrote can become markup.

use crate::text::{MAX_MARKS, control_picture, is_direction_control, is_mark};
use crate::url::url_length;

/// What a byte asks for: 0 nothing, 1 an entity or a control, 2 the lead of a character to look at, 3 perhaps `http`.
static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            reason = "the index runs over the table's own length, when compiling"
        )]
        {
            table[byte] = match byte {
                0x09 | 0x0a => 0,
                0x00..=0x1f | 0x7f | 0x22 | 0x26 | 0x27 | 0x3c | 0x3e => 1,
                // Leads of C1 controls, of combining marks and of direction controls; most of CJK is not among them.
                0xc2 | 0xcc | 0xcd | 0xd2 | 0xd6..=0xe3 | 0xea | 0xef..=0xff => 2,
                0x68 => 3,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
}

/// Appends text; addresses become links.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    write(text, Mode::Text, out);
}

/// Appends text without links: names, titles, and values of attributes in double quotes.
///
/// Whatever turns the writing direction is left out, so that `gpj.exe` cannot look like `exe.jpg`.
pub fn write_plain(text: &str, out: &mut Vec<u8>) {
    write(text, Mode::Plain, out);
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Text,
    Plain,
}

fn write(text: &str, mode: Mode, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let piece = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    // Everything before `done` is written; a run of marks ends at `run_end`.
    let (mut done, mut at, mut run_end, mut run) = (0, 0, usize::MAX, 0);
    while let Some(&byte) = bytes.get(at) {
        match CLASSES.get(usize::from(byte)) {
            Some(1) => {
                out.extend_from_slice(piece(done, at));
                let next = bytes.get(at + 1);
                write_ascii(byte, next, out);
                at += 1;
                done = at;
            }
            Some(2) => {
                let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                    break;
                };
                let end = at + character.len_utf8();
                if is_mark(character) {
                    run = if run_end == at { run + 1 } else { 1 };
                    run_end = end;
                }
                let is_cut = (is_mark(character) && run > MAX_MARKS)
                    || (mode == Mode::Plain && is_direction_control(character));
                let picture = control_picture(character);
                if is_cut || picture.is_some() {
                    out.extend_from_slice(piece(done, at));
                    done = end;
                }
                if let Some(picture) = picture {
                    out.extend_from_slice(picture.encode_utf8(&mut [0; 4]).as_bytes());
                }
                at = end;
            }
            Some(3) if mode == Mode::Text => {
                let is_inside_word =
                    at > 0 && bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
                let length = if is_inside_word {
                    None
                } else {
                    url_length(piece(at, bytes.len()))
                };
                if let Some(length) = length {
                    out.extend_from_slice(piece(done, at));
                    write_link(text.get(at..at + length).unwrap_or_default(), out);
                    at += length;
                    done = at;
                } else {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    out.extend_from_slice(piece(done, bytes.len()));
}

fn write_ascii(byte: u8, next: Option<&u8>, out: &mut Vec<u8>) {
    match byte {
        b'&' => out.extend_from_slice(b"&amp;"),
        b'<' => out.extend_from_slice(b"&lt;"),
        b'>' => out.extend_from_slice(b"&gt;"),
        b'"' => out.extend_from_slice(b"&quot;"),
        b'\'' => out.extend_from_slice(b"&#39;"),
        b'\r' if next == Some(&b'\n') => {}
        b'\r' => out.push(b'\n'),
        _ => {
            let picture = control_picture(char::from(byte)).unwrap_or('\u{fffd}');
            out.extend_from_slice(picture.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// A link to an address that [`url_length`] found.
fn write_link(url: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<a href=\"");
    write_plain(url, out);
    out.extend_from_slice(b"\" rel=\"noopener noreferrer\">");
    write_plain(url, out);
    out.extend_from_slice(b"</a>");
}

/// Appends a file name as part of a relative address.
pub fn write_path(name: &str, out: &mut Vec<u8>) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/') {
            out.push(byte);
        } else {
            out.push(b'%');
            for digit in [byte >> 4, byte & 15] {
                out.push(if digit < 10 {
                    b'0' + digit
                } else {
                    b'A' + digit - 10
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> String {
        let mut out = Vec::new();
        write_text(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn markup_becomes_words() {
        assert_eq!(
            text("<script>alert('1')</script>"),
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
        );
        assert_eq!(text("\"onload=x & y"), "&quot;onload=x &amp; y");
        assert_eq!(
            text("a\0b\u{1b}\u{85}\r\nc\rd"),
            "a\u{2400}b\u{241b}\u{fffd}\nc\nd"
        );
        assert_eq!(text("你好，hello"), "你好，hello");
    }

    #[test]
    fn addresses_become_links() {
        let link = |url: &str| format!("<a href=\"{url}\" rel=\"noopener noreferrer\">{url}</a>");
        assert_eq!(
            text("看https://a.cn/x?y=1。"),
            format!("看{}。", link("https://a.cn/x?y=1"))
        );
        assert_eq!(
            text("(http://a.cn/)."),
            format!("({}).", link("http://a.cn/"))
        );
        assert_eq!(
            text("https://a.cn/?a=1&b='2'x"),
            format!("{}", link("https://a.cn/?a=1&amp;b=&#39;2&#39;x"))
        );
        for plain in [
            "xhttp://a.cn",
            "https://",
            "http://。",
            "https",
            "javascript:alert",
        ] {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(
            text("https://a\"onclick=b"),
            format!("{}&quot;onclick=b", link("https://a"))
        );
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(
            text(&format!("e{}x", "\u{301}".repeat(10_000))),
            format!("e{}x", "\u{301}".repeat(20))
        );
        let two = format!("e{0}e{0}", "\u{301}".repeat(15));
        assert_eq!(text(&two), two);
    }

    proptest! {
        #[test]
        fn no_text_opens_a_tag(input in "[<>&\"'a-h :/.\\u{0}-\\u{20}\\u{202e}\\u{301}中]{0,60}") {
            let mut out = Vec::new();
            write_plain(&input, &mut out);
            let shown = String::from_utf8(out).unwrap();
            let opens = shown.contains(['<', '>', '"', '\'', '\0', '\u{202e}']);
            prop_assert!(!opens, "{}", shown);
        }
    }
}
