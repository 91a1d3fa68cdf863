//! Account folders of desktop clients: what files in them are by their first bytes, and how their paths are told.

use std::path::Path;

use crate::Input;

/// The most files of one folder that are looked into.
const MAX_FILES: usize = 1_000;

/// A path below the account folder `root` as one inside the input that the user named, when it lies there.
pub(crate) fn inside(root: &Input, input: &Input, path: &str) -> Option<String> {
    let slashed = |path: &Path| path.to_string_lossy().replace('\\', "/");
    if let Ok(below) = root.root().strip_prefix(input.root()) {
        let below = slashed(below);
        return Some(if below.is_empty() {
            path.to_owned()
        } else {
            format!("{below}/{path}")
        });
    }
    let below = slashed(input.root().strip_prefix(root.root()).ok()?);
    path.strip_prefix(&below)?
        .strip_prefix('/')
        .map(str::to_owned)
}

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A database that anybody can open.
    Plain,
    /// Whole pages that look like ciphertext.
    Encrypted,
    /// Anything else.
    Other,
}

impl Kind {
    /// Looks at a file whose encrypted pages would have `page_bytes` each.
    pub(crate) fn of(place: &Input, path: &str, page_bytes: u64) -> Self {
        let first = place.first_bytes(path, 512).unwrap_or_default();
        if first.starts_with(b"SQLite format 3\0") {
            return Self::Plain;
        }
        let size = place.size_bytes(path).unwrap_or(0);
        let mut seen = [false; 256];
        for byte in &first {
            if let Some(slot) = seen.get_mut(usize::from(*byte)) {
                *slot = true;
            }
        }
        // Ciphertext uses most of all bytes; 512 random ones miss about one in seven.
        let different = seen.iter().filter(|seen| **seen).count();
        if size >= page_bytes && size.is_multiple_of(page_bytes) && different > 180 {
            Self::Encrypted
        } else {
            Self::Other
        }
    }
}

/// A database that was found; the order is that in which they are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found<Role> {
    /// What it seems to hold.
    pub(crate) role: Role,
    /// The number in its name.
    pub(crate) number: u64,
    /// Path below the account folder.
    pub(crate) path: String,
}

impl<Role: Copy + Ord> Found<Role> {
    /// The databases in some folders, in their order.
    ///
    /// `role_of` tells what the file called so at a path is for, and the number in its name.
    pub(crate) fn in_folders(
        place: &Input,
        folders: &[&str],
        role_of: impl Fn(&str, &str) -> (Option<Role>, u64),
    ) -> Vec<Self> {
        let mut found = Vec::new();
        for folder in folders {
            for name in place.file_names(folder).into_iter().take(MAX_FILES) {
                let lower = name.to_ascii_lowercase();
                if ["-wal", "-shm", "-journal"]
                    .iter()
                    .any(|end| lower.ends_with(end))
                {
                    continue;
                }
                let path = if folder.is_empty() {
                    name.clone()
                } else {
                    format!("{folder}/{name}")
                };
                let (role, number) = role_of(&name, &path);
                found.extend(role.map(|role| Self { role, number, path }));
            }
        }
        found.sort();
        found
    }
}
