//! People and conversations that are known by number, announced before a record names them.

use hutong_model::{
    Account, AccountId, AccountKind, Conversation, ConversationId, ConversationKind, IdHash,
    Platform, Record, Sink, Stop,
};
use rustc_hash::{FxHashMap, FxHashSet};

/// Everybody and every conversation announced so far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    owner: Option<AccountId>,
    owner_number: Option<Box<str>>,
    accounts: FxHashMap<Box<str>, AccountId>,
    /// Those whose nickname was told.
    named: FxHashSet<AccountId>,
    chats: FxHashSet<ConversationId>,
    /// Records to be pushed before the next message.
    pub(crate) pending: Vec<Record>,
}

/// What a group table says about a group.
#[derive(Debug, Default, Clone)]
pub(crate) struct GroupFacts {
    /// Its name.
    pub(crate) name: Option<String>,
    /// The owner's private name for it.
    pub(crate) remark: Option<String>,
}

impl Book {
    /// A book of this owner's copy.
    pub(crate) fn new(owner: Option<&str>) -> Self {
        Self {
            owner: owner.map(|uin| AccountId::new(&Platform::Qq, uin)),
            owner_number: owner.map(Into::into),
            ..Self::default()
        }
    }

    fn announced_owner(&mut self) -> Option<AccountId> {
        let number = self.owner_number.clone()?;
        Some(self.account(&number))
    }

    /// Announces an account with what a table says; only its number and names need to be filled in.
    pub(crate) fn describe(&mut self, mut account: Account) -> AccountId {
        let id = AccountId::new(&Platform::Qq, &account.native_id);
        account.id = id;
        account.platform = Some(Platform::Qq);
        account.is_owner = self.owner == Some(id);
        if is_service(&account.native_id) {
            account.kind = AccountKind::System;
        }
        if account.nickname.is_some() {
            self.named.insert(id);
        }
        self.accounts.insert(account.native_id.as_str().into(), id);
        self.pending.push(Record::Account(account));
        id
    }

    /// The account with this number, announced if it was not yet.
    pub(crate) fn account(&mut self, uin: &str) -> AccountId {
        if let Some(known) = self.accounts.get(uin) {
            return *known;
        }
        self.describe(Account {
            native_id: uin.to_owned(),
            ..Account::default()
        })
    }

    /// As [`Self::account`], with a name that a row states for somebody without any.
    pub(crate) fn account_called(&mut self, uin: &str, name: &str) -> AccountId {
        let id = AccountId::new(&Platform::Qq, uin);
        if name.trim().is_empty() || self.named.contains(&id) {
            return self.account(uin);
        }
        self.describe(Account {
            native_id: uin.to_owned(),
            nickname: Some(name.to_owned()),
            ..Account::default()
        })
    }

    fn direct_id(&self, peer: &str) -> ConversationId {
        match self.owner {
            Some(owner) => {
                ConversationId::direct(&Platform::Qq, owner, AccountId::new(&Platform::Qq, peer))
            }
            // Without an owner the pair has only one half.
            None => ConversationId::group(&Platform::Qq, &format!("direct:{peer}")),
        }
    }

    /// The chat with an account of whose number only the MD5 is known.
    pub(crate) fn hashed_direct(&mut self, md5: &str) -> ConversationId {
        let id = self.direct_id(&hashed_name(md5));
        self.hashed(id, ConversationKind::Direct, md5)
    }

    /// The group of whose number only the MD5 is known.
    pub(crate) fn hashed_group(&mut self, md5: &str) -> ConversationId {
        let id = ConversationId::group(&Platform::Qq, &hashed_name(md5));
        self.hashed(id, ConversationKind::Group, md5)
    }

    fn hashed(&mut self, id: ConversationId, kind: ConversationKind, md5: &str) -> ConversationId {
        if self.chats.insert(id) {
            let owner = self.announced_owner();
            self.pending.push(Record::Conversation(Conversation {
                id,
                platform: Some(Platform::Qq),
                kind,
                native_id: md5.to_ascii_lowercase(),
                native_id_hash: Some(IdHash::Md5),
                owner,
                ..Conversation::default()
            }));
        }
        id
    }

    /// The chat with one other account.
    pub(crate) fn direct(
        &mut self,
        peer: &str,
        kind: ConversationKind,
        context: Option<String>,
    ) -> ConversationId {
        let id = self.direct_id(peer);
        if self.chats.insert(id) {
            let owner = self.announced_owner();
            let peer_id = self.account(peer);
            let kind = if is_service(peer) {
                ConversationKind::System
            } else {
                kind
            };
            self.pending.push(Record::Conversation(Conversation {
                id,
                platform: Some(Platform::Qq),
                kind,
                native_id: peer.to_owned(),
                owner,
                peer: Some(peer_id),
                context,
                ..Conversation::default()
            }));
        }
        id
    }

    /// The group with this native id; `facts` count when it is announced.
    pub(crate) fn group(&mut self, native_id: &str, facts: GroupFacts) -> ConversationId {
        let id = ConversationId::group(&Platform::Qq, native_id);
        if self.chats.insert(id) {
            let owner = self.announced_owner();
            self.pending.push(Record::Conversation(Conversation {
                id,
                platform: Some(Platform::Qq),
                kind: ConversationKind::Group,
                native_id: native_id.to_owned(),
                name: facts.name,
                remark: facts.remark,
                owner,
                ..Conversation::default()
            }));
        }
        id
    }

    /// Pushes what waits.
    pub(crate) fn flush(&mut self, out: &mut dyn Sink) -> Result<(), Stop> {
        self.pending
            .drain(..)
            .try_for_each(|record| out.record(record))
    }
}

/// What the id of a conversation is made of whose number is not known.
fn hashed_name(md5: &str) -> String {
    format!("md5:{}", md5.to_ascii_uppercase())
}

/// Numbers below those of people belong to QQ itself: system messages, notices, helpers.
fn is_service(uin: &str) -> bool {
    uin.parse::<u64>().is_ok_and(|number| number <= 10_000)
}

/// A QQ number or group number as text: 5 to 11 digits.
pub(crate) fn is_number(text: &str) -> bool {
    (5..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
