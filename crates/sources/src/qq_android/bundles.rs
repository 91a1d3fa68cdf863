//! The messages inside forward bundles, which stand in a table of their own.

use hutong_crypto::Container;
use hutong_sqlite::Cursor;
use rustc_hash::{FxHashMap, FxHashSet};

use super::cipher::FieldKey;
use super::tables::{BUNDLES, COLUMNS, MessageRow, text};
use crate::qq::database::{self, Db};

/// Rows of all bundles by the bundle that holds them, and the names shown in it.
pub(super) struct Bundles<'db> {
    /// Parent, database, row; sorted.
    rows: Vec<(i64, u32, i64)>,
    cursors: Vec<Option<Cursor<'db, Container>>>,
    names: FxHashMap<(i64, Box<str>), Box<str>>,
    /// Parents that were asked for.
    used: FxHashSet<i64>,
    key: &'db FieldKey,
}

impl std::fmt::Debug for Bundles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundles")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl<'db> Bundles<'db> {
    /// Looks through the tables once.
    pub(super) fn new(databases: &'db [(String, Db)], key: &'db FieldKey) -> Self {
        let mut bundles = Self {
            rows: Vec::new(),
            cursors: Vec::new(),
            names: FxHashMap::default(),
            used: FxHashSet::default(),
            key,
        };
        for (number, (_, db)) in (0_u32..).zip(databases) {
            let table = db.table(BUNDLES);
            if let Some(mut cursor) = table.and_then(|table| db.scan(table, &["msgseq"]).ok()) {
                while let Some(row) = cursor.next() {
                    // Lost rows are missing from their bundle; the report of the table itself tells.
                    let Ok(row) = row else { continue };
                    bundles
                        .rows
                        .push((database::number(&row, 0), number, row.rowid()));
                }
            }
            bundles
                .cursors
                .push(table.and_then(|table| db.scan(table, COLUMNS).ok()));
            bundles.learn_names(db);
        }
        bundles.rows.sort_unstable();
        bundles
    }

    fn learn_names(&mut self, db: &Db) {
        let Some(mut cursor) = db
            .table("MultiMsgNick")
            .and_then(|table| db.scan(table, &["uin", "nick", "uniseq"]).ok())
        else {
            return;
        };
        while let Some(row) = cursor.next() {
            let Ok(row) = row else { continue };
            let (number, name) = (text(&row, 0, self.key), text(&row, 1, self.key));
            if !name.trim().is_empty() {
                let key = (database::number(&row, 2), number.into_boxed_str());
                self.names.insert(key, name.into_boxed_str());
            }
        }
    }

    /// The name under which somebody is shown in the bundle of this parent.
    pub(super) fn name(&self, top: i64, number: &str) -> Option<String> {
        self.names
            .get(&(top, number.into()))
            .map(ToString::to_string)
    }

    /// Whether there are rows for this parent.
    pub(super) fn holds(&self, parent: i64) -> bool {
        let first = self.rows.partition_point(|(known, ..)| *known < parent);
        self.rows
            .get(first)
            .is_some_and(|(known, ..)| *known == parent)
    }

    /// Whether there are rows that no bundle asked for, because its own row is gone.
    pub(super) fn has_orphans(&self) -> bool {
        self.rows
            .iter()
            .any(|(parent, ..)| !self.used.contains(parent))
    }

    /// The rows of a parent in order of time, each once.
    pub(super) fn rows(&mut self, parent: i64, most: usize) -> Vec<MessageRow> {
        self.used.insert(parent);
        let first = self.rows.partition_point(|(known, ..)| *known < parent);
        let places: Vec<(u32, i64)> = self
            .rows
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(|(known, ..)| *known == parent)
            .take(most)
            .map(|(_, number, row)| (*number, *row))
            .collect();
        let mut rows = Vec::with_capacity(places.len());
        let mut seen = FxHashSet::default();
        for (number, place) in places {
            let Some(Some(cursor)) = self.cursors.get_mut(number as usize) else {
                continue;
            };
            let Ok(Some(row)) = cursor.find(place) else {
                continue;
            };
            let row = MessageRow::new(&row, self.key);
            let identity = (row.unique, row.time, row.sender.clone(), row.kind);
            // Without a number of their own, rows are told apart by their place.
            if row.unique == 0 || seen.insert(identity) {
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| (row.time, row.row));
        rows
    }
}
