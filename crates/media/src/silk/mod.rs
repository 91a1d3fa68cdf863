//! SILK v3, in which WeChat and QQ keep voice messages.
//!
//! A file is `#!SILK_V3` and then packets, each behind its length (16 bits, little-endian). Tencent's programs write one
//! byte 02 before all that and leave out the length FF FF that ends other files; both are read. The decoder follows the
//! specification (draft-vos-silk-01 and its fixed-point reference) to the last bit where a file is sound; a packet that is
//! not is heard as a fading repetition of what was before, and so is an empty one, which stands for a pause. Where the
//! numbers come from is told in `NOTICE.md`.

#[expect(
    clippy::indexing_slicing,
    reason = "a symbol is below the length of its table, and the count of pulses is the longest row's at most"
)]
mod excitation;
#[expect(
    clippy::cast_possible_truncation,
    reason = "the specification's arithmetic keeps the low half of products"
)]
mod fixed;
#[expect(
    clippy::indexing_slicing,
    reason = "a symbol is below the length of its table"
)]
mod frame;
mod range;
#[expect(
    clippy::indexing_slicing,
    reason = "places are below the length of the piece, which is followed by its look-back"
)]
mod resample;
#[expect(
    clippy::indexing_slicing,
    reason = "the order is 10 or 16 and all arrays have room for it; the file only chooses vectors"
)]
mod spectrum;
#[expect(
    clippy::indexing_slicing,
    reason = "lags are checked when they are read; all else has lengths of the rate"
)]
mod synthesis;
mod tables;

use crate::sound::{MAX_SECONDS, Sound, SoundError};

/// Samples in a second of decoded sound.
pub const SAMPLE_RATE: u32 = 24_000;
/// Nearly always a packet holds one frame of this length.
const FRAME_MS: u64 = 20;
const MAX_SAMPLES: usize = MAX_SECONDS as usize * SAMPLE_RATE as usize;

/// The packets of a file.
///
/// They end at the length FF FF, at the end of the bytes, or where a packet is cut off; [`Packets::is_truncated`] tells.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
    is_truncated: bool,
}

impl<'a> Packets<'a> {
    /// `None` when the bytes do not begin as a SILK file does.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.strip_prefix(b"\x02").unwrap_or(bytes);
        let rest = bytes.strip_prefix(b"#!SILK_V3")?;
        Some(Self {
            rest,
            is_truncated: false,
        })
    }

    /// Whether the packets that were handed out end before the file says.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let rest = std::mem::take(&mut self.rest);
        let Some((length, rest)) = rest.split_first_chunk() else {
            self.is_truncated |= !rest.is_empty();
            return None;
        };
        // Lengths are signed; FF FF, or any other negative one, ends the file.
        let length = usize::try_from(i16::from_le_bytes(*length)).ok()?;
        let Some((packet, rest)) = rest.split_at_checked(length) else {
            self.is_truncated = true;
            return None;
        };
        self.rest = rest;
        Some(packet)
    }
}

/// Length of a voice message in milliseconds, counted from its packets without decoding them.
///
/// A packet counts as 20 ms, which is how the messengers write them; `None` when the bytes are not SILK.
#[must_use]
pub fn duration_ms(bytes: &[u8]) -> Option<u64> {
    Some(Packets::of(bytes)?.count() as u64 * FRAME_MS)
}

/// Decodes a voice message.
///
/// # Errors
/// When the bytes are not SILK, hold no packet or no packet that can be decoded, or more than half an hour of sound.
pub fn decode(bytes: &[u8]) -> Result<Sound, SoundError> {
    let mut packets = Packets::of(bytes).ok_or(SoundError::Unrecognised)?;
    let mut decoder = Decoder::new();
    let (mut whole, mut damaged) = (0_u32, 0_u32);
    for packet in &mut packets {
        match decoder.packet(packet) {
            Ok(()) => whole += 1,
            // Encoders write nothing for a pause.
            Err(range::Damaged) if packet.is_empty() => {}
            Err(range::Damaged) => damaged += 1,
        }
        if decoder.samples.len() > MAX_SAMPLES {
            return Err(SoundError::TooLong);
        }
    }
    if whole == 0 {
        return Err(SoundError::NoSound);
    }
    Ok(Sound {
        sample_rate: SAMPLE_RATE,
        samples: decoder.samples,
        damaged_frames: damaged,
        is_truncated: packets.is_truncated,
    })
}

struct Decoder {
    memory: frame::Memory,
    synthesis: synthesis::Synthesis,
    resampler: resample::Resampler,
    samples: Vec<i16>,
}

impl Decoder {
    fn new() -> Self {
        Self {
            memory: frame::Memory::new(),
            synthesis: synthesis::Synthesis::new(),
            resampler: resample::Resampler::new(frame::Rate::START),
            samples: Vec::new(),
        }
    }

    /// Appends the sound of a packet; where it is damaged or empty, one frame that stands for it.
    fn packet(&mut self, packet: &[u8]) -> Result<(), range::Damaged> {
        let result = self.frames(packet);
        if result.is_err() {
            let sound = self.synthesis.lost();
            self.resampler
                .push(self.synthesis.rate, &sound, &mut self.samples);
        }
        result
    }

    fn frames(&mut self, packet: &[u8]) -> Result<(), range::Damaged> {
        let mut decoder = range::RangeDecoder::new(packet)?;
        let rate = frame::read_rate(&mut decoder)?;
        for index in 0..frame::MAX_FRAMES {
            let frame = frame::read(&mut decoder, rate, index == 0, &mut self.memory)?;
            self.synthesis.set_rate(rate);
            let sound = self.synthesis.frame(&frame);
            self.resampler.push(rate, &sound, &mut self.samples);
            if !frame.has_more {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
