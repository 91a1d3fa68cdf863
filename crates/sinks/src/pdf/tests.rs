//! Books as other people's tools read them.

use hutong_model::{Message, Part};
use hutong_testkit::{cast, message};

use crate::conformance::pdf::words;
use crate::{Context, NoBlobs, Output, WriteError, format};

fn book(texts: &[&str], count: u32) -> Vec<Vec<u8>> {
    let cast = cast();
    let context = Context::new(&cast.names, &NoBlobs);
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("book.pdf");
    let mut export = format("pdf")
        .unwrap()
        .start(Output::File(path), &context)
        .unwrap();
    export.conversation(&cast.group, u64::from(count)).unwrap();
    for number in 0..count {
        let text = texts[usize::try_from(number).unwrap() % texts.len()];
        let sender = cast.people[usize::try_from(number / 2).unwrap() % cast.people.len()];
        let message: Message = message(&cast.group, sender, number * 240, vec![Part::text(text)]);
        export.message(&message).unwrap();
    }
    let written = export.finish().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(written.files, names.len() as u64);
    names
        .iter()
        .map(|name| std::fs::read(name).unwrap())
        .collect()
}

fn count(file: &[u8], wanted: &[u8]) -> usize {
    file.windows(wanted.len())
        .filter(|window| *window == wanted)
        .count()
}

#[test]
fn words_come_out_as_they_were_said() {
    let texts = [
        "周六中午见，带上“小北”……好吗？",
        "👨‍👩‍👧‍👦 🇨🇳 👍🏽",
        "e\u{301}tude, Việt Nam, naïve office",
        "שלום עולם",
        "Привет, мир! 한국어 日本語",
        "𠮷野家",
    ];
    let files = book(&texts, 6);
    let all = words(&files[0]);
    for text in [
        texts[0],
        texts[1],
        "Việt Nam, naïve office",
        "שלום עולם",
        texts[4],
        texts[5],
    ] {
        assert!(all.contains(text), "{text} in {all}");
    }
    let places: Vec<_> = [texts[0], texts[1], "Việt", "שלום", "Привет"]
        .iter()
        .map(|text| all.find(text).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn long_books_come_in_volumes_that_lose_nothing() {
    let files = book(
        &[
            "第一句",
            "second line",
            "第三句，长一些，再长一些，直到这一行放不下为止，于是它要换到下一行去才行",
        ],
        30_000,
    );
    assert!(files.len() > 1);
    let all: Vec<String> = files.iter().map(|file| words(file)).collect();
    let found: usize = all
        .iter()
        .map(|words| words.matches("second line").count())
        .sum();
    assert_eq!(found, 10_000);
    for (number, words) in all.iter().enumerate() {
        assert!(
            words.contains(&format!("卷 {}", number + 1)),
            "every volume says which it is"
        );
    }
}

#[test]
fn every_day_and_month_has_a_bookmark() {
    // 360 messages, four hours apart, are sixty days from 1 May to 30 June.
    let files = book(&["一句"], 360);
    let title = |text: &str| {
        let units: String = text
            .encode_utf16()
            .map(|unit| format!("{unit:04X}"))
            .collect();
        format!("<FEFF{units}>").into_bytes()
    };
    let plain = |text: &str| [&b"("[..], text.as_bytes(), b")"].concat();
    assert_eq!(count(&files[0], &plain("2024-05")), 1);
    assert_eq!(count(&files[0], &plain("2024-06")), 1);
    assert!(count(&files[0], &title("2024年5月31日 星期五")) > 0);
}

#[test]
fn without_a_chinese_font_nothing_is_written() {
    let cast = cast();
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.options.fonts.folders.clear();
    let stream = Output::Stream(Box::new(std::io::sink()));
    let started = format("pdf").unwrap().start(stream, &context);
    assert!(matches!(started, Err(WriteError::NoFont)));
}
