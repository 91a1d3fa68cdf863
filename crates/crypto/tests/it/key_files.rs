//! Key files as users and other tools write them.

use hutong_crypto::{KeyOrigin, KeyRing, KeyRingError};

use crate::support::{ACCOUNT_KEY_HEX, QQ_PASSPHRASE, RAW_KEY};

const SALT: [u8; 16] = [9; 16];

fn first(ring: &KeyRing, path: &str) -> (String, KeyOrigin) {
    let candidates = ring.candidates_for(path, &SALT);
    (candidates[0].key.expose().to_owned(), candidates[0].origin)
}

#[test]
fn one_key_as_plain_text() {
    for text in [
        RAW_KEY.to_owned(),
        format!("\u{feff}{RAW_KEY}\r\n"),
        format!("\"{RAW_KEY}\""),
    ] {
        let ring = KeyRing::from_text(&text).unwrap();
        assert_eq!(
            first(&ring, "any.db"),
            (RAW_KEY.to_owned(), KeyOrigin::Given)
        );
    }
    let ring = KeyRing::from_text(QQ_PASSPHRASE).unwrap();
    assert_eq!(first(&ring, "nt_msg.db").0, QQ_PASSPHRASE);
    for odd in ["{abc=de\"f,ghijk}", "#0123456789abcde", "uid=1234567890ab"] {
        let ring = KeyRing::from_text(odd).unwrap();
        assert!(ring.candidates_for("x", &SALT).len() == 1, "{odd}");
    }
    let ring = KeyRing::from_text(&format!("# mine\n{RAW_KEY}\n\n{ACCOUNT_KEY_HEX}\n")).unwrap();
    assert_eq!(ring.candidates_for("x", &SALT).len(), 2);
}

#[test]
fn json_and_toml_hold_the_same_fields() {
    let json = format!(
        "{{\"key\": \"{ACCOUNT_KEY_HEX}\", \"keys\": {{\"db_storage\\\\message\\\\message_0.db\": {{\"enc_key\": \"{RAW_KEY}\"}}}},
          \"image_key\": \"0123456789abcdef\", \"image_xor\": 55, \"uin\": -12, \"imei\": \"123\", \"uid\": \"u_x\", \"kc\": \"k\", \"backup_password\": \"p\", \"tool\": \"t\"}}"
    );
    let toml = format!(
        "key = '{ACCOUNT_KEY_HEX}'\nimage_key = '0123456789abcdef'\nimage_xor = '0x37'\nuin = -12\nimei = '123'\nuid = 'u_x'\nkc = 'k'\nbackup_password = 'p'\ntool = 't'\n
         [keys]\n'DB_Storage/message/message_0.db' = '{RAW_KEY}'"
    );
    for text in [json, toml] {
        let ring = KeyRing::from_text(&text).unwrap();
        assert_eq!(ring.image_key(), Some(*b"0123456789abcdef"));
        assert_eq!(ring.image_xor(), Some(0x37));
        assert_eq!(
            (ring.uin(), ring.imei(), ring.uid()),
            (Some("-12"), Some("123"), Some("u_x"))
        );
        assert_eq!((ring.kc(), ring.backup_password()), (Some("k"), Some("p")));
        assert_eq!(ring.ignored(), ["tool"]);
        assert_eq!(
            first(&ring, "Message\\Message_0.DB"),
            (RAW_KEY.to_owned(), KeyOrigin::Path)
        );
        assert_eq!(
            first(&ring, "contact/contact.db"),
            (ACCOUNT_KEY_HEX.to_owned(), KeyOrigin::Given)
        );
        assert_eq!(format!("{ring:?}"), "KeyRing { keys: 1, paths: 1, .. }");
    }
}

#[test]
fn a_list_of_paths_is_a_key_file() {
    let text = format!(
        "{{\"_db_dir\": \"D:\\\\x\", \"message/message_0.db\": {{\"enc_key\": \"{RAW_KEY}\", \"salt\": \"00\"}}, \"biz/message_0.db\": \"{ACCOUNT_KEY_HEX}\"}}"
    );
    let ring = KeyRing::from_text(&text).unwrap();
    assert!(ring.has_paths());
    assert_eq!(first(&ring, "db_storage/message/message_0.db").0, RAW_KEY);
    assert_eq!(
        first(&ring, "db_storage/biz/message_0.db").0,
        ACCOUNT_KEY_HEX
    );
    let other = ring.candidates_for("contact.db", &SALT);
    assert!(
        other
            .iter()
            .all(|candidate| candidate.origin == KeyOrigin::OtherPath)
    );
    assert_eq!(ring.ignored(), ["_db_dir"]);
}

#[test]
fn a_key_with_a_salt_is_kept_for_its_file() {
    let mine = format!("{RAW_KEY}{}", "09".repeat(16));
    let other = format!("{ACCOUNT_KEY_HEX}{}", "08".repeat(16));
    let ring = KeyRing::from_text(&format!("{{\"keys\": [\"{other}\", \"{mine}\"]}}")).unwrap();
    assert_eq!(ring.candidates_for("x", &SALT).len(), 1);
    assert_eq!(first(&ring, "x"), (mine, KeyOrigin::Salt));
}

#[test]
fn bad_key_files_say_where() {
    let error = |text: &str| KeyRing::from_text(text).unwrap_err();
    assert!(matches!(error(" \n"), KeyRingError::Empty));
    assert!(matches!(error("{}"), KeyRingError::Empty));
    assert!(matches!(
        error("{\n \"key\": oops }"),
        KeyRingError::Json { line: 2 }
    ));
    assert!(matches!(
        error("{\"key\": \"x'12'\"}"),
        KeyRingError::Field { .. }
    ));
    assert!(matches!(
        error("{\"image_xor\": 300}"),
        KeyRingError::Kind { .. }
    ));
    assert!(matches!(
        error("image_key = 'short'"),
        KeyRingError::Kind { .. }
    ));
    assert!(matches!(
        error(&"x".repeat(5 << 20)),
        KeyRingError::Large(_)
    ));
}

#[test]
fn rings_are_joined_with_the_later_one_on_top() {
    let one = KeyRing::from_text("key = '1111111'\nuid = 'u_a'").unwrap();
    let two = KeyRing::from_text("key = '2222222'\nuid = 'u_b'").unwrap();
    let both = one.merged(two);
    assert_eq!(both.uid(), Some("u_b"));
    assert_eq!(both.candidates_for("x", &SALT).len(), 2);
}
