//! Hits page by page in either order, and their counts: the same as all of them at once.

use std::collections::{BTreeMap, BTreeSet};

use hutong_archive::{
    Archive, ArchiveError, Facets, Hit, Reader, SearchCursor, SearchOrder, Selection,
};
use hutong_model::{At, Image, Message, MessageId, Origin, Part, Timestamp};
use hutong_search::Query;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::merging::{change, copies};
use crate::world::{Home, START, chat, id_of, messages, person, records, text};

fn selection(archive: &Archive, query: &str) -> Selection {
    let query = Query::parse(query, &TimeZone::UTC).unwrap();
    archive.select(query, &archive.names().unwrap()).unwrap()
}

fn hits(
    reader: &mut Reader,
    selection: &Selection,
    order: SearchOrder,
    after: Option<SearchCursor>,
    count: usize,
) -> Vec<Hit> {
    let mut found = Vec::new();
    reader
        .hits::<ArchiveError>(selection, order, after, &mut |hit| {
            found.push(hit);
            Ok(found.len() < count)
        })
        .unwrap();
    found
}

fn ids(hits: &[Hit]) -> Vec<MessageId> {
    hits.iter().map(|hit| hit.message.id).collect()
}

/// All hits, a few at a time.
fn leaf_through(
    reader: &mut Reader,
    selection: &Selection,
    order: SearchOrder,
    count: usize,
) -> Vec<Hit> {
    let mut all: Vec<Hit> = Vec::new();
    loop {
        let after = all
            .last()
            .map(|hit| hit.cursor.to_string().parse().unwrap());
        let next = hits(reader, selection, order, after, count);
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

fn expected_facets(found: &[&Message]) -> Facets {
    fn sorted<K: Ord + Copy>(counts: BTreeMap<K, u64>) -> Vec<(K, u64)> {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
        counts
    }
    let (mut conversations, mut senders) = (BTreeMap::new(), BTreeMap::new());
    let (mut kinds, mut months) = (BTreeMap::new(), BTreeMap::new());
    for message in found {
        *conversations.entry(message.conversation).or_default() += 1;
        if let Some(sender) = message.sender {
            *senders.entry(sender).or_default() += 1;
        }
        let mut of_message: BTreeSet<_> = message.parts.iter().map(Part::kind).collect();
        if of_message.is_empty() {
            of_message.insert(message.kind());
        }
        for kind in of_message {
            *kinds.entry(kind).or_default() += 1;
        }
        let instant = jiff::Timestamp::from_millisecond(message.sent_at.0).unwrap();
        let date = instant.to_zoned(shanghai()).date();
        *months.entry((date.year(), date.month())).or_default() += 1;
    }
    Facets {
        messages: found.len() as u64,
        conversations: sorted(conversations),
        senders: sorted(senders),
        kinds: sorted(kinds),
        months: months.into_iter().collect(),
        is_complete: true,
    }
}

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

const QUERIES: [&str; 24] = [
    "",
    "你好",
    "明天",
    "原来",
    "-你好",
    "kind:text",
    "kind:unknown,system",
    "is:recalled",
    "-is:recalled",
    "is:deleted",
    "is:mine",
    "from:陈雨",
    "-from:陈雨",
    "has:reply",
    "in:周末一起吃饭 from:林海,陈雨 before:2024-05-02",
    // What one copy has of these another may lack.
    "from:陈雨 你好",
    "from:林海,陈雨 合同 in:周末一起吃饭",
    "明天 后天",
    "你好 明天 合同",
    "from:林海 kind:text",
    "kind:text is:recalled",
    "明天 -from:陈雨",
    "合同 -kind:unknown",
    "is:mine has:reply 你好",
];

/// Every query in both orders, as a whole, in pieces and counted, against a look at every message.
fn check_everything(archive: &Archive, count: usize) {
    let all = messages(archive);
    let mut reader = archive.reader().unwrap();
    for query in QUERIES {
        let selection = selection(archive, query);
        let expected: Vec<&Message> = all.iter().filter(|one| selection.matches(one)).collect();
        let mut sets = Vec::new();
        for order in [SearchOrder::NewestFirst, SearchOrder::OldestFirst] {
            let whole = hits(&mut reader, &selection, order, None, usize::MAX);
            let in_pieces = leaf_through(&mut reader, &selection, order, count);
            assert_eq!(in_pieces, whole, "{query} {order:?}");
            let set: BTreeSet<_> = ids(&whole).into_iter().collect();
            assert_eq!(set.len(), whole.len(), "{query}: something twice");
            sets.push(set);
            // After the last hit there is nothing, and asking again is no harm.
            if let Some(last) = whole.last() {
                assert!(hits(&mut reader, &selection, order, Some(last.cursor), 1).is_empty());
            }
        }
        let wanted: BTreeSet<_> = expected.iter().map(|message| message.id).collect();
        assert_eq!(sets, [wanted.clone(), wanted], "{query}");
        let facets = reader
            .facets(&selection, &shanghai(), &mut |_| true)
            .unwrap();
        assert_eq!(facets, expected_facets(&expected), "{query}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn hits_in_pieces_are_the_hits_of_one_search(
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

#[test]
fn what_one_copy_says_and_who_another_copy_says_it_was_are_found_together() {
    let mut words_only = text(0, 7, 7, 1, "合同发你了");
    words_only.sender = None;
    words_only.origin = Origin::new("old.db", "", At::Row(7));
    let mut sender_only = text(0, 7, 7, 1, "");
    sender_only.parts = vec![Part::Unknown(Box::default())];
    let other = text(0, 8, 8, 2, "合同在哪");
    let home = Home::with(&[records([words_only, other]), records([sender_only])]);
    let all = messages(&home.archive);
    let wanted = all
        .iter()
        .find(|one| Selection::words(one).contains("发你了"))
        .unwrap();
    let sender = wanted.sender.expect("the copies are one message").to_hex();
    let mut reader = home.archive.reader().unwrap();
    for query in [
        "合同".to_owned(),
        format!("from:{sender} 合同"),
        format!("合同 发你 from:{sender} in:周末一起吃饭"),
    ] {
        for order in [SearchOrder::NewestFirst, SearchOrder::OldestFirst] {
            let selection = selection(&home.archive, &query);
            let expected = all.iter().filter(|one| selection.matches(one)).count();
            let found = hits(&mut reader, &selection, order, None, usize::MAX);
            assert_eq!(found.len(), expected, "{query}");
            assert!(ids(&found).contains(&wanted.id), "{query}");
            assert_eq!(leaf_through(&mut reader, &selection, order, 1), found);
        }
    }
}

/// Pictures and texts over three years in two runs, some messages with a second copy in another month.
fn gallery() -> Home {
    let day = 86_400;
    let message = |number: i64| {
        let mut message = text(
            (number % 2) as usize,
            number,
            number * day / 2,
            (number % 3) as usize,
            "看看",
        );
        if number % 5 == 0 {
            message.parts.push(Part::Image(Box::<Image>::default()));
        }
        message
    };
    let copies = (0..2_000).step_by(40).map(|number| {
        let mut copy = message(number);
        copy.origin = Origin::new("old.db", "", At::Row(number));
        copy.sent_at = Timestamp(copy.sent_at.0 + 40 * day * 1000);
        copy
    });
    let evens = (0..2_000).filter(|number| number % 4 < 2);
    let odds = (0..2_000).filter(|number| number % 4 >= 2);
    Home::with(&[
        records(evens.map(message)),
        records(odds.map(message)),
        records(copies),
    ])
}

#[test]
fn a_gallery_goes_on_where_it_stopped_and_knows_its_months() {
    let home = gallery();
    let mut reader = home.archive.reader().unwrap();
    let selection = selection(&home.archive, "kind:image in:周末一起吃饭");
    let all = messages(&home.archive);
    let expected: Vec<&Message> = all.iter().filter(|one| selection.matches(one)).collect();
    assert_eq!(expected.len(), 200);
    for order in [SearchOrder::NewestFirst, SearchOrder::OldestFirst] {
        let whole = leaf_through(&mut reader, &selection, order, 33);
        assert_eq!(
            whole,
            hits(&mut reader, &selection, order, None, usize::MAX)
        );
        assert_eq!(whole.len(), expected.len());
    }
    let facets = reader
        .facets(&selection, &shanghai(), &mut |_| true)
        .unwrap();
    assert_eq!(facets, expected_facets(&expected));
    // What comes in meanwhile is found when it belongs after the cursor, and only then.
    let first = hits(&mut reader, &selection, SearchOrder::NewestFirst, None, 50);
    let cursor = first[49].cursor;
    let rest = hits(
        &mut reader,
        &selection,
        SearchOrder::NewestFirst,
        Some(cursor),
        usize::MAX,
    );
    let mut home = home;
    let newer = [(5_000, 86_400 * 5_000), (5_001, 7)].map(|(number, second)| {
        let mut message = text(0, number, second, 1, "新");
        message.parts.push(Part::Image(Box::<Image>::default()));
        message
    });
    home.import(&records(newer));
    let mut reader = home.archive.reader().unwrap();
    let later = hits(
        &mut reader,
        &selection,
        SearchOrder::NewestFirst,
        Some(cursor),
        usize::MAX,
    );
    let mut ids_later = ids(&later);
    let place = ids_later
        .iter()
        .position(|id| *id == id_of(0, 5_001))
        .unwrap();
    ids_later.remove(place);
    assert_eq!(ids_later, ids(&rest));
}

#[test]
fn counting_stops_when_it_is_told_to_and_says_so() {
    let home = gallery();
    let mut reader = home.archive.reader().unwrap();
    for query in ["", "看", "kind:image", "看看 -kind:file"] {
        let selection = selection(&home.archive, query);
        let whole = reader
            .facets(&selection, &shanghai(), &mut |_| true)
            .unwrap();
        assert!(whole.is_complete);
        let mut told = Vec::new();
        let part = reader
            .facets(&selection, &shanghai(), &mut |looked_at| {
                told.push(looked_at);
                looked_at < 300
            })
            .unwrap();
        assert!(told.is_sorted());
        if whole.messages > 600 {
            assert!(!part.is_complete, "{query}");
            assert!(part.messages > 0 && part.messages < whole.messages);
            let by_kind: u64 = part.conversations.iter().map(|(_, count)| count).sum();
            assert_eq!(by_kind, part.messages);
        } else {
            assert!(part.messages <= whole.messages);
        }
        let none = reader
            .facets(&selection, &shanghai(), &mut |_| false)
            .unwrap();
        assert!(none.messages <= 600);
    }
    let nobody = selection(&home.archive, "from:没有这个人");
    let facets = reader.facets(&nobody, &shanghai(), &mut |_| true).unwrap();
    assert_eq!(
        facets,
        Facets {
            is_complete: true,
            ..Facets::default()
        }
    );
    let by_person = selection(&home.archive, "from:陈雨");
    let facets = reader
        .facets(&by_person, &shanghai(), &mut |_| true)
        .unwrap();
    assert_eq!(facets.senders.first().map(|(id, _)| *id), Some(person(0)));
    assert_eq!(facets.senders.len(), 1);
}
