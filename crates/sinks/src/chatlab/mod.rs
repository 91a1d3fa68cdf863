//! ChatLab exchange format 0.0.2: one conversation a file, JSON for small ones and JSON Lines for large ones.
//!
//! The format has no place for attachments, milliseconds or other ids, so a table beside the files, `hutong-ids.csv`, says for
//! every message which one of ours it is.

mod content;
mod losses;
mod map;
mod people;
#[cfg(test)]
pub(crate) mod tests;

use std::fs;
use std::io::{BufReader, Read};

use hutong_model::hcx::write_string;
use hutong_model::{
    Conversation, IdSpace, Message, NativeIdName, NativeValue, Part, Platform, State,
};

use crate::file_name::FileNames;
use crate::json::Object;
use crate::output::{FileTarget, FolderTarget};
use crate::recent::Recent;
use crate::scribe::Scribe;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written};

use map::Map;
use people::Members;

/// The format.
#[derive(Debug)]
pub struct ChatLab;

static ABOUT: About = About {
    id: "chatlab",
    name_zh: "ChatLab 交换格式",
    name_en: "ChatLab exchange format",
    keeps_zh: "成员、时间（秒）、类型、文字、回复；每个会话一个 .json 或 .jsonl 文件，可导入 ChatLab；另有编号对照表",
    keeps_en: "members, times (seconds), kinds, words, answers; one .json or .jsonl file per chat for ChatLab, and a table of ids",
    loses_zh: "附件内容、修订、表情回应、合并转发的内部结构",
    loses_en: "contents of attachments, other wordings, reactions, the structure of bundles",
    output: OutputKind::Folder,
    extension: "json",
    losses: losses::losses,
};

/// Conversations with more messages are written as JSON Lines, which ChatLab reads line by line.
const LARGEST_JSON: u64 = 5_000;

/// Name of the table that leads from the files back to our messages.
const MAP: &str = "hutong-ids.csv";

/// Messages wait here until it is known who all the senders are: members come first.
const WAITING: &str = ".messages";

/// Largest time that the format's validator takes for seconds.
const LATEST_SECOND: i64 = 99_999_999_999;

/// The sender of events of the platform itself; nobody may be called so.
const SYSTEM: &str = "SYSTEM";

impl Format for ChatLab {
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
        let folder = FolderTarget::create(&path, context.options.overwrite)?;
        let mut names = FileNames::default();
        names.reserve(MAP);
        Ok(Box::new(ChatLabExport {
            map: Map::begin(folder.file(MAP)?),
            folder,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            names,
            current: None,
            recent: Recent::default(),
            text: String::new(),
            written: Written::default(),
        }))
    }
}

struct ChatLabExport<'a> {
    folder: FolderTarget,
    map: Map,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    names: FileNames,
    current: Option<Chat<'a>>,
    /// The platform's id of the latest messages, as answers name them.
    recent: Recent<Named>,
    /// Scratch space for one message.
    text: String,
    written: Written,
}

/// The conversation at hand.
struct Chat<'a> {
    conversation: Conversation,
    name: String,
    is_lines: bool,
    messages: u64,
    body: FileTarget,
    members: Members<'a>,
}

/// How a message is named in the file.
enum Named {
    Number(i64),
    Text(Box<str>),
    /// By our own id.
    Ours,
}

impl Named {
    /// The platform's own id where our id was made of it: then no two messages share it.
    fn of(message: &Message) -> Self {
        if message.id.space() != IdSpace::PLATFORM {
            return Self::Ours;
        }
        let find = |name: &NativeIdName| {
            let native = message
                .native_ids
                .iter()
                .find(|native| native.name == *name)?;
            match &native.value {
                NativeValue::Integer(0) => None,
                NativeValue::Integer(number) => Some(Self::Number(*number)),
                NativeValue::Text(text) if text.trim().is_empty() => None,
                NativeValue::Text(text) => Some(Self::Text(text.as_str().into())),
            }
        };
        find(&NativeIdName::ServerId)
            .or_else(|| find(&NativeIdName::MessageId))
            .unwrap_or(Self::Ours)
    }

    fn write(&self, id: hutong_model::MessageId) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.to_string(),
            Self::Ours => id.to_hex(),
        }
    }
}

impl Export for ChatLabExport<'_> {
    fn conversation(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        self.close()?;
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        let is_lines = message_count > LARGEST_JSON;
        let name = self
            .names
            .give(title, if is_lines { "jsonl" } else { "json" });
        self.scribe.people.enter(conversation.id);
        self.recent.clear();
        let mut members = Members::new(self.context, conversation.id);
        let sides = [conversation.owner, conversation.peer];
        for id in self
            .context
            .members_of(conversation)
            .into_iter()
            .chain(sides.into_iter().flatten())
        {
            members.account(id);
        }
        self.current = Some(Chat {
            conversation: conversation.clone(),
            name,
            is_lines,
            messages: 0,
            body: self.folder.file(WAITING)?,
            members,
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
        let code = content::code(message);
        let named = Named::of(message);
        let own = named.write(message.id);
        let answered = message
            .reply_to
            .first()
            .and_then(|id| Some(self.recent.find(*id)?.write(*id)));
        let is_event = matches!(code, content::SYSTEM | content::RECALL);
        let person = chat.members.sender(message, is_event);

        let body = &mut chat.body.buffer;
        if chat.messages > 0 && !chat.is_lines {
            body.extend_from_slice(b",\n");
        }
        let mut line = Object::open(body);
        if chat.is_lines {
            line.text("_type", "message");
        }
        line.text("sender", person.id);
        line.text("accountName", person.name);
        line.text_if("groupNickname", person.group_name);
        let second = message.sent_at.seconds().clamp(0, LATEST_SECOND);
        line.number("timestamp", second);
        line.number("type", code);
        self.text.clear();
        content::write(
            &mut self.scribe,
            message,
            code,
            answered.is_some(),
            &mut self.text,
        );
        line.text("content", &self.text);
        line.text("platformMessageId", &own);
        line.text_if("replyToMessageId", answered.as_deref());
        line.close();
        if chat.is_lines {
            body.push(b'\n');
        }
        chat.messages += 1;
        chat.body.flush_if_full()?;
        self.map.add(&chat.name, chat.messages, message, &own)?;
        self.recent.remember(message.id, named);
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.close()?;
        self.written.bytes += self.map.finish()?;
        self.written.files += 1;
        self.folder.finish()?;
        Ok(self.written)
    }
}

impl ChatLabExport<'_> {
    /// Completes the file of the conversation at hand. Without a message it would be refused, so then there is none.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(chat) = self.current.take() else {
            return Ok(());
        };
        chat.body.finish()?;
        let path = self.folder.staged(WAITING);
        if chat.messages > 0 {
            let mut file = self.folder.file(&chat.name)?;
            self.write_head(
                &chat.conversation,
                &chat.members,
                chat.is_lines,
                &mut file.buffer,
            );
            let body = fs::File::open(&path).map_err(WriteError::at(&path))?;
            copy(BufReader::new(body), &mut file).map_err(|error| match error {
                Failure::Read(source) => WriteError::at(&path)(source),
                Failure::Write(error) => error,
            })?;
            if !chat.is_lines {
                file.buffer.extend_from_slice(b"\n]}\n");
            }
            self.written.bytes += file.finish()?;
            self.written.files += 1;
        }
        fs::remove_file(&path).map_err(WriteError::at(&path))
    }

    /// Everything that stands before the messages.
    fn write_head(
        &self,
        conversation: &Conversation,
        members: &Members<'_>,
        is_lines: bool,
        out: &mut Vec<u8>,
    ) {
        let mut file = Object::open(out);
        if is_lines {
            file.text("_type", "header");
        }
        let mut head = file.object("chatlab");
        head.text("version", "0.0.2");
        if let Some(at) = self.context.generated_at {
            head.number("exportedAt", at.seconds().clamp(0, LATEST_SECOND));
        }
        head.text("generator", self.context.generated_by);
        head.close();
        let mut meta = file.object("meta");
        let title = self.context.names.conversation_title(conversation.id);
        let title = title.unwrap_or(&conversation.native_id);
        let unnamed = crate::words::conversation(self.context.language, conversation.kind);
        meta.text(
            "name",
            if title.trim().is_empty() {
                unnamed
            } else {
                title
            },
        );
        meta.text("platform", platform(conversation.platform.as_ref()));
        let native_id = Some(conversation.native_id.as_str()).filter(|id| !id.trim().is_empty());
        if conversation.peer.is_some() {
            meta.text("type", "private");
        } else {
            meta.text("type", "group");
            meta.text_if("groupId", native_id);
        }
        let owner = conversation.owner.and_then(|owner| members.id_of(owner));
        meta.text_if("ownerId", owner);
        meta.text_if("sourceSessionId", native_id);
        meta.close();
        if is_lines {
            file.close();
            out.push(b'\n');
            for member in members.iter() {
                member.write(Some("member"), out);
                out.push(b'\n');
            }
            return;
        }
        file.list("members", members.iter(), |member, out| {
            out.push(b'\n');
            member.write(None, out);
        });
        file.key("messages").extend_from_slice(b"[\n");
    }
}

/// Name of a messenger as ChatLab knows it.
fn platform(platform: Option<&Platform>) -> &str {
    match platform {
        Some(Platform::WeChat) => "weixin",
        Some(Platform::Qq) => "qq",
        Some(Platform::Other(name)) if !name.trim().is_empty() => name,
        Some(Platform::Other(_)) | None => "unknown",
    }
}

enum Failure {
    Read(std::io::Error),
    Write(WriteError),
}

fn copy(mut from: impl Read, to: &mut FileTarget) -> Result<(), Failure> {
    let mut piece = vec![0; 256 * 1024];
    loop {
        let count = from.read(&mut piece).map_err(Failure::Read)?;
        if count == 0 {
            return Ok(());
        }
        to.buffer
            .extend_from_slice(piece.get(..count).unwrap_or_default());
        to.flush_if_full().map_err(Failure::Write)?;
    }
}

/// Somebody in the list of members.
impl people::Member {
    fn write(&self, kind: Option<&str>, out: &mut Vec<u8>) {
        let mut member = Object::open(out);
        member.text_if("_type", kind);
        member.text("platformId", &self.id);
        member.text("accountName", &self.name);
        member.text_if("groupNickname", self.group_name.as_deref());
        if !self.aliases.is_empty() {
            member.list("aliases", &self.aliases, |alias, out| {
                write_string(out, alias);
            });
        }
        member.close();
    }
}

/// Whether a message was withdrawn.
fn is_recalled(message: &Message) -> bool {
    matches!(message.state, State::Recalled { .. })
        || matches!(message.parts.first(), Some(Part::System(system)) if system.event == hutong_model::SystemEvent::Recalled)
}
