//! Taking records out: a selection of the archive into a format.

use std::sync::atomic::Ordering;

use hutong_archive::{Archive, ArchiveError, Progress, Selection};
use hutong_model::hcx::MessageCopy;
use hutong_model::{AccountId, Conversation, ConversationId, Message, NameTable, Timestamp};
use hutong_sinks::{Context, Language, Options, Output, Written};

use crate::export_records::Named;
use crate::{ArchiveBlobs, Error};

/// Messages handed from the reading to the writing thread at a time.
const HAND_OVER: usize = 512;

/// What to export and how.
pub struct ExportRequest<'a> {
    /// Id of the format.
    pub format: &'a str,
    /// Which messages.
    pub selection: Selection,
    /// Where to.
    pub output: Output,
    /// Language of labels.
    pub language: Language,
    /// Zone of the times shown.
    pub zone: jiff::tz::TimeZone,
    /// Title of the whole.
    pub title: String,
    /// When, for footers.
    pub generated_at: Option<Timestamp>,
    /// Further choices.
    pub options: Options,
    /// Decodes wxgf pictures; without it they are written as they are.
    pub wxgf: Option<crate::WxgfDecoder>,
    /// Changes each message before it is written.
    pub edit: Option<&'a (dyn Fn(&mut Message) + Sync)>,
    /// Seen and steered from outside: messages written so far, and how many there will be.
    pub progress: &'a Progress,
}

impl std::fmt::Debug for ExportRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportRequest")
            .field("format", &self.format)
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

enum Step {
    Conversation(Box<Conversation>, u64),
    Messages(Vec<Message>),
    /// Messages, each with the copies that it was made of.
    Copied(Vec<(Message, Vec<MessageCopy>)>),
}

/// Exports. Reading and unpacking run in a thread of their own beside the writing.
///
/// # Errors
/// When the archive cannot be read, the output cannot be written, or the user stopped it; nothing half-made is left.
pub fn export(
    archive: &Archive,
    names: &NameTable,
    request: ExportRequest<'_>,
) -> Result<Written, Error> {
    let format = hutong_sinks::format(request.format)
        .ok_or_else(|| Error::NoSuchFormat(request.format.to_owned()))?;
    let blobs = ArchiveBlobs::new(archive, request.wxgf)?;
    let members = members_by_conversation(names);
    let members =
        |conversation: ConversationId| members.get(&conversation).cloned().unwrap_or_default();
    // The dictionary takes a moment to load, so only titles of sessions ask for it.
    let segment = |text: &str, found: &mut dyn FnMut(&str)| {
        hutong_stats::Segmenter::shared().for_each_word(text, found);
    };
    let context = Context {
        members: Some(&members),
        segment: Some(&segment),
        language: request.language,
        zone: request.zone,
        title: request.title,
        generated_by: concat!("Hutong ", env!("CARGO_PKG_VERSION")),
        generated_at: request.generated_at,
        options: request.options,
        ..Context::new(names, &blobs)
    };
    let mut export = format.start(request.output, &context)?;
    let chosen = conversations(archive, names, &request.selection)?;
    let total: u64 = chosen.iter().map(|(_, count)| count).sum();
    request
        .progress
        .rows_expected
        .store(total, Ordering::Relaxed);
    let (sender, steps) = crossbeam_channel::bounded::<Step>(8);
    let mut reader = archive.reader()?.with_threads();
    let selection = &request.selection;
    let progress = request.progress;
    let written = std::thread::scope(|scope| -> Result<Written, Error> {
        // What is changed on its way must not come along unchanged.
        let wants_copies = format.wants_copies() && request.edit.is_none();
        let reading =
            scope.spawn(move || read(&mut reader, selection, &chosen, wants_copies, &sender));
        let mut done = 0;
        let mut named = Named::of(selection);
        for step in steps {
            match step {
                Step::Conversation(conversation, count) => {
                    named.conversation(&conversation, members(conversation.id));
                    export.conversation(&conversation, count)?;
                }
                Step::Copied(messages) => {
                    for (message, copies) in &messages {
                        named.message(message, copies);
                        export.message_with_copies(message, copies)?;
                    }
                    done += messages.len() as u64;
                    progress.rows_read.store(done, Ordering::Relaxed);
                }
                Step::Messages(mut messages) => {
                    for message in &mut messages {
                        if let Some(edit) = request.edit {
                            edit(message);
                        }
                        export.message(message)?;
                    }
                    done += messages.len() as u64;
                    progress.rows_read.store(done, Ordering::Relaxed);
                }
            }
            if progress.stop.load(Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
        }
        reading.join().unwrap_or_else(|_| {
            Err(ArchiveError::WriterStopped(
                "the reading thread panicked".to_owned(),
            ))
        })?;
        if wants_copies {
            archive.records::<Error>(&mut |record| {
                if named.concerns(&record) {
                    export.record(&record)?;
                }
                Ok(())
            })?;
        }
        Ok(export.finish()?)
    })?;
    Ok(written)
}

fn members_by_conversation(
    names: &NameTable,
) -> rustc_hash::FxHashMap<ConversationId, Vec<AccountId>> {
    let mut members: rustc_hash::FxHashMap<ConversationId, Vec<AccountId>> =
        rustc_hash::FxHashMap::default();
    for (conversation, account) in names.members.keys() {
        members.entry(*conversation).or_default().push(*account);
    }
    members
        .values_mut()
        .for_each(|accounts| accounts.sort_unstable());
    members
}

/// The conversations of a selection with their message counts, the liveliest last message first.
pub(crate) fn conversations(
    archive: &Archive,
    names: &NameTable,
    selection: &Selection,
) -> Result<Vec<(Conversation, u64)>, Error> {
    let mut chosen: Vec<_> = archive
        .conversation_stats()?
        .into_iter()
        .filter(|(id, _)| selection.allows_conversation(*id))
        .collect();
    chosen.sort_by_key(|(id, stats)| (std::cmp::Reverse(stats.last_ms), *id));
    let mut reader = archive.reader()?;
    let mut counted = Vec::with_capacity(chosen.len());
    let is_everything = selection.is_whole_conversations()
        && selection.window() == hutong_archive::TimeWindow::default();
    for (id, stats) in chosen {
        let count = if is_everything {
            stats.messages
        } else {
            count(&mut reader, selection, id)?
        };
        if count > 0 {
            let conversation =
                names
                    .conversations
                    .get(&id)
                    .cloned()
                    .unwrap_or_else(|| Conversation {
                        id,
                        ..Conversation::default()
                    });
            counted.push((conversation, count));
        }
    }
    Ok(counted)
}

fn count(
    reader: &mut hutong_archive::Reader,
    selection: &Selection,
    id: ConversationId,
) -> Result<u64, ArchiveError> {
    let mut count = 0;
    reader.conversation::<ArchiveError>(id, selection.window(), &mut |message| {
        count += u64::from(selection.matches(&message));
        Ok(true)
    })?;
    Ok(count)
}

fn read(
    reader: &mut hutong_archive::Reader,
    selection: &Selection,
    chosen: &[(Conversation, u64)],
    wants_copies: bool,
    sender: &crossbeam_channel::Sender<Step>,
) -> Result<(), ArchiveError> {
    let is_filtered = !selection.is_whole_conversations();
    for (conversation, count) in chosen {
        // A closed channel means that the writing side has stopped and says why itself.
        if sender
            .send(Step::Conversation(Box::new(conversation.clone()), *count))
            .is_err()
        {
            return Ok(());
        }
        if wants_copies {
            read_with_copies(reader, selection, conversation.id, sender)?;
            continue;
        }
        let mut messages = Vec::with_capacity(HAND_OVER);
        reader.conversation::<ArchiveError>(
            conversation.id,
            selection.window(),
            &mut |message| {
                if is_filtered && !selection.matches(&message) {
                    return Ok(true);
                }
                messages.push(message);
                if messages.len() < HAND_OVER {
                    return Ok(true);
                }
                let full = std::mem::replace(&mut messages, Vec::with_capacity(HAND_OVER));
                Ok(sender.send(Step::Messages(full)).is_ok())
            },
        )?;
        if !messages.is_empty() && sender.send(Step::Messages(messages)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn read_with_copies(
    reader: &mut hutong_archive::Reader,
    selection: &Selection,
    conversation: ConversationId,
    sender: &crossbeam_channel::Sender<Step>,
) -> Result<(), ArchiveError> {
    let is_filtered = !selection.is_whole_conversations();
    let mut messages = Vec::with_capacity(HAND_OVER);
    reader.conversation_with_copies::<ArchiveError>(
        conversation,
        selection.window(),
        &mut |message, copies| {
            if is_filtered && !selection.matches(&message) {
                return Ok(true);
            }
            messages.push((message, copies));
            if messages.len() < HAND_OVER {
                return Ok(true);
            }
            let full = std::mem::replace(&mut messages, Vec::with_capacity(HAND_OVER));
            Ok(sender.send(Step::Copied(full)).is_ok())
        },
    )?;
    if !messages.is_empty() {
        // A closed channel means that the writing side has stopped and says why itself.
        let _ = sender.send(Step::Copied(messages));
    }
    Ok(())
}
