//! Every kind of input behaves like a folder.

use super::*;

#[test]
fn names_are_found_without_regard_to_case_and_never_outside() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("Contact")).unwrap();
    std::fs::write(folder.path().join("Contact/contact.DB"), b"x").unwrap();
    let input = Input::open(folder.path()).unwrap();
    assert_eq!(
        input.real_path("contact\\CONTACT.db").as_deref(),
        Some("Contact/contact.DB")
    );
    assert!(!input.has_file("../Contact/contact.DB"));
    assert!(input.open_file("nothing").is_err());
    assert_eq!(input.folder_names(""), ["Contact"]);
    assert_eq!(
        input.subfolder("CONTACT").unwrap().file_names(""),
        ["contact.DB"]
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leaves_the_folder_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), b"x").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("link")).unwrap();
    assert!(!Input::open(folder.path()).unwrap().has_file("link"));
}

/// One file of an archive to be built.
struct File<'a> {
    name: &'a [u8],
    content: &'a [u8],
    is_packed: bool,
}

fn files() -> Vec<File<'static>> {
    let file = |name, content, is_packed| File {
        name,
        content,
        is_packed,
    };
    vec![
        file(b"account/Chat.txt".as_slice(), b"hello".as_slice(), false),
        file(b"account/media/1.pic", &[7; 100_000], true),
        file(b"../outside", b"no", false),
        file(b"/etc/passwd", b"no", false),
        // "聊天.txt" in GBK.
        file(
            &[0xc1, 0xc4, 0xcc, 0xec, b'.', b't', b'x', b't'],
            "好".as_bytes(),
            true,
        ),
        file(b"account/Chat.txt", b"hello again", true),
    ]
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip file; with `is_large` every number stands in the zip64 fields.
fn zip(files: &[File<'_>], is_large: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let packed = if file.is_packed {
            deflated(file.content)
        } else {
            file.content.to_vec()
        };
        let at = out.len() as u64;
        let method = if file.is_packed { 8_u16 } else { 0 };
        let sizes = [file.content.len() as u64, packed.len() as u64, at];
        let short = |number: u64| {
            if is_large {
                u32::MAX
            } else {
                u32::try_from(number).unwrap()
            }
        };
        let name_length = u16::try_from(file.name.len()).unwrap();
        out.extend(b"PK\x03\x04\x14\0\0\0");
        out.extend(method.to_le_bytes());
        out.extend([0; 8]);
        out.extend(short(sizes[1]).to_le_bytes());
        out.extend(short(sizes[0]).to_le_bytes());
        out.extend(name_length.to_le_bytes());
        out.extend([3, 0]);
        out.extend(file.name);
        out.extend(b"xyz");
        out.extend(packed);
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0");
        directory.extend(method.to_le_bytes());
        directory.extend([0; 8]);
        directory.extend(short(sizes[1]).to_le_bytes());
        directory.extend(short(sizes[0]).to_le_bytes());
        directory.extend(name_length.to_le_bytes());
        directory.extend(if is_large { 28_u16 } else { 0 }.to_le_bytes());
        directory.extend([0; 10]);
        directory.extend(short(sizes[2]).to_le_bytes());
        directory.extend(file.name);
        if is_large {
            directory.extend([1, 0, 24, 0]);
            sizes
                .iter()
                .for_each(|size| directory.extend(size.to_le_bytes()));
        }
    }
    let at = out.len() as u64;
    let size = directory.len() as u64;
    out.extend(&directory);
    if is_large {
        let record_at = out.len() as u64;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([0; 12]);
        out.extend((files.len() as u64).to_le_bytes());
        out.extend((files.len() as u64).to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(record_at.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    let short = |number: u64| {
        if is_large {
            u32::MAX
        } else {
            u32::try_from(number).unwrap()
        }
    };
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(files.len()).unwrap();
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(short(size).to_le_bytes());
    out.extend(short(at).to_le_bytes());
    out.extend(b"\x05\0hello");
    out
}

fn tar_header(name: &[u8], kind: u8, size: usize) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    block[154] = 0;
    block
}

fn tar(files: &[File<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut add = |name: &[u8], kind: u8, content: &[u8]| {
        out.extend(tar_header(name, kind, content.len()));
        out.extend(content);
        out.resize(out.len().next_multiple_of(512), 0);
    };
    add(b"account/", b'5', b"");
    add(b"account/link", b'2', b"");
    for file in files {
        // Every other name in a header of its own, as for long names.
        if file.is_packed {
            let line = [b" path=", file.name, b"\n"].concat();
            let length = line.len() + 2;
            add(
                b"pax",
                b'x',
                &[length.to_string().as_bytes(), &line].concat(),
            );
            add(b"short", b'0', file.content);
        } else {
            add(file.name, b'0', file.content);
        }
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn written(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("some name.dat"), bytes).unwrap();
    folder
}

fn whole(content: &FileContent) -> Vec<u8> {
    let mut bytes = Vec::new();
    content.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_kind_of_archive_is_a_folder() {
    let kinds = [
        zip(&files(), false),
        zip(&files(), true),
        [&b"bytes in front"[..], &zip(&files(), false)].concat(),
        tar(&files()),
        gzipped(&tar(&files())),
        zstd::encode_all(&tar(&files())[..], 1).unwrap(),
    ];
    for (number, bytes) in kinds.iter().enumerate() {
        let folder = written(bytes);
        let path = folder.path().join("some name.dat");
        if number == 2 {
            assert!(
                Input::open(&path).unwrap().only_file().is_some(),
                "no archive by its first bytes"
            );
            continue;
        }
        let input = Input::open(&path).unwrap();
        assert_eq!(input.file_names(""), ["聊天.txt"], "{number}");
        assert_eq!(input.folder_names(""), ["account"]);
        assert!(!input.notes().is_empty(), "what was left out is told");
        assert_eq!(
            input.size_bytes("ACCOUNT/chat.TXT"),
            Some(11),
            "the later of two"
        );
        let account = input.subfolder("account").unwrap();
        assert!(account.root().ends_with("some name.dat!/account"));
        assert_eq!(account.folder_name(), "account");
        assert_eq!(account.first_bytes("chat.txt", 7).unwrap(), b"hello a");
        let picture = account.open_file("media/1.pic").unwrap();
        let mut some = [0; 10];
        picture.read_exact_at(&mut some, 99_990).unwrap();
        assert_eq!(some, [7; 10]);
        assert!(picture.read_exact_at(&mut some, 99_991).is_err());
        assert_eq!(account.parent().unwrap().folder_names(""), ["account"]);
        assert!(account.parent().unwrap().parent().is_none());
        assert!(input.content("account/nothing").is_none());
        let content = account.content("media/1.pic").unwrap();
        drop((input, account));
        assert_eq!(
            whole(&content),
            [7; 100_000],
            "also after the input is gone"
        );
        assert_eq!(content.size_bytes().unwrap(), 100_000);
    }
}

#[test]
fn an_archive_in_an_archive_is_opened_too() {
    let inner = zip(&files(), false);
    for is_packed in [false, true] {
        let outer = File {
            name: b"folder/inner.zip",
            content: &inner,
            is_packed,
        };
        let folder = written(&zip(&[outer], false));
        let input = Input::open(&folder.path().join("some name.dat")).unwrap();
        let inside = input.archive("folder/inner.zip").unwrap().unwrap();
        assert!(inside.root().ends_with("some name.dat!/folder/inner.zip!"));
        assert_eq!(inside.folder_name(), "inner");
        assert_eq!(
            whole(&inside.content("account/Chat.txt").unwrap()),
            b"hello again"
        );
    }
}

#[test]
fn damaged_archives_give_errors_and_never_panic() {
    for bytes in [
        zip(&files(), false),
        zip(&files(), true),
        tar(&files()),
        gzipped(&tar(&files())),
    ] {
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            for cut in [true, false] {
                let mut broken = bytes.clone();
                if cut {
                    broken.truncate(at);
                } else {
                    broken[at] = !broken[at];
                }
                let folder = written(&broken);
                let Ok(input) = Input::open(&folder.path().join("some name.dat")) else {
                    continue;
                };
                for name in ["account/Chat.txt", "account/media/1.pic", "聊天.txt"] {
                    let _ = input.first_bytes(name, 100);
                    if let Ok(file) = input.open_file(name) {
                        let mut all =
                            vec![0; usize::try_from(file.len().unwrap()).unwrap().min(1 << 20)];
                        let _ = file.read_exact_at(&mut all, 0);
                    }
                }
            }
        }
    }
}

#[test]
fn a_member_that_is_larger_than_it_says_is_refused() {
    let mut bytes = zip(&files()[1..2], false);
    let at = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[at + 24..at + 28].copy_from_slice(&500_u32.to_le_bytes());
    let folder = written(&bytes);
    let input = Input::open(&folder.path().join("some name.dat")).unwrap();
    let error = input.open_file("account/media/1.pic").err().unwrap();
    assert!(error.to_string().contains("unpacks to more"), "{error}");
}

#[test]
fn a_packed_file_is_a_folder_with_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.json.gz");
    std::fs::write(&path, gzipped(b"{}")).unwrap();
    let input = Input::open(&path).unwrap();
    assert_eq!(input.file_names(""), ["chat.json"]);
    assert_eq!(input.first_bytes("chat.json", 9).unwrap(), b"{}");
}
