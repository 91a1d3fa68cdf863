//! The archive key, and the passphrase that unlocks it.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The most memory that a wrapped key may ask for, in KiB (1 GiB), so that a hostile file cannot exhaust the machine.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;
/// The most passes that a wrapped key may ask for.
pub const MAX_PASSES: u32 = 16;
/// The most lanes that a wrapped key may ask for.
pub const MAX_LANES: u32 = 16;

const ALGORITHM: &str = "argon2id+aes-256-gcm";
const CONTEXT: &[u8] = b"hutong archive key";

/// The 32 bytes that everything in an archive is protected with. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ArchiveKey([u8; 32]);

/// A key for one purpose, derived from the archive key. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SubKey([u8; 32]);

/// How hard guessing a passphrase is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapParams {
    /// Memory in KiB, 8 per lane at least, [`MAX_MEMORY_KIB`] at most.
    pub memory_kib: u32,
    /// Passes over the memory, 1 to [`MAX_PASSES`].
    pub passes: u32,
    /// Lanes, 1 to [`MAX_LANES`].
    pub lanes: u32,
}

impl Default for WrapParams {
    /// 64 MiB, three passes, one lane: the second recommended choice of RFC 9106 §4 with fewer lanes.
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        }
    }
}

/// An archive key that a passphrase opens; every field is text or a number, so it can stand in a TOML file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// Always `argon2id+aes-256-gcm`.
    pub algorithm: String,
    /// How the passphrase is stretched.
    #[serde(flatten)]
    pub params: WrapParams,
    /// Salt of the passphrase, 32 hex digits.
    pub salt: String,
    /// Nonce, sealed key and tag, 120 hex digits.
    pub sealed: String,
    /// First 8 bytes of the BLAKE3 digest of all other fields, 16 hex digits: tells damage from a wrong passphrase.
    pub check: String,
}

/// Why an archive key cannot be wrapped or unwrapped.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrapError {
    /// The wrapped key is intact; the passphrase is another one.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The wrapped key was changed or cut.
    #[error("the wrapped key is damaged")]
    Damaged,
    /// Wrapped in a way that this version does not know.
    #[error("the key is wrapped with {0}, which is not known")]
    Algorithm(String),
    /// Parameters outside the limits.
    #[error("wrapping parameters out of range: {memory_kib} KiB, {passes} passes, {lanes} lanes")]
    Params {
        /// Memory in KiB.
        memory_kib: u32,
        /// Passes.
        passes: u32,
        /// Lanes.
        lanes: u32,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes to be had")]
    Random,
}

impl ArchiveKey {
    /// A new random key.
    ///
    /// # Errors
    /// `Random`.
    pub fn random() -> Result<Self, WrapError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| WrapError::Random)?;
        Ok(Self(bytes))
    }

    /// A key from bytes that the caller keeps safe, for example from the system's key ring.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for handing them to another keeper. Do not print them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key for one purpose; equal labels give equal keys, and none tells anything about another.
    pub fn derive(&self, label: &str) -> SubKey {
        let context = format!("hutong 2026 archive v1 {label}");
        SubKey(blake3::derive_key(&context, &self.0))
    }

    /// Wraps the key for a passphrase.
    ///
    /// # Errors
    /// `Params` outside the limits, or `Random`.
    pub fn wrap(&self, passphrase: &str, params: WrapParams) -> Result<WrappedKey, WrapError> {
        let mut salt = [0; 16];
        let mut nonce = [0; 12];
        getrandom::fill(&mut salt).map_err(|_| WrapError::Random)?;
        getrandom::fill(&mut nonce).map_err(|_| WrapError::Random)?;
        let wrapping = stretch(passphrase, &salt, params)?;
        let mut sealed = Zeroizing::new(self.0);
        let tag = Aes256Gcm::new((&*wrapping).into())
            .encrypt_inout_detached(&Nonce::from(nonce), CONTEXT, sealed.as_mut_slice().into())
            .expect("32 bytes are below the limit of GCM");
        let mut wrapped = WrappedKey {
            algorithm: ALGORITHM.to_owned(),
            params,
            salt: hex::encode(salt),
            sealed: hex::encode([&nonce[..], &sealed[..], &tag[..]].concat()),
            check: String::new(),
        };
        wrapped.check = wrapped.compute_check();
        Ok(wrapped)
    }
}

impl SubKey {
    /// The bytes, for the functions that take a key. Do not print them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl WrappedKey {
    /// Opens the archive key with its passphrase.
    ///
    /// # Errors
    /// See [`WrapError`].
    pub fn unwrap_key(&self, passphrase: &str) -> Result<ArchiveKey, WrapError> {
        if self.algorithm != ALGORITHM {
            return Err(WrapError::Algorithm(self.algorithm.clone()));
        }
        if self.check != self.compute_check() {
            return Err(WrapError::Damaged);
        }
        let salt: [u8; 16] = decoded(&self.salt)?;
        let sealed: [u8; 60] = decoded(&self.sealed)?;
        let (nonce, rest) = sealed.split_first_chunk::<12>().ok_or(WrapError::Damaged)?;
        let (body, tag) = rest.split_last_chunk::<16>().ok_or(WrapError::Damaged)?;
        let wrapping = stretch(passphrase, &salt, self.params)?;
        let mut key = ArchiveKey(body.try_into().map_err(|_| WrapError::Damaged)?);
        Aes256Gcm::new((&*wrapping).into())
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                CONTEXT,
                key.0.as_mut_slice().into(),
                &(*tag).into(),
            )
            .map_err(|_| WrapError::WrongPassphrase)?;
        Ok(key)
    }

    fn compute_check(&self) -> String {
        let mut digest = blake3::Hasher::new();
        for text in [&self.algorithm, &self.salt, &self.sealed] {
            digest.update(&(text.len() as u64).to_le_bytes());
            digest.update(text.as_bytes());
        }
        let WrapParams {
            memory_kib,
            passes,
            lanes,
        } = self.params;
        for number in [memory_kib, passes, lanes] {
            digest.update(&number.to_le_bytes());
        }
        let digest = digest.finalize();
        hex::encode(digest.as_bytes().first_chunk::<8>().unwrap_or(&[0; 8]))
    }
}

fn decoded<const N: usize>(text: &str) -> Result<[u8; N], WrapError> {
    hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(WrapError::Damaged)
}

fn stretch(
    passphrase: &str,
    salt: &[u8; 16],
    params: WrapParams,
) -> Result<Zeroizing<[u8; 32]>, WrapError> {
    let WrapParams {
        memory_kib,
        passes,
        lanes,
    } = params;
    let wrong = WrapError::Params {
        memory_kib,
        passes,
        lanes,
    };
    if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES || lanes > MAX_LANES {
        return Err(wrong);
    }
    let Ok(argon) = argon2::Params::new(memory_kib, passes, lanes, Some(32)) else {
        return Err(wrong);
    };
    let mut key = Zeroizing::new([0; 32]);
    let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon);
    match hasher.hash_password_into(passphrase.as_bytes(), salt, key.as_mut()) {
        Ok(()) => Ok(key),
        Err(_) => Err(wrong),
    }
}

impl std::fmt::Debug for ArchiveKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ArchiveKey(…)")
    }
}

impl std::fmt::Debug for SubKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SubKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: WrapParams = WrapParams {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn the_passphrase_opens_the_key_even_after_a_trip_through_toml() {
        let key = ArchiveKey::random().unwrap();
        let wrapped = key.wrap("胡同 passphrase", QUICK).unwrap();
        let text = toml::to_string(&wrapped).unwrap();
        let again: WrappedKey = toml::from_str(&text).unwrap();
        assert_eq!(again.unwrap_key("胡同 passphrase").unwrap(), key);
        assert_eq!(again.unwrap_key("other"), Err(WrapError::WrongPassphrase));
    }

    #[test]
    fn damage_is_told_from_a_wrong_passphrase() {
        let wrapped = ArchiveKey::random().unwrap().wrap("right", QUICK).unwrap();
        let flipped = |text: &str| {
            let last = if text.ends_with('0') { "1" } else { "0" };
            format!("{}{last}", &text[..text.len() - 1])
        };
        let mut salt = wrapped.clone();
        salt.salt = flipped(&salt.salt);
        let mut sealed = wrapped.clone();
        sealed.sealed = flipped(&sealed.sealed);
        let mut passes = wrapped.clone();
        passes.params.passes = 2;
        for changed in [salt, sealed, passes] {
            assert_eq!(changed.unwrap_key("right"), Err(WrapError::Damaged));
        }
    }

    #[test]
    fn a_hostile_file_cannot_ask_for_the_whole_machine() {
        for (memory_kib, passes, lanes) in [
            (MAX_MEMORY_KIB + 1, 1, 1),
            (64, MAX_PASSES + 1, 1),
            (4096, 1, 17),
            (0, 1, 1),
            (64, 0, 1),
        ] {
            let mut wrapped = ArchiveKey::from_bytes([1; 32]).wrap("p", QUICK).unwrap();
            wrapped.params = WrapParams {
                memory_kib,
                passes,
                lanes,
            };
            wrapped.check = wrapped.compute_check();
            assert!(matches!(
                wrapped.unwrap_key("p"),
                Err(WrapError::Params { .. })
            ));
        }
    }

    #[test]
    fn labels_give_different_keys() {
        let key = ArchiveKey::from_bytes([1; 32]);
        assert_eq!(key.derive("blobs"), key.derive("blobs"));
        assert_ne!(key.derive("blobs"), key.derive("search"));
        assert_eq!(
            format!("{key:?} {:?}", key.derive("blobs")),
            "ArchiveKey(…) SubKey(…)"
        );
    }
}
