//! A folder on disk.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_sqlite::{ReadAt, open_shared};

use super::store::{Entry, Store};

/// A folder on disk; links that leave it are not followed.
pub(super) struct Disk {
    root: PathBuf,
}

impl Disk {
    /// `root` is an existing folder, written without links.
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }
}

impl Store for Disk {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
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
            // Devices and pipes could make a reader wait for ever.
            if kind.is_dir() || kind.is_file() {
                entries.push(Entry {
                    name,
                    is_folder: kind.is_dir(),
                });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        Ok(std::fs::metadata(self.root.join(path))?.len())
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        Ok(Arc::new(open_shared(&self.root.join(path))?))
    }

    fn stream(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(open_shared(&self.root.join(path))?))
    }

    fn above(&self) -> Option<Arc<dyn Store>> {
        Some(Arc::new(Self::new(self.root.parent()?.to_owned())))
    }
}
