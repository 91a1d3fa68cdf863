//! Words of a text: Chinese cut into words, other scripts by their letters, stop words left out.

use std::collections::HashSet;
use std::sync::OnceLock;

use jieba_rs::Jieba;

use crate::emoji::bracketed;

/// Chinese characters that are cut at once. A longer run is cut into pieces of this size, so that the tables that
/// cutting needs stay small.
const RUN: usize = 200;

/// A longer run of letters is a key or a picture in letters, not a word.
const WORD: usize = 24;

/// Written by ourselves, one word a line; see the head of the file.
const STOP_WORDS: &str = include_str!("stop_words.txt");

/// Cuts texts into words. Made once; it holds a dictionary of some 50 MB.
pub struct Segmenter {
    jieba: Jieba,
    stop_words: HashSet<&'static str>,
}

impl std::fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segmenter").finish_non_exhaustive()
    }
}

impl Segmenter {
    /// The one of this process; the first call loads the dictionary.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Segmenter> = OnceLock::new();
        SHARED.get_or_init(|| Self {
            jieba: Jieba::new(),
            stop_words: STOP_WORDS
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .collect(),
        })
    }

    /// Calls `found` with every word that says something, in order: at least two characters, no number, no stop word.
    ///
    /// Words in Latin letters are given in lower case. Addresses and names of emoji in brackets are no words.
    pub fn for_each_word(&self, text: &str, found: &mut dyn FnMut(&str)) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let kind = kind_of(first);
            let end = match kind {
                Kind::Other => rest.find(|char| kind_of(char) != Kind::Other),
                Kind::Chinese => rest
                    .char_indices()
                    .take(RUN + 1)
                    .enumerate()
                    .find(|(index, (_, char))| *index == RUN || kind_of(*char) != Kind::Chinese)
                    .map(|(_, (at, _))| at),
                Kind::Letter => {
                    rest.find(|char| kind_of(char) != Kind::Letter && char != '\'' && char != '’')
                }
            };
            let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            match kind {
                // What stands in brackets is counted as an emoji; its name is not something said.
                Kind::Other if run.ends_with('[') => {
                    let name = bracketed(rest).unwrap_or_default();
                    rest = rest.get(name.len()..).unwrap_or_default();
                }
                Kind::Other => {}
                Kind::Chinese => self.chinese(run, found),
                Kind::Letter if rest.starts_with("://") => {
                    rest = rest
                        .find(char::is_whitespace)
                        .map_or("", |end| rest.get(end..).unwrap_or_default());
                }
                Kind::Letter => self.letters(run, found),
            }
        }
    }

    fn chinese(&self, run: &str, found: &mut dyn FnMut(&str)) {
        for token in self.jieba.cut(run, true) {
            let word = token.word;
            if word.chars().nth(1).is_some() && !self.stop_words.contains(word) {
                found(word);
            }
        }
    }

    fn letters(&self, run: &str, found: &mut dyn FnMut(&str)) {
        let word = run.trim_matches(['\'', '’']);
        let characters = word.chars().take(WORD + 1).count();
        if !(2..=WORD).contains(&characters) || word.chars().all(char::is_numeric) {
            return;
        }
        let word = word.to_lowercase().replace('’', "'");
        if !self.stop_words.contains(word.as_str()) {
            found(&word);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chinese,
    Letter,
    Other,
}

fn kind_of(char: char) -> Kind {
    match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Kind::Letter,
        '\u{0}'..='\u{7F}' => Kind::Other,
        '\u{4E00}'..='\u{9FFF}'
        | '\u{3400}'..='\u{4DBF}'
        | '々'
        | '〇'
        | '\u{20000}'..='\u{3FFFF}' => Kind::Chinese,
        _ if char.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// Characters that are written, and the words as a word processor counts them: each Chinese character is one, each run
/// of letters or digits of another script is one. Cheap, so it is known for every sender.
pub(crate) fn written(text: &str) -> (u64, u64) {
    let (mut characters, mut words) = (0, 0);
    let mut is_inside = false;
    for char in text.chars() {
        if !char.is_whitespace() {
            characters += 1;
        }
        let kind = kind_of(char);
        match kind {
            Kind::Chinese => words += 1,
            Kind::Letter if !is_inside => words += 1,
            _ => {}
        }
        is_inside = kind == Kind::Letter || (is_inside && matches!(char, '\'' | '’' | '-'));
    }
    (characters, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        Segmenter::shared().for_each_word(text, &mut |word| all.push(word.to_owned()));
        all
    }

    #[test]
    fn words_are_cut_and_stop_words_left_out() {
        assert_eq!(
            words("我们明天去北京看长城，好吗？Don't forget the Camera! 123"),
            ["明天", "北京", "长城", "forget", "camera"]
        );
    }

    #[test]
    fn addresses_and_names_of_emoji_are_no_words() {
        assert_eq!(
            words("看 https://example.com/北京?a=咖啡 [捂脸]咖啡"),
            ["咖啡"]
        );
    }

    #[test]
    fn a_line_of_ten_megabytes_is_cut_in_pieces() {
        let text = "北京".repeat(20_000) + &"x".repeat(1_000_000);
        let all = words(&text);
        assert!(all.iter().all(|word| word.chars().count() <= WORD));
        assert!(all.len() >= 19_000, "{}", all.len());
    }

    #[test]
    fn written_words_are_counted_as_a_word_processor_does() {
        assert_eq!(written("我爱 Rust 1.92, don't"), (16, 6));
        assert_eq!(written(""), (0, 0));
    }

    #[test]
    fn the_list_of_stop_words_has_no_word_twice() {
        let listed: Vec<&str> = STOP_WORDS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        let distinct: HashSet<&str> = listed.iter().copied().collect();
        assert_eq!(listed.len(), distinct.len());
        assert!(
            listed
                .iter()
                .all(|word| *word == word.trim().to_lowercase())
        );
    }
}
