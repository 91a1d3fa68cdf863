//! Telling what a file is that is no database.

/// What the first bytes look like, when they do not look encrypted.
pub(crate) fn looks_like(head: &[u8]) -> Option<&'static str> {
    const MARKS: &[(&[u8], &str)] = &[
        (b"PK\x03\x04", "a ZIP archive"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"\x89PNG", "a PNG image"),
        (b"GIF8", "a GIF image"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b\x08", "a gzip file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (
            b"\xd0\xcf\x11\xe0",
            "an OLE document, such as the Msg3.0.db of old PC QQ",
        ),
        (
            b"\x37\x7f\x06\x82",
            "a write-ahead log; give the database beside it",
        ),
        (
            b"\x37\x7f\x06\x83",
            "a write-ahead log; give the database beside it",
        ),
        (
            b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
            "a rollback journal; give the database beside it",
        ),
        (b"MZ", "a Windows program"),
        (b"\x7fELF", "a program"),
        (b"HTB1", "a sealed blob of an archive"),
        (b"age-encryption.org", "a file encrypted with age"),
    ];
    // A random salt begins with two given bytes once in 65,536 files, so the short marks need more than themselves.
    let marked = MARKS.iter().find(|(mark, _)| head.starts_with(mark));
    if let Some((mark, name)) = marked
        && (mark.len() > 2 || !is_random(head))
    {
        return Some(name);
    }
    if head.is_empty() || head.iter().all(|byte| *byte == 0) {
        return Some("nothing but zeros");
    }
    if is_text(head) {
        return Some("a text file");
    }
    (!is_random(head)).then_some("no encrypted data")
}

fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The sample may end inside a character.
        Err(error) if error.valid_up_to() + 4 > head.len() => {
            match std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()) {
                Ok(text) => text,
                Err(_) => return false,
            }
        }
        Err(_) => return false,
    };
    !valid
        .chars()
        .any(|letter| letter.is_control() && !letter.is_whitespace())
}

/// Whether the bytes are spread as evenly as those of ciphertext.
///
/// In `n` random bytes, 256·(1 − e^(−n/256)) values are expected to occur; nine tenths of that are asked for.
pub(crate) fn is_random(head: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in head {
        if let Some(place) = seen.get_mut(usize::from(*byte)) {
            *place = true;
        }
    }
    let distinct = seen.iter().filter(|is_there| **is_there).count();
    let least = match head.len() {
        0..64 => head.len() * 3 / 4,
        64..256 => head.len() / 2,
        256..512 => 145,
        512..1024 => 199,
        1024..2048 => 226,
        _ => 230,
    };
    distinct >= least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ciphertext_is_told_from_other_files() {
        let random: Vec<u8> = blake3_stream(4096);
        assert_eq!(looks_like(&random), None);
        assert_eq!(looks_like(&random[..1024]), None);
        assert_eq!(looks_like(&random[..512]), None);
        assert_eq!(
            looks_like(&"聊天记录\n".repeat(400).as_bytes()[..4096]),
            Some("a text file")
        );
        assert_eq!(looks_like(&[0; 4096]), Some("nothing but zeros"));
        assert_eq!(
            looks_like(&[1, 2, 3, 4].repeat(1024)),
            Some("no encrypted data")
        );
        let mut zip = b"PK\x03\x04".to_vec();
        zip.extend(&random);
        assert_eq!(looks_like(&zip), Some("a ZIP archive"));
    }

    fn blake3_stream(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }
}
