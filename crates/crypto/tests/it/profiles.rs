//! Every way in which the messengers encrypt.

use hutong_crypto::{Family, Hash, KeyOrigin, KeyRing, PROFILES};
use hutong_sqlite::{Database, Pages};

use crate::support::{
    ACCOUNT_KEY_HEX, Encrypted, QQ_PASSPHRASE, RAW_KEY, Recipe, WECHAT_3, count, open, rows,
    wrapped,
};

fn ring(key: &str) -> KeyRing {
    KeyRing::from_key(key).unwrap()
}

#[test]
fn wechat_4_opens_with_the_account_key() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_account(), 300);
    let keys = ring(&ACCOUNT_KEY_HEX.to_uppercase());
    let container = open(built.main(), built.wal(), &keys, Family::WeChat4).unwrap();
    assert_eq!(container.profile().unwrap().name, "WeChat 4");
    assert_eq!(container.usable_size(), 4096 - 80);
    // The derivation is paid for once.
    let started = std::time::Instant::now();
    for _ in 0..20 {
        open(built.main(), built.wal(), &keys, Family::WeChat4).unwrap();
    }
    assert!(started.elapsed().as_secs() < 3);
    assert_eq!(rows(container).0.len(), 300);
}

#[test]
fn wechat_4_opens_with_the_key_of_one_database_in_every_spelling() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 300);
    let salt = hex::encode(&built.main()[..16]);
    for key in [
        RAW_KEY.to_owned(),
        format!("x'{RAW_KEY}'"),
        format!("{RAW_KEY}{salt}"),
        format!(" x'{RAW_KEY}{salt}'\n"),
    ] {
        assert_eq!(count(&built, &ring(&key), Family::WeChat4), 300);
        assert_eq!(count(&built, &ring(&key), Family::Any), 300);
    }
}

#[test]
fn wechat_3_opens_with_its_key() {
    let built = Encrypted::with_rows(&Recipe::new(WECHAT_3, crate::support::ACCOUNT_KEY), 300);
    assert_eq!(count(&built, &ring(ACCOUNT_KEY_HEX), Family::WeChat3), 300);
    let direct = Encrypted::with_rows(&Recipe::raw(WECHAT_3), 100);
    assert_eq!(count(&direct, &ring(RAW_KEY), Family::WeChat3), 100);
    assert_eq!(count(&direct, &ring(RAW_KEY), Family::WeChatMac3), 100);
}

#[test]
fn wechat_3_for_macos_opens_in_all_its_variants() {
    const SMALL: &str =
        "PRAGMA cipher_default_compatibility = 3; PRAGMA cipher_default_page_size = 1024;";
    let direct = Encrypted::with_rows(&Recipe::raw(SMALL), 300);
    assert_eq!(count(&direct, &ring(RAW_KEY), Family::WeChatMac3), 300);
    let derived = Encrypted::with_rows(&Recipe::new(SMALL, crate::support::ACCOUNT_KEY), 300);
    assert_eq!(
        count(&derived, &ring(ACCOUNT_KEY_HEX), Family::WeChatMac3),
        300
    );
    let large = Encrypted::with_rows(&Recipe::new(WECHAT_3, crate::support::ACCOUNT_KEY), 300);
    assert_eq!(
        count(&large, &ring(ACCOUNT_KEY_HEX), Family::WeChatMac3),
        300
    );
}

#[test]
fn wechat_for_android_opens_with_seven_digits_or_with_the_ids_behind_them() {
    // md5("1234567890ABCDEF" ‖ "-123456789"), from the recipe of the format page.
    const DEFAULTS: &str =
        "PRAGMA cipher_default_compatibility = 1; PRAGMA cipher_default_use_hmac = OFF;";
    let key = hutong_crypto::KeyRing::from_text("uin = \"-123456789\"").unwrap();
    let candidates = key.candidates_for("EnMicroMsg.db", &[0; 16]);
    let digits = candidates[0].key.expose().to_owned();
    assert_eq!(digits.len(), 7);
    let built = Encrypted::with_rows(&Recipe::new(DEFAULTS, &digits), 300);
    assert_eq!(
        count(
            &built,
            &ring(&format!(" {}\n", digits.to_uppercase())),
            Family::WeChatAndroid
        ),
        300
    );
    let (front, back) = digits.split_at(3);
    assert_eq!(
        count(
            &built,
            &ring(&format!("{front} {back}")),
            Family::WeChatAndroid
        ),
        300
    );
    assert_eq!(count(&built, &key, Family::WeChatAndroid), 300);
    assert_eq!(count(&built, &key, Family::Any), 300);
    built.insert(301, 340);
    assert_eq!(count(&built, &key, Family::WeChatAndroid), 340);
}

#[test]
fn the_pc_backup_opens_with_its_characters() {
    let key = "0123456789abcdef0123456789abcdef";
    let built = Encrypted::with_rows(&Recipe::new(WECHAT_3, key), 100);
    assert_eq!(count(&built, &ring(key), Family::WeChatBackup), 100);
    assert_eq!(
        count(&built, &ring(&key.to_uppercase()), Family::WeChatBackup),
        100
    );
}

#[test]
fn qq_opens_with_every_page_hash_wrapped_or_not() {
    for (name, hash) in [
        ("HMAC_SHA1", Hash::Sha1),
        ("HMAC_SHA256", Hash::Sha256),
        ("HMAC_SHA512", Hash::Sha512),
    ] {
        let built = Encrypted::with_rows(&Recipe::qq(name), 300);
        built.insert(301, 320);
        let keys = ring(QQ_PASSPHRASE);
        let meta = "f0".repeat(64);
        for file in [
            wrapped(&meta, name, &built.main()),
            wrapped(&meta, "?", &built.main()),
            built.main(),
        ] {
            for family in [Family::QqNt, Family::Any] {
                let container = open(file.clone(), built.wal(), &keys, family).unwrap();
                assert_eq!(container.profile().unwrap().page_hash, Some(hash));
                assert_eq!(rows(container).0.len(), 320);
            }
        }
    }
}

#[test]
fn mobile_qq_opens_with_the_uid_of_its_owner() {
    // The published example of the format page.
    let passphrase = "71c0dfcef3b5ceae7c4a1c68ca662f4a";
    let built = Encrypted::with_rows(&Recipe::qq_with_key(passphrase), 100);
    let file = wrapped("6tPaJ9GP", "HMAC_SHA1", &built.main());
    let uid = "{\"uid\": \"u_mIicAReWrdCB-kST6TXH7A\"}";
    let keys = KeyRing::from_text(uid).unwrap();
    let container = open(file, built.wal(), &keys, Family::QqNt).unwrap();
    assert_eq!(container.key_origin(), Some(KeyOrigin::Computed));
    assert_eq!(container.wrapper().unwrap().rand(), Some("6tPaJ9GP"));
    assert_eq!(rows(container).0.len(), 100);
    // A neighbour whose wrapper was cut off opens with the passphrase that has just worked.
    let stripped = open(built.main(), built.wal(), &keys, Family::QqNt).unwrap();
    assert_eq!(stripped.key_origin(), Some(KeyOrigin::Proven));
    let mut fresh = KeyRing::from_text(uid).unwrap();
    fresh.set("rand", "6tPaJ9GP").unwrap();
    assert_eq!(count(&built, &fresh, Family::QqNt), 100);
    let pasted = ring(&passphrase.to_uppercase());
    assert_eq!(count(&built, &pasted, Family::QqNt), 100);
}

#[test]
fn the_qq_key_derivation_matches_its_vector() {
    let salt: Vec<u8> = (0..16).collect();
    let key = Hash::Sha512.pbkdf2(b"0123456789abcdef", &salt, 4000);
    assert_eq!(
        hex::encode(*key),
        "3cc14ee05847fb9c85945da92704314b416816dbe41ae50d9d14d11b9b896106"
    );
    let salt: Vec<u8> = salt.iter().map(|byte| byte ^ 0x3a).collect();
    let mac = Hash::Sha512.pbkdf2(key.as_ref(), &salt, 2);
    assert_eq!(
        hex::encode(*mac),
        "7736113ee219eccbad7a7cb5827cbe380f1f3072d9f43aa75b17dcf3815d100e"
    );
}

#[test]
fn plain_databases_need_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for file in [bytes.clone(), wrapped("f0", "HMAC_SHA1", &bytes)] {
        let container = open(file, Vec::new(), &KeyRing::new(), Family::WeChat4).unwrap();
        assert!(!container.is_encrypted());
        assert_eq!(container.truncated(), None);
        assert_eq!(Database::open(container).unwrap().tables().len(), 1);
    }
}

#[test]
fn a_larger_reserve_in_the_header_is_believed() {
    // Set in this order, header byte 20 says 80 while the pages carry a trailer of 48 bytes.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{RAW_KEY}'\"; PRAGMA cipher_compatibility = 3; PRAGMA cipher_page_size = 4096;
             CREATE TABLE message(local_id INTEGER PRIMARY KEY, message_content TEXT, packed BLOB);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO message SELECT i, '消息 number ' || i, zeroblob(i * 20) FROM n;"
        ))
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let container = open(bytes, Vec::new(), &ring(RAW_KEY), Family::WeChat3).unwrap();
    let (found, damage) = rows(container);
    assert_eq!((found.len(), damage.len()), (500, 0));
}

#[test]
fn every_profile_has_a_name_of_its_own() {
    let names: std::collections::HashSet<&str> =
        PROFILES.iter().map(|profile| profile.name).collect();
    assert_eq!(names.len(), PROFILES.len());
}
