//! What opening files has already cost and taught.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::key::Key;
use crate::profile::Hash;

/// Derived keys, so that one derivation serves every try, and passphrases that have opened something.
#[derive(Default)]
pub(crate) struct KeyCache {
    derived: Mutex<HashMap<[u8; 32], Zeroizing<[u8; 32]>>>,
    proven: Mutex<Vec<Key>>,
}

impl KeyCache {
    /// PBKDF2, worked out once for the same input. Others may derive at the same time.
    pub(crate) fn derive(
        &self,
        hash: Hash,
        input: &[u8],
        salt: &[u8; 16],
        rounds: u32,
    ) -> Zeroizing<[u8; 32]> {
        let mut name = blake3::Hasher::new();
        name.update(&rounds.to_le_bytes());
        name.update(&[u8::try_from(hash.length()).unwrap_or_default()]);
        name.update(salt);
        name.update(input);
        let name = *name.finalize().as_bytes();
        let lock = || self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = lock().get(&name) {
            return key.clone();
        }
        let key = hash.pbkdf2(input, salt, rounds);
        lock().insert(name, key.clone());
        key
    }

    /// Remembers a passphrase that opened a file, for its neighbours.
    pub(crate) fn remember(&self, key: &Key) {
        let mut proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        if !proven.contains(key) {
            proven.push(key.clone());
        }
    }

    /// The passphrases that have opened something.
    pub(crate) fn proven(&self) -> Vec<Key> {
        let proven = self.proven.lock().unwrap_or_else(PoisonError::into_inner);
        proven.clone()
    }
}
