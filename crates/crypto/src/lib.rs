//! Opens SQLCipher containers, seals blobs, wraps keys.
//!
//! Reading: a [`KeyRing`] holds what the user gave, [`Container::open`] finds the key and profile that fit and then hands
//! out checked, decrypted pages to `hutong-sqlite`. Keys come only from the user; nothing here looks for them.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("nt_msg.db");
//! # rusqlite::Connection::open(&path)?.execute_batch("PRAGMA key = 'a passphrase 123'; PRAGMA kdf_iter = 4000;
//! #     PRAGMA cipher_hmac_algorithm = HMAC_SHA1; CREATE TABLE c2c_msg_table(\"40001\" INTEGER PRIMARY KEY);")?;
//! use std::sync::Arc;
//! use hutong_crypto::{Container, Family, KeyRing};
//! use hutong_sqlite::{Database, open_shared};
//!
//! let keys = KeyRing::from_key("a passphrase 123")?;
//! let file = Arc::new(open_shared(&path)?);
//! let container = Container::open(file, None, "nt_db/nt_msg.db", &keys, Family::QqNt)?;
//! let database = Database::open(container)?;
//! assert!(database.table("c2c_msg_table").is_some_and(|table| table.has_column("40001")));
//! # Ok(())
//! # }
//! ```
//!
//! Keeping: [`ArchiveKey`] protects an archive and is wrapped for a passphrase; [`seal`] and [`open`] protect attachments.

mod container;
mod key;
mod key_cache;
mod key_ring;
mod key_unwrap;
mod keybag;
mod open_error;
mod page;
mod probe;
mod profile;
mod qq;
mod scratch;
mod seal;
mod sniff;
mod wrap;

pub use container::{Container, Truncation};
pub use key::{Key, KeyError, MAX_PASSPHRASE_BYTES};
pub use key_ring::{Candidate, KeyOrigin, KeyRing, KeyRingError, MAX_KEY_FILE_BYTES};
pub use key_unwrap::unwrap_key;
pub use keybag::{FileKey, Keybag, KeybagError, OpenKeybag};
pub use open_error::OpenError;
pub use page::PageCipher;
pub use profile::{Family, Hash, KeyUse, PROFILES, Profile};
pub use qq::{WRAPPER_BYTES, Wrapper, channel_passphrase, mobile_passphrase, path_hash};
pub use scratch::ScratchKey;
pub use seal::{
    CHUNK_BYTES, SEAL_HEADER_BYTES, SEAL_MAGIC, SealError, SealedReader, keyed_digest, open,
    open_bytes, seal, seal_bytes, sealed_length,
};
pub use wrap::{
    ArchiveKey, MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES, SubKey, WrapError, WrapParams, WrappedKey,
};
