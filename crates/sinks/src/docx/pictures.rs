//! Pictures set into a document.
//!
//! The document's text is one part of a zip, written from beginning to end, and pictures are further parts. So a picture is
//! looked at when its message comes, which tells its size, and its bytes are fetched once the text is complete.

use std::io::{Cursor, Read};

use hutong_media::{MediaType, PixelSize, pixel_size, sniff};
use hutong_model::{Attachment, Digest};
use rustc_hash::FxHashMap;

use crate::ooxml::Package;
use crate::{Blobs, WriteError};

/// So many first bytes are looked at to tell how large a picture is.
const HEAD_BYTES: u64 = 256 * 1024;

/// Larger pictures are not set in.
const MAX_BYTES: u64 = 24 * 1024 * 1024;

/// One transparent pixel, in the place of a picture that could be read once and not again.
const NOTHING: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;";

/// A picture of the document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    /// Its number, from 1.
    pub(super) number: usize,
    pub(super) pixels: PixelSize,
}

/// The pictures of a document.
pub(super) struct Pictures<'a> {
    blobs: &'a dyn Blobs,
    held: Vec<(Attachment, MediaType)>,
    by_digest: FxHashMap<Digest, Option<Picture>>,
    /// Bytes of all of them, as far as they are known.
    pub(super) bytes: u64,
}

impl<'a> Pictures<'a> {
    pub(super) fn new(blobs: &'a dyn Blobs) -> Self {
        Self {
            blobs,
            held: Vec::new(),
            by_digest: FxHashMap::default(),
            bytes: 0,
        }
    }

    /// Pictures so far.
    pub(super) fn count(&self) -> u64 {
        self.held.len() as u64
    }

    /// Takes a picture in; `None` when its bytes are not to be had, or word processors do not know their form.
    pub(super) fn add(&mut self, attachment: &Attachment) -> Option<Picture> {
        if let Some(known) = attachment
            .sha256
            .and_then(|digest| self.by_digest.get(&digest))
        {
            return *known;
        }
        let picture = self.look(attachment);
        if let Some(digest) = attachment.sha256 {
            self.by_digest.insert(digest, picture);
        }
        picture
    }

    fn look(&mut self, attachment: &Attachment) -> Option<Picture> {
        if attachment.size_bytes.is_some_and(|bytes| bytes > MAX_BYTES) {
            return None;
        }
        let content = self.blobs.open(attachment).ok()??;
        let mut head = Vec::new();
        content.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
        let media_type = sniff(&head).filter(|found| extension(*found).is_some())?;
        let pixels = pixel_size(&head).filter(|pixels| pixels.width > 0 && pixels.height > 0)?;
        self.bytes += attachment.size_bytes.unwrap_or(head.len() as u64);
        self.held.push((attachment.clone(), media_type));
        Some(Picture {
            number: self.held.len(),
            pixels,
        })
    }

    /// The names of the pictures' parts below `word/`, by number.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, String)> + '_ {
        (1..).zip(&self.held).map(|(number, (_, media_type))| {
            let extension = extension(*media_type).unwrap_or("png");
            (number, format!("media/image{number}.{extension}"))
        })
    }

    /// Writes the pictures' bytes; says how many could not be read any more.
    pub(super) fn write(&self, package: &mut Package) -> Result<u64, WriteError> {
        let mut lost = 0;
        for ((attachment, _), (_, name)) in self.held.iter().zip(self.names()) {
            let mut content: Box<dyn Read> = match self.blobs.open(attachment) {
                Ok(Some(content)) => content,
                Ok(None) | Err(_) => {
                    lost += 1;
                    Box::new(Cursor::new(NOTHING))
                }
            };
            package.copy(&format!("word/{name}"), &mut content)?;
        }
        Ok(lost)
    }
}

/// The file extension, for the forms that every word processor knows.
const fn extension(media_type: MediaType) -> Option<&'static str> {
    match media_type {
        MediaType::Png => Some("png"),
        MediaType::Jpeg => Some("jpeg"),
        MediaType::Gif => Some("gif"),
        MediaType::Bmp => Some("bmp"),
        _ => None,
    }
}

/// Width and height on paper in English Metric Units: as large as on a screen, within `limit` both ways, proportions kept.
pub(super) fn on_paper(pixels: PixelSize, limit: u64) -> (u64, u64) {
    const PER_PIXEL: u64 = 9525;
    let (width, height) = (
        u64::from(pixels.width) * PER_PIXEL,
        u64::from(pixels.height) * PER_PIXEL,
    );
    let largest = width.max(height);
    if largest <= limit {
        return (width, height);
    }
    // Both factors are below 2^46, so the products are computed in 128 bits.
    let scaled = |length: u64| {
        let scaled = u128::from(length) * u128::from(limit) / u128::from(largest);
        u64::try_from(scaled).unwrap_or(limit).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_proportions() {
        let size = |width, height| on_paper(PixelSize { width, height }, 3_240_000);
        assert_eq!(size(100, 50), (952_500, 476_250));
        assert_eq!(size(4000, 3000), (3_240_000, 2_430_000));
        assert_eq!(size(1, u32::MAX), (1, 3_240_000));
    }
}
