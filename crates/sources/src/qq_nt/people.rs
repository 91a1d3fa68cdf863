//! Teaches the directory which uid and which number belong together, before anybody is announced.

use hutong_model::AccountKind;
use hutong_sqlite::Row;

use super::directory::{Directory, Recent};
use super::tables::{self, Db};

/// The databases of one account.
pub(super) struct Databases {
    pub(super) messages: Db,
    /// With its path.
    pub(super) profiles: Option<(Db, String)>,
    /// With its path.
    pub(super) groups: Option<(Db, String)>,
}

/// The tables of `profile_info.db` that list accounts, with what stands behind those.
const PROFILE_TABLES: [(&str, AccountKind); 4] = [
    ("profile_info_public_account", AccountKind::Official),
    ("profile_info_adelie", AccountKind::Bot),
    ("profile_info_v6", AccountKind::Person),
    ("buddy_list", AccountKind::Person),
];

/// Reads every pair of uid and number that the tables know.
pub(super) fn learn_ids(databases: &Databases, directory: &mut Directory<'_>) {
    learn_recent(&databases.messages, directory);
    visit(
        &databases.messages,
        "nt_uid_mapping_table",
        &["48901", "48902", "1002"],
        |row| {
            let uid = row.bytes(1).unwrap_or_default();
            if !uid.is_empty()
                && let Some(person) = directory.person(uid, tables::id(row, 2))
            {
                directory.set_sort(tables::number(row, 0), person);
            }
        },
    );
    if let Some((db, _)) = &databases.profiles {
        for (table, kind) in PROFILE_TABLES {
            visit(db, table, &["1000", "1002"], |row| {
                learn_pair(directory, row, kind);
            });
        }
    }
    if let Some((db, _)) = &databases.groups {
        visit(db, "group_member3", &["1000", "1002"], |row| {
            learn_pair(directory, row, AccountKind::Person);
        });
    }
}

fn learn_pair(directory: &mut Directory<'_>, row: &Row<'_>, kind: AccountKind) {
    let uin = tables::id(row, 1);
    // A person without a number is met again when their record is due.
    if uin == 0 && kind == AccountKind::Person {
        return;
    }
    if let Some(person) = directory.person(row.bytes(0).unwrap_or_default(), uin)
        && kind != AccountKind::Person
    {
        directory.set_kind(person, kind);
    }
}

/// Walks over a table whose damage is reported elsewhere or costs no message.
pub(super) fn visit(db: &Db, table: &str, columns: &[&str], mut each: impl FnMut(&Row<'_>)) {
    let walked: Result<(), std::convert::Infallible> = tables::walk(db, table, columns, |found| {
        if let Ok(row) = found {
            each(row);
        }
        Ok(())
    });
    let Ok(()) = walked;
}

fn learn_recent(db: &Db, directory: &mut Directory<'_>) {
    let columns = ["40021", "40094", "41135", "60001", "40050", "40091"];
    visit(db, "recent_contact_v3_table", &columns, |row| {
        directory.set_as_of(tables::number(row, 4));
        let Some(key) = tables::words(row, 0) else {
            return;
        };
        let group = tables::number(row, 3);
        let recent = Recent {
            name: tables::own(row, 1).or_else(|| tables::own(row, 5)),
            remark: tables::own(row, 2),
            context: (group > 0).then(|| group.to_string()),
        };
        directory.set_recent(&key, recent);
    });
}
