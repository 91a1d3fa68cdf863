//! Leaf pages of tables whose interior pages are lost.
//!
//! When an interior page cannot be read, the leaf pages below it are intact but nothing links them. They are found as
//! leaf pages that no tree reaches and that are not free, and go to the one table that they fit: a table with a gap that
//! their row numbers fall into, enough columns for their records, and column types that allow their values. If none or
//! several fit, or if the schema or the list of free pages is damaged as well, they are only counted, because giving
//! someone's message to another conversation is worse than reporting it as lost.

use std::collections::{HashMap, HashSet};

use crate::btree::{Child, Kind, Node, PageSet};
use crate::bytes::be32;
use crate::cursor::MAX_DEPTH;
use crate::database::Database;
use crate::pages::Pages;
use crate::record::{Stored, shape};
use crate::schema::{Affinity, Table};

/// Orphaned leaf pages, by the root page of the table they were given to.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    /// In the order of their row numbers.
    assigned: HashMap<u32, Vec<u32>>,
    /// Root page of the table that reports them → (page, rows).
    unassigned: HashMap<u32, Vec<(u32, u64)>>,
}

impl Orphans {
    pub(crate) fn assigned(&self, root: u32) -> &[u32] {
        self.assigned.get(&root).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn unassigned(&self, root: u32) -> &[(u32, u64)] {
        self.unassigned.get(&root).map_or(&[], Vec::as_slice)
    }

    /// Reads every stored page once, and the orphaned leaf pages a second time.
    pub(crate) fn search<P: Pages>(database: &Database<P>) -> Self {
        let survey = Survey::take(database);
        let mut reached = PageSet::default();
        let mut gaps = Vec::new();
        survey.follow(1, &mut reached);
        for root in database.index_roots() {
            survey.follow(*root, &mut reached);
        }
        for table in database.tables().iter().filter(|table| !table.is_virtual) {
            let lost = survey.follow(table.root_page, &mut reached);
            if !table.without_rowid {
                gaps.extend(lost.into_iter().map(|(low, high)| Gap { table, low, high }));
            }
        }
        let is_list_whole = mark_free_pages(database, &mut reached);
        let can_assign = is_list_whole && database.schema_damage().is_empty();
        let mut leaves: Vec<OrphanLeaf> = survey
            .table_leaves
            .iter()
            .filter(|page| !reached.contains(**page) && !is_pointer_map(database, **page))
            .filter_map(|page| OrphanLeaf::read(database, *page))
            .collect();
        leaves.sort_by_key(|leaf| (leaf.first, leaf.page));
        let mut orphans = Self::default();
        for leaf in &leaves {
            orphans.place(leaf, &gaps, can_assign);
        }
        orphans
    }

    fn place(&mut self, leaf: &OrphanLeaf, gaps: &[Gap<'_>], can_assign: bool) {
        let mut fitting: Vec<u32> = gaps
            .iter()
            .filter(|gap| gap.holds(leaf) && leaf.fits(gap.table))
            .map(|gap| gap.table.root_page)
            .collect();
        fitting.dedup();
        match fitting.as_slice() {
            [root] if can_assign => self.assigned.entry(*root).or_default().push(leaf.page),
            found => {
                // One damaged table reports it, so that it is counted once.
                let reporter = found.first().copied();
                let reporter = reporter.or(gaps.first().map(|gap| gap.table.root_page));
                if let Some(root) = reporter {
                    let place = self.unassigned.entry(root).or_default();
                    place.push((leaf.page, leaf.rows));
                }
            }
        }
    }
}

/// A range of row numbers whose pages are lost: above `low`, up to `high`.
#[derive(Debug, Clone, Copy)]
struct Gap<'db> {
    table: &'db Table,
    low: Option<i64>,
    high: i64,
}

impl Gap<'_> {
    fn holds(&self, leaf: &OrphanLeaf) -> bool {
        self.low.is_none_or(|low| leaf.first > low) && leaf.last <= self.high
    }
}

/// What every stored page is, and where the interior ones lead.
#[derive(Default)]
struct Survey {
    interior: HashMap<u32, Vec<Child>>,
    table_leaves: HashSet<u32>,
    index_leaves: HashSet<u32>,
}

impl Survey {
    fn take<P: Pages>(database: &Database<P>) -> Self {
        let pages = database.pages();
        let geometry = database.geometry();
        let mut survey = Self::default();
        let mut page = vec![0; geometry.page_size];
        for number in pages.stored_pages() {
            if pages.read(number, &mut page).is_err() {
                continue;
            }
            let Some(node) = Node::parse(&page, number, geometry) else {
                continue;
            };
            match node.kind {
                Kind::TableLeaf => {
                    survey.table_leaves.insert(number);
                }
                Kind::IndexLeaf => {
                    survey.index_leaves.insert(number);
                }
                Kind::TableInterior | Kind::IndexInterior => {
                    let mut children = Vec::new();
                    node.children(&page, geometry, &mut children);
                    survey.interior.insert(number, children);
                }
            }
        }
        survey
    }

    /// Marks everything below `root` and gives the ranges of row numbers that a lost interior page leaves open.
    fn follow(&self, root: u32, reached: &mut PageSet) -> Vec<(Option<i64>, i64)> {
        let mut gaps = Vec::new();
        let mut leaf_depth = None;
        let mut ahead = vec![(root, None, i64::MAX, 0)];
        while let Some((page, low, high, depth)) = ahead.pop() {
            if !reached.insert(page) || depth > MAX_DEPTH {
                continue;
            }
            if self.table_leaves.contains(&page) || self.index_leaves.contains(&page) {
                leaf_depth = Some(depth);
                continue;
            }
            let Some(children) = self.interior.get(&page) else {
                gaps.push((low, high, depth));
                continue;
            };
            let mut below = low;
            for child in children {
                let key = child.key.min(high);
                ahead.push((child.page, below, key, depth + 1));
                below = Some(key);
            }
        }
        // All leaves lie at one depth, so a page lost there took no others with it.
        gaps.into_iter()
            .filter(|(_, _, depth)| Some(*depth) != leaf_depth)
            .map(|(low, high, _)| (low, high))
            .collect()
    }
}

/// A leaf page that nothing links.
struct OrphanLeaf {
    page: u32,
    rows: u64,
    first: i64,
    last: i64,
    /// The kinds of the fields of every row; equal ones once.
    shapes: HashSet<Vec<Stored>>,
}

impl OrphanLeaf {
    /// `None` when the page is empty or any of its cells makes no sense: then it is no table page at all.
    fn read<P: Pages>(database: &Database<P>, number: u32) -> Option<Self> {
        let geometry = database.geometry();
        let mut page = vec![0; geometry.page_size];
        database.pages().read(number, &mut page).ok()?;
        let node = Node::parse(&page, number, geometry)?;
        let mut shapes = HashSet::new();
        let mut fields = Vec::new();
        let mut rowids = Vec::new();
        for index in 0..node.cells {
            let cell = node.row(&page, index, geometry).ok()?;
            shape(page.get(cell.local)?, cell.payload, &mut fields)?;
            if !shapes.contains(&fields) {
                shapes.insert(fields.clone());
            }
            rowids.push(cell.rowid);
        }
        rowids.is_sorted_by(|one, next| one < next).then_some(())?;
        Some(Self {
            page: number,
            rows: rowids.len() as u64,
            first: *rowids.first()?,
            last: *rowids.last()?,
            shapes,
        })
    }

    fn fits(&self, table: &Table) -> bool {
        self.shapes.iter().all(|fields| fits(fields, table))
    }
}

/// Whether a table with these columns can hold a record with these kinds of fields.
pub(crate) fn fits(fields: &[Stored], table: &Table) -> bool {
    if fields.len() > table.stored.len() {
        return false;
    }
    fields.iter().zip(&table.stored).all(|(field, index)| {
        let Some(column) = table.columns.get(*index) else {
            return false;
        };
        let is_number = matches!(field, Stored::Integer | Stored::One | Stored::Real);
        match field {
            _ if column.is_rowid => *field == Stored::Null,
            Stored::Null => !column.is_not_null,
            Stored::Text => matches!(column.affinity, Affinity::Text | Affinity::Blob),
            // Text columns turn numbers into text on storing.
            _ if is_number => column.affinity != Affinity::Text,
            _ => true,
        }
    })
}

/// Marks the free pages, whose stale rows must not come back; `false` when the list cannot be read to its end.
fn mark_free_pages<P: Pages>(database: &Database<P>, reached: &mut PageSet) -> bool {
    let pages = database.pages();
    let header = database.header();
    let geometry = database.geometry();
    let mut page = vec![0; geometry.page_size];
    let mut trunk = header.freelist_page;
    let mut count = 0u64;
    let mut trunks = PageSet::default();
    while trunk != 0 {
        if !trunks.insert(trunk) || pages.read(trunk, &mut page).is_err() {
            return false;
        }
        reached.insert(trunk);
        let most = (geometry.usable / 4 - 2) as u64;
        let (Some(next), Some(leaves)) = (be32(&page, 0), be32(&page, 4)) else {
            return false;
        };
        if u64::from(leaves) > most {
            return false;
        }
        for index in 0..leaves as usize {
            if let Some(free) = be32(&page, 8 + index * 4) {
                reached.insert(free);
            }
        }
        count += 1 + u64::from(leaves);
        trunk = next;
    }
    count == u64::from(header.freelist_count)
}

/// Whether a page is one of the pointer-map pages of an auto-vacuum database, or the page that locks lie on.
fn is_pointer_map<P: Pages>(database: &Database<P>, page: u32) -> bool {
    const LOCK_OFFSET: usize = 0x4000_0000;
    let geometry = database.geometry();
    let lock_page = LOCK_OFFSET / geometry.page_size + 1;
    let every = geometry.usable / 5 + 1;
    let number = page as usize;
    let is_map = database.header().auto_vacuum && number >= 2 && (number - 2).is_multiple_of(every);
    is_map || number == lock_page
}
