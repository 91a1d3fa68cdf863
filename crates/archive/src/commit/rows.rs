//! Writing what stands in ordinary tables: numbers, people, changes, problems.

use hutong_model::{At, Problem};
use rusqlite::{Transaction, params};
use sha2::{Digest as _, Sha256};

use crate::ArchiveError;
use crate::batch::Batch;
use crate::store::Index;

pub(super) fn write_numbers(
    transaction: &Transaction<'_>,
    batch: &Batch,
    before: &Index,
) -> Result<(), ArchiveError> {
    for (id, number) in batch.new_accounts.iter().zip(before.accounts.len()..) {
        transaction
            .prepare_cached("INSERT INTO account(number, id) VALUES(?1, ?2)")?
            .execute(params![number, id.0])?;
    }
    for (id, number) in batch
        .new_conversations
        .iter()
        .zip(before.conversations.len()..)
    {
        transaction
            .prepare_cached("INSERT INTO conversation(number, id) VALUES(?1, ?2)")?
            .execute(params![number, id.0])?;
    }
    for (place, number) in batch.new_places.iter().zip(before.places.len()..) {
        transaction
            .prepare_cached("INSERT INTO place(number, input, section) VALUES(?1, ?2, ?3)")?
            .execute(params![number, place.input, place.table])?;
    }
    Ok(())
}

/// Packs a small record, without the instant that its input speaks of, and digests it.
pub(super) fn pack(record: &impl serde::Serialize) -> Result<(Vec<u8>, [u8; 32]), ArchiveError> {
    let bytes = rmp_serde::to_vec(record)
        .map_err(|error| ArchiveError::damaged(format!("a record cannot be packed: {error}")))?;
    let digest = Sha256::digest(&bytes).into();
    Ok((bytes, digest))
}

pub(super) fn write_people(
    transaction: &Transaction<'_>,
    batch: &Batch,
    import: i64,
) -> Result<(), ArchiveError> {
    for (number, account) in &batch.accounts {
        let as_of = account.as_of.map(|time| time.0);
        let (bytes, digest) = pack(&hutong_model::Account {
            as_of: None,
            ..account.clone()
        })?;
        transaction
            .prepare_cached(
                "INSERT INTO account_sighting(account, digest, as_of, import, record) VALUES(?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET as_of = max(coalesce(as_of, excluded.as_of), coalesce(excluded.as_of, as_of))",
            )?
            .execute(params![number, digest, as_of, import, bytes])?;
    }
    for (number, conversation) in &batch.conversations {
        let as_of = conversation.as_of.map(|time| time.0);
        let (bytes, digest) = pack(&hutong_model::Conversation {
            as_of: None,
            ..conversation.clone()
        })?;
        transaction
            .prepare_cached(
                "INSERT INTO conversation_sighting(conversation, digest, as_of, import, record) VALUES(?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET as_of = max(coalesce(as_of, excluded.as_of), coalesce(excluded.as_of, as_of))",
            )?
            .execute(params![number, digest, as_of, import, bytes])?;
    }
    for (conversation, account, member) in &batch.members {
        let as_of = member.as_of.map(|time| time.0);
        let (bytes, digest) = pack(&hutong_model::Membership {
            as_of: None,
            ..member.clone()
        })?;
        transaction
            .prepare_cached(
                "INSERT INTO member_sighting(conversation, account, digest, as_of, import, record)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET as_of = max(coalesce(as_of, excluded.as_of), coalesce(excluded.as_of, as_of))",
            )?
            .execute(params![conversation, account, digest, as_of, import, bytes])?;
    }
    for (conversation, change) in &batch.changes {
        let (bytes, digest) = pack(&change.change)?;
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO message_change(conversation, message, digest, import, record)
                 VALUES(?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![conversation, change.message.0, digest, import, bytes])?;
    }
    Ok(())
}

pub(super) fn write_problem(
    transaction: &Transaction<'_>,
    import: i64,
    number: i64,
    problem: &Problem,
) -> Result<(), ArchiveError> {
    let position = match problem.origin.at {
        At::Row(row) => format!("row {row}"),
        At::Line(line) => format!("line {line}"),
        At::Bytes(start, length) => format!("bytes {start}+{length}"),
        At::Page(page) => format!("page {page}"),
        At::Whole => String::new(),
    };
    let place = &problem.origin.place;
    transaction
        .prepare_cached(
            "INSERT INTO problem(import, number, kind, reason, input, section, position) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![import, number, problem.kind as u8, problem.reason, place.input, place.table, position])?;
    Ok(())
}
