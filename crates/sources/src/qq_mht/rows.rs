//! Rows of a table, one after the other, however long the table is.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

/// Bytes read at once.
const PIECE: usize = 512 * 1024;
/// A longer row is no row.
const MAX_ROW: usize = 32 * 1024 * 1024;

/// One row.
#[derive(Debug)]
pub(super) struct RawRow<'a> {
    /// From `<tr` to before `</tr`.
    pub(super) bytes: &'a [u8],
    /// Where it begins in the file.
    pub(super) at: u64,
    /// Whether its end is there.
    pub(super) is_whole: bool,
    /// Whether it is so long that only its beginning is given.
    pub(super) is_too_long: bool,
}

/// Goes through a table.
pub(super) struct Rows {
    file: Arc<dyn ReadAt>,
    /// What was not read yet.
    rest: Range<u64>,
    buffer: Vec<u8>,
    start: usize,
    /// Place of the buffer's first byte in the file.
    at: u64,
}

/// A mark between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Open,
    Close,
}

impl Rows {
    pub(super) fn new(file: Arc<dyn ReadAt>, table: Range<u64>) -> Self {
        Self {
            file,
            at: table.start,
            rest: table,
            buffer: Vec::new(),
            start: 0,
        }
    }

    /// The next row, or `None` at the table's end.
    pub(super) fn next(&mut self) -> io::Result<Option<RawRow<'_>>> {
        if !self.seek_open()? {
            return Ok(None);
        }
        // Behind the `<` of this row's own tag.
        let mut looked = 1;
        let (length, is_whole, is_too_long) = loop {
            let text = self.buffer.get(self.start..).unwrap_or_default();
            match next_mark(text, looked, self.rest.is_empty()) {
                Found::Mark(at, _) => break (at, true, false),
                Found::Nothing(_) if self.rest.is_empty() => break (text.len(), false, false),
                Found::Nothing(_) if text.len() >= MAX_ROW => break (text.len(), false, true),
                Found::Nothing(upto) => {
                    looked = upto.max(1);
                    self.fill()?;
                }
            }
        };
        let from = self.start;
        self.start += length;
        Ok(Some(RawRow {
            bytes: self.buffer.get(from..from + length).unwrap_or_default(),
            at: self.at + from as u64,
            is_whole,
            is_too_long,
        }))
    }

    /// Moves on to the next `<tr`; says whether there is one.
    fn seek_open(&mut self) -> io::Result<bool> {
        loop {
            let text = self.buffer.get(self.start..).unwrap_or_default();
            match next_mark(text, 0, self.rest.is_empty()) {
                Found::Mark(at, Mark::Open) => {
                    self.start += at;
                    return Ok(true);
                }
                Found::Mark(at, Mark::Close) => self.start += at + 1,
                Found::Nothing(_) if self.rest.is_empty() => return Ok(false),
                Found::Nothing(upto) => {
                    self.start += upto;
                    self.fill()?;
                }
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.at += self.start as u64;
            self.start = 0;
        }
        let left = usize::try_from(self.rest.end - self.rest.start).unwrap_or(usize::MAX);
        let count = left.min(PIECE);
        let filled = self.buffer.len();
        self.buffer.resize(filled + count, 0);
        if let Some(room) = self.buffer.get_mut(filled..) {
            self.file.read_exact_at(room, self.rest.start)?;
        }
        self.rest.start += count as u64;
        Ok(())
    }
}

enum Found {
    Mark(usize, Mark),
    /// None up to here; a mark may begin there.
    Nothing(usize),
}

/// The first `<tr` or `</tr` from a place on.
fn next_mark(text: &[u8], from: usize, is_last: bool) -> Found {
    let rest = text.get(from..).unwrap_or_default();
    for at in memchr::memchr_iter(b'<', rest) {
        let behind = rest.get(at + 1..).unwrap_or_default();
        let (name, mark) = match behind.strip_prefix(b"/") {
            Some(name) => (name, Mark::Close),
            None => (behind, Mark::Open),
        };
        match name {
            [one, two, after, ..]
                if one.eq_ignore_ascii_case(&b't')
                    && two.eq_ignore_ascii_case(&b'r')
                    && (*after == b'>' || after.is_ascii_whitespace()) =>
            {
                return Found::Mark(from + at, mark);
            }
            [] | [_] | [_, _] if !is_last => return Found::Nothing(from + at),
            _ => {}
        }
    }
    Found::Nothing(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(String, u64, bool)> {
        let file: Arc<dyn ReadAt> = Arc::new(text.as_bytes().to_vec());
        let mut rows = Rows::new(file, 0..text.len() as u64);
        let mut all = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            all.push((
                String::from_utf8_lossy(row.bytes).into_owned(),
                row.at,
                row.is_whole,
            ));
        }
        all
    }

    #[test]
    fn rows_end_at_their_end_or_at_the_next_row() {
        let row = |text: &str, at, is_whole| (text.to_owned(), at, is_whole);
        assert_eq!(
            rows("<table><tr><td>1</td></tr>\n<TR a=b><td>2</TR><tr>3<tr>4"),
            [
                row("<tr><td>1</td>", 7, true),
                row("<TR a=b><td>2", 27, true),
                row("<tr>3", 45, true),
                row("<tr>4", 50, false),
            ]
        );
        assert!(rows("<track><trx></tr>").is_empty());
    }

    proptest! {
        #[test]
        fn rows_lie_where_they_say(text in "(<tr>|</tr>|<|tr|[a-c]{1,9}){0,40}") {
            for (row, at, _) in rows(&text) {
                let at = usize::try_from(at).unwrap();
                prop_assert_eq!(text.get(at..at + row.len()), Some(row.as_str()));
            }
        }
    }
}
