//! A line of glyphs at their places.

use std::sync::Arc;

use super::{Colour, FaceId};

/// A glyph; lengths in parts of the font size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: f32,
    pub(crate) dx: f32,
    pub(crate) dy: f32,
    /// Bytes of the paragraph that it stands for.
    pub(crate) start: u32,
    /// End of these bytes.
    pub(crate) end: u32,
}

/// Glyphs of one face, size and colour that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Distance from the left end of the line.
    pub(crate) x: f32,
    pub(crate) width: f32,
    pub(crate) face: FaceId,
    pub(crate) size: f32,
    pub(crate) colour: Colour,
    /// Where a click leads.
    pub(crate) link: Option<Arc<str>>,
    /// Glyphs from left to right.
    pub(crate) glyphs: Vec<Glyph>,
    /// The paragraph that the glyphs speak of.
    pub(crate) text: Arc<str>,
}

/// A line of glyphs at their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) runs: Vec<Run>,
    pub(crate) width: f32,
    /// Largest size on it.
    pub(crate) size: f32,
    /// Whether it begins at the right.
    pub(crate) is_rtl: bool,
}
