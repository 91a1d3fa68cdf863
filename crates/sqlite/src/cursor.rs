//! A walk over the rows of one table, page by page, that goes around damage.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::ahead::Ahead;
use crate::btree::{Child, Geometry, Node, PageSet, RowCell};
use crate::damage::{Damage, DamageReason};
use crate::database::Database;
use crate::header::TextEncoding;
use crate::pages::Pages;
use crate::record::{Need, Projection, Slot, convert_text};
use crate::row::Row;
use crate::schema::Table;

/// The deepest tree that is followed. SQLite itself allows 20 levels.
pub const MAX_DEPTH: usize = 40;

/// The longest record in bytes; SQLite's own limit is below it. Smaller databases allow only what they can hold.
pub const MAX_PAYLOAD_BYTES: u64 = 1 << 30;

/// Rows of one table in the order of their row numbers, lent one at a time.
///
/// Damage is reported where it is met and the walk goes on behind it. When an interior page is lost, the leaf pages below
/// it are looked for in the whole file at the end of the walk, and their rows come last (see [`Row::is_salvaged`]).
pub struct Cursor<'db, P> {
    database: &'db Database<P>,
    table: Arc<str>,
    root: u32,
    is_index: bool,
    projection: Projection,
    /// Rows below this number are passed over.
    from: i64,
    is_started: bool,
    /// Whether lost leaf pages are looked for at the end.
    is_salvaging: bool,
    orphans: Option<std::vec::IntoIter<u32>>,
    path: Vec<Level>,
    /// Page buffers of levels that were left.
    spare: Vec<Vec<u8>>,
    leaf: Leaf,
    seen: PageSet,
    lost: Lost,
    waiting: VecDeque<Damage>,
    row: Found,
    /// Which child of the last level is entered, when it is to be read ahead.
    turn: Option<usize>,
    ahead: Ahead,
}

/// An interior page on the way to the current leaf.
struct Level {
    number: u32,
    node: Node,
    /// Kept for index trees only, whose interior pages hold rows too.
    page: Vec<u8>,
    children: Vec<Child>,
    /// Counts children in table trees; children and rows alternately in index trees.
    next: usize,
}

/// The leaf that is being read.
#[derive(Default)]
struct Leaf {
    number: u32,
    page: Vec<u8>,
    node: Option<Node>,
    next: u16,
}

/// Pages that could not be entered, to decide whether whole subtrees are missing.
#[derive(Default)]
struct Lost {
    depths: Vec<usize>,
    leaf_depth: Option<usize>,
}

impl Lost {
    fn has_subtrees(&self) -> bool {
        self.depths
            .iter()
            .any(|depth| Some(*depth) != self.leaf_depth)
    }
}

/// The current row.
#[derive(Default)]
struct Found {
    rowid: i64,
    page: u32,
    place: Place,
    slots: Vec<Slot>,
    /// The record, put together, when it continues on other pages.
    whole: Vec<u8>,
    spill: Vec<u8>,
    converted: Vec<u8>,
}

/// Where the payload of the current row is.
#[derive(Default)]
enum Place {
    #[default]
    Whole,
    Leaf(std::ops::Range<usize>),
    Level(usize, std::ops::Range<usize>),
}

enum Step {
    Row,
    Damage(Box<Damage>),
    End,
}

impl<'db, P: Pages> Cursor<'db, P> {
    pub(crate) fn new(
        database: &'db Database<P>,
        table: &Table,
        columns: &[&str],
        from: i64,
    ) -> Self {
        let projection = Projection::new(table, columns);
        let slots = vec![Slot::default(); projection.slots()];
        Self {
            database,
            table: Arc::clone(&table.name),
            root: table.root_page,
            is_index: table.without_rowid,
            projection,
            from,
            is_started: false,
            is_salvaging: !table.without_rowid,
            orphans: None,
            path: Vec::new(),
            spare: Vec::new(),
            leaf: Leaf {
                page: vec![0; database.geometry().page_size],
                ..Leaf::default()
            },
            seen: PageSet::default(),
            lost: Lost::default(),
            waiting: VecDeque::new(),
            row: Found {
                slots,
                ..Found::default()
            },
            turn: None,
            ahead: Ahead::new(database.pages().is_costly()),
        }
    }

    /// Does all work on the caller's thread; otherwise large encrypted tables are decrypted on two others.
    #[must_use]
    pub fn without_thread(mut self) -> Self {
        self.ahead = Ahead::new(false);
        self
    }

    /// Leaves out the search for lost leaf pages at the end of a damaged table.
    #[must_use]
    pub fn without_salvage(mut self) -> Self {
        self.is_salvaging = false;
        self
    }

    /// The next row, a place that could not be read, or `None` at the end.
    ///
    /// After damage the walk can go on; it always ends, whatever the file says.
    #[expect(
        clippy::should_implement_trait,
        reason = "the row borrows from the cursor, which Iterator cannot express"
    )]
    pub fn next(&mut self) -> Option<Result<Row<'_>, Damage>> {
        match self.step() {
            Step::Row => Some(Ok(self.current())),
            Step::Damage(damage) => Some(Err(*damage)),
            Step::End => None,
        }
    }

    /// Moves to the row of that number, if the table has it. Rows after it follow with [`Cursor::next`].
    ///
    /// # Errors
    /// The damage that lies where the row should be.
    pub fn find(&mut self, rowid: i64) -> Result<Option<Row<'_>>, Damage> {
        self.restart(rowid);
        match self.step() {
            Step::Row if self.row.rowid == rowid => Ok(Some(self.current())),
            Step::Damage(damage) => Err(*damage),
            _ => Ok(None),
        }
    }

    /// Ends the walk before it starts.
    pub(crate) fn finish(&mut self) {
        self.is_started = true;
        self.is_salvaging = false;
    }

    fn restart(&mut self, from: i64) {
        self.from = from;
        self.is_started = false;
        self.is_salvaging = false;
        self.orphans = None;
        self.leaf.node = None;
        // A look-up needs one leaf, not its neighbours.
        self.lost.leaf_depth = None;
        self.ahead.reset();
        self.seen.clear();
        self.waiting.clear();
        while self.pop().is_some() {}
    }

    fn current(&self) -> Row<'_> {
        let payload = match &self.row.place {
            Place::Whole => Some(self.row.whole.as_slice()),
            Place::Leaf(range) => self.leaf.page.get(range.clone()),
            Place::Level(level, range) => self
                .path
                .get(*level)
                .and_then(|level| level.page.get(range.clone())),
        };
        Row {
            rowid: self.row.rowid,
            page: self.row.page,
            is_salvaged: self.orphans.is_some(),
            outputs: &self.projection.outputs,
            slots: &self.row.slots,
            payload: payload.unwrap_or_default(),
            converted: &self.row.converted,
        }
    }

    fn step(&mut self) -> Step {
        loop {
            if let Some(damage) = self.waiting.pop_front() {
                return Step::Damage(Box::new(damage));
            }
            let step = match self.leaf.node {
                Some(node) if self.leaf.next < node.cells => self.leaf_row(&node),
                _ => self.advance(),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    /// Reads the next cell of the leaf; `None` when it is passed over.
    #[inline]
    fn leaf_row(&mut self, node: &Node) -> Option<Step> {
        let index = self.leaf.next;
        self.leaf.next += 1;
        let number = self.leaf.number;
        match node.row(&self.leaf.page, index, self.database.geometry()) {
            Ok(cell) => {
                if !self.is_index && cell.rowid < self.from {
                    return None;
                }
                let rowid = cell.rowid;
                self.row.rowid = rowid;
                self.row.page = number;
                self.row.place = Place::Leaf(cell.local.clone());
                Some(match self.take(&cell, None) {
                    Ok(()) => Step::Row,
                    Err(reason) => self.lost_row(number, index, Some(rowid), reason),
                })
            }
            Err(reason) => Some(self.lost_row(number, index, None, reason)),
        }
    }

    /// Reads the row in a cell of an interior index page.
    fn level_row(&mut self, depth: usize, index: usize) -> Option<Step> {
        let level = self.path.get(depth)?;
        let index = u16::try_from(index).ok()?;
        let number = level.number;
        let cell = level.node.row(&level.page, index, self.database.geometry());
        self.row.rowid = 0;
        self.row.page = number;
        let taken = cell.and_then(|cell| {
            self.row.place = Place::Level(depth, cell.local.clone());
            self.take(&cell, Some(depth))
        });
        Some(match taken {
            Ok(()) => Step::Row,
            Err(reason) => self.lost_row(number, index, None, reason),
        })
    }

    fn lost_row(&self, page: u32, cell: u16, rowid: Option<i64>, reason: DamageReason) -> Step {
        Step::Damage(Box::new(Damage {
            cell: Some(cell),
            rowid,
            rows: Some(1),
            ..Damage::of_page(&self.table, page, reason)
        }))
    }

    /// Locates the wanted fields of a cell and fetches its continuation pages as far as they are needed.
    #[inline]
    fn take(&mut self, cell: &RowCell, depth: Option<usize>) -> Result<(), DamageReason> {
        if cell.payload > self.database.payload_limit() {
            return Err(DamageReason::PayloadSize(cell.payload));
        }
        let page = match depth {
            None => Some(self.leaf.page.as_slice()),
            Some(depth) => self.path.get(depth).map(|level| level.page.as_slice()),
        };
        let local = page
            .and_then(|page| page.get(cell.local.clone()))
            .unwrap_or_default();
        let mut need = self
            .projection
            .locate(local, cell.payload, &mut self.row.slots)?;
        let is_local = matches!(need, Need::Body(end) if end <= local.len());
        if !is_local {
            self.row.whole.clear();
            self.row.whole.extend_from_slice(local);
            self.row.place = Place::Whole;
            let mut chain = Chain {
                next: cell.overflow,
                payload: cell.payload,
            };
            if let Need::Header(end) = need {
                chain.fetch(self.database, &mut self.seen, &mut self.row, end)?;
                need =
                    self.projection
                        .locate(&self.row.whole, cell.payload, &mut self.row.slots)?;
            }
            match need {
                Need::Body(end) => {
                    chain.fetch(self.database, &mut self.seen, &mut self.row, end)?;
                }
                Need::Header(_) => return Err(DamageReason::Cell),
            }
        }
        if self.database.header().encoding != TextEncoding::Utf8 {
            self.convert(depth);
        }
        Ok(())
    }

    fn convert(&mut self, depth: Option<usize>) {
        let payload = match (&self.row.place, depth) {
            (Place::Whole, _) => Some(self.row.whole.as_slice()),
            (Place::Leaf(range), _) => self.leaf.page.get(range.clone()),
            (Place::Level(level, range), _) => self
                .path
                .get(*level)
                .and_then(|level| level.page.get(range.clone())),
        };
        convert_text(
            self.database.header().encoding,
            payload.unwrap_or_default(),
            &mut self.row.slots,
            &mut self.row.converted,
        );
    }

    /// Goes to the next leaf, or to the next row of an interior index page.
    fn advance(&mut self) -> Option<Step> {
        self.leaf.node = None;
        if !self.is_started {
            self.is_started = true;
            return self.enter(self.root);
        }
        let depth = self.path.len();
        let Some(level) = self.path.last_mut() else {
            return self.next_orphan();
        };
        let turn = level.next;
        level.next += 1;
        let (child, row) = if self.is_index {
            (turn / 2, (turn % 2 == 1).then_some(turn / 2))
        } else {
            (turn, None)
        };
        if let Some(row) = row {
            return if row < usize::from(level.node.cells) {
                self.level_row(depth - 1, row)
            } else {
                None
            };
        }
        match level.children.get(child).copied() {
            None => {
                self.pop();
                None
            }
            Some(child) if !self.is_index && child.key < self.from => None,
            Some(Child { page: 0, .. }) => {
                let number = level.number;
                self.lost.depths.push(depth);
                self.lost.depths.dedup();
                Some(Step::Damage(Box::new(Damage {
                    cell: u16::try_from(child).ok(),
                    ..Damage::of_page(&self.table, number, DamageReason::Cell)
                })))
            }
            Some(found) => {
                // Below this level there are leaves; they are read ahead.
                self.turn = (self.lost.leaf_depth == Some(depth)).then_some(child);
                self.enter(found.page)
            }
        }
    }

    /// Reads a page of the tree and makes it the leaf or a level of the path.
    fn enter(&mut self, number: u32) -> Option<Step> {
        match self.try_enter(number) {
            Ok(()) => None,
            Err(reason) => {
                self.lost.depths.push(self.path.len());
                self.lost.depths.dedup();
                Some(Step::Damage(Box::new(Damage::of_page(
                    &self.table,
                    number,
                    reason,
                ))))
            }
        }
    }

    fn try_enter(&mut self, number: u32) -> Result<(), DamageReason> {
        let geometry = *self.database.geometry();
        if !self.seen.insert(number) {
            return Err(DamageReason::Cycle);
        }
        let pages = self.database.shared_pages();
        let outcome = match (self.turn.take(), self.path.last()) {
            (Some(index), Some(level)) => self.ahead.read(
                pages,
                level.number,
                &level.children,
                index,
                &mut self.leaf.page,
            ),
            _ => pages.read(number, &mut self.leaf.page),
        };
        outcome.map_err(DamageReason::Page)?;
        let node = Node::parse(&self.leaf.page, number, &geometry)
            .filter(|node| node.kind.is_index() == self.is_index)
            .ok_or(DamageReason::NotATablePage)?;
        if node.kind.is_leaf() {
            self.lost.leaf_depth = Some(self.path.len());
            self.leaf.number = number;
            self.leaf.node = Some(node);
            self.leaf.next = 0;
            return Ok(());
        }
        if self.path.len() >= MAX_DEPTH {
            return Err(DamageReason::Depth);
        }
        self.push(number, node, &geometry);
        Ok(())
    }

    fn push(&mut self, number: u32, node: Node, geometry: &Geometry) {
        let mut children = Vec::with_capacity(usize::from(node.cells) + 1);
        node.children(&self.leaf.page, geometry, &mut children);
        let mut page = Vec::new();
        if self.is_index {
            page = self
                .spare
                .pop()
                .unwrap_or_else(|| vec![0; geometry.page_size]);
            std::mem::swap(&mut page, &mut self.leaf.page);
        }
        self.path.push(Level {
            number,
            node,
            page,
            children,
            next: 0,
        });
    }

    fn pop(&mut self) -> Option<()> {
        let level = self.path.pop()?;
        if self.is_index {
            self.spare.push(level.page);
        }
        Some(())
    }

    /// At the end of a damaged table: the next leaf page that no table links but that fits this one alone.
    fn next_orphan(&mut self) -> Option<Step> {
        if self.orphans.is_none() {
            if !self.is_salvaging || !self.lost.has_subtrees() {
                return Some(Step::End);
            }
            let orphans = self.database.orphans();
            for (page, rows) in orphans.unassigned(self.root) {
                self.waiting.push_back(Damage {
                    rows: Some(*rows),
                    ..Damage::of_page(&self.table, *page, DamageReason::Orphan)
                });
            }
            self.orphans = Some(orphans.assigned(self.root).to_vec().into_iter());
            return None;
        }
        match self.orphans.as_mut().and_then(Iterator::next) {
            Some(page) => self.enter(page),
            None => Some(Step::End),
        }
    }
}

/// The pages that continue a long row.
struct Chain {
    next: u32,
    payload: u64,
}

impl Chain {
    /// Appends continuation pages to the row until it has `end` bytes.
    ///
    /// No page is used twice during a scan, so a chain that runs in a circle ends.
    fn fetch<P: Pages>(
        &mut self,
        database: &Database<P>,
        seen: &mut PageSet,
        row: &mut Found,
        end: usize,
    ) -> Result<(), DamageReason> {
        let geometry = database.geometry();
        row.spill.resize(geometry.page_size, 0);
        while row.whole.len() < end {
            if self.next == 0 || !seen.insert(self.next) {
                return Err(DamageReason::Overflow);
            }
            database
                .pages()
                .read(self.next, &mut row.spill)
                .map_err(DamageReason::Page)?;
            let used = row.spill.get(..geometry.usable).unwrap_or_default();
            let (next, content) = used
                .split_first_chunk::<4>()
                .ok_or(DamageReason::Overflow)?;
            let left = self.payload - row.whole.len() as u64;
            let length = usize::try_from(left).unwrap_or(usize::MAX);
            row.whole
                .extend_from_slice(content.get(..length).unwrap_or(content));
            self.next = u32::from_be_bytes(*next);
        }
        Ok(())
    }
}

impl<P> std::fmt::Debug for Cursor<'_, P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Cursor")
            .field("table", &self.table)
            .field("page", &self.leaf.number)
            .finish_non_exhaustive()
    }
}
