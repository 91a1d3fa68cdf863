//! Opening every database before anything is pushed, and finding out who is who.

use hutong_crypto::OpenError;
use hutong_model::{At, Origin, Problem, ProblemKind, Timestamp};
use md5::{Digest, Md5};
use rustc_hash::FxHashMap;

use super::contacts::{Contact, contacts, sessions};
use super::decode::{self, Login};
use super::layout::{Found, Layout, hash_of_table, is_message_table};
use crate::wechat::database::{OpenDatabase, unopened};
use crate::wechat::map::{PSEUDO, is_room};
use crate::{Input, ReadError, ReadOptions};

/// Files beside the databases that are read whole are not larger than this.
const MAX_SETTINGS_BYTES: u64 = 64 << 20;

/// One table of messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableRef {
    /// Position of its database in [`Opened::databases`].
    pub(super) database: usize,
    /// Position in that database's schema.
    pub(super) table: usize,
    /// Highest row number ever given, where the database remembers it.
    pub(super) last_row: Option<i64>,
}

/// A conversation and the tables that hold its rows.
#[derive(Debug)]
pub(super) struct Thread {
    /// Lower-case MD5 of the username.
    pub(super) hash: String,
    pub(super) username: Option<String>,
    pub(super) tables: Vec<TableRef>,
}

/// An account with everything in it open.
pub(super) struct Opened {
    pub(super) layout: Layout,
    /// The message databases.
    pub(super) databases: Vec<OpenDatabase>,
    pub(super) threads: Vec<Thread>,
    pub(super) contacts: Vec<Contact>,
    /// Username → position in `contacts`.
    pub(super) by_username: FxHashMap<String, usize>,
    pub(super) labels: Vec<(i64, String)>,
    /// The owner; the username is empty where nobody can tell it.
    pub(super) owner: Login,
    pub(super) owner_avatar_url: Option<String>,
    newest_session: Option<i64>,
    /// What was found while opening; pushed once it is certain that the reading begins.
    pub(super) problems: Vec<Problem>,
}

/// Opens a phone backup where the input is one, and finds the account in it.
pub(super) fn find_layout(input: &Input, options: &ReadOptions) -> Result<Layout, ReadError> {
    input.unlock(&options.keys).map_err(|source| match source {
        OpenError::Io(source) => ReadError::Io {
            file: "Manifest.db".to_owned(),
            source,
        },
        source => ReadError::Open {
            file: "Manifest.db".to_owned(),
            source,
        },
    })?;
    match Layout::find(input) {
        Found::One(layout) => Ok(*layout),
        Found::Nothing => Err(ReadError::Missing("DB/MM.sqlite".to_owned())),
        Found::Several(accounts) => Err(ReadError::Layout {
            file: input.folder_name(),
            reason: format!(
                "it holds several accounts; name one of them: {}",
                accounts.join(", ")
            ),
        }),
    }
}

/// Lower-case MD5 of a username, as tables and folders are named.
pub(super) fn hash_of(username: &str) -> String {
    hex::encode(Md5::digest(username.as_bytes()))
}

impl Opened {
    pub(super) fn open(input: &Input, options: &ReadOptions) -> Result<Self, ReadError> {
        let layout = find_layout(input, options)?;
        let mut opened = Self {
            databases: Vec::new(),
            threads: Vec::new(),
            contacts: Vec::new(),
            by_username: FxHashMap::default(),
            labels: Vec::new(),
            owner: Login::default(),
            owner_avatar_url: None,
            newest_session: None,
            problems: Vec::new(),
            layout,
        };
        opened.open_messages(options)?;
        opened.read_contacts(options)?;
        let mut usernames = opened.read_sessions(options)?;
        let logins = opened.logins();
        opened.settle_owner(&logins, &usernames, options);
        usernames.extend(logins.into_iter().map(|login| login.username));
        opened.find_threads(usernames);
        Ok(opened)
    }

    /// Opens the message databases. One that does not open costs its rows; when none opens there is nothing to read.
    fn open_messages(&mut self, options: &ReadOptions) -> Result<(), ReadError> {
        let mut first_error = None;
        for path in self.layout.message_databases.clone() {
            match self.layout.open(&path, &options.keys) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    self.databases.push(database);
                }
                Err(error) => {
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
            Some(error) if self.databases.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    fn read_contacts(&mut self, options: &ReadOptions) -> Result<(), ReadError> {
        let mut sources = Vec::new();
        match self.layout.database("WCDB_Contact.sqlite") {
            Some(path) => match self.layout.open(&path, &options.keys) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    sources.push(database);
                }
                Err(error) => self.problems.push(unopened(&path, &error)),
            },
            None => self.problems.push(Problem {
                origin: Origin::new(&self.layout.root.folder_name(), "", At::Whole),
                kind: ProblemKind::Note,
                reason: "WCDB_Contact.sqlite is missing: names may be missing too".to_owned(),
            }),
        }
        // Old programs keep contacts beside the messages.
        sources.extend(
            self.databases
                .iter()
                .filter(|database| database.db.table("Friend").is_some())
                .cloned(),
        );
        let Self {
            problems,
            contacts: all,
            by_username,
            ..
        } = self;
        for database in &sources {
            let mut keep = |problem| {
                problems.push(problem);
                Ok(())
            };
            contacts(database, &mut keep, |contact| {
                if !by_username.contains_key(&contact.username) {
                    by_username.insert(contact.username.clone(), all.len());
                    all.push(contact);
                }
                Ok(())
            })?;
        }
        if let Some(bytes) = self.settings("contactlabel.list") {
            self.labels = decode::labels(&bytes);
        }
        Ok(())
    }

    /// Usernames that have or had a place in the list of chats.
    fn read_sessions(&mut self, options: &ReadOptions) -> Result<Vec<String>, ReadError> {
        let mut usernames = Vec::new();
        let mut newest = 0;
        for path in self.layout.sessions() {
            match self.layout.open(&path, &options.keys) {
                Ok(database) => {
                    self.problems.extend(database.troubles());
                    let problems = &mut self.problems;
                    let mut keep = |problem| {
                        problems.push(problem);
                        Ok(())
                    };
                    sessions(&database, &mut keep, |username, time| {
                        newest = newest.max(time);
                        usernames.push(username);
                    })?;
                }
                Err(error) => self.problems.push(unopened(&path, &error)),
            }
        }
        self.newest_session = (newest > 0).then_some(newest);
        Ok(usernames)
    }

    /// A small file of the account's folder.
    fn settings(&self, path: &str) -> Option<Vec<u8>> {
        self.layout.root.first_bytes(path, MAX_SETTINGS_BYTES).ok()
    }

    /// Everybody who has logged in on the phone.
    fn logins(&self) -> Vec<Login> {
        let mut found = Vec::new();
        let places = [self.layout.documents.as_ref(), Some(&self.layout.root)];
        for place in places.into_iter().flatten() {
            if let Ok(bytes) = place.first_bytes("LoginInfo2.dat", MAX_SETTINGS_BYTES) {
                found.extend(decode::logins(&bytes));
            }
            for folder in ["MMappedKV", ""] {
                for name in place.file_names(folder) {
                    let Some(username) = name.strip_prefix("mmsetting.archive.") else {
                        continue;
                    };
                    let username = username.strip_suffix(".crc").unwrap_or(username);
                    let path = format!("{folder}/mmsetting.archive.{username}");
                    let bytes = place.first_bytes(&path, MAX_SETTINGS_BYTES);
                    let bytes = bytes.unwrap_or_default();
                    let entries = decode::mmkv(&bytes);
                    let field = |key| decode::mmkv_text(&entries, key);
                    found.push(Login {
                        username: field("86").unwrap_or_else(|| username.to_owned()),
                        alias: field("87"),
                        nickname: field("88"),
                    });
                }
            }
        }
        found.retain(|login| !login.username.trim().is_empty());
        found
    }

    /// The owner: whom the user names, else the one whose username the folder's name is the digest of.
    fn settle_owner(&mut self, logins: &[Login], usernames: &[String], options: &ReadOptions) {
        let hash = self.layout.owner_hash();
        let is_owner =
            |username: &str| hash.as_ref().is_some_and(|hash| hash_of(username) == *hash);
        let stated = options.account.as_deref().map(str::trim);
        let username = stated
            .filter(|stated| !stated.is_empty())
            .map(str::to_owned)
            .or_else(|| {
                let all = logins
                    .iter()
                    .map(|login| &login.username)
                    .chain(self.contacts.iter().map(|contact| &contact.username))
                    .chain(usernames);
                let members = self
                    .contacts
                    .iter()
                    .flat_map(|contact| contact.room.members.iter().map(|member| &member.username));
                all.chain(members)
                    .find(|username| is_owner(username))
                    .cloned()
            })
            .or_else(|| match logins {
                // A folder that lost its name cannot contradict the only one who has logged in.
                [only, rest @ ..]
                    if hash.is_none()
                        && rest.iter().all(|login| login.username == only.username) =>
                {
                    Some(only.username.clone())
                }
                _ => None,
            });
        let Some(username) = username else {
            self.problems.push(Problem {
                origin: Origin::new(&self.layout.root.folder_name(), "", At::Whole),
                kind: ProblemKind::Note,
                reason: "whose account this is cannot be told; name the account".to_owned(),
            });
            return;
        };
        let mut owner = Login {
            username,
            ..Login::default()
        };
        for login in logins
            .iter()
            .filter(|login| login.username == owner.username)
        {
            owner.alias = owner.alias.or_else(|| login.alias.clone());
            owner.nickname = owner.nickname.or_else(|| login.nickname.clone());
        }
        self.owner_avatar_url = self.setting_of(&owner.username, &["headhdimgurl", "headimgurl"]);
        self.owner = owner;
    }

    fn setting_of(&self, username: &str, keys: &[&str]) -> Option<String> {
        let documents = self.layout.documents.as_ref()?;
        let path = format!("MMappedKV/mmsetting.archive.{username}");
        let bytes = documents.first_bytes(&path, MAX_SETTINGS_BYTES).ok()?;
        let entries = decode::mmkv(&bytes);
        keys.iter().find_map(|key| decode::mmkv_text(&entries, key))
    }

    /// Groups the message tables of all databases by conversation, in the order in which they are first met.
    fn find_threads(&mut self, usernames: Vec<String>) {
        let mut by_hash: FxHashMap<String, usize> = FxHashMap::default();
        for (number, database) in self.databases.iter().enumerate() {
            let mut last_rows: FxHashMap<String, i64> = FxHashMap::default();
            // What this table loses costs the progress bar its scale, nothing else.
            let _ = database.each_row(
                "sqlite_sequence",
                &["name", "seq"],
                &mut |_| Ok(()),
                |row| {
                    if let (Some(name), Some(last)) = (row.text(0), row.integer(1)) {
                        last_rows.insert(name.to_ascii_lowercase(), last);
                    }
                    Ok(())
                },
            );
            for (index, table) in database.db.tables().iter().enumerate() {
                let Some(hash) = hash_of_table(&table.name).filter(|_| is_message_table(table))
                else {
                    continue;
                };
                let place = *by_hash.entry(hash.clone()).or_insert_with(|| {
                    self.threads.push(Thread {
                        hash,
                        username: None,
                        tables: Vec::new(),
                    });
                    self.threads.len() - 1
                });
                if let Some(thread) = self.threads.get_mut(place) {
                    thread.tables.push(TableRef {
                        database: number,
                        table: index,
                        last_row: last_rows.get(&table.name.to_ascii_lowercase()).copied(),
                    });
                }
            }
        }
        let members = self.contacts.iter().flat_map(|contact| {
            contact
                .room
                .members
                .iter()
                .map(|member| member.username.as_str())
        });
        let all = self
            .contacts
            .iter()
            .map(|contact| contact.username.as_str())
            .chain(usernames.iter().map(String::as_str))
            .chain([self.owner.username.as_str()])
            .chain(PSEUDO.iter().copied())
            .chain(members);
        for username in all.filter(|username| !username.is_empty()) {
            let place = by_hash.get(&hash_of(username)).copied();
            if let Some(thread) = place.and_then(|place| self.threads.get_mut(place)) {
                thread.username.get_or_insert_with(|| username.to_owned());
            }
        }
    }

    /// What is known of somebody or of a room.
    pub(super) fn contact(&self, username: &str) -> Option<&Contact> {
        self.contacts.get(*self.by_username.get(username)?)
    }

    /// Names of a contact's labels; all of them or none.
    pub(super) fn labels_of(&self, contact: &Contact) -> Vec<String> {
        let numbers = contact.label_numbers.as_deref().unwrap_or_default();
        numbers
            .split([',', ';'])
            .filter_map(|number| number.trim().parse::<i64>().ok())
            .filter_map(|number| {
                let (_, name) = self.labels.iter().find(|(known, _)| *known == number)?;
                Some(name.clone())
            })
            .collect()
    }

    /// The newest moment that the input speaks of: the newest session, else the newest last row of any table.
    pub(super) fn newest_moment(&self) -> Option<Timestamp> {
        let last_row = |part: &TableRef| {
            let database = &self.databases.get(part.database)?.db;
            let table = database.tables().get(part.table)?;
            let found = database
                .find_rowid(table, &["CreateTime"], part.last_row?)
                .ok()??;
            found.row().integer(0)
        };
        self.newest_session
            .or_else(|| {
                self.threads
                    .iter()
                    .flat_map(|thread| &thread.tables)
                    .filter_map(last_row)
                    .max()
            })
            .filter(|seconds| *seconds > 0)
            .map(Timestamp::from_seconds)
    }

    /// How many rows there are at most, where the databases remember it.
    pub(super) fn rows_expected(&self) -> Option<u64> {
        let sum = self
            .threads
            .iter()
            .flat_map(|thread| &thread.tables)
            .filter_map(|part| u64::try_from(part.last_row?).ok())
            .fold(0, u64::saturating_add);
        (sum > 0).then_some(sum)
    }

    /// Whether a message database changed since it was opened.
    pub(super) fn has_changed(&self) -> bool {
        self.databases.iter().any(OpenDatabase::has_changed)
    }

    /// What a room is called and who is in it.
    pub(super) fn room(&self, username: &str) -> crate::wechat::desk::RoomFacts {
        let Some(contact) = self.contact(username).filter(|_| is_room(username)) else {
            return crate::wechat::desk::RoomFacts::default();
        };
        crate::wechat::desk::RoomFacts {
            title: contact.nickname.clone(),
            remark: contact.remark.clone(),
            owner: contact.room.owner.clone(),
            admins: Vec::new(),
            announcement: None,
            members: contact.room.members.clone(),
        }
    }
}
