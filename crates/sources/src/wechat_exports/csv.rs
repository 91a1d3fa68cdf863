//! Comma-separated files (RFC 4180) in any size: fields in quotes may hold commas and line breaks.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use hutong_sqlite::ReadAt;
use memchr::{memchr, memchr_iter, memchr2};

use super::encoding::Encoding;

/// Bytes read at once.
const PIECE: usize = 1 << 18;
/// Longest record; what is longer has lost a quote.
const MAX_RECORD: usize = 16 << 20;
/// Fields of a record that are looked at.
const MAX_FIELDS: usize = 256;
/// How often reading begins anew behind a quote that is never closed, before the file is given up.
const MAX_RESTARTS: u32 = 64;

/// Reads records one after the other.
pub(super) struct CsvReader {
    file: Arc<dyn ReadAt>,
    size: u64,
    /// Where `buffer` begins in the file.
    base: u64,
    buffer: Vec<u8>,
    /// Where the next record begins in `buffer`.
    next: usize,
    line: u64,
    delimiter: u8,
    encoding: Encoding,
    fields: Vec<Field>,
    restarts: u32,
}

#[derive(Clone, Debug)]
struct Field {
    range: Range<usize>,
    /// Whether doubled quotes stand for one.
    has_quotes: bool,
}

/// One logical record.
#[derive(Clone, Copy)]
pub(super) struct CsvRecord<'a> {
    bytes: &'a [u8],
    fields: &'a [Field],
    encoding: Encoding,
    /// The record's first physical line, counted from 1.
    pub(super) line: u64,
    /// The record as it stands in the file.
    pub(super) raw: &'a [u8],
}

/// What comes next in the file.
pub(super) enum CsvItem<'a> {
    /// A record.
    Record(CsvRecord<'a>),
    /// The line where a quote begins that is never closed; reading goes on with the next line.
    Unclosed(u64),
    /// Too much is broken behind this line.
    GivenUp(u64),
}

/// Where the record that was looked at ends.
enum End {
    At { next: usize, lines: u64 },
    Unfinished,
}

impl CsvReader {
    /// A reader from the beginning of a file, behind its byte order mark.
    pub(super) fn new(
        file: Arc<dyn ReadAt>,
        delimiter: u8,
        encoding: Encoding,
    ) -> std::io::Result<Self> {
        let size = file.len()?;
        let mut reader = Self {
            file,
            size,
            base: 0,
            buffer: Vec::new(),
            next: 0,
            line: 1,
            delimiter,
            encoding,
            fields: Vec::new(),
            restarts: 0,
        };
        reader.fill()?;
        if reader.buffer.starts_with(b"\xEF\xBB\xBF") {
            reader.next = 3;
        }
        Ok(reader)
    }

    /// How many bytes of the file were taken.
    pub(super) fn position(&self) -> u64 {
        self.base + self.next as u64
    }

    /// Forgets what was read and takes in the next piece.
    fn fill(&mut self) -> std::io::Result<()> {
        self.buffer.drain(..self.next);
        self.base += self.next as u64;
        self.next = 0;
        let have = self.buffer.len();
        let from = self.base + have as u64;
        let left = usize::try_from(self.size.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = left.min(have.max(PIECE));
        self.buffer.resize(have + count, 0);
        match self.buffer.get_mut(have..) {
            Some(space) => self.file.read_exact_at(space, from),
            None => Ok(()),
        }
    }

    fn is_at_end(&self) -> bool {
        self.base + self.buffer.len() as u64 >= self.size
    }

    /// The next record; empty lines are passed over.
    pub(super) fn next(&mut self) -> std::io::Result<Option<CsvItem<'_>>> {
        loop {
            while matches!(self.buffer.get(self.next), Some(b'\n' | b'\r')) {
                self.line += u64::from(self.buffer.get(self.next) == Some(&b'\n'));
                self.next += 1;
            }
            if self.next >= self.buffer.len() {
                if self.is_at_end() {
                    return Ok(None);
                }
                self.fill()?;
                continue;
            }
            match self.measure() {
                End::At { next, lines } => {
                    let (from, line) = (self.next, self.line);
                    self.next = next;
                    self.line += lines;
                    return Ok(Some(CsvItem::Record(CsvRecord {
                        bytes: &self.buffer,
                        fields: &self.fields,
                        encoding: self.encoding,
                        line,
                        raw: self.buffer.get(from..next).unwrap_or_default(),
                    })));
                }
                End::Unfinished
                    if !self.is_at_end() && self.buffer.len() - self.next < MAX_RECORD =>
                {
                    self.fill()?;
                }
                End::Unfinished => return Ok(Some(self.restart())),
            }
        }
    }

    /// Goes on behind the line in which a quote was opened and never closed.
    fn restart(&mut self) -> CsvItem<'static> {
        let line = self.line;
        self.restarts += 1;
        let rest = self.buffer.get(self.next..).unwrap_or_default();
        match memchr(b'\n', rest) {
            Some(end) if self.restarts < MAX_RESTARTS => {
                self.next += end + 1;
                self.line += 1;
                CsvItem::Unclosed(line)
            }
            Some(_) => {
                self.size = self.base;
                self.buffer.clear();
                self.next = 0;
                CsvItem::GivenUp(line)
            }
            None => {
                self.next = self.buffer.len();
                CsvItem::Unclosed(line)
            }
        }
    }

    /// Finds the fields of the record at `next`.
    fn measure(&mut self) -> End {
        self.fields.clear();
        let is_last = self.is_at_end();
        let mut at = self.next;
        let mut lines = 0;
        loop {
            let rest = self.buffer.get(at..).unwrap_or_default();
            let is_quoted = rest.first() == Some(&b'"');
            let mut has_quotes = false;
            // Where the quoted part of the field ends, or the field begins.
            let mut from = at;
            if is_quoted {
                at += 1;
                let start = at;
                loop {
                    let inside = self.buffer.get(at..).unwrap_or_default();
                    let Some(end) = memchr(b'"', inside) else {
                        return End::Unfinished;
                    };
                    lines +=
                        memchr_iter(b'\n', inside.get(..end).unwrap_or_default()).count() as u64;
                    at += end + 1;
                    match self.buffer.get(at) {
                        Some(b'"') => {
                            has_quotes = true;
                            at += 1;
                        }
                        None if !is_last => return End::Unfinished,
                        _ => break,
                    }
                }
                from = at;
                at = start;
            }
            let rest = self.buffer.get(from..).unwrap_or_default();
            let end = memchr2(self.delimiter, b'\n', rest);
            let (end, separator) = match end {
                Some(end) => (from + end, rest.get(end).copied()),
                None if is_last => (self.buffer.len(), None),
                None => return End::Unfinished,
            };
            let mut stop = end;
            if separator != Some(self.delimiter)
                && stop > from
                && self.buffer.get(stop - 1) == Some(&b'\r')
            {
                stop -= 1;
            }
            // Words behind a closing quote belong to the field, quote included.
            let range = match (is_quoted, stop > from) {
                (true, false) => at..from - 1,
                _ => at..stop,
            };
            if self.fields.len() < MAX_FIELDS {
                self.fields.push(Field { range, has_quotes });
            }
            at = end + usize::from(separator.is_some());
            if separator != Some(self.delimiter) {
                lines += u64::from(separator.is_some());
                return End::At { next: at, lines };
            }
        }
    }
}

impl<'a> CsvRecord<'a> {
    /// How many fields there are.
    pub(super) fn count(&self) -> usize {
        self.fields.len()
    }

    /// The text of a field; absent when the record is too short.
    pub(super) fn text(&self, index: usize) -> Option<Cow<'a, str>> {
        let field = self.fields.get(index)?;
        let bytes = self.bytes.get(field.range.clone())?;
        let text = self.encoding.decode(bytes);
        if !field.has_quotes {
            return Some(text);
        }
        Some(Cow::Owned(text.replace("\"\"", "\"")))
    }
}

/// Which column stands where, by the names in the first record.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// Columns of a header.
    pub(super) fn new(header: &CsvRecord<'_>) -> Self {
        let names = (0..header.count())
            .map(|index| {
                let name = header.text(index).unwrap_or_default();
                name.trim().trim_start_matches('\u{feff}').to_lowercase()
            })
            .collect();
        Self { names }
    }

    /// The place of a column; names are compared without case.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.names.iter().position(|known| *known == name)
    }

    /// Whether all of these are there.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.find(name).is_some())
    }
}

/// The header of a file that begins with these bytes, with the delimiter that it uses.
pub(super) fn header_of(head: &[u8], encoding: Encoding) -> Option<(Columns, u8)> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let head: VecDeque<&[u8]> = head
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
        .take(1)
        .collect();
    let line = *head.front()?;
    if line.len() > 4096 {
        return None;
    }
    let delimiter = [b',', b'\t', b';']
        .into_iter()
        .max_by_key(|delimiter| memchr_iter(*delimiter, line).count())?;
    let mut reader = CsvReader::new(Arc::new(line.to_vec()), delimiter, encoding).ok()?;
    match reader.next() {
        Ok(Some(CsvItem::Record(record))) => Some((Columns::new(&record), delimiter)),
        _ => None,
    }
}
