//! Reads SQLite database files page by page without SQLite.
//!
//! The files belong to somebody else's running program, so they are never written, never locked, and damage in them costs
//! only the rows that lie on damaged pages.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("chat.db");
//! # rusqlite::Connection::open(&path)?.execute_batch("CREATE TABLE MSG(localId INTEGER PRIMARY KEY, StrContent TEXT);
//! #     INSERT INTO MSG VALUES (1, '你好'), (2, 'hello');")?;
//! use std::sync::Arc;
//! use hutong_sqlite::{Database, PlainPages, open_shared};
//!
//! let database = Database::open(PlainPages::open(Arc::new(open_shared(&path)?), None)?)?;
//! let table = database.table("msg").ok_or("no such table")?;
//! let mut cursor = database.scan(table, &["localId", "StrContent"])?;
//! let mut texts = Vec::new();
//! while let Some(row) = cursor.next() {
//!     match row {
//!         Ok(row) => texts.push((row.integer(0), row.text(1).map(|text| text.into_owned()))),
//!         Err(damage) => panic!("{damage}"), // a real reader reports it and goes on
//!     }
//! }
//! assert_eq!(texts, [(Some(1), Some("你好".into())), (Some(2), Some("hello".into()))]);
//! # Ok(())
//! # }
//! ```
//!
//! Layers, from the files up: [`ReadAt`] → [`Wal`] and [`PageFile`] → [`Pages`] ([`PlainPages`] here, the decrypting ones in
//! `hutong-crypto`) → [`Database`] → [`Cursor`] → [`Row`].

mod ahead;
mod btree;
mod bytes;
mod cursor;
mod damage;
mod database;
mod header;
mod pages;
mod read_at;
mod rebuild;
mod record;
mod row;
mod salvage;
mod schema;
mod sql;
mod store;
mod wal;

pub use cursor::{Cursor, MAX_DEPTH, MAX_PAYLOAD_BYTES};
pub use damage::{Damage, DamageReason};
pub use database::{Database, FindError, OpenError, ScanError};
pub use header::{HEADER_BYTES, Header, HeaderError, MAGIC, TextEncoding};
pub use pages::{PageError, Pages};
pub use read_at::{ReadAt, open_shared};
pub use rebuild::{LostTable, Rebuilt, has_usable_header};
pub use record::{MAX_COLUMNS, Value};
pub use row::{OwnedRow, Row};
pub use schema::{Column, DefaultValue, Table};
pub use store::{PageFile, PlainError, PlainPages};
pub use wal::{
    FRAME_HEADER_BYTES, PageVerifier, SNAPSHOT_LIMIT_BYTES, WAL_HEADER_BYTES, Wal, WalError,
    WalReport,
};
