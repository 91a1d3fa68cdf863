//! Conversations that are one under two ids: known only by a digest, or linked by hand.

use std::collections::BTreeSet;

use hutong_archive::{ImportReport, LinkReason, WriteOptions};
use hutong_model::{
    AccountId, At, Conversation, ConversationId, ConversationKind, IdHash, Message, MessageId,
    NativeId, NativeIdName, Origin, Part, Platform, Quote, Record, Timestamp, comparable_text,
};
use proptest::prelude::*;

use crate::copies::export;
use crate::world::{
    Home, PEOPLE, START, chat, dry_run, id_of, import_from, messages, people, person, record, text,
};

/// The digest of the native id of the group (0) or of the friend (1), and the conversation that a copy makes of it.
fn orphan(number: usize) -> (String, ConversationId) {
    let native_id = ["10001@chatroom", PEOPLE[1].0][number];
    let digest = IdHash::Md5.of(native_id);
    let id = if number == 0 {
        ConversationId::group(&Platform::WeChat, &digest)
    } else {
        let peer = AccountId::new(&Platform::WeChat, &digest);
        ConversationId::direct(&Platform::WeChat, person(0), peer)
    };
    (digest, id)
}

/// What a copy that knows only the digest says of a message: the conversation is another one, and so is the id.
fn hidden(number: usize, message: &Message) -> Message {
    let (_, id) = orphan(number);
    let server = message.id_in(id);
    let content = comparable_text(&message.parts);
    let row = || {
        let at = message.sent_at.0.to_le_bytes();
        MessageId::new(
            id,
            "row",
            &[
                &at,
                content.as_bytes(),
                &message.order.to_le_bytes(),
                message.origin.place.input.as_bytes(),
            ],
        )
    };
    Message {
        id: server.unwrap_or_else(row),
        conversation: id,
        ..message.clone()
    }
}

fn orphan_record(number: usize) -> Record {
    let (native_id, id) = orphan(number);
    Record::Conversation(Conversation {
        id,
        platform: Some(Platform::WeChat),
        native_id,
        owner: Some(person(0)),
        native_id_hash: Some(IdHash::Md5),
        ..Conversation::default()
    })
}

/// Records of a copy that knows only the digest. It does not know the conversation that has it.
fn hidden_copy(number: usize, all: &[Message]) -> Vec<Record> {
    let known = people().into_iter().filter(
        |record| !matches!(record, Record::Conversation(known) if known.id == chat(number)),
    );
    let known = known.filter(|record| !matches!(record, Record::Membership(_)));
    known
        .chain([orphan_record(number)])
        .chain(all.iter().map(|message| record(hidden(number, message))))
        .collect()
}

fn named_copy(all: &[Message]) -> Vec<Record> {
    people()
        .into_iter()
        .chain(all.iter().cloned().map(record))
        .collect()
}

/// A row that no server numbered.
fn row(number: usize, at: i64, sender: usize, words: &str) -> Message {
    let mut message = text(number, at, at, sender, words);
    message.id = MessageId::new(chat(number), "row", &[&at.to_le_bytes(), words.as_bytes()]);
    message.native_ids.clear();
    message
}

fn some(number: usize, range: std::ops::Range<i64>) -> Vec<Message> {
    let mut all: Vec<Message> = range
        .clone()
        .map(|at| text(number, at, at * 40, at as usize % 2, &format!("第 {at} 句")))
        .collect();
    all.push(row(number, range.start * 40 + 7, 1, "以下为新消息"));
    all
}

fn take_in(home: &mut Home, source: &str, records: &[Record]) -> ImportReport {
    let foreseen = import_from(source, &mut home.archive, records, dry_run()).unwrap();
    let report = import_from(source, &mut home.archive, records, WriteOptions::default()).unwrap();
    assert_eq!(
        (foreseen.added, foreseen.known, foreseen.known_from),
        (report.added, report.known, report.known_from.clone()),
        "a dry run says so before"
    );
    report
}

fn links(home: &Home) -> Vec<(ConversationId, ConversationId, LinkReason)> {
    let links = home.archive.conversation_links().unwrap();
    links
        .iter()
        .map(|link| (link.conversation, link.into, link.reason))
        .collect()
}

fn is_sound(home: &Home) -> bool {
    home.archive.check(&mut |_| true).unwrap().faults.is_empty()
}

#[test]
fn a_chat_known_by_a_digest_meets_the_chat_that_bears_the_id_in_either_order() {
    for number in [0, 1] {
        let (native_id, id) = orphan(number);
        let copies = [
            ("phone", hidden_copy(number, &some(number, 1..9))),
            ("computer", named_copy(&some(number, 1..12))),
        ];
        let mut views = Vec::new();
        let mut apart = Vec::new();
        for order in [[0, 1], [1, 0]] {
            let mut home = Home::new();
            let mut alone = Vec::new();
            for (step, copy) in order.into_iter().enumerate() {
                let (source, records) = &copies[copy];
                let report = take_in(&mut home, source, records);
                if step == 1 {
                    let common = 9;
                    let new = [9, 12][copy] - common;
                    assert_eq!((report.added, report.known), (new, common));
                    assert_eq!(report.known_from, [(1, common)]);
                }
                let mut other = Home::new();
                import_from(source, &mut other.archive, records, WriteOptions::default()).unwrap();
                alone.extend(other.lines());
            }
            assert_eq!(links(&home), [(id, chat(number), LinkReason::Digest)]);
            assert_eq!(
                home.archive.conversation_links().unwrap()[0].title,
                native_id
            );
            assert_eq!(home.archive.totals().unwrap().messages, 12);
            let found = messages(&home.archive);
            assert_eq!(found.len(), 12);
            let is_named = |message: &Message| message.conversation == chat(number);
            assert!(found.iter().all(is_named));
            assert!(found.iter().all(|message| message.revisions.is_empty()));
            // The id of the named chat is the message's, and the other one leads to it.
            let mut reader = home.archive.reader().unwrap();
            for message in some(number, 1..9) {
                for id in [message.id, hidden(number, &message).id] {
                    assert_eq!(reader.message(id).unwrap().unwrap().parts, message.parts);
                }
                if !message.native_ids.is_empty() {
                    assert!(found.iter().any(|found| found.id == message.id));
                }
            }
            assert!(is_sound(&home));
            views.push(home.lines());
            // Apart again: each is as if the other had never come, and a further import leaves them so.
            assert!(home.archive.unlink_conversation(id).unwrap());
            alone.sort();
            let sorted = |home: &Home| {
                let mut lines = home.lines();
                lines.sort();
                lines
            };
            assert_eq!(home.archive.totals().unwrap().messages, 9 + 12);
            assert_eq!(sorted(&home), alone);
            for (source, records) in &copies {
                assert_eq!(take_in(&mut home, source, records).added, 0);
            }
            assert!(links(&home).is_empty());
            assert_eq!(sorted(&home), alone);
            apart.push(sorted(&home));
            // And together by hand.
            let linked = home
                .archive
                .link_conversations(id, chat(number), START * 1000);
            assert!(linked.unwrap());
            assert_eq!(links(&home)[0].2, LinkReason::User);
            assert_eq!(home.lines(), views[0]);
            assert!(is_sound(&home));
        }
        assert_eq!(views[0], views[1]);
        assert_eq!(apart[0], apart[1]);
    }
}

#[test]
fn whose_copy_it_is_decides_which_chat_of_a_digest_is_meant() {
    // The same friend in the copy of another owner.
    let other = ConversationId::direct(&Platform::WeChat, person(2), person(1));
    let mut foreign = people();
    foreign.retain(|record| !matches!(record, Record::Conversation(_) | Record::Membership(_)));
    foreign.push(Record::Conversation(Conversation {
        id: other,
        platform: Some(Platform::WeChat),
        native_id: PEOPLE[1].0.to_owned(),
        owner: Some(person(2)),
        peer: Some(person(1)),
        ..Conversation::default()
    }));
    let mut home = Home::new();
    take_in(&mut home, "phone", &hidden_copy(1, &some(1, 1..9)));
    take_in(&mut home, "computer", &foreign);
    assert!(links(&home).is_empty());
    // The friend's own copy calls the chat by the owner's id; what the owner's copy calls it still counts.
    let mut friend = people();
    for record in &mut friend {
        if let Record::Conversation(known) = record
            && known.id == chat(1)
        {
            known.native_id = PEOPLE[0].0.to_owned();
            known.owner = Some(person(1));
            known.as_of = Some(Timestamp::from_seconds(START + 9_000_000));
        }
    }
    take_in(&mut home, "computer", &friend);
    assert!(links(&home).is_empty());
    take_in(&mut home, "computer", &named_copy(&[]));
    assert_eq!(links(&home), [(orphan(1).1, chat(1), LinkReason::Digest)]);
}

#[test]
fn where_one_owner_is_unknown_the_messages_tell_which_chat_of_a_digest_is_meant() {
    for (common, is_linked) in [(1..9, true), (20..29, false)] {
        let all = some(1, 1..12);
        let copies = [
            named_copy(&all),
            hidden_copy(1, &some(1, common))
                .into_iter()
                .map(|record| match record {
                    Record::Conversation(known) if known.native_id_hash.is_some() => {
                        Record::Conversation(Conversation {
                            owner: None,
                            ..known
                        })
                    }
                    other => other,
                })
                .collect(),
        ];
        for order in [[0, 1], [1, 0]] {
            let mut home = Home::new();
            for copy in order {
                let source = ["computer", "phone"][copy];
                let options = WriteOptions::default();
                import_from(source, &mut home.archive, &copies[copy], options).unwrap();
            }
            let expected = is_linked.then(|| (orphan(1).1, chat(1), LinkReason::Digest));
            assert_eq!(links(&home), Vec::from_iter(expected));
            assert!(is_sound(&home));
        }
    }
}

#[test]
fn an_answer_finds_its_target_under_the_id_of_the_linked_chat() {
    let target = text(0, 41, 0, 1, "几点见？");
    let mut answer = text(0, 42, 60, 2, "三点");
    let quote = Quote {
        native_id: Some("41".to_owned()),
        ..Quote::default()
    };
    answer.parts.insert(0, Part::Quote(Box::new(quote)));
    let mut answer = hidden(0, &answer);
    answer.reply_to = vec![hidden(0, &target).id];
    let mut hidden_records = hidden_copy(0, &[]);
    hidden_records.push(record(answer));
    let copies = [
        ("computer", named_copy(&[target])),
        ("phone", hidden_records),
    ];
    for order in [[0, 1], [1, 0]] {
        let mut home = Home::new();
        for copy in order {
            let (source, records) = &copies[copy];
            import_from(source, &mut home.archive, records, WriteOptions::default()).unwrap();
        }
        let found = messages(&home.archive);
        let answers: Vec<_> = found.iter().flat_map(|message| &message.reply_to).collect();
        assert_eq!(answers, [&id_of(0, 41)]);
    }
}

#[test]
fn clocks_that_differ_do_not_make_two_of_what_the_server_numbered() {
    let all = some(0, 1..9);
    let late: Vec<Message> = all
        .iter()
        .cloned()
        .map(|mut message| {
            if !message.native_ids.is_empty() {
                message.sent_at.0 += 3 * 3_600_000;
            }
            message
        })
        .collect();
    let copies = [
        ("phone", hidden_copy(0, &late)),
        ("computer", named_copy(&all)),
    ];
    let mut views = Vec::new();
    for order in [[0, 1], [1, 0]] {
        let mut home = Home::new();
        for copy in order {
            let (source, records) = &copies[copy];
            let options = WriteOptions::default();
            import_from(source, &mut home.archive, records, options).unwrap();
        }
        assert_eq!(home.archive.totals().unwrap().messages, 9);
        views.push(home.lines());
        assert!(home.archive.unlink_conversation(orphan(0).1).unwrap());
        assert_eq!(home.archive.totals().unwrap().messages, 18);
    }
    assert_eq!(views[0], views[1]);
    assert_eq!(views[0].len(), 9);
}

#[test]
fn chats_linked_by_hand_show_once_what_the_platform_numbered() {
    // A friend known by two ids, as QQ has them.
    let known = |native_id: &str| {
        let peer = AccountId::new(&Platform::Qq, native_id);
        let owner = AccountId::new(&Platform::Qq, "10001");
        let id = ConversationId::direct(&Platform::Qq, owner, peer);
        let conversation = Conversation {
            id,
            platform: Some(Platform::Qq),
            native_id: native_id.to_owned(),
            owner: Some(owner),
            peer: Some(peer),
            ..Conversation::default()
        };
        let mut records = people();
        records.push(Record::Conversation(conversation));
        records.extend((1..=6_i64).map(|number| {
            let mut message = text(2, number, number * 9, number as usize % 2, "嗯");
            // Two numbers in every copy, and in one of them its own device's id.
            let own = if native_id == "u_abc" && number > 3 {
                100
            } else {
                0
            };
            message.id = MessageId::new(id, "message", &[&(number + own).to_le_bytes()]);
            message.conversation = id;
            message.native_ids = vec![
                NativeId::integer(NativeIdName::MessageId, number + own),
                NativeId::integer(NativeIdName::Sequence, number),
                NativeId::integer(NativeIdName::Random, number * 7),
            ];
            record(message)
        }));
        (id, records)
    };
    let (uid, by_uid) = known("u_abc");
    let (number, by_number) = known("10002");
    for copies in [[&by_uid, &by_number], [&by_number, &by_uid]] {
        let mut home = Home::new();
        for records in copies {
            take_in(&mut home, "qq", records);
        }
        assert_eq!(home.archive.totals().unwrap().messages, 12);
        let before = home.lines();
        assert!(
            home.archive
                .link_conversations(uid, number, START * 1000)
                .unwrap()
        );
        assert_eq!(home.archive.totals().unwrap().messages, 6);
        let ids: BTreeSet<MessageId> = messages(&home.archive).iter().map(|one| one.id).collect();
        let first_three =
            (1..=3_i64).map(|id| MessageId::new(number, "message", &[&id.to_le_bytes()]));
        assert!(first_three.into_iter().all(|id| ids.contains(&id)));
        assert!(home.archive.unlink_conversation(uid).unwrap());
        assert_eq!(home.lines(), before);
    }
}

#[test]
fn two_texts_of_different_titles_are_one_once_they_are_linked() {
    let titled = |title: &str, words: &[&str]| {
        let id = ConversationId::named(&Platform::Qq, ConversationKind::Group, title);
        let mut records = people();
        records.push(Record::Conversation(Conversation {
            id,
            platform: Some(Platform::Qq),
            kind: ConversationKind::Group,
            native_id: title.to_owned(),
            name: Some(title.to_owned()),
            ..Conversation::default()
        }));
        for (at, words) in (0..).zip(words) {
            let mut message = text(2, at, at * 20, 1, words);
            message.native_ids.clear();
            message.conversation = id;
            message.id = MessageId::from_text(
                id,
                "1",
                message.sent_at,
                hutong_model::Precision::Second,
                words,
                0,
            );
            records.push(record(message));
        }
        (id, records)
    };
    let (old, first) = titled("旧群名", &["早", "午饭呢", "好的"]);
    let (new, second) = titled("新群名", &["早", "午饭呢", "好的", "走"]);
    let mut home = Home::new();
    take_in(&mut home, "text", &first);
    take_in(&mut home, "text", &second);
    assert_eq!(home.archive.totals().unwrap().messages, 7);
    home.archive
        .link_conversations(old, new, START * 1000)
        .unwrap();
    assert_eq!(home.archive.totals().unwrap().messages, 4);
    // What comes later under either of them is compared too, and foreseen.
    let (_, third) = titled("旧群名", &["早", "午饭呢", "好的", "走", "到了"]);
    let report = take_in(&mut home, "text", &third);
    assert_eq!((report.added, report.known), (1, 4));
    assert_eq!(
        messages(&home.archive).last().unwrap().parts,
        [Part::text("到了")]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Overlapping pieces of a chat, some of which know it only by a digest, from devices whose clocks differ, in any
    /// order: one archive.
    #[test]
    fn pieces_of_named_and_nameless_copies_in_any_order_are_one_archive(
        rows in proptest::collection::vec((0_i64..40, 0_usize..3, 0_usize..4, 0_i64..4), 1..40),
        cuts in proptest::collection::vec((0_i64..40, 0_i64..40, 0_usize..5, 0_usize..2), 1..6),
        rotation in 0_usize..6,
    ) {
        let mut rows = rows;
        rows.sort_unstable();
        let words = ["好", "好[图片]", "收到，马上改", "/微笑 行"];
        let pieces: Vec<(&str, bool, Vec<Record>)> = cuts
            .iter()
            .map(|(from, until, form, device)| {
                let (from, until) = (from.min(until), from.max(until));
                let piece: Vec<Message> = rows
                    .iter()
                    .zip(1..)
                    .filter(|((second, ..), _)| second >= from && second <= until)
                    .map(|((second, sender, word, kind), number): (_, i64)| {
                        let words = words[*word];
                        let mut message = if *kind == 0 {
                            let mut message = row(0, *second * 30, *sender, words);
                            let fields: [&[u8]; 2] = [&number.to_le_bytes(), &[*device as u8]];
                            message.id = MessageId::new(chat(0), "row", &fields);
                            message
                        } else {
                            text(0, number, *second * 30, *sender, words)
                        };
                        message.order = number;
                        // Each device has a file of its own.
                        let file = ["computer.db", "phone.db"][*device];
                        message.origin = Origin::new(file, "Msg_1", At::Row(number));
                        // The second device's clock was off when some messages came.
                        if *device == 1 && *kind == 3 {
                            message.sent_at.0 += 45_000;
                        }
                        message
                    })
                    .collect();
                let source = ["computer", "phone"][*device];
                match form {
                    0 | 1 => (source, true, hidden_copy(0, &piece)),
                    2 | 3 => (source, false, named_copy(&piece)),
                    _ => ("text", false, named_copy(&export(&piece, chat(0)))),
                }
            })
            .collect();
        let archive_of = |order: &[(&str, bool, Vec<Record>)]| {
            let mut home = Home::new();
            let mut added = 0;
            for (source, _, records) in order {
                let options = WriteOptions::default();
                added += import_from(source, &mut home.archive, records, options).unwrap().added;
            }
            let both = order.iter().any(|piece| piece.1) && order.iter().any(|piece| !piece.1);
            assert_eq!(links(&home).len(), usize::from(both));
            (home, added)
        };
        let (mut home, added) = archive_of(&pieces);
        let lines = home.lines();
        let count = home.archive.totals().unwrap().messages;
        prop_assert_eq!(lines.len() as u64, count);
        // A later copy can show that a text from a device whose clock was off was known all along.
        let has_text = pieces.iter().any(|piece| piece.0 == "text");
        prop_assert!(added == count || (has_text && added > count), "{} {}", added, count);
        let mut numbers: Vec<i64> = messages(&home.archive)
            .iter()
            .filter_map(|message| message.native_ids.first())
            .filter_map(|id| match id.value {
                hutong_model::NativeValue::Integer(number) => Some(number),
                hutong_model::NativeValue::Text(_) => None,
            })
            .collect();
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), all, "what the server numbered stands once");
        let mut turned = pieces.clone();
        turned.rotate_left(rotation % pieces.len());
        turned.reverse();
        let (mut other, _) = archive_of(&turned);
        prop_assert_eq!(other.lines(), lines);
        // Taken apart both are as before, in both.
        for home in [&mut home, &mut other] {
            home.archive.unlink_conversation(orphan(0).1).unwrap();
        }
        prop_assert_eq!(home.lines(), other.lines());
        let of = |home: &Home, is_hidden: bool| {
            let home_lines = messages(&home.archive);
            home_lines.into_iter().filter(|one| (one.conversation == orphan(0).1) == is_hidden).count()
        };
        for is_hidden in [true, false] {
            let alone: Vec<_> = pieces.iter().filter(|piece| piece.1 == is_hidden).cloned().collect();
            let (alone, _) = archive_of(&alone);
            prop_assert_eq!(of(&home, is_hidden), messages(&alone.archive).len());
        }
    }
}

#[test]
fn ids_of_the_world_are_made_of_their_numbers() {
    let message = text(0, 5, 10, 1, "在");
    assert_eq!(message.id_in(chat(0)), Some(id_of(0, 5)));
}
