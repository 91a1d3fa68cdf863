//! Where the bytes of attachments are, seen from a page.

use std::io;
use std::rc::Rc;

use hutong_media::{Family, MediaType, PixelSize, SmallSize};
use hutong_model::{Attachment, AttachmentState, Digest};

use super::address;
use crate::WriteError;

/// Which form of an attachment is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The bytes as they are.
    Original,
    /// A voice message, decoded to something that browsers play where that is needed.
    Voice,
    /// A picture of WeChat, out of its `.dat` form.
    Picture,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Original, Self::Voice, Self::Picture];

    /// The form in which a part's attachment is shown.
    #[must_use]
    pub fn of(attachment: &Attachment, is_voice: bool) -> Self {
        if is_voice {
            Self::Voice
        } else if attachment.media_type.as_deref() == Some(hutong_media::dat::MEDIA_TYPE) {
            Self::Picture
        } else {
            Self::Original
        }
    }

    /// What stands behind the digest in an address.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Original => "",
            Self::Voice => ".wav",
            Self::Picture => ".picture",
        }
    }
}

/// A small copy of a picture, for pages that show many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Small {
    /// Fills the space that a picture has in a message, on a screen with two dots for each pixel.
    Message,
    /// Fills a square among others.
    Tile,
}

impl Small {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Message, Self::Tile];

    /// What stands at the end of an address.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Message => ".small",
            Self::Tile => ".tile",
        }
    }

    /// How large it is.
    #[must_use]
    pub const fn size(self) -> SmallSize {
        match self {
            Self::Message => SmallSize::Within(PixelSize {
                width: 640,
                height: 768,
            }),
            Self::Tile => SmallSize::Covering(320),
        }
    }
}

/// What became of an attachment.
#[derive(Clone, Debug)]
pub enum Placed {
    /// Its bytes are not to be had.
    Missing,
    /// Its bytes were known but are left out: the user wanted no attachments, or the archive keeps only their digest.
    LeftOut,
    /// It has an address.
    Held(Rc<Held>),
    /// It is small enough to be set into the page.
    Inline(Rc<Inline>),
}

/// A file with an address.
#[derive(Clone, Debug)]
pub struct Held {
    /// Address as pages write it.
    pub address: String,
    /// Address of a small copy to show in a message; the file itself is what it links to.
    pub small: Option<String>,
    /// What the bytes are, as far as their beginning tells.
    pub media_type: Option<MediaType>,
    /// Extension to show, as in `pdf`; empty when nothing is known.
    pub extension: String,
    /// Size of a picture.
    pub pixels: Option<PixelSize>,
    /// Length of a voice.
    pub duration_ms: Option<u64>,
    /// Size of the file, where it is known; before decoding, where that happens when it is asked for.
    pub bytes: Option<u64>,
}

/// A picture for a `data:` address.
#[derive(Clone, Debug)]
pub struct Inline {
    /// What it is.
    pub media_type: MediaType,
    /// How large it is.
    pub pixels: Option<PixelSize>,
    /// The bytes.
    pub content: Vec<u8>,
}

impl Placed {
    /// What the bytes are, when they are here.
    #[must_use]
    pub fn media_type(&self) -> Option<MediaType> {
        match self {
            Self::Held(held) => held.media_type,
            Self::Inline(inline) => Some(inline.media_type),
            Self::Missing | Self::LeftOut => None,
        }
    }

    /// Size of a picture.
    #[must_use]
    pub fn pixels(&self) -> Option<PixelSize> {
        match self {
            Self::Held(held) => held.pixels,
            Self::Inline(inline) => inline.pixels,
            Self::Missing | Self::LeftOut => None,
        }
    }

    /// Length of a voice.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        match self {
            Self::Held(held) => held.duration_ms,
            Self::Inline(_) | Self::Missing | Self::LeftOut => None,
        }
    }

    /// Address of a small copy.
    #[must_use]
    pub fn small(&self) -> Option<&str> {
        match self {
            Self::Held(held) => held.small.as_deref(),
            Self::Inline(_) | Self::Missing | Self::LeftOut => None,
        }
    }

    /// Whether browsers show or play it as this.
    #[must_use]
    pub fn plays_as(&self, family: Family) -> bool {
        self.media_type()
            .is_some_and(|found| found.family() == family && found.plays_in_browsers())
    }
}

/// Puts attachments where pages can show them.
pub trait Shelf {
    /// Finds or makes a place for an attachment.
    ///
    /// # Errors
    /// Only when a place cannot be written to; bytes that cannot be read make a missing attachment.
    fn place(&mut self, attachment: &Attachment, form: Form) -> Result<Placed, WriteError>;
}

/// What somebody who serves an attachment knows of it, in the form in which it will be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Facts {
    /// What the bytes are, as far as their beginning tells.
    pub media_type: Option<MediaType>,
    /// Size of a picture.
    pub pixels: Option<PixelSize>,
    /// Length of a voice.
    pub duration_ms: Option<u64>,
}

/// Tells facts of attachments by their digests; `None` when the bytes are not to be had.
///
/// It is asked for each attachment on each page, so answers are worth keeping: they never change for a digest.
pub trait MediaFacts {
    /// The facts of one attachment in one form.
    ///
    /// # Errors
    /// When the bytes should be there but cannot be read; the attachment is shown as missing.
    fn facts(&self, digest: &Digest, form: Form) -> io::Result<Option<Facts>>;
}

impl<F: Fn(&Digest, Form) -> io::Result<Option<Facts>>> MediaFacts for F {
    fn facts(&self, digest: &Digest, form: Form) -> io::Result<Option<Facts>> {
        self(digest, form)
    }
}

/// The shelf of a server: attachments stay where they are and have the addresses of [`address::media`].
pub struct Served<'a> {
    facts: &'a dyn MediaFacts,
}

impl std::fmt::Debug for Served<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").finish_non_exhaustive()
    }
}

impl<'a> Served<'a> {
    /// A shelf of what these facts are known of.
    #[must_use]
    pub const fn new(facts: &'a dyn MediaFacts) -> Self {
        Self { facts }
    }
}

impl Shelf for Served<'_> {
    fn place(&mut self, attachment: &Attachment, form: Form) -> Result<Placed, WriteError> {
        let known = attachment
            .sha256
            .and_then(|digest| Some((digest, self.facts.facts(&digest, form).ok()??)));
        let Some((digest, facts)) = known else {
            return Ok(match attachment.state {
                AttachmentState::Referenced => Placed::LeftOut,
                AttachmentState::Missing | AttachmentState::Stored => Placed::Missing,
            });
        };
        Ok(Placed::Held(Rc::new(Held {
            address: address::media(digest, form),
            small: is_worth_a_copy(facts.media_type, attachment.size_bytes)
                .then(|| address::small(digest, form, Small::Message)),
            media_type: facts.media_type,
            extension: shown_extension(facts.media_type, attachment.name.as_deref()),
            pixels: facts.pixels,
            duration_ms: facts.duration_ms,
            bytes: attachment.size_bytes,
        })))
    }
}

/// Files up to this size are sent as they are.
const LIGHT_BYTES: u64 = 48 * 1024;

/// Whether a small copy spares much. A GIF has none: it moves.
fn is_worth_a_copy(media_type: Option<MediaType>, size_bytes: Option<u64>) -> bool {
    matches!(
        media_type,
        Some(MediaType::Jpeg | MediaType::Png | MediaType::Webp)
    ) && size_bytes.is_none_or(|bytes| bytes > LIGHT_BYTES)
}

/// What the bytes are, else what the name says; `zip` is no answer where the name says `docx`.
fn shown_extension(media_type: Option<MediaType>, name: Option<&str>) -> String {
    if let Some(found) =
        media_type.filter(|found| found.family() != Family::Other || *found == MediaType::Pdf)
    {
        return found.extension().to_owned();
    }
    name.and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .filter(|extension| {
            (1..=8).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
        .unwrap_or_else(|| media_type.map_or("", MediaType::extension).to_owned())
}
