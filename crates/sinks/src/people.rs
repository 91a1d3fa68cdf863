//! Who wrote a message, resolved once per conversation and account.

use hutong_model::{Account, AccountId, ConversationId, Names};
use rustc_hash::FxHashMap;

/// What is known about one sender in the conversation at hand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Person<'a> {
    /// Name to show; never empty.
    pub(crate) name: Option<&'a str>,
    /// Native id; never empty.
    pub(crate) native_id: Option<&'a str>,
    /// Second native id (QQ: uid).
    pub(crate) second_id: Option<&'a str>,
}

/// Cache of [`Person`]s: a lookup in [`Names`] costs several hash lookups, and senders repeat.
pub(crate) struct People<'a> {
    names: &'a dyn Names,
    conversation: ConversationId,
    known: FxHashMap<AccountId, Person<'a>>,
    last: Option<(AccountId, Person<'a>)>,
}

impl<'a> People<'a> {
    pub(crate) fn new(names: &'a dyn Names) -> Self {
        Self {
            names,
            conversation: ConversationId::default(),
            known: FxHashMap::default(),
            last: None,
        }
    }

    /// Turns to another conversation.
    pub(crate) fn enter(&mut self, conversation: ConversationId) {
        self.conversation = conversation;
        self.known.clear();
        self.last = None;
    }

    /// What is known about this account here.
    pub(crate) fn get(&mut self, id: AccountId) -> Person<'a> {
        if let Some((last, person)) = self.last
            && last == id
        {
            return person;
        }
        let (names, conversation) = (self.names, self.conversation);
        let person = *self.known.entry(id).or_insert_with(|| {
            let account: Option<&Account> = names.account(id);
            Person {
                name: names
                    .display_name(conversation, id)
                    .filter(|name| !name.trim().is_empty()),
                native_id: account
                    .map(|account| account.native_id.as_str())
                    .filter(|id| !id.is_empty()),
                second_id: account.and_then(|account| account.second_id.as_deref()),
            }
        });
        self.last = Some((id, person));
        person
    }
}
