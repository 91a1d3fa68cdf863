//! An export of a Slack workspace: the zip that Slack, Mattermost, Zulip and others import.
//!
//! A day of a channel is one entry, and files lie in entries of their own, so the day waits until it is complete.

mod losses;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod text;

use hutong_media::MediaType;
use hutong_model::hcx::write_string;
use hutong_model::{
    AccountId, Attachment, Conversation, ConversationKind, Message, Part, SystemEvent,
};

use crate::attachments::open_shown;
use crate::handles::{Handles, Rule, emoji_name};
use crate::json::Object;
use crate::output::{Spool, ZipTarget};
use crate::recent::Recent;
use crate::roster::{Person, Roster, plain};
use crate::scribe::Scribe;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written};

/// The format.
#[derive(Debug)]
pub struct SlackImport;

static ABOUT: About = About {
    id: "slack-import",
    name_zh: "Slack 导入包",
    name_en: "Slack import",
    keeps_zh: "成员、时间、文字、回复（成为话题）、表情回应、文件；一个 zip，形式同 Slack 的导出，Slack、Mattermost、Zulip 等都能导入",
    keeps_en: "people, times, words, answers (as threads), reactions, files; one zip in the shape of a Slack export, which Slack, Mattermost, Zulip and others import",
    loses_zh: "平台自己的编号、卡片和合并转发的内部结构；Slack 本身不导入文件内容",
    loses_en: "the platform's own ids, the structure of cards and bundles; Slack itself does not import contents of files",
    output: OutputKind::File,
    extension: "zip",
    losses: losses::losses,
};

const PEOPLE: Rule = Rule {
    longest: 21,
    signs: "._-",
    all_scripts: false,
    reserved: &["slackbot", "channel", "here", "everyone"],
};
const CHANNELS: Rule = Rule {
    longest: 80,
    signs: "_-",
    all_scripts: true,
    reserved: &["general", "random", "con", "prn", "aux", "nul"],
};

/// Speaks where nobody does; every workspace has it.
const SLACKBOT: &str = "USLACKBOT";
/// Latest time that fits into ten digits of seconds.
const LATEST_MS: i64 = 9_999_999_999_999;

impl Format for SlackImport {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(SlackExport {
            zip: ZipTarget::open(output, context.options.overwrite, &ABOUT)?,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            roster: Roster::new(context, PEOPLE),
            channels: Handles::new(CHANNELS),
            lists: Lists::default(),
            current: None,
            recent: Recent::default(),
            words: String::new(),
            files: 0,
            written: Written::default(),
        }))
    }
}

struct SlackExport<'a> {
    zip: ZipTarget,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    roster: Roster<'a>,
    channels: Handles,
    lists: Lists,
    current: Option<Channel>,
    recent: Recent<Thread>,
    /// Scratch space for one message.
    words: String,
    /// Files so far, for their ids.
    files: u64,
    written: Written,
}

/// What the three lists of places hold so far.
#[derive(Default)]
struct Lists {
    channels: Vec<u8>,
    groups: Vec<u8>,
    dms: Vec<u8>,
}

/// The conversation at hand.
struct Channel {
    conversation: Conversation,
    id: String,
    /// Folder of its days.
    folder: String,
    members: std::collections::BTreeSet<usize>,
    is_direct: bool,
    /// Microseconds of the last message: no two in a channel share a time.
    last: i64,
    first_second: Option<i64>,
    day: Option<i64>,
    /// The day at hand, and its name.
    waiting: Spool,
    day_is_empty: bool,
    name_of_day: String,
}

/// The thread that a message belongs to.
#[derive(Clone, Copy)]
struct Thread {
    /// Time of its first message, which is its name.
    root: i64,
    author: Option<usize>,
}

/// `1714550400.000000`.
fn stamp(microseconds: i64) -> String {
    format!(
        "{:010}.{:06}",
        microseconds.div_euclid(1_000_000),
        microseconds.rem_euclid(1_000_000)
    )
}

/// An id as Slack writes them: a letter, then ten letters and digits.
fn slack_id(kind: char, id: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = id
        .iter()
        .take(7)
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut text = String::from(kind);
    for at in (0..10).rev() {
        let digit = usize::try_from(bits >> (at * 5) & 31).unwrap_or(0);
        text.push(char::from(ALPHABET.get(digit).copied().unwrap_or(b'A')));
    }
    text
}

fn user_id(person: &Person) -> String {
    slack_id('U', &person.id)
}

impl Export for SlackExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.close()?;
        self.scribe.people.enter(conversation.id);
        self.recent.clear();
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        let sides = [conversation.owner, conversation.peer];
        let is_direct = conversation.kind == ConversationKind::Direct
            && sides.iter().all(Option::is_some)
            && conversation.owner != conversation.peer;
        let kind = match conversation.kind {
            _ if is_direct => 'D',
            ConversationKind::Group => 'G',
            _ => 'C',
        };
        let id = slack_id(kind, &conversation.id.0);
        let folder = if is_direct {
            id.clone()
        } else {
            self.channels.give(&[title], "chat", &conversation.id.0)
        };
        let mut channel = Channel {
            conversation: conversation.clone(),
            id,
            folder,
            members: std::collections::BTreeSet::new(),
            is_direct,
            last: -1,
            first_second: None,
            day: None,
            waiting: Spool::default(),
            day_is_empty: true,
            name_of_day: String::new(),
        };
        let members = self.context.members_of(conversation);
        for id in members.into_iter().chain(sides.into_iter().flatten()) {
            let place = self.roster.account(id);
            channel.members.insert(place);
        }
        self.current = Some(channel);
        self.written.conversations += 1;
        Ok(())
    }

    fn message(&mut self, message: &Message) -> Result<(), WriteError> {
        let mut channel = self.current.take().ok_or(WriteError::NoConversation)?;
        self.written.messages += 1;
        let done = if message.is_hidden && !self.context.options.show_hidden {
            self.written.hidden += 1;
            Ok(())
        } else {
            self.write(message, &mut channel)
        };
        self.current = Some(channel);
        done
    }

    fn finish(mut self: Box<Self>) -> Result<Written, WriteError> {
        self.close()?;
        for (name, list) in [
            ("channels.json", &self.lists.channels),
            ("groups.json", &self.lists.groups),
            ("dms.json", &self.lists.dms),
            ("mpims.json", &Vec::new()),
        ] {
            self.zip.begin(name)?;
            self.zip.write(b"[")?;
            self.zip.write(list)?;
            self.zip.write(b"\n]\n")?;
        }
        self.zip.begin("users.json")?;
        let users = users(&self.roster);
        self.zip.write(&users)?;
        self.written.bytes = self.zip.finish()?;
        self.written.files = 1;
        Ok(self.written)
    }
}

impl SlackExport<'_> {
    fn write(&mut self, message: &Message, channel: &mut Channel) -> Result<(), WriteError> {
        let local = self.scribe.clock.local(message.sent_at);
        // Days never go back: a zip holds each name once.
        if channel.day.is_none_or(|day| local.day > day) {
            self.close_day(channel)?;
            channel.day = Some(local.day);
            channel.name_of_day = local.to_date();
        }
        let own = message.sent_at.0.clamp(0, LATEST_MS) * 1000;
        let at = own.max(channel.last + 1);
        channel.last = at;
        channel.first_second.get_or_insert(at / 1_000_000);

        let author = self.roster.sender(message);
        channel.members.extend(author);
        let event = event(message)
            .zip(affected(message))
            .map(|(subtype, account)| (subtype, self.roster.account(account)));
        for reaction in &message.reactions {
            for account in &reaction.accounts {
                self.roster.account(*account);
            }
        }
        let thread = message
            .reply_to
            .first()
            .and_then(|id| self.recent.find(*id))
            .copied();
        let own_thread = thread.unwrap_or(Thread { root: at, author });
        self.recent.remember(message.id, own_thread);

        let files = self.copy_files(message, at)?;
        self.words.clear();
        text::write(
            &mut self.scribe,
            &mut self.roster,
            message,
            thread.is_some(),
            &|index| files.iter().any(|file| file.part == index),
            &mut self.words,
        );

        let out = &mut channel.waiting.buffer;
        out.extend_from_slice(if channel.day_is_empty { b"[\n" } else { b",\n" });
        channel.day_is_empty = false;
        let user = |place: Option<usize>| {
            place
                .and_then(|place| self.roster.get(place))
                .map_or_else(|| SLACKBOT.to_owned(), user_id)
        };
        let mut line = Object::open(out);
        line.text("type", "message");
        match &event {
            Some((subtype, about)) => {
                line.text("subtype", subtype);
                line.text("user", &user(Some(*about)));
            }
            None => line.text("user", &user(author)),
        }
        line.text("text", &self.words);
        line.text("ts", &stamp(at));
        line.text("client_msg_id", &message.id.to_hex());
        if let Some(thread) = thread {
            line.text("thread_ts", &stamp(thread.root));
            line.text("parent_user_id", &user(thread.author));
        }
        let known: Vec<_> = message
            .reactions
            .iter()
            .filter_map(|reaction| Some((emoji_name(&reaction.emoji)?, reaction)))
            .collect();
        if !known.is_empty() {
            line.list("reactions", known, |(name, reaction), out| {
                let mut object = Object::open(out);
                object.text("name", name);
                object.list("users", &reaction.accounts, |account, out| {
                    write_string(out, &slack_id('U', &account.0));
                });
                object.number("count", reaction.count.max(reaction.accounts.len() as u64));
                object.close();
            });
        }
        if !files.is_empty() {
            let author = user(author);
            line.list("files", &files, |file, out| file.write(at, &author, out));
        }
        line.close();
        channel.waiting.settle()
    }

    /// Copies what a message holds; gives what is there now.
    fn copy_files(&mut self, message: &Message, at: i64) -> Result<Vec<Copied>, WriteError> {
        let mut copied = Vec::new();
        if !self.context.options.copy_attachments {
            return Ok(copied);
        }
        for (index, part) in message.parts.iter().enumerate() {
            let Some((attachment, is_voice)) = attachment(part) else {
                continue;
            };
            if !attachment.is_present() {
                continue;
            }
            let shown = open_shown(self.context.blobs, attachment, is_voice);
            let opened = match shown {
                None => None,
                Some(shown) => {
                    let facts = (shown.media_type, shown.extension.clone());
                    let whole = shown.whole().map_err(WriteError::Stream)?;
                    whole.map(|(length, content)| (facts, length, content))
                }
            };
            let Some(((media_type, extension), bytes, mut content)) = opened else {
                self.written.attachments_missing += 1;
                continue;
            };
            self.files += 1;
            let seed = [&at.to_be_bytes()[1..], &self.files.to_be_bytes()[..]].concat();
            let id = slack_id('F', &crate::roster::digest(&seed));
            let stem = attachment.name.as_deref().unwrap_or("file");
            let stem = stem.strip_suffix(&format!(".{extension}")).unwrap_or(stem);
            let name = crate::file_name::harmless(stem, &extension);
            let entry = format!("__uploads/{id}/{name}");
            self.zip.begin_stored(&entry, bytes)?;
            self.zip.copy(&mut *content)?;
            self.written.attachments += 1;
            copied.push(Copied {
                part: index,
                id,
                name,
                title: attachment.name.clone(),
                media_type: media_type.map_or("application/octet-stream", MediaType::as_str),
                extension,
                bytes,
            });
        }
        Ok(copied)
    }

    /// Puts the day at hand into the zip.
    fn close_day(&mut self, channel: &mut Channel) -> Result<(), WriteError> {
        if channel.day_is_empty {
            return Ok(());
        }
        channel.waiting.buffer.extend_from_slice(b"\n]\n");
        let waiting = std::mem::take(&mut channel.waiting);
        channel.day_is_empty = true;
        let name = format!("{}/{}.json", channel.folder, channel.name_of_day);
        self.zip.begin(&name)?;
        self.zip.copy(&mut waiting.read()?)?;
        Ok(())
    }

    /// Completes the conversation at hand and adds it to its list.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(mut channel) = self.current.take() else {
            return Ok(());
        };
        self.close_day(&mut channel)?;
        let conversation = &channel.conversation;
        let list = match conversation.kind {
            _ if channel.is_direct => &mut self.lists.dms,
            ConversationKind::Group => &mut self.lists.groups,
            _ => &mut self.lists.channels,
        };
        list.extend_from_slice(if list.is_empty() { b"\n" } else { b",\n" });
        let title = self.context.names.conversation_title(conversation.id);
        let title = plain(title.unwrap_or(&conversation.native_id));
        let owner = conversation.group_owner.or(conversation.owner);
        let creator = owner.map(|owner| self.roster.account(owner));
        let creator = creator
            .and_then(|place| self.roster.get(place))
            .map(user_id);
        let members: Vec<String> = channel
            .members
            .iter()
            .filter_map(|place| self.roster.get(*place).map(user_id))
            .collect();
        let mut line = Object::open(list);
        line.text("id", &channel.id);
        if !channel.is_direct {
            line.text("name", &channel.folder);
        }
        let created = channel.first_second.unwrap_or(0);
        line.number("created", created);
        if !channel.is_direct {
            line.text("creator", creator.as_deref().unwrap_or(SLACKBOT));
            line.flag("is_archived", false);
            line.flag("is_general", false);
            line.flag("is_private", conversation.kind == ConversationKind::Group);
        }
        line.texts("members", members.iter().map(String::as_str));
        if !channel.is_direct {
            for (key, value) in [("topic", title.as_str()), ("purpose", "")] {
                let mut object = line.object(key);
                object.text("value", value);
                object.text("creator", creator.as_deref().unwrap_or(SLACKBOT));
                object.number("last_set", created);
                object.close();
            }
        }
        line.close();
        Ok(())
    }
}

/// A file that lies in the zip.
struct Copied {
    /// Which part of the message it is.
    part: usize,
    id: String,
    name: String,
    title: Option<String>,
    media_type: &'static str,
    extension: String,
    bytes: u64,
}

impl Copied {
    fn write(&self, at: i64, author: &str, out: &mut Vec<u8>) {
        let mut file = Object::open(out);
        file.text("id", &self.id);
        file.number("created", at / 1_000_000);
        file.number("timestamp", at / 1_000_000);
        file.text("name", &self.name);
        file.text("title", self.title.as_deref().unwrap_or(&self.name));
        file.text("mimetype", self.media_type);
        file.text("filetype", &self.extension);
        file.text("user", author);
        file.text("mode", "hosted");
        file.number("size", self.bytes);
        // Where importers look for the bytes; nothing is anywhere else.
        file.text(
            "url_private",
            &format!("__uploads/{}/{}", self.id, self.name),
        );
        file.close();
    }
}

/// The one file of a part, and whether it is a voice.
pub(crate) fn attachment(part: &Part) -> Option<(&Attachment, bool)> {
    match part {
        Part::Image(image) => Some((&image.attachment, false)),
        Part::Sticker(sticker) => Some((&sticker.attachment, false)),
        Part::Video(video) => Some((&video.attachment, false)),
        Part::Voice(voice) => Some((&voice.attachment, true)),
        Part::File(file) => Some((&file.attachment, false)),
        _ => None,
    }
}

/// What an event is called in Slack.
fn event(message: &Message) -> Option<&'static str> {
    let Some(Part::System(system)) = message.parts.first() else {
        return None;
    };
    match system.event {
        SystemEvent::Joined => Some("channel_join"),
        SystemEvent::Left => Some("channel_leave"),
        _ => None,
    }
}

/// Whom an event is about.
fn affected(message: &Message) -> Option<AccountId> {
    match message.parts.first() {
        Some(Part::System(system)) => system.accounts.first().copied(),
        _ => None,
    }
}

/// The list of people, and of the one who speaks where nobody does.
fn users(roster: &Roster<'_>) -> Vec<u8> {
    let mut out = b"[\n".to_vec();
    let mut line = Object::open(&mut out);
    line.text("id", SLACKBOT);
    line.text("name", "slackbot");
    line.flag("deleted", false);
    line.text("real_name", "Slackbot");
    line.flag("is_bot", false);
    let mut profile = line.object("profile");
    profile.text("real_name", "Slackbot");
    profile.text("display_name", "Slackbot");
    profile.close();
    line.close();
    for person in &roster.list {
        out.extend_from_slice(b",\n");
        let mut line = Object::open(&mut out);
        line.text("id", &user_id(person));
        line.text("name", &person.handle);
        line.flag("deleted", false);
        line.text("real_name", &person.name);
        line.flag("is_bot", person.is_bot);
        let mut profile = line.object("profile");
        profile.text("real_name", &person.name);
        profile.text("display_name", &person.name);
        profile.text("email", &format!("{}@example.invalid", person.handle));
        profile.text_if("title", person.native_id.as_deref());
        profile.close();
        line.close();
    }
    out.extend_from_slice(b"\n]\n");
    out
}
