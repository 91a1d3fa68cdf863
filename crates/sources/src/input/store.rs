//! What an input can stand on: something that lists folders and opens files.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hutong_crypto::{KeyRing, OpenError};
use hutong_sqlite::ReadAt;

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) is_folder: bool,
}

/// Where files are kept: a folder on disk, an archive, a phone backup.
///
/// Paths are relative, spelled as [`Store::list`] spells them, with forward slashes.
pub(super) trait Store: Send + Sync {
    /// The place, for people.
    fn root(&self) -> &Path;

    /// What stands directly in a folder (`""` is the store itself), sorted by name.
    fn list(&self, folder: &str) -> io::Result<Vec<Entry>>;

    /// Size of a file in bytes.
    fn size_bytes(&self, path: &str) -> io::Result<u64>;

    /// Opens a file for reading at any place.
    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>>;

    /// Opens a file for reading from its beginning.
    fn stream(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Sequential::new(self.open(path)?)?))
    }

    /// The first bytes of a file, at most `length`.
    fn head(&self, path: &str, length: u64) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.stream(path)?.take(length).read_to_end(&mut head)?;
        Ok(head)
    }

    /// The store that begins one folder higher, where there is one.
    fn above(&self) -> Option<Arc<dyn Store>> {
        None
    }

    /// Opens what is locked with a password; most stores are not.
    fn unlock(&self, _: &KeyRing) -> Result<(), OpenError> {
        Ok(())
    }

    /// What is known about the phone backup that this store shows.
    fn backup(&self) -> Option<super::PhoneBackup> {
        None
    }

    /// What was left out, in words.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reads a file from its beginning.
pub(super) struct Sequential {
    file: Arc<dyn ReadAt>,
    at: u64,
    end: u64,
}

impl Sequential {
    pub(super) fn new(file: Arc<dyn ReadAt>) -> io::Result<Self> {
        let end = file.len()?;
        Ok(Self { file, at: 0, end })
    }
}

impl Read for Sequential {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let Some(part) = buffer.get_mut(..count).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        self.file.read_exact_at(part, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// A stretch of another file.
pub(super) struct Slice {
    file: Arc<dyn ReadAt>,
    start: u64,
    length: u64,
}

impl Slice {
    pub(super) fn new(file: Arc<dyn ReadAt>, start: u64, length: u64) -> Self {
        Self {
            file,
            start,
            length,
        }
    }
}

impl ReadAt for Slice {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read_exact_at(buffer, self.start + offset)
    }
}

/// The members of an archive, in the order of their paths.
pub(super) struct Tree<M> {
    members: Vec<(Box<str>, M)>,
}

impl<M> Tree<M> {
    /// Where a path comes twice the last one counts, as it would after unpacking; a file that is also a folder is left out.
    pub(super) fn new(mut members: Vec<(Box<str>, M)>) -> Self {
        // Stable, so that the last of equal paths stays the last.
        members.sort_by(|one, other| one.0.cmp(&other.0));
        members.reverse();
        members.dedup_by(|later, kept| later.0 == kept.0);
        members.reverse();
        Self { members }
    }

    pub(super) fn get(&self, path: &str) -> io::Result<&M> {
        self.members
            .binary_search_by(|(known, _)| (**known).cmp(path))
            .ok()
            .and_then(|index| self.members.get(index))
            .map(|(_, member)| member)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn list(&self, folder: &str) -> Vec<Entry> {
        let prefix = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let mut entries: Vec<Entry> = Vec::new();
        let mut at = self.members.partition_point(|(path, _)| **path < *prefix);
        while let Some(rest) = self
            .members
            .get(at)
            .and_then(|(path, _)| path.strip_prefix(&*prefix))
        {
            let (name, is_folder) = match rest.split_once('/') {
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            if is_folder {
                // Everything in this folder is skipped with one look.
                let inner = format!("{prefix}{name}/");
                let left = self.members.get(at..).unwrap_or_default();
                at += left
                    .partition_point(|(path, _)| path.starts_with(&*inner))
                    .max(1);
            } else {
                at += 1;
            }
            entries.push(Entry {
                name: name.to_owned(),
                is_folder,
            });
        }
        entries.sort_by(|one, other| {
            (&one.name, !one.is_folder).cmp(&(&other.name, !other.is_folder))
        });
        entries.dedup_by(|later, first| later.name == first.name);
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_listed_without_their_contents() {
        let paths = [
            "a/x/1", "a/x/2", "a/x-y", "a/x.z/3", "b", "a/x/1", "c", "c/d",
        ];
        let members = paths
            .iter()
            .enumerate()
            .map(|(number, path)| ((*path).into(), number))
            .collect();
        let tree = Tree::new(members);
        let names = |folder: &str| -> Vec<String> {
            let entry =
                |entry: Entry| format!("{}{}", entry.name, if entry.is_folder { "/" } else { "" });
            tree.list(folder).into_iter().map(entry).collect()
        };
        assert_eq!(names(""), ["a/", "b", "c/"]);
        assert_eq!(names("a"), ["x/", "x-y", "x.z/"]);
        assert_eq!(names("a/x"), ["1", "2"]);
        assert!(names("nothing").is_empty());
        assert_eq!(
            *tree.get("a/x/1").unwrap(),
            5,
            "the later of two equal names"
        );
    }
}
