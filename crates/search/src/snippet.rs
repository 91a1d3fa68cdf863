//! Snippets: the words around a match, with the match marked.

use crate::fold::fold_char_into;

/// A piece of a text with marked ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The words, in one line.
    pub text: String,
    /// Byte ranges of the matches inside `text`.
    pub marks: Vec<(usize, usize)>,
    /// Whether words before it were left out.
    pub is_cut_before: bool,
    /// Whether words after it were left out.
    pub is_cut_after: bool,
}

/// About `width` characters of `text` around the first match of the folded terms.
#[must_use]
pub fn snippet(text: &str, folded_terms: &[&str], width: usize) -> Snippet {
    // Folded text with, for each of its bytes, the character of the original it came from.
    let characters: Vec<char> = text.chars().collect();
    let mut folded = String::with_capacity(text.len());
    let mut sources = Vec::with_capacity(text.len());
    for (index, character) in characters.iter().enumerate() {
        // A combining mark alone is skipped here: only the place of a match may shift, never the text shown.
        fold_char_into(*character, &mut folded);
        sources.resize(folded.len(), index);
    }
    let mut matches: Vec<(usize, usize)> = Vec::new();
    for term in folded_terms.iter().filter(|term| !term.is_empty()) {
        for (start, _) in folded.match_indices(term) {
            if let (Some(first), Some(last)) =
                (sources.get(start), sources.get(start + term.len() - 1))
            {
                matches.push((*first, *last + 1));
            }
        }
    }
    matches.sort_unstable();
    let (first, last) = matches.first().copied().unwrap_or((0, 0));
    let before = width.saturating_sub(last - first) / 3;
    let start = first.saturating_sub(before);
    let end = (start + width.max(last - first)).min(characters.len());
    let mut out = Snippet {
        text: String::new(),
        marks: Vec::new(),
        is_cut_before: start > 0,
        is_cut_after: end < characters.len(),
    };
    let mut offsets = Vec::with_capacity(end - start + 1);
    for character in characters.get(start..end).unwrap_or_default() {
        offsets.push(out.text.len());
        out.text.push(if character.is_control() {
            ' '
        } else {
            *character
        });
    }
    offsets.push(out.text.len());
    for (from, to) in matches {
        if from < start || to > end {
            continue;
        }
        let (Some(from), Some(to)) = (offsets.get(from - start), offsets.get(to - start)) else {
            continue;
        };
        match out.marks.last_mut() {
            Some(mark) if *from <= mark.1 => mark.1 = mark.1.max(*to),
            _ => out.marks.push((*from, *to)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_match_is_marked_in_the_original_spelling() {
        let found = snippet("明天下午請把ＡＢＣ合同發給我\n謝謝", &["abc合同"], 10);
        let (from, to) = found.marks[0];
        assert_eq!(&found.text[from..to], "ＡＢＣ合同");
        assert!(found.is_cut_before && found.is_cut_after);
    }

    proptest! {
        #[test]
        fn marks_lie_on_character_boundaries(text in "\\PC{0,60}", term in "\\PC{1,3}", width in 1usize..40) {
            let found = snippet(&text, &[&crate::fold(&term)], width);
            for (from, to) in found.marks {
                prop_assert!(found.text.get(from..to).is_some());
            }
        }
    }
}
