//! Invented people and the places where they talk.

use hutong_model::{
    Account, AccountId, At, Conversation, ConversationId, ConversationKind, Direction, Membership,
    Message, MessageId, NameTable, NativeId, NativeIdName, Origin, Part, Platform, Timestamp,
};

/// Some people, a group of all of them and a direct chat of the first two.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Who is who.
    pub names: NameTable,
    /// The accounts; the first one is the owner of the copy.
    pub people: Vec<AccountId>,
    /// The group.
    pub group: Conversation,
    /// The direct chat of the owner and the second person.
    pub direct: Conversation,
}

const PEOPLE: [(&str, &str); 4] = [
    ("wxid_chen_yu", "陈雨"),
    ("wxid_lin_hai", "林海"),
    ("wxid_grandma", "外婆"),
    ("wxid_xiao_bei", "小北"),
];

/// The same cast every time.
#[must_use]
pub fn cast() -> Cast {
    let platform = Platform::WeChat;
    let mut names = NameTable::default();
    let mut people = Vec::new();
    for (number, (native_id, nickname)) in PEOPLE.into_iter().enumerate() {
        let id = AccountId::new(&platform, native_id);
        let account = Account {
            id,
            platform: Some(platform.clone()),
            native_id: native_id.to_owned(),
            nickname: Some(nickname.to_owned()),
            is_owner: number == 0,
            ..Account::default()
        };
        names.accounts.insert(id, account);
        people.push(id);
    }
    let owner = AccountId::new(&platform, PEOPLE[0].0);
    let peer = AccountId::new(&platform, PEOPLE[1].0);
    let group = Conversation {
        id: ConversationId::group(&platform, "10001@chatroom"),
        platform: Some(platform.clone()),
        kind: ConversationKind::Group,
        native_id: "10001@chatroom".to_owned(),
        name: Some("周末一起吃饭".to_owned()),
        owner: Some(owner),
        ..Conversation::default()
    };
    let direct = Conversation {
        id: ConversationId::direct(&platform, owner, peer),
        platform: Some(platform),
        kind: ConversationKind::Direct,
        native_id: PEOPLE[1].0.to_owned(),
        owner: Some(owner),
        peer: Some(peer),
        ..Conversation::default()
    };
    for conversation in [&group, &direct] {
        names
            .conversations
            .insert(conversation.id, conversation.clone());
    }
    for &account in &people {
        let membership = Membership {
            conversation: group.id,
            account,
            ..Membership::default()
        };
        names.members.insert((group.id, account), membership);
    }
    Cast {
        names,
        people,
        group,
        direct,
    }
}

/// The message with this number: a minute after the one before it, from 2024-05-01T08:00:00Z on, received.
#[must_use]
pub fn message(
    conversation: &Conversation,
    sender: AccountId,
    number: u32,
    parts: Vec<Part>,
) -> Message {
    let platform = conversation.platform.clone().unwrap_or(Platform::WeChat);
    let id = MessageId::new(conversation.id, "server", &[number.to_string().as_bytes()]);
    let sent_at = Timestamp::from_seconds(1_714_550_400 + i64::from(number) * 60);
    let origin = Origin::new("message_0.db", "Msg_1", At::Row(i64::from(number)));
    let mut message = Message::new(platform, id, conversation.id, sent_at, origin);
    message.sender = Some(sender);
    message.direction = if conversation.owner == Some(sender) {
        Direction::Out
    } else {
        Direction::In
    };
    message.native_ids = vec![NativeId::integer(
        NativeIdName::ServerId,
        7_000_000_000_000 + i64::from(number),
    )];
    message.parts = parts;
    message
}
