//! The conversation and the people of an event.

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
    memberships: FxHashMap<(ConversationId, AccountId), Standing>,
    /// The other side of the last private event: own messages do not always name it.
    last_peer: Option<String>,
    /// Group through which a chat was opened, as it was told.
    contexts: FxHashSet<ConversationId>,
}

/// Where an event belongs.
#[derive(Clone, Debug)]
pub(super) struct Here {
    pub(super) conversation: ConversationId,
    pub(super) is_group: bool,
    /// Native id of whose copy it is.
    pub(super) own: Option<String>,
}

/// An id as text; nothing for 0.
pub(super) fn id(node: &Node<'_>) -> Option<String> {
    node.text()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty() && text != "0")
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
            memberships: FxHashMap::default(),
            last_peer: first_peer,
            contexts: FxHashSet::default(),
        }
    }

    /// Finds where an event belongs, and announces that.
    pub(super) fn locate(&mut self, event: &Node<'_>) -> Option<Here> {
        let own = id(event.get("self_id"))
            .or_else(|| id(event.get("self").get("user_id")))
            .or_else(|| self.people.owner().map(str::to_owned));
        if let Some(own) = &own
            && self.people.owner() != Some(own)
        {
            self.people.set_owner(own);
        }
        let kind = event.first(&["message_type", "detail_type"]).text();
        let kind = kind.as_deref().unwrap_or_default();
        let group = id(event.get("group_id")).filter(|group| group != NO_GROUP);
        let is_private =
            kind == "private" || kind.starts_with("private_") || kind.starts_with("friend_");
        if kind.starts_with("channel") || kind.starts_with("guild") {
            return self.channel(event, own);
        }
        match group {
            Some(group) if !is_private => Some(self.group(&group, event, own)),
            context => self.direct(event, own, context),
        }
    }

    fn platform(&self) -> Platform {
        self.people.platform().clone()
    }

    fn channel(&mut self, event: &Node<'_>, own: Option<String>) -> Option<Here> {
        let channel = id(event.get("channel_id"))?;
        let native_id = match id(event.get("guild_id")) {
            Some(guild) => format!("{guild}:{channel}"),
            None => channel,
        };
        let conversation = ConversationId::group(&self.platform(), &native_id);
        self.announce(
            conversation,
            ConversationKind::Channel,
            native_id,
            None,
            own.as_deref(),
            None,
            None,
        );
        Some(Here {
            conversation,
            is_group: true,
            own,
        })
    }

    fn group(&mut self, group: &str, event: &Node<'_>, own: Option<String>) -> Here {
        let conversation = ConversationId::group(&self.platform(), group);
        let name = event.get("group_name").words();
        self.announce(
            conversation,
            ConversationKind::Group,
            group.to_owned(),
            name,
            own.as_deref(),
            None,
            None,
        );
        Here {
            conversation,
            is_group: true,
            own,
        }
    }

    fn direct(
        &mut self,
        event: &Node<'_>,
        own: Option<String>,
        context: Option<String>,
    ) -> Option<Here> {
        let user = id(event.get("user_id")).or_else(|| id(event.get("sender").get("user_id")));
        let is_mine = event.get("post_type").str() == Some("message_sent")
            || event.get("message_sent_type").str() == Some("self")
            || (user.is_some() && user == own);
        let target = id(event.get("target_id")).filter(|target| Some(target) != own.as_ref());
        let peer = if is_mine {
            target
                .or_else(|| user.clone().filter(|user| Some(user) != own.as_ref()))
                .or_else(|| self.last_peer.clone())
                .or(user)
        } else {
            user.or(target)
        }?;
        if Some(&peer) != own.as_ref() {
            self.last_peer = Some(peer.clone());
        }
        let platform = self.platform();
        let account = AccountId::new(&platform, &peer);
        let conversation = match &own {
            Some(own) => ConversationId::direct(&platform, AccountId::new(&platform, own), account),
            None => ConversationId::group(&platform, &format!("direct:{peer}")),
        };
        self.announce(
            conversation,
            ConversationKind::Direct,
            peer.clone(),
            None,
            own.as_deref(),
            Some(&peer),
            context,
        );
        Some(Here {
            conversation,
            is_group: false,
            own,
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    fn announce(
        &mut self,
        conversation: ConversationId,
        kind: ConversationKind,
        native_id: String,
        name: Option<String>,
        own: Option<&str>,
        peer: Option<&str>,
        context: Option<String>,
    ) {
        let is_context = context.is_some() && self.contexts.insert(conversation);
        let is_new = self.announced.insert(conversation);
        if !is_new && !is_context {
            return;
        }
        let owner = own.map(|own| self.people.account(own, None));
        let peer = peer.map(|peer| self.people.account(peer, None));
        self.people.pending.push(Record::Conversation(Conversation {
            id: conversation,
            platform: Some(self.platform()),
            kind,
            native_id,
            name,
            owner,
            peer,
            context,
            ..Conversation::default()
        }));
    }

    /// The chat that forward bundles without a place of their own are put into.
    pub(super) fn bundles(&mut self, title: &str) -> Here {
        let platform = self.platform();
        let conversation = ConversationId::named(&platform, ConversationKind::Group, title);
        self.announce(
            conversation,
            ConversationKind::Group,
            title.to_owned(),
            Some(title.to_owned()),
            None,
            None,
            None,
        );
        Here {
            conversation,
            is_group: true,
            own: None,
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
            here.own.clone().or(stated)
        } else {
            stated
        };
        let nickname = sender.first(&["nickname", "user_name"]).words();
        let card = sender.get("card").words();
        let Some(native_id) = native_id else {
            return (None, None, card.or(nickname));
        };
        let account = self.people.account(&native_id, nickname.as_deref());
        if here.is_group && sender.is_object() {
            let role = match sender.get("role").str() {
                Some("owner") => Role::Owner,
                Some("admin") => Role::Admin,
                _ => Role::Member,
            };
            let title = sender.get("title").words();
            let known = (card.clone(), title.clone(), role);
            let key = (here.conversation, account);
            if self.memberships.get(&key) != Some(&known) {
                self.memberships.insert(key, known);
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
        (Some(account), Some(native_id), card.or(nickname))
    }
}
