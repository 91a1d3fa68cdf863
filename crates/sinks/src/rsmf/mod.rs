//! RSMF 2.0, the Relativity Short Message Format: what platforms for the review of evidence read.
//!
//! `<chat>/<day>.rsmf`: a mail whose one attachment, `rsmf.zip`, holds `rsmf_manifest.json` and the files it names, and
//! whose text is what a search index reads. A file holds one conversation's day in the chosen zone, a long day several.

mod bundle;
mod event;
mod head;
mod manifest;
mod parents;
mod slice;
#[cfg(test)]
mod tests;

use hutong_model::{Conversation, Message, PartKind};
use rustc_hash::FxHashMap;

use crate::file_name::FileNames;
use crate::output::FolderTarget;
use crate::scribe::Scribe;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written,
};

use event::Place;
use parents::Parents;
use slice::Slice;

/// The format.
#[derive(Debug)]
pub struct Rsmf;

static ABOUT: About = About {
    id: "rsmf",
    name_zh: "RSMF 2.0（电子取证审阅）",
    name_en: "RSMF 2.0 (review of evidence)",
    keeps_zh: "每个会话每天一个文件：参与者、时间、文字、回复、回应、修订、删除标记、方向、附件，以及平台编号和出处",
    keeps_en: "a file for each day of a chat: participants, times, words, replies, reactions, edits, deletions, direction, attachments, and the platform's ids and origins",
    loses_zh: "聊天的版式；卡片、合并转发、支付等只留文字",
    loses_en: "the look of a chat; of cards, bundles and payments only the words stay",
    output: OutputKind::Folder,
    extension: "rsmf",
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
            | Fact::NativeIds
            | Fact::Origin
            | Fact::Hidden => Treatment::KEPT,
            Fact::Mentions => Treatment::reduced("名字，没有编号", "the name, not the id"),
            Fact::Members => Treatment::kept(
                "超过 500 人的群只列出当天出现的人",
                "of groups of more than 500, those who appear that day",
            ),
        },
    }
}

impl Format for Rsmf {
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
        Ok(Box::new(RsmfExport {
            context,
            folder: FolderTarget::create(&path, context.options.overwrite)?,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            names: FileNames::default(),
            chat: None,
            slice: None,
            written: Written::default(),
        }))
    }
}

struct RsmfExport<'a> {
    context: &'a Context<'a>,
    folder: FolderTarget,
    scribe: Scribe<'a>,
    names: FileNames,
    chat: Option<Chat>,
    slice: Option<Slice>,
    written: Written,
}

/// The conversation at hand.
struct Chat {
    place: Place,
    folder: String,
    parents: Parents,
    /// How many files a day has so far. Days come in order, so only the last one is kept.
    files_of_day: FxHashMap<i64, u32>,
}

impl Export for RsmfExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.end_slice()?;
        self.scribe.people.enter(conversation.id);
        let place = Place::new(conversation, self.context);
        let folder = self.names.give_folder(&place.title);
        self.folder.make_folder(&folder)?;
        self.chat = Some(Chat {
            place,
            folder,
            parents: Parents::default(),
            files_of_day: FxHashMap::default(),
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        if self.chat.is_none() {
            return Err(WriteError::NoConversation);
        }
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        let local = self.scribe.clock.local(message.sent_at);
        let is_full = |slice: &Slice| slice.day() != local.day || !slice.has_room(message);
        if self.slice.as_ref().is_some_and(is_full) {
            self.end_slice()?;
        }
        let chat = self.chat.as_mut().ok_or(WriteError::NoConversation)?;
        let slice = match &mut self.slice {
            Some(slice) => slice,
            None => self.slice.insert(Slice::begin(
                self.folder.staged(&format!("{}/.zip", chat.folder)),
                message,
                local,
            )?),
        };
        let event = event::make(message, &chat.place, slice, &mut self.scribe, self.context)?;
        self.written.attachments += event.attachments;
        self.written.attachments_missing += event.missing;
        if let Some(parent) = event.parent {
            slice.bring_in(
                parent,
                message,
                &chat.parents,
                &chat.place,
                &mut self.scribe,
                self.context,
            )?;
        }
        slice.tell(message, local, &event.body, &mut self.scribe);
        slice.add(event.value, Some(message.id))?;
        chat.parents.remember(message, event.body);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_slice()?;
        self.folder.finish()?;
        Ok(self.written)
    }
}

impl RsmfExport<'_> {
    fn end_slice(&mut self) -> Result<(), WriteError> {
        let (Some(slice), Some(chat)) = (self.slice.take(), &mut self.chat) else {
            return Ok(());
        };
        chat.files_of_day.retain(|day, _| *day == slice.day());
        let number = chat.files_of_day.entry(slice.day()).or_default();
        *number += 1;
        let date = slice.first().to_date();
        let name = if *number == 1 {
            format!("{}/{date}.rsmf", chat.folder)
        } else {
            format!("{}/{date} ({number}).rsmf", chat.folder)
        };
        let mut file = self.folder.file(&name)?;
        slice.finish(
            &chat.place,
            *number,
            &mut file,
            &mut self.scribe,
            self.context,
        )?;
        self.written.bytes += file.finish()?;
        self.written.files += 1;
        Ok(())
    }
}
