//! A folder with several files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FileTarget;
use crate::WriteError;

/// A folder under a temporary name, put in its place when everything is written.
pub(crate) struct FolderTarget {
    path: PathBuf,
    staging: Staging,
    overwrite: bool,
}

/// A folder that is removed with all that is in it when it is dropped.
pub(super) struct Staging(PathBuf);

#[cfg(feature = "typeset")]
impl Staging {
    /// A new folder of this kind in the folder of `path`, which is made when it does not exist.
    pub(super) fn beside(path: &Path) -> io::Result<Self> {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        new_folder(parent, ".hutong").map(Self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Nothing can be done about a failure here; after a complete export there is nothing to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl FolderTarget {
    /// Begins a folder. One that exists must be empty unless `overwrite` was chosen, and then only files of the same
    /// name are replaced.
    pub(crate) fn create(path: &Path, overwrite: bool) -> Result<Self, WriteError> {
        let staging = match fs::read_dir(path) {
            Ok(mut entries) => {
                if !overwrite && entries.next().is_some() {
                    return Err(WriteError::Exists(path.to_owned()));
                }
                new_folder(path, ".hutong")
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let parent = path
                    .parent()
                    .filter(|parent| !parent.as_os_str().is_empty())
                    .unwrap_or(Path::new("."));
                fs::create_dir_all(parent).map_err(WriteError::at(parent))?;
                new_folder(parent, ".hutong")
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(WriteError::Exists(path.to_owned()));
            }
            Err(error) => Err(error),
        };
        let staging = Staging(staging.map_err(WriteError::at(path))?);
        Ok(Self {
            path: path.to_owned(),
            staging,
            overwrite,
        })
    }

    /// Where a file is written until the export is complete. `relative` is one of our own names, never a title.
    pub(crate) fn staged(&self, relative: &str) -> PathBuf {
        self.staging.0.join(relative)
    }

    /// Begins a file.
    pub(crate) fn file(&self, relative: &str) -> Result<FileTarget, WriteError> {
        FileTarget::create_staged(&self.staged(relative))
    }

    /// Makes a folder inside.
    pub(crate) fn make_folder(&self, relative: &str) -> Result<(), WriteError> {
        let path = self.staged(relative);
        fs::create_dir_all(&path).map_err(WriteError::at(&path))
    }

    /// Puts everything in its place.
    pub(crate) fn finish(self) -> Result<(), WriteError> {
        if fs::symlink_metadata(&self.path).is_err() {
            return fs::rename(&self.staging.0, &self.path).map_err(WriteError::at(&self.path));
        }
        let mut files = Vec::new();
        list(&self.staging.0, Path::new(""), &mut files).map_err(WriteError::at(&self.path))?;
        if !self.overwrite
            && let Some(taken) = files
                .iter()
                .map(|file| self.path.join(file))
                .find(|path| path.exists())
        {
            return Err(WriteError::Exists(taken));
        }
        for file in files {
            let to = self.path.join(&file);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(WriteError::at(parent))?;
            }
            fs::rename(self.staging.0.join(&file), &to).map_err(WriteError::at(&to))?;
        }
        Ok(())
    }
}

fn new_folder(parent: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 0..1000 {
        let path = parent.join(format!("{name}.part{number}"));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Lists the files below `root`, relative to it. Only our own folders are walked, so the depth is small.
fn list(root: &Path, relative: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(relative))? {
        let entry = entry?;
        let path = relative.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(target: &FolderTarget, relative: &str, bytes: &[u8]) {
        let mut file = target.file(relative).unwrap();
        file.buffer.extend_from_slice(bytes);
        file.finish().unwrap();
    }

    #[test]
    fn a_folder_appears_only_when_it_is_finished() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("out");
        let target = FolderTarget::create(&path, false).unwrap();
        target.make_folder("media").unwrap();
        write(&target, "media/a", b"1");
        assert!(!path.exists());
        target.finish().unwrap();
        assert_eq!(fs::read(path.join("media/a")).unwrap(), b"1");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        assert!(matches!(
            FolderTarget::create(&path, false),
            Err(WriteError::Exists(_))
        ));
    }

    #[test]
    fn overwriting_leaves_strange_files_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("mine"), b"mine").unwrap();
        fs::write(home.path().join("a"), b"old").unwrap();
        let target = FolderTarget::create(home.path(), true).unwrap();
        write(&target, "a", b"new");
        target.finish().unwrap();
        assert_eq!(fs::read(home.path().join("mine")).unwrap(), b"mine");
        assert_eq!(fs::read(home.path().join("a")).unwrap(), b"new");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_unfinished_folder_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let target = FolderTarget::create(&home.path().join("out"), false).unwrap();
        write(&target, "a", b"1");
        drop(target);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        fs::write(home.path().join("file"), b"").unwrap();
        assert!(matches!(
            FolderTarget::create(&home.path().join("file"), false),
            Err(WriteError::Exists(_))
        ));
    }
}
