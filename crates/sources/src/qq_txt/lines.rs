//! Lines of a text with any mixture of line ends.

use std::io::{self, Read};

/// A longer line is handed out in pieces.
const MAX_LINE: usize = 4 * 1024 * 1024;
const PIECE: usize = 256 * 1024;

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    CrLf,
    Lf,
    Cr,
    /// The text ends without a line end.
    None,
    /// The line is too long; its rest comes as the next one.
    Cut,
}

/// One line without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) ending: Ending,
    /// Number of the line, from 1.
    pub(super) number: u64,
}

/// Takes a text apart into lines.
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_over: bool,
    number: u64,
    /// `\r\r\n` is one line end: a file that went through a careless conversion.
    joins_returns: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R, joins_returns: bool) -> Self {
        Self {
            source,
            buffer: vec![0; PIECE],
            start: 0,
            end: 0,
            is_over: false,
            number: 0,
            joins_returns,
        }
    }

    pub(super) fn into_source(self) -> R {
        self.source
    }

    /// The next line, or `None` at the end of the text.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut looked = 0;
        let (length, skip, ending) = loop {
            let text = self.buffer.get(self.start..self.end).unwrap_or_default();
            let rest = text.get(looked..).unwrap_or_default();
            if let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
                let at = looked + at;
                let behind = text.get(at..).unwrap_or_default();
                if let Some(found) = self.line_end(behind) {
                    break (at, found.0, found.1);
                }
                looked = at;
            } else {
                if self.is_over {
                    if text.is_empty() {
                        return Ok(None);
                    }
                    break (text.len(), 0, Ending::None);
                }
                if text.len() >= MAX_LINE {
                    break (character_end(text), 0, Ending::Cut);
                }
                looked = text.len();
            }
            self.fill()?;
        };
        let from = self.start;
        self.start += length + skip;
        self.number += 1;
        let bytes = self.buffer.get(from..from + length).unwrap_or_default();
        Ok(Some(Line {
            bytes,
            ending,
            number: self.number,
        }))
    }

    /// The line end that a text begins with; `None` when more of the text is needed to tell.
    fn line_end(&self, text: &[u8]) -> Option<(usize, Ending)> {
        match text {
            [b'\n', ..] => Some((1, Ending::Lf)),
            [b'\r', b'\n', ..] => Some((2, Ending::CrLf)),
            [b'\r', b'\r', b'\n', ..] if self.joins_returns => Some((3, Ending::CrLf)),
            [b'\r', b'\r'] if self.joins_returns && !self.is_over => None,
            [b'\r'] if !self.is_over => None,
            _ => Some((1, Ending::Cr)),
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < PIECE / 2 {
            self.buffer.resize(self.end + PIECE, 0);
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = loop {
            match self.source.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += count;
        self.is_over = count == 0;
        Ok(())
    }
}

/// Where the last whole character of a text ends, so that no character is cut.
fn character_end(text: &[u8]) -> usize {
    let tail = text.len().saturating_sub(4);
    let start = text
        .iter()
        .enumerate()
        .skip(tail)
        .rfind(|(_, byte)| **byte & 0xC0 != 0x80)
        .map_or(text.len(), |(at, _)| at);
    if start == 0 { text.len() } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(room.len());
            room[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines(text: &[u8], step: usize, joins: bool) -> Vec<(Vec<u8>, Ending)> {
        let mut lines = Lines::new(Drip(text, step), joins);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((line.bytes.to_vec(), line.ending));
        }
        all
    }

    #[test]
    fn every_line_end_counts() {
        let found = lines(b"a\r\nb\nc\rd\r\r\ne", 1, false);
        let words: Vec<&[u8]> = found.iter().map(|(bytes, _)| bytes.as_slice()).collect();
        assert_eq!(words, [&b"a"[..], b"b", b"c", b"d", b"", b"e"]);
        assert_eq!(lines(b"a\r\r\nb\r\r\n", 1, true).len(), 2);
    }

    #[test]
    fn a_line_without_end_comes_in_pieces() {
        let text = "好".repeat(MAX_LINE / 3 + 100).into_bytes();
        let found = lines(&text, 1 << 20, false);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1, Ending::Cut);
        assert!(
            found
                .iter()
                .all(|(bytes, _)| std::str::from_utf8(bytes).is_ok())
        );
        assert_eq!(found.concat_bytes(), text);
    }

    trait Concat {
        fn concat_bytes(&self) -> Vec<u8>;
    }

    impl Concat for Vec<(Vec<u8>, Ending)> {
        fn concat_bytes(&self) -> Vec<u8> {
            self.iter().flat_map(|(bytes, _)| bytes.clone()).collect()
        }
    }

    proptest! {
        #[test]
        fn lines_and_their_ends_make_the_text(text in "[ab\r\n]{0,60}", step in 1_usize..9) {
            let mut whole = Vec::new();
            for (bytes, ending) in lines(text.as_bytes(), step, false) {
                whole.extend_from_slice(&bytes);
                whole.extend_from_slice(match ending {
                    Ending::CrLf => b"\r\n",
                    Ending::Lf => b"\n",
                    Ending::Cr => b"\r",
                    Ending::None | Ending::Cut => b"",
                });
            }
            prop_assert_eq!(whole, text.as_bytes());
        }
    }
}
