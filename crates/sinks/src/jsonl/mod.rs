//! HCX message lines: one JSON object per message, for programs.

use hutong_model::hcx::{MessageLine, write_message_line};
use hutong_model::{Conversation, ConversationKind, Message, PartKind};

use crate::output::FileTarget;
use crate::people::People;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

/// The format.
#[derive(Debug)]
pub struct Jsonl;

static ABOUT: About = About {
    id: "jsonl",
    name_zh: "JSON 行（HCX 消息行）",
    name_en: "JSON Lines (HCX message lines)",
    keeps_zh: "每条消息的全部内容：片段、时间、双方原生编号、引用、修订、回应、出处、附件摘要",
    keeps_en: "everything a message says: parts, times, native ids, replies, revisions, reactions, origin, attachment digests",
    loses_zh: "附件的字节本身（只留文件名、大小和摘要）",
    loses_en: "the bytes of attachments (names, sizes and digests stay)",
    output: OutputKind::File,
    extension: "jsonl",
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
            Fact::Mentions
            | Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Milliseconds
            | Fact::MessageId
            | Fact::NativeIds
            | Fact::Origin
            | Fact::Hidden => Treatment::KEPT,
            Fact::AttachmentBytes => Treatment::dropped(
                "只写名称、大小和摘要",
                "only names, sizes and digests are written",
            ),
            Fact::Members => Treatment::dropped(
                "每行是一条消息；成员见 HCX",
                "a line is a message; members are in HCX",
            ),
        },
    }
}

impl Format for Jsonl {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(JsonlExport {
            target: FileTarget::open(output, context.options.overwrite, &ABOUT)?,
            lines: Lines::new(context),
            written: Written::default(),
        }))
    }
}

struct JsonlExport<'a> {
    target: FileTarget,
    lines: Lines<'a>,
    written: Written,
}

/// Writes messages as lines; other formats use it to say what a line of an export is.
pub(crate) struct Lines<'a> {
    context: &'a Context<'a>,
    people: People<'a>,
    current: Option<Current<'a>>,
    /// Scratch space for plain texts.
    text: String,
}

/// What every line of one conversation repeats.
struct Current<'a> {
    native_id: String,
    kind: ConversationKind,
    name: Option<&'a str>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self {
            people: People::new(context.names),
            current: None,
            text: String::new(),
            context,
        }
    }

    /// Turns to another conversation.
    pub(crate) fn enter(&mut self, conversation: &Conversation) {
        self.people.enter(conversation.id);
        self.current = Some(Current {
            native_id: conversation.native_id.clone(),
            kind: conversation.kind,
            name: self.context.names.conversation_title(conversation.id),
        });
    }

    /// Appends a message and the end of its line.
    pub(crate) fn write(&mut self, message: &Message, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let current = self.current.as_ref().ok_or(WriteError::NoConversation)?;
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
        write_message_line(out, message, &line, &mut self.text);
        out.push(b'\n');
        Ok(())
    }
}

impl Export for JsonlExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.lines.enter(conversation);
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        self.lines.write(message, &mut self.target.buffer)?;
        self.written.messages += 1;
        self.target.flush_if_full()
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.written.bytes = self.target.finish()?;
        self.written.files = 1;
        Ok(self.written)
    }
}
