//! Opening every database before anything is pushed.

use hutong_crypto::Family;
use hutong_model::{Problem, ProblemKind, Stop, Timestamp};
use md5::{Digest, Md5};
use rustc_hash::FxHashMap;

use super::layout::{Found, Layout, Role};
use super::tables::{Links, MessageTable, PersonRow, hash_of_table, number, people, sessions};
use crate::wechat::database::{OpenDatabase, is_about_keys, text, unopened};
use crate::wechat::map::{PSEUDO, People, Person, is_room};
use crate::wechat_mac3::locate::Locator;
use crate::{Input, ReadError, ReadOptions};

/// An account folder with everything in it open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) layout: Layout,
    pub(crate) databases: Vec<OpenDatabase>,
    /// Tables of messages, in the order of their databases.
    pub(crate) messages: Vec<MessageTable>,
    /// Conversations by hash with the places of their tables in the list above.
    pub(crate) threads: Vec<(String, Vec<usize>)>,
    /// Digest → username, of everybody who is named anywhere.
    pub(crate) usernames: FxHashMap<String, String>,
    pub(crate) people: People,
    pub(crate) rooms: FxHashMap<String, PersonRow>,
    /// Newest session, in Unix seconds.
    newest_session: Option<i64>,
    /// What was found while opening; pushed once it is certain that the reading begins.
    pub(crate) problems: Vec<Problem>,
}

/// Lower-case MD5 of a username, as tables and folders are named.
pub(crate) fn hash_of(username: &str) -> String {
    hex::encode(Md5::digest(username.as_bytes()))
}

/// What the layout needs to be found, as an error of its absence.
pub(crate) fn find_layout(input: &Input) -> Result<Layout, ReadError> {
    if let Some(layout) = Layout::find(input) {
        return Ok(layout);
    }
    let accounts = Layout::accounts_in(input);
    if accounts.is_empty() {
        return Err(ReadError::Missing("Message/msg_0.db".to_owned()));
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
        Family::WeChatMac3,
    )
}

impl Opened {
    pub(crate) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let mut opened = Self {
            layout: find_layout(input)?,
            databases: Vec::new(),
            messages: Vec::new(),
            threads: Vec::new(),
            usernames: FxHashMap::default(),
            people: People::default(),
            rooms: FxHashMap::default(),
            newest_session: None,
            problems: Vec::new(),
        };
        opened.open_databases(options)?;
        opened.find_messages()?;
        opened.read_people()?;
        // A database of messages can be without any conversation; one that was not called so must have some.
        let is_named = opened
            .layout
            .databases
            .iter()
            .any(|found| found.role == Role::Messages);
        if opened.messages.is_empty() && !is_named {
            return Err(ReadError::Layout {
                file: opened.layout.root.folder_name(),
                reason: "none of the databases has a table of messages".to_owned(),
            });
        }
        Ok(opened)
    }

    /// Opens the databases: a key that does not fit ends the reading, a broken file only when all are broken.
    fn open_databases(&mut self, options: &ReadOptions) -> Result<(), ReadError> {
        let mut first_error = None;
        let mut has_messages = false;
        for found in self.layout.databases.clone() {
            if found.role == Role::Links && !options.locate_attachments {
                continue;
            }
            match open_one(&self.layout, &found, options) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    has_messages |= matches!(found.role, Role::Messages | Role::Unknown);
                    self.databases.push(database);
                }
                // A few files have keys of their own; names can be done without, messages cannot.
                Err(error)
                    if matches!(found.role, Role::Messages | Role::Unknown)
                        && is_about_keys(&error) =>
                {
                    return Err(error);
                }
                Err(error) => {
                    let mut problem = unopened(&found.path, &error);
                    if matches!(found.role, Role::Messages | Role::Unknown) {
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

    /// Lists the tables of messages by conversation, in the order in which they are first met.
    fn find_messages(&mut self) -> Result<(), Stop> {
        let mut by_hash: FxHashMap<String, usize> = FxHashMap::default();
        for (place, database) in self.databases.iter().enumerate() {
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
            for (index, table) in database.db.tables().iter().enumerate() {
                let Some(hash) = hash_of_table(table) else {
                    continue;
                };
                let thread = *by_hash.entry(hash.clone()).or_insert_with(|| {
                    self.threads.push((hash, Vec::new()));
                    self.threads.len() - 1
                });
                if let Some((_, places)) = self.threads.get_mut(thread) {
                    places.push(self.messages.len());
                }
                self.messages.push(MessageTable {
                    database: place,
                    index,
                    place: database.place(&table.name),
                    last_row: last_rows.get(&table.name.to_ascii_lowercase()).copied(),
                });
            }
        }
        Ok(())
    }

    fn read_people(&mut self) -> Result<(), Stop> {
        let mut names: Vec<String> = PSEUDO.iter().map(|name| (*name).to_owned()).collect();
        let Self {
            databases,
            people: known,
            rooms,
            problems,
            newest_session: newest,
            ..
        } = self;
        for database in databases {
            // These tables are read again when accounts are pushed; damage is told then.
            people(database, &mut |_| Ok(()), |row| {
                names.push(row.username.clone());
                let members = row.members.as_deref().unwrap_or_default();
                names.extend(members.split([';', ',']).map(|name| name.trim().to_owned()));
                let person = Person {
                    nickname: row.nickname.clone().map(Into::into),
                    remark: row.remark.clone().map(Into::into),
                    alias: row.alias.clone().map(Into::into),
                    is_official: row.certification != 0,
                };
                known
                    .by_username
                    .entry(row.username.as_str().into())
                    .or_insert(person);
                // The table of rooms knows more than that of contacts, where rooms can stand too.
                if is_room(&row.username)
                    && rooms
                        .get(&row.username)
                        .is_none_or(|room| room.members.is_none())
                {
                    rooms.insert(row.username.clone(), row);
                }
                Ok(())
            })?;
            let mut keep = |problem| {
                problems.push(problem);
                Ok(())
            };
            let found = sessions(database, &mut keep, |username| {
                names.push(username.to_owned());
            })?;
            *newest = (*newest).max(found);
        }
        for name in names {
            self.usernames.entry(hash_of(&name)).or_insert(name);
        }
        Ok(())
    }

    /// What finds attachments on disk, when there are any.
    pub(crate) fn locator(&mut self) -> Result<Option<Locator>, Stop> {
        let Some(root) = self.layout.root.subfolder("") else {
            return Ok(None);
        };
        let problems = &mut self.problems;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        let mut links = Vec::new();
        for database in &self.databases {
            if database.db.table("HlinkMediaRecord").is_some() {
                links.push(Links::read(database, &mut keep)?);
            }
        }
        Ok((!links.is_empty()).then_some(Locator { root, links }))
    }

    /// The newest moment that the input speaks of: the newest session, else the newest last row of any table.
    pub(crate) fn newest_moment(&self) -> Option<Timestamp> {
        let last = |table: &MessageTable| {
            let db = &self.databases.get(table.database)?.db;
            let schema = db.tables().get(table.index)?;
            let found = db
                .find_rowid(schema, &["msgCreateTime"], table.last_row?)
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
