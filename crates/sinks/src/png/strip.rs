//! Messages become pictures of a bounded height.

use hutong_model::{Conversation, Message};
use sha2::{Digest as _, Sha256};

use super::bubble::{AVATAR, Bubble, PADDING, WIDE, lay_out};
use super::canvas::{Area, Canvas};
use super::encode;
use super::foot::{self, Facts};
use super::glyphs::Glyphs;
use crate::jsonl::Lines;
use crate::output::PartsTarget;
use crate::scribe::Scribe;
use crate::typeset::content::Piece;
use crate::typeset::pictures::{Content, Pictures, Purpose};
use crate::typeset::rows::areas;
use crate::typeset::{Colour, Fonts, Frame, Row, Rows, Teller, Theme, Tone};
use crate::{Context, WriteError, words};

/// Pixels for each point of a phone's screen.
pub(super) const SCALE: f32 = 2.0;

/// Width of a picture: a phone of 375 points.
pub(super) const WIDTH: usize = 750;

/// Height of a picture at most. WeChat and QQ show pictures of this height without making them smaller until nothing
/// can be read, and phones can hold the pixels.
const HEIGHT: usize = 20_000;

/// Where messages must end.
#[expect(clippy::cast_precision_loss, reason = "below 2^24")]
const BOTTOM: f32 = (HEIGHT - foot::HEIGHT) as f32 - 12.0 * SCALE;

/// Width of the words in a bubble.
pub(super) const INSIDE: f32 = 236.0 * SCALE;

/// Behind everything.
pub(super) const BACKGROUND: Colour = [0xed, 0xed, 0xed];

/// Words kept beside a picture, in bytes.
const MAX_WORDS: usize = 1 << 20;

/// A picture whose foot is still to be painted.
struct Waiting {
    title: usize,
    facts: Facts,
    sum: u32,
}

/// What was written.
pub(super) struct Done {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) pictures: u64,
    pub(super) pictures_missing: u64,
}

/// The picture at hand, and those before it.
pub(super) struct Strip<'a> {
    context: &'a Context<'a>,
    target: PartsTarget,
    teller: Teller<'a>,
    fonts: Fonts,
    glyphs: Glyphs,
    theme: Theme,
    lines: Lines<'a>,
    line: Vec<u8>,
    canvas: Option<Canvas>,
    y: f32,
    key: u32,
    /// What is seen on the picture at hand, in words.
    words: String,
    digest: Sha256,
    /// Lines of the export so far, and up to the picture before.
    line_count: u64,
    lines_before: u64,
    chat: String,
    day: Option<i64>,
    waiting: Vec<Waiting>,
}

impl<'a> Strip<'a> {
    pub(super) fn new(context: &'a Context<'a>, target: PartsTarget) -> Result<Self, WriteError> {
        let scribe = Scribe::new(context.names, context.language, &context.zone);
        let theme = Theme::screen(SCALE);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few thousand pixels"
        )]
        let box_of = ((theme.picture.0) as u32, (theme.picture.1 * 2.6) as u32);
        let pictures = Pictures::new(
            context.blobs,
            context.options.copy_attachments,
            Purpose::Pixels(box_of.0, box_of.1),
        );
        Ok(Self {
            teller: Teller::new(scribe, pictures),
            fonts: Fonts::find(&context.options.fonts)?,
            glyphs: Glyphs::default(),
            theme,
            lines: Lines::new(context),
            line: Vec::new(),
            canvas: None,
            y: 0.0,
            key: 0,
            words: String::new(),
            digest: Sha256::new(),
            line_count: 0,
            lines_before: 0,
            chat: String::new(),
            day: None,
            waiting: Vec::new(),
            target,
            context,
        })
    }

    pub(super) fn begin_chat(
        &mut self,
        conversation: &Conversation,
        message_count: u64,
    ) -> Result<(), WriteError> {
        let names = self.context.names;
        let title = names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        if self.target.is_folder() {
            self.close()?;
            self.target.begin(title);
        }
        self.teller.scribe.people.enter(conversation.id);
        self.lines.enter(conversation);
        self.day = None;
        let language = self.context.language;
        let count = words::messages(language, message_count);
        let zone = self.context.zone_name();
        self.chat = format!("{title}\n{count} · {zone}");
        self.heading()
    }

    /// The title of the chat, in the middle.
    fn heading(&mut self) -> Result<(), WriteError> {
        let chat = self.chat.clone();
        let (title, facts) = chat.rsplit_once('\n').unwrap_or((&chat, ""));
        let gap = Row::gap(12.0 * SCALE, &[]);
        let mut rows = vec![gap.clone()];
        rows.extend(self.middle(&[Piece::new(title, Tone::Heading(2))]));
        rows.extend(self.middle(&[Piece::new(facts, Tone::Quiet)]));
        rows.push(gap);
        self.make_room(&rows)?;
        self.paint_rows(&rows);
        Ok(())
    }

    /// Rows in the middle of the picture.
    fn middle(&mut self, pieces: &[Piece]) -> Vec<Row> {
        let mut rows = Vec::new();
        let frame = Frame::new(24.0 * SCALE, WIDE - 48.0 * SCALE);
        let mut layout = Rows {
            fonts: &mut self.fonts,
            theme: &self.theme,
            key: &mut self.key,
        };
        layout.pieces(pieces, &frame, &mut |row| rows.push(row));
        for row in &mut rows {
            let right = row
                .runs
                .iter()
                .map(|(_, run)| run.x + run.width)
                .fold(0.0, f32::max);
            let left = row.runs.iter().map(|(_, run)| run.x).fold(WIDE, f32::min);
            row.shift((WIDE - (right - left)) / 2.0 - left);
        }
        rows
    }

    pub(super) fn message(&mut self, message: &Message, is_hidden: bool) -> Result<(), WriteError> {
        if !is_hidden {
            let local = self.teller.scribe.clock.local(message.sent_at);
            let is_new_day = self.day != Some(local.day);
            let bubble = lay_out(
                message,
                &mut self.teller,
                &mut self.fonts,
                &self.theme,
                &mut self.key,
            );
            let day = if is_new_day {
                self.day_rows(local)
            } else {
                Vec::new()
            };
            // A message goes to the next picture when its beginning does not fit here.
            let first: f32 = bubble
                .head
                .iter()
                .chain(bubble.rows.iter().take(4))
                .chain(&day)
                .map(|row| row.height)
                .sum();
            if self.canvas.is_none() || self.y + first + 30.0 * SCALE > BOTTOM {
                self.close()?;
                self.open();
                self.day = Some(local.day);
                let day = self.day_rows(local);
                self.paint_rows(&day);
            } else if is_new_day {
                self.day = Some(local.day);
                self.paint_rows(&day);
            }
            self.add_line(message)?;
            return self.paint(bubble);
        }
        self.add_line(message)
    }

    /// The message counts for the picture on which it begins.
    fn add_line(&mut self, message: &Message) -> Result<(), WriteError> {
        self.line.clear();
        self.lines.write(message, &mut self.line)?;
        self.digest.update(&self.line);
        self.line_count += 1;
        Ok(())
    }

    fn day_rows(&mut self, local: crate::clock::Local) -> Vec<Row> {
        let words = local.long_date(self.context.language);
        let mut rows = vec![Row::gap(10.0 * SCALE, &[])];
        rows.extend(self.middle(&[Piece::new(words, Tone::Quiet)]));
        rows
    }

    fn make_room(&mut self, rows: &[Row]) -> Result<(), WriteError> {
        let height: f32 = rows.iter().map(|row| row.height).sum();
        if self.canvas.is_some() && self.y + height + 120.0 * SCALE > BOTTOM {
            self.close()?;
        }
        if self.canvas.is_none() {
            self.canvas = Some(Canvas::new(WIDTH, HEIGHT - foot::HEIGHT, BACKGROUND));
            self.y = 0.0;
        }
        Ok(())
    }

    /// Begins a picture with the title of the chat.
    fn open(&mut self) {
        self.canvas = Some(Canvas::new(WIDTH, HEIGHT - foot::HEIGHT, BACKGROUND));
        self.y = 0.0;
        let title = self.chat.split('\n').next().unwrap_or_default().to_owned();
        let mut rows = vec![Row::gap(12.0 * SCALE, &[])];
        rows.extend(self.middle(&[Piece::new(title, Tone::Heading(3))]));
        self.paint_rows(&rows);
    }

    fn paint(&mut self, bubble: Bubble) -> Result<(), WriteError> {
        self.y += 10.0 * SCALE;
        let top = self.y;
        if let (Some((letter, colour, left)), Some(canvas)) = (&bubble.avatar, &mut self.canvas) {
            let area = Area {
                left: *left,
                top,
                right: left + AVATAR,
                bottom: top + AVATAR,
            };
            canvas.fill(area, 5.0 * SCALE, *colour);
            let mut look = self.theme.look(Tone::Strong);
            look.colour = [0xff, 0xff, 0xff];
            let line = self.fonts.line(letter, &look);
            let x = left + (AVATAR - line.width) / 2.0;
            let row = Row::of_line(line, x, 0.0, 1.0, &[]);
            let y = top + (AVATAR - row.height) / 2.0;
            for (base, run) in &row.runs {
                self.glyphs.draw(run, y + base, &self.fonts, canvas);
            }
        }
        self.paint_rows(&bubble.head);
        let padding = if bubble.sides.is_some() {
            PADDING * 0.8
        } else {
            2.0 * SCALE
        };
        let mut rest = bubble.rows.as_slice();
        while !rest.is_empty() {
            let room = BOTTOM - self.y - 2.0 * padding;
            let mut height = 0.0;
            let count = rest
                .iter()
                .take_while(|row| {
                    height += row.height;
                    height <= room
                })
                .count();
            if count == 0 && self.y > 100.0 * SCALE {
                self.close()?;
                self.open();
                continue;
            }
            let (here, later) = rest.split_at_checked(count.max(1)).unwrap_or((rest, &[]));
            let height: f32 = here.iter().map(|row| row.height).sum();
            if let (Some((left, right)), Some(canvas)) = (bubble.sides, &mut self.canvas) {
                let area = Area {
                    left,
                    top: self.y,
                    right,
                    bottom: self.y + height + 2.0 * padding,
                };
                canvas.fill(area, 6.0 * SCALE, bubble.colour);
            }
            self.y += padding;
            self.paint_rows(here);
            self.y += padding;
            rest = later;
        }
        // The next message stands below the avatar too.
        if bubble.avatar.is_some() && self.y < top + AVATAR && self.y > top {
            self.y = top + AVATAR;
        }
        Ok(())
    }

    fn paint_rows(&mut self, rows: &[Row]) {
        let Some(canvas) = &mut self.canvas else {
            return;
        };
        let mut y = self.y;
        let placed: Vec<(f32, &Row)> = rows
            .iter()
            .map(|row| {
                let top = y;
                y += row.height;
                (top, row)
            })
            .collect();
        for area in areas(placed.iter().copied()) {
            canvas.behind(&area.fill, area.top, area.bottom);
        }
        for (top, row) in placed {
            if let Some(placed) = &row.picture
                && let Content::Pixels(pixels) = &placed.picture.content
            {
                let area = Area {
                    left: placed.x,
                    top: top + placed.y,
                    right: placed.x + placed.width,
                    bottom: top + placed.y + placed.height,
                };
                canvas.picture(pixels, (placed.picture.width, placed.picture.height), area);
            }
            for (base, run) in &row.runs {
                self.glyphs.draw(run, top + base, &self.fonts, canvas);
            }
            if self.words.len() < MAX_WORDS {
                row.write_words(&mut self.words);
            }
        }
        self.y = y;
    }

    /// Writes the picture at hand up to its foot.
    fn close(&mut self) -> Result<(), WriteError> {
        let Some(mut canvas) = self.canvas.take() else {
            return Ok(());
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a height of at most 20,000"
        )]
        let used = ((self.y + 12.0 * SCALE) as usize).min(canvas.height);
        canvas.pixels.truncate(used * WIDTH * 3);
        let number = self.target.parts() + 1;
        let facts = Facts {
            digest: std::mem::take(&mut self.digest).finalize().into(),
            lines: (self.lines_before + 1, self.line_count),
            number,
        };
        self.lines_before = self.line_count;
        self.words.push_str(&facts.code());
        let open = encode::begin(WIDTH, used + foot::HEIGHT, &self.words, &canvas.pixels);
        self.words.clear();
        self.target.part(open.bytes)?;
        self.waiting.push(Waiting {
            title: self.target.title(),
            facts,
            sum: open.sum,
        });
        Ok(())
    }

    /// Adds the feet, now that it is known how many pictures there are.
    pub(super) fn finish(mut self) -> Result<Done, WriteError> {
        if self.waiting.is_empty() && self.canvas.is_none() {
            self.target.begin(&self.context.title);
            self.chat = self
                .context
                .language
                .pick("没有消息", "No messages")
                .to_owned();
            self.open();
        }
        self.close()?;
        for Waiting { title, facts, sum } in std::mem::take(&mut self.waiting) {
            let total = self.target.parts_of(title);
            let tools = (&mut self.fonts, &mut self.glyphs, &self.theme);
            let pixels = foot::paint(
                &facts,
                total,
                self.context.language,
                self.context.generated_by,
                tools,
            );
            self.target
                .append(title, facts.number, &encode::end(WIDTH, sum, &pixels))?;
        }
        let (files, bytes) = self.target.finish()?;
        Ok(Done {
            files,
            bytes,
            pictures: self.teller.pictures.shown,
            pictures_missing: self.teller.pictures.missing,
        })
    }
}
