//! What a bag stands in: a ZIP file, or a folder.

use std::io::{self, Read};
use std::sync::Arc;

use hutong_model::Content;

use super::flaw::{Flaw, FlawCode};
use super::zip::ZipFile;
use crate::Input;

/// Files of a bag; paths are seen from the bag.
pub(super) trait Container {
    /// Every file with its size, sorted by path.
    fn files(&self) -> &[(String, u64)];
    /// Opens a file.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>>;
    /// A file as the content of an attachment.
    fn content(&self, path: &str) -> Option<Arc<dyn Content>>;
}

/// The size of a file, when it is there.
pub(super) fn size_of(container: &dyn Container, path: &str) -> Option<u64> {
    let files = container.files();
    files
        .binary_search_by(|(known, _)| known.as_str().cmp(path))
        .ok()
        .and_then(|index| files.get(index))
        .map(|(_, size)| *size)
}

/// Folders of a bag inside each other.
const MAX_FOLDERS: usize = 8;

/// A bag in an input: a folder, or the inside of an archive.
pub(super) struct InputBag {
    input: Input,
    /// The bag inside the input.
    below: String,
    files: Vec<(String, u64)>,
}

impl InputBag {
    /// The bag's place in an input: the input itself, or the one folder in it.
    pub(super) fn place(input: &Input) -> Option<String> {
        if input.only_file().is_some() {
            return None;
        }
        let is_bag = |folder: &str| {
            let at = |name: &str| joined(folder, name);
            input.has_file(&at("bagit.txt")) && input.has_file(&at("data/hcx.json"))
        };
        if is_bag("") {
            return Some(String::new());
        }
        match input.folder_names("").as_slice() {
            [one] if input.file_names("").is_empty() && is_bag(one) => Some(one.clone()),
            _ => None,
        }
    }

    pub(super) fn open(input: &Input) -> Result<Self, Flaw> {
        let below = Self::place(input)
            .ok_or_else(|| Flaw::new(FlawCode::Bag, "", "there is no bag with data/hcx.json"))?;
        let mut bag = Self {
            input: input.again(),
            below,
            files: Vec::new(),
        };
        let mut files = Vec::new();
        bag.list("", 0, &mut files)?;
        files.sort();
        bag.files = files;
        Ok(bag)
    }

    fn list(&self, folder: &str, depth: usize, out: &mut Vec<(String, u64)>) -> Result<(), Flaw> {
        if depth > MAX_FOLDERS {
            return Err(Flaw::new(
                FlawCode::Path,
                folder,
                "folders are nested too deep",
            ));
        }
        let place = joined(&self.below, folder);
        for name in self.input.file_names(&place) {
            let path = joined(folder, &name);
            let size = self
                .input
                .size_bytes(&joined(&self.below, &path))
                .ok_or_else(|| Flaw::new(FlawCode::Container, &path, "cannot be read"))?;
            out.push((path, size));
        }
        for name in self.input.folder_names(&place) {
            self.list(&joined(folder, &name), depth + 1, out)?;
        }
        Ok(())
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() || name.is_empty() {
        format!("{folder}{name}")
    } else {
        format!("{folder}/{name}")
    }
}

impl Container for InputBag {
    fn files(&self) -> &[(String, u64)] {
        &self.files
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.input
            .content(&joined(&self.below, path))
            .ok_or(io::ErrorKind::NotFound)?
            .open()
    }

    fn content(&self, path: &str) -> Option<Arc<dyn Content>> {
        let content = self.input.content(&joined(&self.below, path))?;
        Some(Arc::new(content))
    }
}

impl Container for ZipFile {
    fn files(&self) -> &[(String, u64)] {
        self.list()
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.read(path)
    }

    fn content(&self, _: &str) -> Option<Arc<dyn Content>> {
        None
    }
}
