//! Rows are painted on a page.

use krilla::action::{Action, LinkAction};
use krilla::annotation::{LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::{Destination, XyzDestination};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::page::Page;
use krilla::paint::{Fill as Paintwork, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph, Tag};
use rustc_hash::FxHashMap;

use crate::typeset::fonts::Wanted;
use crate::typeset::pictures::{Content, Picture};
use crate::typeset::rows::{Area, areas};
use crate::typeset::{Colour, FaceId, Fonts, Row, Run, Theme};

/// What is painted with.
pub(super) struct Paint<'p> {
    pub(super) fonts: &'p mut Fonts,
    pub(super) theme: &'p Theme,
    faces: Vec<Option<Font>>,
    images: FxHashMap<[u8; 32], Option<Image>>,
    glyphs: Vec<KrillaGlyph>,
}

impl<'p> Paint<'p> {
    pub(super) fn new(fonts: &'p mut Fonts, theme: &'p Theme) -> Self {
        Self {
            fonts,
            theme,
            faces: Vec::new(),
            images: FxHashMap::default(),
            glyphs: Vec::new(),
        }
    }

    /// Paints rows, given with their distance from the top. `front` is the number of pages before the first chat.
    pub(super) fn page<'r>(
        &mut self,
        page: &mut Page<'_>,
        rows: impl Iterator<Item = &'r (f32, Row)> + Clone,
        front: usize,
    ) {
        let mut surface = page.surface();
        for area in areas(rows.clone().map(|(top, row)| (*top, row))) {
            surface.set_fill(Some(colour(area.fill.colour)));
            if let Some(path) = rounded(&area) {
                surface.draw_path(&path);
            }
        }
        let mut links: Vec<(Rect, Target)> = Vec::new();
        for (top, row) in rows {
            if let Some(placed) = &row.picture {
                self.picture(
                    &placed.picture,
                    (placed.x, top + placed.y),
                    (placed.width, placed.height),
                    &mut surface,
                );
            }
            for (base, run) in &row.runs {
                self.run(run, top + base, &mut surface);
                let target = match (&run.link, row.leads_to) {
                    (Some(url), _) => {
                        Target::Action(Action::Link(LinkAction::new(url.to_string())))
                    }
                    (None, Some(page)) => {
                        let place = XyzDestination::new(front + page, Point::from_xy(0.0, 0.0));
                        Target::Destination(Destination::Xyz(place))
                    }
                    (None, None) => continue,
                };
                links.extend(
                    Rect::from_xywh(run.x, *top, run.width.max(1.0), row.height.max(1.0))
                        .map(|rect| (rect, target)),
                );
            }
        }
        surface.finish();
        for (rect, target) in links {
            page.add_annotation(LinkAnnotation::new(rect, target).into());
        }
    }

    fn run(&mut self, run: &Run, base: f32, surface: &mut Surface<'_>) {
        let Some(font) = self.font(usize::from(run.face.0)) else {
            return;
        };
        self.glyphs.clear();
        self.glyphs.extend(run.glyphs.iter().map(|glyph| {
            let [start, end] = [glyph.start, glyph.end].map(|at| usize::try_from(at).unwrap_or(0));
            KrillaGlyph::new(
                GlyphId::new(glyph.id),
                glyph.advance,
                glyph.dx,
                glyph.dy,
                0.0,
                start..end,
                None,
            )
        }));
        surface.set_fill(Some(colour(run.colour)));
        let start = Point::from_xy(run.x, base);
        let is_coloured = self
            .fonts
            .faces()
            .get(usize::from(run.face.0))
            .is_some_and(|face| face.is_coloured);
        surface.draw_glyphs(start, &self.glyphs, font, &run.text, run.size, is_coloured);
        if is_coloured {
            self.say(run, start, surface);
        }
    }

    /// Lays what small pictures mean over them, in blank letters, so that it can be found and copied.
    ///
    /// Fonts of pictures could say it themselves, but readers take their letters for two and a half times as large as
    /// they are, and then put lines in the wrong order.
    fn say(&mut self, run: &Run, start: Point, surface: &mut Surface<'_>) {
        let Some((face, blank, width)) = self.blank() else {
            return;
        };
        let Some(font) = self.font(usize::from(face.0)) else {
            return;
        };
        // As wide as what they stand for, or readers see gaps between words.
        let widest = run
            .glyphs
            .iter()
            .map(|glyph| glyph.advance)
            .fold(0.0, f32::max);
        let scale = (widest / width).clamp(0.5, 2.0);
        for glyph in &mut self.glyphs {
            glyph.glyph_id = GlyphId::new(blank);
            glyph.x_advance /= scale;
            (glyph.x_offset, glyph.y_offset) = (0.0, 0.0);
        }
        surface.draw_glyphs(
            start,
            &self.glyphs,
            font,
            &run.text,
            run.size * scale,
            false,
        );
    }

    /// The wide space of the main face, with its width.
    fn blank(&mut self) -> Option<(FaceId, u32, f32)> {
        let face = self.fonts.face_for('\u{3000}', Wanted::Regular)?;
        let (glyph, width) = self.fonts.face(face)?.glyph('\u{3000}')?;
        (width > 0.1).then_some((face, glyph, width))
    }

    fn font(&mut self, number: usize) -> Option<Font> {
        while self.faces.len() <= number {
            let face = self.fonts.faces().get(self.faces.len())?;
            let data = std::sync::Arc::clone(&face.file).into();
            self.faces.push(match face.weight {
                Some(weight) => {
                    Font::new_variable(data, face.index, &[(Tag::new(b"wght"), weight)])
                }
                None => Font::new(data, face.index),
            });
        }
        self.faces.get(number).cloned().flatten()
    }

    fn picture(
        &mut self,
        picture: &Picture,
        (x, y): (f32, f32),
        (width, height): (f32, f32),
        surface: &mut Surface<'_>,
    ) {
        let image = self
            .images
            .entry(picture.key)
            .or_insert_with(|| match &picture.content {
                Content::Jpeg(file) => Image::from_jpeg(file.clone().into(), false).ok(),
                Content::Png(file) => Image::from_png(file.clone().into(), false).ok(),
                #[cfg(feature = "png")]
                Content::Pixels(pixels) => Some(Image::from_rgba8(
                    pixels.clone(),
                    picture.width,
                    picture.height,
                )),
            });
        if let (Some(image), Some(size)) = (image.clone(), Size::from_wh(width, height)) {
            surface.push_transform(&Transform::from_translate(x, y));
            surface.draw_image(image, size);
            surface.pop();
        }
    }
}

fn colour(colour: Colour) -> Paintwork {
    let [red, green, blue] = colour;
    Paintwork {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

/// A box with round corners.
fn rounded(area: &Area) -> Option<Path> {
    let (left, top) = (area.fill.x, area.top);
    let (right, bottom) = (left + area.fill.width, area.bottom);
    let radius = area
        .fill
        .radius
        .min((right - left) / 2.0)
        .min((bottom - top) / 2.0);
    let mut path = PathBuilder::new();
    if radius <= 0.0 {
        path.push_rect(Rect::from_ltrb(left, top, right, bottom)?);
        return path.finish();
    }
    // How far the handles of a curve lie from its ends, so that it looks like a quarter of a circle.
    let handle = radius * 0.447_715;
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(
        right - handle,
        top,
        right,
        top + handle,
        right,
        top + radius,
    );
    path.line_to(right, bottom - radius);
    path.cubic_to(
        right,
        bottom - handle,
        right - handle,
        bottom,
        right - radius,
        bottom,
    );
    path.line_to(left + radius, bottom);
    path.cubic_to(
        left + handle,
        bottom,
        left,
        bottom - handle,
        left,
        bottom - radius,
    );
    path.line_to(left, top + radius);
    path.cubic_to(left, top + handle, left + handle, top, left + radius, top);
    path.close();
    path.finish()
}
