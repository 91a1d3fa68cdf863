//! Small copies of pictures, for pages that show many.
//!
//! A hostile picture may be a few kilobytes that ask for gigabytes. So the memory that decoding takes is told from the header
//! first ([`needed_bytes`]), whoever calls can wait until there is as much, and decoding stays within it.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits};

use crate::{MediaType, PixelSize, pixels, sniff};

/// No picture may take more memory than this while it is made small: a photograph of 50 million pixels does not.
pub const MAX_NEEDED_BYTES: u64 = 192 << 20;

/// Wider or higher pictures are not decoded, however few pixels they have.
const MAX_SIDE: u32 = 32_768;

/// Colour profiles beyond this size are left out of the copy.
const MAX_PROFILE_BYTES: usize = 8 * 1024;

/// Good enough not to be told from the original at this size.
const JPEG_QUALITY: u8 = 80;

/// How large a small copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmallSize {
    /// Neither side is longer.
    Within(PixelSize),
    /// The shorter side is so long; the longer one at most three times as long.
    Covering(u32),
}

impl SmallSize {
    /// The size of the copy of a picture of this size; never larger than the picture.
    fn of(self, picture: PixelSize) -> PixelSize {
        let (width, height) = (u64::from(picture.width), u64::from(picture.height));
        // As fractions, so that nothing is rounded twice: `by / of` of each side.
        let fit = |most_wide: u64, most_high: u64| {
            if width * most_high > height * most_wide {
                (most_wide, width)
            } else {
                (most_high, height)
            }
        };
        let (by, of) = match self {
            Self::Within(most) => fit(most.width.into(), most.height.into()),
            Self::Covering(side) => {
                let side = u64::from(side);
                if width.max(height) > 3 * width.min(height) {
                    fit(3 * side, 3 * side)
                } else {
                    (side, width.min(height))
                }
            }
        };
        if by >= of {
            return picture;
        }
        let scaled = |length: u64| u32::try_from(length * by / of).unwrap_or(u32::MAX).max(1);
        PixelSize {
            width: scaled(width),
            height: scaled(height),
        }
    }
}

/// A small copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallPicture {
    /// The file: a JPEG, or a PNG where something shines through.
    pub bytes: Vec<u8>,
    /// What it is.
    pub media_type: MediaType,
    /// How large it is.
    pub pixels: PixelSize,
}

/// Why there is no small copy; the picture itself is the best there is then.
#[derive(Debug, thiserror::Error)]
pub enum SmallError {
    /// It is no picture, or none of the kinds that are decoded here.
    #[error("not a JPEG, PNG, WebP or GIF picture")]
    Unknown,
    /// It moves, which a still copy would not.
    #[error("the picture moves")]
    Moves,
    /// Decoding it would take too much memory.
    #[error("decoding the picture would take {needed} bytes of memory, {allowed} are allowed")]
    TooLarge {
        /// What it would take.
        needed: u64,
        /// What there is.
        allowed: u64,
    },
    /// It is damaged.
    #[error("the picture cannot be decoded")]
    Broken(#[source] image::ImageError),
}

/// How much memory decoding takes, told from the beginning of a file of this length. An upper bound, for planning.
///
/// # Errors
/// When it would not be decoded at all.
pub fn needed_bytes(head: &[u8], length: u64) -> Result<u64, SmallError> {
    let media_type = sniff(head).ok_or(SmallError::Unknown)?;
    let size = pixels::stored_size(head).ok_or(SmallError::Unknown)?;
    let of_a_pixel = match media_type {
        // Four bytes of colour; where the details come bit by bit, sixteen bits of each channel besides.
        MediaType::Jpeg if pixels::is_progressive(head) => 12,
        MediaType::Jpeg => 4,
        // Sixteen bits of four channels.
        MediaType::Png if head.get(24) == Some(&16) => 8,
        MediaType::Png => 4,
        // The canvas and the picture on it.
        MediaType::Gif => 8,
        MediaType::Webp => 8,
        _ => return Err(SmallError::Unknown),
    };
    if media_type == MediaType::Webp && is_moving_webp(head) {
        return Err(SmallError::Moves);
    }
    let pixels = u64::from(size.width) * u64::from(size.height);
    // The file is held twice: by the caller and by the decoder.
    let needed = pixels * of_a_pixel + 2 * length;
    if needed > MAX_NEEDED_BYTES || size.width > MAX_SIDE || size.height > MAX_SIDE {
        return Err(SmallError::TooLarge {
            needed,
            allowed: MAX_NEEDED_BYTES,
        });
    }
    Ok(needed)
}

/// Makes a small copy that stands upright, whichever way the camera was held. `None` when the copy would not be smaller than
/// the file.
///
/// # Errors
/// When the picture cannot be decoded within `allowed` bytes of memory.
pub fn small_picture(
    bytes: &[u8],
    size: SmallSize,
    allowed: u64,
) -> Result<Option<SmallPicture>, SmallError> {
    let needed = needed_bytes(bytes, bytes.len() as u64)?;
    if needed > allowed {
        return Err(SmallError::TooLarge { needed, allowed });
    }
    let format = match sniff(bytes) {
        Some(MediaType::Jpeg) => ImageFormat::Jpeg,
        Some(MediaType::Png) => ImageFormat::Png,
        Some(MediaType::Webp) => ImageFormat::WebP,
        Some(MediaType::Gif) => ImageFormat::Gif,
        _ => return Err(SmallError::Unknown),
    };
    // What the inner frame of a WebP claims counts for the decoder's memory, not what its outside says.
    if format == ImageFormat::WebP && !webp_agrees(bytes) {
        return Err(SmallError::Unknown);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(allowed);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(SmallError::Broken)?;
    if decoder.total_bytes() > allowed {
        return Err(SmallError::TooLarge {
            needed: decoder.total_bytes(),
            allowed,
        });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder
        .icc_profile()
        .ok()
        .flatten()
        .filter(|profile| profile.len() <= MAX_PROFILE_BYTES);
    let whole = DynamicImage::from_decoder(decoder).map_err(SmallError::Broken)?;
    let copy_size = size.of(PixelSize {
        width: whole.width(),
        height: whole.height(),
    });
    let mut copy = if copy_size.width < whole.width() {
        whole.thumbnail_exact(copy_size.width, copy_size.height)
    } else {
        whole
    };
    copy.apply_orientation(orientation);
    let made = write(&copy, profile)?;
    Ok((made.bytes.len() < bytes.len()).then_some(made))
}

fn write(copy: &DynamicImage, profile: Option<Vec<u8>>) -> Result<SmallPicture, SmallError> {
    let mut bytes = Vec::new();
    let shines_through = copy.color().has_alpha()
        && copy
            .to_rgba8()
            .pixels()
            .any(|image::Rgba([.., alpha])| *alpha < 255);
    let media_type = if shines_through {
        let encoder = PngEncoder::new_with_quality(
            &mut bytes,
            CompressionType::Default,
            FilterType::Adaptive,
        );
        let copy = DynamicImage::ImageRgba8(copy.to_rgba8());
        encode(&copy, encoder, profile)?;
        MediaType::Png
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        // A profile of grey pictures does not fit colours.
        let profile = profile.filter(|_| copy.color().has_color());
        let copy = DynamicImage::ImageRgb8(copy.to_rgb8());
        encode(&copy, encoder, profile)?;
        MediaType::Jpeg
    };
    Ok(SmallPicture {
        bytes,
        media_type,
        pixels: PixelSize {
            width: copy.width(),
            height: copy.height(),
        },
    })
}

fn encode(
    copy: &DynamicImage,
    mut encoder: impl ImageEncoder,
    profile: Option<Vec<u8>>,
) -> Result<(), SmallError> {
    if let Some(profile) = profile {
        // A copy without its profile is a little off in colour, which is better than none.
        let _ = encoder.set_icc_profile(profile);
    }
    copy.write_with_encoder(encoder).map_err(SmallError::Broken)
}

/// Whether a WebP holds several pictures.
fn is_moving_webp(head: &[u8]) -> bool {
    const ANIMATION: u8 = 0b10;
    head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & ANIMATION != 0)
}

/// Whether the picture inside an extended WebP is as large as its header says.
fn webp_agrees(bytes: &[u8]) -> bool {
    if bytes.get(12..16) != Some(b"VP8X") {
        return true;
    }
    let Some(outer) = pixels::stored_size(bytes) else {
        return false;
    };
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [name @ .., a, b, c, d] = head;
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        if matches!(name, b"VP8 " | b"VP8L") {
            return pixels::webp_frame_size(rest) == Some(outer);
        }
        rest = body
            .get(length.saturating_add(length % 2)..)
            .unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};
    use proptest::prelude::*;

    const TILE: SmallSize = SmallSize::Covering(64);

    /// A picture with a bright left edge, that compresses as badly as a photograph.
    fn photograph(width: u32, height: u32) -> RgbImage {
        let mut noise = 1_u32;
        RgbImage::from_fn(width, height, |x, _| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = noise.to_be_bytes()[0] / 8;
            if x < width / 4 {
                Rgb([255 - grain, 255 - grain, 255 - grain])
            } else {
                Rgb([grain, grain, 96])
            }
        })
    }

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn small(bytes: &[u8]) -> SmallPicture {
        small_picture(bytes, TILE, MAX_NEEDED_BYTES)
            .unwrap()
            .expect("the copy is smaller")
    }

    fn decoded(copy: &SmallPicture) -> RgbImage {
        image::load_from_memory(&copy.bytes).unwrap().to_rgb8()
    }

    /// Exif that says how the camera was held, as a segment of a JPEG.
    fn exif(orientation: u8) -> Vec<u8> {
        let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
        let mut segment = vec![0xff, 0xe1];
        segment.extend_from_slice(&u16::try_from(tiff.len() + 2).unwrap().to_be_bytes());
        segment.extend_from_slice(&tiff);
        segment
    }

    #[test]
    fn every_kind_becomes_small() {
        let picture = DynamicImage::ImageRgb8(photograph(400, 300));
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::WebP,
            ImageFormat::Gif,
        ] {
            let bytes = file(&picture, format);
            let copy = small(&bytes);
            assert_eq!(copy.media_type, MediaType::Jpeg, "{format:?}");
            assert_eq!((copy.pixels.width, copy.pixels.height), (85, 64));
            assert!(copy.bytes.len() < 8_000, "{} bytes", copy.bytes.len());
            assert_eq!(sniff(&copy.bytes), Some(MediaType::Jpeg));
            assert!(decoded(&copy).get_pixel(2, 32).0[0] > 200);
        }
    }

    #[test]
    fn what_shines_through_still_does() {
        let clear = RgbaImage::from_fn(600, 600, |x, y| {
            Rgba([
                200,
                (x % 251) as u8,
                (y % 241) as u8,
                if x < 300 { 0 } else { 255 },
            ])
        });
        let copy = small(&file(&DynamicImage::ImageRgba8(clear), ImageFormat::Png));
        assert_eq!(copy.media_type, MediaType::Png);
        let pixels = image::load_from_memory(&copy.bytes).unwrap().to_rgba8();
        assert_eq!(pixels.get_pixel(5, 5).0[3], 0);
        assert_eq!(pixels.get_pixel(60, 5).0[3], 255);
    }

    #[test]
    fn the_copy_stands_as_the_camera_was_held() {
        let plain = file(
            &DynamicImage::ImageRgb8(photograph(400, 300)),
            ImageFormat::Jpeg,
        );
        // Six: turned a quarter clockwise, so that the left edge becomes the upper one.
        for (orientation, size, bright) in [
            (1, (85, 64), (2, 32)),
            (3, (85, 64), (82, 32)),
            (6, (64, 85), (32, 2)),
            (8, (64, 85), (32, 82)),
        ] {
            let mut bytes = plain[..2].to_vec();
            bytes.extend(exif(orientation));
            bytes.extend_from_slice(&plain[2..]);
            let copy = small(&bytes);
            assert_eq!((copy.pixels.width, copy.pixels.height), size);
            let shown = crate::pixel_size(&bytes).unwrap();
            assert_eq!(shown.width > shown.height, size.0 > size.1, "{orientation}");
            assert!(decoded(&copy).get_pixel(bright.0, bright.1).0[0] > 180);
        }
    }

    #[test]
    fn a_picture_that_is_small_already_needs_no_copy() {
        let tiny = file(
            &DynamicImage::ImageRgb8(RgbImage::new(8, 8)),
            ImageFormat::Png,
        );
        assert_eq!(small_picture(&tiny, TILE, MAX_NEEDED_BYTES).unwrap(), None);
        for (of, within, becomes) in [
            ((100, 50), SmallSize::Covering(50), (100, 50)),
            ((100, 50), SmallSize::Covering(25), (50, 25)),
            ((4000, 10), SmallSize::Covering(50), (150, 1)),
            (
                (640, 768),
                SmallSize::Within(PixelSize {
                    width: 320,
                    height: 768,
                }),
                (320, 384),
            ),
        ] {
            let size = within.of(PixelSize {
                width: of.0,
                height: of.1,
            });
            assert_eq!((size.width, size.height), becomes);
        }
    }

    #[test]
    fn pictures_that_ask_for_too_much_are_not_decoded() {
        // A PNG of 30,000 × 30,000 pixels in 33 bytes.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bomb.extend_from_slice(&30_000_u32.to_be_bytes());
        bomb.extend_from_slice(&30_000_u32.to_be_bytes());
        bomb.extend_from_slice(b"\x08\x06\0\0\0....");
        let refused = small_picture(&bomb, TILE, MAX_NEEDED_BYTES);
        assert!(
            matches!(refused, Err(SmallError::TooLarge { .. })),
            "{refused:?}"
        );
        // A photograph that is larger than what there is at the moment.
        let picture = file(
            &DynamicImage::ImageRgb8(photograph(400, 300)),
            ImageFormat::Jpeg,
        );
        let refused = small_picture(&picture, TILE, 100_000);
        assert!(matches!(refused, Err(SmallError::TooLarge { .. })));
        // A WebP whose inside is larger than its outside says.
        let mut lie = b"RIFF\x2c\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x09\0\0\x09\0\0".to_vec();
        lie.extend_from_slice(b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f");
        assert!(matches!(
            small_picture(&lie, TILE, MAX_NEEDED_BYTES),
            Err(SmallError::Unknown)
        ));
        let moving = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x3f\x01\0\xef\0\0";
        assert!(matches!(
            small_picture(moving, TILE, MAX_NEEDED_BYTES),
            Err(SmallError::Moves)
        ));
        assert!(matches!(
            small_picture(b"hello", TILE, MAX_NEEDED_BYTES),
            Err(SmallError::Unknown)
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_damage_is_survived(
            kind in 0_usize..4,
            at in any::<proptest::sample::Index>(),
            value in any::<u8>(),
            cut in any::<proptest::sample::Index>(),
        ) {
            let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
            let mut bytes = file(&DynamicImage::ImageRgb8(photograph(40, 30)), formats[kind]);
            let place = at.index(bytes.len());
            bytes[place] = value;
            bytes.truncate(cut.index(bytes.len()) + 1);
            let _ = small_picture(&bytes, TILE, 4 << 20);
        }
    }
}
