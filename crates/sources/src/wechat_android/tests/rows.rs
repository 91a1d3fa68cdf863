//! Single rows, written by hand after the format page.

use std::path::Path;

use hutong_model::{
    Collected, Direction, Message, Part, Precision, ProblemKind, Record, State, Timestamp,
    plain_text,
};
use rusqlite::{Connection, params};

use super::{messages, read};
use crate::ReadOptions;

const OWNER: &str = "wxid_me";

/// A database as somebody else might write it: fewer columns, other types, another order.
fn database(folder: &Path) -> Connection {
    let connection = Connection::open(folder.join("any name at all")).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE rcontact(nickname TEXT, username TEXT PRIMARY KEY, conRemark TEXT, verifyFlag, type);
             CREATE TABLE userinfo(id INTEGER PRIMARY KEY, type INT, value TEXT);
             INSERT INTO userinfo VALUES(2, 3, 'wxid_me');
             CREATE TABLE message(talker TEXT, content, msgSvrId, msgId INTEGER PRIMARY KEY, type, isSend, createTime, imgPath TEXT, lvbuffer BLOB, talkerId INTEGER);",
        )
        .unwrap();
    connection
}

struct Row<'a> {
    talker: Option<&'a str>,
    content: &'a [u8],
    server_id: i64,
    kind: i64,
    is_send: i64,
    path: &'a str,
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self {
            talker: Some("wxid_you"),
            content: b"",
            server_id: 77,
            kind: 1,
            is_send: 0,
            path: "",
        }
    }
}

const TIME: i64 = 1_600_000_000_123;

fn put(connection: &Connection, row: &Row<'_>) {
    let content = String::from_utf8(row.content.to_vec()).map_or(
        rusqlite::types::Value::Blob(row.content.to_vec()),
        rusqlite::types::Value::Text,
    );
    connection
        .execute(
            "INSERT INTO message(talker, content, msgSvrId, type, isSend, createTime, imgPath) VALUES(?1,?2,?3,?4,?5,?6,?7)",
            params![row.talker, content, row.server_id, row.kind, row.is_send, TIME, row.path],
        )
        .unwrap();
}

fn read_rows(fill: impl FnOnce(&Connection)) -> (Collected, u64) {
    let folder = tempfile::tempdir().unwrap();
    let connection = database(folder.path());
    fill(&connection);
    connection.close().unwrap();
    let (collected, summary) = read(folder.path(), &ReadOptions::default());
    (collected, summary.rows_read)
}

fn only(row: &Row<'_>) -> Message {
    let (collected, rows) = read_rows(|connection| put(connection, row));
    assert_eq!(rows, 1);
    messages(&collected).next().unwrap().clone()
}

fn sender_of(row: &Row<'_>) -> (Option<String>, Message) {
    let (collected, _) = read_rows(|connection| put(connection, row));
    let message = messages(&collected).next().unwrap().clone();
    let sender = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if Some(account.id) == message.sender => {
            Some(account.native_id.clone())
        }
        _ => None,
    });
    (sender, message)
}

#[test]
fn rows_of_rooms_begin_with_their_sender() {
    let room = |content: &'static str, is_send| Row {
        talker: Some("1@chatroom"),
        content: content.as_bytes(),
        is_send,
        ..Row::default()
    };
    for (content, is_send, sender, words) in [
        ("wxid_a:\n你好", 0, "wxid_a", "你好"),
        (
            "old_name:\n没有前缀的老用户名",
            0,
            "old_name",
            "没有前缀的老用户名",
        ),
        ("123@openim:\nhi", 0, "123@openim", "hi"),
        ("wxid_a:\ntodo:\n1. 牛奶", 0, "wxid_a", "todo:\n1. 牛奶"),
        ("todo:\n1. 牛奶", 1, OWNER, "todo:\n1. 牛奶"),
    ] {
        let (found, message) = sender_of(&room(content, is_send));
        assert_eq!(found.as_deref(), Some(sender), "{content}");
        assert_eq!(plain_text(&message.parts), words);
    }
}

#[test]
fn voices_and_films_tell_who_and_how_long() {
    let row = |content: &'static str, kind| Row {
        talker: Some("1@chatroom"),
        content: content.as_bytes(),
        kind,
        path: "0123456789abcdef",
        ..Row::default()
    };
    for (content, kind, length) in [
        ("wxid_a:15369:1\n", 34, 15_369),
        ("wxid_a:\nwxid_a:15369:0", 34, 15_369),
        (
            "wxid_a:\n<msg><voicemsg voicelength=\"800\" /></msg>",
            34,
            800,
        ),
        ("wxid_a:12:0:\n", 43, 12_000),
        ("wxid_a:12:0", 62, 12_000),
    ] {
        let (sender, message) = sender_of(&row(content, kind));
        assert_eq!(sender.as_deref(), Some("wxid_a"), "{content}");
        let found = match &message.parts[..] {
            [Part::Voice(voice)] => voice.duration_ms,
            [Part::Video(video)] => video.duration_ms,
            parts => panic!("{parts:?}"),
        };
        assert_eq!(found, Some(length), "{content}");
    }
}

#[test]
fn codes_with_high_bits_are_what_their_content_says() {
    let card = |kind| Row {
        content: b"<msg><appmsg><title>t</title><type>17</type></appmsg></msg>",
        kind,
        ..Row::default()
    };
    let as_place = only(&card(-1_879_048_186));
    assert_eq!(as_place.parts[0].kind(), only(&card(49)).parts[0].kind());
    let sticker = only(&Row {
        kind: 1_048_625,
        path: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        ..Row::default()
    });
    assert!(
        matches!(&sticker.parts[..], [Part::Sticker(sticker)] if sticker.attachment.native_digest.as_deref() == Some("0a1b2c3d4e5f60718293a4b5c6d7e8f9"))
    );
    let unknown = only(&Row {
        kind: 0x7777_0006,
        content: b"?",
        ..Row::default()
    });
    assert!(matches!(&unknown.parts[..], [Part::Unknown(unknown)] if unknown.raw == b"?"));
    let recalled = only(&Row {
        kind: 268_445_456,
        content: "你撤回了一条消息".as_bytes(),
        ..Row::default()
    });
    assert_eq!(recalled.sender, None);
    assert_eq!(recalled.direction, Direction::None);
    let named = only(&Row {
        kind: 10_002,
        content: "<sysmsg type=\"revokemsg\"><revokemsg><session>a</session><newmsgid>77</newmsgid><replacemsg><![CDATA[\"甲\" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>".as_bytes(),
        ..Row::default()
    });
    assert!(matches!(named.state, State::Recalled { .. }));
}

#[test]
fn bytes_that_are_no_text_cost_only_themselves() {
    let (collected, _) = read_rows(|connection| {
        put(
            connection,
            &Row {
                content: b"ab\xE4\xBDcd",
                ..Row::default()
            },
        );
    });
    let message = messages(&collected).next().unwrap();
    assert_eq!(plain_text(&message.parts), "ab\u{fffd}cd");
    assert_eq!(collected.problems.len(), 1);
    assert_eq!(collected.problems[0].kind, ProblemKind::Note);
}

#[test]
fn numbers_that_stand_as_text_are_numbers() {
    let (collected, rows) = read_rows(|connection| {
        connection
            .execute_batch(
                "INSERT INTO message(talker, content, msgSvrId, type, isSend, createTime) VALUES
                 ('wxid_you', 12345, '9007199254740993', '1', '1', '1600000000123'),
                 ('wxid_you', '秒', 5, 1, 0, 1600000001);",
            )
            .unwrap();
    });
    assert_eq!(rows, 2);
    let all: Vec<&Message> = messages(&collected).collect();
    assert_eq!(plain_text(&all[0].parts), "12345");
    assert_eq!(all[0].direction, Direction::Out);
    assert_eq!(all[0].sent_at, Timestamp(TIME));
    assert_eq!(all[0].precision, Precision::Millisecond);
    assert_eq!(
        all[0].id,
        crate::wechat::map::message_id(all[0].conversation, 9_007_199_254_740_993)
    );
    assert_eq!(all[1].sent_at, Timestamp::from_seconds(1_600_000_001));
    assert_eq!(all[1].precision, Precision::Second);
}

#[test]
fn a_row_without_a_conversation_is_told_by_its_number_or_rejected() {
    let (collected, rows) = read_rows(|connection| {
        connection
            .execute_batch(
                "INSERT INTO rcontact(rowid, username, nickname) VALUES(9, 'wxid_by_number', '数字');
                 INSERT INTO message(talkerId, content, msgSvrId, type, isSend, createTime) VALUES
                 (9, '我在', 1, 1, 0, 1600000000123), (10, '我不在', 2, 1, 0, 1600000000123);",
            )
            .unwrap();
    });
    assert_eq!(rows, 2);
    assert_eq!(messages(&collected).count(), 1);
    let rejected = collected
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow);
    assert_eq!(rejected.count(), 1);
}

#[test]
fn equal_rows_without_a_server_id_stay_apart_between_other_conversations() {
    let (collected, _) = read_rows(|connection| {
        for talker in ["wxid_you", "wxid_new", "wxid_you"] {
            let row = Row {
                talker: Some(talker),
                content: "以上是打招呼的内容".as_bytes(),
                server_id: 0,
                kind: 10_000,
                ..Row::default()
            };
            put(connection, &row);
        }
    });
    let ids: std::collections::BTreeSet<_> =
        messages(&collected).map(|message| message.id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn an_uploaded_file_is_not_mistaken_for_the_same_file_in_another_chat() {
    let card = |code: u32| {
        format!(
            "<msg><appmsg><title>a.pdf</title><type>{code}</type><appattach><attachid>@x</attachid></appattach></appmsg></msg>"
        )
    };
    let (collected, _) = read_rows(|connection| {
        for (talker, code, server_id) in
            [("wxid_you", 74, 1), ("wxid_new", 6, 2), ("wxid_you", 6, 3)]
        {
            let content = card(code);
            let row = Row {
                talker: Some(talker),
                content: content.as_bytes(),
                server_id,
                kind: 1_090_519_089,
                is_send: 1,
                ..Row::default()
            };
            put(connection, &row);
        }
    });
    assert_eq!(messages(&collected).count(), 3);
    let ids: std::collections::BTreeSet<_> =
        messages(&collected).map(|message| message.id).collect();
    // The two rows of one transfer are one message, the one in the other chat is another.
    assert_eq!(ids.len(), 2);
}

#[test]
fn mentions_stand_in_the_buffer_beside_the_text() {
    let (collected, _) = read_rows(|connection| {
        connection
            .execute(
                "INSERT INTO message(talker, content, msgSvrId, type, isSend, createTime, lvbuffer) VALUES('1@chatroom', 'wxid_a:\n@我\u{2005}在吗', 1, 1, 0, ?1, ?2)",
                params![TIME, b"{\0\x40<msgsource><atuserlist>wxid_me</atuserlist></msgsource>\0}"],
            )
            .unwrap();
    });
    let message = messages(&collected).next().unwrap();
    assert!(
        matches!(&message.parts[..], [Part::Text(text)] if text.mentions.len() == 1),
        "{message:?}"
    );
}

#[test]
fn an_owner_that_the_database_does_not_name_is_told_by_own_rows_or_by_the_user() {
    let fill = |connection: &Connection| {
        connection.execute_batch("DELETE FROM userinfo").unwrap();
        put(
            connection,
            &Row {
                content: b"wxid_self:1000:0",
                kind: 34,
                is_send: 1,
                ..Row::default()
            },
        );
    };
    let (collected, _) = read_rows(fill);
    let owner = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if account.is_owner => Some(account.native_id.as_str()),
        _ => None,
    });
    assert_eq!(owner, Some("wxid_self"));
    let folder = tempfile::tempdir().unwrap();
    let connection = database(folder.path());
    fill(&connection);
    connection.close().unwrap();
    let options = ReadOptions {
        account: Some(" wxid_said ".to_owned()),
        keep_raw: true,
        ..ReadOptions::default()
    };
    let (collected, _) = read(folder.path(), &options);
    assert!(collected.records.iter().any(
        |record| matches!(record, Record::Account(account) if account.is_owner && account.native_id == "wxid_said")
    ));
    let message = messages(&collected).next().unwrap();
    let raw = String::from_utf8(message.raw.clone().unwrap()).unwrap();
    assert!(raw.contains("\"msgSvrId\":77"), "{raw}");
}
