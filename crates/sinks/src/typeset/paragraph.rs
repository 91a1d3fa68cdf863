//! A paragraph becomes lines.

use std::sync::Arc;

use unicode_linebreak::linebreaks;

use super::fonts::{Fonts, Wanted};
use super::itemize::{Item, Levels, is_ignorable};
use super::{Glyph, Line, Look, Run};
use crate::text::{control_picture, is_mark};

/// Longest stretch that is laid out at once; a longer paragraph is continued on a new line.
const MAX_PARAGRAPH_BYTES: usize = 16 * 1024;

/// Marks on one letter beyond this number are left out, so that they do not cover the lines around.
const MAX_MARKS: u32 = 8;

/// Text of one look.
#[derive(Clone, Debug)]
pub(crate) struct Span<'t> {
    pub(crate) text: &'t str,
    pub(crate) look: Look,
}

/// A letter, or letters that are drawn as one.
struct Cluster {
    start: usize,
    end: usize,
    item: usize,
    /// Its glyphs.
    from: usize,
    until: usize,
    advance: f32,
}

/// A paragraph with its glyphs.
struct Shaping {
    text: Arc<str>,
    looks: Vec<(usize, Look)>,
    items: Vec<Item>,
    clusters: Vec<Cluster>,
    glyphs: Vec<Glyph>,
    is_rtl: bool,
}

impl Fonts {
    /// Lays text out in lines of `width`, the first of which begins `indent` further in.
    ///
    /// Line ends in the text are kept. Hostile characters are tamed: controls are shown as pictures, those that turn
    /// the direction of what follows as code points.
    pub(crate) fn lay_out(
        &mut self,
        spans: &[Span<'_>],
        indent: f32,
        width: f32,
        out: &mut dyn FnMut(Line),
    ) {
        let mut text = String::new();
        let mut looks: Vec<(usize, Look)> = Vec::new();
        let mut indent = indent;
        for span in spans {
            let mut marks = 0;
            for character in span.text.chars() {
                marks = if is_mark(character) { marks + 1 } else { 0 };
                if marks > MAX_MARKS {
                    continue;
                }
                let is_end = matches!(character, '\n' | '\u{2028}' | '\u{2029}');
                let is_full = text.len() >= MAX_PARAGRAPH_BYTES && !is_mark(character);
                if is_end || is_full {
                    close(&mut looks, text.len(), &span.look);
                    self.lines(
                        std::mem::take(&mut text),
                        std::mem::take(&mut looks),
                        indent,
                        width,
                        out,
                    );
                    indent = 0.0;
                }
                if !is_end {
                    push_tame(character, &mut text);
                }
            }
            close(&mut looks, text.len(), &span.look);
        }
        self.lines(text, looks, indent, width, out);
    }

    /// Width of a text on one line.
    pub(crate) fn line(&mut self, text: &str, look: &Look) -> Line {
        let mut lines = Vec::new();
        let span = Span {
            text,
            look: look.clone(),
        };
        self.lay_out(&[span], 0.0, f32::MAX, &mut |line| lines.push(line));
        lines.into_iter().next().unwrap_or_default()
    }

    /// As [`Self::line`], cut to a width with `…` at the end.
    pub(crate) fn clipped(&mut self, text: &str, look: &Look, width: f32) -> Line {
        // No letter is narrower than a twentieth of its size, so more need not be looked at.
        let mut text: String = text.chars().take(400).collect();
        let mut line = self.line(&text, look);
        while line.width > width && !text.is_empty() {
            let keep = text.chars().count();
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few hundred letters, cut to a part of them"
            )]
            let fitting = (keep as f32 * width / line.width) as usize;
            let keep = fitting.min(keep.saturating_sub(1));
            text = text.chars().take(keep).collect();
            line = self.line(&format!("{text}…"), look);
        }
        line
    }

    fn lines(
        &mut self,
        text: String,
        looks: Vec<(usize, Look)>,
        indent: f32,
        width: f32,
        out: &mut dyn FnMut(Line),
    ) {
        let largest = looks.iter().map(|(_, look)| look.size).fold(0.0, f32::max);
        if text.is_empty() {
            out(Line {
                size: largest,
                ..Line::default()
            });
            return;
        }
        let shaping = self.shape(text, looks);
        let may_end_before = shaping.breaks();
        let mut start = 0;
        let mut used = 0.0_f32;
        // The cluster before which the line may end, latest so far.
        let mut last_break: Option<usize> = None;
        let mut room = width - indent;
        let mut index = 0;
        while let Some(cluster) = shaping.clusters.get(index) {
            if index > start && may_end_before.get(index).is_some_and(|may| *may) {
                last_break = Some(index);
            }
            if used + cluster.advance > room + 0.01 && index > start && !shaping.is_space(cluster) {
                let end = last_break.unwrap_or(index);
                out(shaping.visual(start..end));
                start = end;
                index = end;
                used = 0.0;
                last_break = None;
                room = width;
                continue;
            }
            used += cluster.advance;
            index += 1;
        }
        out(shaping.visual(start..shaping.clusters.len()));
    }

    fn shape(&mut self, text: String, looks: Vec<(usize, Look)>) -> Shaping {
        let levels = Levels::of(&text);
        let items = self.itemize(&text, &looks, &levels);
        let mut shaping = Shaping {
            text: text.into(),
            looks,
            items: Vec::with_capacity(items.len()),
            clusters: Vec::new(),
            glyphs: Vec::new(),
            is_rtl: levels.is_rtl,
        };
        for item in items {
            let was = (shaping.clusters.len(), shaping.glyphs.len());
            let is_shown = match item.face {
                Some(_) if item.is_plain => self.add_plain(&item, &mut shaping),
                Some(_) => self.add_shaped(&item, &mut shaping),
                None => false,
            };
            if is_shown {
                shaping.items.push(item);
            } else {
                shaping.clusters.truncate(was.0);
                shaping.glyphs.truncate(was.1);
                self.add_code_points(item, &mut shaping);
            }
        }
        shaping
    }

    fn add_plain(&mut self, item: &Item, shaping: &mut Shaping) -> bool {
        let text = Arc::clone(&shaping.text);
        let (Some(face), Some(part)) = (
            item.face.and_then(|id| self.face(id)),
            text.get(item.range.clone()),
        ) else {
            return false;
        };
        let size = shaping.size(item);
        for (at, character) in part.char_indices() {
            let Some((id, advance)) = face.glyph(character) else {
                return false;
            };
            let start = item.range.start + at;
            shaping.add(
                start,
                start + character.len_utf8(),
                advance * size,
                [(id, advance, 0.0, 0.0)],
            );
        }
        true
    }

    fn add_shaped(&mut self, item: &Item, shaping: &mut Shaping) -> bool {
        let text = Arc::clone(&shaping.text);
        let (Some(face), Some(part)) = (
            item.face.and_then(|id| self.face(id)),
            text.get(item.range.clone()),
        ) else {
            return false;
        };
        let is_rtl = item.level % 2 == 1;
        let mut shaped = face.shape(part, item.script, is_rtl);
        // A glyph that stands for a missing character must not get into a document.
        if shaped.is_empty() || shaped.iter().any(|glyph| glyph.id == 0) {
            return false;
        }
        // Clusters are gathered in the order of the text; glyphs inside each stay as they are seen.
        if is_rtl {
            shaped.reverse();
        }
        let size = shaping.size(item);
        let mut rest = shaped.as_slice();
        while let Some(first) = rest.first() {
            let count = rest
                .iter()
                .take_while(|glyph| glyph.cluster == first.cluster)
                .count();
            let (own, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let start = item.range.start + usize::try_from(first.cluster).unwrap_or(0);
            let end = after.first().map_or(item.range.end, |next| {
                item.range.start + usize::try_from(next.cluster).unwrap_or(0)
            });
            let mut own = own.to_vec();
            if is_rtl {
                own.reverse();
            }
            let advance = own.iter().map(|glyph| glyph.advance).sum::<f32>() * size;
            shaping.add(
                start,
                end,
                advance,
                own.iter()
                    .map(|glyph| (glyph.id, glyph.advance, glyph.dx, glyph.dy)),
            );
            rest = after;
        }
        true
    }

    /// Shows what no font has as code points: `U+12000`. Copied and searched it is still the character itself.
    fn add_code_points(&mut self, item: Item, shaping: &mut Shaping) {
        let text = Arc::clone(&shaping.text);
        let letters = text.get(item.range.clone()).unwrap_or_default();
        for (at, character) in letters.char_indices() {
            let range = item.range.start + at..item.range.start + at + character.len_utf8();
            let face = self.face_for(character, Wanted::Regular);
            let shown = if is_ignorable(character) {
                String::new()
            } else {
                code_point(character)
            };
            let known = face.and_then(|id| Some((id, self.face(id)?.glyph(character)?)));
            if let Some((id, (glyph, advance))) = known {
                // One letter of several is there by itself.
                let item = Item {
                    range: range.clone(),
                    face: Some(id),
                    look: item.look,
                    is_plain: true,
                    ..item
                };
                let size = shaping.size(&item);
                shaping.items.push(item);
                shaping.add_to_last(range, advance * size, [(glyph, advance, 0.0, 0.0)]);
                continue;
            }
            self.missing += u64::from(!shown.is_empty());
            let face = self.face_for('U', Wanted::Regular);
            let glyphs: Vec<_> = shown
                .chars()
                .filter_map(|part| {
                    let (id, advance) = face.and_then(|id| self.face(id))?.glyph(part)?;
                    Some((id, advance, 0.0, 0.0))
                })
                .collect();
            let advance: f32 = glyphs.iter().map(|glyph| glyph.1).sum();
            let item = Item {
                range: range.clone(),
                face,
                look: item.look,
                level: item.level & !1,
                is_plain: true,
                ..item
            };
            let size = shaping.size(&item);
            shaping.items.push(item);
            shaping.add_to_last(range, advance * size, glyphs);
        }
    }
}

/// A character as `U+202E`.
fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// Appends a character in a form that changes nothing around it.
fn push_tame(character: char, text: &mut String) {
    match character {
        '\t' => text.push_str("    "),
        '\r' | '\u{feff}' => {}
        // What overrides the direction is shown, so that it cannot deceive.
        '\u{202a}'..='\u{202e}' => text.push_str(&code_point(character)),
        _ => text.push(control_picture(character).unwrap_or(character)),
    }
}

fn close(looks: &mut Vec<(usize, Look)>, end: usize, look: &Look) {
    looks.push((end, look.clone()));
}

impl Shaping {
    fn size(&self, item: &Item) -> f32 {
        self.looks
            .get(item.look)
            .or(self.looks.last())
            .map_or(10.0, |(_, look)| look.size)
    }

    /// A cluster of the item that will be added next.
    fn add(
        &mut self,
        start: usize,
        end: usize,
        advance: f32,
        glyphs: impl IntoIterator<Item = (u32, f32, f32, f32)>,
    ) {
        let item = self.items.len();
        self.add_for(item, start..end, advance, glyphs);
    }

    /// A cluster of the item that was added last.
    fn add_to_last(
        &mut self,
        range: std::ops::Range<usize>,
        advance: f32,
        glyphs: impl IntoIterator<Item = (u32, f32, f32, f32)>,
    ) {
        let item = self.items.len().saturating_sub(1);
        self.add_for(item, range, advance, glyphs);
    }

    fn add_for(
        &mut self,
        item: usize,
        range: std::ops::Range<usize>,
        advance: f32,
        glyphs: impl IntoIterator<Item = (u32, f32, f32, f32)>,
    ) {
        let from = self.glyphs.len();
        let [start, end] = [range.start, range.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        self.glyphs
            .extend(glyphs.into_iter().map(|(id, advance, dx, dy)| Glyph {
                id,
                advance,
                dx,
                dy,
                start,
                end,
            }));
        self.clusters.push(Cluster {
            start: range.start,
            end: range.end,
            item,
            from,
            until: self.glyphs.len(),
            advance,
        });
    }

    /// For every cluster, whether a line may end before it.
    fn breaks(&self) -> Vec<bool> {
        let mut places = linebreaks(&self.text).map(|(at, _)| at).peekable();
        let mut breaks = Vec::with_capacity(self.clusters.len());
        for cluster in &self.clusters {
            while places.next_if(|at| *at < cluster.start).is_some() {}
            breaks.push(places.peek() == Some(&cluster.start));
        }
        breaks
    }

    fn is_space(&self, cluster: &Cluster) -> bool {
        self.text
            .get(cluster.start..cluster.end)
            .is_some_and(|letter| {
                letter
                    .chars()
                    .all(|character| character == ' ' || character == '\u{3000}')
            })
    }

    /// The clusters as they are seen from left to right.
    fn visual(&self, range: std::ops::Range<usize>) -> Line {
        let mut clusters: Vec<&Cluster> = self
            .clusters
            .get(range)
            .unwrap_or_default()
            .iter()
            .collect();
        while clusters
            .last()
            .is_some_and(|cluster| self.is_space(cluster))
        {
            clusters.pop();
        }
        let level = |cluster: &Cluster| self.items.get(cluster.item).map_or(0, |item| item.level);
        let highest = clusters
            .iter()
            .map(|cluster| level(cluster))
            .max()
            .unwrap_or(0);
        // From the highest level down, every stretch of at least that level is turned around.
        for turned in (1..=highest).rev() {
            let mut from = 0;
            while from < clusters.len() {
                let count = clusters
                    .iter()
                    .skip(from)
                    .take_while(|cluster| level(cluster) >= turned)
                    .count();
                if let Some(stretch) = clusters.get_mut(from..from + count) {
                    stretch.reverse();
                }
                from += count.max(1);
            }
        }
        let mut line = Line {
            is_rtl: self.is_rtl,
            ..Line::default()
        };
        let mut last_item = usize::MAX;
        for cluster in clusters {
            let Some(item) = self.items.get(cluster.item) else {
                continue;
            };
            let Some(((_, look), face)) = self
                .looks
                .get(item.look)
                .or(self.looks.last())
                .zip(item.face)
            else {
                continue;
            };
            let glyphs = self
                .glyphs
                .get(cluster.from..cluster.until)
                .unwrap_or_default();
            line.size = line.size.max(look.size);
            let is_new = last_item != cluster.item;
            last_item = cluster.item;
            match line.runs.last_mut() {
                Some(run)
                    if !is_new
                        || (run.face == face
                            && run.size == look.size
                            && run.colour == look.colour
                            && run.link == look.link) =>
                {
                    run.glyphs.extend_from_slice(glyphs);
                    run.width += cluster.advance;
                }
                _ => line.runs.push(Run {
                    x: line.width,
                    width: cluster.advance,
                    face,
                    size: look.size,
                    colour: look.colour,
                    link: look.link.clone(),
                    glyphs: glyphs.to_vec(),
                    text: Arc::clone(&self.text),
                }),
            }
            line.width += cluster.advance;
        }
        line
    }
}
