//! How often each of very many things occurs, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

/// Different things that are counted at once. Beyond, the rarer half is forgotten.
const DISTINCT: usize = 1_000_000;

/// Counts things. Exact as long as fewer than a million different ones occur; then the rarest are forgotten, and no count
/// is more than [`Counter::error`] too small.
///
/// Keys come from messages, so the map is one whose collisions cannot be arranged from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter<K: Eq + Hash> {
    counts: HashMap<K, u64>,
    error: u64,
}

impl<K: Eq + Hash> Default for Counter<K> {
    fn default() -> Self {
        Self {
            counts: HashMap::new(),
            error: 0,
        }
    }
}

impl<K: Eq + Hash + Ord + Clone> Counter<K> {
    /// Counts a thing `count` times.
    pub fn add(&mut self, key: K, count: u64) {
        *self.counts.entry(key).or_default() += count;
        self.bound();
    }

    /// Counts a thing once; it is copied only when it is new.
    pub fn add_ref<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(count) = self.counts.get_mut(key) {
            *count += 1;
        } else {
            self.add(key.to_owned(), 1);
        }
    }

    /// Adds what another counter has.
    pub fn merge(&mut self, other: Self) {
        self.error = self.error.saturating_add(other.error);
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
            self.bound();
        }
    }

    /// No count is more than this too small, and nothing that was forgotten occurred more often.
    #[must_use]
    pub const fn error(&self) -> u64 {
        self.error
    }

    /// How many different things are counted.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// The most frequent, most first; equal ones in their own order.
    #[must_use]
    pub fn top(&self, limit: usize) -> Vec<(K, u64)> {
        let mut all: Vec<(&K, u64)> = self
            .counts
            .iter()
            .map(|(key, count)| (key, *count))
            .collect();
        let order = |one: &(&K, u64), other: &(&K, u64)| {
            other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0))
        };
        if all.len() > limit && limit > 0 {
            all.select_nth_unstable_by(limit - 1, order);
        }
        all.truncate(limit);
        all.sort_unstable_by(order);
        all.into_iter()
            .map(|(key, count)| (key.clone(), count))
            .collect()
    }

    /// Forgets all but the most frequent `limit`.
    pub fn keep(&mut self, limit: usize) {
        if self.counts.len() <= limit {
            return;
        }
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        let (_, largest_forgotten, _) =
            counts.select_nth_unstable_by(limit, |one, other| other.cmp(one));
        let largest_forgotten = *largest_forgotten;
        // Equal counts go together, so that what stays does not depend on the map's order.
        self.counts.retain(|_, count| *count > largest_forgotten);
        self.error = self.error.saturating_add(largest_forgotten);
    }

    fn bound(&mut self) {
        if self.counts.len() > DISTINCT {
            self.keep(DISTINCT / 2);
            self.counts.shrink_to(DISTINCT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_was_rare_and_the_error_says_how_rare() {
        let mut counter = Counter::default();
        for key in 0..100_u32 {
            counter.add(key, u64::from(key / 10));
        }
        counter.keep(35);
        // Keys 70 to 99 occur 7, 8, 9 times; of those with 6 not all would fit, so none stays.
        assert_eq!(counter.distinct(), 30);
        assert_eq!(counter.error(), 6);
        assert_eq!(counter.top(2), [(90, 9), (91, 9)]);
    }

    #[test]
    fn more_than_a_million_different_things_stay_bounded() {
        let mut counter = Counter::default();
        for key in 0..1_300_000_u32 {
            counter.add(key, 1);
            if key % 3 == 0 {
                counter.add(7, 1);
            }
        }
        assert!(counter.distinct() <= DISTINCT);
        let (key, count) = counter.top(1)[0];
        assert_eq!(key, 7);
        assert!(count <= 433_335 && count + counter.error() >= 433_335);
    }
}
