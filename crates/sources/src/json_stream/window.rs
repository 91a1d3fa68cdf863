//! A sliding view of a file.

use std::io;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

/// Bytes that are read at a time.
const CHUNK: usize = 256 << 10;

/// The bytes around the reading position; what lies before the position is dropped unless it is asked for.
pub(super) struct Window {
    source: Arc<dyn ReadAt>,
    /// The length at the beginning; what a live file gains later is left for the next reading.
    length: u64,
    buffer: Vec<u8>,
    /// Offset of the first byte in the buffer.
    base: u64,
    /// Position inside the buffer.
    at: usize,
}

impl Window {
    pub(super) fn new(source: Arc<dyn ReadAt>) -> io::Result<Self> {
        let length = source.len()?;
        Ok(Self {
            source,
            length,
            buffer: Vec::new(),
            base: 0,
            at: 0,
        })
    }

    /// Offset of the reading position.
    pub(super) const fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// What is in memory from the position on.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// What is in memory before the position.
    pub(super) fn behind(&self) -> &[u8] {
        self.buffer.get(..self.at).unwrap_or_default()
    }

    /// The bytes of a range that is still in memory.
    pub(super) fn slice(&self, from: u64, to: u64) -> &[u8] {
        let index =
            |offset: u64| usize::try_from(offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        self.buffer.get(index(from)..index(to)).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.at = (self.at + count).min(self.buffer.len());
    }

    /// Moves to any offset.
    pub(super) fn jump(&mut self, offset: u64) {
        match usize::try_from(offset.wrapping_sub(self.base)) {
            Ok(at) if offset >= self.base && at <= self.buffer.len() => self.at = at,
            _ => {
                self.buffer.clear();
                (self.base, self.at) = (offset.min(self.length), 0);
            }
        }
    }

    /// Reads on behind what is in memory, keeping everything from `keep` on; false at the end of the file.
    pub(super) fn more(&mut self, keep: u64) -> io::Result<bool> {
        let end = self.base + self.buffer.len() as u64;
        let count = self.length.saturating_sub(end).min(CHUNK as u64);
        if count == 0 {
            return Ok(false);
        }
        let dropped = usize::try_from(keep.saturating_sub(self.base))
            .unwrap_or(usize::MAX)
            .min(self.at);
        self.buffer.drain(..dropped);
        self.base += dropped as u64;
        self.at -= dropped;
        let old = self.buffer.len();
        // At most CHUNK, which fits.
        let count = usize::try_from(count).unwrap_or(CHUNK);
        self.buffer.resize(old + count, 0);
        let read = self
            .source
            .read_exact_at(self.buffer.get_mut(old..).unwrap_or_default(), end);
        match read {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                // The file has become shorter meanwhile: it ends here.
                self.buffer.truncate(old);
                self.length = end;
                Ok(false)
            }
            Err(error) => {
                self.buffer.truncate(old);
                Err(error)
            }
        }
    }

    /// The next byte, without moving.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        if let Some(byte) = self.buffer.get(self.at) {
            return Ok(Some(*byte));
        }
        if !self.more(self.offset())? {
            return Ok(None);
        }
        Ok(self.buffer.get(self.at).copied())
    }
}
