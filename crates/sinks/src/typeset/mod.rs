//! Text and pictures become lines at places, for the formats that look like pages.
//!
//! A message becomes [`content`] (what is said), content becomes [`rows`] (where it stands), and a painter of the
//! format puts rows on a page or into a picture. Nothing here knows what it is painted with.

pub(crate) mod content;
mod face;
pub(crate) mod fonts;
mod frame;
mod itemize;
mod line;
mod losses;
pub(crate) mod paragraph;
pub(crate) mod pictures;
pub(crate) mod rows;
pub(crate) mod theme;

pub(crate) use content::Teller;
#[cfg(feature = "png")]
pub(crate) use face::Face;
pub(crate) use face::FaceId;
pub(crate) use fonts::Fonts;
pub(crate) use frame::Frame;
pub(crate) use line::{Glyph, Line, Run};
pub(crate) use losses::losses;
pub(crate) use paragraph::Span;
pub(crate) use pictures::{Picture, Pictures};
pub(crate) use rows::{Fill, Row, Rows};
pub(crate) use theme::{Colour, Look, Theme, Tone};
