//! One file for everything, or a folder with one file per conversation.

use super::{FileTarget, FolderTarget, Output};
use crate::file_name::FileNames;
use crate::{About, WriteError};

/// Where a format of [`crate::OutputKind::Either`] writes.
pub(crate) struct EitherTarget {
    to: To,
    extension: &'static str,
    files: u64,
    bytes: u64,
}

enum To {
    One(FileTarget),
    Folder {
        folder: FolderTarget,
        names: FileNames,
        current: Option<FileTarget>,
    },
}

impl EitherTarget {
    pub(crate) fn open(
        output: Output,
        overwrite: bool,
        about: &'static About,
    ) -> Result<Self, WriteError> {
        let to = match output {
            Output::Folder(path) => To::Folder {
                folder: FolderTarget::create(&path, overwrite)?,
                names: FileNames::default(),
                current: None,
            },
            other => To::One(FileTarget::open(other, overwrite, about)?),
        };
        Ok(Self {
            to,
            extension: about.extension,
            files: 0,
            bytes: 0,
        })
    }

    /// The folder, when there is one.
    pub(crate) fn folder(&self) -> Option<&FolderTarget> {
        match &self.to {
            To::Folder { folder, .. } => Some(folder),
            To::One(_) => None,
        }
    }

    /// Begins a conversation; says whether that begins a file of its own.
    pub(crate) fn begin(&mut self, title: &str) -> Result<bool, WriteError> {
        match &mut self.to {
            To::One(_) => Ok(false),
            To::Folder {
                folder,
                names,
                current,
            } => {
                let next = folder.file(&names.give(title, self.extension))?;
                if let Some(done) = current.replace(next) {
                    self.bytes += done.finish()?;
                    self.files += 1;
                }
                Ok(true)
            }
        }
    }

    /// Where to append; `None` before the first conversation of a folder.
    pub(crate) fn buffer(&mut self) -> Option<&mut Vec<u8>> {
        match &mut self.to {
            To::One(file) => Some(&mut file.buffer),
            To::Folder { current, .. } => current.as_mut().map(|file| &mut file.buffer),
        }
    }

    /// The file at hand; `None` before the first conversation of a folder.
    pub(crate) fn file(&mut self) -> Option<&mut FileTarget> {
        match &mut self.to {
            To::One(file) => Some(file),
            To::Folder { current, .. } => current.as_mut(),
        }
    }

    pub(crate) fn flush_if_full(&mut self) -> Result<(), WriteError> {
        match &mut self.to {
            To::One(file) => file.flush_if_full(),
            To::Folder { current, .. } => {
                current.as_mut().map_or(Ok(()), FileTarget::flush_if_full)
            }
        }
    }

    /// Completes everything; gives the number of files and bytes.
    pub(crate) fn finish(mut self) -> Result<(u64, u64), WriteError> {
        match self.to {
            To::One(file) => {
                self.bytes += file.finish()?;
                self.files += 1;
            }
            To::Folder {
                folder, current, ..
            } => {
                if let Some(file) = current {
                    self.bytes += file.finish()?;
                    self.files += 1;
                }
                folder.finish()?;
            }
        }
        Ok((self.files, self.bytes))
    }
}
