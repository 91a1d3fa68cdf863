//! Where QQ on phones keeps pictures, voice messages, films and files: below `MobileQQ` on Android, below `Documents` on
//! iOS, wherever the user put that.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle};

use super::picture_cache;
use crate::Input;

/// Places of the media folder below a copy of a phone, or of a part of one.
const HOMES: &[&str] = &[
    "",
    "MobileQQ",
    "Tencent/MobileQQ",
    "Tencent/Tim",
    "com.tencent.mobileqq/Tencent/MobileQQ",
    "com.tencent.tim/Tencent/Tim",
    "Android/data/com.tencent.mobileqq/Tencent/MobileQQ",
    "Android/data/com.tencent.mobileqq/files/Tencent/MobileQQ",
    "Android/data/com.tencent.tim/Tencent/Tim",
    "sdcard/Tencent/MobileQQ",
    "sdcard/Android/data/com.tencent.mobileqq/Tencent/MobileQQ",
    "storage/emulated/0/Android/data/com.tencent.mobileqq/Tencent/MobileQQ",
    "data/media/0/Android/data/com.tencent.mobileqq/Tencent/MobileQQ",
    "Documents",
];
/// Folders that tell a media folder.
const MARKS: &[&str] = &[
    "chatpic",
    "diskcache",
    "shortvideo",
    "ptt",
    "qqnt",
    "contents",
];
/// Names of folders inside a messenger's own folder, above which its media may lie.
const INNER: &[&str] = &[
    "databases",
    "db",
    "nt_db",
    "files",
    "f",
    "documents",
    "qqnt",
    "contents",
];
/// Folders above the one that was named that are looked at.
const LEVELS: usize = 5;
/// Pieces of a stated path that are kept when it is looked for.
const PIECES: usize = 12;

/// The media folders that were found.
#[derive(Debug)]
pub(crate) struct MobileFiles {
    homes: Vec<(Arc<Input>, String)>,
}

impl MobileFiles {
    /// Looks for media folders in an input, and above it as long as its name is that of a part of a messenger's folder.
    pub(crate) fn find(input: &Input) -> Option<Self> {
        let mut homes = Vec::new();
        for level in levels(input).map(Arc::new) {
            for home in HOMES {
                if is_media(&level, home) {
                    homes.push((Arc::clone(&level), (*home).to_owned()));
                }
            }
        }
        (!homes.is_empty()).then_some(Self { homes })
    }

    /// The picture with this MD5, original before the version for the screen.
    pub(crate) fn picture(&self, md5: &str, into: &mut Attachment) {
        for folder in ["chatraw", "chatimg"] {
            if self.cached(folder, md5, into) {
                return;
            }
        }
    }

    /// The small version of the picture with this MD5.
    pub(crate) fn thumbnail(&self, md5: &str) -> Option<Attachment> {
        let mut small = Attachment::default();
        self.cached("chatthumb", md5, &mut small).then_some(small)
    }

    fn cached(&self, folder: &str, md5: &str, into: &mut Attachment) -> bool {
        if md5.len() != 32 {
            return false;
        }
        let path = picture_cache::path(folder, md5);
        let name = picture_cache::name(folder, md5);
        self.first(
            &[format!("chatpic/{path}"), format!("diskcache/{name}")],
            into,
        )
    }

    /// A voice message: the part of its path behind `/ptt/`, with either ending.
    pub(crate) fn voice(&self, owner: &str, stated: &str, into: &mut Attachment) {
        let stated = stated.replace('\\', "/");
        let Some((_, tail)) = stated.rsplit_once("/ptt/") else {
            self.at_path(&stated, into);
            return;
        };
        let stem = tail
            .strip_suffix(".amr")
            .or_else(|| tail.strip_suffix(".slk"))
            .unwrap_or(tail);
        let mut paths = Vec::new();
        for folder in [format!("{owner}/ptt"), "ptt".to_owned()] {
            paths.push(format!("{folder}/{tail}"));
            paths.push(format!("{folder}/{stem}.amr"));
            paths.push(format!("{folder}/{stem}.slk"));
        }
        self.first(&paths, into);
    }

    /// A file at a path of the phone: its longest ending that exists below a media folder or below what holds it.
    pub(crate) fn at_path(&self, stated: &str, into: &mut Attachment) -> bool {
        let stated = stated.replace('\\', "/");
        let pieces: Vec<&str> = stated
            .split('/')
            .filter(|piece| !piece.is_empty())
            .collect();
        if pieces.is_empty() || pieces.contains(&"..") {
            return false;
        }
        let first = pieces.len().saturating_sub(PIECES);
        for start in first..pieces.len() {
            let tail = pieces.get(start..).unwrap_or_default().join("/");
            // A bare name means something only in the folder for received files.
            let paths = if start + 1 == pieces.len() {
                vec![
                    format!("QQfile_recv/{tail}"),
                    format!("../QQfile_recv/{tail}"),
                ]
            } else {
                vec![tail.clone(), format!("../{tail}")]
            };
            if self.first(&paths, into) {
                return true;
            }
        }
        false
    }

    /// The first of these paths below a media folder that exists; `../` means the folder above it, inside the input.
    pub(crate) fn first(&self, paths: &[String], into: &mut Attachment) -> bool {
        for (input, home) in &self.homes {
            for path in paths {
                let full = match path.strip_prefix("../") {
                    Some(_) if home.is_empty() => continue,
                    Some(rest) => {
                        let above = home.rsplit_once('/').map_or("", |(above, _)| above);
                        join(above, rest)
                    }
                    None => join(home, path),
                };
                let Some(real) = input.real_path(&full) else {
                    continue;
                };
                let Some(content) = input.content(&real) else {
                    continue;
                };
                if let Some(size) = input.size_bytes(&real) {
                    into.size_bytes = Some(size);
                }
                into.path = Some(real);
                into.content = Some(ContentHandle(Arc::new(content)));
                return true;
            }
        }
        false
    }
}

/// An input, and what lies above it as long as its name is that of a part of a messenger's folder.
pub(crate) fn levels(input: &Input) -> impl Iterator<Item = Input> {
    std::iter::successors(input.subfolder(""), |level| {
        is_inner(&level.folder_name())
            .then(|| level.parent())
            .flatten()
    })
    .take(LEVELS)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn is_media(input: &Input, home: &str) -> bool {
    input.folder_names(home).iter().any(|name| {
        MARKS.iter().any(|mark| name.eq_ignore_ascii_case(mark))
            || (super::book::is_number(name)
                && !input
                    .folder_names(&join(&join(home, name), "ptt"))
                    .is_empty())
    })
}

fn is_inner(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    INNER.contains(&lower.as_str())
        || lower.starts_with("nt_qq_")
        || lower.starts_with("com.tencent.")
        || super::book::is_number(&lower)
}
