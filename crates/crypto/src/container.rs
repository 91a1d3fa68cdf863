//! Opens a database file, encrypted or not, and hands out its pages in clear.

use std::io;
use std::sync::Arc;

use hutong_sqlite::{
    Header, HeaderError, MAGIC, PageError, PageFile, Pages, PlainError, PlainPages, ReadAt, Wal,
    WalError, WalReport,
};

use crate::key_ring::{KeyOrigin, KeyRing};
use crate::open_error::OpenError;
use crate::page::SALT_BYTES;
use crate::probe::{Opened, Probe, Start};
use crate::profile::{Family, Profile};
use crate::qq::Wrapper;

/// A file that ends before its last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    /// Pages that the header promises.
    pub expected_pages: u32,
    /// Whole pages in the main file.
    pub stored_pages: u32,
    /// Whether the file ends inside a page.
    pub has_partial_page: bool,
}

/// An open database: its pages in clear, each one checked when it is read.
///
/// Nothing is written, and no decrypted page stays anywhere but in the caller's buffer.
#[derive(Debug)]
pub struct Container {
    file: PageFile,
    opened: Option<Opened>,
    wrapper: Option<Wrapper>,
    header: Header,
    page_count: u32,
    wal_error: Option<WalError>,
}

impl Container {
    /// Opens a database with the log beside it, if there is one.
    ///
    /// A plain database needs no key. Otherwise the keys of `keys` are tried with the profiles of `family`, those first
    /// that cost nothing; a derivation that was paid for once is not repeated for the same file. `relative_path` chooses
    /// among keys listed by path. A truncated file is opened (see [`Container::truncated`]), a log that does not fit is
    /// left out (see [`Container::wal_error`]).
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        relative_path: &str,
        keys: &KeyRing,
        family: Family,
    ) -> Result<Self, OpenError> {
        let start = Start::read(&main, wal.as_ref())?;
        if start.first.starts_with(MAGIC) {
            return Self::plain(main, wal, start);
        }
        if start.first.len() < 512 {
            return Err(OpenError::TooShort {
                length: start.length,
            });
        }
        let probe = Probe {
            start: &start,
            wal: wal.as_ref(),
            relative_path,
            keys,
            family,
        };
        let opened = probe.run()?;
        Self::encrypted(main, wal, start, opened)
    }

    fn plain(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        start: Start,
    ) -> Result<Self, OpenError> {
        let pages = match PlainPages::open_at(main, start.base, wal) {
            Ok(pages) => pages,
            Err(PlainError::Empty) => return Err(OpenError::Empty),
            Err(PlainError::Header(HeaderError::Short)) => {
                return Err(OpenError::TooShort {
                    length: start.length,
                });
            }
            Err(PlainError::Header(error)) => return Err(error.into()),
            Err(PlainError::Io(error)) => return Err(error.into()),
            Err(PlainError::Page(error)) => return Err(error.into()),
        };
        let page_count = pages.page_count();
        let header = pages.header().clone();
        let (file, wal_error) = pages.into_parts();
        Ok(Self {
            file,
            opened: None,
            wrapper: start.wrapper,
            header,
            page_count,
            wal_error,
        })
    }

    fn encrypted(
        main: Arc<dyn ReadAt>,
        wal: Option<Arc<dyn ReadAt>>,
        start: Start,
        opened: Opened,
    ) -> Result<Self, OpenError> {
        let page_size = opened.profile.page_size;
        let verifier = |number: u32, page: &[u8]| opened.cipher.verify(number, page);
        let (wal, wal_error) = match wal.map(|log| {
            // Without page authentication only the log's own checksums can vouch for a frame.
            let has_code = opened.profile.page_hash.is_some();
            Wal::open(log, page_size, has_code.then_some(&verifier as _))
        }) {
            None => (None, None),
            Some(Ok(log)) => (Some(log), None),
            Some(Err(error)) => (None, Some(error)),
        };
        let file = PageFile::new(main, start.base, page_size, wal)?;
        let mut page = vec![0; page_size as usize];
        file.read(1, &mut page)?;
        opened.cipher.decrypt(1, &mut page)?;
        let header = Header::parse(&page)?;
        if header.page_size != page_size {
            return Err(HeaderError::PageSize(header.page_size).into());
        }
        Ok(Self {
            page_count: file.highest_page().max(header.page_count.unwrap_or(0)),
            file,
            opened: Some(opened),
            wrapper: start.wrapper,
            header,
            wal_error,
        })
    }

    /// The profile that opened the file; `None` for a plain database.
    pub fn profile(&self) -> Option<&'static Profile> {
        self.opened.as_ref().map(|opened| opened.profile)
    }

    /// Which key opened the file; `None` for a plain database.
    pub fn key_origin(&self) -> Option<KeyOrigin> {
        self.opened.as_ref().map(|opened| opened.origin)
    }

    /// Whether the file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.opened.is_some()
    }

    /// The salt at the start of an encrypted file.
    pub fn salt(&self) -> Option<[u8; SALT_BYTES]> {
        self.opened.as_ref().map(|opened| opened.salt)
    }

    /// What QQ wrote in front of the database.
    pub fn wrapper(&self) -> Option<&Wrapper> {
        self.wrapper.as_ref()
    }

    /// The database header, in clear.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether and how the main file is shorter than it should be; pages that lie in the log do not count as missing.
    pub fn truncated(&self) -> Option<Truncation> {
        let stored_pages = self.file.main_pages();
        let has_partial_page = self.file.has_partial_page();
        let is_short = has_partial_page
            || (stored_pages + 1..=self.page_count).any(|page| !self.file.is_in_wal(page));
        is_short.then_some(Truncation {
            expected_pages: self.page_count,
            stored_pages,
            has_partial_page,
        })
    }

    fn decrypt(&self, number: u32, page: &mut [u8]) -> Result<(), PageError> {
        let Some(opened) = &self.opened else {
            return Ok(());
        };
        match opened.cipher.decrypt(number, page) {
            // The messenger may have been writing this page while it was read.
            Err(PageError::Mac { .. }) => {
                self.file.read(number, page)?;
                opened.cipher.decrypt(number, page)
            }
            other => other,
        }
    }

    /// What was found in the log, if there is one that fits.
    pub fn wal_report(&self) -> Option<&WalReport> {
        self.file.wal_report()
    }

    /// Why the log beside the file was left out, if it was.
    pub fn wal_error(&self) -> Option<&WalError> {
        self.wal_error.as_ref()
    }
}

impl Pages for Container {
    fn page_size(&self) -> u32 {
        self.file.page_size()
    }

    fn usable_size(&self) -> u32 {
        // Not the profile's reserve: header byte 20 can name a larger one than the cipher uses.
        self.header.usable_size()
    }

    fn page_count(&self) -> u32 {
        self.page_count
    }

    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        self.file.read(number, into)?;
        self.decrypt(number, into)
    }

    fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        self.file.read_many(numbers, into, outcomes);
        let pages = into.chunks_exact_mut(self.page_size() as usize);
        for ((number, page), outcome) in numbers.iter().zip(pages).zip(outcomes) {
            if outcome.is_ok() {
                *outcome = self.decrypt(*number, page);
            }
        }
    }

    fn is_costly(&self) -> bool {
        self.is_encrypted()
    }

    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        Box::new(self.file.stored_pages())
    }

    fn fingerprint(&self) -> io::Result<u64> {
        self.file.fingerprint()
    }
}
