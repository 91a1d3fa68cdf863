//! WeFlow's and echotrace's file of one conversation: a header with the conversation, then the messages. Answers of
//! WeFlow's interface (`{success, talker, count, hasMore, media, messages}`) are read as well.

use hutong_model::{NativeIdName, Stop};
use rustc_hash::FxHashMap;

use super::fields;
use crate::json_stream::Node;
use crate::wechat::map::{Sender, is_room};
use crate::wechat_exports::clock;
use crate::wechat_exports::compose::{Author, ChatIndex, Composer, ContactFacts, Draft, ME};
use crate::wechat_exports::facts::{Facts, is_stated_username, is_username};
use crate::wechat_exports::files::{Export, Shape};
use crate::wechat_exports::json::{self, Item, integer_id, words};
use crate::{Input, ReadError};

/// Somebody in the list of senders or members.
#[derive(Clone, Debug, Default)]
struct Listed {
    facts: ContactFacts,
    group_name: Option<String>,
    /// Whether it is a member of the group and not only a sender.
    is_member: bool,
}

/// What the header says.
#[derive(Clone, Debug, Default)]
pub(in crate::wechat_exports) struct Header {
    pub(in crate::wechat_exports) facts: Facts,
    people: Vec<Listed>,
    /// Usernames by the number that messages name them with.
    by_sender_id: FxHashMap<String, usize>,
    /// What the tool calls the other side.
    session: Option<ContactFacts>,
    is_renumbered: bool,
}

impl Header {
    fn take(&mut self, path: &str, node: &Node<'_>) {
        match path {
            "session" => self.session(node),
            "talker" | "sessionId" => self.talker(node.words()),
            "senders" => {
                for sender in node.list() {
                    let number = self.people.len();
                    if let Some(id) = sender.get("senderID").text() {
                        self.by_sender_id.insert(id.into_owned(), number);
                    }
                    self.people.push(listed(sender, false));
                }
            }
            "groupMembers" => self
                .people
                .extend(node.list().iter().map(|node| listed(node, true))),
            _ => {}
        }
    }

    fn session(&mut self, node: &Node<'_>) {
        self.talker(words(node.first(&["wxid", "username", "id"])));
        self.facts.title = words(node.get("displayName"))
            .or_else(|| words(node.get("remark")))
            .or_else(|| words(node.get("nickname")));
        self.facts.is_group = match node.get("type").str() {
            Some("群聊" | "group") => Some(true),
            Some("私聊" | "private") => Some(false),
            _ => None,
        };
        self.session = Some(ContactFacts {
            username: self.facts.talker.clone().unwrap_or_default(),
            nickname: words(node.get("nickname")),
            remark: words(node.get("remark")),
            ..ContactFacts::default()
        });
    }

    fn talker(&mut self, talker: Option<String>) {
        if self.facts.talker.is_none() {
            self.facts.talker = talker.filter(|talker| is_stated_username(talker));
        }
    }

    /// WeFlow numbers its rows anew; echotrace keeps the numbers of the device.
    fn row_name(&self) -> NativeIdName {
        if self.is_renumbered {
            NativeIdName::Other("export_row".to_owned())
        } else {
            NativeIdName::LocalId
        }
    }

    fn sender<'h>(&'h self, node: &Node<'_>) -> Option<&'h str> {
        let id = node.get("senderID").text()?;
        let listed = self.people.get(*self.by_sender_id.get(id.as_ref())?)?;
        Some(&listed.facts.username)
    }
}

fn listed(node: &Node<'_>, is_member: bool) -> Listed {
    Listed {
        facts: ContactFacts {
            username: words(node.first(&["wxid", "username"])).unwrap_or_default(),
            nickname: words(node.get("nickname")).or_else(|| words(node.get("displayName"))),
            remark: words(node.get("remark")),
            alias: words(node.get("alias")),
            description: None,
            is_contact: node.get("isFriend").is_true(),
        },
        group_name: words(node.get("groupNickname")),
        is_member,
    }
}

/// Reads the header, and who the owner is.
pub(in crate::wechat_exports) fn survey(
    input: &Input,
    export: &Export,
) -> Result<Header, ReadError> {
    let mut header = Header {
        is_renumbered: export.shape != Shape::EchoTrace,
        ..Header::default()
    };
    let mut owner = None;
    let mut own_sender = None;
    let mut others = Facts::default();
    let mut rows = 0;
    let goes_by_number = std::cell::Cell::new(false);
    json::survey(
        input,
        export,
        |path, node| header.take(path, node),
        |node| {
            let sender = node.get("senderUsername").text().unwrap_or_default();
            if !node.get("senderID").is_null() {
                goes_by_number.set(true);
            }
            if node.get("isSend").is_true() {
                own_sender = own_sender.take().or_else(|| {
                    node.get("senderID")
                        .text()
                        .map(std::borrow::Cow::into_owned)
                });
                if owner.is_none() && is_username(&sender) && !is_room(&sender) {
                    owner = Some(sender.into_owned());
                }
            } else if is_username(&sender) {
                others.meet(&sender);
            }
            others.meet_id(
                &node
                    .first(&["platformMessageId", "serverId"])
                    .text()
                    .unwrap_or_default(),
            );
            rows += 1;
            rows > 200 && (owner.is_some() || own_sender.is_some())
        },
        // The header usually stands before the messages. Files whose messages name their senders by number have lists of
        // people, which may follow.
        |seen| {
            let has = |wanted: &str| seen.iter().any(|path| path == wanted);
            (has("session") || has("talker"))
                && !has("senders")
                && !has("groupMembers")
                && !goes_by_number.get()
        },
    )?;
    if owner.is_none()
        && let Some(id) = own_sender
    {
        owner = header
            .by_sender_id
            .get(&id)
            .and_then(|number| header.people.get(*number))
            .map(|listed| listed.facts.username.clone())
            .filter(|username| is_username(username));
    }
    let known = std::mem::take(&mut header.facts);
    header.facts = Facts {
        talker: known.talker,
        title: known.title,
        is_group: known.is_group,
        owner: owner.filter(|owner| {
            Some(owner) != header.session.as_ref().map(|session| &session.username)
        }),
        ..others
    };
    Ok(header)
}

/// Reads a file.
pub(in crate::wechat_exports) fn read(
    input: &Input,
    export: &Export,
    header: &Header,
    composer: &mut Composer<'_>,
) -> Result<(), ReadError> {
    if let Some(session) = &header.session
        && !is_room(&session.username)
    {
        composer.learn_all(session.clone());
    }
    for listed in &header.people {
        composer.learn_all(listed.facts.clone());
    }
    let chat = header.facts.only_chat(composer, &export.title())?;
    for listed in header
        .people
        .iter()
        .filter(|listed| !listed.facts.username.is_empty())
    {
        if composer.is_room(chat) && (listed.is_member || listed.group_name.is_some()) {
            composer.member(chat, &listed.facts.username, listed.group_name.as_deref())?;
        }
    }
    json::each(input, export, composer, |composer, item| {
        message(composer, chat, header, item)
    })
}

/// Pushes one message.
pub(super) fn message(
    composer: &mut Composer<'_>,
    chat: ChatIndex,
    header: &Header,
    item: &Item<'_>,
) -> Result<(), Stop> {
    let node = item.node;
    let time = node.first(&["createTime", "create_time", "timestamp"]);
    let moment = time
        .integer()
        .and_then(clock::of_number)
        .or_else(|| composer.clock.read(&time.text().unwrap_or_default()))
        .or_else(|| {
            composer
                .clock
                .read(&node.get("formattedTime").text().unwrap_or_default())
        });
    let Some((sent_at, precision)) = moment else {
        return composer.reject(item.at, "the row has no time that can be read");
    };
    let body = fields::body(composer, chat, &header.facts, node);
    let sender = node.get("senderUsername").text().unwrap_or_default();
    let sender = header.sender(node).unwrap_or(&sender);
    let name = node.get("senderDisplayName").text().unwrap_or_default();
    let author = if body.sender == Sender::Nobody {
        Author::Nobody
    } else if node.get("isSend").is_true() || sender == ME {
        Author::Owner
    } else if is_stated_username(sender) && !is_room(sender) {
        Author::Username(sender)
    } else if sender.is_empty() || is_room(sender) {
        if name.is_empty() || !composer.is_room(chat) {
            Author::Other
        } else {
            Author::Named(&name)
        }
    } else {
        Author::Named(sender)
    };
    let id = node.first(&["platformMessageId", "serverId", "server_id", "message_id"]);
    composer.push(Draft {
        at: item.at,
        chat,
        author,
        author_name: Some(&name),
        sent_at,
        precision,
        server_id: id.text().map_or(0, |id| header.facts.server_id(&id)),
        native_ids: integer_id(header.row_name(), node.first(&["localId", "local_id"]))
            .into_iter()
            .collect(),
        body,
        raw: item.raw,
    })
}
