//! Where an export goes: files appear whole or not at all.

mod either;
mod file;
mod folder;
#[cfg(feature = "typeset")]
mod parts;
mod spool;
mod zip;

use std::io::Write;
use std::path::PathBuf;

pub(crate) use either::EitherTarget;
pub(crate) use file::FileTarget;
pub(crate) use folder::FolderTarget;
#[cfg(feature = "typeset")]
pub(crate) use parts::PartsTarget;
pub(crate) use spool::{Spool, read_record, seek, write_record};
pub(crate) use zip::ZipTarget;

/// Where an export goes.
pub enum Output {
    /// One file.
    File(PathBuf),
    /// A folder, made when it does not exist.
    Folder(PathBuf),
    /// A stream such as the standard output; it cannot be taken back when the export fails.
    Stream(Box<dyn Write + Send>),
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
