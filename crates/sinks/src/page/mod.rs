//! One page that needs no other file: for sending a chat to somebody who opens it on a phone.
//!
//! Pictures and voices are set into the page. In a folder each chat has its own page, and a page ends before it would
//! grow beyond [`crate::Options::part_bytes`], so that every part can be sent.

mod tray;

use hutong_model::{Conversation, Message, PartKind};

use crate::html::{heading, page as frame};
use crate::output::EitherTarget;
use crate::paint::Painter;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

use tray::Tray;

/// The format.
#[derive(Debug)]
pub struct Page;

static ABOUT: About = About {
    id: "page",
    name_zh: "单个网页",
    name_en: "One page",
    keeps_zh: "聊天的样子，图片和语音都在这一个文件里；手机自带的浏览器就能打开，可按大小分成几个",
    keeps_en: "the look of a chat with pictures and voices inside this one file; any phone opens it; split by size",
    loses_zh: "视频和文件的内容（只留名称）、编号、出处；大图变小",
    loses_en: "contents of videos and files (names stay), ids, origins; large pictures become smaller",
    output: OutputKind::Either,
    extension: "html",
    losses,
};

/// A part ends here when nothing else is said: phones open pages of this size.
const PART_BYTES: u64 = 24 * 1024 * 1024;

/// More messages than this are not in one part; links in a page lead no further back.
const MESSAGES_IN_PART: usize = 10_000;

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
            PartKind::Contact => {
                Treatment::reduced("名称，没有账号", "the name, not the account id")
            }
        },
        Feature::Fact(fact) => match fact {
            Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::GroupName
            | Fact::MessageId
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::AttachmentBytes => Treatment::dropped(
                "图片和语音在页面里；视频和文件只留名称",
                "pictures and voices are in the page; of videos and files the names",
            ),
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

impl Format for Page {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let may_split = matches!(output, Output::Folder(_));
        let target = EitherTarget::open(output, context.options.overwrite, &ABOUT)?;
        Ok(Box::new(PageExport {
            context,
            painter: Painter::new(
                context.names,
                context.language,
                &context.zone,
                Tray::new(context.blobs, context.options.copy_attachments),
            ),
            target,
            limit: if may_split {
                context.options.part_bytes.unwrap_or(PART_BYTES)
            } else {
                u64::MAX
            },
            chat: None,
            is_open: false,
            in_part: 0,
            messages_in_part: 0,
            scratch: Vec::new(),
            written: Written::default(),
        }))
    }
}

struct PageExport<'a> {
    context: &'a Context<'a>,
    painter: Painter<'a, Tray<'a>>,
    target: EitherTarget,
    /// A part may have so many bytes.
    limit: u64,
    chat: Option<Chat>,
    /// Whether a page has been begun and not closed.
    is_open: bool,
    /// Bytes of the page so far.
    in_part: u64,
    messages_in_part: usize,
    /// Scratch space for one message.
    scratch: Vec<u8>,
    written: Written,
}

struct Chat {
    title: String,
    heading: Vec<u8>,
    part: u64,
}

impl Export for PageExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        self.painter.enter(conversation.id, conversation.kind);
        let title = heading::title(self.context, conversation).to_owned();
        let heading = heading::write(
            self.context,
            &mut self.painter,
            conversation,
            &title,
            message_count,
        );
        self.chat = Some(Chat {
            title,
            heading,
            part: 0,
        });
        self.written.conversations += 1;
        self.begin_part()
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        if self.chat.is_none() {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.paint(message)?;
        let room = self.limit.saturating_sub(self.closing_bytes());
        let is_full = self.in_part + self.scratch.len() as u64 > room
            || (self.limit < u64::MAX && self.messages_in_part >= MESSAGES_IN_PART);
        if is_full && self.messages_in_part > 0 {
            self.begin_part()?;
            // A new page begins with its day.
            self.paint(message)?;
        }
        if self.in_part + self.scratch.len() as u64 > room {
            // Not even alone: its pictures stay outside.
            self.painter.shelf_mut().is_full = true;
            self.painter.turn_page();
            self.paint(message)?;
            self.painter.shelf_mut().is_full = false;
        }
        let scratch = std::mem::take(&mut self.scratch);
        self.push(&scratch)?;
        self.scratch = scratch;
        self.messages_in_part += 1;
        if self.messages_in_part.is_multiple_of(MESSAGES_IN_PART) {
            self.painter.forget();
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_part()?;
        let (files, bytes) = self.target.finish()?;
        let tray = self.painter.shelf();
        Ok(Written {
            files,
            bytes,
            attachments: tray.inlined,
            attachments_missing: tray.missing,
            ..self.written
        })
    }
}

impl PageExport<'_> {
    fn paint(&mut self, message: &Message) -> Result<(), WriteError> {
        self.scratch.clear();
        self.painter.message(message, &mut self.scratch)?;
        Ok(())
    }

    /// What the end of a page takes, generously.
    fn closing_bytes(&self) -> u64 {
        1024 + self.context.generated_by.len() as u64
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.in_part += bytes.len() as u64;
        self.target
            .buffer()
            .ok_or(WriteError::NoConversation)?
            .extend_from_slice(bytes);
        self.target.flush_if_full()
    }

    /// The next page of the chat; in a single file its heading only.
    fn begin_part(&mut self) -> Result<(), WriteError> {
        let Some(mut chat) = self.chat.take() else {
            return Err(WriteError::NoConversation);
        };
        chat.part += 1;
        let name = match chat.part {
            1 => chat.title.clone(),
            part => format!("{} {part}", chat.title),
        };
        let mut out = Vec::new();
        if self.target.folder().is_some() || !self.is_open {
            self.end_part()?;
            self.in_part = 0;
            self.messages_in_part = 0;
            let title = match self.context.language {
                _ if chat.part == 1 => chat.title.clone(),
                crate::Language::Zh => format!("{}（第 {} 部分）", chat.title, chat.part),
                crate::Language::En => format!("{} (part {})", chat.title, chat.part),
            };
            frame::open(self.context, &title, &mut out);
            out.extend_from_slice(b"<main>\n");
            self.is_open = true;
        }
        self.target.begin(&name)?;
        out.extend_from_slice(&chat.heading);
        if chat.part > 1 {
            let words = match self.context.language {
                crate::Language::Zh => format!("<p class=\"s\">第 {} 部分</p>\n", chat.part),
                crate::Language::En => format!("<p class=\"s\">Part {}</p>\n", chat.part),
            };
            out.extend_from_slice(words.as_bytes());
        }
        self.chat = Some(chat);
        self.painter.turn_page();
        self.push(&out)
    }

    fn end_part(&mut self) -> Result<(), WriteError> {
        if !std::mem::take(&mut self.is_open) {
            return Ok(());
        }
        let made_at = heading::made_at(self.context, &mut self.painter);
        let mut out = Vec::new();
        out.extend_from_slice(b"</main>\n");
        frame::close(self.context, made_at.as_deref(), &mut out);
        self.push(&out)
    }
}
