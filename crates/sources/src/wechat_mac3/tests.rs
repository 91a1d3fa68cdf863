//! The whole source against forged account folders.

use std::path::Path;

use hutong_crypto::KeyRing;
use hutong_model::{
    AccountId, Collected, ConversationId, Direction, Message, Part, Platform, Record, State,
};
use hutong_samples::{Forged, Plan, WechatKeys, wechat_mac3, wechat4};
use rusqlite::Connection;

use super::WeChatMac3;
use super::read::hash_of;
use crate::wechat::golden::{self, messages};
use crate::wechat::trial::{self, ids, options, plan};
use crate::wechat_pc4::WeChatPc4;
use crate::{Input, ReadError, ReadOptions, Recognition, Source, Summary, conformance};

fn forged(plan: &Plan, folder: &Path) -> Forged {
    wechat_mac3(plan, folder, &mut |_| {}).unwrap()
}

fn read(path: &Path, options: &ReadOptions) -> (Collected, Summary) {
    trial::read(&WeChatMac3, path, options)
}

#[test]
fn every_line_of_the_forge_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(4_000, WechatKeys::Account), folder.path());
    let (collected, summary) = read(&set.root, &options(&set));
    golden::check(&set, &collected, summary, &["sender"]);
}

#[test]
fn an_encrypted_account_behaves_like_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let plan = Plan {
        attachments: false,
        ..plan(200, WechatKeys::Account)
    };
    let set = forged(&plan, folder.path());
    conformance::check(&WeChatMac3, &set.root, scratch.path(), &options(&set));
}

#[test]
fn an_account_is_read_alike_from_every_depth_and_key() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let locked = forged(&plan(300, WechatKeys::Account), folders[0].path());
    let open = forged(&plan(300, WechatKeys::Decrypted), folders[1].path());
    let expected = ids(&read(&locked.root, &options(&locked)).0);
    assert_eq!(ids(&read(&open.root, &options(&open)).0), expected);
    for below in ["Message", "Message/msg_1.db", "Contact", "Group"] {
        let (collected, _) = read(&open.root.join(below), &options(&open));
        assert_eq!(ids(&collected), expected, "{below}");
    }
    assert_eq!(ids(&read(folders[0].path(), &options(&locked)).0), expected);
    // Side by side under other names, and one alone.
    let side = folders[1].path().join("side");
    std::fs::create_dir(&side).unwrap();
    for (from, to) in [
        ("Message/msg_0.db", "one"),
        ("Message/msg_1.db", "two.sqlite"),
        ("Message/msg_2.db", "msg_2.db"),
        ("Contact/wccontact_new2.db", "people"),
        ("Group/group_new.db", "group_new.db"),
    ] {
        for end in ["", "-wal"] {
            let from = open.root.join(format!("{from}{end}"));
            if from.is_file() {
                std::fs::copy(from, side.join(format!("{to}{end}"))).unwrap();
            }
        }
    }
    let input = Input::open(&side).unwrap();
    assert!(matches!(WeChatMac3.recognize(&input), Recognition::Yes(_)));
    let (collected, _) = read(&side, &ReadOptions::default());
    assert_eq!(ids(&collected), expected);
    let (one, summary) = read(&side.join("two.sqlite"), &ReadOptions::default());
    assert_eq!(messages(&one).count() as u64, summary.rows_read);
}

#[test]
fn a_wrong_key_pushes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let set = forged(&plan(300, WechatKeys::Account), folder.path());
    for keys in [KeyRing::new(), KeyRing::from_key(&"ab".repeat(32)).unwrap()] {
        let mut collected = Collected::default();
        let options = ReadOptions {
            keys,
            ..ReadOptions::default()
        };
        let input = Input::open(&set.root).unwrap();
        let error = WeChatMac3
            .read(&input, &options, &mut collected)
            .unwrap_err();
        assert!(matches!(error, ReadError::Open { .. }), "{error}");
        assert!(collected.records.is_empty() && collected.problems.is_empty());
    }
}

#[test]
fn the_same_history_of_version_4_has_the_same_ids() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let plan = plan(600, WechatKeys::Decrypted);
    let old = forged(&plan, folders[0].path());
    let new = wechat4(&plan, folders[1].path(), &mut |_| {}).unwrap();
    let (old, _) = read(&old.root, &options(&old));
    let mut collected = Collected::default();
    WeChatPc4
        .read(
            &Input::open(&new.root).unwrap(),
            &options(&new),
            &mut collected,
        )
        .unwrap();
    let by_server = |collected: &Collected| {
        let mut all: Vec<_> = messages(collected)
            .filter(|message| message.id.space() == hutong_model::IdSpace::PLATFORM)
            .map(|message| (message.id, message.conversation))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    assert_eq!(by_server(&old), by_server(&collected));
}

#[test]
fn other_folders_are_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let new = wechat4(
        &plan(300, WechatKeys::Decrypted),
        folder.path(),
        &mut |_| {},
    )
    .unwrap();
    for below in ["", "db_storage/message", "db_storage/message/message_0.db"] {
        let input = Input::open(&new.root.join(below)).unwrap();
        assert_eq!(WeChatMac3.recognize(&input), Recognition::No, "{below}");
    }
}

/// A folder with one conversation of these rows: server id, type, direction, content.
fn small(talker: &str, rows: &[(i64, i64, i64, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join(hash_of("wxid_owner"));
    std::fs::create_dir_all(root.join("Message")).unwrap();
    let db = Connection::open(root.join("Message/msg_3.db")).unwrap();
    let table = format!("Chat_{}", hash_of(talker));
    db.execute_batch(&format!(
        "CREATE TABLE {table}(mesLocalID INTEGER PRIMARY KEY AUTOINCREMENT, mesSvrID INTEGER, msgCreateTime INTEGER,
         msgContent TEXT, msgStatus INTEGER, messageType INTEGER, mesDes INTEGER, msgSource TEXT, msgVoiceText TEXT, msgSeq INTEGER);"
    ))
    .unwrap();
    for (server_id, kind, received, content) in rows {
        db.execute(
            &format!(
                "INSERT INTO {table}(mesSvrID, msgCreateTime, msgContent, messageType, mesDes) VALUES(?1, 1650000000, ?2, ?3, ?4)"
            ),
            rusqlite::params![server_id, content, kind, received],
        )
        .unwrap();
    }
    std::fs::create_dir_all(root.join("Contact")).unwrap();
    let db = Connection::open(root.join("Contact/wccontact_new2.db")).unwrap();
    db.execute_batch(
        "CREATE TABLE WCContact(m_nsUsrName TEXT PRIMARY KEY, nickname TEXT);
         INSERT INTO WCContact VALUES('wxid_owner','本人'),('wxid_friend','小明'),('zhang_san','张三'),('1001@chatroom','群');",
    )
    .unwrap();
    folder
}

#[test]
fn directions_and_senders_follow_from_the_row() {
    let id = |name: &str| AccountId::new(&Platform::WeChat, name);
    let folder = small(
        "1001@chatroom",
        &[
            (1, 1, 1, "wxid_friend:\n你好"),
            (2, 1, 1, "zhang_san:\ntodo:\n交电费"),
            (3, 1, 0, "说明:\n我自己写的"),
            (4, 10_000, 1, "\"小明\" 撤回了一条消息"),
        ],
    );
    let (collected, _) = read(folder.path(), &ReadOptions::default());
    let all: Vec<&Message> = messages(&collected).collect();
    let words = |message: &Message| hutong_model::plain_text(&message.parts);
    assert_eq!(all[0].sender, Some(id("wxid_friend")));
    assert_eq!(words(all[0]), "你好");
    assert_eq!(all[1].sender, Some(id("zhang_san")));
    assert_eq!(words(all[1]), "todo:\n交电费");
    assert_eq!(all[2].sender, Some(id("wxid_owner")));
    assert_eq!(all[2].direction, Direction::Out);
    assert_eq!(words(all[2]), "说明:\n我自己写的");
    assert!(matches!(all[3].state, State::Recalled { .. }));
    let folder = small("wxid_friend", &[(5, 1, 1, "收"), (6, 1, 0, "发")]);
    let (collected, _) = read(folder.path(), &ReadOptions::default());
    let all: Vec<&Message> = messages(&collected).collect();
    let conversation =
        ConversationId::direct(&Platform::WeChat, id("wxid_owner"), id("wxid_friend"));
    assert_eq!(all[0].conversation, conversation);
    assert_eq!(all[0].sender, Some(id("wxid_friend")));
    assert_eq!(all[1].direction, Direction::Out);
}

#[test]
fn a_table_that_nobody_names_is_read_by_its_digest() {
    let folder = small("wxid_nobody", &[(1, 1, 1, "在吗"), (2, 1, 0, "在")]);
    let (collected, summary) = read(folder.path(), &ReadOptions::default());
    assert_eq!(summary.rows_read, 2);
    let all: Vec<&Message> = messages(&collected).collect();
    assert_eq!(all[0].direction, Direction::In);
    assert!(matches!(all[0].parts[0], Part::Text(_)));
    assert!(collected.records.iter().any(|record| matches!(
        record,
        Record::Conversation(conversation) if conversation.native_id == hash_of("wxid_nobody")
    )));
}
