//! Pages of an SQLCipher database: checked, then decrypted.
//!
//! Source: published descriptions of the container, see `wechat_pc4/FORMAT.md`

use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use hmac::{Hmac, Mac};
use hutong_sqlite::{MAGIC, PageError};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::profile::{Hash, Profile};

/// Bytes of salt at the start of page 1, in clear.
pub(crate) const SALT_BYTES: usize = 16;
const IV_BYTES: usize = 16;

/// Everything needed to check and decrypt the pages of one database; the key schedules are worked out once.
pub struct PageCipher {
    cipher: aes::Aes256Dec,
    mac: PageMac,
    page_size: usize,
    /// Where ciphertext ends and the initialisation vector starts.
    content_end: usize,
}

#[derive(Clone)]
enum PageMac {
    None,
    Sha1(Box<Hmac<Sha1>>),
    Sha256(Box<Hmac<Sha256>>),
    Sha512(Box<Hmac<Sha512>>),
}

impl PageCipher {
    /// Prepares the cipher for a database with this salt; `key` is the page key, past any derivation.
    pub fn new(profile: &Profile, key: &[u8; 32], salt: &[u8; SALT_BYTES]) -> Self {
        let page_size = profile.page_size as usize;
        Self {
            cipher: aes::Aes256Dec::new(key.into()),
            mac: PageMac::new(profile, key, salt),
            page_size,
            content_end: page_size - profile.reserve as usize,
        }
    }

    /// Whether the authentication code of a stored page fits; always true for profiles without one.
    pub fn verify(&self, number: u32, page: &[u8]) -> bool {
        let start = if number == 1 { SALT_BYTES } else { 0 };
        let code_start = self.content_end + IV_BYTES;
        match (page.get(start..code_start), page.get(code_start..)) {
            (Some(covered), Some(code)) => self.mac.verify(covered, number, code),
            _ => false,
        }
    }

    /// Checks a stored page and turns it into what SQLite would see; the reserve at its end becomes zero.
    ///
    /// A page of zeros is one that was set aside and never written; it stays as it is.
    ///
    /// # Errors
    /// `Mac` when the page is not genuine. Its content is then unspecified.
    pub fn decrypt(&self, number: u32, page: &mut [u8]) -> Result<(), PageError> {
        let failed = PageError::Mac { page: number };
        if page.len() != self.page_size {
            return Err(failed);
        }
        if !self.verify(number, page) {
            let is_unwritten = number != 1 && page.iter().all(|byte| *byte == 0);
            return if is_unwritten { Ok(()) } else { Err(failed) };
        }
        if matches!(self.mac, PageMac::None) && page.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        self.decrypt_unchecked(number, page).ok_or(failed)
    }

    fn decrypt_unchecked(&self, number: u32, page: &mut [u8]) -> Option<()> {
        let (content, reserve) = page.split_at_mut_checked(self.content_end)?;
        let iv = <[u8; IV_BYTES]>::try_from(reserve.get(..IV_BYTES)?).ok()?;
        reserve.fill(0);
        let start = if number == 1 { SALT_BYTES } else { 0 };
        let (salt, encrypted) = content.split_at_mut_checked(start)?;
        let (blocks, rest) = encrypted.as_chunks_mut::<16>();
        if !rest.is_empty() {
            return None;
        }
        let blocks = aes::cipher::Array::cast_slice_from_core_mut(blocks);
        cbc::Decryptor::inner_iv_init(&self.cipher, &iv.into()).decrypt_blocks(blocks);
        if number == 1 {
            salt.copy_from_slice(MAGIC);
        }
        Some(())
    }
}

impl PageMac {
    fn new(profile: &Profile, key: &[u8; 32], salt: &[u8; SALT_BYTES]) -> Self {
        let Some(hash) = profile.page_hash else {
            return Self::None;
        };
        let mac_salt = salt.map(|byte| byte ^ 0x3a);
        let mac_key = profile.key_hash.pbkdf2(key, &mac_salt, 2);
        match hash {
            Hash::Sha1 => Self::Sha1(Box::new(keyed(mac_key.as_ref()))),
            Hash::Sha256 => Self::Sha256(Box::new(keyed(mac_key.as_ref()))),
            Hash::Sha512 => Self::Sha512(Box::new(keyed(mac_key.as_ref()))),
        }
    }

    #[inline]
    fn verify(&self, covered: &[u8], number: u32, code: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Sha1(mac) => fits(&**mac, covered, number, code.get(..20)),
            Self::Sha256(mac) => fits(&**mac, covered, number, code.get(..32)),
            Self::Sha512(mac) => fits(&**mac, covered, number, code.get(..64)),
        }
    }
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Compares in constant time.
#[inline]
fn fits<M: Mac + Clone>(keyed: &M, covered: &[u8], number: u32, code: Option<&[u8]>) -> bool {
    let Some(code) = code else {
        return false;
    };
    let mut mac = keyed.clone();
    mac.update(covered);
    mac.update(&number.to_le_bytes());
    mac.verify_slice(code).is_ok()
}

impl std::fmt::Debug for PageCipher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PageCipher(…)")
    }
}
