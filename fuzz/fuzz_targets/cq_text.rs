//! A CQ text of OneBot: no word of it is lost, and what holds no code is one text.
#![no_main]

use hutong_sources::onebot::cq_segments;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let segments = cq_segments(text);
    let words: usize = segments
        .iter()
        .filter(|segment| segment.get("type").str() == Some("text"))
        .map(|segment| segment.get("data").get("text").str().map_or(0, str::len))
        .sum();
    assert!(words <= text.len());
    if !text.contains("[CQ:") && !text.contains('&') {
        assert_eq!(words, text.len());
        assert!(segments.len() <= 1);
    }
});
