//! Pushes what the tables of friends, groups and members say, and knows conversations by the digest of their number.

use hutong_model::{Account, Membership, Record, Sink, Stop};
use md5::{Digest, Md5};
use rustc_hash::FxHashMap;

use super::cipher::FieldKey;
use super::tables::text;
use crate::qq::book::{Book, GroupFacts};
use crate::qq::database::{self, Db};

/// How many records may wait before they are pushed.
const PENDING: usize = 256;
/// Tables of groups; the second is that of older versions.
const GROUPS: [&str; 2] = ["TroopInfoV2", "TroopInfo"];

/// Numbers of conversations, and the names of groups.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// MD5 of a number → the number.
    by_digest: FxHashMap<String, String>,
    groups: FxHashMap<String, GroupFacts>,
}

impl Directory {
    /// The number whose MD5 stands in a table's name.
    pub(super) fn number(&self, digest: &str) -> Option<&str> {
        self.by_digest.get(digest).map(String::as_str)
    }

    /// What is known about a group.
    pub(super) fn group(&self, number: &str) -> GroupFacts {
        self.groups.get(number).cloned().unwrap_or_default()
    }

    fn learn(&mut self, number: &str) {
        self.by_digest.insert(digest(number), number.to_owned());
    }
}

/// MD5 of a number as table names have it.
pub(super) fn digest(number: &str) -> String {
    hex::encode_upper(Md5::digest(number.as_bytes()))
}

/// Reads all such tables of all databases and pushes what they say.
pub(super) fn announce(
    databases: &[(String, Db)],
    key: &FieldKey,
    book: &mut Book,
    out: &mut dyn Sink,
) -> Result<Directory, Stop> {
    let mut directory = Directory::default();
    for (file, db) in databases {
        friends(file, db, key, book, &mut directory, out)?;
    }
    for (file, db) in databases {
        for table in GROUPS {
            groups(file, db, table, key, book, &mut directory, out)?;
        }
    }
    for (file, db) in databases {
        members(file, db, key, book, &directory, out)?;
    }
    book.flush(out)?;
    Ok(directory)
}

fn own(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// Numbers in these tables may be shorter than people's: QQ's own accounts have four or five digits.
fn is_id(number: &str) -> bool {
    !number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn friends(
    file: &str,
    db: &Db,
    key: &FieldKey,
    book: &mut Book,
    directory: &mut Directory,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    database::walk(db, "Friends", &["uin", "remark", "name"], |found| {
        let row = match found {
            Ok(row) => row,
            Err(damage) => return database::damaged_table(out, file, damage),
        };
        let number = text(row, 0, key);
        if !is_id(&number) {
            return Ok(());
        }
        directory.learn(&number);
        let nickname = own(text(row, 2, key));
        let remark = own(text(row, 1, key)).filter(|remark| Some(remark) != nickname.as_ref());
        book.describe(Account {
            native_id: number,
            nickname,
            remark,
            is_contact: true,
            ..Account::default()
        });
        flush(book, out, PENDING)
    })
}

fn groups(
    file: &str,
    db: &Db,
    table: &str,
    key: &FieldKey,
    book: &mut Book,
    directory: &mut Directory,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    database::walk(
        db,
        table,
        &["troopuin", "troopname", "troopRemark"],
        |found| {
            let row = match found {
                Ok(row) => row,
                Err(damage) => return database::damaged_table(out, file, damage),
            };
            let number = text(row, 0, key);
            if !is_id(&number) {
                return Ok(());
            }
            directory.learn(&number);
            let facts = GroupFacts {
                name: own(text(row, 1, key)),
                remark: own(text(row, 2, key)),
            };
            directory.groups.insert(number.clone(), facts.clone());
            book.group(&number, facts);
            flush(book, out, PENDING)
        },
    )
}

fn members(
    file: &str,
    db: &Db,
    key: &FieldKey,
    book: &mut Book,
    directory: &Directory,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let columns = ["troopuin", "memberuin", "friendnick", "troopnick"];
    database::walk(db, "TroopMemberInfo", &columns, |found| {
        let row = match found {
            Ok(row) => row,
            Err(damage) => return database::damaged_table(out, file, damage),
        };
        let (group, member) = (text(row, 0, key), text(row, 1, key));
        if !is_id(&group) || !is_id(&member) {
            return Ok(());
        }
        let conversation = book.group(&group, directory.group(&group));
        let account = book.account_called(&member, &text(row, 2, key));
        book.pending.push(Record::Membership(Membership {
            conversation,
            account,
            name: own(text(row, 3, key)),
            ..Membership::default()
        }));
        flush(book, out, PENDING)
    })
}

fn flush(book: &mut Book, out: &mut dyn Sink, most: usize) -> Result<(), Stop> {
    if book.pending.len() > most {
        book.flush(out)?;
    }
    Ok(())
}
