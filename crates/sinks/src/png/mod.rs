//! PNG: long pictures, as people send them to each other instead of records.
//!
//! Unlike a screenshot, every message keeps its time, the words stand in the file too, and the square code at the foot
//! carries the digest of the messages above it, so that a stranger can check them against an export of the same chat.

mod bubble;
mod canvas;
mod encode;
mod foot;
mod glyphs;
mod strip;

#[cfg(test)]
mod tests;

use hutong_model::{Conversation, Message};

use crate::output::PartsTarget;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};
use strip::Strip;

/// The format.
#[derive(Debug)]
pub struct Png;

static ABOUT: About = About {
    id: "png",
    name_zh: "长图",
    name_en: "Long picture",
    keeps_zh: "聊天的样子：气泡、头像、图片、引用、每条消息的时间；页脚有消息摘要的二维码，可核对",
    keeps_en: "the look of a chat: bubbles, pictures, quotes, the time of every message; at the foot a square code with the digest of the messages",
    loses_zh: "语音、视频和文件的内容、编号；图里的文字不能选中",
    loses_en: "contents of voices, videos and files, ids; words in a picture cannot be selected",
    output: OutputKind::Either,
    extension: "png",
    losses,
};

/// What becomes of everything that a chat can hold.
fn losses(feature: Feature) -> Treatment {
    match feature {
        Feature::Fact(Fact::SenderId) => Treatment::dropped("只写名字", "only names are written"),
        Feature::Fact(Fact::Members) => Treatment::NO_PLACE,
        // What is said is said by the same blocks as in a book.
        other => crate::typeset::losses(other),
    }
}

impl Format for Png {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        let target = PartsTarget::open(output, context.options.overwrite, &ABOUT)?;
        Ok(Box::new(PngExport {
            strip: Strip::new(context, target)?,
            context,
            written: Written::default(),
        }))
    }
}

struct PngExport<'a> {
    strip: Strip<'a>,
    context: &'a Context<'a>,
    written: Written,
}

impl Export for PngExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        self.written.conversations += 1;
        self.strip.begin_chat(conversation, message_count)
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        if self.written.conversations == 0 {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        let is_hidden = message.is_hidden && !self.context.options.show_hidden;
        self.written.hidden += u64::from(is_hidden);
        self.strip.message(message, is_hidden)
    }

    fn finish(self: Box<Self>) -> Result<Written, WriteError> {
        let done = self.strip.finish()?;
        Ok(Written {
            files: done.files,
            bytes: done.bytes,
            attachments: done.pictures,
            attachments_missing: done.pictures_missing,
            ..self.written
        })
    }
}
