//! Who is who: what lists of people say, accounts, and who wrote a message.

use hutong_model::{
    Account, AccountId, ConversationId, Direction, Membership, Platform, Record, Stop,
};

use super::seen::Mark;
use super::{Author, ChatIndex, Composer, ContactFacts, ME};
use crate::wechat::map::{self, People, Person, account_kind};

impl Composer<'_> {
    /// Remembers what a contact list says; the account is pushed when a message names it.
    pub(in crate::wechat_exports) fn learn(&mut self, facts: ContactFacts) {
        if facts.username.is_empty() {
            return;
        }
        let boxed = |text: &Option<String>| text.as_deref().map(Into::into);
        self.people.by_username.insert(
            facts.username.as_str().into(),
            Person {
                nickname: boxed(&facts.nickname),
                remark: boxed(&facts.remark),
                alias: boxed(&facts.alias),
                is_official: facts.username.starts_with("gh_"),
            },
        );
        self.contacts.insert(facts.username.as_str().into(), facts);
    }

    /// As [`Self::learn`] for somebody of whom nothing is known yet.
    pub(in crate::wechat_exports) fn learn_once(
        &mut self,
        username: &str,
        nickname: Option<&str>,
        remark: Option<&str>,
    ) {
        if self.contacts.contains_key(username) {
            return;
        }
        self.learn(ContactFacts {
            username: username.to_owned(),
            nickname: nickname.map(str::to_owned),
            remark: remark.map(str::to_owned),
            ..ContactFacts::default()
        });
    }

    /// Names, for sentences and mentions.
    pub(in crate::wechat_exports) fn people(&self) -> &People {
        &self.people
    }

    /// As [`Self::learn`], keeping what is known already where the newer facts say nothing.
    pub(in crate::wechat_exports) fn learn_all(&mut self, facts: ContactFacts) {
        let known = self
            .contacts
            .get(facts.username.as_str())
            .cloned()
            .unwrap_or_default();
        self.learn(ContactFacts {
            nickname: facts.nickname.or(known.nickname),
            remark: facts.remark.or(known.remark),
            alias: facts.alias.or(known.alias),
            description: facts.description.or(known.description),
            is_contact: facts.is_contact || known.is_contact,
            username: facts.username,
        });
    }

    pub(super) fn owner_account(&mut self) -> Result<Option<AccountId>, Stop> {
        match self.owner.clone() {
            Some(owner) => self.account(&owner, None).map(Some),
            None => Ok(None),
        }
    }

    /// The account with this username, pushed when the receiver does not have it or not its name.
    pub(in crate::wechat_exports) fn account(
        &mut self,
        username: &str,
        name: Option<&str>,
    ) -> Result<AccountId, Stop> {
        let id = match self.account_ids.get(username) {
            Some(id) => *id,
            None => {
                let id = map::account(username);
                self.account_ids.insert(username.into(), id);
                id
            }
        };
        let name = name.filter(|name| !name.trim().is_empty() && *name != username);
        match self.known.get(&id) {
            Some(true) => return Ok(id),
            Some(false) if name.is_none() => return Ok(id),
            _ => {}
        }
        let facts = self.contacts.get(username);
        let nickname = facts
            .and_then(|facts| facts.nickname.clone())
            .or_else(|| name.map(str::to_owned));
        self.known.insert(id, nickname.is_some());
        let record = Account {
            id,
            platform: Some(Platform::WeChat),
            native_id: username.to_owned(),
            kind: account_kind(username, 0),
            remark: facts.and_then(|facts| facts.remark.clone()),
            alias: facts.and_then(|facts| facts.alias.clone()),
            description: facts.and_then(|facts| facts.description.clone()),
            is_contact: facts.is_some_and(|facts| facts.is_contact),
            is_owner: self.owner.as_deref() == Some(username),
            nickname,
            ..Account::default()
        };
        self.out.record(Record::Account(record))?;
        Ok(id)
    }

    /// Somebody of whom only a name is known.
    fn named_account(
        &mut self,
        chat: ConversationId,
        name: &str,
        is_owner: bool,
    ) -> Result<AccountId, Stop> {
        let id = AccountId::named(chat, name);
        if self.known.insert(id, true).is_none() {
            self.out.record(Record::Account(Account {
                id,
                platform: Some(Platform::WeChat),
                native_id: name.to_owned(),
                nickname: Some(name.to_owned()),
                is_owner,
                ..Account::default()
            }))?;
        }
        Ok(id)
    }

    /// Says what somebody is called in a room.
    pub(in crate::wechat_exports) fn member(
        &mut self,
        chat: ChatIndex,
        username: &str,
        name: Option<&str>,
    ) -> Result<(), Stop> {
        let Some(conversation) = self.chats.get(chat.0).map(|chat| chat.id) else {
            return Ok(());
        };
        let account = self.account(username, None)?;
        if !self.members.insert((conversation, account)) {
            return Ok(());
        }
        self.out.record(Record::Membership(Membership {
            conversation,
            account,
            name: name.map(str::to_owned),
            ..Membership::default()
        }))
    }

    /// Account and direction of an author, and what tells the author apart in ids.
    pub(super) fn resolve<'d>(
        &mut self,
        author: Author<'d>,
        name: Option<&str>,
        chat: ConversationId,
        peer: Option<AccountId>,
        is_between_two: bool,
    ) -> Result<(Option<AccountId>, Direction, Mark<'d>), Stop> {
        let side = |mark: &'static str, text: &'d str| {
            Mark::Text(if is_between_two { mark } else { text })
        };
        Ok(match author {
            Author::Nobody => (None, Direction::None, Mark::Text("")),
            Author::Owner => {
                let id = match self.owner.clone() {
                    Some(owner) => self.account(&owner, name)?,
                    None => self.named_account(chat, ME, true)?,
                };
                (Some(id), Direction::Out, Mark::Owner)
            }
            Author::Username(username) if self.owner.as_deref() == Some(username) => {
                let id = self.account(username, name)?;
                (Some(id), Direction::Out, Mark::Owner)
            }
            Author::Username(username) => {
                let id = self.account(username, name)?;
                (Some(id), Direction::In, side("in", username))
            }
            Author::Named(name) => {
                let id = match peer {
                    Some(peer) if is_between_two => peer,
                    _ => self.named_account(chat, name, false)?,
                };
                (Some(id), Direction::In, side("in", name))
            }
            Author::Other => match peer {
                Some(peer) => (Some(peer), Direction::In, Mark::Text("in")),
                None => (None, Direction::In, side("in", "")),
            },
        })
    }
}
