//! Everybody who wrote something: pages and counts.

use hutong_model::{AccountId, Message, Names, Timestamp};
use rustc_hash::FxHashMap;

use super::vault::file_title;
use crate::file_name::FileNames;
use crate::scribe::Scribe;

/// People by the order of their first message.
#[derive(Default)]
pub(super) struct Register {
    names: FileNames,
    by_account: FxHashMap<AccountId, usize>,
    by_name: FxHashMap<String, usize>,
    pub(super) people: Vec<Person>,
}

/// Somebody.
pub(super) struct Person {
    pub(super) account: Option<AccountId>,
    pub(super) name: String,
    /// File name without its extension.
    pub(super) file: String,
    /// Where this person writes, in the order of the chats.
    pub(super) chats: Vec<Presence>,
}

/// Somebody in a chat.
pub(super) struct Presence {
    pub(super) chat: usize,
    pub(super) messages: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Register {
    /// Who wrote a message, counted; nobody for system events.
    pub(super) fn note(
        &mut self,
        message: &Message,
        chat: usize,
        names: &dyn Names,
        scribe: &mut Scribe<'_>,
    ) -> Option<usize> {
        let index = match (message.sender, message.sender_name.as_deref()) {
            (Some(id), _) => match self.by_account.get(&id) {
                Some(known) => *known,
                None => {
                    // The name that the account bears everywhere, not the one of this group.
                    let name = names
                        .account(id)
                        .map(hutong_model::Account::display_name)
                        .filter(|name| !name.trim().is_empty())
                        .unwrap_or_else(|| scribe.sender(message).1)
                        .to_owned();
                    let index = self.add(Some(id), &name);
                    self.by_account.insert(id, index);
                    index
                }
            },
            (None, Some(name)) => match self.by_name.get(name) {
                Some(known) => *known,
                None => {
                    let index = self.add(None, name);
                    self.by_name.insert(name.to_owned(), index);
                    index
                }
            },
            (None, None) => return None,
        };
        let person = self.people.get_mut(index)?;
        match person.chats.last_mut().filter(|last| last.chat == chat) {
            Some(last) => {
                last.messages += 1;
                last.last = message.sent_at;
            }
            None => person.chats.push(Presence {
                chat,
                messages: 1,
                first: message.sent_at,
                last: message.sent_at,
            }),
        }
        Some(index)
    }

    fn add(&mut self, account: Option<AccountId>, name: &str) -> usize {
        let file = self.names.give(&file_title(name), "md");
        self.people.push(Person {
            account,
            name: name.to_owned(),
            file: file.trim_end_matches(".md").to_owned(),
            chats: Vec::new(),
        });
        self.people.len() - 1
    }
}
