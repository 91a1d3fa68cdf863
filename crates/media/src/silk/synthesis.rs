//! From what is written about a frame to its sound.

use super::fixed::{divide, invert, mul_low, mul_q16, sample, shift_round};
use super::frame::{Frame, QUARTERS, Rate, Voiced};
use super::spectrum::{self, Filter, Frequencies, MAX_ORDER};
use super::tables::symbols::HIGH_PASS_B_Q13;

/// Samples in the longest frame.
const MAX_FRAME: usize = 480;
/// Samples in the longest quarter.
const MAX_QUARTER: usize = MAX_FRAME / QUARTERS;

/// What the sound so far leaves for the next frame.
pub(super) struct Synthesis {
    pub(super) rate: Rate,
    /// The last frame, and behind it the present one, before the high-pass filter.
    heard: [i16; 2 * MAX_FRAME],
    /// The last outputs of the short-term filter.
    short_q14: [i32; MAX_ORDER],
    spectrum: Frequencies,
    /// No frame was decoded since the rate changed, so there is no former spectrum.
    is_fresh: bool,
    /// The residual of the last frame and of the present one, scaled by the present gain. A lag that grows within a frame
    /// reaches values that an earlier frame left, as the specification has it.
    long_q16: [i32; 2 * MAX_FRAME],
    inverse_gain_q16: i32,
    high_pass: [i32; 2],
}

impl Synthesis {
    pub(super) fn new() -> Self {
        Self {
            rate: Rate::START,
            heard: [0; 2 * MAX_FRAME],
            short_q14: [0; MAX_ORDER],
            spectrum: [0; MAX_ORDER],
            is_fresh: true,
            long_q16: [0; 2 * MAX_FRAME],
            inverse_gain_q16: 65536,
            high_pass: [0; 2],
        }
    }

    /// Goes over to another rate; the sound so far has no say any more.
    pub(super) fn set_rate(&mut self, rate: Rate) {
        if self.rate != rate {
            *self = Self {
                rate,
                long_q16: self.long_q16,
                inverse_gain_q16: self.inverse_gain_q16,
                high_pass: self.high_pass,
                ..Self::new()
            };
        }
    }

    /// The sound of a frame, at the decoder's rate.
    pub(super) fn frame(&mut self, frame: &Frame) -> Vec<i16> {
        let order = self.rate.order();
        let interpolation = if self.is_fresh {
            4
        } else {
            frame.interpolation
        };
        let second = spectrum::filter(&frame.spectrum, order);
        let first = if interpolation < 4 {
            let mut between = self.spectrum;
            for (old, new) in between.iter_mut().zip(&frame.spectrum) {
                *old += (interpolation * (new - *old)) >> 2;
            }
            spectrum::filter(&between, order)
        } else {
            second
        };
        self.spectrum = frame.spectrum;
        self.is_fresh = false;

        self.excite(frame, [&first, &second], interpolation < 4);
        self.finish()
    }

    /// A frame in the place of one that cannot be decoded: the last one, at half its level.
    pub(super) fn lost(&mut self) -> Vec<i16> {
        let samples = self.rate.frame_samples();
        for index in 0..samples {
            self.heard[samples + index] = self.heard[index] / 2;
        }
        self.short_q14 = [0; MAX_ORDER];
        self.finish()
    }

    /// Undoes quantisation and prediction; the sound comes to stand in the second half of `heard`.
    fn excite(&mut self, frame: &Frame, filters: [&Filter; 2], is_interpolated: bool) {
        let samples = self.rate.frame_samples();
        let quarter_samples = samples / QUARTERS;
        let order = self.rate.order();
        let excitation = dithered(frame);
        for quarter in 0..QUARTERS {
            let filter = filters[quarter / 2];
            let start = samples + quarter * quarter_samples;
            let gain = frame.gains_q16[quarter];
            let inverse_gain = invert(gain.max(1), 32).clamp(1, i32::from(i16::MAX));
            let mut change = 1 << 16;
            if inverse_gain != self.inverse_gain_q16 {
                change = divide(inverse_gain, self.inverse_gain_q16, 16);
            }

            let mut residual = [0_i32; MAX_QUARTER];
            let residual = &mut residual[..quarter_samples];
            residual.copy_from_slice(&excitation[quarter * quarter_samples..][..quarter_samples]);
            if let Some(voiced) = &frame.voiced {
                let reach = voiced.lags[quarter] + 2;
                // The filter is new in each half, or in the whole frame.
                let is_new = quarter == 0 || quarter == 2 && is_interpolated;
                let past = start - reach..start;
                if is_new {
                    let mut scale = inverse_gain << 16;
                    if quarter == 0 {
                        scale = mul_low(scale, voiced.scale_q14).wrapping_shl(2);
                    }
                    let heard = &self.heard[past.start - order..start];
                    let plain = residual_of(heard, &filter[..order]);
                    for (slot, value) in self.long_q16[past].iter_mut().zip(plain) {
                        *slot = mul_low(scale, value);
                    }
                } else if change != 1 << 16 {
                    for value in &mut self.long_q16[past] {
                        *value = mul_q16(change, *value);
                    }
                }
                repeat(voiced, quarter, start, &mut self.long_q16, residual);
            }
            for state in &mut self.short_q14 {
                *state = mul_q16(change, *state);
            }
            self.inverse_gain_q16 = inverse_gain;
            self.predict(filter, order, residual);
            for (slot, value) in self.heard[start..].iter_mut().zip(&*residual) {
                *slot = sample(shift_round(mul_q16(*value, gain), 10));
            }
        }
    }

    /// The short-term filter; the residual becomes sound, still without its gain.
    fn predict(&mut self, filter: &Filter, order: usize, residual: &mut [i32]) {
        let mut states = [0_i32; MAX_ORDER + MAX_QUARTER];
        states[..MAX_ORDER].copy_from_slice(&self.short_q14);
        for (index, value) in residual.iter_mut().enumerate() {
            let past = &states[index..index + MAX_ORDER];
            let foretold =
                past.iter()
                    .rev()
                    .zip(&filter[..order])
                    .fold(0_i32, |sum, (state, coefficient)| {
                        sum.wrapping_add(mul_low(*state, i32::from(*coefficient)))
                    });
            *value = value.wrapping_add(foretold);
            states[MAX_ORDER + index] = value.wrapping_shl(4);
        }
        self.short_q14
            .copy_from_slice(&states[residual.len()..residual.len() + MAX_ORDER]);
    }

    /// Keeps the frame for the next one, and takes the lowest frequencies out.
    fn finish(&mut self) -> Vec<i16> {
        let samples = self.rate.frame_samples();
        self.heard.copy_within(samples..2 * samples, 0);
        let [b0, b1, b2] = HIGH_PASS_B_Q13;
        let [a0, a1] = self.rate.high_pass();
        let [mut s0, mut s1] = self.high_pass;
        let filtered = self.heard[..samples].iter().map(|value| {
            let value = i32::from(*value);
            let out = s0.wrapping_add(value * b0);
            s0 = s1
                .wrapping_add(value * b1)
                .wrapping_add(mul_low(out, -a0).wrapping_shl(3));
            s1 = mul_low(out, -a1).wrapping_shl(3).wrapping_add(value * b2);
            sample(shift_round(out, 13).wrapping_add(1))
        });
        let filtered = filtered.collect();
        self.high_pass = [s0, s1];
        filtered
    }
}

/// What the short-term filter does not foretell of a sound; the first samples are only its past.
fn residual_of(heard: &[i16], filter: &[i16]) -> impl Iterator<Item = i32> {
    heard.windows(filter.len() + 1).filter_map(move |samples| {
        let (newest, past) = samples.split_last()?;
        let foretold = past
            .iter()
            .rev()
            .zip(filter)
            .fold(0_i32, |sum, (value, coefficient)| {
                sum.wrapping_add(i32::from(*value) * i32::from(*coefficient))
            });
        let rest = (i32::from(*newest) << 12).wrapping_sub(foretold);
        Some(i32::from(sample(shift_round(rest, 12))))
    })
}

/// The pulses as levels, whose signs a random sequence turns over.
fn dithered(frame: &Frame) -> Vec<i32> {
    let mut random = frame.seed;
    let level = |pulse: &i32| {
        random = random.wrapping_mul(196_314_165).wrapping_add(907_633_515);
        let level = pulse.wrapping_shl(10).wrapping_add(frame.offset_q10);
        let turn = random >> 31;
        random = random.wrapping_add(*pulse);
        (level ^ turn).wrapping_sub(turn)
    };
    frame.pulses.iter().map(level).collect()
}

/// The long-term filter: adds what repeats from a lag ago.
fn repeat(
    voiced: &Voiced,
    quarter: usize,
    start: usize,
    long_q16: &mut [i32],
    residual: &mut [i32],
) {
    let lag = voiced.lags[quarter];
    for (index, value) in residual.iter_mut().enumerate() {
        let at = start + index;
        let newest = at - lag + 2;
        let foretold = voiced.filters_q14[quarter].iter().enumerate().fold(
            0_i32,
            |sum, (back, coefficient)| {
                sum.wrapping_add(mul_low(long_q16[newest - back], i32::from(*coefficient)))
            },
        );
        *value = value.wrapping_add(shift_round(foretold, 4));
        long_q16[at] = value.wrapping_shl(6);
    }
}
