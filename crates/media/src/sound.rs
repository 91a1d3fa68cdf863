//! Decoded sound, and the WAV file that every browser plays.

/// Longer sound is refused: no messenger sends such voices, and all of it is held in memory.
pub const MAX_SECONDS: u32 = 30 * 60;

/// Decoded sound of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Samples in a second.
    pub sample_rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
    /// Pieces that could not be decoded and were filled in.
    pub damaged_frames: u32,
    /// The file ends in the middle of a piece; what was there is decoded.
    pub is_truncated: bool,
}

/// Why a voice could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// Not a file of this kind.
    #[error("not a voice message of a known kind")]
    Unrecognised,
    /// Nothing that could be decoded.
    #[error("the voice message holds no sound that can be decoded")]
    NoSound,
    /// Longer than [`MAX_SECONDS`].
    #[error("the voice message is longer than {MAX_SECONDS} seconds")]
    TooLong,
}

impl Sound {
    /// Length in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        self.samples.len() as u64 * 1000 / u64::from(self.sample_rate.max(1))
    }

    /// The sound as a WAV file: 16 bits, one channel.
    #[must_use]
    pub fn to_wav(&self) -> Vec<u8> {
        let samples_bytes = u32::try_from(self.samples.len() * 2)
            .expect("half an hour of sound is far below 4 GiB");
        let mut out = Vec::with_capacity(44 + self.samples.len() * 2);
        out.extend_from_slice(b"RIFF");
        out.extend_from_slice(&(36 + samples_bytes).to_le_bytes());
        out.extend_from_slice(b"WAVEfmt ");
        out.extend_from_slice(&16_u32.to_le_bytes());
        // Plain samples, one channel.
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&self.sample_rate.to_le_bytes());
        out.extend_from_slice(&self.sample_rate.saturating_mul(2).to_le_bytes());
        out.extend_from_slice(&2_u16.to_le_bytes());
        out.extend_from_slice(&16_u16.to_le_bytes());
        out.extend_from_slice(b"data");
        out.extend_from_slice(&samples_bytes.to_le_bytes());
        out.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_file_says_what_it_holds() {
        let sound = Sound {
            sample_rate: 24_000,
            samples: vec![1, -2, 300],
            damaged_frames: 0,
            is_truncated: false,
        };
        let wav = sound.to_wav();
        assert_eq!(crate::sniff(&wav), Some(crate::MediaType::Wav));
        assert_eq!(wav.len(), 50);
        assert_eq!(&wav[4..8], &42_u32.to_le_bytes());
        assert_eq!(&wav[24..28], &24_000_u32.to_le_bytes());
        assert_eq!(&wav[40..], b"\x06\0\0\0\x01\0\xfe\xff\x2c\x01");
    }

    #[test]
    fn the_length_is_counted_in_samples() {
        let sound = Sound {
            sample_rate: 8000,
            samples: vec![0; 1200],
            damaged_frames: 0,
            is_truncated: false,
        };
        assert_eq!(sound.duration_ms(), 150);
    }
}
