//! Mailboxes: many mails in one file, as Thunderbird, Apple Mail, mutt and most archives read them.
//!
//! Lines end in LF. No line of a body can be taken for the beginning of a mail, because one that would begin with
//! `From ` is encoded; so the file is a valid mailbox in every dialect (mboxrd, mboxo, mboxcl) and needs no escaping.

use hutong_model::{Conversation, Message, PartKind};

use crate::clock::Clock;
use crate::mail::header::{LineEnd, separator_date};
use crate::mail::{Composer, Post, Stamp};
use crate::output::{EitherTarget, FileTarget};
use crate::{
    About, Context, Export, Fact, Feature, Format, MailUnit, Output, OutputKind, Treatment,
    WriteError, Written,
};

/// The format.
#[derive(Debug)]
pub struct Mbox;

static ABOUT: About = About {
    id: "mbox",
    name_zh: "邮箱文件",
    name_en: "Mailbox",
    keeps_zh: "每个会话每天一封邮件：时间、发送者、文字、附件；可改为每条消息一封，并保留回复关系",
    keeps_en: "a mail for each day of a chat: times, senders, words, attachments; or one for each message, with what answers what",
    loses_zh: "聊天的版式、出处、卡片的原始形式",
    loses_en: "the look of a chat, origins, the original form of cards",
    output: OutputKind::Either,
    extension: "mbox",
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
            Fact::AttachmentBytes
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Milliseconds
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Reply => Treatment::dropped(
                "一天一封邮件；每条消息一封时保留",
                "a mail is a day; kept with a mail for each message",
            ),
            Fact::MessageId => Treatment::dropped(
                "一天一封邮件；每条消息一封时保留",
                "a mail is a day; kept with a mail for each message",
            ),
            Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
        },
    }
}

impl Format for Mbox {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(MboxExport {
            composer: Composer::new(context, MailUnit::Day, LineEnd::Lf),
            mailbox: Mailbox {
                target: EitherTarget::open(output, context.options.overwrite, &ABOUT)?,
                utc: Clock::new(&jiff::tz::TimeZone::UTC),
            },
        }))
    }
}

struct MboxExport<'a> {
    composer: Composer<'a>,
    mailbox: Mailbox,
}

struct Mailbox {
    target: EitherTarget,
    utc: Clock,
}

impl Post for Mailbox {
    fn begin(&mut self, stamp: &Stamp<'_>) -> Result<&mut FileTarget, WriteError> {
        let at = separator_date(self.utc.local(stamp.sent_at));
        let file = self.target.file().ok_or(WriteError::NoConversation)?;
        file.buffer
            .extend_from_slice(format!("From {} {at}\n", stamp.from).as_bytes());
        Ok(file)
    }

    fn end(&mut self) -> Result<(), WriteError> {
        let file = self.target.file().ok_or(WriteError::NoConversation)?;
        file.buffer.push(b'\n');
        file.flush_if_full()
    }
}

impl Export for MboxExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.composer.flush(&mut self.mailbox)?;
        self.composer.conversation(conversation);
        self.mailbox.target.begin(self.composer.title())?;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        self.composer.message(message, &mut self.mailbox)
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.composer.flush(&mut self.mailbox)?;
        let (files, bytes) = self.mailbox.target.finish()?;
        Ok(Written {
            files,
            bytes,
            ..self.composer.written
        })
    }
}
