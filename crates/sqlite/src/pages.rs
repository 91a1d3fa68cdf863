//! Pages by number: the one thing that the reader needs from a container.

use std::io;
use std::sync::Arc;

/// Why a page could not be had. Only the rows on that page are lost.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The file ends before this page is complete, or no such page exists.
    #[error("page {page} lies outside the file")]
    Missing {
        /// The page asked for.
        page: u32,
    },
    /// The page was changed or torn: its authentication code does not fit its bytes.
    #[error("page {page} fails its integrity check")]
    Mac {
        /// The page asked for.
        page: u32,
    },
    /// The operating system could not read it.
    #[error("page {page} cannot be read")]
    Io {
        /// The page asked for.
        page: u32,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The pages of one database, decrypted where needed, numbered from 1.
///
/// Reading is allowed from several threads at once.
pub trait Pages: Send + Sync + 'static {
    /// Bytes per page: a power of two from 512 to 65,536.
    fn page_size(&self) -> u32;

    /// Bytes of each page that SQLite itself uses: the page size without the reserve that header byte 20 names.
    fn usable_size(&self) -> u32;

    /// How many pages the database should have: the largest of what its header, its files and its log say.
    ///
    /// A truncated file has fewer; reading one of the missing pages gives [`PageError::Missing`].
    fn page_count(&self) -> u32;

    /// Reads page `number` into `into`, whose length must be [`Pages::page_size`].
    ///
    /// # Errors
    /// See [`PageError`]; the content of `into` is then unspecified.
    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError>;

    /// Reads several pages, each into its place in `into`; outcomes come in the order of `numbers`.
    ///
    /// `into` must have room for all of them. One failing page does not keep the others from being read.
    fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        outcomes.clear();
        let places = into.chunks_exact_mut(self.page_size() as usize);
        for (number, place) in numbers.iter().zip(places) {
            outcomes.push(self.read(*number, place));
        }
    }

    /// Whether reading a page costs so much work that other threads pay: checking and decrypting does, copying does not.
    fn is_costly(&self) -> bool {
        false
    }

    /// The numbers of the pages that are really stored, ascending.
    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        Box::new(1..=self.page_count())
    }

    /// A number that changes when the files behind the pages change; equal numbers mean "as it was".
    ///
    /// # Errors
    /// When the files can no longer be read.
    fn fingerprint(&self) -> io::Result<u64>;
}

impl<T: Pages + ?Sized> Pages for Arc<T> {
    fn page_size(&self) -> u32 {
        (**self).page_size()
    }
    fn usable_size(&self) -> u32 {
        (**self).usable_size()
    }
    fn page_count(&self) -> u32 {
        (**self).page_count()
    }
    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        (**self).read(number, into)
    }
    fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        (**self).read_many(numbers, into, outcomes);
    }
    fn is_costly(&self) -> bool {
        (**self).is_costly()
    }
    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        (**self).stored_pages()
    }
    fn fingerprint(&self) -> io::Result<u64> {
        (**self).fingerprint()
    }
}

impl<T: Pages + ?Sized> Pages for Box<T> {
    fn page_size(&self) -> u32 {
        (**self).page_size()
    }
    fn usable_size(&self) -> u32 {
        (**self).usable_size()
    }
    fn page_count(&self) -> u32 {
        (**self).page_count()
    }
    fn read(&self, number: u32, into: &mut [u8]) -> Result<(), PageError> {
        (**self).read(number, into)
    }
    fn read_many(
        &self,
        numbers: &[u32],
        into: &mut [u8],
        outcomes: &mut Vec<Result<(), PageError>>,
    ) {
        (**self).read_many(numbers, into, outcomes);
    }
    fn is_costly(&self) -> bool {
        (**self).is_costly()
    }
    fn stored_pages(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        (**self).stored_pages()
    }
    fn fingerprint(&self) -> io::Result<u64> {
        (**self).fingerprint()
    }
}
