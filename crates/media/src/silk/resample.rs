//! From the decoder's rate to 24 kHz.

use super::fixed::{mul_low, sample, shift_round};
use super::frame::Rate;
use super::tables::between::BETWEEN_Q15;

/// Samples of the doubled signal that the interpolation looks back on.
const LOOK_BACK: usize = 6;

/// Brings the sound of one rate to 24 kHz.
pub(super) struct Resampler {
    rate: Rate,
    states: [i32; 6],
    last: [i16; LOOK_BACK],
}

impl Resampler {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            states: [0; 6],
            last: [0; LOOK_BACK],
        }
    }

    /// Appends a frame; a change of rate starts afresh.
    pub(super) fn push(&mut self, rate: Rate, frame: &[i16], out: &mut Vec<i16>) {
        if self.rate != rate {
            *self = Self::new(rate);
        }
        match rate.khz() {
            24 => out.extend_from_slice(frame),
            12 => self.double(frame, out),
            khz => {
                // As the specification does it, in pieces of 10 ms: each starts at a whole sample.
                for piece in frame.chunks(10 * khz) {
                    self.interpolate(piece, out);
                }
            }
        }
    }

    /// From 8 or 16 kHz: doubles the rate, then takes values between the samples.
    fn interpolate(&mut self, piece: &[i16], out: &mut Vec<i16>) {
        let mut doubled = self.last.to_vec();
        self.double(piece, &mut doubled);
        // Doubled samples for each of 24 kHz, rounded up.
        let step_q16 = (self.rate.khz() << 17).div_ceil(24);
        let end = piece.len() << 17;
        for place_q16 in (0..end).step_by(step_q16) {
            let place = ((place_q16 & 0xffff) * BETWEEN_Q15.len()) >> 16;
            let (rising, falling) = (
                BETWEEN_Q15[place],
                BETWEEN_Q15[BETWEEN_Q15.len() - 1 - place],
            );
            let samples = &doubled[place_q16 >> 16..][..LOOK_BACK];
            let sum = samples
                .iter()
                .zip(rising.iter().chain(falling.iter().rev()))
                .fold(0_i32, |sum, (value, weight)| {
                    sum.wrapping_add(i32::from(*value) * i32::from(*weight))
                });
            out.push(sample(shift_round(sum, 15)));
        }
        self.last
            .copy_from_slice(&doubled[doubled.len() - LOOK_BACK..]);
    }

    /// Twice the rate, by two all-pass filters and a notch.
    fn double(&mut self, frame: &[i16], out: &mut Vec<i16>) {
        const EVEN: [i32; 2] = [4280, 33727 - 65536];
        const ODD: [i32; 2] = [16295, 54015 - 65536];
        let [e0, e1, o0, o1, n0, n1] = &mut self.states;
        for value in frame {
            let value = i32::from(*value) << 10;
            let even = notch(all_pass(value, EVEN, e0, e1), n1, n0);
            let odd = notch(all_pass(value, ODD, o0, o1), n0, n1);
            out.extend([even, odd]);
        }
    }
}

fn all_pass(value: i32, [first, second]: [i32; 2], s0: &mut i32, s1: &mut i32) -> i32 {
    let step = mul_low(value.wrapping_sub(*s0), first);
    let middle = s0.wrapping_add(step);
    *s0 = value.wrapping_add(step);
    let difference = middle.wrapping_sub(*s1);
    let step = difference.wrapping_add(mul_low(difference, second));
    let end = s1.wrapping_add(step);
    *s1 = middle.wrapping_add(step);
    end
}

fn notch(value: i32, own: &mut i32, other: &i32) -> i16 {
    let value = value
        .wrapping_add(mul_low(*own, 13107))
        .wrapping_add(mul_low(*other, -3604));
    let out = value.wrapping_add(mul_low(*other, 7864));
    *own = value.wrapping_sub(*own);
    sample(mul_low(out, 28508).wrapping_add(256) >> 9)
}
