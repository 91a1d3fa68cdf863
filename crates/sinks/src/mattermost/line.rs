//! A message as a post or as an answer inside one.

use hutong_model::{Message, Part, Reaction};

use super::{Channel, MattermostExport, NOBODY, Place, TEAM};
use crate::WriteError;
use crate::attachments::open_shown;
use crate::handles::emoji_name;
use crate::json::Object;
use crate::md::escape::{write_plain, write_text};

/// What the server takes in one post, in characters.
pub(crate) const LONGEST: usize = 16_383;
/// Files of one post; further ones go into answers.
const MOST_FILES: usize = 5;

/// One post or answer.
struct Piece<'p> {
    user: &'p str,
    words: &'p str,
    at: i64,
    files: &'p [String],
}

impl MattermostExport<'_> {
    pub(super) fn write(
        &mut self,
        message: &Message,
        channel: &mut Channel,
    ) -> Result<(), WriteError> {
        let author = self.roster.sender(message);
        let is_ours = author.is_none();
        let author = author.unwrap_or_else(|| self.roster.named(NOBODY));
        let answered = message
            .reply_to
            .first()
            .and_then(|id| channel.recent.find(*id))
            .copied();
        let answered = answered.filter(|_| channel.posts.takes_answers());
        let files = self.copy_files(message)?;
        let mut words = String::new();
        // Of two sides only these two can write; others are named in the text.
        let user = match channel.place {
            Place::Direct([own, peer]) if ![own, peer].contains(&author) => {
                if !is_ours && let Some(person) = self.roster.get(author) {
                    words.push_str("**");
                    write_plain(&person.name, &mut words);
                    words.push_str("** ");
                }
                own
            }
            _ => {
                channel.members.insert(author);
                author
            }
        };
        self.words(message, answered.is_some(), &files, &mut words);
        let user = self
            .roster
            .get(user)
            .map(|person| person.handle.clone())
            .unwrap_or_default();
        let paths: Vec<String> = files.into_iter().map(|(_, path)| path).collect();
        if words.is_empty() && paths.is_empty() {
            words.push_str(self.context.language.pick("（空）", "(empty)"));
        }

        let mut pieces = pieces(&words);
        let mut groups = paths.chunks(MOST_FILES);
        let mut post = answered;
        let mut is_first = true;
        loop {
            let (text, group) = (pieces.next(), groups.next());
            if text.is_none() && group.is_none() {
                break;
            }
            let at = message
                .sent_at
                .0
                .clamp(1, i64::MAX / 4)
                .max(channel.last + 1);
            channel.last = at;
            let piece = Piece {
                user: &user,
                words: text.unwrap_or_default(),
                at,
                files: group.unwrap_or_default(),
            };
            let is_notice = is_ours && matches!(channel.place, Place::Direct(_));
            let reacting = is_first.then_some(message);
            match post {
                Some(number) => {
                    let mut object = Vec::new();
                    let mut reply = Object::open(&mut object);
                    self.fields(&piece, message, reacting, channel, &mut reply);
                    reply.close();
                    channel.posts.answer(number, &object)?;
                }
                None => {
                    let mut line = Vec::new();
                    line.extend_from_slice(match channel.place {
                        Place::Channel(_) => b"{\"type\":\"post\",\"post\":",
                        Place::Direct(_) => b"{\"type\":\"direct_post\",\"direct_post\":",
                    });
                    let members = self.direct_members(&channel.place);
                    let mut object = Object::open(&mut line);
                    match &channel.place {
                        Place::Channel(name) => {
                            object.text("team", TEAM);
                            object.text("channel", name);
                        }
                        Place::Direct(_) => {
                            object.texts("channel_members", members.iter().map(String::as_str));
                        }
                    }
                    if is_notice {
                        object.text("type", "system_generic");
                    }
                    self.fields(&piece, message, reacting, channel, &mut object);
                    // The post stays open for its answers.
                    object.leave_open();
                    post = Some(channel.posts.add(&line)?);
                }
            }
            is_first = false;
        }
        if let Some(number) = post {
            channel.recent.remember(message.id, number);
        }
        Ok(())
    }

    /// What posts and answers have in common.
    fn fields(
        &self,
        piece: &Piece<'_>,
        message: &Message,
        reacting: Option<&Message>,
        channel: &Channel,
        object: &mut Object<'_>,
    ) {
        object.text("user", piece.user);
        object.text("message", piece.words);
        object.number("create_at", piece.at);
        let mut props = object.object("props");
        props.text("hutong_id", &message.id.to_hex());
        props.close();
        if !piece.files.is_empty() {
            object.list("attachments", piece.files, |path, out| {
                let mut file = Object::open(out);
                file.text("path", path);
                file.close();
            });
        }
        let reactions: Vec<(&str, String)> = reacting
            .into_iter()
            .flat_map(|message| &message.reactions)
            .filter_map(|reaction| Some((known(reaction)?, reaction)))
            .flat_map(|(name, reaction)| {
                reaction.accounts.iter().map(move |account| (name, account))
            })
            .filter_map(|(name, account)| {
                let place = self.roster.known(*account)?;
                let may = match channel.place {
                    Place::Direct(sides) => sides.contains(&place),
                    Place::Channel(_) => channel.members.contains(&place),
                };
                may.then(|| {
                    self.roster
                        .get(place)
                        .map(|person| (name, person.handle.clone()))
                })?
            })
            .collect();
        if !reactions.is_empty() {
            object.list("reactions", reactions, |(name, user), out| {
                let mut reaction = Object::open(out);
                reaction.text("user", &user);
                reaction.text("emoji_name", name);
                reaction.number("create_at", piece.at);
                reaction.close();
            });
        }
    }

    /// Words of a message as Markdown of which nothing is markup.
    fn words(
        &mut self,
        message: &Message,
        is_answer: bool,
        files: &[(usize, String)],
        out: &mut String,
    ) {
        let mut plain = String::new();
        for (index, part) in message.parts.iter().enumerate() {
            let is_copied = files.iter().any(|(copied, _)| *copied == index);
            match part {
                Part::Quote(_) if is_answer => {}
                Part::Text(text) => plain.push_str(&text.text),
                _ if is_copied => crate::slack_import::text::voice_words(part, &mut plain),
                _ => {
                    if !plain.is_empty() && !plain.ends_with('\n') {
                        plain.push('\n');
                    }
                    self.scribe
                        .write_parts(std::slice::from_ref(part), 0, &mut plain);
                }
            }
        }
        self.scribe.write_changes(message, &mut plain);
        let unknown: Vec<&Reaction> = message
            .reactions
            .iter()
            .filter(|reaction| known(reaction).is_none())
            .collect();
        self.scribe.write_reactions(&unknown, &mut plain);
        let plain = plain.trim_end_matches('\n');
        // A word that calls everybody calls nobody here.
        let mut quiet = String::new();
        let mut rest = plain;
        while let Some((before, after)) = rest.split_once('@') {
            quiet.push_str(before);
            quiet.push('@');
            if after.starts_with(|character: char| character.is_ascii_alphabetic()) {
                quiet.push('\u{2060}');
            }
            rest = after;
        }
        quiet.push_str(rest);
        write_text(&quiet, out);
    }

    /// Copies what a message holds; gives the parts and the paths of what is there now.
    fn copy_files(&mut self, message: &Message) -> Result<Vec<(usize, String)>, WriteError> {
        let mut copied = Vec::new();
        if !self.context.options.copy_attachments {
            return Ok(copied);
        }
        for (index, part) in message.parts.iter().enumerate() {
            let Some((attachment, is_voice)) = crate::slack_import::attachment(part) else {
                continue;
            };
            if !attachment.is_present() {
                continue;
            }
            let opened = match open_shown(self.context.blobs, attachment, is_voice) {
                None => None,
                Some(shown) => {
                    let extension = shown.extension.clone();
                    let is_text = shown.media_type.is_none();
                    let whole = shown.whole().map_err(WriteError::Stream)?;
                    whole.map(|(length, content)| (extension, is_text, length, content))
                }
            };
            let Some((extension, is_text, length, mut content)) = opened else {
                self.written.attachments_missing += 1;
                continue;
            };
            self.files += 1;
            let stem = attachment.name.as_deref().unwrap_or("file");
            let stem = stem.strip_suffix(&format!(".{extension}")).unwrap_or(stem);
            let name = crate::file_name::harmless(stem, &extension);
            let path = format!("hutong/{:07}/{name}", self.files);
            let entry = format!("data/{path}");
            if is_text {
                self.zip.begin(&entry)?;
            } else {
                self.zip.begin_stored(&entry, length)?;
            }
            self.zip.copy(&mut *content)?;
            self.written.attachments += 1;
            copied.push((index, path));
        }
        Ok(copied)
    }
}

/// The name of a reaction, where it has one and it is known who gave it.
fn known(reaction: &Reaction) -> Option<&'static str> {
    let is_whole = reaction.accounts.len() as u64 >= reaction.count.max(1);
    emoji_name(&reaction.emoji).filter(|_| is_whole)
}

/// Cuts words into pieces that the server takes, at ends of lines where there are some. No words are one empty piece
/// less: a post of files alone.
fn pieces(words: &str) -> impl Iterator<Item = &str> {
    let mut rest = words;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let limit = rest.char_indices().nth(LONGEST).map(|(at, _)| at);
        let Some(limit) = limit else {
            return Some(std::mem::take(&mut rest));
        };
        let (head, _) = rest.split_at_checked(limit)?;
        let at = head
            .rfind('\n')
            .map(|at| at + 1)
            .filter(|at| *at > limit / 2);
        // A sign that escapes the next one stays with it.
        let at = at.unwrap_or_else(|| head.trim_end_matches('\\').len().max(1));
        let (piece, after) = rest.split_at_checked(at)?;
        rest = after;
        Some(piece)
    })
}
