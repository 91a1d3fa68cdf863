//! Pages become a file.

use std::num::NonZeroU32;
use std::sync::Arc;

use hutong_model::Timestamp;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata, PageLayout};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{NumberingStyle, PageLabel, PageSettings};
use krilla::{Document, SerializeSettings};

use super::book::{MARGIN, PAGE, WIDTH};
use super::paint::Paint;
use crate::typeset::{Fonts, Row, Theme, Tone};
use crate::{Language, WriteError};

/// Longest title of a bookmark, in characters.
const MAX_TITLE: usize = 120;

/// A page before it is painted.
#[derive(Default)]
pub(super) struct Page {
    /// Rows with their distance from the top.
    pub(super) rows: Vec<(f32, Row)>,
    /// Title of the chat, for the head of the page; a page without one has no head.
    pub(super) chat: Arc<str>,
    /// The day with which the page begins.
    pub(super) day: String,
    /// The day with which it ends.
    pub(super) last_day: String,
}

/// How deep a bookmark lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Chat,
    Month,
    Day,
}

/// A bookmark.
pub(super) struct Mark {
    pub(super) rank: Rank,
    pub(super) title: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

/// What stands under the title of a chat.
#[derive(Clone)]
pub(super) struct Chat {
    pub(super) title: Arc<str>,
    pub(super) facts: String,
    pub(super) people: String,
}

/// Pages that will be one file.
#[derive(Default)]
pub(super) struct Volume {
    pub(super) is_begun: bool,
    pub(super) pages: Vec<Page>,
    pub(super) marks: Vec<Mark>,
    /// Chats with the page on which each begins.
    pub(super) chats: Vec<(Arc<str>, usize)>,
    pub(super) messages: u64,
    /// First and last.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    pub(super) picture_bytes: usize,
}

/// What a file says of itself.
pub(super) struct Facts<'f> {
    pub(super) front: Vec<Page>,
    pub(super) pages_before: usize,
    pub(super) title: String,
    pub(super) language: Language,
    pub(super) generated_by: &'f str,
    pub(super) made_at: Timestamp,
}

/// A complete file.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) pages: usize,
}

impl Volume {
    /// Paints all pages.
    pub(super) fn write(
        self,
        fonts: &mut Fonts,
        theme: &Theme,
        facts: &Facts<'_>,
    ) -> Result<Written, WriteError> {
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_B)
            .finish()
            .map_err(|error| refused(&error))?;
        let mut document = Document::new_with(SerializeSettings {
            configuration,
            enable_tagging: false,
            ..SerializeSettings::default()
        });
        let outline = self.outline(facts.front.len());
        let total = facts.front.len() + self.pages.len();
        let mut paint = Paint::new(fonts, theme);
        for (index, page) in facts.front.iter().chain(&self.pages).enumerate() {
            let number = facts.pages_before + index + 1;
            let label = u32::try_from(number).ok().and_then(NonZeroU32::new);
            let settings = PageSettings::from_wh(PAGE.0, PAGE.1)
                .unwrap_or_default()
                .with_page_label(PageLabel::new(Some(NumberingStyle::Arabic), None, label));
            let mut painted = document.start_page_with(settings);
            let margins = margins(&mut paint, page, index, number);
            paint.page(
                &mut painted,
                page.rows.iter().chain(&margins),
                facts.front.len(),
            );
            painted.finish();
        }
        document.set_outline(outline);
        document.set_metadata(metadata(facts));
        let bytes = document.finish().map_err(|error| refused(&error))?;
        Ok(Written {
            bytes,
            pages: total,
        })
    }

    /// Bookmarks: chat, month, day.
    fn outline(&self, front: usize) -> Outline {
        let mut outline = Outline::new();
        // The nodes that are still open, outermost first.
        let mut open: Vec<(Rank, OutlineNode)> = Vec::new();
        for mark in &self.marks {
            close(&mut open, mark.rank, &mut outline);
            let place = XyzDestination::new(
                front + mark.page,
                Point::from_xy(0.0, (mark.y - 12.0).max(0.0)),
            );
            open.push((
                mark.rank,
                OutlineNode::new(tame(&mark.title, MAX_TITLE), place),
            ));
        }
        close(&mut open, Rank::Chat, &mut outline);
        outline
    }
}

/// Closes nodes down to a rank: each becomes a child of the one before it.
fn close(open: &mut Vec<(Rank, OutlineNode)>, rank: Rank, outline: &mut Outline) {
    while open.last().is_some_and(|(last, _)| *last >= rank) {
        if let Some((_, node)) = open.pop() {
            match open.last_mut() {
                Some((_, parent)) => parent.push_child(node),
                None => outline.push_child(node),
            }
        }
    }
}

/// The head and the foot of a page.
fn margins(paint: &mut Paint<'_>, page: &Page, index: usize, number: usize) -> Vec<(f32, Row)> {
    if index == 0 {
        return Vec::new();
    }
    let look = paint.theme.look(Tone::Quiet);
    let mut rows = Vec::new();
    if !page.chat.is_empty() {
        let day = paint.fonts.clipped(&page.day, &look, WIDTH * 0.45);
        let title = paint.fonts.clipped(&page.chat, &look, WIDTH * 0.5);
        let right = MARGIN.0 + WIDTH - day.width;
        rows.push((
            MARGIN.1 - 34.0,
            Row::of_line(title, MARGIN.0, 0.0, 1.5, &[]),
        ));
        rows.push((MARGIN.1 - 34.0, Row::of_line(day, right, 0.0, 1.5, &[])));
    }
    let number = paint.fonts.line(&number.to_string(), &look);
    let middle = (PAGE.0 - number.width) / 2.0;
    rows.push((
        PAGE.1 - MARGIN.2 + 24.0,
        Row::of_line(number, middle, 0.0, 1.5, &[]),
    ));
    rows
}

fn metadata(facts: &Facts<'_>) -> Metadata {
    let seconds = facts.made_at.seconds();
    let (year, month, day) = facts.made_at.date();
    let second = seconds.rem_euclid(86_400);
    let byte = |number: i64| u8::try_from(number).unwrap_or(0);
    let made_at = DateTime::new(u16::try_from(year.clamp(1, 9999)).unwrap_or(1970))
        .month(u8::try_from(month).unwrap_or(1))
        .day(u8::try_from(day).unwrap_or(1))
        .hour(byte(second / 3600))
        .minute(byte(second / 60 % 60))
        .second(byte(second % 60))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(tame(&facts.title, 300))
        .creator(tame(facts.generated_by, 100))
        .producer(tame(facts.generated_by, 100))
        .language(facts.language.tag().to_owned())
        .creation_date(made_at)
        .page_layout(PageLayout::OneColumn)
}

/// Words for what lies beside the pages: no controls, and no longer than readers show.
fn tame(text: &str, limit: usize) -> String {
    text.chars()
        .filter(|character| {
            !crate::text::is_direction_control(*character)
                && !matches!(character, '\u{fffe}' | '\u{ffff}')
        })
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .take(limit)
        .collect()
}

fn refused(error: &impl std::fmt::Debug) -> WriteError {
    let mut reason = format!("{error:?}");
    let end = reason
        .char_indices()
        .nth(400)
        .map_or(reason.len(), |(end, _)| end);
    reason.truncate(end);
    WriteError::Refused {
        format: "pdf",
        reason,
    }
}
