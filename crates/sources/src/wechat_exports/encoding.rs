//! Which way a text file writes its characters.

use std::borrow::Cow;

/// How bytes become characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// GBK and its extension GB 18030: what older tools and spreadsheets write on Chinese Windows.
    Gb18030,
}

impl Encoding {
    /// What a file that begins with these bytes is written in.
    pub(super) fn of(head: &[u8]) -> Self {
        match std::str::from_utf8(head) {
            Ok(_) => Self::Utf8,
            // The piece may end inside a character.
            Err(error) if error.error_len().is_none() => Self::Utf8,
            Err(error) if error.valid_up_to() == 0 && head.starts_with(b"\xEF\xBB\xBF") => {
                Self::Utf8
            }
            Err(_) => {
                let (_, _, is_wrong) = encoding_rs::GB18030.decode(cut_at_line(head));
                if is_wrong { Self::Utf8 } else { Self::Gb18030 }
            }
        }
    }

    /// The characters; bytes that are none become U+FFFD, and NUL, which some tools leave behind, is left out.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        let text = match self {
            Self::Utf8 => String::from_utf8_lossy(bytes),
            Self::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
        };
        if text.contains('\0') {
            Cow::Owned(text.replace('\0', ""))
        } else {
            text
        }
    }
}

/// The bytes up to the last line break, so that no character is cut in two.
fn cut_at_line(head: &[u8]) -> &[u8] {
    memchr::memrchr(b'\n', head)
        .and_then(|end| head.get(..end))
        .unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_both_encodings_are_told_apart() {
        assert_eq!(Encoding::of("时间,内容\n".as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::of(&"时".as_bytes()[..2]), Encoding::Utf8);
        let gbk = b"\xCA\xB1\xBC\xE4,\xC4\xDA\xC8\xDD\n";
        assert_eq!(Encoding::of(gbk), Encoding::Gb18030);
        assert_eq!(Encoding::Gb18030.decode(&gbk[..4]), "时间");
        assert_eq!(Encoding::Utf8.decode(b"a\0b\xFF"), "ab\u{fffd}");
    }
}
