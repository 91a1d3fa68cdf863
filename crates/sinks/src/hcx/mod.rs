//! HCX 1.0: the whole archive, or a selection of it, in one file that loses nothing and that anybody can check.
//!
//! `docs/spec/hcx-1.0` says what the file is. Here it is written from front to back: messages first, then what is gathered
//! on the way, then the contents of attachments.

mod bag;
#[cfg(test)]
mod tests;
mod zip;

use std::collections::BTreeSet;
use std::sync::Arc;

use hutong_model::hcx::{
    HcxCounts, HcxHeader, MessageCopy, MessageLine, write_account, write_change,
    write_conversation, write_decision, write_hcx_message, write_membership,
};
use hutong_model::{
    Attachment, AttachmentState, Change, Conversation, ConversationKind, Decision, Digest,
    Membership, Message, Part, Record, Timestamp,
};
use rustc_hash::{FxHashMap, FxHashSet};

use self::bag::Bag;
use crate::output::FileTarget;
use crate::people::People;
use crate::{
    About, Context, Export, Feature, Format, Output, OutputKind, Treatment, WriteError, Written,
};

/// The one folder of the file.
const FOLDER: &str = "hcx";
/// Where contents of attachments stand.
const BLOBS: &str = "hcx/data/blobs/";
/// Messages in one file.
const MESSAGES_PER_FILE: u64 = 100_000;
/// Lines are handed on in pieces of this size.
const PIECE_BYTES: usize = 128 * 1024;

/// The format.
#[derive(Debug)]
pub struct Hcx;

static ABOUT: About = About {
    id: "hcx",
    name_zh: "HCX 1.0 开放交换格式",
    name_en: "HCX 1.0, the open interchange format",
    keeps_zh: "一切：消息及其每个副本、账号、会话、成员、后续变化、关联、附件；可无损导回",
    keeps_en: "everything: messages with each of their copies, accounts, chats, members, later changes, links, attachments; it can be brought back without loss",
    loses_zh: "无（导入报告与图片密钥不在其中）",
    loses_en: "nothing (reports of imports and keys of pictures are not in it)",
    output: OutputKind::File,
    extension: "hcx",
    losses,
};

/// Everything is kept: what a record says is written, and what is not known is written as it came.
const fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(_) | Feature::Fact(_) => Treatment::KEPT,
    }
}

impl Format for Hcx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn wants_copies(&self) -> bool {
        true
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let target = FileTarget::open(output, context.options.overwrite, &ABOUT)?;
        Ok(Box::new(HcxExport {
            bag: Bag::new(target),
            context,
            people: People::new(context.names),
            current: None,
            lines: Vec::with_capacity(2 * PIECE_BYTES),
            text: String::new(),
            in_file: 0,
            files: 0,
            counts: HcxCounts::default(),
            span: None,
            sources: BTreeSet::new(),
            named: Named::default(),
            is_recorded: false,
            accounts: Vec::new(),
            conversations: Vec::new(),
            memberships: Vec::new(),
            changes: Vec::new(),
            contents: Contents::default(),
            written: Written::default(),
        }))
    }
}

struct HcxExport<'a> {
    bag: Bag,
    context: &'a Context<'a>,
    people: People<'a>,
    current: Option<Current<'a>>,
    /// Lines of the open file of messages that were not handed on yet.
    lines: Vec<u8>,
    text: String,
    in_file: u64,
    files: u64,
    counts: HcxCounts,
    span: Option<(Timestamp, Timestamp)>,
    sources: BTreeSet<Arc<str>>,
    named: Named,
    /// Whether the archive has told its records; else they are made of what the context knows.
    is_recorded: bool,
    accounts: Vec<Vec<u8>>,
    conversations: Vec<Vec<u8>>,
    memberships: Vec<Vec<u8>>,
    changes: Vec<Vec<u8>>,
    contents: Contents,
    written: Written,
}

/// What every line of one conversation repeats.
struct Current<'a> {
    native_id: String,
    kind: ConversationKind,
    name: Option<&'a str>,
}

/// Whom and what the messages name.
#[derive(Default)]
struct Named {
    accounts: FxHashSet<hutong_model::AccountId>,
    conversations: Vec<Conversation>,
}

/// Contents of attachments: which can be had.
#[derive(Default)]
struct Contents {
    /// Whether each that was asked for is there.
    known: FxHashMap<Digest, bool>,
    missing: u64,
}

impl Contents {
    fn is_there(&mut self, attachment: &Attachment, context: &Context<'_>) -> bool {
        let Some(digest) = attachment.sha256 else {
            return false;
        };
        if !context.options.copy_attachments {
            return false;
        }
        let missing = &mut self.missing;
        *self.known.entry(digest).or_insert_with(|| {
            let is_there = matches!(context.blobs.original(attachment), Ok(Some(_)));
            *missing += u64::from(!is_there);
            is_there
        })
    }

    /// Whether every content that these parts say is stored can be had.
    fn are_there(&mut self, parts: &[Part], context: &Context<'_>) -> bool {
        let mut all = true;
        for part in parts.iter().filter(|part| !matches!(part, Part::Text(_))) {
            part.for_each_attachment(&mut |attachment| {
                all &= attachment.state != AttachmentState::Stored
                    || self.is_there(attachment, context);
            });
        }
        all
    }

    /// Says of every content that cannot be had that it is not in the file.
    fn settle(&mut self, parts: &mut [Part], context: &Context<'_>) {
        for part in parts {
            let settled: Result<(), std::convert::Infallible> =
                part.try_for_each_attachment_mut(&mut |attachment| {
                    self.settle_one(attachment, context);
                    Ok(())
                });
            match settled {
                Ok(()) => {}
            }
        }
    }

    fn settle_one(&mut self, attachment: &mut Attachment, context: &Context<'_>) {
        if attachment.state == AttachmentState::Stored && !self.is_there(attachment, context) {
            attachment.state = AttachmentState::Referenced;
        }
    }

    fn has_all(&mut self, message: &Message, context: &Context<'_>) -> bool {
        self.are_there(&message.parts, context)
            && message
                .revisions
                .iter()
                .all(|revision| self.are_there(&revision.parts, context))
    }

    fn settled(&mut self, message: &Message, context: &Context<'_>) -> Message {
        let mut message = message.clone();
        self.settle(&mut message.parts, context);
        for revision in &mut message.revisions {
            self.settle(&mut revision.parts, context);
        }
        message
    }
}

impl HcxExport<'_> {
    fn line(&mut self, message: &Message, copies: &[MessageCopy]) -> Result<(), WriteError> {
        if self.in_file == MESSAGES_PER_FILE {
            self.end_file()?;
        }
        let current = self.current.as_ref().ok_or(WriteError::NoConversation)?;
        if self.in_file == 0 {
            self.files += 1;
            self.bag
                .begin(&format!("data/messages/{:06}.jsonl", self.files));
        }
        let sender = message
            .sender
            .map(|id| self.people.get(id))
            .unwrap_or_default();
        let line = MessageLine {
            conversation_native_id: Some(&current.native_id),
            conversation_kind: Some(current.kind),
            conversation_name: current.name,
            sender_native_id: sender.native_id,
            sender_second_id: sender.second_id,
            sender_name: sender.name,
            reply_to: message.reply_to.first().copied(),
        };
        write_hcx_message(&mut self.lines, message, copies, &line, &mut self.text);
        self.lines.push(b'\n');
        self.in_file += 1;
        self.counts.messages += 1;
        self.counts.copies += copies.len() as u64;
        let at = message.sent_at;
        let (first, last) = self.span.get_or_insert((at, at));
        *first = at.min(*first);
        *last = at.max(*last);
        for copy in copies {
            if !copy.source.is_empty() && !self.sources.contains(&copy.source) {
                self.sources.insert(Arc::clone(&copy.source));
            }
        }
        if !self.is_recorded {
            self.named.accounts.extend(message.sender);
        }
        if self.lines.len() >= PIECE_BYTES {
            self.bag.write(&self.lines)?;
            self.lines.clear();
            self.lines.shrink_to(8 * PIECE_BYTES);
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<(), WriteError> {
        if self.in_file > 0 {
            self.bag.write(&self.lines)?;
            self.lines.clear();
            self.in_file = 0;
            self.bag.end()?;
        }
        Ok(())
    }

    /// Records made of what is known of everybody whom the messages name.
    fn record_named(&mut self) {
        let named = std::mem::take(&mut self.named);
        let mut accounts = named.accounts;
        for conversation in &named.conversations {
            accounts.extend(
                [
                    conversation.owner,
                    conversation.peer,
                    conversation.group_owner,
                ]
                .into_iter()
                .flatten(),
            );
        }
        for conversation in &named.conversations {
            for account in self.context.members_of(conversation) {
                let name = self.context.names.member_name(conversation.id, account);
                self.take_record(&Record::Membership(Membership {
                    conversation: conversation.id,
                    account,
                    name: name.map(str::to_owned),
                    ..Membership::default()
                }));
                accounts.insert(account);
            }
        }
        for account in accounts {
            if let Some(account) = self.context.names.account(account) {
                self.take_record(&Record::Account(account.clone()));
            }
        }
        for conversation in named.conversations {
            self.take_record(&Record::Conversation(conversation));
        }
    }

    fn take_record(&mut self, record: &Record) {
        let mut line = Vec::new();
        match record {
            Record::Account(account) => {
                let mut account = account.clone();
                if let Some(avatar) = &mut account.avatar {
                    self.contents.settle_one(avatar, self.context);
                }
                write_account(&mut line, &account);
                self.accounts.push(line);
            }
            Record::Conversation(conversation) => {
                write_conversation(&mut line, conversation);
                self.conversations.push(line);
            }
            Record::Membership(membership) => {
                write_membership(&mut line, membership);
                self.memberships.push(line);
            }
            Record::Change(change) => {
                let mut what = change.change.clone();
                if let Change::Revision(revision) = &mut what {
                    self.contents.settle(&mut revision.parts, self.context);
                }
                write_change(&mut line, change.conversation, change.message, &what);
                self.changes.push(line);
            }
            Record::Decision(decision) => {
                write_decision(&mut line, decision);
                self.changes.push(line);
            }
            Record::Message(_) | Record::ReadBy(_) => {}
        }
    }

    /// Writes lines sorted, each once: the same records give the same file, in whatever order they came.
    fn records_file(&mut self, path: &str, mut lines: Vec<Vec<u8>>) -> Result<u64, WriteError> {
        lines.sort_unstable();
        lines.dedup();
        self.bag.begin(path);
        for line in &lines {
            self.bag.write(line)?;
            self.bag.write(b"\n")?;
        }
        self.bag.end()?;
        Ok(lines.len() as u64)
    }
}

impl Export for HcxExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.people.enter(conversation.id);
        self.current = Some(Current {
            native_id: conversation.native_id.clone(),
            kind: conversation.kind,
            name: self.context.names.conversation_title(conversation.id),
        });
        if !self.is_recorded {
            self.named.conversations.push(conversation.clone());
        }
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let copy = [MessageCopy {
            source: Arc::from(""),
            message: message.clone(),
        }];
        self.message_with_copies(message, &copy)
    }

    fn message_with_copies(
        &mut self,
        message: &Message,
        copies: &[MessageCopy],
    ) -> Result<(), WriteError> {
        self.written.messages += 1;
        let context = self.context;
        let has_all = self.contents.has_all(message, context)
            && copies
                .iter()
                .all(|copy| self.contents.has_all(&copy.message, context));
        if has_all {
            return self.line(message, copies);
        }
        let message = self.contents.settled(message, context);
        let copies: Vec<MessageCopy> = copies
            .iter()
            .map(|copy| MessageCopy {
                source: Arc::clone(&copy.source),
                message: self.contents.settled(&copy.message, context),
            })
            .collect();
        self.line(&message, &copies)
    }

    fn record(&mut self, record: &Record) -> Result<(), WriteError> {
        self.is_recorded = true;
        self.take_record(record);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_file()?;
        if !self.is_recorded {
            self.record_named();
        }
        let accounts = std::mem::take(&mut self.accounts);
        self.counts.accounts = self.records_file("data/accounts.jsonl", accounts)?;
        let changes = std::mem::take(&mut self.changes);
        self.counts.changes = self.records_file("data/changes.jsonl", changes)?;
        let conversations = std::mem::take(&mut self.conversations);
        self.counts.conversations = self.records_file("data/conversations.jsonl", conversations)?;
        let memberships = std::mem::take(&mut self.memberships);
        self.counts.memberships = self.records_file("data/memberships.jsonl", memberships)?;
        let mut contents: Vec<Digest> = std::mem::take(&mut self.contents.known)
            .into_iter()
            .filter_map(|(digest, is_there)| is_there.then_some(digest))
            .collect();
        contents.sort_unstable();
        for digest in &contents {
            let attachment = Attachment {
                sha256: Some(*digest),
                state: AttachmentState::Stored,
                ..Attachment::default()
            };
            let opened = self.context.blobs.original(&attachment);
            let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
            let bytes = opened
                .and_then(|bytes| bytes.ok_or_else(gone))
                .map_err(|source| WriteError::Content {
                    digest: *digest,
                    source,
                })?;
            self.bag.blob(*digest, bytes)?;
        }
        self.counts.blobs = contents.len() as u64;
        let header = HcxHeader {
            counts: self.counts,
            first_sent_at: self.span.map(|(first, _)| first),
            last_sent_at: self.span.map(|(_, last)| last),
            sources: self.sources.iter().map(ToString::to_string).collect(),
            version: HcxHeader::VERSION.to_owned(),
        };
        let mut json = Vec::new();
        header.write(&mut json);
        json.push(b'\n');
        self.bag.file("data/hcx.json", &json)?;
        self.written.attachments = contents.len() as u64;
        self.written.attachments_missing = self.contents.missing;
        (self.written.files, self.written.bytes) = self.bag.finish()?;
        self.written.files = 1;
        Ok(self.written)
    }
}

/// Whether a decision concerns only what was exported; what names anything else is left out of a selection.
#[must_use]
pub fn concerns(
    decision: &Decision,
    has_account: &dyn Fn(hutong_model::AccountId) -> bool,
    has_conversation: &dyn Fn(hutong_model::ConversationId) -> bool,
) -> bool {
    match decision {
        Decision::Link {
            conversation, into, ..
        } => has_conversation(*conversation) && has_conversation(*into),
        Decision::Apart {
            conversation,
            other,
        } => has_conversation(*conversation) && has_conversation(*other),
        Decision::Person { accounts, .. } => accounts.iter().all(|account| has_account(*account)),
        // Nobody knows whom it names.
        Decision::Foreign(_) => false,
    }
}
