//! What was read lately, up to a number of bytes.

use std::sync::{Arc, Mutex, PoisonError};

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

/// A cache that several readers share, so that what one has read is at hand for all and is kept once.
///
/// It is made of parts with a lock each: readers seldom ask for the same part at the same moment, and hold it for a look-up
/// only.
#[derive(Debug)]
pub(crate) struct SharedCache<V> {
    parts: Vec<Mutex<ByteCache<V>>>,
}

impl<V> SharedCache<V> {
    /// An empty cache in so many parts that hold so many bytes together.
    pub(crate) fn new(limit_bytes: usize, parts: usize) -> Arc<Self> {
        let parts = parts.max(1);
        Arc::new(Self {
            parts: (0..parts)
                .map(|_| Mutex::new(ByteCache::new(limit_bytes / parts)))
                .collect(),
        })
    }

    /// A value that was put in and is still there.
    pub(crate) fn get(&self, number: i64) -> Option<Arc<V>> {
        self.part(number, |part| part.get(number)).flatten()
    }

    /// Puts a value in that occupies so many bytes; one that is large beside the whole cache is not kept.
    pub(crate) fn put(&self, number: i64, value: Arc<V>, bytes: usize) {
        self.part(number, |part| part.put(number, value, bytes));
    }

    /// The value of a chunk, made when it is not at hand.
    pub(crate) fn get_or<E>(
        &self,
        number: i64,
        make: impl FnOnce() -> Result<(V, usize), E>,
    ) -> Result<Arc<V>, E> {
        if let Some(value) = self.get(number) {
            return Ok(value);
        }
        // Made outside the lock: it takes a thousand times as long as looking it up.
        let (value, bytes) = make()?;
        let value = Arc::new(value);
        self.put(number, value.clone(), bytes);
        Ok(value)
    }

    fn part<T>(&self, number: i64, use_it: impl FnOnce(&mut ByteCache<V>) -> T) -> Option<T> {
        // What is read together lies in different parts; of the chunks of blocks every other one is of the same kind.
        let place = (number / 2).rem_euclid(i64::try_from(self.parts.len()).ok()?);
        let part = self.parts.get(usize::try_from(place).ok()?)?;
        // A thread that panicked left a cache that is whole: nothing in here panics half-way.
        Some(use_it(
            &mut part.lock().unwrap_or_else(PoisonError::into_inner),
        ))
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
    fn readers_share_what_one_of_them_has_made() {
        let cache = SharedCache::new(4_000, 4);
        let made = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in -20..20_i64 {
                        let value = cache.get_or(number, || {
                            made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            Ok::<_, ()>((number * 3, 10))
                        });
                        assert_eq!(*value.unwrap(), number * 3);
                    }
                });
            }
        });
        let before = made.load(std::sync::atomic::Ordering::Relaxed);
        assert!((40..=160).contains(&before), "{before}");
        for number in -20..20 {
            assert!(cache.get(number).is_some(), "{number}");
        }
        assert_eq!(cache.get_or(99, || Err("unreadable")), Err("unreadable"));
        assert!(cache.get(99).is_none());
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
