//! Who is who in one file: every sender is a member, and no two members share an id.

use std::collections::hash_map::Entry;

use hutong_model::{AccountId, ConversationId, Message};
use rustc_hash::FxHashMap;

use super::SYSTEM;
use crate::Context;

/// A member of the conversation.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) group_name: Option<String>,
    pub(super) aliases: Vec<String>,
}

/// Members in the order in which they were met.
pub(super) struct Members<'a> {
    context: &'a Context<'a>,
    conversation: ConversationId,
    list: Vec<Member>,
    by_account: FxHashMap<AccountId, usize>,
    by_id: FxHashMap<String, usize>,
}

/// The sender of one message, as the line says it.
pub(super) struct Sender<'m> {
    pub(super) id: &'m str,
    pub(super) name: &'m str,
    pub(super) group_name: Option<&'m str>,
}

/// Text that says something.
fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

impl<'a> Members<'a> {
    pub(super) fn new(context: &'a Context<'a>, conversation: ConversationId) -> Self {
        Self {
            context,
            conversation,
            list: Vec::new(),
            by_account: FxHashMap::default(),
            by_id: FxHashMap::default(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.list.iter()
    }

    /// The id of a member.
    pub(super) fn id_of(&self, account: AccountId) -> Option<&str> {
        let place = self.by_account.get(&account)?;
        Some(&self.list.get(*place)?.id)
    }

    /// The place of an account in the list, which it joins when it is new.
    pub(super) fn account(&mut self, id: AccountId) -> usize {
        if let Some(place) = self.by_account.get(&id) {
            return *place;
        }
        let names = self.context.names;
        let account = names.account(id);
        let native_id = said(account.map(|account| account.native_id.as_str()));
        let native_id = native_id.map_or_else(|| id.to_hex(), str::to_owned);
        let nickname = said(account.and_then(|account| account.nickname.as_deref()));
        let shown = said(names.display_name(self.conversation, id));
        let name = nickname.or(shown).unwrap_or(&native_id).to_owned();
        let aliases = account.map(|account| [&account.remark, &account.alias]);
        let aliases = aliases
            .into_iter()
            .flatten()
            .filter_map(|alias| said(alias.as_deref()));
        let aliases = aliases
            .filter(|alias| *alias != name)
            .map(str::to_owned)
            .collect();
        let group_name = said(names.member_name(self.conversation, id)).map(str::to_owned);
        let place = self.join(Member {
            id: native_id,
            name,
            group_name,
            aliases,
        });
        self.by_account.insert(id, place);
        place
    }

    fn join(&mut self, mut member: Member) -> usize {
        member.id = member.id.trim().to_owned();
        if member.id == SYSTEM {
            member.id.insert_str(0, "account:");
        }
        match self.by_id.entry(member.id.clone()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let place = *new.insert(self.list.len());
                self.list.push(member);
                place
            }
        }
    }

    /// Who sent a message; only an event may have nobody.
    pub(super) fn sender<'m>(&'m mut self, message: &'m Message, is_event: bool) -> Sender<'m> {
        let stated = said(message.sender_name.as_deref());
        let place = match (message.sender, stated) {
            (Some(account), _) => self.account(account),
            (None, Some(name)) => self.join(named(name, name)),
            (None, None) if is_event && !self.list.is_empty() => {
                return Sender {
                    id: SYSTEM,
                    name: self.context.language.pick("系统消息", "System"),
                    group_name: None,
                };
            }
            (None, None) => {
                let unknown = self.context.language.pick("未知", "Unknown");
                self.join(named("unknown", unknown))
            }
        };
        let Some(member) = self.list.get(place) else {
            unreachable!("the place was given out by this list");
        };
        let group_name = member.group_name.as_deref().or(stated);
        Sender {
            id: &member.id,
            name: &member.name,
            group_name: stated
                .filter(|_| message.sender.is_some())
                .or(group_name)
                .filter(|name| *name != member.name),
        }
    }
}

fn named(id: &str, name: &str) -> Member {
    Member {
        id: id.to_owned(),
        name: name.to_owned(),
        group_name: None,
        aliases: Vec::new(),
    }
}
