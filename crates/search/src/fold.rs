//! Folding: what two spellings must share to be found by each other.
//!
//! NFKC, lower case, traditional to simplified Chinese, white space to a plain space, zero-width characters and
//! variation selectors dropped. Folding goes character by character (after composition), so the folded form of a
//! part of a text is a part of its folded form; search for substrings rests on that.

use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The character is no single 16-bit character when folded; ask [`fold_slowly`].
const SLOW: u16 = 0xd800;
/// The character may combine with its neighbour; the whole text is composed first.
const COMBINES: u16 = 0xd801;
/// The character vanishes.
const DROPPED: u16 = 0xd802;

type Page = Box<[u16; 256]>;
static PAGES: [OnceLock<Page>; 256] = [const { OnceLock::new() }; 256];

/// The folded form of a text.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Appends the folded form of a text.
pub fn fold_into(text: &str, out: &mut String) {
    let start = out.len();
    for character in text.chars() {
        if !fold_char_into(character, out) {
            out.truncate(start);
            for composed in text.nfkc() {
                if !fold_char_into(composed, out) {
                    fold_slowly(composed, out);
                }
            }
            return;
        }
    }
}

/// Appends the folded form of one character; `false` when it may combine with its neighbour.
pub(crate) fn fold_char_into(character: char, out: &mut String) -> bool {
    if character.is_ascii() {
        out.push(if character.is_ascii_whitespace() || character == '\0' {
            ' '
        } else {
            character.to_ascii_lowercase()
        });
        return true;
    }
    match folded(character) {
        COMBINES => return false,
        DROPPED => {}
        SLOW => fold_slowly(character, out),
        code => out.push(char::from_u32(u32::from(code)).unwrap_or(character)),
    }
    true
}

fn folded(character: char) -> u16 {
    let code = u32::from(character);
    let (Ok(page), low) = (usize::try_from(code >> 8), (code & 0xff) as usize) else {
        return SLOW;
    };
    PAGES
        .get(page)
        .and_then(|slot| slot.get_or_init(|| make_page(page)).get(low).copied())
        .unwrap_or(if is_dropped(character) { DROPPED } else { SLOW })
}

fn make_page(page: usize) -> Page {
    let mut table = Box::new([SLOW; 256]);
    for (low, slot) in table.iter_mut().enumerate() {
        let Some(character) = u32::try_from(page << 8 | low).ok().and_then(char::from_u32) else {
            continue;
        };
        *slot = if is_dropped(character) {
            DROPPED
        } else if canonical_combining_class(character) != 0
            || ('\u{1100}'..='\u{11ff}').contains(&character)
        {
            COMBINES
        } else {
            let mut out = String::new();
            fold_slowly(character, &mut out);
            let mut characters = out.chars();
            match (characters.next(), characters.next()) {
                (Some(only), None) => u16::try_from(u32::from(only)).unwrap_or(SLOW),
                _ => SLOW,
            }
        };
    }
    table
}

const fn is_dropped(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn fold_slowly(character: char, out: &mut String) {
    for composed in std::iter::once(character).nfkc() {
        for lower in composed.to_lowercase() {
            if lower.is_whitespace() || lower == '\0' {
                out.push(' ');
            } else if ('\u{3400}'..='\u{9fff}').contains(&lower) {
                out.push_str(&fast2s::convert(lower.encode_utf8(&mut [0; 4])));
            } else {
                out.push(lower);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_that_mean_the_same_fold_alike() {
        for (one, other) in [
            ("ＡＢＣ１２３", "abc123"),
            ("臺灣計畫", "台湾计画"),
            ("Straße", "straße"),
            ("e\u{301}té", "été"),
            ("a\u{3000}b\tc\nd", "a b c d"),
            ("❤\u{fe0f}", "❤"),
            ("㎏", "kg"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(fold("聯絡電話：１３８"), "联络电话:138");
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_folds_to_a_part_of_its_fold(text in "[a-zA-Z0-9\u{4e00}-\u{9fff}\u{ff01}-\u{ff5e} 😀-😏]{0,20}", from in 0usize..20, length in 0usize..20) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assert!(fold(&text).contains(&fold(&part)));
        }
    }
}
