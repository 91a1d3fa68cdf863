//! What Android packs into the columns of a message row; nothing here does input or output.

use std::ops::Range;

use md5::{Digest, Md5};
use memchr::memmem;

/// What `imgPath` says about a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureName<'a> {
    /// The stem of its files.
    Stem(&'a str),
    /// The picture was never loaded.
    OnServer,
    /// Nothing.
    None,
}

/// Reads `THUMBNAIL_DIRPATH://th_<stem>`, a bare file name, or `SERVERID://…`.
pub(crate) fn picture_name(path: &str) -> PictureName<'_> {
    let path = path.trim();
    if path.is_empty() {
        return PictureName::None;
    }
    if path.starts_with("SERVERID://") {
        return PictureName::OnServer;
    }
    let name = path
        .split_once("://")
        .map_or(path, |(_, name)| name)
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    let name = name.strip_prefix("th_").unwrap_or(name);
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem
        .strip_suffix("hd")
        .filter(|stem| stem.len() >= 32)
        .unwrap_or(stem);
    if is_file_stem(stem) {
        PictureName::Stem(stem)
    } else {
        PictureName::None
    }
}

/// Whether a name is one of a file and leads nowhere else.
pub(crate) fn is_file_stem(name: &str) -> bool {
    (4..=200).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'=')
        })
        && !name.starts_with('.')
}

/// The two levels of folders below which a file lies: the first four characters of its key.
pub(crate) fn levels(key: &str) -> Option<(&str, &str)> {
    Some((key.get(..2)?, key.get(2..4)?))
}

/// Lower-case hexadecimal MD5 of a text.
pub(crate) fn md5_of(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// The name of the folder of an account: MD5 of `mm` and the account's number as signed decimal text.
pub(crate) fn folder_of(uin: &str) -> String {
    md5_of(&format!("mm{}", uin.trim()))
}

/// Whether a folder's name is that of an account.
pub(crate) fn is_account_folder(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The `<msgsource>` in `lvbuffer`, which packs it between length fields.
pub(crate) fn source_in(buffer: &[u8]) -> Option<&[u8]> {
    const END: &[u8] = b"</msgsource>";
    let start = memmem::find(buffer, b"<msgsource")?;
    let rest = buffer.get(start..)?;
    let end = memmem::find(rest, END).map_or(rest.len(), |end| end + END.len());
    rest.get(..end)
}

/// The part of a stored path that begins with one of the folders of media, if it leads through one.
pub(crate) fn below_media_folder(path: &str) -> Option<&str> {
    let path = path.trim().trim_end_matches('\0');
    let starts = MEDIA_FOLDERS.iter().filter_map(|folder| {
        let pattern = format!("{folder}/");
        let at = path.rfind(&pattern)?;
        let is_whole = at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
        is_whole.then_some(at)
    });
    path.get(starts.min()?..)
}

/// Folders of media beside the database.
pub(crate) const MEDIA_FOLDERS: &[&str] = &[
    "image2",
    "image",
    "voice2",
    "voice",
    "video",
    "emoji",
    "attachment",
    "avatar",
    "Download",
    "openapi",
    "record",
    "favorite",
    "msgsynchronize",
    "mailapp",
];

/// The key of stickers: the first 16 characters of the MD5 that the catalogue's own row holds.
pub(crate) fn sticker_key(md5: &str) -> Option<[u8; 16]> {
    md5.trim().as_bytes().get(..16)?.try_into().ok()
}

/// Bytes at the front of a sticker file that are encrypted.
pub(crate) const STICKER_FRONT: Range<usize> = 0..1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_paths_give_the_stem() {
        let stem = "0123456789abcdef0123456789abcdef";
        for path in [
            format!("THUMBNAIL_DIRPATH://th_{stem}"),
            format!("THUMBNAIL_DIRPATH://th_{stem}hd"),
            format!("{stem}.jpg"),
            format!("image2/01/23/th_{stem}"),
            format!("wcf://image2/01/23/{stem}.jpg"),
        ] {
            assert_eq!(picture_name(&path), PictureName::Stem(stem), "{path}");
        }
        assert_eq!(picture_name("SERVERID://77"), PictureName::OnServer);
        for path in ["", "../../x", "THUMBNAIL_DIRPATH://", "ab"] {
            assert_eq!(picture_name(path), PictureName::None, "{path}");
        }
    }

    #[test]
    fn stored_paths_are_cut_at_the_folder_of_media() {
        for (path, below) in [
            ("image2/ab/cd/x.jpg", Some("image2/ab/cd/x.jpg")),
            (
                "/storage/emulated/0/tencent/MicroMsg/aa/video/1.mp4",
                Some("video/1.mp4"),
            ),
            (
                "wcf://voice2/ab/cd/msg_1.amr",
                Some("voice2/ab/cd/msg_1.amr"),
            ),
            (
                "/sdcard/Android/data/com.tencent.mm/MicroMsg/Download/a.pdf",
                Some("Download/a.pdf"),
            ),
            ("myvideo/1.mp4", None),
            ("", None),
        ] {
            assert_eq!(below_media_folder(path), below, "{path}");
        }
    }

    #[test]
    fn accounts_have_folders_of_their_own() {
        assert_eq!(folder_of("-123456789"), md5_of("mm-123456789"));
        assert!(is_account_folder(&folder_of(" 42 ")));
        assert!(!is_account_folder("MicroMsg"));
    }

    #[test]
    fn the_source_is_found_between_length_fields() {
        let buffer = b"{\0\0\x12<msgsource><a/></msgsource>\0\x03xyz}";
        assert_eq!(
            source_in(buffer),
            Some(b"<msgsource><a/></msgsource>".as_slice())
        );
        assert_eq!(source_in(b"{\0}"), None);
        assert_eq!(
            source_in(b"<msgsource><cut"),
            Some(b"<msgsource><cut".as_slice())
        );
    }
}
