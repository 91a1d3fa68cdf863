//! Search finds what was stored: all of it, nothing else, newest first, nothing twice.

use std::collections::BTreeSet;

use hutong_archive::{Archive, ArchiveError};
use hutong_model::{
    At, Attachment, Change, Direction, File, Image, Link, Message, MessageChange, MessageId,
    Origin, Part, Payment, Record, State, Voice,
};
use hutong_search::{Query, fold};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::world::{Home, START, attachment, chat, id_of, person, record, records, text};

/// The ids that a query finds, in their order; no message twice, newest first.
fn search(archive: &Archive, query: &str) -> Vec<MessageId> {
    let names = archive.names().unwrap();
    let query_text = query;
    let query = Query::parse(query, &TimeZone::UTC).unwrap();
    let selection = archive.select(query, &names).unwrap();
    let mut found = Vec::new();
    let mut times = Vec::new();
    archive
        .reader()
        .unwrap()
        .search::<ArchiveError>(&selection, &mut |message| {
            found.push(message.id);
            times.push(message.sent_at);
            Ok(true)
        })
        .unwrap();
    assert_eq!(
        found.iter().collect::<BTreeSet<_>>().len(),
        found.len(),
        "{query_text}: something twice"
    );
    assert!(
        times.is_sorted_by(|one, other| one >= other),
        "{query_text}: not newest first"
    );
    found
}

fn set(ids: impl IntoIterator<Item = MessageId>) -> BTreeSet<MessageId> {
    ids.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_part_of_two_characters_or_more_is_found(
        texts in prop::collection::vec("[ab1 ,中文字國😀é\u{ff21}]{1,14}", 1..24),
        first in 0_usize..24,
        unwanted in "[ab中文]{1,2}",
    ) {
        let messages: Vec<Message> =
            texts.iter().zip(0..).map(|(words, id)| text((id % 2) as usize, id, id % 7, 1, words)).collect();
        let (early, late) = messages.split_at(first.min(messages.len()));
        // Two imports make two runs.
        let home = Home::with(&[records(early.to_vec()), records(late.to_vec())]);
        let holds = |words: &str, part: &str| fold(words).contains(fold(part).trim());
        for words in texts.iter().take(6) {
            let characters: Vec<char> = words.chars().collect();
            for length in [2, 3, 5, characters.len()] {
                for part in characters.windows(length.max(2)) {
                    let part: String = part.iter().collect();
                    if part.trim().is_empty() {
                        continue;
                    }
                    let expected = texts.iter().zip(0..).filter(|(words, _)| holds(words, &part));
                    let expected = set(expected.map(|(_, id)| id_of((id % 2) as usize, id)));
                    let found = set(search(&home.archive, &format!("\"{part}\"")));
                    prop_assert_eq!(&found, &expected, "{:?} in {:?}", part, texts);
                    let without = set(search(&home.archive, &format!("\"{part}\" -{unwanted}")));
                    let hidden = set(texts.iter().zip(0..).filter(|(words, _)| holds(words, &unwanted)).map(|(_, id)| id_of((id % 2) as usize, id)));
                    prop_assert_eq!(without, expected.difference(&hidden).copied().collect());
                }
            }
        }
        let visible = texts.iter().zip(0..).filter(|(words, _)| !holds(words, &unwanted));
        prop_assert_eq!(set(search(&home.archive, &format!("-{unwanted}"))), set(visible.map(|(_, id)| id_of((id % 2) as usize, id))));
    }
}

/// Fourteen messages of all sorts, a day apart.
fn sorts() -> Vec<Message> {
    let day = 86_400;
    let mut sorts: Vec<Message> = (0..14)
        .map(|number| {
            text(
                (number % 3) as usize,
                number,
                number * day,
                (number % 4) as usize,
                &format!("第{number}天 合同"),
            )
        })
        .collect();
    sorts[1].parts.push(Part::Image(Box::new(Image {
        attachment: attachment("a.png", b"a"),
        ..Image::default()
    })));
    let missing = Attachment {
        name: Some("报价单.xlsx".to_owned()),
        ..Attachment::default()
    };
    sorts[2].parts = vec![Part::File(Box::new(File {
        attachment: missing,
    }))];
    sorts[3].parts = vec![Part::Payment(Box::new(Payment {
        note: Some("房租".to_owned()),
        ..Payment::default()
    }))];
    sorts[4].parts = vec![Part::Voice(Box::new(Voice {
        transcript: Some("我晚一点到合同那里".to_owned()),
        ..Voice::default()
    }))];
    sorts[5].reply_to = vec![id_of(2, 2)];
    sorts[6].state = State::Recalled { by: None, at: None };
    sorts[7].state = State::Deleted;
    sorts[9].parts = vec![Part::Link(Box::new(Link {
        url: Some("https://example.com/合同".to_owned()),
        ..Link::default()
    }))];
    sorts[10].parts.clear();
    sorts[11].sender = None;
    sorts[11].direction = Direction::None;
    sorts
}

#[test]
fn every_operator_does_what_its_name_says() {
    let sorts = sorts();
    // The last is recalled by a notice that comes later.
    let recall = Record::Change(MessageChange {
        message: sorts[13].id,
        conversation: sorts[13].conversation,
        change: Change::Recall { by: None, at: None },
        origin: Origin::new("revoke.db", "", At::Whole),
    });
    let (early, late) = sorts.split_at(6);
    let home = Home::with(&[
        records(early.to_vec()),
        records(late.to_vec()),
        vec![recall],
    ]);
    let at = |number: i64| (START + number * 86_400) * 1000;
    let may = |day: i64| (START / 86_400 + day - 1) * 86_400_000;
    let is_recalled = |message: &Message| message.id == id_of(0, 6) || message.id == id_of(1, 13);
    let has = |message: &Message, kind: &str| {
        message
            .parts
            .iter()
            .any(|part| part.kind().as_str() == kind)
    };
    let words = |message: &Message, word: &str| {
        let spoken = match message.parts.first() {
            Some(Part::Text(text)) => text.text.clone(),
            Some(Part::File(file)) => file.attachment.name.clone().unwrap_or_default(),
            Some(Part::Payment(payment)) => payment.note.clone().unwrap_or_default(),
            Some(Part::Voice(voice)) => voice.transcript.clone().unwrap_or_default(),
            Some(Part::Link(link)) => link.url.clone().unwrap_or_default(),
            _ => String::new(),
        };
        spoken.contains(word)
    };
    type Oracle<'a> = Box<dyn Fn(&Message) -> bool + 'a>;
    let cases: Vec<(&str, Oracle<'_>)> = vec![
        ("", Box::new(|_| true)),
        ("合同", Box::new(move |message| words(message, "合同"))),
        ("报价", Box::new(move |message| words(message, "报价"))),
        (
            "from:林海",
            Box::new(|message| message.sender == Some(person(1))),
        ),
        (
            "from:linhai",
            Box::new(|message| message.sender == Some(person(1))),
        ),
        (
            "from:lh,外婆",
            Box::new(|message| [Some(person(1)), Some(person(2))].contains(&message.sender)),
        ),
        (
            "-from:林海",
            Box::new(|message| message.sender != Some(person(1))),
        ),
        (
            "from:me",
            Box::new(|message| message.sender == Some(person(0))),
        ),
        ("from:nobody", Box::new(|_| false)),
        (
            "in:吃饭",
            Box::new(|message| message.conversation == chat(0)),
        ),
        (
            "in:10001@chatroom",
            Box::new(|message| message.conversation == chat(0)),
        ),
        (
            "in:林海",
            Box::new(|message| message.conversation == chat(1)),
        ),
        (
            "-in:项目群 合同",
            Box::new(move |message| message.conversation != chat(2) && words(message, "合同")),
        ),
        ("on:qq", Box::new(|message| message.conversation == chat(2))),
        (
            "on:wechat",
            Box::new(|message| message.conversation != chat(2)),
        ),
        (
            "-on:微信",
            Box::new(|message| message.conversation == chat(2)),
        ),
        (
            "before:2024-05-04",
            Box::new(move |message| message.sent_at.0 < may(4)),
        ),
        (
            "after:2024-05-04",
            Box::new(move |message| message.sent_at.0 >= may(4)),
        ),
        (
            "during:2024-05-04",
            Box::new(move |message| (may(4)..may(5)).contains(&message.sent_at.0)),
        ),
        ("during:2024-05", Box::new(|_| true)),
        ("before:2024", Box::new(|_| false)),
        (
            "after:2024-05-03 before:2024-05-06 合同",
            Box::new(move |message| {
                (may(3)..may(6)).contains(&message.sent_at.0) && words(message, "合同")
            }),
        ),
        ("has:image", Box::new(move |message| has(message, "image"))),
        (
            "has:attachment",
            Box::new(move |message| has(message, "image") || has(message, "file")),
        ),
        (
            "has:reply",
            Box::new(|message| !message.reply_to.is_empty()),
        ),
        (
            "kind:payment",
            Box::new(move |message| has(message, "payment")),
        ),
        (
            "kind:file,voice",
            Box::new(move |message| has(message, "file") || has(message, "voice")),
        ),
        (
            "-kind:text",
            Box::new(move |message| !has(message, "text") && !message.parts.is_empty()),
        ),
        ("类型：链接", Box::new(move |message| has(message, "link"))),
        ("is:recalled", Box::new(is_recalled)),
        (
            "-is:recalled",
            Box::new(move |message| !is_recalled(message)),
        ),
        (
            "is:deleted",
            Box::new(|message| message.state == State::Deleted),
        ),
        (
            "is:recalled,deleted",
            Box::new(move |message| is_recalled(message) || message.state == State::Deleted),
        ),
        (
            "is:mine",
            Box::new(|message| message.direction == Direction::Out),
        ),
        (
            "-is:mine 第",
            Box::new(move |message| message.direction != Direction::Out && words(message, "第")),
        ),
        ("第 天 合同", Box::new(move |message| words(message, "第"))),
        (
            "\"天 合同\" -第8",
            Box::new(move |message| words(message, "天 合同") && !words(message, "第8")),
        ),
    ];
    for (query, oracle) in cases {
        let expected = set(sorts
            .iter()
            .filter(|message| oracle(message))
            .map(|message| message.id));
        assert_eq!(set(search(&home.archive, query)), expected, "{query}");
    }
    assert_eq!(
        set(search(&home.archive, &format!("id:{}", sorts[3].id))),
        set([sorts[3].id])
    );
    assert_eq!(at(0), sorts[0].sent_at.0);
}

#[test]
fn a_message_with_several_copies_is_found_once_by_the_words_of_each() {
    let one = text(0, 1, 0, 1, "下午三点见");
    let mut other = text(0, 1, 0, 1, "傍晚六点见");
    other.origin = Origin::new("other.db", "Msg_1", At::Row(1));
    let home = Home::with(&[records([one]), records([other])]);
    for query in ["下午", "傍晚", "点见", "三点", "六点"] {
        assert_eq!(search(&home.archive, query), [id_of(0, 1)], "{query}");
    }
    assert_eq!(
        search(&home.archive, "-下午"),
        [],
        "a wording that is kept is not absent"
    );
}

#[test]
fn what_does_not_exist_is_named() {
    let home = Home::with(&[vec![record(text(0, 1, 0, 1, "一"))]]);
    let names = home.archive.names().unwrap();
    for query in ["kind:nothing", "has:wings", "is:late"] {
        let error = home
            .archive
            .select(Query::parse(query, &TimeZone::UTC).unwrap(), &names)
            .unwrap_err();
        assert!(
            query.contains(error.operator) && query.contains(&error.value),
            "{error}"
        );
    }
}
