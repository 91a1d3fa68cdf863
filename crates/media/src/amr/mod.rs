//! AMR, in which older programs keep voice messages: narrow (8 kHz) and wide (16 kHz).
//!
//! A file is `#!AMR\n` or `#!AMR-WB\n` and then frames of 20 ms, each behind a byte that tells its kind and with that its
//! length. Voices of old iOS programs (`.aud`) are the frames alone, narrow ones; nothing but their chain betrays them, so
//! they are only looked for where a voice is expected.

use codec_core::codecs::amr::AmrCodec;
use codec_core::types::{
    CodecConfig, CodecType, CodedFrame, FrameKind, SampleRate, VariableRateCodec,
};

use crate::sound::{MAX_SECONDS, Sound, SoundError};

/// Length of a frame.
const FRAME_MS: u64 = 20;
/// Frames of [`MAX_SECONDS`].
const MAX_FRAMES: usize = MAX_SECONDS as usize * 50;
/// The kind of frames that say nothing.
const NO_DATA: u8 = 15;
/// A chain without a header must have so many frames to be taken for a voice.
const MIN_BARE_FRAMES: usize = 10;

/// Which of the two codecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Band {
    Narrow,
    Wide,
}

impl Band {
    /// Bytes of a frame behind its first, by its kind; `None` for kinds that are not in use.
    fn frame_bytes(self, kind: u8) -> Option<usize> {
        const NARROW: [usize; 9] = [12, 13, 15, 17, 19, 20, 26, 31, 5];
        const WIDE: [usize; 10] = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5];
        let sizes: &[usize] = match self {
            Self::Narrow => &NARROW,
            Self::Wide => &WIDE,
        };
        match kind {
            NO_DATA => Some(0),
            14 if self == Self::Wide => Some(0),
            kind => sizes.get(usize::from(kind)).copied(),
        }
    }

    fn sample_rate(self) -> u32 {
        match self {
            Self::Narrow => 8000,
            Self::Wide => 16_000,
        }
    }

    fn frame_kind(self, kind: u8) -> FrameKind {
        match (self, kind) {
            (_, NO_DATA) => FrameKind::NoData,
            (Self::Wide, 14) => FrameKind::Lost,
            (Self::Narrow, 8) | (Self::Wide, 9) => FrameKind::ComfortNoise,
            _ => FrameKind::Speech,
        }
    }
}

struct Frame<'a> {
    kind: u8,
    is_good: bool,
    data: &'a [u8],
}

/// The frames of a file, up to its end or to what is no frame.
struct Frames<'a> {
    band: Band,
    rest: &'a [u8],
    is_truncated: bool,
}

impl<'a> Frames<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let of = |band, rest| Self {
            band,
            rest,
            is_truncated: false,
        };
        let narrow = bytes.strip_prefix(b"#!AMR\n");
        let wide = || bytes.strip_prefix(b"#!AMR-WB\n");
        narrow
            .map(|rest| of(Band::Narrow, rest))
            .or_else(|| wide().map(|rest| of(Band::Wide, rest)))
    }

    /// A chain of narrow frames without a header; all of it must fit, except that the last may be cut off.
    fn bare(bytes: &'a [u8]) -> Option<Self> {
        let new = || Self {
            band: Band::Narrow,
            rest: bytes,
            is_truncated: false,
        };
        let mut frames = new();
        let (mut count, mut speech) = (0_usize, 0_usize);
        let mut kinds = 0_u16;
        let mut is_good = true;
        for frame in &mut frames {
            count += 1;
            is_good &= frame.is_good;
            if frame.kind < 8 {
                speech += 1;
                kinds |= 1 << frame.kind;
            }
        }
        // The chain ended at the end of the bytes; all of it is sound, as recorded frames are, most of it is speech, and
        // of at most two rates.
        let is_chain = frames.rest.is_empty()
            && is_good
            && count >= MIN_BARE_FRAMES
            && speech * 2 > count
            && kinds.count_ones() <= 2;
        is_chain.then(new)
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (header, rest) = self.rest.split_first()?;
        let kind = header >> 3 & 15;
        // The other bits are padding, and nought.
        let size = self.band.frame_bytes(kind).filter(|_| header & 0x83 == 0);
        let Some(size) = size else {
            self.is_truncated = true;
            return None;
        };
        let Some((data, rest)) = rest.split_at_checked(size) else {
            self.is_truncated = true;
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some(Frame {
            kind,
            is_good: header & 4 != 0,
            data,
        })
    }
}

/// Length of a voice message in milliseconds, counted from its frames without decoding them.
///
/// `None` when the bytes do not begin as an AMR file does.
#[must_use]
pub fn duration_ms(bytes: &[u8]) -> Option<u64> {
    Some(Frames::of(bytes)?.count() as u64 * FRAME_MS)
}

/// Whether the bytes are narrow AMR frames without the header of a file, as old iOS programs keep voices.
#[must_use]
pub fn is_bare(bytes: &[u8]) -> bool {
    Frames::bare(bytes).is_some()
}

/// The same as [`duration_ms`] for frames without a header.
#[must_use]
pub fn bare_duration_ms(bytes: &[u8]) -> Option<u64> {
    Some(Frames::bare(bytes)?.count() as u64 * FRAME_MS)
}

/// Decodes a voice message with the header of a file.
///
/// # Errors
/// When the bytes are not AMR, hold no frame that can be decoded, or more than half an hour of sound.
pub fn decode(bytes: &[u8]) -> Result<Sound, SoundError> {
    decode_frames(Frames::of(bytes).ok_or(SoundError::Unrecognised)?)
}

/// Decodes narrow frames that have no header.
///
/// # Errors
/// As [`decode`]; also when the bytes are not a chain of frames from beginning to end.
pub fn decode_bare(bytes: &[u8]) -> Result<Sound, SoundError> {
    decode_frames(Frames::bare(bytes).ok_or(SoundError::Unrecognised)?)
}

fn decode_frames(mut frames: Frames<'_>) -> Result<Sound, SoundError> {
    let band = frames.band;
    let config = match band {
        Band::Narrow => CodecConfig::new(CodecType::AmrNb).with_sample_rate(SampleRate::Rate8000),
        Band::Wide => CodecConfig::new(CodecType::AmrWb).with_sample_rate(SampleRate::Rate16000),
    };
    let mut codec =
        AmrCodec::new(&config.with_channels(1)).expect("the configuration is a constant and valid");
    let frame_samples = band.sample_rate() as usize / 50;
    let mut sound = Sound {
        sample_rate: band.sample_rate(),
        samples: Vec::new(),
        damaged_frames: 0,
        is_truncated: false,
    };
    // A frame without speech is filled in at the rate of the speech before it.
    let mut last_speech = None;
    for (count, frame) in (&mut frames).enumerate() {
        if count >= MAX_FRAMES {
            return Err(SoundError::TooLong);
        }
        let kind = band.frame_kind(frame.kind);
        let mode = if kind == FrameKind::Speech {
            frame.kind
        } else {
            last_speech.unwrap_or(NO_DATA)
        };
        let coded = CodedFrame {
            kind,
            mode,
            quality_ok: frame.is_good,
            data: frame.data.to_vec(),
        };
        match codec.decode_frame(&coded) {
            Ok(samples) => {
                if kind == FrameKind::Speech {
                    last_speech = Some(mode);
                }
                sound.samples.extend_from_slice(&samples);
            }
            Err(_) => sound.damaged_frames += 1,
        }
        sound.samples.resize((count + 1) * frame_samples, 0);
    }
    sound.is_truncated = frames.is_truncated;
    if last_speech.is_some() {
        Ok(sound)
    } else {
        Err(SoundError::NoSound)
    }
}

#[cfg(test)]
mod tests;
