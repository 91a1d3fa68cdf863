//! The vectors of the specification, and what every source shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_model::Collected;

use super::zip::ZipFile;
use super::*;
use crate::{conformance, open_shared};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/hcx-1.0/vectors")
}

/// File, code that must be given, what it is about.
fn index() -> Vec<(String, Option<String>, String)> {
    let text = std::fs::read_to_string(vectors().join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&text).unwrap();
    let word = |vector: &serde_json::Value, key: &str| vector[key].as_str().map(str::to_owned);
    index["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|vector| {
            (
                word(vector, "file").unwrap(),
                word(vector, "code"),
                word(vector, "what").unwrap(),
            )
        })
        .collect()
}

fn check(file: &str) -> Result<Checked, Flaw> {
    check_file(Arc::new(open_shared(&vectors().join(file)).unwrap()))
}

#[test]
fn every_vector_is_judged_as_the_specification_says() {
    let vectors = index();
    assert!(vectors.len() >= 60);
    let mut wrong = Vec::new();
    for (file, code, what) in vectors {
        let found = check(&file).err();
        let got = found.as_ref().map(|flaw| flaw.code.as_str());
        if got != code.as_deref() {
            wrong.push(format!("{file} ({what}): must be {code:?}, is {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_accepted_is_read_and_what_is_spoiled_inside_is_not() {
    // What the input hides or mends is the container's matter; counts are not needed for reading.
    let outside = ["container", "path", "limit", "counts", "blob"];
    for (file, code, what) in index() {
        if code.as_deref().is_some_and(|code| outside.contains(&code))
            || ["bad-flipped-byte.hcx", "bad-seal.hcx"].contains(&file.as_str())
        {
            continue;
        }
        let input = Input::open(&vectors().join(&file)).unwrap();
        let mut collected = Collected::default();
        let read = Hcx.read(&input, &ReadOptions::default(), &mut collected);
        assert_eq!(read.is_err(), code.is_some(), "{file} ({what}): {read:?}");
    }
}

/// Unpacks a vector into a folder.
fn unpack(file: &str, folder: &Path) {
    let zip = ZipFile::open(Arc::new(open_shared(&vectors().join(file)).unwrap())).unwrap();
    for (path, _) in zip.list() {
        let target = folder.join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut zip.read(path).unwrap(), &mut bytes).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
}

#[test]
fn it_behaves_as_every_source_does() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    unpack("valid-many.hcx", &bag);
    let scratch = tempfile::tempdir().unwrap();
    conformance::check(&Hcx, &bag, scratch.path(), &ReadOptions::default());
}

#[test]
fn an_unpacked_bag_is_checked_too_and_every_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    unpack("valid-attachment.hcx", folder.path());
    let input = || Input::open(folder.path()).unwrap();
    assert_eq!(check_folder(&input()).unwrap().counts.blobs, 1);
    let zip = ZipFile::open(Arc::new(
        open_shared(&vectors().join("valid-attachment.hcx")).unwrap(),
    ))
    .unwrap();
    for (path, _) in zip.list() {
        let path = folder.path().join(path);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(
                check_folder(&input()).is_err(),
                "{}, byte {at}",
                path.display()
            );
        }
        std::fs::write(&path, bytes).unwrap();
    }
    std::fs::write(folder.path().join("more"), b"x").unwrap();
    assert_eq!(check_folder(&input()).unwrap_err().code, FlawCode::Extra);
}

#[test]
fn every_changed_bit_of_a_file_is_found() {
    let bytes = std::fs::read(vectors().join("valid-attachment.hcx")).unwrap();
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            assert!(check_file(Arc::new(changed)).is_err(), "byte {at}");
        }
        assert!(check_file(Arc::new(bytes[..at].to_vec())).is_err(), "{at}");
    }
    assert!(check_file(Arc::new(bytes)).is_ok());
}
