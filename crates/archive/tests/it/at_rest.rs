//! Promise 6: at rest everything is encrypted; only the key opens it.

use std::sync::Arc;

use hutong_archive::{
    Archive, ArchiveError, ImportReport, Progress, Protection, Unlock, WriteOptions,
};
use hutong_model::{Digest, File, Image, Part, Record, Sink};

use crate::world::{
    PEOPLE, START, attachment, files, import, lines, people, record, rejected, text, unlock,
};

const PICTURE: &[u8] = b"the bytes of a small picture that nobody else may see";

/// Larger than what stays inside the database.
fn document() -> Vec<u8> {
    b"secret clause "
        .iter()
        .copied()
        .cycle()
        .take(150_000)
        .collect()
}

fn secrets() -> Vec<Record> {
    let mut picture = text(0, 7_001_002_003, 5, 2, "看这张");
    picture.parts.push(Part::Image(Box::new(Image {
        attachment: attachment("外婆家的院子.png", PICTURE),
        ..Image::default()
    })));
    let mut file = text(1, 7_001_002_004, 9, 1, "合同正文");
    file.parts = vec![Part::File(Box::new(File {
        attachment: attachment("租房合同终稿.docx", &document()),
    }))];
    file.raw = Some(b"raw row with words".to_vec());
    let mut records = people();
    records.extend(
        [
            text(0, 7_001_002_001, 0, 1, "银行卡密码是六个八"),
            picture,
            file,
        ]
        .map(record),
    );
    records
}

/// Byte strings that must not stand anywhere in the folder.
fn needles(key: Option<[u8; 32]>) -> Vec<(String, Vec<u8>)> {
    let mut words: Vec<String> = [
        "银行卡密码是六个八",
        "外婆家的院子",
        "租房合同终稿",
        "看这张",
        "raw row with words",
        "secret clause",
    ]
    .map(str::to_owned)
    .to_vec();
    words.extend(
        [
            "10001@chatroom",
            "周末一起吃饭",
            "项目群",
            "778899",
            "message_0.db",
            "Msg_1",
            "7001002001",
            "nowhere",
            "the row is a riddle",
        ]
        .map(str::to_owned),
    );
    words.extend(
        PEOPLE
            .iter()
            .flat_map(|(id, name)| [(*id).to_owned(), (*name).to_owned()]),
    );
    words.push(String::from_utf8(PICTURE.to_vec()).unwrap());
    let mut needles = Vec::new();
    for word in words {
        let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        needles.push((word.clone(), word.clone().into_bytes()));
        needles.push((format!("{word} in UTF-16"), wide));
    }
    let mut raw = |what: &str, bytes: &[u8]| {
        needles.push((what.to_owned(), bytes.to_vec()));
        needles.push((
            format!("{what} in hexadecimal"),
            hex::encode(bytes).into_bytes(),
        ));
    };
    for message in secrets() {
        match message {
            Record::Message(message) => raw("a message id", &message.id.0),
            Record::Account(account) => raw("an account id", &account.id.0),
            Record::Conversation(conversation) => raw("a conversation id", &conversation.id.0),
            _ => {}
        }
    }
    raw("the digest of a picture", &Digest::of(PICTURE).0);
    raw("the digest of a file", &Digest::of(&document()).0);
    if let Some(key) = key {
        raw("the key", &key);
    }
    raw("an image key", b"0123456789abcdef");
    needles
}

/// Which of the needles stand in the folder, in bytes or in names of files.
fn leaks(folder: &std::path::Path, key: Option<[u8; 32]>) -> Vec<String> {
    let needles = needles(key);
    let mut leaks = Vec::new();
    for (name, bytes) in files(folder) {
        for (what, needle) in &needles {
            let is_there = |bytes: &[u8]| memchr::memmem::find(bytes, needle).is_some();
            if is_there(&bytes) || is_there(name.as_bytes()) {
                leaks.push(format!("{what} in {name}"));
            }
        }
    }
    leaks
}

fn fill(archive: &mut Archive) {
    archive
        .keep_secret("wxid_chen_yu", "image_key", b"0123456789abcdef")
        .unwrap();
    let mut report = ImportReport {
        input: "nowhere".to_owned(),
        ..ImportReport::default()
    };
    let mut writing = archive
        .begin_import(
            &mut report,
            WriteOptions::default(),
            Arc::new(Progress::default()),
        )
        .unwrap();
    for record in secrets() {
        writing.writer.record(record).unwrap();
    }
    writing.writer.problem(rejected(4)).unwrap();
    archive
        .finish_import(writing, &mut report, Some(b"fingerprint"))
        .unwrap();
    assert_eq!((report.blobs, report.blobs_missing), (2, 0));
}

#[test]
fn promise_6_at_rest_everything_is_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.hutong");
    let mut archive = Archive::create(&path, &Protection::Device, START * 1000).unwrap();
    let key = archive.expose_key();
    fill(&mut archive);
    let reader = archive.reader().unwrap();
    assert_eq!(leaks(&path, key), Vec::<String>::new(), "while it is open");
    drop(reader);
    drop(archive);
    assert_eq!(leaks(&path, key), Vec::<String>::new(), "when it is closed");
    assert!(
        files(&path)
            .iter()
            .any(|(name, _)| name.starts_with("blobs/")),
        "the large file stands beside the database"
    );
    let reopened = Archive::open(&path, &unlock(key)).unwrap();
    assert_eq!(lines(&reopened).len(), 3);
}

#[test]
fn without_encryption_the_same_search_finds_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.hutong");
    let mut archive = Archive::create(&path, &Protection::None, START * 1000).unwrap();
    fill(&mut archive);
    drop(archive);
    let leaks = leaks(&path, None);
    for what in ["secret clause", "wxid_lin_hai", "外婆", "an account id"] {
        assert!(
            leaks.iter().any(|leak| leak.starts_with(what)),
            "{what} is not found: {leaks:?}"
        );
    }
    assert_eq!(
        lines(&Archive::open(&path, &Unlock::default()).unwrap()).len(),
        3
    );
}

#[test]
fn only_the_passphrase_opens_what_a_passphrase_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.hutong");
    let mut archive = Archive::create(
        &path,
        &Protection::Passphrase("correct horse 马".to_owned()),
        START * 1000,
    )
    .unwrap();
    import(&mut archive, &secrets(), WriteOptions::default()).unwrap();
    let before = lines(&archive);
    assert_eq!(leaks(&path, archive.expose_key()), Vec::<String>::new());
    let with = |passphrase: &str| Unlock {
        passphrase: Some(passphrase.to_owned()),
        device_key: None,
    };
    assert!(matches!(
        Archive::open(&path, &with("wrong")),
        Err(ArchiveError::WrongPassphrase)
    ));
    assert!(matches!(
        Archive::open(&path, &Unlock::default()),
        Err(ArchiveError::NeedsPassphrase)
    ));
    archive.rekey(Some("another"), false).unwrap();
    drop(archive);
    assert!(matches!(
        Archive::open(&path, &with("correct horse 马")),
        Err(ArchiveError::WrongPassphrase)
    ));
    assert_eq!(
        lines(&Archive::open(&path, &with("another")).unwrap()),
        before
    );
    assert!(
        !std::fs::read_to_string(path.join("archive.toml"))
            .unwrap()
            .contains("another")
    );
}

#[test]
fn a_key_of_another_archive_does_not_open_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.hutong");
    let archive = Archive::create(&path, &Protection::Device, START * 1000).unwrap();
    drop(archive);
    assert!(matches!(
        Archive::open(&path, &Unlock::default()),
        Err(ArchiveError::NeedsDeviceKey)
    ));
    assert!(matches!(
        Archive::open(&path, &unlock(Some([7; 32]))),
        Err(ArchiveError::Damaged(_))
    ));
    assert!(matches!(
        Archive::open(folder.path(), &Unlock::default()),
        Err(ArchiveError::NoArchive(_))
    ));
    assert!(matches!(
        Archive::create(&path, &Protection::Device, 0),
        Err(ArchiveError::Exists(_))
    ));
    std::fs::write(folder.path().join("holiday.jpg"), b"x").unwrap();
    assert!(matches!(
        Archive::create(folder.path(), &Protection::Device, 0),
        Err(ArchiveError::NotEmpty(_))
    ));
}
