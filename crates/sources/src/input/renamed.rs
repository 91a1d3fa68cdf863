//! One file under the name that a messenger would have given it.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::store::{Entry, Store};

/// What stands behind the name of a database's log.
const LOG: &str = "-wal";

/// A store that shows one file of another store, and the log beside it, under another name.
pub(super) struct Renamed {
    inner: Arc<dyn Store>,
    /// Path of the file in the other store.
    from: String,
    to: String,
}

impl Renamed {
    pub(super) fn new(inner: Arc<dyn Store>, from: String, to: &str) -> Self {
        Self {
            inner,
            from,
            to: to.to_owned(),
        }
    }

    fn real(&self, path: &str) -> io::Result<String> {
        let rest = path
            .strip_prefix(self.to.as_str())
            .filter(|rest| rest.is_empty() || *rest == LOG);
        rest.map(|rest| format!("{}{rest}", self.from))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Store for Renamed {
    fn root(&self) -> &Path {
        self.inner.root()
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        if !folder.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut entries = vec![Entry {
            name: self.to.clone(),
            is_folder: false,
        }];
        if self
            .inner
            .size_bytes(&format!("{}{LOG}", self.from))
            .is_ok()
        {
            entries.push(Entry {
                name: format!("{}{LOG}", self.to),
                is_folder: false,
            });
        }
        Ok(entries)
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        self.inner.size_bytes(&self.real(path)?)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        self.inner.open(&self.real(path)?)
    }

    fn stream(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.inner.stream(&self.real(path)?)
    }

    fn head(&self, path: &str, length: u64) -> io::Result<Vec<u8>> {
        self.inner.head(&self.real(path)?, length)
    }
}
