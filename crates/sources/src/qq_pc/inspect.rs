//! Looks at an input without reading its messages into anything.

use hutong_crypto::KeyRing;

use super::locate::{self, Found};
use super::read;
use crate::qq::database;
use crate::{Account, Input, InputFile, Inspection, ReadError, ReadOptions};

/// The file that decides what is read, with its log.
pub(super) fn files(input: &Input) -> Vec<String> {
    let path = match locate::find(input) {
        Found::Nothing => return Vec::new(),
        Found::Decrypted(path) | Found::Locked(path, _) => path,
    };
    let log = database::wal_path(input, &path);
    let real = input.real_path(&path);
    real.into_iter().chain(log).collect()
}

pub(super) fn inspect(input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
    let mut inspection = Inspection {
        version: "QQ / TIM for Windows before NT".to_owned(),
        ..Inspection::default()
    };
    let path = match locate::find(input) {
        Found::Nothing => return Err(ReadError::Missing("Msg3.0.db".to_owned())),
        Found::Locked(path, refusal) => {
            inspection.account = locate::account(input, &path).map(|native_id| Account {
                native_id,
                name: None,
            });
            inspection.files.push(InputFile {
                size_bytes: input.size_bytes(&path).unwrap_or(0),
                path,
                is_encrypted: true,
                key_fits: None,
                trouble: Some(refusal.why_en.to_owned()),
            });
            inspection.notes = vec![refusal.instead_zh.to_owned(), refusal.instead_en.to_owned()];
            return Ok(inspection);
        }
        Found::Decrypted(path) => path,
    };
    let mut file = database::input_file(input, &path);
    match database::open(input, &path, &KeyRing::new()) {
        Ok(db) => {
            file.trouble = database::trouble(&db);
            inspection.account = read::owner(input, &path, options, &db).map(|native_id| Account {
                native_id,
                name: None,
            });
            let mut count = database::Count::default();
            for table in read::message_tables(&db) {
                count.table(&db, table, "Time");
            }
            count.fill(&mut inspection);
        }
        Err(ReadError::Open { source, .. }) => file.trouble = Some(source.to_string()),
        Err(error) => return Err(error),
    }
    inspection.files.push(file);
    Ok(inspection)
}
