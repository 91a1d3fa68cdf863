//! Readers of a pool: several threads, one state, while an import goes on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hutong_archive::{Archive, Place};
use hutong_model::{At, Message, Origin};

use crate::world::{Home, chat, id_of, records, text, unlock};

fn message(number: i64) -> Message {
    text(
        0,
        number,
        number,
        (number % 3) as usize,
        &format!("{number}"),
    )
}

/// The same message as another input has it.
fn copy(number: i64, input: &str) -> Message {
    let mut copy = message(number);
    copy.origin = Origin::new(input, "", At::Row(number));
    copy
}

#[test]
fn readers_see_one_state_while_an_import_writes_and_the_new_one_when_refreshed() {
    let mut home = Home::with(&[records((0..300).map(message)), records([copy(7, "old.db")])]);
    let pool = home.archive.reader_pool(3);
    let before = pool.get().unwrap().page(chat(0), Place::End, 200).unwrap();
    let (is_over, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Acquire) {
                    let mut reader = pool.get().unwrap();
                    assert_eq!(reader.page(chat(0), Place::End, 200).unwrap(), before);
                    assert_eq!(reader.sightings(id_of(0, 7)).unwrap().len(), 2);
                    assert_eq!(reader.sightings(id_of(0, 200)).unwrap().len(), 1);
                    assert_eq!(reader.density(chat(0), &[0, i64::MAX]).unwrap(), [301]);
                    rounds.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        for step in 0..6 {
            let input = format!("{step}.db");
            home.import(&records((100..400).map(|number| copy(number, &input))));
            // Every import is met by readers that were lent before, while and after it wrote.
            let seen = rounds.load(Ordering::Acquire);
            while rounds.load(Ordering::Acquire) < seen + 4 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        is_over.store(true, Ordering::Release);
    });
    let lent_before = {
        let mut reader = pool.get().unwrap();
        pool.refresh().unwrap();
        reader.page(chat(0), Place::End, 200).unwrap()
    };
    assert_eq!(lent_before, before, "a reader that is out keeps its state");
    let mut reader = pool.get().unwrap();
    let page = reader.page(chat(0), Place::End, 200).unwrap();
    assert_eq!(page.messages.last().unwrap().id, id_of(0, 399));
    assert_eq!(reader.sightings(id_of(0, 200)).unwrap().len(), 7);
    let mut alone = home.archive.reader().unwrap();
    assert_eq!(alone.page(chat(0), Place::End, 200).unwrap(), page);
}

#[test]
fn a_pool_lends_no_more_readers_than_it_may_and_waits_for_one_to_come_back() {
    let home = Home::with(&[records([message(1)])]);
    let pool = home.archive.reader_pool(2);
    let (one, two) = (pool.get().unwrap(), pool.get().unwrap());
    assert!(pool.try_get().unwrap().is_none());
    let waiting = std::thread::spawn({
        let pool = pool.clone();
        move || pool.get().unwrap().page(chat(0), Place::Start, 5).unwrap()
    });
    std::thread::sleep(Duration::from_millis(20));
    assert!(!waiting.is_finished());
    drop(one);
    assert_eq!(waiting.join().unwrap().messages.len(), 1);
    assert!(pool.try_get().unwrap().is_some());
    drop(two);
    // A reader whose thread panics is not used again, and its place is free.
    for _ in 0..3 {
        let pool = pool.clone();
        let panicked = std::thread::spawn(move || {
            let _reader = pool.get().unwrap();
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
    }
    let both = (pool.get().unwrap(), pool.get().unwrap());
    assert!(pool.try_get().unwrap().is_none());
    drop(both);
}

#[test]
fn looking_again_reads_what_another_process_wrote() {
    let mut home = Home::with(&[records((0..50).map(message))]);
    let mut other = Archive::open(&home.path(), &unlock(home.archive.expose_key())).unwrap();
    let pool = other.reader_pool(1);
    home.import(&records((50..90).map(message)));
    home.import(&records([text(1, 500, 0, 1, "别的会话")]));
    home.archive
        .link_conversations(chat(1), chat(0), 0)
        .unwrap();
    assert_eq!(other.totals().unwrap().messages, 50);
    other.refresh().unwrap();
    pool.refresh().unwrap();
    let reopened = Archive::open(&home.path(), &unlock(home.archive.expose_key())).unwrap();
    for archive in [&other, &reopened] {
        assert_eq!(archive.totals().unwrap(), home.archive.totals().unwrap());
        assert_eq!(crate::world::lines(archive), home.lines());
    }
    assert_eq!(
        pool.get()
            .unwrap()
            .page(chat(1), Place::End, 100)
            .unwrap()
            .messages
            .len(),
        91
    );
}
