//! Records in and out of the encrypted archive.
//!
//! An archive is a folder: `archive.toml` says what it is, `archive.db` (SQLCipher) holds records and index,
//! `blobs/` holds large attachments. Records come in through [`Writer`] and go out through [`Reader`]. One process
//! writes, many read; killing the writer at any instant leaves what was committed.

mod alike;
mod batch;
mod blobs;
mod cache;
mod check;
mod codec;
mod commit;
mod derived;
mod error;
mod filter;
mod find;
mod header;
mod imports;
mod joins;
mod links;
mod lookup;
mod merge;
mod name_books;
mod people;
mod persons;
mod pool;
mod reader;
mod records;
mod run;
mod saved;
mod schema;
mod select;
mod store;
mod unpack;
mod words;
mod writer;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_crypto::ArchiveKey;
use hutong_model::{AccountId, ConversationId, Digest, NameTable, Record};
use hutong_search::Query;
use rustc_hash::FxHashMap;

pub use batch::AttachmentMode;
pub use blobs::ReadSeek;
pub use check::CheckReport;
pub use commit::Counts;
pub use derived::{Derived, DerivedEntry, Stamp};
pub use error::ArchiveError;
pub use find::{FacetCounter, Facets, Hit, SearchCursor, SearchOrder};
pub use header::{Cipher, Header, Protection, Unlock};
pub use imports::{ImportReport, ReportFile, StoredProblem};
pub use links::{ConversationLink, LinkReason};
pub use name_books::NameBooks;
pub use persons::{Likeness, Person, Suggestion};
pub use pool::{PooledReader, ReaderPool};
pub use reader::{Cursor, CursorError, PAGE_LIMIT, Page, Place, Reader, Sighting, TimeWindow};
pub use saved::{MAX_SAVED, MAX_SAVED_BYTES, SavedSearch};
pub use select::{SelectError, Selection};
pub use writer::{Progress, WriteOptions, Writer};

use batch::{AttachmentWork, Preparer};
use blobs::{BlobKeys, BlobWriter};
use commit::Committer;
use store::{Index, Location};

/// An open archive.
pub struct Archive {
    folder: PathBuf,
    header: Header,
    key: Option<ArchiveKey>,
    location: Location,
    index: Arc<Index>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Counts of one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConversationStats {
    /// Messages, each counted once however many copies there are.
    pub messages: u64,
    /// Oldest message, milliseconds since 1970.
    pub first_ms: i64,
    /// Newest message.
    pub last_ms: i64,
}

/// Figures about an archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages, each counted once.
    pub messages: u64,
    /// Records: messages and their further sightings.
    pub records: u64,
    /// Conversations with at least one message.
    pub conversations: u64,
    /// Accounts.
    pub accounts: u64,
}

impl Archive {
    /// Whether there is an archive in this folder.
    #[must_use]
    pub fn exists(folder: &Path) -> bool {
        folder.join(header::FILE).is_file()
    }

    /// Makes an archive in a folder that does not exist or is empty.
    ///
    /// # Errors
    /// When the folder holds something else, or cannot be written.
    pub fn create(
        folder: &Path,
        protection: &Protection,
        now_ms: i64,
    ) -> Result<Self, ArchiveError> {
        if Self::exists(folder) {
            return Err(ArchiveError::Exists(folder.to_owned()));
        }
        std::fs::create_dir_all(folder)?;
        // A database without archive.toml is what an interrupted creation leaves; nothing was in it yet.
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with("archive.") {
                return Err(ArchiveError::NotEmpty(folder.to_owned()));
            }
            std::fs::remove_file(folder.join(name))?;
        }
        let (header, key) = Header::create(protection, now_ms)?;
        let location = location(folder, key.as_ref());
        let mut connection = location.open(true)?;
        store::migrate(&mut connection)?;
        drop(connection);
        header.write(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            header,
            key,
            location,
            index: Arc::default(),
        })
    }

    /// Opens an archive.
    ///
    /// # Errors
    /// When there is none, the key does not fit, or a newer version wrote it.
    pub fn open(folder: &Path, unlock: &Unlock) -> Result<Self, ArchiveError> {
        let header = Header::read(folder)?;
        let key = header.unlock(unlock)?;
        let location = location(folder, key.as_ref());
        let mut connection = location.open(false)?;
        // SQLite takes an empty file for a new database, and the loss of everything would go unnoticed.
        if connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? == 0 {
            return Err(ArchiveError::damaged("archive.db is empty".to_owned()));
        }
        store::migrate(&mut connection)?;
        let index = Arc::new(Index::load(&connection)?);
        Ok(Self {
            folder: folder.to_owned(),
            header,
            key,
            location,
            index,
        })
    }

    /// The same archive once more, as it is now; each of the two can be used and dropped by itself.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn reopen(&self) -> Result<Self, ArchiveError> {
        Ok(Self {
            folder: self.folder.clone(),
            header: self.header.clone(),
            key: self.key.clone(),
            location: self.location.clone(),
            index: Arc::new(Index::load_again(&self.location.open(false)?, &self.index)?),
        })
    }

    /// Reads the settings of an archive without opening it.
    ///
    /// # Errors
    /// When there is none or it cannot be understood.
    pub fn header_of(folder: &Path) -> Result<Header, ArchiveError> {
        Header::read(folder)
    }

    /// The settings.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key, for the user's key store. Do not print it.
    #[must_use]
    pub fn expose_key(&self) -> Option<[u8; 32]> {
        self.key.as_ref().map(|key| *key.expose())
    }

    /// Changes how the key is kept: a new passphrase, or only the user's key store. Content stays as it is.
    ///
    /// # Errors
    /// When the archive has no encryption or the settings cannot be written.
    pub fn rekey(
        &mut self,
        passphrase: Option<&str>,
        keep_device: bool,
    ) -> Result<(), ArchiveError> {
        let key = self
            .key
            .as_ref()
            .ok_or_else(|| ArchiveError::Header("this archive is not encrypted".to_owned()))?;
        let mut header = self.header.clone();
        header.key.passphrase = match passphrase {
            Some(passphrase) => Some(
                key.wrap(passphrase, hutong_crypto::WrapParams::default())
                    .map_err(header::wrap_error)?,
            ),
            None => None,
        };
        header.key.device = keep_device || passphrase.is_none();
        header.write(&self.folder)?;
        self.header = header;
        Ok(())
    }

    /// A reader for one thread.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn reader(&self) -> Result<Reader, ArchiveError> {
        Reader::new(self.location.open(false)?, self.index.clone())
    }

    /// Looks again at what has been written since it was opened.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn refresh(&mut self) -> Result<(), ArchiveError> {
        let connection = self.location.open(false)?;
        self.index = Arc::new(Index::load_again(&connection, &self.index)?);
        Ok(())
    }

    /// Everybody and everything that has a name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn names(&self) -> Result<NameTable, ArchiveError> {
        let mut names = people::names(&self.location.open(false)?, &self.index)?;
        people::show_links(&mut names, &self.index);
        Ok(names)
    }

    /// Resolves a query against the archive's names.
    ///
    /// # Errors
    /// For a word that the query language does not know.
    pub fn select(&self, query: Query, names: &NameTable) -> Result<Selection, SelectError> {
        self.select_by(query, names, &NameBooks::default())
    }

    /// As [`Self::select`], with the books of these names at hand.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn select_by(
        &self,
        query: Query,
        names: &NameTable,
        books: &NameBooks,
    ) -> Result<Selection, SelectError> {
        Selection::new(query, names, books, &self.index)
    }

    /// Narrows a selection to conversations that one of these words names (by id, title, or the other side's name).
    pub fn restrict_to_chats(
        &self,
        selection: &mut Selection,
        words: &[String],
        names: &NameTable,
    ) {
        let chosen = NameBooks::default().places(names, words);
        selection.restrict_to(chosen, &self.index);
    }

    /// Narrows a selection to these conversations.
    pub fn restrict_to_conversations(
        &self,
        selection: &mut Selection,
        conversations: &[ConversationId],
    ) {
        selection.restrict_to(conversations.iter().copied().collect(), &self.index);
    }

    /// Conversations that one of these words names.
    #[must_use]
    pub fn find_chats(&self, words: &[String], names: &NameTable) -> Vec<ConversationId> {
        let found = NameBooks::default().places(names, words);
        found.into_iter().collect()
    }

    /// Counts of every conversation that has messages.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn conversation_stats(
        &self,
    ) -> Result<FxHashMap<ConversationId, ConversationStats>, ArchiveError> {
        let mut stats: FxHashMap<u32, ConversationStats> = FxHashMap::default();
        for run in &self.index.runs {
            for span in &run.directory.spans {
                let shown_in = self.index.shown_in(span.conversation);
                let entry = stats.entry(shown_in).or_insert(ConversationStats {
                    messages: 0,
                    first_ms: span.min_time,
                    last_ms: span.max_time,
                });
                entry.messages += u64::from(span.count);
                entry.first_ms = entry.first_ms.min(span.min_time);
                entry.last_ms = entry.last_ms.max(span.max_time);
            }
        }
        let connection = self.location.open(false)?;
        let mut statement = connection
            .prepare("SELECT conversation, count(*) FROM sighting GROUP BY conversation")?;
        for row in
            statement.query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u64>(1)?)))?
        {
            let (conversation, further) = row?;
            if let Some(entry) = stats.get_mut(&self.index.shown_in(conversation)) {
                entry.messages -= further.min(entry.messages);
            }
        }
        Ok(stats
            .into_iter()
            .filter_map(|(number, entry)| {
                Some((*self.index.conversations.get(number as usize)?, entry))
            })
            .collect())
    }

    /// Figures about the whole archive.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn totals(&self) -> Result<Totals, ArchiveError> {
        let stats = self.conversation_stats()?;
        Ok(Totals {
            messages: stats.values().map(|entry| entry.messages).sum(),
            records: u64::from(self.index.next_document()),
            conversations: stats.len() as u64,
            accounts: self.index.accounts.len() as u64,
        })
    }

    /// Begins an import. The writer must be ended by [`Self::finish_import`].
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be opened.
    pub fn begin_import(
        &self,
        report: &mut ImportReport,
        options: WriteOptions,
        progress: Arc<Progress>,
    ) -> Result<ImportWriter, ArchiveError> {
        let lock = self.lock()?;
        if !options.dry_run {
            report.number = imports::begin(&self.location.open(false)?, report)?;
        }
        let committer = Committer::new(
            &self.location,
            report.number,
            &report.source,
            options.dry_run,
        )?;
        let blobs = BlobWriter::new(&self.blob_folder(), self.blob_keys());
        let attachments = if options.dry_run {
            AttachmentWork::Count
        } else {
            AttachmentWork::Take(options.attachments)
        };
        let preparer = Preparer::new(&committer.index, blobs, attachments, progress.clone());
        let writer = Writer::start(committer, preparer, progress)?;
        Ok(ImportWriter {
            writer,
            is_dry_run: options.dry_run,
            _lock: lock,
        })
    }

    /// Ends an import: writes what is left, then the report with its counts.
    ///
    /// With a fingerprint the import counts as complete: the same bytes will be recognised.
    ///
    /// # Errors
    /// What went wrong on the writing side.
    pub fn finish_import(
        &mut self,
        import: ImportWriter,
        report: &mut ImportReport,
        fingerprint: Option<&[u8]>,
    ) -> Result<(), ArchiveError> {
        let ImportWriter {
            writer,
            is_dry_run,
            _lock,
        } = import;
        let mut committer = writer.finish()?;
        if !is_dry_run {
            self.join_copies(&mut committer, report)?;
        }
        let counts = committer.counts;
        let mut known_from: Vec<(i64, u64)> = committer
            .known_from
            .iter()
            .map(|(import, count)| (*import, *count))
            .collect();
        known_from.sort_unstable();
        report.known_from = known_from;
        report.added = counts.added;
        report.known = counts.known;
        report.sightings = counts.sightings;
        report.rejected = counts.rejected;
        report.problems = counts.problems;
        report.conversations = counts.conversations;
        report.accounts = counts.accounts;
        report.blobs = counts.blobs;
        report.blobs_missing = counts.blobs_missing;
        report.blob_bytes = counts.blob_bytes;
        if is_dry_run {
            return Ok(());
        }
        imports::finish(committer.connection(), report, fingerprint)?;
        self.index = Arc::new(committer.index.clone());
        Ok(())
    }

    /// Finds the messages that the import and older ones have in common without a common id.
    fn join_copies(
        &self,
        committer: &mut Committer,
        report: &ImportReport,
    ) -> Result<(), ArchiveError> {
        let names = people::names(committer.connection(), &committer.index)?;
        let now_ms = report.finished_at_ms.unwrap_or(report.started_at_ms);
        let decisions = std::mem::take(&mut committer.decisions);
        let (connection, index) = committer.connection_and_index();
        records::apply(connection, index, decisions, now_ms)?;
        let has_hashed = names
            .conversations
            .values()
            .any(|conversation| conversation.native_id_hash.is_some());
        if has_hashed {
            links::proven::link_proven(connection, index, now_ms)?;
        }
        let mut reader = Reader::new(self.location.open(false)?, Arc::new(index.clone()))?;
        if links::link_by_content(connection, &mut reader, index, &names, now_ms)? {
            reader = Reader::new(self.location.open(false)?, Arc::new(index.clone()))?;
        }
        let joined = joins::join_noted(connection, &mut reader, report.number)?;
        committer.count_joined(&joined);
        Ok(())
    }

    /// Every link between conversations.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn conversation_links(&self) -> Result<Vec<ConversationLink>, ArchiveError> {
        let connection = self.location.open(false)?;
        let names = people::names(&connection, &self.index)?;
        links::all(&connection, &self.index, &names)
    }

    /// The conversation in which the messages of this one are shown: itself unless it is linked.
    #[must_use]
    pub fn shown_in(&self, conversation: ConversationId) -> ConversationId {
        self.index.shown_in_id(conversation)
    }

    /// Shows the messages of one conversation in another one; what both hold is shown once. Can be undone.
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be written.
    pub fn link_conversations(
        &mut self,
        conversation: ConversationId,
        into: ConversationId,
        now_ms: i64,
    ) -> Result<bool, ArchiveError> {
        let _lock = self.lock()?;
        let mut index = (*self.index).clone();
        let number = |id| self.index.conversation_numbers.get(&id).copied();
        let (Some(conversation), Some(into)) = (number(conversation), number(into)) else {
            return Ok(false);
        };
        if index.shown_in(conversation) == index.shown_in(into) {
            return Ok(false);
        }
        let mut connection = self.location.open(false)?;
        links::link(
            &mut connection,
            &mut index,
            (conversation, into),
            LinkReason::User,
            now_ms,
        )?;
        self.compare_noted(&mut connection, index)?;
        Ok(true)
    }

    /// Takes a linked conversation out of the one that its messages are shown in. Returns whether it was linked.
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be written.
    pub fn unlink_conversation(
        &mut self,
        conversation: ConversationId,
    ) -> Result<bool, ArchiveError> {
        let _lock = self.lock()?;
        let mut index = (*self.index).clone();
        let Some(number) = index.conversation_numbers.get(&conversation).copied() else {
            return Ok(false);
        };
        let mut connection = self.location.open(false)?;
        if !links::unlink(&mut connection, &mut index, number)? {
            return Ok(false);
        }
        self.compare_noted(&mut connection, index)?;
        Ok(true)
    }

    fn compare_noted(
        &mut self,
        connection: &mut rusqlite::Connection,
        index: Index,
    ) -> Result<(), ArchiveError> {
        let index = Arc::new(index);
        let mut reader = Reader::new(self.location.open(false)?, index.clone())?;
        joins::join_noted(connection, &mut reader, 0)?;
        self.index = index;
        Ok(())
    }

    /// Every person that consists of several accounts because the user says so.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn persons(&self) -> Result<Vec<Person>, ArchiveError> {
        persons::all(&self.location.open(false)?, &self.index)
    }

    /// The accounts of the person that an account belongs to, itself included; alone when nobody joined it.
    #[must_use]
    pub fn same_person(&self, account: AccountId) -> Vec<AccountId> {
        let Some(number) = self.index.account_numbers.get(&account) else {
            return vec![account];
        };
        let numbers = self.index.same_person(*number);
        self.account_ids(&numbers)
    }

    /// Says that two accounts, and what each was joined with, are one human being. Returns the accounts that came over
    /// from the second one's side: [`Self::separate_accounts`] with exactly these undoes it. `None` when one of the two is
    /// not in the archive.
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be written.
    pub fn join_accounts(
        &mut self,
        account: AccountId,
        other: AccountId,
        now_ms: i64,
    ) -> Result<Option<Vec<AccountId>>, ArchiveError> {
        let _lock = self.lock()?;
        let mut index = (*self.index).clone();
        let number = |id| index.account_numbers.get(&id).copied();
        let (Some(account), Some(other)) = (number(account), number(other)) else {
            return Ok(None);
        };
        let mut connection = self.location.open(false)?;
        let moved = persons::join(&mut connection, &mut index, (account, other), now_ms)?;
        self.index = Arc::new(index);
        Ok(Some(self.account_ids(&moved)))
    }

    /// Takes accounts out of the persons that they belong to; those of them that were together stay together. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be written.
    pub fn separate_accounts(&mut self, accounts: &[AccountId]) -> Result<bool, ArchiveError> {
        let _lock = self.lock()?;
        let mut index = (*self.index).clone();
        let numbers: Vec<u32> = accounts
            .iter()
            .filter_map(|id| index.account_numbers.get(id).copied())
            .collect();
        let mut connection = self.location.open(false)?;
        let is_changed = persons::separate(&mut connection, &mut index, &numbers)?;
        self.index = Arc::new(index);
        Ok(is_changed)
    }

    /// Accounts of different messengers that may be one human being, and why. Nothing is joined by this.
    #[must_use]
    pub fn suggest_persons(&self, names: &NameTable, limit: usize) -> Vec<Suggestion> {
        persons::suggest(names, &self.index, limit)
    }

    fn account_ids(&self, numbers: &[u32]) -> Vec<AccountId> {
        let mut ids: Vec<AccountId> = numbers
            .iter()
            .filter_map(|number| self.index.accounts.get(*number as usize).copied())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Every search that the user keeps, by name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>, ArchiveError> {
        saved::all(&self.location.open(false)?)
    }

    /// Keeps a search under a name, in the place of one with the same name, and returns its number. `None` when name or
    /// query are too long ([`MAX_SAVED_BYTES`]), the name is empty, or too many are kept ([`MAX_SAVED`]).
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_search(
        &self,
        name: &str,
        query: &str,
        now_ms: i64,
    ) -> Result<Option<i64>, ArchiveError> {
        saved::keep(&self.location.open(false)?, name, query, now_ms)
    }

    /// Forgets a saved search. Returns whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_search(&self, number: i64) -> Result<bool, ArchiveError> {
        saved::forget(&self.location.open(false)?, number)
    }

    /// Gives everything that the archive holds beside messages, each statement of each copy as it was read: accounts,
    /// conversations, memberships, changes, decisions. In no order.
    ///
    /// # Errors
    /// When the database cannot be read, or the error of `give`.
    pub fn records<E: From<ArchiveError>>(
        &self,
        give: &mut dyn FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let connection = self.location.open(false)?;
        records::all(&connection, &self.index, give)
    }

    /// The last complete import of exactly this input, if any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_import(&self, fingerprint: &[u8]) -> Result<Option<ImportReport>, ArchiveError> {
        imports::find(&self.location.open(false)?, fingerprint)
    }

    /// Writes a report of an import that had nothing to read.
    ///
    /// # Errors
    /// When another process is writing, or the database cannot be written.
    pub fn note_import(&self, report: &mut ImportReport) -> Result<(), ArchiveError> {
        let _lock = self.lock()?;
        let connection = self.location.open(false)?;
        report.number = imports::begin(&connection, report)?;
        imports::finish(&connection, report, None)
    }

    /// A door to what was computed from messages, for one thread.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn derived(&self) -> Result<Derived, ArchiveError> {
        Ok(Derived::new(self.location.open(false)?))
    }

    /// What all messages together are computed from; cheap to ask for.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn content_stamp(&self) -> Result<Stamp, ArchiveError> {
        derived::stamp_of_all(&self.location.open(false)?, &self.index)
    }

    /// What the messages of each conversation are computed from: an import changes the stamps of those that it touched.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn content_stamps(&self) -> Result<FxHashMap<ConversationId, Stamp>, ArchiveError> {
        derived::stamps(&self.location.open(false)?, &self.index)
    }

    /// Reports of all imports, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn imports(&self) -> Result<Vec<ImportReport>, ArchiveError> {
        imports::all(&self.location.open(false)?)
    }

    /// The problems of one import.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn problems(&self, import: i64) -> Result<Vec<StoredProblem>, ArchiveError> {
        imports::problems(&self.location.open(false)?, import)
    }

    /// Keeps a secret of the user's that is needed later to show something (an image key), under the account it belongs to.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_secret(&self, owner: &str, name: &str, value: &[u8]) -> Result<(), ArchiveError> {
        self.location.open(false)?.execute(
            "INSERT INTO secret(owner, name, value) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value",
            rusqlite::params![owner, name, value],
        )?;
        Ok(())
    }

    /// Every secret of this name, with the account it belongs to.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn secrets(&self, name: &str) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
        let connection = self.location.open(false)?;
        let mut statement =
            connection.prepare("SELECT owner, value FROM secret WHERE name = ?1 ORDER BY owner")?;
        let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.map(|row| row.map_err(ArchiveError::from)).collect()
    }

    /// A door to the bytes of attachments, for one thread.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn blobs(&self) -> Result<Blobs, ArchiveError> {
        Ok(Blobs {
            connection: self.location.open(false)?,
            folder: self.blob_folder(),
            keys: self.blob_keys(),
        })
    }

    /// A key for a purpose outside this crate, derived from the archive's.
    #[must_use]
    pub fn derive_key(&self, label: &str) -> [u8; 32] {
        self.key.as_ref().map_or_else(
            || blake3::derive_key(label, self.header.id.as_bytes()),
            |key| *key.derive(label).expose(),
        )
    }

    fn blob_folder(&self) -> PathBuf {
        self.folder.join("blobs")
    }

    fn blob_keys(&self) -> BlobKeys {
        BlobKeys {
            name: self.derive_key("blob names"),
            seal: self.key.as_ref().map(|key| *key.derive("blobs").expose()),
        }
    }

    /// Only one process writes.
    fn lock(&self) -> Result<std::fs::File, ArchiveError> {
        let file = std::fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("archive.lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(ArchiveError::Busy),
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

/// The writer of one import, together with the lock that keeps others from writing.
#[derive(Debug)]
pub struct ImportWriter {
    /// Where records go.
    pub writer: Writer,
    is_dry_run: bool,
    _lock: std::fs::File,
}

/// Reads the bytes of attachments.
pub struct Blobs {
    connection: rusqlite::Connection,
    folder: PathBuf,
    keys: BlobKeys,
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blobs").finish_non_exhaustive()
    }
}

impl Blobs {
    /// Opens a content; `None` when the archive does not hold it.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub fn open(&self, sha256: &Digest) -> Result<Option<Box<dyn Read + Send>>, ArchiveError> {
        let opened = self.open_seekable(sha256)?;
        Ok(opened.map(|bytes| -> Box<dyn Read + Send> { bytes }))
    }

    /// The same, for reading pieces from anywhere; seeking to the end tells its length.
    ///
    /// # Errors
    /// When it is damaged or cannot be read.
    pub fn open_seekable(
        &self,
        sha256: &Digest,
    ) -> Result<Option<Box<dyn ReadSeek>>, ArchiveError> {
        blobs::open(&self.connection, &self.folder, &self.keys, sha256)
    }
}

fn location(folder: &Path, key: Option<&ArchiveKey>) -> Location {
    Location {
        path: folder.join("archive.db"),
        key_hex: key.map(|key| hex::encode(key.derive("database").expose()).into()),
    }
}
