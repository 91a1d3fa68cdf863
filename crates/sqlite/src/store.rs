//! Stored pages: the main file with the newest pages of its log laid over it, and plain databases made of them.

use std::io;
use std::sync::Arc;

use crate::header::{HEADER_BYTES, Header, HeaderError};
use crate::pages::{PageError, Pages};
use crate::read_at::ReadAt;
use crate::wal::{Wal, WalError, WalReport};

/// The bytes of pages as they lie in the files, decrypted by nobody yet.
#[derive(Debug)]
pub struct PageFile {
    main: Main,
    wal: Option<Wal>,
}

struct Main {
    file: Arc<dyn ReadAt>,
    /// Offset of page 1 in bytes; QQ puts 1,024 bytes of its own in front.
    base: u64,
    page_size: u32,
    /// Whole pages in the file.
    pages: u32,
    has_partial_page: bool,
}

impl Main {
    fn read_run(&self, first: u32, into: &mut [u8]) -> io::Result<()> {
        let offset = self.base + u64::from(first.saturating_sub(1)) * u64::from(self.page_size);
        self.file.read_exact_at(into, offset)
    }
}

impl std::fmt::Debug for Main {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Main")
            .field("base", &self.base)
            .field("page_size", &self.page_size)
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}

impl PageFile {
    /// Lays `wal` over the main file, whose page 1 starts at offset `base`.
    ///
    /// # Errors
    /// When the length of the file cannot be had.
    pub fn new(
        file: Arc<dyn ReadAt>,
        base: u64,
        page_size: u32,
        wal: Option<Wal>,
    ) -> io::Result<Self> {
        let body = file.len()?.saturating_sub(base);
        let size = u64::from(page_size.max(1));
        Ok(Self {
            main: Main {
                file,
                base,
                page_size,
                pages: u32::try_from(body / size).unwrap_or(u32::MAX),
                has_partial_page: !body.is_multiple_of(size),
            },
            wal,
        })
    }

    /// Bytes per page.
    pub fn page_size(&self) -> u32 {
        self.main.page_size
    }

    /// Whole pages in the main file.
    pub fn main_pages(&self) -> u32 {
        self.main.pages
    }

    /// Whether the main file ends inside a page.
    pub fn has_partial_page(&self) -> bool {
        self.main.has_partial_page
    }

    /// The highest page number stored anywhere.
    pub fn highest_page(&self) -> u32 {
        let logged = self.wal.as_ref().map_or(0, Wal::highest_page);
        self.main.pages.max(logged)
    }

    /// Whether the newest copy of a page lies in the log.
    pub fn is_in_wal(&self, page: u32) -> bool {
        self.wal.as_ref().is_some_and(|wal| wal.contains(page))
    }

    /// What was found in the log, if there is one.
    pub fn wal_report(&self) -> Option<&WalReport> {
        self.wal.as_ref().map(Wal::report)
    }

    /// Reads the newest committed copy of a page, as stored.
    ///
    /// # Errors
    /// `Missing` or `Io`.
    pub fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        let io = |source| PageError::Io {
            page: number,
            source,
        };
        if let Some(wal) = &self.wal
            && wal.read(number, into).map_err(io)?
        {
            return Ok(());
        }
        if number == 0 || number > self.main.pages {
            return Err(PageError::Missing { page: number });
        }
        match self.main.read_run(number, into) {
            // The file shrank after it was opened.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(PageError::Missing { page: number })
            }
            other => other.map_err(io),
        }
    }

    /// As [`Pages::read_many`]: pages that lie one behind the other in the main file are fetched together.
    pub fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        outcomes.clear();
        let size = self.main.page_size as usize;
        let mut numbers = numbers;
        let mut into = into;
        while let Some(first) = numbers.first() {
            let run = self.run_length(numbers);
            let Some((place, rest)) = into.split_at_mut_checked(run.max(1) * size) else {
                return;
            };
            if run > 1 && self.main.read_run(*first, place).is_ok() {
                outcomes.extend((0..run).map(|_| Ok(())));
            } else {
                let pages = numbers.iter().zip(place.chunks_exact_mut(size));
                outcomes.extend(pages.map(|(number, page)| self.read(*number, page)));
            }
            numbers = numbers.get(run.max(1)..).unwrap_or_default();
            into = rest;
        }
    }

    /// How many of the first numbers follow each other and lie in the main file.
    fn run_length(&self, numbers: &[u32]) -> usize {
        let first = numbers.first().copied().unwrap_or_default();
        numbers
            .iter()
            .zip(first..=self.main.pages)
            .take_while(|(number, expected)| {
                *number == expected && *expected != 0 && !self.is_in_wal(**number)
            })
            .count()
    }

    /// The numbers of the pages stored in the file or the log, ascending.
    pub fn stored_pages(&self) -> impl Iterator<Item = u32> + '_ {
        let last = self.main.pages;
        let logged = self.wal.as_ref().map(Wal::page_numbers).unwrap_or_default();
        (1..=last).chain(logged.into_iter().filter(move |number| *number > last))
    }

    /// A number over everything that changes when somebody writes to the database.
    ///
    /// # Errors
    /// When the files can no longer be read.
    pub fn fingerprint(&self) -> io::Result<u64> {
        let mut mix = Mixer::default();
        let length = self.main.file.len()?;
        mix.number(length);
        let body = length.saturating_sub(self.main.base);
        let first = u64::from(self.main.page_size).min(body);
        let mut page = vec![0; usize::try_from(first).unwrap_or_default()];
        self.main.file.read_exact_at(&mut page, self.main.base)?;
        mix.bytes(&page);
        if let Some(wal) = &self.wal {
            wal.fingerprint(&mut mix)?;
        }
        Ok(mix.0)
    }
}

/// FNV-1a: enough to notice a change, not meant to resist forgery.
pub(crate) struct Mixer(u64);

impl Default for Mixer {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Mixer {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }
}

/// Why a plain database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PlainError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// Its first page is not that of a plain database.
    #[error("the first page cannot be used")]
    Header(#[from] HeaderError),
    /// The operating system could not read it.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// Page 1 could not be read.
    #[error("the first page cannot be read")]
    Page(#[from] PageError),
}

/// A database that is not encrypted.
#[derive(Debug)]
pub struct PlainPages {
    file: PageFile,
    header: Header,
    page_count: u32,
    wal_error: Option<WalError>,
}

impl PlainPages {
    /// Opens a plain database with the log beside it, if there is one.
    ///
    /// A log that does not fit is left out and kept in [`PlainPages::wal_error`]. A file shorter than its header says is
    /// opened; its missing pages fail one by one.
    ///
    /// # Errors
    /// See [`PlainError`].
    pub fn open(main: Arc<dyn ReadAt>, wal: Option<Arc<dyn ReadAt>>) -> Result<Self, PlainError> {
        Self::open_at(main, 0, wal)
    }

    /// As [`PlainPages::open`], for a database that starts at offset `base` of its file.
    ///
    /// # Errors
    /// See [`PlainError`].
    pub fn open_at(
        main: Arc<dyn ReadAt>,
        base: u64,
        wal: Option<Arc<dyn ReadAt>>,
    ) -> Result<Self, PlainError> {
        let length = main.len()?;
        if length <= base {
            return Err(PlainError::Empty);
        }
        if length - base < HEADER_BYTES as u64 {
            return Err(HeaderError::Short.into());
        }
        let mut first = [0; HEADER_BYTES];
        main.read_exact_at(&mut first, base)?;
        let page_size = Header::parse(&first)?.page_size;
        let (wal, wal_error) = match wal.map(|log| Wal::open(log, page_size, None)) {
            None => (None, None),
            Some(Ok(log)) => (Some(log), None),
            Some(Err(error)) => (None, Some(error)),
        };
        let file = PageFile::new(main, base, page_size, wal)?;
        // The log may hold a newer page 1, with the current page count.
        let mut page = vec![0; page_size as usize];
        let header = match file.read(1, &mut page) {
            Ok(()) => Header::parse(&page)?,
            // Not even one whole page: what there is of it says enough to report every row as missing.
            Err(PageError::Missing { .. }) => Header::parse(&first)?,
            Err(error) => return Err(error.into()),
        };
        if header.page_size != page_size {
            return Err(HeaderError::PageSize(header.page_size).into());
        }
        Ok(Self {
            page_count: file.highest_page().max(header.page_count.unwrap_or(0)),
            header,
            file,
            wal_error,
        })
    }

    /// The database header, from the newest copy of page 1.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The stored pages, and why the log beside them was left out, if it was.
    pub fn into_parts(self) -> (PageFile, Option<WalError>) {
        (self.file, self.wal_error)
    }

    /// The stored pages.
    pub fn file(&self) -> &PageFile {
        &self.file
    }

    /// Why the log beside the file was left out, if it was.
    pub fn wal_error(&self) -> Option<&WalError> {
        self.wal_error.as_ref()
    }
}

impl Pages for PlainPages {
    fn page_size(&self) -> u32 {
        self.file.page_size()
    }

    fn usable_size(&self) -> u32 {
        self.header.usable_size()
    }

    fn page_count(&self) -> u32 {
        self.page_count
    }

    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        self.file.read(number, into)
    }

    fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        self.file.read_many(numbers, into, outcomes);
    }

    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        Box::new(self.file.stored_pages())
    }

    fn fingerprint(&self) -> io::Result<u64> {
        self.file.fingerprint()
    }
}
