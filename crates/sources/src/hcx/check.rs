//! Checks a whole file: container, bag, every byte and every record.

use std::collections::BTreeSet;
use std::sync::Arc;

use hutong_model::hcx::{HcxCounts, HcxRecord, LineReader};
use hutong_model::{Attachment, AttachmentState, Part, Timestamp};
use hutong_sqlite::ReadAt;

use super::bag::{Bag, HEADER};
use super::container::{Container, InputBag};
use super::flaw::{Flaw, FlawCode};
use super::zip::ZipFile;
use crate::Input;

/// What a file that holds has in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The version that it states.
    pub version: String,
    /// Lines and contents.
    pub counts: HcxCounts,
    /// Bytes of the payload, unpacked.
    pub payload_bytes: u64,
}

/// Checks a file; what is in it is read whole, and nothing is written.
///
/// # Errors
/// The first thing that does not hold.
pub fn check_file(file: Arc<dyn ReadAt>) -> Result<Checked, Flaw> {
    check(&ZipFile::open(file)?)
}

/// Checks a bag that was unpacked into a folder.
///
/// # Errors
/// The first thing that does not hold.
pub fn check_folder(input: &Input) -> Result<Checked, Flaw> {
    check(&InputBag::open(input)?)
}

/// What the lines of a bag add up to.
struct Tally<'a> {
    bag: &'a Bag,
    counts: HcxCounts,
    sources: BTreeSet<String>,
    span: Option<(Timestamp, Timestamp)>,
}

fn check(container: &dyn Container) -> Result<Checked, Flaw> {
    let bag = Bag::open(container)?;
    let mut tally = Tally {
        bag: &bag,
        counts: HcxCounts {
            blobs: bag.blobs(),
            ..HcxCounts::default()
        },
        sources: BTreeSet::new(),
        span: None,
    };
    let mut lines = LineReader::default();
    let mut payload_bytes = 0;
    for path in bag.payload() {
        payload_bytes += super::container::size_of(container, path).unwrap_or(0);
        if path.starts_with("data/ext/") || !path.ends_with(".jsonl") {
            bag.check_file(container, path)?;
            continue;
        }
        bag.lines(container, path, &mut |number, line| {
            let record = lines
                .read(line)
                .map_err(|fault| Flaw::of_fault(&fault, path, number))?;
            tally
                .take(path, record)
                .map_err(|flaw| flaw.at_line(number))
        })?;
    }
    tally.compare()?;
    Ok(Checked {
        version: bag.header.version.clone(),
        counts: tally.counts.clone(),
        payload_bytes,
    })
}

impl Tally<'_> {
    fn take(&mut self, path: &str, record: HcxRecord) -> Result<(), Flaw> {
        let is_here = match (&record, path) {
            (HcxRecord::Account(_), "data/accounts.jsonl")
            | (HcxRecord::Conversation(_), "data/conversations.jsonl")
            | (HcxRecord::Membership(_), "data/memberships.jsonl")
            | (HcxRecord::Change { .. } | HcxRecord::Decision(_), "data/changes.jsonl") => true,
            (HcxRecord::Message(_), path) => path.starts_with("data/messages/"),
            _ => false,
        };
        if !is_here {
            return Err(Flaw::new(
                FlawCode::Record,
                path,
                "is a record that belongs into another file",
            ));
        }
        match path {
            "data/accounts.jsonl" => self.counts.accounts += 1,
            "data/conversations.jsonl" => self.counts.conversations += 1,
            "data/memberships.jsonl" => self.counts.memberships += 1,
            "data/changes.jsonl" => self.counts.changes += 1,
            _ => self.counts.messages += 1,
        }
        if let HcxRecord::Message(copies) = &record {
            self.counts.copies += copies.len() as u64;
            for copy in copies {
                if !copy.source.is_empty() && !self.sources.contains(&*copy.source) {
                    self.sources.insert(copy.source.to_string());
                }
                let at = copy.message.sent_at;
                let (first, last) = self.span.get_or_insert((at, at));
                *first = at.min(*first);
                *last = at.max(*last);
            }
        }
        for_each_attachment(&record, &mut |attachment| {
            self.has_content(path, attachment)
        })
    }

    fn has_content(&self, path: &str, attachment: &Attachment) -> Result<(), Flaw> {
        match attachment.sha256 {
            Some(digest)
                if attachment.state == AttachmentState::Stored && !self.bag.has_blob(&digest) =>
            {
                let what = format!("says that {digest} is stored, which is not in data/blobs");
                Err(Flaw::new(FlawCode::Blob, path, what))
            }
            _ => Ok(()),
        }
    }

    /// Compares what there is with what the header says.
    fn compare(&self) -> Result<(), Flaw> {
        let header = &self.bag.header;
        let (stated, found) = (&header.counts, &self.counts);
        let pairs = [
            ("accounts", stated.accounts, found.accounts),
            ("blobs", stated.blobs, found.blobs),
            ("changes", stated.changes, found.changes),
            ("conversations", stated.conversations, found.conversations),
            ("copies", stated.copies, found.copies),
            ("memberships", stated.memberships, found.memberships),
            ("messages", stated.messages, found.messages),
        ];
        for (name, stated, found) in pairs {
            if stated != found {
                let what = format!("counts {stated} {name}, there are {found}");
                return Err(Flaw::new(FlawCode::Counts, HEADER, what));
            }
        }
        if !self.sources.iter().eq(&header.sources) {
            return Err(Flaw::new(
                FlawCode::Counts,
                HEADER,
                "lists other sources than the messages name",
            ));
        }
        Ok(())
    }
}

/// Calls `visit` on every attachment of a record.
fn for_each_attachment(
    record: &HcxRecord,
    visit: &mut dyn FnMut(&Attachment) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut result = Ok(());
    let mut visit_one = |attachment: &Attachment| {
        if result.is_ok() {
            result = visit(attachment);
        }
    };
    let mut visit_parts = |parts: &[Part]| {
        for part in parts.iter().filter(|part| !matches!(part, Part::Text(_))) {
            part.for_each_attachment(&mut |attachment| visit_one(attachment));
        }
    };
    match record {
        HcxRecord::Message(copies) => {
            for copy in copies {
                visit_parts(&copy.message.parts);
                for revision in &copy.message.revisions {
                    visit_parts(&revision.parts);
                }
            }
        }
        HcxRecord::Change { change, .. } => {
            if let hutong_model::Change::Revision(revision) = change.known() {
                visit_parts(&revision.parts);
            }
        }
        HcxRecord::Account(account) => account.avatar.iter().for_each(visit_one),
        _ => {}
    }
    result
}
