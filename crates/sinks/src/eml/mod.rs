//! Mails, one file each: for mail programs and for archives that take mails.
//!
//! `<chat>/<month>/<time>-<id>.eml`. A million messages are a million files; where that is too many, one mail for each
//! day of a chat ([`crate::Options::one_mail_per`]), or the format `mbox`.

use hutong_model::{Conversation, Message, PartKind};

use crate::file_name::FileNames;
use crate::mail::header::LineEnd;
use crate::mail::{Composer, Post, Stamp};
use crate::output::{FileTarget, FolderTarget};
use crate::{
    About, Context, Export, Fact, Feature, Format, MailUnit, Output, OutputKind, Treatment,
    WriteError, Written,
};

/// The format.
#[derive(Debug)]
pub struct Eml;

static ABOUT: About = About {
    id: "eml",
    name_zh: "邮件（每封一个文件）",
    name_en: "Mails (a file each)",
    keeps_zh: "每条消息一封邮件：时间、发送者、文字、回复关系、附件；按会话和月份分文件夹",
    keeps_en: "a mail for each message: times, senders, words, what answers what, attachments; folders by chat and month",
    loses_zh: "聊天的版式、出处、卡片的原始形式",
    loses_en: "the look of a chat, origins, the original form of cards",
    output: OutputKind::Folder,
    extension: "eml",
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
            | Fact::Reply
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Milliseconds
            | Fact::MessageId
            | Fact::Hidden => Treatment::KEPT,
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
            Fact::Members => Treatment::dropped(
                "邮件只发给说过话的和对方",
                "mails are addressed to those who spoke",
            ),
        },
    }
}

impl Format for Eml {
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
        Ok(Box::new(EmlExport {
            composer: Composer::new(context, MailUnit::Message, LineEnd::CrLf),
            names: FileNames::default(),
            pigeonholes: Pigeonholes {
                folder: FolderTarget::create(&path, context.options.overwrite)?,
                chat: String::new(),
                month: String::new(),
                current: None,
                files: 0,
                bytes: 0,
            },
        }))
    }
}

struct EmlExport<'a> {
    composer: Composer<'a>,
    names: FileNames,
    pigeonholes: Pigeonholes,
}

/// Folders by chat and month.
struct Pigeonholes {
    folder: FolderTarget,
    chat: String,
    /// The folder made last.
    month: String,
    current: Option<FileTarget>,
    files: u64,
    bytes: u64,
}

impl Post for Pigeonholes {
    fn begin(&mut self, stamp: &Stamp<'_>) -> Result<&mut FileTarget, WriteError> {
        let date = stamp.local.to_date();
        let month = date.rsplit_once('-').map_or("", |(month, _)| month);
        let folder = format!("{}/{month}", self.chat);
        if folder != self.month {
            self.folder.make_folder(&folder)?;
            self.month = folder;
        }
        let name = if stamp.id.starts_with("day-") {
            format!("{}/{}.eml", self.month, stamp.id.trim_start_matches("day-"))
        } else {
            let (hour, minute) = (stamp.local.second / 3600, stamp.local.second / 60 % 60);
            let second = stamp.local.second % 60;
            let id = stamp.id.trim_start_matches("msg-");
            format!(
                "{}/{date} {hour:02}{minute:02}{second:02} {id}.eml",
                self.month
            )
        };
        Ok(self.current.insert(self.folder.file(&name)?))
    }

    fn end(&mut self) -> Result<(), WriteError> {
        if let Some(done) = self.current.take() {
            self.bytes += done.finish()?;
            self.files += 1;
        }
        Ok(())
    }
}

impl Export for EmlExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.composer.flush(&mut self.pigeonholes)?;
        self.composer.conversation(conversation);
        self.pigeonholes.chat = self.names.give_folder(self.composer.title());
        self.pigeonholes.month.clear();
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        self.composer.message(message, &mut self.pigeonholes)
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.composer.flush(&mut self.pigeonholes)?;
        self.pigeonholes.folder.finish()?;
        Ok(Written {
            files: self.pigeonholes.files,
            bytes: self.pigeonholes.bytes,
            ..self.composer.written
        })
    }
}
