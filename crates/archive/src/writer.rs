//! The writing side: a sink whose work is done by two threads behind it.
//!
//! The caller's thread reads and decodes the source. One thread turns records into bytes, digests and tokens; another
//! tells known from new and writes. Channels between them are short, so memory stays bounded and a slow disk slows
//! the source down.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use hutong_model::{Message, Problem, Record, Sink, Stop};

use crate::ArchiveError;
use crate::batch::{AttachmentMode, Batch, Preparer};
use crate::commit::Committer;

/// Records handed over at a time.
const HAND_OVER: usize = 512;

/// What is handed over, each behind a pointer: records differ much in size and are moved twice.
enum Item {
    Message(Box<Message>),
    Other(Box<Record>),
    Problem(Box<Problem>),
}

/// What can be seen of a running import from outside.
#[derive(Debug, Default)]
pub struct Progress {
    /// Message rows read by the source.
    pub rows_read: AtomicU64,
    /// Message rows that the source expects; 0 when it does not know.
    pub rows_expected: AtomicU64,
    /// Attachments whose bytes were taken in.
    pub attachments: AtomicU64,
    /// Bytes of these attachments.
    pub attachment_bytes: AtomicU64,
    /// Whether the user wants it to stop.
    pub stop: std::sync::atomic::AtomicBool,
}

/// Receives the records of one import. Nothing is certain until [`crate::Archive::finish_import`]; what full batches held is committed as they fill.
pub struct Writer {
    buffer: Vec<Item>,
    sender: Option<Sender<Vec<Item>>>,
    threads: Vec<JoinHandle<Result<(), ArchiveError>>>,
    committer: Arc<Mutex<Option<Committer>>>,
    progress: Arc<Progress>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    pub(crate) fn start(
        committer: Committer,
        preparer: Preparer,
        progress: Arc<Progress>,
    ) -> std::io::Result<Self> {
        let (records, received) = bounded::<Vec<Item>>(16);
        // No batch waits: one is being prepared and one written, which bounds the memory of an import.
        let (batches, ready) = bounded::<Batch>(0);
        let committer = Arc::new(Mutex::new(Some(committer)));
        let prepare = std::thread::Builder::new()
            .name("prepare".to_owned())
            .spawn(move || prepare(preparer, &received, &batches))?;
        let shared = committer.clone();
        let commit = std::thread::Builder::new()
            .name("commit".to_owned())
            .spawn(move || commit(&shared, &ready))?;
        Ok(Self {
            buffer: Vec::with_capacity(HAND_OVER),
            sender: Some(records),
            threads: vec![prepare, commit],
            committer,
            progress,
        })
    }

    fn push(&mut self, item: Item) -> Result<(), Stop> {
        self.buffer.push(item);
        if self.buffer.len() >= HAND_OVER {
            self.hand_over()
        } else {
            Ok(())
        }
    }

    fn hand_over(&mut self) -> Result<(), Stop> {
        if self.progress.stop.load(Ordering::Relaxed) {
            return Err(Stop::Cancelled);
        }
        let items = std::mem::replace(&mut self.buffer, Vec::with_capacity(HAND_OVER));
        let is_sent = self
            .sender
            .as_ref()
            .is_some_and(|sender| sender.send(items).is_ok());
        if is_sent {
            return Ok(());
        }
        // The threads have gone because one of them failed: say why.
        Err(Stop::failed(self.join().err().unwrap_or_else(|| {
            ArchiveError::WriterStopped("no reason was given".to_owned())
        })))
    }

    fn join(&mut self) -> Result<(), ArchiveError> {
        self.sender = None;
        let mut result = Ok(());
        for thread in self.threads.drain(..) {
            let ended = thread.join().unwrap_or_else(|_| {
                Err(ArchiveError::WriterStopped("a thread panicked".to_owned()))
            });
            // The preparing thread only knows that the other one went away; that one's reason is the better one.
            if !matches!(ended, Ok(())) {
                result = ended;
            }
        }
        result
    }

    /// Writes what is left and ends the threads.
    ///
    /// # Errors
    /// What went wrong on the writing side.
    pub(crate) fn finish(mut self) -> Result<Committer, ArchiveError> {
        let items = std::mem::take(&mut self.buffer);
        if let Some(sender) = &self.sender
            && !items.is_empty()
        {
            // A failed send means that a thread has failed; joining tells its reason.
            let _ = sender.send(items);
        }
        self.join()?;
        self.committer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .ok_or_else(|| ArchiveError::WriterStopped("it was finished twice".to_owned()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Ends the threads; what they had committed stays.
        let _ = self.join();
    }
}

impl Sink for Writer {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        self.push(match record {
            Record::Message(message) => Item::Message(message),
            other => Item::Other(Box::new(other)),
        })
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Stop> {
        self.push(Item::Problem(Box::new(problem)))
    }

    fn progress(&mut self, rows_read: u64, rows_expected: Option<u64>) -> Result<(), Stop> {
        self.progress.rows_read.store(rows_read, Ordering::Relaxed);
        self.progress
            .rows_expected
            .store(rows_expected.unwrap_or(0), Ordering::Relaxed);
        if self.progress.stop.load(Ordering::Relaxed) {
            Err(Stop::Cancelled)
        } else {
            Ok(())
        }
    }
}

fn prepare(
    mut preparer: Preparer,
    received: &Receiver<Vec<Item>>,
    batches: &Sender<Batch>,
) -> Result<(), ArchiveError> {
    let gone = |_| ArchiveError::WriterStopped("the database side failed".to_owned());
    for items in received {
        for item in items {
            if matches!(&item, Item::Other(record) if matches!(**record, Record::ReadBy(_))) {
                let full = preparer.take();
                if !full.is_empty() {
                    batches.send(full).map_err(gone)?;
                }
            }
            match item {
                Item::Message(message) => preparer.message(*message)?,
                Item::Other(record) => preparer.record(*record)?,
                Item::Problem(problem) => preparer.problem(*problem),
            }
            if preparer.is_full() {
                batches.send(preparer.take()).map_err(gone)?;
            }
        }
    }
    let last = preparer.take();
    if !last.is_empty() {
        batches.send(last).map_err(gone)?;
    }
    Ok(())
}

fn commit(shared: &Mutex<Option<Committer>>, ready: &Receiver<Batch>) -> Result<(), ArchiveError> {
    let mut slot = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(committer) = slot.as_mut() else {
        return Ok(());
    };
    for batch in ready {
        committer.commit(batch)?;
    }
    Ok(())
}

/// Options of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// What happens to attachments.
    pub attachments: AttachmentMode,
    /// Only count: nothing is written.
    pub dry_run: bool,
}
