//! A message that is being read, as bytes, until it is whole.

use std::ops::Range;

use super::arbiter::Candidate;
use crate::qq_manager::clock::WallTime;

/// A longer body is cut; no message is nearly as long.
pub(super) const MAX_BODY: usize = 16 * 1024 * 1024;

/// A message that is being read: whether its bytes are text is asked once, when all are there.
#[derive(Debug, Default)]
pub(super) struct Growing {
    pub(super) start: Option<Start>,
    /// Header and body, each line with a line feed.
    pub(super) bytes: Vec<u8>,
    /// Whether it is longer than messages are: what comes further is left out.
    pub(super) is_cut: bool,
}

/// What is known of a message from its header.
#[derive(Debug)]
pub(super) struct Start {
    /// Where in the bytes the sender stands, and how long the header is with its end.
    pub(super) sender: Range<usize>,
    pub(super) head: usize,
    pub(super) wall: WallTime,
    pub(super) line: u64,
    pub(super) is_odd: bool,
}

impl Growing {
    /// Makes a message of what began so, in this room for it, and says whether all of it had room.
    pub(super) fn finish(&self, start: Start, mut room: Box<Candidate>) -> (Box<Candidate>, bool) {
        let mut text = std::mem::take(&mut room.text);
        text.clear();
        let (mut sender, mut head) = (start.sender, start.head);
        let mut is_whole = true;
        let words = simdutf8::basic::from_utf8(&self.bytes);
        if let Ok(words) = words {
            text.push_str(words);
        } else {
            // A byte that is no text becomes three.
            let mut push = |range: Range<usize>| {
                let bytes = self.bytes.get(range).unwrap_or_default();
                let from = text.len();
                for chunk in bytes.utf8_chunks() {
                    is_whole &= text.len() + chunk.valid().len() + 3 <= MAX_BODY;
                    if !is_whole {
                        break;
                    }
                    text.push_str(chunk.valid());
                    if !chunk.invalid().is_empty() {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                from..text.len()
            };
            push(0..sender.start);
            let behind = sender.end..head;
            sender = push(sender);
            head = push(behind).end;
            push(start.head..self.bytes.len());
        }
        *room = Candidate {
            text,
            sender,
            head,
            wall: start.wall,
            line: start.line,
            is_odd: start.is_odd,
            is_damaged: words.is_err(),
            ..Candidate::default()
        };
        (room, is_whole)
    }
}
