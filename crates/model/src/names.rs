//! Looking up who and where an id is, for renderings.

use std::collections::HashMap;

use crate::{Account, AccountId, Conversation, ConversationId, Membership};

/// Knows accounts, conversations and members by their ids.
pub trait Names {
    /// The account.
    fn account(&self, id: AccountId) -> Option<&Account>;
    /// The conversation.
    fn conversation(&self, id: ConversationId) -> Option<&Conversation>;
    /// The account's own name in the conversation (群昵称).
    fn member_name(&self, conversation: ConversationId, account: AccountId) -> Option<&str>;

    /// The name to show for a sender: remark, group name, nickname, alias, native id.
    ///
    /// The owner's remark comes first because it is the name that the reader of the archive gave.
    fn display_name(&self, conversation: ConversationId, account: AccountId) -> Option<&str> {
        let known = self.account(account);
        if let Some(remark) = known
            .and_then(|account| account.remark.as_deref())
            .filter(|name| !name.trim().is_empty())
        {
            return Some(remark);
        }
        self.member_name(conversation, account)
            .filter(|name| !name.trim().is_empty())
            .or_else(|| known.map(Account::display_name))
    }

    /// The conversation's title: its remark, its name, or the other side's name.
    fn conversation_title(&self, id: ConversationId) -> Option<&str> {
        let conversation = self.conversation(id)?;
        [&conversation.remark, &conversation.name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.trim().is_empty())
            .or_else(|| {
                conversation
                    .peer
                    .and_then(|peer| self.account(peer))
                    .map(Account::display_name)
            })
            .or(Some(&conversation.native_id))
    }
}

/// Knows nobody.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoNames;

impl Names for NoNames {
    fn account(&self, _: AccountId) -> Option<&Account> {
        None
    }
    fn conversation(&self, _: ConversationId) -> Option<&Conversation> {
        None
    }
    fn member_name(&self, _: ConversationId, _: AccountId) -> Option<&str> {
        None
    }
}

/// Names held in memory.
#[derive(Debug, Default, Clone)]
pub struct NameTable {
    /// Accounts by id.
    pub accounts: HashMap<AccountId, Account>,
    /// Conversations by id.
    pub conversations: HashMap<ConversationId, Conversation>,
    /// Memberships by conversation and account.
    pub members: HashMap<(ConversationId, AccountId), Membership>,
}

impl Names for NameTable {
    fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }
    fn conversation(&self, id: ConversationId) -> Option<&Conversation> {
        self.conversations.get(&id)
    }
    fn member_name(&self, conversation: ConversationId, account: AccountId) -> Option<&str> {
        self.members.get(&(conversation, account))?.name.as_deref()
    }
}
