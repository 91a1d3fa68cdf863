//! Pictures as they can be set into a page: checked, turned upright, and no larger than needed.

use std::io::{Cursor, Read};
use std::sync::Arc;

use hutong_model::{Attachment, Digest};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::Digest as _;

use crate::Blobs;

/// Larger files are named and not opened.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// Pictures of more pixels are named and not opened.
const MAX_PIXELS: u64 = 40_000_000;

/// Longest side of a picture in a book; larger ones are made smaller.
const MAX_BOOK_SIDE: u32 = 1600;

/// A JPEG file of at most these bytes and this longest side stands in a book as it is.
const MAX_KEPT: (usize, u32) = (3 * 1024 * 1024, 2600);

/// Quality of pictures that are packed again.
const JPEG_QUALITY: u8 = 88;

/// Pictures that were opened last are kept up to so many bytes, because stickers repeat.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A picture as it can be set into a page.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Digest of the content, to write it once only.
    pub(crate) key: [u8; 32],
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) content: Content,
}

/// In which form the picture is held.
#[derive(Debug)]
pub(crate) enum Content {
    /// A JPEG file of one or three colours.
    Jpeg(Arc<Vec<u8>>),
    /// A PNG file.
    Png(Arc<Vec<u8>>),
    /// Red, green, blue and opacity, row by row.
    #[cfg(feature = "png")]
    Pixels(Vec<u8>),
}

impl Picture {
    /// Bytes that it takes.
    pub(crate) fn len(&self) -> usize {
        match &self.content {
            Content::Jpeg(file) | Content::Png(file) => file.len(),
            #[cfg(feature = "png")]
            Content::Pixels(pixels) => pixels.len(),
        }
    }
}

/// What became of an attachment that should be seen.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// It can be seen.
    Picture(Arc<Picture>),
    /// Its bytes are not to be had.
    Missing,
    /// Its bytes are there and make no picture.
    Broken,
    /// It is beyond what is opened.
    TooLarge,
    /// Pictures are not wanted.
    LeftOut,
}

/// What pictures are made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Purpose {
    /// A book: files, at most so large that a printer shows no pixels.
    Book,
    /// An image: pixels of at most this box.
    #[cfg(feature = "png")]
    Pixels(u32, u32),
}

/// Opens pictures.
pub(crate) struct Pictures<'a> {
    blobs: &'a dyn Blobs,
    are_wanted: bool,
    purpose: Purpose,
    cache: FxHashMap<Digest, Seen>,
    cached_bytes: usize,
    counted: FxHashSet<Digest>,
    /// Distinct pictures set in.
    pub(crate) shown: u64,
    /// Attachments that should be there and are not.
    pub(crate) missing: u64,
}

impl<'a> Pictures<'a> {
    pub(crate) fn new(blobs: &'a dyn Blobs, are_wanted: bool, purpose: Purpose) -> Self {
        Self {
            blobs,
            are_wanted,
            purpose,
            cache: FxHashMap::default(),
            cached_bytes: 0,
            counted: FxHashSet::default(),
            shown: 0,
            missing: 0,
        }
    }

    /// Opens a picture.
    pub(crate) fn see(&mut self, attachment: &Attachment) -> Seen {
        if !attachment.is_present() {
            return Seen::Missing;
        }
        if !self.are_wanted {
            return Seen::LeftOut;
        }
        if let Some(known) = attachment.sha256.and_then(|digest| self.cache.get(&digest)) {
            return known.clone();
        }
        let seen = self.open(attachment);
        match &seen {
            Seen::Picture(picture) => {
                // Without a digest equal pictures cannot be known, so each counts.
                let is_new = attachment
                    .sha256
                    .is_none_or(|digest| self.counted.insert(digest));
                self.shown += u64::from(is_new);
                if self.cached_bytes + picture.len() > CACHE_BYTES {
                    self.cache.clear();
                    self.cached_bytes = 0;
                }
                self.cached_bytes += picture.len();
            }
            Seen::Missing => self.missing += 1,
            _ => {}
        }
        if let Some(digest) = attachment.sha256 {
            self.cache.insert(digest, seen.clone());
        }
        seen
    }

    fn open(&self, attachment: &Attachment) -> Seen {
        let Ok(Some(reader)) = self.blobs.open(attachment) else {
            return Seen::Missing;
        };
        let mut file = Vec::new();
        if reader
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut file)
            .is_err()
        {
            return Seen::Missing;
        }
        if file.len() as u64 > MAX_FILE_BYTES {
            return Seen::TooLarge;
        }
        match picture(file, self.purpose) {
            Ok(picture) => Seen::Picture(Arc::new(picture)),
            Err(seen) => seen,
        }
    }
}

/// Makes a picture of a file.
fn picture(file: Vec<u8>, purpose: Purpose) -> Result<Picture, Seen> {
    let reader = ImageReader::new(Cursor::new(&file))
        .with_guessed_format()
        .map_err(|_| Seen::Broken)?;
    let format = reader.format().ok_or(Seen::Broken)?;
    let mut reader = reader;
    let mut limits = Limits::default();
    limits.max_alloc = Some(4 * MAX_PIXELS + 64 * 1024 * 1024);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Seen::Broken)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Seen::Broken);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Seen::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Seen::Broken)?;
    let is_upright = orientation == Orientation::NoTransforms;
    if purpose == Purpose::Book && is_upright {
        let is_small = file.len() <= MAX_KEPT.0 && width.max(height) <= MAX_KEPT.1;
        if format == ImageFormat::Jpeg && is_small && has_plain_colours(&file) {
            return Ok(held(width, height, Content::Jpeg(Arc::new(file))));
        }
        let is_plain = matches!(
            image,
            DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) | DynamicImage::ImageLuma8(_)
        );
        if format == ImageFormat::Png && is_plain && width.max(height) <= MAX_BOOK_SIDE {
            return Ok(held(width, height, Content::Png(Arc::new(file))));
        }
    }
    drop(file);
    let (most_wide, most_high) = match purpose {
        Purpose::Book => (MAX_BOOK_SIDE, MAX_BOOK_SIDE),
        #[cfg(feature = "png")]
        Purpose::Pixels(wide, high) => (wide, high),
    };
    image.apply_orientation(orientation);
    if image.width() > most_wide || image.height() > most_high {
        image = image.thumbnail(most_wide, most_high);
    }
    let (width, height) = (image.width().max(1), image.height().max(1));
    let content = match purpose {
        #[cfg(feature = "png")]
        Purpose::Pixels(..) => Content::Pixels(image.into_rgba8().into_raw()),
        Purpose::Book if image.color().has_alpha() => {
            let mut png = Vec::new();
            let image = image.into_rgba8();
            image
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
                .map_err(|_| Seen::Broken)?;
            Content::Png(Arc::new(png))
        }
        Purpose::Book => {
            let mut jpeg = Vec::new();
            let image = image.into_rgb8();
            image
                .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY))
                .map_err(|_| Seen::Broken)?;
            Content::Jpeg(Arc::new(jpeg))
        }
    };
    Ok(held(width, height, content))
}

fn held(width: u32, height: u32, content: Content) -> Picture {
    let bytes: &[u8] = match &content {
        Content::Jpeg(file) | Content::Png(file) => file,
        #[cfg(feature = "png")]
        Content::Pixels(pixels) => pixels,
    };
    Picture {
        key: sha2::Sha256::digest(bytes).into(),
        width,
        height,
        content,
    }
}

/// Whether a JPEG file has one or three colours of eight bits, in one of the two forms that all readers of PDF know,
/// and ends as it should.
fn has_plain_colours(file: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xff, marker, high, low]) = file.get(at..at + 4) {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        match marker {
            // Start of a frame: baseline, extended or progressive.
            0xc0..=0xc2 => {
                let precision = file.get(at + 4);
                let colours = file.get(at + 9);
                let has_end = file
                    .windows(2)
                    .rev()
                    .take(4096)
                    .any(|pair| pair == [0xff, 0xd9]);
                return precision == Some(&8) && matches!(colours, Some(1 | 3)) && has_end;
            }
            0xff => at += 1,
            0xda | 0xd9 => return false,
            _ => at += 2 + length.max(2),
        }
    }
    false
}
