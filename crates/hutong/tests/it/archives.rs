//! Archives, phone backups, and folders that hold many things.

use std::path::Path;

use hutong::{Error, KeyRing, OpenError, choose_inputs, find_inputs, find_inputs_with};
use hutong_samples::{PhoneCopies, Plan, wechat_ios};

/// A tar file of a folder; its files stand in `name/`.
fn tar(folder: &Path, name: &str, out: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            tar(&path, &name, out);
        } else {
            member(&name, &std::fs::read(&path).unwrap(), out);
        }
    }
}

fn member(name: &str, bytes: &[u8], out: &mut Vec<u8>) {
    let mut header = |kind: u8, name: &[u8], bytes: &[u8]| {
        let mut block = vec![0; 512];
        let short = &name[..name.len().min(100)];
        block[..short.len()].copy_from_slice(short);
        block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar  \0");
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend(block);
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    };
    header(b'L', b"././@LongLink", name.as_bytes());
    header(b'0', name.as_bytes(), bytes);
}

fn phone(folder: &Path) -> PhoneCopies {
    let plan = Plan {
        messages: 300,
        attachments: false,
        ..Plan::default()
    };
    wechat_ios(&plan, folder, &mut |_| {}).unwrap()
}

#[test]
fn everything_in_a_mixed_folder_is_an_input_of_its_own() {
    let made = tempfile::tempdir().unwrap();
    let copies = phone(made.path());
    let folder = tempfile::tempdir().unwrap();
    let mut backup = Vec::new();
    tar(&copies.backup, "phone", &mut backup);
    std::fs::write(folder.path().join("a backup"), &backup).unwrap();
    // The same archive inside another one.
    let mut outer = Vec::new();
    member("some/inner.tar", &backup, &mut outer);
    std::fs::write(folder.path().join("outer.tar"), outer).unwrap();
    let databases = copies.forged.main_db.parent().unwrap();
    for (from, to) in [("MM.sqlite", "first"), ("message_1.sqlite", "second")] {
        std::fs::copy(databases.join(from), folder.path().join(to)).unwrap();
    }
    std::fs::write(folder.path().join("diary.md"), "no chat at all").unwrap();
    let found = find_inputs(folder.path(), None).unwrap();
    let paths: Vec<String> = found
        .iter()
        .map(|input| {
            let root = std::fs::canonicalize(folder.path()).unwrap();
            let below = input.path.strip_prefix(root).unwrap();
            below.to_str().unwrap().replace('\\', "/")
        })
        .collect();
    assert_eq!(
        paths,
        [
            "a backup!/phone",
            "first",
            "outer.tar!/some/inner.tar!/phone",
            "second"
        ]
    );
    let chosen = |words: &[&str]| -> Result<Vec<String>, Error> {
        let found = find_inputs(folder.path(), None)?;
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let chosen = choose_inputs(found, &words)?;
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        Ok(chosen.iter().map(|input| name(&input.path)).collect())
    };
    assert_eq!(chosen(&["2"]).unwrap(), ["first"]);
    assert_eq!(
        chosen(&["SECOND", "a backup"]).unwrap(),
        ["phone", "second"]
    );
    assert_eq!(chosen(&["wechat_ios"]).unwrap().len(), 4);
    assert!(matches!(
        chosen(&["9"]),
        Err(Error::NothingChosen { word, found }) if word == "9" && found.len() == 4
    ));
    // A path may lead into an archive.
    let inside = folder.path().join("outer.tar!/some/inner.tar!/phone");
    assert_eq!(find_inputs(&inside, None).unwrap().len(), 1);
    assert!(matches!(
        find_inputs(&folder.path().join("outer.tar!/nothing"), None),
        Err(Error::NoSuchPath { .. })
    ));
}

#[test]
fn the_password_of_a_phone_backup_is_used_while_looking() {
    let made = tempfile::tempdir().unwrap();
    let copies = phone(made.path());
    let keys = std::fs::read_to_string(&copies.forged.key_file).unwrap();
    let keys = KeyRing::from_text(&keys).unwrap();
    let found = find_inputs_with(&copies.encrypted_backup, None, &keys, false).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].description.contains("account"));
    let locked = find_inputs(&copies.encrypted_backup, None).unwrap();
    assert!(locked[0].description.contains("password"));
    // A source that cannot say what is in it leaves the reason to be told.
    match find_inputs(&copies.encrypted_backup, Some("qq_nt")).unwrap_err() {
        Error::Read { source, .. } => assert!(matches!(
            source,
            hutong::sources::ReadError::Open {
                source: OpenError::NoBackupPassword,
                ..
            }
        )),
        other => panic!("{other}"),
    }
}
