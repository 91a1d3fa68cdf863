//! Databases built by hand from the fact sheet.

use std::path::Path;

use hutong_crypto::{KeyRing, OpenError};
use hutong_model::{
    AccountId, CallKind, CallOutcome, Collected, ConversationId, Direction, IdHash, Message, Part,
    Platform, ProblemKind, SystemEvent,
};
use rusqlite::{Connection, params};

use super::super::QqAndroid;
use super::super::java;
use crate::qq::golden::Given;
use crate::{Input, ReadError, ReadOptions, Source};

const KEY: &str = "860123045678901";
const OWNER: &str = "20002";

fn text(value: &str) -> String {
    let units: Vec<u16> = value
        .encode_utf16()
        .zip(KEY.bytes().cycle())
        .map(|(unit, key)| unit ^ u16::from(key))
        .collect();
    String::from_utf16(&units).unwrap()
}

fn bytes(value: &[u8]) -> Vec<u8> {
    value
        .iter()
        .zip(KEY.bytes().cycle())
        .map(|(one, key)| one ^ key)
        .collect()
}

struct Phone(Connection);

impl Phone {
    fn new(folder: &Path) -> Self {
        let connection = Connection::open(folder.join(format!("{OWNER}.db"))).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE mr_friend_D89F3A35931C386956C1A402A8E09941_New(_id INTEGER PRIMARY KEY AUTOINCREMENT,
                 msgData BLOB, msgtype INTEGER, time INTEGER, senderuin TEXT, frienduin TEXT, selfuin TEXT, issend INTEGER,
                 istroop INTEGER, extStr TEXT, uniseq INTEGER, msgseq INTEGER, shmsgseq INTEGER, msgUid INTEGER);",
            )
            .unwrap();
        Self(connection)
    }

    fn add(&self, kind: i64, data: &[u8], is_own: bool, extra: &str) -> &Self {
        let row = self.0.last_insert_rowid() + 1;
        self.0
            .execute(
                "INSERT INTO mr_friend_D89F3A35931C386956C1A402A8E09941_New(msgData,msgtype,time,senderuin,frienduin,selfuin,extStr,uniseq,msgseq,shmsgseq)
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?9)",
                params![
                    bytes(data),
                    kind,
                    1_500_000_000 + row,
                    text(if is_own { OWNER } else { "10001" }),
                    text("10001"),
                    text(OWNER),
                    text(extra),
                    9_000 + row,
                    100 + row
                ],
            )
            .unwrap();
        self
    }
}

fn options(key: &str) -> ReadOptions {
    ReadOptions {
        keys: KeyRing::from_key(key).unwrap(),
        ..ReadOptions::default()
    }
}

fn read(fill: impl FnOnce(&Phone)) -> Given {
    let folder = tempfile::tempdir().unwrap();
    fill(&Phone::new(folder.path()));
    Given::read(&QqAndroid, folder.path(), &options(KEY))
}

fn one(kind: i64, data: &[u8]) -> Message {
    let given = read(|phone| {
        phone.add(kind, data, false, "");
    });
    given.messages().next().unwrap().clone()
}

fn part(kind: i64, data: &[u8]) -> Part {
    one(kind, data).parts.remove(0)
}

fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag << 3 | 2, u8::try_from(value.len()).unwrap()];
    out.extend(value);
    out
}

#[test]
fn the_conversation_is_the_one_whose_digest_names_the_table() {
    let given = read(|phone| {
        phone
            .add(-1000, "在吗".as_bytes(), true, "")
            .add(-1000, "在".as_bytes(), false, "");
    });
    let conversation = given.conversations.values().next().unwrap();
    assert_eq!(conversation.native_id, "10001");
    let directions: Vec<_> = given.messages().map(|message| message.direction).collect();
    assert_eq!(directions, [Direction::Out, Direction::In]);
}

#[test]
fn a_digest_whose_number_nothing_tells_is_stated_as_one() {
    let given = read(|phone| {
        phone.add(-1000, "在吗".as_bytes(), true, "");
        let blank = "UPDATE mr_friend_D89F3A35931C386956C1A402A8E09941_New SET frienduin = ''";
        phone.0.execute(blank, []).unwrap();
    });
    let conversation = given.conversations.values().next().unwrap();
    assert_eq!(conversation.native_id_hash, Some(IdHash::Md5));
    assert_eq!(conversation.native_id, IdHash::Md5.of("10001"));
    // The id is what it was before the digest was stated.
    let [owner, peer] = [OWNER, "md5:D89F3A35931C386956C1A402A8E09941"]
        .map(|number| AccountId::new(&Platform::Qq, number));
    assert_eq!(
        conversation.id,
        ConversationId::direct(&Platform::Qq, owner, peer)
    );
    assert_eq!(given.messages().count(), 1);
}

#[test]
fn texts_of_any_length_are_read() {
    let long = "灯塔上的灯亮了一夜，".repeat(400);
    assert_eq!(one(-1051, long.as_bytes()).parts, [Part::text(long)]);
}

#[test]
fn a_key_that_is_too_short_is_told_by_long_texts() {
    let folder = tempfile::tempdir().unwrap();
    let phone = Phone::new(folder.path());
    for _ in 0..5 {
        phone.add(
            -1000,
            "这是一段足够长的文字，用来检查密钥的长度".as_bytes(),
            true,
            "",
        );
    }
    drop(phone);
    let input = Input::open(folder.path()).unwrap();
    let open = |options: &ReadOptions| {
        let read = QqAndroid.read(&input, options, &mut Collected::default());
        match read {
            Err(ReadError::Open { source, .. }) => Some(source),
            Err(error) => panic!("{error:?}"),
            Ok(_) => None,
        }
    };
    assert!(open(&options(KEY)).is_none());
    assert!(matches!(
        open(&options("860123045")),
        Some(OpenError::WrongKey { tried: 1 })
    ));
    assert!(matches!(
        open(&options("123456789012345")),
        Some(OpenError::WrongKey { .. })
    ));
    assert!(matches!(
        open(&ReadOptions::default()),
        Some(OpenError::NoKey)
    ));
    let mut keys = KeyRing::new();
    keys.set("imei", KEY).unwrap();
    let by_imei = ReadOptions {
        keys,
        ..ReadOptions::default()
    };
    assert!(open(&by_imei).is_none());
}

#[test]
fn calls_files_and_pokes_are_told_from_texts() {
    let Part::Call(call) = part(-2009, "\u{16}通话时长 01:23|0|3|1".as_bytes()) else {
        panic!()
    };
    assert_eq!(
        (call.kind, call.outcome, call.duration_ms),
        (CallKind::Video, CallOutcome::Finished, Some(83_000))
    );
    let Part::File(file) = part(-2005, "\u{16}/sdcard/a|b.txt|1234|0|1|0".as_bytes()) else {
        panic!()
    };
    assert_eq!(file.attachment.name.as_deref(), Some("a|b.txt"));
    assert_eq!(file.attachment.size_bytes, Some(1234));
    let Part::Nudge(nudge) = part(-5012, br#"{"msg":"[poke]","type":1}"#) else {
        panic!()
    };
    assert_eq!(nudge.text, "[poke]");
    assert!(matches!(
        part(-5008, b"\xAC\xED\x00\x05junk"),
        Part::Unknown(_)
    ));
    assert!(matches!(part(-1, b"\x01\x02"), Part::Unknown(_)));
}

#[test]
fn both_numberings_of_pictures_are_understood() {
    let body = |first: u8| {
        let mut body = field(6, b"0123456789ABCDEF0123456789ABCDEF");
        for (tag, value) in [(first, 640_u16), (first + 1, 480), (first + 2, 1000)] {
            body.extend([(u16::from(tag) << 3 & 0x7F) as u8 | 0x80, tag >> 4]);
            let [low, high] = (value << 1).to_le_bytes();
            body.extend([low >> 1 | 0x80, high]);
        }
        body
    };
    for first in [23, 24] {
        let Part::Image(image) = part(-2000, &body(first)) else {
            panic!()
        };
        assert_eq!(
            (image.width, image.height),
            (Some(640), Some(480)),
            "{first}"
        );
        assert_eq!(
            image.attachment.native_digest.as_deref(),
            Some("0123456789abcdef0123456789abcdef")
        );
        assert_eq!(image.attachment.media_type.as_deref(), Some("image/jpeg"));
    }
}

#[test]
fn tips_say_what_happened() {
    let message = one(-5040, &field(5, "小明撤回了一条消息".as_bytes()));
    let Part::System(system) = &message.parts[0] else {
        panic!()
    };
    assert_eq!(system.event, SystemEvent::Recalled);
    assert_eq!((message.sender, message.direction), (None, Direction::None));
    assert_eq!(message.state.as_str(), "recalled");
}

/// A stream as Java 8 itself wrote it for `class P { int a = 7; String s = "你好"; byte[] b = {1, 2}; String t = s; }`.
const STREAM: &str = "aced00057372000150000000000000000102000449000161\
    5b0001627400025b424c0001737400124c6a6176612f6c616e672f537472696e673b4c00017471007e0002\
    787000000007757200025b42acf317f8060854e00200007870000000020102740006e4bda0e5a5bd71007e0006";

#[test]
fn serialised_objects_are_read_as_data() {
    let stream = hex::decode(STREAM.replace([' ', '\n'], "")).unwrap();
    let object = java::read(&stream).unwrap();
    assert_eq!(object.number("a"), Some(7));
    assert_eq!(object.bytes("b"), Some([1, 2].as_slice()));
    assert_eq!(object.text("s").as_deref(), Some("你好"));
    assert_eq!(object.text("t").as_deref(), Some("你好"));
    for length in 0..stream.len() {
        let _ = java::read(&stream[..length]);
        let mut damaged = stream.clone();
        damaged[length] ^= 0xFF;
        let _ = java::read(&damaged);
    }
}

#[test]
fn a_reply_names_its_target() {
    let stream = hex::decode(STREAM.replace([' ', '\n'], "")).unwrap();
    // The same object with the names of a reply.
    let name = |text: &str| {
        let mut out = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        out.extend(text.as_bytes());
        out
    };
    let mut reply = stream[..5].to_vec();
    reply.push(0x72);
    reply.extend(name("R"));
    reply.extend([0; 8]);
    reply.extend([2, 0, 4, b'J']);
    reply.extend(name("mSourceMsgSenderUin"));
    reply.push(b'J');
    reply.extend(name("mSourceMsgSeq"));
    reply.push(b'I');
    reply.extend(name("mSourceMsgTime"));
    reply.push(b'L');
    reply.extend(name("mSourceMsgText"));
    reply.push(0x74);
    reply.extend(name("Ljava/lang/String;"));
    reply.extend([0x78, 0x70]);
    reply.extend(20_002_i64.to_be_bytes());
    reply.extend(101_i64.to_be_bytes());
    reply.extend(1_500_000_001_i32.to_be_bytes());
    reply.push(0x74);
    reply.extend(name("在吗"));
    let extra = format!(
        r#"{{"sens_msg_source_msg_info":"{}"}}"#,
        hex::encode_upper(reply)
    );
    let given = read(|phone| {
        phone
            .add(-1000, "在吗".as_bytes(), true, "")
            .add(-1049, "在".as_bytes(), false, &extra);
    });
    let messages: Vec<_> = given.messages().collect();
    let Part::Quote(quote) = &messages[1].parts[0] else {
        panic!("{:?}", messages[1])
    };
    assert_eq!(quote.author_native_id.as_deref(), Some(OWNER));
    assert_eq!(quote.parts, [Part::text("在吗")]);
    assert_eq!(messages[1].parts[1], Part::text("在"));
    assert!(
        messages[1]
            .reply_to
            .iter()
            .all(|key| messages[0].lookup_keys.contains(key))
    );
}

#[test]
fn bodies_that_are_anything_give_parts_and_no_panic() {
    let kinds = [
        -1000, -1049, -2000, -1035, -2002, -2022, -2005, -3008, -2017, -2007, -8018, -2009, -2016,
        -2011, -5008, -5012, -5040, -5023, -1012, -2031, -2025, -2015, 5,
    ];
    let bodies: [&[u8]; 7] = [
        b"",
        b"\xAC\xED\x00\x05",
        b"\xAC\xED\x00\x05\x73\x72\x00\x01P\0\0\0\0\0\0\0\0\x02\xff\xff",
        b"{\"a\":",
        b"\x0a\x7f\xff",
        b"\x16|||",
        b"<msg><item",
    ];
    let given = read(|phone| {
        for _ in 0..10 {
            phone.add(-1000, "灯塔上的灯亮了一夜".as_bytes(), true, "");
        }
        for kind in kinds {
            for body in bodies {
                phone.add(
                    kind,
                    body,
                    kind % 2 == 0,
                    "{\"sens_msg_source_msg_info\":\"ACED0005\"}",
                );
            }
        }
    });
    assert_eq!(given.messages().count(), 10 + kinds.len() * bodies.len());
    assert!(given.messages().all(|message| !message.parts.is_empty()));
    assert!(
        given
            .collected
            .problems
            .iter()
            .all(|problem| problem.kind != ProblemKind::RejectedRow)
    );
}
