//! B-tree pages taken apart: headers, cells, and how much of a row lies on its page.
//!
//! Source: <https://www.sqlite.org/fileformat2.html> §1.6.

use std::ops::Range;

use crate::bytes::{be16, be32, varint};
use crate::damage::DamageReason;
use crate::header::HEADER_BYTES;

/// What a page is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    IndexInterior,
    TableInterior,
    IndexLeaf,
    TableLeaf,
}

impl Kind {
    pub(crate) fn of(byte: u8) -> Option<Self> {
        match byte {
            0x02 => Some(Self::IndexInterior),
            0x05 => Some(Self::TableInterior),
            0x0a => Some(Self::IndexLeaf),
            0x0d => Some(Self::TableLeaf),
            _ => None,
        }
    }

    pub(crate) fn is_leaf(self) -> bool {
        matches!(self, Self::IndexLeaf | Self::TableLeaf)
    }

    pub(crate) fn is_index(self) -> bool {
        matches!(self, Self::IndexLeaf | Self::IndexInterior)
    }
}

/// The sizes that decide how rows are laid out, the same for every page of a database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    pub(crate) page_size: usize,
    pub(crate) usable: usize,
    /// Longest payload that a table leaf keeps whole.
    table_limit: usize,
    /// Longest payload that an index page keeps whole.
    index_limit: usize,
    /// What stays on the page at least when the rest overflows.
    least: usize,
}

impl Geometry {
    /// `usable` must be at least 480, which [`crate::Header::parse`] ensures.
    pub(crate) fn new(page_size: u32, usable: u32) -> Self {
        let usable = (usable as usize).max(480);
        Self {
            page_size: page_size as usize,
            usable,
            table_limit: usable - 35,
            index_limit: (usable - 12) * 64 / 255 - 23,
            least: (usable - 12) * 32 / 255 - 23,
        }
    }

    /// How many bytes of a payload lie on the page itself.
    #[inline]
    fn local(&self, payload: u64, is_index: bool) -> usize {
        let limit = if is_index {
            self.index_limit
        } else {
            self.table_limit
        };
        match usize::try_from(payload) {
            Ok(payload) if payload <= limit => payload,
            Ok(payload) => {
                let surplus = self.least + (payload - self.least) % (self.usable - 4);
                if surplus <= limit {
                    surplus
                } else {
                    self.least
                }
            }
            Err(_) => self.least,
        }
    }
}

/// The header of a b-tree page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) cells: u16,
    /// The last child of an interior page.
    pub(crate) right: u32,
    /// Where the list of cell offsets starts.
    pointers: usize,
}

impl Node {
    /// Reads the header of page `number`; `None` when this is not a b-tree page.
    pub(crate) fn parse(page: &[u8], number: u32, geometry: &Geometry) -> Option<Self> {
        let start = if number == 1 { HEADER_BYTES } else { 0 };
        let kind = Kind::of(*page.get(start)?)?;
        let cells = be16(page, start + 3)?;
        let (right, pointers) = if kind.is_leaf() {
            (0, start + 8)
        } else {
            (be32(page, start + 8)?, start + 12)
        };
        let is_inside = pointers + usize::from(cells) * 2 <= geometry.usable;
        is_inside.then_some(Self {
            kind,
            cells,
            right,
            pointers,
        })
    }

    /// The bytes from the start of a cell to the end of the usable page.
    #[inline]
    fn cell_bytes<'p>(
        &self,
        page: &'p [u8],
        index: u16,
        geometry: &Geometry,
    ) -> Option<(usize, &'p [u8])> {
        let offset = usize::from(be16(page, self.pointers + usize::from(index) * 2)?);
        if offset < self.pointers {
            return None;
        }
        Some((offset, page.get(offset..geometry.usable)?))
    }

    /// The child and the largest rowid below it, for a cell of an interior table page.
    pub(crate) fn child(&self, page: &[u8], index: u16, geometry: &Geometry) -> Option<Child> {
        let (_, bytes) = self.cell_bytes(page, index, geometry)?;
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let page = u32::from_be_bytes(*head);
        let key = match self.kind {
            Kind::TableInterior => varint(rest)?.0.cast_signed(),
            _ => i64::MAX,
        };
        Some(Child { page, key })
    }

    /// The row in a cell of a leaf, or of an interior index page.
    #[inline]
    pub(crate) fn row(
        &self,
        page: &[u8],
        index: u16,
        geometry: &Geometry,
    ) -> Result<RowCell, DamageReason> {
        let (start, bytes) = self
            .cell_bytes(page, index, geometry)
            .ok_or(DamageReason::Cell)?;
        let skipped = if self.kind == Kind::IndexInterior {
            4
        } else {
            0
        };
        let mut at = skipped;
        let rest = bytes.get(at..).ok_or(DamageReason::Cell)?;
        let (payload, taken) = varint(rest).ok_or(DamageReason::Cell)?;
        at += taken;
        let mut rowid = 0;
        if self.kind == Kind::TableLeaf {
            let rest = bytes.get(at..).ok_or(DamageReason::Cell)?;
            let (number, taken) = varint(rest).ok_or(DamageReason::Cell)?;
            rowid = number.cast_signed();
            at += taken;
        }
        let local = geometry.local(payload, self.kind.is_index());
        let end = at + local;
        if end > bytes.len() {
            return Err(DamageReason::Cell);
        }
        let overflow = if (local as u64) < payload {
            be32(bytes, end).ok_or(DamageReason::Cell)?
        } else {
            0
        };
        Ok(RowCell {
            rowid,
            payload,
            local: start + at..start + end,
            overflow,
        })
    }

    /// All children with their largest rowids. A cell that makes no sense gives [`Child::LOST`] with the key of the next one.
    pub(crate) fn children(&self, page: &[u8], geometry: &Geometry, into: &mut Vec<Child>) {
        into.clear();
        for index in 0..self.cells {
            into.push(self.child(page, index, geometry).unwrap_or(Child::LOST));
        }
        let mut key = i64::MAX;
        for child in into.iter_mut().rev() {
            if child.page == 0 {
                child.key = key;
            }
            key = child.key;
        }
        into.push(Child {
            page: self.right,
            key: i64::MAX,
        });
    }
}

/// A child of an interior page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) page: u32,
    /// The largest rowid below it.
    pub(crate) key: i64,
}

impl Child {
    /// A child that nobody can find any more; no page has the number 0.
    pub(crate) const LOST: Self = Self {
        page: 0,
        key: i64::MAX,
    };
}

/// Where one row lies.
#[derive(Debug, Clone)]
pub(crate) struct RowCell {
    /// The row number; 0 on index pages.
    pub(crate) rowid: i64,
    /// Length of the whole record in bytes.
    pub(crate) payload: u64,
    /// The part of it on this page.
    pub(crate) local: Range<usize>,
    /// The first page of the rest; 0 when there is none.
    pub(crate) overflow: u32,
}

/// A set of page numbers that takes memory only where numbers are.
#[derive(Debug, Default)]
pub(crate) struct PageSet {
    chunks: Vec<Option<Box<[u64; 512]>>>,
}

impl PageSet {
    /// Adds a number; `false` when it was there already.
    pub(crate) fn insert(&mut self, page: u32) -> bool {
        let (chunk, word, bit) = Self::place(page);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, || None);
        }
        let Some(slot) = self.chunks.get_mut(chunk) else {
            return false;
        };
        let words = slot.get_or_insert_with(|| Box::new([0; 512]));
        let Some(found) = words.get_mut(word) else {
            return false;
        };
        let is_new = *found & bit == 0;
        *found |= bit;
        is_new
    }

    pub(crate) fn contains(&self, page: u32) -> bool {
        let (chunk, word, bit) = Self::place(page);
        self.chunks
            .get(chunk)
            .and_then(Option::as_deref)
            .and_then(|words| words.get(word))
            .is_some_and(|found| found & bit != 0)
    }

    pub(crate) fn clear(&mut self) {
        self.chunks.clear();
    }

    fn place(page: u32) -> (usize, usize, u64) {
        let page_index = page as usize;
        (page_index >> 15, page_index >> 6 & 511, 1 << (page & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_set_knows_what_was_added() {
        let mut set = PageSet::default();
        for page in [0, 1, 63, 64, 32_767, 32_768, u32::MAX] {
            assert!(!set.contains(page));
            assert!(set.insert(page));
            assert!(!set.insert(page));
            assert!(set.contains(page));
        }
        assert!(!set.contains(2));
    }

    #[test]
    fn long_payloads_keep_what_the_format_says_on_the_page() {
        let geometry = Geometry::new(1024, 1024);
        assert_eq!(geometry.local(989, false), 989);
        // Values from the formulas of the format page: K = M + (P − M) mod (U − 4).
        assert_eq!(geometry.local(990, false), 103);
        assert_eq!(geometry.local(2_000, false), 103 + (2_000 - 103) % 1_020);
        assert_eq!(geometry.local(230, true), 230);
        assert_eq!(geometry.local(231, true), 103);
    }
}
