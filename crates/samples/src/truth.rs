//! The list of what a correct importer delivers, one JSON object per line.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::ForgeError;

/// What a user would call a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Text,
    Image,
    Voice,
    Video,
    File,
    Sticker,
    Place,
    Contact,
    Link,
    MiniApp,
    ChannelPost,
    Quote,
    Forward,
    Payment,
    Call,
    Nudge,
    Announcement,
    Poll,
    System,
    Card,
    Unknown,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    #[default]
    Normal,
    Recalled,
    Deleted,
}

/// A number written as a JSON string, because it may exceed 2^53.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoted(pub(crate) i64);

impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A media file that stands on disk for a message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OnDisk {
    /// Place below the account folder, with forward slashes.
    pub(crate) path: String,
    /// MD5 of the content after decoding.
    pub(crate) md5: String,
}

/// One message.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) platform: &'static str,
    pub(crate) conversation: &'a str,
    pub(crate) conversation_kind: &'static str,
    pub(crate) sender: Option<&'a str>,
    pub(crate) sent_at_ms: i64,
    pub(crate) kind: Kind,
    pub(crate) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_id: Option<Quoted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) msg_id: Option<Quoted>,
    /// Tells rows without a server id apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sort_seq: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<Quoted>,
    pub(crate) state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a OnDisk>,
}

/// Writes the list, or only counts.
#[derive(Debug)]
pub(crate) struct Truth {
    path: PathBuf,
    out: Option<BufWriter<File>>,
    pub(crate) lines: u64,
}

impl Truth {
    pub(crate) fn create(path: &Path, is_wanted: bool) -> Result<Self, ForgeError> {
        let out = if is_wanted {
            let file = File::create(path).map_err(|source| ForgeError::File {
                path: path.to_owned(),
                source,
            })?;
            Some(BufWriter::with_capacity(1 << 18, file))
        } else {
            None
        };
        Ok(Self {
            path: path.to_owned(),
            out,
            lines: 0,
        })
    }

    pub(crate) fn write(&mut self, line: &Line<'_>) -> Result<(), ForgeError> {
        self.lines += 1;
        let Some(out) = &mut self.out else {
            return Ok(());
        };
        serde_json::to_writer(&mut *out, line)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|source| ForgeError::File {
                path: self.path.clone(),
                source,
            })
    }

    pub(crate) fn finish(mut self) -> Result<u64, ForgeError> {
        if let Some(out) = &mut self.out {
            out.flush().map_err(|source| ForgeError::File {
                path: self.path.clone(),
                source,
            })?;
        }
        Ok(self.lines)
    }
}
