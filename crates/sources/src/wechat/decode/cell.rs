//! Cells that may be compressed.

use std::io;

/// The longest decompressed cell in bytes. Real ones stay below a megabyte; a hostile one must not fill the memory.
pub(crate) const MAX_CELL_BYTES: usize = 32 << 20;

/// Buffers above this size are given back after use.
const KEPT_BYTES: usize = 1 << 20;

/// First bytes of a zstd frame. No UTF-8 text begins so, therefore the marker column need not be trusted.
const MAGIC: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];

/// Why a compressed cell cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CellError {
    /// It needs a dictionary that nobody has.
    #[error("the message is compressed with an unknown dictionary")]
    Dictionary,
    /// It ends early or makes no sense.
    #[error("the compressed message is damaged")]
    Damaged,
    /// It would grow beyond [`MAX_CELL_BYTES`].
    #[error("the compressed message is too long")]
    Long,
}

/// Decompresses cells, keeping its working memory from one to the next.
pub(crate) struct Cells {
    zstd: zstd::bulk::Decompressor<'static>,
    buffer: Vec<u8>,
}

impl Cells {
    /// # Errors
    /// When there is no memory for the decompressor.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            zstd: zstd::bulk::Decompressor::new()?,
            buffer: Vec::new(),
        })
    }

    /// Whether a cell is a zstd frame.
    pub(crate) fn is_compressed(raw: &[u8]) -> bool {
        raw.starts_with(MAGIC)
    }

    /// The bytes of a cell, decompressed when they are a zstd frame.
    #[inline]
    pub(crate) fn decode<'a>(&'a mut self, raw: &'a [u8]) -> Result<&'a [u8], CellError> {
        if Self::is_compressed(raw) {
            self.decompress(raw)
        } else {
            Ok(raw)
        }
    }

    fn decompress(&mut self, raw: &[u8]) -> Result<&[u8], CellError> {
        if zstd::zstd_safe::get_dict_id_from_frame(raw).is_some() {
            return Err(CellError::Dictionary);
        }
        if self.buffer.capacity() > KEPT_BYTES {
            self.buffer = Vec::new();
        }
        let Ok(stated) = zstd::zstd_safe::get_frame_content_size(raw) else {
            return Err(CellError::Damaged);
        };
        let mut capacity = match stated {
            Some(length) => usize::try_from(length)
                .ok()
                .filter(|length| *length <= MAX_CELL_BYTES)
                .ok_or(CellError::Long)?,
            None => raw.len().saturating_mul(4).clamp(1 << 12, MAX_CELL_BYTES),
        };
        loop {
            self.buffer.clear();
            self.buffer.reserve(capacity.max(64));
            match self.zstd.decompress_to_buffer(raw, &mut self.buffer) {
                Ok(_) => return Ok(&self.buffer),
                Err(_) if stated.is_some() => return Err(CellError::Damaged),
                // Without a stated size, a full buffer and a damaged frame look alike until the limit is reached.
                Err(_) if capacity < MAX_CELL_BYTES => {
                    capacity = capacity.saturating_mul(4).min(MAX_CELL_BYTES);
                }
                Err(_) => return Err(CellError::Damaged),
            }
        }
    }
}

/// Text without the zero bytes that end some cells; invalid UTF-8 becomes replacement characters.
pub(crate) fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let zeros = bytes.iter().rev().take_while(|byte| **byte == 0).count();
    let end = bytes.len() - zeros;
    let bytes = bytes.get(..end).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(text: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(text, 3).unwrap()
    }

    #[test]
    fn plain_and_compressed_cells_read_alike() {
        let mut cells = Cells::new().unwrap();
        assert_eq!(cells.decode("你好".as_bytes()).unwrap(), "你好".as_bytes());
        let frame = compressed("你好".as_bytes());
        assert_eq!(cells.decode(&frame).unwrap(), "你好".as_bytes());
        assert_eq!(cells.decode(&compressed(b"")).unwrap(), b"");
    }

    #[test]
    fn a_truncated_frame_is_an_error_and_the_next_cell_still_reads() {
        let mut cells = Cells::new().unwrap();
        let frame = compressed(&b"abcdefgh".repeat(500));
        for end in 4..frame.len() {
            assert!(cells.decode(&frame[..end]).is_err(), "{end}");
        }
        assert_eq!(cells.decode(&frame).unwrap().len(), 4000);
    }

    #[test]
    fn an_unknown_dictionary_is_told_apart() {
        // Frame header: dictionary id flag 1 (one byte), single segment, content size one byte.
        let frame = [0x28, 0xB5, 0x2F, 0xFD, 0x21, 0x07, 0x05, 0, 0, 0];
        assert_eq!(
            Cells::new().unwrap().decode(&frame),
            Err(CellError::Dictionary)
        );
    }

    #[test]
    fn a_small_frame_cannot_become_a_huge_text() {
        let bomb = compressed(&vec![0; MAX_CELL_BYTES + 1]);
        assert!(bomb.len() < 10_000);
        assert_eq!(Cells::new().unwrap().decode(&bomb), Err(CellError::Long));
    }

    #[test]
    fn zero_bytes_at_the_end_are_no_text() {
        assert_eq!(text(b"abc\0\0"), "abc");
        assert_eq!(text(b"\0"), "");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }
}
