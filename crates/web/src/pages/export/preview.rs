//! A look at an export before it is made: how much, how large, and how it begins.

use std::io::Read;
use std::time::{Duration, Instant};

use hutong::model::{Conversation, Message};
use hutong::sinks::{Context, NoBlobs, Options, Output, OutputKind, WriteError};
use hutong::{ArchiveError, Reader, Selection, TimeWindow};
use maud::{Markup, html};

use super::Wanted;
use crate::Failure;
use crate::site::OpenArchive;
use crate::visitor::Visitor;

/// Messages that are written on trial to tell the size.
const TRIED: usize = 300;

/// Characters of the beginning that are shown.
const SHOWN_BYTES: u64 = 6_000;

/// Counting ends after so many messages or so long; then the count is a lower bound.
const COUNTED: u64 = 500_000;
const COUNTING: Duration = Duration::from_millis(1_500);

/// What an export would be.
pub(super) struct Preview {
    messages: u64,
    is_exact: bool,
    /// Estimated from the messages written on trial.
    text_bytes: u64,
    /// Attachments of the messages that were counted, scaled where counting ended early.
    attachments: u64,
    attachment_bytes: u64,
    beginning: String,
}

impl Preview {
    pub(super) fn of(
        open: &OpenArchive,
        reader: &mut Reader,
        selection: &Selection,
        wanted: &Wanted,
        visitor: &Visitor,
    ) -> Result<Self, Failure> {
        let mut counted = 0_u64;
        let mut tried: Vec<Message> = Vec::new();
        let (mut attachments, mut attachment_bytes) = (0_u64, 0_u64);
        let started = Instant::now();
        let mut was_stopped = false;
        reader.search::<ArchiveError>(selection, &mut |message| {
            counted += 1;
            for part in &message.parts {
                part.for_each_attachment(&mut |attachment| {
                    attachments += 1;
                    attachment_bytes += attachment.size_bytes.unwrap_or(0);
                });
            }
            if tried.len() < TRIED {
                tried.push(message);
            }
            was_stopped = counted >= COUNTED || started.elapsed() > COUNTING;
            Ok(!was_stopped)
        })?;
        let mut messages = counted;
        let mut is_exact = !was_stopped;
        if was_stopped
            && selection.is_whole_conversations()
            && selection.window() == TimeWindow::default()
        {
            messages = open
                .stats
                .iter()
                .filter(|(id, _)| selection.allows_conversation(**id))
                .map(|(_, stats)| stats.messages)
                .sum();
            is_exact = true;
        }
        // Newest came first; people read from the oldest.
        tried.reverse();
        let (bytes, beginning) = try_out(open, &tried, wanted, visitor)?;
        let scale = |value: u64, of: u64| {
            u64::try_from(u128::from(value) * u128::from(messages) / u128::from(of.max(1)))
                .unwrap_or(u64::MAX)
        };
        Ok(Self {
            messages,
            is_exact,
            text_bytes: scale(bytes, tried.len() as u64),
            attachments: scale(attachments, counted),
            attachment_bytes: scale(attachment_bytes, counted),
            beginning,
        })
    }

    pub(super) fn show(&self, wanted: &Wanted, visitor: &Visitor) -> Markup {
        let pick = |zh, en| visitor.pick(zh, en);
        html! {
            section.card aria-labelledby="look" {
                h2 #look { (pick("将会得到", "What you will get")) }
                @if self.messages == 0 {
                    p { (pick("没有一条消息符合。", "No message fits.")) }
                } @else {
                    p {
                        @if !self.is_exact { (pick("至少 ", "at least ")) }
                        strong { (self.messages) } " " (pick("条消息，文字约 ", "messages; text about "))
                        strong { (readable(self.text_bytes)) }
                        @if wanted.files.is_some() || wanted.format.is_empty() || wanted.format == "html" {
                            (pick("；附件约 ", "; attachments about ")) strong { (self.attachments) }
                            (pick(" 个，", ", ")) strong { (readable(self.attachment_bytes)) }
                        }
                    }
                    p { a.button href=(wanted.address()) download { (pick("下载", "Download")) } }
                    h3 { (pick("开头", "The beginning")) }
                    pre tabindex="0" dir="auto" { (self.beginning) }
                }
            }
        }
    }
}

fn readable(bytes: u64) -> String {
    hutong::sinks::words::size(bytes)
}

/// Writes some messages in the format that is wanted; pages are previewed as text. Says how many bytes they take, and how
/// they begin.
fn try_out(
    open: &OpenArchive,
    messages: &[Message],
    wanted: &Wanted,
    visitor: &Visitor,
) -> Result<(u64, String), Failure> {
    let format = wanted.format()?;
    let failed = |error: WriteError| Failure::from(hutong::Error::Write(error));
    let folder = tempfile::tempdir().map_err(|error| Failure::Broken(error.to_string()))?;
    let context = Context {
        language: visitor.language,
        zone: visitor.zone.clone(),
        options: Options {
            copy_attachments: false,
            show_hidden: wanted.hidden.is_some(),
            ..Options::default()
        },
        ..Context::new(&*open.names, &NoBlobs)
    };
    let write = |format: &dyn hutong::sinks::Format, output: Output| {
        let mut export = format.start(output, &context)?;
        let mut current = None;
        for message in messages {
            if current != Some(message.conversation) {
                current = Some(message.conversation);
                let conversation = open.names.conversations.get(&message.conversation);
                let unknown = Conversation {
                    id: message.conversation,
                    ..Conversation::default()
                };
                export.conversation(conversation.unwrap_or(&unknown), 0)?;
            }
            export.message(message)?;
        }
        export.finish()
    };
    let mut bytes = 0;
    if format.about().output == OutputKind::Folder {
        bytes = write(format, Output::Folder(folder.path().join("pages")))
            .map_err(failed)?
            .bytes;
    }
    let path = folder.path().join("beginning");
    let read = |shown: &dyn hutong::sinks::Format| -> Result<(u64, Vec<u8>), Failure> {
        let written = write(shown, Output::File(path.clone())).map_err(failed)?;
        let mut beginning = Vec::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(SHOWN_BYTES).read_to_end(&mut beginning))
            .and_then(|_| std::fs::remove_file(&path))
            .map_err(|error| Failure::Broken(error.to_string()))?;
        Ok((written.bytes, beginning))
    };
    let plain = hutong::sinks::format("txt").unwrap_or(format);
    let mut shown = read(if bytes > 0 { plain } else { format })?;
    // Workbooks and the like begin with bytes that say nothing to anybody.
    if shown.1.contains(&0) {
        bytes = shown.0;
        shown = read(plain)?;
    }
    let mut beginning = String::from_utf8_lossy(&shown.1).into_owned();
    if shown.0 > SHOWN_BYTES {
        beginning = beginning.trim_end_matches('\u{FFFD}').to_owned();
        beginning.push('…');
    }
    Ok((if bytes > 0 { bytes } else { shown.0 }, beginning))
}
