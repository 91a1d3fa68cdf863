//! Readers for several threads, made as they are needed and used again.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::reader::{Caches, Reader};
use crate::store::{Index, Location};
use crate::{Archive, ArchiveError};

/// Readers of one archive that threads borrow and give back.
///
/// All of them see the archive as it was when the pool was made or last refreshed, whatever is imported meanwhile. While a
/// reader is out, what it reads is one state of the database. Clones share the readers.
///
/// A reader keeps at most 4 MiB of database pages beside what it reads at the moment. What was read and unpacked of them is
/// shared by all readers, 128 MiB at most, and so are the directory of the archive and its filters (some 0.2 MiB for 98,304
/// messages, once they have been asked for ids).
#[derive(Clone)]
pub struct ReaderPool {
    shared: Arc<Shared>,
}

struct Shared {
    location: Location,
    limit: usize,
    caches: Caches,
    state: Mutex<State>,
    given_back: Condvar,
}

struct State {
    index: Arc<Index>,
    idle: Vec<Reader>,
    /// Readers that exist: idle, or with somebody.
    readers: usize,
}

impl std::fmt::Debug for ReaderPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderPool")
            .field("limit", &self.shared.limit)
            .finish_non_exhaustive()
    }
}

/// A reader out of a pool; dropping it gives it back.
pub struct PooledReader {
    shared: Arc<Shared>,
    /// Absent only while it is being given back.
    reader: Option<Reader>,
}

impl std::fmt::Debug for PooledReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PooledReader").finish_non_exhaustive()
    }
}

impl Archive {
    /// A pool of readers, of which there are never more than `limit` (at least one).
    #[must_use]
    pub fn reader_pool(&self, limit: usize) -> ReaderPool {
        ReaderPool {
            shared: Arc::new(Shared {
                location: self.location.clone(),
                limit: limit.max(1),
                caches: Caches::pooled(),
                state: Mutex::new(State {
                    index: self.index.clone(),
                    idle: Vec::new(),
                    readers: 0,
                }),
                given_back: Condvar::new(),
            }),
        }
    }
}

impl ReaderPool {
    /// Borrows a reader; waits while all are out.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn get(&self) -> Result<PooledReader, ArchiveError> {
        let mut state = self.shared.lock();
        while state.idle.is_empty() && state.readers >= self.shared.limit {
            state = self
                .shared
                .given_back
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.lend(state)
    }

    /// As [`Self::get`], but `None` while all are out.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn try_get(&self) -> Result<Option<PooledReader>, ArchiveError> {
        let state = self.shared.lock();
        if state.idle.is_empty() && state.readers >= self.shared.limit {
            return Ok(None);
        }
        self.lend(state).map(Some)
    }

    /// Looks again at what has been written; readers that are given out from now on see it.
    ///
    /// Only what is new is read, so it is cheap enough for every few seconds of an import.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn refresh(&self) -> Result<(), ArchiveError> {
        let known = self.shared.lock().index.clone();
        let connection = self.shared.location.open(false)?;
        let index = Arc::new(Index::load_again(&connection, &known)?);
        self.shared.lock().index = index;
        Ok(())
    }

    /// Hands out an idle reader or a new one. There is room for it.
    fn lend(&self, mut state: MutexGuard<'_, State>) -> Result<PooledReader, ArchiveError> {
        let index = state.index.clone();
        let idle = state.idle.pop();
        state.readers += usize::from(idle.is_none());
        // Opening takes a moment; others need not wait for it.
        drop(state);
        let mut lent = PooledReader {
            shared: self.shared.clone(),
            reader: idle,
        };
        let reader = match lent.reader.take() {
            Some(mut reader) => {
                reader.turn_to(index)?;
                reader
            }
            None => {
                let connection = self.shared.location.open(false)?;
                connection.pragma_update(None, "query_only", true)?;
                Reader::with_caches(connection, index, self.shared.caches.clone())?
            }
        };
        reader.hold_state()?;
        lent.reader = Some(reader);
        Ok(lent)
    }
}

impl Shared {
    /// The state; a thread that panicked with it left it whole, because nothing in here panics half-way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        // A reader that failed to open, or whose thread panics in the middle of something, does not come back.
        let usable = self
            .reader
            .take()
            .filter(|reader| !std::thread::panicking() && reader.release_state().is_ok());
        let mut state = self.shared.lock();
        match usable {
            Some(reader) => state.idle.push(reader),
            None => state.readers -= 1,
        }
        drop(state);
        self.shared.given_back.notify_one();
    }
}

impl Deref for PooledReader {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        self.reader
            .as_ref()
            .expect("a reader is only taken out when it is given back")
    }
}

impl DerefMut for PooledReader {
    fn deref_mut(&mut self) -> &mut Reader {
        self.reader
            .as_mut()
            .expect("a reader is only taken out when it is given back")
    }
}
