//! Whose copy an input is.

use super::account_folder::AccountFolder;
use super::directory::Directory;
use super::people::{Databases, visit};
use super::tables::{self, Db};

/// Rows looked at to find out which account sent them.
const OWNER_ROWS: u32 = 200_000;

/// Finds out whose copy this is.
pub(super) fn find_owner(
    databases: &Databases,
    folder: &AccountFolder,
    told: Option<&str>,
    told_uid: Option<&str>,
    directory: &mut Directory<'_>,
) {
    let mut uin = folder.uin.unwrap_or(0);
    let mut uid = databases.profiles.as_ref().and_then(|(db, _)| own_uid(db));
    uid = uid.or_else(|| folder.uid.clone());
    if uid.is_none()
        && let Some(hash) = &folder.hash
        && let Some(person) = directory.find_uid(|uid| hutong_crypto::path_hash(uid) == *hash)
    {
        uid = directory.uid(person).map(str::to_owned);
    }
    if let Some(told) = told.map(str::trim).filter(|told| !told.is_empty()) {
        match told.parse() {
            Ok(number) if uin == 0 => uin = number,
            Ok(_) => {}
            Err(_) => uid = uid.or_else(|| Some(told.to_owned())),
        }
    }
    uid = uid.or_else(|| told_uid.map(str::to_owned));
    if uin == 0 && uid.is_none() {
        uin = folder.perhaps_uin.unwrap_or(0);
    }
    let known = directory.person(uid.as_deref().unwrap_or_default().as_bytes(), uin);
    let is_whole =
        known.is_some_and(|person| directory.uin(person) != 0 && directory.uid(person).is_some());
    if is_whole {
        known
            .into_iter()
            .for_each(|person| directory.set_owner(person));
        return;
    }
    let found = sender_of_own_rows(&databases.messages, uid.as_deref().unwrap_or_default(), uin);
    let (row_uid, row_uin) = found.unwrap_or_default();
    let uid = uid.unwrap_or(row_uid);
    let uin = if uin == 0 { row_uin } else { uin };
    if let Some(owner) = directory.person(uid.as_bytes(), uin) {
        directory.set_owner(owner);
    }
}

fn own_uid(db: &Db) -> Option<String> {
    let mut own = None;
    visit(db, "category_list_v2", &["1000"], |row| {
        own = own.take().or_else(|| tables::words(row, 0).map(Into::into));
    });
    own
}

/// The nickname that the profile table gives to a uid.
pub(super) fn nickname(db: &Db, uid: &str) -> Option<String> {
    let mut name = None;
    visit(db, "profile_info_v6", &["1000", "20002"], |row| {
        if row.text(0).is_some_and(|known| known == uid) {
            name = tables::words(row, 1).map(Into::into);
        }
    });
    name
}

/// Uid and number of the sender of rows that were sent from this account, agreeing with what is known of it.
fn sender_of_own_rows(db: &Db, uid: &str, uin: u64) -> Option<(String, u64)> {
    let mut half = None;
    for (table, _) in tables::message_tables(db) {
        let Ok(mut cursor) = db.scan(table, &["40013", "40020", "40033"]) else {
            continue;
        };
        for _ in 0..OWNER_ROWS {
            let row = match cursor.next() {
                Some(Ok(row)) => row,
                Some(Err(_)) => continue,
                None => break,
            };
            let row_uin = tables::id(&row, 2);
            let row_uid = row.text(1).unwrap_or_default();
            let is_own = match (uid.is_empty(), uin) {
                (true, 0) => matches!(tables::number(&row, 0), 1 | 2),
                (true, uin) => row_uin == uin,
                (false, _) => row_uid == uid,
            };
            if !is_own {
                continue;
            }
            match (row_uid.is_empty(), row_uin) {
                (true, 0) => {}
                (false, 1..) => return Some((row_uid.into_owned(), row_uin)),
                _ => half = half.or_else(|| Some((row_uid.into_owned(), row_uin))),
            }
        }
    }
    half
}
