//! Where things are in an account folder, however deep the user pointed into it.

use crate::Input;
use crate::wechat::folder::inside;

/// Folders that lie in an account folder or in its `db_storage`.
const INNER_FOLDERS: &[&str] = &[
    "bizchat",
    "business",
    "cache",
    "config",
    "contact",
    "db_storage",
    "emoticon",
    "favorite",
    "general",
    "hardlink",
    "head_image",
    "message",
    "msg",
    "session",
    "sns",
];

/// How many folders up an account folder is looked for.
const MAX_CLIMB: usize = 4;

/// An account folder, or what another tool left of one.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The account folder; paths of attachments begin here.
    pub(crate) root: Input,
    /// What stands before database paths: `db_storage/` or nothing.
    storage: &'static str,
    /// Whether all databases lie side by side in one folder.
    is_flat: bool,
    /// Message databases below the storage folder, in the order of their numbers.
    pub(crate) message_databases: Vec<String>,
}

impl Layout {
    /// Finds the account folder at or above the input, or the only one in it.
    pub(crate) fn find(input: &Input) -> Option<Self> {
        let mut place = input
            .subfolder("")
            .filter(|_| input.only_file().is_none_or(|name| name.ends_with(".db")))?;
        let mut flat = None;
        for level in 0..=MAX_CLIMB {
            let is_inside = INNER_FOLDERS
                .iter()
                .any(|name| place.folder_name().eq_ignore_ascii_case(name));
            if let Some(found) = Self::at(&place) {
                // `db_storage` is complete in itself; the attachments beside it need its parent.
                let is_storage = found.storage.is_empty() && !found.is_flat;
                if is_storage
                    && place.folder_name().eq_ignore_ascii_case("db_storage")
                    && let Some(parent) = place.parent().and_then(|parent| Self::at(&parent))
                {
                    return Some(parent);
                }
                if !found.is_flat {
                    return Some(found);
                }
                if level == 0 {
                    flat = Some(found);
                }
            }
            if !is_inside {
                break;
            }
            place = place.parent()?;
        }
        flat.or_else(|| Self::only_account_in(input))
    }

    /// The layout of exactly this folder.
    fn at(place: &Input) -> Option<Self> {
        [("db_storage/", false), ("", false), ("", true)]
            .into_iter()
            .find_map(|(storage, is_flat)| {
                let mut layout = Self {
                    root: place.subfolder("")?,
                    storage,
                    is_flat,
                    message_databases: Vec::new(),
                };
                layout.message_databases = layout.numbered(&["message_", "biz_message_"]);
                (!layout.message_databases.is_empty()).then_some(layout)
            })
    }

    /// The account folders directly inside a folder such as `xwechat_files`.
    pub(crate) fn accounts_in(input: &Input) -> Vec<String> {
        let folders = input.folder_names("");
        let has_messages = |folder: &String| {
            let names = input.file_names(&format!("{folder}/db_storage/message"));
            names.iter().any(|name| number(name, "message_").is_some())
        };
        folders.into_iter().filter(has_messages).collect()
    }

    fn only_account_in(input: &Input) -> Option<Self> {
        match Self::accounts_in(input).as_slice() {
            [only] => Self::at(&input.subfolder(only)?),
            _ => None,
        }
    }

    /// Databases of the message folder whose names are one of the prefixes and a number, in that order.
    pub(crate) fn numbered(&self, prefixes: &[&str]) -> Vec<String> {
        let folder = if self.is_flat {
            String::new()
        } else {
            format!("{}message", self.storage)
        };
        let names = self.root.file_names(&folder);
        let mut found: Vec<(usize, u64, String)> = names
            .iter()
            .flat_map(|name| {
                prefixes
                    .iter()
                    .enumerate()
                    .filter_map(move |(order, prefix)| {
                        Some((order, number(name, prefix)?, name.clone()))
                    })
            })
            .collect();
        found.sort();
        let below = if self.is_flat { "" } else { "message/" };
        found
            .into_iter()
            .map(|(_, _, name)| format!("{below}{name}"))
            .collect()
    }

    /// The database `folder/name` below the storage folder, when it is there.
    pub(crate) fn database(&self, folder: &str, name: &str) -> Option<String> {
        let path = if self.is_flat {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        self.root.has_file(&self.full(&path)).then_some(path)
    }

    /// A database's path below the account folder.
    pub(crate) fn full(&self, path: &str) -> String {
        format!("{}{path}", self.storage)
    }

    /// A path below the account folder as one inside the input that the user named, when it lies there.
    pub(crate) fn inside(&self, input: &Input, path: &str) -> Option<String> {
        inside(&self.root, input, path)
    }

    /// Every database that decides what is read, as paths below the storage folder.
    pub(crate) fn databases(&self) -> Vec<String> {
        let mut all = self.message_databases.clone();
        all.extend(self.numbered(&["media_"]));
        let single = [
            ("message", "message_resource.db"),
            ("message", "message_revoke.db"),
            ("contact", "contact.db"),
            ("session", "session.db"),
            ("hardlink", "hardlink.db"),
            ("head_image", "head_image.db"),
        ];
        all.extend(
            single
                .into_iter()
                .filter_map(|(folder, name)| self.database(folder, name)),
        );
        all
    }

    /// Usernames that the folder's name may stand for, the likeliest first.
    pub(crate) fn owner_candidates(&self) -> Vec<String> {
        owner_candidates(&self.root.folder_name())
    }

    /// Whether this is a folder that the client itself made, so that its name is the account's.
    pub(crate) fn is_original(&self) -> bool {
        !self.storage.is_empty()
    }
}

/// The number in `message_12.db`, for the prefix `message_`.
fn number(name: &str, prefix: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    let digits = lower.strip_prefix(prefix)?.strip_suffix(".db")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// The client adds `_` and four hexadecimal digits to the username.
pub(crate) fn owner_candidates(folder: &str) -> Vec<String> {
    let mut candidates = Vec::new();
    if let Some(rest) = folder.strip_prefix("wxid_") {
        let segment: String = rest
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if !segment.is_empty() {
            candidates.push(format!("wxid_{segment}"));
        }
    } else if let Some((name, suffix)) = folder.rsplit_once('_')
        && suffix.len() == 4
        && suffix.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !name.is_empty()
    {
        candidates.push(name.to_owned());
    }
    if !candidates.iter().any(|candidate| candidate == folder) && !folder.is_empty() {
        candidates.push(folder.to_owned());
    }
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_of_the_folder_is_taken_off() {
        let first = |folder: &str| {
            owner_candidates(folder)
                .first()
                .cloned()
                .unwrap_or_default()
        };
        assert_eq!(first("wxid_abc123_1a2b"), "wxid_abc123");
        assert_eq!(first("wxid_abcd"), "wxid_abcd");
        assert_eq!(first("wxid_abc"), "wxid_abc");
        assert_eq!(first("zhang_san_1a2b"), "zhang_san");
        assert_eq!(first("zhang_san"), "zhang_san");
        assert_eq!(first("zhang_sand"), "zhang_sand");
        assert_eq!(owner_candidates("zhang_beef"), ["zhang", "zhang_beef"]);
    }

    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"x").unwrap();
        }
        folder
    }

    #[test]
    fn the_account_folder_is_found_from_every_depth() {
        let folder = tree(&[
            "wxid_a_1a2b/db_storage/message/message_10.db",
            "wxid_a_1a2b/db_storage/message/message_2.db",
            "wxid_a_1a2b/db_storage/message/message_fts.db",
            "wxid_a_1a2b/db_storage/Contact/contact.db",
            "wxid_a_1a2b/msg/file/2024-01/a.txt",
        ]);
        let from =
            |below: &str| Layout::find(&Input::open(&folder.path().join(below)).unwrap()).unwrap();
        for below in [
            "",
            "wxid_a_1a2b",
            "wxid_a_1a2b/db_storage",
            "wxid_a_1a2b/db_storage/message",
            "wxid_a_1a2b/db_storage/message/message_2.db",
            "wxid_a_1a2b/db_storage/Contact",
            "wxid_a_1a2b/msg",
        ] {
            let layout = from(below);
            assert_eq!(layout.root.folder_name(), "wxid_a_1a2b", "{below}");
            assert_eq!(
                layout.message_databases,
                ["message/message_2.db", "message/message_10.db"],
                "{below}"
            );
            assert_eq!(
                layout.full(&layout.database("contact", "contact.db").unwrap()),
                "db_storage/contact/contact.db"
            );
        }
    }

    #[test]
    fn copies_of_other_tools_are_found_too() {
        let folder = tree(&[
            "side/message_0.db",
            "side/contact.db",
            "copy/message/message_0.db",
            "none/a.db",
        ]);
        let at = |below: &str| Layout::find(&Input::open(&folder.path().join(below)).unwrap());
        let side = at("side").unwrap();
        assert_eq!(
            side.database("contact", "contact.db").as_deref(),
            Some("contact.db")
        );
        assert_eq!(at("copy/message").unwrap().root.folder_name(), "copy");
        assert!(at("none").is_none());
    }
}
