//! Accounts that are one human being: only the user says so, and can take it back.
//!
//! A person is a set of accounts, of one messenger or of several. Nothing stored of the accounts changes, and nothing is
//! ever joined by itself; [`suggest`] only says which accounts might be worth a look, and why.

use hutong_model::{Account, AccountId, NameTable};
use hutong_search::fold;
use rusqlite::{Connection, TransactionBehavior, params};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ArchiveError;
use crate::store::Index;

/// Names shorter than this are borne by too many.
const MIN_CHARACTERS: usize = 2;
/// A name that more accounts bear says nothing of who they are.
const MAX_NAMESAKES: usize = 4;

/// Accounts that the user says are one human being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The accounts, sorted; always at least two.
    pub accounts: Vec<AccountId>,
    /// When the last of them was added, milliseconds since 1970.
    pub made_at_ms: i64,
}

/// Two accounts that may be one human being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// One.
    pub account: AccountId,
    /// The other.
    pub other: AccountId,
    /// Why one might think so.
    pub reason: Likeness,
}

/// What two accounts have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// An id of one stands among the ids or names of the other: a QQ number, a phone number.
    Number(String),
    /// The user gave both the same name.
    Remark(String),
    /// Both are called the same.
    Name(String),
}

/// Reads which person each joined account belongs to, by numbers.
pub(crate) fn load(connection: &Connection) -> Result<FxHashMap<u32, u32>, ArchiveError> {
    let mut statement = connection.prepare("SELECT account, person FROM account_join")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(ArchiveError::from)).collect()
}

/// Every person, in the order in which they were made.
pub(crate) fn all(connection: &Connection, index: &Index) -> Result<Vec<Person>, ArchiveError> {
    let mut statement = connection
        .prepare("SELECT account, person, made_at FROM account_join ORDER BY made_at, account")?;
    let mut rows = statement.query([])?;
    let mut order: Vec<u32> = Vec::new();
    let mut found: FxHashMap<u32, Person> = FxHashMap::default();
    while let Some(row) = rows.next()? {
        let (account, person, made_at_ms): (u32, u32, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(account) = index.accounts.get(account as usize) else {
            continue;
        };
        let entry = found.entry(person).or_insert_with(|| {
            order.push(person);
            Person {
                accounts: Vec::new(),
                made_at_ms,
            }
        });
        entry.accounts.push(*account);
        entry.made_at_ms = entry.made_at_ms.max(made_at_ms);
    }
    Ok(order
        .into_iter()
        .filter_map(|person| found.remove(&person))
        .map(|mut person| {
            person.accounts.sort_unstable();
            person
        })
        .filter(|person| person.accounts.len() > 1)
        .collect())
}

/// Joins two accounts, each with what it was joined with already. Returns the accounts that came over from the second
/// one's side: taking exactly these out again undoes it.
pub(crate) fn join(
    connection: &mut Connection,
    index: &mut Index,
    (account, other): (u32, u32),
    now_ms: i64,
) -> Result<Vec<u32>, ArchiveError> {
    let moved = index.same_person(other);
    if moved.contains(&account) {
        return Ok(Vec::new());
    }
    let person = index.persons.get(&account).copied().unwrap_or(account);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for number in std::iter::once(&account).chain(&moved) {
        transaction.execute(
            "INSERT INTO account_join(account, person, made_at) VALUES(?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET person = excluded.person",
            params![number, person, now_ms],
        )?;
    }
    transaction.commit()?;
    for number in std::iter::once(&account).chain(&moved) {
        index.persons.insert(*number, person);
    }
    Ok(moved)
}

/// Takes accounts out of the persons that they belong to; those of them that were together stay together. Returns whether
/// anything changed.
pub(crate) fn separate(
    connection: &mut Connection,
    index: &mut Index,
    accounts: &[u32],
) -> Result<bool, ArchiveError> {
    let mut persons = index.persons.clone();
    let mut fresh: FxHashMap<u32, u32> = FxHashMap::default();
    for account in accounts {
        if let Some(person) = persons.get(account).copied() {
            // Any of the accounts names the new person; no account that stays behind does.
            let new = *fresh.entry(person).or_insert(*account);
            persons.insert(*account, new);
        }
    }
    // A person whose number is that of an account which left gets another name, for the number is now somebody else's.
    for account in accounts {
        let staying: Vec<u32> = persons
            .iter()
            .filter(|(member, person)| *person == account && !accounts.contains(member))
            .map(|(member, _)| *member)
            .collect();
        if let Some(name) = staying.iter().min().copied() {
            for member in staying {
                persons.insert(member, name);
            }
        }
    }
    let mut sizes: FxHashMap<u32, u32> = FxHashMap::default();
    for person in persons.values() {
        *sizes.entry(*person).or_default() += 1;
    }
    persons.retain(|_, person| sizes.get(person).is_some_and(|size| *size > 1));
    if persons == index.persons {
        return Ok(false);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for account in index.persons.keys() {
        match persons.get(account) {
            Some(person) => transaction.execute(
                "UPDATE account_join SET person = ?2 WHERE account = ?1",
                params![account, person],
            )?,
            None => {
                transaction.execute("DELETE FROM account_join WHERE account = ?1", [account])?
            }
        };
    }
    transaction.commit()?;
    index.persons = persons;
    Ok(true)
}

/// Accounts of different messengers that may be one human being, with the reason; those that are joined are left out.
///
/// Reasons, strongest first: an id of one stands in the other's ids or names; the user gave both the same name; both are
/// called the same, and hardly anybody else is. It is never more than a suggestion.
pub(crate) fn suggest(names: &NameTable, index: &Index, limit: usize) -> Vec<Suggestion> {
    let mut accounts: Vec<&Account> = names
        .accounts
        .values()
        .filter(|account| account.kind == hutong_model::AccountKind::Person && !account.is_owner)
        .collect();
    accounts.sort_unstable_by_key(|account| account.id);
    let mut by_number: FxHashMap<String, Vec<&Account>> = FxHashMap::default();
    let mut by_remark: FxHashMap<String, Vec<&Account>> = FxHashMap::default();
    let mut by_name: FxHashMap<String, Vec<&Account>> = FxHashMap::default();
    for account in &accounts {
        let words = [&account.remark, &account.nickname, &account.alias];
        let mut numbers: Vec<String> = words
            .into_iter()
            .flatten()
            .chain([&account.native_id])
            .chain(&account.second_id)
            .flat_map(|word| numbers_in(word))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            by_number.entry(number).or_default().push(account);
        }
        if let Some(name) = telling(account.remark.as_deref()) {
            by_remark.entry(name).or_default().push(account);
        }
        let mut own: Vec<String> = [&account.remark, &account.nickname]
            .into_iter()
            .filter_map(|name| telling(name.as_deref()))
            .collect();
        own.sort_unstable();
        own.dedup();
        for name in own {
            by_name.entry(name).or_default().push(account);
        }
    }
    let mut seen: FxHashSet<(AccountId, AccountId)> = FxHashSet::default();
    let mut found = Vec::new();
    let groups = [&by_number, &by_remark, &by_name];
    let reasons = [Likeness::Number, Likeness::Remark, Likeness::Name];
    for (group, reason) in groups.into_iter().zip(reasons) {
        let mut keys: Vec<&String> = group.keys().collect();
        keys.sort_unstable();
        for key in keys {
            let Some(alike) = group.get(key).filter(|alike| alike.len() <= MAX_NAMESAKES) else {
                continue;
            };
            for (place, one) in alike.iter().enumerate() {
                for other in alike.iter().skip(place + 1) {
                    let is_known = || {
                        let number = |id| index.account_numbers.get(id).copied();
                        number(&one.id)
                            .zip(number(&other.id))
                            .is_some_and(|(one, other)| index.same_person(one).contains(&other))
                    };
                    if found.len() < limit
                        && one.platform != other.platform
                        && !is_known()
                        && seen.insert((one.id, other.id))
                    {
                        found.push(Suggestion {
                            account: one.id,
                            other: other.id,
                            reason: reason(key.clone()),
                        });
                    }
                }
            }
        }
    }
    found
}

/// A name that is worth comparing.
fn telling(name: Option<&str>) -> Option<String> {
    let folded = fold(name?.trim());
    (folded.chars().count() >= MIN_CHARACTERS && folded.chars().any(char::is_alphabetic))
        .then_some(folded)
}

/// Runs of digits that may be a QQ or phone number.
fn numbers_in(word: &str) -> impl Iterator<Item = String> + '_ {
    word.split(|character: char| !character.is_ascii_digit())
        .filter(|digits| (6..=13).contains(&digits.len()) && !digits.starts_with('0'))
        .map(str::to_owned)
}
