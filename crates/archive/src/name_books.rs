//! Everybody's names, folded once for many questions.

use std::sync::OnceLock;

use hutong_model::{AccountId, ConversationId, NameTable, Names};
use hutong_search::{Filter, NameBook, NamePattern};
use rustc_hash::FxHashSet;

/// Names of accounts and conversations as questions look for them; made from a table of names when somebody asks first.
///
/// It belongs to one [`NameTable`]: ask it with that one only. Whoever asks once lets [`Self::default`] go afterwards; whoever
/// asks often keeps it beside the table, so that no name is folded twice.
#[derive(Debug, Default)]
pub struct NameBooks {
    accounts: OnceLock<NameBook<AccountId>>,
    conversations: OnceLock<NameBook<ConversationId>>,
}

impl NameBooks {
    /// Accounts of whom a name, or a name in some group, answers to what was typed, or that have it as id.
    pub fn accounts(&self, names: &NameTable, typed: &str) -> FxHashSet<AccountId> {
        let book = self.accounts.get_or_init(|| book_of_accounts(names));
        let mut found = book.find(&NamePattern::new(typed));
        let by_id = AccountId::from_hex(typed).filter(|id| names.accounts.contains_key(id));
        found.extend(by_id);
        found
    }

    /// Conversations whose title, or a name of the other side, answers to what was typed, or that have it as id.
    pub fn conversations(&self, names: &NameTable, typed: &str) -> FxHashSet<ConversationId> {
        let book = self
            .conversations
            .get_or_init(|| book_of_conversations(names));
        let mut found = book.find(&NamePattern::new(typed));
        let by_id = ConversationId::from_hex(&typed.trim().to_lowercase())
            .filter(|id| names.conversations.contains_key(id));
        found.extend(by_id);
        found
    }

    /// Accounts that a `from:` names; `me` is the owner.
    pub(crate) fn senders(&self, names: &NameTable, filter: &Filter) -> FxHashSet<AccountId> {
        let mut found = FxHashSet::default();
        for value in &filter.values {
            found.extend(self.accounts(names, value));
            if matches!(value.as_str(), "me" | "我" | "自己") {
                let owners = names.accounts.values().filter(|account| account.is_owner);
                found.extend(owners.map(|account| account.id));
            }
        }
        found
    }

    /// Conversations that one of these words names.
    pub(crate) fn places(&self, names: &NameTable, words: &[String]) -> FxHashSet<ConversationId> {
        let found = words.iter().map(|word| self.conversations(names, word));
        found.flatten().collect()
    }
}

fn book_of_accounts(names: &NameTable) -> NameBook<AccountId> {
    let mut book = NameBook::default();
    for account in names.accounts.values() {
        book.add_id(account.id, &account.native_id);
        if let Some(id) = &account.second_id {
            book.add_id(account.id, id);
        }
        for name in [&account.nickname, &account.remark, &account.alias]
            .into_iter()
            .flatten()
        {
            book.add_name(account.id, name);
        }
    }
    // Most people go by one name in all their groups: each is added once.
    let mut added: FxHashSet<(AccountId, &str)> = FxHashSet::default();
    for ((_, account), member) in &names.members {
        if let Some(name) = member.name.as_deref()
            && added.insert((*account, name))
        {
            book.add_name(*account, name);
        }
    }
    book
}

fn book_of_conversations(names: &NameTable) -> NameBook<ConversationId> {
    let mut book = NameBook::default();
    for conversation in names.conversations.values() {
        book.add_id(conversation.id, &conversation.native_id);
        for name in [&conversation.name, &conversation.remark]
            .into_iter()
            .flatten()
        {
            book.add_name(conversation.id, name);
        }
        if let Some(peer) = conversation.peer.and_then(|peer| names.account(peer)) {
            book.add_id(conversation.id, &peer.native_id);
            for name in [&peer.nickname, &peer.remark, &peer.alias]
                .into_iter()
                .flatten()
            {
                book.add_name(conversation.id, name);
            }
        }
    }
    book
}
