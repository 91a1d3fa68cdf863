//! Media files in the account folder: `.dat` containers, films, files.

use std::path::PathBuf;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use crate::ForgeError;
use crate::store::write_file;
use crate::truth::OnDisk;

use super::Generation;
use super::cast::md5_hex;

/// How a picture is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coat {
    /// The fixed key.
    V1,
    /// The account's key.
    V2,
    /// One byte over the whole file.
    Xor,
}

/// Writes media files below an account folder.
#[derive(Debug)]
pub(super) struct Media {
    pub(super) root: PathBuf,
    pub(super) is_on: bool,
    pub(super) written: u64,
    pub(super) key: String,
    pub(super) xor: u8,
    /// Whose folders these are.
    pub(super) generation: Generation,
}

const V1_KEY: &[u8; 16] = b"cfcd208495d565ef";
/// Bytes at the front that are encrypted, as the client does it.
const FRONT: usize = 1024;

/// Wraps a picture. `tail` bytes at the end are only XORed.
pub(super) fn wrap(
    plain: &[u8],
    coat: Coat,
    key: &str,
    xor: u8,
    front: usize,
    tail: usize,
) -> Vec<u8> {
    let (magic, key) = match coat {
        Coat::Xor => return plain.iter().map(|byte| byte ^ xor).collect(),
        Coat::V1 => (b"\x07\x08V1\x08\x07", *V1_KEY),
        Coat::V2 => {
            let key = key
                .as_bytes()
                .try_into()
                .expect("image keys have 16 characters");
            (b"\x07\x08V2\x08\x07", key)
        }
    };
    let (front, rest) = plain.split_at(front.min(plain.len()));
    let (middle, tail) = rest.split_at(rest.len() - tail.min(rest.len()));
    let mut out = magic.to_vec();
    for length in [front.len(), tail.len()] {
        out.extend(
            u32::try_from(length)
                .expect("pictures are small")
                .to_le_bytes(),
        );
    }
    out.push(1);
    // PKCS#7: always between 1 and 16 bytes more.
    let padding = 16 - front.len() % 16;
    let mut padded = front.to_vec();
    padded.resize(
        front.len() + padding,
        u8::try_from(padding).expect("at most 16"),
    );
    let cipher = Aes128::new(&key.into());
    for block in padded.chunks_exact(16) {
        let mut block: [u8; 16] = block.try_into().expect("chunks of 16");
        let mut cell = block.into();
        cipher.encrypt_block(&mut cell);
        block = cell.into();
        out.extend(block);
    }
    out.extend(middle);
    out.extend(tail.iter().map(|byte| byte ^ xor));
    out
}

impl Media {
    /// Writes `msg/attach/<talker>/<month>/Img/<name>`; the tail's length follows the picture's.
    pub(super) fn picture(
        &mut self,
        talker: &str,
        month: &str,
        name: &str,
        plain: &[u8],
        coat: Coat,
    ) -> Result<OnDisk, ForgeError> {
        let coat = if self.generation == Generation::Four {
            coat
        } else {
            Coat::Xor
        };
        let path = match self.generation {
            Generation::Four => format!("msg/attach/{talker}/{month}/Img/{name}"),
            Generation::Windows3 => {
                let folder = if name.contains("_t.") {
                    "Thumb"
                } else {
                    "Image"
                };
                format!("FileStorage/MsgAttach/{talker}/{folder}/{month}/{name}")
            }
            // Pictures of the macOS client are not wrapped.
            Generation::Mac3 => {
                let name = name.replace(".dat", ".jpg");
                return self.raw(
                    format!("Message/MessageTemp/{talker}/Image/{name}"),
                    plain,
                    plain,
                );
            }
        };
        let tail = if plain.len() > FRONT + 64 {
            (plain.len() - FRONT) / 3
        } else {
            0
        };
        let front = if plain.len() < 1_200 {
            plain.len().min(FRONT)
        } else {
            FRONT
        };
        let bytes = wrap(plain, coat, &self.key, self.xor, front, tail);
        self.raw(path, &bytes, plain)
    }

    /// Writes a file as it is.
    pub(super) fn plain(&mut self, path: String, bytes: &[u8]) -> Result<OnDisk, ForgeError> {
        let path = match self.generation {
            Generation::Four => path,
            Generation::Windows3 => path
                .replace("msg/video/", "FileStorage/Video/")
                .replace("msg/file/", "FileStorage/File/")
                .replace("_thumb.jpg", ".jpg"),
            Generation::Mac3 => path
                .replace("msg/video/", "Message/MessageTemp/media/Video/")
                .replace("msg/file/", "Message/MessageTemp/media/File/"),
        };
        self.raw(path, bytes, bytes)
    }

    fn raw(&mut self, path: String, bytes: &[u8], plain: &[u8]) -> Result<OnDisk, ForgeError> {
        write_file(&self.root.join(&path), bytes)?;
        self.written += 1;
        Ok(OnDisk {
            path,
            md5: md5_hex(plain),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_have_the_documented_lengths() {
        let plain = vec![7; 3000];
        let coat = wrap(&plain, Coat::V2, "0123456789abcdef", 0x37, 1024, 500);
        assert_eq!(coat.get(..6), Some(b"\x07\x08V2\x08\x07".as_slice()));
        assert_eq!(coat.len(), 15 + 1024 + 16 + 1976);
        assert_eq!(coat.last(), Some(&(7 ^ 0x37)));
        let short = wrap(&plain[..100], Coat::V1, "", 0, 1024, 0);
        assert_eq!(short.len(), 15 + 112);
    }
}
