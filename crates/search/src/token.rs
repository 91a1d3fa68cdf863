//! Tokens: what a text is indexed by and what a query looks up.
//!
//! Each character that is not white space starts one token of 32 bits: the character and what follows it. Inside a run of ASCII
//! letters and digits that is the next two characters (pairs of Latin letters are too common to select anything),
//! otherwise the next one; at the end of a run nothing. So a text of *n* characters has *n* tokens, a query of
//! two characters looks up one token or two short ranges, and a single character is a range.
//!
//! Sixteen bits hold a character of the basic plane as it is; others share the codes that no character has
//! (surrogates), private-use characters are moved together, and the room so gained holds pairs of ASCII letters and
//! digits. Different characters may share a code: candidates are checked against the text anyway.

/// A run of tokens, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRange {
    /// First token.
    pub low: u32,
    /// Last token.
    pub high: u32,
}

const PAIRS: u32 = 0xe000;
const PRIVATE: u32 = 0xf000;
const ASTRAL: u32 = 0xd800;
const SHARED_MASK: u32 = 0x7ff;

/// 16-bit code of a character.
fn code(character: char) -> u32 {
    let value = u32::from(character);
    match value {
        0xe000..=0xf8ff => PRIVATE + (value & SHARED_MASK),
        0..=0xffff => value,
        _ => ASTRAL + ((value ^ (value >> 11)) & SHARED_MASK),
    }
}

/// Position of an ASCII letter or digit among the 36 of them.
fn alphanumeric(character: char) -> Option<u32> {
    match character {
        '0'..='9' => Some(u32::from(character) - u32::from('0')),
        'a'..='z' => Some(u32::from(character) - u32::from('a') + 10),
        _ => None,
    }
}

fn token(first: char, second: Option<char>, third: Option<char>) -> u32 {
    let high = code(first) << 16;
    let Some(second) = second else { return high };
    if let (Some(_), Some(middle), Some(last)) = (
        alphanumeric(first),
        alphanumeric(second),
        third.and_then(alphanumeric),
    ) {
        return high | (PAIRS + middle * 36 + last);
    }
    high | code(second)
}

/// Calls `give` with each token of a folded text; the same token may come more than once.
pub fn text_tokens(folded: &str, mut give: impl FnMut(u32)) {
    let not_space = |character: &char| *character != ' ';
    let mut characters = folded.chars();
    let mut first = characters.next();
    let mut second = characters.next();
    while let Some(character) = first {
        let third = characters.next();
        if character != ' ' {
            let next = second.filter(not_space);
            give(token(character, next, next.and(third).filter(not_space)));
        }
        first = second;
        second = third;
    }
}

/// What a folded query text must be looked up by: every element must match, by any of its ranges.
///
/// Empty when the text holds nothing but white space.
#[must_use]
pub fn query_tokens(folded: &str) -> Vec<Vec<TokenRange>> {
    let mut wanted = Vec::new();
    for run in folded.split(' ').filter(|run| !run.is_empty()) {
        let characters: Vec<char> = run.chars().collect();
        if let [only] = characters.as_slice() {
            let high = code(*only) << 16;
            wanted.push(vec![TokenRange {
                low: high,
                high: high | 0xffff,
            }]);
            continue;
        }
        for three in characters.windows(3) {
            if let [first, second, third] = three {
                let exact = token(*first, Some(*second), Some(*third));
                wanted.push(vec![TokenRange {
                    low: exact,
                    high: exact,
                }]);
            }
        }
        if let [.., first, second] = characters.as_slice() {
            let before = characters
                .len()
                .checked_sub(3)
                .and_then(|index| characters.get(index));
            wanted.extend(last_pair(before.copied(), *first, *second));
        }
    }
    wanted
}

/// The last two characters of a query: what follows them in the text is not known.
fn last_pair(before: Option<char>, first: char, second: char) -> Option<Vec<TokenRange>> {
    let pair = code(first) << 16 | code(second);
    let mut ranges = vec![TokenRange {
        low: pair,
        high: pair,
    }];
    if let (Some(_), Some(middle)) = (alphanumeric(first), alphanumeric(second)) {
        if before.and_then(alphanumeric).is_some() {
            // The token before has all three characters.
            return None;
        }
        let low = code(first) << 16 | (PAIRS + middle * 36);
        ranges.push(TokenRange {
            low,
            high: low + 35,
        });
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold;
    use proptest::prelude::*;

    fn finds(text: &str, query: &str) -> bool {
        let mut tokens = Vec::new();
        text_tokens(&fold(text), |token| tokens.push(token));
        query_tokens(&fold(query)).iter().all(|ranges| {
            ranges.iter().any(|range| {
                tokens
                    .iter()
                    .any(|token| (range.low..=range.high).contains(token))
            })
        })
    }

    #[test]
    fn every_pair_of_a_query_is_looked_up() {
        let lookups = |query: &str| query_tokens(&fold(query)).len();
        assert_eq!(lookups("，62"), 2);
        assert_eq!(lookups("162"), 1);
        assert_eq!(lookups("合同"), 1);
        assert_eq!(lookups("合同书"), 2);
    }

    #[test]
    fn parts_of_words_and_numbers_are_found() {
        assert!(finds("明天下午三点开会", "午三"));
        assert!(finds("电话13812345678", "45"));
        assert!(finds("电话13812345678", "678"));
        assert!(finds("Hello world", "lo w"));
        assert!(finds("Hello world", "ell"));
        assert!(finds("A区3号楼", "区3"));
        assert!(finds("好😀😂", "😀"));
        assert!(finds("abc", "c"));
        assert!(!finds("abc", "abd"));
        assert!(!finds("明天开会", "天会"));
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_is_found(text in "[ab1中文字😀\u{e001} .]{1,24}", from in 0usize..24, length in 1usize..24) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assert!(finds(&text, &part), "{:?} in {:?}", part, text);
        }
    }
}
