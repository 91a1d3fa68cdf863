//! WeChat 4 sets.

use std::collections::BTreeSet;
use std::path::Path;

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use hutong_samples::{Forged, Hardlinks, Piece, Plan, QqHmac, WechatKeys, WechatStyle, wechat4};
use md5::{Digest, Md5};
use rusqlite::Connection;
use serde_json::Value;

use crate::pages;
use crate::set::{KINDS, count, files, ids, kinds, make, texts, truth};

fn keys(forged: &Forged) -> Value {
    serde_json::from_slice(&std::fs::read(&forged.key_file).unwrap()).unwrap()
}

fn open(forged: &Forged, path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    if let Some(key) = keys(forged)["key"].as_str() {
        connection
            .execute_batch(&format!(
                "PRAGMA hexkey='{key}'; PRAGMA cipher_compatibility=4;"
            ))
            .unwrap();
    }
    connection
}

fn message_rows(connection: &Connection) -> i64 {
    texts(
        connection,
        "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg_%'",
    )
    .iter()
    .map(|table| count(connection, &format!("SELECT count(*) FROM {table}")))
    .sum()
}

fn stores(forged: &Forged) -> Vec<Connection> {
    ["message_0", "message_1", "biz_message_0"]
        .map(|name| {
            open(
                forged,
                &forged.root.join(format!("db_storage/message/{name}.db")),
            )
        })
        .into()
}

fn small() -> Plan {
    Plan {
        messages: 800,
        attachments: false,
        ..Plan::default()
    }
}

/// Without encryption, whose key derivation takes most of the time of a small set.
fn plain() -> Plan {
    let wechat = WechatStyle {
        keys: WechatKeys::Decrypted,
        ..WechatStyle::default()
    };
    Plan { wechat, ..small() }
}

#[test]
fn sqlcipher_reads_what_was_announced() {
    let (_folder, forged) = make(wechat4, &Plan::default());
    let root = files(&forged.root);
    assert!(
        !root
            .iter()
            .any(|name| name.ends_with("-shm") || name.ends_with("-journal")),
        "{root:?}"
    );
    let lines = truth(&forged);
    assert_eq!(lines.len() as u64, forged.messages);
    assert!(
        (2_900..3_500).contains(&forged.messages),
        "{}",
        forged.messages
    );
    let stores = stores(&forged);
    assert_eq!(
        stores.iter().map(message_rows).sum::<i64>() as u64,
        forged.rows
    );
    // Three rows stand twice, two are the first halves of files.
    assert_eq!(forged.rows, forged.messages + 5);
    for store in &stores {
        assert_eq!(texts(store, "PRAGMA integrity_check"), ["ok"]);
    }
    let expected: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
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
    let times: Vec<i64> = lines
        .iter()
        .map(|line| line["sent_at_ms"].as_i64().unwrap())
        .collect();
    assert!(
        times.windows(2).all(|pair| pair[0] - pair[1] < 86_400_000),
        "nearly in order"
    );
}

#[test]
fn every_known_type_appears() {
    let (_folder, forged) = make(wechat4, &plain());
    let mut types = BTreeSet::new();
    for store in stores(&forged) {
        for table in texts(
            &store,
            "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg_%'",
        ) {
            types.extend(texts(&store, &format!("SELECT DISTINCT (local_type & 0xFFFFFFFF) || '.' || (local_type >> 32) FROM {table}")));
        }
    }
    for base in [
        1, 3, 34, 35, 37, 40, 42, 43, 47, 48, 50, 51, 52, 53, 62, 64, 65, 66, 67, 7_777, 9_999,
        10_000, 10_002, 11_000,
    ] {
        assert!(types.contains(&format!("{base}.0")), "{base}");
    }
    for code in [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 19, 20, 21, 24, 25, 26, 28, 33, 36,
        40, 44, 46, 50, 51, 53, 57, 62, 63, 68, 74, 76, 82, 87, 88, 92, 101, 115, 124, 2000, 2001,
        2002, 2003, 4242, 100_001,
    ] {
        assert!(types.contains(&format!("49.{code}")), "{code}");
    }
}

#[test]
fn cells_are_stored_in_every_way() {
    let (_folder, forged) = make(wechat4, &plain());
    let mut seen = BTreeSet::new();
    for store in stores(&forged) {
        for table in texts(
            &store,
            "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg_%'",
        ) {
            seen.extend(texts(
                &store,
                &format!(
                    "SELECT DISTINCT typeof(message_content) || ' ' || ifnull(WCDB_CT_message_content, 'null') || ' ' || \
                     (substr(CAST(message_content AS BLOB), 1, 4) = x'28B52FFD') FROM {table} WHERE message_content IS NOT NULL
                     UNION SELECT 'source ' || typeof(source) || ' ' || ifnull(WCDB_CT_source, 'null') FROM {table}
                     UNION SELECT 'null' FROM {table} WHERE message_content IS NULL"
                ),
            ));
        }
    }
    for way in [
        "text 0 0",
        "text null 0",
        "blob 4 1",
        "blob null 1",
        "blob 0 0",
        "null",
        "source text null",
        "source blob 4",
        "source null null",
    ] {
        assert!(seen.contains(way), "{way} in {seen:?}");
    }
}

#[test]
fn the_shards_number_names_differently_and_share_rows() {
    let (_folder, forged) = make(wechat4, &plain());
    let stores = stores(&forged);
    let [early, late] = [0, 1].map(|shard| {
        texts(
            &stores[shard],
            "SELECT user_name FROM Name2Id ORDER BY rowid",
        )
    });
    let both: Vec<&String> = early.iter().filter(|name| late.contains(name)).collect();
    assert!(both.len() > 10);
    let moved = both.iter().filter(|name| {
        early.iter().position(|other| &other == *name)
            != late.iter().position(|other| &other == *name)
    });
    assert!(moved.count() * 10 > both.len() * 9);
    let project = format!(
        "Msg_{}",
        hex::encode(Md5::digest(
            truth(&forged)
                .iter()
                .find(|line| line["text"] == "有前缀的一行")
                .unwrap()["conversation"]
                .as_str()
                .unwrap()
        ))
    );
    let ids = |store: &Connection| -> BTreeSet<String> {
        texts(
            store,
            &format!("SELECT CAST(server_id AS TEXT) FROM {project} WHERE server_id <> 0"),
        )
        .into_iter()
        .collect()
    };
    assert_eq!(ids(&stores[0]).intersection(&ids(&stores[1])).count(), 3);
    // A table that no name leads to.
    let hashes: BTreeSet<String> = early
        .iter()
        .chain(&late)
        .map(|name| format!("Msg_{}", hex::encode(Md5::digest(name))))
        .collect();
    let tables: BTreeSet<String> = stores[..2]
        .iter()
        .flat_map(|store| {
            texts(
                store,
                "SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg_%'",
            )
        })
        .collect();
    assert_eq!(tables.difference(&hashes).count(), 1);
    for store in &stores {
        let declared = texts(
            store,
            "SELECT sql FROM sqlite_schema WHERE type='table' AND name LIKE 'Msg_%'",
        );
        assert!(
            declared
                .iter()
                .all(|sql| sql.contains("PRIMARY KEY AUTOINCREMENT"))
        );
        assert_eq!(
            count(
                store,
                "SELECT count(*) FROM sqlite_schema WHERE type='index' AND name LIKE 'Msg_%'"
            ) as usize,
            4 * declared.len()
        );
    }
}

#[test]
fn first_and_last_make_the_whole() {
    let plan = plain();
    let (_a, whole) = make(wechat4, &plan);
    let (_b, first) = make(
        wechat4,
        &Plan {
            piece: Piece::First,
            ..plan.clone()
        },
    );
    let (_c, last) = make(
        wechat4,
        &Plan {
            piece: Piece::Last,
            ..plan
        },
    );
    let (whole, first, last) = (ids(&whole), ids(&first), ids(&last));
    assert!(first.len() < whole.len() && last.len() < whole.len());
    assert!(first.intersection(&last).count() > 20);
    assert_eq!(first.union(&last).cloned().collect::<BTreeSet<_>>(), whole);
}

#[test]
fn answers_name_a_target_only_where_it_stands_in_the_set() {
    for piece in [Piece::Whole, Piece::Last] {
        let (_folder, forged) = make(
            wechat4,
            &Plan {
                messages: 3_000,
                piece,
                ..plain()
            },
        );
        let lines = truth(&forged);
        let known: BTreeSet<&str> = lines
            .iter()
            .filter_map(|line| line["server_id"].as_str())
            .collect();
        let targets: Vec<&str> = lines
            .iter()
            .filter_map(|line| line["reply_to"].as_str())
            .collect();
        assert!(targets.len() > 20);
        assert!(targets.iter().all(|target| known.contains(target)));
    }
}

#[test]
fn the_newest_rows_stand_in_the_log_only() {
    let (folder, forged) = make(
        wechat4,
        &Plan {
            wal_rows: 100,
            ..small()
        },
    );
    assert!(forged.wal_rows >= 90);
    // The log holds frames of an earlier round behind its end.
    let log = std::fs::read(forged.main_db.with_extension("db-wal")).unwrap();
    let frames: Vec<&[u8]> = log[32..].chunks_exact(24 + 4096).collect();
    let valid = frames
        .iter()
        .take_while(|frame| frame[8..16] == log[16..24])
        .count();
    assert!(
        valid > 0 && valid < frames.len(),
        "{valid} of {}",
        frames.len()
    );
    let alone = folder.path().join("alone.db");
    std::fs::copy(&forged.main_db, &alone).unwrap();
    let without = message_rows(&open(&forged, &alone));
    let whole = message_rows(&open(&forged, &forged.main_db));
    assert!(without < whole, "{without} {whole}");
    let newest = truth(&forged).last().unwrap()["conversation"]
        .as_str()
        .unwrap()
        .to_owned();
    let table = format!("Msg_{}", hex::encode(Md5::digest(&newest)));
    let has = |path: &Path| {
        texts(&open(&forged, path), "SELECT name FROM sqlite_schema").contains(&table)
    };
    assert!(has(&forged.main_db) && !has(&alone));
}

#[test]
fn without_wal_rows_there_is_no_log() {
    let (_folder, forged) = make(
        wechat4,
        &Plan {
            wal_rows: 0,
            ..plain()
        },
    );
    assert_eq!(forged.wal_rows, 0);
    assert!(
        !files(&forged.root)
            .iter()
            .any(|name| name.ends_with("-wal"))
    );
    assert_eq!(
        stores(&forged).iter().map(message_rows).sum::<i64>() as u64,
        forged.rows
    );
}

#[test]
fn the_same_seed_gives_the_same_truth() {
    let bytes = |seed| {
        let (_folder, forged) = make(
            wechat4,
            &Plan {
                seed,
                attachments: true,
                ..plain()
            },
        );
        std::fs::read(&forged.truth).unwrap()
    };
    let first = bytes(5);
    assert_eq!(first, bytes(5));
    assert_ne!(first, bytes(6));
}

#[test]
fn the_account_key_opens_page_one_by_arithmetic() {
    let (_folder, forged) = make(wechat4, &small());
    let key: [u8; 32] = hex::decode(keys(&forged)["key"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    let file = std::fs::read(&forged.main_db).unwrap();
    let page_key = pages::derive(&key, &file[..16], 256_000);
    pages::check_header(&pages::first_page(&file, &page_key, QqHmac::Sha512), 80);
}

#[test]
fn each_file_can_have_a_raw_key() {
    let style = WechatStyle {
        keys: WechatKeys::PerFile,
        hardlinks: Hardlinks::V3,
    };
    let (_folder, forged) = make(
        wechat4,
        &Plan {
            wechat: style,
            ..plain()
        },
    );
    assert!(forged.key_file.ends_with("all_keys.json"));
    let mut seen = BTreeSet::new();
    for (name, value) in keys(&forged).as_object().unwrap() {
        let key = value
            .as_str()
            .or_else(|| value["enc_key"].as_str())
            .unwrap()
            .to_owned();
        let path = forged.root.join("db_storage").join(name.replace('\\', "/"));
        let raw: [u8; 32] = hex::decode(&key).unwrap().try_into().unwrap();
        pages::check_header(
            &pages::first_page(&std::fs::read(&path).unwrap(), &raw, QqHmac::Sha512),
            80,
        );
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(&format!("PRAGMA key=\"x'{key}'\""))
            .unwrap();
        assert!(count(&connection, "SELECT count(*) FROM sqlite_schema") > 0);
        if name.contains("hardlink") {
            assert!(count(&connection, "SELECT count(*) FROM image_hardlink_info_v3") > 0);
        }
        seen.insert(key);
    }
    assert_eq!(seen.len(), 10);
}

#[test]
fn sets_can_be_decrypted_already() {
    let style = WechatStyle {
        keys: WechatKeys::Decrypted,
        ..WechatStyle::default()
    };
    let (_folder, forged) = make(
        wechat4,
        &Plan {
            wechat: style,
            ..plain()
        },
    );
    assert!(
        std::fs::read(&forged.main_db)
            .unwrap()
            .starts_with(b"SQLite format 3\0")
    );
    assert!(message_rows(&Connection::open(&forged.main_db).unwrap()) > 100);
}

#[test]
fn companions_know_the_cast() {
    let (_folder, forged) = make(wechat4, &plain());
    let database = |name: &str| open(&forged, &forged.root.join("db_storage").join(name));
    let contacts = database("contact/contact.db");
    assert!(count(&contacts, "SELECT count(*) FROM contact") > 150);
    assert_eq!(count(&contacts, "SELECT count(*) FROM stranger"), 1);
    assert_eq!(
        count(
            &contacts,
            "SELECT count(*) FROM contact WHERE delete_flag = 1"
        ),
        1
    );
    assert_eq!(
        count(
            &contacts,
            "SELECT count(*) FROM contact WHERE username LIKE '%@openim'"
        ),
        1
    );
    assert!(
        count(
            &contacts,
            "SELECT count(*) FROM chat_room WHERE length(ext_buffer) > 20"
        ) >= 12
    );
    assert!(
        count(
            &database("session/session.db"),
            "SELECT count(*) FROM SessionTable WHERE typeof(summary) = 'blob'"
        ) > 0
    );
    assert!(
        count(
            &database("message/media_0.db"),
            "SELECT count(*) FROM VoiceInfo WHERE substr(voice_data, 1, 10) = x'02' || '#!SILK_V3' OR hex(substr(voice_data,1,10)) = '02232153494C4B5F5633'"
        ) > 5
    );
    assert!(
        count(
            &database("message/message_resource.db"),
            "SELECT count(*) FROM MessageResourceInfo WHERE hex(substr(packed_info, 1, 4)) = '12220A20'"
        ) > 0
    );
    assert!(
        count(
            &database("hardlink/hardlink.db"),
            "SELECT count(*) FROM image_hardlink_info_v4"
        ) > 0
    );
    assert_eq!(
        count(
            &database("message/message_revoke.db"),
            "SELECT count(*) FROM revokemessage"
        ),
        1
    );
    assert_eq!(
        count(
            &database("head_image/head_image.db"),
            "SELECT count(*) FROM head_image"
        ),
        80
    );
}

/// Opens a `.dat` container by the sheet's description.
fn unwrap_picture(bytes: &[u8], image_key: &str, xor: u8) -> Vec<u8> {
    let key: [u8; 16] = match &bytes[..6] {
        b"\x07\x08V1\x08\x07" => *b"cfcd208495d565ef",
        b"\x07\x08V2\x08\x07" => image_key.as_bytes().try_into().unwrap(),
        _ => return bytes.iter().map(|byte| byte ^ xor).collect(),
    };
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (front, tail) = (length(6), length(10));
    let cipher = Aes128::new(&key.into());
    let coded = front + (16 - front % 16);
    let mut plain = Vec::new();
    for block in bytes[15..15 + coded].chunks_exact(16) {
        let mut cell = <[u8; 16]>::try_from(block).unwrap().into();
        cipher.decrypt_block(&mut cell);
        plain.extend(<[u8; 16]>::from(cell));
    }
    plain.truncate(front);
    let (middle, end) = bytes[15 + coded..].split_at(bytes.len() - 15 - coded - tail);
    plain.extend(middle);
    plain.extend(end.iter().map(|byte| byte ^ xor));
    plain
}

#[test]
fn media_files_hold_what_the_truth_says() {
    let (_folder, forged) = make(wechat4, &Plan::default());
    let keys = keys(&forged);
    let (image_key, xor) = (
        keys["image_key"].as_str().unwrap(),
        keys["image_xor"].as_u64().unwrap() as u8,
    );
    let mut wrapped = 0;
    let mut lines = truth(&forged);
    lines.retain(|line| line["file"].is_object());
    assert!(lines.len() > 100);
    for line in lines {
        let path = line["file"]["path"].as_str().unwrap();
        let bytes = std::fs::read(forged.root.join(path)).unwrap();
        let plain = if path.ends_with(".dat") {
            unwrap_picture(&bytes, image_key, xor)
        } else {
            bytes
        };
        wrapped += usize::from(path.ends_with(".dat"));
        assert_eq!(
            hex::encode(Md5::digest(&plain)),
            line["file"]["md5"].as_str().unwrap(),
            "{path}"
        );
    }
    assert!(wrapped > 50);
}
