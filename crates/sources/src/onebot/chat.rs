//! The conversation and the people of an event.

use std::borrow::Cow;

use hutong_model::{
    AccountId, Conversation, ConversationId, ConversationKind, Membership, Platform, Record, Role,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::json_export::QqPeople;
use crate::json_stream::Node;

/// NapCat writes this group where it cannot find the one of a temporary chat.
const NO_GROUP: &str = "284840486";

/// Name, title and role of a member.
type Standing = (Option<String>, Option<String>, Role);

/// Everybody and every conversation met so far.
pub(super) struct Chats {
    pub(super) people: QqPeople,
    announced: FxHashSet<ConversationId>,
    /// Groups by native id, and chats by the number of the other side with whose copy it is: an id costs a digest.
    groups: FxHashMap<Box<str>, ConversationId>,
    directs: FxHashMap<Box<str>, (Option<Box<str>>, ConversationId)>,
    memberships: FxHashMap<(ConversationId, AccountId), Standing>,
    /// The other side of the last private event: own messages do not always name it.
    last_peer: Option<String>,
    /// Group through which a chat was opened, as it was told.
    contexts: FxHashSet<ConversationId>,
}

/// Where an event belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    pub(super) conversation: ConversationId,
    pub(super) is_group: bool,
}

/// An id as text; nothing for 0.
pub(super) fn id(node: &Node<'_>) -> Option<String> {
    plain_id(node).map(Cow::into_owned)
}

/// As [`id`], without a copy where the dump has a text.
fn plain_id<'a>(node: &'a Node<'_>) -> Option<Cow<'a, str>> {
    let text = match node.text()? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        text => text,
    };
    (!text.is_empty() && text != "0").then_some(text)
}

impl Chats {
    pub(super) fn new(first_peer: Option<String>, owner: Option<&str>, platform: Platform) -> Self {
        let mut people = QqPeople::of(platform);
        if let Some(owner) = owner {
            people.set_owner(owner);
        }
        Self {
            people,
            announced: FxHashSet::default(),
            groups: FxHashMap::default(),
            directs: FxHashMap::default(),
            memberships: FxHashMap::default(),
            last_peer: first_peer,
            contexts: FxHashSet::default(),
        }
    }

    /// Finds where an event belongs, and announces that; from then on [`QqPeople::owner`] says whose copy it is.
    pub(super) fn locate(&mut self, event: &Node<'_>) -> Option<Here> {
        let own =
            plain_id(event.get("self_id")).or_else(|| plain_id(event.get("self").get("user_id")));
        if let Some(own) = &own
            && self.people.owner() != Some(own)
        {
            self.people.set_owner(own);
        }
        let kind = event.first(&["message_type", "detail_type"]).text();
        let kind = kind.as_deref().unwrap_or_default();
        let group = plain_id(event.get("group_id")).filter(|group| group != NO_GROUP);
        let is_private =
            kind == "private" || kind.starts_with("private_") || kind.starts_with("friend_");
        if kind.starts_with("channel") || kind.starts_with("guild") {
            return self.channel(event);
        }
        match group {
            Some(group) if !is_private => Some(self.group(&group, event)),
            context => self.direct(event, context.as_deref()),
        }
    }

    fn platform(&self) -> Platform {
        self.people.platform().clone()
    }

    fn channel(&mut self, event: &Node<'_>) -> Option<Here> {
        let channel = id(event.get("channel_id"))?;
        let native_id = match id(event.get("guild_id")) {
            Some(guild) => format!("{guild}:{channel}"),
            None => channel,
        };
        let conversation = ConversationId::group(&self.platform(), &native_id);
        if self.announced.insert(conversation) {
            self.announce(Conversation {
                id: conversation,
                kind: ConversationKind::Channel,
                native_id,
                ..Conversation::default()
            });
        }
        Some(Here {
            conversation,
            is_group: true,
        })
    }

    fn group(&mut self, group: &str, event: &Node<'_>) -> Here {
        let here = |conversation| Here {
            conversation,
            is_group: true,
        };
        if let Some(known) = self.groups.get(group) {
            return here(*known);
        }
        let conversation = ConversationId::group(&self.platform(), group);
        self.groups.insert(group.into(), conversation);
        if self.announced.insert(conversation) {
            self.announce(Conversation {
                id: conversation,
                kind: ConversationKind::Group,
                native_id: group.to_owned(),
                name: event.get("group_name").words(),
                ..Conversation::default()
            });
        }
        here(conversation)
    }

    fn direct(&mut self, event: &Node<'_>, context: Option<&str>) -> Option<Here> {
        let user =
            plain_id(event.get("user_id")).or_else(|| plain_id(event.get("sender").get("user_id")));
        let own = self.people.owner();
        let is_mine = event.get("post_type").str() == Some("message_sent")
            || event.get("message_sent_type").str() == Some("self")
            || (user.is_some() && user.as_deref() == own);
        let target = plain_id(event.get("target_id")).filter(|target| Some(&**target) != own);
        let peer = if is_mine {
            target
                .or_else(|| user.clone().filter(|user| Some(&**user) != own))
                .or_else(|| self.last_peer.clone().map(Cow::Owned))
                .or(user)
        } else {
            user.or(target)
        }?;
        if Some(&*peer) != own && self.last_peer.as_deref() != Some(&*peer) {
            self.last_peer = Some(peer.clone().into_owned());
        }
        let known = self.directs.get(&*peer);
        let known = known.filter(|(known, _)| known.as_deref() == own);
        let conversation = match known {
            Some((_, conversation)) => *conversation,
            None => {
                let platform = self.platform();
                let account = AccountId::new(&platform, &peer);
                let conversation = match own {
                    Some(own) => {
                        ConversationId::direct(&platform, AccountId::new(&platform, own), account)
                    }
                    None => ConversationId::group(&platform, &format!("direct:{peer}")),
                };
                let owner = own.map(Into::into);
                self.directs.insert((&*peer).into(), (owner, conversation));
                conversation
            }
        };
        let is_context = context.is_some() && self.contexts.insert(conversation);
        if self.announced.insert(conversation) || is_context {
            let account = self.people.account(&peer, None);
            self.announce(Conversation {
                id: conversation,
                kind: ConversationKind::Direct,
                native_id: peer.into_owned(),
                peer: Some(account),
                context: context.map(str::to_owned),
                ..Conversation::default()
            });
        }
        Some(Here {
            conversation,
            is_group: false,
        })
    }

    /// Adds whose copy it is, and waits to be pushed.
    fn announce(&mut self, conversation: Conversation) {
        let own = self.people.owner().map(str::to_owned);
        let owner = own.map(|own| self.people.account(&own, None));
        self.people.pending.push(Record::Conversation(Conversation {
            platform: Some(self.platform()),
            owner,
            ..conversation
        }));
    }

    /// The chat that forward bundles without a place of their own are put into.
    pub(super) fn bundles(&mut self, title: &str) -> Here {
        let platform = self.platform();
        let conversation = ConversationId::named(&platform, ConversationKind::Group, title);
        if self.announced.insert(conversation) {
            self.people.pending.push(Record::Conversation(Conversation {
                id: conversation,
                platform: Some(platform),
                kind: ConversationKind::Group,
                native_id: title.to_owned(),
                name: Some(title.to_owned()),
                ..Conversation::default()
            }));
        }
        Here {
            conversation,
            is_group: true,
        }
    }

    /// The sender of a message: account, native id and the name shown.
    pub(super) fn sender(
        &mut self,
        event: &Node<'_>,
        here: &Here,
    ) -> (Option<AccountId>, Option<String>, Option<String>) {
        let anonymous = event.get("anonymous");
        if anonymous.is_object() {
            let name = anonymous.get("name").words();
            let native_id = id(anonymous.get("id")).map(|id| format!("anonymous:{id}"));
            let account = native_id
                .as_deref()
                .map(|id| self.people.account(id, name.as_deref()));
            return (account, native_id, name);
        }
        let sender = event.get("sender");
        let stated = id(event.get("user_id")).or_else(|| id(sender.get("user_id")));
        let is_mine = event.get("post_type").str() == Some("message_sent")
            || event.get("message_sent_type").str() == Some("self");
        let native_id = if is_mine {
            self.people.owner().map(str::to_owned).or(stated)
        } else {
            stated
        };
        let nickname = sender.first(&["nickname", "user_name"]).text();
        let nickname = nickname.filter(|name| !name.trim().is_empty());
        let card = sender.get("card").words();
        let Some(native_id) = native_id else {
            return (None, None, card.or(nickname.map(Cow::into_owned)));
        };
        let account = self.people.account(&native_id, nickname.as_deref());
        if here.is_group && sender.is_object() {
            let role = match sender.get("role").str() {
                Some("owner") => Role::Owner,
                Some("admin") => Role::Admin,
                _ => Role::Member,
            };
            let title = sender.get("title").words();
            let key = (here.conversation, account);
            let known = self.memberships.get(&key);
            if known.is_none_or(|known| (&known.0, &known.1, known.2) != (&card, &title, role)) {
                self.memberships
                    .insert(key, (card.clone(), title.clone(), role));
                self.people.pending.push(Record::Membership(Membership {
                    conversation: here.conversation,
                    account,
                    name: card.clone(),
                    role,
                    title,
                    ..Membership::default()
                }));
            }
        }
        let name = card.or(nickname.map(Cow::into_owned));
        (Some(account), Some(native_id), name)
    }
}
