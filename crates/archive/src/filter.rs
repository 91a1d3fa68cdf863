//! A Bloom filter over message ids: says *certainly not here* without a look at the disk.
//!
//! Ids are digests already, so their own bytes are the hash. Each id sets four bits in one block of 512 bits: a
//! lookup touches one cache line. With 16 bits for each id about one foreign id in a thousand passes.

use hutong_model::MessageId;

const BLOCK_BITS: u64 = 512;
const BITS_PER_ID: u64 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    bits: Vec<u8>,
}

impl Filter {
    /// An empty filter for this many ids.
    pub(crate) fn with_capacity(ids: usize) -> Self {
        let blocks = (ids as u64 * BITS_PER_ID).div_ceil(BLOCK_BITS).max(1);
        Self {
            bits: vec![0; usize::try_from(blocks * BLOCK_BITS / 8).unwrap_or(64)],
        }
    }

    pub(crate) const fn from_bytes(bits: Vec<u8>) -> Self {
        Self { bits }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    pub(crate) fn insert(&mut self, id: MessageId) {
        for position in positions(id, self.bits.len()) {
            if let Some(byte) = self.bits.get_mut(position / 8) {
                *byte |= 1 << (position % 8);
            }
        }
    }

    pub(crate) fn may_hold(&self, id: MessageId) -> bool {
        positions(id, self.bits.len()).into_iter().all(|position| {
            self.bits
                .get(position / 8)
                .is_some_and(|byte| byte >> (position % 8) & 1 == 1)
        })
    }
}

/// Bit positions of an id: the block from its upper half, four places in it from its lower half.
fn positions(id: MessageId, bytes: usize) -> [usize; 4] {
    let halves = u128::from_le_bytes(id.0);
    // The last byte goes to the end: its lower half names the space of the id and is the same for most.
    let upper = ((halves >> 64) as u64).rotate_left(8);
    let blocks = (bytes as u64 * 8 / BLOCK_BITS).max(1);
    let block = usize::try_from((u128::from(upper) * u128::from(blocks)) >> 64).unwrap_or(0);
    let base = block * 512;
    [0, 9, 18, 27].map(|shift| base + usize::try_from(halves >> shift & 511).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::{ConversationId, Platform};

    #[test]
    fn what_was_put_in_is_there_and_little_else() {
        let chat = ConversationId::group(&Platform::Qq, "1");
        let id = |number: u32| MessageId::new(chat, "server", &[&number.to_le_bytes()]);
        let mut filter = Filter::with_capacity(10_000);
        (0..10_000).for_each(|number| filter.insert(id(number)));
        assert!((0..10_000).all(|number| filter.may_hold(id(number))));
        let foreign = (10_000..60_000)
            .filter(|number| filter.may_hold(id(*number)))
            .count();
        assert!(foreign < 500, "{foreign} of 50,000 foreign ids pass");
        assert_eq!(Filter::from_bytes(filter.as_bytes().to_vec()), filter);
    }
}
