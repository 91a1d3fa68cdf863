//! Forward nodes of OneBot v11: lists that a QQ client with OneBot sends as one card (`send_group_forward_msg`).
//!
//! QQ takes a hundred messages in a card, so a chat becomes as many files as it needs. A card can hold pictures, films
//! and cards inside cards; everything else is told in words.

mod losses;
mod mask;
mod people;
mod segments;
#[cfg(test)]
pub(crate) mod tests;

use hutong_model::{Conversation, Message};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::file_name::FileNames;
use crate::output::{FileTarget, FolderTarget};
use crate::scribe::Scribe;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written};

use people::Numbers;
use segments::Writer;

/// The format.
#[derive(Debug)]
pub struct OneBotNodes;

static ABOUT: About = About {
    id: "onebot-nodes",
    name_zh: "QQ 合并转发节点（OneBot）",
    name_en: "QQ forward nodes (OneBot)",
    keeps_zh: "发送者、时间、文字、图片、视频、套在里面的聊天记录；每个文件最多 100 条，由 OneBot 客户端作为一张卡片发到 QQ",
    keeps_en: "senders, times, words, pictures, films, bundles inside; at most 100 messages a file, sent to QQ as one card by a OneBot client",
    loses_zh: "语音、文件、编号、回复关系；不在 QQ 上的人用占位号码",
    loses_en: "voices, files, ids, links of answers; people who are not on QQ get placeholder numbers",
    output: OutputKind::Folder,
    extension: "json",
    losses: losses::losses,
};

/// What QQ takes in one card.
pub(crate) const MOST_NODES: usize = 100;

impl Format for OneBotNodes {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let Output::Folder(path) = output else {
            return Err(WriteError::WrongOutput {
                format: ABOUT.id,
                expected: ABOUT.output,
            });
        };
        let folder = FolderTarget::create(&path, context.options.overwrite)?;
        let options = &context.options;
        let media = options
            .copy_attachments
            .then(|| folder.staged(MEDIA_FOLDER));
        Ok(Box::new(NodesExport {
            writer: Writer {
                scribe: Scribe::new(context.names, context.language, &context.zone),
                attachments: Attachments::new(
                    context.blobs,
                    media,
                    "",
                    options.inline_images_up_to_bytes,
                ),
                numbers: Numbers::new(context),
            },
            folder,
            context,
            names: FileNames::default(),
            current: None,
            nodes: Vec::new(),
            written: Written::default(),
        }))
    }
}

struct NodesExport<'a> {
    folder: FolderTarget,
    context: &'a Context<'a>,
    writer: Writer<'a>,
    names: FileNames,
    current: Option<Chat>,
    /// Scratch space: the nodes of one message.
    nodes: Vec<Vec<u8>>,
    written: Written,
}

/// The conversation at hand.
struct Chat {
    name: String,
    number: u64,
    /// The file being filled, and how many nodes it holds.
    file: Option<(FileTarget, usize)>,
}

impl Export for NodesExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.close()?;
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.writer.scribe.people.enter(conversation.id);
        self.current = Some(Chat {
            name: self.names.give_folder(title),
            number: 0,
            file: None,
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = self.current.as_mut().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.nodes.clear();
        self.writer.message(message, &mut self.nodes)?;
        for node in &self.nodes {
            if chat
                .file
                .as_ref()
                .is_some_and(|(_, held)| *held >= MOST_NODES)
                && let Some((file, _)) = chat.file.take()
            {
                self.written.bytes += end(file)?;
                self.written.files += 1;
            }
            let (file, held) = match &mut chat.file {
                Some(open) => open,
                None => {
                    chat.number += 1;
                    let name = format!("{} {:03}.json", chat.name, chat.number);
                    chat.file.insert((self.folder.file(&name)?, 0))
                }
            };
            file.buffer
                .extend_from_slice(if *held == 0 { b"[\n" } else { b",\n" });
            file.buffer.extend_from_slice(node);
            *held += 1;
            file.flush_if_full()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.close()?;
        self.folder.finish()?;
        let attachments = &self.writer.attachments;
        Ok(Written {
            files: self.written.files + attachments.files,
            bytes: self.written.bytes + attachments.bytes,
            attachments: attachments.files + attachments.inlined,
            attachments_missing: attachments.missing,
            ..self.written
        })
    }
}

impl NodesExport<'_> {
    fn close(&mut self) -> Result<(), WriteError> {
        if let Some((file, _)) = self.current.take().and_then(|chat| chat.file) {
            self.written.bytes += end(file)?;
            self.written.files += 1;
        }
        Ok(())
    }
}

fn end(mut file: FileTarget) -> Result<u64, WriteError> {
    file.buffer.extend_from_slice(b"\n]\n");
    file.finish()
}
