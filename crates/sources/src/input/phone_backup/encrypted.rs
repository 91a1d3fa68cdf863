//! A file of an encrypted backup, decrypted where it is read.

use std::io;
use std::sync::Arc;

use hutong_crypto::FileKey;
use hutong_sqlite::ReadAt;

const BLOCK_BYTES: u64 = 16;

/// Decrypts any stretch of a file: each block needs only the encrypted block in front of it.
pub(super) struct Decrypted {
    file: Arc<dyn ReadAt>,
    key: FileKey,
    length: u64,
}

impl Decrypted {
    /// Without a known size the padding at the end of the last block tells the length.
    pub(super) fn new(
        file: Arc<dyn ReadAt>,
        key: FileKey,
        size_bytes: Option<u64>,
    ) -> io::Result<Self> {
        let stored = file.len()? / BLOCK_BYTES * BLOCK_BYTES;
        let mut decrypted = Self {
            file,
            key,
            length: stored,
        };
        decrypted.length = match size_bytes {
            Some(size) => size.min(stored),
            None => stored - decrypted.padding()?,
        };
        Ok(decrypted)
    }

    /// Bytes of padding (PKCS #7); none when the end does not look padded.
    fn padding(&self) -> io::Result<u64> {
        let Some(at) = self.length.checked_sub(BLOCK_BYTES) else {
            return Ok(0);
        };
        let mut last = [0; 16];
        self.read_exact_at(&mut last, at)?;
        let count = last.last().copied().unwrap_or_default();
        let is_padded = (1..=16).contains(&count)
            && last
                .iter()
                .rev()
                .take(usize::from(count))
                .all(|byte| *byte == count);
        Ok(if is_padded { count.into() } else { 0 })
    }
}

impl ReadAt for Decrypted {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset
            .checked_add(buffer.len() as u64)
            .filter(|end| *end <= self.length)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let start = offset / BLOCK_BYTES * BLOCK_BYTES;
        let end = end.next_multiple_of(BLOCK_BYTES);
        let mut before = [0; 16];
        if start > 0 {
            self.file.read_exact_at(&mut before, start - BLOCK_BYTES)?;
        }
        let length = usize::try_from(end - start).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let mut blocks = vec![0; length];
        self.file.read_exact_at(&mut blocks, start)?;
        self.key.decrypt(before, &mut blocks);
        let skipped = usize::try_from(offset - start).unwrap_or_default();
        let wanted = blocks
            .get(skipped..)
            .and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
