//! A changed byte anywhere is found, and the digests of records never change.

use hutong_archive::{Archive, ArchiveError};
use hutong_model::{File, Part, hcx};
use sha2::{Digest as _, Sha256};

use crate::world::{Home, attachment, lines, record, records, sequence_key, text, unlock};

fn filled() -> Home {
    let mut file = text(0, 500, 500, 2, "");
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|number| (number % 251) as u8)
        .collect();
    file.parts = vec![Part::File(Box::new(File {
        attachment: attachment("照片.zip", &bytes),
    }))];
    let mut messages: Vec<_> = (0..400)
        .map(|id| text(0, id, id, 1, &format!("第{id}句话，说的是不同的事")))
        .collect();
    messages.push(file);
    Home::with(&[records(messages)])
}

/// What a check says of the archive, whether or not it still opens.
fn verdict(home: &Home, key: Option<[u8; 32]>) -> Result<Vec<String>, ArchiveError> {
    let archive = Archive::open(&home.path(), &unlock(key))?;
    Ok(archive.check(&mut |_| true)?.faults)
}

#[test]
fn check_finds_a_flipped_byte_wherever_it_is() {
    let home = filled();
    let key = home.archive.expose_key();
    let Home { folder, archive } = home;
    // Readers leave nothing beside the database once they are closed.
    drop(archive);
    let home = Home {
        archive: Archive::open(&folder.path().join("my.hutong"), &unlock(key)).unwrap(),
        folder,
    };
    assert_eq!(verdict(&home, key).unwrap(), Vec::<String>::new());
    let blob = std::fs::read_dir(home.path().join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let blob = std::fs::read_dir(blob)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for path in [home.path().join("archive.db"), blob] {
        let whole = std::fs::read(&path).unwrap();
        let step = (whole.len() / 23).max(1);
        let places = (0..whole.len())
            .step_by(step)
            .chain([whole.len() - 1, 15, 16, 17]);
        for place in places {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x10;
            std::fs::write(&path, damaged).unwrap();
            if let Ok(faults) = verdict(&home, key) {
                assert!(
                    !faults.is_empty(),
                    "byte {place} of {} was changed and nobody noticed",
                    path.display()
                );
            }
        }
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            if let Ok(faults) = verdict(&home, key) {
                assert!(
                    !faults.is_empty(),
                    "{} was cut to {length} bytes and nobody noticed",
                    path.display()
                );
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(verdict(&home, key).unwrap(), Vec::<String>::new());
    assert_eq!(lines(&home.archive).len(), 401);
}

#[test]
fn check_misses_an_attachment_that_was_removed() {
    let home = filled();
    std::fs::remove_dir_all(home.path().join("blobs")).unwrap();
    let report = home.archive.check(&mut |_| true).unwrap();
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
    assert!(report.faults[0].contains("missing"), "{:?}", report.faults);
}

/// The digest of a record is what an archive of today will be compared with in ten years.
#[test]
fn the_digest_of_a_record_is_stable() {
    let mut message = text(0, 42, 7, 1, "聚餐改到周日 🍲");
    message.lookup_keys = vec![sequence_key(0, 3)];
    message.reply_to = vec![sequence_key(0, 2)];
    message.order = 5;
    let mut json = Vec::new();
    hcx::write_message_record(&mut json, &message);
    let json = String::from_utf8(json).unwrap();
    assert_eq!(
        hex::encode(Sha256::digest(&json)),
        "84d591195274ffe45da4601eff488e0553c00c8677277f24231463fd1da01248",
        "{json}"
    );
    // What is read back is the record that was written: the archive checks that itself.
    let home = Home::with(&[records([message.clone()])]);
    let mut kept = home
        .archive
        .reader()
        .unwrap()
        .message(message.id)
        .unwrap()
        .unwrap();
    kept.reply_to.clone_from(&message.reply_to);
    assert_eq!(record(kept), record(message));
}
