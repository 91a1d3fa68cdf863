//! Everything that is no message, as it was read; and what another archive had decided.

use hutong_model::{
    AccountId, At, ConversationId, Decision, MessageChange, MessageId, Origin, Record, Timestamp,
};
use rusqlite::{Connection, Row, params};
use serde::de::DeserializeOwned;

use crate::ArchiveError;
use crate::codec::Resolve;
use crate::links::{self, LinkReason};
use crate::persons;
use crate::store::Index;

/// The number, the instant that the input speaks of, and the record of a row.
fn statement<T: DeserializeOwned>(
    row: &Row<'_>,
    at: usize,
) -> Result<(Option<Timestamp>, T), ArchiveError> {
    let as_of = row.get::<_, Option<i64>>(at)?.map(Timestamp);
    Ok((as_of, unpacked(row, at + 1)?))
}

fn unpacked<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<T, ArchiveError> {
    let bytes = row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from)?;
    rmp_serde::from_slice(bytes)
        .map_err(|error| ArchiveError::damaged(format!("a record cannot be unpacked: {error}")))
}

/// Calls `give` for each row of a query.
fn each<E: From<ArchiveError>>(
    connection: &Connection,
    sql: &str,
    give: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection.prepare(sql).map_err(ArchiveError::from)?;
    let mut rows = statement.query([]).map_err(ArchiveError::from)?;
    while let Some(row) = rows.next().map_err(ArchiveError::from)? {
        give(row)?;
    }
    Ok(())
}

/// Gives every statement, change and decision.
pub(crate) fn all<E: From<ArchiveError>>(
    connection: &Connection,
    index: &Index,
    give: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    each::<E>(
        connection,
        "SELECT as_of, record FROM account_sighting",
        &mut |row| {
            let (as_of, mut account): (_, hutong_model::Account) = statement(row, 0)?;
            account.as_of = as_of;
            give(Record::Account(account))
        },
    )?;
    each::<E>(
        connection,
        "SELECT as_of, record FROM conversation_sighting",
        &mut |row| {
            let (as_of, mut conversation): (_, hutong_model::Conversation) = statement(row, 0)?;
            conversation.as_of = as_of;
            give(Record::Conversation(conversation))
        },
    )?;
    each::<E>(
        connection,
        "SELECT as_of, record FROM member_sighting",
        &mut |row| {
            let (as_of, mut membership): (_, hutong_model::Membership) = statement(row, 0)?;
            membership.as_of = as_of;
            give(Record::Membership(membership))
        },
    )?;
    each::<E>(
        connection,
        "SELECT conversation, message, record FROM message_change",
        &mut |row| {
            let number: u32 = row.get(0).map_err(ArchiveError::from)?;
            let Some(conversation) = index.conversation(number) else {
                return Ok(());
            };
            give(Record::Change(MessageChange {
                message: MessageId(row.get(1).map_err(ArchiveError::from)?),
                conversation,
                change: unpacked(row, 2)?,
                // Only the change itself is stored.
                origin: Origin::new("", "", At::Whole),
            }))
        },
    )?;
    decisions(connection, index, give)
}

fn decisions<E: From<ArchiveError>>(
    connection: &Connection,
    index: &Index,
    give: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let pair = |row: &Row<'_>| -> Result<Option<(ConversationId, ConversationId)>, ArchiveError> {
        Ok(index
            .conversation(row.get(0)?)
            .zip(index.conversation(row.get(1)?)))
    };
    let links = "SELECT conversation, into_conversation, made_by, made_at FROM conversation_link";
    each::<E>(connection, links, &mut |row| {
        let Some((conversation, into)) = pair(row)? else {
            return Ok(());
        };
        give(Record::Decision(Decision::Link {
            conversation,
            into,
            reason: row.get(2).map_err(ArchiveError::from)?,
            at: Some(Timestamp(row.get(3).map_err(ArchiveError::from)?)),
        }))
    })?;
    each::<E>(
        connection,
        "SELECT conversation, other FROM conversation_apart",
        &mut |row| {
            let Some((conversation, other)) = pair(row)? else {
                return Ok(());
            };
            give(Record::Decision(Decision::Apart {
                conversation,
                other,
            }))
        },
    )?;
    for person in persons::all(connection, index)? {
        give(Record::Decision(Decision::Person {
            accounts: person.accounts,
            at: Some(Timestamp(person.made_at_ms)),
        }))?;
    }
    each::<E>(connection, "SELECT line FROM foreign_line", &mut |row| {
        let line: String = row.get(0).map_err(ArchiveError::from)?;
        give(Record::Decision(Decision::Foreign(line.into())))
    })
}

/// Does what another archive had decided. What names something that is not here decides nothing.
pub(crate) fn apply(
    connection: &mut Connection,
    index: &mut Index,
    mut decisions: Vec<Decision>,
    now_ms: i64,
) -> Result<(), ArchiveError> {
    decisions.sort();
    for decision in decisions {
        match decision {
            Decision::Link {
                conversation,
                into,
                reason,
                at,
            } => {
                let number = |id| index.conversation_numbers.get(&id).copied();
                if let (Some(conversation), Some(into)) = (number(conversation), number(into)) {
                    // What the user took apart here stays apart.
                    if links::was_taken_apart(connection, index, conversation, into)? {
                        continue;
                    }
                    let reason = LinkReason::from_str(&reason);
                    let at = at.map_or(now_ms, |at| at.0);
                    links::link(connection, index, (conversation, into), reason, at)?;
                }
            }
            Decision::Apart {
                conversation,
                other,
            } => {
                let number = |id| index.conversation_numbers.get(&id).copied();
                if let (Some(conversation), Some(other)) = (number(conversation), number(other))
                    && index.shown_in(conversation) != index.shown_in(other)
                {
                    connection.execute(
                        "INSERT OR IGNORE INTO conversation_apart(conversation, other) VALUES(?1, ?2)",
                        params![conversation, other],
                    )?;
                }
            }
            Decision::Person { accounts, at } => {
                join_person(connection, index, &accounts, at.map_or(now_ms, |at| at.0))?;
            }
            Decision::Foreign(line) => {
                connection.execute(
                    "INSERT OR IGNORE INTO foreign_line(line) VALUES(?1)",
                    [&*line],
                )?;
            }
        }
    }
    Ok(())
}

fn join_person(
    connection: &mut Connection,
    index: &mut Index,
    accounts: &[AccountId],
    at: i64,
) -> Result<(), ArchiveError> {
    let mut numbers = accounts
        .iter()
        .filter_map(|id| index.account_numbers.get(id).copied())
        .collect::<Vec<u32>>()
        .into_iter();
    let Some(first) = numbers.next() else {
        return Ok(());
    };
    for other in numbers {
        persons::join(connection, index, (first, other), at)?;
    }
    Ok(())
}
