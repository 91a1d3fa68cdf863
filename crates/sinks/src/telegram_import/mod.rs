//! Zips that Telegram imports: it takes chat exports of an iPhone's WhatsApp, one zip for each chat.
//!
//! Telegram knows the export by the name of the zip and of the text in it, and the date by its shape; so both are as
//! WhatsApp writes them. Lengths stand before what they measure in these zips: importers on phones refuse others.

use std::fs;
use std::io::{BufWriter, Read};

use hutong_model::{Conversation, Message};

use crate::attachments::Shown;
use crate::file_name::FileNames;
use crate::output::{FileTarget, FolderTarget, ZipTarget};
use crate::whatsapp_txt::chat::{Beside, ChatWriter};
use crate::whatsapp_txt::losses::losses;
use crate::{About, Context, Export, Format, Output, OutputKind, Phone, WriteError, Written};

/// The format.
#[derive(Debug)]
pub struct TelegramImport;

static ABOUT: About = About {
    id: "telegram-import",
    name_zh: "Telegram 导入包",
    name_en: "Telegram import",
    keeps_zh: "时间、发送者、文字、图片和文件；每个会话一个 zip，用手机分享给 Telegram 即可导入",
    keeps_en: "times, senders, words, pictures and files; a zip for each chat, shared to Telegram on a phone to import it",
    loses_zh: "编号、回复关系、@ 的对象；语音转成 WAV",
    loses_en: "ids, links of answers, whom a mention means; voices become WAV",
    output: OutputKind::Folder,
    extension: "zip",
    losses,
};

/// Name of the text inside, by which importers know it.
const TEXT: &str = "_chat.txt";
/// The text waits here until it goes into its zip.
const WAITING: &str = ".chat";

impl Format for TelegramImport {
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
        Ok(Box::new(TelegramExport {
            folder: FolderTarget::create(&path, context.options.overwrite)?,
            context,
            writer: ChatWriter::new(context, Phone::Iphone),
            names: FileNames::default(),
            current: None,
            written: Written::default(),
        }))
    }
}

struct TelegramExport<'a> {
    folder: FolderTarget,
    context: &'a Context<'a>,
    writer: ChatWriter<'a>,
    names: FileNames,
    current: Option<Chat>,
    written: Written,
}

/// The conversation at hand.
struct Chat {
    name: String,
    zip: Zip,
    text: FileTarget,
}

type Zip = ZipTarget<BufWriter<fs::File>>;

impl Beside for Zip {
    fn put(&mut self, name: &str, content: Shown) -> Result<bool, WriteError> {
        let Some((length, mut content)) = content.whole().map_err(WriteError::Stream)? else {
            return Ok(false);
        };
        self.begin_stored(name, length)?;
        Ok(self.copy(&mut *content)?.is_some())
    }
}

impl Export for TelegramExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.close()?;
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.writer.enter(conversation.id, title);
        let name = self.names.give(&format!("WhatsApp Chat - {title}"), "zip");
        self.current = Some(Chat {
            zip: Zip::create_staged(&self.folder.staged(&name))?,
            name,
            text: self.folder.file(WAITING)?,
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = self.current.as_mut().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        self.writer
            .message(message, &mut chat.zip, &mut chat.text.buffer)?;
        chat.text.flush_if_full()
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.close()?;
        self.folder.finish()?;
        Ok(Written {
            attachments: self.writer.attachments,
            attachments_missing: self.writer.missing,
            ..self.written
        })
    }
}

impl TelegramExport<'_> {
    /// Puts the text into its zip and completes that.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(mut chat) = self.current.take() else {
            return Ok(());
        };
        let length = chat.text.finish()?;
        let path = self.folder.staged(WAITING);
        let mut text = fs::File::open(&path).map_err(WriteError::at(&path))?;
        chat.zip.begin_long(TEXT, length)?;
        if chat.zip.copy(&mut text as &mut dyn Read)?.is_none() {
            return Err(WriteError::at(&path)(std::io::ErrorKind::Other.into()));
        }
        fs::remove_file(&path).map_err(WriteError::at(&path))?;
        self.written.bytes += chat.zip.finish_staged(&self.folder.staged(&chat.name))?;
        self.written.files += 1;
        Ok(())
    }
}
