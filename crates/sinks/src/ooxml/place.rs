//! One document for everything, or a folder with one or more for each conversation.

use crate::file_name::FileNames;
use crate::output::{FileTarget, FolderTarget};
use crate::{About, Output, WriteError};

/// Where documents are written.
pub(crate) enum Place {
    /// One file; empty once it has been handed out.
    One(Option<FileTarget>),
    /// A folder and the names given out in it.
    Folder(FolderTarget, FileNames),
}

impl Place {
    pub(crate) fn open(
        output: Output,
        overwrite: bool,
        about: &'static About,
    ) -> Result<Self, WriteError> {
        Ok(match output {
            Output::Folder(path) => Self::Folder(
                FolderTarget::create(&path, overwrite)?,
                FileNames::default(),
            ),
            other => Self::One(Some(FileTarget::open(other, overwrite, about)?)),
        })
    }

    /// The folder, when there is one.
    pub(crate) fn folder(&self) -> Option<&FolderTarget> {
        match self {
            Self::Folder(folder, _) => Some(folder),
            Self::One(_) => None,
        }
    }

    /// The next file: in a folder one named after `title`, else the one file, which there is once.
    pub(crate) fn next(
        &mut self,
        title: &str,
        extension: &str,
    ) -> Result<Option<FileTarget>, WriteError> {
        match self {
            Self::One(file) => Ok(file.take()),
            Self::Folder(folder, names) => folder.file(&names.give(title, extension)).map(Some),
        }
    }

    /// Puts a folder in its place.
    pub(crate) fn finish(self) -> Result<(), WriteError> {
        match self {
            Self::One(_) => Ok(()),
            Self::Folder(folder, _) => folder.finish(),
        }
    }
}
