//! Posts of one conversation and the answers that stand inside them.

use crate::WriteError;
use crate::output::{Spool, read_record, seek, write_record};

/// More answers than this in one conversation stand as posts of their own; a place of each is held in memory.
const MOST_ANSWERS: usize = 4_000_000;

/// What waits until the conversation is complete.
#[derive(Default)]
pub(super) struct Posts {
    /// Each post as two records: the line up to its end, and what closes it.
    posts: Spool,
    count: u64,
    answers: Spool,
    /// Number of the post, and where its answer begins.
    places: Vec<(u64, u64)>,
}

/// What closes the object of a post and its line.
const END: &[u8] = b"}}\n";

impl Posts {
    /// Whether another answer can be held.
    pub(super) fn takes_answers(&self) -> bool {
        self.places.len() < MOST_ANSWERS
    }

    /// Adds a post, whose line is open at the end of its object; gives its number.
    pub(super) fn add(&mut self, open_line: &[u8]) -> Result<u64, WriteError> {
        write_record(open_line, &mut self.posts.buffer);
        self.posts.settle()?;
        self.count += 1;
        Ok(self.count - 1)
    }

    /// Adds an answer, a whole object, to the post with this number.
    pub(super) fn answer(&mut self, post: u64, object: &[u8]) -> Result<(), WriteError> {
        self.places.push((post, self.answers.len()));
        write_record(object, &mut self.answers.buffer);
        self.answers.settle()
    }

    /// Writes all lines, each with its answers in the order in which they came.
    pub(super) fn write(mut self, out: &mut Spool) -> Result<(), WriteError> {
        // Stable, so that the answers of one post keep their order.
        self.places.sort_by_key(|(post, _)| *post);
        let mut places = self.places.into_iter().peekable();
        let mut posts = self.posts.read()?;
        let mut answers = self.answers.read()?;
        let mut record = Vec::new();
        for number in 0..self.count {
            if !read_record(&mut *posts, &mut record)? {
                break;
            }
            out.buffer.extend_from_slice(&record);
            let mut is_first = true;
            while let Some((_, at)) = places.next_if(|(post, _)| *post == number) {
                out.buffer
                    .extend_from_slice(if is_first { b",\"replies\":[" } else { b"," });
                is_first = false;
                seek(at, &mut *answers)?;
                if read_record(&mut *answers, &mut record)? {
                    out.buffer.extend_from_slice(&record);
                }
                out.settle()?;
            }
            if !is_first {
                out.buffer.push(b']');
            }
            out.buffer.extend_from_slice(END);
            out.settle()?;
        }
        Ok(())
    }
}
