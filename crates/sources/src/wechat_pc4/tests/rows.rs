//! Shapes of the fact sheet, each in a small account folder made by SQLite itself.

use std::io::Read as _;
use std::path::PathBuf;

use hutong_model::{
    Account, AccountId, Change, Collected, Conversation, ConversationKind, Direction, Membership,
    Message, Part, Platform, Problem, ProblemKind, Record, Role, State, Timestamp,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::{messages, read};
use crate::ReadOptions;
use crate::wechat_pc4::read::hash_of;

const OWNER: &str = "wxid_owner";
const FRIEND: &str = "wxid_friend";
const ROOM: &str = "1001@chatroom";
/// 2024-05-15 in China.
const NOW: i64 = 1_715_740_000;

/// An account folder in the making.
struct Forge {
    folder: tempfile::TempDir,
}

/// A row with the columns that tests care about.
#[derive(Clone)]
struct Cell {
    server_id: i64,
    kind: i64,
    sender: i64,
    time: i64,
    sequence: i64,
    content: Value,
    compressed: Value,
    source: Value,
    packed: Value,
}

fn said(server_id: i64, sender: i64, content: &str) -> Cell {
    Cell {
        server_id,
        kind: 1,
        sender,
        time: NOW + server_id % 1000,
        sequence: (NOW + server_id % 1000) * 1000,
        content: Value::Text(content.to_owned()),
        compressed: Value::Null,
        source: Value::Null,
        packed: Value::Null,
    }
}

fn rich(server_id: i64, kind: i64, sender: i64, content: &str) -> Cell {
    Cell {
        kind,
        ..said(server_id, sender, content)
    }
}

fn squeezed(text: &str) -> Value {
    Value::Blob(zstd::bulk::compress(text.as_bytes(), 3).unwrap())
}

impl Forge {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("wxid_owner_1a2b")
    }

    fn database(&self, path: &str) -> Connection {
        let path = self.root().join("db_storage").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        Connection::open(path).unwrap()
    }

    /// Adds rows to a conversation of a shard; 1 is the owner, 2 the friend, 3 another member.
    fn rows(&self, shard: &str, username: &str, rows: &[Cell]) {
        self.table(
            shard,
            &format!("Msg_{}", hash_of(username)),
            &[OWNER, FRIEND, "zhang_san"],
            rows,
        );
    }

    fn table(&self, shard: &str, table: &str, names: &[&str], rows: &[Cell]) {
        let db = self.database(&format!("message/{shard}"));
        db.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS Name2Id(user_name TEXT PRIMARY KEY, is_session INTEGER);
             CREATE TABLE IF NOT EXISTS {table}(local_id INTEGER PRIMARY KEY AUTOINCREMENT, server_id INTEGER, local_type INTEGER,
             sort_seq INTEGER, real_sender_id INTEGER, create_time INTEGER, status INTEGER, upload_status INTEGER,
             download_status INTEGER, server_seq INTEGER, origin_source INTEGER, source TEXT, message_content TEXT,
             compress_content TEXT, packed_info_data BLOB, WCDB_CT_message_content INTEGER DEFAULT NULL,
             WCDB_CT_source INTEGER DEFAULT NULL);"
        ))
        .unwrap();
        for name in names {
            db.execute(
                "INSERT OR IGNORE INTO Name2Id(user_name) VALUES(?1)",
                [name],
            )
            .unwrap();
        }
        for row in rows {
            db.execute(
                &format!(
                    "INSERT INTO {table}(server_id, local_type, real_sender_id, create_time, sort_seq, message_content,
                     compress_content, source, packed_info_data) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)"
                ),
                params![
                    row.server_id,
                    row.kind,
                    row.sender,
                    row.time,
                    row.sequence,
                    row.content,
                    row.compressed,
                    row.source,
                    row.packed
                ],
            )
            .unwrap();
        }
    }

    fn contacts(&self) -> Connection {
        let db = self.database("Contact/contact.db");
        db.execute_batch(
            "CREATE TABLE contact(id INTEGER PRIMARY KEY, username TEXT, local_type INTEGER, alias TEXT, delete_flag INTEGER,
             verify_flag INTEGER, remark TEXT, nick_name TEXT, head_img_md5 TEXT, description TEXT, extra_buffer BLOB);
             CREATE TABLE stranger(id INTEGER PRIMARY KEY, username TEXT, local_type INTEGER, alias TEXT, delete_flag INTEGER,
             verify_flag INTEGER, remark TEXT, nick_name TEXT, head_img_md5 TEXT, description TEXT, extra_buffer BLOB);
             CREATE TABLE chat_room(id INTEGER PRIMARY KEY, username TEXT, owner TEXT, ext_buffer BLOB);
             CREATE TABLE chatroom_member(room_id INTEGER, member_id INTEGER, UNIQUE(room_id, member_id));
             CREATE TABLE chat_room_info_detail(room_id_ INTEGER PRIMARY KEY, username_ TEXT, announcement_ TEXT, xml_announcement_ TEXT);
             INSERT INTO contact(id, username, local_type, alias, delete_flag, verify_flag, remark, nick_name) VALUES
             (1,'wxid_owner',1,'me',0,0,'','本人'), (2,'wxid_friend',1,'friend88',0,0,'老友','小明'), (3,'zhang_san',3,'',0,0,'','张三'),
             (4,'1001@chatroom',2,'',0,0,'我的群',''), (5,'wxid_shop',1,'',0,24,'','小店'), (6,'wxid_gone',1,'',1,0,'','走了');
             INSERT INTO stranger(id, username, local_type, nick_name) VALUES (1,'wxid_stranger',3,'路人'), (2,'wxid_friend',3,'不算');",
        )
        .unwrap();
        db
    }

    fn read(&self) -> Given {
        self.read_with(&ReadOptions {
            locate_attachments: true,
            ..ReadOptions::default()
        })
    }

    fn read_with(&self, options: &ReadOptions) -> Given {
        let (collected, summary) = read(&self.root(), options);
        let count = messages(&collected).count();
        assert_eq!(summary.rows_read, count as u64);
        Given { collected }
    }

    fn file(&self, path: &str, bytes: &[u8]) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

struct Given {
    collected: Collected,
}

impl Given {
    fn messages(&self) -> Vec<&Message> {
        messages(&self.collected).collect()
    }

    fn message(&self, server_id: i64) -> &Message {
        let id = hutong_model::NativeId::integer(hutong_model::NativeIdName::ServerId, server_id);
        messages(&self.collected)
            .find(|message| message.native_ids.contains(&id))
            .unwrap()
    }

    fn texts(&self) -> Vec<String> {
        messages(&self.collected)
            .map(|message| hutong_model::plain_text(&message.parts))
            .collect()
    }

    fn conversation(&self, native_id: &str) -> &Conversation {
        let mut records = self.collected.records.iter();
        records
            .find_map(|record| match record {
                Record::Conversation(conversation) if conversation.native_id == native_id => {
                    Some(conversation)
                }
                _ => None,
            })
            .unwrap()
    }

    fn account(&self, username: &str) -> &Account {
        let mut records = self.collected.records.iter();
        records
            .find_map(|record| match record {
                Record::Account(account) if account.native_id == username => Some(account),
                _ => None,
            })
            .unwrap()
    }

    fn members(&self) -> Vec<&Membership> {
        let records = self.collected.records.iter();
        records
            .filter_map(|record| match record {
                Record::Membership(membership) => Some(membership),
                _ => None,
            })
            .collect()
    }

    fn problems(&self) -> &[Problem] {
        &self.collected.problems
    }
}

fn id_of(username: &str) -> AccountId {
    AccountId::new(&Platform::WeChat, username)
}

#[test]
fn rows_of_two_shards_meet_and_equal_rows_stay_apart() {
    let forge = Forge::new();
    let local = Cell {
        time: NOW,
        sequence: NOW * 1000,
        ..said(0, 2, "+1")
    };
    forge.rows(
        "message_2.db",
        FRIEND,
        &[said(7, 2, "一"), local.clone(), local.clone()],
    );
    let packed = Cell {
        content: squeezed("+1"),
        ..local.clone()
    };
    forge.rows(
        "message_10.db",
        FRIEND,
        &[
            packed,
            Cell {
                content: squeezed("一"),
                ..said(7, 2, "")
            },
            said(8, 1, "二"),
        ],
    );
    let given = forge.read();
    assert_eq!(given.texts(), ["一", "+1", "+1", "+1", "一", "二"]);
    let ids: Vec<_> = given.messages().iter().map(|message| message.id).collect();
    assert_ne!(ids[1], ids[2]);
    assert_eq!((ids[1], ids[0]), (ids[3], ids[4]));
    assert_eq!(
        given.messages()[3].origin.to_string(),
        format!("message_10.db, Msg_{}, row 1", hash_of(FRIEND))
    );
    let conversation = given.conversation(FRIEND);
    assert_eq!(
        (conversation.kind, conversation.peer),
        (ConversationKind::Direct, Some(id_of(FRIEND)))
    );
    assert_eq!(given.messages()[5].direction, Direction::Out);
    assert!(given.problems().is_empty());
}

#[test]
fn order_follows_the_sequence_and_then_the_row() {
    let forge = Forge::new();
    let at = |sequence: i64, text: &str| Cell {
        time: NOW,
        sequence: NOW * 1000 + sequence,
        ..said(0, 2, text)
    };
    forge.rows(
        "message_0.db",
        FRIEND,
        &[at(2, "c"), at(1, "a"), at(1, "b")],
    );
    let given = forge.read();
    let mut rows = given.messages();
    rows.sort_by_key(|message| (message.sent_at, message.order));
    assert_eq!(
        rows.iter()
            .map(|row| hutong_model::plain_text(&row.parts))
            .collect::<String>(),
        "abc"
    );
    assert!(
        rows.iter()
            .all(|row| row.sent_at == Timestamp::from_seconds(NOW))
    );
}

#[test]
fn only_the_senders_own_line_is_taken_off() {
    let forge = Forge::new();
    drop(forge.contacts());
    let rows = [
        said(1, 2, "wxid_friend:\n有前缀"),
        said(2, 3, "zhang_san: \n老号"),
        said(3, 2, "todo:\n牛奶"),
        said(4, 99, "wxid_other:\n不在名单里"),
        said(5, 99, "25@openim:\n企业"),
        said(6, 99, "todo:\n没有人"),
        said(7, 2, "friend88:\n用微信号"),
        rich(
            8,
            47,
            99,
            "<msg><emoji fromusername=\"wxid_x\" md5=\"a\"/></msg>",
        ),
        said(9, 2, "wxid_other:\n别人的名字"),
    ];
    forge.rows("message_0.db", ROOM, &rows);
    forge.rows(
        "message_0.db",
        FRIEND,
        &[said(11, 2, "wxid_friend:\n私聊里没有前缀")],
    );
    let given = forge.read();
    let text = |id| hutong_model::plain_text(&given.message(id).parts);
    assert_eq!([1, 2, 3].map(text), ["有前缀", "老号", "todo:\n牛奶"]);
    assert_eq!([4, 5, 6].map(text), ["不在名单里", "企业", "todo:\n没有人"]);
    assert_eq!(
        [7, 9, 11].map(text),
        [
            "用微信号",
            "wxid_other:\n别人的名字",
            "wxid_friend:\n私聊里没有前缀"
        ]
    );
    let sender = |id| given.message(id).sender;
    assert_eq!(
        [1, 4, 8].map(sender),
        ["wxid_friend", "wxid_other", "wxid_x"].map(|name| Some(id_of(name)))
    );
    assert_eq!(
        (sender(6), given.message(6).direction),
        (None, Direction::None)
    );
    assert!(
        given
            .problems()
            .iter()
            .all(|problem| problem.kind == ProblemKind::Note && problem.reason.contains("sender"))
    );
    assert_eq!(given.problems().len(), 1);
}

#[test]
fn a_cell_that_cannot_be_decompressed_keeps_its_bytes() {
    let forge = Forge::new();
    let Value::Blob(frame) = squeezed(&"很长的一句话".repeat(50)) else {
        unreachable!()
    };
    let cut = Cell {
        content: Value::Blob(frame[..20].to_vec()),
        ..said(1, 2, "")
    };
    let dictionary = vec![0x28, 0xB5, 0x2F, 0xFD, 0x21, 0x07, 0x05, 0, 0, 0];
    let foreign = Cell {
        content: Value::Blob(dictionary.clone()),
        ..said(2, 2, "")
    };
    let compressed = Cell {
        compressed: squeezed("压缩列优先"),
        ..said(3, 2, "不是这个")
    };
    let bad = Cell {
        compressed: Value::Blob(frame[..20].to_vec()),
        ..said(4, 2, "还有这个")
    };
    let null = Cell {
        content: Value::Null,
        ..said(5, 2, "")
    };
    forge.rows(
        "message_0.db",
        FRIEND,
        &[cut, foreign, compressed, bad, null],
    );
    let given = forge.read();
    for (id, raw) in [(1, frame[..20].to_vec()), (2, dictionary)] {
        assert!(
            matches!(&given.message(id).parts[..], [Part::Unknown(unknown)] if unknown.raw == raw)
        );
        assert_eq!(given.message(id).sender, Some(id_of(FRIEND)));
    }
    assert_eq!(given.texts()[2..], ["压缩列优先", "还有这个", ""]);
    let reasons: Vec<&str> = given
        .problems()
        .iter()
        .map(|problem| problem.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "the compressed message is damaged",
            "the message is compressed with an unknown dictionary"
        ]
    );
}

#[test]
fn a_recall_marks_the_message_wherever_it_stands() {
    let forge = Forge::new();
    let recall = |id: i64| {
        format!(
            "<sysmsg type=\"revokemsg\"><revokemsg><newmsgid>{id}</newmsgid><replacemsg><![CDATA[你撤回了一条消息]]></replacemsg></revokemsg></sysmsg>"
        )
    };
    let rows = [
        said(1, 1, "都在"),
        rich(2, 10_002, 1, &recall(1)),
        rich(3, 10_002, 1, &recall(3)),
    ];
    forge.rows("message_0.db", FRIEND, &rows);
    let db = forge.database("message/message_revoke.db");
    db.execute_batch(&format!(
        "CREATE TABLE revokemessage(to_user_name TEXT, svr_id INTEGER, message_type INTEGER, revoke_time INTEGER, content TEXT, at_user_list TEXT);
         INSERT INTO revokemessage VALUES('{FRIEND}', 3, 1, {NOW}, '原来的话', ''), ('wxid_nobody', 9, 1, {NOW}, '没有表', '');"
    ))
    .unwrap();
    let given = forge.read();
    assert_eq!(
        (&given.message(1).state, &given.message(2).state),
        (&State::Normal, &State::Normal)
    );
    assert!(
        matches!(given.message(3).state, State::Recalled { by: Some(by), .. } if by == id_of(OWNER))
    );
    assert_eq!(given.message(2).sender, None);
    let changes: Vec<_> = given
        .collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Change(change) => Some(change),
            _ => None,
        })
        .collect();
    let named = |id: i64| {
        changes
            .iter()
            .filter(|change| change.message == given.message(id).id)
            .collect::<Vec<_>>()
    };
    assert!(matches!(named(1)[..], [change] if matches!(change.change, Change::Recall { .. })));
    let revision = named(3)
        .into_iter()
        .find_map(|change| match &change.change {
            Change::Revision(revision) => Some(&revision.parts),
            _ => None,
        });
    assert_eq!(revision, Some(&vec![Part::text("原来的话")]));
    let nobody = given.conversation("wxid_nobody").id;
    assert_eq!(
        changes
            .iter()
            .filter(|change| change.conversation == nobody)
            .count(),
        2
    );
}

#[test]
fn an_upload_and_its_completion_are_one_message() {
    let forge = Forge::new();
    let file = |id: i64, code: i64, attach: &str| {
        rich(
            id,
            49 | code << 32,
            1,
            &format!(
                "<msg><appmsg><title>a.pdf</title><type>{code}</type><appattach><totallen>3</totallen><attachid>{attach}</attachid></appattach></appmsg></msg>"
            ),
        )
    };
    let rows = [
        file(1, 74, "@a"),
        said(2, 1, "x"),
        file(3, 6, "@a"),
        file(4, 74, ""),
        file(4, 6, ""),
        file(5, 74, "@never"),
    ];
    forge.rows("message_0.db", FRIEND, &rows);
    let given = forge.read();
    let ids: std::collections::HashSet<_> =
        given.messages().iter().map(|message| message.id).collect();
    assert_eq!((given.messages().len(), ids.len()), (6, 4));
    assert_eq!(given.message(3).lookup_keys.len(), 1);
    assert_eq!(given.messages().last().unwrap().row(), Some(6));
}

#[test]
fn people_rooms_and_orphans_are_told_apart() {
    let forge = Forge::new();
    let contacts = forge.contacts();
    let data = b"\x0a\x16\x0a\x0bwxid_friend\x12\x01,\x22\x04wx_i\x0a\x0b\x0a\x09zhang_san";
    contacts
        .execute(
            "INSERT INTO chat_room VALUES(1, ?1, 'zhang_san', ?2)",
            params![ROOM, data.as_slice()],
        )
        .unwrap();
    contacts
        .execute_batch(&format!(
            "INSERT INTO chatroom_member VALUES(1, 2), (1, 1); INSERT INTO chat_room_info_detail VALUES(1, '{ROOM}', '公告', '');"
        ))
        .unwrap();
    drop(contacts);
    forge.rows("message_0.db", ROOM, &[said(1, 2, "a")]);
    forge.rows("message_0.db", "filehelper", &[said(2, 1, "b")]);
    forge.rows("message_0.db", "wxid_shop", &[said(3, 99, "c")]);
    forge.table(
        "biz_message_0.db",
        &format!("Msg_{}", hash_of("gh_1")),
        &[OWNER, "gh_1"],
        &[said(4, 99, "<d>")],
    );
    let orphan = "0123456789abcdef0123456789abcdef";
    forge.table(
        "message_0.db",
        &format!("msg_{}", orphan.to_uppercase()),
        &[OWNER, FRIEND],
        &[said(5, 2, "e")],
    );
    let given = forge.read();
    let kind = |username: &str| given.conversation(username).kind;
    use ConversationKind::{Device, Direct, Group, Official};
    assert_eq!(
        [ROOM, "filehelper", "wxid_shop", "gh_1"].map(kind),
        [Group, Device, Official, Official]
    );
    assert_eq!(kind(orphan), Direct);
    assert_eq!(
        [3, 4].map(|id| given.message(id).sender),
        ["wxid_shop", "gh_1"].map(|name| Some(id_of(name)))
    );
    let room = given.conversation(ROOM);
    assert_eq!(
        (room.remark.as_deref(), room.announcement.as_deref()),
        (Some("我的群"), Some("公告"))
    );
    assert_eq!(room.name.as_deref(), Some("老友、张三"));
    assert_eq!(room.group_owner, Some(id_of("zhang_san")));
    let members = given.members();
    assert_eq!(members.len(), 3);
    assert_eq!(
        (members[0].name.as_deref(), members[0].inviter),
        (Some(","), Some(id_of("wx_i")))
    );
    assert_eq!(
        (members[1].role, members[2].account),
        (Role::Owner, id_of(OWNER))
    );
    let friend = given.account(FRIEND);
    assert_eq!(
        (
            friend.nickname.as_deref(),
            friend.remark.as_deref(),
            friend.alias.as_deref()
        ),
        (Some("小明"), Some("老友"), Some("friend88"))
    );
    assert!(
        friend.is_contact
            && !given.account("zhang_san").is_contact
            && !given.account("wxid_gone").is_contact
    );
    assert!(given.account(OWNER).is_owner && given.account("wxid_stranger").nickname.is_some());
    assert_eq!(friend.as_of, Some(Timestamp::from_seconds(NOW + 5)));
}

#[test]
fn mentions_come_from_the_source_of_the_row() {
    let forge = Forge::new();
    drop(forge.contacts());
    let source =
        "<msgsource><atuserlist><![CDATA[wxid_friend,notify@all]]></atuserlist></msgsource>";
    let text = "@小明\u{2005}@所有人 开会";
    let rows = [
        Cell {
            source: Value::Text(source.to_owned()),
            ..said(1, 3, text)
        },
        Cell {
            source: squeezed(source),
            content: squeezed(&format!("zhang_san:\n{text}")),
            ..said(2, 3, "")
        },
        Cell {
            source: Value::Text("<msgsource><silence>1</silence></msgsource>".to_owned()),
            ..said(3, 3, "@谁")
        },
    ];
    forge.rows("message_0.db", ROOM, &rows);
    let given = forge.read();
    for id in [1, 2] {
        let [Part::Text(part)] = &given.message(id).parts[..] else {
            panic!("text")
        };
        assert_eq!(part.text, text);
        let names: Vec<&str> = part
            .mentions
            .iter()
            .map(|mention| mention.name.as_str())
            .collect();
        assert_eq!(names, ["@小明", "@所有人"]);
        assert_eq!(
            (part.mentions[0].account, part.mentions[1].is_everyone),
            (Some(id_of(FRIEND)), true)
        );
    }
    assert!(matches!(&given.message(3).parts[..], [Part::Text(part)] if part.mentions.is_empty()));
}

fn protobuf(number: u8, content: &[u8]) -> Vec<u8> {
    [
        &[number << 3 | 2, u8::try_from(content.len()).unwrap()],
        content,
    ]
    .concat()
}

#[test]
fn pictures_are_found_by_every_way() {
    let forge = Forge::new();
    let stems = [1, 2, 3, 4].map(|number| format!("{number:032x}"));
    let folder = format!("msg/attach/{}", hash_of(FRIEND));
    let at = |month: &str, name: &str| format!("{folder}/{month}/Img/{name}");
    forge.file(&at("2024-05", &format!("{}.dat", stems[0])), b"plain");
    forge.file(&at("2024-05", &format!("{}_h.dat", stems[0])), b"high");
    forge.file(&at("2024-06", &format!("{}_t.dat", stems[1])), b"small");
    forge.file(&at("2024-05", &format!("{}.dat", stems[2])), b"resource");
    forge.file(&at("2023-01", &format!("{}.dat", stems[3])), b"linked");
    let picture = |id: i64, md5: &str, packed: Vec<u8>| Cell {
        packed: Value::Blob(packed),
        ..rich(
            id,
            3,
            2,
            &format!("<msg><img md5=\"{md5}\" length=\"9\"/></msg>"),
        )
    };
    let md5 = "ffffffffffffffffffffffffffffffff";
    forge.rows(
        "message_0.db",
        FRIEND,
        &[
            picture(1, "", protobuf(3, &protobuf(4, stems[0].as_bytes()))),
            picture(2, "", format!("{}_t.dat", stems[1]).into_bytes()),
            picture(3, "", Vec::new()),
            picture(4, md5, Vec::new()),
            picture(5, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", Vec::new()),
        ],
    );
    let resource = forge.database("message/message_resource.db");
    resource
        .execute_batch("CREATE TABLE MessageResourceInfo(message_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER, sender_id INTEGER, message_local_type INTEGER, message_create_time INTEGER, message_local_id INTEGER, message_svr_id INTEGER, message_origin_source INTEGER, packed_info BLOB);")
        .unwrap();
    resource
        .execute(
            "INSERT INTO MessageResourceInfo(message_svr_id, packed_info) VALUES(3, ?1)",
            [protobuf(2, &protobuf(1, stems[2].as_bytes()))],
        )
        .unwrap();
    let links = forge.database("hardlink/hardlink.db");
    for version in ["v3", "v4"] {
        links
            .execute_batch(&format!("CREATE TABLE image_hardlink_info_{version}(md5_hash INTEGER, md5 TEXT, type INTEGER, file_name TEXT, file_size INTEGER, modify_time INTEGER, dir1 INTEGER, dir2 INTEGER, _rowid_ INTEGER PRIMARY KEY, extra_buffer BLOB);"))
            .unwrap();
    }
    links
        .execute_batch(&format!(
            "CREATE TABLE dir2id(username TEXT PRIMARY KEY); INSERT INTO dir2id VALUES('2023-01'), ('{}');
             INSERT INTO image_hardlink_info_v3(md5, file_name, dir1, dir2) VALUES('{md5}', 'old.dat', 2, 1);
             INSERT INTO image_hardlink_info_v4(md5, file_name, dir1, dir2) VALUES('{md5}', '{}.dat', 2, 1);",
            hash_of(FRIEND),
            stems[3]
        ))
        .unwrap();
    let given = forge.read();
    let found = |id: i64| match &given.message(id).parts[..] {
        [Part::Image(image)] => image.attachment.clone(),
        other => panic!("{other:?}"),
    };
    let path = |id: i64| found(id).path.unwrap_or_default();
    assert_eq!(path(1), at("2024-05", &format!("{}_h.dat", stems[0])));
    assert_eq!(path(2), at("2024-06", &format!("{}_t.dat", stems[1])));
    assert_eq!(path(3), at("2024-05", &format!("{}.dat", stems[2])));
    assert_eq!(path(4), at("2023-01", &format!("{}.dat", stems[3])));
    assert_eq!(
        (found(1).size_bytes, found(1).media_type.as_deref()),
        (Some(4), Some("image/x-wechat-dat"))
    );
    let missing = found(5);
    assert_eq!(
        (&missing.path, missing.size_bytes, missing.is_present()),
        (&None, Some(9), false)
    );
    // Nobody looks when it was not asked for.
    let given = forge.read_with(&ReadOptions::default());
    assert!(
        matches!(&given.message(1).parts[..], [Part::Image(image)] if image.attachment.path.is_none())
    );
}

fn bytes_of(attachment: &hutong_model::Attachment) -> Vec<u8> {
    let mut bytes = Vec::new();
    attachment
        .content
        .as_ref()
        .unwrap()
        .0
        .open()
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

#[test]
fn voices_are_joined_from_their_pieces() {
    let forge = Forge::new();
    let voice = "<msg><voicemsg voicelength=\"1200\" voiceformat=\"4\"/></msg>";
    let local = Cell {
        time: NOW,
        ..rich(0, 34, 1, voice)
    };
    forge.rows(
        "message_0.db",
        FRIEND,
        &[local, rich(2, 34, 2, voice), rich(3, 34, 2, voice)],
    );
    forge
        .database("message/media_0.db")
        .execute_batch(&format!(
            "CREATE TABLE Name2Id(user_name TEXT PRIMARY KEY); INSERT INTO Name2Id VALUES('x'), ('{FRIEND}');
             CREATE TABLE VoiceInfo(chat_name_id INTEGER, create_time INTEGER, local_id INTEGER, svr_id INTEGER, voice_data BLOB, data_index TEXT DEFAULT '0');
             INSERT INTO VoiceInfo VALUES(2, {NOW}, 1, 0, X'01', '0'), (2, 5, 2, 2, X'CC', '10'), (2, 5, 2, 2, X'BB', '2'), (2, 5, 2, 2, X'AA', '0'),
             (1, {NOW}, 1, 0, X'02', '0');"
        ))
        .unwrap();
    let given = forge.read();
    let voices: Vec<_> = given
        .messages()
        .iter()
        .map(|message| match &message.parts[..] {
            [Part::Voice(voice)] => voice.attachment.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(bytes_of(&voices[0]), [1]);
    assert_eq!(bytes_of(&voices[1]), [0xAA, 0xBB, 0xCC]);
    assert_eq!(
        voices[1].path.as_deref(),
        Some("db_storage/message/media_0.db#VoiceInfo/4")
    );
    assert!(voices[2].content.is_none());
}

#[test]
fn films_and_files_are_found_by_name_and_size() {
    let forge = Forge::new();
    let stem = "0123456789abcdef0123456789abcdef";
    forge.file(&format!("msg/video/2024-05/{stem}_raw.mp4"), b"film");
    forge.file(&format!("msg/video/2024-05/{stem}_thumb.jpg"), b"still");
    forge.file("msg/file/2024-05/a.txt", b"one");
    forge.file("msg/file/2024-05/a(1).txt", b"three");
    forge.file("msg/file/secret.txt", b"x");
    let file = |id: i64, name: &str, size: usize| {
        rich(
            id,
            49 | 6 << 32,
            2,
            &format!(
                "<msg><appmsg><title>{name}</title><type>6</type><appattach><totallen>{size}</totallen></appattach></appmsg></msg>"
            ),
        )
    };
    let film = Cell {
        packed: Value::Blob(protobuf(4, &protobuf(8, stem.as_bytes()))),
        ..rich(1, 43, 2, "<msg><videomsg playlength=\"3\"/></msg>")
    };
    forge.rows(
        "message_0.db",
        FRIEND,
        &[
            film,
            file(2, "a.txt", 5),
            file(3, "../secret.txt", 1),
            file(4, "b.txt", 1),
        ],
    );
    let given = forge.read();
    let [Part::Video(video)] = &given.message(1).parts[..] else {
        panic!("video")
    };
    assert_eq!(
        (
            bytes_of(&video.attachment),
            bytes_of(video.thumbnail.as_ref().unwrap())
        ),
        (b"film".to_vec(), b"still".to_vec())
    );
    let path = |id: i64| match &given.message(id).parts[..] {
        [Part::File(file)] => file.attachment.path.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [2, 3, 4].map(path),
        [Some("msg/file/2024-05/a(1).txt".to_owned()), None, None]
    );
}

#[test]
fn the_whole_row_is_kept_when_asked_for() {
    let forge = Forge::new();
    forge.rows(
        "message_0.db",
        FRIEND,
        &[Cell {
            packed: Value::Blob(vec![0xFF]),
            ..said(9_007_199_254_740_993, 2, "原")
        }],
    );
    let given = forge.read_with(&ReadOptions {
        keep_raw: true,
        ..ReadOptions::default()
    });
    let raw: serde_json::Value =
        serde_json::from_slice(given.messages()[0].raw.as_ref().unwrap()).unwrap();
    assert_eq!(
        (raw["server_id"].as_i64(), raw["message_content"].as_str()),
        (Some(9_007_199_254_740_993), Some("原"))
    );
    assert_eq!(raw["packed_info_data"]["hex"], "ff");
    assert!(raw["source"].is_null());
}

#[test]
fn a_broken_shard_costs_only_itself() {
    let forge = Forge::new();
    forge.rows("message_0.db", FRIEND, &[said(1, 2, "在")]);
    forge.file("db_storage/message/message_1.db", b"");
    forge.file("db_storage/message/message_2.db", &[7; 3000]);
    let given = forge.read();
    assert_eq!(given.texts(), ["在"]);
    let kinds: Vec<_> = given
        .problems()
        .iter()
        .map(|problem| (problem.kind, problem.origin.to_string()))
        .collect();
    assert_eq!(
        kinds,
        [
            (ProblemKind::Damage, "message/message_1.db".to_owned()),
            (ProblemKind::Damage, "message/message_2.db".to_owned())
        ]
    );
}

#[test]
fn a_note_of_the_zone_reads_written_times() {
    let forge = Forge::new();
    let item = "<dataitem datatype=\"1\"><sourcetime>2024-05-15 10:26:40</sourcetime><datadesc>x</datadesc></dataitem>";
    let content = format!(
        "<msg><appmsg><title>t</title><type>19</type><recorditem><![CDATA[<recordinfo><datalist count=\"1\">{item}</datalist></recordinfo>]]></recorditem></appmsg></msg>"
    );
    forge.rows("message_0.db", FRIEND, &[rich(1, 49, 2, &content)]);
    let time = |zone: Option<&str>| {
        let options = ReadOptions {
            zone: zone.map(str::to_owned),
            ..ReadOptions::default()
        };
        match &forge.read_with(&options).message(1).parts[..] {
            [Part::Forward(forward)] => (
                forward.messages[0].sent_at,
                forward.messages[0].sent_at_text.clone(),
            ),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        time(Some("Asia/Shanghai")),
        (Some(Timestamp::from_seconds(NOW)), None)
    );
    assert_eq!(time(None), (None, Some("2024-05-15 10:26:40".to_owned())));
}
