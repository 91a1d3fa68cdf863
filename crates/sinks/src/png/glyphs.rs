//! Glyphs become pixels, each once.

use rustc_hash::FxHashMap;
use skrifa::MetadataProvider;
use skrifa::bitmap::{BitmapData, Origin};
use skrifa::instance::{Location, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::FontRef;
use tiny_skia::{FillRule, Mask, PathBuilder, Transform};

use super::canvas::{Area, Canvas};
use crate::typeset::{Face, Fonts, Run};

/// Glyphs kept ready; all are forgotten when there are more.
const MAX_KEPT: usize = 6000;

/// Larger glyphs are not drawn; no text of ours has them.
const MAX_SIDE: u32 = 1024;

/// A glyph as pixels.
enum Drawn {
    /// Nothing to see.
    Blank,
    /// How thick the ink is, with the place of the upper left corner from the origin.
    Ink {
        left: i32,
        top: i32,
        width: u32,
        cover: Vec<u8>,
    },
    /// A small picture, with its box from the origin.
    Picture {
        pixels: Vec<u8>,
        size: (u32, u32),
        area: Area,
    },
}

/// Glyphs that were drawn before, by face, glyph and size in sixteenths of a pixel.
#[derive(Default)]
pub(super) struct Glyphs {
    kept: FxHashMap<(u16, u32, u32), Drawn>,
}

impl Glyphs {
    /// Draws a run with its base line at `base`.
    pub(super) fn draw(&mut self, run: &Run, base: f32, fonts: &Fonts, canvas: &mut Canvas) {
        let Some(face) = fonts.faces().get(usize::from(run.face.0)) else {
            return;
        };
        if self.kept.len() > MAX_KEPT {
            self.kept.clear();
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes are small and positive"
        )]
        let sixteenths = (run.size * 16.0) as u32;
        let mut x = run.x;
        for glyph in &run.glyphs {
            let drawn = self
                .kept
                .entry((run.face.0, glyph.id, sixteenths))
                .or_insert_with(|| drawn(face, glyph.id, run.size));
            let (at_x, at_y) = (x + glyph.dx * run.size, base - glyph.dy * run.size);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a cast from f32 stops at the ends"
            )]
            let (whole_x, whole_y) = (at_x.round() as i64, at_y.round() as i64);
            match drawn {
                Drawn::Blank => {}
                Drawn::Ink {
                    left,
                    top,
                    width,
                    cover,
                } => {
                    let wide = usize::try_from(*width).unwrap_or(1).max(1);
                    for (row, y) in cover.chunks(wide).zip(whole_y + i64::from(*top)..) {
                        for (cover, x) in row.iter().zip(whole_x + i64::from(*left)..) {
                            if *cover > 0 {
                                canvas.blend(x, y, run.colour, *cover);
                            }
                        }
                    }
                }
                Drawn::Picture { pixels, size, area } => {
                    let area = Area {
                        left: at_x + area.left,
                        top: at_y + area.top,
                        right: at_x + area.right,
                        bottom: at_y + area.bottom,
                    };
                    canvas.picture(pixels, *size, area);
                }
            }
            x += glyph.advance * run.size;
        }
    }
}

fn drawn(face: &Face, id: u32, size: f32) -> Drawn {
    let Ok(font) = FontRef::from_index(&face.file, face.index) else {
        return Drawn::Blank;
    };
    let id = skrifa::GlyphId::new(id);
    if face.is_coloured
        && let Some(picture) = small_picture(&font, id, size)
    {
        return picture;
    }
    outline(face, &font, id, size).unwrap_or(Drawn::Blank)
}

/// The font's own small picture of a glyph.
fn small_picture(font: &FontRef<'_>, id: skrifa::GlyphId, size: f32) -> Option<Drawn> {
    let glyph = font
        .bitmap_strikes()
        .glyph_for_size(Size::new(size * 2.0), id)?;
    let BitmapData::Png(file) = glyph.data else {
        return None;
    };
    let image = image::load_from_memory_with_format(file, image::ImageFormat::Png)
        .ok()?
        .into_rgba8();
    let (wide, high) = image.dimensions();
    if wide == 0 || high == 0 || wide > MAX_SIDE || high > MAX_SIDE || glyph.ppem_x < 1.0 {
        return None;
    }
    let scale = size / glyph.ppem_x;
    #[expect(clippy::cast_precision_loss, reason = "at most 1024")]
    let (width, height) = (wide as f32 * scale, high as f32 * scale);
    let left = glyph.inner_bearing_x * scale;
    let above = glyph.inner_bearing_y * scale;
    let top = match glyph.placement_origin {
        Origin::TopLeft => -above,
        Origin::BottomLeft => -above - height,
    };
    // Made as small as it is shown, once, so that it looks smooth.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a few hundred"
    )]
    let (fit_wide, fit_high) = (
        (width.round() as u32).max(1),
        (height.round() as u32).max(1),
    );
    let small = image::imageops::thumbnail(&image, fit_wide, fit_high);
    Some(Drawn::Picture {
        pixels: small.into_raw(),
        size: (fit_wide, fit_high),
        area: Area {
            left,
            top,
            right: left + width,
            bottom: top + height,
        },
    })
}

/// The glyph's outline, filled.
fn outline(face: &Face, font: &FontRef<'_>, id: skrifa::GlyphId, size: f32) -> Option<Drawn> {
    let location = face.weight.map_or_else(Location::default, |weight| {
        font.axes().location([("wght", weight)])
    });
    let mut pen = Pen(PathBuilder::new());
    let settings = DrawSettings::unhinted(Size::new(size), &location);
    font.outline_glyphs()
        .get(id)?
        .draw(settings, &mut pen)
        .ok()?;
    let path = pen.0.finish()?;
    let bounds = path.bounds();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from f32 stops at the ends"
    )]
    let (left, top) = (bounds.left().floor() as i32, bounds.top().floor() as i32);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from f32 stops at the ends"
    )]
    let (width, height) = (
        bounds.width().ceil() as u32 + 2,
        bounds.height().ceil() as u32 + 2,
    );
    if width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    let mut mask = Mask::new(width, height)?;
    #[expect(clippy::cast_precision_loss, reason = "at most 1024")]
    let moved = Transform::from_translate(-(left as f32), -(top as f32));
    mask.fill_path(&path, FillRule::Winding, true, moved);
    Some(Drawn::Ink {
        left,
        top,
        width,
        cover: mask.data().to_vec(),
    })
}

/// Draws upside down: fonts count upwards, pictures downwards.
struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, -y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, -y);
    }

    fn quad_to(&mut self, x0: f32, y0: f32, x: f32, y: f32) {
        self.0.quad_to(x0, -y0, x, -y);
    }

    fn curve_to(&mut self, x0: f32, y0: f32, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.cubic_to(x0, -y0, x1, -y1, x, -y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
