//! Tests of the reader of JSON.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::json_export::damage::{Dice, spoil};

/// Offset, length, whether an element was lost, reason.
type Told = (u64, u64, bool, String);

/// Elements of `messages` and other texts, and the troubles, of a file.
fn walk(bytes: &[u8]) -> (Vec<(u64, String)>, Vec<Told>) {
    let mut stream = JsonStream::new(Arc::new(bytes.to_vec()))
        .unwrap()
        .with_landmarks(&["messages"]);
    let (mut values, mut troubles) = (Vec::new(), Vec::new());
    while let Some(found) = stream
        .next(|path, _| match path {
            "" | "messages" => Choice::Enter,
            "skipped" => Choice::Skip,
            _ => Choice::Take,
        })
        .unwrap()
    {
        match found {
            Found::Value(value) => {
                let text = String::from_utf8_lossy(value.bytes);
                values.push((value.start, format!("{}={text}", value.path)));
            }
            Found::Trouble(trouble) => {
                troubles.push((
                    trouble.start,
                    trouble.length,
                    trouble.is_element,
                    trouble.reason.to_owned(),
                ));
            }
        }
    }
    (values, troubles)
}

fn values(bytes: &[u8]) -> Vec<String> {
    walk(bytes).0.into_iter().map(|(_, value)| value).collect()
}

#[test]
fn values_come_by_path_with_their_offsets() {
    let file =
        br#"{"a": 1, "skipped": {"x":[1,2]}, "messages": [ {"i":1} ,{"i":"}]\""}], "b":"z"}"#;
    let (values, troubles) = walk(file);
    assert!(troubles.is_empty());
    assert_eq!(
        values,
        [
            (6, "a=1".to_owned()),
            (47, "messages[]={\"i\":1}".to_owned()),
            (56, "messages[]={\"i\":\"}]\\\"\"}".to_owned()),
            (75, "b=\"z\"".to_owned()),
        ]
    );
}

#[test]
fn marks_blanks_and_commas_are_forgiven() {
    let file = b"\xEF\xBB\xBF\0{\"messages\":[{\"i\":1},,{\"i\":2}\n{\"i\":3,},],}\0\0";
    let (values, troubles) = walk(file);
    assert!(troubles.is_empty(), "{troubles:?}");
    assert_eq!(values.len(), 3);
}

#[test]
fn a_missing_end_costs_the_last_element_only() {
    let file = br#"{"messages":[{"i":1},{"i":2},{"i":3}]}"#;
    for end in 0..file.len() {
        let (values, troubles) = walk(&file[..end]);
        let whole = file[..end]
            .windows(3)
            .filter(|three| three[1..] == *b"}," || three[1..] == *b"}]")
            .count();
        assert!(values.len() >= whole, "{end}");
        assert!(values.len() <= 3);
        assert_eq!(troubles.len(), usize::from(end > 0), "{end} {troubles:?}");
    }
}

#[test]
fn a_damaged_element_costs_itself_only() {
    let mut file = br#"{"messages":["#.to_vec();
    for number in 0..50 {
        file.extend(format!(r#"{{"id":"{number}","text":"好","more":{{"x":[1,2]}}}},"#).bytes());
    }
    file.extend(br#"{"id":"end"}],"after":1}"#);
    for at in 13..file.len() - 1 {
        for byte in [!file[at], b'"', b'x', b'}'] {
            let mut broken = file.clone();
            broken[at] = byte;
            let (values, troubles) = walk(&broken);
            let lost = 52 - values.len().min(52);
            assert!(lost <= 3, "{at} {byte}: {lost} lost, {troubles:?}");
            assert!(lost == 0 || !troubles.is_empty(), "{at} {byte}");
        }
    }
}

#[test]
fn a_damaged_header_does_not_hide_the_messages() {
    let file = br#"{"meta":{"name":"x" "y"},"b":2,"messages":[{"i":1},{"i":2}]}"#;
    let (values, troubles) = walk(file);
    assert_eq!(values.len(), 2, "{values:?}");
    assert_eq!(troubles.len(), 1);
}

#[test]
fn several_values_follow_each_other() {
    assert_eq!(
        values(b"{\"a\":1}\n{\"a\":2}{\"a\":3}"),
        ["a=1", "a=2", "a=3"]
    );
    assert_eq!(values(b"[1]"), ["[]=1"].map(|_| "[]=1"));
}

#[test]
fn values_across_the_border_of_a_chunk_are_whole() {
    let long = "长".repeat(200_000);
    let file = format!(r#"{{"messages":[{{"i":"{long}"}},{{"i":"{long}"}},{{"i":2}}]}}"#);
    let values = values(file.as_bytes());
    assert_eq!(values.len(), 3);
    assert!(values[1].ends_with("长\"}"));
}

#[test]
fn a_value_that_is_too_large_is_told_and_passed_over() {
    let mut file = br#"{"messages":[{"i":""#.to_vec();
    file.resize(file.len() + LARGEST_VALUE + 1000, b'a');
    file.extend(br#""},{"i":2}]}"#);
    let (values, troubles) = walk(&file);
    assert_eq!(values.len(), 1);
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].2);
}

/// A forged export, as it is and with each kind of damage.
fn broken_files() -> (Vec<u8>, Vec<Vec<u8>>) {
    let plan = hutong_samples::Plan {
        messages: 800,
        ..hutong_samples::Plan::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let forged = hutong_samples::qce(&plan, folder.path(), &mut |_| {}).unwrap();
    let whole = std::fs::read(forged.root.join("group_export.json")).unwrap();
    let mut dice = Dice(11);
    let mut broken: Vec<Vec<u8>> = (0..40)
        .map(|_| whole[..dice.below(whole.len())].to_vec())
        .collect();
    broken.extend(
        (1..6).flat_map(|seed| [100, 1000, 10_000].map(|one_in| spoil(&whole, 0, one_in, seed))),
    );
    (whole, broken)
}

#[test]
fn forged_files_with_damage_are_walked_through() {
    let (whole, broken) = broken_files();
    let elements = |(values, troubles): (Vec<(u64, String)>, Vec<Told>)| {
        let ascending = values.windows(2).all(|two| two[0].0 < two[1].0);
        assert!(ascending, "an element came twice");
        let elements = values
            .iter()
            .filter(|(_, value)| value.starts_with("messages[]="));
        (elements.count(), troubles.len())
    };
    let (count, troubles) = elements(walk(&whole));
    assert!(count > 300 && troubles == 0);
    for (number, file) in broken.iter().enumerate() {
        let (kept, troubles) = elements(walk(file));
        assert!(troubles > 0, "{number}: nothing is told");
        // One byte in ten thousand hits one element in twenty, and damage to a bracket one more.
        let is_little = number >= 40 && (number - 40) % 3 == 2;
        assert!(
            !is_little || kept * 100 >= count * 80,
            "{number}: {kept} of {count}"
        );
    }
}

/// As [`walk`], with every element offered and the troubles by their places.
fn walk_with_offers(bytes: &[u8]) -> (Vec<(u64, String)>, Vec<Told>) {
    let mut stream = JsonStream::new(Arc::new(bytes.to_vec()))
        .unwrap()
        .with_landmarks(&["messages"]);
    let (mut values, mut troubles) = (Vec::new(), Vec::new());
    while let Some(found) = stream
        .next(|path, _| match path {
            "" | "messages" => Choice::Enter,
            "skipped" => Choice::Skip,
            "messages[]" => Choice::Offer,
            _ => Choice::Take,
        })
        .unwrap()
    {
        let value = match found {
            Found::Value(value) => value,
            Found::Trouble(trouble) => {
                troubles.push((
                    trouble.start,
                    trouble.length,
                    trouble.is_element,
                    trouble.reason.to_owned(),
                ));
                continue;
            }
        };
        let mut bytes = value.bytes;
        let mut length = 0;
        if value.is_offer {
            let Some((_, found)) = first_value::<Node<'_>>(bytes) else {
                continue;
            };
            (bytes, length) = (&bytes[..found], found);
        }
        let text = String::from_utf8_lossy(bytes);
        values.push((value.start, format!("{}={text}", value.path)));
        stream.accept(length);
    }
    (values, troubles)
}

#[test]
fn offered_elements_are_those_that_are_taken() {
    let (whole, broken) = broken_files();
    for file in broken.iter().chain([&whole]) {
        assert_eq!(walk_with_offers(file), walk(file));
    }
}

#[test]
fn pruned_members_keep_their_plain_fields() {
    struct Raw;
    impl Prune for Raw {
        const KEYS: &'static [&'static str] = &["raw"];
    }
    let file =
        br#"{"a":{"raw":[1]},"raw":{"x":1,"y":{"z":[1,{}]},"l":["\ud800"],"t":"s"},"b":[1]}"#;
    let (node, length) = first_value::<Pruned<'_, Raw>>(file).unwrap();
    assert_eq!(length, file.len());
    assert_eq!(
        node.to_json(),
        r#"{"a":{"raw":[1]},"raw":{"x":1,"y":null,"l":null,"t":"s"},"b":[1]}"#
    );
    let (node, _) = first_value::<Pruned<'_, Raw>>(br#"[{"raw":[1]}]"#).unwrap();
    assert_eq!(node.to_json(), r#"[{"raw":[1]}]"#);
    assert!(first_value::<Pruned<'_, Raw>>(br#"{"raw":{"#).is_none());
}

#[test]
fn deep_nesting_is_damage_and_no_crash() {
    let mut file = br#"{"messages":["#.to_vec();
    file.resize(100_000, b'[');
    assert!(walk(&file).0.is_empty());
    let file = vec![b'['; 100_000];
    let mut stream = JsonStream::new(Arc::new(file)).unwrap();
    while stream.next(|_, _| Choice::Enter).unwrap().is_some() {}
}

#[test]
fn what_writers_get_wrong_is_repaired() {
    let read = |bytes: &[u8]| {
        let mut spare = Vec::new();
        let (node, was_repaired) = parse::<Node<'_>>(bytes, &mut spare).unwrap();
        (
            node.get("a").text().map(std::borrow::Cow::into_owned),
            was_repaired,
        )
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(read(br#"{"a":"b"}"#), (some("b"), false));
    assert_eq!(read(br#"{"a":"x\ud83dy"}"#), (some("x\u{fffd}y"), true));
    assert_eq!(read(br#"{"a":"\ud83d\ude00"}"#), (some("😀"), false));
    assert_eq!(
        read(br#"{"a":"\ude00\ud83d"}"#),
        (some("\u{fffd}\u{fffd}"), true)
    );
    assert_eq!(read(b"{\"a\":\"x\ny\0\"}"), (some("x\ny\0"), true));
    assert_eq!(read(b"{\"a\":\"x\xFFy\",}"), (some("x\u{fffd}y"), true));
    assert_eq!(read(br#"{"a":"C:\Users"}"#), (some("C:\\Users"), true));
    assert_eq!(read(br#"{,"b":NaN,,"c":[1,],"a":"1"}"#), (some("1"), true));
}

#[test]
fn numbers_keep_their_digits() {
    let file = br#"{"a":7321000000000000001,"b":"7321000000000000001","c":18446744073709551615,"d":1.5,"e":-3,"f":12.0}"#;
    let mut spare = Vec::new();
    let (node, _) = parse::<Node<'_>>(file, &mut spare).unwrap();
    assert_eq!(node.get("a").integer(), Some(7_321_000_000_000_000_001));
    assert_eq!(node.get("b").integer(), node.get("a").integer());
    assert_eq!(node.get("c").unsigned(), Some(u64::MAX));
    assert_eq!(node.get("c").text().unwrap(), "18446744073709551615");
    assert_eq!(node.get("d").integer(), None);
    assert_eq!(node.get("e").unsigned(), None);
    assert_eq!(node.get("f").integer(), Some(12));
    assert_eq!(node.to_json().as_bytes(), file);
    assert!(is_rounded(7_321_000_000_000_000_000));
    assert!(!is_rounded(7_321_000_000_000_000_001));
    assert!(!is_rounded(9_000_000_000_000_000));
    // The quick answer for long numbers is the slow one.
    let by_decimals = |number: i64| (number as f64).to_string() == number.to_string();
    for number in (0..3000).map(|step| 7_321_000_000_000_000_000 + step) {
        assert_eq!(is_rounded(number), by_decimals(number), "{number}");
    }
    assert!(is_rounded(i64::MIN) == by_decimals(i64::MIN));
}

#[test]
fn lines_are_counted_and_blank_ones_left_out() {
    let mut lines =
        JsonLines::new(Arc::new(b"\xEF\xBB\xBF{}\r\n\n  \n# x\n{\"a\"".to_vec())).unwrap();
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        let text = String::from_utf8_lossy(line.bytes.unwrap()).into_owned();
        seen.push((line.number, line.start, text, line.is_ended));
    }
    assert_eq!(
        seen,
        [
            (1, 3, "{}".to_owned(), true),
            (4, 11, "# x".to_owned(), true),
            (5, 15, "{\"a\"".to_owned(), false)
        ]
    );
}

#[test]
fn an_outline_tells_what_stands_in_the_beginning() {
    let outline = Outline::of(
        br#"{"metadata":{"name":"N"},"messages":[{"id":"1","x":{"y":[{"z":1}]}},{"id":"2","te"#,
    );
    assert_eq!(outline.text("metadata.name"), Some("N"));
    assert_eq!(outline.text("messages[].id"), Some("1"));
    assert!(outline.has("messages[].x.y[].z"));
    assert_eq!(outline.shape, Some(Shape::Object));
    assert!(!outline.is_broken);
    assert_eq!(Outline::of(b"PK\x03\x04").shape, None);
    assert_eq!(Outline::of(b"{\"a\":1}\n{\"a\":2}").roots, 2);
}

proptest! {
    #[test]
    fn any_bytes_are_walked_through_to_the_end(bytes in proptest::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b','), Just(b':'), Just(b'\\'), any::<u8>()], 0..400)) {
        let _ = walk(&bytes);
        let mut spare = Vec::new();
        repair(&bytes, &mut spare);
        let _ = Outline::of(&bytes);
    }

    #[test]
    fn what_serde_writes_is_read_alike(texts in proptest::collection::vec(".*", 0..20)) {
        let file = serde_json::json!({"x": texts.first(), "messages": texts}).to_string();
        let (values, troubles) = walk(file.as_bytes());
        prop_assert!(troubles.is_empty());
        prop_assert_eq!(values.len(), texts.len() + 1);
        for (value, text) in values.iter().filter(|(_, value)| value.starts_with("messages[]=")).zip(&texts) {
            let read: String = serde_json::from_str(value.1.strip_prefix("messages[]=").unwrap()).unwrap();
            prop_assert_eq!(&read, text);
        }
    }
}
