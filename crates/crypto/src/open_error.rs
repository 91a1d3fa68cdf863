//! Why a database cannot be opened, and what its owner can do about it.

use std::io;

use hutong_sqlite::{HeaderError, PageError};

/// Why a database cannot be opened; every variant has one [`OpenError::next_step`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing in the file.
    #[error("the file is empty")]
    Empty,
    /// Shorter than one page.
    #[error("the file has {length} bytes, which is less than one page")]
    TooShort {
        /// Its length in bytes.
        length: u64,
    },
    /// Encrypted, and no key was given that could belong to it.
    #[error("the file is encrypted and no key was given")]
    NoKey,
    /// Keys were given, none opens the first page.
    #[error("no given key opens the file ({tried} tried)")]
    WrongKey {
        /// How many keys were tried.
        tried: usize,
    },
    /// Every key given names another file.
    #[error("the given key belongs to another file")]
    KeyOfAnotherFile,
    /// The key has the shape of a WeChat 4 picture key.
    #[error("the given key is a picture key, not a database key")]
    ImageKeyGiven,
    /// An encrypted phone backup, and no password was given.
    #[error("the phone backup is encrypted and no backup password was given")]
    NoBackupPassword,
    /// The password given is not that of the phone backup.
    #[error("the given backup password does not open the phone backup")]
    WrongBackupPassword,
    /// Not a database, encrypted or otherwise.
    #[error("the file is no database: it looks like {looks_like}")]
    NotADatabase {
        /// What it looks like.
        looks_like: &'static str,
    },
    /// The key fits, but what it opens is no usable header.
    #[error("the first page cannot be used")]
    Header(#[from] HeaderError),
    /// The first page could not be read.
    #[error("the first page cannot be read")]
    Page(#[from] PageError),
    /// The operating system could not read the file.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

impl OpenError {
    /// What the user can do about it, in one English sentence without a full stop.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooShort { .. } => {
                "copy the file again together with its -wal file while the messenger is closed"
            }
            Self::NoKey => "give the database key with --key or --key-file",
            Self::WrongKey { .. } => {
                "check that the key is of this account and of this version of the messenger; WeChat 3 and 4 have different keys"
            }
            Self::KeyOfAnotherFile => {
                "give the key of this file, the account key, or the whole list of keys as --key-file"
            }
            Self::ImageKeyGiven => {
                "give the database key (64 hex digits); the picture key goes into the field image_key of a key file"
            }
            Self::NoBackupPassword => {
                "give the password that iTunes or Finder asked for when the backup was set up: --key, or the field backup_password of a key file"
            }
            Self::WrongBackupPassword => {
                "check the backup password: it is the one set in iTunes or Finder, not the phone's passcode"
            }
            Self::NotADatabase { .. } => {
                "point to the folder of the messenger or to one of its .db files"
            }
            Self::Header(_) | Self::Page(_) => "try an older copy or a backup of this file",
            Self::Io(_) => "check that the file exists and may be read",
        }
    }
}
