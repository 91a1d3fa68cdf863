//! What can go wrong with an archive.

use std::path::PathBuf;

/// Why the archive cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no archive at this place.
    #[error("there is no archive in {0}")]
    NoArchive(PathBuf),
    /// There is one already.
    #[error("there is an archive in {0} already")]
    Exists(PathBuf),
    /// The folder holds other things, so that an archive would be mixed with them.
    #[error("{0} is not empty and holds no archive")]
    NotEmpty(PathBuf),
    /// The passphrase does not fit.
    #[error("the passphrase does not open this archive")]
    WrongPassphrase,
    /// The archive is locked by a passphrase and none was given.
    #[error("this archive needs its passphrase")]
    NeedsPassphrase,
    /// The archive's key is kept by another user or machine, and there is no passphrase.
    #[error("the key of this archive is kept on the machine that made it, not here")]
    NeedsDeviceKey,
    /// A later version of Hutong wrote it.
    #[error("this archive has format {found}; this version of Hutong reads formats up to {known}")]
    Newer {
        /// Format of the archive.
        found: u32,
        /// Newest format that this version knows.
        known: u32,
    },
    /// Another process is writing to it.
    #[error("another Hutong is writing to this archive")]
    Busy,
    /// Something in it is not as it was written.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// A record is larger than the archive takes (4 GiB in one block).
    #[error("a record is too large")]
    TooLarge,
    /// The settings file cannot be understood.
    #[error("archive.toml cannot be understood: {0}")]
    Header(String),
    /// The file system failed.
    #[error("the file system failed")]
    Io(#[from] std::io::Error),
    /// The database failed.
    #[error("the archive's database failed")]
    Sql(#[from] rusqlite::Error),
    /// The system gave no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The writing threads ended before their work was done.
    #[error("the archive writer stopped: {0}")]
    WriterStopped(String),
}

impl ArchiveError {
    pub(crate) const fn damaged(reason: String) -> Self {
        Self::Damaged(reason)
    }
}
