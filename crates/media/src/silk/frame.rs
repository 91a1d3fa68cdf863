//! What the bytes of a packet say about each frame in it.

use super::excitation::{self, FrameKind};
use super::fixed::{mul_low, power_of_two};
use super::range::{Damaged, RangeDecoder};
use super::spectrum::{Book, Frequencies};
use super::tables::{
    long_term, pitch, spectrum_10_unvoiced, spectrum_10_voiced, spectrum_16_unvoiced,
    spectrum_16_voiced, symbols,
};

/// Frames in the longest packet.
pub(super) const MAX_FRAMES: usize = 5;

/// Quarters of a frame; gains, lags and long-term filters hold for one of them.
pub(super) const QUARTERS: usize = 4;

/// Rate at which a packet was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate(usize);

impl Rate {
    /// The rate at which the decoder starts.
    pub(super) const START: Self = Self(3);

    /// In kHz: 8, 12, 16 or 24.
    pub(super) fn khz(self) -> usize {
        symbols::RATES_KHZ[self.0]
    }

    /// Samples in a frame of 20 ms.
    pub(super) fn frame_samples(self) -> usize {
        20 * self.khz()
    }

    /// Order of the short-term filter.
    pub(super) fn order(self) -> usize {
        if self.0 == 0 { 10 } else { 16 }
    }

    /// Denominator of the high-pass filter.
    pub(super) fn high_pass(self) -> [i32; 2] {
        symbols::HIGH_PASS_A_Q13[self.0]
    }

    fn book(self, signal: usize) -> &'static Book {
        match (self.0, signal) {
            (0, 0) => &spectrum_10_voiced::BOOK,
            (0, _) => &spectrum_10_unvoiced::BOOK,
            (_, 0) => &spectrum_16_voiced::BOOK,
            (_, _) => &spectrum_16_unvoiced::BOOK,
        }
    }
}

/// What repeats in a voiced frame.
pub(super) struct Voiced {
    /// Samples back to the last period, for each quarter.
    pub(super) lags: [usize; QUARTERS],
    /// The filter over five samples around there, for each quarter.
    pub(super) filters_q14: [[i16; 5]; QUARTERS],
    /// How much of the past the first quarter takes over.
    pub(super) scale_q14: i32,
}

/// One frame of 20 ms as written.
pub(super) struct Frame {
    pub(super) gains_q16: [i32; QUARTERS],
    pub(super) spectrum: Frequencies,
    /// Weight of this spectrum in the first half, in quarters; 4 when the former spectrum has no say.
    pub(super) interpolation: i32,
    pub(super) voiced: Option<Voiced>,
    /// Distance of the levels from nought.
    pub(super) offset_q10: i32,
    pub(super) seed: i32,
    /// Pulses, one for each sample.
    pub(super) pulses: Vec<i32>,
    /// Another frame follows in the packet.
    pub(super) has_more: bool,
}

/// What one frame leaves for the next one.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    kind: usize,
    gain: i32,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { kind: 0, gain: 1 }
    }
}

/// Reads the rate, which stands once at the start of a packet.
pub(super) fn read_rate(decoder: &mut RangeDecoder<'_>) -> Result<Rate, Damaged> {
    decoder.symbol(&symbols::RATE).map(Rate)
}

/// Reads the next frame of a packet.
pub(super) fn read(
    decoder: &mut RangeDecoder<'_>,
    rate: Rate,
    is_first: bool,
    memory: &mut Memory,
) -> Result<Frame, Damaged> {
    let kind = decoder.symbol(if is_first {
        &symbols::KIND
    } else {
        &symbols::KIND_AFTER[memory.kind]
    })?;
    memory.kind = kind;
    let kind = FrameKind {
        signal: kind >> 1,
        quantiser: kind & 1,
    };
    let gains_q16 = read_gains(decoder, kind.signal, is_first, &mut memory.gain)?;
    let spectrum = rate.book(kind.signal).read(decoder)?;
    let interpolation = decoder.number(&symbols::INTERPOLATION)?;
    let voiced = (kind.signal == 0)
        .then(|| read_voiced(decoder, rate))
        .transpose()?;
    let seed = decoder.number(&symbols::SEED)?;
    let mut pulses = vec![0; rate.frame_samples()];
    excitation::read(decoder, kind, &mut pulses)?;
    decoder.symbol(&symbols::VOICE_ACTIVITY)?;
    let follows = decoder.symbol(&symbols::WHAT_FOLLOWS)?;
    let left = decoder.bytes_left()?;
    if left == 0 && !decoder.ends_well() {
        return Err(Damaged);
    }
    Ok(Frame {
        gains_q16,
        spectrum,
        interpolation,
        voiced,
        offset_q10: symbols::OFFSETS_Q10[kind.signal][kind.quantiser],
        seed,
        pulses,
        // Other values than 1 end the packet, or announce a second copy of an earlier one, which is of no use here.
        has_more: left > 0 && follows == 1,
    })
}

fn read_gains(
    decoder: &mut RangeDecoder<'_>,
    signal: usize,
    is_first: bool,
    last: &mut i32,
) -> Result<[i32; QUARTERS], Damaged> {
    /// Distance of two gain levels on a scale of 128 for a factor of two.
    const STEP_Q16: i32 = 1_774_673;
    let mut gains = [0; QUARTERS];
    for (quarter, gain) in gains.iter_mut().enumerate() {
        if quarter == 0 && is_first {
            *last = decoder.number(&symbols::GAIN[signal])?;
        } else {
            *last += decoder.number(&symbols::GAIN_STEP)? - 4;
        }
        *gain = power_of_two((mul_low(STEP_Q16, *last) + 2176).min(3967));
    }
    Ok(gains)
}

fn read_voiced(decoder: &mut RangeDecoder<'_>, rate: Rate) -> Result<Voiced, Damaged> {
    let lags: &[u16] = match rate.khz() {
        8 => &pitch::LAG_8,
        12 => &pitch::LAG_12,
        16 => &pitch::LAG_16,
        _ => &pitch::LAG_24,
    };
    let lag = 2 * rate.khz() + decoder.symbol(lags)?;
    let courses = if rate.khz() == 8 {
        let course = decoder.symbol(&pitch::CONTOUR_8)?;
        pitch::CONTOURS_8.map(|quarter| quarter[course])
    } else {
        let course = decoder.symbol(&pitch::CONTOUR)?;
        pitch::CONTOURS.map(|quarter| quarter[course])
    };
    // The filters reach back by their order and two samples more; a lag beyond that is none that an encoder writes.
    let longest = rate.frame_samples() - rate.order() - 2;
    let mut lags = [0; QUARTERS];
    for (slot, course) in lags.iter_mut().zip(courses) {
        *slot = lag
            .checked_add_signed(course)
            .filter(|lag| (3..=longest).contains(lag))
            .ok_or(Damaged)?;
    }

    let (probabilities, filters): (&[u16], &[[i16; 5]]) =
        match decoder.symbol(&long_term::PERIODICITY)? {
            0 => (&long_term::FILTER_0, &long_term::FILTERS_0_Q14),
            1 => (&long_term::FILTER_1, &long_term::FILTERS_1_Q14),
            _ => (&long_term::FILTER_2, &long_term::FILTERS_2_Q14),
        };
    let mut filters_q14 = [[0; 5]; QUARTERS];
    for filter in &mut filters_q14 {
        *filter = filters[decoder.symbol(probabilities)?];
    }
    let scale = decoder.symbol(&symbols::LONG_TERM_SCALE)?;
    Ok(Voiced {
        lags,
        filters_q14,
        scale_q14: symbols::LONG_TERM_SCALES_Q14[scale],
    })
}
