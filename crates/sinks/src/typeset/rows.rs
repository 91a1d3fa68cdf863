//! Blocks become rows: what is never torn apart between pages.

use std::sync::Arc;

use super::content::{Block, PictureKind, Piece};
use super::{Colour, Fonts, Frame, Line, Look, Picture, Run, Span, Theme};

/// A box or bar behind a row; those of equal key in rows that follow each other are one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fill {
    pub(crate) x: f32,
    pub(crate) width: f32,
    pub(crate) colour: Colour,
    /// Of the corners.
    pub(crate) radius: f32,
    pub(crate) key: u32,
}

/// A picture at its place in a row.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) picture: Arc<Picture>,
}

/// What is never torn apart between pages: a line, a picture, a gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) height: f32,
    /// Glyphs, with the distance of their base line from the top of the row.
    pub(crate) runs: Vec<(f32, Run)>,
    pub(crate) fills: Vec<Fill>,
    pub(crate) picture: Option<Placed>,
    /// Number of the page that a click leads to.
    pub(crate) leads_to: Option<usize>,
}

/// Distance of the base line from the top of a letter's box: what most Chinese fonts have.
const ASCENT: f32 = 0.88;

impl Row {
    /// An empty row.
    pub(crate) fn gap(height: f32, fills: &[Fill]) -> Self {
        Self {
            height,
            fills: fills.to_vec(),
            ..Self::default()
        }
    }

    /// A line at its place; one that begins at the right stands at the right end.
    pub(crate) fn of_line(line: Line, x: f32, width: f32, leading: f32, fills: &[Fill]) -> Self {
        let height = line.size * leading;
        let base = (height - line.size) / 2.0 + line.size * ASCENT;
        let x = if line.is_rtl {
            x + (width - line.width).max(0.0)
        } else {
            x
        };
        let runs = line.runs.into_iter().map(|mut run| {
            run.x += x;
            (base, run)
        });
        Self {
            height,
            runs: runs.collect(),
            fills: fills.to_vec(),
            ..Self::default()
        }
    }
}

#[cfg(feature = "png")]
impl Row {
    /// Moves everything on it to the right.
    pub(crate) fn shift(&mut self, by: f32) {
        self.runs.iter_mut().for_each(|(_, run)| run.x += by);
        self.fills.iter_mut().for_each(|fill| fill.x += by);
        if let Some(placed) = &mut self.picture {
            placed.x += by;
        }
    }

    /// Appends its words and the end of a line.
    pub(crate) fn write_words(&self, out: &mut String) {
        let mut ranges: Vec<(&str, u32, u32)> = Vec::new();
        for (_, run) in &self.runs {
            let start = run.glyphs.iter().map(|glyph| glyph.start).min();
            let end = run.glyphs.iter().map(|glyph| glyph.end).max();
            if let (Some(start), Some(end)) = (start, end) {
                ranges.push((&run.text, start, end));
            }
        }
        // In the order of the text, not of the places.
        ranges.sort_by_key(|(_, start, _)| *start);
        for (text, start, end) in ranges {
            let [start, end] = [start, end].map(|at| usize::try_from(at).unwrap_or(0));
            out.push_str(text.get(start..end).unwrap_or_default());
        }
        if !self.runs.is_empty() {
            out.push('\n');
        }
    }
}

/// Lays blocks out.
pub(crate) struct Rows<'l> {
    pub(crate) fonts: &'l mut Fonts,
    pub(crate) theme: &'l Theme,
    /// The next key of a box.
    pub(crate) key: &'l mut u32,
}

impl Rows<'_> {
    /// Blocks below each other.
    pub(crate) fn blocks(&mut self, blocks: &[Block], frame: &Frame, out: &mut dyn FnMut(Row)) {
        for (index, block) in blocks.iter().enumerate() {
            let is_set_off = !matches!(block, Block::Text(_));
            if index > 0 && is_set_off {
                out(Row::gap(self.theme.body * 0.3, &frame.fills));
            }
            self.block(block, frame, out);
            if is_set_off && index + 1 < blocks.len() {
                out(Row::gap(self.theme.body * 0.3, &frame.fills));
            }
        }
    }

    fn block(&mut self, block: &Block, frame: &Frame, out: &mut dyn FnMut(Row)) {
        match block {
            Block::Text(pieces) => self.pieces(pieces, frame, out),
            Block::Picture(picture, kind) => self.picture(picture, *kind, frame, out),
            Block::Quote(inner) => {
                let inside = frame.behind_bar(self.theme, self.next_key());
                self.blocks(inner, &inside, out);
            }
            Block::Card(inner) | Block::Bundle(inner) => {
                let mut inside = frame.in_box(self.theme, self.next_key());
                if matches!(block, Block::Bundle(_)) {
                    // A bar at the left end tells how deep a message lies.
                    let bar = Fill {
                        width: self.theme.body * 0.2,
                        colour: self.theme.rule,
                        radius: 0.0,
                        x: frame.x,
                        key: self.next_key(),
                    };
                    inside.fills.push(bar);
                }
                let padding = Row::gap(self.theme.body * 0.5, &inside.fills);
                out(padding.clone());
                self.blocks(inner, &inside, out);
                out(padding);
            }
        }
    }

    fn next_key(&mut self) -> u32 {
        *self.key = self.key.wrapping_add(1);
        *self.key
    }

    /// Words in lines.
    pub(crate) fn pieces(&mut self, pieces: &[Piece], frame: &Frame, out: &mut dyn FnMut(Row)) {
        let spans: Vec<Span<'_>> = pieces.iter().map(|piece| self.span(piece)).collect();
        let (x, width, leading) = (frame.x, frame.width, self.theme.leading);
        self.fonts.lay_out(&spans, 0.0, width, &mut |line| {
            out(Row::of_line(line, x, width, leading, &frame.fills));
        });
    }

    fn span<'t>(&self, piece: &'t Piece) -> Span<'t> {
        let look = self.theme.look(piece.tone);
        Span {
            text: &piece.text,
            look: Look {
                colour: if piece.link.is_some() {
                    self.theme.link
                } else {
                    look.colour
                },
                link: piece.link.clone(),
                ..look
            },
        }
    }

    fn picture(
        &mut self,
        picture: &Arc<Picture>,
        kind: PictureKind,
        frame: &Frame,
        out: &mut dyn FnMut(Row),
    ) {
        let (most_wide, most_high) = match kind {
            PictureKind::Picture => self.theme.picture,
            PictureKind::Sticker => self.theme.sticker,
        };
        #[expect(
            clippy::cast_precision_loss,
            reason = "pictures have less than 2^24 pixels on a side"
        )]
        let (wide, high) = (picture.width as f32, picture.height as f32);
        // Long screenshots are meant to be read.
        let most_high = if high > 2.2 * wide && kind == PictureKind::Picture {
            most_high * 2.6
        } else {
            most_high
        };
        // Small pictures are not blown up.
        let scale = (most_wide.min(frame.width) / wide)
            .min(most_high / high)
            .min(self.theme.most_scale);
        let (width, height) = ((wide * scale).max(2.0), (high * scale).max(2.0));
        out(Row {
            height,
            fills: frame.fills.clone(),
            picture: Some(Placed {
                x: frame.x,
                y: 0.0,
                width,
                height,
                picture: Arc::clone(picture),
            }),
            ..Row::default()
        });
    }
}

/// A box or bar over all the rows that it lies behind.
pub(crate) struct Area {
    pub(crate) fill: Fill,
    pub(crate) top: f32,
    pub(crate) bottom: f32,
}

/// Boxes that lie behind rows which follow each other are one; rows come with their distance from the top.
pub(crate) fn areas<'r>(rows: impl Iterator<Item = (f32, &'r Row)>) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for (top, row) in rows {
        let bottom = top + row.height;
        for fill in &row.fills {
            match areas
                .iter_mut()
                .rev()
                .find(|area| area.fill.key == fill.key)
            {
                Some(area) => area.bottom = area.bottom.max(bottom),
                None => areas.push(Area {
                    fill: *fill,
                    top,
                    bottom,
                }),
            }
        }
    }
    areas
}
