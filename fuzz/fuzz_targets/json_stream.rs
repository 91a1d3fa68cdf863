//! A file of JSON: its elements taken and offered, its lines, what is repaired, and the outline of its beginning.
#![no_main]

use std::sync::Arc;

use hutong_sources::json_stream::{
    Choice, Found, JsonLines, JsonStream, Node, Outline, first_value, parse,
};
use libfuzzer_sys::fuzz_target;

/// Offset and length of every element; `is_offered` asks for the quick way.
fn elements(bytes: &[u8], is_offered: bool) -> Vec<(u64, usize)> {
    let mut stream = JsonStream::new(Arc::new(bytes.to_vec()))
        .expect("bytes in memory can be read")
        .with_landmarks(&["messages"]);
    let mut elements = Vec::new();
    while let Some(found) = stream
        .next(|path, _| match path {
            "" | "messages" => Choice::Enter,
            "skipped" => Choice::Skip,
            _ if is_offered => Choice::Offer,
            _ => Choice::Take,
        })
        .expect("bytes in memory can be read")
    {
        let Found::Value(value) = found else { continue };
        if value.is_offer {
            let Some((_, length)) = first_value::<Node<'_>>(value.bytes) else {
                continue;
            };
            elements.push((value.start, length));
            stream.accept(length);
        } else {
            let mut spare = Vec::new();
            let _ = parse::<Node<'_>>(value.bytes, &mut spare);
            elements.push((value.start, value.bytes.len()));
        }
    }
    elements
}

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(elements(bytes, true), elements(bytes, false));
    let mut lines = JsonLines::new(Arc::new(bytes.to_vec())).expect("bytes in memory can be read");
    while lines
        .next_line()
        .expect("bytes in memory can be read")
        .is_some()
    {}
    let _ = Outline::of(bytes);
});
