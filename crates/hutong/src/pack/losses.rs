//! What a pack will lose, counted before anything is written.

use std::collections::BTreeMap;

use hutong_archive::{Archive, ArchiveError};
use hutong_model::{
    AccountId, Attachment, AttachmentState, ConversationId, Digest, Message, NameTable, Part,
    Precision, State,
};
use hutong_sinks::{Fact, Fate, Feature, Treatment};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{PackForm, PackRequest, check_stop};
use crate::Error;
use crate::export::conversations;

/// Something that one form of the pack does not hold whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackLoss {
    /// The form.
    pub form: PackForm,
    /// What is lost.
    pub feature: Feature,
    /// Reduced or dropped, and in which way.
    pub treatment: Treatment,
    /// In so many messages.
    pub messages: u64,
}

/// What a pack holds and loses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackReport {
    /// Messages chosen.
    pub messages: u64,
    /// Conversations chosen.
    pub conversations: u64,
    /// Losses, form by form.
    pub losses: Vec<PackLoss>,
    /// Attachments of different content, and their bytes.
    pub attachments: u64,
    /// Bytes of those.
    pub attachment_bytes: u64,
    /// Attachments whose bytes the archive does not hold.
    pub attachments_missing: u64,
    /// Attachments larger than the target's limit, which will be cut: name, bytes, pieces.
    pub large: Vec<(String, u64, u64)>,
    pub(super) conversation_ids: Vec<ConversationId>,
    pub(super) speakers: FxHashSet<(ConversationId, AccountId)>,
}

pub(super) fn count(
    archive: &Archive,
    names: &NameTable,
    request: &PackRequest<'_>,
) -> Result<PackReport, Error> {
    let mut tables = Vec::new();
    for form in &request.forms {
        if let Some(id) = form.format() {
            let format =
                hutong_sinks::format(id).ok_or_else(|| Error::NoSuchFormat(id.to_owned()))?;
            tables.push((*form, format.about().losses));
        }
    }
    let chosen = conversations(archive, names, &request.selection)?;
    let mut counter = Counter::default();
    let mut reader = archive.reader()?;
    let is_filtered = !request.selection.is_whole_conversations();
    for (conversation, _) in &chosen {
        check_stop(request.progress)?;
        reader.conversation::<ArchiveError>(
            conversation.id,
            request.selection.window(),
            &mut |message| {
                if !is_filtered || request.selection.matches(&message) {
                    counter.add(&message);
                }
                Ok(true)
            },
        )?;
    }
    let mut losses = Vec::new();
    for (form, table) in tables {
        for (feature, messages) in &counter.features {
            let treatment = table(*feature);
            if treatment.fate != Fate::Kept {
                losses.push(PackLoss {
                    form,
                    feature: *feature,
                    treatment,
                    messages: *messages,
                });
            }
        }
    }
    let limit = request.target.file_bytes;
    let mut large: Vec<_> = counter
        .stored
        .values()
        .filter(|(_, bytes)| *bytes > limit)
        .map(|(name, bytes)| (name.clone(), *bytes, bytes.div_ceil(limit.max(1))))
        .collect();
    large.sort();
    Ok(PackReport {
        messages: counter.messages,
        conversations: chosen.len() as u64,
        losses,
        attachments: counter.stored.len() as u64,
        attachment_bytes: counter.stored.values().map(|(_, bytes)| bytes).sum(),
        attachments_missing: counter.missing,
        large,
        conversation_ids: chosen
            .iter()
            .map(|(conversation, _)| conversation.id)
            .collect(),
        speakers: counter.speakers,
    })
}

#[derive(Default)]
struct Counter {
    messages: u64,
    features: BTreeMap<Feature, u64>,
    stored: FxHashMap<Digest, (String, u64)>,
    missing: u64,
    speakers: FxHashSet<(ConversationId, AccountId)>,
}

impl Counter {
    fn add(&mut self, message: &Message) {
        self.messages += 1;
        if let Some(sender) = message.sender {
            self.speakers.insert((message.conversation, sender));
        }
        let mut kinds: Vec<_> = message.parts.iter().map(Part::kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            self.see(Feature::Part(kind));
        }
        let mut has_bytes = false;
        for part in &message.parts {
            part.for_each_attachment(&mut |attachment| {
                has_bytes |= self.attachment(attachment);
            });
        }
        let has_mentions = message
            .parts
            .iter()
            .any(|part| matches!(part, Part::Text(text) if !text.mentions.is_empty()));
        for (fact, holds) in [
            (Fact::AttachmentBytes, has_bytes),
            (Fact::Mentions, has_mentions),
            (Fact::Reply, !message.reply_to.is_empty()),
            (
                Fact::Recall,
                matches!(message.state, State::Recalled { .. }),
            ),
            (Fact::Revisions, !message.revisions.is_empty()),
            (Fact::Reactions, !message.reactions.is_empty()),
            (
                Fact::Milliseconds,
                message.precision == Precision::Millisecond,
            ),
            (Fact::Hidden, message.is_hidden),
        ] {
            if holds {
                self.see(Feature::Fact(fact));
            }
        }
    }

    fn see(&mut self, feature: Feature) {
        *self.features.entry(feature).or_default() += 1;
    }

    /// Whether its bytes are in the archive.
    fn attachment(&mut self, attachment: &Attachment) -> bool {
        let Some(digest) = attachment
            .sha256
            .filter(|_| attachment.state == AttachmentState::Stored)
        else {
            self.missing += 1;
            return false;
        };
        self.stored.entry(digest).or_insert_with(|| {
            (
                attachment.name.clone().unwrap_or_default(),
                attachment.size_bytes.unwrap_or_default(),
            )
        });
        true
    }
}
