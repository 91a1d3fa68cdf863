//! Relative paths that strangers state, made safe.

use std::path::PathBuf;

/// Longest whole path.
const MAX_PATH_BYTES: usize = 2048;
/// Longest name of one file or folder; what file systems take.
const MAX_NAME_BYTES: usize = 255;
/// Folders inside folders.
const MAX_DEPTH: usize = 40;
/// Names that are devices on Windows, with any ending.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];
/// Devices with a number.
const NUMBERED_DEVICES: &[&str] = &["com", "lpt"];

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// Nothing in it.
    #[error("the path is empty")]
    Empty,
    /// It begins at the root or names a drive.
    #[error("the path is not relative")]
    Absolute,
    /// `.` or `..`, or nothing between two slashes.
    #[error("the path has an empty step, or one of dots only")]
    Dots,
    /// Too long or too deep.
    #[error("the path is too long")]
    Long,
    /// A backslash, a control character, or what the system does not take.
    #[error("the path holds a character that file names cannot have")]
    Character,
    /// A device of Windows, or a name that Windows would change.
    #[error("the path holds a name that Windows keeps for itself")]
    Reserved,
}

/// A relative path that stays inside the folder it is joined to, on every system.
pub(crate) fn relative(text: &str) -> Result<PathBuf, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_PATH_BYTES {
        return Err(NameError::Long);
    }
    if text.starts_with('/') || text.starts_with('\\') {
        return Err(NameError::Absolute);
    }
    let mut path = PathBuf::new();
    for (depth, name) in text.split('/').enumerate() {
        check(name)?;
        if depth >= MAX_DEPTH {
            return Err(NameError::Long);
        }
        path.push(name);
    }
    Ok(path)
}

fn check(name: &str) -> Result<(), NameError> {
    if name.chars().all(|letter| letter == '.') {
        return Err(NameError::Dots);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameError::Long);
    }
    let mut start = name.chars();
    if start
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic())
        && start.next() == Some(':')
    {
        return Err(NameError::Absolute);
    }
    let is_odd = |letter: char| {
        letter == '\\'
            || letter.is_control()
            || (cfg!(windows) && matches!(letter, ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    };
    if name.chars().any(is_odd) {
        return Err(NameError::Character);
    }
    // Windows drops dots and blanks at the end, so that two names become one.
    if name.ends_with(['.', ' ']) {
        return Err(NameError::Reserved);
    }
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_lowercase();
    let is_numbered = NUMBERED_DEVICES.iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|rest| {
            let mut digits = rest.chars();
            matches!(
                (digits.next(), digits.next()),
                (Some('0'..='9' | '¹' | '²' | '³'), None)
            )
        })
    });
    if is_numbered || DEVICES.contains(&stem.as_str()) {
        return Err(NameError::Reserved);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_chat_folders_pass() {
        for good in [
            "nt_msg.db",
            "wxid_abc_1234/db_storage/message/message_0.db-wal",
            "微信 文件/图片 (1).jpg",
            "a/...b/.hidden",
            "console.txt",
            "com10.txt",
        ] {
            assert_eq!(relative(good), Ok(PathBuf::from(good)), "{good}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        let long = "a".repeat(256);
        let deep = "a/".repeat(50) + "b";
        for (bad, why) in [
            ("", NameError::Empty),
            ("/etc/passwd", NameError::Absolute),
            ("\\\\server\\share", NameError::Absolute),
            ("C:/Windows/x", NameError::Absolute),
            ("a/c:x", NameError::Absolute),
            ("..", NameError::Dots),
            ("a/../../b", NameError::Dots),
            ("a/./b", NameError::Dots),
            ("a//b", NameError::Dots),
            ("a/", NameError::Dots),
            ("a\\..\\b", NameError::Character),
            ("a\0b", NameError::Character),
            ("a\nb", NameError::Character),
            ("NUL", NameError::Reserved),
            ("a/con.txt", NameError::Reserved),
            ("Com1.db", NameError::Reserved),
            ("lpt²", NameError::Reserved),
            ("aux .txt", NameError::Reserved),
            ("trailing.", NameError::Reserved),
            ("trailing ", NameError::Reserved),
            (long.as_str(), NameError::Long),
            (deep.as_str(), NameError::Long),
        ] {
            assert_eq!(relative(bad), Err(why), "{bad:?}");
        }
    }
}
