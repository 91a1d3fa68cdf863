//! What can go wrong in a use case.

use std::path::PathBuf;

use hutong_archive::{ArchiveError, SelectError};
use hutong_sinks::WriteError;
use hutong_sources::ReadError;

/// Why a use case failed. The shells choose the words and the hint by the variant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing stands at this path.
    #[error("there is nothing at {path}")]
    NoSuchPath {
        /// What was asked for.
        path: PathBuf,
        /// The nearest folder above it that exists.
        nearest: PathBuf,
    },
    /// Nothing at this path that any source reads.
    #[error("nothing in {path} is chat history that Hutong can read")]
    NothingRecognized {
        /// What was asked for.
        path: PathBuf,
        /// What single files looked like.
        looks_like: Option<String>,
    },
    /// A word that should choose among several inputs fits none.
    #[error("none of the inputs is called {word}")]
    NothingChosen {
        /// The word.
        word: String,
        /// What there is: number, path and source of each.
        found: Vec<String>,
    },
    /// There is no source of this name.
    #[error("there is no source called {0}")]
    NoSuchSource(String),
    /// There is no format of this name.
    #[error("there is no format called {0}")]
    NoSuchFormat(String),
    /// An input could not be read.
    #[error("cannot read {input}")]
    Read {
        /// The input.
        input: PathBuf,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// The archive failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A query names something that does not exist.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The output could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Sample data could not be made.
    #[error("cannot make the sample data")]
    Samples(#[from] hutong_samples::ForgeError),
    /// A file could not be read.
    #[error("cannot read {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The user stopped it.
    #[error("stopped")]
    Cancelled,
}
