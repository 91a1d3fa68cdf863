//! Shapes of the fact sheet, each in a small database made by SQLite itself.

use std::path::PathBuf;

use hutong_model::{
    Account, AccountId, CallKind, CallOutcome, Collected, Conversation, ConversationId, Direction,
    Membership, Message, NativeIdName, Part, Platform, ProblemKind, Record, State,
};
use rusqlite::{Connection, params};

use super::{messages, read};
use crate::ReadOptions;

const OWNER: &str = "wxid_owner";
const FRIEND: &str = "wxid_friend";
const ROOM: &str = "1001@chatroom";
const NOW: i64 = 1_650_000_000;

struct Forge {
    folder: tempfile::TempDir,
}

/// A row with the columns that tests care about.
#[derive(Clone)]
struct Cell {
    server_id: i64,
    kind: i64,
    sub: i64,
    is_sender: i64,
    talker: String,
    content: Option<String>,
    display: String,
    block: Option<Vec<u8>>,
    extra: Option<Vec<u8>>,
}

fn said(server_id: i64, talker: &str, content: &str) -> Cell {
    Cell {
        server_id,
        kind: 1,
        sub: 0,
        is_sender: 0,
        talker: talker.to_owned(),
        content: Some(content.to_owned()),
        display: String::new(),
        block: None,
        extra: None,
    }
}

/// `BytesExtra` with these items.
fn extra(items: &[(u8, &str)]) -> Option<Vec<u8>> {
    let mut bytes = vec![0x0A, 0x04, 0x08, 0x10, 0x10, 0x00];
    for (kind, value) in items {
        let length = u8::try_from(value.len()).unwrap();
        assert!(length < 120);
        bytes.extend([0x1A, length + 4, 0x08, *kind, 0x12, length]);
        bytes.extend(value.as_bytes());
    }
    Some(bytes)
}

impl Forge {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join(OWNER)
    }

    fn database(&self, path: &str) -> Connection {
        let path = self.root().join("Msg").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        Connection::open(path).unwrap()
    }

    fn rows(&self, shard: &str, rows: &[Cell]) -> Connection {
        let db = self.database(&format!("Multi/{shard}"));
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS MSG(localId INTEGER PRIMARY KEY AUTOINCREMENT, TalkerId INT DEFAULT 0, MsgSvrID INT, Type INT, SubType INT,
             IsSender INT, CreateTime INT, Sequence INT DEFAULT 0, StrTalker TEXT, StrContent TEXT, DisplayContent TEXT,
             CompressContent BLOB, BytesExtra BLOB);
             CREATE TABLE IF NOT EXISTS Name2ID(UsrName TEXT PRIMARY KEY);",
        )
        .unwrap();
        for row in rows {
            let time = NOW + row.server_id % 1000;
            db.execute(
                "INSERT INTO MSG(MsgSvrID, Type, SubType, IsSender, CreateTime, Sequence, StrTalker, StrContent, DisplayContent, CompressContent, BytesExtra)
                 VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
                params![
                    row.server_id,
                    row.kind,
                    row.sub,
                    row.is_sender,
                    time,
                    time * 1000,
                    row.talker,
                    row.content,
                    row.display,
                    row.block,
                    row.extra
                ],
            )
            .unwrap();
        }
        db
    }

    fn read(&self) -> Collected {
        let options = ReadOptions {
            locate_attachments: true,
            ..ReadOptions::default()
        };
        read(&self.root(), &options).0
    }
}

fn only(collected: &Collected) -> &Message {
    let mut all = messages(collected);
    let first = all.next().unwrap();
    assert!(all.next().is_none());
    first
}

fn id(username: &str) -> AccountId {
    AccountId::new(&Platform::WeChat, username)
}

fn text(message: &Message) -> String {
    hutong_model::plain_text(&message.parts)
}

#[test]
fn senders_of_rooms_stand_beside_the_text() {
    let forge = Forge::new();
    forge.rows(
        "MSG0.db",
        &[
            Cell {
                extra: extra(&[(1, "zhang_san:25319:1"), (2, "0123456789abcdef")]),
                ..said(11, ROOM, "说明:\n不是前缀")
            },
            Cell {
                extra: extra(&[(1, "zhang_san")]),
                ..said(12, ROOM, "zhang_san:\n有前缀")
            },
            Cell {
                is_sender: 1,
                ..said(13, ROOM, "我说的")
            },
            Cell {
                extra: extra(&[(1, "<publisher-id />")]),
                ..said(14, FRIEND, "私聊")
            },
            Cell {
                kind: 10_000,
                ..said(0, ROOM, "你邀请\"小麦\"加入了群聊")
            },
        ],
    );
    let collected = forge.read();
    let all: Vec<&Message> = messages(&collected).collect();
    assert_eq!(all[0].sender, Some(id("zhang_san")));
    assert_eq!(text(all[0]), "说明:\n不是前缀");
    assert_eq!(text(all[1]), "有前缀");
    assert_eq!(all[2].sender, Some(id(OWNER)));
    assert_eq!(all[2].direction, Direction::Out);
    assert_eq!(all[3].sender, Some(id(FRIEND)));
    assert_eq!(
        all[3].conversation,
        ConversationId::direct(&Platform::WeChat, id(OWNER), id(FRIEND))
    );
    assert_eq!(all[4].sender, None);
    assert_eq!(all[4].direction, Direction::None);
}

#[test]
fn cards_are_compressed_or_not() {
    let xml = "<msg><appmsg><title>标题</title><des>说明</des><type>5</type><url>https://a.example/</url></appmsg></msg>";
    let card = |server_id, block: Vec<u8>| Cell {
        kind: 49,
        sub: 5,
        content: Some(String::new()),
        block: Some(block),
        ..said(server_id, FRIEND, "")
    };
    let forge = Forge::new();
    forge.rows(
        "MSG0.db",
        &[
            card(1, lz4_flex::block::compress(format!("{xml}\0").as_bytes())),
            card(2, xml.as_bytes().to_vec()),
            card(3, vec![0xF0, 0xFF, 0xFF]),
        ],
    );
    let collected = forge.read();
    let all: Vec<&Message> = messages(&collected).collect();
    for message in &all[..2] {
        let [Part::Link(link)] = message.parts.as_slice() else {
            panic!("{:?}", message.parts)
        };
        assert_eq!(link.title.as_deref(), Some("标题"));
    }
    let [Part::Unknown(unknown)] = all[2].parts.as_slice() else {
        panic!("{:?}", all[2].parts)
    };
    assert_eq!(unknown.raw, [0xF0, 0xFF, 0xFF]);
    assert!(
        collected
            .problems
            .iter()
            .any(|problem| problem.reason.contains("compressed"))
    );
}

#[test]
fn a_call_is_told_by_numbers() {
    let forge = Forge::new();
    forge.rows(
        "MSG0.db",
        &[Cell {
            kind: 50,
            is_sender: 1,
            display: "通话时长 01:05".to_owned(),
            extra: extra(&[(3, "0"), (4, "65")]),
            ..said(1, FRIEND, "11")
        }],
    );
    let collected = forge.read();
    let [Part::Call(call)] = only(&collected).parts.as_slice() else {
        panic!("a call")
    };
    assert_eq!(call.kind, CallKind::Video);
    assert_eq!(call.outcome, CallOutcome::Finished);
    assert_eq!(call.duration_ms, Some(65_000));
    assert_eq!(call.text.as_deref(), Some("通话时长 01:05"));
}

#[test]
fn recalls_and_nudges_in_plain_words_are_understood() {
    let forge = Forge::new();
    let system = |server_id, sub, words: &str| Cell {
        kind: 10_000,
        sub,
        ..said(server_id, FRIEND, words)
    };
    forge.rows(
        "MSG0.db",
        &[
            system(5, 1, "\"小明\" 撤回了一条消息"),
            system(6, 4, "\"小明\" 拍了拍我"),
            Cell {
                display: "wxid_friend,wxid_owner".to_owned(),
                ..system(7, 4, "\"小明\" 拍了拍我")
            },
            system(8, 0, "你撤回了一条消息 <a href=\"weixin://x\">重新编辑</a>"),
        ],
    );
    let collected = forge.read();
    let all: Vec<&Message> = messages(&collected).collect();
    assert!(matches!(&all[0].state, State::Recalled { by: Some(by), .. } if *by == id(FRIEND)));
    assert!(matches!(all[1].parts[0], Part::Nudge(_)));
    let Part::Nudge(nudge) = &all[2].parts[0] else {
        panic!("a nudge")
    };
    assert_eq!(nudge.actor, Some(id(FRIEND)));
    assert_eq!(nudge.target, Some(id(OWNER)));
    assert_eq!(all[2].sender, Some(id(FRIEND)));
    assert_eq!(all[2].direction, Direction::In);
    assert!(matches!(&all[3].state, State::Recalled { by: Some(by), .. } if *by == id(OWNER)));
}

#[test]
fn rows_of_two_shards_meet_and_equal_rows_stay_apart() {
    let forge = Forge::new();
    let local = Cell {
        kind: 10_000,
        ..said(0, FRIEND, "以上是打招呼的内容")
    };
    let twice = said(77, FRIEND, "两个分库里都有");
    forge.rows("MSG2.db", &[local.clone(), local.clone(), twice.clone()]);
    forge.rows("MSG10.db", &[twice, local]);
    let collected = forge.read();
    let all: Vec<&Message> = messages(&collected).collect();
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].origin.place.input, "MSG2.db");
    assert_ne!(all[0].id, all[1].id);
    assert_eq!(all[2].id, all[3].id);
    assert_eq!(all[4].id, all[0].id);
    let sequence = all[2]
        .native_ids
        .iter()
        .find(|native| native.name == NativeIdName::Sequence);
    assert!(sequence.is_some());
}

#[test]
fn a_row_without_conversation_is_rejected_and_numbers_of_names_help() {
    let forge = Forge::new();
    let db = forge.rows("MSG0.db", &[said(1, "", "没有人"), said(2, "", "有编号")]);
    db.execute_batch(
        "INSERT INTO Name2ID(UsrName) VALUES('wxid_friend'); UPDATE MSG SET TalkerId=1 WHERE MsgSvrID=2;",
    )
    .unwrap();
    let options = ReadOptions::default();
    let (collected, summary) = read(&forge.root(), &options);
    assert_eq!(only(&collected).sender, Some(id(FRIEND)));
    assert_eq!(summary.rows_read, 2);
    let rejected = collected
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::RejectedRow);
    assert_eq!(rejected.count(), 1);
}

#[test]
fn columns_may_be_missing_in_another_order_and_of_other_types() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("一份旧消息");
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "CREATE TABLE msg(StrContent, StrTalker, Type TEXT, CREATETIME TEXT, MsgSvrID TEXT, issender TEXT);
         INSERT INTO msg VALUES(12345, 'wxid_friend', '1', '1650000000', '9223372036854775807', '0');
         INSERT INTO msg VALUES('好', 'wxid_friend', '1', '1650000001', '5', '1');",
    )
    .unwrap();
    drop(db);
    let (collected, summary) = read(&path, &ReadOptions::default());
    assert_eq!(summary.rows_read, 2);
    let all: Vec<&Message> = messages(&collected).collect();
    assert_eq!(text(all[0]), "12345");
    assert_eq!(all[0].sent_at.0, 1_650_000_000_000);
    assert_eq!(all[0].direction, Direction::In);
    // Nobody can tell whose copy this is.
    assert_eq!(all[1].direction, Direction::Out);
    assert_eq!(all[1].sender, None);
    let conversation = collected.records.iter().find_map(|record| match record {
        Record::Conversation(conversation) => Some(conversation),
        _ => None,
    });
    let Conversation { owner, peer, .. } = conversation.unwrap();
    assert_eq!((*owner, *peer), (None, Some(id(FRIEND))));
    let told = ReadOptions {
        account: Some(OWNER.to_owned()),
        ..ReadOptions::default()
    };
    let (collected, _) = read(&path, &told);
    let last = messages(&collected).last().unwrap();
    assert_eq!(last.sender, Some(id(OWNER)));
}

#[test]
fn rooms_are_read_from_both_lists_and_from_their_data() {
    let forge = Forge::new();
    forge.rows("MSG0.db", &[said(1, ROOM, "早")]);
    let db = forge.database("MicroMsg.db");
    db.execute_batch(
        "CREATE TABLE Contact(UserName TEXT PRIMARY KEY, Alias TEXT, DelFlag INTEGER, Type INTEGER, VerifyFlag INTEGER, Reserved1 INTEGER, Remark TEXT, NickName TEXT, LabelIDList TEXT, ExtraBuf BLOB);
         CREATE TABLE ChatRoom(ChatRoomName TEXT PRIMARY KEY, UserNameList TEXT, DisplayNameList TEXT, SelfDisplayName TEXT, Reserved2 TEXT, RoomData BLOB);
         CREATE TABLE ChatRoomInfo(ChatRoomName TEXT PRIMARY KEY, Announcement TEXT);
         INSERT INTO Contact VALUES('1001@chatroom','',0,2,0,1,'我的群','三号楼',NULL,NULL), ('wxid_friend','f1',0,3,0,1,'老友','小明',NULL,NULL);
         INSERT INTO ChatRoomInfo VALUES('1001@chatroom','不许聊天');",
    )
    .unwrap();
    // {1: {1: "wxid_friend", 2: "小明A", 4: "wxid_owner"}}
    let mut member = vec![0x0A, 11];
    member.extend(b"wxid_friend");
    member.extend([0x12, 7]);
    member.extend("小明A".as_bytes());
    member.extend([0x22, 10]);
    member.extend(b"wxid_owner");
    let mut data = vec![0x0A, u8::try_from(member.len()).unwrap()];
    data.extend(member);
    data.extend([0x28, 0xF4, 0x03]);
    db.execute(
        "INSERT INTO ChatRoom VALUES('1001@chatroom','wxid_friend^Gwxid_owner^Gwxid_x','a^G^G小X','我的名片','wxid_friend',?1)",
        [data],
    )
    .unwrap();
    let collected = forge.read();
    let members: Vec<&Membership> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Membership(membership) => Some(membership),
            _ => None,
        })
        .collect();
    assert_eq!(members.len(), 3);
    assert_eq!(members[0].name.as_deref(), Some("小明A"));
    assert_eq!(members[0].inviter, Some(id(OWNER)));
    assert_eq!(members[1].name.as_deref(), Some("我的名片"));
    assert_eq!(members[2].name.as_deref(), Some("小X"));
    let room = collected.records.iter().find_map(|record| match record {
        Record::Conversation(conversation) => Some(conversation),
        _ => None,
    });
    let room = room.unwrap();
    assert_eq!(room.name.as_deref(), Some("三号楼"));
    assert_eq!(room.remark.as_deref(), Some("我的群"));
    assert_eq!(room.announcement.as_deref(), Some("不许聊天"));
    assert_eq!(room.group_owner, Some(id(FRIEND)));
    let friend = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if account.native_id == FRIEND => Some(account),
        _ => None,
    });
    let Account { is_contact, .. } = friend.unwrap();
    assert!(is_contact);
}

#[test]
fn the_folder_may_be_named_by_the_display_id_and_the_whole_row_is_kept() {
    let forge = Forge::new();
    forge.rows(
        "MSG0.db",
        &[Cell {
            is_sender: 1,
            ..said(1, FRIEND, "你好")
        }],
    );
    let db = forge.database("MicroMsg.db");
    db.execute_batch(
        "CREATE TABLE Contact(UserName TEXT PRIMARY KEY, Alias TEXT, NickName TEXT);
         INSERT INTO Contact VALUES('old_name', 'wxid_owner', '本人');",
    )
    .unwrap();
    drop(db);
    let options = ReadOptions {
        keep_raw: true,
        ..ReadOptions::default()
    };
    let (collected, _) = read(&forge.root(), &options);
    let message = only(&collected);
    assert_eq!(message.sender, Some(id("old_name")));
    let raw: serde_json::Value = serde_json::from_slice(message.raw.as_ref().unwrap()).unwrap();
    assert_eq!(raw["StrContent"], "你好");
}

#[test]
fn pictures_are_found_by_path_hard_link_and_neighbouring_month() {
    let forge = Forge::new();
    let image = |server_id, digest: &str, items: &[(u8, &str)]| Cell {
        kind: 3,
        extra: extra(items),
        ..said(
            server_id,
            FRIEND,
            &format!("<msg><img md5=\"{digest}\"/></msg>"),
        )
    };
    let digest = "00112233445566778899aabbccddeeff";
    forge.rows(
        "MSG0.db",
        &[
            image(
                1,
                "",
                &[
                    (
                        3,
                        "wxid_owner\\FileStorage\\MsgAttach\\ab\\Thumb\\2022-04\\x_t.dat",
                    ),
                    (
                        4,
                        "wxid_owner\\FileStorage\\MsgAttach\\ab\\Image\\2022-04\\x.dat",
                    ),
                ],
            ),
            image(2, digest, &[]),
            image(3, "", &[(4, "wxid_owner\\FileStorage\\..\\..\\secret.dat")]),
        ],
    );
    let put = |path: &str| {
        let path = forge.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, [0xFF ^ 7, 0xD8 ^ 7, 0xFF ^ 7, 7]).unwrap();
    };
    put("FileStorage/MsgAttach/AB/Image/2022-05/x.dat");
    put("FileStorage/MsgAttach/AB/Thumb/2022-04/x_t.dat");
    put("FileStorage/MsgAttach/cd/Image/2022-03/Y.dat");
    put("secret.dat");
    let db = forge.database("HardLinkImage.db");
    db.execute_batch(
        "CREATE TABLE HardLinkImageAttribute(Md5Hash INTEGER, DirID1 INTEGER, DirID2 INTEGER, MD5 BLOB, ModifyTime INTEGER, FileName TEXT, PRIMARY KEY(Md5Hash, DirID1, DirID2));
         CREATE TABLE HardLinkImageID(DirID INTEGER PRIMARY KEY, Dir TEXT);
         INSERT INTO HardLinkImageID VALUES(4,'cd'),(9,'2022-03');
         INSERT INTO HardLinkImageAttribute VALUES(1,4,9,x'00112233445566778899aabbccddeeff',0,'y.dat');",
    )
    .unwrap();
    drop(db);
    let collected = forge.read();
    let paths: Vec<Option<&str>> = messages(&collected)
        .map(|message| match &message.parts[0] {
            Part::Image(image) => image.attachment.path.as_deref(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        paths,
        [
            Some("FileStorage/MsgAttach/AB/Image/2022-05/x.dat"),
            Some("FileStorage/MsgAttach/cd/Image/2022-03/Y.dat"),
            None
        ]
    );
}
