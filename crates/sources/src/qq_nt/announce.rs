//! Pushes what the companion databases say about people, groups and members.

use hutong_model::{
    At, Membership, Origin, Problem, ProblemKind, Record, Role, Sink, Stop, Timestamp,
};
use hutong_sqlite::Damage;
use rustc_hash::FxHashMap;

use super::decode::{self, Bulletin, Category};
use super::directory::{Directory, GroupFacts, PersonIndex, Profile};
use super::people::{Databases, visit};
use super::tables::{self, Db};

/// How many records may wait before they are pushed.
const PENDING: usize = 64;

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
pub(super) fn damaged(out: &mut dyn Sink, file: &str, damage: &Damage) -> Result<(), Stop> {
    out.problem(Problem {
        origin: Origin::new(file, &damage.table, At::Page(damage.page)),
        kind: ProblemKind::Damage,
        reason: tables::reason(damage),
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

const PROFILE_COLUMNS: [&str; 8] = [
    "1000", "1001", "1002", "20002", "20009", "20011", "20004", "320001",
];
/// Friends whose profile was never cached still are friends.
const PROFILE_TABLES: [&str; 4] = [
    "profile_info_v6",
    "buddy_list",
    "profile_info_public_account",
    "profile_info_adelie",
];

fn announce_profiles(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let friends = Friends::read(db);
    for table in PROFILE_TABLES {
        tables::walk(db, table, &PROFILE_COLUMNS, |found| {
            let row = match found {
                Ok(row) => row,
                Err(damage) => return damaged(out, file, damage),
            };
            let person = directory.person(row.bytes(0).unwrap_or_default(), tables::id(row, 2));
            let Some(person) = person.filter(|person| !directory.is_announced(*person)) else {
                return Ok(());
            };
            let own = |index| tables::own(row, index);
            let mut profile = Profile {
                alias: own(1),
                nickname: own(3).or_else(|| own(7)),
                remark: own(4),
                description: own(5),
                avatar_url: own(6),
                ..Profile::default()
            };
            friends.complete(directory.uid(person).unwrap_or_default(), &mut profile);
            directory.describe(person, profile);
            flush(directory, out, PENDING)
        })?;
    }
    if let Some(owner) = directory.owner() {
        directory.account(owner);
    }
    Ok(())
}

/// What the group tables say about a group, and whether the owner of the copy has left it.
#[derive(Default)]
struct Group {
    facts: GroupFacts,
    has_left: bool,
}

const GROUP_TABLES: [&str; 2] = ["group_list", "group_detail_info_ver1"];
const GROUP_COLUMNS: [&str; 6] = ["60001", "60007", "60026", "60002", "60216", "60340"];

fn announce_groups(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut groups: FxHashMap<i64, Group> = FxHashMap::default();
    let mut order = Vec::new();
    for table in GROUP_TABLES {
        tables::walk(db, table, &GROUP_COLUMNS, |found| {
            let row = match found {
                Ok(row) => row,
                Err(damage) => return damaged(out, file, damage),
            };
            let code = tables::number(row, 0);
            if code == 0 {
                return Ok(());
            }
            let group = groups.entry(code).or_insert_with(|| {
                order.push(code);
                Group::default()
            });
            let facts = &mut group.facts;
            let own = |index| tables::own(row, index);
            facts.name = facts.name.take().or_else(|| own(1));
            facts.remark = facts.remark.take().or_else(|| own(2));
            facts.owner = facts
                .owner
                .or_else(|| directory.person(row.bytes(3).unwrap_or_default(), 0));
            facts.announcement = facts.announcement.take().or_else(|| own(4));
            group.has_left |= tables::number(row, 5) != 0;
            Ok(())
        })?;
    }
    add_bulletins(db, &mut groups);
    for code in order {
        let Some(group) = groups.remove(&code) else {
            continue;
        };
        directory.announce_group(code, group.facts);
        if group.has_left {
            directory.left.insert(code);
        }
        flush(directory, out, PENDING)?;
    }
    Ok(())
}

/// The newest bulletin stands in where no notice is pinned.
fn add_bulletins(db: &Db, groups: &mut FxHashMap<i64, Group>) {
    visit(db, "group_bulletin", &["60001", "64205"], |row| {
        let Some(group) = groups.get_mut(&tables::number(row, 0)) else {
            return;
        };
        if group.facts.announcement.is_some() {
            return;
        }
        let all = decode::repeated(row.bytes(1).unwrap_or_default(), 64202).map(Bulletin::read);
        let newest = all.max_by_key(|bulletin| bulletin.time);
        let text = newest.and_then(|bulletin| bulletin.words());
        group.facts.announcement = text.map(|text| String::from_utf8_lossy(text).into_owned());
    });
}

const MEMBER_COLUMNS: [&str; 10] = [
    "60001", "1000", "1002", "64003", "20002", "64007", "64010", "64016", "64023", "60340",
];

fn announce_members(
    db: &Db,
    file: &str,
    directory: &mut Directory<'_>,
    out: &mut dyn Sink,
) -> Result<(), Stop> {
    tables::walk(db, "group_member3", &MEMBER_COLUMNS, |found| {
        let row = match found {
            Ok(row) => row,
            Err(damage) => return damaged(out, file, damage),
        };
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
        // Either table may say that somebody is gone; the group's own mark speaks of the owner of the copy.
        let has_left = tables::number(row, 7) != 0
            || tables::number(row, 9) != 0
            || (is_owner && directory.left.contains(&code));
        let membership = Membership {
            conversation: directory.chat(group).id,
            account: directory.account(person),
            name: own(3),
            role: role(directory, code, person, tables::number(row, 6)),
            title: own(8),
            joined_at: Some(tables::number(row, 5))
                .filter(|time| *time > 0)
                .map(Timestamp::from_seconds),
            has_left,
            inviter: None,
            as_of: directory.as_of(),
            extra: None,
        };
        directory.pending.push(Record::Membership(membership));
        flush(directory, out, PENDING)
    })?;
    flush(directory, out, 0)
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
