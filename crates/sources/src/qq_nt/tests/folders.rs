//! The ways in which an account can be pointed at.

use std::fs;
use std::path::{Path, PathBuf};

use hutong_crypto::OpenError;
use hutong_model::{Collected, Part, Record, Role};
use hutong_samples::{Forged, Plan, QqPlatform, QqStyle, qq_nt};

use super::encode::{Database, FRIEND, OWNER, cell, element, words};
use super::{Given, with_keys};
use crate::qq_nt::QqNt;
use crate::{Input, ReadError, ReadOptions, Recognition, Source};

fn forge(folder: &Path, platform: QqPlatform) -> Forged {
    let qq = QqStyle {
        platform,
        ..QqStyle::default()
    };
    qq_nt(
        &Plan {
            messages: 200,
            qq,
            ..Plan::default()
        },
        folder,
        &mut |_| {},
    )
    .unwrap()
}

fn recognition(path: &Path) -> Recognition {
    QqNt.recognize(&Input::open(path).unwrap())
}

fn assert_same(path: &Path, forged: &Forged, whole: &Given) {
    let given = Given::read(path, &with_keys(&forged.key_file));
    assert_eq!(given.summary, whole.summary, "{}", path.display());
    let ids = |given: &Given| {
        given
            .messages()
            .map(|message| (message.id, message.origin.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&given), ids(whole), "{}", path.display());
    assert!(
        matches!(recognition(path), Recognition::Yes(_)),
        "{}",
        path.display()
    );
    let found = |given: &Given| {
        let mut found = 0;
        for part in given.messages().flat_map(|message| &message.parts) {
            part.for_each_attachment(&mut |attachment| {
                found += u32::from(attachment.content.is_some());
            });
        }
        found
    };
    assert_eq!(found(&given), found(whole), "{}", path.display());
}

#[test]
fn every_level_of_a_desktop_account_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path(), QqPlatform::Desktop);
    let whole = Given::read(&forged.root, &with_keys(&forged.key_file));
    for below in ["nt_qq", "nt_qq/nt_db", "nt_qq/nt_db/nt_msg.db"] {
        assert_same(&forged.root.join(below), &forged, &whole);
    }
    // The folder above holds this one account only.
    assert_same(forged.root.parent().unwrap(), &forged, &whole);
    assert_eq!(
        recognition(&forged.root),
        Recognition::Yes(format!("QQ NT, account {}", forged.owner))
    );
    let files = QqNt.files(&Input::open(&forged.root).unwrap());
    let names = [
        "nt_msg.db",
        "nt_msg.db-wal",
        "profile_info.db",
        "group_info.db",
    ];
    assert_eq!(files, names.map(|name| format!("nt_qq/nt_db/{name}")));
}

#[test]
fn every_level_of_a_phone_account_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path(), QqPlatform::Mobile);
    let whole = Given::read(&forged.root, &with_keys(&forged.key_file));
    let app = folder.path().join("com.tencent.mobileqq");
    for path in [
        folder.path().to_owned(),
        app.clone(),
        app.join("databases"),
        app.join("databases/nt_db"),
        forged.main_db.clone(),
    ] {
        assert_same(&path, &forged, &whole);
        // The owner's uid, from which every passphrase follows, is the name of a file beside the databases.
        let options = ReadOptions {
            locate_attachments: true,
            ..ReadOptions::default()
        };
        let given = Given::read(&path, &options);
        assert_eq!(given.summary, whole.summary, "{}", path.display());
        let inspection = QqNt
            .inspect(&Input::open(&path).unwrap(), &options)
            .unwrap();
        assert!(
            inspection
                .files
                .iter()
                .all(|file| file.key_fits == Some(true))
        );
        assert_eq!(inspection.account.unwrap().native_id, forged.owner);
    }
    fs::rename(app.join("databases"), app.join("db")).unwrap();
    fs::rename(app.join("files"), app.join("f")).unwrap();
    let given = Given::read(&app, &ReadOptions::default());
    assert_eq!(given.summary, whole.summary);
}

#[test]
fn every_level_of_an_iphone_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path(), QqPlatform::Ios);
    let whole = Given::read(&forged.root, &with_keys(&forged.key_file));
    let mut by_uid = hutong_crypto::KeyRing::new();
    let keys: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&forged.key_file).unwrap()).unwrap();
    by_uid.set("uid", keys["uid"].as_str().unwrap()).unwrap();
    let options = ReadOptions {
        keys: by_uid,
        ..ReadOptions::default()
    };
    let documents = folder.path().join("Documents");
    for path in [
        folder.path().to_owned(),
        documents.clone(),
        documents.join("QQNT/DB/nt_db"),
        forged.main_db.clone(),
    ] {
        assert_same(&path, &forged, &whole);
        assert_eq!(Given::read(&path, &options).summary, whole.summary);
    }
    // Without any key the files are named and called encrypted.
    let input = Input::open(&documents).unwrap();
    let inspection = QqNt.inspect(&input, &ReadOptions::default()).unwrap();
    assert_eq!(inspection.files.len(), 3);
    for file in &inspection.files {
        assert!(
            file.is_encrypted && file.key_fits.is_none() && file.trouble.is_some(),
            "{file:?}"
        );
    }
    let read = QqNt.read(&input, &ReadOptions::default(), &mut Collected::default());
    let Err(ReadError::Open { file, source }) = read else {
        panic!("{read:?}")
    };
    assert!(
        file.ends_with("nt_msg.db") && matches!(source, OpenError::NoKey),
        "{source:?}"
    );
}

/// Copies the databases of an account without anything around them.
fn databases(forged: &Forged, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(forged.main_db.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    to.to_owned()
}

#[test]
fn copies_without_header_and_without_companions_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path(), QqPlatform::Desktop);
    let whole = Given::read(&forged.root, &with_keys(&forged.key_file));
    let copy = databases(&forged, &folder.path().join("copy"));
    for name in ["nt_msg.db", "profile_info.db", "group_info.db"] {
        let bytes = fs::read(copy.join(name)).unwrap();
        fs::write(copy.join(name), &bytes[1024..]).unwrap();
    }
    assert!(matches!(recognition(&copy), Recognition::Maybe(_)));
    let options = with_keys(&forged.key_file);
    let given = Given::read(&copy, &options);
    let ids = |given: &Given| {
        given
            .messages()
            .map(|message| message.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&given), ids(&whole));

    fs::remove_file(copy.join("profile_info.db")).unwrap();
    fs::remove_file(copy.join("group_info.db")).unwrap();
    let given = Given::read(&copy, &options);
    given.assert_order();
    assert_eq!(given.messages().count(), whole.messages().count());
    assert_eq!(
        given
            .collected
            .problems
            .iter()
            .filter(|problem| problem.reason.contains("missing"))
            .count(),
        2
    );
}

#[test]
fn decrypted_copies_may_have_other_names() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["nt_msg.db", "nt_msg.decrypted.db", "chat.sqlite"] {
        let folder = folder.path().join(name.replace('.', "_"));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        let database = Database::create(&path);
        database.private(0, true, &[words("明文")], Vec::new());
        drop(database);
        assert!(matches!(recognition(&path), Recognition::Yes(_)), "{name}");
        let given = Given::read(&path, &ReadOptions::default());
        assert_eq!(given.messages().count(), 1, "{name}");
        assert_eq!(given.messages().next().unwrap().origin.place.input, name);
    }
}

#[test]
fn the_file_with_login_tickets_is_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("login.db");
    let database = Database::create(&path);
    database.private(0, true, &[words("x")], Vec::new());
    drop(database);
    assert_eq!(recognition(&path), Recognition::No);
    let input = Input::open(&path).unwrap();
    let read = QqNt.read(&input, &ReadOptions::default(), &mut Collected::default());
    assert!(matches!(read, Err(ReadError::Missing(_))));
    assert_eq!(recognition(folder.path()), Recognition::No);
}

#[test]
fn several_accounts_have_to_be_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for account in ["10001", "10002"] {
        let databases = folder.path().join(account).join("nt_qq/nt_db");
        fs::create_dir_all(&databases).unwrap();
        Database::create(&databases.join("nt_msg.db"));
    }
    assert!(matches!(recognition(folder.path()), Recognition::Maybe(_)));
    let input = Input::open(folder.path()).unwrap();
    let read = QqNt.read(&input, &ReadOptions::default(), &mut Collected::default());
    assert!(matches!(read, Err(ReadError::Layout { .. })));
}

#[test]
fn without_the_right_key_nothing_is_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let forged = forge(folder.path(), QqPlatform::Desktop);
    let input = Input::open(&forged.root).unwrap();
    let wrong = ReadOptions {
        keys: hutong_crypto::KeyRing::from_key("0123456789abcdef").unwrap(),
        ..ReadOptions::default()
    };
    for (options, fits) in [(ReadOptions::default(), None), (wrong, Some(false))] {
        let mut out = Collected::default();
        let read = QqNt.read(&input, &options, &mut out);
        let Err(ReadError::Open { file, source }) = read else {
            panic!("{read:?}")
        };
        assert_eq!(file, "nt_qq/nt_db/nt_msg.db");
        assert!(matches!(
            source,
            OpenError::NoKey | OpenError::WrongKey { .. }
        ));
        assert!(out.records.is_empty() && out.problems.is_empty());
        let inspection = QqNt.inspect(&input, &options).unwrap();
        assert!(
            inspection
                .files
                .iter()
                .all(|file| file.is_encrypted && file.key_fits == fits),
            "{inspection:?}"
        );
        assert_eq!(inspection.messages, None);
        assert_eq!(inspection.account.unwrap().native_id, forged.owner);
    }
    let inspection = QqNt.inspect(&input, &with_keys(&forged.key_file)).unwrap();
    assert!(
        inspection
            .files
            .iter()
            .all(|file| file.key_fits == Some(true))
    );
    assert_eq!(inspection.messages, Some(forged.rows));
    assert!(inspection.span.is_some_and(|(first, last)| first < last));
    assert!(inspection.account.unwrap().name.is_some());
}

#[test]
fn names_groups_and_members_come_from_the_companions() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("10001/nt_qq");
    fs::create_dir_all(root.join("nt_db")).unwrap();
    let database = Database::create(&root.join("nt_db/nt_msg.db"));
    database.group(0, &[words("x")], Vec::new());
    database.private(1, false, &[words("x")], Vec::new());
    drop(database);
    let profiles = rusqlite::Connection::open(root.join("nt_db/profile_info.db")).unwrap();
    let category = super::encode::Proto::default()
        .number(25007, 3)
        .text(25008, "同学");
    let categories = super::encode::Proto::default().nest(25011, &category).0;
    profiles
        .execute_batch(
            "CREATE TABLE profile_info_v6([1000] TEXT PRIMARY KEY,[1001] TEXT,[1002] INTEGER,[20002] TEXT,[20009] TEXT,[20011] TEXT,[20004] TEXT);
             CREATE TABLE buddy_list([1000] TEXT PRIMARY KEY,[1001] TEXT,[1002] INTEGER,[25007] INTEGER);
             CREATE TABLE category_list_v2([1000] TEXT PRIMARY KEY,[25011] BLOB);",
        )
        .unwrap();
    profiles.execute("INSERT INTO profile_info_v6 VALUES(?1,'xiaoli',20002,'小李','李同学','签名','http://a/')", [FRIEND]).unwrap();
    profiles
        .execute(
            "INSERT INTO profile_info_v6 VALUES(?1,'',10001,'我','','','')",
            [OWNER],
        )
        .unwrap();
    profiles
        .execute(
            "INSERT INTO buddy_list VALUES(?1,'xiaoli',20002,3)",
            [FRIEND],
        )
        .unwrap();
    profiles
        .execute(
            "INSERT INTO category_list_v2 VALUES(?1,?2)",
            (OWNER, categories),
        )
        .unwrap();
    drop(profiles);
    let groups = rusqlite::Connection::open(root.join("nt_db/group_info.db")).unwrap();
    groups
        .execute_batch(
            "CREATE TABLE group_list([60001] INTEGER PRIMARY KEY,[60007] TEXT,[60026] TEXT,[60002] TEXT,[60216] TEXT,[60340] INTEGER);
             CREATE TABLE group_member3([60001] INTEGER,[1000] TEXT,[1002] INTEGER,[64003] TEXT,[20002] TEXT,[64007] INTEGER,[64010] INTEGER,[64016] INTEGER,[64023] TEXT,PRIMARY KEY([60001],[1000]));",
        )
        .unwrap();
    groups
        .execute(
            "INSERT INTO group_list VALUES(700100,'徒步','备注',?1,'周六停水',1)",
            [FRIEND],
        )
        .unwrap();
    groups
        .execute(
            "INSERT INTO group_member3 VALUES(700100,?1,20002,'领队','小李',1600000000,1,0,'头衔')",
            [FRIEND],
        )
        .unwrap();
    groups
        .execute(
            "INSERT INTO group_member3 VALUES(700100,?1,10001,'','我',1600000000,1,0,'')",
            [OWNER],
        )
        .unwrap();
    groups
        .execute(
            "INSERT INTO group_member3 VALUES(700100,'u_gone',30003,'','走了',0,0,1,'')",
            [],
        )
        .unwrap();
    drop(groups);

    let given = Given::read(&folder.path().join("10001"), &ReadOptions::default());
    given.assert_order();
    assert!(
        given.collected.problems.is_empty(),
        "{:?}",
        given.collected.problems
    );
    let account = |native: &str| {
        given
            .accounts
            .values()
            .find(|account| account.native_id == native)
            .unwrap()
    };
    let friend = account("20002");
    assert_eq!(
        (friend.nickname.as_deref(), friend.remark.as_deref()),
        (Some("小李"), Some("李同学"))
    );
    assert_eq!(
        (friend.alias.as_deref(), friend.description.as_deref()),
        (Some("xiaoli"), Some("签名"))
    );
    assert!(
        friend.is_contact
            && friend.labels == ["同学"]
            && friend.second_id.as_deref() == Some(FRIEND)
    );
    assert!(account("10001").is_owner);
    let group = given
        .conversations
        .values()
        .find(|chat| chat.native_id == "700100")
        .unwrap();
    assert_eq!(
        (group.name.as_deref(), group.remark.as_deref()),
        (Some("徒步"), Some("备注"))
    );
    assert_eq!(
        (group.announcement.as_deref(), group.group_owner),
        (Some("周六停水"), Some(friend.id))
    );
    let member = |native: &str| {
        let id = account(native).id;
        given
            .collected
            .records
            .iter()
            .find_map(|record| match record {
                Record::Membership(member) if member.account == id => Some(member.clone()),
                _ => None,
            })
    };
    let leader = member("20002").unwrap();
    assert_eq!(
        (leader.name.as_deref(), leader.role, leader.title.as_deref()),
        (Some("领队"), Role::Owner, Some("头衔"))
    );
    assert!(!leader.has_left && leader.joined_at.is_some());
    assert!(member("30003").unwrap().has_left);
    // The owner of the copy has left this group, whatever their own row says.
    let own = member("10001").unwrap();
    assert!(own.has_left && own.role == Role::Admin);
}

#[test]
fn files_are_found_by_month_name_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("10001/nt_qq");
    // 2023-11-30 23:30 UTC is December in China.
    let time = 1_701_387_000_i64;
    let digest = "0123456789ABCDEF0123456789ABCDEF";
    for path in [
        &format!("nt_data/Pic/2023-12/Ori/{}.jpg", digest.to_lowercase()),
        "nt_data/Pic/2023-11/Thumb/photo_720.jpg",
        "nt_data/Pic/2023-11/Thumb/photo_0.jpg",
        "nt_data/Emoji/emoji-recv/2019-01/Ori/FEDCBA9876543210FEDCBA9876543210.gif",
        "nt_data/Ptt/2024-01/Ori/voice.amr",
        "nt_data/Video/2023-12/Thumb/film_0.png",
        "nt_data/File/Ori/报告.docx",
        "nt_data/Pic/2020-01/Ori/far.jpg",
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"content").unwrap();
    }
    fs::write(folder.path().join("secret.jpg"), b"x").unwrap();
    fs::create_dir_all(root.join("nt_db")).unwrap();
    let database = Database::create(&root.join("nt_db/nt_msg.db"));
    let rows = [
        element(2).text(45402, &format!("{digest}.jpg")),
        element(2).text(45402, "photo.jpg"),
        element(2)
            .number(45003, 1)
            .text(45402, "FEDCBA9876543210FEDCBA9876543210.gif"),
        element(4).text(45402, "VOICE.amr"),
        element(5).text(45402, "film.mp4"),
        element(3)
            .text(45402, "报告.docx")
            .text(45403, "D:\\Downloads\\报告.docx"),
        element(2).text(45402, "far.jpg"),
        element(2).text(
            45403,
            "C:\\x\\10001\\nt_qq\\nt_data\\Pic\\2020-01\\Ori\\far.jpg",
        ),
        element(2).text(45403, "C:\\nt_data\\..\\..\\..\\secret.jpg"),
        element(3).text(45402, "..\\..\\..\\secret.jpg"),
    ];
    for (number, row) in (0_i64..).zip(&rows) {
        database.private(
            number,
            false,
            std::slice::from_ref(row),
            vec![cell(40050, time + number)],
        );
    }
    drop(database);
    let options = ReadOptions {
        locate_attachments: true,
        ..ReadOptions::default()
    };
    let given = Given::read(&root, &options);
    let found: Vec<Vec<Option<String>>> = given
        .messages()
        .map(|message| {
            let mut paths = Vec::new();
            message.parts[0]
                .for_each_attachment(&mut |attachment| paths.push(attachment.path.clone()));
            paths
        })
        .collect();
    let path = |path: &str| Some(format!("nt_data/{path}"));
    assert_eq!(
        found[0],
        [path("Pic/2023-12/Ori/0123456789abcdef0123456789abcdef.jpg")]
    );
    assert_eq!(found[1], [None, path("Pic/2023-11/Thumb/photo_720.jpg")]);
    assert_eq!(
        found[2],
        [path(
            "Emoji/emoji-recv/2019-01/Ori/FEDCBA9876543210FEDCBA9876543210.gif"
        )]
    );
    assert_eq!(found[3], [path("Ptt/2024-01/Ori/voice.amr")]);
    assert_eq!(found[4], [None, path("Video/2023-12/Thumb/film_0.png")]);
    assert_eq!(found[5], [path("File/Ori/报告.docx")]);
    assert_eq!(found[6], [None]);
    assert_eq!(found[7], [path("Pic/2020-01/Ori/far.jpg")]);
    assert_eq!(found[8], [None]);
    assert_eq!(found[9], [None]);
    let Part::Image(image) = &given.messages().next().unwrap().parts[0] else {
        panic!()
    };
    assert_eq!(image.attachment.size_bytes, Some(7));
    let without = Given::read(&root, &ReadOptions::default());
    let Part::Image(image) = &without.messages().next().unwrap().parts[0] else {
        panic!()
    };
    assert!(image.attachment.content.is_none());
}
