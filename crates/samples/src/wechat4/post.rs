//! Mail to the writers on other threads.

use std::sync::mpsc::SyncSender;

use super::shard::{Job, Row};
use super::side::Aside;

/// Batches items for a writer on another thread.
#[derive(Debug)]
pub(super) struct Post<T, M> {
    batch: Vec<T>,
    wrap: fn(Vec<T>) -> M,
    sender: Option<SyncSender<M>>,
}

const BATCH: usize = 1024;

impl<T, M> Post<T, M> {
    pub(super) const fn new(sender: SyncSender<M>, wrap: fn(Vec<T>) -> M) -> Self {
        Self {
            batch: Vec::new(),
            wrap,
            sender: Some(sender),
        }
    }

    pub(super) fn put(&mut self, item: T) {
        self.batch.push(item);
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    pub(super) fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.tell((self.wrap)(batch));
        }
    }

    /// Sends a message as it is. A writer that failed has hung up; its error is read when it is joined.
    pub(super) fn tell(&mut self, message: M) {
        if let Some(sender) = &self.sender
            && sender.send(message).is_err()
        {
            self.sender = None;
        }
    }

    /// Sends the rest and hangs up.
    pub(super) fn close(&mut self) {
        self.flush();
        self.sender = None;
    }
}

/// The shards and the databases beside them.
pub(super) struct Posts {
    pub(super) early: Post<Row, Job>,
    pub(super) late: Post<Row, Job>,
    pub(super) official: Post<Row, Job>,
    pub(super) side: Post<Aside, Vec<Aside>>,
}
