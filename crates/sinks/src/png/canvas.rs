//! Pixels that are painted on.

use crate::typeset::{Colour, Fill};

/// Pixels of red, green and blue, row by row.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
}

/// A box on a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

/// A whole number of pixels; what lies outside is cut later.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from f32 stops at the ends"
)]
fn whole(value: f32) -> i64 {
    value.round() as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "places on a canvas are below 2^24"
)]
fn real(value: i64) -> f32 {
    value as f32
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self {
            width,
            height,
            pixels: colour.repeat(width * height),
        }
    }

    /// Lays a colour over a pixel, as thick as `cover` of 255 says.
    pub(super) fn blend(&mut self, x: i64, y: i64, colour: Colour, cover: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        if x >= self.width || y >= self.height {
            return;
        }
        let at = (y * self.width + x) * 3;
        if let Some(pixel) = self.pixels.get_mut(at..at + 3) {
            for (under, over) in pixel.iter_mut().zip(colour) {
                let mixed =
                    u32::from(*under) * u32::from(255 - cover) + u32::from(over) * u32::from(cover);
                *under = u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX);
            }
        }
    }

    /// A filled box with round corners.
    pub(super) fn fill(&mut self, area: Area, radius: f32, colour: Colour) {
        let (left, right) = (whole(area.left).max(0), whole(area.right));
        let (top, bottom) = (whole(area.top).max(0), whole(area.bottom));
        let radius = radius
            .min(real(right - left) / 2.0)
            .min(real(bottom - top) / 2.0);
        let edge = whole(radius.ceil());
        for y in top..bottom {
            let is_round = y < top + edge || y >= bottom - edge;
            if !is_round {
                self.fill_row(left, right, y, colour);
                continue;
            }
            self.fill_row(left + edge, right - edge, y, colour);
            for x in (left..left + edge).chain(right - edge..right) {
                let dx = (real(left) + radius - real(x) - 0.5)
                    .max(real(x) + 0.5 - (real(right) - radius))
                    .max(0.0);
                let dy = (real(top) + radius - real(y) - 0.5)
                    .max(real(y) + 0.5 - (real(bottom) - radius))
                    .max(0.0);
                let cover = (radius + 0.5 - dx.hypot(dy)).clamp(0.0, 1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 0 and 255"
                )]
                self.blend(x, y, colour, (cover * 255.0) as u8);
            }
        }
    }

    fn fill_row(&mut self, left: i64, right: i64, y: i64, colour: Colour) {
        let clamp = |x: i64| usize::try_from(x).unwrap_or(0).min(self.width);
        let (left, right) = (clamp(left), clamp(right));
        let Ok(y) = usize::try_from(y) else { return };
        let row = y * self.width;
        if y < self.height
            && let Some(pixels) = self
                .pixels
                .get_mut((row + left) * 3..(row + right.max(left)) * 3)
        {
            pixels
                .chunks_exact_mut(3)
                .for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }

    /// A part of a fill behind rows.
    pub(super) fn behind(&mut self, fill: &Fill, top: f32, bottom: f32) {
        let area = Area {
            left: fill.x,
            top,
            right: fill.x + fill.width,
            bottom,
        };
        self.fill(area, fill.radius, fill.colour);
    }

    /// A picture of red, green, blue and opacity, made to fit a box.
    pub(super) fn picture(&mut self, pixels: &[u8], (wide, high): (u32, u32), area: Area) {
        let (left, top) = (whole(area.left), whole(area.top));
        let (width, height) = (
            (whole(area.right) - left).max(1),
            (whole(area.bottom) - top).max(1),
        );
        for y in 0..height {
            let from_y = y * i64::from(high) / height;
            for x in 0..width {
                let from_x = x * i64::from(wide) / width;
                let at =
                    usize::try_from((from_y * i64::from(wide) + from_x) * 4).unwrap_or(usize::MAX);
                if let Some([red, green, blue, cover]) = pixels.get(at..at.saturating_add(4)) {
                    self.blend(left + x, top + y, [*red, *green, *blue], *cover);
                }
            }
        }
    }
}
