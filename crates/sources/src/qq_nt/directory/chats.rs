//! Conversations: groups by number, chats by the other account.

use hutong_model::{AccountKind, Conversation, ConversationId, ConversationKind, Platform, Record};

use super::{Chat, ChatIndex, Directory, GroupFacts, PersonIndex};

impl Directory<'_> {
    #[expect(
        clippy::indexing_slicing,
        reason = "an index is only made by `add_chat`, and no chat is ever removed"
    )]
    pub(in crate::qq_nt) fn chat(&self, index: ChatIndex) -> &Chat {
        &self.chats[index.0 as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "as in `chat`")]
    pub(super) fn chat_mut(&mut self, index: ChatIndex) -> &mut Chat {
        &mut self.chats[index.0 as usize]
    }

    fn add_chat(&mut self, chat: Chat) -> ChatIndex {
        let index = ChatIndex(u32::try_from(self.chats.len()).unwrap_or(u32::MAX));
        self.chats.push(chat);
        index
    }

    /// The group with this number.
    #[inline]
    pub(in crate::qq_nt) fn group(&mut self, code: i64) -> ChatIndex {
        if let Some(known) = self.groups.get(&code) {
            return *known;
        }
        let native_id = code.to_string();
        let index = self.new_group(native_id);
        self.groups.insert(code, index);
        index
    }

    /// The discussion group with this number.
    pub(in crate::qq_nt) fn discussion(&mut self, id: i64, name: Option<String>) -> ChatIndex {
        if let Some(known) = self.discussions.get(&id) {
            return *known;
        }
        let index = self.new_group(format!("discuss:{id}"));
        let recent = self
            .recent
            .get(id.to_string().as_str())
            .and_then(|recent| recent.name.clone());
        self.chat_mut(index).name = name.or(recent);
        self.discussions.insert(id, index);
        index
    }

    fn new_group(&mut self, native_id: String) -> ChatIndex {
        let recent = self.recent.get(native_id.as_str());
        self.add_chat(Chat {
            id: ConversationId::group(&Platform::Qq, &native_id),
            kind: ConversationKind::Group,
            peer: None,
            name: recent.and_then(|recent| recent.name.clone()),
            remark: recent.and_then(|recent| recent.remark.clone()),
            native_id,
            context: None,
            is_announced: false,
        })
    }

    /// Announces a group that a group table describes.
    pub(in crate::qq_nt) fn announce_group(&mut self, code: i64, facts: GroupFacts) -> ChatIndex {
        let index = self.group(code);
        self.group_owners
            .extend(facts.owner.map(|owner| (code, owner)));
        let group_owner = facts.owner.map(|owner| self.account(owner));
        let owner = self.owner.map(|owner| self.account(owner));
        let as_of = self.as_of;
        let chat = self.chat_mut(index);
        chat.is_announced = true;
        let record = Conversation {
            id: chat.id,
            platform: Some(Platform::Qq),
            kind: chat.kind,
            native_id: chat.native_id.clone(),
            name: facts.name.or_else(|| chat.name.clone()),
            remark: facts.remark.or_else(|| chat.remark.clone()),
            owner,
            group_owner,
            announcement: facts.announcement,
            as_of,
            ..Conversation::default()
        };
        self.pending.push(Record::Conversation(record));
        index
    }

    /// The owner of a group (群主).
    pub(in crate::qq_nt) fn group_owner(&self, code: i64) -> Option<PersonIndex> {
        self.group_owners.get(&code).copied()
    }

    /// The chat with one other account.
    #[inline]
    pub(in crate::qq_nt) fn chat_with(
        &mut self,
        peer: PersonIndex,
        kind: ConversationKind,
    ) -> ChatIndex {
        if let Some(known) = self.get(peer).chat {
            return known;
        }
        self.new_chat_with(peer, kind)
    }

    fn new_chat_with(&mut self, peer: PersonIndex, kind: ConversationKind) -> ChatIndex {
        let account_kind = match kind {
            ConversationKind::Official => AccountKind::Official,
            ConversationKind::Device | ConversationKind::System => AccountKind::System,
            _ => AccountKind::Person,
        };
        if account_kind != AccountKind::Person && self.get(peer).kind == AccountKind::Person {
            self.set_kind(peer, account_kind);
        }
        // Settling may find that this is somebody known under another id, with a chat of their own.
        let peer = self.settled(peer);
        if let Some(known) = self.get(peer).chat {
            return known;
        }
        let peer_id = self.account(peer);
        let id = match self.owner {
            Some(owner) => ConversationId::direct(&Platform::Qq, self.account(owner), peer_id),
            // Without an owner the pair has only one half.
            None => {
                ConversationId::group(&Platform::Qq, &format!("direct:{}", self.native_id(peer)))
            }
        };
        let native_id = self
            .uid(peer)
            .map_or_else(|| self.native_id(peer), str::to_owned);
        let recent = self.recent.get(native_id.as_str());
        // The name of a person stands in the account; that of a device or service only here.
        let is_person = kind == ConversationKind::Direct;
        let name = recent
            .and_then(|recent| recent.name.clone())
            .filter(|_| !is_person);
        let context = recent.and_then(|recent| recent.context.clone());
        let chat = self.add_chat(Chat {
            id,
            kind,
            peer: Some(peer),
            native_id,
            name,
            remark: None,
            context,
            is_announced: false,
        });
        self.get_mut(peer).chat = Some(chat);
        chat
    }

    /// Notes the group through which a temporary chat was opened.
    pub(in crate::qq_nt) fn set_context(&mut self, chat: ChatIndex, group: &str) {
        let chat = self.chat_mut(chat);
        if chat.context.as_deref() != Some(group) {
            chat.context = Some(group.to_owned());
            chat.is_announced = false;
        }
    }

    /// Pushes the conversation record if that was not done yet.
    #[inline]
    pub(in crate::qq_nt) fn ensure_chat(&mut self, index: ChatIndex) {
        if !self.chat(index).is_announced {
            self.announce_chat(index);
        }
    }

    fn announce_chat(&mut self, index: ChatIndex) {
        let owner = self.owner.map(|owner| self.account(owner));
        let peer = self.chat(index).peer.map(|peer| self.account(peer));
        let as_of = self.as_of;
        let chat = self.chat_mut(index);
        chat.is_announced = true;
        let record = Conversation {
            id: chat.id,
            platform: Some(Platform::Qq),
            kind: chat.kind,
            native_id: chat.native_id.clone(),
            name: chat.name.clone(),
            remark: chat.remark.clone(),
            owner,
            peer,
            context: chat.context.clone(),
            as_of,
            ..Conversation::default()
        };
        self.pending.push(Record::Conversation(record));
    }
}
