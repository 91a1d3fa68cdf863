//! Width and height of a picture, from its header.

use crate::MediaType;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PixelSize {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Segments of a JPEG that are looked at before giving up.
const JPEG_SEGMENTS: usize = 200;

/// Width and height of a PNG, JPEG, GIF, WebP, BMP or wxgf, as it is shown: a photograph that its camera says to turn by a
/// quarter has them the other way round than it is stored.
///
/// 64 bytes are enough except for wxgf and for JPEG, whose header may stand behind some hundred kilobytes of metadata; `None`
/// when it is not within `bytes`. A width or height of nought counts as unknown.
#[must_use]
pub fn pixel_size(bytes: &[u8]) -> Option<PixelSize> {
    let stored = stored_size(bytes)?;
    Some(if turns_sides(bytes) {
        PixelSize {
            width: stored.height,
            height: stored.width,
        }
    } else {
        stored
    })
}

/// Width and height as they are stored.
pub(crate) fn stored_size(bytes: &[u8]) -> Option<PixelSize> {
    let (width, height) = match crate::sniff(bytes)? {
        MediaType::Png => (be32(bytes, 16)?, be32(bytes, 20)?),
        MediaType::Gif => (le16(bytes, 6)?, le16(bytes, 8)?),
        MediaType::Bmp => bitmap(bytes)?,
        MediaType::Webp => webp(bytes)?,
        MediaType::Jpeg => {
            let frame = segments(bytes).find(|segment| is_frame(segment.marker))?;
            (be16(frame.bytes, 5)?, be16(frame.bytes, 3)?)
        }
        MediaType::Wxgf => return crate::wxgf::pixel_size(bytes),
        _ => return None,
    };
    (width > 0 && height > 0).then_some(PixelSize { width, height })
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    take(bytes, at).map(u32::from_be_bytes)
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    take(bytes, at).map(u16::from_be_bytes).map(u32::from)
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    take(bytes, at).map(u16::from_le_bytes).map(u32::from)
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    take::<3>(bytes, at).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

fn bitmap(bytes: &[u8]) -> Option<(u32, u32)> {
    if take(bytes, 14).map(u32::from_le_bytes)? == 12 {
        return Some((le16(bytes, 18)?, le16(bytes, 20)?));
    }
    // A negative height means that the rows run from top to bottom.
    let width = take(bytes, 18).map(i32::from_le_bytes)?;
    let height = take(bytes, 22).map(i32::from_le_bytes)?;
    Some((width.unsigned_abs(), height.unsigned_abs()))
}

/// Width and height in the header of a WebP.
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(12..16)? == b"VP8X" {
        return Some((le24(bytes, 24)? + 1, le24(bytes, 27)? + 1));
    }
    webp_frame(bytes.get(12..)?)
}

/// Width and height of the picture in a chunk of a WebP, from the chunk's name on.
pub(crate) fn webp_frame_size(chunk: &[u8]) -> Option<PixelSize> {
    webp_frame(chunk).map(|(width, height)| PixelSize { width, height })
}

fn webp_frame(chunk: &[u8]) -> Option<(u32, u32)> {
    match chunk.get(..4)? {
        b"VP8 " => Some((le16(chunk, 14)? & 0x3fff, le16(chunk, 16)? & 0x3fff)),
        b"VP8L" => {
            let packed = take(chunk, 9).map(u32::from_le_bytes)?;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// A piece of a JPEG's header.
struct Segment<'a> {
    marker: u8,
    /// From its length on, to the end of what there is.
    bytes: &'a [u8],
}

/// The pieces of a JPEG's header, up to the first scan.
fn segments(bytes: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 2;
    (0..JPEG_SEGMENTS)
        .map_while(move |_| {
            let [0xff, marker] = take::<2>(bytes, at)? else {
                return None;
            };
            let segment = Segment {
                marker,
                bytes: bytes.get(at + 2..)?,
            };
            at += match marker {
                // Fill bytes, and markers without a length.
                0xff => 1,
                0x01 | 0xd0..=0xd8 => 2,
                0xd9 | 0xda => return None,
                // The frame's own length may be beyond what there is.
                _ => 2 + usize::try_from(be16(bytes, at + 2)?).ok()?.max(2),
            };
            Some(segment)
        })
        .filter(|segment| !matches!(segment.marker, 0xff | 0x01 | 0xd0..=0xd8))
}

/// Start of frame, all kinds; C4, C8 and CC mean other things.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf)
}

/// Whether the details of a JPEG come in several scans, which takes more memory to decode.
pub(crate) fn is_progressive(bytes: &[u8]) -> bool {
    segments(bytes)
        .find(|segment| is_frame(segment.marker))
        .is_some_and(|frame| !matches!(frame.marker, 0xc0 | 0xc1))
}

/// Whether a picture is to be turned by a quarter when it is shown.
fn turns_sides(bytes: &[u8]) -> bool {
    use image::metadata::Orientation as O;
    if crate::sniff(bytes) != Some(MediaType::Jpeg) {
        return false;
    }
    segments(bytes)
        .take_while(|segment| !is_frame(segment.marker))
        .filter(|segment| segment.marker == 0xe1)
        .find_map(|segment| {
            let length = usize::try_from(be16(segment.bytes, 0)?).ok()?;
            let exif = segment.bytes.get(2..length.min(segment.bytes.len()))?;
            O::from_exif_chunk(exif.strip_prefix(b"Exif\0\0")?)
        })
        .is_some_and(|orientation| {
            matches!(
                orientation,
                O::Rotate90 | O::Rotate270 | O::Rotate90FlipH | O::Rotate270FlipH
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(bytes: &[u8]) -> Option<(u32, u32)> {
        pixel_size(bytes).map(|size| (size.width, size.height))
    }

    #[test]
    fn headers_tell_the_size() {
        assert_eq!(
            size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xf0"),
            Some((320, 240))
        );
        assert_eq!(size(b"GIF89a\x40\x01\xf0\0"), Some((320, 240)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\0\xf0\x01\x40\x03";
        assert_eq!(size(jpeg), Some((320, 240)));
        assert_eq!(
            size(b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\x01\0\xef\0\0"),
            Some((320, 240))
        );
        assert_eq!(
            size(b"RIFF\x20\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xf0\0"),
            Some((320, 240))
        );
        let packed = (319_u32 | 239 << 14).to_le_bytes();
        let mut lossless = b"RIFF\x20\0\0\0WEBPVP8L\x0a\0\0\0\x2f".to_vec();
        lossless.extend_from_slice(&packed);
        assert_eq!(size(&lossless), Some((320, 240)));
    }

    #[test]
    fn a_cut_header_tells_nothing() {
        assert_eq!(size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01"), None);
        assert_eq!(size(b"\xff\xd8\xff\xe0\0\x04ab\xff\xda"), None);
        assert_eq!(
            size(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\xf0"),
            None
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(start in 0_usize..6, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let starts: [&[u8]; 6] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF....WEBP", b"BM", b""];
            let mut all = starts[start].to_vec();
            all.extend(bytes);
            let _ = pixel_size(&all);
        }
    }
}
