//! Documents for word processors: a heading for each chat and day, names and times, pictures set in.

mod document;
mod pictures;
mod run;
mod writer;

use hutong_model::{Conversation, Message, PartKind, Precision};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::ooxml::{Package, Place};
use crate::scribe::Scribe;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written, words,
};

use pictures::Pictures;
use writer::Writer;

/// The format.
#[derive(Debug)]
pub struct Docx;

static ABOUT: About = About {
    id: "docx",
    name_zh: "Word 文档",
    name_en: "Word document",
    keeps_zh: "按会话和日期分标题（导航窗格可用），发送者、时间、文字、图片、引用、合并转发、撤回说明；写到文件夹时每个会话一份，长的分册，其它附件在旁边",
    keeps_en: "headings for chats and days, senders, times, words, pictures, quotes, bundles, recalls; in a folder a document for each chat, long ones in volumes, and the other files beside it",
    loses_zh: "消息编号、出处、毫秒",
    loses_en: "message ids, origins, thousandths of a second",
    output: OutputKind::Either,
    extension: "docx",
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
            Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::AttachmentBytes => Treatment::kept(
                "图片在文档里；其它文件写到文件夹时在旁边",
                "pictures stand in the document, other files beside it in a folder",
            ),
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Reply => Treatment::dropped("引用的文字留着", "the quoted words stay"),
            Fact::Milliseconds => {
                Treatment::dropped("时间写到秒", "times are written to the second")
            }
            Fact::MessageId | Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
        },
    }
}

/// A volume ends behind so many messages, bytes of text, or bytes of pictures: word processors open it without waiting.
const VOLUME: Limits = Limits {
    messages: 20_000,
    text_bytes: 48 * 1024 * 1024,
    picture_bytes: 256 * 1024 * 1024,
};

/// Word processors do not read a part of more than 4 GB that was written as a stream; one message may still follow.
const MAX_DOCUMENT_BYTES: u64 = 3 * 1024 * 1024 * 1024;

/// What a volume may hold.
#[derive(Clone, Copy)]
struct Limits {
    messages: u64,
    text_bytes: u64,
    picture_bytes: u64,
}

impl Format for Docx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(DocxExport::begin(output, context, VOLUME)?))
    }
}

struct DocxExport<'a> {
    place: Place,
    context: &'a Context<'a>,
    writer: Writer<'a>,
    limits: Limits,
    /// The document at hand, and messages in it.
    open: Option<(Package, u64)>,
    /// Title of the chat at hand.
    title: Option<String>,
    /// Which volume of the chat is at hand.
    volume: u64,
    day: Option<i64>,
    written: Written,
}

impl<'a> DocxExport<'a> {
    fn begin(output: Output, context: &'a Context<'a>, limits: Limits) -> Result<Self, WriteError> {
        let place = Place::open(output, context.options.overwrite, &ABOUT)?;
        let media = place
            .folder()
            .filter(|_| context.options.copy_attachments)
            .map(|folder| folder.staged(MEDIA_FOLDER));
        let scribe = Scribe::new(context.names, context.language, &context.zone);
        let attachments = Attachments::new(context.blobs, media, "", None);
        Ok(Self {
            place,
            context,
            writer: Writer::new(scribe, attachments, Pictures::new(context.blobs)),
            limits,
            open: None,
            title: None,
            volume: 1,
            day: None,
            written: Written::default(),
        })
    }

    /// Begins a document; nothing when the one file has been written.
    fn open(&mut self, name: &str) -> Result<(), WriteError> {
        if let Some(target) = self.place.next(name, ABOUT.extension)? {
            self.open = Some((document::begin(target, self.context)?, 0));
        }
        Ok(())
    }

    /// Completes the document at hand, if there is one.
    fn close(&mut self) -> Result<(), WriteError> {
        self.hand_over()?;
        if let Some((package, _)) = self.open.take() {
            self.written.attachments += self.writer.pictures.count();
            let (bytes, lost) = document::finish(package, &mut self.writer)?;
            self.writer.pictures = Pictures::new(self.context.blobs);
            self.written.attachments_missing += lost;
            self.written.bytes += bytes;
            self.written.files += 1;
        }
        Ok(())
    }

    /// Moves finished paragraphs into the document.
    fn hand_over(&mut self) -> Result<(), WriteError> {
        self.writer.end();
        if let Some((package, _)) = &mut self.open {
            package.buffer.append(&mut self.writer.out);
            package.flush_if_full()?;
        }
        Ok(())
    }

    /// The heading of a chat or of a further volume of it.
    fn heading(&mut self) {
        let title = self.title.clone().unwrap_or_default();
        self.writer.begin("Heading1");
        self.writer.name(&title, None);
        if self.volume > 1 {
            let volume = match self.context.language {
                crate::Language::Zh => format!("（第 {} 册）", self.volume),
                crate::Language::En => format!(" (volume {})", self.volume),
            };
            self.writer.text(&volume, None);
        }
        self.writer.end();
        self.day = None;
    }

    /// What a chat is: platform, kind, how much, zone, who takes part.
    fn facts(&mut self, conversation: &Conversation, message_count: u64) {
        let language = self.context.language;
        let mut facts = Vec::new();
        if let Some(platform) = &conversation.platform {
            facts.push(words::platform(language, platform).to_owned());
        }
        facts.push(words::conversation(language, conversation.kind).to_owned());
        if message_count > 0 {
            facts.push(words::messages(language, message_count));
        }
        facts.push(self.context.zone_name());
        self.writer.paragraph("Facts", &facts.join(" · "));
        let members = self.context.members_of(conversation);
        if members.is_empty() {
            return;
        }
        self.writer.begin("Facts");
        self.writer
            .text(language.pick("成员：", "Participants: "), None);
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                self.writer.text(language.pick("、", ", "), None);
            }
            let name = self.writer.scribe.member(*member);
            self.writer.name(&name, None);
        }
        self.writer.end();
    }

    /// Turns to the next volume when the one at hand is full.
    fn turn_if_full(&mut self) -> Result<(), WriteError> {
        let Some((package, messages)) = &self.open else {
            return Ok(());
        };
        if self.place.folder().is_none() {
            return if package.part_bytes() > MAX_DOCUMENT_BYTES {
                Err(WriteError::TooMuch(ABOUT.id))
            } else {
                Ok(())
            };
        }
        let is_full = *messages >= self.limits.messages
            || package.part_bytes() > self.limits.text_bytes
            || self.writer.pictures.bytes > self.limits.picture_bytes;
        if is_full {
            self.close()?;
            self.volume += 1;
            let name = format!(
                "{} - {}",
                self.title.as_deref().unwrap_or_default(),
                self.volume
            );
            self.open(&name)?;
            self.heading();
        }
        Ok(())
    }

    fn message_words(&mut self, message: &Message) -> Result<(), WriteError> {
        let local = self.writer.scribe.clock.local(message.sent_at);
        if self.day != Some(local.day) {
            self.day = Some(local.day);
            let day = local.long_date(self.context.language);
            self.writer.paragraph("Heading2", &day);
        }
        let mut time = Vec::new();
        local.write(message.precision, &mut time);
        // The heading says the day.
        let time = String::from_utf8_lossy(&time);
        let time = time.split_once(' ').map_or("", |(_, time)| time);
        let is_signed = message.sender.is_some() || message.sender_name.is_some();
        let style = if is_signed {
            self.writer.begin("Sender");
            let name = self.writer.scribe.sender(message).1.to_owned();
            self.writer.name(&name, Some("Name"));
            if message.precision != Precision::Day {
                self.writer.text(&format!("  {time}"), Some("Time"));
            }
            "Message"
        } else {
            "Notice"
        };
        self.writer.begin(style);
        if !is_signed && message.precision != Precision::Day {
            self.writer.text(&format!("{time}  "), Some("Time"));
        }
        self.writer.parts(&message.parts, style, 0)?;
        self.writer.notes(message)
    }
}

impl Export for DocxExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id)
            .to_owned();
        let is_folder = self.place.folder().is_some();
        if is_folder {
            self.close()?;
        }
        if self.open.is_none() {
            self.open(&title)?;
            if !is_folder && !self.context.title.trim().is_empty() {
                self.writer.paragraph("Title", &self.context.title);
            }
        }
        self.writer.scribe.people.enter(conversation.id);
        self.title = Some(title);
        self.volume = 1;
        self.heading();
        self.facts(conversation, message_count);
        self.written.conversations += 1;
        self.hand_over()
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        if self.title.is_none() {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.turn_if_full()?;
        self.message_words(message)?;
        if let Some((_, messages)) = &mut self.open {
            *messages += 1;
        }
        self.hand_over()
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        // A file is a document even when nothing was to be written into it.
        if self.open.is_none() && self.place.folder().is_none() {
            self.open("")?;
        }
        self.close()?;
        let attachments = &self.writer.attachments;
        let written = Written {
            files: self.written.files + attachments.files,
            bytes: self.written.bytes + attachments.bytes,
            attachments: self.written.attachments + attachments.files,
            attachments_missing: self.written.attachments_missing + attachments.missing,
            ..self.written
        };
        self.place.finish()?;
        Ok(written)
    }
}

#[cfg(test)]
mod tests;
