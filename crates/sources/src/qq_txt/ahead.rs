//! Takes a text apart on a thread of its own, a little ahead of the thread that makes messages of it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use super::parse::{Item, Parser};
use crate::ReadError;

/// Items that are handed over together.
const BATCH: usize = 512;
/// Text that is handed over together; a single message may be longer.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait at most.
const AHEAD: usize = 3;

/// Hands every item to `take`, in order, and gives the source back.
pub(super) fn each<R: Read + Send>(
    parser: Parser<R>,
    failed: &dyn Fn(io::Error) -> ReadError,
    mut take: impl FnMut(&Item) -> Result<(), ReadError>,
) -> Result<R, ReadError> {
    thread::scope(|scope| {
        let (batches, full) = sync_channel(AHEAD);
        let (spent, empty) = channel();
        let reader = thread::Builder::new()
            .name("hutong-text".to_owned())
            .spawn_scoped(scope, move || run(parser, &batches, &empty))
            .map_err(failed)?;
        for batch in full {
            batch.iter().try_for_each(&mut take)?;
            // The reader may be at its end; then nobody wants the batch back.
            let _ = spent.send(batch);
        }
        match reader.join() {
            Ok(source) => source.map_err(failed),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Reads until the text ends or nobody listens any more.
fn run<R: Read>(
    mut parser: Parser<R>,
    batches: &SyncSender<Vec<Item>>,
    empty: &Receiver<Vec<Item>>,
) -> io::Result<R> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut bytes = 0;
    let end = loop {
        let item = match parser.next() {
            Ok(Some(item)) => item,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        bytes += item.length();
        batch.push(item);
        if batch.len() < BATCH && bytes < BATCH_BYTES {
            continue;
        }
        let mut next = empty.try_recv().unwrap_or_default();
        parser.reuse(&mut next);
        bytes = 0;
        if batches.send(std::mem::replace(&mut batch, next)).is_err() {
            break Ok(());
        }
    };
    // What stands before an error counts. When nobody listens, the receiver knows why.
    let _ = batches.send(batch);
    end.map(|()| parser.into_source())
}
