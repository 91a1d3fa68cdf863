//! Conversations of an export, announced when they are first met.

use hutong_model::{
    AccountId, Conversation, ConversationId, ConversationKind, Platform, Record, Stop,
};

use super::{Chat, ChatIndex, Composer};
use crate::wechat::map::{account_kind, conversation_kind, is_room};

impl Composer<'_> {
    /// The conversation with this username: a room, or the other side.
    pub(in crate::wechat_exports) fn chat(
        &mut self,
        username: &str,
        name: Option<&str>,
    ) -> Result<ChatIndex, Stop> {
        if is_room(username) {
            return self.room(username, name);
        }
        // The last conversation is nearly always the next one.
        if let Some(chat) = self.chats.last()
            && chat.peer_username.as_deref() == Some(username)
        {
            return Ok(ChatIndex(self.chats.len() - 1));
        }
        let key = (ConversationKind::Direct, Box::from(username));
        if let Some(known) = self.by_name.get(&key) {
            return Ok(*known);
        }
        let peer = self.account(username, name)?;
        let id = match self.owner_account()? {
            Some(owner) => ConversationId::direct(&Platform::WeChat, owner, peer),
            // Without an owner the pair has only one half.
            None => ConversationId::group(&Platform::WeChat, &format!("direct:{username}")),
        };
        let kind = conversation_kind(username, account_kind(username, 0));
        self.announce(key, kind, id, None, Some((peer, username)))
    }

    /// The room with this username, of which the export says that it is one. Some write it without what rooms end in.
    pub(in crate::wechat_exports) fn stated_room(
        &mut self,
        username: &str,
        name: Option<&str>,
    ) -> Result<ChatIndex, Stop> {
        if username.bytes().all(|digit| digit.is_ascii_digit()) {
            return self.room(&format!("{username}@chatroom"), name);
        }
        self.room(username, name)
    }

    fn room(&mut self, username: &str, name: Option<&str>) -> Result<ChatIndex, Stop> {
        if let Some(chat) = self.chats.last()
            && &*chat.native_id == username
        {
            return Ok(ChatIndex(self.chats.len() - 1));
        }
        let key = (ConversationKind::Group, Box::from(username));
        if let Some(known) = self.by_name.get(&key) {
            return Ok(*known);
        }
        let listed = self.contacts.get(username);
        let name = name
            .filter(|name| !name.trim().is_empty() && *name != username)
            .map(str::to_owned)
            .or_else(|| listed.and_then(|facts| facts.nickname.clone()));
        let id = ConversationId::group(&Platform::WeChat, username);
        self.announce(key, ConversationKind::Group, id, name, None)
    }

    /// A conversation of which only the title is known.
    pub(in crate::wechat_exports) fn named_chat(
        &mut self,
        kind: ConversationKind,
        title: &str,
    ) -> Result<ChatIndex, Stop> {
        let key = (kind, Box::from(title));
        if let Some(known) = self.by_name.get(&key) {
            return Ok(*known);
        }
        let id = ConversationId::named(&Platform::WeChat, kind, title);
        let name = Some(title.to_owned());
        self.announce(key, kind, id, name, None)
    }

    fn announce(
        &mut self,
        key: (ConversationKind, Box<str>),
        kind: ConversationKind,
        id: ConversationId,
        name: Option<String>,
        peer: Option<(AccountId, &str)>,
    ) -> Result<ChatIndex, Stop> {
        let owner = self.owner_account()?;
        let native_id = key.1.clone();
        if self.announced.insert(id) {
            let remark = self
                .contacts
                .get(&native_id)
                .filter(|_| kind == ConversationKind::Group)
                .and_then(|facts| facts.remark.clone());
            self.out.record(Record::Conversation(Conversation {
                id,
                platform: Some(Platform::WeChat),
                kind,
                native_id: native_id.to_string(),
                name,
                remark,
                owner,
                peer: peer.map(|(account, _)| account),
                ..Conversation::default()
            }))?;
        }
        let index = ChatIndex(self.chats.len());
        self.chats.push(Chat {
            id,
            kind,
            native_id,
            peer: peer.map(|(account, _)| account),
            peer_username: peer.map(|(_, username)| username.into()),
        });
        self.by_name.insert(key, index);
        Ok(index)
    }
}
