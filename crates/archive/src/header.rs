//! `archive.toml`: what the archive is and how its key is wrapped. Readable by people, and tells nothing about content.

use std::path::Path;

use hutong_crypto::{ArchiveKey, WrapError, WrapParams, WrappedKey};
use serde::{Deserialize, Serialize};

use crate::ArchiveError;

/// Newest format of the archive folder.
pub(crate) const FORMAT: u32 = 1;

pub(crate) const FILE: &str = "archive.toml";

/// How the bytes are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cipher {
    /// AES-256, SHA-256.
    Standard,
    /// Not at all: the user asked for it.
    None,
}

/// The settings file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    /// Format of the folder.
    pub format: u32,
    /// Random id, 32 hexadecimal digits.
    pub id: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// How the bytes are protected.
    pub cipher: Cipher,
    /// Where the key is.
    #[serde(default)]
    pub key: KeyHomes,
}

/// The places that hold the archive's key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeyHomes {
    /// Whether the user's own key store on the machine that made the archive holds it.
    #[serde(default)]
    pub device: bool,
    /// Wrapped by a passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<WrappedKey>,
}

/// What opens an archive.
#[derive(Clone, Default)]
pub struct Unlock {
    /// The passphrase.
    pub passphrase: Option<String>,
    /// The key from the user's key store.
    pub device_key: Option<[u8; 32]>,
}

impl std::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unlock(…)")
    }
}

/// How a new archive keeps its key.
#[derive(Clone)]
pub enum Protection {
    /// Wrapped by a passphrase.
    Passphrase(String),
    /// In the user's key store; [`crate::Archive::create`] gives the key to keep there.
    Device,
    /// No encryption.
    None,
}

impl std::fmt::Debug for Protection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(…)",
            Self::Device => "Device",
            Self::None => "None",
        })
    }
}

impl Header {
    /// A new header and the key it belongs to.
    pub(crate) fn create(
        protection: &Protection,
        now_ms: i64,
    ) -> Result<(Self, Option<ArchiveKey>), ArchiveError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| ArchiveError::NoRandomness)?;
        let mut header = Self {
            format: FORMAT,
            id: hex::encode(id),
            created: hutong_model::Timestamp(now_ms).to_rfc3339(),
            cipher: Cipher::Standard,
            key: KeyHomes::default(),
        };
        if matches!(protection, Protection::None) {
            header.cipher = Cipher::None;
            return Ok((header, None));
        }
        let key = ArchiveKey::random().map_err(wrap_error)?;
        match protection {
            Protection::Passphrase(passphrase) => {
                header.key.passphrase = Some(
                    key.wrap(passphrase, WrapParams::default())
                        .map_err(wrap_error)?,
                );
            }
            Protection::Device | Protection::None => header.key.device = true,
        }
        Ok((header, Some(key)))
    }

    pub(crate) fn read(folder: &Path) -> Result<Self, ArchiveError> {
        let text = match std::fs::read_to_string(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ArchiveError::NoArchive(folder.to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        let header: Self = toml::from_str(&text)
            .map_err(|error| ArchiveError::Header(error.message().to_owned()))?;
        if header.format > FORMAT {
            return Err(ArchiveError::Newer {
                found: header.format,
                known: FORMAT,
            });
        }
        Ok(header)
    }

    /// Writes it as a whole or not at all.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ArchiveError> {
        let text = toml::to_string_pretty(self)
            .map_err(|error| ArchiveError::Header(error.to_string()))?;
        let partial = folder.join("archive.toml.partial");
        std::fs::write(&partial, text)?;
        std::fs::File::open(&partial)?.sync_all()?;
        std::fs::rename(&partial, folder.join(FILE))?;
        Ok(())
    }

    /// The archive's key; `None` for an archive without encryption.
    pub(crate) fn unlock(&self, unlock: &Unlock) -> Result<Option<ArchiveKey>, ArchiveError> {
        if self.cipher == Cipher::None {
            return Ok(None);
        }
        if let Some(key) = unlock.device_key.filter(|_| self.key.device) {
            return Ok(Some(ArchiveKey::from_bytes(key)));
        }
        match (&self.key.passphrase, &unlock.passphrase) {
            (Some(wrapped), Some(passphrase)) => {
                wrapped.unwrap_key(passphrase).map(Some).map_err(wrap_error)
            }
            (Some(_), None) => Err(ArchiveError::NeedsPassphrase),
            (None, _) => Err(ArchiveError::NeedsDeviceKey),
        }
    }
}

pub(crate) fn wrap_error(error: WrapError) -> ArchiveError {
    match error {
        WrapError::WrongPassphrase => ArchiveError::WrongPassphrase,
        WrapError::Random => ArchiveError::NoRandomness,
        other => ArchiveError::Header(other.to_string()),
    }
}
