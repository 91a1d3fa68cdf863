//! A first page for a database that has lost it.
//!
//! The first page holds the header and the beginning of the schema, so without it nothing says how large pages are and which
//! table starts where. Both can be told from the rest: pages of b-trees are recognised by their layout; a page that none
//! refers to is the root of a table; and what the table is stands in the remaining pages of the schema, where it was long, or is
//! told by comparing its rows with the tables that such a database is known to have ([`LostTable`]).
//!
//! Pages that the database had thrown away but not overwritten look like pages of a table. So rows that were deleted can
//! come back: rebuilding is for whoever asks for it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use crate::btree::{Geometry, Kind, Node};
use crate::database::Database;
use crate::header::{HEADER_BYTES, Header, MAGIC};
use crate::read_at::ReadAt;
use crate::record::{Stored, shape};
use crate::salvage::fits;
use crate::schema::Table;
use crate::store::PlainPages;

/// A table that a database of some program is known to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostTable {
    /// Its name; a `*` stands for 32 hexadecimal digits that nobody knows any more, a `#` for a number; each allows any number
    /// of such tables.
    pub name: &'static str,
    /// Its columns, as they stand between the parentheses of its definition.
    pub columns: &'static str,
    /// Columns whose values tell it from tables with the same columns.
    pub marks: &'static [(&'static str, &'static [i64])],
    /// Column whose most frequent value is the number in the name; empty where no column states it.
    pub numbered_by: &'static str,
}

/// Page sizes, the smallest first.
const PAGE_SIZES: [u32; 8] = [512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];
/// Pages that are looked at to tell the page size.
const SAMPLE: u64 = 400;
/// Rows that are looked at to tell a table.
const ROWS: usize = 60;
/// The largest file that is searched whole, in pages.
const MAX_PAGES: u64 = 1 << 26;
/// Rows of a definition in the schema.
const SCHEMA_FIELDS: usize = 5;

/// Whether a file starts like a database whose header can be used.
#[must_use]
pub fn has_usable_header(first: &[u8]) -> bool {
    Header::parse(first).is_ok()
}

/// A database with a new first page in front of what is left of the old one.
pub struct Rebuilt {
    file: Arc<dyn ReadAt>,
    first: Vec<u8>,
    /// Pages of the new schema, behind the end of the file.
    more: Vec<u8>,
    /// Bytes of the file in whole pages.
    length: u64,
    /// Names of the tables that were told by their rows.
    told: Vec<String>,
}

impl std::fmt::Debug for Rebuilt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rebuilt")
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}

impl ReadAt for Rebuilt {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length + self.more.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset
            .checked_add(buffer.len() as u64)
            .filter(|end| *end <= self.length + self.more.len() as u64)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let copy = |from: &[u8], start: u64, into: &mut [u8]| {
            let low = offset.max(start);
            let high = end.min(start + from.len() as u64);
            if low < high
                && let (Some(into), Some(from)) = (
                    into.get_mut(index(low - offset)..index(high - offset)),
                    from.get(index(low - start)..index(high - start)),
                )
            {
                into.copy_from_slice(from);
            }
        };
        let stored = self.length.min(end).saturating_sub(offset);
        if stored > 0
            && let Some(part) = buffer.get_mut(..index(stored))
        {
            let available = self.file.len()?.saturating_sub(offset).min(stored);
            if let Some(known) = part.get_mut(..index(available)) {
                self.file.read_exact_at(known, offset)?;
            }
        }
        copy(&self.first, 0, buffer);
        copy(&self.more, self.length, buffer);
        Ok(())
    }
}

impl Rebuilt {
    /// Makes a first page for a file whose own cannot be used; `None` when the file is no database, or nothing in it could be
    /// told.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn new(file: Arc<dyn ReadAt>, tables: &[LostTable]) -> io::Result<Option<Self>> {
        let size = file.len()?;
        let Some(page_size) = page_size(&*file, size)? else {
            return Ok(None);
        };
        let pages = size / u64::from(page_size);
        if !(2..MAX_PAGES).contains(&pages) {
            return Ok(None);
        }
        let Some(survey) = Survey::take(&*file, page_size, pages)? else {
            return Ok(None);
        };
        let mut rebuilt = Self {
            file,
            first: Vec::new(),
            more: Vec::new(),
            length: pages * u64::from(page_size),
            told: Vec::new(),
        };
        let claimed: HashSet<u32> = survey.schema_roots.iter().copied().collect();
        let mut rows: Vec<(String, u32, String)> = Vec::new();
        let mut taken: HashSet<&str> = HashSet::new();
        for root in &survey.roots {
            if claimed.contains(root) {
                continue;
            }
            let Some(table) = rebuilt.told_by_rows(&survey, *root, tables, &taken) else {
                continue;
            };
            if !table.name.contains(['*', '#']) {
                taken.insert(table.name);
            }
            let mut name = table.name.replace('*', &format!("{root:032x}"));
            if name.contains('#') {
                let number = rebuilt.number_of(&survey, *root, table);
                name = name.replace('#', &number.unwrap_or_else(|| root.to_string()));
                if rows.iter().any(|(known, ..)| *known == name) {
                    name = table.name.replace('#', &root.to_string());
                }
            }
            let sql = format!("CREATE TABLE \"{name}\"({})", table.columns);
            rows.push((name, *root, sql));
        }
        if rows.is_empty() && survey.schema_leaves.is_empty() {
            return Ok(None);
        }
        rebuilt.told = rows.iter().map(|(name, ..)| name.clone()).collect();
        rebuilt.write_schema(&survey, &rows);
        Ok(Some(rebuilt))
    }

    /// Names of the tables whose definition was lost and that were told by their rows.
    #[must_use]
    pub fn told(&self) -> &[String] {
        &self.told
    }

    /// The known table that the rows below a root belong to.
    fn told_by_rows<'t>(
        &self,
        survey: &Survey,
        root: u32,
        tables: &'t [LostTable],
        taken: &HashSet<&str>,
    ) -> Option<&'t LostTable> {
        let shapes = survey.shapes(&*self.file, root)?;
        let most = shapes.iter().map(Vec::len).max()?;
        tables
            .iter()
            .filter(|table| !taken.contains(table.name))
            .filter_map(|table| {
                let sql = format!("CREATE TABLE \"t\"({})", table.columns);
                let known = Table::new("t", root, &sql);
                let columns = known.stored.len();
                // Columns were added in some version of the program or another: at the end, and a few.
                if most > columns + columns / 4 {
                    return None;
                }
                let is_like = shapes
                    .iter()
                    .all(|fields| fits(fields.get(..columns).unwrap_or(fields), &known));
                (is_like && self.has_marks(survey, root, table))
                    .then_some((most.abs_diff(columns), table))
            })
            .min_by_key(|(missing, _)| *missing)
            .map(|(_, table)| table)
    }

    /// The number that most rows state in the column by which such tables are named.
    fn number_of(&self, survey: &Survey, root: u32, table: &LostTable) -> Option<String> {
        if table.numbered_by.is_empty() {
            return None;
        }
        let database = self.trial(survey, root, table)?;
        let mut cursor = database
            .scan(database.table("t")?, &[table.numbered_by])
            .ok()?
            .without_thread()
            .without_salvage();
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        let mut rows = 0;
        while rows < ROWS
            && let Some(row) = cursor.next()
        {
            rows += 1;
            if let Some(number) = row.ok().and_then(|row| row.integer(0)) {
                *counts.entry(number).or_default() += 1;
            }
        }
        counts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .max_by_key(|(_, count)| *count)
            .map(|(number, _)| number.to_string())
    }

    /// A database with only this table, for a look at its rows.
    fn trial(&self, survey: &Survey, root: u32, table: &LostTable) -> Option<Database<PlainPages>> {
        let mut trial = Self {
            file: self.file.clone(),
            first: Vec::new(),
            more: Vec::new(),
            length: self.length,
            told: Vec::new(),
        };
        let bare = Survey {
            schema_leaves: Vec::new(),
            ..survey.geometry_only()
        };
        let sql = format!("CREATE TABLE \"t\"({})", table.columns);
        trial.write_schema(&bare, &[("t".to_owned(), root, sql)]);
        Database::open(PlainPages::open(Arc::new(trial), None).ok()?).ok()
    }

    /// Whether the marked columns hold what they hold in this table.
    fn has_marks(&self, survey: &Survey, root: u32, table: &LostTable) -> bool {
        if table.marks.is_empty() {
            return true;
        }
        let Some(database) = self.trial(survey, root, table) else {
            return false;
        };
        let columns: Vec<&str> = table.marks.iter().map(|(column, _)| *column).collect();
        let Some(Ok(cursor)) = database
            .table("t")
            .map(|found| database.scan(found, &columns))
        else {
            return false;
        };
        let mut cursor = cursor.without_thread().without_salvage();
        let mut rows = 0;
        while rows < ROWS
            && let Some(row) = cursor.next()
        {
            let Ok(row) = row else { continue };
            rows += 1;
            let is_marked = table.marks.iter().enumerate().all(|(index, (_, allowed))| {
                row.integer(index)
                    .is_none_or(|value| allowed.contains(&value))
            });
            if !is_marked {
                return false;
            }
        }
        rows > 0
    }

    /// Writes the first page, and behind the end of the file the definitions that do not fit into it.
    fn write_schema(&mut self, survey: &Survey, rows: &[(String, u32, String)]) {
        let page_size = survey.page_size as usize;
        let usable = survey.usable as usize;
        let after = survey
            .schema_leaves
            .iter()
            .map(|leaf| leaf.1)
            .max()
            .unwrap_or(0);
        let cells: Vec<Vec<u8>> = rows
            .iter()
            .zip(after + 1..)
            .map(|((name, root, sql), rowid)| schema_cell(rowid, name, *root, sql))
            .collect();
        let mut first = vec![0; page_size];
        let needed: usize = cells.iter().map(|cell| cell.len() + 2).sum();
        self.more.clear();
        if survey.schema_leaves.is_empty() && HEADER_BYTES + 8 + needed <= usable {
            write_leaf(&mut first, HEADER_BYTES, usable, &cells);
        } else {
            let mut children: Vec<(u32, i64)> = survey.schema_leaves.clone();
            let mut next_page = page_number(self.length / u64::from(survey.page_size)) + 1;
            let mut rest = cells.as_slice();
            let mut rowid = after;
            while !rest.is_empty() {
                let mut room = usable - 8;
                let count = rest
                    .iter()
                    .take_while(|cell| {
                        let fits = room >= cell.len() + 2;
                        room -= (cell.len() + 2).min(room);
                        fits
                    })
                    .count();
                let Some((page_cells, left)) = rest.split_at_checked(count.max(1)) else {
                    break;
                };
                rest = left;
                let mut page = vec![0; page_size];
                if count > 0 {
                    write_leaf(&mut page, 0, usable, page_cells);
                    rowid += i64::try_from(page_cells.len()).unwrap_or(0);
                    self.more.extend_from_slice(&page);
                    children.push((next_page, rowid));
                    next_page += 1;
                }
            }
            write_interior(&mut first, usable, &children);
        }
        let pages = (self.length + self.more.len() as u64) / u64::from(survey.page_size);
        write_header(&mut first, survey, page_number(pages));
        self.first = first;
    }
}

/// What the pages behind the first one tell.
struct Survey {
    page_size: u32,
    usable: u32,
    /// Pages of tables that no page refers to, in their order.
    roots: Vec<u32>,
    /// What is left of the schema: page and largest row number, sorted by it.
    schema_leaves: Vec<(u32, i64)>,
    /// Roots that this schema names.
    schema_roots: Vec<u32>,
}

impl Survey {
    fn take(file: &dyn ReadAt, page_size: u32, pages: u64) -> io::Result<Option<Self>> {
        let usable = usable(file, page_size, pages)?;
        let geometry = Geometry::new(page_size, usable);
        let mut page = vec![0; page_size as usize];
        let mut nodes: BTreeMap<u32, Kind> = BTreeMap::new();
        let mut referred: HashSet<u32> = HashSet::new();
        let mut schema_leaves = Vec::new();
        let mut schema_roots = Vec::new();
        let mut children = Vec::new();
        for number in 2..=pages {
            file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
            let number = page_number(number);
            let Some(node) = sound_node(&page, number, &geometry) else {
                continue;
            };
            nodes.insert(number, node.kind);
            if matches!(node.kind, Kind::TableInterior | Kind::IndexInterior) {
                node.children(&page, &geometry, &mut children);
                referred.extend(children.iter().map(|child| child.page));
            }
            if node.kind == Kind::TableLeaf
                && let Some((last, roots)) = schema_rows(&page, &node, &geometry)
            {
                schema_leaves.push((number, last));
                schema_roots.extend(roots);
            }
        }
        schema_leaves.sort_by_key(|(_, last)| *last);
        let is_schema: HashSet<u32> = schema_leaves.iter().map(|(page, _)| *page).collect();
        let roots = nodes
            .iter()
            .filter(|(number, kind)| {
                matches!(kind, Kind::TableLeaf | Kind::TableInterior)
                    && !referred.contains(number)
                    && !is_schema.contains(number)
            })
            .map(|(number, _)| *number)
            .collect();
        Ok((!nodes.is_empty()).then_some(Self {
            page_size,
            usable,
            roots,
            schema_leaves,
            schema_roots,
        }))
    }

    fn geometry_only(&self) -> Self {
        Self {
            page_size: self.page_size,
            usable: self.usable,
            roots: Vec::new(),
            schema_leaves: Vec::new(),
            schema_roots: Vec::new(),
        }
    }

    /// The kinds of fields of some rows below a root; `None` when there is no row.
    fn shapes(&self, file: &dyn ReadAt, root: u32) -> Option<Vec<Vec<Stored>>> {
        let geometry = Geometry::new(self.page_size, self.usable);
        let mut page = vec![0; self.page_size as usize];
        let mut ahead = vec![root];
        let mut seen = HashSet::new();
        let mut shapes: HashSet<Vec<Stored>> = HashSet::new();
        let mut rows = 0;
        let mut fields = Vec::new();
        let mut children = Vec::new();
        while let Some(number) = ahead.pop() {
            if rows >= ROWS || seen.len() > 64 || number < 2 || !seen.insert(number) {
                continue;
            }
            let offset = u64::from(number - 1) * u64::from(self.page_size);
            if file.read_exact_at(&mut page, offset).is_err() {
                continue;
            }
            let Some(node) = sound_node(&page, number, &geometry) else {
                continue;
            };
            match node.kind {
                Kind::TableInterior => {
                    node.children(&page, &geometry, &mut children);
                    // Old rows and new ones: the table may have got columns in between.
                    let ends = [
                        children.first(),
                        children.last(),
                        children.get(children.len() / 2),
                    ];
                    ahead.extend(ends.into_iter().flatten().map(|child| child.page));
                }
                Kind::TableLeaf => {
                    for index in 0..node.cells {
                        let Ok(cell) = node.row(&page, index, &geometry) else {
                            continue;
                        };
                        let local = page.get(cell.local).unwrap_or_default();
                        if shape(local, cell.payload, &mut fields).is_some() {
                            rows += 1;
                            shapes.insert(fields.clone());
                        }
                    }
                }
                Kind::IndexInterior | Kind::IndexLeaf => {}
            }
        }
        (!shapes.is_empty()).then(|| shapes.into_iter().collect())
    }
}

/// A b-tree page all of whose cells make sense.
fn sound_node(page: &[u8], number: u32, geometry: &Geometry) -> Option<Node> {
    let node = Node::parse(page, number, geometry)?;
    let mut fields = Vec::new();
    match node.kind {
        Kind::TableInterior | Kind::IndexInterior => {
            let mut last = i64::MIN;
            for index in 0..node.cells {
                let child = node.child(page, index, geometry)?;
                if child.page < 2 || (node.kind == Kind::TableInterior && child.key < last) {
                    return None;
                }
                last = child.key;
            }
            (node.right >= 2).then_some(node)
        }
        Kind::TableLeaf | Kind::IndexLeaf => {
            let mut last = None;
            for index in 0..node.cells {
                let cell = node.row(page, index, geometry).ok()?;
                shape(page.get(cell.local)?, cell.payload, &mut fields)?;
                if node.kind == Kind::TableLeaf && last.is_some_and(|last| cell.rowid <= last) {
                    return None;
                }
                last = Some(cell.rowid);
            }
            (node.cells > 0).then_some(node)
        }
    }
}

/// The size of which most of the file's pages are pages of b-trees; of several the smallest.
fn page_size(file: &dyn ReadAt, size: u64) -> io::Result<Option<u32>> {
    let mut sound: HashMap<u32, u64> = HashMap::new();
    for page_size in PAGE_SIZES {
        let pages = size / u64::from(page_size);
        if pages < 2 {
            continue;
        }
        let step = (pages - 1).div_ceil(SAMPLE).max(1);
        let geometry = Geometry::new(page_size, page_size);
        let mut page = vec![0; page_size as usize];
        let (mut looked_at, mut found) = (0, 0);
        let mut number = 2;
        while number <= pages {
            file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
            looked_at += 1;
            found += u64::from(sound_node(&page, page_number(number), &geometry).is_some());
            number += step;
        }
        sound.insert(page_size, found * 1_000 / looked_at.max(1));
    }
    let most = sound.values().copied().max().unwrap_or(0);
    if most < 20 {
        return Ok(None);
    }
    Ok(PAGE_SIZES
        .into_iter()
        .find(|size| sound.get(size).is_some_and(|found| found * 10 >= most * 6)))
}

/// How many bytes of a page are used: the first row of a page ends where the reserve begins.
fn usable(file: &dyn ReadAt, page_size: u32, pages: u64) -> io::Result<u32> {
    let geometry = Geometry::new(page_size, page_size);
    let mut page = vec![0; page_size as usize];
    let mut most = 0;
    for number in (2..=pages).take(index(SAMPLE) * 4) {
        file.read_exact_at(&mut page, (number - 1) * u64::from(page_size))?;
        let Some(node) = sound_node(&page, page_number(number), &geometry) else {
            continue;
        };
        if node.kind != Kind::TableLeaf {
            continue;
        }
        for index in 0..node.cells {
            if let Ok(cell) = node.row(&page, index, &geometry)
                && cell.overflow == 0
            {
                most = most.max(cell.local.end);
            }
        }
    }
    let used = u32::try_from(most).unwrap_or(0);
    // A reserve is small; a file of a few rows may show none at all.
    Ok(if page_size - used.min(page_size) <= 255 && used >= 480 {
        used
    } else {
        page_size
    })
}

/// Largest row number of a page of the schema, and the roots that it names; `None` for other pages.
fn schema_rows(page: &[u8], node: &Node, geometry: &Geometry) -> Option<(i64, Vec<u32>)> {
    let mut fields = Vec::new();
    let mut roots = Vec::new();
    let mut last = 0;
    for index in 0..node.cells {
        let cell = node.row(page, index, geometry).ok()?;
        let local = page.get(cell.local)?;
        shape(local, cell.payload, &mut fields)?;
        let is_definition = fields.len() == SCHEMA_FIELDS
            && fields.first() == Some(&Stored::Text)
            && fields.get(1) == Some(&Stored::Text)
            && fields.get(2) == Some(&Stored::Text)
            && matches!(
                fields.get(3),
                Some(Stored::Integer | Stored::One | Stored::Null)
            );
        let header = usize::from(*local.first()?);
        let body = local.get(header..)?;
        let kind = [b"table".as_slice(), b"index", b"view", b"trigger"]
            .into_iter()
            .find(|kind| body.starts_with(kind))?;
        if !is_definition {
            return None;
        }
        if kind == b"table" {
            roots.extend(root_of(local));
        }
        last = cell.rowid;
    }
    Some((last, roots))
}

/// The root page that a definition names.
fn root_of(record: &[u8]) -> Option<u32> {
    let (header, taken) = crate::bytes::varint(record)?;
    let mut serials = record.get(taken..usize::try_from(header).ok()?)?;
    let mut at = usize::try_from(header).ok()?;
    for field in 0.. {
        let (serial, taken) = crate::bytes::varint(serials)?;
        serials = serials.get(taken..)?;
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(serial).ok()?,
            5 => 6,
            6 | 7 => 8,
            _ => usize::try_from((serial - 12) / 2).ok()?,
        };
        if field == 3 {
            return match serial {
                9 => Some(1),
                1..=6 => u32::try_from(crate::bytes::signed(record.get(at..at + length)?)).ok(),
                _ => None,
            };
        }
        at += length;
    }
    None
}

fn put_varint(out: &mut Vec<u8>, value: u64) {
    let mut groups = [0; 10];
    let mut count = 0;
    let mut rest = value;
    for slot in &mut groups {
        *slot = u8::try_from(rest & 0x7F).unwrap_or(0);
        rest >>= 7;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    for (index, group) in groups.iter().take(count).enumerate().rev() {
        out.push(if index == 0 { *group } else { group | 0x80 });
    }
}

/// A definition as a cell of a leaf page of the schema.
fn schema_cell(rowid: i64, name: &str, root: u32, sql: &str) -> Vec<u8> {
    let text = |text: &str| text.len() as u64 * 2 + 13;
    let mut serials = Vec::new();
    for serial in [text("table"), text(name), text(name), 4, text(sql)] {
        put_varint(&mut serials, serial);
    }
    let mut payload = Vec::new();
    put_varint(&mut payload, serials.len() as u64 + 1);
    payload.extend_from_slice(&serials);
    for text in ["table", name, name] {
        payload.extend_from_slice(text.as_bytes());
    }
    payload.extend_from_slice(&root.to_be_bytes());
    payload.extend_from_slice(sql.as_bytes());
    let mut cell = Vec::new();
    put_varint(&mut cell, payload.len() as u64);
    put_varint(&mut cell, rowid.unsigned_abs());
    cell.extend_from_slice(&payload);
    cell
}

/// A place or a count in a page as it is stored; a page of 65,536 bytes writes 0 for its end.
fn offset(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(0).to_be_bytes()
}

/// A place in a buffer.
fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Pages are counted up to [`MAX_PAGES`], which fits.
fn page_number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = page.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn write_leaf(page: &mut [u8], start: usize, usable: usize, cells: &[Vec<u8>]) {
    let mut end = usable;
    for (index, cell) in cells.iter().enumerate() {
        end = end.saturating_sub(cell.len());
        put(page, end, cell);
        put(page, start + 8 + index * 2, &offset(end));
    }
    put(page, start, &[0x0d]);
    put(page, start + 3, &offset(cells.len()));
    put(page, start + 5, &offset(end));
}

/// The first page as an interior page over these pages with their largest row numbers.
fn write_interior(page: &mut [u8], usable: usize, children: &[(u32, i64)]) {
    let Some(((right, _), others)) = children.split_last() else {
        return;
    };
    let mut end = usable;
    let mut count: u16 = 0;
    for (child, last) in others {
        let mut cell = child.to_be_bytes().to_vec();
        put_varint(&mut cell, last.unsigned_abs());
        let list_end = HEADER_BYTES + 12 + (usize::from(count) + 1) * 2;
        if end < list_end + cell.len() {
            break;
        }
        end -= cell.len();
        put(page, end, &cell);
        put(
            page,
            HEADER_BYTES + 12 + usize::from(count) * 2,
            &offset(end),
        );
        count += 1;
    }
    put(page, HEADER_BYTES, &[0x05]);
    put(page, HEADER_BYTES + 3, &count.to_be_bytes());
    put(page, HEADER_BYTES + 5, &offset(end));
    put(page, HEADER_BYTES + 8, &right.to_be_bytes());
}

fn write_header(page: &mut [u8], survey: &Survey, pages: u32) {
    let size = if survey.page_size == 65_536 {
        1
    } else {
        u16::try_from(survey.page_size).unwrap_or(4_096)
    };
    put(page, 0, MAGIC);
    put(page, 16, &size.to_be_bytes());
    let reserve = u8::try_from(survey.page_size - survey.usable).unwrap_or(0);
    put(page, 18, &[1, 1, reserve, 64, 32, 32]);
    for (at, value) in [(24, 1), (28, pages), (40, 1), (44, 4), (56, 1), (92, 1)] {
        put(page, at, &u32::to_be_bytes(value));
    }
}

#[cfg(test)]
mod tests;
