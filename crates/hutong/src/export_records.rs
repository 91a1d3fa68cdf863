//! Which records beside messages go out with a selection: those of whom and what the messages name, and no others.

use hutong_archive::{Selection, TimeWindow};
use hutong_model::hcx::MessageCopy;
use hutong_model::{
    AccountId, Conversation, ConversationId, Decision, Membership, Message, MessageId, Record,
};
use rustc_hash::FxHashSet;

/// Whom and what the exported messages name.
pub(crate) struct Named {
    /// Nothing was left out, so every record goes out.
    is_everything: bool,
    accounts: FxHashSet<AccountId>,
    conversations: FxHashSet<ConversationId>,
    messages: FxHashSet<MessageId>,
    /// Whether members who said nothing go out too: whole conversations do.
    has_members: bool,
}

impl Named {
    /// For the messages of a selection.
    pub(crate) fn of(selection: &Selection) -> Self {
        Self {
            is_everything: selection.is_everything() && selection.window() == TimeWindow::default(),
            accounts: FxHashSet::default(),
            conversations: FxHashSet::default(),
            messages: FxHashSet::default(),
            has_members: selection.is_whole_conversations(),
        }
    }

    /// A conversation goes out; these are its members.
    pub(crate) fn conversation(&mut self, conversation: &Conversation, members: Vec<AccountId>) {
        if !self.is_everything {
            if self.has_members {
                self.accounts.extend(members);
            }
            self.conversations.insert(conversation.id);
            let sides = [
                conversation.owner,
                conversation.peer,
                conversation.group_owner,
            ];
            self.accounts.extend(sides.into_iter().flatten());
        }
    }

    /// A message goes out.
    pub(crate) fn message(&mut self, message: &Message, copies: &[MessageCopy]) {
        if self.is_everything {
            return;
        }
        for message in copies.iter().map(|copy| &copy.message).chain([message]) {
            self.messages.insert(message.id);
            self.accounts.extend(message.sender);
            self.conversations.insert(message.conversation);
        }
    }

    /// Whether a record belongs to what went out.
    pub(crate) fn concerns(&self, record: &Record) -> bool {
        if self.is_everything {
            return true;
        }
        match record {
            Record::Account(account) => self.accounts.contains(&account.id),
            Record::Conversation(conversation) => self.conversations.contains(&conversation.id),
            Record::Membership(Membership {
                conversation,
                account,
                ..
            }) => self.conversations.contains(conversation) && self.accounts.contains(account),
            Record::Change(change) => self.messages.contains(&change.message),
            Record::Decision(decision) => self.allows(decision),
            Record::Message(_) | Record::ReadBy(_) => false,
        }
    }

    fn allows(&self, decision: &Decision) -> bool {
        hutong_sinks::hcx::concerns(
            decision,
            &|account| self.accounts.contains(&account),
            &|conversation| self.conversations.contains(&conversation),
        )
    }
}
