//! WhatsApp chat exports: a folder for each chat with its text and the files beside it.

pub(crate) mod chat;
pub(crate) mod losses;
#[cfg(test)]
pub(crate) mod tests;

use std::io::Write;

use hutong_model::{Conversation, Message};

use crate::attachments::Shown;
use crate::file_name::FileNames;
use crate::output::{FileTarget, FolderTarget};
use crate::{About, Context, Export, Format, Output, OutputKind, Phone, WriteError, Written};

use chat::{Beside, ChatWriter};

/// The format.
#[derive(Debug)]
pub struct WhatsAppTxt;

static ABOUT: About = About {
    id: "whatsapp-txt",
    name_zh: "WhatsApp 聊天导出",
    name_en: "WhatsApp chat export",
    keeps_zh: "时间、发送者、文字、图片和文件；每个会话一个文件夹，内有 _chat.txt，能读 WhatsApp 导出的程序都认得",
    keeps_en: "times, senders, words, pictures and files; a folder with _chat.txt for each chat, for programs that read WhatsApp exports",
    loses_zh: "编号、回复关系、@ 的对象；语音转成 WAV",
    loses_en: "ids, links of answers, whom a mention means; voices become WAV",
    output: OutputKind::Folder,
    extension: "txt",
    losses: losses::losses,
};

impl Format for WhatsAppTxt {
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
        Ok(Box::new(WhatsAppExport {
            folder: FolderTarget::create(&path, context.options.overwrite)?,
            context,
            writer: ChatWriter::new(context, context.options.phone),
            names: FileNames::default(),
            current: None,
            written: Written::default(),
        }))
    }
}

struct WhatsAppExport<'a> {
    folder: FolderTarget,
    context: &'a Context<'a>,
    writer: ChatWriter<'a>,
    names: FileNames,
    /// Folder and text of the conversation at hand.
    current: Option<(String, FileTarget)>,
    written: Written,
}

/// Puts files into the folder of a chat.
struct InFolder<'f> {
    folder: &'f FolderTarget,
    inside: &'f str,
    files: u64,
    bytes: u64,
}

impl Beside for InFolder<'_> {
    fn put(&mut self, name: &str, content: Shown) -> Result<bool, WriteError> {
        let path = self.folder.staged(&format!("{}/{name}", self.inside));
        let Some((length, mut content)) = content.whole().map_err(WriteError::at(&path))? else {
            return Ok(false);
        };
        let file = std::fs::File::create_new(&path).map_err(WriteError::at(&path))?;
        let mut file = std::io::BufWriter::new(file);
        std::io::copy(&mut content, &mut file).map_err(WriteError::at(&path))?;
        file.flush().map_err(WriteError::at(&path))?;
        self.files += 1;
        self.bytes += length;
        Ok(true)
    }
}

impl Export for WhatsAppExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.close()?;
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.writer.enter(conversation.id, title);
        let (folder, file) = match self.context.options.phone {
            Phone::Iphone => ("WhatsApp Chat - ", "_chat.txt".to_owned()),
            Phone::Android => ("WhatsApp Chat with ", String::new()),
        };
        let folder = self.names.give_folder(&format!("{folder}{title}"));
        let file = if file.is_empty() {
            format!("{folder}.txt")
        } else {
            file
        };
        self.folder.make_folder(&folder)?;
        let text = self.folder.file(&format!("{folder}/{file}"))?;
        self.current = Some((folder, text));
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let (inside, text) = self.current.as_mut().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        let mut beside = InFolder {
            folder: &self.folder,
            inside,
            files: 0,
            bytes: 0,
        };
        self.writer
            .message(message, &mut beside, &mut text.buffer)?;
        self.written.files += beside.files;
        self.written.bytes += beside.bytes;
        text.flush_if_full()
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

impl WhatsAppExport<'_> {
    fn close(&mut self) -> Result<(), WriteError> {
        if let Some((_, text)) = self.current.take() {
            self.written.bytes += text.finish()?;
            self.written.files += 1;
        }
        Ok(())
    }
}
