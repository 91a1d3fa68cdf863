//! Messages of a kind that nobody has explained yet: what is known of them, to look at and not to run.

use std::borrow::Cow;
use std::fmt::Write as _;

use hutong_model::{PartKind, Unknown};

use super::Painter;
use super::card::Frame;
use super::escape::write_plain;
use crate::words;

/// So much of the original form is shown, in bytes of what stands on the page.
const SHOWN_BYTES: usize = 4000;

/// Larger originals are not tried as JSON.
const MAX_JSON_BYTES: usize = 256 * 1024;

/// So many bytes are shown where they are no text.
const SHOWN_RAW_BYTES: usize = 256;

impl<S> Painter<'_, S> {
    /// The platform's word for it, its words, and the beginning of its original form.
    pub(super) fn unknown(&self, unknown: &Unknown, out: &mut Vec<u8>) {
        let mut frame = Frame::open(None, "", &self.allowance, out);
        frame.title(unknown.text.as_deref());
        if !unknown.raw.is_empty() {
            frame
                .out
                .extend_from_slice(b"<details class=\"un\"><summary><small>");
            let size = words::size(unknown.raw.len() as u64);
            write_plain(
                self.language
                    .pick("这是什么？原始内容，", "What is this? Original content, "),
                frame.out,
            );
            write_plain(&size, frame.out);
            frame
                .out
                .extend_from_slice(b"</small></summary><pre dir=\"ltr\">");
            let (shown, is_whole) = readable(&unknown.raw);
            write_plain(&shown, frame.out);
            if !is_whole {
                frame.out.extend_from_slice("…".as_bytes());
            }
            frame.out.extend_from_slice(b"</pre></details>");
        }
        frame.close(self.label(PartKind::Unknown), Some(&unknown.kind));
    }
}

/// The bytes as somebody can read them, and whether that is all of them: JSON in lines, text as it is, else in
/// hexadecimal beside the characters.
fn readable(raw: &[u8]) -> (String, bool) {
    if let Ok(text) = std::str::from_utf8(raw)
        && is_text(text)
    {
        let text = in_lines(text).map_or(Cow::Borrowed(text), Cow::Owned);
        let shown = head(&text);
        return (shown.to_owned(), shown.len() == text.len());
    }
    let shown = raw.get(..SHOWN_RAW_BYTES).unwrap_or(raw);
    (hexadecimal(shown), shown.len() == raw.len())
}

/// JSON with a line for each value.
fn in_lines(text: &str) -> Option<String> {
    if text.len() > MAX_JSON_BYTES || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

fn is_text(text: &str) -> bool {
    !head(text)
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

/// The beginning, cut between characters.
fn head(text: &str) -> &str {
    let mut end = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 5);
    for line in bytes.chunks(8) {
        for column in 0..8 {
            match line.get(column) {
                Some(byte) => {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "{byte:02x} ");
                }
                None => out.push_str("   "),
            }
        }
        out.push(' ');
        out.extend(line.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        let (shown, is_whole) = readable(br#"{"a":[1,"<b>"]}"#);
        assert_eq!((shown.lines().count(), is_whole), (6, true));
        assert_eq!(
            readable("<msg>好</msg>".as_bytes()),
            ("<msg>好</msg>".to_owned(), true)
        );
        let (shown, is_whole) = readable(b"\x0a\x03abc\xff");
        assert!(
            shown.starts_with("0a 03 61 62 63 ff       ") && shown.ends_with(" ..abc.\n"),
            "{shown}"
        );
        assert!(is_whole);
        for long in [
            vec![0; 300],
            "好".repeat(3000).into_bytes(),
            format!("[{}1]", "1,".repeat(3000)).into_bytes(),
        ] {
            let (shown, is_whole) = readable(&long);
            assert!(shown.len() <= SHOWN_BYTES && !is_whole);
        }
        // JSON that is nested too deeply is text.
        assert_eq!(readable("[".repeat(3000).as_bytes()).0, "[".repeat(3000));
        // Much white space shrinks, and nothing is lost.
        let airy = format!("[1,{}2]", " ".repeat(10_000));
        assert_eq!(
            readable(airy.as_bytes()),
            ("[\n  1,\n  2\n]".to_owned(), true)
        );
    }
}
