//! Answers that are made while they are sent.

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use tokio::sync::mpsc;

/// Bytes sent at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Pieces that wait for a slow receiver.
const WAITING_PIECES: usize = 8;

/// A body that `make` writes on a thread of its own. Where it fails the body breaks off, so that nobody takes half of it
/// for the whole.
pub(crate) fn made_while_sent(
    make: impl FnOnce(Pieces) -> io::Result<()> + Send + 'static,
) -> Body {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(WAITING_PIECES);
    let pieces = Pieces {
        sender: sender.clone(),
        buffer: Vec::with_capacity(PIECE_BYTES),
    };
    tokio::task::spawn_blocking(move || {
        if let Err(error) = make(pieces) {
            // Who has gone away needs no reason.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Body::from_stream(Received(receiver))
}

/// What arrives from the thread that makes it.
struct Received(mpsc::Receiver<io::Result<Bytes>>);

impl Stream for Received {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Writes pieces of a body; fails when nobody takes them any more. What is left goes out with `flush`.
#[derive(Debug)]
pub(crate) struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        self.sender
            .blocking_send(Ok(Bytes::from(full)))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // Formats own the writer they are given, and end it by dropping it.
        let _ = self.flush();
    }
}
