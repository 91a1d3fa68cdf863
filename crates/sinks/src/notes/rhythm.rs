//! When a session of a chat ends: after a silence that is long for this chat.

/// Shortest silence that ends a session.
const SHORTEST_SECONDS: i64 = 20 * 60;

/// Longest silence that does not.
const LONGEST_SECONDS: i64 = 8 * 3600;

/// A silence is long when it is so many times as long as nine of ten silences of the chat.
const TIMES: i64 = 4;

/// A session of fewer messages than this is not left alone because of a short silence.
const FEW_MESSAGES: u64 = 4;

/// Until so many silences are known, an hour is long.
const ENOUGH: u32 = 20;

/// How long people of a chat are silent between two messages, in classes that double.
#[derive(Default)]
pub(super) struct Rhythm {
    classes: [u32; 32],
    known: u32,
}

impl Rhythm {
    /// Notes a silence.
    pub(super) fn note(&mut self, seconds: i64) {
        let class = seconds.max(1).ilog2().min(31);
        if let Some(count) = usize::try_from(class)
            .ok()
            .and_then(|class| self.classes.get_mut(class))
        {
            *count += 1;
            self.known += 1;
        }
        // What was long ago counts less and less.
        if self.known >= 4096 {
            self.known = 0;
            for count in &mut self.classes {
                *count /= 2;
                self.known += *count;
            }
        }
    }

    /// Seconds of silence that end a session of so many messages.
    pub(super) fn long_silence(&self, messages: u64) -> i64 {
        let long = if self.known < ENOUGH {
            3600
        } else {
            (self.usual() * TIMES).clamp(SHORTEST_SECONDS, LONGEST_SECONDS)
        };
        if messages < FEW_MESSAGES {
            (long * 4).min(LONGEST_SECONDS)
        } else {
            long
        }
    }

    /// Nine of ten silences are shorter than this.
    fn usual(&self) -> i64 {
        let mut seen = 0;
        for (class, count) in (0_u32..).zip(&self.classes) {
            seen += count;
            if seen * 10 >= self.known * 9 {
                return 2_i64 << class;
            }
        }
        i64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_chat_has_short_silences_and_a_slow_one_long_ones() {
        let mut busy = Rhythm::default();
        (0..1000).for_each(|_| busy.note(15));
        assert_eq!(busy.long_silence(50), SHORTEST_SECONDS);
        let mut slow = Rhythm::default();
        (0..1000).for_each(|_| slow.note(5 * 3600));
        assert_eq!(slow.long_silence(50), LONGEST_SECONDS);
        let mut middle = Rhythm::default();
        (0..1000).for_each(|_| middle.note(600));
        assert_eq!(middle.long_silence(50), 4096);
        assert!(middle.long_silence(1) > middle.long_silence(50));
        assert_eq!(Rhythm::default().long_silence(10), 3600);
        (0..100_000).for_each(|number| middle.note(i64::from(number)));
        assert!(middle.known < 4096);
    }
}
