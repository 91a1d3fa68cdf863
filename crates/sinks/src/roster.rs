//! Everybody who appears in an export for a team chat, each with a handle of their own.

use hutong_model::{Account, AccountId, AccountKind, ConversationId, Message};
use rustc_hash::FxHashMap;

use crate::Context;
use crate::handles::{Handles, Rule};

/// Somebody in the list.
pub(crate) struct Person {
    /// Name of the account in the team chat.
    pub(crate) handle: String,
    /// Name to show; never empty.
    pub(crate) name: String,
    /// Account on the platform that the chat came from.
    pub(crate) native_id: Option<String>,
    /// Sixteen bytes that are the same in every export.
    pub(crate) id: [u8; 16],
    pub(crate) is_bot: bool,
}

/// People in the order in which they were met.
pub(crate) struct Roster<'a> {
    context: &'a Context<'a>,
    handles: Handles,
    by_account: FxHashMap<AccountId, usize>,
    by_name: FxHashMap<String, usize>,
    pub(crate) list: Vec<Person>,
}

fn said(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

impl<'a> Roster<'a> {
    pub(crate) fn new(context: &'a Context<'a>, rule: Rule) -> Self {
        Self {
            context,
            handles: Handles::new(rule),
            by_account: FxHashMap::default(),
            by_name: FxHashMap::default(),
            list: Vec::new(),
        }
    }

    /// The place of an account in the list, which it joins when it is new.
    pub(crate) fn account(&mut self, id: AccountId) -> usize {
        if let Some(known) = self.by_account.get(&id) {
            return *known;
        }
        let account = self.context.names.account(id);
        let native_id = said(account.map(|account| account.native_id.as_str()));
        let name = said(account.map(Account::display_name)).or(native_id);
        let name = name.map_or_else(|| id.to_hex(), plain);
        let wishes = [native_id.unwrap_or_default(), &name];
        let handle = self.handles.give(&wishes, "user", &id.0);
        self.by_account.insert(id, self.list.len());
        self.list.push(Person {
            handle,
            name,
            native_id: native_id.map(str::to_owned),
            id: id.0,
            is_bot: account.is_some_and(|account| account.kind == AccountKind::Bot),
        });
        self.list.len() - 1
    }

    /// As [`Self::account`], for somebody of whom only a name is known.
    pub(crate) fn named(&mut self, name: &str) -> usize {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let id = AccountId::named(ConversationId::default(), name).0;
        let handle = self.handles.give(&[name], "user", &id);
        self.by_name.insert(name.to_owned(), self.list.len());
        self.list.push(Person {
            handle,
            name: said(Some(name)).map_or_else(|| "?".to_owned(), plain),
            native_id: None,
            id,
            is_bot: false,
        });
        self.list.len() - 1
    }

    /// Who sent a message; nothing where nobody did.
    pub(crate) fn sender(&mut self, message: &Message) -> Option<usize> {
        match (message.sender, message.sender_name.as_deref()) {
            (Some(id), _) => Some(self.account(id)),
            (None, Some(name)) if !name.trim().is_empty() => Some(self.named(name)),
            _ => None,
        }
    }

    /// The place of an account, where it is in the list.
    pub(crate) fn known(&self, id: AccountId) -> Option<usize> {
        self.by_account.get(&id).copied()
    }

    /// Somebody by place.
    pub(crate) fn get(&self, place: usize) -> Option<&Person> {
        self.list.get(place)
    }
}

/// A name on one line, at most 64 characters long, which is what team chats take.
pub(crate) fn plain(name: &str) -> String {
    let mut bytes = Vec::new();
    crate::text::write_name(name, &mut bytes);
    let name = String::from_utf8(bytes).unwrap_or_default();
    let name: String = name.trim().chars().take(64).collect();
    if name.is_empty() {
        "?".to_owned()
    } else {
        name
    }
}

/// Sixteen bytes that stand for others.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    let hutong_model::Digest(digest) = hutong_model::Digest::of(bytes);
    let mut first = [0; 16];
    first.copy_from_slice(digest.split_at(16).0);
    first
}
