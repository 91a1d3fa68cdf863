//! Messages become pages.

use std::sync::Arc;

use hutong_model::{Conversation, Direction, Message, Precision, Timestamp};

use super::volume::{Chat, Mark, Page, Rank, Volume};
use crate::scribe::Scribe;
use crate::typeset::content::{Block, Piece};
use crate::typeset::pictures::{Pictures, Purpose};
use crate::typeset::theme::{OWN_NAME, colour_of};
use crate::typeset::{Fill, Fonts, Frame, Row, Rows, Teller, Theme, Tone};
use crate::{Context, WriteError, words};

/// A volume is closed after so many pages.
const MAX_PAGES: usize = 500;

/// From so many pages on the cover says which volume it is; a book that is shorter has only one.
pub(super) const MAX_PAGES_SHOWN: usize = MAX_PAGES;

/// A volume is closed after so many bytes of pictures.
const MAX_PICTURE_BYTES: usize = 48 * 1024 * 1024;

/// A message of at most this height is not torn apart between pages, unless it is nothing but words.
const MAX_WHOLE: f32 = 330.0;

/// People listed under the title of a chat; more are counted.
const MAX_PEOPLE: usize = 200;

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);

/// White around the text: left and right, top, bottom.
pub(super) const MARGIN: (f32, f32, f32) = (62.0, 74.0, 66.0);

/// Width of the text.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN.0;

/// Where text must end.
pub(super) const BOTTOM: f32 = PAGE.1 - MARGIN.2;

/// The pages of the volume at hand, and what is needed to add to them.
pub(super) struct Book<'a> {
    context: &'a Context<'a>,
    teller: Teller<'a>,
    pub(super) fonts: Fonts,
    pub(super) theme: Theme,
    volume: Volume,
    /// Volumes and pages written before.
    volumes_before: u64,
    pages_before: usize,
    /// Where the next row stands on the last page.
    y: f32,
    key: u32,
    chat: Option<Chat>,
    /// Day and sender of the message before.
    day: Option<i64>,
    month: Option<(i64, u32)>,
    sender: Option<String>,
}

impl<'a> Book<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Result<Self, WriteError> {
        let scribe = Scribe::new(context.names, context.language, &context.zone);
        let pictures = Pictures::new(
            context.blobs,
            context.options.copy_attachments,
            Purpose::Book,
        );
        Ok(Self {
            teller: Teller::new(scribe, pictures),
            fonts: Fonts::find(&context.options.fonts)?,
            theme: Theme::book(),
            volume: Volume::default(),
            volumes_before: 0,
            pages_before: 0,
            y: 0.0,
            key: 0,
            chat: None,
            day: None,
            month: None,
            sender: None,
            context,
        })
    }

    pub(super) const fn pictures(&self) -> &Pictures<'a> {
        &self.teller.pictures
    }

    /// Whether the volume holds as much as one may.
    pub(super) const fn is_full(&self) -> bool {
        self.volume.pages.len() >= MAX_PAGES || self.volume.picture_bytes >= MAX_PICTURE_BYTES
    }

    /// Another book begins: volumes and pages are counted from one.
    pub(super) const fn restart(&mut self) {
        self.volumes_before = 0;
        self.pages_before = 0;
    }

    /// A book in which nothing is.
    pub(super) fn begin_empty(&mut self) {
        self.volume.is_begun = true;
    }

    /// Begins a chat on a new page, with its title and who takes part.
    pub(super) fn begin_chat(&mut self, conversation: &Conversation, message_count: u64) {
        let language = self.context.language;
        let names = self.context.names;
        let title = names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        self.teller.scribe.people.enter(conversation.id);
        let mut facts = Vec::new();
        if let Some(platform) = &conversation.platform {
            facts.push(words::platform(language, platform).to_owned());
        }
        facts.push(words::conversation(language, conversation.kind).to_owned());
        facts.push(conversation.native_id.clone());
        facts.push(words::messages(language, message_count));
        let members = self.context.members_of(conversation);
        let mut people: Vec<String> = members
            .iter()
            .take(MAX_PEOPLE)
            .map(|id| self.teller.scribe.member(*id))
            .collect();
        if members.len() > MAX_PEOPLE {
            let more = words::grouped((members.len() - MAX_PEOPLE) as u64);
            people.push(match language {
                crate::Language::Zh => format!("另有 {more} 人"),
                crate::Language::En => format!("and {more} more"),
            });
        }
        self.chat = Some(Chat {
            title: title.into(),
            facts: facts.join(" · "),
            people: people.join(language.pick("、", ", ")),
        });
        self.open_chat();
    }

    /// The chat goes on in this volume, or begins.
    fn open_chat(&mut self) {
        self.day = None;
        self.month = None;
        self.volume.is_begun = true;
        let Some(chat) = self.chat.clone() else {
            return;
        };
        self.begin_page();
        self.mark(Rank::Chat, chat.title.to_string());
        self.volume
            .chats
            .push((chat.title.clone(), self.volume.pages.len() - 1));
        let frame = Frame::new(MARGIN.0, WIDTH);
        self.set(&[Piece::new(&*chat.title, Tone::Heading(2))], &frame);
        self.place(Row::gap(4.0, &[]));
        self.set(&[Piece::new(chat.facts, Tone::Quiet)], &frame);
        if !chat.people.is_empty() {
            let label = self.context.language.pick("成员：", "Participants: ");
            self.set(
                &[
                    Piece::new(label, Tone::Label),
                    Piece::new(chat.people, Tone::Quiet),
                ],
                &frame,
            );
        }
        self.rule();
    }

    /// A thin line across the page.
    fn rule(&mut self) {
        self.key = self.key.wrapping_add(1);
        let fill = Fill {
            x: MARGIN.0,
            width: WIDTH,
            colour: self.theme.rule,
            radius: 0.0,
            key: self.key,
        };
        self.place(Row::gap(8.0, &[]));
        self.place(Row::gap(0.6, &[fill]));
        self.place(Row::gap(4.0, &[]));
    }

    /// Adds a message.
    pub(super) fn message(&mut self, message: &Message) {
        if self.volume.pages.is_empty() {
            self.open_chat();
        }
        self.volume.messages += 1;
        let times = &mut self.volume.times;
        *times = Some(
            times.map_or((message.sent_at, message.sent_at), |(first, last)| {
                (first.min(message.sent_at), last.max(message.sent_at))
            }),
        );
        let local = self.teller.scribe.clock.local(message.sent_at);
        if self.day != Some(local.day) {
            self.begin_day(local);
        }
        let (name, key) = self.name(message);
        let mut blocks = self.teller.message(message);
        let mut time = Vec::new();
        local.write_second(message.precision, &mut time);
        let time: String = time.into_iter().map(char::from).collect();
        if !time.is_empty() {
            let time = Piece::new(format!("{time}  "), Tone::Time);
            match blocks.first_mut() {
                Some(Block::Text(pieces)) => pieces.insert(0, time),
                _ => blocks.insert(0, Block::Text(vec![time])),
            }
        }
        self.put_message(&blocks, name, key);
    }

    /// Puts a message under its sender's name. A short one is not torn apart, a name does not stand alone at the foot
    /// of a page, and every page begins with a name.
    fn put_message(&mut self, blocks: &[Block], name: Option<(String, [u8; 3])>, key: String) {
        let frame = Frame::new(MARGIN.0, WIDTH);
        let is_same = self.sender.as_ref() == Some(&key);
        self.sender = Some(key);
        let name = name.map_or_else(Vec::new, |(name, colour)| {
            self.rows(&[Piece::new(name, Tone::Name(colour))], &frame)
        });
        let Self {
            fonts,
            theme,
            volume,
            y,
            key,
            ..
        } = self;
        let mut head = Head {
            name,
            is_same,
            size: theme.body,
        };
        let line = theme.body * theme.leading;
        let mut held = Vec::new();
        let mut height = 0.0;
        let mut is_held = true;
        let mut rows = Rows { fonts, theme, key };
        rows.blocks(blocks, &frame, &mut |row| {
            if !is_held {
                return put(volume, y, row);
            }
            height += row.height;
            held.push(row);
            // A long message begins where it may and goes on over pages; its rows are not gathered.
            if height > MAX_WHOLE {
                head.put(1.2 * line, volume, y);
                held.drain(..).for_each(|row| put(volume, y, row));
                is_held = false;
            }
        });
        if is_held {
            let is_words = held
                .iter()
                .all(|row| row.picture.is_none() && row.fills.is_empty());
            let whole = if is_words && height > 6.5 * line {
                1.2 * line
            } else {
                height
            };
            head.put(whole, volume, y);
            held.into_iter().for_each(|row| put(volume, y, row));
        }
    }

    /// The name to show with its colour, and what tells senders apart.
    fn name(&mut self, message: &Message) -> (Option<(String, [u8; 3])>, String) {
        if message.sender.is_none() && message.sender_name.is_none() {
            return (None, String::new());
        }
        let (person, name) = self.teller.scribe.sender(message);
        let id = person.native_id.unwrap_or(name);
        let key = format!("{name}\0{id}");
        let colour = match message.direction {
            Direction::Out => OWN_NAME,
            Direction::In | Direction::None => colour_of(id.as_bytes()),
        };
        let name: String = name
            .chars()
            .filter(|character| !crate::text::is_direction_control(*character))
            .map(|character| if character == '\n' { ' ' } else { character })
            .collect();
        (Some((name, colour)), key)
    }

    fn begin_day(&mut self, local: crate::clock::Local) {
        self.day = Some(local.day);
        self.sender = None;
        let (year, month, _) = local.date();
        let words = local.long_date(self.context.language);
        let line = self.theme.headings.last().copied().unwrap_or(10.0) * self.theme.leading;
        if self.y + 4.0 * line > BOTTOM {
            turn(&mut self.volume, &mut self.y);
        } else {
            self.place(Row::gap(line * 0.7, &[]));
        }
        if self.month != Some((year, month)) {
            self.month = Some((year, month));
            self.mark(Rank::Month, format!("{year:04}-{month:02}"));
        }
        self.mark(Rank::Day, words.clone());
        if let Some(page) = self.volume.pages.last_mut() {
            if page.day.is_empty() || page.rows.is_empty() {
                page.day.clone_from(&words);
            }
            page.last_day.clone_from(&words);
        }
        let frame = Frame::new(MARGIN.0, WIDTH);
        self.set(&[Piece::new(words, Tone::Heading(3))], &frame);
    }

    fn mark(&mut self, rank: Rank, title: String) {
        self.volume.marks.push(Mark {
            rank,
            title,
            page: self.volume.pages.len().saturating_sub(1),
            y: self.y,
        });
    }

    /// Begins the first page of a chat.
    fn begin_page(&mut self) {
        self.volume.pages.push(Page {
            chat: self
                .chat
                .as_ref()
                .map_or_else(|| Arc::from(""), |chat| chat.title.clone()),
            ..Page::default()
        });
        self.y = MARGIN.1;
    }

    fn set(&mut self, pieces: &[Piece], frame: &Frame) {
        self.lay_out(&[Block::Text(pieces.to_vec())], frame);
    }

    /// Lays blocks out and puts their rows on pages as they come, so that a message of any length takes little memory.
    fn lay_out(&mut self, blocks: &[Block], frame: &Frame) {
        let Self {
            fonts,
            theme,
            volume,
            y,
            key,
            ..
        } = self;
        let mut rows = Rows { fonts, theme, key };
        rows.blocks(blocks, frame, &mut |row| put(volume, y, row));
    }

    fn place(&mut self, row: Row) {
        put(&mut self.volume, &mut self.y, row);
    }

    /// Closes the volume and gives its file; nothing when nothing was begun.
    pub(super) fn take_volume(&mut self) -> Result<Option<Vec<u8>>, WriteError> {
        let volume = std::mem::take(&mut self.volume);
        if !volume.is_begun {
            return Ok(None);
        }
        let number = self.volumes_before + 1;
        let front = self.front_matter(&volume, number, self.pages_before);
        let last = volume.times.map(|(_, last)| last);
        let title = self.title_of(&volume);
        let file = volume.write(
            &mut self.fonts,
            &self.theme,
            &super::volume::Facts {
                front,
                pages_before: self.pages_before,
                title,
                language: self.context.language,
                generated_by: self.context.generated_by,
                // A file that is made twice of the same messages is the same file.
                made_at: self.context.generated_at.or(last).unwrap_or(Timestamp(0)),
            },
        )?;
        self.volumes_before = number;
        self.pages_before += file.pages;
        Ok(Some(file.bytes))
    }

    /// Title of the book: what the caller calls it, else the chat's name.
    pub(super) fn title_of(&self, volume: &Volume) -> String {
        let chat = volume.chats.first().map(|(title, _)| title.to_string());
        match (&self.context.title, chat) {
            (title, Some(chat)) if title.is_empty() => chat,
            (title, _) if !title.is_empty() => title.clone(),
            _ => self
                .context
                .language
                .pick("聊天记录", "Chat history")
                .to_owned(),
        }
    }

    pub(super) const fn context(&self) -> &'a Context<'a> {
        self.context
    }

    /// First and last time of a volume in words.
    pub(super) fn span(&mut self, volume: &Volume) -> Option<String> {
        let (first, last) = volume.times?;
        let mut time = Vec::new();
        self.teller
            .scribe
            .clock
            .local(first)
            .write(Precision::Second, &mut time);
        time.extend_from_slice(b" - ");
        self.teller
            .scribe
            .clock
            .local(last)
            .write(Precision::Second, &mut time);
        Some(time.into_iter().map(char::from).collect())
    }

    /// Rows of a part that is laid out apart.
    pub(super) fn rows(&mut self, pieces: &[Piece], frame: &Frame) -> Vec<Row> {
        let mut out = Vec::new();
        let mut rows = Rows {
            fonts: &mut self.fonts,
            theme: &self.theme,
            key: &mut self.key,
        };
        rows.pieces(pieces, frame, &mut |row| out.push(row));
        out
    }
}

/// What stands above a message.
struct Head {
    /// The sender's name in rows.
    name: Vec<Row>,
    /// Whether the message before was of the same sender.
    is_same: bool,
    /// Size of running text.
    size: f32,
}

impl Head {
    /// Puts the name where it is needed; on a new page when it and `height` of the message do not fit on this one.
    fn put(&mut self, height: f32, volume: &mut Volume, y: &mut f32) {
        let name: f32 = self.name.iter().map(|row| row.height).sum();
        let is_new_page = *y + name + height + self.size > BOTTOM && *y > MARGIN.1;
        if is_new_page {
            turn(volume, y);
        }
        if self.is_same && !is_new_page {
            put(volume, y, Row::gap(0.15 * self.size, &[]));
        } else {
            if !is_new_page {
                put(volume, y, Row::gap(0.55 * self.size, &[]));
            }
            self.name.drain(..).for_each(|row| put(volume, y, row));
        }
    }
}

/// Begins a page that goes on with what the last one was about.
fn turn(volume: &mut Volume, y: &mut f32) {
    if let Some(page) = volume.pages.last() {
        let next = Page {
            rows: Vec::new(),
            chat: page.chat.clone(),
            day: page.last_day.clone(),
            last_day: page.last_day.clone(),
        };
        volume.pages.push(next);
    }
    *y = MARGIN.1;
}

/// Puts a row on the last page, or on a new one when it does not fit.
fn put(volume: &mut Volume, y: &mut f32, row: Row) {
    if *y + row.height > BOTTOM && *y > MARGIN.1 {
        turn(volume, y);
        // A gap is not needed where a page begins.
        if row.runs.is_empty() && row.picture.is_none() && row.fills.is_empty() {
            return;
        }
    }
    if let Some(placed) = &row.picture {
        volume.picture_bytes += placed.picture.len();
    }
    let height = row.height;
    if let Some(page) = volume.pages.last_mut() {
        page.rows.push((*y, row));
    }
    *y += height;
}
