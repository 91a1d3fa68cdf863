//! Which chats each account is in: counted once for each state of the archive.

use std::cmp::Reverse;
use std::collections::HashMap;

use hutong::ConversationStats;
use hutong::model::{AccountId, ConversationId, ConversationKind, NameTable};
use rustc_hash::FxHashMap;

/// What the list of people shows of each account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Messages in direct chats with this account, from both sides.
    pub(crate) direct: u64,
    /// The newest of them, milliseconds since 1970.
    pub(crate) last_ms: Option<i64>,
    /// Groups that it is or was in.
    pub(crate) groups: u32,
}

/// Counts by account.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: FxHashMap<AccountId, Count>,
    /// All accounts, those that one talks with most first.
    ranked: Vec<AccountId>,
}

impl Tally {
    /// Counts.
    pub(crate) fn new(
        names: &NameTable,
        stats: &HashMap<ConversationId, ConversationStats>,
    ) -> Self {
        let mut counts: FxHashMap<AccountId, Count> = FxHashMap::default();
        for (conversation, account) in names.members.keys() {
            let is_group = names
                .conversations
                .get(conversation)
                .is_some_and(|known| known.kind != ConversationKind::Direct);
            if is_group {
                counts.entry(*account).or_default().groups += 1;
            }
        }
        for conversation in names.conversations.values() {
            if let Some(peer) = conversation.peer
                && let Some(stats) = stats.get(&conversation.id)
            {
                let count = counts.entry(peer).or_default();
                count.direct += stats.messages;
                count.last_ms = count.last_ms.max(Some(stats.last_ms));
            }
        }
        let mut ranked: Vec<AccountId> = names.accounts.keys().copied().collect();
        ranked.sort_by_cached_key(|id| {
            let count = counts.get(id).copied().unwrap_or_default();
            (Reverse((count.direct, count.groups)), *id)
        });
        Self { counts, ranked }
    }

    /// All accounts, those that one talks with most first.
    pub(crate) fn ranked(&self) -> &[AccountId] {
        &self.ranked
    }

    /// The counts of an account.
    pub(crate) fn of(&self, account: AccountId) -> Count {
        self.counts.get(&account).copied().unwrap_or_default()
    }
}
