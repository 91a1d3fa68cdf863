//! People: one identity under uid and number.

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{Account, AccountId, AccountKind, Attachment, Platform, Record, Timestamp};

use super::{Directory, Person, PersonIndex, Profile, Recent};

impl Directory<'_> {
    /// The person with this uid or number; absent when both are missing.
    #[inline]
    pub(in crate::qq_nt) fn person(&mut self, uid: &[u8], uin: u64) -> Option<PersonIndex> {
        if uid.is_empty() {
            return (uin != 0).then(|| self.by_number(uin));
        }
        // Old rows have the number where the uid belongs; a uid never begins with a digit.
        if uid.first().is_some_and(u8::is_ascii_digit)
            && let Some(number) = number_in(uid)
        {
            return Some(self.by_number(number));
        }
        let uid = match std::str::from_utf8(uid) {
            Ok(uid) => Cow::Borrowed(uid),
            Err(_) => String::from_utf8_lossy(uid),
        };
        if let Some(known) = self.by_uid.get(&*uid).copied() {
            if uin != 0 && self.get(known).uin == 0 {
                self.learn_number(known, uin);
            }
            return Some(known);
        }
        Some(self.new_uid(&uid, uin))
    }

    fn by_number(&mut self, uin: u64) -> PersonIndex {
        if let Some(known) = self.by_uin.get(&uin) {
            return *known;
        }
        let index = self.add(Person {
            uin,
            ..Person::default()
        });
        self.by_uin.insert(uin, index);
        index
    }

    fn new_uid(&mut self, uid: &str, uin: u64) -> PersonIndex {
        let uid: Arc<str> = uid.into();
        let known = if uin == 0 {
            None
        } else {
            self.by_uin.get(&uin).copied()
        };
        let index = match known {
            Some(known) => {
                let person = self.get_mut(known);
                if person.uid.is_none() {
                    person.uid = Some(Arc::clone(&uid));
                    self.announce_again(known);
                }
                known
            }
            None => {
                let index = self.add(Person {
                    uin,
                    uid: Some(Arc::clone(&uid)),
                    ..Person::default()
                });
                if uin != 0 {
                    self.by_uin.insert(uin, index);
                }
                index
            }
        };
        self.by_uid.insert(uid, index);
        index
    }

    /// A number for somebody who was known by uid only.
    fn learn_number(&mut self, index: PersonIndex, uin: u64) {
        if let Some(other) = self.by_uin.get(&uin).copied() {
            // Both were met apart from each other; what was announced keeps its identity.
            if !self.get(index).is_announced
                && let Some(uid) = self.get(index).uid.clone()
            {
                self.by_uid.insert(Arc::clone(&uid), other);
                if self.get(other).uid.is_none() {
                    self.get_mut(other).uid = Some(uid);
                    self.announce_again(other);
                }
            }
            return;
        }
        let person = self.get_mut(index);
        if !person.is_announced {
            person.uin = uin;
        }
        self.by_uin.insert(uin, index);
    }

    fn add(&mut self, person: Person) -> PersonIndex {
        let index = PersonIndex(u32::try_from(self.people.len()).unwrap_or(u32::MAX));
        self.people.push(person);
        index
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an index is only made by `add`, and nobody is ever removed"
    )]
    pub(super) fn get(&self, index: PersonIndex) -> &Person {
        &self.people[index.0 as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "as in `get`")]
    pub(super) fn get_mut(&mut self, index: PersonIndex) -> &mut Person {
        &mut self.people[index.0 as usize]
    }

    /// The account of a person, announced if it was not yet.
    #[inline]
    pub(in crate::qq_nt) fn account(&mut self, index: PersonIndex) -> AccountId {
        if !self.get(index).is_announced {
            return self.announce(index, Profile::default());
        }
        self.get(index).id
    }

    /// Announces somebody with a profile, or keeps it until a row tells their number.
    pub(in crate::qq_nt) fn describe(&mut self, index: PersonIndex, profile: Profile) {
        if self.get(index).uin == 0 && self.owner != Some(index) {
            let name = profile
                .remark
                .as_deref()
                .or(profile.nickname.as_deref())
                .map(Into::into);
            let person = self.get_mut(index);
            person.name = name;
            person.profile.get_or_insert_with(|| Box::new(profile));
        } else {
            self.announce(index, profile);
        }
    }

    /// Announces everybody whose number never turned up.
    pub(in crate::qq_nt) fn announce_rest(&mut self) {
        self.search = None;
        for position in 0..self.people.len() {
            let index = PersonIndex(u32::try_from(position).unwrap_or(u32::MAX));
            if self.get(index).profile.is_some() {
                self.account(index);
            }
        }
    }

    /// Pushes the account record of a person; what the profile says is not kept except for the name.
    fn announce(&mut self, index: PersonIndex, profile: Profile) -> AccountId {
        let index = self.settled(index);
        if self.get(index).is_announced {
            return self.get(index).id;
        }
        let recent = self
            .get(index)
            .uid
            .as_ref()
            .and_then(|uid| self.recent.get(&**uid));
        let recent_name = recent.and_then(|recent| recent.name.clone());
        let recent_remark = recent.and_then(|recent| recent.remark.clone());
        let is_owner = self.owner == Some(index);
        let as_of = self.as_of;
        let person = self.get_mut(index);
        let profile = person.profile.take().map_or(profile, |kept| *kept);
        let nickname = profile
            .nickname
            .or_else(|| person.name.as_deref().map(str::to_owned))
            .or(recent_name);
        let remark = profile
            .remark
            .or(recent_remark.filter(|remark| Some(remark) != nickname.as_ref()));
        person.name = remark.as_deref().or(nickname.as_deref()).map(Into::into);
        person.has_nickname = nickname.is_some();
        person.is_announced = true;
        let account = Account {
            id: person.id,
            platform: Some(Platform::Qq),
            native_id: person.native_id(),
            second_id: person
                .uid
                .as_deref()
                .filter(|_| person.uin != 0)
                .map(str::to_owned),
            kind: person.kind,
            nickname,
            remark,
            alias: profile.alias,
            description: profile.description,
            avatar: profile.avatar_url.map(|url| Attachment {
                url: Some(url),
                ..Default::default()
            }),
            is_owner,
            is_contact: profile.is_contact,
            as_of,
            labels: profile.labels,
            extra: None,
        };
        let id = account.id;
        self.pending.push(Record::Account(account));
        id
    }

    /// Whether a person's record was pushed.
    pub(in crate::qq_nt) fn is_announced(&self, index: PersonIndex) -> bool {
        self.get(index).is_announced
    }

    /// Decides under which id a person goes, looking through the rows if need be.
    pub(super) fn settled(&mut self, index: PersonIndex) -> PersonIndex {
        let mut index = index;
        if self.get(index).uin == 0 && !self.get(index).is_announced {
            self.search_numbers();
            // The search may have found out that this is somebody who is known already.
            if let Some(uid) = &self.get(index).uid
                && let Some(same) = self.by_uid.get(uid)
            {
                index = *same;
            }
        }
        let person = self.get_mut(index);
        if !person.is_announced {
            person.id = AccountId::new(&Platform::Qq, &person.native_id());
        }
        index
    }

    fn search_numbers(&mut self) {
        if let Some(search) = self.search.take() {
            search(&mut |uid, uin| {
                self.person(uid, uin);
            });
        }
    }

    /// Tells a uid that came to be known only now.
    fn announce_again(&mut self, index: PersonIndex) {
        if !self.get(index).is_announced {
            return;
        }
        let as_of = self.as_of;
        let is_owner = self.owner == Some(index);
        let person = self.get(index);
        let account = Account {
            id: person.id,
            platform: Some(Platform::Qq),
            native_id: person.native_id(),
            second_id: person.uid.as_deref().map(str::to_owned),
            kind: person.kind,
            is_owner,
            as_of,
            ..Account::default()
        };
        let chat = person.chat;
        self.pending.push(Record::Account(account));
        if let Some(chat) = chat {
            let native_id = self
                .get(index)
                .uid
                .as_deref()
                .unwrap_or_default()
                .to_owned();
            let chat = self.chat_mut(chat);
            chat.native_id = native_id;
            chat.is_announced = false;
        }
    }

    /// Takes the name that a row states, for somebody without any.
    #[inline]
    pub(in crate::qq_nt) fn learn_name(&mut self, index: PersonIndex, name: &str) {
        if self.get(index).has_nickname || name.trim().is_empty() {
            return;
        }
        let as_of = self.as_of;
        let is_owner = self.owner == Some(index);
        let person = self.get_mut(index);
        person.has_nickname = true;
        person.name.get_or_insert_with(|| name.into());
        if person.is_announced {
            let account = Account {
                id: person.id,
                platform: Some(Platform::Qq),
                native_id: person.native_id(),
                second_id: person
                    .uid
                    .as_deref()
                    .filter(|_| person.uin != 0)
                    .map(str::to_owned),
                kind: person.kind,
                nickname: Some(name.to_owned()),
                is_owner,
                as_of,
                ..Account::default()
            };
            self.pending.push(Record::Account(account));
        }
    }

    /// What stands behind a person that was not announced yet.
    pub(in crate::qq_nt) fn set_kind(&mut self, index: PersonIndex, kind: AccountKind) {
        let person = self.get_mut(index);
        if !person.is_announced {
            person.kind = kind;
        }
    }

    /// Remark or nickname.
    pub(in crate::qq_nt) fn name(&self, index: PersonIndex) -> Option<&str> {
        self.get(index).name.as_deref()
    }

    /// Number, or uid where there is none.
    pub(in crate::qq_nt) fn native_id(&self, index: PersonIndex) -> String {
        self.get(index).native_id()
    }

    /// QQ number; 0 where none is known.
    pub(in crate::qq_nt) fn uin(&self, index: PersonIndex) -> u64 {
        self.get(index).uin
    }

    /// The uid, where known.
    pub(in crate::qq_nt) fn uid(&self, index: PersonIndex) -> Option<&str> {
        self.get(index).uid.as_deref()
    }

    /// Says whose copy this is.
    pub(in crate::qq_nt) fn set_owner(&mut self, index: PersonIndex) {
        self.owner = Some(index);
    }

    /// Whose copy this is.
    pub(in crate::qq_nt) const fn owner(&self) -> Option<PersonIndex> {
        self.owner
    }

    /// Remembers a sort number.
    pub(in crate::qq_nt) fn set_sort(&mut self, sort: i64, index: PersonIndex) {
        self.sorts.insert(sort, index);
    }

    /// The person with this sort number.
    pub(in crate::qq_nt) fn by_sort(&self, sort: i64) -> Option<PersonIndex> {
        self.sorts.get(&sort).copied()
    }

    /// The first known person whose uid `is_meant` accepts.
    pub(in crate::qq_nt) fn find_uid(
        &self,
        mut is_meant: impl FnMut(&str) -> bool,
    ) -> Option<PersonIndex> {
        self.by_uid
            .iter()
            .find(|(uid, _)| is_meant(uid))
            .map(|(_, index)| *index)
    }

    /// The newest time that the copy speaks of.
    pub(in crate::qq_nt) fn set_as_of(&mut self, seconds: i64) {
        if seconds > 0 {
            self.as_of = self.as_of.max(Some(Timestamp::from_seconds(seconds)));
        }
    }

    /// The newest time that the copy speaks of.
    pub(in crate::qq_nt) const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Remembers what the list of recent conversations says about uid or group number `key`.
    pub(in crate::qq_nt) fn set_recent(&mut self, key: &str, recent: Recent) {
        self.recent.insert(key.into(), recent);
    }
}

impl Person {
    pub(super) fn native_id(&self) -> String {
        if self.uin == 0 {
            self.uid.as_deref().unwrap_or_default().to_owned()
        } else {
            self.uin.to_string()
        }
    }
}

/// A QQ number written out.
fn number_in(text: &[u8]) -> Option<u64> {
    if text.len() > 11 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}
