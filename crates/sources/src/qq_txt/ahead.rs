//! Takes a text apart on a thread of its own, a little ahead of the thread that makes messages of it.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use super::parse::{Item, Oddity, PackedMessage, Parser};
use crate::ReadError;

/// How many items are handed over together.
const BATCH: usize = 512;
/// Text that is handed over together; a single message may be longer.
const BATCH_BYTES: usize = 1 << 20;
/// Batches that wait at most.
const AHEAD: usize = 3;
/// A batch with more text, which then is nearly all one message, is waited for before the next one is begun.
const LARGE_BYTES: usize = 2 << 20;

/// Items that are handed over together.
///
/// They and their texts lie one behind the other, so that a processor finds what the other one wrote without waiting for
/// each.
#[derive(Default)]
struct Batch {
    text: String,
    items: Vec<Packed>,
}

enum Packed {
    Section(Option<String>, u64),
    Message(PackedMessage),
    Oddity(Oddity, u64),
}

/// What a file holds, in its order.
pub(super) enum Piece<'a> {
    /// A conversation begins: its title, where the file gives one, and the line of its frame's end.
    Section(Option<&'a str>, u64),
    /// A message, and the text that its places are in.
    Message(&'a PackedMessage, &'a str),
    /// Something to tell the user about a line.
    Oddity(Oddity, u64),
}

impl Batch {
    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.items.iter().map(|item| match item {
            Packed::Section(title, line) => Piece::Section(title.as_deref(), *line),
            Packed::Message(message) => Piece::Message(message, &self.text),
            Packed::Oddity(oddity, line) => Piece::Oddity(*oddity, *line),
        })
    }

    /// Makes ready for other items; the room of an unusually long text is given back.
    fn clear(&mut self) {
        self.items.clear();
        self.text.clear();
        self.text.shrink_to(4 * BATCH_BYTES);
    }
}

/// Hands every item to `take`, in order, and gives the source back.
pub(super) fn each<R: Read + Send>(
    parser: Parser<R>,
    failed: &dyn Fn(io::Error) -> ReadError,
    mut take: impl FnMut(Piece<'_>) -> Result<(), ReadError>,
) -> Result<R, ReadError> {
    thread::scope(|scope| {
        let (batches, full) = sync_channel(AHEAD);
        let (spent, empty) = channel();
        let reader = thread::Builder::new()
            .name("hutong-text".to_owned())
            .spawn_scoped(scope, move || run(parser, &batches, &empty))
            .map_err(failed)?;
        for batch in full {
            batch.pieces().try_for_each(&mut take)?;
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
    batches: &SyncSender<Batch>,
    empty: &Receiver<Batch>,
) -> io::Result<R> {
    let mut batch = Batch::default();
    // Batches that were sent and did not come back.
    let mut out: u32 = 0;
    let end = loop {
        match parser.next() {
            Ok(Some(Item::Message(message))) => {
                let packed = parser.pack(message, &mut batch.text);
                batch.items.push(Packed::Message(packed));
            }
            Ok(Some(Item::Section { title, line })) => {
                batch.items.push(Packed::Section(title, line));
            }
            Ok(Some(Item::Oddity(oddity, line))) => batch.items.push(Packed::Oddity(oddity, line)),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if batch.items.len() < BATCH && batch.text.len() < BATCH_BYTES {
            continue;
        }
        let is_large = batch.text.len() > LARGE_BYTES;
        let mut next = None;
        if let Ok(spent) = empty.try_recv() {
            out -= 1;
            next = Some(spent);
        }
        if batches
            .send(std::mem::replace(&mut batch, next.unwrap_or_default()))
            .is_err()
        {
            break Ok(());
        }
        out += 1;
        while is_large && out > 0 {
            // An error means that nobody listens any more, which the next batch will show.
            match empty.recv() {
                Ok(spent) => {
                    out -= 1;
                    drop(spent);
                }
                Err(_) => break,
            }
        }
        batch.clear();
    };
    // What stands before an error counts. When nobody listens, the receiver knows why.
    let _ = batches.send(batch);
    end.map(|()| parser.into_source())
}
