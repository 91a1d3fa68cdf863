//! Everything but messages as JSON lines, and lines as records again.

use super::json::JsonObject;
use super::message::{MessageCopy, Places, members, message_objects, read_message};
use super::part::part_shapes;
use super::schema::document;
use super::shape::{Fields, Member, Named, Reading, Shape, shape};
use super::value::{Fault, Value};
use crate::{
    Account, AccountId, Attachment, Change, Conversation, ConversationId, Decision,
    ForwardedMessage, Membership, Mention, MessageId, Part, Reaction, Revision, Timestamp,
};

shape!(Account {
    "alias" alias as Word, "Display id that its owner can change", "可改的显示号（微信号、QID 等）";
    "as_of" as_of as Time, "Newest instant that the input speaks of: the younger statement wins", "该输入所述的最新时刻：较新的说法优先";
    "avatar" avatar as Enclosed, "Picture", "头像";
    "contact" is_contact as Flag, "Whether it stands in the owner's contact list", "是否在本人的通讯录中";
    "description" description as Word, "Signature or description", "签名或简介";
    "id" id as Id, "Stable id of the account", "账号的稳定编号";
    "kind" kind as Choice, "What stands behind it", "账号种类";
    "labels" labels as List, "Labels that the owner gave it", "本人所加的标签或分组";
    "native_id" native_id as Text, "The platform's own immutable id", "平台的不变编号";
    "nickname" nickname as Word, "The account's own name", "昵称";
    "owner" is_owner as Flag, "Whether the copy that was read belongs to this account", "所读副本是否属于此账号（本人）";
    "platform" platform as PlatformName, "The messenger", "即时通讯平台";
    "remark" remark as Word, "The owner's private name for it", "本人所加的备注名";
    "second_id" second_id as Word, "A second immutable id where the platform has one", "平台的第二个不变编号（如有）";
    "type" = "account", "Kind of record", "记录种类";
});

shape!(Conversation {
    "announcement" announcement as Word, "Current announcement", "当前公告";
    "as_of" as_of as Time, "Newest instant that the input speaks of: the younger statement wins", "该输入所述的最新时刻：较新的说法优先";
    "context" context as Word, "Native id of the group through which a temporary chat was opened", "临时会话所经的群的原生编号";
    "group_owner" group_owner as Id, "The group's owner", "群主";
    "id" id as Id, "Stable id of the conversation", "会话的稳定编号";
    "kind" kind as Choice, "Kind of place", "会话种类";
    "name" name as Word, "Title", "标题";
    "native_id" native_id as Text, "The platform's own id, or the other account's for a direct chat", "平台编号；私聊为对方账号的编号";
    "native_id_hash" native_id_hash as MaybeChoice, "Set where native_id is only a digest of the platform's id", "native_id 只是平台编号的摘要时给出算法";
    "owner" owner as Id, "Whose copy this was", "副本属于谁";
    "peer" peer as Id, "The other side of a direct chat", "私聊的对方";
    "platform" platform as PlatformName, "The messenger", "即时通讯平台";
    "remark" remark as Word, "The owner's private name for a group", "本人所加的群备注";
    "type" = "conversation", "Kind of record", "记录种类";
});

shape!(Membership {
    "account" account as Id, "The account", "账号";
    "as_of" as_of as Time, "Newest instant that the input speaks of", "该输入所述的最新时刻";
    "conversation" conversation as Id, "The conversation", "会话";
    "inviter" inviter as Id, "Who invited it", "邀请者";
    "joined_at" joined_at as Time, "When it joined", "加入时间";
    "left" has_left as Flag, "Whether it has left", "是否已退出";
    "name" name as Word, "Name in this conversation", "群昵称";
    "role" role as Choice, "Standing", "身份";
    "title" title as Word, "Special title", "头衔";
    "type" = "membership", "Kind of record", "记录种类";
});

/// A withdrawal that is told apart from its message.
#[derive(Default)]
struct Recall {
    at: Option<Timestamp>,
    by: Option<AccountId>,
    conversation: ConversationId,
    message: MessageId,
}

shape!(Recall {
    "at" at as Time, "When", "时间";
    "by" by as Id, "By whom", "撤回者";
    "change" = "recall", "What happened", "发生了什么";
    "conversation" conversation as Id, "The message's conversation", "消息所在会话";
    "message" message as Id, "The message", "消息";
    "type" = "change", "Kind of record", "记录种类";
});

/// Another wording that is told apart from its message.
#[derive(Default)]
struct Rewording {
    at: Option<Timestamp>,
    conversation: ConversationId,
    message: MessageId,
    parts: Vec<Part>,
}

shape!(Rewording {
    "at" at as Time, "When it was in force from, where known", "自何时起（已知时）";
    "change" = "revision", "What happened", "发生了什么";
    "conversation" conversation as Id, "The message's conversation", "消息所在会话";
    "message" message as Id, "The message", "消息";
    "parts" parts as Parts, "The wording", "内容";
    "type" = "change", "Kind of record", "记录种类";
});

/// An answer by emoji that is told apart from its message.
#[derive(Default)]
struct Answer {
    accounts: Vec<AccountId>,
    conversation: ConversationId,
    count: u64,
    emoji: String,
    message: MessageId,
}

shape!(Answer {
    "accounts" accounts as Id, "Who, where known", "哪些账号（已知时）";
    "change" = "reaction", "What happened", "发生了什么";
    "conversation" conversation as Id, "The message's conversation", "消息所在会话";
    "count" count as Count, "How many", "次数";
    "emoji" emoji as Text, "The emoji, or the platform's name for it", "表情或平台所称的表情名";
    "message" message as Id, "The message", "消息";
    "type" = "change", "Kind of record", "记录种类";
});

/// Two conversations that are shown as one.
#[derive(Default)]
struct Link {
    at: Option<Timestamp>,
    conversation: ConversationId,
    into: ConversationId,
    reason: String,
}

shape!(Link {
    "at" at as Time, "When that was decided", "何时决定";
    "conversation" conversation as Id, "The conversation whose messages are shown elsewhere", "其消息显示在别处的会话";
    "into" into as Id, "Where they are shown", "显示在哪个会话";
    "reason" reason as Word, "Why: user, content or digest", "原因：user（用户决定）、content（内容相同）或 digest（摘要相符）";
    "type" = "link", "Kind of record", "记录种类";
});

/// Two conversations that the user took apart.
#[derive(Default)]
struct Apart {
    conversation: ConversationId,
    other: ConversationId,
}

shape!(Apart {
    "conversation" conversation as Id, "A conversation that is not to be shown in the other again", "不再显示在另一会话中的会话";
    "other" other as Id, "The other", "另一会话";
    "type" = "apart", "Kind of record", "记录种类";
});

/// Accounts of one human being.
#[derive(Default)]
struct OnePerson {
    accounts: Vec<AccountId>,
    at: Option<Timestamp>,
}

shape!(OnePerson {
    "accounts" accounts as Id, "The accounts, at least two", "各账号，至少两个";
    "at" at as Time, "When the last of them was added", "最后一个加入的时间";
    "type" = "person", "Kind of record", "记录种类";
});

/// How much a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HcxCounts {
    /// Lines of accounts.
    pub accounts: u64,
    /// Files in `data/blobs`.
    pub blobs: u64,
    /// Lines of changes.
    pub changes: u64,
    /// Lines of conversations.
    pub conversations: u64,
    /// Copies of messages: one for each line of messages, or as many as it lists.
    pub copies: u64,
    /// Lines of memberships.
    pub memberships: u64,
    /// Lines of messages.
    pub messages: u64,
}

shape!(HcxCounts {
    "accounts" accounts as Count, "Lines of data/accounts.jsonl", "data/accounts.jsonl 的行数";
    "blobs" blobs as Count, "Files in data/blobs", "data/blobs 中的文件数";
    "changes" changes as Count, "Lines of data/changes.jsonl", "data/changes.jsonl 的行数";
    "conversations" conversations as Count, "Lines of data/conversations.jsonl", "data/conversations.jsonl 的行数";
    "copies" copies as Count, "Copies of messages: one for each message line, or as many as it lists", "消息副本数：每行一个，或该行所列的个数";
    "memberships" memberships as Count, "Lines of data/memberships.jsonl", "data/memberships.jsonl 的行数";
    "messages" messages as Count, "Lines of all files in data/messages", "data/messages 中所有文件的行数";
});

/// What `data/hcx.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HcxHeader {
    /// How much there is.
    pub counts: HcxCounts,
    /// Oldest message.
    pub first_sent_at: Option<Timestamp>,
    /// Newest message.
    pub last_sent_at: Option<Timestamp>,
    /// Kinds of input that copies were read from, sorted.
    pub sources: Vec<String>,
    /// Version of the format: major, a dot, minor.
    pub version: String,
}

shape!(HcxHeader {
    "counts" counts as Inner, "How much the file holds", "文件内容的数量";
    "first_sent_at" first_sent_at as Time, "When the oldest message was sent", "最早一条消息的时间";
    "format" = "hcx", "Name of the format", "格式名称";
    "last_sent_at" last_sent_at as Time, "When the newest message was sent", "最晚一条消息的时间";
    "sources" sources as List, "Every source that a copy names, sorted", "各副本所写的来源，已排序";
    "version" version as Text, "Version of the format: major, a dot, minor", "格式版本：主版本、点、次版本";
});

impl Named for HcxCounts {
    const NAME: &'static str = "counts";
}

impl HcxHeader {
    /// The version that is written.
    pub const VERSION: &'static str = "1.0";

    /// Appends the header, without a line end.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_shape(out, self, None);
    }

    /// Reads the header.
    ///
    /// # Errors
    /// When it is not what this version understands.
    pub fn read(line: &[u8]) -> Result<Self, Fault> {
        let value = Value::parse(line)?;
        let mut reading = Reading::default();
        let mut fields = Fields::of(value, &reading)?;
        Shape::read(&mut fields, &mut reading)
    }

    /// Major version, when it is written as it must be.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        let (major, minor) = self.version.split_once('.')?;
        let is_number = |text: &str| {
            text == "0"
                || (!text.starts_with('0')
                    && !text.is_empty()
                    && text.len() < 6
                    && text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        (is_number(major) && is_number(minor))
            .then(|| major.parse().ok())
            .flatten()
    }
}

/// One line of an HCX file.
#[derive(Clone, Debug, PartialEq)]
pub enum HcxRecord {
    /// A statement about an account.
    Account(Account),
    /// A statement about a conversation.
    Conversation(Conversation),
    /// A statement about a member.
    Membership(Membership),
    /// The copies of a message.
    Message(Vec<MessageCopy>),
    /// What happened to a message later.
    Change {
        /// The message.
        message: MessageId,
        /// Its conversation.
        conversation: ConversationId,
        /// What happened.
        change: Change,
    },
    /// What was decided about conversations and people, or a record of a kind that this version does not know.
    Decision(Decision),
}

/// Reads lines; keeps what neighbouring lines share.
#[derive(Debug, Default)]
pub struct LineReader {
    places: Places,
}

impl LineReader {
    /// Reads a line, without its line end.
    ///
    /// # Errors
    /// When it is not canonical JSON, or not a record.
    pub fn read(&mut self, line: &[u8]) -> Result<HcxRecord, Fault> {
        let value = Value::parse(line)?;
        let kind = match value.get("type") {
            Some(Value::String(kind)) => kind.clone().into_owned(),
            Some(_) => return Err(Fault::record("/type is no string")),
            None if matches!(value, Value::Object(_)) => {
                return Err(Fault::record("/type is missing"));
            }
            None => return Err(Fault::record("the line is no object")),
        };
        match kind.as_str() {
            "message" => read_message(value, &mut self.places).map(HcxRecord::Message),
            "account" => {
                let (mut account, extra) = read_shape::<Account>(value)?;
                account.extra = extra;
                Ok(HcxRecord::Account(account))
            }
            "conversation" => {
                let (mut conversation, extra) = read_shape::<Conversation>(value)?;
                conversation.extra = extra;
                Ok(HcxRecord::Conversation(conversation))
            }
            "membership" => {
                let (mut membership, extra) = read_shape::<Membership>(value)?;
                membership.extra = extra;
                Ok(HcxRecord::Membership(membership))
            }
            "change" => read_change(value, line),
            "link" | "apart" | "person" => read_decision(&kind, value, line),
            _ => Ok(HcxRecord::Decision(Decision::Foreign(text_of(line)))),
        }
    }
}

fn text_of(line: &[u8]) -> Box<str> {
    String::from_utf8_lossy(line).into()
}

fn read_shape<T: Shape>(value: Value<'_>) -> Result<(T, Option<Box<str>>), Fault> {
    let mut reading = Reading::default();
    let mut fields = Fields::of(value, &reading)?;
    let read = T::read(&mut fields, &mut reading)?;
    fields.keep_rest(&mut reading);
    Ok((read, reading.into_extra()))
}

fn read_change(value: Value<'_>, line: &[u8]) -> Result<HcxRecord, Fault> {
    let kind = match value.get("change") {
        Some(Value::String(kind)) => kind.clone().into_owned(),
        _ => return Err(Fault::record("/change must be a string")),
    };
    let (message, conversation, change, extra) = match kind.as_str() {
        "recall" => {
            let (recall, extra) = read_shape::<Recall>(value)?;
            let change = Change::Recall {
                by: recall.by,
                at: recall.at,
            };
            (recall.message, recall.conversation, change, extra)
        }
        "revision" => {
            let (revision, extra) = read_shape::<Rewording>(value)?;
            let change = Change::Revision(Revision {
                at: revision.at,
                parts: revision.parts,
            });
            (revision.message, revision.conversation, change, extra)
        }
        "reaction" => {
            let (answer, extra) = read_shape::<Answer>(value)?;
            let change = Change::Reaction(Reaction {
                emoji: answer.emoji,
                count: answer.count,
                accounts: answer.accounts,
            });
            (answer.message, answer.conversation, change, extra)
        }
        // Something that a later version knows.
        _ => return Ok(HcxRecord::Decision(Decision::Foreign(text_of(line)))),
    };
    let change = match extra {
        None => change,
        Some(_) => Change::Foreign {
            known: Box::new(change),
            line: text_of(line),
        },
    };
    Ok(HcxRecord::Change {
        message,
        conversation,
        change,
    })
}

fn read_decision(kind: &str, value: Value<'_>, line: &[u8]) -> Result<HcxRecord, Fault> {
    let (decision, extra) = match kind {
        "link" => {
            let (link, extra) = read_shape::<Link>(value)?;
            let decision = Decision::Link {
                conversation: link.conversation,
                into: link.into,
                reason: link.reason,
                at: link.at,
            };
            (decision, extra)
        }
        "apart" => {
            let (apart, extra) = read_shape::<Apart>(value)?;
            let decision = Decision::Apart {
                conversation: apart.conversation,
                other: apart.other,
            };
            (decision, extra)
        }
        _ => {
            let (person, extra) = read_shape::<OnePerson>(value)?;
            if person.accounts.len() < 2 {
                return Err(Fault::record("/accounts names fewer than two accounts"));
            }
            let decision = Decision::Person {
                accounts: person.accounts,
                at: person.at,
            };
            (decision, extra)
        }
    };
    Ok(HcxRecord::Decision(match extra {
        None => decision,
        // What it says beyond that would be lost otherwise.
        Some(_) => Decision::Foreign(text_of(line)),
    }))
}

fn write_shape<T: Shape>(out: &mut Vec<u8>, value: &T, extra: Option<&str>) {
    let start = out.len();
    let mut object = JsonObject::open(out);
    value.write(&mut object);
    object.close();
    if let Some(extra) = extra {
        super::extra::put_back(out, start, extra);
    }
}

/// Appends the line of an account, without a line end.
pub fn write_account(out: &mut Vec<u8>, account: &Account) {
    write_shape(out, account, account.extra.as_deref());
}

/// Appends the line of a conversation, without a line end.
pub fn write_conversation(out: &mut Vec<u8>, conversation: &Conversation) {
    write_shape(out, conversation, conversation.extra.as_deref());
}

/// Appends the line of a membership, without a line end.
pub fn write_membership(out: &mut Vec<u8>, membership: &Membership) {
    write_shape(out, membership, membership.extra.as_deref());
}

/// Appends the line of a change, without a line end.
pub fn write_change(
    out: &mut Vec<u8>,
    conversation: ConversationId,
    message: MessageId,
    change: &Change,
) {
    match change {
        Change::Recall { by, at } => write_shape(
            out,
            &Recall {
                at: *at,
                by: *by,
                conversation,
                message,
            },
            None,
        ),
        Change::Revision(revision) => write_shape(
            out,
            &Rewording {
                at: revision.at,
                conversation,
                message,
                parts: revision.parts.clone(),
            },
            None,
        ),
        Change::Reaction(reaction) => write_shape(
            out,
            &Answer {
                accounts: reaction.accounts.clone(),
                conversation,
                count: reaction.count,
                emoji: reaction.emoji.clone(),
                message,
            },
            None,
        ),
        Change::Foreign { line, .. } => out.extend_from_slice(line.as_bytes()),
    }
}

/// Appends the line of a decision, without a line end.
pub fn write_decision(out: &mut Vec<u8>, decision: &Decision) {
    match decision {
        Decision::Link {
            conversation,
            into,
            reason,
            at,
        } => write_shape(
            out,
            &Link {
                at: *at,
                conversation: *conversation,
                into: *into,
                reason: reason.clone(),
            },
            None,
        ),
        Decision::Apart {
            conversation,
            other,
        } => write_shape(
            out,
            &Apart {
                conversation: *conversation,
                other: *other,
            },
            None,
        ),
        Decision::Person { accounts, at } => write_shape(
            out,
            &OnePerson {
                accounts: accounts.clone(),
                at: *at,
            },
            None,
        ),
        Decision::Foreign(line) => out.extend_from_slice(line.as_bytes()),
    }
}

/// A kind of record: id of its schema, title, members.
fn kinds() -> Vec<(&'static str, &'static str, Vec<Member>)> {
    vec![
        ("hcx", "The header, data/hcx.json", HcxHeader::members()),
        (
            "account",
            "A line of data/accounts.jsonl",
            Account::members(),
        ),
        (
            "conversation",
            "A line of data/conversations.jsonl",
            Conversation::members(),
        ),
        (
            "membership",
            "A line of data/memberships.jsonl",
            Membership::members(),
        ),
        (
            "message",
            "A line of data/messages/NNNNNN.jsonl",
            members(false),
        ),
        (
            "change-recall",
            "A line of data/changes.jsonl: a message was withdrawn",
            Recall::members(),
        ),
        (
            "change-revision",
            "A line of data/changes.jsonl: another wording of a message",
            Rewording::members(),
        ),
        (
            "change-reaction",
            "A line of data/changes.jsonl: a message was answered by emoji",
            Answer::members(),
        ),
        (
            "link",
            "A line of data/changes.jsonl: two conversations are shown as one",
            Link::members(),
        ),
        (
            "apart",
            "A line of data/changes.jsonl: two conversations were taken apart",
            Apart::members(),
        ),
        (
            "person",
            "A line of data/changes.jsonl: accounts of one human being",
            OnePerson::members(),
        ),
    ]
}

fn objects() -> Vec<(&'static str, Vec<Member>)> {
    let mut objects = vec![
        ("attachment", Attachment::members()),
        ("counts", HcxCounts::members()),
        ("mention", Mention::members()),
        ("forwarded_message", ForwardedMessage::members()),
    ];
    objects.extend(message_objects());
    objects
}

/// JSON Schemas of every kind of record, each with the name of its file.
#[must_use]
pub fn schemas() -> Vec<(String, String)> {
    let (parts, objects) = (part_shapes(), objects());
    kinds()
        .into_iter()
        .map(|(id, title, members)| {
            (
                format!("{id}.schema.json"),
                document(id, title, &members, &parts, &objects),
            )
        })
        .collect()
}

/// Tables of every member of every record and part, for the specification.
#[must_use]
pub fn member_tables(is_chinese: bool) -> Vec<(String, Vec<Member>)> {
    let part = if is_chinese { "片段" } else { "Part" };
    let object = if is_chinese { "对象" } else { "Object" };
    let record = if is_chinese { "记录" } else { "Record" };
    let mut tables: Vec<(String, Vec<Member>)> = kinds()
        .into_iter()
        .map(|(id, _, members)| (format!("{record} `{id}`"), members))
        .collect();
    tables.extend(
        objects()
            .into_iter()
            .map(|(name, members)| (format!("{object} `{name}`"), members)),
    );
    tables.extend(
        part_shapes()
            .into_iter()
            .map(|(kind, members)| (format!("{part} `{kind}`"), members)),
    );
    tables
}

#[cfg(test)]
mod tests;
