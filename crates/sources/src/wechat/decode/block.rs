//! Cells that are LZ4 blocks.

use std::borrow::Cow;

use super::text;

/// The longest decompressed cell in bytes. Real ones stay below a megabyte; a hostile one must not fill the memory.
const MAX_BLOCK_BYTES: usize = 32 << 20;

/// Buffers above this size are given back after use.
const KEPT_BYTES: usize = 1 << 20;

/// Decompresses LZ4 blocks, keeping its working memory from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    buffer: Vec<u8>,
}

impl Blocks {
    /// The text of a `CompressContent`, or `None` when it is neither an LZ4 block nor text.
    ///
    /// The block does not say how long its content is, so the buffer grows until the content fits.
    pub(crate) fn decode<'a>(&'a mut self, raw: &'a [u8]) -> Option<Cow<'a, str>> {
        let is_text = || std::str::from_utf8(raw).is_ok();
        // No block begins like a document: its first byte would announce three letters and a repetition of them.
        let begins_as_text = raw.trim_ascii_start().starts_with(b"<");
        if begins_as_text && is_text() {
            return Some(text(raw));
        }
        match self.unpacked(raw) {
            Some(length) => self.buffer.get(..length).map(text),
            None => is_text().then(|| text(raw)),
        }
    }

    fn unpacked(&mut self, raw: &[u8]) -> Option<usize> {
        if self.buffer.capacity() > KEPT_BYTES {
            self.buffer = Vec::new();
        }
        // A block grows by at most 255 times.
        let most = raw
            .len()
            .saturating_mul(255)
            .saturating_add(64)
            .min(MAX_BLOCK_BYTES);
        let mut size = raw.len().saturating_mul(4).clamp(4096, MAX_BLOCK_BYTES);
        loop {
            if self.buffer.len() < size {
                self.buffer.resize(size, 0);
            }
            match lz4_flex::block::decompress_into(raw, &mut self.buffer) {
                Ok(length) => return Some(length),
                Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) if size < most => {
                    size = size.saturating_mul(4).min(most);
                }
                Err(_) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_block_of_any_growth_is_decompressed_without_its_zeros() {
        let mut blocks = Blocks::default();
        for content in [
            "<msg><appmsg><title>你好</title></appmsg></msg>".to_owned(),
            format!("<msg>{}</msg>", "哈".repeat(400_000)),
        ] {
            let raw = lz4_flex::block::compress(format!("{content}\0\0").as_bytes());
            assert_eq!(blocks.decode(&raw).unwrap(), content);
        }
    }

    #[test]
    fn what_is_no_block_is_text_or_nothing() {
        let mut blocks = Blocks::default();
        assert_eq!(
            blocks.decode("<msg>明文</msg>\0".as_bytes()).unwrap(),
            "<msg>明文</msg>"
        );
        assert_eq!(blocks.decode(&[0xFF, 0xFF, 0x80, 1]), None);
        let bomb = lz4_flex::block::compress(&vec![b'a'; MAX_BLOCK_BYTES + 1]);
        assert_eq!(blocks.decode(&bomb), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Blocks::default().decode(&bytes);
        }
    }
}
