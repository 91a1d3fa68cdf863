//! QQ NT sets.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hutong_samples::{Forged, Piece, Plan, QqHmac, QqPlatform, QqStyle, qq_nt};
use md5::{Digest, Md5};
use rusqlite::Connection;

use crate::pages;
use crate::set::{KINDS, count, files, ids, kinds, make, texts, truth};

const TABLES: [&str; 5] = [
    "c2c_msg_table",
    "group_msg_table",
    "dataline_msg_table",
    "c2c_temp_msg_table",
    "discuss_msg_table",
];

fn passphrase(forged: &Forged) -> String {
    let keys: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&forged.key_file).unwrap()).unwrap();
    keys["key"].as_str().unwrap().to_owned()
}

/// The variable field of a wrapper header.
fn meta(header: &[u8]) -> String {
    // Field 2 with its length of one or two bytes.
    assert_eq!(header[44], 0x12);
    let (length, from) = if header[45] < 0x80 {
        (usize::from(header[45]), 46)
    } else {
        (
            usize::from(header[45] & 0x7F) + (usize::from(header[46]) << 7),
            47,
        )
    };
    String::from_utf8(header[from..from + length].to_vec()).unwrap()
}

/// Strips the wrapper into another folder and opens the rest, with or without its log.
fn open_as(path: &Path, to: PathBuf, passphrase: &str, hmac: QqHmac, with_log: bool) -> Connection {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(bytes.len() % 4096, 1024);
    assert!(bytes.starts_with(b"SQLite header 3\0"));
    assert_eq!(&bytes[32..40], b"QQ_NT DB");
    std::fs::write(&to, &bytes[1024..]).unwrap();
    let log = path.with_extension("db-wal");
    if with_log && log.exists() {
        std::fs::copy(log, to.with_extension("db-wal")).unwrap();
    }
    let name = match hmac {
        QqHmac::Sha1 => "HMAC_SHA1",
        QqHmac::Sha256 => "HMAC_SHA256",
        QqHmac::Sha512 => "HMAC_SHA512",
    };
    let connection = Connection::open(&to).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA key='{}'; PRAGMA cipher_page_size=4096; PRAGMA kdf_iter=4000; PRAGMA cipher_hmac_algorithm={name}; PRAGMA cipher_kdf_algorithm=PBKDF2_HMAC_SHA512;",
            passphrase.replace('\'', "''")
        ))
        .unwrap();
    connection
}

fn open(forged: &Forged, folder: &Path) -> Connection {
    open_as(
        &forged.main_db,
        folder.join("open.db"),
        &passphrase(forged),
        QqHmac::Sha1,
        true,
    )
}

fn message_rows(connection: &Connection) -> i64 {
    TABLES
        .iter()
        .map(|table| count(connection, &format!("SELECT count(*) FROM {table}")))
        .sum()
}

fn small() -> Plan {
    Plan {
        messages: 800,
        attachments: false,
        ..Plan::default()
    }
}

#[test]
fn sqlcipher_reads_what_was_announced() {
    let (folder, forged) = make(qq_nt, &Plan::default());
    let lines = truth(&forged);
    assert_eq!(lines.len() as u64, forged.messages);
    assert_eq!(forged.rows, forged.messages);
    let connection = open(&forged, folder.path());
    assert_eq!(message_rows(&connection) as u64, forged.rows);
    assert_eq!(texts(&connection, "PRAGMA integrity_check"), ["ok"]);
    for table in TABLES {
        assert!(
            count(&connection, &format!("SELECT count(*) FROM {table}")) > 0,
            "{table}"
        );
    }
    let expected: BTreeSet<String> = KINDS
        .iter()
        .filter(|kind| !["channel_post", "poll"].contains(kind))
        .map(|kind| (*kind).to_owned())
        .collect();
    assert_eq!(kinds(&forged), expected);
    assert_eq!(
        ids(&forged).len() as u64,
        forged.messages,
        "native ids are unique"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["text"]
                .as_str()
                .is_some_and(|text| text.contains(&forged.needle)))
            .count(),
        1
    );
    assert!(
        count(
            &connection,
            "SELECT count(*) FROM nt_uid_mapping_table WHERE [1002] = 0"
        ) > 0
    );
    assert!(count(&connection, "SELECT count(*) FROM recent_contact_v3_table") > 10);
    let names = files(&forged.root);
    assert!(
        !names
            .iter()
            .any(|name| name.contains(".body") || name.ends_with("-shm")),
        "{names:?}"
    );
}

/// Tag and, of varints, the value of each field; nested messages are not opened.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        if key & 7 == 2 {
            if value as usize > bytes.len() {
                break;
            }
            let (inner, rest) = bytes.split_at(value as usize);
            bytes = rest;
            found.push((key >> 3, 0, inner));
        } else {
            found.push((key >> 3, value, &[][..]));
        }
    }
    found
}

#[test]
fn every_known_element_and_type_appears() {
    let (folder, forged) = make(qq_nt, &small());
    let connection = open(&forged, folder.path());
    let (mut elements, mut tips, mut types) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for table in TABLES {
        let mut statement = connection
            .prepare(&format!("SELECT [40011], [40800] FROM {table}"))
            .unwrap();
        let rows = statement
            .query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
            })
            .unwrap();
        for (msg_type, body) in rows.map(Result::unwrap) {
            types.insert(msg_type);
            for (tag, _, element) in fields(&body.unwrap_or_default()) {
                assert_eq!(tag, 40800);
                let element = fields(element);
                let value = |tag| {
                    element
                        .iter()
                        .find(|field| field.0 == tag && field.2.is_empty())
                        .map(|field| field.1)
                };
                elements.extend(value(45002));
                if value(45002) == Some(8) {
                    tips.extend(value(45003));
                }
            }
        }
    }
    for kind in [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 16, 17, 21, 23, 26, 27, 28, 30, 99,
    ] {
        assert!(elements.contains(&kind), "{kind} in {elements:?}");
    }
    for kind in [1, 4, 10, 12, 15, 17] {
        assert!(tips.contains(&kind), "{kind} in {tips:?}");
    }
    for msg_type in [
        0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 17, 19, 21, 24, 25, 27, 29,
    ] {
        assert!(types.contains(&msg_type), "{msg_type} in {types:?}");
    }
    for (sql, least) in [
        (
            "SELECT count(*) FROM c2c_msg_table WHERE [40011] = 9 AND [40850] > 0",
            1,
        ),
        (
            "SELECT count(*) FROM group_msg_table WHERE [40003] = 0 AND [40020] = '' AND [40090] LIKE '%(4%)'",
            4,
        ),
        (
            "SELECT count(*) FROM group_msg_table WHERE [40062] IS NOT NULL AND length([40062]) > 4",
            2,
        ),
        ("SELECT count(*) FROM c2c_msg_table WHERE [40010] = 100", 3),
        (
            "SELECT count(*) FROM c2c_msg_table WHERE [40800] IS NULL",
            2,
        ),
        (
            "SELECT count(*) FROM group_msg_table WHERE length([40900]) > 200",
            1,
        ),
        ("SELECT count(*) FROM group_at_me_msg", 2),
    ] {
        assert!(count(&connection, sql) >= least, "{sql}");
    }
}

#[test]
fn page_one_opens_by_arithmetic_under_every_hash() {
    for hmac in [QqHmac::Sha1, QqHmac::Sha256, QqHmac::Sha512] {
        let style = QqStyle {
            hmac,
            ..QqStyle::default()
        };
        let (folder, forged) = make(
            qq_nt,
            &Plan {
                qq: style,
                ..small()
            },
        );
        let file = std::fs::read(&forged.main_db).unwrap();
        let body = &file[1024..];
        let key = pages::derive(passphrase(&forged).as_bytes(), &body[..16], 4_000);
        pages::check_header(
            &pages::first_page(body, &key, hmac),
            if hmac == QqHmac::Sha512 { 80 } else { 48 },
        );
        let connection = open_as(
            &forged.main_db,
            folder.path().join("open.db"),
            &passphrase(&forged),
            hmac,
            true,
        );
        assert_eq!(message_rows(&connection) as u64, forged.rows);
    }
}

#[test]
fn the_published_vector_derives() {
    let salt: Vec<u8> = (0..16).collect();
    let key = pages::derive(b"0123456789abcdef", &salt, 4_000);
    assert_eq!(
        hex::encode(key),
        "3cc14ee05847fb9c85945da92704314b416816dbe41ae50d9d14d11b9b896106"
    );
}

#[test]
fn phones_have_a_passphrase_for_each_file() {
    let style = QqStyle {
        platform: QqPlatform::Mobile,
        ..QqStyle::default()
    };
    let (folder, forged) = make(
        qq_nt,
        &Plan {
            qq: style,
            ..small()
        },
    );
    let keys: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&forged.key_file).unwrap()).unwrap();
    let uid = keys["uid"].as_str().unwrap();
    let md5 = |text: String| hex::encode(Md5::digest(text));
    assert!(forged.root.ends_with(format!(
        "nt_qq_{}",
        md5(format!("{}nt_kernel", md5(uid.to_owned())))
    )));
    let mut seen = BTreeSet::new();
    for name in [
        "nt_msg.db",
        "group_info.db",
        "profile_info.db",
        "files_in_chat.db",
        "rich_media.db",
    ] {
        let path = forged.root.join(name);
        let rand = meta(&std::fs::read(&path).unwrap()[..1024]);
        assert_eq!(rand.len(), 8);
        let passphrase = md5(format!("{}{rand}", md5(uid.to_owned())));
        let connection = open_as(
            &path,
            folder.path().join(name),
            &passphrase,
            QqHmac::Sha1,
            true,
        );
        assert!(count(&connection, "SELECT count(*) FROM sqlite_schema") > 0);
        seen.insert(passphrase);
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.contains(&passphrase(&forged)));
}

#[test]
fn first_and_last_make_the_whole() {
    let plan = small();
    let (_a, whole) = make(qq_nt, &plan);
    let (_b, first) = make(
        qq_nt,
        &Plan {
            piece: Piece::First,
            ..plan.clone()
        },
    );
    let (_c, last) = make(
        qq_nt,
        &Plan {
            piece: Piece::Last,
            ..plan
        },
    );
    let (whole, first, last) = (ids(&whole), ids(&first), ids(&last));
    assert!(first.intersection(&last).count() > 20);
    assert_eq!(first.union(&last).cloned().collect::<BTreeSet<_>>(), whole);
}

#[test]
fn a_second_device_has_other_row_ids_and_the_same_sequences() {
    let plan = small();
    let style = QqStyle {
        is_second_device: true,
        ..QqStyle::default()
    };
    let rows = |plan: &Plan| {
        let (folder, forged) = make(qq_nt, plan);
        let connection = open(&forged, folder.path());
        let keys = texts(
            &connection,
            "SELECT [40027] || ' ' || [40003] || ' ' || [40002] FROM group_msg_table ORDER BY 1",
        );
        (keys, ids(&forged))
    };
    let (one, other) = (rows(&plan), rows(&Plan { qq: style, ..plan }));
    assert_eq!(one.0, other.0);
    assert_eq!(one.1.intersection(&other.1).count(), 0);
}

#[test]
fn the_newest_rows_stand_in_the_log_only() {
    let (folder, forged) = make(
        qq_nt,
        &Plan {
            wal_rows: 100,
            ..small()
        },
    );
    assert!(forged.wal_rows >= 90);
    let key = passphrase(&forged);
    let with = message_rows(&open_as(
        &forged.main_db,
        folder.path().join("with.db"),
        &key,
        QqHmac::Sha1,
        true,
    ));
    let without = message_rows(&open_as(
        &forged.main_db,
        folder.path().join("without.db"),
        &key,
        QqHmac::Sha1,
        false,
    ));
    assert_eq!((with - without) as u64, forged.wal_rows);
}

#[test]
fn the_same_seed_gives_the_same_truth() {
    let bytes = |seed| {
        let (_folder, forged) = make(
            qq_nt,
            &Plan {
                seed,
                attachments: true,
                ..small()
            },
        );
        std::fs::read(&forged.truth).unwrap()
    };
    let first = bytes(5);
    assert_eq!(first, bytes(5));
    assert_ne!(first, bytes(6));
}

#[test]
fn answers_and_media_point_at_what_is_there() {
    let (_folder, forged) = make(
        qq_nt,
        &Plan {
            piece: Piece::Last,
            ..Plan::default()
        },
    );
    let lines = truth(&forged);
    let known: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["msg_id"].as_str())
        .collect();
    let targets: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["reply_to"].as_str())
        .collect();
    assert!(targets.len() > 20 && targets.iter().all(|target| known.contains(target)));
    let stored: Vec<_> = lines
        .iter()
        .filter(|line| line["file"].is_object())
        .collect();
    assert!(stored.len() > 50);
    for line in stored {
        let bytes =
            std::fs::read(forged.root.join(line["file"]["path"].as_str().unwrap())).unwrap();
        assert_eq!(
            hex::encode(Md5::digest(bytes)),
            line["file"]["md5"].as_str().unwrap()
        );
    }
}
