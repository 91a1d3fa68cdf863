//! The range decoder: symbols out of bytes, by their probabilities.

/// Longest packet that the specification allows.
pub(super) const MAX_PACKET_BYTES: usize = 1024;

/// The packet contradicts itself: its bytes are not what an encoder writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// Takes symbols out of one packet.
///
/// After the end of the packet the bytes are noughts; [`RangeDecoder::bytes_left`] tells when more was taken than was there.
pub(super) struct RangeDecoder<'a> {
    bytes: &'a [u8],
    next: usize,
    base: u32,
    range: u32,
}

impl<'a> RangeDecoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Damaged> {
        if bytes.is_empty() || bytes.len() > MAX_PACKET_BYTES {
            return Err(Damaged);
        }
        let base = (0..4).fold(0, |base, at| base << 8 | byte(bytes, at));
        Ok(Self {
            bytes,
            next: 4,
            base,
            range: 0xffff,
        })
    }

    /// The next symbol; `cumulative` rises from nought to 65,535.
    pub(super) fn symbol(&mut self, cumulative: &[u16]) -> Result<usize, Damaged> {
        let scaled = |probability: &u16| self.range * u32::from(*probability);
        let above = cumulative.partition_point(|probability| scaled(probability) <= self.base);
        let symbol = above.checked_sub(1).ok_or(Damaged)?;
        let (Some(low), Some(high)) = (cumulative.get(symbol), cumulative.get(above)) else {
            return Err(Damaged);
        };
        self.base -= scaled(low);
        let width = scaled(high) - scaled(low);
        if width >> 24 != 0 {
            self.range = width >> 16;
        } else {
            let bytes = if width >> 16 != 0 { 1 } else { 2 };
            self.range = width >> (16 - 8 * bytes);
            if self.base >> (32 - 8 * bytes) != 0 {
                return Err(Damaged);
            }
            for _ in 0..bytes {
                self.base = self.base << 8 | byte(self.bytes, self.next);
                self.next += 1;
            }
        }
        if self.range == 0 {
            return Err(Damaged);
        }
        Ok(symbol)
    }

    /// The next symbol as a number to reckon with.
    pub(super) fn number(&mut self, cumulative: &[u16]) -> Result<i32, Damaged> {
        i32::try_from(self.symbol(cumulative)?).map_err(|_| Damaged)
    }

    /// One of two symbols, of which the first has this probability.
    pub(super) fn bit(&mut self, probability_of_nought: u16) -> Result<bool, Damaged> {
        self.symbol(&[0, probability_of_nought, 65535])
            .map(|symbol| symbol == 1)
    }

    /// Bytes behind those that the symbols so far needed.
    pub(super) fn bytes_left(&self) -> Result<usize, Damaged> {
        self.bytes
            .len()
            .checked_sub(self.bits_used().div_ceil(8))
            .ok_or(Damaged)
    }

    /// Whether the last byte ends as encoders end it: filled up with ones.
    pub(super) fn ends_well(&self) -> bool {
        let bits = self.bits_used();
        let mask = if bits.is_multiple_of(8) {
            0
        } else {
            0xff >> (bits % 8)
        };
        let last = byte(self.bytes, bits.div_ceil(8).saturating_sub(1));
        last & mask == mask
    }

    fn bits_used(&self) -> usize {
        // Four bytes are read ahead, and two bits more than the width needs are never written.
        let read = self.next.saturating_sub(4).min(self.bytes.len()) * 8;
        let pending = (self.range - 1).leading_zeros() as usize;
        (read + pending).saturating_sub(14)
    }
}

fn byte(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at).copied().map_or(0, u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_without_bytes_or_with_too_many_are_damaged() {
        assert!(RangeDecoder::new(&[]).is_err());
        assert!(RangeDecoder::new(&[0; 1025]).is_err());
        assert!(RangeDecoder::new(&[0]).is_ok());
    }

    proptest! {
        #[test]
        fn symbols_are_within_their_table(bytes in proptest::collection::vec(any::<u8>(), 1..100)) {
            let mut decoder = RangeDecoder::new(&bytes).unwrap();
            for _ in 0..1000 {
                match decoder.symbol(&[0, 100, 30000, 30000, 65535]) {
                    Ok(symbol) => prop_assert!(symbol < 4 && symbol != 2),
                    Err(Damaged) => break,
                }
            }
        }
    }
}
