//! WeChat's `.dat` images.
//!
//! Three containers are known: one byte XORed over the whole file (3.x, and some files of 4.x), V1 and V2. V1 and
//! V2 encrypt the first kilobyte with AES-128, leave the middle as it is and XOR one byte over the tail; V1 uses
//! one key for everybody, V2 one per account.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherDecrypt, KeyInit};

use crate::{Family, ImageKey, MediaType, sniff};

/// Media type by which sources mark pictures in this form.
pub const MEDIA_TYPE: &str = "image/x-wechat-dat";

/// Larger files are refused: no messenger sends such images, and the whole file is held in memory.
pub const MAX_BYTES: usize = 512 * 1024 * 1024;

/// AES key of V1 files.
const V1_KEY: [u8; 16] = *b"cfcd208495d565ef";
const V1_MAGIC: &[u8; 6] = b"\x07\x08V1\x08\x07";
const V2_MAGIC: &[u8; 6] = b"\x07\x08V2\x08\x07";
/// Magic, two lengths and one byte.
const HEADER_BYTES: usize = 15;

/// How a file is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// Not at all: the image itself.
    Plain,
    /// This byte over the whole file.
    Xor(u8),
    /// AES with the common key.
    V1,
    /// AES with the account's key.
    V2,
}

/// An image taken out of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file as an image viewer expects it; a wxgf image stays as it is.
    pub bytes: Vec<u8>,
    /// What it is.
    pub media_type: MediaType,
    /// How it was wrapped.
    pub container: Container,
    /// The file is shorter than its header says; what was there is decoded.
    pub is_truncated: bool,
}

/// Why a file could not be taken out of its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatError {
    /// V2, and no key was given.
    #[error("the image is encrypted (V2) and no image key was given")]
    NeedsKey,
    /// V1 or V2 whose tail needs an XOR byte that was neither given nor found in the file.
    #[error(
        "the tail of the image needs the XOR byte, which was not given and cannot be told from the file"
    )]
    NeedsXor,
    /// The key does not give an image.
    #[error("the image key does not fit this image")]
    WrongKey,
    /// None of the known containers, or a damaged header.
    #[error("not a WeChat image container")]
    Unrecognised,
    /// Longer than [`MAX_BYTES`].
    #[error("the file is larger than {MAX_BYTES} bytes")]
    TooLarge,
}

/// How a file is wrapped, from its first bytes (64 are enough); `None` when that cannot be told.
#[must_use]
pub fn container(head: &[u8]) -> Option<Container> {
    if head.starts_with(V1_MAGIC) {
        Some(Container::V1)
    } else if head.starts_with(V2_MAGIC) {
        Some(Container::V2)
    } else if is_image(head) {
        Some(Container::Plain)
    } else {
        xor_byte(head).map(Container::Xor)
    }
}

/// Takes an image out of its container.
///
/// # Errors
/// See [`DatError`]; a wrong key is always told from a right one.
pub fn decode(bytes: &[u8], key: Option<&ImageKey>) -> Result<Image, DatError> {
    if bytes.len() > MAX_BYTES {
        return Err(DatError::TooLarge);
    }
    let container = container(bytes).ok_or(DatError::Unrecognised)?;
    let (decoded, is_truncated) = match container {
        Container::Plain => (bytes.to_vec(), false),
        Container::Xor(byte) => (bytes.iter().map(|value| value ^ byte).collect(), false),
        Container::V1 => decode_v(bytes, &V1_KEY, key.and_then(|key| key.xor))?,
        Container::V2 => {
            let key = key.ok_or(DatError::NeedsKey)?;
            decode_v(bytes, &key.aes, key.xor)?
        }
    };
    let is_picture = |found: &MediaType| found.family() == Family::Image;
    let media_type = sniff(&decoded)
        .filter(is_picture)
        .ok_or(DatError::WrongKey)?;
    Ok(Image {
        bytes: decoded,
        media_type,
        container,
        is_truncated,
    })
}

/// Whether this key opens this V2 file, from its first 31 bytes; `None` for anything that is not a V2 file.
#[must_use]
pub fn key_fits(head: &[u8], key: &ImageKey) -> Option<bool> {
    if !head.starts_with(V2_MAGIC) {
        return None;
    }
    let block = head.get(HEADER_BYTES..HEADER_BYTES + 16)?;
    let plain = decrypt(block, &key.aes);
    Some(sniff(&plain).is_some_and(|found| found.family() == Family::Image))
}

/// The XOR byte over the tail of a V1 or V2 file that holds a whole JPEG, told from its last two bytes.
///
/// One file in some ten thousand misleads, so ask several (thumbnails, `_t.dat`) and take the byte named most.
#[must_use]
pub fn tail_xor_byte(bytes: &[u8]) -> Option<u8> {
    let header = Header::read(bytes)?;
    (header.xor_bytes >= 2)
        .then(|| end_of_jpeg(bytes))
        .flatten()
}

fn end_of_jpeg(bytes: &[u8]) -> Option<u8> {
    let [.., before, last] = bytes else {
        return None;
    };
    (before ^ 0xff == last ^ 0xd9).then_some(before ^ 0xff)
}

struct Header {
    aes_bytes: usize,
    xor_bytes: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(V1_MAGIC) && !bytes.starts_with(V2_MAGIC) {
            return None;
        }
        let number = |at: usize| -> Option<usize> {
            usize::try_from(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
        };
        Some(Self {
            aes_bytes: number(6)?,
            xor_bytes: number(10)?,
        })
    }
}

/// V1 and V2: AES, plain middle, XOR tail. Also says whether the file is shorter than its header states.
fn decode_v(bytes: &[u8], aes: &[u8; 16], xor: Option<u8>) -> Result<(Vec<u8>, bool), DatError> {
    let header = Header::read(bytes).ok_or(DatError::Unrecognised)?;
    let body = bytes.get(HEADER_BYTES..).ok_or(DatError::Unrecognised)?;

    // A multiple of 16 is followed by a whole block of padding.
    let stated = header.aes_bytes.saturating_add(16 - header.aes_bytes % 16);
    let (encrypted, rest) = body.split_at(stated.min(body.len()));
    if encrypted.len() < 16 {
        return Err(DatError::Unrecognised);
    }
    let mut out = decrypt(encrypted, aes);
    out.truncate(header.aes_bytes);
    if header.aes_bytes >= 4 && !is_image(&out) {
        return Err(DatError::WrongKey);
    }

    let (middle, tail) = rest.split_at(rest.len() - header.xor_bytes.min(rest.len()));
    out.extend_from_slice(middle);
    if !tail.is_empty() {
        let byte = tail_byte(&out, tail, xor).ok_or(DatError::NeedsXor)?;
        out.extend(tail.iter().map(|value| value ^ byte));
    }
    let is_truncated = encrypted.len() < stated || tail.len() < header.xor_bytes;
    Ok((out, is_truncated))
}

/// The byte that makes the tail end as this kind of image ends, or the given one.
///
/// The file goes first: that a wrong byte makes a proper end by accident is far less likely than a wrong setting.
fn tail_byte(head: &[u8], tail: &[u8], given: Option<u8>) -> Option<u8> {
    let end: &[u8] = match sniff(head) {
        Some(MediaType::Jpeg) => b"\xff\xd9",
        Some(MediaType::Png) => b"IEND\xae\x42\x60\x82",
        Some(MediaType::Gif) => b"\x00\x3b",
        _ => return given,
    };
    let told = tail
        .len()
        .checked_sub(end.len())
        .and_then(|at| tail.get(at..))
        .and_then(|last| {
            let byte = last.first()? ^ end.first()?;
            last.iter()
                .zip(end)
                .all(|(value, plain)| value ^ byte == *plain)
                .then_some(byte)
        });
    told.or(given)
}

/// Whole blocks, each on its own; an incomplete last block is dropped.
fn decrypt(bytes: &[u8], key: &[u8; 16]) -> Vec<u8> {
    let cipher = Aes128::new(&Array::from(*key));
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.as_chunks::<16>().0 {
        let mut block = Array::from(*chunk);
        cipher.decrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    out
}

fn is_image(head: &[u8]) -> bool {
    sniff(head).is_some_and(|found| found.family() == Family::Image)
}

/// The byte that turns these first bytes into those of an image.
///
/// Longer magics go first; a bitmap's two letters go last and must be backed by a sane header, which [`sniff`] asks.
fn xor_byte(head: &[u8]) -> Option<u8> {
    let first = *head.first()?;
    let plain = |byte: u8| -> Vec<u8> {
        head.iter()
            .take(crate::HEAD_BYTES)
            .map(|value| value ^ byte)
            .collect()
    };
    let candidates = [0x89_u8, b'G', b'R', b'w', 0x00, b'I', b'M', 0xff, b'B'];
    candidates.iter().map(|magic| first ^ magic).find(|&byte| {
        let plain = plain(byte);
        match sniff(&plain) {
            // Three bytes of magic leave only two to check with, so the byte after the marker has a say too.
            Some(MediaType::Jpeg) => plain
                .get(3)
                .is_none_or(|marker| (0xc0..=0xfe).contains(marker)),
            Some(found) => found.family() == Family::Image,
            None => false,
        }
    })
}

#[cfg(test)]
mod tests;
