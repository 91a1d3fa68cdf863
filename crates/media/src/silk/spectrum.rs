//! The spectrum of a frame: line spectral frequencies, and the prediction filter that they stand for.

use super::fixed::{invert, mul_high, mul_q16, sample, shift_round, shift_round_long};
use super::range::{Damaged, RangeDecoder};
use super::tables::cosine::COSINES_Q12;

/// Coefficients of the longest filter.
pub(super) const MAX_ORDER: usize = 16;

/// Frequencies in rising order, one half turn being 2¹⁵; as many as the order of the filter.
pub(super) type Frequencies = [i32; MAX_ORDER];

/// Coefficients of the prediction filter; as many as its order.
pub(super) type Filter = [i16; MAX_ORDER];

/// A book of spectra: each is the sum of one vector from each stage.
pub(super) struct Book {
    pub(super) order: usize,
    pub(super) stages: &'static [usize],
    pub(super) probabilities: &'static [u16],
    pub(super) vectors_q15: &'static [i16],
    pub(super) distances_q15: &'static [i32],
}

impl Book {
    /// Reads a spectrum.
    pub(super) fn read(&self, decoder: &mut RangeDecoder<'_>) -> Result<Frequencies, Damaged> {
        let mut frequencies = [0; MAX_ORDER];
        let (mut probabilities, mut vectors) = (self.probabilities, self.vectors_q15);
        for &size in self.stages {
            let (these, others) = probabilities.split_at(size + 1);
            probabilities = others;
            let (stage, others) = vectors.split_at(size * self.order);
            vectors = others;
            let chosen = decoder.symbol(these)? * self.order;
            for (frequency, value) in frequencies
                .iter_mut()
                .zip(&stage[chosen..chosen + self.order])
            {
                *frequency += i32::from(*value);
            }
        }
        stabilise(&mut frequencies[..self.order], self.distances_q15);
        Ok(frequencies)
    }
}

/// Moves frequencies apart until all have their least distances.
fn stabilise(frequencies: &mut [i32], distances: &[i32]) {
    let order = frequencies.len();
    for _ in 0..20 {
        let (mut worst, mut at) = (frequencies[0] - distances[0], 0);
        for index in 1..=order {
            let upper = frequencies.get(index).copied().unwrap_or(1 << 15);
            let slack = upper - (frequencies[index - 1] + distances[index]);
            if slack < worst {
                (worst, at) = (slack, index);
            }
        }
        if worst >= 0 {
            return;
        }
        if at == 0 {
            frequencies[0] = distances[0];
        } else if at == order {
            frequencies[order - 1] = (1 << 15) - distances[order];
        } else {
            let half = distances[at] >> 1;
            let least = distances[..at].iter().sum::<i32>() + half;
            let most = (1 << 15) - distances[at + 1..].iter().sum::<i32>() - (distances[at] - half);
            let middle = shift_round(frequencies[at - 1] + frequencies[at], 1);
            // The limits cross where the distances leave no room.
            let middle = middle.clamp(least.min(most), least.max(most));
            frequencies[at - 1] = middle - half;
            frequencies[at] = frequencies[at - 1] + distances[at];
        }
    }
    frequencies.sort_unstable();
    frequencies[0] = frequencies[0].max(distances[0]);
    for index in 1..order {
        frequencies[index] = frequencies[index].max(frequencies[index - 1] + distances[index]);
    }
    frequencies[order - 1] = frequencies[order - 1].min((1 << 15) - distances[order]);
    for index in (0..order - 1).rev() {
        frequencies[index] = frequencies[index].min(frequencies[index + 1] - distances[index + 1]);
    }
}

/// The stable prediction filter of a spectrum.
pub(super) fn filter(frequencies: &Frequencies, order: usize) -> Filter {
    let mut filter = direct(&frequencies[..order]);
    for round in 0..20 {
        if is_stable(&filter[..order]) {
            return filter;
        }
        widen(&mut filter[..order], 65536 - (10 + round) * round);
    }
    [0; MAX_ORDER]
}

/// The filter as the formula gives it, only kept within 16 bits.
fn direct(frequencies: &[i32]) -> Filter {
    let order = frequencies.len();
    let half = order / 2;
    let mut cosines = [0; MAX_ORDER];
    for (cosine, &frequency) in cosines.iter_mut().zip(frequencies) {
        let frequency = frequency.clamp(0, 32767);
        let step = usize::try_from(frequency >> 8).unwrap_or_default();
        let (from, to) = (COSINES_Q12[step], COSINES_Q12[step + 1]);
        *cosine = (from << 8) + (to - from) * (frequency & 255);
    }
    let even = polynomial(&cosines, 0, half);
    let odd = polynomial(&cosines, 1, half);
    let mut wide = [0_i32; MAX_ORDER];
    for index in 0..half {
        let sum = even[index + 1].wrapping_add(even[index]);
        let difference = odd[index + 1].wrapping_sub(odd[index]);
        wide[index] = shift_round(sum.wrapping_add(difference), 9).wrapping_neg();
        wide[order - 1 - index] = shift_round(difference.wrapping_sub(sum), 9);
    }
    for _ in 0..10 {
        // The first of equals, therefore not `max_by_key`.
        let (mut largest, mut at) = (0, 1);
        for (index, value) in (1..).zip(&wide[..order]) {
            let value = value.saturating_abs();
            if value > largest {
                (largest, at) = (value, index);
            }
        }
        if largest <= i32::from(i16::MAX) {
            break;
        }
        let largest = largest.min(98369);
        let excess = (65470_i32 >> 2).wrapping_mul(largest - i32::from(i16::MAX));
        let factor = 65470 - excess / (largest.wrapping_mul(at) >> 2);
        let mut power = factor;
        for value in &mut wide[..order] {
            *value = mul_q16(*value, power);
            power = mul_q16(factor, power);
        }
    }
    wide.map(sample)
}

/// The polynomial whose roots on the unit circle are every second of these cosines.
fn polynomial(cosines: &[i32; MAX_ORDER], first: usize, half: usize) -> [i32; MAX_ORDER / 2 + 1] {
    let product = |a: i32, b: i32| shift_round_long(i64::from(a) * i64::from(b), 20);
    let mut out = [0_i32; MAX_ORDER / 2 + 1];
    out[0] = 1 << 20;
    out[1] = -cosines[first];
    for index in 1..half {
        let cosine = cosines[2 * index + first];
        out[index + 1] = out[index - 1]
            .wrapping_shl(1)
            .wrapping_sub(product(cosine, out[index]));
        for place in (2..=index).rev() {
            out[place] = out[place]
                .wrapping_add(out[place - 2])
                .wrapping_sub(product(cosine, out[place - 1]));
        }
        out[1] = out[1].wrapping_sub(cosine);
    }
    out
}

/// Damps a filter: coefficient *n* by the *n*-th power of the factor.
pub(super) fn widen(filter: &mut [i16], factor_q16: i32) {
    let mut power = factor_q16;
    for coefficient in filter {
        *coefficient = sample(shift_round(power.wrapping_mul(i32::from(*coefficient)), 16));
        power = power.wrapping_add(shift_round(power.wrapping_mul(factor_q16 - 65536), 16));
    }
}

/// Whether the filter's answer to a pulse dies away: all its reflection coefficients are below one.
fn is_stable(filter: &[i16]) -> bool {
    /// 0.99975.
    const LIMIT_Q16: i32 = 65520;
    let mut wide = [0_i32; MAX_ORDER];
    for (wide, coefficient) in wide.iter_mut().zip(filter) {
        *wide = i32::from(*coefficient) << 4;
    }
    for last in (0..filter.len()).rev() {
        let reflection = wide[last];
        if !(-LIMIT_Q16..=LIMIT_Q16).contains(&reflection) {
            return false;
        }
        let reflection = -(reflection << 15);
        let energy = (i32::MAX >> 1) - mul_high(reflection, reflection);
        let gain = invert(energy, 46);
        let room = gain.leading_zeros().saturating_sub(1);
        let gain = gain.wrapping_shl(room);
        let old = wide;
        for index in 0..last {
            let value = old[index].wrapping_sub(mul_high(old[last - 1 - index], reflection) << 1);
            wide[index] = mul_high(value, gain).wrapping_shl(16_u32.saturating_sub(room));
        }
    }
    true
}
