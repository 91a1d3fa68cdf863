//! WeChat's own picture container, wxgf: HEVC streams behind a short header.
//!
//! The fifth byte is the length of the header. Behind it come partitions, each a stream with start codes (Annex B) behind its
//! length (32 bits, big-endian). One partition that makes up most of the file is a still picture; several are an animation, in
//! which masks of transparency and frames take turns. This module takes the streams apart; it does not decode HEVC.

use std::ops::Range;

use crate::PixelSize;

/// More partitions than any animation has.
const MAX_PARTITIONS: usize = 4096;
/// So many of the first bytes are searched for the picture's size.
const SIZE_WITHIN_BYTES: usize = 64 * 1024;
/// NAL unit that holds the width and height.
const SEQUENCE_PARAMETERS: u8 = 33;

/// A file taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wxgf<'a> {
    /// What it holds.
    pub kind: Kind<'a>,
    /// Width and height, where the stream says them in the usual way.
    pub pixels: Option<PixelSize>,
    /// The last partition is shorter than its length says.
    pub is_truncated: bool,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// One picture: its HEVC stream.
    Still(&'a [u8]),
    /// Several pictures, in order.
    Animation {
        /// HEVC streams of the frames.
        frames: Vec<&'a [u8]>,
        /// HEVC streams of their transparency.
        masks: Vec<&'a [u8]>,
    },
}

/// Takes a wxgf file apart; `None` when it is none or holds no stream.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Wxgf<'_>> {
    if !bytes.starts_with(b"wxgf") {
        return None;
    }
    let header = usize::from(*bytes.get(4)?);
    let (partitions, is_truncated) = partitions(bytes, header);
    let streams: Vec<&[u8]> = partitions
        .into_iter()
        .filter_map(|place| bytes.get(place))
        .collect();
    let largest = streams.iter().copied().max_by_key(|stream| stream.len())?;
    let is_still = streams.len() == 1 || largest.len() as u64 * 10 >= bytes.len() as u64 * 6;
    let kind = if is_still {
        Kind::Still(largest)
    } else {
        let every_second = |first| streams.iter().copied().skip(first).step_by(2).collect();
        Kind::Animation {
            frames: every_second(1),
            masks: every_second(0),
        }
    };
    Some(Wxgf {
        kind,
        pixels: pixel_size(bytes),
        is_truncated,
    })
}

/// Width and height, from the first bytes of a file; `None` when they do not say it.
#[must_use]
pub fn pixel_size(bytes: &[u8]) -> Option<PixelSize> {
    let bytes = bytes.get(..SIZE_WITHIN_BYTES).unwrap_or(bytes);
    let mut rest = bytes.get(5..)?;
    loop {
        let at = rest.windows(3).position(|three| three == [0, 0, 1])?;
        rest = rest.get(at + 3..)?;
        if rest.first()? >> 1 & 0x3f == SEQUENCE_PARAMETERS
            && let Some(size) = sequence_size(rest.get(2..)?)
        {
            return Some(size);
        }
    }
}

/// Where the streams lie, and whether the last one is cut off.
fn partitions(bytes: &[u8], header: usize) -> (Vec<Range<usize>>, bool) {
    let mut found = Vec::new();
    let mut at = header.max(5);
    let mut is_truncated = false;
    while let Some(place) = next_start(bytes, at + 4) {
        let Some(length) = length_before(bytes, place) else {
            break;
        };
        let end = place.saturating_add(length);
        if length > 4 && end <= bytes.len() {
            found.push(place..end);
            at = end;
        } else if found.is_empty() && place == at + 4 && length > 4 {
            // The first partition stands where the header ends; its length is only too long if the file was cut.
            found.push(place..bytes.len());
            is_truncated = true;
            break;
        } else {
            // A start code inside something else.
            at = place - 3;
        }
        if found.len() >= MAX_PARTITIONS {
            break;
        }
    }
    (found, is_truncated)
}

/// The next start code, of four bytes or three, not before `from`.
fn next_start(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes
        .get(from..)?
        .windows(3)
        .position(|three| three == [0, 0, 1])?;
    let place = from + found;
    // Where a nought stands before it, the start code is of four bytes, unless the length is only right for three.
    let is_longer = place > from && bytes.get(place - 1) == Some(&0);
    let fits = |place: usize| {
        length_before(bytes, place)
            .is_some_and(|length| length > 4 && place.saturating_add(length) <= bytes.len())
    };
    Some(if is_longer && (fits(place - 1) || !fits(place)) {
        place - 1
    } else {
        place
    })
}

fn length_before(bytes: &[u8], place: usize) -> Option<usize> {
    let length = bytes.get(place.checked_sub(4)?..place)?;
    usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()
}

/// Width and height out of the parameters of a sequence (ITU-T H.265, 7.3.2.2), behind their two header bytes.
fn sequence_size(parameters: &[u8]) -> Option<PixelSize> {
    let mut bits = Bits {
        bytes: parameters,
        at: 0,
        noughts: 0,
    };
    bits.skip(4)?;
    let layers = bits.read(3)?;
    // Nesting, the general profile and its level.
    bits.skip(1 + 88 + 8)?;
    let mut layer_bits = 0;
    for _ in 0..layers {
        layer_bits += 88 * bits.read(1)?;
        layer_bits += 8 * bits.read(1)?;
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers))?;
    }
    bits.skip(layer_bits)?;
    bits.number()?;
    let chroma = bits.number()?;
    if chroma == 3 {
        bits.skip(1)?;
    }
    let (mut width, mut height) = (bits.number()?, bits.number()?);
    if bits.read(1)? == 1 {
        let (across, down) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let mut cut = |unit: u32| bits.number()?.checked_mul(unit);
        let (left, right) = (cut(across)?, cut(across)?);
        let (top, bottom) = (cut(down)?, cut(down)?);
        width = width.checked_sub(left)?.checked_sub(right)?;
        height = height.checked_sub(top)?.checked_sub(bottom)?;
    }
    let is_plausible = |length| (1..=65_535).contains(&length);
    (is_plausible(width) && is_plausible(height)).then_some(PixelSize { width, height })
}

/// Reads bits; a 3 behind two noughts is padding that the stream puts in.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u32,
    noughts: u32,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        if self.at == 0 && self.noughts >= 2 && self.bytes.first() == Some(&3) {
            self.bytes = self.bytes.get(1..)?;
            self.noughts = 0;
        }
        let (byte, rest) = self.bytes.split_first()?;
        let bit = byte >> (7 - self.at) & 1;
        self.at += 1;
        if self.at == 8 {
            self.at = 0;
            self.noughts = if *byte == 0 { self.noughts + 1 } else { 0 };
            self.bytes = rest;
        }
        Some(u32::from(bit))
    }

    fn read(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0_u32, |value, _| Some(value << 1 | self.bit()?))
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(|_| ()))
    }

    /// A number in the code of Golomb.
    fn number(&mut self) -> Option<u32> {
        let mut noughts = 0;
        while self.bit()? == 0 {
            noughts += 1;
            if noughts > 31 {
                return None;
            }
        }
        let rest = self.read(noughts)?;
        (1_u32 << noughts).checked_add(rest)?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A test card of 100 by 54 points, encoded by x265.
    const STILL: &[u8] = include_bytes!("../fixtures/picture/still-100x54.hevc");
    const SIZE: PixelSize = PixelSize {
        width: 100,
        height: 54,
    };

    fn file(streams: &[&[u8]]) -> Vec<u8> {
        let mut out = b"wxgf\x10\x01\x02\0\0\0\0\0\0\0\0\0".to_vec();
        for stream in streams {
            out.extend_from_slice(&u32::try_from(stream.len()).unwrap().to_be_bytes());
            out.extend_from_slice(stream);
        }
        out
    }

    #[test]
    fn a_still_picture_is_its_stream() {
        let bytes = file(&[STILL]);
        let parsed = parse(&bytes).unwrap();
        assert_eq!(parsed.kind, Kind::Still(STILL));
        assert_eq!(parsed.pixels, Some(SIZE));
        assert!(!parsed.is_truncated);
        assert_eq!(crate::pixel_size(&bytes), Some(SIZE));
    }

    #[test]
    fn a_start_code_of_three_bytes_is_one_too() {
        let stream = &STILL[1..];
        let bytes = file(&[stream]);
        assert_eq!(parse(&bytes).unwrap().kind, Kind::Still(stream));
        // A length that ends in a nought looks like a start code of four bytes.
        let mut padded = stream.to_vec();
        padded.resize(1024, 0x55);
        let bytes = file(&[&padded]);
        assert_eq!(parse(&bytes).unwrap().kind, Kind::Still(&padded));
    }

    #[test]
    fn masks_and_frames_take_turns() {
        let streams: Vec<Vec<u8>> = (0..6_u8)
            .map(|number| [STILL, &[number; 40]].concat())
            .collect();
        let streams: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
        let bytes = file(&streams);
        let parsed = parse(&bytes).unwrap();
        let Kind::Animation { frames, masks } = parsed.kind else {
            panic!("not an animation");
        };
        assert_eq!(frames, [streams[1], streams[3], streams[5]]);
        assert_eq!(masks, [streams[0], streams[2], streams[4]]);
    }

    #[test]
    fn a_cut_file_gives_what_is_there() {
        let bytes = file(&[STILL]);
        let parsed = parse(&bytes[..bytes.len() - 100]).unwrap();
        assert!(parsed.is_truncated);
        assert_eq!(parsed.pixels, Some(SIZE));
        assert_eq!(parsed.kind, Kind::Still(&STILL[..STILL.len() - 100]));
    }

    #[test]
    fn other_bytes_are_nothing() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"wxgf"), None);
        assert_eq!(parse(b"wxgf\x10 and no stream at all in here"), None);
        assert_eq!(parse(STILL), None);
    }

    proptest! {
        #[test]
        fn damaged_files_are_survived(
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..40),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = file(&[STILL, STILL, STILL]);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate(cut.index(bytes.len()) + 1);
            let _ = parse(&bytes);
        }

        #[test]
        fn noughts_and_ones_are_survived(bytes in proptest::collection::vec(0_u8..4, 0..400)) {
            let _ = parse(&[b"wxgf\x05".as_slice(), &bytes].concat());
        }
    }
}
