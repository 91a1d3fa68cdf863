//! The forge: invented, really encrypted QQ and WeChat data sets with a list of what is in them.
//!
//! Every database is written by SQLCipher itself, so that the forge and our reader cannot share a
//! misunderstanding. Content depends on the seed alone; salts and page IVs are random.
//!
//! Beside the data, a set has a key file and `truth.jsonl`: one line for each message that a
//! correct importer delivers exactly once (see [`Forged::truth`]).
//!
//! # Truth lines
//!
//! | field | meaning |
//! |---|---|
//! | `platform` | `wechat` or `qq` |
//! | `conversation` | username or room id; QQ: group code, the peer's uid, `discuss:<id>`; of a WeChat table that nobody names, its 32 hexadecimal digits |
//! | `conversation_kind` | `direct`, `group`, `official`, `device` (filehelper, 我的手机) |
//! | `sender` | username; QQ: number, or uid where no number is known; `null` for system events and unknown senders |
//! | `sent_at_ms` | Unix milliseconds |
//! | `kind` | what a user would call the leading part |
//! | `text` | words of texts and of replies; `null` where there are none or where decoding is a matter of taste |
//! | `server_id`, `msg_id` | the platform's id, as text |
//! | `sort_seq` | only beside `server_id` `"0"`: tells such rows apart |
//! | `reply_to` | id of the answered message, if it stands in this set |
//! | `state` | `normal`, `recalled` (the row that took a message's place, or a message that a notice withdraws), `deleted` |
//! | `file` | `path` below the account folder and `md5` of the decoded content, where a file is on disk |
//!
//! ```no_run
//! use hutong_samples::{Plan, wechat4};
//!
//! let plan = Plan { messages: 3_000, ..Plan::default() };
//! let forged = wechat4(&plan, std::path::Path::new("sample"), &mut |_written| {})?;
//! assert!(forged.messages >= 2_900);
//! # Ok::<(), hutong_samples::ForgeError>(())
//! ```

use std::path::PathBuf;

mod json_exports;
mod people;
mod phone;
mod pictures;
mod plan;
mod protobuf;
mod qq_manager;
mod qq_nt;
mod qq_old;
mod rng;
mod sentences;
mod store;
mod text;
mod timeline;
mod tool_exports;
mod truth;
mod wechat4;
mod wechat_android;
mod wechat_backup;
mod wechat_ios;
mod words;

pub use json_exports::{chatlab, onebot, qce, qce_chunked};
pub use plan::{ExportStyle, LineEnds, TextEncoding};
pub use plan::{Hardlinks, Piece, Plan, QqHmac, QqPlatform, QqStyle, WechatKeys, WechatStyle};
pub use qq_manager::{qq_mht, qq_txt};
pub use qq_nt::qq_nt;
pub use qq_old::{qq_android, qq_ios, qq_pc};
pub use tool_exports::tool_exports;
pub use wechat_android::wechat_android;
pub use wechat_backup::wechat_backup;
pub use wechat_ios::{PhoneCopies, wechat_ios};
pub use wechat4::{wechat_mac3, wechat3, wechat4};

/// A finished data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// The account folder: what a user would point at.
    pub root: PathBuf,
    /// The main message database (the one with the newest messages).
    pub main_db: PathBuf,
    /// What opens the databases.
    pub key_file: PathBuf,
    /// One JSON object per message, nearly in order of time; absent when [`Plan::truth`] is false.
    pub truth: PathBuf,
    /// How many messages a correct importer delivers: the number of truth lines.
    pub messages: u64,
    /// How many message rows stand in the databases; a few stand twice.
    pub rows: u64,
    /// How many of these rows stand in a write-ahead log only.
    pub wal_rows: u64,
    /// How many media files were written.
    pub files: u64,
    /// Native id of the account.
    pub owner: String,
    /// A phrase that exactly one message of a whole set contains.
    pub needle: String,
}

/// Why a data set could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// A folder or file could not be written.
    #[error("cannot write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// SQLCipher refused.
    #[error("cannot build the database {name}")]
    Database {
        /// Which.
        name: String,
        /// The cause.
        source: rusqlite::Error,
    },
    /// A cell could not be compressed.
    #[error("cannot compress a message")]
    Compression(#[source] std::io::Error),
}
