//! A first page for a database that has lost it.
//!
//! The first page holds the header and the beginning of the schema, so without it nothing says how large pages are and which
//! table starts where. Both can be told from the rest: pages of b-trees are recognised by their layout; a page that none
//! refers to is the root of a table; and what the table is stands in the remaining pages of the schema, where it was long, or is
//! told by comparing its rows with the tables that such a database is known to have ([`LostTable`]).
//!
//! Pages that the database had thrown away but not overwritten look like pages of a table. So rows that were deleted can
//! come back: rebuilding is for whoever asks for it.

mod survey;
mod write;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use self::survey::{Survey, page_size};
use self::write::{index, page_number, schema_cell, write_header, write_interior, write_leaf};
use crate::database::Database;
use crate::header::{HEADER_BYTES, Header};
use crate::read_at::ReadAt;
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

#[cfg(test)]
mod tests;
