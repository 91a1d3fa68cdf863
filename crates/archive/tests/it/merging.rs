//! Promise 2: merging never loses and never doubles, in whatever order things come.

use std::collections::BTreeSet;

use hutong_model::{
    Account, At, Change, Message, MessageChange, Origin, Part, Platform, Reaction, Record,
    Revision, State, System, SystemEvent, Timestamp, Unknown,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::world::{Home, START, id_of, person, record, records, sequence_key, text};

/// One copy of a message as some input may have it.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    chat: usize,
    server_id: i64,
    wording: u8,
    place: u8,
    later_ms: i64,
    state: u8,
    has_sender: bool,
    answers: Option<(bool, i64)>,
}

impl Copy {
    pub(crate) fn message(&self) -> Message {
        let words = ["你好，明天见", "你好，后天见", "合同发你了"][usize::from(self.wording) % 3];
        // Two messages of one second with equal words by one person are common.
        let mut message = text(
            self.chat,
            self.server_id,
            self.server_id / 3,
            self.server_id as usize % 3,
            words,
        );
        message.sent_at = Timestamp(message.sent_at.0 + self.later_ms);
        message.order = self.server_id;
        message.lookup_keys = vec![sequence_key(self.chat, self.server_id % 5)];
        let inputs = [
            "phone/message_0.db",
            "computer/message_0.db",
            "old/message_0.db",
        ];
        let row = self.server_id * 10 + i64::from(self.wording);
        message.origin = Origin::new(inputs[usize::from(self.place) % 3], "Msg_1", At::Row(row));
        match self.wording {
            3 => {
                message.parts = vec![Part::Unknown(Box::new(Unknown {
                    kind: "77".to_owned(),
                    ..Unknown::default()
                }))];
            }
            4 => {
                message.parts = vec![Part::System(Box::new(System {
                    event: SystemEvent::Recalled,
                    text: "对方撤回了一条消息".to_owned(),
                    ..System::default()
                }))];
            }
            _ => {}
        }
        message.state = match self.state {
            0 => State::Recalled {
                by: Some(person(1)),
                at: Some(Timestamp::from_seconds(START + 900)),
            },
            1 => State::Deleted,
            _ => State::Normal,
        };
        if !self.has_sender {
            message.sender = None;
        }
        if let Some((is_strong, target)) = self.answers {
            message.reply_to = if is_strong {
                vec![id_of(self.chat, target)]
            } else {
                vec![sequence_key(self.chat, target % 5)]
            };
        }
        message
    }
}

pub(crate) fn copies() -> impl Strategy<Value = Copy> {
    let chat = 0_usize..2;
    let later = prop_oneof![4 => Just(0), 1 => Just(1000), 1 => Just(4000), 1 => Just(3_600_000)];
    let answers = prop_oneof![2 => Just(None), 1 => (any::<bool>(), 0_i64..10).prop_map(Some)];
    (
        chat,
        0_i64..9,
        0_u8..5,
        0_u8..3,
        later,
        0_u8..8,
        prop::bool::weighted(0.8),
        answers,
    )
        .prop_map(
            |(chat, server_id, wording, place, later_ms, state, has_sender, answers)| Copy {
                chat,
                server_id,
                wording,
                place,
                later_ms,
                state,
                has_sender,
                answers,
            },
        )
}

pub(crate) fn change(chat: usize, server_id: i64, what: u8) -> Record {
    let change = match what {
        0 => Change::Recall { by: None, at: None },
        1 => Change::Recall {
            by: Some(person(1)),
            at: Some(Timestamp::from_seconds(START + 5)),
        },
        2 => Change::Recall {
            by: Some(person(2)),
            at: Some(Timestamp::from_seconds(START + 7)),
        },
        3 => Change::Reaction(Reaction {
            emoji: "👍".to_owned(),
            count: 2,
            accounts: vec![person(1)],
        }),
        4 => Change::Reaction(Reaction {
            emoji: "🌹".to_owned(),
            count: 1,
            accounts: Vec::new(),
        }),
        _ => Change::Revision(Revision {
            at: None,
            parts: vec![Part::text("原来的话")],
        }),
    };
    Record::Change(MessageChange {
        message: id_of(chat, server_id),
        conversation: crate::world::chat(chat),
        change,
        origin: Origin::new("message_revoke.db", "", At::Row(server_id)),
    })
}

fn statement(
    number: usize,
    nickname: Option<usize>,
    remark: Option<usize>,
    as_of: Option<i64>,
) -> Record {
    Record::Account(Account {
        id: person(number),
        platform: Some(Platform::WeChat),
        native_id: crate::world::PEOPLE[number].0.to_owned(),
        nickname: nickname.map(|name| ["阿雨", "海哥", "老林"][name].to_owned()),
        remark: remark.map(|name| ["同事", "邻居"][name].to_owned()),
        as_of: as_of.map(|day| Timestamp::from_seconds(START + day * 86_400)),
        ..Account::default()
    })
}

/// A record, shown in few words when a case fails.
#[derive(Clone, Debug)]
enum Item {
    Copy(Copy),
    Change {
        chat: usize,
        server_id: i64,
        what: u8,
    },
    Statement {
        number: usize,
        nickname: Option<usize>,
        remark: Option<usize>,
        as_of: Option<i64>,
    },
}

impl Item {
    fn record(&self) -> Record {
        match self {
            Self::Copy(copy) => record(copy.message()),
            Self::Change {
                chat,
                server_id,
                what,
            } => change(*chat, *server_id, *what),
            Self::Statement {
                number,
                nickname,
                remark,
                as_of,
            } => statement(*number, *nickname, *remark, *as_of),
        }
    }
}

/// The records, each with the set of parts that hold it (at least one of three).
fn split() -> impl Strategy<Value = Vec<(Item, u8)>> {
    let one = prop_oneof![
        6 => copies().prop_map(Item::Copy),
        2 => (0_usize..2, 0_i64..11, 0_u8..6).prop_map(|(chat, server_id, what)| Item::Change { chat, server_id, what }),
        1 => (0_usize..3, prop::option::of(0_usize..3), prop::option::of(0_usize..2), prop::option::of(0_i64..4))
            .prop_map(|(number, nickname, remark, as_of)| Item::Statement { number, nickname, remark, as_of }),
    ];
    prop::collection::vec((one, 1_u8..8), 1..50)
}

fn messages_of(records: &[Record]) -> usize {
    records
        .iter()
        .filter(|record| matches!(record, Record::Message(_)))
        .count()
}

fn shuffled(mut records: Vec<Record>, picks: &[Index]) -> Vec<Record> {
    if !records.is_empty() {
        for (position, pick) in picks.iter().enumerate() {
            let at = position % records.len();
            let other = pick.index(records.len());
            records.swap(at, other);
        }
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_2_merging_never_loses_and_never_doubles(
        split in split(),
        order in Just(vec![0_u8, 1, 2]).prop_shuffle(),
        picks in prop::collection::vec(any::<Index>(), 0..30),
        repeat in 0_usize..3,
    ) {
        let whole: Vec<Record> = split.iter().map(|(item, _)| item.record()).collect();
        let mut expected = Home::new();
        expected.import(&records(Vec::new()));
        let report = expected.import(&whole);
        prop_assert_eq!(report.added + report.known + report.rejected, messages_of(&whole) as u64);

        let mut parts: Vec<Vec<Record>> = order
            .iter()
            .map(|part| {
                let held = split.iter().filter(|(_, parts)| parts >> part & 1 == 1);
                shuffled(held.map(|(item, _)| item.record()).collect(), &picks)
            })
            .collect();
        parts.push(parts[repeat].clone());
        let mut home = Home::new();
        home.import(&records(Vec::new()));
        let mut added = 0;
        for (number, part) in parts.iter().enumerate() {
            let report = home.import(part);
            prop_assert_eq!(report.added + report.known + report.rejected, messages_of(part) as u64);
            added += report.added;
            if number == 3 {
                prop_assert_eq!((report.added, report.sightings), (0, 0), "a part that was imported already adds nothing");
            }
        }
        prop_assert_eq!(home.lines(), expected.lines());

        let ids: BTreeSet<_> = whole
            .iter()
            .filter_map(|record| match record {
                Record::Message(message) => Some(message.id),
                _ => None,
            })
            .collect();
        prop_assert_eq!(added, ids.len() as u64);
        prop_assert_eq!(home.lines().len(), ids.len(), "each message once");
        prop_assert_eq!(home.archive.totals().unwrap().messages, ids.len() as u64);
        // What a single look gives is what reading gives.
        let mut reader = home.archive.reader().unwrap();
        for message in crate::world::messages(&home.archive) {
            let mut alone = reader.message(message.id).unwrap().unwrap();
            // Keys that several messages share are a guess, which may differ with how far a reader has read.
            alone.reply_to.clone_from(&message.reply_to);
            prop_assert_eq!(&alone, &message);
        }
        prop_assert!(home.archive.check(&mut |_| true).unwrap().faults.is_empty());
    }
}

#[test]
fn two_equal_messages_of_one_second_stay_two() {
    let twins = || {
        [
            text(0, 1, 0, 1, "哈哈"),
            text(0, 2, 0, 1, "哈哈"),
            text(0, 3, 0, 1, "哈哈"),
        ]
    };
    let mut home = Home::with(&[records(twins())]);
    assert_eq!(home.lines().len(), 3);
    let report = home.import(&records(twins().into_iter().rev()));
    assert_eq!((report.added, report.known), (0, 3));
    assert_eq!(home.lines().len(), 3);
}

#[test]
fn one_id_with_two_wordings_is_one_message_that_keeps_both() {
    let one = text(0, 1, 0, 1, "下午三点");
    let mut other = text(0, 1, 0, 1, "下午四点");
    other.origin = Origin::new("other.db", "Msg_1", At::Row(9));
    let mut home = Home::with(&[records([one.clone()])]);
    let report = home.import(&records([other.clone()]));
    assert_eq!((report.added, report.known, report.sightings), (0, 1, 1));
    let lines = home.lines();
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("下午三点")
            && lines[0].contains("下午四点")
            && lines[0].contains("revisions"),
        "{}",
        lines[0]
    );
    assert_eq!(Home::with(&[records([other, one])]).lines(), lines);
    assert_eq!(home.archive.totals().unwrap().records, 2);
}

#[test]
fn a_recall_is_known_whether_it_comes_before_or_after_its_message() {
    let message = record(text(0, 1, 0, 1, "说错了"));
    let recall = Record::Change(MessageChange {
        message: id_of(0, 1),
        conversation: crate::world::chat(0),
        change: Change::Recall {
            by: Some(person(1)),
            at: None,
        },
        origin: Origin::new("revoke.db", "", At::Row(1)),
    });
    let before = Home::with(&[records([]), vec![recall.clone()], vec![message.clone()]]);
    let after = Home::with(&[records([]), vec![message.clone()], vec![recall.clone()]]);
    let together = Home::with(&[records([]), vec![recall, message]]);
    assert_eq!(before.lines(), after.lines());
    assert_eq!(before.lines(), together.lines());
    assert!(
        before.lines()[0].contains("\"state\":\"recalled\"")
            && before.lines()[0].contains("说错了")
    );
}

#[test]
fn a_recall_notice_in_place_of_a_message_does_not_hide_its_words() {
    let message = text(0, 1, 0, 1, "说错了");
    let mut notice = text(0, 1, 0, 1, "");
    notice.origin = Origin::new("later.db", "Msg_1", At::Row(1));
    notice.parts = vec![Part::System(Box::new(System {
        event: SystemEvent::Recalled,
        text: "“林海”撤回了一条消息".to_owned(),
        ..System::default()
    }))];
    let one = Home::with(&[records([message.clone()]), records([notice.clone()])]);
    let other = Home::with(&[records([notice]), records([message])]);
    assert_eq!(one.lines(), other.lines());
    assert!(
        one.lines()[0].contains("说错了") && one.lines()[0].contains("\"state\":\"recalled\""),
        "{}",
        one.lines()[0]
    );
}

#[test]
fn the_younger_of_two_names_wins_whichever_comes_first() {
    let named = |name: &str, day: i64| {
        Record::Account(Account {
            id: person(1),
            platform: Some(Platform::WeChat),
            native_id: "wxid_lin_hai".to_owned(),
            nickname: Some(name.to_owned()),
            as_of: Some(Timestamp::from_seconds(START + day * 86_400)),
            ..Account::default()
        })
    };
    let message = record(text(1, 1, 0, 1, "在吗"));
    let (old, new) = (named("旧名", 1), named("新名", 2));
    let one = Home::with(&[
        records([]),
        vec![old.clone(), message.clone()],
        vec![new.clone()],
    ]);
    let other = Home::with(&[records([]), vec![new], vec![old, message]]);
    assert_eq!(one.lines(), other.lines());
    assert!(one.lines()[0].contains("新名"), "{}", one.lines()[0]);
}
