//! A conversation that one copy knows only by a digest is the one whose native id has this digest.
//!
//! Nothing else is asked: two accounts never have one digest. What a conversation's native id is, every copy says for
//! itself (one side of a chat between two knows it by the other's id), so all statements are looked at.

use std::collections::{BTreeMap, BTreeSet};

use hutong_model::{
    AccountId, Conversation, ConversationId, ConversationKind, IdHash, NameTable, Platform,
};
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::{LinkReason, link, was_taken_apart};
use crate::ArchiveError;
use crate::people;
use crate::store::Index;

/// A digest of a native id, as far as it means one conversation.
type Proof = (Platform, IdHash, String);

/// Links every conversation that is known only by a digest with the one that it is.
pub(crate) fn link_proven(
    connection: &mut Connection,
    index: &mut Index,
    now_ms: i64,
) -> Result<(), ArchiveError> {
    let stated = people::stated_conversations(connection, index)?;
    for (conversation, into) in proven(&stated) {
        if index.links.contains_key(&conversation)
            || was_taken_apart(connection, index, conversation, into)?
        {
            continue;
        }
        link(
            connection,
            index,
            (conversation, into),
            LinkReason::Digest,
            now_ms,
        )?;
    }
    Ok(())
}

/// Links in memory what [`link_proven`] would link if these statements were stored too.
pub(crate) fn foresee(
    connection: &Connection,
    index: &mut Index,
    more: &[(u32, Conversation)],
) -> Result<(), ArchiveError> {
    if more.is_empty() {
        return Ok(());
    }
    let mut stated = people::stated_conversations(connection, index)?;
    stated.extend(more.iter().cloned());
    for (conversation, into) in proven(&stated) {
        if !index.links.contains_key(&conversation)
            && !was_taken_apart(connection, index, conversation, into)?
        {
            let into = index.shown_in(into);
            for number in index.linked(conversation) {
                if number != into {
                    index.links.insert(number, into);
                }
            }
        }
    }
    Ok(())
}

/// Chats between two that are known only by a digest, each with those that have it where the owner of one copy is not
/// known: whether they are one, their messages must tell.
pub(super) fn possible(names: &NameTable) -> Vec<(ConversationId, Vec<ConversationId>)> {
    let mut wanted: FxHashMap<Proof, Vec<&Conversation>> = FxHashMap::default();
    for conversation in names.conversations.values() {
        if let (Some(platform), Some(hash)) = (&conversation.platform, conversation.native_id_hash)
            && !is_shared(conversation)
        {
            let proof = (platform.clone(), hash, conversation.native_id.clone());
            wanted.entry(proof).or_default().push(conversation);
        }
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let hashes: BTreeSet<IdHash> = wanted.keys().map(|(_, hash, _)| *hash).collect();
    let mut found: BTreeMap<ConversationId, Vec<ConversationId>> = BTreeMap::new();
    for conversation in names.conversations.values() {
        let Some(platform) = &conversation.platform else {
            continue;
        };
        if conversation.native_id_hash.is_some() || is_shared(conversation) {
            continue;
        }
        for hash in &hashes {
            let proof = (platform.clone(), *hash, hash.of(&conversation.native_id));
            for orphan in wanted.get(&proof).into_iter().flatten() {
                if orphan.owner.is_none() || conversation.owner.is_none() {
                    found.entry(orphan.id).or_default().push(conversation.id);
                }
            }
        }
    }
    for found in found.values_mut() {
        found.sort_unstable();
    }
    found.into_iter().collect()
}

/// Groups are the same for everybody, all else belongs to whoever's copy it is.
const fn is_shared(conversation: &Conversation) -> bool {
    matches!(
        conversation.kind,
        ConversationKind::Group | ConversationKind::Channel
    )
}

/// Conversations that are known only by a digest, each with the one that it is.
fn proven(stated: &[(u32, Conversation)]) -> Vec<(u32, u32)> {
    let mut wanted: FxHashMap<Proof, BTreeSet<(u32, Option<AccountId>)>> = FxHashMap::default();
    for (number, conversation) in stated {
        if let (Some(platform), Some(hash)) = (&conversation.platform, conversation.native_id_hash)
        {
            let proof = (platform.clone(), hash, conversation.native_id.clone());
            wanted
                .entry(proof)
                .or_default()
                .insert((*number, conversation.owner));
        }
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let hashes: BTreeSet<IdHash> = wanted.keys().map(|(_, hash, _)| *hash).collect();
    let mut found: FxHashMap<u32, BTreeSet<u32>> = FxHashMap::default();
    for (number, conversation) in stated {
        let Some(platform) = &conversation.platform else {
            continue;
        };
        if conversation.native_id_hash.is_some() {
            continue;
        }
        for hash in &hashes {
            let proof = (platform.clone(), *hash, hash.of(&conversation.native_id));
            for (orphan, owner) in wanted.get(&proof).into_iter().flatten() {
                if orphan != number && (is_shared(conversation) || *owner == conversation.owner) {
                    found.entry(*orphan).or_default().insert(*number);
                }
            }
        }
    }
    // Where two owners' chats have one digest it is not known whose this is.
    let mut proven: Vec<(u32, u32)> = found
        .into_iter()
        .filter_map(|(orphan, found)| match Vec::from_iter(found).as_slice() {
            [one] => Some((orphan, *one)),
            _ => None,
        })
        .collect();
    proven.sort_unstable();
    proven
}
