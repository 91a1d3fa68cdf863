//! Damage in encrypted files.

use hutong_crypto::{Family, KeyRing, Truncation};
use hutong_sqlite::{PageError, Pages};

use crate::support::{Encrypted, RAW_KEY, Recipe, open, rows};

fn keys() -> KeyRing {
    KeyRing::from_key(RAW_KEY).unwrap()
}

#[test]
fn a_changed_byte_costs_only_the_rows_of_its_page() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 2000);
    let whole = built.main();
    let pages = whole.len() / 4096;
    for page in (3..=pages).step_by(97) {
        for place in [0, 2000, 4015, 4016, 4040] {
            let mut bytes = whole.clone();
            bytes[(page - 1) * 4096 + place] ^= 0x20;
            let container = open(bytes, Vec::new(), &keys(), Family::WeChat4).unwrap();
            let (found, damage) = rows(container);
            assert!(
                found.len() > 1900 && found.len() < 2000,
                "page {page}: {}",
                found.len()
            );
            let text = format!("page {page} fails its integrity check");
            assert!(
                damage.iter().all(|damage| damage.ends_with(&text)),
                "{damage:?}"
            );
            assert!(!damage.is_empty());
        }
    }
}

#[test]
fn a_lost_root_page_costs_no_row() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 2000);
    let mut bytes = built.main();
    bytes[4096 + 7] ^= 1;
    let (found, damage) = rows(open(bytes, Vec::new(), &keys(), Family::WeChat4).unwrap());
    assert_eq!(
        damage,
        ["table message, page 2: page 2 fails its integrity check"]
    );
    assert_eq!(found, (1..=2000).collect::<Vec<i64>>());
}

#[test]
fn a_page_in_another_place_is_noticed() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 500);
    let mut bytes = built.main();
    let moved = bytes[4 * 4096..5 * 4096].to_vec();
    bytes[5 * 4096..6 * 4096].copy_from_slice(&moved);
    let container = open(bytes, Vec::new(), &keys(), Family::WeChat4).unwrap();
    let mut page = vec![0; 4096];
    assert!(container.read(5, &mut page).is_ok());
    assert!(matches!(
        container.read(6, &mut page),
        Err(PageError::Mac { page: 6 })
    ));
}

#[test]
fn pages_of_zeros_were_set_aside() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 50);
    let mut bytes = built.main();
    bytes.extend(vec![0; 3 * 4096]);
    let last = u32::try_from(bytes.len() / 4096).unwrap();
    let container = open(bytes, Vec::new(), &keys(), Family::WeChat4).unwrap();
    let mut page = vec![1; 4096];
    container.read(last, &mut page).unwrap();
    assert!(page.iter().all(|byte| *byte == 0));
    assert_eq!(rows(container).0.len(), 50);
}

#[test]
fn the_reserve_and_the_magic_are_as_sqlite_expects_them() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 5);
    let container = open(built.main(), Vec::new(), &keys(), Family::WeChat4).unwrap();
    let mut page = vec![1; 4096];
    container.read(1, &mut page).unwrap();
    assert!(page.starts_with(hutong_sqlite::MAGIC));
    assert_eq!(page[4096 - 80..], [0; 80]);
}

#[test]
fn a_truncated_file_gives_the_rows_that_are_left() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 2000);
    let whole = built.main();
    let pages = whole.len() / 4096;
    let mut last = 0;
    for (stored, extra) in [(2, 0), (pages / 2, 0), (pages / 2, 100), (pages - 1, 4095)] {
        let bytes = whole[..stored * 4096 + extra].to_vec();
        let container = open(bytes, Vec::new(), &keys(), Family::WeChat4).unwrap();
        assert_eq!(
            container.truncated(),
            Some(Truncation {
                expected_pages: u32::try_from(pages).unwrap(),
                stored_pages: u32::try_from(stored).unwrap(),
                has_partial_page: extra > 0,
            })
        );
        let (found, damage) = rows(container);
        assert!(!damage.is_empty());
        assert!(found.len() >= last);
        last = found.len();
    }
    assert!(last > 1900);
    let whole = open(whole, Vec::new(), &keys(), Family::WeChat4).unwrap();
    assert_eq!(whole.truncated(), None);
}

#[test]
fn any_file_made_of_pieces_of_a_database_is_survived() {
    let built = Encrypted::with_rows(&Recipe::wechat_4_raw(), 30);
    built.insert(31, 40);
    let (main, wal) = (built.main(), built.wal());
    for length in (0..main.len()).step_by(509) {
        if let Ok(container) = open(main[..length].to_vec(), wal.clone(), &keys(), Family::Any)
            && let Ok(database) = hutong_sqlite::Database::open(container)
        {
            for table in database.tables() {
                let mut cursor = database.scan(table, &["message_content"]).unwrap();
                while cursor.next().is_some() {}
            }
        }
    }
}
