//! One message: its place on the page, who and when, and what became of it.

use hutong_model::{ConversationKind, Direction, Message, Part, PartKind, Revision, State};

use super::escape::{write_plain, write_text};
use super::{Painter, Shelf, address, avatar, limits::Allowance};
use crate::WriteError;
use crate::clock::Local;
use crate::scribe::reaction_words;

/// Messages of one sender within this time hang together under one name.
const RUN_MS: i64 = 3 * 60 * 1000;

/// Texts beyond this size may be broken across printed pages.
const LONG_TEXT_BYTES: usize = 1500;

/// So many names stand behind an answer by emoji.
const NAMES_OF_A_REACTION: usize = 100;

/// Characters of the last message that the table of contents shows.
const PREVIEW_CHARACTERS: usize = 60;

/// What the message before was like.
pub(super) struct Run {
    shows_names: bool,
    day: Option<i64>,
    last: Option<(Option<hutong_model::AccountId>, Direction, i64)>,
}

impl Run {
    pub(super) fn new(kind: ConversationKind) -> Self {
        Self {
            shows_names: !matches!(kind, ConversationKind::Direct | ConversationKind::Device),
            day: None,
            last: None,
        }
    }

    /// The next message shows its sender again.
    fn interrupt(&mut self) {
        self.last = None;
    }

    /// The next message shows its day and its sender again.
    pub(super) fn turn_page(&mut self) {
        self.day = None;
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

impl<S: Shelf> Painter<'_, S> {
    /// Appends a message, and before it the day where a new one begins. Gives the local time of the message.
    ///
    /// # Errors
    /// When the shelf cannot be written to.
    pub fn message(&mut self, message: &Message, out: &mut Vec<u8>) -> Result<Local, WriteError> {
        let local = self.scribe.clock.local(message.sent_at);
        if self.run.day != Some(local.day) {
            self.run.day = Some(local.day);
            self.run.interrupt();
            self.day(local, out);
        }
        self.on_page.push(message.id);
        self.allowance = Allowance::begin(self.live, out.len());
        self.trail.begin(message.id);
        if is_notice(message) {
            self.run.interrupt();
            self.notice(message, local, out);
        } else {
            self.bubble(message, local, out)?;
        }
        self.trail.end();
        self.allowance = Allowance::default();
        Ok(local)
    }

    /// The line between two days.
    fn day(&self, local: Local, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<h2 class=\"d\"");
        if self.live.is_some() {
            out.extend_from_slice(b" data-day=\"");
            local.write_date(out);
            out.push(b'"');
        }
        out.push(b'>');
        write_plain(&local.long_date(self.language), out);
        out.extend_from_slice(b"</h2>\n");
    }

    fn bubble(
        &mut self,
        message: &Message,
        local: Local,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let is_continued = self.run.continues(message);
        let is_own = message.direction == Direction::Out;
        let (_, name) = self.scribe.sender(message);
        let name = self.allowance.clip(name);

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
        out.push(b'"');
        self.facts_for_scripts(message, out);
        out.push(b'>');
        match &message.sender {
            Some(sender) => avatar(&sender.0, name, out),
            None => avatar(name.as_bytes(), name, out),
        }
        out.extend_from_slice(b"<div class=\"w\">");
        if !is_continued {
            // On one's own side and between two people the side says who speaks; the name is there for listeners.
            let shown: &[u8] = if self.run.shows_names && !is_own {
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
        self.time(message, local, out);
        out.extend_from_slice(b"</div>");
        self.notes(message, out)?;
        self.rest(message, out);
        out.extend_from_slice(b"</div></div>\n");
        Ok(())
    }

    /// A line in the middle.
    fn notice(&mut self, message: &Message, local: Local, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<p class=\"s\" id=\"");
        write_anchor(message, out);
        out.extend_from_slice(b"\" dir=\"auto\"");
        self.facts_for_scripts(message, out);
        out.push(b'>');
        let mut words = std::mem::take(&mut self.scratch);
        words.clear();
        self.scribe.write_message(message, &mut words);
        write_text(self.allowance.clip(words.trim()), out);
        self.scratch = words;
        self.time(message, local, out);
        self.rest(message, out);
        out.extend_from_slice(b"</p>\n");
    }

    /// What scripts of the live page want to know: when, who, and whether it is one's own.
    fn facts_for_scripts(&self, message: &Message, out: &mut Vec<u8>) {
        if self.live.is_none() {
            return;
        }
        out.extend_from_slice(b" data-time=\"");
        out.extend_from_slice(itoa::Buffer::new().format(message.sent_at.0).as_bytes());
        out.push(b'"');
        if let Some(sender) = &message.sender {
            out.extend_from_slice(b" data-sender=\"");
            write_hex(sender.0, out);
            out.push(b'"');
        }
        if message.direction == Direction::Out {
            out.extend_from_slice(b" data-own");
        }
    }

    /// The time; on the live page it is the permanent link, and a link to the origin stands beside it.
    fn time(&self, message: &Message, local: Local, out: &mut Vec<u8>) {
        if self.live.is_none() {
            write_time(message, local, out);
            return;
        }
        out.extend_from_slice(b"<span class=\"lk\"><a href=\"");
        out.extend_from_slice(address::message(message.id).as_bytes());
        out.extend_from_slice(b"\">");
        write_time(message, local, out);
        out.extend_from_slice(b"</a> <a class=\"og\" href=\"");
        out.extend_from_slice(address::details(message.id).as_bytes());
        out.extend_from_slice(b"\" aria-label=\"");
        write_plain(self.language.pick("出处与详情", "Origin and details"), out);
        out.extend_from_slice("\">ⓘ</a></span>".as_bytes());
    }

    /// Says that there is more, and where.
    fn rest(&self, message: &Message, out: &mut Vec<u8>) {
        if self.live.is_none() || !self.allowance.is_cut() {
            return;
        }
        out.extend_from_slice(b"<span class=\"more\"><a href=\"");
        out.extend_from_slice(address::details(message.id).as_bytes());
        out.extend_from_slice(b"\">");
        write_plain(
            self.language.pick(
                "太长，只显示了一部分。显示全部",
                "Too long to show here. Show all of it",
            ),
            out,
        );
        out.extend_from_slice(b"</a></span>");
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
        if let Some(address) = self.address_of(*target) {
            out.extend_from_slice(b"<a href=\"");
            out.extend_from_slice(address.as_bytes());
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
        if !message.revisions.is_empty() && self.allowance.has_room(out) {
            self.revisions(&message.revisions, out)?;
        }
        if !message.reactions.is_empty() {
            out.extend_from_slice(b"<div class=\"u\">");
            for reaction in &message.reactions {
                if !self.allowance.has_room(out) {
                    break;
                }
                let names: Vec<&str> = reaction
                    .accounts
                    .iter()
                    .take(NAMES_OF_A_REACTION)
                    .filter_map(|id| self.scribe.people.get(*id).name)
                    .collect();
                out.extend_from_slice(b"<span title=\"");
                let names = names.join(self.language.pick("、", ", "));
                write_plain(self.allowance.clip(&names), out);
                out.extend_from_slice(b"\"><bdi>");
                write_plain(self.allowance.clip(&reaction_words(reaction)), out);
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
        // Bundles have addresses only in the wording that stands.
        self.trail.end();
        for revision in revisions {
            if !self.allowance.has_room(out) {
                break;
            }
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

    /// `张三: 好的`, cut to one line, for lists. Replaces what is in `preview`.
    pub fn preview(&mut self, message: &Message, preview: &mut String) {
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
    out.push(b'm');
    write_hex(message.id.0, out);
}

fn write_hex(id: [u8; 16], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in id {
        for digit in [byte >> 4, byte & 15] {
            out.push(DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0'));
        }
    }
}

fn write_time(message: &Message, local: Local, out: &mut Vec<u8>) {
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
