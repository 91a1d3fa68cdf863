//! Names of archive members: out of old encodings, and never outside.

use std::borrow::Cow;

/// Longest path of a member, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// A member's path with forward slashes, or nothing when it is absolute, leaves the archive, or is empty.
pub(super) fn safe_path(name: &str) -> Option<String> {
    if name.len() > MAX_PATH_BYTES || name.contains('\0') {
        return None;
    }
    let name = name.replace('\\', "/");
    let is_drive = name
        .split_once(':')
        .is_some_and(|(drive, rest)| drive.len() == 1 && rest.starts_with('/'));
    if name.starts_with('/') || is_drive {
        return None;
    }
    let pieces: Vec<&str> = name
        .split('/')
        .filter(|piece| !piece.is_empty() && *piece != ".")
        .collect();
    (!pieces.is_empty() && !pieces.contains(&"..")).then(|| pieces.join("/"))
}

/// A name whose encoding is not told: UTF-8 where it can be, else GBK, which Chinese systems write.
pub(super) fn guessed(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_outside_are_refused() {
        assert_eq!(safe_path("./a\\b//c").as_deref(), Some("a/b/c"));
        for bad in [
            "",
            "/etc/passwd",
            "a/../../b",
            "..",
            "C:\\x",
            "\\\\server\\x",
            "a\0b",
            "./",
        ] {
            assert_eq!(safe_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn chinese_names_of_old_archives() {
        assert_eq!(guessed("聊天".as_bytes()), "聊天");
        assert_eq!(guessed(&[0xc1, 0xc4, 0xcc, 0xec]), "聊天");
    }
}
