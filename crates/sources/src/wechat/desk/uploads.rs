//! A file that is being uploaded has a row of its own (74), which a complete row (6) follows: one message.

use hutong_model::Message;

use crate::wechat::map::Upload;

/// The most unfinished uploads that one conversation is held for.
const MAX_WAITING: usize = 256;

struct Waiting {
    attach_id: Option<String>,
    server_id: i64,
    message: Box<Message>,
}

/// Rows of unfinished uploads that may still be completed.
#[derive(Default)]
pub(super) struct Uploads {
    waiting: Vec<Waiting>,
}

/// What to push for a row of a file transfer.
pub(super) enum Settled {
    /// The row waits for its completion; the one that had waited longest, if there are too many.
    Waits(Option<Box<Message>>),
    /// The unfinished row that is completed, if one was met, and the complete one.
    Complete(Option<Box<Message>>, Box<Message>),
}

impl Uploads {
    pub(super) fn settle(
        &mut self,
        upload: Upload,
        server_id: i64,
        message: Box<Message>,
    ) -> Settled {
        if !upload.is_complete {
            self.waiting.push(Waiting {
                attach_id: upload.attach_id,
                server_id,
                message,
            });
            let is_full = self.waiting.len() > MAX_WAITING;
            return Settled::Waits(is_full.then(|| self.waiting.remove(0).message));
        }
        let is_same = |waiting: &Waiting| {
            (server_id != 0 && waiting.server_id == server_id)
                || (upload.attach_id.is_some() && waiting.attach_id == upload.attach_id)
        };
        let Some(index) = self.waiting.iter().position(is_same) else {
            return Settled::Complete(None, message);
        };
        let unfinished = self.waiting.remove(index).message;
        // Both rows are sightings of one message, which is what the complete row says.
        let mut earlier = message.clone();
        earlier.origin = unfinished.origin;
        earlier.raw = unfinished.raw;
        let mut complete = message;
        if unfinished.id != complete.id {
            // Answers may still point to the id that the unfinished row had.
            complete.lookup_keys.push(unfinished.id);
            earlier.lookup_keys.push(unfinished.id);
        }
        Settled::Complete(Some(earlier), complete)
    }

    /// Uploads that were never completed, in their order.
    pub(super) fn left(self) -> impl Iterator<Item = Box<Message>> {
        self.waiting.into_iter().map(|waiting| waiting.message)
    }
}
