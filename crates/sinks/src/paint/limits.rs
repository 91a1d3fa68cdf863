//! How much of one message a live page shows.

/// How a live page shows messages; what goes beyond is cut and has a link to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Longest text in one piece, in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// HTML of one message, beyond which no further piece of it is begun.
    pub max_message_bytes: usize,
    /// HTML of one forward bundle with everything in it, beyond which no further message of it is begun.
    pub max_bundle_bytes: usize,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            max_text_bytes: 16 * 1024,
            max_message_bytes: 96 * 1024,
            max_bundle_bytes: 24 * 1024,
        }
    }
}

impl Live {
    /// For a page about one message: its own words and lists stand there uncut; only bundles still come in pieces.
    #[must_use]
    pub const fn whole() -> Self {
        Self {
            max_text_bytes: usize::MAX,
            max_message_bytes: usize::MAX,
            max_bundle_bytes: 512 * 1024,
        }
    }
}

/// What may still be written of the message at hand.
#[derive(Debug)]
pub(super) struct Allowance {
    text: usize,
    /// Length of the page at which the message must end.
    message_end: usize,
    /// Length of the page at which the bundle must end.
    pub(super) bundle_end: usize,
    is_cut: std::cell::Cell<bool>,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            text: usize::MAX,
            message_end: usize::MAX,
            bundle_end: usize::MAX,
            is_cut: std::cell::Cell::new(false),
        }
    }
}

impl Allowance {
    /// For a message that begins where the page has this length.
    pub(super) const fn begin(live: Option<Live>, written: usize) -> Self {
        let (text, message_end) = match live {
            Some(live) => (
                live.max_text_bytes,
                written.saturating_add(live.max_message_bytes),
            ),
            None => (usize::MAX, usize::MAX),
        };
        Self {
            text,
            message_end,
            bundle_end: usize::MAX,
            is_cut: std::cell::Cell::new(false),
        }
    }

    /// The beginning of a text that may be shown.
    pub(super) fn clip<'t>(&self, text: &'t str) -> &'t str {
        if text.len() <= self.text {
            return text;
        }
        self.is_cut.set(true);
        let mut end = self.text;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default()
    }

    /// Whether a further piece of the message may be begun; remembers when one may not.
    pub(super) fn has_room(&self, out: &[u8]) -> bool {
        let has_room = out.len() < self.message_end;
        if !has_room {
            self.is_cut.set(true);
        }
        has_room
    }

    /// Whether anything of the message was left out, apart from bundles, which say so themselves.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut.get()
    }
}
