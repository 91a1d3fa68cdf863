//! A vault of notes: chats as pages that somebody can work with, in Obsidian or any reader of Markdown.
//!
//! A page for each chat and month, on which the messages stand in sessions with a title and what was found in them; a page for
//! each chat with a table of its sessions; pages of people; lists of links, files, decisions; a page from which all of
//! them are reached. Links are those of Markdown, so they work everywhere; properties name pages as vaults do.

mod chat;
mod findings;
mod lists;
mod people;
mod rhythm;
mod session;
#[cfg(test)]
mod tests;
mod title;
mod vault;

use hutong_model::{Conversation, Message, Part, PartKind, Timestamp};

use crate::attachments::{Attachments, MEDIA_FOLDER};
use crate::clock::Local;
use crate::file_name::FileNames;
use crate::md::escape::Dialect;
use crate::md::part::Writer;
use crate::output::FolderTarget;
use crate::paint::{Form, Placed, Shelf};
use crate::scribe::Scribe;
use crate::url::safe_url;
use crate::{
    About, Context, Export, Fact, Feature, Format, Output, OutputKind, Treatment, WriteError,
    Written, words,
};

use chat::{Chat, Desk};
use findings::Kind;
use lists::List;
use people::Register;
use session::{Finding, Session, Target};
use title::Known;
pub use title::Segment;
use vault::{Places, Properties, file_title, link, plain, tag};

/// The format.
#[derive(Debug)]
pub struct Notes;

static ABOUT: About = About {
    id: "notes",
    name_zh: "笔记库（Obsidian）",
    name_en: "Vault of notes (Obsidian)",
    keeps_zh: "每个会话每月一页，按话题分段并加标题，列出决定、问题、日期、金额、链接、文件；人物页、总表、图片和文件",
    keeps_en: "a page for each chat and month, cut into sessions with titles, decisions, questions, dates, amounts, links and files; people, tables, pictures and files",
    loses_zh: "编号、出处、聊天的版式",
    loses_en: "ids, origins, the look of a chat",
    output: OutputKind::Folder,
    extension: "md",
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
            Fact::AttachmentBytes
            | Fact::Recall
            | Fact::Revisions
            | Fact::Reactions
            | Fact::SenderId
            | Fact::GroupName
            | Fact::Hidden => Treatment::KEPT,
            Fact::Mentions => Treatment::dropped("名字留在文字里", "the name stays in the words"),
            Fact::Reply => Treatment::dropped(
                "引用的原文留在回复里",
                "the quoted words stay with the answer",
            ),
            Fact::Milliseconds => Treatment::dropped("写到秒", "times go to the second"),
            Fact::MessageId | Fact::NativeIds | Fact::Origin => Treatment::NO_PLACE,
            Fact::Members => {
                Treatment::dropped("只列出说过话的人", "only those who wrote are listed")
            }
        },
    }
}

impl Format for Notes {
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
        let language = context.language;
        let folder = FolderTarget::create(&path, context.options.overwrite)?;
        let places = Places::of(language);
        folder.make_folder(places.chats)?;
        folder.make_folder(places.people)?;
        let media = context
            .options
            .copy_attachments
            .then(|| folder.staged(MEDIA_FOLDER));
        let list = |title| List::new(title, places.home, language);
        Ok(Box::new(NotesExport {
            context,
            writer: Writer {
                dialect: Dialect::Vault,
                language,
                scribe: Scribe::new(context.names, language, &context.zone),
                attachments: Attachments::new(context.blobs, media, UP, None),
            },
            folder,
            names: FileNames::default(),
            people: Register::default(),
            known: Known::default(),
            chat: None,
            entries: Vec::new(),
            links: list(places.links),
            files: list(places.files),
            decisions: list(places.decisions),
            places,
            body: String::new(),
            written: Written::default(),
        }))
    }
}

/// What leads from a chat's page to the root of the vault.
const UP: &str = "../../";

struct NotesExport<'a> {
    context: &'a Context<'a>,
    writer: Writer<'a>,
    folder: FolderTarget,
    places: Places,
    names: FileNames,
    people: Register,
    known: Known,
    chat: Option<Chat>,
    entries: Vec<Entry>,
    links: List,
    files: List,
    decisions: List,
    /// Scratch space for one message.
    body: String,
    written: Written,
}

/// A chat on the first page.
struct Entry {
    title: String,
    file: String,
    messages: u64,
    sessions: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Export for NotesExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.end_chat()?;
        self.writer.scribe.people.enter(conversation.id);
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .filter(|title| !title.trim().is_empty())
            .unwrap_or_else(|| self.context.language.pick("会话", "Chat"));
        let file = self.names.give_folder(&file_title(title));
        let chat = Chat::new(self.entries.len(), file, title, conversation, self.context);
        self.folder.make_folder(&chat.folder(&self.places))?;
        self.chat = Some(chat);
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
        let local = self.writer.scribe.clock.local(message.sent_at);
        if self.ends_session(message, local) {
            self.end_session()?;
        }
        self.body.clear();
        self.writer.parts(&message.parts, 0, &mut self.body)?;
        self.writer.notes(message, &mut self.body)?;
        let chat = self.chat.as_mut().ok_or(WriteError::NoConversation)?;
        let person = self.people.note(
            message,
            chat.index,
            self.context.names,
            &mut self.writer.scribe,
        );
        chat.first.get_or_insert(message.sent_at);
        chat.last = Some(message.sent_at);
        let number = chat.next_session();
        let session = chat
            .session
            .get_or_insert_with(|| Session::new(number, message, local));
        tell(
            session,
            message,
            local,
            person,
            &self.body,
            &mut self.writer,
        );
        note_words(session, message, self.context.segment);
        session.note(message, local, person);
        find(session, message, local, &mut self.writer)
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.end_chat()?;
        for list in [&mut self.links, &mut self.files, &mut self.decisions] {
            list.finish()?;
            self.written.files += list.pages();
            self.written.bytes += list.bytes;
        }
        self.people_pages()?;
        self.home()?;
        self.folder.finish()?;
        let attachments = &self.writer.attachments;
        Ok(Written {
            files: self.written.files + attachments.files,
            bytes: self.written.bytes + attachments.bytes,
            attachments: attachments.files,
            attachments_missing: attachments.missing,
            ..self.written
        })
    }
}

impl NotesExport<'_> {
    /// Whether a new session begins with this message; the chat learns how long its silences are.
    fn ends_session(&mut self, message: &Message, local: Local) -> bool {
        let Some(chat) = &mut self.chat else {
            return false;
        };
        let Some(session) = &chat.session else {
            return false;
        };
        let silence = message
            .sent_at
            .seconds()
            .saturating_sub(session.last_at.seconds());
        let (year, month, _) = local.date();
        let (first_year, first_month, _) = session.first.date();
        let is_over = session.is_full()
            || (year, month) != (first_year, first_month)
            || silence >= chat.rhythm.long_silence(session.messages);
        chat.rhythm.note(silence);
        is_over
    }

    /// Puts the session onto the page of its month, and its findings into the lists.
    fn end_session(&mut self) -> Result<(), WriteError> {
        let Some(chat) = &mut self.chat else {
            return Ok(());
        };
        let mut desk = Desk {
            context: self.context,
            folder: &self.folder,
            people: &self.people,
            known: &mut self.known,
            places: &self.places,
            files: &mut self.written.files,
            bytes: &mut self.written.bytes,
        };
        let Some((session, topic, place)) = chat.end_session(&mut desk)? else {
            return Ok(());
        };
        let language = self.context.language;
        let mut heading = String::new();
        plain(&chat.title, &mut heading);
        let date = session.first.to_date();
        for finding in &session.findings {
            let list = match finding.kind {
                Kind::Decision => &mut self.decisions,
                Kind::Link => &mut self.links,
                Kind::File => &mut self.files,
                Kind::Question | Kind::Date | Kind::Amount | Kind::Phone => continue,
            };
            let mut line = format!("{date} {} ", finding.at);
            plain(&finding.name, &mut line);
            line.push_str(language.pick("：", ": "));
            finding.write("", &mut line);
            line.push_str(" · ");
            link(&topic, &place, &mut line);
            list.add(&self.folder, chat.index, &heading, &line)?;
        }
        Ok(())
    }

    fn end_chat(&mut self) -> Result<(), WriteError> {
        self.end_session()?;
        let Some(mut chat) = self.chat.take() else {
            return Ok(());
        };
        let mut desk = Desk {
            context: self.context,
            folder: &self.folder,
            people: &self.people,
            known: &mut self.known,
            places: &self.places,
            files: &mut self.written.files,
            bytes: &mut self.written.bytes,
        };
        chat.finish(&mut desk)?;
        self.entries.push(Entry {
            messages: chat.messages,
            sessions: chat.next_session() - 1,
            first: chat.first,
            last: chat.last,
            title: chat.title,
            file: chat.file,
        });
        Ok(())
    }

    fn date(&mut self, at: Option<Timestamp>) -> String {
        at.map(|at| self.writer.scribe.clock.local(at).to_date())
            .unwrap_or_default()
    }

    fn write(&mut self, path: &str, text: &str) -> Result<(), WriteError> {
        let mut file = self.folder.file(path)?;
        file.buffer.extend_from_slice(text.as_bytes());
        self.written.bytes += file.finish()?;
        self.written.files += 1;
        Ok(())
    }

    fn people_pages(&mut self) -> Result<(), WriteError> {
        let language = self.context.language;
        for person in std::mem::take(&mut self.people.people) {
            let account = person.account.and_then(|id| self.context.names.account(id));
            let messages: u64 = person.chats.iter().map(|chat| chat.messages).sum();
            let mut out = Properties::new();
            out.text("title", &person.name);
            if let Some(account) = account {
                let names = [&account.remark, &account.nickname, &account.alias];
                let others: Vec<String> = names
                    .into_iter()
                    .flatten()
                    .filter(|name| **name != person.name && !name.trim().is_empty())
                    .map(|name| name.replace("[[", "[ ["))
                    .collect();
                out.list("aliases", others.iter().map(String::as_str));
                if let Some(platform) = &account.platform {
                    out.text(
                        language.pick("平台", "platform"),
                        words::platform(language, platform),
                    );
                }
                out.text(language.pick("账号", "account"), &account.native_id);
            }
            out.plain(language.pick("消息数", "messages"), &messages);
            out.list("tags", [tag(language.pick("人物", "person")).as_str()]);
            let mut out = out.finish();
            out.push_str("# ");
            plain(&person.name, &mut out);
            out.push_str("\n\n");
            link(
                self.places.home,
                &format!("../{}.md", self.places.home),
                &mut out,
            );
            out.push_str(language.pick(
                "\n\n| 会话 | 消息 | 开始 | 最近 |\n|---|---:|---|---|\n",
                "\n\n| Chat | Messages | First | Last |\n|---|---:|---|---|\n",
            ));
            for presence in &person.chats {
                let (first, last) = (
                    self.date(Some(presence.first)),
                    self.date(Some(presence.last)),
                );
                let Some(chat) = self.entries.get(presence.chat) else {
                    continue;
                };
                out.push_str("| ");
                let address = format!("../{}/{}/{}.md", self.places.chats, chat.file, chat.file);
                link(&chat.title, &address, &mut out);
                out.push_str(&format!(
                    " | {} | {first} | {last} |\n",
                    words::grouped(presence.messages)
                ));
            }
            self.write(&format!("{}/{}.md", self.places.people, person.file), &out)?;
        }
        Ok(())
    }

    fn home(&mut self) -> Result<(), WriteError> {
        let language = self.context.language;
        let mut out = Properties::new();
        out.text("title", &self.context.title);
        if let Some(at) = self.context.generated_at {
            let date = self.date(Some(at));
            out.plain(language.pick("导出日期", "exported"), &date);
        }
        out.plain(
            language.pick("消息数", "messages"),
            &(self.written.messages - self.written.hidden),
        );
        out.plain(language.pick("会话数", "chats"), &self.entries.len());
        let mut out = out.finish();
        out.push_str("# ");
        let title = if self.context.title.trim().is_empty() {
            self.places.home
        } else {
            &self.context.title
        };
        plain(title, &mut out);
        out.push_str("\n\n");
        let lists = [
            (self.places.decisions, &self.decisions),
            (self.places.links, &self.links),
            (self.places.files, &self.files),
        ];
        for (title, list) in lists.into_iter().filter(|(_, list)| list.lines > 0) {
            out.push_str("- ");
            link(title, &format!("{title}.md"), &mut out);
            out.push_str(&format!(" {}\n", words::grouped(list.lines)));
        }
        out.push_str(language.pick(
            "\n| 会话 | 消息 | 段 | 开始 | 最近 |\n|---|---:|---:|---|---|\n",
            "\n| Chat | Messages | Sessions | First | Last |\n|---|---:|---:|---|---|\n",
        ));
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.last));
        for entry in &entries {
            let (first, last) = (self.date(entry.first), self.date(entry.last));
            out.push_str("| ");
            let address = format!("{}/{}/{}.md", self.places.chats, entry.file, entry.file);
            link(&entry.title, &address, &mut out);
            out.push_str(&format!(
                " | {} | {} | {first} | {last} |\n",
                words::grouped(entry.messages),
                words::grouped(entry.sessions)
            ));
        }
        out.push_str("\n*");
        plain(self.context.generated_by, &mut out);
        out.push_str(" · ");
        plain(&self.context.zone_name(), &mut out);
        out.push_str("*\n");
        self.write(&format!("{}.md", self.places.home), &out)
    }
}

/// Appends a message to its session.
fn tell(
    session: &mut Session,
    message: &Message,
    local: Local,
    person: Option<usize>,
    words: &str,
    writer: &mut Writer<'_>,
) {
    if session.messages > 0 && session.last.day != local.day {
        session
            .body
            .push_str(&format!("**{}**\n\n", local.to_date()));
        session.last_sender = None;
    }
    let is_same = session.messages > 0 && person.is_some() && session.last_sender == person;
    session.last_sender = person;
    if !is_same && (message.sender.is_some() || message.sender_name.is_some()) {
        session.body.push_str("**");
        plain(writer.scribe.sender(message).1, &mut session.body);
        session.body.push_str("** ");
    }
    let mut time = Vec::new();
    local.write_second(message.precision, &mut time);
    if !time.is_empty() {
        session.body.push('`');
        session.body.extend(time.into_iter().map(char::from));
        session.body.push('`');
    }
    // Blocks begin on a line of their own.
    let words = words.trim_end();
    let is_block = words.starts_with(['>', '!']);
    session.body.push_str(if is_block { "\n\n" } else { " " });
    session.body.push_str(words);
    session.body.push_str("\n\n");
}

/// Counts the words of what somebody wrote or said.
fn note_words(session: &mut Session, message: &Message, segment: Option<&Segment<'_>>) {
    for part in &message.parts {
        let words = match part {
            Part::Text(text) => &text.text,
            Part::Voice(voice) => match &voice.transcript {
                Some(transcript) => transcript,
                None => continue,
            },
            _ => continue,
        };
        session.counts.add(words, segment);
        if session.excerpt.is_empty() && words.chars().any(char::is_alphanumeric) {
            session.excerpt = words
                .trim()
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(20)
                .collect();
        }
    }
}

/// Looks for what a reader looks for.
fn find(
    session: &mut Session,
    message: &Message,
    local: Local,
    writer: &mut Writer<'_>,
) -> Result<(), WriteError> {
    /// A finding shows so many characters of what was said.
    const SHOWN: usize = 120;
    let mut time = Vec::new();
    local.write_minute(message.precision, &mut time);
    let at: String = time.into_iter().map(char::from).collect();
    let name = if message.sender.is_some() || message.sender_name.is_some() {
        writer.scribe.sender(message).1.to_owned()
    } else {
        words::part(writer.language, PartKind::System).to_owned()
    };
    let mut add = |kind: Kind, said: &str, target: Target| {
        let mut characters = said.trim().chars();
        let mut words: String = characters.by_ref().take(SHOWN).collect();
        if characters.next().is_some() {
            words.push('…');
        }
        session.find(Finding {
            kind,
            at: at.clone(),
            name: name.clone(),
            words,
            target,
        });
    };
    for part in &message.parts {
        match part {
            Part::Text(text) => {
                for line in text.text.lines().take(200) {
                    findings::find(line, &mut |kind, piece| {
                        let target = match kind {
                            Kind::Link => Target::Web(piece.to_owned()),
                            _ => Target::Nowhere,
                        };
                        add(kind, piece, target);
                    });
                }
            }
            Part::Link(shared) => {
                if let Some(url) = shared.url.as_deref().and_then(safe_url) {
                    let title = shared
                        .title
                        .as_deref()
                        .filter(|title| !title.trim().is_empty());
                    add(
                        Kind::Link,
                        title.unwrap_or(url),
                        Target::Web(url.to_owned()),
                    );
                }
            }
            Part::Payment(payment) => {
                if let Some(amount) = crate::scribe::amount(payment) {
                    let what = words::payment(writer.language, payment.kind);
                    add(Kind::Amount, &format!("{what} {amount}"), Target::Nowhere);
                }
            }
            Part::Announcement(announcement) => {
                let title = announcement.title.as_deref().unwrap_or_default();
                add(
                    Kind::Decision,
                    &format!("{title} {}", announcement.text),
                    Target::Nowhere,
                );
            }
            Part::File(file) => {
                let attachment = &file.attachment;
                let name = attachment
                    .name
                    .as_deref()
                    .filter(|name| !name.trim().is_empty());
                let name = name.unwrap_or_else(|| words::part(writer.language, PartKind::File));
                // What was copied before is found by its digest, without being read again.
                let placed = match attachment.sha256 {
                    Some(_) if attachment.is_present() => writer
                        .attachments
                        .place(attachment, Form::of(attachment, false))?,
                    _ => Placed::Missing,
                };
                match placed {
                    Placed::Held(held) => {
                        let path = held.address.trim_start_matches(UP).to_owned();
                        add(Kind::File, name, Target::File(path));
                    }
                    _ => {
                        let missing = writer.language.pick("缺失", "missing");
                        let said = if attachment.is_present() {
                            name.to_owned()
                        } else {
                            format!("{name} [{missing}]")
                        };
                        add(Kind::File, &said, Target::Nowhere);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
