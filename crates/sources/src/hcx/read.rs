//! A checked bag becomes records.

use std::sync::Arc;

use hutong_model::hcx::{HcxRecord, LineReader, MessageCopy};
use hutong_model::{
    At, Attachment, AttachmentState, Change, ContentHandle, Message, MessageChange, Origin,
    OriginPlace, Part, Record, Sink, Stop,
};

use super::bag::Bag;
use super::container::{Container, InputBag};
use super::flaw::Flaw;
use super::read_error;
use crate::{Input, ReadError, ReadOptions, Summary};

/// Messages between two reports of progress.
const REPORT_EVERY: u64 = 4096;

/// Reads a bag. Every byte is compared with the manifest before the first record is pushed.
///
/// Messages are pushed once for each source that their copies were read by, so that each stretch of the stream has one.
pub(super) fn read(
    input: &Input,
    options: &ReadOptions,
    out: &mut dyn Sink,
) -> Result<Summary, ReadError> {
    let container = InputBag::open(input).map_err(read_error)?;
    let bag = Bag::open(&container).map_err(read_error)?;
    for path in bag.payload() {
        bag.check_file(&container, path).map_err(read_error)?;
    }
    let mut reading = Reading {
        container: &container,
        bag: &bag,
        out,
        takes_contents: options.locate_attachments,
        rows: 0,
    };
    for path in [
        "data/accounts.jsonl",
        "data/conversations.jsonl",
        "data/memberships.jsonl",
    ] {
        reading.file(path, &mut |reading, number, record| {
            reading.other(path, number, record)
        })?;
    }
    let mut sources: Vec<&str> = bag.header.sources.iter().map(String::as_str).collect();
    // Copies without a source, and whatever the header forgot, come first.
    sources.insert(0, "");
    let known: Vec<&str> = sources.clone();
    for source in sources {
        reading.push(Record::ReadBy(Arc::from(source)))?;
        let mark = format!("\"source\":\"{source}\"");
        let finder = memchr::memmem::Finder::new(mark.as_bytes());
        for path in &bag.messages {
            let mut lines = LineReader::default();
            reading.lines(path, &mut |reading, number, line| {
                // Lines of other sources are not taken apart.
                if !source.is_empty() && finder.find(line).is_none() {
                    return Ok(());
                }
                let record = lines
                    .read(line)
                    .map_err(|fault| read_error(Flaw::of_fault(&fault, path, number)))?;
                let HcxRecord::Message(copies) = record else {
                    return Err(misplaced(path, number));
                };
                for copy in copies {
                    let is_its = *copy.source == *source
                        || (source.is_empty() && !known.contains(&&*copy.source));
                    if is_its {
                        reading.message(copy)?;
                    }
                }
                Ok(())
            })?;
        }
    }
    reading.push(Record::ReadBy(Arc::from("")))?;
    let place = Arc::new(OriginPlace {
        input: "data/changes.jsonl".to_owned(),
        table: String::new(),
    });
    reading.file(
        "data/changes.jsonl",
        &mut |reading, number, record| match record {
            HcxRecord::Change {
                message,
                conversation,
                mut change,
            } => {
                if let Change::Revision(revision) = &mut change {
                    reading.fill(&mut revision.parts);
                }
                reading.push(Record::Change(MessageChange {
                    message,
                    conversation,
                    change,
                    origin: Origin {
                        place: Arc::clone(&place),
                        at: At::Line(number),
                    },
                }))
            }
            HcxRecord::Decision(decision) => reading.push(Record::Decision(decision)),
            _ => Err(misplaced("data/changes.jsonl", number)),
        },
    )?;
    let rows_read = reading.rows;
    Ok(Summary {
        rows_read,
        changed_while_reading: false,
    })
}

fn misplaced(path: &str, number: u64) -> ReadError {
    let what = "is a record that belongs into another file";
    read_error(Flaw::new(super::FlawCode::Record, path, what).at_line(number))
}

struct Reading<'a> {
    container: &'a InputBag,
    bag: &'a Bag,
    out: &'a mut dyn Sink,
    takes_contents: bool,
    rows: u64,
}

type Give<'f, 'a> = dyn FnMut(&mut Reading<'a>, u64, HcxRecord) -> Result<(), ReadError> + 'f;
type GiveLine<'f, 'a> = dyn FnMut(&mut Reading<'a>, u64, &[u8]) -> Result<(), ReadError> + 'f;

impl<'a> Reading<'a> {
    fn push(&mut self, record: Record) -> Result<(), ReadError> {
        self.out.record(record).map_err(ReadError::Stopped)
    }

    /// Gives each line of a file.
    fn lines(&mut self, path: &str, give: &mut GiveLine<'_, 'a>) -> Result<(), ReadError> {
        let (bag, container) = (self.bag, self.container);
        let mut failed: Option<ReadError> = None;
        let read = bag.lines(container, path, &mut |number, line| {
            give(self, number, line).map_err(|error| {
                failed = Some(error);
                // Only ends the reading; the reason stands beside it.
                Flaw::new(super::FlawCode::Record, path, "was not taken")
            })
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Err(flaw)) => Err(read_error(flaw)),
            (None, Ok(_)) => Ok(()),
        }
    }

    /// Gives each record of a file.
    fn file(&mut self, path: &str, give: &mut Give<'_, 'a>) -> Result<(), ReadError> {
        let mut lines = LineReader::default();
        self.lines(path, &mut |reading, number, line| {
            let record = lines
                .read(line)
                .map_err(|fault| read_error(Flaw::of_fault(&fault, path, number)))?;
            give(reading, number, record)
        })
    }

    fn other(&mut self, path: &str, number: u64, record: HcxRecord) -> Result<(), ReadError> {
        match (path, record) {
            ("data/accounts.jsonl", HcxRecord::Account(mut account)) => {
                if let Some(avatar) = &mut account.avatar {
                    self.fill_one(avatar);
                }
                self.push(Record::Account(account))
            }
            ("data/conversations.jsonl", HcxRecord::Conversation(conversation)) => {
                self.push(Record::Conversation(conversation))
            }
            ("data/memberships.jsonl", HcxRecord::Membership(membership)) => {
                self.push(Record::Membership(membership))
            }
            _ => Err(misplaced(path, number)),
        }
    }

    fn message(&mut self, copy: MessageCopy) -> Result<(), ReadError> {
        let mut message: Message = copy.message;
        self.fill(&mut message.parts);
        for revision in &mut message.revisions {
            self.fill(&mut revision.parts);
        }
        self.rows += 1;
        if self.rows.is_multiple_of(REPORT_EVERY) {
            let expected = Some(self.bag.header.counts.copies);
            let told: Result<(), Stop> = self.out.progress(self.rows, expected);
            told.map_err(ReadError::Stopped)?;
        }
        self.push(Record::Message(Box::new(message)))
    }

    /// Opens a way to the contents that are in the bag.
    fn fill(&self, parts: &mut [Part]) {
        for part in parts
            .iter_mut()
            .filter(|part| !matches!(part, Part::Text(_)))
        {
            let filled: Result<(), std::convert::Infallible> =
                part.try_for_each_attachment_mut(&mut |attachment| {
                    self.fill_one(attachment);
                    Ok(())
                });
            match filled {
                Ok(()) => {}
            }
        }
    }

    fn fill_one(&self, attachment: &mut Attachment) {
        if attachment.state != AttachmentState::Stored {
            return;
        }
        // Whoever takes the bytes in says so.
        attachment.state = AttachmentState::Referenced;
        if let Some(digest) = attachment.sha256.filter(|_| self.takes_contents) {
            attachment.content = self
                .container
                .content(&format!("data/blobs/{digest}"))
                .map(ContentHandle);
            if attachment.content.is_none() {
                attachment.state = AttachmentState::Missing;
            }
        }
    }
}
