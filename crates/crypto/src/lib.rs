//! Opens SQLCipher containers, seals blobs, wraps keys.
//!
//! Reading: a [`KeyRing`] holds what the user gave, [`Container::open`] finds the key and profile that fit and then hands
//! out checked, decrypted pages to `hutong-sqlite`. Keys come only from the user; nothing here looks for them.
//!
//! Keeping: [`ArchiveKey`] protects an archive and is wrapped for a passphrase; [`seal`] and [`open`] protect attachments.

mod container;
mod key;
mod key_ring;
mod open_error;
mod page;
mod probe;
mod profile;
mod qq;
mod seal;
mod sniff;
mod wrap;

pub use container::{Container, Truncation};
pub use key::{Key, KeyError, MAX_PASSPHRASE_BYTES};
pub use key_ring::{Candidate, KeyOrigin, KeyRing, KeyRingError, MAX_KEY_FILE_BYTES};
pub use open_error::OpenError;
pub use page::PageCipher;
pub use profile::{Family, Hash, KeyUse, PROFILES, Profile};
pub use qq::{WRAPPER_BYTES, Wrapper, channel_passphrase, mobile_passphrase, path_hash};
pub use seal::{
    CHUNK_BYTES, SEAL_HEADER_BYTES, SEAL_MAGIC, SealError, SealedReader, keyed_digest, open,
    open_bytes, seal, seal_bytes, sealed_length,
};
pub use wrap::{
    ArchiveKey, MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES, SubKey, WrapError, WrapParams, WrappedKey,
};
