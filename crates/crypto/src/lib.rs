//! Opens SQLCipher containers, seals blobs, wraps keys.
//!
//! Reading: a [`KeyRing`] holds what the user gave, [`Container::open`] finds the key and profile that fit and then hands
//! out checked, decrypted pages to `hutong-sqlite`. Keys come only from the user; nothing here looks for them.

mod container;
mod key;
mod key_ring;
mod page;
mod profile;
mod qq;
mod sniff;

pub use container::{Container, OpenError, Truncation};
pub use key::{Key, KeyError, MAX_PASSPHRASE_BYTES};
pub use key_ring::{Candidate, KeyOrigin, KeyRing, KeyRingError, MAX_KEY_FILE_BYTES};
pub use page::PageCipher;
pub use profile::{Family, Hash, KeyUse, PROFILES, Profile};
pub use qq::{WRAPPER_BYTES, Wrapper, channel_passphrase, mobile_passphrase, path_hash};
