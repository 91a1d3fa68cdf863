//! Looks at an account without reading its messages into anything.

use hutong_crypto::KeyRing;

use super::locate::{self, Found};
use super::read;
use crate::qq::database;
use crate::{Account, Input, Inspection, ReadError, ReadOptions};

/// The database that decides what is read, with its log.
pub(super) fn files(input: &Input) -> Vec<String> {
    let Found::One(path) = locate::find(input, None) else {
        return Vec::new();
    };
    let log = database::wal_path(input, &path);
    [Some(path), log].into_iter().flatten().collect()
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let path = read::path(input, options)?;
    let mut inspection = Inspection {
        version: "QQ for iOS before NT".to_owned(),
        account: read::owner(input, &path, options).map(|native_id| Account {
            native_id,
            name: None,
        }),
        ..Inspection::default()
    };
    let mut file = database::input_file(input, &path);
    match database::open(input, &path, &KeyRing::new()) {
        Ok(db) => {
            file.trouble = database::trouble(&db);
            let mut count = database::Count::default();
            for (table, _) in read::message_tables(&db) {
                let time = if table.has_column("time") {
                    "time"
                } else {
                    "MsgTime"
                };
                count.table(&db, table, time);
            }
            count.fill(&mut inspection);
        }
        Err(ReadError::Open { source, .. }) => file.trouble = Some(source.to_string()),
        Err(error) => return Err(error),
    }
    inspection.files.push(file);
    Ok(inspection)
}
