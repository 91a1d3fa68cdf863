//! The only door to the user's files: read-only, names without case, forward slashes.
//!
//! A folder, a zip or tar file and a phone backup look alike from here on.

mod archive;
mod disk;
mod mended;
mod names;
mod phone_backup;
mod renamed;
mod spool;
mod store;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hutong_crypto::{KeyRing, OpenError};
use hutong_model::Content;
use hutong_sqlite::{LostTable, ReadAt, open_shared};

use self::disk::Disk;
pub use self::phone_backup::PhoneBackup;
use self::store::{Entry, Store};

/// Stands behind the name of an archive in paths that lead into it.
const INSIDE: char = '!';
/// First bytes that tell what kind of archive a file is.
const HEAD_BYTES: u64 = 512;

/// A folder (or one file in it) that the user pointed at, or that stands in an archive or a phone backup.
///
/// Paths are relative, written with forward slashes and found without regard to upper and lower case. Symbolic
/// links that leave the folder are not followed. Listings are remembered, so that looking for a hundred thousand
/// pictures costs one listing for each folder.
pub struct Input {
    view: Arc<View>,
    /// The folder inside the store, without a slash at the end; empty for the store itself.
    below: String,
    /// What the folder is called, for people and for telling where it lies.
    root: PathBuf,
    /// The one file that was meant, when the user named a file.
    only: Option<String>,
}

/// A store and its listings.
struct View {
    store: Arc<dyn Store>,
    listings: Mutex<Listings>,
}

type Listings = HashMap<String, Option<Arc<Vec<Entry>>>>;

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input")
            .field("root", &self.root)
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}

impl Input {
    /// The input at this path: a folder, a file together with its folder, the inside of an archive, or a phone backup.
    ///
    /// # Errors
    /// When there is nothing at the path or it cannot be looked at.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            let folder = Self::of_store(Arc::new(Disk::new(std::fs::canonicalize(path)?)));
            return Ok(folder.as_backup().unwrap_or(folder));
        }
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let parent = std::fs::canonicalize(parent)?;
        if phone_backup::is_part(&name)
            && let Some(backup) = Self::of_store(Arc::new(Disk::new(parent.clone()))).as_backup()
        {
            return Ok(backup);
        }
        let mut head = Vec::new();
        open_shared(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
        if let Some(kind) = archive::kind_of(&head) {
            let root = parent.join(format!("{name}{INSIDE}"));
            if let Some(store) = archive::open(Arc::new(open_shared(path)?), kind, &name, root)? {
                let inside = Self::of_store(store);
                return Ok(inside.as_backup().unwrap_or(inside));
            }
        }
        let mut file = Self::of_store(Arc::new(Disk::new(parent)));
        file.only = Some(name);
        Ok(file)
    }

    fn of_store(store: Arc<dyn Store>) -> Self {
        Self {
            root: store.root().to_owned(),
            view: Arc::new(View {
                store,
                listings: Mutex::default(),
            }),
            below: String::new(),
            only: None,
        }
    }

    /// The folder as the phone backup that it is, if it is one.
    fn as_backup(&self) -> Option<Self> {
        let backup = phone_backup::Backup::open(self.view.store.clone(), &self.below, &self.root)?;
        Some(Self::of_store(Arc::new(backup)))
    }

    /// The folder. Inside an archive its path goes on behind the archive's name and a `!`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file that the user named, if it was a file.
    #[must_use]
    pub fn only_file(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Where it is: the file when it is one, else the folder.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match &self.only {
            Some(name) => self.root.join(name),
            None => self.root.clone(),
        }
    }

    /// Last part of the folder's name: for many messengers the account. An archive's name goes without its ending.
    #[must_use]
    pub fn folder_name(&self) -> String {
        let name = self
            .root
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let Some(archive) = name.strip_suffix(INSIDE).filter(|_| self.below.is_empty()) else {
            return name;
        };
        let lower = archive.to_ascii_lowercase();
        [".tar.gz", ".tar.zst", ".tgz", ".zip", ".tar", ".gz", ".zst"]
            .iter()
            .find(|ending| lower.ends_with(**ending))
            .and_then(|ending| archive.get(..archive.len() - ending.len()))
            .unwrap_or(archive)
            .to_owned()
    }

    /// The same place one folder up, for inputs that were named one level too deep. Nothing leads out of an archive.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.below.is_empty() {
            return Some(Self::of_store(self.view.store.above()?));
        }
        let below = self
            .below
            .rsplit_once('/')
            .map_or("", |(above, _)| above)
            .to_owned();
        Some(Self {
            view: Arc::clone(&self.view),
            below,
            root: self.root.parent()?.to_owned(),
            only: None,
        })
    }

    /// The folder `path` inside this one as an input of its own.
    #[must_use]
    pub fn subfolder(&self, path: &str) -> Option<Self> {
        let (real, is_folder) = self.find(path)?;
        if !is_folder {
            return None;
        }
        let folder = Self {
            view: Arc::clone(&self.view),
            below: joined(&self.below, &real),
            root: if real.is_empty() {
                self.root.clone()
            } else {
                self.root.join(&real)
            },
            only: None,
        };
        if real.is_empty() {
            return Some(folder);
        }
        Some(folder.as_backup().unwrap_or(folder))
    }

    /// The file `path` inside this one as an input of its own: its folder, and the file as the one that is meant.
    #[must_use]
    pub fn single(&self, path: &str) -> Option<Self> {
        let real = self.real_path(path)?;
        let (folder, name) = real.rsplit_once('/').unwrap_or(("", &real));
        Some(Self {
            view: Arc::clone(&self.view),
            below: joined(&self.below, folder),
            root: if folder.is_empty() {
                self.root.clone()
            } else {
                self.root.join(folder)
            },
            only: Some(name.to_owned()),
        })
    }

    /// The same input, in which databases that have lost their first page are given a new one, with these tables where
    /// nothing else says what their tables are.
    #[must_use]
    pub fn mended(&self, tables: &'static [LostTable]) -> Self {
        Self {
            view: Arc::new(View {
                store: Arc::new(mended::Mended::new(Arc::clone(&self.view.store), tables)),
                listings: Mutex::default(),
            }),
            below: self.below.clone(),
            root: self.root.clone(),
            only: self.only.clone(),
        }
    }

    /// The one file of this input, and the log beside it, under another name; nothing when the input is a folder.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Option<Self> {
        let real = self.real_path(self.only.as_deref()?)?;
        let store = renamed::Renamed::new(
            Arc::clone(&self.view.store),
            joined(&self.below, &real),
            name,
        );
        Some(Self {
            view: Arc::new(View {
                store: Arc::new(store),
                listings: Mutex::default(),
            }),
            below: String::new(),
            root: self.root.clone(),
            only: Some(name.to_owned()),
        })
    }

    /// The same input once more.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            view: Arc::clone(&self.view),
            below: self.below.clone(),
            root: self.root.clone(),
            only: self.only.clone(),
        }
    }

    /// The inside of an archive that stands in this input; nothing when the file is none, or a document.
    ///
    /// # Errors
    /// When the archive is damaged, or unpacks to more than is believable.
    pub fn archive(&self, path: &str) -> std::io::Result<Option<Self>> {
        let Some(kind) = archive::kind_of(&self.first_bytes(path, HEAD_BYTES)?) else {
            return Ok(None);
        };
        let real = self.real_path(path).ok_or(std::io::ErrorKind::NotFound)?;
        let root = self.root.join(format!("{real}{INSIDE}"));
        let name = real.rsplit('/').next().unwrap_or_default();
        let store = archive::open(self.open_file(&real)?, kind, name, root)?;
        Ok(store.map(|store| {
            let inside = Self::of_store(store);
            inside.as_backup().unwrap_or(inside)
        }))
    }

    /// What is known about the phone backup that this input shows or stands in.
    #[must_use]
    pub fn phone_backup(&self) -> Option<PhoneBackup> {
        self.view.store.backup()
    }

    /// Opens an encrypted phone backup with the backup password; other inputs need nothing. Every input that stands in the
    /// same backup is open from then on.
    ///
    /// # Errors
    /// When no password was given, or the given one is wrong.
    pub fn unlock(&self, keys: &KeyRing) -> Result<(), OpenError> {
        let was_locked = self.phone_backup().is_some_and(|backup| backup.is_locked);
        self.view.store.unlock(keys)?;
        if was_locked {
            self.view.lock().clear();
        }
        Ok(())
    }

    /// What of the archive cannot be shown, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.view.store.notes()
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
        let real = self.real_path(path)?;
        self.view.store.size_bytes(&joined(&self.below, &real)).ok()
    }

    /// Opens a file for reading at any place, without locking it against its owner.
    ///
    /// # Errors
    /// When there is no such file or it cannot be opened.
    pub fn open_file(&self, path: &str) -> std::io::Result<Arc<dyn ReadAt>> {
        let real = self.real_path(path).ok_or(std::io::ErrorKind::NotFound)?;
        self.view.store.open(&joined(&self.below, &real))
    }

    /// The first bytes of a file, at most `length`.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    pub fn first_bytes(&self, path: &str, length: u64) -> std::io::Result<Vec<u8>> {
        let real = self.real_path(path).ok_or(std::io::ErrorKind::NotFound)?;
        self.view.store.head(&joined(&self.below, &real), length)
    }

    /// A file's bytes as an attachment's content, read when somebody wants them; also after the input is gone.
    #[must_use]
    pub fn content(&self, path: &str) -> Option<FileContent> {
        let content = FileContent {
            view: Arc::clone(&self.view),
            path: joined(&self.below, &self.real_path(path)?),
        };
        // A backup can name files that were not copied with it.
        content.size_bytes().is_ok().then_some(content)
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
        let folder = joined(&self.below, folder);
        let mut listings = self.view.lock();
        if let Some(known) = listings.get(&folder) {
            return known.clone();
        }
        let listed = self.view.store.list(&folder).ok().map(Arc::new);
        listings.insert(folder, listed.clone());
        listed
    }
}

impl View {
    fn lock(&self) -> std::sync::MutexGuard<'_, Listings> {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two relative paths one behind the other; each may be empty.
fn joined(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// Whether two names are the same on a file system that ignores case.
fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || (!one.is_ascii() && one.to_lowercase() == other.to_lowercase())
}

/// The bytes of one of the user's files.
#[derive(Clone)]
pub struct FileContent {
    view: Arc<View>,
    path: String,
}

impl std::fmt::Debug for FileContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileContent")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl FileContent {
    /// Size in bytes.
    ///
    /// # Errors
    /// When the file has gone or cannot be looked at.
    pub fn size_bytes(&self) -> std::io::Result<u64> {
        self.view.store.size_bytes(&self.path)
    }
}

impl Content for FileContent {
    fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        self.view.store.stream(&self.path)
    }
}
