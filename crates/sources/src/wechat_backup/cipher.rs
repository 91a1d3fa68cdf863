//! Packed bytes: AES-128-ECB with the first 16 characters of the backup's key, padded at their end.

use std::io::{self, Read};
use std::sync::Arc;

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use hutong_crypto::KeyRing;
use hutong_model::Content;
use hutong_sqlite::ReadAt;

/// A key of packed bytes.
pub(super) type Key = [u8; 16];

/// The keys to try: the first 16 characters of every key of 32 hexadecimal digits, in lower case and as given.
pub(super) fn keys_of(ring: &KeyRing) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for candidate in ring.candidates_for("Backup.db", &[0; 16]) {
        let text = candidate.key.expose();
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        for text in [text.to_ascii_lowercase(), text.to_owned()] {
            if let Some(key) = text.as_bytes().first_chunk::<16>()
                && !keys.contains(key)
            {
                keys.push(*key);
            }
        }
    }
    keys
}

/// Decrypts whole blocks; what is left over stays as it is.
pub(super) fn decrypt(bytes: &mut [u8], key: &Key) {
    let cipher = Aes128::new(key.into());
    let (blocks, _) = bytes.as_chunks_mut::<16>();
    for block in blocks {
        let mut cell = (*block).into();
        cipher.decrypt_block(&mut cell);
        *block = cell.into();
    }
}

/// Length without the padding, when it is a right one.
pub(super) fn unpadded(bytes: &[u8]) -> Option<usize> {
    let count = usize::from(*bytes.last()?);
    let end = bytes.len().checked_sub(count)?;
    let padding = bytes.get(end..)?;
    let is_right = (1..=16).contains(&count)
        && padding.iter().all(|byte| usize::from(*byte) == count)
        && bytes.len().is_multiple_of(16);
    is_right.then_some(end)
}

/// A stretch of a packed file.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) file: Arc<dyn ReadAt>,
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Bytes that stand in one or more pieces, decrypted when they are read.
#[derive(Clone)]
pub(super) struct Packed {
    pub(super) pieces: Vec<Piece>,
    pub(super) key: Option<Key>,
}

impl Content for Packed {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let mut packed = self.clone();
        // The padding stands at the end of the last piece that holds anything.
        packed.pieces.retain(|piece| piece.length > 0);
        Ok(Box::new(Unpacking {
            packed,
            piece: 0,
            done: 0,
            carried: Vec::new(),
            clear: Vec::new(),
            taken: 0,
        }))
    }
}

/// Bytes that are read at a time.
const STEP: u64 = 64 << 10;

struct Unpacking {
    packed: Packed,
    piece: usize,
    /// Bytes of the present piece that were read.
    done: u64,
    /// Encrypted bytes that are no whole block yet.
    carried: Vec<u8>,
    clear: Vec<u8>,
    taken: usize,
}

impl Unpacking {
    /// Reads on; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.clear.clear();
        self.taken = 0;
        while self.clear.is_empty() {
            let Some(piece) = self.packed.pieces.get(self.piece) else {
                return Ok(false);
            };
            let count = (piece.length - self.done).min(STEP);
            let mut bytes = std::mem::take(&mut self.carried);
            let start = bytes.len();
            bytes.resize(start + usize::try_from(count).unwrap_or(0), 0);
            let offset = piece
                .offset
                .checked_add(self.done)
                .ok_or(io::ErrorKind::InvalidData)?;
            let target = bytes.get_mut(start..).unwrap_or_default();
            piece.file.read_exact_at(target, offset)?;
            self.done += count;
            if self.done >= piece.length {
                self.piece += 1;
                self.done = 0;
            }
            let is_last = self.piece >= self.packed.pieces.len();
            if let Some(key) = &self.packed.key {
                let whole = if is_last {
                    bytes.len()
                } else {
                    bytes.len() / 16 * 16
                };
                self.carried = bytes.split_off(whole);
                decrypt(&mut bytes, key);
                if is_last
                    && let Some(end) = unpadded(
                        bytes
                            .get(bytes.len().saturating_sub(16)..)
                            .unwrap_or_default(),
                    )
                {
                    let end = bytes.len() - 16 + end;
                    bytes.truncate(end);
                }
            }
            self.clear = bytes;
        }
        Ok(true)
    }
}

impl Read for Unpacking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken >= self.clear.len() && !self.fill()? {
            return Ok(0);
        }
        let ready = self.clear.get(self.taken..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken += count;
        Ok(count)
    }
}

/// Bytes that stand in a message itself.
pub(super) struct Inline(pub(super) Vec<u8>);

impl Content for Inline {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::cipher::BlockCipherEncrypt;

    fn encrypt(clear: &[u8], key: &Key) -> Vec<u8> {
        let count = 16 - clear.len() % 16;
        let mut bytes = clear.to_vec();
        bytes.resize(clear.len() + count, u8::try_from(count).unwrap());
        let cipher = Aes128::new(key.into());
        for block in bytes.as_chunks_mut::<16>().0 {
            let mut cell = (*block).into();
            cipher.encrypt_block(&mut cell);
            *block = cell.into();
        }
        bytes
    }

    /// FIPS 197, appendix B of the AES standard.
    #[test]
    fn the_standards_own_vector_is_decrypted() {
        let mut block = hex::decode("69c4e0d86a7b0430d8cdb78070b4c55a").unwrap();
        let key = hex::decode("000102030405060708090a0b0c0d0e0f").unwrap();
        decrypt(&mut block, &key.try_into().unwrap());
        assert_eq!(hex::encode(&block), "00112233445566778899aabbccddeeff");
    }

    #[test]
    fn pieces_are_joined_and_only_the_last_one_has_padding() {
        let key = *b"0123456789abcdef";
        for length in [0, 1, 15, 16, 17, 100_000, 131_072] {
            let clear: Vec<u8> = (0..length)
                .map(|number| u8::try_from(number % 251).unwrap())
                .collect();
            let stored = encrypt(&clear, &key);
            for cut in [0, 16, 32, 7, stored.len() / 2] {
                let cut = cut.min(stored.len());
                let folder = tempfile::tempdir().unwrap();
                // The pieces stand in the wrong order with something between them.
                let mut file = stored[cut..].to_vec();
                file.extend(b"gap");
                file.extend(&stored[..cut]);
                let path = folder.path().join("m");
                std::fs::write(&path, &file).unwrap();
                let file: Arc<dyn ReadAt> = Arc::new(hutong_sqlite::open_shared(&path).unwrap());
                let piece = |offset: usize, length: usize| Piece {
                    file: Arc::clone(&file),
                    offset: offset as u64,
                    length: length as u64,
                };
                let packed = Packed {
                    pieces: vec![
                        piece(stored.len() - cut + 3, cut),
                        piece(0, stored.len() - cut),
                    ],
                    key: Some(key),
                };
                let mut read = Vec::new();
                packed.open().unwrap().read_to_end(&mut read).unwrap();
                assert!(read == clear, "{length} cut at {cut}");
            }
        }
    }

    #[test]
    fn keys_are_the_first_half_of_the_characters() {
        let ring = KeyRing::from_key("0123456789ABCDEF0123456789ABCDEF").unwrap();
        assert_eq!(keys_of(&ring), [*b"0123456789abcdef", *b"0123456789ABCDEF"]);
        assert!(keys_of(&KeyRing::from_key("abcdef0").unwrap()).is_empty());
    }
}
