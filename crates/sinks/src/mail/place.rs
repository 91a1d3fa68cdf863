//! The addresses and names of one conversation, as its mails repeat them.

use hutong_model::{AccountId, Conversation, ConversationKind, Direction, Message};

use super::header::{Mailbox, label};
use crate::scribe::Scribe;
use crate::{Context, words};

/// What every mail of one conversation repeats.
pub(super) struct Place {
    pub(super) title: String,
    /// The messenger's name as people write it.
    pub(super) platform: String,
    pub(super) kind: ConversationKind,
    pub(super) native_id: String,
    /// `wechat.invalid`.
    pub(super) domain: String,
    /// The domain of message ids.
    pub(super) id_domain: String,
    /// The address of the conversation itself.
    pub(super) address: Mailbox,
    owner: Option<AccountId>,
    peer: Option<AccountId>,
}

impl Place {
    pub(super) fn new(conversation: &Conversation, context: &Context<'_>) -> Self {
        let title = context
            .names
            .conversation_title(conversation.id)
            .unwrap_or(&conversation.native_id);
        let title = if title.trim().is_empty() {
            context.language.pick("会话", "Chat")
        } else {
            title
        };
        let platform = conversation.platform.as_ref();
        let domain = format!(
            "{}.invalid",
            platform.map_or_else(|| "chat".to_owned(), |platform| label(platform.as_str()))
        );
        Self {
            address: Mailbox::new(
                title,
                &conversation.native_id,
                &format!("{}.{domain}", label(conversation.kind.as_str())),
            ),
            title: title.to_owned(),
            platform: platform
                .map(|platform| words::platform(context.language, platform).to_owned())
                .unwrap_or_default(),
            kind: conversation.kind,
            native_id: conversation.native_id.clone(),
            id_domain: format!("{}.archive.invalid", conversation.id.to_hex()),
            domain,
            owner: conversation.owner,
            peer: conversation.peer,
        }
    }

    /// Whether it is a place for more than two.
    pub(super) const fn is_list(&self) -> bool {
        !matches!(self.kind, ConversationKind::Direct)
    }

    /// `[微信] 周末一起吃饭`.
    pub(super) fn subject(&self) -> String {
        if self.platform.is_empty() {
            self.title.clone()
        } else {
            format!("[{}] {}", self.platform, self.title)
        }
    }

    /// Somebody's address here.
    pub(super) fn account(&self, id: AccountId, scribe: &mut Scribe<'_>) -> Mailbox {
        let person = scribe.people.get(id);
        let hex = id.to_hex();
        let native = person.native_id.unwrap_or(&hex);
        Mailbox::new(person.name.unwrap_or(native), native, &self.domain)
    }

    /// Who wrote a message.
    pub(super) fn sender(&self, message: &Message, scribe: &mut Scribe<'_>) -> Mailbox {
        if message.sender.is_none() && message.sender_name.is_none() {
            let name = words::part(scribe.language, hutong_model::PartKind::System);
            return Mailbox::new(name, "system", &self.domain);
        }
        let (person, name) = scribe.sender(message);
        let hex = message.sender.map(|id| id.to_hex());
        let id = person.native_id.or(hex.as_deref()).unwrap_or(name);
        Mailbox::new(name, id, &self.domain)
    }

    /// The two sides of a direct chat, as far as they are known.
    pub(super) fn sides(&self, scribe: &mut Scribe<'_>) -> Vec<Mailbox> {
        [self.owner, self.peer]
            .into_iter()
            .flatten()
            .map(|id| self.account(id, scribe))
            .collect()
    }

    /// Whose copy of the conversation this is.
    pub(super) fn owner(&self, scribe: &mut Scribe<'_>) -> Option<Mailbox> {
        self.owner.map(|id| self.account(id, scribe))
    }

    /// Whom a message went to: the other side, or the group.
    pub(super) fn receivers(&self, message: &Message, scribe: &mut Scribe<'_>) -> Vec<Mailbox> {
        if self.is_list() {
            return vec![self.address.clone()];
        }
        let other = match message.direction {
            Direction::Out => self.peer,
            Direction::In => self.owner,
            Direction::None => None,
        };
        let found = match other {
            Some(id) => vec![self.account(id, scribe)],
            None => self.sides(scribe),
        };
        if found.is_empty() {
            vec![self.address.clone()]
        } else {
            found
        }
    }
}
