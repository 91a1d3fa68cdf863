//! The key of WeChat's encrypted images, in the spellings in which users have it.

use md5::{Digest as _, Md5};
use zeroize::Zeroize;

/// Key of V2 `.dat` images.
///
/// It does not print, and its bytes are wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageKey {
    /// AES-128 key: 16 ASCII characters, as bytes.
    pub aes: [u8; 16],
    /// The byte over the tail of a file; recovered from each file where absent.
    pub xor: Option<u8>,
}

impl Drop for ImageKey {
    fn drop(&mut self) {
        self.aes.zeroize();
        self.xor.zeroize();
    }
}

impl std::fmt::Debug for ImageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ImageKey(…)")
    }
}

/// A text is not an image key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither 16 characters nor 32 hexadecimal digits.
    #[error("an image key is 16 characters or 32 hexadecimal digits")]
    Aes,
    /// Not a number from 0 to 255.
    #[error("the XOR byte of images is a number from 0 to 255 (0x88 or 136)")]
    Xor,
}

impl ImageKey {
    /// Reads the AES key as 16 characters, or as the 32 hexadecimal digits of those characters.
    ///
    /// # Errors
    /// [`KeyError::Aes`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let mut aes = [0; 16];
        match text.len() {
            16 if text.is_ascii() => aes.copy_from_slice(text.as_bytes()),
            32 => hex::decode_to_slice(text, &mut aes).map_err(|_| KeyError::Aes)?,
            _ => return Err(KeyError::Aes),
        }
        Ok(Self { aes, xor: None })
    }

    /// With the XOR byte too.
    #[must_use]
    pub fn with_xor(mut self, xor: u8) -> Self {
        self.xor = Some(xor);
        self
    }

    /// Reads an XOR byte: `0x88` or `136`.
    ///
    /// # Errors
    /// [`KeyError::Xor`].
    pub fn parse_xor(text: &str) -> Result<u8, KeyError> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        digits
            .map_or_else(|| text.parse(), |digits| u8::from_str_radix(digits, 16))
            .map_err(|_| KeyError::Xor)
    }

    /// The key of an account, from its numeric id (uin) and its wxid without the folder's suffix.
    #[must_use]
    pub fn of_account(uin: u64, wxid: &str) -> Self {
        let digest = hex::encode(Md5::digest(format!("{uin}{wxid}")));
        let mut aes = [0; 16];
        aes.iter_mut()
            .zip(digest.bytes())
            .for_each(|(slot, byte)| *slot = byte);
        Self {
            aes,
            xor: Some(uin.to_le_bytes()[0]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_key() {
        let plain = ImageKey::parse(" cfcd208495d565ef\n").unwrap();
        let hexadecimal = ImageKey::parse("63666364323038343935643536356566").unwrap();
        assert_eq!(plain, hexadecimal);
        assert_eq!(&plain.aes, b"cfcd208495d565ef");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "short",
            "十六个汉字不是键",
            "zz666364323038343935643536356566",
            "0123456789abcdef0",
        ] {
            assert_eq!(ImageKey::parse(text), Err(KeyError::Aes), "{text}");
        }
        assert_eq!(ImageKey::parse_xor("0x88"), Ok(0x88));
        assert_eq!(ImageKey::parse_xor("136"), Ok(0x88));
        assert_eq!(ImageKey::parse_xor("256"), Err(KeyError::Xor));
    }

    #[test]
    fn an_account_gives_its_key() {
        // printf 1234567890wxid_example | md5sum | head -c 16
        let key = ImageKey::of_account(1_234_567_890, "wxid_example");
        assert_eq!(&key.aes, b"f28e27abe436788f");
        assert_eq!(key.xor, Some(0xd2));
    }

    #[test]
    fn a_key_does_not_print() {
        assert!(!format!("{:?}", ImageKey::parse("cfcd208495d565ef").unwrap()).contains("cfcd"));
    }
}
