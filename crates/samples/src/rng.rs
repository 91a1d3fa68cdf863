//! A small generator of repeatable chance (SplitMix64).

/// Repeatable chance: the same seed and stream give the same draws on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

/// Scrambles a number; different inputs give different outputs.
pub(crate) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Rng {
    /// A generator for one purpose (`stream`) of one data set (`seed`).
    pub(crate) const fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed ^ mix(stream)))
    }

    /// The next 64 bits.
    pub(crate) const fn draw(&mut self) -> u64 {
        let out = mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        out
    }

    /// The next 32 bits.
    pub(crate) const fn draw32(&mut self) -> u32 {
        (self.draw() >> 32) as u32
    }

    /// A number below `bound`; 0 when `bound` is 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the product's upper half is below the bound"
    )]
    pub(crate) const fn below(&mut self, bound: usize) -> usize {
        ((self.draw() as u128 * bound as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) const fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) as u128 + 1;
        low + ((self.draw() as u128 * width) >> 64) as i64
    }

    /// True in so many of a thousand draws.
    pub(crate) const fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        list.get(self.below(list.len()))
            .expect("lists of the forge are not empty")
    }

    /// One word of the list.
    pub(crate) fn pick_word(&mut self, list: &[&'static str]) -> &'static str {
        self.pick::<&str>(list)
    }

    /// `length` characters of `alphabet`.
    pub(crate) fn word(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| char::from(*self.pick(alphabet)))
            .collect()
    }

    /// 32 hexadecimal digits, lower case: the shape of an MD5.
    pub(crate) fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.draw(), self.draw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_streams_differ() {
        let mut a = Rng::new(7, 1);
        let mut b = Rng::new(7, 1);
        let mut c = Rng::new(7, 2);
        assert_eq!(a.draw(), b.draw());
        assert_ne!(a.draw(), c.draw());
        for _ in 0..1000 {
            assert!(a.below(10) < 10);
            assert!((3..=5).contains(&b.range(3, 5)));
        }
    }
}
