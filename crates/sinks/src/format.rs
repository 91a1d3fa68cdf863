//! What every format is.

use hutong_model::hcx::MessageCopy;
use hutong_model::{Conversation, Message, Record};

use crate::{Context, Feature, Output, Treatment, WriteError};

/// Where a format can be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// One file or a stream.
    File,
    /// A folder with several files.
    Folder,
    /// One file or stream for everything, or a folder with one file per conversation.
    Either,
}

impl OutputKind {
    /// Whether a single file or a stream will do.
    #[must_use]
    pub const fn takes_file(self) -> bool {
        matches!(self, Self::File | Self::Either)
    }

    /// Whether a folder will do.
    #[must_use]
    pub const fn takes_folder(self) -> bool {
        matches!(self, Self::Folder | Self::Either)
    }
}

/// What a format is, for help texts, tables and forms.
#[derive(Debug)]
pub struct About {
    /// Short id, as in `hutong export --to html`.
    pub id: &'static str,
    /// Name in Chinese.
    pub name_zh: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// What it keeps, in Chinese.
    pub keeps_zh: &'static str,
    /// What it keeps, in English.
    pub keeps_en: &'static str,
    /// What it loses, in Chinese.
    pub loses_zh: &'static str,
    /// What it loses, in English.
    pub loses_en: &'static str,
    /// Where it can be written to.
    pub output: OutputKind,
    /// Extension of its files, without the dot.
    pub extension: &'static str,
    /// What becomes of everything that a chat can hold.
    pub losses: fn(Feature) -> Treatment,
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files, attachments included; a stream counts as one.
    pub files: u64,
    /// Bytes in all of them together.
    pub bytes: u64,
    /// Conversations pushed.
    pub conversations: u64,
    /// Messages pushed; each of them is written, except those counted in `hidden`.
    pub messages: u64,
    /// Service rows that this format leaves out, see [`crate::Options::show_hidden`].
    pub hidden: u64,
    /// Attachments copied beside the pages or set into them; equal content counts once.
    pub attachments: u64,
    /// Attachments that should have been copied but whose bytes are not to be had; shown as missing.
    pub attachments_missing: u64,
}

/// Writes one kind of output.
pub trait Format: Sync {
    /// What it is.
    fn about(&self) -> &'static About;

    /// Whether [`Export::message_with_copies`] and [`Export::record`] are worth calling: other formats hold only what a
    /// message is, not what each copy says.
    fn wants_copies(&self) -> bool {
        false
    }

    /// Begins an export.
    ///
    /// # Errors
    /// [`WriteError::WrongOutput`] when the format cannot be written to this kind of place,
    /// [`WriteError::Exists`] when something stands there already.
    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError>;
}

/// An export under way. Dropped before [`Self::finish`], it leaves nothing behind (a stream excepted).
pub trait Export {
    /// Begins a conversation. `message_count` is how many messages will follow; it is shown in headers and not
    /// relied on.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError>;

    /// Takes the next message of the conversation begun last; oldest first. `message.reply_to` holds at most the
    /// one resolved target.
    ///
    /// # Errors
    /// When the output cannot be written, or no conversation was begun.
    fn message(&mut self, message: &Message) -> Result<(), WriteError>;

    /// As [`Self::message`], with the copies that the message was made of. Whoever changes messages on their way (masks,
    /// for example) and does not know of copies keeps them out by leaving this as it is.
    ///
    /// # Errors
    /// As [`Self::message`].
    fn message_with_copies(
        &mut self,
        message: &Message,
        copies: &[MessageCopy],
    ) -> Result<(), WriteError> {
        let _ = copies;
        self.message(message)
    }

    /// Takes a record that is no message, as a copy states it; all of them come after the last message.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn record(&mut self, record: &Record) -> Result<(), WriteError> {
        let _ = record;
        Ok(())
    }

    /// Completes the files and puts them in their place.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn finish(self: Box<Self>) -> Result<Written, WriteError>;
}
