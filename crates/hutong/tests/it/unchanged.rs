//! An input whose bytes have not changed is not read again; anything else is.

use std::io::Write;

use crate::set::{Home, KINDS, Set, assert_adds_up, plan};

#[test]
fn an_unchanged_input_is_recognised_and_a_changed_one_is_read() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(300));
        let mut home = Home::new();
        let first = home.import(&set);
        assert!(!first.is_unchanged);
        let second = home.import(&set);
        assert!(second.is_unchanged, "{kind:?}");
        assert_adds_up(&second);
        assert_eq!((second.added, second.rows_read), (0, first.rows_read));
        // Other choices give another import.
        let other = home
            .try_import(&set.forged.root, set.source(), &set.keys(), &|request| {
                request.keep_raw = true;
            })
            .unwrap();
        assert!(!other.is_unchanged, "{kind:?}");
        // A byte more in the log of the newest messages, as a messenger that runs would write.
        let mut wal = set.forged.main_db.clone().into_os_string();
        wal.push("-wal");
        let mut wal = std::fs::File::options()
            .append(true)
            .create(true)
            .open(wal)
            .unwrap();
        wal.write_all(b"x").unwrap();
        drop(wal);
        let third = home.import(&set);
        assert!(
            !third.is_unchanged,
            "{kind:?}: a changed file is not taken for the old one"
        );
        assert_adds_up(&third);
        assert_eq!(third.added, 0);
        // What was imported last is recognised too.
        assert!(home.import(&set).is_unchanged);
    }
}

#[test]
fn an_import_with_another_key_is_not_taken_for_the_same() {
    let set = Set::new(KINDS[1], &plan(300));
    let mut home = Home::new();
    home.import(&set);
    let key_text = format!("{}\n", set.keys());
    let same = home
        .try_import(&set.forged.root, set.source(), &key_text, &|_| {})
        .unwrap();
    assert!(same.is_unchanged, "white space is no other key");
    let wrong = home.try_import(&set.forged.root, set.source(), "an entirely wrong", &|_| {});
    assert!(wrong.is_err(), "{wrong:?}");
    assert_eq!(home.archive().imports().unwrap().len(), 2);
}
