//! The words that tell what a session was about.

use rustc_hash::FxHashMap;

/// So many different words are counted in a session at most.
const MAX_WORDS: usize = 4000;

/// So many words are remembered from earlier sessions; the rare ones are forgotten when there are more.
const MAX_KNOWN: usize = 60_000;

/// So many characters of a message are cut into words.
const MAX_CHARACTERS: usize = 600;

/// So many words stand in a title.
const IN_TITLE: usize = 3;

/// Cuts a text into words that say something.
pub type Segment<'a> = dyn Fn(&str, &mut dyn FnMut(&str)) + Sync + 'a;

/// In how many earlier sessions a word occurred: what is said every day tells nothing.
#[derive(Default)]
pub(super) struct Known {
    sessions: u32,
    by_word: FxHashMap<String, u32>,
}

/// Words of one session.
#[derive(Default)]
pub(super) struct Counts(FxHashMap<String, u32>);

impl Counts {
    /// Counts the words of a message.
    pub(super) fn add(&mut self, text: &str, segment: Option<&Segment<'_>>) {
        let end = text
            .char_indices()
            .nth(MAX_CHARACTERS)
            .map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        let mut count = |word: &str| {
            if let Some(count) = self.0.get_mut(word) {
                *count += 1;
            } else if self.0.len() < MAX_WORDS && word.len() <= 48 {
                self.0.insert(word.to_owned(), 1);
            }
        };
        match segment {
            Some(segment) => segment(text, &mut count),
            None => runs(text, &mut count),
        }
    }

    /// The most telling words, the best first.
    pub(super) fn telling(&self, known: &Known) -> Vec<&str> {
        let mut scored: Vec<(f64, &str)> = self
            .0
            .iter()
            .map(|(word, count)| (known.score(word, *count), word.as_str()))
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        let mut chosen: Vec<&str> = Vec::with_capacity(IN_TITLE);
        for (_, word) in scored {
            if chosen
                .iter()
                .all(|other| !other.contains(word) && !word.contains(other))
            {
                chosen.push(word);
                if chosen.len() == IN_TITLE {
                    break;
                }
            }
        }
        chosen
    }
}

impl Known {
    fn score(&self, word: &str, count: u32) -> f64 {
        let seen = self.by_word.get(word).copied().unwrap_or(0);
        let rarity = (f64::from(self.sessions + 2) / f64::from(seen + 1)).ln();
        // A longer word tells more than a short one.
        let length = f64::from(u32::try_from(word.chars().count().min(6)).unwrap_or(6));
        f64::from(count).sqrt() * rarity * (1.0 + length / 10.0)
    }

    /// Takes note of a session that has ended.
    pub(super) fn note(&mut self, session: &Counts) {
        self.sessions = self.sessions.saturating_add(1);
        for word in session.0.keys() {
            if let Some(seen) = self.by_word.get_mut(word) {
                *seen = seen.saturating_add(1);
            } else {
                self.by_word.insert(word.clone(), 1);
            }
        }
        let mut rare = 1;
        while self.by_word.len() > MAX_KNOWN {
            self.by_word.retain(|_, seen| *seen > rare);
            rare *= 2;
        }
    }
}

/// Words without a dictionary: runs of letters, and short runs of other scripts between marks.
fn runs(text: &str, found: &mut dyn FnMut(&str)) {
    for run in text.split(|character: char| !character.is_alphanumeric()) {
        let length = run.chars().take(13).count();
        let is_number = run.chars().all(char::is_numeric);
        if (2..=12).contains(&length) && !is_number {
            found(&run.to_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_every_day_tells_nothing() {
        let mut known = Known::default();
        for _ in 0..20 {
            let mut usual = Counts::default();
            usual.add("早上好 吃饭 lunch", None);
            known.note(&usual);
        }
        let mut session = Counts::default();
        session.add("早上好 吃饭 合同 合同 invoice", None);
        assert_eq!(session.telling(&known)[..2], ["合同", "invoice"]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut known = Known::default();
        for number in 0..200 {
            let mut session = Counts::default();
            for word in 0..2000 {
                session.add(&format!("w{number}x{word}"), None);
            }
            known.note(&session);
        }
        assert!(known.by_word.len() <= MAX_KNOWN);
    }
}
