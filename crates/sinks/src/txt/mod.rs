//! Plain text: one line per message, for reading and for searching with any tool.

use hutong_model::{Conversation, Message, PartKind};

use crate::output::EitherTarget;
use crate::scribe::Scribe;
use crate::text::{write_clean, write_name};
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written, words,
};

/// The format.
#[derive(Debug)]
pub struct Txt;

static ABOUT: About = About {
    id: "txt",
    name_zh: "纯文本",
    name_en: "Plain text",
    keeps_zh: "时间、发送者、文字、引用、合并转发的内容、撤回标记；任何编辑器都能打开",
    keeps_en: "times, senders, words, quotes, contents of bundles, recalls; opens in any editor",
    loses_zh: "图片、语音和文件的内容（只留名称）、编号、排版",
    loses_en: "contents of images, voices and files (names stay), ids, layout",
    output: OutputKind::Either,
    extension: "txt",
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
            PartKind::Link => {
                Treatment::reduced("标题和网址，没有说明", "title and address, no description")
            }
        },
        Feature::Fact(fact) => match fact {
            Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::AttachmentBytes => Treatment::dropped("只写名称", "only names are written"),
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

/// Further lines of a message stand this far in.
const INDENT: &str = "    ";

impl Format for Txt {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(TxtExport {
            target: EitherTarget::open(output, context.options.overwrite, &ABOUT)?,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            body: String::new(),
            written: Written::default(),
        }))
    }
}

struct TxtExport<'a> {
    target: EitherTarget,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    /// Scratch space for one message.
    body: String,
    written: Written,
}

impl Export for TxtExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        let language = self.context.language;
        let names = self.context.names;
        let title = names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.scribe.people.enter(conversation.id);
        let starts_file = self.target.begin(title)?;
        let members = self.context.members_of(conversation);
        let out = self.target.buffer().ok_or(WriteError::NoConversation)?;
        if !starts_file && self.written.conversations > 0 {
            out.extend_from_slice(b"\n\n");
        }
        write_name(title, out);
        out.push(b'\n');
        let mut facts = vec![words::conversation(language, conversation.kind).to_owned()];
        if let Some(platform) = &conversation.platform {
            facts.insert(0, words::platform(language, platform).to_owned());
        }
        facts.push(conversation.native_id.clone());
        facts.push(words::messages(language, message_count));
        write_name(&facts.join(" · "), out);
        out.push(b'\n');
        if !members.is_empty() {
            let people: Vec<String> = members.iter().map(|id| self.scribe.member(*id)).collect();
            out.extend_from_slice(language.pick("成员: ", "Participants: ").as_bytes());
            write_name(&people.join(language.pick("、", ", ")), out);
            out.push(b'\n');
        }
        out.extend_from_slice(language.pick("时区: ", "Time zone: ").as_bytes());
        write_name(&self.context.zone_name(), out);
        out.extend_from_slice(b"\n");
        out.extend_from_slice("─".repeat(40).as_bytes());
        out.extend_from_slice(b"\n");
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let out = self.target.buffer().ok_or(WriteError::NoConversation)?;
        if self.written.conversations == 0 {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.scribe
            .clock
            .local(message.sent_at)
            .write(message.precision, out);
        out.push(b' ');
        if message.sender.is_some() || message.sender_name.is_some() {
            let (_, name) = self.scribe.sender(message);
            write_name(name, out);
            out.extend_from_slice(b": ");
        }
        self.body.clear();
        self.scribe.write_message(message, &mut self.body);
        write_clean(self.body.trim_end_matches('\n'), INDENT, out);
        out.push(b'\n');
        self.target.flush_if_full()
    }

    fn finish(self: Box<Self>) -> Result<Written, WriteError> {
        let (files, bytes) = self.target.finish()?;
        Ok(Written {
            files,
            bytes,
            ..self.written
        })
    }
}
