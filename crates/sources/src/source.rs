//! What every source is.

use hutong_crypto::{KeyRing, OpenError};
use hutong_model::{Sink, Stop};
use hutong_sqlite::LostTable;

use crate::Input;

/// What a source reads, for help texts, tables and forms.
#[derive(Debug)]
pub struct About {
    /// Short id, as in `hutong import --as wechat_pc4`.
    pub id: &'static str,
    /// Name in Chinese.
    pub name_zh: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// What to point Hutong at, in Chinese.
    pub input_zh: &'static str,
    /// What to point Hutong at, in English.
    pub input_en: &'static str,
    /// What key is needed and where it comes from, in Chinese.
    pub key_zh: &'static str,
    /// What key is needed and where it comes from, in English.
    pub key_en: &'static str,
    /// Folders under the user's home in which the messenger keeps accounts, with forward slashes and `*` for one
    /// directory name; for `hutong inspect` without a path.
    pub usual_places: &'static [&'static str],
}

/// What a source thinks of an input. Cheap: names and first bytes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recognition {
    /// Not ours.
    No,
    /// Perhaps, because …
    Maybe(String),
    /// Ours: a short description such as `WeChat 4.x, account wxid_…`.
    Yes(String),
}

/// The account whose copy an input is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Native id.
    pub native_id: String,
    /// Nickname, where it can be read.
    pub name: Option<String>,
}

/// One file of an input, as `inspect` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Path inside the input.
    pub path: String,
    /// Bytes on disk, write-ahead log included.
    pub size_bytes: u64,
    /// Whether it is encrypted.
    pub is_encrypted: bool,
    /// Whether the given key opens it; absent when it needs none or none was given.
    pub key_fits: Option<bool>,
    /// What is wrong with it, if anything.
    pub trouble: Option<String>,
}

/// What `inspect` finds without changing anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Messenger generation in words, such as `WeChat 4.x`.
    pub version: String,
    /// Whose copy it is.
    pub account: Option<Account>,
    /// The databases that matter.
    pub files: Vec<InputFile>,
    /// Conversations with messages; absent while locked.
    pub conversations: Option<u64>,
    /// Messages; absent while locked.
    pub messages: Option<u64>,
    /// Oldest and newest message, milliseconds since 1970; absent while locked.
    pub span: Option<(i64, i64)>,
    /// Things the user should know (missing files, what could not be counted).
    pub notes: Vec<String>,
}

/// What the user says beside the input itself.
#[derive(Debug, Default)]
pub struct ReadOptions {
    /// Keys and passwords.
    pub keys: KeyRing,
    /// The owner's native id, where the input does not tell.
    pub account: Option<String>,
    /// Keep each original row in [`hutong_model::Message::raw`].
    pub keep_raw: bool,
    /// Look for attachments on disk.
    pub locate_attachments: bool,
    /// IANA name of the zone for times that are written without one.
    pub zone: Option<String>,
}

/// What a completed reading saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Message rows seen: each became one message or one rejected row.
    pub rows_read: u64,
    /// Whether a file changed while it was read, so that the newest rows may be missing.
    pub changed_while_reading: bool,
}

/// Why nobody can open a file outside the messenger that wrote it, and what its owner can do instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, in Chinese.
    pub why_zh: &'static str,
    /// Why, in English.
    pub why_en: &'static str,
    /// What to do instead, in Chinese.
    pub instead_zh: &'static str,
    /// What to do instead, in English.
    pub instead_en: &'static str,
}

/// Why an input cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A needed file does not open: no key, wrong key, not a database, …
    #[error("cannot open {file}")]
    Open {
        /// Path inside the input.
        file: String,
        /// Why.
        #[source]
        source: OpenError,
    },
    /// The database opens but is not laid out as this source needs.
    #[error("{file} is not laid out as expected: {reason}")]
    Layout {
        /// Path inside the input.
        file: String,
        /// What is missing or odd.
        reason: String,
    },
    /// A file is recognised, but its bytes alone cannot be opened by any key that its owner can have.
    #[error("{file} cannot be opened: {}", refusal.why_en)]
    CannotOpen {
        /// Path inside the input.
        file: String,
        /// Why, and what helps instead.
        refusal: &'static Refusal,
    },
    /// A needed file is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// The file system failed.
    #[error("cannot read {file}")]
    Io {
        /// Path inside the input.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The receiver stopped.
    #[error(transparent)]
    Stopped(#[from] Stop),
}

/// Reads one kind of input.
pub trait Source: Sync {
    /// What it reads.
    fn about(&self) -> &'static About;

    /// Whether this input (a folder or a file) is ours.
    fn recognize(&self, input: &Input) -> Recognition;

    /// Looks inside without changing anything; a missing or wrong key is part of the answer, not an error.
    ///
    /// # Errors
    /// When not even the first bytes can be read.
    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError>;

    /// Pushes everything into the sink.
    ///
    /// Accounts, conversations and memberships come before the messages that name them; every message row gives one
    /// message or one rejected row. Nothing is pushed before all needed files were opened, so that a wrong key
    /// leaves no half-made import behind.
    ///
    /// # Errors
    /// [`ReadError`] when nothing (more) can be read; what was pushed stays valid.
    fn read(
        &self,
        input: &Input,
        options: &ReadOptions,
        out: &mut dyn Sink,
    ) -> Result<Summary, ReadError>;

    /// Tables that its databases are known to have, for those that have lost their first page.
    fn lost_tables(&self) -> &'static [LostTable] {
        &[]
    }

    /// The files whose bytes decide what [`Self::read`] gives, so that an unchanged input can be told by digest.
    /// Attachments are not among them.
    fn files(&self, input: &Input) -> Vec<String>;
}
