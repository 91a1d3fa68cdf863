//! Where on a line text may stand, and what is drawn behind it.

use super::Theme;
use super::rows::Fill;

/// Where on a line text may stand, and what is drawn behind it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Left end.
    pub(crate) x: f32,
    pub(crate) width: f32,
    /// Boxes and bars behind every row inside.
    pub(crate) fills: Vec<Fill>,
}

/// Boxes inside boxes are set in down to this depth; what lies deeper stands in the same place.
const MAX_INSETS: usize = 6;

impl Frame {
    /// A frame with nothing behind it.
    pub(crate) const fn new(x: f32, width: f32) -> Self {
        Self {
            x,
            width,
            fills: Vec::new(),
        }
    }

    /// Inside a bar at the left.
    pub(crate) fn behind_bar(&self, theme: &Theme, key: u32) -> Self {
        self.inside(
            theme,
            Fill {
                x: self.x,
                width: theme.body * 0.2,
                colour: theme.rule,
                radius: 0.0,
                key,
            },
        )
    }

    /// Inside a box; boxes in boxes take turns in colour.
    pub(crate) fn in_box(&self, theme: &Theme, key: u32) -> Self {
        self.inside(
            theme,
            Fill {
                x: self.x,
                width: self.width,
                colour: theme.card,
                radius: theme.body * 0.35,
                key,
            },
        )
    }

    fn inside(&self, theme: &Theme, fill: Fill) -> Self {
        let inset = if self.fills.len() < MAX_INSETS {
            theme.body
        } else {
            0.0
        };
        let mut fills = self.fills.clone();
        fills.push(fill);
        Self {
            x: self.x + inset,
            width: (self.width - 2.0 * inset).max(theme.body * 4.0),
            fills,
        }
    }
}
