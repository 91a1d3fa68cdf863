//! Slices: days, sizes, and what is answered across them.

use std::fs;

use hutong_model::{Message, Part, Quote};
use hutong_testkit::{Cast, cast, message};
use serde_json::Value;

use crate::conformance::rsmf::open;
use crate::{Context, NoBlobs, Output, format};

/// The manifests of these messages of the group, by the names of their files.
fn slices(cast: &Cast, messages: &[Message]) -> Vec<(String, Value)> {
    let mut context = Context::new(&cast.names, &NoBlobs);
    context.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("out");
    let mut export = format("rsmf")
        .unwrap()
        .start(Output::Folder(path.clone()), &context)
        .unwrap();
    export
        .conversation(&cast.group, messages.len() as u64)
        .unwrap();
    messages.iter().for_each(|one| export.message(one).unwrap());
    let written = export.finish().unwrap();
    let folder = path.join("周末一起吃饭");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                open(&text).0,
            )
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(found.len() as u64, written.files);
    found
}

fn say(cast: &Cast, minute: u32, text: &str) -> Message {
    message(&cast.group, cast.people[1], minute, vec![Part::text(text)])
}

#[test]
fn a_day_in_the_zone_is_a_file() {
    let cast = cast();
    // 08:00 UTC on the first of May is 16:00 in Shanghai.
    let messages = [
        say(&cast, 0, "a"),
        say(&cast, 479, "b"),
        say(&cast, 480, "c"),
    ];
    let found = slices(&cast, &messages);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["2024-05-01.rsmf", "2024-05-02.rsmf"]);
    assert_eq!(found[0].1["events"].as_array().unwrap().len(), 2);
    assert_eq!(
        found[0].1["eventcollectionid"],
        found[1].1["eventcollectionid"]
    );
}

#[test]
fn a_long_day_is_several_files_of_one_collection() {
    let cast = cast();
    let at = |number: u32| {
        let mut one = say(&cast, number, "喂");
        one.sent_at = hutong_model::Timestamp::from_seconds(1_714_550_400 + i64::from(number));
        one
    };
    let messages: Vec<_> = (0..25_000).map(at).collect();
    let found = slices(&cast, &messages);
    let counts: Vec<_> = found
        .iter()
        .map(|(_, manifest)| manifest["events"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 25_000);
    assert!(counts.iter().all(|count| *count <= 10_000), "{counts:?}");
    assert_eq!(
        found
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>(),
        [
            "2024-05-01 (2).rsmf",
            "2024-05-01 (3).rsmf",
            "2024-05-01.rsmf"
        ]
    );
}

#[test]
fn what_is_answered_stands_in_the_file_of_the_answer() {
    let cast = cast();
    let first = say(&cast, 0, "吃什么？");
    let mut second = say(&cast, 2000, "面");
    second.reply_to = vec![first.id];
    let mut third = say(&cast, 2001, "饭");
    third.reply_to = vec![first.id];
    // What is answered here was never exported, but the answer quotes it.
    let unknown = say(&cast, 9000, "x").id;
    let mut quoting = say(&cast, 2002, "好");
    quoting.reply_to = vec![unknown];
    quoting.parts.insert(
        0,
        Part::Quote(Box::new(Quote {
            author_name: Some("路人".to_owned()),
            parts: vec![Part::text("几点")],
            ..Quote::default()
        })),
    );
    let found = slices(&cast, &[first.clone(), second, third, quoting]);
    let events = found[1].1["events"].as_array().unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["history", "message", "message", "history", "message"]
    );
    assert_eq!(events[0]["id"], first.id.to_hex());
    assert_eq!(events[0]["body"], "吃什么？");
    assert_eq!(events[0]["timestamp"], "2024-05-01T08:00:00.000Z");
    assert_eq!(events[2]["parent"], first.id.to_hex());
    assert_eq!(events[3]["body"], "几点");
    assert_eq!(events[3]["participant"], "name:路人");
}
