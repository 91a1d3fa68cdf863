//! Files with one value a line.

use std::io;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::LARGEST_VALUE;
use super::window::Window;

/// One line that is not blank.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its number, counted from 1.
    pub number: u64,
    /// Offset of its first byte.
    pub start: u64,
    /// Its bytes without the line end; absent when it is longer than [`LARGEST_VALUE`].
    pub bytes: Option<&'a [u8]>,
    /// Whether a line end follows; a last line without one may have been cut off.
    pub is_ended: bool,
}

/// Reads a file line by line; blank lines are counted and passed over.
pub struct JsonLines {
    window: Window,
    number: u64,
}

impl JsonLines {
    /// A reader at the beginning of a file; a byte order mark is passed over.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn new(source: Arc<dyn ReadAt>) -> io::Result<Self> {
        let mut window = Window::new(source)?;
        window.peek()?;
        if window.rest().starts_with(b"\xEF\xBB\xBF") {
            window.advance(3);
        }
        Ok(Self { window, number: 0 })
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let start = self.window.offset();
            let mut is_large = false;
            let is_ended = loop {
                let rest = self.window.rest();
                if let Some(found) = memchr::memchr(b'\n', rest) {
                    self.window.advance(found + 1);
                    break true;
                }
                let length = rest.len();
                self.window.advance(length);
                let here = self.window.offset();
                is_large |= here - start > LARGEST_VALUE as u64;
                if !self.window.more(if is_large { here } else { start })? {
                    break false;
                }
            };
            let end = self.window.offset();
            if end == start {
                return Ok(None);
            }
            self.number += 1;
            let is_blank = !is_large && self.window.slice(start, end).trim_ascii().is_empty();
            if is_blank {
                continue;
            }
            let bytes = (!is_large).then(|| self.window.slice(start, end).trim_ascii_end());
            return Ok(Some(Line {
                number: self.number,
                start,
                bytes,
                is_ended,
            }));
        }
    }
}
