//! A database: its header, its tables, and cursors over their rows.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, OnceLock};

use crate::btree::Geometry;
use crate::cursor::{Cursor, MAX_PAYLOAD_BYTES};
use crate::damage::Damage;
use crate::header::{Header, HeaderError};
use crate::pages::{PageError, Pages};
use crate::row::OwnedRow;
use crate::salvage::Orphans;
use crate::schema::Table;

/// Why a database cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Page 1 cannot be read.
    #[error("the first page cannot be read")]
    Page(#[from] PageError),
    /// Page 1 is not the start of a database.
    #[error("the first page cannot be used")]
    Header(#[from] HeaderError),
    /// The page source and the header disagree about the page size.
    #[error("the header says pages of {header} bytes, the container has pages of {container}")]
    PageSize {
        /// Page size that the header names, in bytes.
        header: u32,
        /// Page size of the container, in bytes.
        container: u32,
    },
    /// The files could not be looked at.
    #[error("the database cannot be read")]
    Io(#[from] io::Error),
}

/// Why a table cannot be scanned.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScanError {
    /// Its rows exist only inside an extension such as full-text search.
    #[error("table {0} is virtual and has no rows of its own")]
    Virtual(String),
    /// Its definition could not be understood, so its columns are unknown.
    #[error("the definition of table {0} cannot be understood")]
    Definition(String),
    /// It has no row numbers to start from or look up.
    #[error("table {0} has no row numbers")]
    WithoutRowid(String),
}

/// A database that is only ever read.
#[derive(Debug)]
pub struct Database<P> {
    pages: Arc<P>,
    header: Header,
    geometry: Geometry,
    payload_limit: u64,
    fingerprint: u64,
    tables: Vec<Table>,
    /// Lower-case name → place in `tables`.
    names: HashMap<String, usize>,
    index_roots: Vec<u32>,
    schema_damage: Vec<Damage>,
    orphans: OnceLock<Orphans>,
}

impl<P: Pages> Database<P> {
    /// Reads the header and the schema.
    ///
    /// Damaged parts of the schema are left out and kept in [`Database::schema_damage`].
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(pages: P) -> Result<Self, OpenError> {
        let mut first = vec![0; pages.page_size() as usize];
        pages.read(1, &mut first)?;
        let header = Header::parse(&first)?;
        if header.page_size != pages.page_size() {
            return Err(OpenError::PageSize {
                header: header.page_size,
                container: pages.page_size(),
            });
        }
        let held = u64::from(pages.page_count()) * u64::from(pages.page_size());
        let mut database = Self {
            geometry: Geometry::new(header.page_size, pages.usable_size()),
            payload_limit: held.min(MAX_PAYLOAD_BYTES),
            fingerprint: pages.fingerprint()?,
            pages: Arc::new(pages),
            header,
            tables: Vec::new(),
            names: HashMap::new(),
            index_roots: Vec::new(),
            schema_damage: Vec::new(),
            orphans: OnceLock::new(),
        };
        database.read_schema();
        Ok(database)
    }

    fn read_schema(&mut self) {
        let schema = Table::schema();
        let mut tables = Vec::new();
        let mut index_roots = Vec::new();
        let mut damage = Vec::new();
        let columns = ["type", "name", "rootpage", "sql"];
        let mut cursor = Cursor::new(self, &schema, &columns, i64::MIN).without_salvage();
        while let Some(row) = cursor.next() {
            let row = match row {
                Ok(row) => row,
                Err(found) => {
                    damage.push(found);
                    continue;
                }
            };
            let root = row
                .integer(2)
                .and_then(|root| u32::try_from(root).ok())
                .unwrap_or(0);
            match row.text(0).as_deref() {
                Some("table") => {
                    let name = row.text(1).unwrap_or_default();
                    let sql = row.text(3).unwrap_or_default();
                    tables.push(Table::new(&name, root, &sql));
                }
                Some("index") if root != 0 => index_roots.push(root),
                _ => {}
            }
        }
        drop(cursor);
        self.names = tables
            .iter()
            .enumerate()
            .map(|(index, table)| (table.name.to_lowercase(), index))
            .collect();
        self.tables = tables;
        self.index_roots = index_roots;
        self.schema_damage = damage;
    }

    /// The tables in schema order, virtual ones included.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The table of that name; case does not matter.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let index = self.names.get(&name.to_lowercase())?;
        self.tables.get(*index)
    }

    /// Parts of the schema that could not be read; tables may be missing from [`Database::tables`].
    pub fn schema_damage(&self) -> &[Damage] {
        &self.schema_damage
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The container that the pages come from.
    pub fn pages(&self) -> &P {
        &self.pages
    }

    /// Walks over all rows, giving the values of `columns` (names, any case; `rowid` works too).
    ///
    /// Only the bytes of these columns are looked at. Unknown columns read as NULL.
    ///
    /// # Errors
    /// See [`ScanError`].
    pub fn scan(&self, table: &Table, columns: &[&str]) -> Result<Cursor<'_, P>, ScanError> {
        self.cursor(table, columns, i64::MIN)
    }

    /// As [`Database::scan`], starting after the row numbered `rowid`, to go on where an earlier scan ended.
    ///
    /// # Errors
    /// See [`ScanError`]; tables without row numbers cannot be entered in the middle.
    pub fn scan_from(
        &self,
        table: &Table,
        columns: &[&str],
        rowid: i64,
    ) -> Result<Cursor<'_, P>, ScanError> {
        if table.without_rowid {
            return Err(ScanError::WithoutRowid(table.name.to_string()));
        }
        match rowid.checked_add(1) {
            Some(from) => self.cursor(table, columns, from),
            None => {
                let mut cursor = self.cursor(table, columns, i64::MAX)?;
                cursor.finish();
                Ok(cursor)
            }
        }
    }

    fn cursor(
        &self,
        table: &Table,
        columns: &[&str],
        from: i64,
    ) -> Result<Cursor<'_, P>, ScanError> {
        if table.is_virtual {
            return Err(ScanError::Virtual(table.name.to_string()));
        }
        if table.columns.is_empty() {
            return Err(ScanError::Definition(table.name.to_string()));
        }
        Ok(Cursor::new(self, table, columns, from))
    }

    /// Looks up one row by its number.
    ///
    /// For many look-ups in one table make a cursor with [`Database::scan`] and use [`Cursor::find`].
    ///
    /// # Errors
    /// [`FindError`]: the table has no row numbers, or damage lies where the row should be.
    pub fn find_rowid(
        &self,
        table: &Table,
        columns: &[&str],
        rowid: i64,
    ) -> Result<Option<OwnedRow>, FindError> {
        if table.without_rowid {
            return Err(ScanError::WithoutRowid(table.name.to_string()).into());
        }
        let mut cursor = self.scan(table, columns)?;
        Ok(cursor.find(rowid)?.map(OwnedRow::from))
    }

    /// Whether the files have changed since the database was opened.
    ///
    /// # Errors
    /// When they can no longer be read.
    pub fn has_changed(&self) -> io::Result<bool> {
        Ok(self.pages.fingerprint()? != self.fingerprint)
    }

    /// A number that stands for the state of the files when the database was opened.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(crate) fn shared_pages(&self) -> &Arc<P> {
        &self.pages
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    pub(crate) fn payload_limit(&self) -> u64 {
        self.payload_limit
    }

    pub(crate) fn index_roots(&self) -> &[u32] {
        &self.index_roots
    }

    /// Leaf pages that no table links, worked out once when the first damaged table needs them.
    pub(crate) fn orphans(&self) -> &Orphans {
        self.orphans.get_or_init(|| Orphans::search(self))
    }
}

/// Why a row could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The table cannot be searched.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// Damage lies where the row should be.
    #[error(transparent)]
    Damage(#[from] Damage),
}
