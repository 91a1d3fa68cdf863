//! The record stream: what is pushed, where it came from, and who receives it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Account, Conversation, Decision, Membership, Message, MessageChange};

/// One item of the stream.
///
/// An account comes before the records that name it, a conversation before its memberships and messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An identity on a platform.
    Account(Account),
    /// A place where messages go.
    Conversation(Conversation),
    /// An account's place in a conversation.
    Membership(Membership),
    /// One message, boxed because it is much larger than the rest.
    Message(Box<Message>),
    /// Something that happened to a message later: recall, revision, reaction.
    Change(MessageChange),
    /// What was decided about conversations and people in the archive that the input came from.
    Decision(Decision),
    /// What follows was read before, by the source of this id, and is only carried here. Ids that mean something in one
    /// source only are compared as that source's.
    ReadBy(Arc<str>),
}

/// The file and table that a run of records came from; shared by all of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Place {
    /// File name inside the input, with forward slashes.
    pub input: String,
    /// Table, archive member or section; empty where there is none.
    pub table: String,
}

/// Where exactly inside a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum At {
    /// A database row id.
    Row(i64),
    /// A line, counted from 1.
    Line(u64),
    /// A byte range: start and length.
    Bytes(u64, u64),
    /// A database page, counted from 1.
    Page(u32),
    /// The whole place.
    Whole,
}

/// Where a record came from: error location and evidence at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// File and table.
    pub place: Arc<Place>,
    /// Position inside it.
    pub at: At,
}

impl Origin {
    /// An origin in a fresh place; sources that read many rows share one [`Place`] instead.
    #[must_use]
    pub fn new(input: &str, table: &str, at: At) -> Self {
        Self {
            place: Arc::new(Place {
                input: input.to_owned(),
                table: table.to_owned(),
            }),
            at,
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place.input)?;
        if !self.place.table.is_empty() {
            write!(f, ", {}", self.place.table)?;
        }
        match self.at {
            At::Row(row) => write!(f, ", row {row}"),
            At::Line(line) => write!(f, ", line {line}"),
            At::Bytes(start, length) => write!(f, ", bytes {start}+{length}"),
            At::Page(page) => write!(f, ", page {page}"),
            At::Whole => Ok(()),
        }
    }
}

/// Whether a problem cost a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProblemKind {
    /// A message row was seen but could not be read; it counts as rejected.
    RejectedRow,
    /// Some part of the input is damaged or missing; how many rows that cost is not known.
    Damage,
    /// Nothing was lost, but the user should know.
    Note,
}

/// Something that could not be read, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// What it cost.
    pub kind: ProblemKind,
    /// What is wrong, in English, without a final full stop; equal causes have equal text so that they can be counted.
    pub reason: String,
}

/// The receiver cannot go on; the source returns it unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The user asked to stop; what was committed stays.
    #[error("stopped by the user")]
    Cancelled,
    /// The receiver failed, for example because the disk is full.
    #[error("the receiver failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Stop {
    /// Wraps the receiver's own error.
    pub fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Receives records.
pub trait Sink {
    /// Takes one record.
    ///
    /// # Errors
    /// [`Stop`] when the receiver cannot go on; the caller returns at once.
    fn record(&mut self, record: Record) -> Result<(), Stop>;

    /// Takes one problem.
    ///
    /// # Errors
    /// As [`Self::record`].
    fn problem(&mut self, problem: Problem) -> Result<(), Stop>;

    /// Says how far the source is: message rows read so far and, where known, how many there will be.
    ///
    /// # Errors
    /// As [`Self::record`].
    fn progress(&mut self, rows_read: u64, rows_expected: Option<u64>) -> Result<(), Stop> {
        let _ = (rows_read, rows_expected);
        Ok(())
    }
}

/// Collects everything; for tests and small inputs.
#[derive(Debug, Default)]
pub struct Collected {
    /// Records in order.
    pub records: Vec<Record>,
    /// Problems in order.
    pub problems: Vec<Problem>,
}

impl Sink for Collected {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        self.records.push(record);
        Ok(())
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Stop> {
        self.problems.push(problem);
        Ok(())
    }
}
