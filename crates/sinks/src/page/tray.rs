//! Pictures and voices set into a page, as far as they are small enough to be sent with it.

use std::io::Read;
use std::rc::Rc;

use hutong_media::{Family, PixelSize, SmallSize, pixel_size, small_picture, sniff};
use hutong_model::Attachment;

use crate::attachments::play;
use crate::paint::{Form, Inline, Placed, Shelf};
use crate::{Blobs, WriteError};

/// Pictures up to this size are set in as they are; larger ones as a smaller copy.
const PICTURE_BYTES: usize = 768 * 1024;

/// Longer voices stay outside: a minute of a decoded voice is 3 MB.
const VOICE_BYTES: usize = 12 * 1024 * 1024;

/// More than this is not read.
const READ_BYTES: u64 = 48 * 1024 * 1024;

/// Larger pictures that cannot be made smaller stay outside.
const PICTURE_BYTES_LIMIT: usize = 6 * 1024 * 1024;

/// Memory for decoding one picture.
const PIXEL_BYTES: u64 = 256 * 1024 * 1024;

/// A smaller copy fits into this.
const SMALLER: SmallSize = SmallSize::Within(PixelSize {
    width: 1280,
    height: 1920,
});

/// Reads attachments and hands them to the page.
pub(super) struct Tray<'a> {
    blobs: &'a dyn Blobs,
    /// Whether anything is set in at all.
    is_wanted: bool,
    /// Nothing more fits into this part.
    pub(super) is_full: bool,
    pub(super) inlined: u64,
    pub(super) missing: u64,
}

impl<'a> Tray<'a> {
    pub(super) const fn new(blobs: &'a dyn Blobs, is_wanted: bool) -> Self {
        Self {
            blobs,
            is_wanted,
            is_full: false,
            inlined: 0,
            missing: 0,
        }
    }

    fn read(&self, attachment: &Attachment) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let content = self.blobs.open(attachment).ok()??;
        content.take(READ_BYTES + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// A voice in a form that browsers play.
fn voice(bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (voice, _) = play(Box::new(std::io::Cursor::new(bytes))).ok()?;
    let mut out = Vec::new();
    voice
        .take(VOICE_BYTES as u64 + 1)
        .read_to_end(&mut out)
        .ok()?;
    Some(out)
}

/// A picture as it is, or smaller.
fn picture(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() <= PICTURE_BYTES {
        return bytes;
    }
    match small_picture(&bytes, SMALLER, PIXEL_BYTES) {
        Ok(Some(small)) => small.bytes,
        _ => bytes,
    }
}

impl Shelf for Tray<'_> {
    fn place(&mut self, attachment: &Attachment, form: Form) -> Result<Placed, WriteError> {
        if !attachment.is_present() {
            self.missing += 1;
            return Ok(Placed::Missing);
        }
        if !self.is_wanted || self.is_full {
            return Ok(Placed::LeftOut);
        }
        // What cannot be a picture or a voice is not read at all.
        if attachment.size_bytes.is_some_and(|size| size > READ_BYTES) {
            return Ok(Placed::LeftOut);
        }
        let Some(bytes) = self.read(attachment) else {
            self.missing += 1;
            return Ok(Placed::Missing);
        };
        if bytes.len() as u64 > READ_BYTES {
            return Ok(Placed::LeftOut);
        }
        let (content, most) = if form == Form::Voice {
            (voice(bytes), VOICE_BYTES)
        } else if sniff(&bytes).is_some_and(|found| found.family() == Family::Image) {
            (Some(picture(bytes)), PICTURE_BYTES_LIMIT)
        } else {
            return Ok(Placed::LeftOut);
        };
        let content = content.filter(|content| content.len() <= most);
        let Some((content, media_type)) = content.and_then(|content| {
            let media_type = sniff(&content).filter(|found| found.plays_in_browsers())?;
            Some((content, media_type))
        }) else {
            return Ok(Placed::LeftOut);
        };
        self.inlined += 1;
        Ok(Placed::Inline(Rc::new(Inline {
            media_type,
            pixels: pixel_size(&content),
            content,
        })))
    }
}
