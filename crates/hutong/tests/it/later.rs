//! What is filled in after an import: attachments from another folder.

use std::path::Path;
use std::sync::Arc;

use hutong::sources::Input;
use hutong::{AttachmentMode, Progress};

use crate::set::{Home, Kind, NOW_MS, Set, plan};

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn attachments_that_were_missing_are_taken_in_later_and_nothing_is_doubled() {
    let set = Set::new(Kind::WeChat, &plan(1_500));
    let bare = tempfile::tempdir().unwrap();
    let account = bare.path().join(set.forged.root.file_name().unwrap());
    copy_folder(
        &set.forged.root.join("db_storage"),
        &account.join("db_storage"),
    );
    let mut home = Home::new();
    let report = home
        .try_import(&account, set.source(), &set.keys(), &|_| {})
        .unwrap();
    assert!(report.blobs_missing > 0, "{report:?}");
    let before = home.archive().totals().unwrap().messages;
    let wordings = |text: &str| text.matches("\"revisions\":[{").count();
    let wordings_before = wordings(&home.export());

    let media = Input::open(&set.forged.root.join("msg")).unwrap();
    let mut probe = |mode| {
        hutong::media_probe(
            home.archive_mut(),
            &media,
            mode,
            &|| NOW_MS,
            &Arc::new(Progress::default()),
        )
        .unwrap()
    };
    let counted = probe(AttachmentMode::None);
    assert_eq!(
        counted.import, None,
        "nothing is written when only counting"
    );
    let found = probe(AttachmentMode::Copy);
    assert_eq!(
        (counted.missing, counted.found),
        (found.missing, found.found)
    );
    assert!(found.found > 0 && found.import.is_some(), "{found:?}");
    let again = probe(AttachmentMode::Copy);
    assert_eq!(again.missing, found.missing - found.found);
    assert_eq!(again.found, 0);
    assert_eq!(home.archive().totals().unwrap().messages, before);
    assert!(
        home.archive()
            .check(&mut |_| true)
            .unwrap()
            .faults
            .is_empty()
    );
    let lines = home.export();
    assert_eq!(
        wordings(&lines),
        wordings_before,
        "the same words with a picture are no other wording"
    );
    // The picture is there, and is what the complete account would have given.
    let mut complete = Home::new();
    complete.import(&set);
    let digests = |text: &str| -> std::collections::BTreeSet<String> {
        text.split("\"sha256\":\"")
            .skip(1)
            .map(|rest| rest[..64].to_owned())
            .collect()
    };
    let (filled, whole) = (digests(&lines), digests(&complete.export()));
    assert!(!filled.is_empty());
    assert!(filled.is_subset(&whole), "{:?}", filled.difference(&whole));
}
