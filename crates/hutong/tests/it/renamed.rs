//! Files are what their bytes say, whatever they are called.

use hutong::{Error, KeyRing};
use hutong_samples::{Plan, wechat_android};

use crate::set::Home;

#[test]
fn an_encrypted_database_of_any_name_is_what_its_tables_say() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        messages: 300,
        attachments: false,
        wal_rows: 0,
        ..Plan::default()
    };
    let forged = wechat_android(&plan, &folder.path().join("phone"), &mut |_| {}).unwrap();
    let keys = std::fs::read_to_string(&forged.key_file).unwrap();
    let odd = folder.path().join("old.weixin");
    std::fs::copy(&forged.main_db, &odd).unwrap();
    let ring = KeyRing::from_text(&keys).unwrap();
    let found = hutong::find_inputs_with(&odd, None, &ring, false).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].source.about().id, "wechat_android");
    assert!(found[0].is_certain);
    assert_eq!(found[0].path, odd.canonicalize().unwrap());
    let mut home = Home::new();
    let report = home
        .try_import(&forged.root, "wechat_android", &keys, &|_| {})
        .unwrap();
    assert!(report.added > 0);
    // Bytes that no key opens stay what they are: nothing that can be read for sure.
    let other = hutong::find_inputs_with(&odd, None, &KeyRing::default(), false);
    assert!(
        match &other {
            Ok(found) => found.iter().all(|input| !input.is_certain),
            Err(Error::Read { .. } | Error::NothingRecognized { .. }) => true,
            Err(_) => false,
        },
        "{other:?}"
    );
}
