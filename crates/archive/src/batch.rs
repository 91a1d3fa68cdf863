//! A batch being prepared: records become bytes, digests and tokens before the database is touched.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hutong_model::{
    Account, AccountId, Attachment, Change, Conversation, ConversationId, Decision, Direction,
    Membership, Message, MessageChange, MessageId, OriginPlace, Part, Problem, Record, State, hcx,
};
use hutong_search::{FieldClass, PostingBuilder, fold_into};
use rustc_hash::FxHashMap;
use sha2::{Digest as _, Sha256};

use crate::ArchiveError;
use crate::alike;
use crate::blobs::{BlobWriter, SmallBlob};
use crate::codec::{Head, Numbers, write_body};
use crate::merge::is_recall_notice;
use crate::store::Index;
use crate::words::write_words;
use crate::writer::Progress;

/// Records in a full batch.
pub(crate) const BATCH_RECORDS: usize = 98_304;

/// A batch is closed early when its bytes grow beyond this.
const BATCH_BYTES: usize = 48 * 1024 * 1024;

/// One message of a batch.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) head: Head,
    pub(crate) conversation: u32,
    /// Whether it bears a server sequence with a random companion.
    pub(crate) has_pair: bool,
    /// Body inside the arena.
    pub(crate) body: std::ops::Range<usize>,
}

/// Everything that one transaction will write.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entries: Vec<Entry>,
    pub(crate) arena: Vec<u8>,
    /// Lookup keys, each with the entry that answers to it.
    pub(crate) keys: Vec<(MessageId, u32)>,
    pub(crate) postings: PostingBuilder,
    pub(crate) new_accounts: Vec<AccountId>,
    pub(crate) new_conversations: Vec<ConversationId>,
    pub(crate) new_places: Vec<Arc<OriginPlace>>,
    pub(crate) accounts: Vec<(u32, Account)>,
    pub(crate) conversations: Vec<(u32, Conversation)>,
    pub(crate) members: Vec<(u32, u32, Membership)>,
    pub(crate) changes: Vec<(u32, MessageChange)>,
    pub(crate) decisions: Vec<Decision>,
    /// The source that read these messages before, where they are only carried.
    pub(crate) read_by: Option<Arc<str>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) blobs: Vec<SmallBlob>,
    pub(crate) attachments_found: u64,
    pub(crate) attachments_missing: u64,
    pub(crate) blob_bytes: u64,
}

impl Batch {
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= BATCH_RECORDS
            || self.arena.len() + self.postings.size_bytes() >= BATCH_BYTES + BATCH_RECORDS * 64
            || self.blobs.iter().map(SmallBlob::size_bytes).sum::<usize>() >= BATCH_BYTES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.accounts.is_empty()
            && self.conversations.is_empty()
            && self.members.is_empty()
            && self.changes.is_empty()
            && self.decisions.is_empty()
            && self.problems.is_empty()
            && self.blobs.is_empty()
    }
}

/// What happens to the bytes of attachments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AttachmentMode {
    /// They are copied into the archive.
    #[default]
    Copy,
    /// Digest, size and place are kept, the bytes stay where they are.
    Reference,
    /// They are not looked at.
    None,
}

/// What the preparer does with attachments: as the user said, or only count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttachmentWork {
    Take(AttachmentMode),
    Count,
}

/// Turns records into batches.
pub(crate) struct Preparer {
    index: NumberTables,
    blobs: BlobWriter,
    attachments: AttachmentWork,
    progress: Arc<Progress>,
    batch: Batch,
    json: Vec<u8>,
    words: String,
    folded: String,
    last_place: Option<(Arc<OriginPlace>, u32)>,
}

/// The archive's numbers, growing as new things come.
struct NumberTables {
    accounts: FxHashMap<AccountId, u32>,
    conversations: FxHashMap<ConversationId, u32>,
    places: FxHashMap<Arc<OriginPlace>, u32>,
}

impl Preparer {
    pub(crate) fn new(
        index: &Index,
        blobs: BlobWriter,
        attachments: AttachmentWork,
        progress: Arc<Progress>,
    ) -> Self {
        let number = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        Self {
            index: NumberTables {
                accounts: index.account_numbers.clone(),
                conversations: index.conversation_numbers.clone(),
                places: index
                    .places
                    .iter()
                    .enumerate()
                    .map(|(at, place)| (place.clone(), number(at)))
                    .collect(),
            },
            blobs,
            attachments,
            progress,
            batch: Batch::default(),
            json: Vec::new(),
            words: String::new(),
            folded: String::new(),
            last_place: None,
        }
    }

    /// The batch so far, leaving an empty one with room for as much again: growing step by step copies everything.
    pub(crate) fn take(&mut self) -> Batch {
        let next = Batch {
            entries: Vec::with_capacity(self.batch.entries.len()),
            arena: Vec::with_capacity(self.batch.arena.len()),
            postings: self.batch.postings.with_same_capacity(),
            read_by: self.batch.read_by.clone(),
            ..Batch::default()
        };
        std::mem::replace(&mut self.batch, next)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.batch.is_full()
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.batch.problems.push(problem);
    }

    /// Adds a record.
    pub(crate) fn record(&mut self, record: Record) -> Result<(), ArchiveError> {
        match record {
            Record::Account(mut account) => {
                if let Some(avatar) = &mut account.avatar {
                    self.attachment(avatar)?;
                }
                let number = self.account(account.id);
                self.batch.accounts.push((number, account));
            }
            Record::Conversation(conversation) => {
                let number = self.conversation(conversation.id);
                self.batch.conversations.push((number, conversation));
            }
            Record::Membership(membership) => {
                let conversation = self.conversation(membership.conversation);
                let account = self.account(membership.account);
                self.batch.members.push((conversation, account, membership));
            }
            Record::Change(mut change) => {
                if let Change::Revision(revision) = &mut change.change {
                    for part in &mut revision.parts {
                        part.try_for_each_attachment_mut(&mut |attachment| {
                            self.attachment(attachment)
                        })?;
                    }
                }
                let conversation = self.conversation(change.conversation);
                self.batch.changes.push((conversation, change));
            }
            Record::Message(message) => self.message(*message)?,
            Record::Decision(decision) => self.batch.decisions.push(decision),
            // The batch before this was closed: a batch has one source.
            Record::ReadBy(source) => {
                self.batch.read_by = Some(source).filter(|source| !source.is_empty());
            }
        }
        Ok(())
    }

    /// Adds a message.
    pub(crate) fn message(&mut self, mut message: Message) -> Result<(), ArchiveError> {
        for part in &mut message.parts {
            if !matches!(part, Part::Text(_) | Part::System(_)) {
                part.try_for_each_attachment_mut(&mut |attachment| self.attachment(attachment))?;
            }
        }
        for part in message
            .revisions
            .iter_mut()
            .flat_map(|revision| &mut revision.parts)
        {
            part.try_for_each_attachment_mut(&mut |attachment| self.attachment(attachment))?;
        }
        let numbers = Numbers {
            conversation: self.conversation(message.conversation),
            sender: message.sender.map(|sender| self.account(sender)),
            place: self.place(&message.origin.place),
        };
        self.json.clear();
        hcx::write_message_record(&mut self.json, &message);
        let head = Head {
            id: message.id,
            digest: Sha256::digest(&self.json).into(),
            sent_at: message.sent_at.0,
            order: message.order,
        };
        let start = self.batch.arena.len();
        write_body(&mut self.batch.arena, &message, numbers)?;
        let entry = u32::try_from(self.batch.entries.len()).map_err(|_| ArchiveError::TooLarge)?;
        self.batch
            .keys
            .extend(message.lookup_keys.iter().map(|key| (*key, entry)));
        self.tokens(&message, numbers, entry);
        let body = start..self.batch.arena.len();
        self.batch.entries.push(Entry {
            head,
            conversation: numbers.conversation,
            has_pair: alike::pair(&message).is_some(),
            body,
        });
        Ok(())
    }

    fn tokens(&mut self, message: &Message, numbers: Numbers, entry: u32) {
        let words = match message.parts.as_slice() {
            [Part::Text(text)] => text.text.as_str(),
            parts => {
                self.words.clear();
                write_words(parts, &mut self.words);
                &self.words
            }
        };
        self.folded.clear();
        fold_into(words, &mut self.folded);
        let postings = &mut self.batch.postings;
        postings.add_text(entry, &self.folded);
        postings.add_field(entry, FieldClass::Conversation, numbers.conversation);
        if let Some(sender) = numbers.sender {
            postings.add_field(entry, FieldClass::Sender, sender);
        }
        let mut has_attachment = false;
        for part in &message.parts {
            postings.add_field(entry, FieldClass::Kind, part.kind() as u32);
            has_attachment |= !matches!(part, Part::Text(_)) && {
                let mut any = false;
                part.for_each_attachment(&mut |attachment| {
                    any |= *attachment != Attachment::default();
                });
                any
            };
        }
        if message.parts.is_empty() {
            postings.add_field(entry, FieldClass::Kind, message.kind() as u32);
        }
        if has_attachment {
            postings.add_field(entry, FieldClass::Has, crate::find::HAS_ATTACHMENT);
        }
        if !message.reply_to.is_empty() {
            postings.add_field(entry, FieldClass::Has, crate::find::HAS_REPLY);
        }
        // A notice in place of a message makes the other copies of it recalled.
        if matches!(message.state, State::Recalled { .. }) || is_recall_notice(message) {
            postings.add_field(entry, FieldClass::State, crate::find::IS_RECALLED);
        }
        if message.state == State::Deleted {
            postings.add_field(entry, FieldClass::State, crate::find::IS_DELETED);
        }
        if message.direction == Direction::Out {
            postings.add_field(entry, FieldClass::State, crate::find::IS_MINE);
        }
    }

    fn account(&mut self, id: AccountId) -> u32 {
        let next = u32::try_from(self.index.accounts.len()).unwrap_or(u32::MAX);
        *self.index.accounts.entry(id).or_insert_with(|| {
            self.batch.new_accounts.push(id);
            next
        })
    }

    fn conversation(&mut self, id: ConversationId) -> u32 {
        let next = u32::try_from(self.index.conversations.len()).unwrap_or(u32::MAX);
        *self.index.conversations.entry(id).or_insert_with(|| {
            self.batch.new_conversations.push(id);
            next
        })
    }

    fn place(&mut self, place: &Arc<OriginPlace>) -> u32 {
        if let Some((last, number)) = &self.last_place
            && Arc::ptr_eq(last, place)
        {
            return *number;
        }
        let next = u32::try_from(self.index.places.len()).unwrap_or(u32::MAX);
        let number = *self.index.places.entry(place.clone()).or_insert_with(|| {
            self.batch.new_places.push(place.clone());
            next
        });
        self.last_place = Some((place.clone(), number));
        number
    }

    /// Takes over the bytes of an attachment as the mode says; bytes that cannot be read leave it missing.
    fn attachment(&mut self, attachment: &mut Attachment) -> Result<(), ArchiveError> {
        let Some(content) = attachment.content.take() else {
            self.batch.attachments_missing +=
                u64::from(*attachment != Attachment::default() && !attachment.is_present());
            return Ok(());
        };
        let mode = match self.attachments {
            AttachmentWork::Take(AttachmentMode::None) => return Ok(()),
            AttachmentWork::Take(mode) => mode,
            AttachmentWork::Count => {
                self.batch.attachments_found += 1;
                return Ok(());
            }
        };
        let Ok(reader) = content.0.open() else {
            self.batch.attachments_missing += 1;
            return Ok(());
        };
        match self.blobs.take_in(reader, mode == AttachmentMode::Copy)? {
            Some(taken) => {
                attachment.sha256 = Some(taken.sha256);
                attachment.size_bytes = Some(taken.size_bytes);
                attachment.state = taken.state;
                self.batch.attachments_found += 1;
                self.batch.blob_bytes += taken.size_bytes;
                self.progress.attachments.fetch_add(1, Ordering::Relaxed);
                self.progress
                    .attachment_bytes
                    .fetch_add(taken.size_bytes, Ordering::Relaxed);
                self.batch.blobs.extend(taken.small);
            }
            None => self.batch.attachments_missing += 1,
        }
        Ok(())
    }
}
