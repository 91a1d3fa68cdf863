//! Mattermost bulk import: a zip with one file of JSON lines and the attachments beside it.
//!
//! The lines come in a fixed order (team, channels, people, posts, direct chats, their posts) and answers stand inside
//! the post that they answer, so posts wait until everybody and every answer is known.

mod line;
mod losses;
mod posts;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use hutong_model::{Conversation, ConversationKind, Message};

use crate::handles::{Handles, Rule};
use crate::json::Object;
use crate::output::{Spool, ZipTarget};
use crate::recent::Recent;
use crate::roster::{Roster, plain};
use crate::scribe::Scribe;
use crate::{About, Context, Export, Format, Output, OutputKind, WriteError, Written};

use posts::Posts;

/// The format.
#[derive(Debug)]
pub struct Mattermost;

static ABOUT: About = About {
    id: "mattermost",
    name_zh: "Mattermost 导入包",
    name_en: "Mattermost import",
    keeps_zh: "成员、时间、文字、回复（成为话题）、表情回应、图片和文件；一个 zip，用 mmctl 导入",
    keeps_en: "people, times, words, answers (as threads), reactions, pictures and files; one zip, imported with mmctl",
    loses_zh: "平台自己的编号、卡片和合并转发的内部结构",
    loses_en: "the platform's own ids, the structure of cards and bundles",
    output: OutputKind::File,
    extension: "zip",
    losses: losses::losses,
};

/// Rules of the server for names of people.
pub(crate) const PEOPLE: Rule = Rule {
    longest: 22,
    signs: "._-",
    all_scripts: false,
    reserved: &["all", "channel", "here", "matterbot", "system", "boards"],
};
/// Rules of the server for names of channels.
const CHANNELS: Rule = Rule {
    longest: 64,
    signs: "_-",
    all_scripts: false,
    reserved: &["town-square", "off-topic"],
};

/// Name of the team that everything goes into.
pub(crate) const TEAM: &str = "hutong";
/// Name of the lines inside the zip.
const LINES: &str = "import.jsonl";
/// Says what nobody said.
const NOBODY: &str = "hutong-notices";

impl Format for Mattermost {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn start<'a>(
        &self,
        output: Output,
        context: &'a Context<'a>,
    ) -> Result<Box<dyn Export + 'a>, WriteError> {
        Ok(Box::new(MattermostExport {
            zip: ZipTarget::open(output, context.options.overwrite, &ABOUT)?,
            context,
            scribe: Scribe::new(context.names, context.language, &context.zone),
            roster: Roster::new(context, PEOPLE),
            channels: Handles::new(CHANNELS),
            channel_lines: Vec::new(),
            direct_lines: Vec::new(),
            memberships: Vec::new(),
            posts: Spool::default(),
            direct_posts: Spool::default(),
            current: None,
            files: 0,
            written: Written::default(),
        }))
    }
}

struct MattermostExport<'a> {
    zip: ZipTarget,
    context: &'a Context<'a>,
    scribe: Scribe<'a>,
    roster: Roster<'a>,
    channels: Handles,
    channel_lines: Vec<u8>,
    direct_lines: Vec<u8>,
    /// Channels with the places of their members.
    memberships: Vec<(String, BTreeSet<usize>)>,
    posts: Spool,
    direct_posts: Spool,
    current: Option<Channel>,
    files: u64,
    written: Written,
}

/// The conversation at hand.
struct Channel {
    place: Place,
    members: BTreeSet<usize>,
    /// Time of the last post in milliseconds: the server takes posts of one time and text for one.
    last: i64,
    posts: Posts,
    recent: Recent<u64>,
}

/// Where posts go.
enum Place {
    /// A channel of the team.
    Channel(String),
    /// A chat of these two.
    Direct([usize; 2]),
}

impl Export for MattermostExport<'_> {
    fn conversation(&mut self, conversation: &Conversation, _: u64) -> Result<(), WriteError> {
        self.close()?;
        self.scribe.people.enter(conversation.id);
        let title = self
            .context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        let mut members = BTreeSet::new();
        let sides = [conversation.owner, conversation.peer];
        let known = self.context.members_of(conversation);
        for id in known.into_iter().chain(sides.into_iter().flatten()) {
            members.insert(self.roster.account(id));
        }
        let place = match (conversation.kind, conversation.owner, conversation.peer) {
            (ConversationKind::Direct, Some(owner), Some(peer)) if owner != peer => {
                Place::Direct([self.roster.account(owner), self.roster.account(peer)])
            }
            _ => {
                let wishes = [title, conversation.native_id.as_str()];
                let name = self.channels.give(&wishes, "chat", &conversation.id.0);
                let mut line = Object::open(&mut self.channel_lines);
                line.text("type", "channel");
                let mut channel = line.object("channel");
                channel.text("team", TEAM);
                channel.text("name", &name);
                channel.text("display_name", &plain(title));
                channel.text("type", "P");
                channel.close();
                line.close();
                self.channel_lines.push(b'\n');
                Place::Channel(name)
            }
        };
        self.current = Some(Channel {
            place,
            members,
            last: 0,
            posts: Posts::default(),
            recent: Recent::default(),
        });
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
        self.zip.begin(LINES)?;
        let mut head = b"{\"type\":\"version\",\"version\":1}\n".to_vec();
        self.write_team(&mut head);
        self.zip.write(&head)?;
        self.zip.write(&self.channel_lines)?;
        let users = self.users();
        self.zip.write(&users)?;
        let posts = std::mem::take(&mut self.posts);
        self.zip.copy(&mut posts.read()?)?;
        self.zip.write(&self.direct_lines)?;
        let posts = std::mem::take(&mut self.direct_posts);
        self.zip.copy(&mut posts.read()?)?;
        self.written.bytes = self.zip.finish()?;
        self.written.files = 1;
        Ok(self.written)
    }
}

impl MattermostExport<'_> {
    fn write_team(&self, out: &mut Vec<u8>) {
        let title = self.context.title.trim();
        let mut line = Object::open(out);
        line.text("type", "team");
        let mut team = line.object("team");
        team.text("name", TEAM);
        team.text(
            "display_name",
            &plain(if title.is_empty() { "Hutong" } else { title }),
        );
        team.text("type", "I");
        team.close();
        line.close();
        out.push(b'\n');
    }

    /// A line for everybody, with the channels that they are in.
    fn users(&self) -> Vec<u8> {
        let mut channels: Vec<Vec<&str>> = vec![Vec::new(); self.roster.list.len()];
        for (channel, members) in &self.memberships {
            for place in members {
                if let Some(list) = channels.get_mut(*place) {
                    list.push(channel);
                }
            }
        }
        let mut out = Vec::new();
        for (person, channels) in self.roster.list.iter().zip(&channels) {
            let mut line = Object::open(&mut out);
            line.text("type", "user");
            let mut user = line.object("user");
            user.text("username", &person.handle);
            user.text("email", &format!("{}@example.invalid", person.handle));
            user.text("nickname", &person.name);
            user.text("roles", "system_user");
            // 128 characters is what the server takes here.
            let native: Option<String> = person
                .native_id
                .as_deref()
                .map(|id| id.chars().take(128).collect());
            user.text_if("position", native.as_deref());
            user.list("teams", [TEAM], |team, out| {
                let mut membership = Object::open(out);
                membership.text("name", team);
                membership.text("roles", "team_user");
                membership.list("channels", channels, |name, out| {
                    let mut channel = Object::open(out);
                    channel.text("name", name);
                    channel.text("roles", "channel_user");
                    channel.close();
                });
                membership.close();
            });
            user.close();
            line.close();
            out.push(b'\n');
        }
        out
    }

    /// Completes the conversation at hand.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(channel) = self.current.take() else {
            return Ok(());
        };
        let posts = match channel.place {
            Place::Channel(name) => {
                self.memberships.push((name, channel.members));
                &mut self.posts
            }
            Place::Direct(_) => {
                let members = self.direct_members(&channel.place);
                let mut line = Object::open(&mut self.direct_lines);
                line.text("type", "direct_channel");
                let mut direct = line.object("direct_channel");
                direct.texts("members", members.iter().map(String::as_str));
                direct.close();
                line.close();
                self.direct_lines.push(b'\n');
                &mut self.direct_posts
            }
        };
        channel.posts.write(posts)
    }

    /// Names of the two sides of a direct chat; nothing for a channel.
    fn direct_members(&self, place: &Place) -> Vec<String> {
        let Place::Direct(sides) = place else {
            return Vec::new();
        };
        let people = sides.iter().filter_map(|side| self.roster.get(*side));
        people.map(|person| person.handle.clone()).collect()
    }
}
