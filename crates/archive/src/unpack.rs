//! Unpacking blocks: decompressing them and turning bodies into messages, here or on other threads.
//!
//! Reading a conversation from end to end is mostly this work, and each block stands on its own.

use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};
use hutong_model::Message;

use crate::ArchiveError;
use crate::codec::{Bodies, Head, read_body, read_heads};
use crate::store::Index;

/// Threads that unpack. On two cores the reader and the writer of an export keep busy beside it.
const THREADS: usize = 2;

/// An unpacked block; messages outside the wanted range, and those taken already, are absent.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) heads: Vec<Head>,
    pub(crate) messages: Vec<Option<Message>>,
}

/// A block as it is stored, and what is wanted of it.
pub(crate) struct Packed {
    pub(crate) heads: Vec<u8>,
    pub(crate) bodies: Vec<u8>,
    pub(crate) wanted: Range<usize>,
}

impl Packed {
    /// Does the work.
    pub(crate) fn unpack(&self, index: &Index) -> Result<Unpacked, ArchiveError> {
        let heads = read_heads(&self.heads)?;
        let bodies = Bodies::unpack(&self.bodies)?;
        if bodies.len() != heads.len() {
            return Err(ArchiveError::damaged(
                "a block has more heads than bodies".to_owned(),
            ));
        }
        let messages = heads
            .iter()
            .enumerate()
            .map(|(within, head)| {
                let body = bodies.get(within).filter(|_| self.wanted.contains(&within));
                body.map(|body| read_body(body)?.into_message(head, index))
                    .transpose()
            })
            .collect::<Result<_, _>>()?;
        Ok(Unpacked { heads, messages })
    }
}

type Done = Sender<Result<Unpacked, ArchiveError>>;

/// Threads that unpack blocks; they end when this is dropped.
#[derive(Debug)]
pub(crate) struct Unpackers {
    jobs: Sender<(Packed, Done)>,
}

impl Unpackers {
    /// Starts the threads. `None` when the system gives none.
    pub(crate) fn start(index: &Arc<Index>) -> Option<Self> {
        let (jobs, todo) = bounded::<(Packed, Done)>(4 * THREADS);
        for _ in 0..THREADS {
            let (todo, index): (Receiver<(Packed, Done)>, _) = (todo.clone(), index.clone());
            std::thread::Builder::new()
                .name("unpack".to_owned())
                .spawn(move || {
                    for (packed, done) in todo {
                        // A reader that has gone away needs no answer.
                        let _ = done.send(packed.unpack(&index));
                    }
                })
                .ok()?;
        }
        Some(Self { jobs })
    }

    /// Hands a block over; the answer comes through the channel.
    pub(crate) fn submit(&self, packed: Packed) -> Receiver<Result<Unpacked, ArchiveError>> {
        let (done, answer) = bounded(1);
        // When the threads have gone, the closed channel says so to whoever waits.
        let _ = self.jobs.send((packed, done));
        answer
    }
}
