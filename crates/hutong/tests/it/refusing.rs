//! What cannot be read leaves no archive behind; what can be read in part says what is missing.

use std::path::{Path, PathBuf};

use hutong::sources::ReadError;
use hutong::{ArchiveAccess, Error, find_inputs};

use crate::set::{Home, KINDS, Kind, Set, assert_adds_up, plan};

fn wrong_key(kind: Kind) -> String {
    match kind {
        Kind::WeChat => "ab".repeat(32),
        Kind::Qq => "0123456789abcdef".to_owned(),
    }
}

#[test]
fn a_wrong_or_missing_key_leaves_no_archive_behind() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(300));
        for key in [wrong_key(kind), String::new()] {
            let mut home = Home::new();
            let error = home
                .try_import(&set.forged.root, set.source(), &key, &|_| {})
                .unwrap_err();
            assert!(
                matches!(
                    &error,
                    Error::Read {
                        source: ReadError::Open { .. },
                        ..
                    }
                ),
                "{kind:?} {key:?}: {error:?}"
            );
            assert!(!home.path().exists(), "{kind:?} {key:?}");
        }
    }
}

/// A copy of the account whose main database is changed.
fn with_damage(set: &Set, change: &dyn Fn(&mut Vec<u8>)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join(set.forged.root.file_name().unwrap());
    copy(&set.forged.root, &root);
    let main = root.join(set.forged.main_db.strip_prefix(&set.forged.root).unwrap());
    let mut wal = main.clone().into_os_string();
    wal.push("-wal");
    let _ = std::fs::remove_file(wal);
    let mut bytes = std::fs::read(&main).unwrap();
    change(&mut bytes);
    std::fs::write(&main, bytes).unwrap();
    (folder, root)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

type Change = Box<dyn Fn(&mut Vec<u8>)>;

/// Ways to break a database, and whether the messages of it must be lost altogether.
fn damages() -> Vec<(&'static str, Change)> {
    vec![
        ("empty", Box::new(Vec::clear)),
        ("one byte", Box::new(|bytes| bytes.truncate(1))),
        ("half a page", Box::new(|bytes| bytes.truncate(2000))),
        (
            "a text file",
            Box::new(|bytes| *bytes = "这不是数据库 not a database\n".repeat(400).into_bytes()),
        ),
        ("zeros", Box::new(|bytes| bytes.fill(0))),
        ("a flipped first page", Box::new(|bytes| bytes[1500] ^= 1)),
        (
            "cut in half",
            Box::new(|bytes| bytes.truncate(bytes.len() / 2)),
        ),
        (
            "a flipped page in the middle",
            Box::new(|bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }),
        ),
        (
            "half a page missing at the end",
            Box::new(|bytes| bytes.truncate(bytes.len() - 1000)),
        ),
    ]
}

#[test]
fn a_damaged_database_is_refused_or_its_losses_are_told() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(600));
        let (_folder, root) = with_damage(&set, &|_| {});
        let mut home = Home::new();
        home.try_import(&root, set.source(), &set.keys(), &|_| {})
            .unwrap();
        let whole = home.export();
        for (what, change) in damages() {
            let (_folder, root) = with_damage(&set, &*change);
            let mut home = Home::new();
            match home.try_import(&root, set.source(), &set.keys(), &|_| {}) {
                Err(Error::Read { .. } | Error::NothingRecognized { .. }) => {
                    assert!(
                        !home.path().exists(),
                        "{kind:?}: {what} left an archive behind"
                    );
                }
                Err(other) => panic!("{kind:?}: {what} gave {other:?}"),
                Ok(report) => {
                    assert_adds_up(&report);
                    let problems = home.archive().problems(report.number).unwrap();
                    let is_told = problems
                        .iter()
                        .any(|problem| problem.kind == "damage" || problem.kind == "rejected");
                    // Damage in an index or on a free page costs nothing.
                    assert!(
                        is_told || home.export() == whole,
                        "{kind:?}: {what} and nothing is said: {report:?}"
                    );
                    assert!(report.added <= set.forged.messages, "{kind:?}: {what}");
                    assert!(
                        home.archive()
                            .check(&mut |_| true)
                            .unwrap()
                            .faults
                            .is_empty()
                    );
                }
            }
        }
    }
}

#[test]
fn the_whole_copy_repairs_what_a_damaged_one_lost() {
    for kind in KINDS {
        let set = Set::new(kind, &plan(600));
        let (_folder, root) = with_damage(&set, &|bytes| {
            let place = bytes.len() * 2 / 3;
            bytes[place] ^= 1;
        });
        let mut home = Home::new();
        // Refusing is right as well; then there is nothing to repair.
        let _ = home.try_import(&root, set.source(), &set.keys(), &|_| {});
        home.import(&set);
        let differences = hutong_testkit::differences_from_truth(&set.truth(), &home.export());
        assert!(
            differences.is_empty(),
            "{kind:?}:\n{}",
            differences.join("\n")
        );
    }
}

#[test]
fn places_without_chat_history_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("no/such/place");
    match find_inputs(&deep, None).unwrap_err() {
        Error::NoSuchPath { path, nearest } => {
            assert_eq!((path, nearest), (deep, folder.path().to_owned()));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        find_inputs(folder.path(), None),
        Err(Error::NothingRecognized { .. })
    ));
    let picture = folder.path().join("cat.jpg");
    std::fs::write(&picture, b"\xff\xd8\xff\xe0\0\x10JFIF\0").unwrap();
    match find_inputs(&picture, None).unwrap_err() {
        Error::NothingRecognized { looks_like, .. } => assert!(looks_like.is_some()),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        find_inputs(&picture, Some("telegraph")),
        Err(Error::NoSuchSource(_))
    ));
    assert!(!format!("{:?}", ArchiveAccess::Create(Box::new(|| unreachable!()))).is_empty());
}
