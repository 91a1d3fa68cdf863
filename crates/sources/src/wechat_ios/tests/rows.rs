//! Rows straight from the format sheet, without the forge.

use hutong_model::{Direction, State, Timestamp};
use rusqlite::{Connection, params};

use super::*;
use crate::wechat_ios::open::hash_of;

const OWNER: &str = "wxid_owner1234567";

/// An account's folder as a tree, with one message database.
struct Phone {
    folder: tempfile::TempDir,
    messages: Connection,
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
    out.extend(content);
    out
}

impl Phone {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = folder.path().join("Documents").join(hash_of(OWNER));
        std::fs::create_dir_all(account.join("DB")).unwrap();
        let login = [field(1, OWNER.as_bytes()), field(3, "本人".as_bytes())].concat();
        std::fs::write(
            folder.path().join("Documents/LoginInfo2.dat"),
            field(1, &login),
        )
        .unwrap();
        let messages = Connection::open(account.join("DB/message_1.sqlite")).unwrap();
        Self { folder, messages }
    }

    fn account(&self) -> std::path::PathBuf {
        self.folder.path().join("Documents").join(hash_of(OWNER))
    }

    fn chat(&self, username: &str) -> String {
        let table = format!("Chat_{}", hash_of(username));
        self.messages
            .execute_batch(&format!(
                "CREATE TABLE {table}(CreateTime INTEGER DEFAULT 0, Des INTEGER, ImgStatus INTEGER DEFAULT 0, MesLocalID \
                 INTEGER PRIMARY KEY AUTOINCREMENT, Message TEXT, MesSvrID BIGINT DEFAULT 0, Status INTEGER DEFAULT 0, \
                 TableVer INTEGER DEFAULT 1, Type INTEGER, WCDB_CT_Message INTEGER)"
            ))
            .unwrap();
        table
    }

    fn row(&self, table: &str, server: i64, kind: i64, des: i64, message: &[u8]) {
        let text = std::str::from_utf8(message).ok();
        let sql = format!(
            "INSERT INTO {table}(CreateTime, Des, Message, MesSvrID, Type) VALUES(?1, ?2, ?3, ?4, ?5)"
        );
        match text {
            Some(text) => self
                .messages
                .execute(&sql, params![1_600_000_000, des, text, server, kind]),
            None => self
                .messages
                .execute(&sql, params![1_600_000_000, des, message, server, kind]),
        }
        .unwrap();
    }

    fn read(&self) -> Collected {
        let (collected, summary) = read(self.folder.path(), &options());
        let rejected = collected
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::RejectedRow)
            .count();
        assert_eq!(
            summary.rows_read,
            (messages(&collected).count() + rejected) as u64
        );
        collected
    }
}

fn all(collected: &Collected) -> Vec<&Message> {
    messages(collected).collect()
}

#[test]
fn a_direct_chat_is_told_by_its_direction() {
    let phone = Phone::new();
    let table = phone.chat("wxid_friend7654321");
    let contacts = Connection::open(phone.account().join("DB/WCDB_Contact.sqlite")).unwrap();
    contacts
        .execute_batch(
            "CREATE TABLE Friend(userName TEXT PRIMARY KEY, type INTEGER, dbContactRemark BLOB)",
        )
        .unwrap();
    let names = [field(1, "阿明".as_bytes()), field(3, "小明".as_bytes())].concat();
    contacts
        .execute(
            "INSERT INTO Friend VALUES('wxid_friend7654321', 3, ?1)",
            [names],
        )
        .unwrap();
    phone.row(&table, 11, 1, 0, "你好".as_bytes());
    phone.row(&table, 12, 1, 1, "todo:\nmilk".as_bytes());
    let packed = zstd::bulk::compress("长话".as_bytes(), 3).unwrap();
    phone.row(&table, 13, 1, 1, &packed);
    phone.row(&table, 14, 1, 1, &packed[..packed.len() - 2]);
    phone.row(&table, 0, 10_000, 1, "系统".as_bytes());
    phone.row(&table, 0, 10_000, 1, "系统".as_bytes());
    let collected = phone.read();
    let rows = all(&collected);
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[0].direction, Direction::Out);
    assert_eq!(rows[0].sent_at, Timestamp::from_seconds(1_600_000_000));
    assert_eq!(rows[1].direction, Direction::In);
    assert_eq!(plain_text(&rows[1].parts), "todo:\nmilk");
    assert_eq!(plain_text(&rows[2].parts), "长话");
    assert!(matches!(rows[3].parts[0], Part::Unknown(_)));
    assert_eq!(rows[4].direction, Direction::None);
    assert_ne!(rows[4].id, rows[5].id, "rows without a server id stay two");
    let friend = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if account.native_id == "wxid_friend7654321" => Some(account),
        _ => None,
    });
    let friend = friend.unwrap();
    assert_eq!(friend.remark.as_deref(), Some("小明"));
    assert!(friend.is_contact && !friend.is_owner);
    assert_eq!(
        rows[0].conversation,
        ConversationId::direct(
            &hutong_model::Platform::WeChat,
            AccountId::new(&hutong_model::Platform::WeChat, OWNER),
            friend.id
        )
    );
}

#[test]
fn a_room_names_its_senders_in_front() {
    let phone = Phone::new();
    let room = "12345678@chatroom";
    let table = phone.chat(room);
    let contacts = Connection::open(phone.account().join("DB/WCDB_Contact.sqlite")).unwrap();
    contacts
        .execute_batch(
            "CREATE TABLE Friend(userName TEXT PRIMARY KEY, type INTEGER, certificationFlag INTEGER, dbContactRemark BLOB, \
             dbContactChatRoom BLOB)",
        )
        .unwrap();
    let xml = r#"<RoomData><Member UserName="oldname88"><DisplayName>老王</DisplayName></Member></RoomData>"#;
    let blob = [field(1, b"oldname88;wxid_x"), field(6, xml.as_bytes())].concat();
    contacts
        .execute(
            "INSERT INTO Friend VALUES(?1, 2, 0, ?2, ?3)",
            params![room, field(1, "群".as_bytes()), blob],
        )
        .unwrap();
    phone.row(&table, 1, 1, 1, "oldname88:\n在吗".as_bytes());
    phone.row(&table, 2, 1, 0, "我在".as_bytes());
    phone.row(
        &table,
        3,
        10_002,
        1,
        "<sysmsg type=\"revokemsg\"><revokemsg><session>12345678@chatroom</session><newmsgid>1</newmsgid>\
         <replacemsg><![CDATA[\"老王\" 撤回了一条消息]]></replacemsg></revokemsg></sysmsg>"
            .as_bytes(),
    );
    let collected = phone.read();
    let rows = all(&collected);
    let wang = AccountId::new(&hutong_model::Platform::WeChat, "oldname88");
    assert_eq!(rows[0].sender, Some(wang));
    assert_eq!(plain_text(&rows[0].parts), "在吗");
    assert_eq!(rows[1].direction, Direction::Out);
    assert_eq!(rows[2].sender, None);
    assert!(matches!(
        rows[2].state,
        State::Normal | State::Recalled { .. }
    ));
    let members: Vec<_> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Membership(membership) => Some(membership.name.as_deref()),
            _ => None,
        })
        .collect();
    assert_eq!(members, [Some("老王"), None]);
    let conversation = collected.records.iter().find_map(|record| match record {
        Record::Conversation(conversation) => Some(conversation),
        _ => None,
    });
    assert_eq!(conversation.unwrap().name.as_deref(), Some("群"));
}

#[test]
fn a_deleted_chat_is_read_under_its_digest() {
    let phone = Phone::new();
    let table = phone.chat("wxid_gone");
    phone.row(&table, 5, 1, 1, b"bye");
    let room = phone.chat("99@chatroom");
    phone.row(&room, 6, 1, 1, b"wxid_somebody:\nhello");
    let collected = phone.read();
    let kinds: Vec<_> = collected
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Conversation(conversation) => {
                Some((conversation.native_id.clone(), conversation.kind))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        kinds,
        [
            (hash_of("wxid_gone"), ConversationKind::Direct),
            (hash_of("99@chatroom"), ConversationKind::Group)
        ]
    );
    let rows = all(&collected);
    assert_eq!(rows[0].direction, Direction::None);
    let somebody = AccountId::new(&hutong_model::Platform::WeChat, "wxid_somebody");
    assert_eq!(rows[1].sender, Some(somebody));
}

#[test]
fn contacts_of_old_programs_stand_beside_the_messages() {
    let phone = Phone::new();
    let old = Connection::open(phone.account().join("DB/MM.sqlite")).unwrap();
    let table = format!("Chat_{}", hash_of("oldfriend1"));
    old.execute_batch(&format!(
        "CREATE TABLE Friend(UsrName TEXT PRIMARY KEY, NickName TEXT, Uin INTEGER, Email TEXT, Mobile TEXT, Sex INTEGER, \
         FullPY TEXT, ShortPY TEXT, Img TEXT, Type INTEGER, LastChatTime INTEGER, Draft TEXT);
         CREATE TABLE Friend_Ext(UsrName TEXT PRIMARY KEY, ConRemark TEXT);
         INSERT INTO Friend(UsrName, NickName, Type) VALUES('oldfriend1', '老友', 3);
         INSERT INTO Friend_Ext VALUES('oldfriend1', '备注');
         CREATE TABLE {table}(TableVer INTEGER DEFAULT 1, MesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, MesSvrID INTEGER \
         DEFAULT 0, CreateTime INTEGER DEFAULT 0, Message TEXT, Status INTEGER DEFAULT 0, ImgStatus INTEGER DEFAULT 0, Type \
         INTEGER, Des INTEGER);
         INSERT INTO {table}(MesSvrID, CreateTime, Message, Type, Des) VALUES(0, 1300000000, 'hi', 1, 1);"
    ))
    .unwrap();
    let collected = phone.read();
    let rows = all(&collected);
    let friend = AccountId::new(&hutong_model::Platform::WeChat, "oldfriend1");
    assert_eq!(rows[0].sender, Some(friend));
    let record = collected.records.iter().find_map(|record| match record {
        Record::Account(account) if account.id == friend => Some(account),
        _ => None,
    });
    assert_eq!(record.unwrap().nickname.as_deref(), Some("老友"));
    assert_eq!(record.unwrap().remark.as_deref(), Some("备注"));
}

#[test]
fn databases_are_told_by_their_tables_whatever_they_are_called() {
    let phone = Phone::new();
    let table = phone.chat("filehelper");
    phone.row(&table, 5, 1, 0, b"note");
    let loose = tempfile::tempdir().unwrap();
    let path = loose.path().join("copy without a name");
    std::fs::copy(phone.account().join("DB/message_1.sqlite"), &path).unwrap();
    std::fs::write(loose.path().join("other.txt"), b"hello").unwrap();
    let input = Input::open(&path).unwrap();
    assert!(matches!(WeChatIos.recognize(&input), Recognition::Yes(_)));
    assert_eq!(WeChatIos.files(&input), ["copy without a name"]);
    let (collected, _) = read(&path, &options());
    let rows = all(&collected);
    assert_eq!(
        rows[0].direction,
        Direction::Out,
        "though the owner is unknown"
    );
    let other = Input::open(&loose.path().join("other.txt")).unwrap();
    assert_eq!(WeChatIos.recognize(&other), Recognition::No);
    // What another program calls alike is not ours.
    let mac = loose.path().join("msg_0.db");
    let database = Connection::open(&mac).unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE Chat_{}(mesLocalID INTEGER PRIMARY KEY, mesSvrID INTEGER, msgCreateTime INTEGER, msgContent TEXT, \
             messageType INTEGER, mesDes INTEGER)",
            hash_of("x")
        ))
        .unwrap();
    assert_eq!(
        WeChatIos.recognize(&Input::open(&mac).unwrap()),
        Recognition::No
    );
}

#[test]
fn several_accounts_are_named_one_by_one() {
    let phone = Phone::new();
    let table = phone.chat("filehelper");
    phone.row(&table, 5, 1, 0, b"note");
    let second = phone
        .folder
        .path()
        .join("Documents")
        .join(hash_of("wxid_second"));
    std::fs::create_dir_all(second.join("DB")).unwrap();
    std::fs::copy(
        phone.account().join("DB/message_1.sqlite"),
        second.join("DB/message_1.sqlite"),
    )
    .unwrap();
    let input = Input::open(phone.folder.path()).unwrap();
    assert!(matches!(WeChatIos.recognize(&input), Recognition::Maybe(what) if what.contains("2")));
    assert!(WeChatIos.files(&input).is_empty());
    let (one, _) = read(&phone.account(), &options());
    assert_eq!(all(&one).len(), 1);
    // The other account never logged in here by name: its messages are read all the same.
    let (two, _) = read(&second, &options());
    assert_eq!(all(&two).len(), 1);
    assert!(
        two.problems
            .iter()
            .any(|problem| problem.reason.contains("account"))
    );
}
