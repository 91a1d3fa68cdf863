//! Opening every database before anything is pushed.

use std::sync::atomic::{AtomicUsize, Ordering};

use hutong_model::{Problem, ProblemKind, Stop, Timestamp};
use md5::{Digest, Md5};
use rustc_hash::FxHashMap;

use super::Usernames;
use crate::wechat::database::{is_about_keys, unopened};
use crate::wechat::map::{PSEUDO, People, Person};
use crate::wechat_pc4::layout::Layout;
use crate::wechat_pc4::locate::Locator;
use crate::wechat_pc4::tables::{
    OpenDatabase, Rooms, Shard, Voices, contacts, newest_session, open,
};
use crate::{Input, ReadError, ReadOptions};

/// A conversation and the tables that hold its rows.
#[derive(Debug)]
pub(crate) struct Thread {
    /// Lower-case MD5 of the username.
    pub(crate) hash: String,
    /// Number of the username, when any database names it.
    pub(crate) username: Option<u32>,
    /// Shard and position in the shard's list of tables.
    pub(crate) tables: Vec<(usize, usize)>,
}

/// An account folder with everything in it open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) layout: Layout,
    pub(crate) usernames: Usernames,
    pub(crate) people: People,
    pub(crate) shards: Vec<Shard>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) contact: Option<OpenDatabase>,
    pub(crate) contact_ids: FxHashMap<i64, u32>,
    pub(crate) rooms: Rooms,
    pub(crate) revoke: Option<OpenDatabase>,
    pub(crate) heads: Option<OpenDatabase>,
    media: Vec<OpenDatabase>,
    resource: Option<OpenDatabase>,
    hardlink: Option<OpenDatabase>,
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
        return Err(ReadError::Missing(
            "db_storage/message/message_0.db".to_owned(),
        ));
    }
    Err(ReadError::Layout {
        file: input.folder_name(),
        reason: format!(
            "it holds several accounts; name one of them: {}",
            accounts.join(", ")
        ),
    })
}

impl Opened {
    pub(crate) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let layout = find_layout(input)?;
        let mut opened = Self {
            usernames: Usernames::default(),
            people: People::default(),
            shards: Vec::new(),
            threads: Vec::new(),
            contact: None,
            contact_ids: FxHashMap::default(),
            rooms: Rooms::default(),
            revoke: None,
            heads: None,
            media: Vec::new(),
            resource: None,
            hardlink: None,
            newest_session: None,
            problems: Vec::new(),
            layout,
        };
        opened.derive_keys(options);
        let shards = opened.open_shards(options)?;
        opened.contact = opened.optional("contact", "contact.db", options, true)?;
        let session = opened.optional("session", "session.db", options, false)?;
        opened.revoke = opened.optional("message", "message_revoke.db", options, false)?;
        if options.locate_attachments {
            opened.heads = opened.optional("head_image", "head_image.db", options, false)?;
            opened.resource = opened.optional("message", "message_resource.db", options, false)?;
            opened.hardlink = opened.optional("hardlink", "hardlink.db", options, false)?;
            for path in opened.layout.numbered(&["media_"]) {
                let media = opened.opened_or_noted(&path, options, false)?;
                opened.media.extend(media);
            }
        }
        opened.read_names(shards, session.as_ref())?;
        opened.find_threads();
        Ok(opened)
    }

    /// Derives the keys of all databases, on several cores: each has its own salt and costs a tenth of a second. The key ring
    /// remembers them. Whatever does not open is told when it is its turn; a key that does not fit ends this at once.
    fn derive_keys(&self, options: &ReadOptions) {
        let mut paths = self.layout.message_databases.clone();
        let named = [
            ("contact", "contact.db"),
            ("session", "session.db"),
            ("message", "message_revoke.db"),
        ];
        paths.extend(
            named
                .iter()
                .filter_map(|(folder, name)| self.layout.database(folder, name)),
        );
        if options.locate_attachments {
            let named = [
                ("head_image", "head_image.db"),
                ("message", "message_resource.db"),
                ("hardlink", "hardlink.db"),
            ];
            paths.extend(
                named
                    .iter()
                    .filter_map(|(folder, name)| self.layout.database(folder, name)),
            );
            paths.extend(self.layout.numbered(&["media_"]));
        }
        let next = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(paths.len());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if open(&self.layout, path, &options.keys)
                            .is_err_and(|error| is_about_keys(&error))
                        {
                            next.store(paths.len(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
    }

    /// Opens the message databases: a key that does not fit ends the reading, a broken file only when all are broken.
    fn open_shards(&mut self, options: &ReadOptions) -> Result<Vec<OpenDatabase>, ReadError> {
        let mut shards = Vec::new();
        let mut first_error = None;
        for path in self.layout.message_databases.clone() {
            match open(&self.layout, &path, &options.keys) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    shards.push(database);
                }
                Err(error) if is_about_keys(&error) => return Err(error),
                Err(error) => {
                    // Messages are missing, whatever the reason.
                    let problem = unopened(&path, &error);
                    self.problems.push(Problem {
                        kind: ProblemKind::Damage,
                        ..problem
                    });
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if shards.is_empty() => Err(error),
            _ => Ok(shards),
        }
    }

    /// A database that the reading can do without.
    fn optional(
        &mut self,
        folder: &str,
        name: &str,
        options: &ReadOptions,
        must_fit: bool,
    ) -> Result<Option<OpenDatabase>, ReadError> {
        match self.layout.database(folder, name) {
            Some(path) => self.opened_or_noted(&path, options, must_fit),
            None => Ok(None),
        }
    }

    fn opened_or_noted(
        &mut self,
        path: &str,
        options: &ReadOptions,
        must_fit: bool,
    ) -> Result<Option<OpenDatabase>, ReadError> {
        match open(&self.layout, path, &options.keys) {
            Ok(database) => {
                self.problems.extend(database.troubles());
                Ok(Some(database))
            }
            Err(error) if must_fit && is_about_keys(&error) => Err(error),
            Err(error) => {
                self.problems.push(unopened(path, &error));
                Ok(None)
            }
        }
    }

    /// Collects every username that is written down anywhere, and the names of people.
    fn read_names(
        &mut self,
        shards: Vec<OpenDatabase>,
        session: Option<&OpenDatabase>,
    ) -> Result<(), Stop> {
        let Self {
            usernames,
            people,
            problems,
            contact,
            contact_ids,
            ..
        } = self;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        for database in shards {
            self.shards
                .push(Shard::read(database, usernames, &mut keep)?);
        }
        if let Some(contact) = contact {
            for table in ["contact", "stranger"] {
                // These tables are read again when accounts are pushed; damage is told then.
                contacts(contact, table, &mut |_| Ok(()), |row| {
                    let number = usernames.number(&row.username);
                    if table == "contact" {
                        contact_ids.insert(row.id, number);
                    }
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
            self.rooms = Rooms::read(contact, &mut keep)?;
            for username in self.rooms.usernames() {
                usernames.number(username);
            }
        }
        if let Some(session) = session {
            let newest = newest_session(session, &mut keep, |username| {
                usernames.number(username);
            })?;
            self.newest_session = newest;
        }
        Ok(())
    }

    /// Groups the message tables of all shards by conversation, in the order in which they are first met.
    fn find_threads(&mut self) {
        let mut by_hash: FxHashMap<String, usize> = FxHashMap::default();
        for (shard_number, shard) in self.shards.iter().enumerate() {
            for (table_number, table) in shard.tables.iter().enumerate() {
                let place = *by_hash.entry(table.hash.clone()).or_insert_with(|| {
                    self.threads.push(Thread {
                        hash: table.hash.clone(),
                        username: None,
                        tables: Vec::new(),
                    });
                    self.threads.len() - 1
                });
                if let Some(thread) = self.threads.get_mut(place) {
                    thread.tables.push((shard_number, table_number));
                }
            }
        }
        // Built-in accounts and the owner need not be written down anywhere to have a table.
        let built_in = PSEUDO.iter().map(|username| (*username).to_owned());
        for username in built_in.chain(self.layout.owner_candidates()) {
            if by_hash.contains_key(&hash_of(&username)) {
                self.usernames.number(&username);
            }
        }
        for (number, username) in self.usernames.iter() {
            let place = by_hash.get(&hash_of(username)).copied();
            if let Some(thread) = place.and_then(|place| self.threads.get_mut(place)) {
                thread.username.get_or_insert(number);
            }
        }
    }

    /// What finds attachments on disk.
    pub(crate) fn locator(&mut self) -> Result<Locator, Stop> {
        let media = std::mem::take(&mut self.media);
        let problems = &mut self.problems;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        let voices = Voices::read(media, &mut keep)?;
        Ok(Locator::new(
            &self.layout,
            voices,
            self.resource.take(),
            self.hardlink.take(),
        ))
    }

    /// The newest moment that the input speaks of: the newest session, else the newest last row of any table.
    pub(crate) fn newest_moment(&self) -> Option<Timestamp> {
        let newest = self.newest_session.or_else(|| {
            let last = |shard: &Shard, index: usize, row: i64| {
                let db = &shard.database.db;
                let found = db
                    .find_rowid(db.tables().get(index)?, &["create_time"], row)
                    .ok()
                    .flatten()?;
                found.row().integer(0)
            };
            let rows = self
                .shards
                .iter()
                .flat_map(|shard| shard.tables.iter().map(move |table| (shard, table)));
            rows.filter_map(|(shard, table)| last(shard, table.index, table.last_row?))
                .max()
        });
        newest
            .filter(|seconds| *seconds > 0)
            .map(Timestamp::from_seconds)
    }

    /// How many rows there were at most, where the databases remember it.
    pub(crate) fn rows_expected(&self) -> Option<u64> {
        let rows = self
            .shards
            .iter()
            .flat_map(|shard| &shard.tables)
            .filter_map(|table| table.last_row);
        let sum = rows
            .filter_map(|row| u64::try_from(row).ok())
            .fold(0, u64::saturating_add);
        (sum > 0).then_some(sum)
    }

    /// Whether a database that was read changed in the meantime.
    pub(crate) fn has_changed(&self) -> bool {
        self.shards.iter().any(|shard| shard.database.has_changed())
            || self.contact.as_ref().is_some_and(OpenDatabase::has_changed)
    }
}

/// Lower-case MD5 of a username, as tables and folders are named.
pub(crate) fn hash_of(username: &str) -> String {
    hex::encode(Md5::digest(username.as_bytes()))
}
