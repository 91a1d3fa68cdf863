//! A query, and a text that it is compared with.
#![no_main]

use hutong_search::{Query, fold, query_tokens, snippet, text_tokens};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (query, text) = input;
    let Ok(query) = Query::parse(query, &TimeZone::UTC) else {
        return;
    };
    let folded = fold(text);
    let words = query.wanted_words();
    if query.words_match(&folded) {
        // What stands in a text is found by the index of that text.
        let mut tokens = Vec::new();
        text_tokens(&folded, |token| tokens.push(token));
        for ranges in words.iter().flat_map(|word| query_tokens(word)) {
            assert!(ranges.iter().any(|range| {
                tokens
                    .iter()
                    .any(|token| (range.low..=range.high).contains(token))
            }));
        }
    }
    let cut = snippet(text, &words, 60);
    for (from, to) in cut.marks {
        assert!(
            cut.text.get(from..to).is_some(),
            "marks stand between characters"
        );
    }
});
