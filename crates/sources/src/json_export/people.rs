//! People of QQ in JSON: one identity under number and uid, announced before a record names them.

use hutong_model::{Account, AccountId, AccountKind, Platform, Record, Sink, Stop};
use rustc_hash::{FxHashMap, FxHashSet};

/// Everybody named so far.
pub(crate) struct QqPeople {
    platform: Platform,
    /// uid → number.
    numbers: FxHashMap<Box<str>, Box<str>>,
    /// number → uid.
    uids: FxHashMap<Box<str>, Box<str>>,
    announced: FxHashMap<Box<str>, AccountId>,
    /// What is known about people who were not announced yet, by native id.
    profiles: FxHashMap<Box<str>, Account>,
    named: FxHashSet<AccountId>,
    owner: Option<Box<str>>,
    /// Names by native id, for the words of notices.
    names: FxHashMap<Box<str>, Box<str>>,
    /// Records to be pushed before the next message.
    pub(crate) pending: Vec<Record>,
}

/// Whether a text is a QQ number (or a group's).
pub(crate) fn is_number(text: &str) -> bool {
    (3..=20).contains(&text.len())
        && text.bytes().all(|digit| digit.is_ascii_digit())
        && !text.starts_with('0')
}

impl Default for QqPeople {
    fn default() -> Self {
        Self::of(Platform::Qq)
    }
}

impl QqPeople {
    /// Nobody yet. Some programs speak the same language for other messengers.
    pub(crate) fn of(platform: Platform) -> Self {
        Self {
            platform,
            numbers: FxHashMap::default(),
            uids: FxHashMap::default(),
            announced: FxHashMap::default(),
            profiles: FxHashMap::default(),
            named: FxHashSet::default(),
            owner: None,
            names: FxHashMap::default(),
            pending: Vec::new(),
        }
    }

    /// The messenger.
    pub(crate) const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// The name of somebody, else the id.
    pub(crate) fn name_of<'a>(&'a self, native_id: &'a str) -> &'a str {
        self.names.get(native_id).map_or(native_id, |name| name)
    }

    /// Notes that a uid and a number are one person.
    pub(crate) fn learn_pair(&mut self, uid: &str, uin: &str) {
        if uid.starts_with("u_") && is_number(uin) {
            if !self.numbers.contains_key(uid) {
                self.numbers.insert(uid.into(), uin.into());
            }
            if !self.uids.contains_key(uin) {
                self.uids.insert(uin.into(), uid.into());
            }
        }
    }

    /// Under which id somebody goes: the number wherever it is known; nothing when both are missing or say nothing.
    pub(crate) fn native_id<'a>(&'a self, uid: &'a str, uin: &'a str) -> Option<&'a str> {
        let (uid, uin) = (uid.trim(), uin.trim());
        if is_number(uin) {
            return Some(uin);
        }
        // The two fields are mixed up now and then.
        if uin.starts_with("u_") {
            return Some(self.numbers.get(uin).map_or(uin, |number| number));
        }
        if is_number(uid) {
            return Some(uid);
        }
        if uid.is_empty() || matches!(uid, "0" | "未知" | "unknown" | "undefined" | "null") {
            return None;
        }
        Some(self.numbers.get(uid).map_or(uid, |number| number))
    }

    /// The uid of a number, where it is known.
    pub(crate) fn uid_of(&self, native_id: &str) -> Option<&str> {
        self.uids.get(native_id).map(|uid| &**uid)
    }

    /// Says whose copy it is.
    pub(crate) fn set_owner(&mut self, native_id: &str) {
        self.owner = Some(native_id.into());
    }

    /// Native id of whose copy it is.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Adds to what is known about somebody before the announcement; what is known already stays.
    pub(crate) fn profile(&mut self, native_id: &str) -> &mut Account {
        self.profiles.entry(native_id.into()).or_default()
    }

    /// The account with this native id, announced if it was not yet. `name` is used where no nickname was told.
    pub(crate) fn account(&mut self, native_id: &str, name: Option<&str>) -> AccountId {
        let name = name.filter(|name| !name.trim().is_empty() && *name != native_id);
        if let Some(known) = self.announced.get(native_id).copied() {
            if let Some(name) = name
                && !self.named.contains(&known)
            {
                self.named.insert(known);
                self.names.insert(native_id.into(), name.into());
                let account = self.record(native_id, known, Account::default(), Some(name));
                self.pending.push(Record::Account(account));
            }
            return known;
        }
        let id = AccountId::new(&self.platform, native_id);
        let profile = self.profiles.remove(native_id).unwrap_or_default();
        let account = self.record(native_id, id, profile, name);
        if let Some(name) = &account.nickname {
            self.named.insert(id);
            self.names.insert(native_id.into(), name.as_str().into());
        }
        self.announced.insert(native_id.into(), id);
        self.pending.push(Record::Account(account));
        id
    }

    fn record(
        &self,
        native_id: &str,
        id: AccountId,
        profile: Account,
        name: Option<&str>,
    ) -> Account {
        Account {
            id,
            platform: Some(self.platform.clone()),
            native_id: native_id.to_owned(),
            second_id: self.uids.get(native_id).map(ToString::to_string),
            kind: if native_id == "10000" {
                AccountKind::System
            } else {
                profile.kind
            },
            nickname: profile.nickname.or_else(|| name.map(str::to_owned)),
            is_owner: self.owner.as_deref() == Some(native_id),
            ..profile
        }
    }

    /// Pushes what is pending.
    pub(crate) fn flush(&mut self, out: &mut dyn Sink) -> Result<(), Stop> {
        self.pending
            .drain(..)
            .try_for_each(|record| out.record(record))
    }
}
