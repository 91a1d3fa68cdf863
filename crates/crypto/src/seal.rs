//! Sealed blobs: attachment bytes at rest, encrypted and authenticated in chunks.
//!
//! Layout, version 1:
//!
//! ```text
//! 0   4  "HTB1"
//! 4   1  version = 1
//! 5   1  base-2 logarithm of the chunk size = 16
//! 6   2  zero
//! 8  24  random salt
//! 32     chunks: ciphertext, then a tag of 16 bytes
//! ```
//!
//! Chunk key (32 bytes) and nonce prefix (7 bytes) are the keyed BLAKE3 output over the 32 header bytes, so every blob has its
//! own key and a changed header opens nothing. Chunks are AES-256-GCM in the STREAM construction: nonce = prefix ‖
//! chunk number (u32, big-endian) ‖ 1 for the last chunk, otherwise 0. Every chunk but the last has 65,536 bytes of
//! content; the last has 1 to 65,536, or none when the blob is empty. So a cut, reordered, repeated or changed chunk fails.

use std::io::{self, Read, Seek, SeekFrom, Write};

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use zeroize::Zeroizing;

/// The first bytes of every sealed blob.
pub const SEAL_MAGIC: &[u8; 4] = b"HTB1";
/// Length of the header in bytes.
pub const SEAL_HEADER_BYTES: usize = 32;
/// Content bytes per chunk.
pub const CHUNK_BYTES: usize = 1 << CHUNK_LOG2;
const CHUNK_LOG2: u8 = 16;
const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
const NONCE_BYTES: usize = 12;

/// Why sealed bytes cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The magic is missing.
    #[error("this is no sealed blob")]
    Magic,
    /// Written by a newer version.
    #[error("sealed blob version {0} is not known")]
    Version(u8),
    /// Cut, changed, or sealed with another key.
    #[error("the sealed bytes are damaged or belong to another key (chunk {chunk})")]
    Damaged {
        /// Which chunk, counted from 0.
        chunk: u64,
    },
    /// More than 2³² chunks.
    #[error("too long to be sealed as one blob")]
    TooLong,
    /// The operating system gave no random bytes.
    #[error("no random bytes to be had")]
    Random,
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io(#[from] io::Error),
}

impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Io(error) => error,
            other => Self::new(io::ErrorKind::InvalidData, other),
        }
    }
}

/// The length of the sealed form of `content` bytes, in bytes.
pub fn sealed_length(content: u64) -> u64 {
    let chunks = content.div_ceil(CHUNK_BYTES as u64).max(1);
    SEAL_HEADER_BYTES as u64 + content + chunks * TAG_BYTES as u64
}

/// Seals everything that `reader` gives and returns the number of content bytes.
///
/// # Errors
/// `Io`, `Random`, or `TooLong` after 2³² chunks (256 TiB).
pub fn seal(
    mut reader: impl Read,
    mut writer: impl Write,
    key: &[u8; 32],
) -> Result<u64, SealError> {
    let mut header = [0; SEAL_HEADER_BYTES];
    let (fixed, salt) = header.split_at_mut(8);
    fixed.copy_from_slice(&[b'H', b'T', b'B', b'1', VERSION, CHUNK_LOG2, 0, 0]);
    getrandom::fill(salt).map_err(|_| SealError::Random)?;
    writer.write_all(&header)?;
    let stream = Stream::new(key, &header);
    let mut total = 0;
    // One chunk ahead, to know which is the last.
    let mut current = Vec::with_capacity(CHUNK_BYTES);
    let mut next = Vec::with_capacity(CHUNK_BYTES);
    fill(&mut reader, CHUNK_BYTES, &mut current)?;
    for number in 0u64.. {
        next.clear();
        if current.len() == CHUNK_BYTES {
            fill(&mut reader, CHUNK_BYTES, &mut next)?;
        }
        let is_last = next.is_empty();
        total += current.len() as u64;
        let tag = stream.seal_chunk(number, is_last, &mut current)?;
        writer.write_all(&current)?;
        writer.write_all(&tag)?;
        if is_last {
            break;
        }
        std::mem::swap(&mut current, &mut next);
    }
    Ok(total)
}

/// Opens a sealed blob from its beginning to its end and returns the number of content bytes.
///
/// Only checked bytes are written; when an error comes, what was written so far is a genuine beginning.
///
/// # Errors
/// See [`SealError`].
pub fn open(
    mut reader: impl Read,
    mut writer: impl Write,
    key: &[u8; 32],
) -> Result<u64, SealError> {
    let stream = Stream::read(&mut reader, key)?;
    let mut total = 0;
    let mut current = Vec::with_capacity(SEALED_CHUNK_BYTES);
    let mut next = Vec::with_capacity(SEALED_CHUNK_BYTES);
    fill(&mut reader, SEALED_CHUNK_BYTES, &mut current)?;
    for number in 0u64.. {
        next.clear();
        if current.len() == SEALED_CHUNK_BYTES {
            fill(&mut reader, SEALED_CHUNK_BYTES, &mut next)?;
        }
        let is_last = next.is_empty();
        let content = stream.open_chunk(number, is_last, &mut current)?;
        writer.write_all(content)?;
        total += content.len() as u64;
        if is_last {
            break;
        }
        std::mem::swap(&mut current, &mut next);
    }
    Ok(total)
}

/// Reads up to `most` bytes; fewer only at the end.
fn fill(reader: &mut impl Read, most: usize, into: &mut Vec<u8>) -> io::Result<()> {
    into.clear();
    reader.take(most as u64).read_to_end(into)?;
    Ok(())
}

/// The cipher of one blob.
struct Stream {
    cipher: Aes256Gcm,
    prefix: [u8; 7],
}

impl Stream {
    fn new(key: &[u8; 32], header: &[u8; SEAL_HEADER_BYTES]) -> Self {
        let mut output = blake3::Hasher::new_keyed(key).update(header).finalize_xof();
        let mut blob_key = Zeroizing::new([0; 32]);
        let mut prefix = [0; 7];
        output.fill(blob_key.as_mut());
        output.fill(&mut prefix);
        Self {
            cipher: Aes256Gcm::new((&*blob_key).into()),
            prefix,
        }
    }

    fn read(reader: &mut impl Read, key: &[u8; 32]) -> Result<Self, SealError> {
        let mut header = [0; SEAL_HEADER_BYTES];
        match reader.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(SealError::Magic);
            }
            other => other?,
        }
        match header {
            [b'H', b'T', b'B', b'1', VERSION, CHUNK_LOG2, 0, 0, ..] => Ok(Self::new(key, &header)),
            [b'H', b'T', b'B', b'1', VERSION, ..] => Err(SealError::Damaged { chunk: 0 }),
            [b'H', b'T', b'B', b'1', version, ..] => Err(SealError::Version(version)),
            _ => Err(SealError::Magic),
        }
    }

    fn nonce(&self, number: u64, is_last: bool) -> Result<[u8; NONCE_BYTES], SealError> {
        let number = u32::try_from(number).map_err(|_| SealError::TooLong)?;
        let [a, b, c, d, e, f, g] = self.prefix;
        let [h, i, j, k] = number.to_be_bytes();
        Ok([a, b, c, d, e, f, g, h, i, j, k, u8::from(is_last)])
    }

    fn seal_chunk(
        &self,
        number: u64,
        is_last: bool,
        content: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], SealError> {
        let nonce = Nonce::from(self.nonce(number, is_last)?);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce, &[], content.into())
            .map_err(|_| SealError::TooLong)?;
        Ok(tag.into())
    }

    /// Decrypts in place and gives the content.
    fn open_chunk<'c>(
        &self,
        number: u64,
        is_last: bool,
        sealed: &'c mut [u8],
    ) -> Result<&'c mut [u8], SealError> {
        let damaged = || SealError::Damaged { chunk: number };
        let nonce = Nonce::from(self.nonce(number, is_last)?);
        let (content, tag) = sealed
            .split_last_chunk_mut::<TAG_BYTES>()
            .ok_or_else(damaged)?;
        // A last chunk without content is only right when it is the only one.
        if content.is_empty() && number > 0 {
            return Err(damaged());
        }
        let tag: Tag = (*tag).into();
        self.cipher
            .decrypt_inout_detached(&nonce, &[], (&mut *content).into(), &tag)
            .map_err(|_| damaged())?;
        Ok(content)
    }
}

/// Reads a sealed blob at any place, one chunk at a time.
pub struct SealedReader<R> {
    inner: R,
    stream: Stream,
    length: u64,
    chunks: u64,
    position: u64,
    /// The chunk in `content`, if any.
    loaded: Option<u64>,
    buffer: Vec<u8>,
    content: usize,
}

impl<R: Read + Seek> SealedReader<R> {
    /// Opens a blob; its last chunk is checked at once, so a blob that was cut short is noticed here.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn new(mut inner: R, key: &[u8; 32]) -> Result<Self, SealError> {
        inner.seek(SeekFrom::Start(0))?;
        let stream = Stream::read(&mut inner, key)?;
        let end = inner.seek(SeekFrom::End(0))?;
        let sealed = end.saturating_sub(SEAL_HEADER_BYTES as u64);
        let chunks = sealed.div_ceil(SEALED_CHUNK_BYTES as u64);
        let last = chunks
            .checked_sub(1)
            .ok_or(SealError::Damaged { chunk: 0 })?;
        let length = sealed
            .checked_sub(chunks * TAG_BYTES as u64)
            .ok_or(SealError::Damaged { chunk: last })?;
        let mut reader = Self {
            inner,
            stream,
            length,
            chunks,
            position: 0,
            loaded: None,
            buffer: Vec::new(),
            content: 0,
        };
        reader.load(last)?;
        Ok(reader)
    }

    /// Length of the content in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    fn load(&mut self, number: u64) -> Result<(), SealError> {
        if self.loaded == Some(number) {
            return Ok(());
        }
        self.loaded = None;
        let offset = SEAL_HEADER_BYTES as u64 + number * SEALED_CHUNK_BYTES as u64;
        self.inner.seek(SeekFrom::Start(offset))?;
        self.buffer.clear();
        let most = SEALED_CHUNK_BYTES as u64;
        (&mut self.inner).take(most).read_to_end(&mut self.buffer)?;
        let is_last = number + 1 == self.chunks;
        let content = self.stream.open_chunk(number, is_last, &mut self.buffer)?;
        self.content = content.len();
        self.loaded = Some(number);
        Ok(())
    }
}

impl<R: Read + Seek> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || into.is_empty() {
            return Ok(0);
        }
        self.load(self.position / CHUNK_BYTES as u64)?;
        let start = usize::try_from(self.position % CHUNK_BYTES as u64).unwrap_or_default();
        let rest = self.buffer.get(start..self.content).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(from), Some(to)) = (rest.get(..count), into.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for SealedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Seals a small value: 12 random nonce bytes, ciphertext, tag of 16 bytes.
///
/// `context` says what the value is for; it is not stored, and opening with another context fails. One key must not seal
/// more than 2³² values.
///
/// # Errors
/// `Random`, or `TooLong` beyond 64 GiB.
pub fn seal_bytes(content: &[u8], context: &[u8], key: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
    let mut sealed = Vec::with_capacity(NONCE_BYTES + content.len() + TAG_BYTES);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(content);
    let body = sealed.get_mut(NONCE_BYTES..).unwrap_or_default();
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(&Nonce::from(nonce), context, body.into())
        .map_err(|_| SealError::TooLong)?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens what [`seal_bytes`] made with the same context and key.
///
/// # Errors
/// `Damaged` when anything differs.
pub fn open_bytes(sealed: &[u8], context: &[u8], key: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    let damaged = || SealError::Damaged { chunk: 0 };
    let (nonce, rest) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or_else(damaged)?;
    let (body, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or_else(damaged)?;
    let mut content = body.to_vec();
    Aes256Gcm::new(key.into())
        .decrypt_inout_detached(
            &Nonce::from(*nonce),
            context,
            content.as_mut_slice().into(),
            &(*tag).into(),
        )
        .map_err(|_| damaged())?;
    Ok(content)
}

/// A digest that only holders of the key can compute: names of blobs, search tokens.
pub fn keyed_digest(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    *blake3::keyed_hash(key, bytes).as_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn content(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    fn sealed(length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let count = seal(content(length).as_slice(), &mut out, &KEY).unwrap();
        assert_eq!(count, length as u64);
        assert_eq!(out.len() as u64, sealed_length(count));
        out
    }

    fn opened(bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut out = Vec::new();
        open(bytes, &mut out, &KEY)?;
        Ok(out)
    }

    const LENGTHS: [usize; 7] = [
        0,
        1,
        1000,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        3 * CHUNK_BYTES,
    ];

    #[test]
    fn what_is_sealed_opens_again() {
        for length in LENGTHS {
            assert_eq!(
                opened(&sealed(length)).unwrap(),
                content(length),
                "{length}"
            );
        }
    }

    #[test]
    fn a_blob_can_be_read_from_any_place() {
        for length in LENGTHS {
            let mut reader = SealedReader::new(Cursor::new(sealed(length)), &KEY).unwrap();
            assert_eq!(reader.length(), length as u64);
            let start = length / 2;
            reader.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).unwrap();
            assert_eq!(rest, content(length)[start..]);
            reader.seek(SeekFrom::End(0)).unwrap();
            assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0);
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = sealed(2 * CHUNK_BYTES + 5);
        for length in (0..whole.len()).step_by(997).chain([
            SEAL_HEADER_BYTES,
            SEAL_HEADER_BYTES + SEALED_CHUNK_BYTES,
            SEAL_HEADER_BYTES + 2 * SEALED_CHUNK_BYTES,
            SEAL_HEADER_BYTES + 2 * SEALED_CHUNK_BYTES + TAG_BYTES,
            whole.len() - 1,
        ]) {
            let cut = &whole[..length];
            assert!(opened(cut).is_err(), "{length}");
            assert!(
                SealedReader::new(Cursor::new(cut), &KEY).is_err(),
                "{length}"
            );
        }
        let mut longer = whole;
        longer.push(0);
        assert!(opened(&longer).is_err());
        assert!(SealedReader::new(Cursor::new(longer), &KEY).is_err());
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let whole = sealed(100);
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(opened(&changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn chunks_in_another_order_are_noticed() {
        let whole = sealed(3 * CHUNK_BYTES);
        let (header, chunks) = whole.split_at(SEAL_HEADER_BYTES);
        let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK_BYTES).collect();
        for order in [
            vec![1, 0, 2],
            vec![0, 0, 2],
            vec![0, 2],
            vec![0, 1, 1, 2],
            vec![2, 1, 0],
        ] {
            let mut changed = header.to_vec();
            for index in &order {
                changed.extend_from_slice(chunks[*index]);
            }
            assert!(opened(&changed).is_err(), "{order:?}");
        }
    }

    #[test]
    fn other_keys_and_versions_are_told_apart() {
        let mut whole = sealed(10);
        assert!(matches!(
            open(whole.as_slice(), io::sink(), &[8; 32]),
            Err(SealError::Damaged { chunk: 0 })
        ));
        whole[4] = 2;
        assert!(matches!(opened(&whole), Err(SealError::Version(2))));
        assert!(matches!(opened(b"PK"), Err(SealError::Magic)));
    }

    #[test]
    fn small_values_open_only_in_their_context() {
        let sealed = seal_bytes("秘密".as_bytes(), b"name", &KEY).unwrap();
        assert_eq!(
            open_bytes(&sealed, b"name", &KEY).unwrap(),
            "秘密".as_bytes()
        );
        assert!(open_bytes(&sealed, b"note", &KEY).is_err());
        assert!(open_bytes(&sealed, b"name", &[8; 32]).is_err());
        for length in 0..sealed.len() {
            assert!(open_bytes(&sealed[..length], b"name", &KEY).is_err());
        }
        assert_ne!(
            sealed,
            seal_bytes("秘密".as_bytes(), b"name", &KEY).unwrap()
        );
    }
}
