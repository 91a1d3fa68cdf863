//! Sizes and colours.

use std::sync::Arc;

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// What a piece of text is, apart from what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// What people wrote.
    Body,
    /// Sizes, states and other things beside the words.
    Quiet,
    /// Times.
    Time,
    /// What kind of thing it is.
    Label,
    /// Titles of cards and bundles.
    Strong,
    /// Who wrote it.
    Name(Colour),
    /// What is missing or cannot be shown.
    Warning,
    /// A heading of this rank: 1 the title of a book, 2 a chat, 3 a day.
    Heading(u8),
}

/// How text looks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) size: f32,
    pub(crate) is_bold: bool,
    pub(crate) colour: Colour,
    /// Where a click leads.
    pub(crate) link: Option<Arc<str>>,
}

/// Sizes and colours of one kind of output.
#[derive(Clone, Debug)]
pub(crate) struct Theme {
    /// Size of running text.
    pub(crate) body: f32,
    /// Size of what stands beside it.
    pub(crate) small: f32,
    /// Sizes of headings.
    pub(crate) headings: [f32; 3],
    /// Height of a line, in sizes of its text.
    pub(crate) leading: f32,
    pub(crate) ink: Colour,
    pub(crate) quiet: Colour,
    pub(crate) link: Colour,
    pub(crate) warning: Colour,
    /// Behind cards.
    pub(crate) card: Colour,
    /// Bars beside quotes, and rules.
    pub(crate) rule: Colour,
    /// The largest box of a picture.
    pub(crate) picture: (f32, f32),
    /// The largest box of a sticker.
    pub(crate) sticker: (f32, f32),
    /// How large a pixel of a small picture may become.
    pub(crate) most_scale: f32,
}

/// Names of other people, told apart by calm colours.
pub(crate) const NAMES: [Colour; 8] = [
    [0x1f, 0x5f, 0x8b],
    [0x8a, 0x4b, 0x1f],
    [0x6a, 0x3d, 0x8f],
    [0x9c, 0x2f, 0x4f],
    [0x2f, 0x6f, 0x6b],
    [0x5b, 0x5a, 0x1d],
    [0x3c, 0x4a, 0x9e],
    [0x7a, 0x35, 0x6a],
];

/// The owner's own name.
pub(crate) const OWN_NAME: Colour = [0x1a, 0x7a, 0x3c];

/// The colour that belongs to an id.
pub(crate) fn colour_of(id: &[u8]) -> Colour {
    // FNV-1a, as the avatars of pages use.
    let sum = id.iter().fold(2_166_136_261_u32, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(16_777_619)
    });
    let place = usize::try_from(sum).unwrap_or(0) % NAMES.len();
    NAMES.get(place).copied().unwrap_or(OWN_NAME)
}

impl Theme {
    /// A page of A4, in points.
    pub(crate) const fn book() -> Self {
        Self {
            body: 10.0,
            small: 8.0,
            headings: [24.0, 16.0, 10.5],
            leading: 1.5,
            ink: [0x1c, 0x1c, 0x1e],
            quiet: [0x6e, 0x6e, 0x73],
            link: [0x1d, 0x5f, 0xb4],
            warning: [0xa2, 0x4b, 0x0c],
            card: [0xf3, 0xf3, 0xf5],
            rule: [0xc9, 0xc9, 0xce],
            picture: (240.0, 240.0),
            sticker: (84.0, 84.0),
            most_scale: 0.75,
        }
    }

    /// A phone, with so many pixels for each point of its screen.
    #[cfg(feature = "png")]
    pub(crate) const fn screen(scale: f32) -> Self {
        Self {
            body: 16.0 * scale,
            small: 11.0 * scale,
            headings: [20.0 * scale, 17.0 * scale, 14.0 * scale],
            leading: 1.4,
            card: [0xf2, 0xf2, 0xf4],
            picture: (200.0 * scale, 200.0 * scale),
            sticker: (110.0 * scale, 110.0 * scale),
            most_scale: scale,
            ..Self::book()
        }
    }

    /// The look of a tone.
    pub(crate) fn look(&self, tone: Tone) -> Look {
        let (size, is_bold, colour) = match tone {
            Tone::Body => (self.body, false, self.ink),
            Tone::Quiet | Tone::Time => (self.small, false, self.quiet),
            Tone::Label => (self.small, true, self.quiet),
            Tone::Strong => (self.body, true, self.ink),
            Tone::Name(colour) => (self.body, true, colour),
            Tone::Warning => (self.small, false, self.warning),
            Tone::Heading(rank) => {
                let place = usize::from(rank).saturating_sub(1);
                let size = self.headings.get(place).copied().unwrap_or(self.body);
                (size, true, self.ink)
            }
        };
        Look {
            size,
            is_bold,
            colour,
            link: None,
        }
    }
}
