//! Opening every database before anything is pushed.

use std::sync::atomic::{AtomicUsize, Ordering};

use hutong_crypto::Family;
use hutong_model::{Problem, ProblemKind, Stop, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::tables::{
    MessageTable, Role, Rooms, contact_tables, contacts, is_message_table, newest_session, number,
    withdrawn,
};
use crate::wechat::database::{OpenDatabase, is_about_keys, text, unopened};
use crate::wechat::map::{People, Person};
use crate::wechat_pc3::layout::{Found, Layout};
use crate::{Input, ReadError, ReadOptions};

/// An account folder with everything in it open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) layout: Layout,
    pub(crate) databases: Vec<OpenDatabase>,
    /// Tables of messages, in the order of their shards.
    pub(crate) messages: Vec<MessageTable>,
    /// For each database: number → username, where its numbers can be believed.
    pub(crate) names: Vec<FxHashMap<i64, String>>,
    pub(crate) people: People,
    pub(crate) rooms: Rooms,
    /// Newest session, in Unix seconds.
    newest_session: Option<i64>,
    /// What was found while opening; pushed once it is certain that the reading begins.
    pub(crate) problems: Vec<Problem>,
}

/// What the layout needs to be found, as an error of its absence.
pub(crate) fn find_layout(input: &Input) -> Result<Layout, ReadError> {
    if let Some(layout) = Layout::find(input) {
        return Ok(layout);
    }
    let accounts = Layout::accounts_in(input);
    if accounts.is_empty() {
        return Err(ReadError::Missing("Msg/Multi/MSG0.db".to_owned()));
    }
    Err(ReadError::Layout {
        file: input.folder_name(),
        reason: format!(
            "it holds several accounts; name one of them: {}",
            accounts.join(", ")
        ),
    })
}

/// Opens one database of an account folder.
pub(crate) fn open_one(
    layout: &Layout,
    found: &Found,
    options: &ReadOptions,
) -> Result<OpenDatabase, ReadError> {
    OpenDatabase::open(
        &layout.root,
        &found.path,
        &found.path,
        &options.keys,
        Family::WeChat3,
    )
}

impl Opened {
    pub(crate) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let layout = find_layout(input)?;
        let mut opened = Self {
            databases: Vec::new(),
            messages: Vec::new(),
            names: Vec::new(),
            people: People::default(),
            rooms: Rooms::default(),
            newest_session: None,
            problems: Vec::new(),
            layout,
        };
        opened.open_databases(options)?;
        opened.find_messages()?;
        opened.read_people()?;
        if opened.messages.is_empty() {
            return Err(ReadError::Layout {
                file: opened.layout.root.folder_name(),
                reason: "none of the databases has a table of messages".to_owned(),
            });
        }
        Ok(opened)
    }

    /// Opens the databases: a key that does not fit ends the reading, a broken file only when all are broken.
    fn open_databases(&mut self, options: &ReadOptions) -> Result<(), ReadError> {
        let found: Vec<Found> = self
            .layout
            .databases
            .iter()
            .filter(|found| found.role != Role::Media || options.locate_attachments)
            .cloned()
            .collect();
        derive_keys(&self.layout, &found, options);
        let mut first_error = None;
        let mut has_messages = false;
        for found in &found {
            match open_one(&self.layout, found, options) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    has_messages |= found.role != Role::Media && found.role != Role::Contacts;
                    self.databases.push(database);
                }
                Err(error) if found.role != Role::Media && is_about_keys(&error) => {
                    return Err(error);
                }
                Err(error) => {
                    let mut problem = unopened(&found.path, &error);
                    if matches!(found.role, Role::Messages | Role::Unknown) {
                        // Messages are missing, whatever the reason.
                        problem.kind = ProblemKind::Damage;
                        first_error.get_or_insert(error);
                    }
                    self.problems.push(problem);
                }
            }
        }
        match first_error {
            Some(error) if !has_messages => Err(error),
            _ => Ok(()),
        }
    }

    /// Lists the tables of messages, and reads what their numbers stand for.
    fn find_messages(&mut self) -> Result<(), Stop> {
        for (place, database) in self.databases.iter().enumerate() {
            let db = &database.db;
            let problems = &mut self.problems;
            let mut keep = |problem| {
                problems.push(problem);
                Ok(())
            };
            let mut last_rows: FxHashMap<String, i64> = FxHashMap::default();
            database.each_row("sqlite_sequence", &["name", "seq"], &mut keep, |row| {
                if let (Some(name), Some(last)) = (text(&row, 0), number(&row, 1)) {
                    last_rows.insert(name.to_ascii_lowercase(), last);
                }
                Ok(())
            })?;
            let mut names = FxHashMap::default();
            // Where the rows of several databases were put together, numbers mean nothing any more.
            if db.table("sync_log").is_none() {
                database.each_row("Name2ID", &["UsrName"], &mut keep, |row| {
                    if let Some(username) = text(&row, 0) {
                        names.insert(row.rowid(), username);
                    }
                    Ok(())
                })?;
            }
            self.names.push(names);
            for (index, table) in db.tables().iter().enumerate() {
                if is_message_table(table) {
                    self.messages.push(MessageTable {
                        database: place,
                        index,
                        place: database.place(&table.name),
                        last_row: last_rows.get(&table.name.to_ascii_lowercase()).copied(),
                    });
                }
            }
        }
        Ok(())
    }

    fn read_people(&mut self) -> Result<(), Stop> {
        let Self {
            databases,
            people,
            rooms,
            problems,
            newest_session: newest,
            ..
        } = self;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        for (place, database) in databases.iter().enumerate() {
            for table in contact_tables(database) {
                // These tables are read again when accounts are pushed; damage is told then.
                contacts(database, table, &mut |_| Ok(()), |row| {
                    let person = Person {
                        nickname: row.nickname.map(Into::into),
                        remark: row.remark.map(Into::into),
                        alias: row.alias.map(Into::into),
                        is_official: row.verify_flag != 0,
                    };
                    people
                        .by_username
                        .entry(row.username.into())
                        .or_insert(person);
                    Ok(())
                })?;
            }
            rooms.read(place, database, &mut keep)?;
            *newest = (*newest).max(newest_session(database, &mut keep)?);
        }
        Ok(())
    }

    /// Server ids of messages that were withdrawn.
    pub(crate) fn withdrawn(&mut self) -> Result<FxHashSet<i64>, Stop> {
        let mut ids = FxHashSet::default();
        let problems = &mut self.problems;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        for database in &self.databases {
            withdrawn(database, &mut keep, &mut ids)?;
        }
        Ok(ids)
    }

    /// The newest moment that the input speaks of: the newest session, else the newest last row of any table.
    pub(crate) fn newest_moment(&self) -> Option<Timestamp> {
        let last = |table: &MessageTable| {
            let db = &self.databases.get(table.database)?.db;
            let schema = db.tables().get(table.index)?;
            let found = db
                .find_rowid(schema, &["CreateTime"], table.last_row?)
                .ok()
                .flatten()?;
            number(&found.row(), 0)
        };
        self.newest_session
            .or_else(|| self.messages.iter().filter_map(last).max())
            .filter(|seconds| (1..4_102_444_800).contains(seconds))
            .map(Timestamp::from_seconds)
    }

    /// How many rows there were at most, where the databases remember it.
    pub(crate) fn rows_expected(&self) -> Option<u64> {
        let rows = self.messages.iter().filter_map(|table| table.last_row);
        let sum = rows
            .filter_map(|row| u64::try_from(row).ok())
            .fold(0, u64::saturating_add);
        (sum > 0).then_some(sum)
    }
}

/// Derives the keys of all databases, on several cores: each has its own salt. The key ring remembers them. Whatever does
/// not open is told when it is its turn; a key that does not fit ends this at once.
fn derive_keys(layout: &Layout, found: &[Found], options: &ReadOptions) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(found.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let opened = open_one(layout, one, options);
                    if matches!(&opened, Err(error) if is_about_keys(error)) {
                        next.store(found.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
}
