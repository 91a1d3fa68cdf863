//! A WeChat mini program that shows the chats: WXML, WXSS and JavaScript for WeChat's developer tools.
//!
//! A package of a mini program may have 2 MB and a whole one 20 MB, so chats are cut into pages of messages, pages fill
//! sub-packages, and sub-packages fill as many projects as it takes. What people wrote is data and reaches the pages by
//! binding alone; no word of it stands in the markup.

mod losses;
mod project;
#[cfg(test)]
pub(crate) mod tests;
mod view;

use hutong_model::hcx::write_string;
use hutong_model::{Conversation, Message};

use crate::json::Object;
use crate::output::FolderTarget;
use crate::scribe::Scribe;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written, words};

use project::Project;

/// The format.
#[derive(Debug)]
pub struct MiniProgram;

static ABOUT: About = About {
    id: "miniprogram",
    name_zh: "微信小程序项目",
    name_en: "WeChat mini program",
    keeps_zh: "气泡、时间、文字、小图片、合并转发；用微信开发者工具打开即可预览，超过大小限制时分成几个项目",
    keeps_en: "bubbles, times, words, small pictures, bundles; opened with WeChat's developer tools, in several projects where one would be too large",
    loses_zh: "大图片、语音、视频和文件的内容，编号",
    loses_en: "contents of large pictures, voices, films and files; ids",
    output: OutputKind::Folder,
    extension: "json",
    losses: losses::losses,
};

/// A package may have 2 MB; something is left for what the tools add.
pub(crate) const PACKAGE_BYTES: u64 = 1_800_000;
/// A whole mini program may have 20 MB.
pub(crate) const PROJECT_BYTES: u64 = 19_000_000;
/// Messages on one page, and its size.
const PAGE_MESSAGES: usize = 100;
const PAGE_BYTES: usize = 120_000;
/// Larger pictures are told in words.
pub(crate) const PICTURE_BYTES: u64 = 300_000;

impl Format for MiniProgram {
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
        Ok(Box::new(MiniExport {
            folder: FolderTarget::create(&path, context.options.overwrite)?,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            project: None,
            projects: 0,
            chat: None,
            written: Written::default(),
        }))
    }
}

struct MiniExport<'a> {
    folder: FolderTarget,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    project: Option<Project>,
    projects: u64,
    chat: Option<Chat>,
    written: Written,
}

/// The conversation at hand.
struct Chat {
    title: String,
    about: String,
    /// Messages of the page at hand, as elements of a list.
    page: Vec<u8>,
    held: usize,
    day: Option<i64>,
    owner: Option<hutong_model::AccountId>,
}

impl Export for MiniExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        self.end_chat()?;
        self.scribe.people.enter(conversation.id);
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        let language = self.context.language;
        let platform = conversation.platform.as_ref();
        let platform = platform.map_or("", |platform| words::platform(language, platform));
        self.chat = Some(Chat {
            title: crate::roster::plain(title),
            about: format!(
                "{platform} · {} · {}",
                words::conversation(language, conversation.kind),
                words::messages(language, message_count)
            ),
            page: Vec::new(),
            held: 0,
            day: None,
            owner: conversation.owner,
        });
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let chat = self.chat.as_mut().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            return Ok(());
        }
        let local = self.scribe.clock.local(message.sent_at);
        let day = (chat.day != Some(local.day)).then(|| local.long_date(self.context.language));
        chat.day = Some(local.day);
        let is_own = message.sender.is_some() && message.sender == chat.owner;
        let pictures = self.pictures(message)?;
        let mut element = Vec::new();
        view::write(
            &mut self.scribe,
            message,
            &pictures,
            day.as_deref(),
            local,
            is_own,
            &mut element,
        );
        let Some(chat) = self.chat.as_mut() else {
            return Err(WriteError::NoConversation);
        };
        if chat.held > 0 {
            chat.page.push(b',');
        }
        chat.page.extend_from_slice(&element);
        chat.held += 1;
        if chat.held >= PAGE_MESSAGES || chat.page.len() >= PAGE_BYTES {
            self.end_page()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_chat()?;
        if self.project.is_none() {
            self.open_project()?;
        }
        self.end_project()?;
        self.folder.finish()?;
        Ok(self.written)
    }
}

impl MiniExport<'_> {
    fn open_project(&mut self) -> Result<(), WriteError> {
        self.projects += 1;
        self.project = Some(Project::begin(self.projects, &self.folder)?);
        Ok(())
    }

    /// Makes sure that there is a project whose package at hand takes so many bytes more.
    fn make_room(&mut self, bytes: u64) -> Result<(), WriteError> {
        let is_full = self
            .project
            .as_ref()
            .is_some_and(|project| !project.takes(bytes));
        if is_full {
            self.end_project()?;
        }
        if self.project.is_none() {
            self.open_project()?;
        }
        if let Some(project) = &mut self.project {
            project.make_room(bytes, &self.folder)?;
        }
        Ok(())
    }

    /// Copies the small pictures of a message; gives their addresses by part.
    fn pictures(&mut self, message: &Message) -> Result<Vec<(usize, String)>, WriteError> {
        let mut placed = Vec::new();
        if !self.context.options.copy_attachments {
            return Ok(placed);
        }
        for (index, part) in message.parts.iter().enumerate() {
            let Some(attachment) = view::picture(part).filter(|picture| picture.is_present())
            else {
                continue;
            };
            let Some(shown) = crate::attachments::open_shown(self.context.blobs, attachment, false)
            else {
                self.written.attachments_missing += 1;
                continue;
            };
            if !view::is_shown(shown.media_type) {
                continue;
            }
            let extension = shown.extension.clone();
            let Some(bytes) = shown.up_to(PICTURE_BYTES) else {
                continue;
            };
            // The page that shows it follows into the same package, and with it what it holds already.
            let waiting = self.chat.as_ref().map_or(0, |chat| chat.page.len());
            let needed = (bytes.len() + waiting + PAGE_BYTES) as u64;
            if self
                .project
                .as_ref()
                .is_none_or(|project| !project.fits(needed))
            {
                self.end_page()?;
                self.make_room((bytes.len() + 2 * PAGE_BYTES) as u64)?;
            }
            if let Some(project) = &mut self.project {
                let address = project.picture(&bytes, &extension, &self.folder)?;
                self.written.attachments += 1;
                placed.push((index, address));
            }
        }
        Ok(placed)
    }

    /// Writes the page at hand.
    fn end_page(&mut self) -> Result<(), WriteError> {
        let Some(chat) = self.chat.as_mut().filter(|chat| chat.held > 0) else {
            return Ok(());
        };
        let page = std::mem::take(&mut chat.page);
        chat.held = 0;
        let (title, about) = (chat.title.clone(), chat.about.clone());
        self.make_room(page.len() as u64 + 4096)?;
        if let Some(project) = &mut self.project {
            project.page(&title, &about, &page, &self.folder)?;
        }
        Ok(())
    }

    fn end_chat(&mut self) -> Result<(), WriteError> {
        self.end_page()?;
        self.chat = None;
        if let Some(project) = &mut self.project {
            project.end_chat();
        }
        Ok(())
    }

    fn end_project(&mut self) -> Result<(), WriteError> {
        if let Some(project) = self.project.take() {
            let (files, bytes) = project.finish(&labels(self.context), &self.folder)?;
            self.written.files += files;
            self.written.bytes += bytes;
        }
        Ok(())
    }
}

/// The words of the pages themselves.
fn labels(context: &Context<'_>) -> Vec<u8> {
    let language = context.language;
    let mut out = b"module.exports = ".to_vec();
    let mut labels = Object::open(&mut out);
    let title = context.title.trim();
    labels.text(
        "title",
        if title.is_empty() {
            language.pick("聊天记录", "Chat history")
        } else {
            title
        },
    );
    labels.text("older", language.pick("更早的消息", "Older messages"));
    labels.text("newer", language.pick("更多", "More"));
    labels.text(
        "on",
        language.pick("接着看下一部分", "Go on with the next part"),
    );
    labels.text("about", language.pick("关于", "About"));
    labels.text(
        "made",
        &format!("{} · {}", context.generated_by, context.zone_name()),
    );
    labels.text("told", language.pick(
        "较大的图片、语音、视频和文件只留文字说明。这些记录只在这个小程序里，不会发送到别处。",
        "Large pictures, voices, films and files are told in words. The chats are in this mini program alone and are sent nowhere.",
    ));
    labels.close();
    out.extend_from_slice(b";\n");
    out
}

/// A string for a script, in the form that old engines read too.
pub(crate) fn script_string(text: &str, out: &mut Vec<u8>) {
    if text.contains(['\u{2028}', '\u{2029}']) {
        let mut json = Vec::new();
        write_string(&mut json, text);
        let json = String::from_utf8(json).unwrap_or_default();
        let json = json
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029");
        out.extend_from_slice(json.as_bytes());
    } else {
        write_string(out, text);
    }
}
