//! Pulses of the excitation: how many in each block of 16 samples, where, how large, and of which sign.

use super::range::{Damaged, RangeDecoder};
use super::tables::pulses as table;

/// Samples in a block.
const BLOCK: usize = 16;
/// The count that says that all pulses of the block are shifted and the count follows.
const SHIFTED: usize = 19;
/// Row of the table for counts after a shift.
const ROW_AFTER_SHIFT: usize = 9;
/// More shifts would leave the 32 bits of a pulse.
const MAX_SHIFTS: u32 = 24;

/// Kind of a frame, as far as probabilities depend on it.
#[derive(Clone, Copy)]
pub(super) struct FrameKind {
    /// 0 voiced, 1 not.
    pub(super) signal: usize,
    /// 0 or 1.
    pub(super) quantiser: usize,
}

/// Reads the pulses of a frame; the length of `pulses` is a multiple of 16.
pub(super) fn read(
    decoder: &mut RangeDecoder<'_>,
    kind: FrameKind,
    pulses: &mut [i32],
) -> Result<(), Damaged> {
    let level = decoder.symbol(&table::RATE_LEVEL[kind.signal])?;
    let mut blocks = [(0, 0); 30];
    let count = pulses.len() / BLOCK;
    for (sum, shifts) in &mut blocks[..count] {
        *sum = decoder.symbol(&table::PULSES[level])?;
        while *sum == SHIFTED {
            *shifts += 1;
            *sum = decoder.symbol(&table::PULSES[ROW_AFTER_SHIFT])?;
            if *shifts > MAX_SHIFTS {
                return Err(Damaged);
            }
        }
    }
    let (chunks, _) = pulses.as_chunks_mut::<BLOCK>();
    for (chunk, (sum, _)) in chunks.iter_mut().zip(&blocks) {
        chunk.fill(0);
        split(decoder, *sum, chunk)?;
    }
    for (chunk, (_, shifts)) in chunks.iter_mut().zip(&blocks) {
        for pulse in chunk.iter_mut().filter(|_| *shifts > 0) {
            for _ in 0..*shifts {
                *pulse = *pulse << 1 | i32::from(decoder.bit(table::LOW_BIT[1])?);
            }
        }
    }
    let negative = table::SIGN[9 * (2 * kind.signal + kind.quantiser) + level];
    for pulse in pulses.iter_mut().filter(|pulse| **pulse > 0) {
        if !decoder.bit(negative)? {
            *pulse = -*pulse;
        }
    }
    Ok(())
}

/// Divides pulses over two halves, and each half again, down to single samples.
fn split(decoder: &mut RangeDecoder<'_>, count: usize, samples: &mut [i32]) -> Result<(), Damaged> {
    if count == 0 {
        return Ok(());
    }
    let probabilities: &[u16] = match samples.len() {
        16 => &table::SPLIT_16,
        8 => &table::SPLIT_8,
        4 => &table::SPLIT_4,
        2 => &table::SPLIT_2,
        _ => {
            // At most 18 pulses are in a block, so the conversion does not fail.
            samples.fill(i32::try_from(count).unwrap_or_default());
            return Ok(());
        }
    };
    let start = usize::from(table::SPLIT_STARTS[count]);
    let left = decoder.symbol(&probabilities[start..start + count + 2])?;
    let (first, second) = samples.split_at_mut(samples.len() / 2);
    split(decoder, left, first)?;
    split(decoder, count - left, second)
}
