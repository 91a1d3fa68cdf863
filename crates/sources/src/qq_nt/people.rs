//! Fills the directory from the companion databases: who is who, friends, groups and their members.

use hutong_model::{
    AccountKind, At, Membership, Origin, Problem, ProblemKind, Record, Role, Sink, Stop, Timestamp,
};
use hutong_sqlite::Damage;
use rustc_hash::FxHashMap;

use super::account_folder::AccountFolder;
use super::decode::{self, Category};
use super::directory::{Directory, GroupFacts, PersonIndex, Profile, Recent};
use super::tables::{self, Db};

/// The databases of one account.
pub(super) struct Databases {
    pub(super) messages: Db,
    pub(super) profiles: Option<(Db, String)>,
    pub(super) groups: Option<(Db, String)>,
}

/// Rows looked at to find out which account sent them.
const OWNER_ROWS: u32 = 200_000;
/// How many records may wait before they are pushed.
const PENDING: usize = 64;

/// Reads every pair of uid and number that the companion tables know. Nothing is announced yet.
pub(super) fn learn_ids(databases: &Databases, directory: &mut Directory<'_>) {
    learn_recent(&databases.messages, directory);
    let mapping = ["48901", "48902", "1002"];
    visit(
        &databases.messages,
        "nt_uid_mapping_table",
        &mapping,
        |row| {
            let uid = row.bytes(1).unwrap_or_default();
            if !uid.is_empty()
                && let Some(person) = directory.person(uid, tables::id(row, 2))
            {
                directory.set_sort(tables::number(row, 0), person);
            }
        },
    );
    let profiles = databases.profiles.as_ref();
    let profile_tables = [
        "profile_info_v6",
        "buddy_list",
        "profile_info_public_account",
        "profile_info_adelie",
    ];
    for (db, table) in profiles
        .iter()
        .flat_map(|(db, _)| profile_tables.map(|table| (db, table)))
    {
        visit(db, table, &["1000", "1002"], |row| {
            learn_pair(directory, row);
        });
    }
    if let Some((db, _)) = &databases.groups {
        visit(db, "group_member3", &["1000", "1002"], |row| {
            learn_pair(directory, row);
        });
    }
}

fn learn_pair(directory: &mut Directory<'_>, row: &hutong_sqlite::Row<'_>) {
    let uin = tables::id(row, 1);
    // Somebody without a number is met again when their record is due.
    if uin != 0 {
        directory.person(row.bytes(0).unwrap_or_default(), uin);
    }
}

/// Walks over a table whose damage is reported elsewhere or costs no message.
fn visit(db: &Db, table: &str, columns: &[&str], mut row: impl FnMut(&hutong_sqlite::Row<'_>)) {
    let walked: Result<(), std::convert::Infallible> = tables::for_each(
        db,
        table,
        columns,
        |found| {
            row(found);
            Ok(())
        },
        |_| Ok(()),
    );
    let Ok(()) = walked;
}

fn learn_recent(db: &Db, directory: &mut Directory<'_>) {
    let columns = [
        "40021", "40094", "41135", "60001", "40050", "40010", "40091",
    ];
    visit(db, "recent_contact_v3_table", &columns, |row| {
        directory.set_as_of(tables::number(row, 4));
        let Some(key) = tables::words(row, 0) else {
            return;
        };
        let name = tables::words(row, 1).or_else(|| tables::words(row, 6));
        let group = tables::number(row, 3);
        let recent = Recent {
            name: name.map(Into::into),
            remark: tables::words(row, 2).map(Into::into),
            context: (group > 0).then(|| group.to_string()),
        };
        directory.set_recent(&key, recent);
    });
}

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

/// Pushes everything that the companion tables say: accounts, groups, members.
pub(super) fn announce(
    databases: &Databases,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    if let Some(owner) = directory.owner()
        && databases.profiles.is_none()
    {
        directory.account(owner);
    }
    if let Some((db, name)) = &databases.profiles {
        announce_profiles(db, name, directory, out)?;
    }
    if let Some((db, name)) = &databases.groups {
        announce_groups(db, name, directory, out)?;
        announce_members(db, name, directory, out)?;
    }
    flush(directory, out, 0)
}

/// Pushes what waits, when it is more than `most`.
pub(super) fn flush(
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
    most: usize,
) -> Result<(), Stop> {
    if directory.pending.len() > most {
        for record in directory.pending.drain(..) {
            out.record(record)?;
        }
    }
    Ok(())
}

/// Damage in a companion table costs names, not messages.
pub(super) fn report(out: &mut dyn Sink, file: &str, damage: &Damage) -> Result<(), Stop> {
    out.problem(Problem {
        origin: Origin::new(file, &damage.table, At::Page(damage.page)),
        kind: ProblemKind::Damage,
        reason: damage.reason.to_string(),
    })
}

/// What the list of friends says, by uid.
struct Friends {
    category: FxHashMap<Box<str>, i64>,
    labels: FxHashMap<i64, String>,
}

impl Friends {
    fn read(db: &Db) -> Self {
        let mut friends = Self {
            category: FxHashMap::default(),
            labels: FxHashMap::default(),
        };
        visit(db, "category_list_v2", &["25011"], |row| {
            for raw in decode::repeated(row.bytes(0).unwrap_or_default(), 25011) {
                let category = Category::read(raw);
                let name = String::from_utf8_lossy(category.name.unwrap_or_default());
                if !name.is_empty() {
                    let id = i64::try_from(category.id.unwrap_or(0)).unwrap_or(0);
                    friends.labels.insert(id, name.into_owned());
                }
            }
        });
        visit(db, "buddy_list", &["1000", "25007"], |row| {
            if let Some(uid) = tables::words(row, 0) {
                // No category is the default one, number 0.
                friends.category.insert(uid.into(), tables::number(row, 1));
            }
        });
        friends
    }

    fn complete(&self, uid: &str, profile: &mut Profile) {
        if let Some(category) = self.category.get(uid) {
            profile.is_contact = true;
            profile.labels.extend(self.labels.get(category).cloned());
        }
    }
}

fn announce_profiles(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let friends = Friends::read(db);
    let mut damages = Vec::new();
    let columns = ["1000", "1001", "1002", "20002", "20009", "20011", "20004"];
    let mut announce = |table: &str, columns: &[&str], kind, out: &mut dyn Sink| {
        tables::for_each(
            db,
            table,
            columns,
            |row| {
                let Some(person) =
                    directory.person(row.bytes(0).unwrap_or_default(), tables::id(row, 2))
                else {
                    return Ok(());
                };
                if directory.is_announced(person) {
                    return Ok(());
                }
                directory.set_kind(person, kind);
                let own = |index| tables::own(row, index);
                let mut profile = Profile {
                    alias: own(1),
                    nickname: own(3),
                    remark: own(4),
                    description: own(5),
                    avatar_url: own(6),
                    ..Profile::default()
                };
                friends.complete(directory.uid(person).unwrap_or_default(), &mut profile);
                directory.describe(person, profile);
                flush(directory, out, PENDING)
            },
            |damage| {
                damages.push((damage.table.clone(), damage.page, damage.reason.to_string()));
                Ok(())
            },
        )
    };
    announce("profile_info_v6", &columns, AccountKind::Person, out)?;
    // Friends whose profile was never cached still are friends.
    announce(
        "buddy_list",
        &["1000", "1001", "1002"],
        AccountKind::Person,
        out,
    )?;
    announce(
        "profile_info_public_account",
        &columns,
        AccountKind::Official,
        out,
    )?;
    announce(
        "profile_info_adelie",
        &["1000", "1001", "1002", "320001"],
        AccountKind::Bot,
        out,
    )?;
    for (table, page, reason) in damages {
        let origin = Origin::new(file, &table, At::Page(page));
        out.problem(Problem {
            origin,
            kind: ProblemKind::Damage,
            reason,
        })?;
    }
    if let Some(owner) = directory.owner() {
        directory.account(owner);
    }
    Ok(())
}

const GROUP_TABLES: [&str; 2] = ["group_list", "group_detail_info_ver1"];

fn announce_groups(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut groups: FxHashMap<i64, (GroupFacts, bool)> = FxHashMap::default();
    let mut order = Vec::new();
    for table in GROUP_TABLES {
        tables::for_each(
            db,
            table,
            &["60001", "60007", "60026", "60002", "60216", "60340"],
            |row| {
                let code = tables::number(row, 0);
                if code == 0 {
                    return Ok(());
                }
                let (facts, has_left) = groups.entry(code).or_insert_with(|| {
                    order.push(code);
                    Default::default()
                });
                let own = |index| tables::own(row, index);
                facts.name = facts.name.take().or_else(|| own(1));
                facts.remark = facts.remark.take().or_else(|| own(2));
                facts.owner = facts
                    .owner
                    .or_else(|| directory.person(row.bytes(3).unwrap_or_default(), 0));
                facts.announcement = facts.announcement.take().or_else(|| own(4));
                *has_left |= tables::number(row, 5) != 0;
                Ok(())
            },
            |damage| report(out, file, damage),
        )?;
    }
    for code in order {
        let Some((facts, has_left)) = groups.remove(&code) else {
            continue;
        };
        directory.announce_group(code, facts);
        if has_left {
            directory.left.insert(code);
        }
        flush(directory, out, PENDING)?;
    }
    Ok(())
}

fn announce_members(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut damages = Vec::new();
    tables::for_each(
        db,
        "group_member3",
        &[
            "60001", "1000", "1002", "64003", "20002", "64007", "64010", "64016", "64023", "60340",
        ],
        |row| {
            let code = tables::number(row, 0);
            let person = directory.person(row.bytes(1).unwrap_or_default(), tables::id(row, 2));
            let (Some(person), true) = (person, code != 0) else {
                return Ok(());
            };
            let own = |index| tables::own(row, index);
            if !directory.is_announced(person) {
                directory.describe(
                    person,
                    Profile {
                        nickname: own(4),
                        ..Profile::default()
                    },
                );
            }
            let group = directory.group(code);
            directory.ensure_chat(group);
            let is_owner = directory.owner() == Some(person);
            let membership = Membership {
                conversation: directory.chat(group).id,
                account: directory.account(person),
                name: own(3),
                role: role(directory, code, person, tables::number(row, 6)),
                title: own(8),
                joined_at: Some(tables::number(row, 5))
                    .filter(|time| *time > 0)
                    .map(Timestamp::from_seconds),
                has_left: tables::number(row, 7) != 0
                    || tables::number(row, 9) != 0
                    || (is_owner && directory.left.contains(&code)),
                inviter: None,
                as_of: directory.as_of(),
            };
            directory.pending.push(Record::Membership(membership));
            flush(directory, out, PENDING)
        },
        |damage| {
            damages.push((damage.table.clone(), damage.page, damage.reason.to_string()));
            Ok(())
        },
    )?;
    flush(directory, out, 0)?;
    for (table, page, reason) in damages {
        let origin = Origin::new(file, &table, At::Page(page));
        out.problem(Problem {
            origin,
            kind: ProblemKind::Damage,
            reason,
        })?;
    }
    Ok(())
}

fn role(directory: &Directory<'_>, code: i64, person: PersonIndex, flag: i64) -> Role {
    if directory.group_owner(code) == Some(person) {
        Role::Owner
    } else if flag == 1 {
        Role::Admin
    } else {
        Role::Member
    }
}
