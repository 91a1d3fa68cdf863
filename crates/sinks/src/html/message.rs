//! One message: its place on the page, who and when, and what became of it.

use hutong_model::{ConversationKind, Direction, Message, Part, PartKind, Revision, State};

use super::Painter;
use super::escape::{write_plain, write_text};
use super::page::avatar;
use crate::WriteError;
use crate::clock::Local;
use crate::scribe::reaction_words;

/// Messages of one sender within this time hang together under one name.
const RUN_MS: i64 = 3 * 60 * 1000;

/// Texts beyond this size may be broken across printed pages.
const LONG_TEXT_BYTES: usize = 1500;

/// Characters of the last message that the table of contents shows.
const PREVIEW_CHARACTERS: usize = 60;

/// What the message before was like.
pub(super) struct Run {
    shows_names: bool,
    last: Option<(Option<hutong_model::AccountId>, Direction, i64)>,
}

impl Run {
    pub(super) fn new(kind: ConversationKind) -> Self {
        Self {
            shows_names: !matches!(kind, ConversationKind::Direct | ConversationKind::Device),
            last: None,
        }
    }

    /// The next message shows its sender again.
    pub(super) fn interrupt(&mut self) {
        self.last = None;
    }

    /// Whether this message hangs on the one before.
    fn continues(&mut self, message: &Message) -> bool {
        let is_continued = message.sender.is_some()
            && self.last.is_some_and(|(sender, direction, time)| {
                sender == message.sender
                    && direction == message.direction
                    && message.sent_at.0.saturating_sub(time) < RUN_MS
            });
        self.last = Some((message.sender, message.direction, message.sent_at.0));
        is_continued
    }
}

impl Painter<'_> {
    pub(super) fn message(
        &mut self,
        message: &Message,
        local: Local,
        run: &mut Run,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        if is_notice(message) {
            run.interrupt();
            self.notice(message, local, out);
            return Ok(());
        }
        let is_continued = run.continues(message);
        let is_own = message.direction == Direction::Out;
        let (_, name) = self.scribe.sender(message);

        out.extend_from_slice(b"<div class=\"m");
        if is_own {
            out.extend_from_slice(b" o");
        }
        if is_continued {
            out.extend_from_slice(b" c");
        }
        if message.state != State::Normal {
            out.extend_from_slice(b" z");
        }
        if is_long(message) {
            out.extend_from_slice(b" long");
        }
        out.extend_from_slice(b"\" id=\"");
        write_anchor(message, out);
        out.extend_from_slice(b"\">");
        match &message.sender {
            Some(sender) => avatar(&sender.0, name, out),
            None => avatar(name.as_bytes(), name, out),
        }
        out.extend_from_slice(b"<div class=\"w\">");
        if !is_continued {
            // On one's own side and between two people the side says who speaks; the name is there for listeners.
            let shown: &[u8] = if run.shows_names && !is_own {
                b"<p class=\"n\"><bdi>"
            } else {
                b"<p class=\"n v\"><bdi>"
            };
            out.extend_from_slice(shown);
            write_plain(name, out);
            out.extend_from_slice(b"</bdi></p>");
        }
        out.extend_from_slice(if is_bare(&message.parts) {
            b"<div class=\"r\"><div class=\"b p\">"
        } else {
            b"<div class=\"r\"><div class=\"b\">"
        });
        self.reply(message, out);
        let is_empty =
            |part: &Part| matches!(part, Part::Text(text) if text.text.trim().is_empty());
        if message.parts.iter().all(is_empty) {
            self.empty(message, out);
        }
        let target = message.reply_to.first().copied();
        self.parts(&message.parts, target, 0, out)?;
        out.extend_from_slice(b"</div>");
        time(message, local, out);
        out.extend_from_slice(b"</div>");
        self.notes(message, out)?;
        out.extend_from_slice(b"</div></div>\n");
        Ok(())
    }

    /// A line in the middle.
    fn notice(&mut self, message: &Message, local: Local, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<p class=\"s\" id=\"");
        write_anchor(message, out);
        out.extend_from_slice(b"\" dir=\"auto\">");
        let mut words = std::mem::take(&mut self.scratch);
        words.clear();
        self.scribe.write_message(message, &mut words);
        write_text(words.trim(), out);
        self.scratch = words;
        time(message, local, out);
        out.extend_from_slice(b"</p>\n");
    }

    /// An answer whose platform shows no excerpt still says that it is one.
    fn reply(&self, message: &Message, out: &mut Vec<u8>) {
        let Some(target) = message.reply_to.first() else {
            return;
        };
        if message
            .parts
            .iter()
            .any(|part| part.kind() == PartKind::Quote)
        {
            return;
        }
        out.extend_from_slice(b"<p class=\"q\">");
        if self.is_on_page(*target) {
            out.extend_from_slice(b"<a href=\"#m");
            out.extend_from_slice(target.to_hex().as_bytes());
            out.extend_from_slice(b"\">");
            write_plain(
                self.language
                    .pick("↩ 查看所回复的消息", "↩ see the answered message"),
                out,
            );
            out.extend_from_slice(b"</a>");
        } else {
            write_plain(
                self.language
                    .pick("↩ 回复较早的一条消息", "↩ answers an earlier message"),
                out,
            );
        }
        out.extend_from_slice(b"</p>");
    }

    fn empty(&self, message: &Message, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<p class=\"t e\">");
        let words = if message.state == State::Normal {
            self.language.pick("（空消息）", "(empty message)")
        } else {
            self.language
                .pick("（内容没有留下）", "(the content was not kept)")
        };
        write_plain(words, out);
        out.extend_from_slice(b"</p>");
    }

    /// What became of it, other wordings, answers by emoji.
    fn notes(&mut self, message: &Message, out: &mut Vec<u8>) -> Result<(), WriteError> {
        if let Some(note) = self.scribe.state_note(message) {
            out.extend_from_slice(b"<p class=\"i\"><bdi>");
            write_plain(&note, out);
            out.extend_from_slice(b"</bdi></p>");
        }
        if !message.revisions.is_empty() {
            self.revisions(&message.revisions, out)?;
        }
        if !message.reactions.is_empty() {
            out.extend_from_slice(b"<div class=\"u\">");
            for reaction in &message.reactions {
                let names: Vec<&str> = reaction
                    .accounts
                    .iter()
                    .filter_map(|id| self.scribe.people.get(*id).name)
                    .collect();
                out.extend_from_slice(b"<span title=\"");
                write_plain(&names.join(self.language.pick("、", ", ")), out);
                out.extend_from_slice(b"\"><bdi>");
                write_plain(&reaction_words(reaction), out);
                out.extend_from_slice(b"</bdi></span>");
            }
            out.extend_from_slice(b"</div>");
        }
        Ok(())
    }

    fn revisions(&mut self, revisions: &[Revision], out: &mut Vec<u8>) -> Result<(), WriteError> {
        out.extend_from_slice(b"<details class=\"ed\"><summary>");
        write_plain(self.language.pick("其它版本", "Other wordings"), out);
        out.extend_from_slice(b"</summary>");
        for revision in revisions {
            out.extend_from_slice(b"<div>");
            if let Some(at) = revision.at {
                let mut when = Vec::with_capacity(20);
                self.scribe
                    .clock
                    .local(at)
                    .write(hutong_model::Precision::Second, &mut when);
                out.extend_from_slice(b"<time>");
                out.extend_from_slice(&when);
                out.extend_from_slice(b"</time>");
            }
            self.parts(&revision.parts, None, 1, out)?;
            out.extend_from_slice(b"</div>");
        }
        out.extend_from_slice(b"</details>");
        Ok(())
    }

    /// Whether a link to this message leads somewhere.
    pub(super) fn is_on_page(&self, id: hutong_model::MessageId) -> bool {
        // Answers are rare and mostly near, so looking back beats keeping a set of two thousand ids.
        self.on_page.iter().rev().any(|other| *other == id)
    }

    /// `张三: 好的`, cut to one line.
    pub(super) fn preview(&mut self, message: &Message, preview: &mut String) {
        preview.clear();
        self.scratch.clear();
        let parts = &message.parts;
        let is_short = |part: &&Part| !matches!(part, Part::Quote(_) | Part::Forward(_));
        match parts.iter().find(is_short) {
            Some(Part::Text(text)) => {
                let end = text
                    .text
                    .char_indices()
                    .nth(PREVIEW_CHARACTERS)
                    .map_or(text.text.len(), |(at, _)| at);
                self.scratch
                    .push_str(text.text.get(..end).unwrap_or_default());
            }
            Some(part) => {
                let mut words = std::mem::take(&mut self.scratch);
                self.scribe
                    .write_parts(std::slice::from_ref(part), 1, &mut words);
                self.scratch = words;
            }
            None => {
                let kind = parts.first().map_or(PartKind::Text, Part::kind);
                self.scratch
                    .push_str(crate::words::part(self.language, kind));
            }
        }
        if !is_notice(message) {
            preview.push_str(self.scribe.sender(message).1);
            preview.push_str(": ");
        }
        preview.extend(
            self.scratch
                .chars()
                .take(PREVIEW_CHARACTERS)
                .map(|character| {
                    if character.is_whitespace() {
                        ' '
                    } else {
                        character
                    }
                }),
        );
    }
}

/// `m` and the id: an anchor may not begin with a digit in old readers.
fn write_anchor(message: &Message, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'm');
    for byte in message.id.0 {
        for digit in [byte >> 4, byte & 15] {
            out.push(DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0'));
        }
    }
}

fn time(message: &Message, local: Local, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<time datetime=\"");
    local.write_machine(message.precision, out);
    out.extend_from_slice(b"\" title=\"");
    local.write(message.precision, out);
    out.extend_from_slice(b"\">");
    local.write_minute(message.precision, out);
    out.extend_from_slice(b"</time>");
}

/// Whether it is about the chat and not said in it.
fn is_notice(message: &Message) -> bool {
    let is_plain = |part: &Part| matches!(part, Part::Text(_) | Part::System(_) | Part::Nudge(_));
    match message.kind() {
        PartKind::System | PartKind::Nudge => message.parts.iter().all(is_plain),
        _ => {
            message.direction == Direction::None
                && message.sender.is_none()
                && message.sender_name.is_none()
                && message.state == State::Normal
                && message.parts.iter().all(is_plain)
        }
    }
}

/// Whether everything in it has a frame of its own, so that a bubble around it would be one too many.
fn is_bare(parts: &[Part]) -> bool {
    !parts.is_empty()
        && parts.iter().all(|part| match part {
            Part::Text(_)
            | Part::Quote(_)
            | Part::Voice(_)
            | Part::Call(_)
            | Part::Nudge(_)
            | Part::System(_) => false,
            Part::Sticker(sticker) => !super::part::is_emoji_code(sticker),
            _ => true,
        })
}

fn is_long(message: &Message) -> bool {
    message.parts.iter().any(|part| match part {
        Part::Text(text) => text.text.len() > LONG_TEXT_BYTES,
        Part::Announcement(announcement) => announcement.text.len() > LONG_TEXT_BYTES,
        Part::Forward(forward) => forward.messages.len() > 6,
        _ => false,
    })
}
