//! Pages of a conversation are what reading it from its beginning gives, piece by piece, from wherever one comes.

use hutong_archive::{Archive, ArchiveError, Cursor, Page, Place, Reader, TimeWindow};
use hutong_model::{ConversationId, Message, MessageId, Timestamp};
use proptest::prelude::*;

use crate::merging::{change, copies};
use crate::world::{Home, START, chat, id_of, messages, records, text};

/// The whole conversation, read forward.
fn forward(reader: &mut Reader, chat: ConversationId) -> Vec<Message> {
    let mut all = Vec::new();
    reader
        .conversation::<ArchiveError>(chat, TimeWindow::default(), &mut |message| {
            all.push(message);
            Ok(true)
        })
        .unwrap();
    all
}

/// All pages one after the other, joined; each is checked against its neighbours.
fn leaf_through(
    reader: &mut Reader,
    chat: ConversationId,
    count: usize,
    is_backward: bool,
) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    let mut place = if is_backward {
        Place::End
    } else {
        Place::Start
    };
    loop {
        let page = reader.page(chat, place, count).unwrap();
        assert!(page.messages.len() <= count);
        let (goes_on, came_from) = if is_backward {
            (page.has_earlier, page.has_later)
        } else {
            (page.has_later, page.has_earlier)
        };
        assert_eq!(came_from, !all.is_empty());
        assert!(
            page.messages.len() == count || !goes_on,
            "a page that is not full is the last"
        );
        let cursor = if is_backward { page.first } else { page.last };
        if is_backward {
            all.splice(0..0, page.messages);
        } else {
            all.extend(page.messages);
        }
        match cursor {
            Some(cursor) if goes_on => {
                // What an address would carry.
                let cursor: Cursor = cursor.to_string().parse().unwrap();
                place = if is_backward {
                    Place::Before(cursor)
                } else {
                    Place::After(cursor)
                };
            }
            _ => {
                assert!(!goes_on);
                return all;
            }
        }
    }
}

fn check_page(page: &Page, all: &[Message], range: std::ops::Range<usize>) {
    assert_eq!(page.messages, all[range.clone()]);
    assert_eq!(page.has_earlier, range.start > 0);
    assert_eq!(page.has_later, range.end < all.len());
}

/// Every kind of page of every conversation, against its forward reading.
fn check_everything(archive: &Archive, count: usize) {
    let mut reader = archive.reader().unwrap();
    let mut records_found = 0;
    let chats: Vec<ConversationId> = archive.conversation_stats().unwrap().into_keys().collect();
    for chat in chats {
        let all = forward(&mut reader, chat);
        assert_eq!(leaf_through(&mut reader, chat, count, false), all);
        assert_eq!(leaf_through(&mut reader, chat, count, true), all);
        let first_at = |instant: i64| {
            all.iter()
                .position(|message| message.sent_at.0 >= instant)
                .unwrap_or(all.len())
        };
        for (number, message) in all.iter().enumerate() {
            let around = reader.page(chat, Place::Around(message.id), count).unwrap();
            let range =
                number.saturating_sub(count)..all.len().min(number.saturating_add(count + 1));
            check_page(&around, &all, range);
            for instant in [message.sent_at.0, message.sent_at.0 + 1] {
                let at = first_at(instant);
                let from = reader.page(chat, Place::From(instant), count).unwrap();
                check_page(&from, &all, at..all.len().min(at + count));
                let until = reader.page(chat, Place::Until(instant), count).unwrap();
                check_page(&until, &all, at.saturating_sub(count)..at);
            }
            // Any copy's id leads to the message.
            for sighting in reader.sightings(message.id).unwrap() {
                records_found += 1;
                let id = sighting.message.id;
                let page = reader.page(chat, Place::Around(id), 0).unwrap();
                assert_eq!(page.messages, std::slice::from_ref(message));
                assert_eq!(page.first, page.last);
            }
        }
        let unresolved = |message: &Message| Message {
            reply_to: Vec::new(),
            ..message.clone()
        };
        assert_eq!(
            reader.last_message(chat).unwrap().as_ref().map(unresolved),
            all.last().map(unresolved)
        );
        check_density(&mut reader, chat, &all);
    }
    assert_eq!(records_found, archive.totals().unwrap().records);
}

fn check_density(reader: &mut Reader, chat: ConversationId, all: &[Message]) {
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return;
    };
    // Copies may state other times than the message that is shown, an hour away at most.
    let (first, last) = (first.sent_at.0 - 4_000_000, last.sent_at.0 + 4_000_000);
    let step = ((last - first) / 37).max(1);
    let bounds: Vec<i64> = (0..=38).map(|number| first + number * step).collect();
    let density = reader.density(chat, &bounds).unwrap();
    assert_eq!(density.len(), bounds.len() - 1);
    let mut copies = vec![0; density.len()];
    for message in all {
        for sighting in reader.sightings(message.id).unwrap() {
            let at = sighting.message.sent_at.0;
            let slot = bounds.partition_point(|bound| *bound <= at) - 1;
            copies[slot] += 1;
        }
    }
    assert_eq!(density, copies);
    for (interval, count) in bounds.windows(2).zip(&density) {
        assert_eq!(reader.density(chat, interval).unwrap(), [*count]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_are_pieces_of_the_forward_reading(
        imports in prop::collection::vec(prop::collection::vec(copies(), 1..14), 1..4),
        changes in prop::collection::vec((0_usize..2, 0_i64..9, 0_u8..6), 0..4),
        count in 1_usize..5,
        is_linked in any::<bool>(),
    ) {
        let mut home = Home::new();
        for import in &imports {
            home.import(&records(import.iter().map(crate::merging::Copy::message)));
        }
        let changes: Vec<_> = changes
            .into_iter()
            .map(|(chat, server_id, what)| change(chat, server_id, what))
            .collect();
        home.import(&changes);
        if is_linked {
            home.archive.link_conversations(chat(0), chat(1), START).unwrap();
        }
        check_everything(&home.archive, count);
    }
}

/// Messages of the crowded chat.
const MANY: i64 = 2_400;

/// Three runs whose times overlap, several blocks each, with hundreds of messages in one instant, and another chat among
/// them.
fn crowded() -> Home {
    let message = |number: i64| {
        let second = match number % 5 {
            0 | 1 => 500,
            2 => number / 3,
            _ => 1_000 - number / 3,
        };
        let mut message = text(
            usize::from(number >= MANY),
            number,
            second,
            (number % 4) as usize,
            &format!("{number}"),
        );
        message.order = number % 2;
        message.is_hidden = second == 1_000;
        if (6..MANY).contains(&number) && number % 7 == 0 {
            message.reply_to = vec![id_of(0, number - 5)];
        }
        message
    };
    let all: Vec<Message> = (0..MANY + 900).map(message).collect();
    let imports: Vec<_> = (0..3)
        .map(|part| {
            let of_part = all.iter().filter(|message| {
                let [first, ..] = message.id.0;
                first % 3 == part
            });
            records(of_part.cloned())
        })
        .collect();
    Home::with(&imports)
}

#[test]
fn pages_of_many_messages_of_one_instant_lose_and_repeat_nothing() {
    let home = crowded();
    let mut reader = home.archive.reader().unwrap();
    let all = forward(&mut reader, chat(0));
    assert_eq!(all.len() as i64, MANY);
    for count in [2, 7, 60, 128, 999] {
        for is_backward in [false, true] {
            assert_eq!(
                leaf_through(&mut reader, chat(0), count, is_backward),
                all,
                "{count} {is_backward}"
            );
        }
    }
    let bounds: Vec<i64> = (-200..1_300)
        .map(|second| (START + second) * 1000)
        .collect();
    let density = reader.density(chat(0), &bounds).unwrap();
    assert_eq!(density.iter().sum::<u64>(), MANY as u64);
    for (bound, count) in bounds.iter().zip(&density) {
        let found = all.iter().filter(|message| message.sent_at.0 == *bound);
        assert_eq!(found.count() as u64, *count);
    }
    // An interval whose bounds descend counts nothing, and the next one is right again.
    let [first, last] = [bounds[0], bounds[1_499]];
    assert_eq!(
        reader
            .density(chat(0), &[first, last, first, last])
            .unwrap(),
        [MANY as u64, 0, MANY as u64]
    );
    assert_eq!(reader.density(chat(0), &[]).unwrap(), [0_u64; 0]);
}

#[test]
fn the_last_message_of_a_list_is_not_a_service_row() {
    let mut hidden: Vec<Message> = (0..5)
        .map(|number| text(0, number, number, 1, "看"))
        .collect();
    hidden[3].is_hidden = true;
    hidden[4].is_hidden = true;
    let home = Home::with(&[records(hidden.clone())]);
    let mut reader = home.archive.reader().unwrap();
    let last = reader.last_message(chat(0)).unwrap().unwrap();
    assert_eq!(last.id, id_of(0, 2));
    for message in &mut hidden {
        message.is_hidden = true;
    }
    let home = Home::with(&[records(hidden)]);
    let mut reader = home.archive.reader().unwrap();
    let last = reader.last_message(chat(0)).unwrap().unwrap();
    assert_eq!(last.id, id_of(0, 4));
}

#[test]
fn what_is_not_there_is_an_empty_page() {
    let home = Home::with(&[records([text(0, 1, 0, 1, "一"), text(1, 2, 0, 1, "二")])]);
    let mut reader = home.archive.reader().unwrap();
    for (conversation, place) in [
        (chat(2), Place::End),
        (ConversationId::default(), Place::Start),
        (chat(0), Place::Around(id_of(1, 2))),
        (chat(0), Place::Around(MessageId([7; 16]))),
    ] {
        let page = reader.page(conversation, place, 10).unwrap();
        assert_eq!(page, Page::default());
    }
    assert_eq!(reader.last_message(chat(2)).unwrap(), None);
    assert_eq!(reader.density(chat(2), &[0, 1, 2]).unwrap(), [0, 0]);
    assert!(reader.sightings(MessageId([7; 16])).unwrap().is_empty());
    // After the last and before the first: nothing, and it says where there is something.
    let before = reader
        .page(chat(0), Place::Until(START * 1000), 10)
        .unwrap();
    assert_eq!(
        (before.messages.len(), before.has_earlier, before.has_later),
        (0, false, true)
    );
    let after = reader.page(chat(0), Place::From(i64::MAX), 10).unwrap();
    assert_eq!(
        (after.messages.len(), after.has_earlier, after.has_later),
        (0, true, false)
    );
    let none = reader.page(chat(0), Place::End, 0).unwrap();
    assert_eq!(
        (none.messages.len(), none.has_earlier, none.has_later),
        (0, true, false)
    );
}

#[test]
fn a_cursor_stays_good_when_messages_come_before_and_after_it() {
    let message = |number: i64| text(0, number, number * 10, 1, &format!("{number}"));
    let mut home = Home::with(&[records((10..20).map(message))]);
    let mut reader = home.archive.reader().unwrap();
    let page = reader.page(chat(0), Place::End, 4).unwrap();
    let cursor = page.first.unwrap();
    home.import(&records((0..30).map(message)));
    let mut reader = home.archive.reader().unwrap();
    let ids = |page: &Page| page.messages.iter().map(|one| one.id).collect::<Vec<_>>();
    let before = reader.page(chat(0), Place::Before(cursor), 3).unwrap();
    assert_eq!(ids(&before), [13, 14, 15].map(|number| id_of(0, number)));
    let after = reader.page(chat(0), Place::After(cursor), 3).unwrap();
    assert_eq!(ids(&after), [17, 18, 19].map(|number| id_of(0, number)));
    assert!(after.has_later);
}

#[test]
fn each_copy_of_a_message_says_which_import_read_it_where() {
    let first = text(0, 1, 0, 1, "你好，明天见");
    let mut second = first.clone();
    second.origin =
        hutong_model::Origin::new("old/message_3.db", "Msg_9", hutong_model::At::Row(77));
    let mut third = second.clone();
    third.origin = hutong_model::Origin::new("phone.db", "message", hutong_model::At::Row(5));
    third.parts = vec![hutong_model::Part::text("你好，后天见")];
    let home = Home::with(&[
        records([first.clone()]),
        records([second.clone()]),
        records([third.clone()]),
        records([second.clone()]),
    ]);
    let mut reader = home.archive.reader().unwrap();
    let sightings = reader.sightings(first.id).unwrap();
    assert_eq!(
        sightings
            .iter()
            .map(|one| (
                one.import,
                one.source.as_str(),
                one.input.as_str(),
                one.message.origin.to_string()
            ))
            .collect::<Vec<_>>(),
        [
            (1, "test", "nowhere", first.origin.to_string()),
            (2, "test", "nowhere", second.origin.to_string()),
            (3, "test", "nowhere", third.origin.to_string()),
        ]
    );
    let [shown] = &messages(&home.archive)[..] else {
        panic!("one message");
    };
    for sighting in &sightings {
        assert_eq!(
            sighting.is_other_wording,
            sighting.message.parts != shown.parts
        );
        assert_eq!(sighting.message.native_ids, first.native_ids);
        assert_eq!(sighting.imported_at_ms, START * 1000);
    }
    assert_eq!(
        sightings.iter().filter(|one| one.is_other_wording).count(),
        1
    );
}

#[test]
fn a_reader_that_was_there_before_an_import_goes_on_seeing_what_it_saw() {
    let message = |number: i64| text(0, number, number, 1, &format!("{number}"));
    let copy = |number: i64| {
        let mut copy = message(number);
        copy.origin = hutong_model::Origin::new("copy.db", "", hutong_model::At::Row(number));
        // A copy that stands elsewhere in time.
        copy.sent_at = Timestamp(copy.sent_at.0 + 1_000_000);
        copy
    };
    let mut home = Home::with(&[records((0..20).map(message)), records([copy(3)])]);
    let mut reader = home.archive.reader().unwrap();
    let before = forward(&mut reader, chat(0));
    let found = reader.sightings(id_of(0, 5)).unwrap();
    home.import(&records((0..40).map(copy)));
    assert_eq!(forward(&mut reader, chat(0)), before);
    assert_eq!(leaf_through(&mut reader, chat(0), 6, true), before);
    assert_eq!(reader.sightings(id_of(0, 5)).unwrap(), found);
    let shown = before.iter().find(|message| message.id == id_of(0, 5));
    assert_eq!(reader.message(id_of(0, 5)).unwrap().as_ref(), shown);
    let mut fresh = home.archive.reader().unwrap();
    assert_eq!(fresh.sightings(id_of(0, 5)).unwrap().len(), 2);
    assert_eq!(forward(&mut fresh, chat(0)).len(), 40);
}
