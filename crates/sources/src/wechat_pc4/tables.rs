//! Opening the databases and reading their rows.

mod account;
mod contacts;
mod files;
mod messages;
mod rooms;

use hutong_crypto::{Container, Family, KeyRing};
use hutong_sqlite::{Cursor, Table};

use super::layout::Layout;
use crate::ReadError;
use crate::wechat::database::Db;
pub(crate) use crate::wechat::database::{OpenDatabase, StoredBytes, text};

pub(crate) use account::{Revoked, newest_session, revoked};
pub(crate) use contacts::{ContactRow, contacts, labels};
pub(crate) use files::{Linked, Links, Resources, Voices, head, heads};
pub(crate) use messages::{Shard, column, message_columns};
pub(crate) use rooms::Rooms;

/// Opens a database of an account folder with the log beside it.
pub(crate) fn open(layout: &Layout, path: &str, keys: &KeyRing) -> Result<OpenDatabase, ReadError> {
    OpenDatabase::open(
        &layout.root,
        &layout.full(path),
        path,
        keys,
        Family::WeChat4,
    )
}

/// A cursor over the columns that message rows are read from.
pub(crate) fn message_cursor<'db>(
    db: &'db Db,
    table: &Table,
    columns: &[&str],
) -> Option<Cursor<'db, Container>> {
    db.scan(table, columns).ok()
}
