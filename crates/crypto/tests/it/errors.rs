//! Files that cannot be opened say why.

use hutong_crypto::{Family, KeyRing, OpenError};

use crate::support::{Encrypted, RAW_KEY, Recipe, open, wrapped};

const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

fn fail(bytes: Vec<u8>, keys: &KeyRing, family: Family) -> OpenError {
    let error = open(bytes, Vec::new(), keys, family).unwrap_err();
    assert!(!error.next_step().is_empty());
    error
}

fn ring(key: &str) -> KeyRing {
    KeyRing::from_key(key).unwrap()
}

#[test]
fn a_missing_key_is_told_from_a_wrong_one() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 5);
    let bytes = built.main();
    assert!(matches!(
        fail(bytes.clone(), &KeyRing::new(), Family::WeChat4),
        OpenError::NoKey
    ));
    let wrong = fail(bytes.clone(), &ring(OTHER), Family::WeChatMac3);
    assert!(matches!(wrong, OpenError::WrongKey { .. }), "{wrong:?}");
    let mut only_image = KeyRing::new();
    only_image.set("image_key", "0123456789abcdef").unwrap();
    assert!(matches!(
        fail(bytes, &only_image, Family::WeChat4),
        OpenError::NoKey
    ));
}

#[test]
fn a_picture_key_is_recognised() {
    let bytes = Encrypted::with_rows(&Recipe::wechat_4_raw(), 5).main();
    for key in ["0123456789abcdef", "30313233343536373839616263646566"] {
        let error = fail(bytes.clone(), &ring(key), Family::WeChat4);
        assert!(matches!(error, OpenError::ImageKeyGiven), "{error:?}");
    }
    // For QQ sixteen characters are the right shape, only wrong.
    let qq = wrapped("f0", "HMAC_SHA1", &bytes);
    let error = fail(qq, &ring("0123456789abcdef"), Family::Any);
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
}

#[test]
fn the_key_of_another_file_is_recognised() {
    let bytes = Encrypted::with_rows(&Recipe::wechat_4_raw(), 5).main();
    let salted = format!("{RAW_KEY}{}", "00".repeat(16));
    let error = fail(bytes.clone(), &ring(&salted), Family::WeChat4);
    assert!(matches!(error, OpenError::KeyOfAnotherFile), "{error:?}");
    let list = format!("{{\"contact/contact.db\": \"x'{OTHER}'\"}}");
    let error = fail(
        bytes.clone(),
        &KeyRing::from_text(&list).unwrap(),
        Family::WeChat4,
    );
    assert!(matches!(error, OpenError::KeyOfAnotherFile), "{error:?}");
    let list = format!("{{\"message/message_0.db\": \"x'{OTHER}'\"}}");
    let error = fail(bytes, &KeyRing::from_text(&list).unwrap(), Family::WeChat4);
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
}

#[test]
fn other_files_are_no_databases() {
    let keys = ring(OTHER);
    for (bytes, name) in [
        (b"PK\x03\x04rest of an archive".to_vec(), "a ZIP archive"),
        ("聊天记录 2024\n".repeat(1000).into_bytes(), "a text file"),
        (vec![0; 8192], "nothing but zeros"),
        (b"\xff\xd8\xff\xe0".repeat(2000), "a JPEG image"),
    ] {
        for keys in [&KeyRing::new(), &keys] {
            match fail(bytes.clone(), keys, Family::WeChatMac3) {
                OpenError::NotADatabase { looks_like } => assert_eq!(looks_like, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

#[test]
fn empty_and_short_files_are_told_apart() {
    assert!(matches!(
        fail(Vec::new(), &KeyRing::new(), Family::Any),
        OpenError::Empty
    ));
    let bytes = Encrypted::with_rows(&Recipe::wechat_4_raw(), 5).main();
    for length in [1, 100, 511] {
        let error = fail(bytes[..length].to_vec(), &ring(RAW_KEY), Family::Any);
        assert!(
            matches!(
                error,
                OpenError::TooShort { .. } | OpenError::NotADatabase { .. }
            ),
            "{length}: {error:?}"
        );
    }
    let error = fail(bytes[..3000].to_vec(), &ring(RAW_KEY), Family::WeChat4);
    assert!(matches!(error, OpenError::TooShort { .. }), "{error:?}");
    let error = fail(
        wrapped("f0", "HMAC_SHA1", &[]),
        &ring(RAW_KEY),
        Family::QqNt,
    );
    assert!(matches!(error, OpenError::TooShort { .. }), "{error:?}");
}

#[test]
fn a_damaged_first_page_is_told_from_a_wrong_key() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 50);
    let mut bytes = built.main();
    bytes[500] ^= 1;
    let error = fail(bytes.clone(), &ring(RAW_KEY), Family::Any);
    assert!(matches!(error, OpenError::Page(_)), "{error:?}");
    // A whole copy in the log makes up for it.
    built
        .connection
        .execute_batch("CREATE TABLE later(a)")
        .unwrap();
    let container = open(bytes, built.wal(), &ring(RAW_KEY), Family::WeChat4).unwrap();
    assert_eq!(crate::support::rows(container).0.len(), 50);
}
