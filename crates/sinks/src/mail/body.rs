//! Bodies of a mail (RFC 2045): text and files in the encodings that every road carries.

use std::io::{self, Read};

use super::header::{Head, LineEnd};
use crate::WriteError;
use crate::output::FileTarget;
use crate::paint::base64;

/// Bytes in a line of base64: 76 characters.
const BASE64_LINE: usize = 57;

/// Characters in a line of quoted-printable, the `=` at its end included.
const QUOTED_LINE: usize = 76;

/// How a text is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// As it stands.
    Plain,
    /// Letters stand for themselves: for text that is mostly ASCII.
    QuotedPrintable,
    /// For everything else.
    Base64,
}

impl Encoding {
    fn of(text: &str) -> Self {
        let mut others = 0;
        let mut is_plain = !text.is_empty();
        for line in text.split('\n') {
            let foreign = line
                .bytes()
                .filter(|byte| !matches!(byte, b' '..=b'~'))
                .count();
            others += foreign;
            is_plain &= foreign == 0
                && line.len() <= QUOTED_LINE
                && !line.ends_with(' ')
                && !line.starts_with("--")
                && line != "."
                && !is_separator(line.as_bytes());
        }
        if is_plain {
            Self::Plain
        } else if others * 6 < text.len() {
            Self::QuotedPrintable
        } else {
            Self::Base64
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "7bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }
}

/// Whether a line of these bytes would begin a mail in some mailbox format (`From `), or stand for one (`>From `).
fn is_separator(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(quotes..)
        .is_some_and(|rest| rest.starts_with(b"From "))
}

/// Appends fields, an empty line and the text, which ends in a line end.
///
/// No line of it begins with `From `, with or without signs before it: it is encoded instead. So the text needs no
/// escaping in a mailbox, and every dialect of mailboxes gives it back as it was.
pub(crate) fn write_text(text: &str, line_end: LineEnd, out: &mut Vec<u8>) {
    let encoding = Encoding::of(text);
    let mut head = Head::new(out, line_end);
    let charset = if encoding == Encoding::Plain {
        "text/plain; charset=us-ascii"
    } else {
        "text/plain; charset=utf-8"
    };
    head.ours("Content-Type", charset);
    head.ours("Content-Transfer-Encoding", encoding.name());
    out.extend_from_slice(line_end.as_bytes());
    match encoding {
        Encoding::Plain => {
            for line in text.split_terminator('\n') {
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(line_end.as_bytes());
            }
        }
        Encoding::QuotedPrintable => {
            for line in text.split_terminator('\n') {
                quoted_line(line.as_bytes(), line_end, out);
            }
        }
        Encoding::Base64 => {
            // The encoded form of a text has CRLF, whatever the lines of the mail end in.
            let canonical = if text.ends_with('\n') {
                text.replace('\n', "\r\n")
            } else {
                text.replace('\n', "\r\n") + "\r\n"
            };
            base64_lines(canonical.as_bytes(), line_end, out);
        }
    }
}

fn quoted_line(line: &[u8], line_end: LineEnd, out: &mut Vec<u8>) {
    let mut column = 0;
    for (at, &byte) in line.iter().enumerate() {
        let rest = line.get(at..).unwrap_or_default();
        let is_last = rest.len() == 1;
        let is_literal = |column: usize| {
            matches!(byte, b' '..=b'<' | b'>'..=b'~')
                && !(is_last && byte == b' ')
                && !(column == 0 && (is_separator(rest) || byte == b'.'))
        };
        let width = if is_literal(column) { 1 } else { 3 };
        // The last character of a line may take the place of the `=`.
        if column + width > QUOTED_LINE - usize::from(!is_last) {
            out.push(b'=');
            out.extend_from_slice(line_end.as_bytes());
            column = 0;
        }
        if is_literal(column) {
            out.push(byte);
            column += 1;
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'=', digit(byte >> 4), digit(byte & 15)]);
            column += 3;
        }
    }
    out.extend_from_slice(line_end.as_bytes());
}

fn base64_lines(bytes: &[u8], line_end: LineEnd, out: &mut Vec<u8>) {
    for line in bytes.chunks(BASE64_LINE) {
        base64::write(line, out);
        out.extend_from_slice(line_end.as_bytes());
    }
}

/// Streams a file as base64. Says how many bytes were read, and whether reading stopped before the end.
pub(crate) fn write_file(
    content: &mut dyn Read,
    line_end: LineEnd,
    target: &mut FileTarget,
) -> Result<(u64, bool), WriteError> {
    let mut buffer = vec![0; BASE64_LINE * 1024];
    let mut bytes = 0;
    loop {
        let (filled, is_broken) = fill(content, &mut buffer);
        bytes += filled as u64;
        base64_lines(
            buffer.get(..filled).unwrap_or_default(),
            line_end,
            &mut target.buffer,
        );
        target.flush_if_full()?;
        if is_broken || filled < buffer.len() {
            return Ok((bytes, is_broken));
        }
    }
}

/// Reads until the buffer is full, the end, or an error, which the second value tells of.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> (usize, bool) {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match content.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return (filled, true),
        }
    }
    (filled, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> String {
        let mut out = Vec::new();
        write_text(text, LineEnd::Lf, &mut out);
        String::from_utf8(out)
            .unwrap()
            .split_once("\n\n")
            .unwrap()
            .1
            .to_owned()
    }

    #[test]
    fn texts_are_carried_in_the_fitting_way() {
        assert_eq!(text("hello\nworld"), "hello\nworld\n");
        assert_eq!(
            text("a=b é words and words and words"),
            "a=3Db =C3=A9 words and words and words\n"
        );
        assert_eq!(text("好"), "5aW9DQo=\n");
        assert_eq!(text("From here"), "=46rom here\n");
        assert_eq!(text(">>From here"), "=3E>From here\n");
        assert_eq!(text(""), "DQo=\n");
        assert_eq!(text("end "), "end=20\n");
    }

    /// Reads quoted-printable back, as RFC 2045 says.
    fn unquoted(body: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for line in body.lines() {
            let (line, is_soft) = line
                .strip_suffix('=')
                .map_or((line, false), |line| (line, true));
            let mut bytes = line.bytes();
            while let Some(byte) = bytes.next() {
                if byte == b'=' {
                    let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                    let digits = std::str::from_utf8(&digits).unwrap();
                    out.push(u8::from_str_radix(digits, 16).unwrap());
                } else {
                    out.push(byte);
                }
            }
            if !is_soft {
                out.push(b'\n');
            }
        }
        out
    }

    proptest! {
        #[test]
        fn quoted_lines_are_short_safe_and_come_back(text in "[ -~]{0,400}|(>{0,3}From é?[ a-z]{0,100}\n){0,5}") {
            let mut out = Vec::new();
            for line in text.split('\n') {
                quoted_line(line.as_bytes(), LineEnd::Lf, &mut out);
            }
            let body = String::from_utf8(out).unwrap();
            for line in body.lines() {
                prop_assert!(line.len() <= QUOTED_LINE);
                prop_assert!(!is_separator(line.as_bytes()));
                prop_assert!(!line.ends_with(' '));
            }
            prop_assert_eq!(unquoted(&body), (text + "\n").into_bytes());
        }
    }
}
