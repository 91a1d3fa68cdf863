//! Finds the place where reading goes on behind damage.

use std::io;

use memchr::memmem::Finder;

use super::scan::is_blank;
use super::stream::JsonStream;

impl JsonStream {
    /// Remembers how the elements of a list begin.
    pub(super) fn learn_sign(&mut self, start: u64, end: u64) {
        if let Some(frame) = self.frames.last_mut()
            && frame.is_list
            && frame.sign.is_none()
        {
            frame.sign = first_key(self.window.slice(start, end));
        }
    }

    /// Finds a place to go on after damage in `start..end`; without one reading is over.
    pub(super) fn recover(&mut self, start: u64, end: u64) -> io::Result<()> {
        if self.frames.is_empty() {
            return self.skip_line(end);
        }
        while let Some(frame) = self.frames.last_mut() {
            let base = frame.base;
            let place = if frame.is_list {
                let mut signs: Vec<Vec<u8>> = frame.sign.take().into_iter().collect();
                if signs.is_empty() {
                    // The first element is the damaged one; its first key may be whole, or that of the next.
                    self.window.jump(start);
                    self.window.peek()?;
                    signs.extend(first_key(self.window.rest()));
                    signs.extend(later_key(self.window.rest()));
                }
                let mut found = None;
                for sign in signs {
                    if let Some(place) = self.seek(start + 1, &sign, b'{')? {
                        found = Some((place, sign));
                        break;
                    }
                }
                let (place, sign) = found.unzip();
                if let Some(frame) = self.frames.last_mut() {
                    frame.sign = sign;
                }
                place
            } else {
                let mut place = None;
                for key in self.landmarks {
                    let sign = format!("\"{key}\"");
                    if let Some(found) = self.seek(end, sign.as_bytes(), b'"')?
                        && place.is_none_or(|place| found < place)
                    {
                        place = Some(found);
                    }
                }
                place
            };
            if let Some(place) = place {
                self.window.jump(place);
                if let Some(frame) = self.frames.last_mut() {
                    frame.is_after = false;
                }
                return Ok(());
            }
            self.path.truncate(base);
            if self.frames.len() == 1 {
                break;
            }
            self.frames.pop();
        }
        self.skip_rest()
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        self.is_over = true;
        loop {
            let length = self.window.rest().len();
            self.window.advance(length);
            if !self.window.more(self.window.offset())? {
                return Ok(());
            }
        }
    }

    /// At the outermost level values stand on lines.
    fn skip_line(&mut self, from: u64) -> io::Result<()> {
        self.window.jump(from);
        loop {
            let rest = self.window.rest();
            let length = rest.len();
            if let Some(found) = memchr::memchr(b'\n', rest) {
                self.window.advance(found + 1);
                return Ok(());
            }
            self.window.advance(length);
            if !self.window.more(self.window.offset())? {
                return Ok(());
            }
        }
    }

    /// Offset of the next place from `from` on where `sign` stands: behind `{` for an element (then the brace's), before
    /// `:` for a key.
    fn seek(&mut self, from: u64, sign: &[u8], opening: u8) -> io::Result<Option<u64>> {
        /// White space between a brace and a key is shorter than this.
        const REACH: usize = 256;
        let finder = Finder::new(sign);
        self.window.jump(from);
        loop {
            let rest = self.window.rest();
            let length = rest.len();
            match finder.find(rest) {
                Some(found) => {
                    self.window.advance(found);
                    let here = self.window.offset();
                    if opening == b'"' {
                        self.window.advance(sign.len());
                        if self.next_byte()? == Some(b':') {
                            return Ok(Some(here));
                        }
                        self.window.jump(here);
                    } else {
                        let before = self.window.behind();
                        let blanks = before
                            .iter()
                            .rev()
                            .take(REACH)
                            .take_while(|byte| is_blank(**byte))
                            .count();
                        let brace = here.wrapping_sub(blanks as u64 + 1);
                        let is_brace = before.iter().rev().nth(blanks) == Some(&opening);
                        if is_brace && brace >= from {
                            return Ok(Some(brace));
                        }
                    }
                    self.window.peek()?;
                    self.window.advance(1);
                }
                None => {
                    self.window
                        .advance(length.saturating_sub(sign.len().saturating_sub(1)));
                    let keep = self.window.offset().saturating_sub(REACH as u64 + 1);
                    if !self.window.more(keep)? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

/// The first key of an object, with its quotes.
fn first_key(bytes: &[u8]) -> Option<Vec<u8>> {
    let inside = bytes.strip_prefix(b"{")?;
    let from = inside.iter().position(|byte| !is_blank(*byte))?;
    let key = inside.get(from..)?;
    let length = key
        .strip_prefix(b"\"")?
        .iter()
        .take(128)
        .position(|byte| matches!(byte, b'"' | b'\\'))?;
    key.get(..length + 2)
        .filter(|key| key.last() == Some(&b'"'))
        .map(<[u8]>::to_vec)
}

/// The first key of the next object that stands behind another one.
fn later_key(bytes: &[u8]) -> Option<Vec<u8>> {
    /// Elements begin within so many bytes.
    const REACH: usize = 64 << 10;
    let bytes = bytes.get(..REACH).unwrap_or(bytes);
    memchr::memchr_iter(b'{', bytes).find_map(|brace| {
        let (before, from) = bytes.split_at_checked(brace)?;
        let mut before = before.iter().rev().filter(|byte| !is_blank(**byte));
        (before.next() == Some(&b',') && before.next() == Some(&b'}'))
            .then(|| first_key(from))
            .flatten()
    })
}
