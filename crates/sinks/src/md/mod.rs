//! Markdown: for notes, wikis and repositories. In a folder, attachments lie beside the text.

pub(crate) mod escape;
pub(crate) mod part;

use hutong_model::{Conversation, Message, PartKind};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::output::{EitherTarget, FolderTarget};
use crate::scribe::Scribe;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written, words,
};

use escape::{Dialect, write_plain};

/// The format.
#[derive(Debug)]
pub struct Md;

static ABOUT: About = About {
    id: "md",
    name_zh: "Markdown",
    name_en: "Markdown",
    keeps_zh: "时间、发送者、文字、引用、合并转发、链接；写入文件夹时附带图片和文件",
    keeps_en: "times, senders, words, quotes, bundles, links; images and files too when written to a folder",
    loses_zh: "编号、出处、聊天的版式",
    loses_en: "ids, origins, the look of a chat",
    output: OutputKind::Either,
    extension: "md",
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
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Reply => Treatment::dropped(
                "聊天软件自带的引用文字保留，指向哪一条没有写",
                "the quoted words stay, but not which message it is",
            ),
            Fact::Milliseconds => {
                Treatment::dropped("时间写到秒", "times are written to the second")
            }
            Fact::MessageId | Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
        },
    }
}

impl Format for Md {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let target = EitherTarget::open(output, context.options.overwrite, &ABOUT)?;
        let folder = target.folder().filter(|_| context.options.copy_attachments);
        let media = folder.map(|folder: &FolderTarget| folder.staged(MEDIA_FOLDER));
        Ok(Box::new(MdExport {
            writer: part::Writer {
                dialect: Dialect::Common,
                language: context.language,
                scribe: Scribe::new(context.names, context.language, &context.zone),
                attachments: Attachments::new(context.blobs, media, "", None),
            },
            target,
            context,
            day: None,
            body: String::new(),
            written: Written::default(),
        }))
    }
}

struct MdExport<'a> {
    target: EitherTarget,
    context: &'a Context<'a>,
    writer: part::Writer<'a>,
    day: Option<i64>,
    /// Scratch space for one message.
    body: String,
    written: Written,
}

impl Export for MdExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        let language = self.context.language;
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.writer.scribe.people.enter(conversation.id);
        let starts_file = self.target.begin(title)?;
        let mut text = String::new();
        if !starts_file && self.written.conversations > 0 {
            text.push_str("\n---\n\n");
        }
        text.push_str("# ");
        write_plain(title, &mut text);
        text.push_str("\n\n");
        if let Some(platform) = &conversation.platform {
            write_plain(words::platform(language, platform), &mut text);
            text.push_str(" · ");
        }
        text.push_str(words::conversation(language, conversation.kind));
        text.push_str(" · ");
        text.push_str(&words::messages(language, message_count));
        text.push_str(" · ");
        write_plain(&self.context.zone_name(), &mut text);
        text.push('\n');
        let members = self.context.members_of(conversation);
        if !members.is_empty() {
            let people: Vec<String> = members
                .iter()
                .map(|id| self.writer.scribe.member(*id))
                .collect();
            text.push('\n');
            text.push_str(language.pick("成员：", "Participants: "));
            write_plain(&people.join(language.pick("、", ", ")), &mut text);
            text.push('\n');
        }
        self.target
            .buffer()
            .ok_or(WriteError::NoConversation)?
            .extend_from_slice(text.as_bytes());
        self.day = None;
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        if self.written.conversations == 0 {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        let out = self.target.buffer().ok_or(WriteError::NoConversation)?;
        let local = self.writer.scribe.clock.local(message.sent_at);
        if self.day != Some(local.day) {
            self.day = Some(local.day);
            out.extend_from_slice(b"\n## ");
            out.extend_from_slice(local.long_date(self.context.language).as_bytes());
            out.push(b'\n');
        }
        self.body.clear();
        self.body.push('\n');
        if message.sender.is_some() || message.sender_name.is_some() {
            self.body.push_str("**");
            write_plain(self.writer.scribe.sender(message).1, &mut self.body);
            self.body.push_str("** ");
        }
        out.extend_from_slice(self.body.as_bytes());
        out.push(b'`');
        local.write(message.precision, out);
        out.extend_from_slice(b"`\n\n");

        self.body.clear();
        self.writer.parts(&message.parts, 0, &mut self.body)?;
        self.writer.notes(message, &mut self.body)?;
        let out = self.target.buffer().ok_or(WriteError::NoConversation)?;
        out.extend_from_slice(self.body.trim_end().as_bytes());
        out.push(b'\n');
        self.target.flush_if_full()
    }

    fn finish(self: Box<Self>) -> Result<Written, WriteError> {
        let (files, bytes) = self.target.finish()?;
        let attachments = &self.writer.attachments;
        Ok(Written {
            files: files + attachments.files,
            bytes: bytes + attachments.bytes,
            attachments: attachments.files,
            attachments_missing: attachments.missing,
            ..self.written
        })
    }
}
