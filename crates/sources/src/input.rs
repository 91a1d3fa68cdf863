//! The only door to the user's files: read-only, names without case, forward slashes.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hutong_model::Content;
use hutong_sqlite::{ReadAt, open_shared};

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    is_folder: bool,
}

/// A folder (or one file in it) that the user pointed at.
///
/// Paths are relative, written with forward slashes and found without regard to upper and lower case. Symbolic
/// links that leave the folder are not followed. Listings are remembered, so that looking for a hundred thousand
/// pictures costs one listing for each folder.
pub struct Input {
    root: PathBuf,
    /// The one file that was meant, when the user named a file.
    only: Option<String>,
    listings: Mutex<HashMap<String, Option<Arc<Vec<Entry>>>>>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("root", &self.root)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}

impl Input {
    /// The input at this path: a folder, or a file together with its folder.
    ///
    /// # Errors
    /// When there is nothing at the path or it cannot be looked at.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let (root, only) = if metadata.is_dir() {
            (path.to_owned(), None)
        } else {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            (
                path.parent().map_or_else(PathBuf::new, Path::to_owned),
                name,
            )
        };
        let root = if root.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            root
        };
        Ok(Self {
            root: std::fs::canonicalize(root)?,
            only,
            listings: Mutex::default(),
        })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that the user named, if it was a file.
    #[must_use]
    pub fn only_file(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Last part of the folder's name: for many messengers the account.
    #[must_use]
    pub fn folder_name(&self) -> String {
        self.root
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The same place one folder up, for inputs that were named one level too deep.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let root = self.root.parent()?.to_owned();
        Some(Self {
            root,
            only: None,
            listings: Mutex::default(),
        })
    }

    /// The folder `path` inside this one as an input of its own.
    #[must_use]
    pub fn subfolder(&self, path: &str) -> Option<Self> {
        let (real, is_folder) = self.find(path)?;
        is_folder.then(|| Self {
            root: self.root.join(real),
            only: None,
            listings: Mutex::default(),
        })
    }

    /// Names of the files in a folder (`""` is the input itself), sorted; empty when there is no such folder.
    #[must_use]
    pub fn file_names(&self, folder: &str) -> Vec<String> {
        self.names(folder, false)
    }

    /// Names of the folders in a folder, sorted; empty when there is no such folder.
    #[must_use]
    pub fn folder_names(&self, folder: &str) -> Vec<String> {
        self.names(folder, true)
    }

    fn names(&self, folder: &str, folders: bool) -> Vec<String> {
        let Some((real, true)) = self.find(folder) else {
            return Vec::new();
        };
        self.listing(&real)
            .map(|entries| {
                entries
                    .iter()
                    .filter(|entry| entry.is_folder == folders)
                    .map(|entry| entry.name.clone())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// Whether there is a file at this path.
    #[must_use]
    pub fn has_file(&self, path: &str) -> bool {
        matches!(self.find(path), Some((_, false)))
    }

    /// The path as it is really spelled, when there is such a file.
    #[must_use]
    pub fn real_path(&self, path: &str) -> Option<String> {
        self.find(path)
            .filter(|(_, is_folder)| !is_folder)
            .map(|(real, _)| real)
    }

    /// Size of a file in bytes.
    #[must_use]
    pub fn size_bytes(&self, path: &str) -> Option<u64> {
        std::fs::metadata(self.root.join(self.real_path(path)?))
            .ok()
            .map(|metadata| metadata.len())
    }

    /// Opens a file for reading at any place, without locking it against its owner.
    ///
    /// # Errors
    /// When there is no such file or it cannot be opened.
    pub fn open_file(&self, path: &str) -> std::io::Result<Arc<dyn ReadAt>> {
        let real = self.real_path(path).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(Arc::new(open_shared(&self.root.join(real))?))
    }

    /// The first bytes of a file, at most `length`.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    pub fn first_bytes(&self, path: &str, length: u64) -> std::io::Result<Vec<u8>> {
        let real = self.real_path(path).ok_or(std::io::ErrorKind::NotFound)?;
        let mut bytes = Vec::new();
        open_shared(&self.root.join(real))?
            .take(length)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A file's bytes as an attachment's content, read when somebody wants them.
    #[must_use]
    pub fn content(&self, path: &str) -> Option<FileContent> {
        Some(FileContent {
            path: self.root.join(self.real_path(path)?),
        })
    }

    /// Real spelling of a path and whether it is a folder. `..` and absolute paths are refused.
    fn find(&self, path: &str) -> Option<(String, bool)> {
        let mut real = String::new();
        let mut is_folder = true;
        for piece in path
            .split(['/', '\\'])
            .filter(|piece| !piece.is_empty() && *piece != ".")
        {
            if piece == ".." || !is_folder {
                return None;
            }
            let entries = self.listing(&real)?;
            let entry = entries
                .binary_search_by(|entry| entry.name.as_str().cmp(piece))
                .ok()
                .and_then(|index| entries.get(index))
                .or_else(|| entries.iter().find(|entry| same_name(&entry.name, piece)))?;
            if !real.is_empty() {
                real.push('/');
            }
            real.push_str(&entry.name);
            is_folder = entry.is_folder;
        }
        Some((real, is_folder))
    }

    fn listing(&self, folder: &str) -> Option<Arc<Vec<Entry>>> {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listings.get(folder) {
            return known.clone();
        }
        let listed = self.read_folder(folder).ok().map(Arc::new);
        listings.insert(folder.to_owned(), listed.clone());
        listed
    }

    fn read_folder(&self, folder: &str) -> std::io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            // A name that is not Unicode is no name that a messenger gave.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let mut kind = entry.file_type()?;
            if kind.is_symlink() {
                let Ok(target) = std::fs::canonicalize(entry.path()) else {
                    continue;
                };
                if !target.starts_with(&self.root) {
                    continue;
                }
                kind = std::fs::metadata(&target)?.file_type();
            }
            entries.push(Entry {
                name,
                is_folder: kind.is_dir(),
            });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }
}

/// Whether two names are the same on a file system that ignores case.
fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!one.is_ascii() && one.to_lowercase() == other.to_lowercase())
}

/// The bytes of one of the user's files.
#[derive(Clone, Debug)]
pub struct FileContent {
    path: PathBuf,
}

impl FileContent {
    /// Size in bytes.
    ///
    /// # Errors
    /// When the file has gone or cannot be looked at.
    pub fn size_bytes(&self) -> std::io::Result<u64> {
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

impl Content for FileContent {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(open_shared(&self.path)?))
    }
}

#[cfg(test)]
mod tests {
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
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("link"))
            .unwrap();
        assert!(!Input::open(folder.path()).unwrap().has_file("link"));
    }
}
