//! The 100-byte header at the start of page 1.

use crate::bytes::{be16, be32};

/// The first 16 bytes of every plain SQLite database.
pub const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Length of the header in bytes.
pub const HEADER_BYTES: usize = 100;

/// The smallest usable size that the format allows; below it the payload formulas have no meaning.
const SMALLEST_USABLE: u32 = 480;

/// How the database stores text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8, by far the usual one.
    Utf8,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
}

/// What the header says. Source: <https://www.sqlite.org/fileformat2.html> §1.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Bytes per page.
    pub page_size: u32,
    /// Bytes at the end of each page that SQLite leaves alone (header byte 20).
    pub reserve: u32,
    /// Counts the transactions that changed the file; not kept up to date in WAL mode.
    pub change_counter: u32,
    /// Pages in the database, when the header is known to be current, otherwise `None`.
    pub page_count: Option<u32>,
    /// First page of the list of free pages; 0 when there is none.
    pub freelist_page: u32,
    /// How many pages are free.
    pub freelist_count: u32,
    /// Changes whenever a table or index is added, altered or dropped.
    pub schema_cookie: u32,
    /// Whether pointer-map pages are present (auto-vacuum).
    pub auto_vacuum: bool,
    /// How text is stored.
    pub encoding: TextEncoding,
}

/// Why the first page is not a header that can be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeaderError {
    /// Fewer than 100 bytes.
    #[error("the database header is cut short")]
    Short,
    /// The magic is missing: encrypted, or something else.
    #[error("the file does not start like an SQLite database")]
    Magic,
    /// The page size is not a power of two from 512 to 65,536.
    #[error("the header gives the impossible page size {0}")]
    PageSize(u32),
    /// The reserve leaves less than 480 usable bytes.
    #[error("the header reserves {0} bytes of each page, which leaves too little")]
    Reserve(u32),
    /// A text encoding other than the three that exist.
    #[error("the header names the unknown text encoding {0}")]
    Encoding(u32),
}

impl Header {
    /// Reads the header from the first bytes of page 1.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(page: &[u8]) -> Result<Self, HeaderError> {
        let header = page.get(..HEADER_BYTES).ok_or(HeaderError::Short)?;
        if !header.starts_with(MAGIC) {
            return Err(HeaderError::Magic);
        }
        let word = |at| be32(header, at).ok_or(HeaderError::Short);
        let page_size = match be16(header, 16).ok_or(HeaderError::Short)? {
            1 => 65_536,
            size => u32::from(size),
        };
        if !(512..=65_536).contains(&page_size) || !page_size.is_power_of_two() {
            return Err(HeaderError::PageSize(page_size));
        }
        let reserve = u32::from(*header.get(20).ok_or(HeaderError::Short)?);
        if page_size - reserve < SMALLEST_USABLE {
            return Err(HeaderError::Reserve(reserve));
        }
        let change_counter = word(24)?;
        let page_count = word(28)?;
        // Writers older than 3.7.0 do not keep the count; they also leave "version valid for" behind.
        let is_current = page_count > 0 && word(92)? == change_counter;
        let encoding = match word(56)? {
            // Zero is what a database without any table has.
            0 | 1 => TextEncoding::Utf8,
            2 => TextEncoding::Utf16Le,
            3 => TextEncoding::Utf16Be,
            other => return Err(HeaderError::Encoding(other)),
        };
        Ok(Self {
            page_size,
            reserve,
            change_counter,
            page_count: is_current.then_some(page_count),
            freelist_page: word(32)?,
            freelist_count: word(36)?,
            schema_cookie: word(40)?,
            auto_vacuum: word(52)? != 0,
            encoding,
        })
    }

    /// Bytes of each page that SQLite uses.
    pub fn usable_size(&self) -> u32 {
        self.page_size - self.reserve
    }
}
