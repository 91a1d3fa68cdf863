//! Databases that have lost their first page, shown with a new one.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hutong_crypto::{KeyRing, OpenError};
use hutong_sqlite::{HEADER_BYTES, LostTable, ReadAt, Rebuilt, has_usable_header};

use super::PhoneBackup;
use super::store::{Entry, Store};

/// Smaller files are not worth the search.
const SMALLEST: u64 = 2 * 512;

/// Another store, in which databases without a usable first page have one.
pub(super) struct Mended {
    inner: Arc<dyn Store>,
    tables: &'static [LostTable],
    known: Mutex<HashMap<String, Option<Arc<Rebuilt>>>>,
}

impl Mended {
    pub(super) fn new(inner: Arc<dyn Store>, tables: &'static [LostTable]) -> Self {
        Self {
            inner,
            tables,
            known: Mutex::default(),
        }
    }

    fn rebuilt(&self, path: &str) -> io::Result<Option<Arc<Rebuilt>>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rebuilt) = known.get(path) {
            return Ok(rebuilt.clone());
        }
        let rebuilt = self.rebuild(path)?.map(Arc::new);
        known.insert(path.to_owned(), rebuilt.clone());
        Ok(rebuilt)
    }

    fn rebuild(&self, path: &str) -> io::Result<Option<Rebuilt>> {
        if self.inner.size_bytes(path)? < SMALLEST {
            return Ok(None);
        }
        let mut first = Vec::new();
        self.inner
            .stream(path)?
            .take(HEADER_BYTES as u64)
            .read_to_end(&mut first)?;
        if has_usable_header(&first) {
            return Ok(None);
        }
        Rebuilt::new(self.inner.open(path)?, self.tables)
    }
}

impl Store for Mended {
    fn root(&self) -> &Path {
        self.inner.root()
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        self.inner.list(folder)
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        self.inner.size_bytes(path)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        match self.rebuilt(path)? {
            Some(rebuilt) => Ok(rebuilt),
            None => self.inner.open(path),
        }
    }

    // The bytes of a file as it is: what is digested is what the user holds.
    fn stream(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.inner.stream(path)
    }

    fn head(&self, path: &str, length: u64) -> io::Result<Vec<u8>> {
        let Some(rebuilt) = self.rebuilt(path)? else {
            return self.inner.head(path, length);
        };
        let length = usize::try_from(length.min(rebuilt.len()?)).unwrap_or(usize::MAX);
        let mut head = vec![0; length];
        rebuilt.read_exact_at(&mut head, 0)?;
        Ok(head)
    }

    fn above(&self) -> Option<Arc<dyn Store>> {
        Some(Arc::new(Self::new(self.inner.above()?, self.tables)))
    }

    fn unlock(&self, keys: &KeyRing) -> Result<(), OpenError> {
        self.inner.unlock(keys)
    }

    fn backup(&self) -> Option<PhoneBackup> {
        self.inner.backup()
    }

    fn notes(&self) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mended: Vec<String> = known
            .iter()
            .filter_map(|(path, rebuilt)| {
                let told = rebuilt.as_ref()?.told();
                Some(if told.is_empty() {
                    format!("{path} has lost its first page and was given a new one; deleted rows may be among its rows")
                } else {
                    format!(
                        "{path} has lost its first page and was given a new one; {} of its tables were told by their rows, \
                         and deleted rows may be among these",
                        told.len()
                    )
                })
            })
            .collect();
        mended.sort();
        mended.extend(self.inner.notes());
        mended
    }
}
