//! A message and what can happen to it later.

use serde::{Deserialize, Serialize};

use crate::part::words;
use crate::stream::{At, Origin};
use crate::{
    AccountId, ConversationId, IdSpace, MessageId, Part, PartKind, Platform, Precision, Timestamp,
};

words! {
    /// Which way a message went, seen from the owner of the copy.
    Direction {
        /// Received.
        In = "in",
        /// Sent by the owner.
        Out = "out",
        /// Neither: system events.
        #[default]
        None = "none",
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum State {
    /// It stands.
    #[default]
    Normal,
    /// 撤回: withdrawn, by whom and when where known.
    Recalled {
        /// Who withdrew it.
        by: Option<AccountId>,
        /// When.
        at: Option<Timestamp>,
    },
    /// Deleted on the owner's device.
    Deleted,
}

impl State {
    /// The name used in HCX lines.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Recalled { .. } => "recalled",
            Self::Deleted => "deleted",
        }
    }
}

/// Name of a platform's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NativeIdName {
    /// Given by the server, unique at least within the conversation.
    ServerId,
    /// Row number on one device.
    LocalId,
    /// Position in the conversation given by the server or the device.
    Sequence,
    /// Random companion of a sequence.
    Random,
    /// Position given by the sending device.
    ClientSequence,
    /// The platform's message id where it is not the server's.
    MessageId,
    /// Anything else.
    Other(String),
}

impl NativeIdName {
    /// The name used in HCX lines.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ServerId => "server_id",
            Self::LocalId => "local_id",
            Self::Sequence => "sequence",
            Self::Random => "random",
            Self::ClientSequence => "client_sequence",
            Self::MessageId => "message_id",
            Self::Other(name) => name,
        }
    }
}

impl NativeIdName {
    /// The name that HCX lines use, as a name again.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = [
            Self::ServerId,
            Self::LocalId,
            Self::Sequence,
            Self::Random,
            Self::ClientSequence,
            Self::MessageId,
        ];
        known
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// Value of a platform's own id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NativeValue {
    /// A number; written to JSON as a string because it may exceed 2^53.
    Integer(i64),
    /// Text.
    Text(String),
}

/// One of the platform's own ids of a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NativeId {
    /// Which id.
    pub name: NativeIdName,
    /// Its value.
    pub value: NativeValue,
}

impl NativeId {
    /// A numeric id.
    #[must_use]
    pub const fn integer(name: NativeIdName, value: i64) -> Self {
        Self {
            name,
            value: NativeValue::Integer(value),
        }
    }
}

/// 表情回应: an answer by emoji.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji, or the platform's name for it.
    pub emoji: String,
    /// How many.
    pub count: u64,
    /// Who, where known.
    pub accounts: Vec<AccountId>,
}

/// 修订: an earlier or later wording.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Revision {
    /// When it was in force from, where known.
    pub at: Option<Timestamp>,
    /// The wording.
    pub parts: Vec<Part>,
}

/// One entry by one sender at one time, as one copy has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Stable id, from the strongest native id.
    pub id: MessageId,
    /// Weaker keys by which other messages point here (a reply that knows only a sequence number). Not identities.
    pub lookup_keys: Vec<MessageId>,
    /// The platform.
    pub platform: Platform,
    /// The conversation.
    pub conversation: ConversationId,
    /// Who wrote it; absent for system events and where unknown.
    pub sender: Option<AccountId>,
    /// The sender's name as the row itself states it (群名片 at the time).
    pub sender_name: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How precisely that is known.
    pub precision: Precision,
    /// Order among messages of the same instant in the conversation.
    pub order: i64,
    /// Which way it went.
    pub direction: Direction,
    /// The content, in display order.
    pub parts: Vec<Part>,
    /// Keys of the message this one answers, strongest first; the first that exists in the archive is the target.
    pub reply_to: Vec<MessageId>,
    /// First message of the thread.
    pub thread: Option<MessageId>,
    /// What became of it.
    pub state: State,
    /// Other wordings.
    pub revisions: Vec<Revision>,
    /// Answers by emoji.
    pub reactions: Vec<Reaction>,
    /// The platform's own ids.
    pub native_ids: Vec<NativeId>,
    /// A service row that views hide unless asked.
    pub is_hidden: bool,
    /// Where it came from.
    pub origin: Origin,
    /// The original row, when asked for.
    pub raw: Option<Vec<u8>>,
    /// Members of its HCX line that this version does not know: a JSON object from JSON pointer to value.
    pub extra: Option<Box<str>>,
}

impl Message {
    /// A message with only its identity, place and time; the source fills in the rest.
    #[must_use]
    pub fn new(
        platform: Platform,
        id: MessageId,
        conversation: ConversationId,
        sent_at: Timestamp,
        origin: Origin,
    ) -> Self {
        Self {
            id,
            lookup_keys: Vec::new(),
            platform,
            conversation,
            sender: None,
            sender_name: None,
            sent_at,
            precision: Precision::Second,
            order: 0,
            direction: Direction::None,
            parts: Vec::new(),
            reply_to: Vec::new(),
            thread: None,
            state: State::Normal,
            revisions: Vec::new(),
            reactions: Vec::new(),
            native_ids: Vec::new(),
            is_hidden: false,
            origin,
            raw: None,
            extra: None,
        }
    }

    /// The id that this message would bear under another conversation, where one of its native ids is what its id was made
    /// of: two conversations may turn out to be one.
    #[must_use]
    pub fn id_in(&self, conversation: ConversationId) -> Option<MessageId> {
        self.native_ids.iter().find_map(|native| {
            let number;
            let field: &[u8] = match &native.value {
                NativeValue::Integer(value) => {
                    number = value.to_le_bytes();
                    &number
                }
                NativeValue::Text(text) => text.as_bytes(),
            };
            let kind = IdSpace::PLATFORM_KINDS
                .iter()
                .find(|kind| MessageId::new(self.conversation, kind, &[field]) == self.id)?;
            Some(MessageId::new(conversation, kind, &[field]))
        })
    }

    /// Kind of the leading part; an empty message is an empty text.
    #[must_use]
    pub fn kind(&self) -> PartKind {
        self.parts.first().map_or(PartKind::Text, Part::kind)
    }

    /// The row id where the origin has one.
    #[must_use]
    pub fn row(&self) -> Option<i64> {
        match self.origin.at {
            At::Row(row) => Some(row),
            _ => None,
        }
    }
}

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// It was withdrawn.
    Recall {
        /// By whom.
        by: Option<AccountId>,
        /// When.
        at: Option<Timestamp>,
    },
    /// Another wording is known.
    Revision(Revision),
    /// It was answered by emoji.
    Reaction(Reaction),
    /// One of these, of which a later version says more than this one understands.
    Foreign {
        /// What is understood.
        known: Box<Self>,
        /// The HCX line as it was written.
        line: Box<str>,
    },
}

impl Change {
    /// What is understood of it.
    #[must_use]
    pub fn known(&self) -> &Self {
        match self {
            Self::Foreign { known, .. } => known.known(),
            other => other,
        }
    }
}

/// What was decided about conversations and people, beside what any input says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// The messages of one conversation are shown in another one.
    Link {
        /// The conversation.
        conversation: ConversationId,
        /// Where its messages are shown.
        into: ConversationId,
        /// Why: `user`, `content` or `digest`.
        reason: String,
        /// When.
        at: Option<Timestamp>,
    },
    /// The user took a conversation out of another one.
    Apart {
        /// The conversation.
        conversation: ConversationId,
        /// The other.
        other: ConversationId,
    },
    /// The user says that these accounts are one human being.
    Person {
        /// The accounts, at least two.
        accounts: Vec<AccountId>,
        /// When the last of them was added.
        at: Option<Timestamp>,
    },
    /// An HCX line of a kind that this version does not know.
    Foreign(Box<str>),
}

/// A change to a message that may stand elsewhere in the stream, or nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageChange {
    /// The message.
    pub message: MessageId,
    /// Its conversation.
    pub conversation: ConversationId,
    /// What happened.
    pub change: Change,
    /// Where that is stated.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_a_servers_number_has_an_id_in_every_conversation() {
        let [one, other] = ["1", "2"].map(|id| ConversationId::group(&Platform::WeChat, id));
        let origin = Origin::new("a", "", At::Whole);
        let with_id = |id, native: Vec<NativeId>| {
            let at = Timestamp::from_seconds(5);
            let mut message = Message::new(Platform::WeChat, id, one, at, origin.clone());
            message.native_ids = native;
            message
        };
        let server = |chat, number: i64| MessageId::new(chat, "server", &[&number.to_le_bytes()]);
        let native = vec![
            NativeId::integer(NativeIdName::LocalId, 3),
            NativeId::integer(NativeIdName::ServerId, 77),
        ];
        let message = with_id(server(one, 77), native.clone());
        assert_eq!(message.id_in(other), Some(server(other, 77)));
        assert_eq!(message.id_in(one), Some(message.id));
        // A number that the id was not made of says nothing.
        assert_eq!(with_id(server(one, 78), native.clone()).id_in(other), None);
        let row = MessageId::new(one, "row", &[&77_i64.to_le_bytes()]);
        assert_eq!(with_id(row, native).id_in(other), None);
    }
}
