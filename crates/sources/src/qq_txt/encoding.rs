//! How a text file was saved, and its text as UTF-8, piece by piece.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, GB18030, UTF_16BE, UTF_16LE};

/// How a text file was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Gb18030,
}

impl Encoding {
    /// Tells the encoding by the first bytes of a file, and how many of them are its mark.
    ///
    /// Without a mark it is UTF-8 when most of what is not ASCII is; a damaged byte here and there changes nothing.
    pub(super) fn detect(head: &[u8]) -> (Self, usize) {
        if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
            return (Self::Utf8, 3);
        }
        if head.starts_with(&[0xFF, 0xFE]) {
            return (Self::Utf16Le, 2);
        }
        if head.starts_with(&[0xFE, 0xFF]) {
            return (Self::Utf16Be, 2);
        }
        // Digits, line ends and bars are ASCII, so every second byte of UTF-16 is often zero.
        let zeros = |from: usize| {
            head.iter()
                .skip(from)
                .step_by(2)
                .filter(|byte| **byte == 0)
                .count()
        };
        let (even, odd) = (zeros(0), zeros(1));
        if (even + odd) * 16 > head.len() {
            return (
                if odd > even {
                    Self::Utf16Le
                } else {
                    Self::Utf16Be
                },
                0,
            );
        }
        (
            if looks_like_utf8(head) {
                Self::Utf8
            } else {
                Self::Gb18030
            },
            0,
        )
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Gb18030 => "GB18030",
        }
    }

    fn decoder(self) -> Option<Decoder> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Self::Utf16Be => Some(UTF_16BE.new_decoder_without_bom_handling()),
            Self::Gb18030 => Some(GB18030.new_decoder_without_bom_handling()),
        }
    }
}

/// Whether whole UTF-8 characters outweigh what is none.
pub(crate) fn looks_like_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk
            .valid()
            .chars()
            .filter(|character| !character.is_ascii())
            .count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole >= broken.saturating_sub(1) * 2
}

/// A file's text as UTF-8.
///
/// Bytes of a UTF-8 file pass as they are, damaged ones too.
pub(super) struct Utf8Text<R> {
    source: R,
    decoder: Option<Decoder>,
    /// Bytes of the source that wait for the decoder.
    waiting: Vec<u8>,
    is_over: bool,
    /// The decoder has given everything; it may not be used again.
    is_finished: bool,
    /// Places that the decoder could not read.
    pub(super) damaged: u64,
}

const PIECE: usize = 64 * 1024;

impl<R: Read> Utf8Text<R> {
    /// `source` stands behind the mark.
    pub(super) fn new(source: R, encoding: Encoding) -> Self {
        Self {
            source,
            decoder: encoding.decoder(),
            waiting: Vec::new(),
            is_over: false,
            is_finished: false,
            damaged: 0,
        }
    }
}

impl<R: Read> Read for Utf8Text<R> {
    /// Needs room for 16 bytes at least; callers give far more.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else {
            return self.source.read(room);
        };
        if self.is_finished {
            return Ok(0);
        }
        loop {
            if self.waiting.is_empty() && !self.is_over {
                self.waiting.resize(PIECE, 0);
                let count = self.source.read(&mut self.waiting)?;
                self.waiting.truncate(count);
                self.is_over = count == 0;
            }
            let is_last = self.is_over;
            let (result, read, written, had_errors) =
                decoder.decode_to_utf8(&self.waiting, room, is_last);
            self.damaged += u64::from(had_errors);
            self.waiting.drain(..read);
            self.is_finished = is_last && result == CoderResult::InputEmpty;
            if written > 0 || self.is_finished {
                return Ok(written);
            }
            if result == CoderResult::OutputFull {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Gb18030 => GB18030.encode(text).0.into_owned(),
        }
    }

    const ALL: [Encoding; 4] = [
        Encoding::Utf8,
        Encoding::Utf16Le,
        Encoding::Utf16Be,
        Encoding::Gb18030,
    ];

    #[test]
    fn encodings_are_told_without_a_mark() {
        let text = "消息记录（此消息记录为文本格式，不支持重新导入）\r\n\r\n2019-09-23 8:43:38 小满\r\n你好🌙\r\n";
        for encoding in ALL {
            let bytes = encode(text, encoding);
            assert_eq!(Encoding::detect(&bytes), (encoding, 0));
            // Cut inside a character.
            let cut = bytes.get(..bytes.len() - 3).unwrap();
            assert_eq!(Encoding::detect(cut).0, encoding);
        }
        assert_eq!(Encoding::detect(b"plain").0, Encoding::Utf8);
    }

    proptest! {
        #[test]
        fn text_is_the_same_however_it_was_saved(text in "[ -~你好消息图片🌙\r\n]{0,400}", step in 16_usize..300) {
            for encoding in ALL {
                let bytes = encode(&text, encoding);
                let mut reader = Utf8Text::new(bytes.as_slice(), encoding);
                let mut out = Vec::new();
                let mut room = vec![0; step];
                loop {
                    let count = reader.read(&mut room).unwrap();
                    if count == 0 {
                        break;
                    }
                    out.extend_from_slice(&room[..count]);
                }
                prop_assert_eq!(String::from_utf8(out).unwrap(), text.clone());
            }
        }
    }
}
