//! Copies without common ids: a text export meets the database of the same chat.

use std::collections::BTreeMap;

use hutong_model::{
    Account, AccountId, Conversation, ConversationId, ConversationKind, Direction, Message,
    MessageId, NativeId, NativeIdName, Part, Platform, Precision, Record, Timestamp,
    comparable_text,
};
use proptest::prelude::*;

use crate::world::{
    Home, START, chat, dry_run, import_from, messages, people, person, record, text,
};

/// What a text export says of a message: no ids, whole seconds, labels for what is no text.
fn exported(
    message: &Message,
    conversation: ConversationId,
    seen: &mut BTreeMap<(i64, String, String), u32>,
) -> Message {
    let words = comparable_text(&message.parts);
    let sender = message
        .sender
        .map(|sender| sender.to_hex())
        .unwrap_or_default();
    let occurrence = seen
        .entry((message.sent_at.seconds(), sender.clone(), words.clone()))
        .or_default();
    let id = MessageId::from_text(
        conversation,
        &sender,
        message.sent_at,
        Precision::Second,
        &words,
        *occurrence,
    );
    *occurrence += 1;
    let mut copy = Message::new(
        message.platform.clone(),
        id,
        conversation,
        Timestamp::from_seconds(message.sent_at.seconds()),
        message.origin.clone(),
    );
    copy.sender = message.sender;
    copy.direction = message.direction;
    let shown = message.parts.iter().map(|part| match part {
        Part::Text(text) => text.text.clone(),
        _ => "[图片]".to_owned(),
    });
    copy.parts = vec![Part::text(shown.collect::<String>())];
    copy
}

pub(crate) fn export(all: &[Message], conversation: ConversationId) -> Vec<Message> {
    let mut seen = BTreeMap::new();
    all.iter()
        .map(|message| exported(message, conversation, &mut seen))
        .collect()
}

fn with_people(messages: &[Message]) -> Vec<Record> {
    people()
        .into_iter()
        .chain(messages.iter().cloned().map(record))
        .collect()
}

fn picture(server_id: i64, second: i64, sender: usize) -> Message {
    let mut message = text(2, server_id, second, sender, "看");
    message.parts.push(Part::Image(Box::default()));
    message
}

/// Ten messages of the QQ group; two of one second are equal, one is a picture with words.
fn database() -> Vec<Message> {
    let mut all: Vec<Message> = (1..=8)
        .map(|number| {
            text(
                2,
                number,
                number * 40,
                number as usize % 3,
                &format!("第 {number} 句话"),
            )
        })
        .collect();
    all.push(text(2, 9, 400, 1, "好的"));
    all.push(text(2, 10, 400, 1, "好的"));
    all.push(picture(11, 500, 2));
    all
}

#[test]
fn a_text_export_and_a_database_are_one_chat_in_either_order() {
    let database = database();
    let export = export(&database, chat(2));
    let options = hutong_archive::WriteOptions::default();
    let mut seen = Vec::new();
    for is_export_first in [true, false] {
        let mut home = Home::new();
        let mut order = [("database", &database), ("export", &export)];
        if is_export_first {
            order.reverse();
        }
        for (step, (source, copy)) in order.into_iter().enumerate() {
            let predicted = import_from(source, &mut home.archive, &with_people(copy), dry_run());
            let report =
                import_from(source, &mut home.archive, &with_people(copy), options).unwrap();
            let new = if step == 0 { 11 } else { 0 };
            assert_eq!((report.added, report.known), (new, 11 - new));
            let predicted = predicted.unwrap();
            assert_eq!(
                (predicted.added, predicted.known),
                (new, 11 - new),
                "a dry run says so before"
            );
            if step == 1 {
                assert_eq!(report.known_from, [(1, 11)]);
            }
        }
        assert_eq!(home.archive.totals().unwrap().messages, 11);
        assert!(home.archive.check(&mut |_| true).unwrap().faults.is_empty());
        let found = messages(&home.archive);
        for message in &found {
            assert!(message.revisions.is_empty(), "{message:?}");
            let NativeId { name, .. } = &message.native_ids[0];
            assert_eq!(*name, NativeIdName::ServerId);
        }
        // A link to the export's message still finds it.
        let mut reader = home.archive.reader().unwrap();
        for (copy, original) in export.iter().zip(&database) {
            let message = reader.message(copy.id).unwrap().unwrap();
            assert_eq!(
                comparable_text(&message.parts),
                comparable_text(&original.parts)
            );
            assert_eq!(message.id.space(), original.id.space());
        }
        seen.push(home.lines());
    }
    assert_eq!(seen[0], seen[1]);
}

/// The group of [`database`], as an export that knows nothing but its title.
fn titled() -> (ConversationId, Vec<Record>) {
    let title = "项目群";
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
    records.extend(export(&database(), id).into_iter().map(record));
    (id, records)
}

#[test]
fn an_export_that_knows_only_the_title_finds_its_chat_and_can_be_taken_out_again() {
    let options = hutong_archive::WriteOptions::default();
    let (id, titled) = titled();
    let mut views = Vec::new();
    for is_export_first in [true, false] {
        let mut home = Home::new();
        let database = with_people(&database());
        let mut order = [("database", &database), ("export", &titled)];
        if is_export_first {
            order.reverse();
        }
        let mut before = Vec::new();
        for (source, copy) in order {
            import_from(source, &mut home.archive, copy, options).unwrap();
            before.push(home.lines());
        }
        assert_eq!(home.archive.totals().unwrap().messages, 11);
        let links = home.archive.conversation_links().unwrap();
        assert_eq!(
            links
                .iter()
                .map(|link| (link.conversation, link.into, link.reason))
                .collect::<Vec<_>>(),
            [(id, chat(2), hutong_archive::LinkReason::Content)]
        );
        assert!(
            messages(&home.archive)
                .iter()
                .all(|message| message.conversation == chat(2))
        );
        views.push(home.lines());
        // Apart again: both are as if the other had never come, and a further import leaves them so.
        assert!(home.archive.unlink_conversation(id).unwrap());
        assert!(!home.archive.unlink_conversation(id).unwrap());
        assert_eq!(home.archive.totals().unwrap().messages, 22);
        import_from("export", &mut home.archive, &titled, options).unwrap();
        assert_eq!(home.archive.totals().unwrap().messages, 22);
        // And together by hand.
        assert!(
            home.archive
                .link_conversations(id, chat(2), START * 1000)
                .unwrap()
        );
        assert_eq!(home.lines(), views[0]);
        assert!(
            home.archive.conversation_links().unwrap()[0].reason
                == hutong_archive::LinkReason::User
        );
    }
    assert_eq!(views[0], views[1]);
}

#[test]
fn a_chat_of_the_same_title_with_other_messages_stays_apart() {
    let options = hutong_archive::WriteOptions::default();
    let (_, titled) = titled();
    let other: Vec<Message> = (1..=9)
        .map(|number| text(2, number, number * 40, 1, &format!("别的 {number}")))
        .collect();
    let mut home = Home::new();
    import_from("export", &mut home.archive, &titled, options).unwrap();
    import_from("database", &mut home.archive, &with_people(&other), options).unwrap();
    assert_eq!(home.archive.totals().unwrap().messages, 20);
    assert!(home.archive.conversation_links().unwrap().is_empty());
}

#[test]
fn two_devices_that_number_a_message_differently_agree_by_the_servers_sequence() {
    let options = hutong_archive::WriteOptions::default();
    let device = |offset: i64| -> Vec<Record> {
        let all = (1..=6).map(|number| {
            let mut message = text(2, number + offset, number * 10, 1, "嗯");
            message.native_ids = vec![
                NativeId::integer(NativeIdName::Sequence, number),
                NativeId::integer(NativeIdName::Random, number * 7),
            ];
            message
        });
        people().into_iter().chain(all.map(record)).collect()
    };
    let mut home = Home::new();
    import_from("qq", &mut home.archive, &device(0), options).unwrap();
    let report = import_from("qq", &mut home.archive, &device(100), options).unwrap();
    assert_eq!((report.added, report.known), (0, 6));
    assert_eq!(home.archive.totals().unwrap().messages, 6);
}

#[test]
fn somebody_known_by_name_only_is_the_account_that_another_copy_knows() {
    let options = hutong_archive::WriteOptions::default();
    let direct = text(1, 1, 0, 1, "明天几点到");
    let named = AccountId::named(chat(1), "老林");
    let mut copy = exported(&direct, chat(1), &mut BTreeMap::new());
    copy.sender = Some(named);
    copy.direction = Direction::In;
    let mut home = Home::new();
    let account = Record::Account(Account {
        id: named,
        platform: Some(Platform::WeChat),
        native_id: "老林".to_owned(),
        nickname: Some("老林".to_owned()),
        ..Account::default()
    });
    let mut records = people();
    records.extend([account, record(copy)]);
    import_from("export", &mut home.archive, &records, options).unwrap();
    import_from(
        "database",
        &mut home.archive,
        &with_people(&[direct]),
        options,
    )
    .unwrap();
    let found = messages(&home.archive);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].sender, Some(person(1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Overlapping pieces of a chat, some as databases and some as text, in any order: one archive.
    #[test]
    fn pieces_in_any_order_and_form_are_one_archive(
        rows in proptest::collection::vec((0_i64..40, 0_usize..3, 0_usize..4), 1..40),
        cuts in proptest::collection::vec((0_usize..40, 0_usize..40, any::<bool>()), 1..5),
        rotation in 0_usize..5,
    ) {
        let mut rows = rows;
        rows.sort_unstable();
        let words = ["好", "好[图片]", "收到，马上改", "/微笑 行"];
        let all: Vec<Message> = rows
            .iter()
            .zip(1..)
            .map(|((second, sender, word), number)| {
                let mut message = text(2, number, *second * 2, *sender, words[*word]);
                message.order = number;
                message
            })
            .collect();
        // A piece is cut between two seconds, as nobody exports half of one.
        let cut = |from: usize, until: usize| {
            let (from, until) = (from.min(until) as i64, from.max(until) as i64);
            all.iter()
                .filter(|message| {
                    let second = message.sent_at.seconds() - START;
                    second >= from * 2 && second <= until * 2
                })
                .cloned()
                .collect::<Vec<_>>()
        };
        let pieces: Vec<(&str, Vec<Record>)> = cuts
            .iter()
            .map(|(from, until, is_text)| {
                let piece = cut(*from, *until);
                if *is_text {
                    ("export", with_people(&export(&piece, chat(2))))
                } else {
                    ("database", with_people(&piece))
                }
            })
            .collect();
        let archive_of = |order: &[(&str, Vec<Record>)]| {
            let mut home = Home::new();
            let mut added = 0;
            for (source, records) in order {
                let options = hutong_archive::WriteOptions::default();
                added += import_from(source, &mut home.archive, records, options).unwrap().added;
            }
            (home.lines(), home.archive.totals().unwrap().messages, added)
        };
        let (lines, count, added) = archive_of(&pieces);
        prop_assert_eq!(lines.len() as u64, count);
        prop_assert_eq!(added, count, "every import's new messages together");
        let mut turned = pieces.clone();
        turned.rotate_left(rotation % pieces.len());
        turned.reverse();
        prop_assert_eq!(archive_of(&turned).0, lines);
    }
}
