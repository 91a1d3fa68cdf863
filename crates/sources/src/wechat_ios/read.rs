//! From an account to records: who is who first, then conversation by conversation.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{
    Account, At, Attachment, ConversationKind, OriginPlace, Precision, Sink, Stop, Timestamp,
};
use hutong_sqlite::{Row, Table, Value};

use super::media::Media;
use super::open::{Opened, TableRef, Thread, hash_of};
use crate::wechat::database::{OpenDatabase, raw_row};
use crate::wechat::decode::{CellError, Cells, PackedInfo, is_id_like, split_prefix, text};
use crate::wechat::desk::{Desk, Here, RowContent, RowFacts, RowIds, RowSender};
use crate::wechat::map::{Person, account_kind, is_room, kind};
use crate::wechat::zone::zone_of;
use crate::{Input, ReadError, ReadOptions, Summary};

/// Columns of message rows.
mod column {
    pub(super) const NAMES: [&str; 6] = [
        "MesLocalID",
        "MesSvrID",
        "CreateTime",
        "Message",
        "Type",
        "Des",
    ];
    pub(super) const LOCAL_ID: usize = 0;
    pub(super) const SERVER_ID: usize = 1;
    pub(super) const CREATE_TIME: usize = 2;
    pub(super) const MESSAGE: usize = 3;
    pub(super) const TYPE: usize = 4;
    pub(super) const DES: usize = 5;
}

/// Numbers above this are milliseconds: as seconds they would lie in the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;
/// Rows that are looked at to tell whether many people write in a table that nobody names.
const LOOKED_AT_ROWS: usize = 2000;

/// Reads an account into a sink.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let mut opened = Opened::open(input, options)?;
    let zone = zone_of(&opened.layout.root, options)?;
    let cells = Cells::new().map_err(|source| ReadError::Io {
        file: opened.layout.root.folder_name(),
        source,
    })?;
    let problems = std::mem::take(&mut opened.problems);
    let mut desk = Desk::new(out, &opened.owner.username, opened.newest_moment());
    desk.zone = zone;
    desk.rows_expected = opened.rows_expected();
    for problem in problems {
        desk.out.problem(problem)?;
    }
    let mut reader = Reader {
        desk,
        media: options
            .locate_attachments
            .then(|| Media::new(&opened.layout)),
        cells,
        keep_raw: options.keep_raw,
    };
    reader.accounts(&opened)?;
    for thread in &opened.threads {
        reader.thread(&opened, thread)?;
    }
    let desk = reader.desk;
    desk.out.progress(desk.rows_read, desk.rows_expected)?;
    Ok(Summary {
        rows_read: desk.rows_read,
        changed_while_reading: opened.has_changed(),
    })
}

/// The desk, and what only this generation has beside it.
struct Reader<'a> {
    desk: Desk<'a>,
    media: Option<Media<'a>>,
    cells: Cells,
    keep_raw: bool,
}

/// What the rows of one table share.
struct Context<'a> {
    here: &'a Here,
    place: Arc<OriginPlace>,
    table: &'a Table,
}

impl Reader<'_> {
    /// Pushes the owner and everybody in the contact tables.
    fn accounts(&mut self, opened: &Opened) -> Result<(), Stop> {
        let boxed = |name: &Option<String>| name.as_deref().map(Into::into);
        for contact in &opened.contacts {
            let person = Person {
                nickname: boxed(&contact.nickname),
                remark: boxed(&contact.remark),
                alias: boxed(&contact.alias),
                is_official: contact.is_official,
            };
            self.desk
                .people
                .by_username
                .insert(contact.username.as_str().into(), person);
        }
        let owner = &opened.owner;
        if !owner.username.is_empty() {
            let person = self
                .desk
                .people
                .by_username
                .entry(owner.username.as_str().into())
                .or_default();
            person.nickname = person.nickname.take().or(boxed(&owner.nickname));
            person.alias = person.alias.take().or(boxed(&owner.alias));
        }
        for contact in &opened.contacts {
            if is_room(&contact.username) {
                continue;
            }
            let is_owner = contact.username == owner.username;
            let own = |name: &Option<String>| name.clone().filter(|_| is_owner);
            self.desk.contact(Account {
                native_id: contact.username.clone(),
                kind: account_kind(&contact.username, i64::from(contact.is_official)),
                nickname: contact.nickname.clone().or_else(|| own(&owner.nickname)),
                remark: contact.remark.clone(),
                alias: contact.alias.clone().or_else(|| own(&owner.alias)),
                avatar: self.avatar(&contact.username, contact.avatar_url.as_ref()),
                is_contact: contact.is_contact,
                labels: opened.labels_of(contact),
                ..Account::default()
            })?;
        }
        self.desk.contact(Account {
            native_id: owner.username.clone(),
            nickname: owner.nickname.clone(),
            alias: owner.alias.clone(),
            avatar: self.avatar(&owner.username, opened.owner_avatar_url.as_ref()),
            ..Account::default()
        })
    }

    fn avatar(&self, username: &str, url: Option<&String>) -> Option<Attachment> {
        let media = self.media.as_ref()?;
        let mut avatar = media.avatar(&hash_of(username));
        if let Some(url) = url {
            avatar.get_or_insert_default().url = Some(url.clone());
        }
        avatar
    }

    /// Pushes a conversation with its messages.
    fn thread(&mut self, opened: &Opened, thread: &Thread) -> Result<(), Stop> {
        if let Some(media) = &mut self.media {
            media.enter(&thread.hash);
        }
        let here = match thread.username.as_deref() {
            Some(username) if is_room(username) => {
                self.desk.begin_room(username, opened.room(username))?
            }
            Some(username) => self.desk.begin_direct(username)?,
            None => {
                let kind = self.kind_of_orphan(opened, thread);
                self.desk.begin_orphan(&thread.hash, kind)?
            }
        };
        for part in &thread.tables {
            if let Some(database) = opened.databases.get(part.database) {
                self.table(database, &here, *part)?;
            }
        }
        self.desk.end_conversation()
    }

    /// A table whose username stands nowhere is a room's when its received rows begin with a sender's line.
    fn kind_of_orphan(&mut self, opened: &Opened, thread: &Thread) -> ConversationKind {
        let (mut received, mut prefixed) = (0_usize, 0_usize);
        for part in &thread.tables {
            let Some(database) = opened.databases.get(part.database) else {
                continue;
            };
            let Some(table) = database.db.tables().get(part.table) else {
                continue;
            };
            let Ok(mut cursor) = database.db.scan(table, &column::NAMES) else {
                continue;
            };
            while let Some(row) = cursor.next() {
                let Ok(row) = row else { continue };
                let base = base_of(&row);
                if row.integer(column::DES).unwrap_or(0) == 0 || kind::is_system(base) {
                    continue;
                }
                received += 1;
                let content = content_of(&row, &mut self.cells).unwrap_or_default();
                prefixed += usize::from(
                    split_prefix(&content).is_some_and(|prefix| is_id_like(prefix.username)),
                );
                if received >= LOOKED_AT_ROWS {
                    break;
                }
            }
        }
        if received > 0 && prefixed * 2 > received {
            ConversationKind::Group
        } else {
            ConversationKind::Direct
        }
    }

    fn table(&mut self, database: &OpenDatabase, here: &Here, part: TableRef) -> Result<(), Stop> {
        let Some(table) = database.db.tables().get(part.table) else {
            return Ok(());
        };
        let place = database.place(&table.name);
        let all = table
            .columns
            .iter()
            .filter(|_| self.keep_raw)
            .map(|column| column.name.as_str());
        let columns: Vec<&str> = column::NAMES.into_iter().chain(all).collect();
        let Ok(mut cursor) = database.db.scan(table, &columns) else {
            return self.desk.note(
                &place,
                At::Whole,
                "the table has no readable definition and was left out",
            );
        };
        self.desk.forget_rows();
        let context = Context { here, place, table };
        while let Some(row) = cursor.next() {
            match row {
                Ok(row) => {
                    self.row(&row, &context)?;
                    self.desk.count_row()?;
                }
                Err(damage) => self
                    .desk
                    .out
                    .problem(database.problem_of(&table.name, &damage))?,
            }
        }
        Ok(())
    }

    /// Pushes what one row says.
    fn row(&mut self, row: &Row<'_>, context: &Context<'_>) -> Result<(), Stop> {
        let base = base_of(row);
        let local_id = row.integer(column::LOCAL_ID).unwrap_or_else(|| row.rowid());
        let mut seconds = row.integer(column::CREATE_TIME).unwrap_or(0).max(0);
        if seconds > MOST_SECONDS {
            seconds /= 1000;
        }
        let decoded = content_of(row, &mut self.cells);
        let failure;
        let content = match &decoded {
            Ok(content) => RowContent::Text(content),
            Err(error) => {
                failure = error.to_string();
                let raw = row.bytes(column::MESSAGE).unwrap_or_default();
                RowContent::Undecodable(raw, &failure)
            }
        };
        let facts = RowFacts {
            place: &context.place,
            at: At::Row(local_id),
            ids: RowIds {
                server: row.integer(column::SERVER_ID).unwrap_or(0),
                local: Some(local_id),
                sequence: 0,
            },
            base,
            sub: 0,
            content,
            sender: match row.integer(column::DES) {
                Some(0) => RowSender::Owner,
                Some(_) => RowSender::Other,
                None => RowSender::Unknown,
            },
            sent_at: Timestamp::from_seconds(seconds),
            precision: Precision::Second,
            order: local_id,
            mentions: &[],
            packed: &PackedInfo::default(),
        };
        let mut composed = self.desk.compose(context.here, &facts)?;
        if let Some(media) = &mut self.media {
            media.locate(local_id, &mut composed.message.parts);
        }
        if self.keep_raw {
            composed.message.raw = Some(raw_row(context.table, row, column::NAMES.len()));
        }
        self.desk.push_row(composed)
    }
}

/// The type of a row; a number that no type has is kept in its low half.
fn base_of(row: &Row<'_>) -> u32 {
    let number = row.integer(column::TYPE).unwrap_or(0);
    u32::try_from(number & 0xFFFF_FFFF).unwrap_or(0)
}

/// The words of a row, decompressed where they are compressed.
fn content_of<'a>(row: &Row<'a>, cells: &'a mut Cells) -> Result<Cow<'a, str>, CellError> {
    match row.value(column::MESSAGE) {
        Value::Null => Ok("".into()),
        Value::Integer(number) => Ok(number.to_string().into()),
        Value::Real(number) => Ok(number.to_string().into()),
        Value::Text(bytes) | Value::Blob(bytes) => cells.decode(bytes).map(text),
    }
}
