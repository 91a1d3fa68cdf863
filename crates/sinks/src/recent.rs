//! What is remembered of the latest messages: answers look for what they answer, and memory must not grow with the chat.

use hutong_model::MessageId;
use rustc_hash::FxHashMap;

/// At least so many messages back an answer finds what it answers; twice as many at most are held.
pub(crate) const REMEMBERED: usize = 400_000;

/// A value for each of the latest messages.
pub(crate) struct Recent<T> {
    young: FxHashMap<MessageId, T>,
    old: FxHashMap<MessageId, T>,
    limit: usize,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            young: FxHashMap::default(),
            old: FxHashMap::default(),
            limit: REMEMBERED,
        }
    }
}

impl<T> Recent<T> {
    /// Remembers a message; the oldest are forgotten.
    pub(crate) fn remember(&mut self, id: MessageId, value: T) {
        if self.young.len() >= self.limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, value);
    }

    /// What was remembered of a message.
    pub(crate) fn find(&self, id: MessageId) -> Option<&T> {
        self.young.get(&id).or_else(|| self.old.get(&id))
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_are_remembered() {
        let mut recent = Recent {
            limit: 10,
            ..Recent::default()
        };
        let id = |number: u8| MessageId([number; 16]);
        for number in 0..100 {
            recent.remember(id(number), number);
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert_eq!(recent.find(id(99)), Some(&99));
        assert_eq!(recent.find(id(90)), Some(&90));
        assert_eq!(recent.find(id(10)), None);
        recent.clear();
        assert_eq!(recent.find(id(99)), None);
    }
}
