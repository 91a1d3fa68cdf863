//! Rows by a key, for tables that are looked up row by row.

use hutong_model::{Problem, Stop};

use super::cells::{has_columns, number, text};
use super::database::OpenDatabase;

/// Hears about places that cannot be read.
pub(crate) type Damaged<'a> = &'a mut dyn FnMut(Problem) -> Result<(), Stop>;

/// Whether there is a table with these columns.
pub(crate) fn has_table(file: &OpenDatabase, table: &str, columns: &[&str]) -> bool {
    file.db
        .table(table)
        .is_some_and(|table| has_columns(table, columns))
}

/// Row numbers by a key, 16 bytes each, so that millions fit into memory.
#[derive(Debug, Default)]
pub(crate) struct RowIndex(Vec<(i64, i64)>);

impl RowIndex {
    /// Collects `key → row` of a table; keys of 0 say nothing.
    pub(crate) fn by_number(
        file: &OpenDatabase,
        table: &str,
        column: &str,
        damaged: Damaged<'_>,
    ) -> Result<Self, Stop> {
        Self::collect(file, table, column, damaged, |row| {
            number(row, 0).filter(|key| *key != 0)
        })
    }

    /// As [`Self::by_number`] for keys that are text.
    pub(crate) fn by_text(
        file: &OpenDatabase,
        table: &str,
        column: &str,
        damaged: Damaged<'_>,
    ) -> Result<Self, Stop> {
        Self::collect(file, table, column, damaged, |row| {
            text(row, 0).map(|key| short(&key))
        })
    }

    fn collect(
        file: &OpenDatabase,
        table: &str,
        column: &str,
        damaged: Damaged<'_>,
        key: impl Fn(&hutong_sqlite::Row<'_>) -> Option<i64>,
    ) -> Result<Self, Stop> {
        let mut rows = Vec::new();
        if has_table(file, table, &[column]) {
            file.each_row(table, &[column], damaged, |row| {
                rows.extend(key(&row).map(|key| (key, row.rowid())));
                Ok(())
            })?;
        }
        rows.sort_unstable();
        rows.shrink_to_fit();
        Ok(Self(rows))
    }

    /// The rows with this key, in their order.
    pub(crate) fn rows(&self, key: i64) -> impl Iterator<Item = i64> + '_ {
        let start = self.0.partition_point(|(known, _)| *known < key);
        self.0
            .get(start..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(known, _)| *known == key)
            .map(|(_, row)| *row)
    }

    /// The rows whose text key may be this one; whoever reads them compares.
    pub(crate) fn rows_of_text(&self, key: &str) -> impl Iterator<Item = i64> + '_ {
        self.rows(short(key))
    }
}

/// A number that stands for a text.
fn short(text: &str) -> i64 {
    let digest = blake3::hash(text.trim().to_ascii_lowercase().as_bytes());
    i64::from_le_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_gives_all_rows_of_a_key() {
        let index = RowIndex(vec![(1, 5), (3, 2), (3, 9), (4, 1)]);
        assert_eq!(index.rows(3).collect::<Vec<_>>(), [2, 9]);
        assert_eq!(index.rows(2).count(), 0);
        assert_eq!(index.rows(9).count(), 0);
        assert_eq!(short("ABC "), short("abc"));
    }
}
