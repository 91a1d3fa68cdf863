//! The bytes of a picture, decoded from base64 while they are read.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use hutong_model::Content;
use hutong_sqlite::ReadAt;

/// Bytes of text read at once.
const PIECE: usize = 64 * 1024;
/// What is no digit of base64.
const NONE: u8 = 0xFF;

#[expect(
    clippy::indexing_slicing,
    reason = "worked out by the compiler, which checks every index"
)]
const DIGITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut digits = [NONE; 256];
    let mut value = 0_u8;
    while value < 64 {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// A picture inside a web archive: a range of base64 text.
#[derive(Clone)]
pub(super) struct Picture {
    pub(super) file: Arc<dyn ReadAt>,
    pub(super) text: Range<u64>,
}

impl Picture {
    /// What the first bytes say that it is; the archive's own word is often wrong.
    pub(super) fn media_type(&self) -> Option<&'static str> {
        let mut head = [0; 12];
        let mut reader = Decoder::new(self.clone(), 64);
        let mut filled = 0;
        while let Ok(count @ 1..) = reader.read(head.get_mut(filled..)?) {
            filled += count;
        }
        media_type(head.get(..filled)?)
    }
}

fn media_type(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'B', b'M', ..] => "image/bmp",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        _ => return None,
    })
}

impl Content for Picture {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Decoder::new(self.clone(), PIECE)))
    }
}

/// Decodes a range of base64 text; line ends and anything else that is no digit are passed over.
struct Decoder {
    picture: Picture,
    /// Bytes of text to read at once.
    piece: usize,
    text: Vec<u8>,
    decoded: Vec<u8>,
    given: usize,
    bits: u32,
    count: u32,
    is_over: bool,
}

impl Decoder {
    const fn new(picture: Picture, piece: usize) -> Self {
        Self {
            picture,
            piece,
            text: Vec::new(),
            decoded: Vec::new(),
            given: 0,
            bits: 0,
            count: 0,
            is_over: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let range = &mut self.picture.text;
        let left = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let count = left.min(self.piece);
        self.decoded.clear();
        self.given = 0;
        if count == 0 {
            self.is_over = true;
            return Ok(());
        }
        self.text.resize(count, 0);
        self.picture
            .file
            .read_exact_at(&mut self.text, range.start)?;
        range.start += count as u64;
        self.decoded.reserve(count / 4 * 3 + 3);
        for byte in &self.text {
            let digit = DIGITS.get(usize::from(*byte)).copied().unwrap_or(NONE);
            if digit == NONE {
                if *byte == b'=' {
                    self.is_over = true;
                    break;
                }
                continue;
            }
            self.bits = self.bits << 6 | u32::from(digit);
            self.count += 1;
            if self.count == 4 {
                let [_, one, two, three] = self.bits.to_be_bytes();
                self.decoded.extend_from_slice(&[one, two, three]);
                self.count = 0;
                self.bits = 0;
            }
        }
        if self.is_over || range.start >= range.end {
            self.is_over = true;
            let [_, one, two, _] = (self.bits << (6 * (4 - self.count))).to_be_bytes();
            match self.count {
                2 => self.decoded.push(one),
                3 => self.decoded.extend_from_slice(&[one, two]),
                _ => {}
            }
            self.count = 0;
        }
        Ok(())
    }
}

impl Read for Decoder {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.decoded.len() {
            if self.is_over || room.is_empty() {
                return Ok(0);
            }
            self.fill()?;
        }
        let ready = self.decoded.get(self.given..).unwrap_or_default();
        let count = ready.len().min(room.len());
        if let (Some(to), Some(from)) = (room.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(bytes: &[u8]) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let mut group = [0; 4];
            group[1..=chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes(group);
            for digit in 0..4_usize {
                if digit > chunk.len() {
                    out.push('=');
                } else {
                    let value = bits >> (18 - 6 * digit) & 63;
                    out.push(char::from(alphabet[value as usize]));
                }
            }
        }
        out
    }

    fn decode(text: &str, piece: usize) -> Vec<u8> {
        let file: Arc<dyn ReadAt> = Arc::new(text.as_bytes().to_vec());
        let picture = Picture {
            file,
            text: 0..text.len() as u64,
        };
        let mut out = Vec::new();
        Decoder::new(picture, piece).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn known_vectors() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(decode(text, 5), plain.as_bytes());
            assert_eq!(encode(plain.as_bytes()), text);
        }
        assert_eq!(decode("Zm9v\r\nYmFy\r\n\r\n", 3), b"foobar");
        // Without its padding, as after a cut.
        assert_eq!(decode("Zm9vYmE", 64), b"fooba");
    }

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        let text = encode(b"\x89PNG\r\n\x1a\n0123456789");
        let picture = Picture {
            file: Arc::new(text.clone().into_bytes()),
            text: 0..text.len() as u64,
        };
        assert_eq!(picture.media_type(), Some("image/png"));
        assert_eq!(media_type(b"GIF89a"), Some("image/gif"));
        assert_eq!(media_type(b""), None);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..500), piece in 1_usize..90) {
            let text = encode(&bytes);
            let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
            prop_assert_eq!(decode(&lines.join("\r\n"), piece), bytes);
        }
    }
}
