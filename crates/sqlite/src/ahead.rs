//! Pages read before they are asked for: several at once, and on other threads where that pays.
//!
//! Leaf pages of a table mostly lie one behind the other, so one read of the file fetches many. Checking and decrypting them
//! is most of the work of a scan, which other threads can do while the caller works on rows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::btree::Child;
use crate::pages::{PageError, Pages};

/// Most pages in one batch.
const LARGEST_BATCH: usize = 32;
/// A scan that ends soon should not have read much too much.
const FIRST_BATCH: usize = 2;
/// Threads that read ahead. On two cores one made the scan of an encrypted database a tenth faster, two a half; a caller
/// with much work per row slows them down by itself.
const THREADS: usize = 2;
/// Batches that the threads together may be ahead.
const BATCHES_IN_FLIGHT: usize = 6;
/// Fewer children than this are not worth a thread.
const SMALLEST_FOR_THREAD: usize = 64;

/// Pages that are read together.
#[derive(Default)]
struct Batch {
    numbers: Vec<u32>,
    bytes: Vec<u8>,
    outcomes: Vec<Result<(), PageError>>,
    /// How many have been handed out.
    taken: usize,
}

impl Batch {
    fn request(&mut self, children: &[Child], page_size: usize) {
        self.taken = 0;
        self.numbers.clear();
        self.numbers.extend(children.iter().map(|child| child.page));
        self.bytes.resize(self.numbers.len() * page_size, 0);
    }

    fn read<P: Pages>(&mut self, pages: &P) {
        pages.read_many(&self.numbers, &mut self.bytes, &mut self.outcomes);
    }
}

/// The pages ahead of a cursor.
pub(crate) struct Ahead {
    ready: VecDeque<Batch>,
    spare: Vec<Batch>,
    /// The workers whose results are outstanding, in the order of the pages.
    in_flight: VecDeque<usize>,
    next_worker: usize,
    size: usize,
    /// The interior page whose children are being read, and how many of them have been asked for.
    level: u32,
    asked: usize,
    may_use_thread: bool,
    workers: Vec<Worker>,
}

impl Ahead {
    pub(crate) fn new(may_use_thread: bool) -> Self {
        Self {
            ready: VecDeque::new(),
            spare: Vec::new(),
            in_flight: VecDeque::new(),
            next_worker: 0,
            size: FIRST_BATCH,
            level: 0,
            asked: 0,
            may_use_thread,
            workers: Vec::new(),
        }
    }

    /// Drops what was read for another place in the tree.
    pub(crate) fn reset(&mut self) {
        self.forget();
        self.level = 0;
    }

    /// Reads child `index` of interior page `level` into `into`, and begins to read those behind it.
    pub(crate) fn read<P: Pages>(
        &mut self,
        pages: &Arc<P>,
        level: u32,
        children: &[Child],
        index: usize,
        into: &mut [u8],
    ) -> Result<(), PageError> {
        if self.level != level {
            self.forget();
            self.level = level;
            self.asked = index;
        }
        self.ask(pages, children, into.len());
        let number = children.get(index).map_or(0, |child| child.page);
        match self.take(number, into) {
            Some(outcome) => outcome,
            None => pages.read(number, into),
        }
    }

    fn ask<P: Pages>(&mut self, pages: &Arc<P>, children: &[Child], page_size: usize) {
        let left = children.len().saturating_sub(self.asked);
        if self.may_use_thread && left >= SMALLEST_FOR_THREAD {
            self.may_use_thread = false;
            self.workers = (0..THREADS).filter_map(|_| Worker::start(pages)).collect();
        }
        let most = if self.workers.is_empty() {
            1
        } else {
            BATCHES_IN_FLIGHT
        };
        while self.in_flight.len() + self.ready.len() < most {
            let end = children.len().min(self.asked + self.size);
            let Some(next) = children
                .get(self.asked..end)
                .filter(|next| !next.is_empty())
            else {
                return;
            };
            self.asked = end;
            self.size = (self.size * 2).min(LARGEST_BATCH);
            let mut batch = self.spare.pop().unwrap_or_default();
            batch.request(next, page_size);
            match self.workers.get(self.next_worker) {
                Some(worker) => {
                    if worker.send(batch) {
                        self.in_flight.push_back(self.next_worker);
                    }
                    self.next_worker = (self.next_worker + 1) % self.workers.len();
                }
                None => {
                    batch.read(&**pages);
                    self.ready.push_back(batch);
                }
            }
        }
    }

    /// Hands out a page from the batches, passing over those that the cursor left out.
    fn take(&mut self, number: u32, into: &mut [u8]) -> Option<Result<(), PageError>> {
        loop {
            if self.ready.is_empty() {
                self.receive()?;
            }
            let batch = self.ready.front_mut()?;
            let rest = batch.numbers.get(batch.taken..).unwrap_or_default();
            let place = rest.iter().position(|found| *found == number);
            let found = place.map(|place| batch.taken + place);
            if let Some(found) = found {
                batch.taken = found + 1;
                let start = found * into.len();
                into.copy_from_slice(batch.bytes.get(start..start + into.len())?);
                let outcome = batch.outcomes.get_mut(found)?;
                let outcome = std::mem::replace(outcome, Ok(()));
                if batch.taken == batch.numbers.len() {
                    self.recycle();
                }
                return Some(outcome);
            }
            self.recycle();
        }
    }

    fn recycle(&mut self) {
        self.spare.extend(self.ready.pop_front());
    }

    fn receive(&mut self) -> Option<()> {
        let worker = self.in_flight.pop_front()?;
        let batch = self.workers.get(worker)?.results.recv().ok()?;
        self.ready.push_back(batch);
        Some(())
    }

    fn forget(&mut self) {
        while self.receive().is_some() {}
        while !self.ready.is_empty() {
            self.recycle();
        }
    }
}

/// A thread that reads batches until its cursor is gone.
struct Worker {
    jobs: Option<SyncSender<Batch>>,
    results: Receiver<Batch>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// `None` when the system gives no thread.
    fn start<P: Pages>(pages: &Arc<P>) -> Option<Self> {
        let pages = Arc::clone(pages);
        let (jobs, todo) = sync_channel::<Batch>(BATCHES_IN_FLIGHT);
        let (done, results) = sync_channel(BATCHES_IN_FLIGHT);
        let thread = std::thread::Builder::new()
            .name("read ahead".to_owned())
            .spawn(move || {
                while let Ok(mut batch) = todo.recv() {
                    batch.read(&*pages);
                    if done.send(batch).is_err() {
                        return;
                    }
                }
            });
        Some(Self {
            jobs: Some(jobs),
            results,
            thread: Some(thread.ok()?),
        })
    }

    fn send(&self, batch: Batch) -> bool {
        self.jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(batch).is_ok())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Closing the channel ends the thread; no more results than the channel holds are ever on their way.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
