//! PDF: a typeset book, to print and to keep.
//!
//! Books follow PDF/A-2b: every font is inside and nothing is fetched, so that a page looks in thirty years as it
//! does today. Long ones come in volumes, each complete in itself, so that memory does not grow with the chat.

mod book;
mod cover;
mod paint;
mod volume;

#[cfg(test)]
mod tests;

use hutong_model::{Conversation, Message};

use crate::output::PartsTarget;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written};
use book::Book;

/// The format.
#[derive(Debug)]
pub struct Pdf;

static ABOUT: About = About {
    id: "pdf",
    name_zh: "PDF 书",
    name_en: "PDF book",
    keeps_zh: "时间、发送者、文字、图片、引用、合并转发、撤回与另一版本；书签到每一天，可搜索、可打印、可长期保存（PDF/A-2b）",
    keeps_en: "times, senders, words, pictures, quotes, bundles, recalls and other wordings; bookmarks for every day; to search, to print and to keep (PDF/A-2b)",
    loses_zh: "语音、视频和文件的内容（只留名称、时长和转写）、编号",
    loses_en: "contents of voices, videos and files (names, lengths and transcripts stay), ids",
    output: OutputKind::Either,
    extension: "pdf",
    losses: crate::typeset::losses,
};

impl Format for Pdf {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let target = PartsTarget::open(output, context.options.overwrite, &ABOUT)?;
        Ok(Box::new(PdfExport {
            book: Book::new(context)?,
            target,
            context,
            written: Written::default(),
        }))
    }
}

struct PdfExport<'a> {
    book: Book<'a>,
    target: PartsTarget,
    context: &'a Context<'a>,
    written: Written,
}

impl PdfExport<'_> {
    /// Writes the volume at hand, if anything is in it.
    fn close_volume(&mut self) -> Result<(), WriteError> {
        match self.book.take_volume()? {
            Some(file) => self.target.part(file),
            None => Ok(()),
        }
    }
}

impl Export for PdfExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        if self.target.is_folder() {
            self.close_volume()?;
            self.book.restart();
            let title = self.context.names.conversation_title(conversation.id);
            self.target.begin(title.unwrap_or(&conversation.native_id));
        } else if self.book.is_full() {
            self.close_volume()?;
        }
        self.written.conversations += 1;
        self.book.begin_chat(conversation, message_count);
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
        if self.book.is_full() {
            self.close_volume()?;
        }
        self.book.message(message);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        if self.written.conversations == 0 {
            self.book.begin_empty();
            self.target.begin(&self.context.title);
        }
        self.close_volume()?;
        let (files, bytes) = self.target.finish()?;
        let pictures = self.book.pictures();
        Ok(Written {
            files,
            bytes,
            attachments: pictures.shown,
            attachments_missing: pictures.missing,
            ..self.written
        })
    }
}
