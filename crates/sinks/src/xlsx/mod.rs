//! Workbooks for spreadsheet programs: a row for each message, with real dates and numbers.

mod book;
mod cell;
mod fields;
mod messages;
mod sheet;
mod strings;
mod tables;

use hutong_model::{Conversation, Message, PartKind};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::ooxml::Place;
use crate::scribe::Scribe;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

use book::Book;
use fields::columns;
use messages::{Chat, Texts};
use sheet::{MAX_ROWS, Sheet};
use tables::{ChatTally, Tally};

/// The format.
#[derive(Debug)]
pub struct Xlsx;

static ABOUT: About = About {
    id: "xlsx",
    name_zh: "Excel 工作簿",
    name_en: "Excel workbook",
    keeps_zh: "每条消息一行：真正的日期和数字、发送者、会话、全部文字、编号、出处、附件名称与摘要；另有会话、人物、说明各一页；写到文件夹时附件在旁边",
    keeps_en: "one row for each message: real dates and numbers, sender, chat, all words, ids, origin, names and digests of attachments; sheets of chats, people and what it is; in a folder the files beside it",
    loses_zh: "聊天的样子、图片不嵌在表格里、卡片的原始内容",
    loses_en: "the look of a chat, pictures inside the table, the original form of cards",
    output: OutputKind::Either,
    extension: "xlsx",
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
            | Fact::Hidden
            | Fact::Members => Treatment::KEPT,
            Fact::AttachmentBytes => Treatment::kept(
                "写到文件夹时附件在旁边；单个文件里只有名称和摘要",
                "beside the workbook in a folder; a single file has only names and digests",
            ),
        },
    }
}

/// A sheet ends behind so many bytes of XML too: spreadsheets do not read parts of more than 4 GB that were written as a
/// stream, and one message may still follow.
const MAX_SHEET_BYTES: u64 = 2 * 1024 * 1024 * 1024;

impl Format for Xlsx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(XlsxExport::begin(output, context, MAX_ROWS)?))
    }
}

struct XlsxExport<'a> {
    place: Place,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    attachments: Attachments<'a>,
    open: Option<Volume>,
    chat: Option<Chat>,
    texts: Texts,
    /// Rows of one sheet, the headings included.
    limit: u32,
    written: Written,
}

/// A workbook under way.
struct Volume {
    book: Book,
    /// The sheet of messages at hand; absent only between two of them.
    sheet: Option<Sheet>,
    /// Which one of the sheets of messages that is.
    part: usize,
    tally: Tally,
}

impl Volume {
    /// Ends the sheet of messages at hand and begins the next.
    fn turn(&mut self, context: &Context<'_>) -> Result<(), WriteError> {
        if let Some(sheet) = self.sheet.take() {
            self.book.end(sheet)?;
        }
        self.part += 1;
        let name = context.language.pick("消息", "Messages");
        let columns = columns(context.language, &context.zone_name());
        self.sheet = Some(self.book.sheet(name, self.part, &columns, &[])?);
        Ok(())
    }
}

impl<'a> XlsxExport<'a> {
    fn begin(output: Output, context: &'a Context<'a>, limit: u32) -> Result<Self, WriteError> {
        let place = Place::open(output, context.options.overwrite, &ABOUT)?;
        let media = place
            .folder()
            .filter(|_| context.options.copy_attachments)
            .map(|folder| folder.staged(MEDIA_FOLDER));
        Ok(Self {
            place,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            attachments: Attachments::new(context.blobs, media, "", None),
            open: None,
            chat: None,
            texts: Texts::default(),
            limit,
            written: Written::default(),
        })
    }

    /// Begins a workbook; nothing when the one file has been written.
    fn open(&mut self, title: &str) -> Result<(), WriteError> {
        let Some(target) = self.place.next(title, ABOUT.extension)? else {
            return Ok(());
        };
        let mut volume = Volume {
            book: Book::begin(target, self.context)?,
            sheet: None,
            part: 0,
            tally: Tally::default(),
        };
        volume.turn(self.context)?;
        self.open = Some(volume);
        Ok(())
    }

    /// Completes the workbook at hand, if there is one.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(mut volume) = self.open.take() else {
            return Ok(());
        };
        let book = &mut volume.book;
        if let Some(sheet) = volume.sheet.take() {
            book.end(sheet)?;
        }
        let written = self.written();
        tables::chats(
            book,
            &volume.tally,
            &mut self.scribe,
            &self.context.zone_name(),
        )?;
        tables::people(book, &volume.tally, self.context)?;
        tables::about(
            book,
            &volume.tally,
            &written,
            &ABOUT,
            self.context,
            &mut self.scribe,
        )?;
        self.written.bytes += volume.book.finish()?;
        self.written.files += 1;
        Ok(())
    }

    /// What was written so far, attachments included.
    fn written(&self) -> Written {
        Written {
            files: self.written.files + self.attachments.files,
            bytes: self.written.bytes + self.attachments.bytes,
            attachments: self.attachments.files,
            attachments_missing: self.attachments.missing,
            ..self.written
        }
    }
}

impl Export for XlsxExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id)
            .to_owned();
        if self.place.folder().is_some() {
            self.close()?;
        }
        if self.open.is_none() {
            self.open(&title)?;
        }
        self.scribe.people.enter(conversation.id);
        let members = self.context.members_of(conversation);
        let volume = self.open.as_mut().ok_or(WriteError::NoConversation)?;
        for member in &members {
            volume.tally.people.entry(*member).or_default();
        }
        volume.tally.chats.push(ChatTally {
            conversation: conversation.clone(),
            title: title.clone(),
            members: members.len() as u64,
            messages: 0,
            first: None,
            last: None,
            place: None,
        });
        self.chat = Some(Chat {
            title,
            native_id: conversation.native_id.clone(),
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = self.chat.as_ref().ok_or(WriteError::NoConversation)?;
        let volume = self.open.as_mut().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            volume.tally.hidden += 1;
            return Ok(());
        }
        self.texts
            .fill(message, &mut self.scribe, &mut self.attachments)?;
        let rows = u32::try_from(self.texts.rows()).unwrap_or(u32::MAX);
        let row = volume.sheet.as_ref().map_or(0, |sheet| sheet.row);
        let is_full = row.saturating_add(rows) > self.limit
            || volume.book.package.part_bytes() > MAX_SHEET_BYTES;
        if is_full && row > 1 {
            volume.turn(self.context)?;
        }
        let Volume {
            book, sheet, tally, ..
        } = volume;
        let sheet = sheet.as_mut().ok_or(WriteError::NoConversation)?;
        tally.count(message.sender, message.sent_at);
        if let Some(chat) = tally.chats.last_mut()
            && chat.place.is_none()
        {
            chat.place = Some((sheet.name.clone(), sheet.row + 1));
        }
        let texts = &mut self.texts;
        messages::write(
            message,
            tally.messages,
            chat,
            texts,
            &mut self.scribe,
            sheet,
            book,
        );
        book.package.flush_if_full()
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        // A file is a workbook even when nothing was to be written into it.
        if self.open.is_none() && self.place.folder().is_none() {
            self.open("")?;
        }
        self.close()?;
        let written = self.written();
        self.place.finish()?;
        Ok(written)
    }
}

#[cfg(test)]
mod tests;
