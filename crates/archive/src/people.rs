//! Accounts, conversations and memberships: one view out of many sightings.
//!
//! A younger statement (`as_of`) wins over an older one, the digest breaks ties, and what the winner does not say
//! is filled from the next. So the view does not depend on the order of the imports.

use hutong_model::{Account, Conversation, Membership, NameTable, Timestamp};
use rusqlite::Connection;
use serde::de::DeserializeOwned;

use crate::ArchiveError;
use crate::codec::Resolve;
use crate::store::Index;

fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ArchiveError> {
    rmp_serde::from_slice(bytes)
        .map_err(|error| ArchiveError::damaged(format!("a record cannot be unpacked: {error}")))
}

macro_rules! fill {
    ($into:expr, $from:expr, $($field:ident),*) => {
        $(if $into.$field.is_none() { $into.$field = $from.$field; })*
    };
}

/// Reads everybody and everything that has a name.
pub(crate) fn names(connection: &Connection, index: &Index) -> Result<NameTable, ArchiveError> {
    let mut table = NameTable::default();
    let mut statement = connection.prepare(
        "SELECT account, as_of, record FROM account_sighting ORDER BY account, as_of DESC, digest",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(id) = index.account(row.get(0)?) else {
            continue;
        };
        let mut account: Account =
            unpack(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
        account.as_of = row.get::<_, Option<i64>>(1)?.map(Timestamp);
        match table.accounts.get_mut(&id) {
            Some(known) => {
                fill!(
                    known,
                    account,
                    platform,
                    second_id,
                    nickname,
                    remark,
                    alias,
                    description,
                    avatar
                );
                known.is_owner |= account.is_owner;
                if known.labels.is_empty() {
                    known.labels = account.labels;
                }
            }
            None => {
                table.accounts.insert(id, account);
            }
        }
    }
    let mut statement = connection
        .prepare("SELECT conversation, as_of, record FROM conversation_sighting ORDER BY conversation, as_of DESC, digest")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Some(id) = index.conversation(row.get(0)?) else {
            continue;
        };
        let mut conversation: Conversation =
            unpack(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
        conversation.as_of = row.get::<_, Option<i64>>(1)?.map(Timestamp);
        match table.conversations.get_mut(&id) {
            Some(known) => {
                fill!(
                    known,
                    conversation,
                    platform,
                    name,
                    remark,
                    owner,
                    peer,
                    group_owner,
                    announcement,
                    context,
                    native_id_hash
                );
            }
            None => {
                table.conversations.insert(id, conversation);
            }
        }
    }
    let mut statement = connection.prepare(
        "SELECT conversation, account, as_of, record FROM member_sighting ORDER BY conversation, account, as_of DESC, digest",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (Some(conversation), Some(account)) =
            (index.conversation(row.get(0)?), index.account(row.get(1)?))
        else {
            continue;
        };
        let mut member: Membership =
            unpack(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?;
        member.as_of = row.get::<_, Option<i64>>(2)?.map(Timestamp);
        match table.members.get_mut(&(conversation, account)) {
            Some(known) => {
                fill!(known, member, name, title, joined_at, inviter);
            }
            None => {
                table.members.insert((conversation, account), member);
            }
        }
    }
    Ok(table)
}

/// What every copy says of a conversation, by its number.
pub(crate) fn stated_conversations(
    connection: &Connection,
    index: &Index,
) -> Result<Vec<(u32, Conversation)>, ArchiveError> {
    let mut statement =
        connection.prepare("SELECT conversation, record FROM conversation_sighting")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let number: u32 = row.get(0)?;
        if index.conversation(number).is_some() {
            let record = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            all.push((number, unpack(record)?));
        }
    }
    Ok(all)
}

/// Puts what is known of a linked conversation to the one in which its messages are shown.
pub(crate) fn show_links(table: &mut NameTable, index: &Index) {
    let mut links: Vec<(u32, u32)> = index
        .links
        .iter()
        .map(|(from, into)| (*from, *into))
        .collect();
    // By ids, which mean the same in every archive.
    links.sort_unstable_by_key(|(from, into)| {
        (index.conversation(*from), index.conversation(*into))
    });
    for (from, into) in links {
        let (Some(from), Some(into)) = (index.conversation(from), index.conversation(into)) else {
            continue;
        };
        if let Some(conversation) = table.conversations.remove(&from)
            && let Some(known) = table.conversations.get_mut(&into)
        {
            fill!(
                known,
                conversation,
                platform,
                name,
                remark,
                owner,
                peer,
                group_owner,
                announcement,
                context
            );
        }
        let mut members: Vec<_> = table
            .members
            .iter()
            .filter(|((conversation, _), _)| *conversation == from)
            .map(|((_, account), member)| (*account, member.clone()))
            .collect();
        members.sort_by_key(|(account, _)| *account);
        for (account, member) in members {
            table.members.remove(&(from, account));
            table.members.entry((into, account)).or_insert(Membership {
                conversation: into,
                ..member
            });
        }
    }
}
