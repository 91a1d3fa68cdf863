//! Rows: who wrote them, where they belong, what is left of them.

use hutong_model::{
    ConversationKind, Direction, Message, MessageId, NativeIdName, Part, PartKind, Precision,
    ProblemKind, State, Timestamp, plain_text,
};

use super::Given;
use super::built::{message, names, options, read, read_with, serious};
use super::encode::{
    FRIEND, FRIEND_UIN, GROUP, OWNER, OWNER_UIN, Proto, START, body, cell, id, tip, words,
};
use crate::ReadOptions;

#[test]
fn who_wrote_a_row_decides_its_direction() {
    let given = read(|database| {
        database.private(0, true, &[words("mine")], Vec::new());
        database.private(1, false, &[words("theirs")], Vec::new());
        // Moved from an old client: no uid, a midnight as send type, the number only in the name.
        let midnight = START / 86_400 * 86_400;
        let old = |name: &str, uin: i64| {
            vec![
                cell(40003, 0),
                cell(40013, midnight),
                cell(40020, ""),
                cell(40033, uin),
                cell(40090, name.to_owned()),
            ]
        };
        database.private(2, false, &[words("old, mine")], old("我(10001)", OWNER_UIN));
        database.private(3, false, &[words("old, theirs")], old("小(李)(20002)", 0));
        database.private(
            4,
            false,
            &[words("by mail")],
            old("小王<wang@example.com>", 0),
        );
    });
    let direction = |number| message(&given, number).direction;
    assert_eq!(
        [0, 1, 2, 3, 4].map(direction),
        [
            Direction::Out,
            Direction::In,
            Direction::Out,
            Direction::In,
            Direction::In
        ]
    );
    assert_eq!(message(&given, 2).sender_name.as_deref(), Some("我"));
    assert_eq!(message(&given, 3).sender_name.as_deref(), Some("小(李)"));
    assert_eq!(names(&given, message(&given, 3)).as_deref(), Some("20002"));
    assert_eq!(
        names(&given, message(&given, 4)).as_deref(),
        Some("wang@example.com")
    );
    assert_eq!(given.conversations.len(), 1);
}

#[test]
fn a_bracket_in_a_card_of_today_is_part_of_the_card() {
    let given =
        read(|database| database.group(0, &[words("x")], vec![cell(40090, "阿明(1234567)")]));
    assert_eq!(
        message(&given, 0).sender_name.as_deref(),
        Some("阿明(1234567)")
    );
    assert_eq!(names(&given, message(&given, 0)).as_deref(), Some("20002"));
}

#[test]
fn uid_and_number_are_one_person_whichever_row_comes_first() {
    let given = read(|database| {
        // The number of this uid stands only in a later row, and a row before it has the number alone.
        database.group(0, &[words("a")], vec![cell(40020, ""), cell(40033, 30_003)]);
        database.group(
            1,
            &[words("b")],
            vec![cell(40020, "u_third"), cell(40033, 0)],
        );
        database.group(
            2,
            &[words("c")],
            vec![cell(40020, "u_third"), cell(40033, 30_003)],
        );
        database.group(
            3,
            &[words("d")],
            vec![cell(40020, "u_never"), cell(40033, 0)],
        );
    });
    let senders: Vec<_> = (0..3)
        .map(|number| message(&given, number).sender.unwrap())
        .collect();
    assert!(senders.iter().all(|sender| *sender == senders[0]));
    assert_eq!(given.accounts[&senders[0]].native_id, "30003");
    assert_eq!(
        given.accounts[&senders[0]].second_id.as_deref(),
        Some("u_third")
    );
    assert_eq!(
        names(&given, message(&given, 3)).as_deref(),
        Some("u_never")
    );
}

#[test]
fn the_owner_is_found_in_the_rows_when_nothing_else_tells() {
    let given = read_with(&ReadOptions::default(), |database| {
        database.private(0, false, &[words("theirs")], Vec::new());
        database.private(1, true, &[words("mine")], Vec::new());
    });
    let owner = given
        .accounts
        .values()
        .find(|account| account.is_owner)
        .unwrap();
    assert_eq!(
        (owner.native_id.as_str(), owner.second_id.as_deref()),
        ("10001", Some(OWNER))
    );
    assert_eq!(message(&given, 1).direction, Direction::Out);
}

#[test]
fn conversations_have_their_kinds_and_ids() {
    let given = read(|database| {
        database.group(0, &[words("x")], vec![cell(40030, 0)]);
        let in_table = |table: &str, number: i64, over: Vec<_>| {
            let mut cells = vec![
                cell(40001, id(number)),
                cell(40011, 2),
                cell(40020, OWNER),
                cell(40033, OWNER_UIN),
                cell(40050, START + number),
                cell(40800, body(&[words("x")])),
            ];
            cells.extend(over);
            database.insert(table, &cells);
        };
        in_table(
            "dataline_msg_table",
            1,
            vec![
                cell(40010, 8),
                cell(40021, "u_phone"),
                cell(40030, OWNER_UIN),
            ],
        );
        in_table(
            "discuss_msg_table",
            2,
            vec![
                cell(40010, 3),
                cell(40027, 55),
                cell(40030, 55),
                cell(40094, "夜谈"),
            ],
        );
        in_table(
            "service_assistant_msg_table",
            3,
            vec![cell(40010, 118), cell(40021, "u_service"), cell(40030, 66)],
        );
        in_table(
            "c2c_temp_msg_table",
            4,
            vec![cell(40010, 100), cell(40021, "u_temp"), cell(40030, 77_007)],
        );
        let notice = tip(15).text(47502, "700100");
        in_table(
            "c2c_temp_msg_table",
            5,
            vec![cell(40010, 100), cell(40021, "u_temp"), cell(40030, 77_007)],
        );
        database
            .0
            .execute(
                "UPDATE c2c_temp_msg_table SET [40800]=?1, [40011]=5, [40012]=15 WHERE [40001]=?2",
                (body(&[notice]), id(5)),
            )
            .unwrap();
    });
    let conversation = |number| given.conversations[&message(&given, number).conversation].clone();
    let described = |number| (conversation(number).kind, conversation(number).native_id);
    assert_eq!(described(0), (ConversationKind::Group, GROUP.to_string()));
    assert_eq!(
        described(1),
        (ConversationKind::Device, "u_phone".to_owned())
    );
    assert_eq!(message(&given, 1).direction, Direction::Out);
    assert_eq!(
        described(2),
        (ConversationKind::Group, "discuss:55".to_owned())
    );
    assert_eq!(conversation(2).name.as_deref(), Some("夜谈"));
    assert_eq!(
        described(3),
        (ConversationKind::Official, "u_service".to_owned())
    );
    assert_eq!(
        described(4),
        (ConversationKind::Direct, "u_temp".to_owned())
    );
    assert_eq!(conversation(4).context.as_deref(), Some("700100"));
}

#[test]
fn a_message_has_its_ids_and_order() {
    let given = read(|database| {
        database.group(0, &[words("a")], vec![cell(40050, START), cell(40003, 9)]);
        database.group(1, &[words("b")], vec![cell(40050, START), cell(40003, 8)]);
        database.group(2, &[words("c")], vec![cell(40050, START), cell(40003, 0)]);
        database.group(
            3,
            &[words("d")],
            vec![cell(40050, START), cell(40003, 0), cell(40002, 0)],
        );
    });
    let mut ordered: Vec<&Message> = given.messages().collect();
    ordered.sort_by_key(|message| (message.sent_at, message.order));
    let text: String = ordered
        .iter()
        .map(|message| plain_text(&message.parts))
        .collect();
    assert_eq!(text, "cdba");
    let first = message(&given, 0);
    assert_eq!(
        first.id,
        MessageId::new(first.conversation, "message", &[&id(0).to_le_bytes()])
    );
    assert_eq!(
        first.lookup_keys,
        [MessageId::new(
            first.conversation,
            "sequence",
            &[&9_i64.to_le_bytes()]
        )]
    );
    assert_eq!(message(&given, 3).native_ids.len(), 1);
    assert_eq!(
        message(&given, 3).native_ids[0].name,
        NativeIdName::MessageId
    );
}

#[test]
fn rows_without_content_are_told_from_deleted_ones() {
    let given = read(|database| {
        database.private(
            0,
            false,
            &[words("还在")],
            vec![cell(40011, 1), cell(40012, 1)],
        );
        database.private(
            1,
            false,
            &[],
            vec![
                cell(40011, 1),
                cell(40012, 0),
                cell(40800, rusqlite::types::Null),
            ],
        );
        database.private(
            2,
            false,
            &[],
            vec![
                cell(40011, 0),
                cell(40012, 0),
                cell(40800, rusqlite::types::Null),
            ],
        );
        database.private(3, false, &[], vec![cell(40800, rusqlite::types::Null)]);
        database.private(
            4,
            false,
            &[],
            vec![cell(40011, 29), cell(40800, b"\xFF\xFFjunk".to_vec())],
        );
    });
    let state = |number| message(&given, number).state.clone();
    assert_eq!(
        [0, 1, 2, 3].map(state),
        [State::Deleted, State::Deleted, State::Normal, State::Normal]
    );
    let hidden = |number| message(&given, number).is_hidden;
    assert_eq!(
        [0, 1, 2, 3, 4].map(hidden),
        [true, true, true, false, false]
    );
    assert!((0..5).all(|number| message(&given, number).kind() == PartKind::Unknown));
    assert!(message(&given, 0).parts.contains(&Part::text("还在")));
    let Part::Unknown(unknown) = &message(&given, 4).parts[0] else {
        panic!()
    };
    assert_eq!(unknown.raw, b"\xFF\xFFjunk");
    assert!(serious(&given).is_empty());
    assert_eq!(given.summary.rows_read, 5);
}

#[test]
fn reactions_are_counted_without_their_placeholder() {
    let given = read(|database| {
        let entry = |id: &str, kind: u64, count: u64| {
            Proto::default()
                .text(48301, id)
                .number(48302, kind)
                .number(48303, count)
        };
        let column = Proto::default()
            .nest(40062, &entry("76", 1, 12))
            .nest(40062, &entry("128077", 2, 5))
            .nest(40062, &entry("", 1, 1))
            .0;
        database.group(0, &[words("x")], vec![cell(40062, column)]);
        database.group(
            1,
            &[words("x")],
            vec![cell(40062, vec![0xF2, 0xC7, 0x13, 0x00])],
        );
    });
    let reactions: Vec<_> = message(&given, 0)
        .reactions
        .iter()
        .map(|found| (found.emoji.as_str(), found.count))
        .collect();
    assert_eq!(reactions, [("/赞", 12), ("👍", 5)]);
    assert!(message(&given, 1).reactions.is_empty());
}

#[test]
fn a_row_that_belongs_nowhere_is_rejected_and_listed() {
    let given = read(|database| {
        let nobody = || {
            vec![
                cell(40020, ""),
                cell(40021, ""),
                cell(40027, 0),
                cell(40030, 0),
                cell(40033, 0),
            ]
        };
        database.private(0, false, &[words("x")], nobody());
        database.group(1, &[words("x")], nobody());
        database.private(
            2,
            false,
            &[words("x")],
            vec![cell(40050, 0), cell(40058, START)],
        );
    });
    let rejected = serious(&given);
    assert_eq!(rejected.len(), 2);
    assert!(
        rejected
            .iter()
            .all(|problem| problem.kind == ProblemKind::RejectedRow)
    );
    assert_eq!(given.summary.rows_read, 3);
    let dated = message(&given, 2);
    assert_eq!(
        (dated.sent_at, dated.precision),
        (Timestamp::from_seconds(START), Precision::Day)
    );
}

#[test]
fn older_tables_with_fewer_columns_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nt_msg.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE c2c_msg_table([40001] INTEGER PRIMARY KEY,[40011] INTEGER,[40021] TEXT,[40020] TEXT,[40050] INTEGER,[40800] BLOB);
             CREATE VIRTUAL TABLE c2c_msg_fts USING fts5(words);",
        )
        .unwrap();
    connection
        .execute(
            "INSERT INTO c2c_msg_table VALUES(1, 2, ?1, ?1, ?2, ?3)",
            (FRIEND, START, body(&[words("旧")])),
        )
        .unwrap();
    drop(connection);
    let given = Given::read(folder.path(), &options());
    let message = given.messages().next().unwrap();
    assert_eq!(plain_text(&message.parts), "旧");
    assert_eq!(names(&given, message).as_deref(), Some(FRIEND));
    assert!(message.native_ids.len() == 1 && message.direction == Direction::In);
}

#[test]
fn the_row_is_kept_when_asked_for() {
    let given = read_with(
        &ReadOptions {
            keep_raw: true,
            ..options()
        },
        |database| {
            database.private(0, false, &[words("x")], Vec::new());
        },
    );
    let raw = message(&given, 0).raw.as_ref().unwrap();
    let row: serde_json::Value = serde_json::from_slice(raw).unwrap();
    assert_eq!(row["40001"], id(0));
    assert_eq!(row["40021"], FRIEND);
    assert_eq!(row["40800"]["hex"], hex::encode(body(&[words("x")])));
    assert_eq!(row["40030"], FRIEND_UIN);
}
