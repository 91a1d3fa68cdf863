//! What was computed is given back only while the messages are those it was computed from.

use std::collections::HashSet;

use hutong_archive::{Archive, ConversationLink, DerivedEntry, Stamp};
use hutong_model::ConversationId;

use crate::world::{Home, chat, records, text};

fn stamps(archive: &Archive) -> Vec<(ConversationId, Stamp)> {
    let mut stamps: Vec<_> = archive.content_stamps().unwrap().into_iter().collect();
    stamps.sort_unstable();
    stamps
}

#[test]
fn an_entry_is_given_back_only_with_the_stamp_that_it_was_kept_with() {
    let mut home = Home::new();
    home.import(&records([text(0, 1, 0, 1, "一")]));
    let mut derived = home.archive.derived().unwrap();
    let entry = |stamp, data: &[u8]| DerivedEntry {
        name: b"a".to_vec(),
        stamp,
        data: data.to_vec(),
    };
    assert!(derived.put("t", &[entry([1; 16], b"one")]).unwrap());
    assert_eq!(
        derived.get("t", b"a", &[1; 16]).unwrap(),
        Some(b"one".to_vec())
    );
    assert_eq!(derived.get("t", b"a", &[2; 16]).unwrap(), None);
    assert_eq!(derived.get("u", b"a", &[1; 16]).unwrap(), None);
    assert!(derived.put("t", &[entry([2; 16], b"two")]).unwrap());
    assert_eq!(derived.get("t", b"a", &[1; 16]).unwrap(), None);
    assert!(derived.has("t", b"a", &[2; 16]).unwrap());
    derived.forget("t").unwrap();
    assert!(!derived.has("t", b"a", &[2; 16]).unwrap());
}

#[test]
fn an_import_changes_the_stamps_of_the_conversations_that_it_touched_and_of_no_other() {
    let mut home = Home::new();
    home.import(&records([
        text(0, 1, 0, 1, "一"),
        text(1, 2, 0, 1, "二"),
        text(2, 3, 0, 1, "三"),
    ]));
    let before = stamps(&home.archive);
    let all = home.archive.content_stamp().unwrap();
    // The same again changes nothing.
    home.import(&records([text(0, 1, 0, 1, "一")]));
    assert_eq!(stamps(&home.archive), before);
    // Another sighting and a new message do.
    home.import(&records([text(0, 1, 0, 1, "一!"), text(1, 9, 5, 1, "又")]));
    let after = stamps(&home.archive);
    let changed: HashSet<ConversationId> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|(before, _)| before.0)
        .collect();
    assert_eq!(changed, HashSet::from([chat(0), chat(1)]));
    assert_ne!(home.archive.content_stamp().unwrap(), all);
}

#[test]
fn a_link_changes_stamps_and_taking_it_apart_brings_them_back() {
    let mut home = Home::new();
    home.import(&records([text(0, 1, 0, 1, "一"), text(2, 3, 0, 1, "三")]));
    let before = stamps(&home.archive);
    assert!(
        home.archive
            .link_conversations(chat(2), chat(0), 0)
            .unwrap()
    );
    let links: Vec<ConversationLink> = home.archive.conversation_links().unwrap();
    assert_eq!(links.len(), 1);
    let linked = stamps(&home.archive);
    assert_eq!(linked.len(), 1);
    assert_ne!(linked[0].1, before[0].1);
    home.archive.unlink_conversation(chat(2)).unwrap();
    assert_eq!(stamps(&home.archive), before);
}

#[test]
fn keeping_something_while_an_import_runs_disturbs_neither() {
    let mut home = Home::new();
    home.import(&records([text(0, 1, 0, 1, "一")]));
    let mut derived = home.archive.derived().unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..200_u8 {
            let entry = DerivedEntry {
                name: vec![number],
                stamp: [number; 16],
                data: vec![number; 1000],
            };
            derived.put("t", &[entry]).unwrap();
        }
        (0..200_u8).all(|number| derived.has("t", &[number], &[number; 16]).unwrap())
    });
    for round in 0..10 {
        home.import(&records(
            (0..50).map(|row| text(0, 100 + round * 50 + row, row, 1, "二")),
        ));
    }
    assert!(writer.join().unwrap());
    assert_eq!(home.archive.totals().unwrap().messages, 501);
}
