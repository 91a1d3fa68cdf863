//! What was read lately, up to a number of bytes.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Keeps values by chunk number; what was not asked for lately goes first.
///
/// There are two generations. What is asked for moves into the young one; when that has grown to half of the limit, it
/// becomes the old one, and what was in the old one is let go.
#[derive(Debug)]
pub(crate) struct ByteCache<V> {
    young: FxHashMap<i64, (Arc<V>, usize)>,
    old: FxHashMap<i64, (Arc<V>, usize)>,
    young_bytes: usize,
    /// The most that both generations hold together.
    limit_bytes: usize,
}

impl<V> ByteCache<V> {
    /// An empty cache.
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            young_bytes: 0,
            limit_bytes,
        }
    }

    /// A value that was put in and is still there.
    pub(crate) fn get(&mut self, number: i64) -> Option<Arc<V>> {
        if let Some((value, _)) = self.young.get(&number) {
            return Some(value.clone());
        }
        let (value, bytes) = self.old.remove(&number)?;
        self.put(number, value.clone(), bytes);
        Some(value)
    }

    /// Puts a value in that occupies so many bytes; one that is larger than half of the limit is not kept.
    pub(crate) fn put(&mut self, number: i64, value: Arc<V>, bytes: usize) {
        let half = self.limit_bytes / 2;
        if bytes > half {
            return;
        }
        if self.young_bytes + bytes > half {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if let Some((_, before)) = self.young.insert(number, (value, bytes)) {
            self.young_bytes -= before;
        }
        self.young_bytes += bytes;
    }

    /// Bytes that the values occupy.
    #[cfg(test)]
    fn size_bytes(&self) -> usize {
        let both = self.young.values().chain(self.old.values());
        both.map(|(_, bytes)| bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cache_gives_what_was_put_in_and_stays_within_its_limit(
            steps in prop::collection::vec((0_i64..40, 1_usize..30), 0..300),
        ) {
            let mut cache = ByteCache::new(100);
            for (number, bytes) in steps {
                match cache.get(number) {
                    Some(value) => prop_assert_eq!(*value, number),
                    None => cache.put(number, Arc::new(number), bytes),
                }
                prop_assert!(cache.size_bytes() <= 100);
                prop_assert!(cache.get(number).is_some());
            }
        }
    }

    #[test]
    fn what_is_asked_for_stays() {
        let mut cache = ByteCache::new(100);
        cache.put(0, Arc::new(0), 10);
        for number in 1..1_000 {
            assert!(cache.get(0).is_some(), "after {number}");
            cache.put(number, Arc::new(number), 10);
        }
        assert!(cache.get(1).is_none());
        cache.put(2_000, Arc::new(2_000), 51);
        assert!(cache.get(2_000).is_none(), "too large to keep");
    }
}
