//! Why an export failed.

use std::io;
use std::path::{Path, PathBuf};

use crate::OutputKind;

/// Why an export failed; nothing half-made is left in its place.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Something stands there already and [`crate::Options::overwrite`] was not chosen.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// The format cannot be written to this kind of place.
    #[error("the format {format} is written to {}", match .expected {
        OutputKind::File => "a file",
        OutputKind::Folder => "a folder",
        OutputKind::Either => "a file or a folder",
    })]
    WrongOutput {
        /// Id of the format.
        format: &'static str,
        /// What it can be written to.
        expected: OutputKind,
    },
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The stream does not take any more (a closed pipe, for example).
    #[error("cannot write to the output stream")]
    Stream(#[source] io::Error),
    /// No font shows Chinese, so that a page would be full of boxes.
    #[error("no font with Chinese characters was found")]
    NoFont,
    /// A file that was given as a font is none.
    #[error("{} is not a font", .0.display())]
    BadFont(PathBuf),
    /// A stream takes one file, and this would be more than one.
    #[error("this is too much for one {0} file, and a stream cannot hold several")]
    TooMuchForStream(&'static str),
    /// The writer of the format refused what it was given.
    #[error("cannot make the {format} file: {reason}")]
    Refused {
        /// Id of the format.
        format: &'static str,
        /// What it said.
        reason: String,
    },
    /// The content of an attachment that was there a moment ago cannot be read, or is damaged.
    #[error("cannot read the content {digest}")]
    Content {
        /// Its SHA-256.
        digest: hutong_model::Digest,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A message was pushed before any conversation was begun.
    #[error("a message came before its conversation")]
    NoConversation,
    /// One file of this format cannot hold so much; a folder gets several.
    #[error("one {0} file cannot hold so much; write it into a folder, which gets several")]
    TooMuch(&'static str),
}

impl WriteError {
    /// For `map_err`: the error of this path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// The error that stopped a writer through which a file was written; see [`crate::output::FileTarget`].
    #[cfg_attr(
        not(any(feature = "docx", feature = "parquet", feature = "xlsx")),
        expect(
            dead_code,
            reason = "only documents are written through other people's writers"
        )
    )]
    pub(crate) fn from_stream(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(Self::Stream)
    }
}
