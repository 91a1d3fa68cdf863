//! Pages that look like a chat: for reading, keeping and printing, without any script and without a network.
//!
//! `index.html` lists the chats; each has its own page in `chats/`, or several when it is long; attachments lie
//! in `media/`, named by their SHA-256. A page needs nothing but the files beside it.

pub(crate) mod heading;
mod index;
pub(crate) mod page;
#[cfg(test)]
mod tests;

use hutong_model::{Conversation, Message, PartKind};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::file_name::FileNames;
use crate::output::FolderTarget;
use crate::paint::Painter;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

/// The format.
#[derive(Debug)]
pub struct Html;

static ABOUT: About = About {
    id: "html",
    name_zh: "网页",
    name_en: "Web pages",
    keeps_zh: "聊天的样子：气泡、图片、语音、视频、文件、引用、合并转发、撤回标记；离线可看，可打印",
    keeps_en: "the look of a chat: bubbles, images, voices, videos, files, quotes, bundles, recalls; offline, printable",
    loses_zh: "原生编号、出处、卡片的原始形式",
    loses_en: "native ids, origins, the original form of cards",
    output: OutputKind::Folder,
    extension: "html",
    losses,
};

/// What becomes of everything that a chat can hold.
fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Part(kind) => match kind {
            PartKind::Text
            | PartKind::Image
            | PartKind::Voice
            | PartKind::Video
            | PartKind::File
            | PartKind::Sticker
            | PartKind::Place
            | PartKind::Contact
            | PartKind::Link
            | PartKind::MiniApp
            | PartKind::ChannelPost
            | PartKind::Quote
            | PartKind::Forward
            | PartKind::Payment
            | PartKind::Call
            | PartKind::Nudge
            | PartKind::Announcement
            | PartKind::Poll
            | PartKind::System
            | PartKind::Card
            | PartKind::Unknown => Treatment::KEPT,
        },
        Feature::Fact(fact) => match fact {
            Fact::AttachmentBytes
            | Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::GroupName
            | Fact::MessageId
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Milliseconds => {
                Treatment::dropped("时间写到秒", "times are written to the second")
            }
            Fact::SenderId | Fact::NativeIds | Fact::Origin => Treatment::dropped(
                "网页给人看，不写编号和出处",
                "the page is for people: no ids, no origins",
            ),
        },
    }
}

/// Folder of the chats' pages.
const CHATS_FOLDER: &str = "chats";

/// A page ends when it has grown to this size, however few messages that are.
const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

impl Format for Html {
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
        folder.make_folder(CHATS_FOLDER)?;
        let media = context
            .options
            .copy_attachments
            .then(|| folder.staged(MEDIA_FOLDER));
        Ok(Box::new(HtmlExport {
            context,
            painter: Painter::new(
                context.names,
                context.language,
                &context.zone,
                Attachments::new(
                    context.blobs,
                    media,
                    "../",
                    context.options.inline_images_up_to_bytes,
                ),
            ),
            folder,
            names: FileNames::default(),
            chat: None,
            entries: Vec::new(),
            written: Written::default(),
        }))
    }
}

struct HtmlExport<'a> {
    context: &'a Context<'a>,
    painter: Painter<'a, Attachments<'a>>,
    folder: FolderTarget,
    names: FileNames,
    chat: Option<Chat>,
    entries: Vec<index::Entry>,
    written: Written,
}

/// The chat that is being written, and its page.
struct Chat {
    entry: index::Entry,
    /// Heading of its first page.
    heading: Vec<u8>,
    body: Vec<u8>,
    page: u64,
    messages_on_page: usize,
    first_day: String,
    last_day: String,
    day: Option<i64>,
}

impl Export for HtmlExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        self.end_chat()?;
        self.painter.enter(conversation.id, conversation.kind);
        let title = heading::title(self.context, conversation);
        let name = self.names.give(title, "html");
        let heading = heading::write(
            self.context,
            &mut self.painter,
            conversation,
            title,
            message_count,
        );
        self.chat = Some(Chat {
            entry: index::Entry::new(
                conversation,
                title,
                name.trim_end_matches(".html"),
                self.entries.len(),
            ),
            heading,
            body: Vec::new(),
            page: 1,
            messages_on_page: 0,
            first_day: String::new(),
            last_day: String::new(),
            day: None,
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let options = &self.context.options;
        let chat = self.chat.as_ref().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        if chat.messages_on_page >= options.messages_per_page.max(1)
            || chat.body.len() >= MAX_PAGE_BYTES
        {
            self.end_page(true)?;
        }
        let chat = self.chat.as_mut().ok_or(WriteError::NoConversation)?;
        let local = self.painter.message(message, &mut chat.body)?;
        if chat.day != Some(local.day) {
            chat.day = Some(local.day);
            chat.last_day = local.to_date();
            if chat.first_day.is_empty() {
                chat.first_day.clone_from(&chat.last_day);
            }
        }
        chat.messages_on_page += 1;
        chat.entry.messages += 1;
        self.painter.preview(message, &mut chat.entry.preview);
        chat.entry.last = Some((message.sent_at, local));
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_chat()?;
        let mut file = self.folder.file("index.html")?;
        self.entries
            .sort_by_key(|entry| std::cmp::Reverse(entry.last.map(|(time, _)| time)));
        let made_at = self.made_at();
        index::write(
            self.context,
            &self.entries,
            made_at.as_deref(),
            &mut file.buffer,
        );
        self.written.bytes += file.finish()?;
        self.written.files += 1;
        self.folder.finish()?;
        let attachments = self.painter.shelf();
        Ok(Written {
            files: self.written.files + attachments.files,
            bytes: self.written.bytes + attachments.bytes,
            attachments: attachments.files + attachments.inlined,
            attachments_missing: attachments.missing,
            ..self.written
        })
    }
}

impl HtmlExport<'_> {
    fn end_chat(&mut self) -> Result<(), WriteError> {
        if self.chat.is_some() {
            self.end_page(false)?;
        }
        self.entries.extend(self.chat.take().map(|chat| chat.entry));
        Ok(())
    }

    /// Writes the page; the next one begins empty.
    fn end_page(&mut self, has_next: bool) -> Result<(), WriteError> {
        let made_at = self.made_at();
        let Some(chat) = &mut self.chat else {
            return Ok(());
        };
        let span = if chat.first_day == chat.last_day {
            chat.first_day.clone()
        } else {
            format!("{} – {}", chat.first_day, chat.last_day)
        };
        let anchor = chat.entry.anchor();
        let position = page::Position {
            stem: &chat.entry.stem,
            number: chat.page,
            has_next,
            span: &span,
            anchor: &anchor,
        };
        let name = page::file_name(&chat.entry.stem, chat.page);
        let mut file = self.folder.file(&format!("{CHATS_FOLDER}/{name}"))?;
        let out = &mut file.buffer;
        out.reserve(chat.body.len() + 16 * 1024);
        page::open(self.context, &chat.entry.title, out);
        page::navigation(self.context, &position, true, out);
        out.extend_from_slice(&chat.heading);
        out.extend_from_slice(b"<main>\n");
        out.extend_from_slice(&chat.body);
        out.extend_from_slice(b"</main>\n");
        page::navigation(self.context, &position, false, out);
        page::close(self.context, made_at.as_deref(), out);
        self.written.bytes += file.finish()?;
        self.written.files += 1;

        chat.entry.pages.push(span);
        chat.body.clear();
        chat.body.shrink_to(MAX_PAGE_BYTES);
        chat.page += 1;
        chat.messages_on_page = 0;
        chat.first_day.clear();
        chat.day = None;
        self.painter.turn_page();
        Ok(())
    }

    fn made_at(&mut self) -> Option<String> {
        heading::made_at(self.context, &mut self.painter)
    }
}
