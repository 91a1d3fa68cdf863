//! `MediaMSG<N>.db`: voices by server id; and what was withdrawn.

use std::sync::Arc;

use hutong_model::{Problem, Stop};
use hutong_sqlite::Table;
use rustc_hash::{FxHashMap, FxHashSet};

use super::number;
use crate::wechat::database::{OpenDatabase, StoredBytes};

/// Whether a table holds voices.
pub(super) fn is_media_table(table: &Table) -> bool {
    !table.is_virtual
        && table.name.to_ascii_lowercase().ends_with("media")
        && ["Reserved0", "Buf"]
            .iter()
            .all(|column| table.has_column(column))
}

/// Voices of all databases.
#[derive(Debug, Default)]
pub(crate) struct Voices {
    tables: Vec<(OpenDatabase, Arc<str>)>,
    /// Server id → number of the table and row.
    rows: FxHashMap<i64, (u32, i64)>,
}

impl Voices {
    pub(crate) fn read(
        &mut self,
        database: &OpenDatabase,
        damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let tables = database.db.tables();
        for table in tables.iter().filter(|table| is_media_table(table)) {
            let place = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
            self.tables
                .push((database.clone(), Arc::clone(&table.name)));
            let rows = &mut self.rows;
            database.each_row(&table.name, &["Reserved0"], damaged, |row| {
                if let Some(server_id) = number(&row, 0).filter(|id| *id != 0) {
                    rows.entry(server_id).or_insert((place, row.rowid()));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The voice of a message, with its place.
    pub(crate) fn find(&self, server_id: i64) -> Option<(String, StoredBytes)> {
        let (place, row) = *self.rows.get(&server_id)?;
        let (database, table) = self.tables.get(usize::try_from(place).ok()?)?;
        let path = format!("{}#{table}/{row}", database.path);
        Some((
            path,
            StoredBytes {
                database: database.clone(),
                table: Arc::clone(table),
                column: "Buf",
                rows: vec![row],
            },
        ))
    }
}

/// Adds the server ids of messages that were withdrawn, as far as `RevokeMsgStorage` tells.
pub(crate) fn withdrawn(
    database: &OpenDatabase,
    damaged: &mut dyn FnMut(Problem) -> Result<(), Stop>,
    ids: &mut FxHashSet<i64>,
) -> Result<(), Stop> {
    database.each_row("RevokeMsgStorage", &["MsgSvrID"], damaged, |row| {
        ids.extend(number(&row, 0).filter(|id| *id != 0));
        Ok(())
    })
}
