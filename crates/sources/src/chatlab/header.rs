//! Who is who in a file: the first pass.

use hutong_model::{
    Account, AccountId, Conversation, ConversationId, ConversationKind, Membership, Platform,
    Record, Role, Timestamp,
};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::file::{Item, Section};
use crate::json_export::picture;
use crate::json_stream::{Node, parse};

/// The sender of events of the platform itself.
pub(super) const SYSTEM: &str = "SYSTEM";
/// Senders that are kept in memory; larger groups do not exist.
const MOST_PEOPLE: usize = 200_000;

/// Somebody in a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) name: String,
    card: Option<String>,
    alias: Option<String>,
    avatar: Option<String>,
    role: Role,
    title: Option<String>,
    /// Whether messages of theirs were seen.
    is_sender: bool,
}

/// What a file says about itself.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) has_meta: bool,
    name: String,
    platform: String,
    is_group: bool,
    has_type: bool,
    group_id: Option<String>,
    /// Whatever id the tool that wrote the file keeps of the conversation.
    session: Option<String>,
    owner: Option<String>,
    /// In the order of their first appearance.
    order: Vec<String>,
    people: FxHashMap<String, Person>,
    newest: Option<Timestamp>,
    /// Whether a numeric id was met that no floating-point number can have gone through.
    pub(super) has_exact_ids: bool,
    pub(super) messages: u64,
}

/// The fields of a message that the first pass needs.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow, default)]
    sender: Node<'a>,
    #[serde(borrow, default, rename = "accountName")]
    account_name: Node<'a>,
    #[serde(borrow, default, rename = "groupNickname")]
    card: Node<'a>,
    #[serde(borrow, default, rename = "platformMessageId")]
    id: Node<'a>,
}

impl Header {
    /// Takes one piece of the file.
    pub(super) fn learn(&mut self, item: &Item<'_>) {
        let Item::Value(section, _, bytes) = item else {
            return;
        };
        let mut spare = Vec::new();
        match section {
            Section::Message => {
                self.messages += 1;
                if let Ok((glance, _)) = parse::<Glance<'_>>(bytes, &mut spare) {
                    self.glance(&glance);
                }
            }
            Section::Member => {
                if let Ok((node, _)) = parse::<Node<'_>>(bytes, &mut spare) {
                    self.member(&node);
                }
            }
            Section::Meta => {
                if let Ok((node, _)) = parse::<Node<'_>>(bytes, &mut spare) {
                    self.meta(&node);
                }
            }
        }
    }

    fn meta(&mut self, meta: &Node<'_>) {
        self.has_meta = meta.is_object();
        self.name = meta.get("name").words().unwrap_or_default();
        self.platform = meta.get("platform").words().unwrap_or_default();
        self.is_group = meta.get("type").str() == Some("group");
        self.has_type = !meta.get("type").is_null();
        self.owner = meta.get("ownerId").words();
        self.session = meta.get("sourceSessionId").words();
        self.group_id = meta.get("groupId").words().or_else(|| {
            // A tool may keep the room's id here.
            let room = self.session.as_ref();
            room.filter(|id| id.ends_with("@chatroom")).cloned()
        });
    }

    fn person(&mut self, id: &str) -> Option<&mut Person> {
        if !self.people.contains_key(id) {
            if self.people.len() >= MOST_PEOPLE {
                return None;
            }
            self.order.push(id.to_owned());
        }
        Some(self.people.entry(id.to_owned()).or_default())
    }

    fn member(&mut self, node: &Node<'_>) {
        let Some(id) = node.get("platformId").words() else {
            return;
        };
        let Some(person) = self.person(&id) else {
            return;
        };
        person.name = node.get("accountName").words().unwrap_or_default();
        person.card = node.get("groupNickname").words();
        person.alias = node.get("aliases").list().iter().find_map(Node::words);
        person.avatar = node.get("avatar").words();
        for role in node.get("roles").list() {
            match role.get("id").str() {
                Some("owner") => person.role = Role::Owner,
                Some("admin") if person.role == Role::Member => person.role = Role::Admin,
                Some("admin") => {}
                _ => person.title = role.get("name").words().or(person.title.take()),
            }
        }
    }

    fn glance(&mut self, glance: &Glance<'_>) {
        if let Some(id) = glance.id.integer() {
            self.has_exact_ids |=
                id.unsigned_abs() > 1 << 53 && !crate::json_stream::is_rounded(id);
        }
        let Some(sender) = glance.sender.text() else {
            return;
        };
        let sender = sender.trim();
        if sender.is_empty() || sender == SYSTEM {
            return;
        }
        // Nearly every message: the sender is known already.
        if let Some(person) = self.people.get_mut(sender) {
            person.is_sender = true;
            if !person.name.is_empty() {
                return;
            }
        }
        let name = glance.account_name.words();
        let card = glance.card.words();
        if let Some(person) = self.person(sender) {
            person.is_sender = true;
            if person.name.is_empty() {
                person.name = name.unwrap_or_default();
            }
            person.card = person.card.take().or(card);
        }
    }

    /// The messenger.
    pub(super) fn platform(&self) -> Platform {
        let name = self.platform.trim().to_lowercase();
        Platform::from_name(if name.is_empty() { "unknown" } else { &name })
    }

    /// The other side of a private chat, where the file does not say whose copy it is: the one of the two that it is
    /// called by.
    fn called_by(&self) -> Option<&String> {
        if self.order.len() > 2 {
            return None;
        }
        if let Some(id) = &self.session
            && let Some(found) = self.order.iter().find(|known| *known == id)
        {
            return Some(found);
        }
        let title = self.name.trim();
        let mut called = self.order.iter().filter(|id| {
            let names = self.people.get(*id).map(|person| {
                [
                    Some(&person.name),
                    person.card.as_ref(),
                    person.alias.as_ref(),
                ]
            });
            let mut names = names.into_iter().flatten().flatten().chain([*id]);
            !title.is_empty() && names.any(|name| name.trim() == title)
        });
        called.next().filter(|_| called.next().is_none())
    }

    /// Whose copy it is: as the file says, else as the user says.
    pub(super) fn owner(&self, stated: Option<&str>) -> Option<String> {
        self.owner.clone().or_else(|| stated.map(str::to_owned))
    }
}

/// A file's conversation and people, ready for its messages.
pub(super) struct Scene {
    pub(super) platform: Platform,
    pub(super) conversation: ConversationId,
    pub(super) is_group: bool,
    pub(super) owner: Option<String>,
    /// Whether it is known which messages are the owner's: not in a private chat of which nothing tells whose copy it is.
    pub(super) knows_sides: bool,
    accounts: FxHashMap<String, AccountId>,
    people: FxHashMap<String, Person>,
}

impl Scene {
    /// Settles who is who; gives the records to be pushed first.
    pub(super) fn new(
        header: Header,
        stated_owner: Option<&str>,
        title: &str,
    ) -> (Self, Vec<Record>) {
        let platform = header.platform();
        let mut owner = header.owner(stated_owner);
        let senders = header.people.values().filter(|person| person.is_sender);
        // A private chat of three is none, whatever the file says.
        let is_group =
            header.is_group || (!header.has_type && header.people.len() > 2) || senders.count() > 2;
        let mut knows_sides = is_group || owner.is_some();
        if !knows_sides && let Some(peer) = header.called_by() {
            knows_sides = true;
            owner = header.order.iter().find(|id| *id != peer).cloned();
        }
        let name = if header.name.trim().is_empty() {
            title.to_owned()
        } else {
            header.name.clone()
        };
        let kind = if is_group {
            ConversationKind::Group
        } else {
            ConversationKind::Direct
        };
        let others: Vec<&String> = header
            .order
            .iter()
            .filter(|id| Some(id.as_str()) != owner.as_deref())
            .collect();
        let account = |id: &str| AccountId::new(&platform, id);
        let is_id = |id: &str| is_id(&platform, id);
        let mut peer: Option<String> = None;
        let (conversation, native_id) = if is_group {
            match &header.group_id {
                Some(id) => (ConversationId::group(&platform, id), id.clone()),
                None => (ConversationId::named(&platform, kind, &name), name.clone()),
            }
        } else {
            match (owner.as_deref(), others.as_slice()) {
                (Some(owner), [one, ..]) if is_id(owner) && is_id(one) => {
                    peer = Some((*one).clone());
                    (
                        ConversationId::direct(&platform, account(owner), account(one)),
                        (*one).clone(),
                    )
                }
                // Only the owner is there: notes to oneself, or the other side never wrote.
                (Some(owner), [])
                    if is_id(owner)
                        && header.name
                            == header
                                .people
                                .get(owner)
                                .map(|person| person.name.clone())
                                .unwrap_or_default()
                        && !header.name.is_empty() =>
                {
                    peer = Some(owner.to_owned());
                    (
                        ConversationId::direct(&platform, account(owner), account(owner)),
                        owner.to_owned(),
                    )
                }
                // Whose copy it is does not matter for the pair.
                (None, [one, other]) if is_id(one) && is_id(other) => (
                    ConversationId::direct(&platform, account(one), account(other)),
                    name.clone(),
                ),
                (None, [one]) if is_id(one) => {
                    peer = Some((*one).clone());
                    (
                        ConversationId::group(&platform, &format!("direct:{one}")),
                        (*one).clone(),
                    )
                }
                _ => (ConversationId::named(&platform, kind, &name), name.clone()),
            }
        };
        let mut scene = Self {
            conversation,
            is_group,
            owner,
            knows_sides,
            accounts: FxHashMap::default(),
            people: FxHashMap::default(),
            platform,
        };
        let records = scene.announce(header, kind, native_id, name, peer);
        (scene, records)
    }

    fn announce(
        &mut self,
        header: Header,
        kind: ConversationKind,
        native_id: String,
        name: String,
        peer: Option<String>,
    ) -> Vec<Record> {
        let mut records = Vec::new();
        let mut ids = header.order.clone();
        if let Some(owner) = &self.owner
            && !header.people.contains_key(owner)
        {
            ids.push(owner.clone());
        }
        for id in &ids {
            let person = header.people.get(id).cloned().unwrap_or_default();
            records.push(self.account_record(id, &person, header.newest));
        }
        let find = |id: Option<&String>| id.and_then(|id| self.accounts.get(id)).copied();
        let owner_role = |person: &Person| person.role == Role::Owner;
        let group_owner = header
            .order
            .iter()
            .find(|id| header.people.get(*id).is_some_and(owner_role));
        records.push(Record::Conversation(Conversation {
            id: self.conversation,
            platform: Some(self.platform.clone()),
            kind,
            native_id,
            name: Some(name).filter(|name| !name.trim().is_empty()),
            owner: find(self.owner.as_ref()),
            peer: find(peer.as_ref()),
            group_owner: find(group_owner),
            ..Conversation::default()
        }));
        if self.is_group {
            for id in &ids {
                let (Some(account), Some(person)) = (self.accounts.get(id), header.people.get(id))
                else {
                    continue;
                };
                records.push(Record::Membership(Membership {
                    conversation: self.conversation,
                    account: *account,
                    name: person.card.clone(),
                    role: person.role,
                    title: person.title.clone(),
                    ..Membership::default()
                }));
            }
        }
        self.people = header.people;
        records
    }

    fn account_record(&mut self, id: &str, person: &Person, as_of: Option<Timestamp>) -> Record {
        let account = if is_id(&self.platform, id) {
            AccountId::new(&self.platform, id)
        } else {
            AccountId::named(self.conversation, id)
        };
        self.accounts.insert(id.to_owned(), account);
        let name = if person.name.is_empty() && account.is_name() {
            id.to_owned()
        } else {
            person.name.clone()
        };
        Record::Account(Account {
            id: account,
            platform: Some(self.platform.clone()),
            native_id: id.to_owned(),
            nickname: Some(name).filter(|name| !name.trim().is_empty()),
            alias: person.alias.clone(),
            avatar: person.avatar.as_deref().and_then(picture),
            is_owner: self.owner.as_deref() == Some(id),
            as_of,
            ..Account::default()
        })
    }

    /// The account of a sender, with the record that announces it when nobody has met it before.
    pub(super) fn account(&mut self, id: &str, name: Option<&str>) -> (AccountId, Option<Record>) {
        if let Some(known) = self.accounts.get(id) {
            return (*known, None);
        }
        let person = Person {
            name: name.unwrap_or_default().to_owned(),
            ..Person::default()
        };
        let record = self.account_record(id, &person, None);
        let account = self.accounts.get(id).copied().unwrap_or_default();
        (account, Some(record))
    }
}

/// Whether this can be a platform's own id and not only a name: other tools put the name where no id is known.
fn is_id(platform: &Platform, id: &str) -> bool {
    match platform {
        Platform::Qq => {
            id.starts_with("u_") || id.contains('@') || id.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => id.bytes().all(|byte| byte.is_ascii_graphic()),
    }
}
