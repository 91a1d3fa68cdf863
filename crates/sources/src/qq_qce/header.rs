//! Who is who in an export: the first pass.

use std::sync::Arc;

use hutong_model::{
    Account, Attachment, Conversation, ConversationId, ConversationKind, Membership, Platform,
    Record,
};
use hutong_sqlite::ReadAt;
use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::layout::Item;
use crate::json_export::{QqPeople, is_number, picture, picture_in_file};
use crate::json_stream::{Node, first_value, is_rounded, parse};

/// Bytes of pictures inside messages that are kept.
const MOST_PICTURE_BYTES: u64 = 32 << 20;

/// What an export says about itself.
#[derive(Default)]
pub(super) struct Header {
    pub(super) has_chat: bool,
    pub(super) messages: u64,
    /// Whether a numeric id was met that no floating-point number can have gone through.
    pub(super) has_exact_ids: bool,
    chat: Chat,
    /// Senders by what the message says: uid, zero, number.
    senders: FxHashMap<Box<str>, Sender>,
    /// Key that is looked up, so that no message costs an allocation.
    key: String,
    avatars: FxHashMap<String, Attachment>,
    picture_bytes: u64,
}

#[derive(Default)]
struct Chat {
    name: Option<String>,
    kind: String,
    self_uid: String,
    self_uin: String,
    self_name: Option<String>,
    peer_uid: String,
    peer_uin: String,
}

#[derive(Default)]
struct Sender {
    /// How many others came before.
    place: usize,
    uid: String,
    uin: String,
    nickname: Option<String>,
    card: Option<String>,
    remark: Option<String>,
    title: Option<String>,
    avatar: Option<Attachment>,
}

/// The fields of a message that the first pass needs.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow, default)]
    sender: Node<'a>,
    #[serde(borrow, default)]
    id: Node<'a>,
    #[serde(borrow, default, rename = "messageId")]
    message_id: Node<'a>,
}

impl Header {
    /// Takes one piece of an export; the answer is how many bytes of a message that was offered are its own.
    pub(super) fn item(&mut self, source: &Arc<dyn ReadAt>, item: &Item<'_>) -> usize {
        match item {
            Item::Message(_, bytes) => {
                let Some((glance, length)) = first_value::<Glance<'_>>(bytes) else {
                    return 0;
                };
                self.messages += 1;
                self.glance(&glance);
                length
            }
            Item::Value(path, _, start, bytes) => {
                self.learn(source, path, *start, bytes);
                0
            }
            Item::Trouble(..) => 0,
        }
    }

    fn learn(&mut self, source: &Arc<dyn ReadAt>, path: &str, start: u64, bytes: &[u8]) {
        let mut spare = Vec::new();
        match path {
            "messages[]" => {
                self.messages += 1;
                if let Ok((glance, _)) = parse::<Glance<'_>>(bytes, &mut spare) {
                    self.glance(&glance);
                }
            }
            "chatInfo" => {
                if let Ok((node, _)) = parse::<Node<'_>>(bytes, &mut spare) {
                    self.chat(&node);
                }
            }
            "statistics.senders[]" => {
                if let Ok((node, _)) = parse::<Node<'_>>(bytes, &mut spare) {
                    // Names only: a person without messages here is no sender.
                    let uid = text(node.get("uid"));
                    let uin = text(node.get("uin"));
                    if uid.starts_with("u_") && is_number(&uin) {
                        self.sender(&uid, &uin, |_| {});
                    }
                }
            }
            _ => {
                if let Some(number) = path.strip_prefix("avatars.") {
                    self.avatar(number, source, start, bytes);
                }
            }
        }
    }

    /// A picture of somebody.
    pub(super) fn avatar(
        &mut self,
        number: &str,
        source: &Arc<dyn ReadAt>,
        start: u64,
        bytes: &[u8],
    ) {
        if let Some(found) = picture_in_file(source, start, bytes) {
            self.avatars.insert(number.to_owned(), found);
        }
    }

    fn chat(&mut self, node: &Node<'_>) {
        self.has_chat = node.is_object();
        self.chat = Chat {
            name: node.get("name").words(),
            kind: text(node.get("type")),
            self_uid: text(node.get("selfUid")),
            self_uin: text(node.get("selfUin")),
            self_name: node.get("selfName").words(),
            peer_uid: text(node.get("peerUid")),
            peer_uin: text(node.get("peerUin")),
        };
    }

    /// Hands somebody, known or new, to `learn`.
    fn sender(&mut self, uid: &str, uin: &str, learn: impl FnOnce(&mut Sender)) {
        self.key.clear();
        self.key.extend([uid, "\0", uin]);
        if let Some(sender) = self.senders.get_mut(self.key.as_str()) {
            return learn(sender);
        }
        let mut sender = Sender {
            place: self.senders.len(),
            uid: uid.to_owned(),
            uin: uin.to_owned(),
            ..Sender::default()
        };
        learn(&mut sender);
        self.senders.insert(self.key.as_str().into(), sender);
    }

    fn glance(&mut self, glance: &Glance<'_>) {
        if !self.has_exact_ids {
            let id = [&glance.id, &glance.message_id]
                .into_iter()
                .find_map(Node::integer);
            self.has_exact_ids =
                id.is_some_and(|id| id.unsigned_abs() > 1 << 53 && !is_rounded(id));
        }
        let node = &glance.sender;
        let plain = |key: &str| node.get(key).text().unwrap_or_default();
        let (uid, uin) = (plain("uid"), plain("uin"));
        let room = MOST_PICTURE_BYTES.saturating_sub(self.picture_bytes);
        let mut added = 0;
        self.sender(uid.trim(), uin.trim(), |sender| {
            let fill = |slot: &mut Option<String>, keys: &[&str]| {
                if slot.is_none() {
                    *slot = node.first(keys).words();
                }
            };
            fill(&mut sender.nickname, &["nickname", "nick", "name"]);
            fill(&mut sender.card, &["groupCard", "card"]);
            fill(&mut sender.remark, &["remark"]);
            fill(&mut sender.title, &["title"]);
            if sender.avatar.is_none()
                && let Some(encoded) = node.get("avatarBase64").str()
                && (encoded.len() as u64) < room
            {
                added = encoded.len() as u64;
                sender.avatar = picture(encoded);
            }
        });
        self.picture_bytes += added;
    }
}

fn text(node: &Node<'_>) -> String {
    node.text()
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// An export's conversation and people, ready for its messages.
pub(super) struct Scene {
    pub(super) conversation: ConversationId,
    pub(super) is_group: bool,
    pub(super) people: QqPeople,
    /// Native id of the other side of a direct chat.
    pub(super) peer: Option<String>,
    pub(super) has_exact_ids: bool,
}

impl Scene {
    /// Settles who is who; what is to be pushed first waits in [`QqPeople::pending`].
    pub(super) fn new(mut header: Header, stated_owner: Option<&str>, title: &str) -> Self {
        let mut people = QqPeople::default();
        let chat = std::mem::take(&mut header.chat);
        people.learn_pair(&chat.self_uid, &chat.self_uin);
        let mut met: Vec<Sender> = std::mem::take(&mut header.senders).into_values().collect();
        met.sort_by_key(|sender| sender.place);
        for sender in &met {
            people.learn_pair(&sender.uid, &sender.uin);
        }
        people.learn_pair(&chat.peer_uid, &chat.peer_uin);
        let owner = people
            .native_id(&chat.self_uid, &chat.self_uin)
            .map(str::to_owned)
            .or_else(|| stated_owner.map(str::to_owned));
        if let Some(owner) = &owner {
            people.set_owner(owner);
            let profile = people.profile(owner);
            profile.nickname.clone_from(&chat.self_name);
        }
        // Under the settled ids, in the order of their first message.
        let mut senders: Vec<String> = Vec::new();
        let mut cards: Vec<(String, Sender)> = Vec::new();
        for sender in met {
            let id = people.native_id(&sender.uid, &sender.uin);
            let Some(id) = id.map(str::to_owned) else {
                continue;
            };
            describe(&mut people, &id, &sender, &mut header.avatars);
            if !senders.contains(&id) {
                senders.push(id.clone());
            }
            cards.push((id, sender));
        }
        let is_group = chat.kind == "group"
            || chat.kind == "discussion"
            || senders.len() > 2
            || (!header.has_chat && senders.len() > 2);
        let name = chat
            .name
            .clone()
            .filter(|name| !name.trim().is_empty())
            .unwrap_or_else(|| title.to_owned());
        let mut scene = Self {
            conversation: ConversationId::default(),
            is_group,
            people,
            peer: None,
            has_exact_ids: header.has_exact_ids,
        };
        let (native_id, peer) = scene.settle(&chat, owner.as_deref(), &senders, &name);
        scene.announce(native_id, name, owner.as_deref(), peer, &senders, &cards);
        scene
    }

    /// Finds the conversation; gives its native id and the native id of the other side.
    fn settle(
        &mut self,
        chat: &Chat,
        owner: Option<&str>,
        senders: &[String],
        name: &str,
    ) -> (String, Option<String>) {
        let qq = Platform::Qq;
        if self.is_group {
            let code = [&chat.peer_uin, &chat.peer_uid]
                .into_iter()
                .find(|code| is_number(code));
            return match code {
                Some(code) => {
                    self.conversation = ConversationId::group(&qq, code);
                    (code.clone(), None)
                }
                None => {
                    self.conversation = ConversationId::named(&qq, ConversationKind::Group, name);
                    (name.to_owned(), None)
                }
            };
        }
        let stated = self
            .people
            .native_id(&chat.peer_uid, &chat.peer_uin)
            .map(str::to_owned);
        let other = senders.iter().find(|id| Some(id.as_str()) != owner);
        let Some(peer) = stated.or_else(|| other.cloned()) else {
            self.conversation = ConversationId::named(&qq, ConversationKind::Direct, name);
            return (name.to_owned(), None);
        };
        // Somebody who never wrote is called as the chat is.
        if !name.is_empty() && chat.name.is_some() && Some(peer.as_str()) != owner {
            let profile = self.people.profile(&peer);
            if profile.nickname.is_none() {
                profile.nickname = Some(name.to_owned());
            }
        }
        let account = self.people.account(&peer, None);
        self.conversation = match owner {
            Some(owner) => {
                let owner = self.people.account(owner, None);
                ConversationId::direct(&qq, owner, account)
            }
            // Without an owner the pair has only one half.
            None => ConversationId::group(&qq, &format!("direct:{peer}")),
        };
        let native_id = self.people.uid_of(&peer).unwrap_or(&peer).to_owned();
        (native_id, Some(peer))
    }

    fn announce(
        &mut self,
        native_id: String,
        name: String,
        owner: Option<&str>,
        peer: Option<String>,
        senders: &[String],
        cards: &[(String, Sender)],
    ) {
        let owner = owner.map(|owner| self.people.account(owner, None));
        let peer_account = peer.as_deref().map(|peer| self.people.account(peer, None));
        for id in senders {
            self.people.account(id, None);
        }
        self.people.pending.push(Record::Conversation(Conversation {
            id: self.conversation,
            platform: Some(Platform::Qq),
            kind: if self.is_group {
                ConversationKind::Group
            } else {
                ConversationKind::Direct
            },
            native_id,
            name: Some(name).filter(|name| !name.trim().is_empty() && self.is_group),
            owner,
            peer: peer_account,
            ..Conversation::default()
        }));
        self.peer = peer;
        if !self.is_group {
            return;
        }
        for (id, sender) in cards {
            if sender.card.is_none() && sender.title.is_none() {
                continue;
            }
            let account = self.people.account(id, None);
            self.people.pending.push(Record::Membership(Membership {
                conversation: self.conversation,
                account,
                name: sender.card.clone(),
                title: sender.title.clone(),
                ..Membership::default()
            }));
        }
    }
}

/// Fills in what is known about a sender.
fn describe(
    people: &mut QqPeople,
    id: &str,
    sender: &Sender,
    avatars: &mut FxHashMap<String, Attachment>,
) {
    let avatar = avatars
        .remove(id)
        .or_else(|| avatars.remove(people.uid_of(id).unwrap_or_default()))
        .or_else(|| sender.avatar.clone());
    let profile: &mut Account = people.profile(id);
    // A name like the id says nothing.
    let nickname = sender.nickname.clone().filter(|name| name != id);
    profile.nickname = profile.nickname.take().or(nickname);
    profile.remark = profile.remark.take().or_else(|| sender.remark.clone());
    profile.avatar = profile.avatar.take().or(avatar);
}
