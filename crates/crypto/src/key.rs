//! Keys as users write them.
//!
//! Source: published descriptions of the containers, see `wechat_pc4/FORMAT.md` and `qq_nt/FORMAT.md`

use zeroize::Zeroizing;

use crate::profile::{Family, KeyUse, Profile};

/// The longest passphrase that is accepted, in bytes.
pub const MAX_PASSPHRASE_BYTES: usize = 256;

/// A database key as the user gave it. It is wiped from memory when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The characters, trimmed.
    text: Zeroizing<String>,
    /// The 32 bytes, when it was written as 64 or 96 hex digits.
    bytes: Option<Zeroizing<[u8; 32]>>,
    /// The salt of the one file that it opens, when it was written as 96 hex digits.
    salt: Option<[u8; 16]>,
    /// Written as `x'…'`, which says that it is no passphrase.
    is_raw: bool,
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing but white space.
    #[error("the key is empty")]
    Empty,
    /// `x'…'` with something else than 64 or 96 hex digits between the quotes.
    #[error("a key written as x'…' must have 64 or 96 hex digits, this one has {0} characters")]
    RawLength(usize),
    /// Longer than [`MAX_PASSPHRASE_BYTES`].
    #[error("the key is {0} bytes long, which no messenger uses")]
    Long(usize),
    /// Control characters or line breaks inside.
    #[error("the key contains characters that cannot be typed")]
    Unprintable,
}

impl Key {
    /// Reads a key in any of the spellings that tools hand out.
    ///
    /// 64 hex digits; `x'64 digits'`; 96 hex digits or `x'96 digits'` (the last 32 are the salt of the file it belongs
    /// to); 7 hex digits (Android); 32 hex digits; otherwise a passphrase of printable characters. White space around
    /// it is dropped, except inside the 16 characters of a QQ passphrase; between hex digits too. `0x` in front is
    /// accepted.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let line = text.trim_matches(['\r', '\n', '\u{feff}']);
        // Desktop QQ passphrases have exactly 16 characters, which could begin or end with a space.
        let trimmed = if line.len() == 16 { line } else { line.trim() };
        if trimmed.trim().is_empty() {
            return Err(KeyError::Empty);
        }
        let inner = trimmed
            .strip_prefix(['x', 'X'])
            .and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
        let is_raw = inner.is_some();
        let unprefixed = trimmed
            .strip_prefix("0x")
            .filter(|rest| matches!(rest.len(), 64 | 96));
        let digits: Zeroizing<String> = Zeroizing::new(
            inner
                .or(unprefixed)
                .unwrap_or(trimmed)
                .chars()
                .filter(|letter| !letter.is_ascii_whitespace())
                .collect(),
        );
        let (bytes, salt) = match hex_bytes(&digits) {
            Some(bytes) if matches!(bytes.len(), 32 | 48) => {
                let (key, salt) = bytes.split_at(32);
                let mut fixed = Zeroizing::new([0; 32]);
                fixed.copy_from_slice(key);
                (Some(fixed), <[u8; 16]>::try_from(salt).ok())
            }
            _ if is_raw => return Err(KeyError::RawLength(digits.chars().count())),
            _ => (None, None),
        };
        if trimmed.len() > MAX_PASSPHRASE_BYTES {
            return Err(KeyError::Long(trimmed.len()));
        }
        if trimmed.chars().any(char::is_control) {
            return Err(KeyError::Unprintable);
        }
        // Computed keys of 7 or 32 digits are pasted with blanks inside; passphrases of such a shape do not exist.
        let is_computed = line.len() != 16
            && matches!(digits.len(), 7 | 32)
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(Self {
            text: if is_computed {
                digits
            } else {
                Zeroizing::new(trimmed.to_owned())
            },
            bytes,
            salt,
            is_raw,
        })
    }

    /// The salt of the one file that this key opens, if it names it.
    pub fn salt(&self) -> Option<&[u8; 16]> {
        self.salt.as_ref()
    }

    /// The characters as given, trimmed. Do not print them.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether it has the shape of a WeChat 4 image key: 16 characters, or 32 hex digits.
    pub fn looks_like_image_key(&self) -> bool {
        self.bytes.is_none() && (self.text.len() == 16 || (self.text.len() == 32 && self.is_hex()))
    }

    fn is_hex(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// The inputs that this key gives to a profile: none when its shape does not fit, two when its case is in doubt.
    pub(crate) fn inputs(&self, profile: &Profile) -> Vec<Zeroizing<Vec<u8>>> {
        match profile.key_use {
            KeyUse::Direct => self.byte_input(),
            // With a salt, or as x'…', it is known to be past derivation.
            KeyUse::DerivedBytes { .. } if self.is_raw || self.salt.is_some() => Vec::new(),
            KeyUse::DerivedBytes { .. } => self.byte_input(),
            KeyUse::DerivedText { .. } => self.text_inputs(profile.family),
        }
    }

    fn byte_input(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let bytes = self.bytes.as_ref();
        bytes
            .map(|bytes| Zeroizing::new(bytes.to_vec()))
            .into_iter()
            .collect()
    }

    fn text_inputs(&self, family: Family) -> Vec<Zeroizing<Vec<u8>>> {
        let length = self.text.len();
        let fits = self.bytes.is_none()
            && match family {
                Family::WeChatAndroid => length == 7 && self.is_hex(),
                Family::WeChatBackup => length == 32 && self.is_hex(),
                _ => true,
            };
        if !fits {
            return Vec::new();
        }
        let given = Zeroizing::new(self.text.as_bytes().to_vec());
        let lower = Zeroizing::new(given.to_ascii_lowercase());
        // Computed keys are lower-case hex; people paste them in upper case.
        let is_computed = self.is_hex() && matches!(length, 7 | 32);
        if is_computed && lower != given {
            vec![lower, given]
        } else {
            vec![given]
        }
    }
}

fn hex_bytes(digits: &str) -> Option<Zeroizing<Vec<u8>>> {
    hex::decode(digits).ok().map(Zeroizing::new)
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIXTY_FOUR: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn every_spelling_of_32_bytes_is_one_key() {
        for text in [
            SIXTY_FOUR.to_owned(),
            SIXTY_FOUR.to_uppercase(),
            format!("  {SIXTY_FOUR}\r\n"),
            format!("x'{SIXTY_FOUR}'"),
            format!("X'{}'", SIXTY_FOUR.to_uppercase()),
            format!("0x{SIXTY_FOUR}"),
        ] {
            let key = Key::parse(&text).unwrap();
            assert_eq!(key.bytes.unwrap()[31], 0x1f, "{text}");
            assert_eq!(key.salt, None);
        }
    }

    #[test]
    fn ninety_six_digits_name_their_file() {
        let salt = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
        for text in [
            format!("{SIXTY_FOUR}{salt}"),
            format!("x'{SIXTY_FOUR}{salt}'"),
        ] {
            let key = Key::parse(&text).unwrap();
            assert_eq!(key.salt().unwrap()[0], 0xf0);
            assert_eq!(key.bytes.unwrap()[0], 0);
        }
    }

    #[test]
    fn a_qq_passphrase_keeps_every_character() {
        let key = Key::parse("a'b,c\"d`e{f}g=h \n").unwrap();
        assert_eq!(key.expose(), "a'b,c\"d`e{f}g=h ");
        assert!(key.looks_like_image_key());
    }

    #[test]
    fn what_is_no_key_says_why() {
        assert_eq!(Key::parse(" \n"), Err(KeyError::Empty));
        assert_eq!(Key::parse("x'1234'"), Err(KeyError::RawLength(4)));
        assert_eq!(Key::parse("one\ntwo"), Err(KeyError::Unprintable));
        assert_eq!(Key::parse(&"a".repeat(300)), Err(KeyError::Long(300)));
    }

    #[test]
    fn a_key_never_prints_itself() {
        assert_eq!(format!("{:?}", Key::parse(SIXTY_FOUR).unwrap()), "Key(…)");
    }
}
