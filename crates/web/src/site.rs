//! What all requests share: settings, the archive and who may see it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use hutong::model::{AccountId, ConversationId, NameTable};
use hutong::sinks::Language;
use hutong::{
    Archive, ArchiveError, ConversationStats, Header, NameBooks, Protection, Query, Reader,
    ReaderPool, SelectError, Selection, WxgfDecoder,
};
use jiff::tz::TimeZone;
use rustc_hash::FxHashSet;
use tokio::sync::Semaphore;

use crate::Failure;
use crate::counts::Counts;
use crate::jobs::Jobs;
use crate::media::Media;
use crate::pages::conversation::MonthsOfChats;
use crate::pages::people::Tally;
use crate::safety::Sessions;
use crate::searches::Searches;
use crate::uploads::{UploadLimits, Uploads};
use crate::wizard::Drafts;

/// So many requests read the archive at once; others wait. Reading is work for the processor, so more of them would only
/// make each slower and take more memory.
const READING_AT_ONCE: usize = 4;

/// What the shell decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the archive; there may be none yet.
    pub archive_folder: PathBuf,
    /// Language of visitors whose browser asks for neither Chinese nor English.
    pub language: Language,
    /// Zone of dates and times for visitors who have not chosen one.
    pub zone: TimeZone,
    /// The archive is closed when nobody has asked for anything for so long; `None` keeps it open.
    pub idle_lock: Option<Duration>,
    /// Folder for uploads on their way in. What is in it is removed when it has been read.
    pub upload_folder: PathBuf,
    /// Program and version, for footers.
    pub program: String,
    /// The clock, milliseconds since 1970.
    pub now_ms: fn() -> i64,
}

/// Opens and makes the archive; the shell knows where keys are kept.
pub trait Keeper: Send + Sync {
    /// Opens the archive with this passphrase, or with what the shell has at hand (key of this machine, passphrase given at
    /// the start).
    ///
    /// # Errors
    /// [`ArchiveError::NeedsPassphrase`] when it takes a passphrase; else what went wrong.
    fn open(&self, passphrase: Option<&str>) -> Result<Archive, ArchiveError>;

    /// Makes the archive.
    ///
    /// # Errors
    /// When the folder or the place of its key cannot be written.
    fn create(&self, protection: &Protection) -> Result<Archive, ArchiveError>;

    /// The system's decoder for WeChat's wxgf pictures, where there is one.
    fn wxgf(&self) -> Option<WxgfDecoder> {
        None
    }

    /// Whether the shell was given a passphrase at its start.
    fn has_passphrase(&self) -> bool {
        false
    }

    /// Places on this machine where messengers keep accounts, as far as they exist.
    fn usual_places(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// The archive as one moment of it is shown: everything belongs to the same state.
pub struct OpenArchive {
    /// The archive.
    pub archive: Archive,
    /// Who is who.
    pub names: Arc<NameTable>,
    /// The same names, as questions look for them.
    books: NameBooks,
    /// Counts of each conversation.
    pub stats: HashMap<ConversationId, ConversationStats>,
    /// Attachments.
    pub(crate) media: Media,
    /// Messages by month, of chats that were looked at.
    pub(crate) months: MonthsOfChats,
    /// As many as requests that read at once, each bounded in memory.
    readers: ReaderPool,
    /// What was counted of it.
    pub(crate) counts: Arc<Counts>,
    /// Saved searches, and how many hits queries have.
    pub(crate) searches: Searches,
    tally: OnceLock<Tally>,
}

impl std::fmt::Debug for OpenArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenArchive").finish_non_exhaustive()
    }
}

impl OpenArchive {
    /// Looks at an archive as it is now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(archive: Archive, wxgf: Option<WxgfDecoder>) -> Result<Self, ArchiveError> {
        Ok(Self {
            names: Arc::new(archive.names()?),
            books: NameBooks::default(),
            stats: archive.conversation_stats()?.into_iter().collect(),
            media: Media::new(&archive, wxgf)?,
            months: MonthsOfChats::default(),
            readers: archive.reader_pool(READING_AT_ONCE),
            archive,
            counts: Arc::default(),
            searches: Searches::default(),
            tally: OnceLock::new(),
        })
    }

    /// Which chats each account is in, counted when somebody asks first.
    pub(crate) fn tally(&self) -> &Tally {
        self.tally
            .get_or_init(|| Tally::new(&self.names, &self.stats))
    }

    /// Resolves a query against the names.
    pub(crate) fn select(&self, query: Query) -> Result<Selection, SelectError> {
        self.archive.select_by(query, &self.names, &self.books)
    }

    /// Conversations that a word names.
    pub(crate) fn find_chats(&self, word: &str) -> FxHashSet<ConversationId> {
        self.books.conversations(&self.names, word)
    }

    /// Accounts that a word names, by any name or an id.
    pub(crate) fn find_accounts(&self, word: &str) -> FxHashSet<AccountId> {
        self.books.accounts(&self.names, word)
    }

    /// Lends a reader.
    fn with_reader<T>(
        &self,
        use_it: impl FnOnce(&mut Reader) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        use_it(&mut *self.readers.get()?)
    }
}

/// Takes a lock; a thread that panicked while it held one left nothing half done in these.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether only a passphrase opens it.
const fn needs_passphrase(header: &Header) -> bool {
    header.key.passphrase.is_some() && !header.key.device
}

/// How the archive stands.
#[derive(Clone, Debug)]
pub enum Door {
    /// There is none yet.
    Missing,
    /// It is there and closed; whether a passphrase opens it, or a click.
    Locked {
        /// It takes a passphrase.
        needs_passphrase: bool,
    },
    /// It is open.
    Open(Arc<OpenArchive>),
}

/// What all requests share. Cloning shares it.
#[derive(Clone)]
pub struct Site {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    keeper: Box<dyn Keeper>,
    open: RwLock<Option<Arc<OpenArchive>>>,
    /// Closed after idle time or by the user: only a deliberate act opens it again.
    is_shut: AtomicBool,
    last_asked_ms: AtomicI64,
    sessions: Sessions,
    reading: Semaphore,
    /// Counting all hits of a query can take seconds: one at a time, so that pages do not wait for several.
    counting: Semaphore,
    opening: Mutex<()>,
    jobs: Jobs,
    drafts: Drafts,
    uploads: Uploads,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Site {
    /// A site for one archive.
    #[must_use]
    pub fn new(settings: Settings, keeper: Box<dyn Keeper>) -> Self {
        let now = (settings.now_ms)();
        Self {
            inner: Arc::new(Inner {
                uploads: Uploads::new(settings.upload_folder.clone()),
                jobs: Jobs::default(),
                drafts: Drafts::default(),
                settings,
                keeper,
                open: RwLock::default(),
                is_shut: AtomicBool::new(false),
                last_asked_ms: AtomicI64::new(now),
                sessions: Sessions::default(),
                reading: Semaphore::new(READING_AT_ONCE),
                counting: Semaphore::new(1),
                opening: Mutex::default(),
            }),
        }
    }

    /// What the shell decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The clock, milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.inner.settings.now_ms)()
    }

    /// Whether the shell was given a passphrase at its start that does not open the archive.
    pub(crate) fn is_given_wrong_passphrase(&self) -> bool {
        self.keeper().has_passphrase()
            && self.opened().is_none()
            && !self.inner.is_shut.load(Ordering::Relaxed)
    }

    /// Opens and makes the archive.
    pub(crate) fn keeper(&self) -> &dyn Keeper {
        &*self.inner.keeper
    }

    /// Who may see the page.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    /// Imports that run or ran.
    pub(crate) fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    /// Imports being prepared.
    pub(crate) fn drafts(&self) -> &Drafts {
        &self.inner.drafts
    }

    /// Files on their way in.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.inner.uploads
    }

    /// Changes what may be uploaded.
    pub fn limit_uploads(&self, limits: UploadLimits) {
        self.uploads().set_limits(limits);
    }

    /// Removes what nobody came back for: uploads, drafts, keys of jobs that were stopped. Blocks.
    pub fn sweep(&self) {
        let now_ms = self.now_ms();
        self.drafts().sweep(self, now_ms);
        self.jobs().forget_old_orders(self, now_ms);
        self.uploads().sweep(now_ms);
    }

    /// A way in that works once: the path and query to open in a browser.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn invite(&self) -> Result<String, Failure> {
        Ok(format!(
            "/enter?key={}",
            self.sessions().invite(self.now_ms())?
        ))
    }

    /// The archive's own settings; `None` when there is no archive.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn header(&self) -> Result<Option<Header>, Failure> {
        let folder = &self.settings().archive_folder;
        if !Archive::exists(folder) {
            return Ok(None);
        }
        Ok(Some(Archive::header_of(folder)?))
    }

    /// How the archive stands; opens it where that takes nothing from the user. Blocks.
    ///
    /// # Errors
    /// When there is an archive that cannot be opened for another reason than its passphrase.
    pub fn door(&self) -> Result<Door, Failure> {
        if let Some(open) = self.opened() {
            return Ok(Door::Open(open));
        }
        let Some(header) = self.header()? else {
            return Ok(Door::Missing);
        };
        let needs_passphrase = needs_passphrase(&header);
        if self.inner.is_shut.load(Ordering::Relaxed) {
            return Ok(Door::Locked { needs_passphrase });
        }
        match self.unlock(None) {
            Ok(open) => Ok(Door::Open(open)),
            // The passphrase given at the start may be that of another archive.
            Err(Failure::Archive(
                ArchiveError::NeedsPassphrase | ArchiveError::WrongPassphrase,
            )) => Ok(Door::Locked {
                needs_passphrase: true,
            }),
            Err(other) => Err(other),
        }
    }

    /// The archive, if it is open.
    pub(crate) fn opened(&self) -> Option<Arc<OpenArchive>> {
        self.inner
            .open
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Opens the archive. Blocks.
    ///
    /// # Errors
    /// When the passphrase is wrong or missing, or the archive cannot be read.
    pub fn unlock(&self, passphrase: Option<&str>) -> Result<Arc<OpenArchive>, Failure> {
        let _one_at_a_time = lock(&self.inner.opening);
        if let Some(open) = self.opened() {
            return Ok(open);
        }
        // Once closed, the passphrase that the shell was given at the start does not open it again.
        if passphrase.is_none()
            && self.inner.is_shut.load(Ordering::Relaxed)
            && self
                .header()?
                .is_some_and(|header| needs_passphrase(&header))
        {
            return Err(ArchiveError::NeedsPassphrase.into());
        }
        let archive = self.keeper().open(passphrase)?;
        self.show(archive)
    }

    /// Shows this state of the archive from now on. Blocks.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn show(&self, archive: Archive) -> Result<Arc<OpenArchive>, Failure> {
        let open = Arc::new(OpenArchive::new(archive, self.keeper().wxgf())?);
        let before = self
            .inner
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(open.clone());
        if let Some(before) = before {
            before.counts.close();
        }
        self.inner.is_shut.store(false, Ordering::Relaxed);
        self.touch();
        Ok(open)
    }

    /// Shows what an import has written, from another handle of the archive; unless the user has closed it meanwhile. Blocks.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub(crate) fn renew(&self, archive: &Archive) -> Result<(), Failure> {
        if !self.inner.is_shut.load(Ordering::Relaxed) {
            self.show(archive.reopen()?)?;
        }
        Ok(())
    }

    /// Closes the archive: keys leave the memory when the last request that reads has ended.
    pub fn shut(&self) {
        self.inner.is_shut.store(true, Ordering::Relaxed);
        let closed = self
            .inner
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(open) = closed {
            open.counts.close();
        }
        self.drafts().clear(self);
        self.jobs().forget_orders(self);
    }

    /// Somebody asked for something.
    pub(crate) fn touch(&self) {
        self.inner
            .last_asked_ms
            .store(self.now_ms(), Ordering::Relaxed);
    }

    /// Closes the archive when nobody has asked for anything for too long. Says whether it did.
    pub fn shut_when_idle(&self) -> bool {
        let Some(limit) = self.settings().idle_lock else {
            return false;
        };
        let limit_ms = i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let idle_ms = self.now_ms() - self.inner.last_asked_ms.load(Ordering::Relaxed);
        if idle_ms < limit_ms || self.opened().is_none() || self.jobs().are_busy() {
            return false;
        }
        self.shut();
        true
    }

    /// Runs work that blocks on a thread of its own.
    ///
    /// # Errors
    /// Those of the work; [`Failure::Broken`] when it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let site = self.clone();
        tokio::task::spawn_blocking(move || work(&site))
            .await
            .map_err(|error| Failure::Broken(error.to_string()))?
    }

    /// Looks into the archive, on a thread of its own with a reader of its own.
    ///
    /// # Errors
    /// [`Failure::NoArchive`], [`Failure::Locked`], or those of `look`.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&OpenArchive, &mut Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = self
            .inner
            .reading
            .acquire()
            .await
            .map_err(|error| Failure::Broken(error.to_string()))?;
        let result = self
            .blocking(move |site| match site.door()? {
                Door::Missing => Err(Failure::NoArchive),
                Door::Locked { .. } => Err(Failure::Locked),
                Door::Open(open) => open.with_reader(|reader| look(&open, reader)),
            })
            .await;
        drop(permit);
        result
    }

    /// Whether somebody reads the archive beside the one who asks.
    pub(crate) fn others_read(&self) -> bool {
        self.inner.reading.available_permits() + 1 < READING_AT_ONCE
    }

    /// As [`Self::read`], for what may take seconds: it waits until nobody else does such a thing.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn read_in_turn<T: Send + 'static>(
        &self,
        look: impl FnOnce(&OpenArchive, &mut Reader) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let turn = self.inner.counting.acquire().await;
        let _turn = turn.map_err(|error| Failure::Broken(error.to_string()))?;
        self.read(look).await
    }

    /// Changes what the archive says about its content, with another handle of it, and shows the result from now on. The
    /// clock is passed on.
    ///
    /// # Errors
    /// [`Failure::NoArchive`], [`Failure::Locked`], or those of `change`.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Archive, i64) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.blocking(move |site| match site.door()? {
            Door::Missing => Err(Failure::NoArchive),
            Door::Locked { .. } => Err(Failure::Locked),
            Door::Open(open) => {
                let mut archive = open.archive.reopen()?;
                let result = change(&mut archive, site.now_ms())?;
                if !site.inner.is_shut.load(Ordering::Relaxed) {
                    site.show(archive)?;
                }
                Ok(result)
            }
        })
        .await
    }
}
