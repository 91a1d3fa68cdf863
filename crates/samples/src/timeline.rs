//! Who is written to when: the rhythm of a history, drawn apart from its content.

use crate::rng::Rng;

/// Midnight (UTC+8) of the first day: 2022-01-01.
const FIRST_DAY: i64 = 1_640_966_400;
/// Seconds of a day in which people write, from 7:00 on.
const AWAKE: u64 = 60_840;
const WAKING: i64 = 7 * 3600;

/// One moment of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    /// Position in the whole history.
    pub(crate) index: u64,
    /// Unix seconds.
    pub(crate) time: i64,
    /// Index of the conversation in the list that the timeline was made with.
    pub(crate) conversation: u32,
    /// The prepared scene to play, instead of an everyday message.
    pub(crate) scene: Option<usize>,
}

/// Iterates over the beats of a history in order of time.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    rng: Rng,
    total: u64,
    days: u64,
    index: u64,
    burst_end: u64,
    burst_conversation: u32,
    time: i64,
    step: i64,
    cumulative: Vec<u64>,
    scenes: Vec<u32>,
    next_scene: usize,
}

impl Timeline {
    /// A history of `total` beats over conversations whose popularity falls with their rank.
    ///
    /// `scenes` names the conversation of each prepared scene; they are spread evenly, the last
    /// one on the last beat.
    pub(crate) fn new(seed: u64, total: u64, conversations: u32, scenes: Vec<u32>) -> Self {
        let mut sum = 0;
        let cumulative = (0..u64::from(conversations))
            .map(|rank| {
                // Zipf-like: a few huge ones, a long tail of small ones.
                sum += 1_000_000_000 / (rank + 3);
                sum
            })
            .collect();
        Self {
            rng: Rng::new(seed, 0x71),
            total,
            days: (total / 30).clamp(400, 1_100),
            index: 0,
            burst_end: 0,
            burst_conversation: 0,
            time: FIRST_DAY,
            step: 0,
            cumulative,
            scenes,
            next_scene: 0,
        }
    }

    fn base(&self, index: u64) -> i64 {
        let position =
            u128::from(index) * u128::from(self.days) * u128::from(AWAKE) / u128::from(self.total);
        let position = i64::try_from(position).expect("a history spans years, not aeons");
        let awake = AWAKE as i64;
        FIRST_DAY + position / awake * 86_400 + WAKING + position % awake
    }

    fn begin_burst(&mut self) {
        let length = match self.rng.below(10) {
            0..4 => self.rng.range(1, 3),
            4..8 => self.rng.range(3, 9),
            _ => self.rng.range(9, 24),
        };
        self.burst_end = (self.index + length.unsigned_abs()).min(self.total);
        self.time = self.base(self.index);
        let room = self.base(self.burst_end) - self.time;
        self.step = (room / length).min(28);
        let sum = self.cumulative.last().copied().unwrap_or(1);
        let needle = self.rng.draw() % sum;
        self.burst_conversation =
            u32::try_from(self.cumulative.partition_point(|edge| *edge <= needle)).unwrap_or(0);
    }

    /// Beat of scene number `scene`.
    const fn place_of(&self, scene: usize) -> u64 {
        let count = self.scenes.len() as u64;
        (scene as u64 + 1) * self.total / count - 1
    }
}

impl Iterator for Timeline {
    type Item = Beat;

    fn next(&mut self) -> Option<Beat> {
        if self.index >= self.total {
            return None;
        }
        if self.index >= self.burst_end {
            self.begin_burst();
        } else {
            self.time += self.rng.range(self.step.min(1), self.step);
        }
        let mut beat = Beat {
            index: self.index,
            time: self.time,
            conversation: self.burst_conversation,
            scene: None,
        };
        if let Some(conversation) = self.scenes.get(self.next_scene)
            && self.place_of(self.next_scene) == self.index
        {
            beat.conversation = *conversation;
            beat.scene = Some(self.next_scene);
            self.next_scene += 1;
        }
        self.index += 1;
        Some(beat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_are_in_order_and_every_scene_is_played() {
        for total in [400, 3_000, 100_000] {
            let scenes: Vec<u32> = (0..50).collect();
            let beats: Vec<Beat> = Timeline::new(3, total, 60, scenes).collect();
            assert_eq!(beats.len() as u64, total);
            assert!(beats.is_sorted_by_key(|beat| beat.time));
            assert_eq!(beats.iter().filter(|beat| beat.scene.is_some()).count(), 50);
            assert_eq!(beats.last().and_then(|beat| beat.scene), Some(49));
            assert!(beats.iter().all(|beat| beat.conversation < 60));
        }
    }
}
