//! The keybag of an encrypted iPhone backup: the password opens class keys, class keys open the keys of files.
//!
//! Source: published descriptions of the container, see `wechat_ios/FORMAT.md`

use aes::Aes256;
use aes::cipher::{Array, BlockModeDecrypt, InnerIvInit, KeyInit};
use zeroize::Zeroizing;

use crate::key_unwrap::unwrap_key;
use crate::profile::Hash;

/// The class key is wrapped with the key made of the password.
const WRAPPED_BY_PASSWORD: u32 = 2;
/// More rounds than any backup has; a damaged number must not hang the program.
const MAX_ROUNDS: u32 = 200_000_000;
/// More classes than any backup has.
const MAX_CLASSES: usize = 256;

/// Why a keybag cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeybagError {
    /// A field that is needed is not there, or the bytes end inside one.
    #[error("the keybag of the backup is damaged ({0})")]
    Damaged(&'static str),
    /// The password opens none of the class keys.
    #[error("the backup password is wrong")]
    WrongPassword,
}

/// A locked keybag.
#[derive(Debug, Default)]
pub struct Keybag {
    salt: Vec<u8>,
    rounds: u32,
    /// Salt and rounds of the first derivation, which iOS 10.2 put in front.
    double_protection: (Option<Vec<u8>>, Option<u32>),
    classes: Vec<Class>,
}

#[derive(Debug, Default, Clone)]
struct Class {
    number: Option<u32>,
    wrap: u32,
    wrapped: Vec<u8>,
}

impl Keybag {
    /// Reads the fields: four letters, a length, that many bytes, again and again.
    ///
    /// # Errors
    /// `Damaged` when the bytes end inside a field or salt, rounds or classes are missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeybagError> {
        let mut bag = Self::default();
        let mut has_own_id = false;
        let mut rest = bytes;
        while let Some((tag, after)) = rest.split_first_chunk::<4>() {
            let (length, after) = after
                .split_first_chunk::<4>()
                .ok_or(KeybagError::Damaged("it ends inside a field"))?;
            let length = usize::try_from(u32::from_be_bytes(*length))
                .map_err(|_| KeybagError::Damaged("a field is too long"))?;
            let (value, after) = after
                .split_at_checked(length)
                .ok_or(KeybagError::Damaged("it ends inside a field"))?;
            rest = after;
            let number = <[u8; 4]>::try_from(value).map(u32::from_be_bytes).ok();
            match (tag, bag.classes.last_mut()) {
                // The first id is the bag's own; each further one begins a class.
                (b"UUID", _) if !has_own_id => has_own_id = true,
                (b"UUID", _) => bag.begin_class()?,
                (b"CLAS", Some(class)) if class.number.is_none() => class.number = number,
                (b"CLAS", _) => {
                    bag.begin_class()?;
                    if let Some(class) = bag.classes.last_mut() {
                        class.number = number;
                    }
                }
                (b"WRAP", Some(class)) => class.wrap = number.unwrap_or_default(),
                (b"WPKY", Some(class)) => class.wrapped = value.to_vec(),
                (b"SALT", None) => bag.salt = value.to_vec(),
                (b"ITER", None) => bag.rounds = number.unwrap_or_default(),
                (b"DPSL", None) => bag.double_protection.0 = Some(value.to_vec()),
                (b"DPIC", None) => bag.double_protection.1 = number,
                _ => {}
            }
        }
        if bag.salt.is_empty() || !(1..=MAX_ROUNDS).contains(&bag.rounds) {
            return Err(KeybagError::Damaged("salt or rounds are missing"));
        }
        if bag
            .double_protection
            .1
            .is_some_and(|rounds| rounds > MAX_ROUNDS)
        {
            return Err(KeybagError::Damaged("too many rounds"));
        }
        if bag.classes.is_empty() {
            return Err(KeybagError::Damaged("it has no class keys"));
        }
        Ok(bag)
    }

    fn begin_class(&mut self) -> Result<(), KeybagError> {
        if self.classes.len() >= MAX_CLASSES {
            return Err(KeybagError::Damaged("it has too many class keys"));
        }
        self.classes.push(Class::default());
        Ok(())
    }

    /// Opens the class keys. This takes seconds: the phone's maker wants guessing to be slow.
    ///
    /// # Errors
    /// `WrongPassword` when none opens.
    pub fn unlock(&self, password: &str) -> Result<OpenKeybag, KeybagError> {
        let first = match &self.double_protection {
            (Some(salt), Some(rounds)) if *rounds > 0 => {
                Some(Hash::Sha256.pbkdf2(password.as_bytes(), salt, *rounds))
            }
            _ => None,
        };
        let input = first.as_ref().map_or(password.as_bytes(), |key| &key[..]);
        let key = Hash::Sha1.pbkdf2(input, &self.salt, self.rounds);
        let keys: Vec<_> = self
            .classes
            .iter()
            .filter(|class| class.wrap & WRAPPED_BY_PASSWORD != 0)
            .filter_map(|class| {
                let opened = unwrap_key(&key, &class.wrapped)?;
                let opened = <[u8; 32]>::try_from(opened.as_slice()).ok()?;
                Some((class.number?, Zeroizing::new(opened)))
            })
            .collect();
        if keys.is_empty() {
            return Err(KeybagError::WrongPassword);
        }
        Ok(OpenKeybag { keys })
    }
}

/// The class keys of a backup.
pub struct OpenKeybag {
    keys: Vec<(u32, Zeroizing<[u8; 32]>)>,
}

impl OpenKeybag {
    /// The key in a `ManifestKey` or `EncryptionKey`: the class in four bytes, then the wrapped key.
    #[must_use]
    pub fn file_key(&self, bytes: &[u8]) -> Option<FileKey> {
        let (class, wrapped) = bytes.split_first_chunk::<4>()?;
        let class = u32::from_le_bytes(*class);
        let (_, key) = self.keys.iter().find(|(number, _)| *number == class)?;
        let opened = unwrap_key(key, wrapped)?;
        let opened = Zeroizing::new(<[u8; 32]>::try_from(opened.as_slice()).ok()?);
        Some(FileKey(Aes256::new((&*opened).into())))
    }
}

impl std::fmt::Debug for OpenKeybag {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OpenKeybag")
            .field("classes", &self.keys.len())
            .finish_non_exhaustive()
    }
}

/// The key of one file of a backup: AES-256 in CBC mode, the first block after a block of zeros.
#[derive(Clone)]
pub struct FileKey(Aes256);

impl FileKey {
    /// Decrypts whole blocks; `before` is the encrypted block in front of them, zeros at the beginning of the file.
    ///
    /// Bytes behind the last whole block stay as they are.
    pub fn decrypt(&self, before: [u8; 16], bytes: &mut [u8]) {
        let (blocks, _) = Array::slice_as_chunks_mut(bytes);
        cbc::Decryptor::inner_iv_init(&self.0, &before.into()).decrypt_blocks(blocks);
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("FileKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(tag: &[u8; 4], value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap().to_be_bytes();
        [&tag[..], &length, value].concat()
    }

    #[test]
    fn damage_is_told_and_nothing_hangs() {
        assert_eq!(
            Keybag::parse(b"SALT\0\0\0\x05abc").unwrap_err(),
            KeybagError::Damaged("it ends inside a field")
        );
        assert!(Keybag::parse(&[]).is_err());
        let many = [
            field(b"SALT", &[1; 20]),
            field(b"ITER", &[0xff; 4]),
            field(b"UUID", &[2; 16]),
            field(b"UUID", &[3; 16]),
        ]
        .concat();
        assert!(matches!(Keybag::parse(&many), Err(KeybagError::Damaged(_))));
    }

    #[test]
    fn a_class_that_does_not_open_is_a_wrong_password() {
        let bag = [
            field(b"VERS", &4_u32.to_be_bytes()),
            field(b"UUID", &[2; 16]),
            field(b"WRAP", &0_u32.to_be_bytes()),
            field(b"SALT", &[1; 20]),
            field(b"ITER", &3_u32.to_be_bytes()),
            field(b"DPSL", &[9; 20]),
            field(b"DPIC", &2_u32.to_be_bytes()),
            field(b"UUID", &[3; 16]),
            field(b"CLAS", &4_u32.to_be_bytes()),
            field(b"WRAP", &2_u32.to_be_bytes()),
            field(b"WPKY", &[7; 40]),
        ]
        .concat();
        let bag = Keybag::parse(&bag).unwrap();
        assert_eq!(bag.classes.len(), 1);
        assert_eq!(bag.unlock("x").unwrap_err(), KeybagError::WrongPassword);
    }
}
