//! A selection: a query with its names resolved, which decides message by message.
//!
//! The same selection searches, exports, and will redact and erase.

use hutong_model::{
    AccountId, Attachment, ConversationId, Direction, Message, NameTable, Part, PartKind, Revision,
    State,
};
use hutong_search::{FieldClass, Query, fold_into};
use rustc_hash::FxHashSet;

use crate::find::{HAS_ATTACHMENT, HAS_REPLY, IS_DELETED, IS_MINE, IS_RECALLED};
use crate::name_books::NameBooks;
use crate::reader::TimeWindow;
use crate::store::Index;
use crate::words::write_words;

/// A word in a query that the archive does not know.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{operator}:{value} names nothing; {hint}")]
pub struct SelectError {
    /// The operator.
    pub operator: &'static str,
    /// The value.
    pub value: String,
    /// What could stand there.
    pub hint: String,
}

/// A query that knows whom and what it names.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    query: Query,
    /// Each: any of these senders (or, negated, none).
    senders: Vec<(FxHashSet<AccountId>, bool)>,
    conversations: Vec<(FxHashSet<ConversationId>, bool)>,
    properties: Vec<(Vec<Property>, bool)>,
    ids: Vec<(Vec<String>, bool)>,
    wanted: Vec<Vec<(FieldClass, u32)>>,
    unwanted: Vec<Vec<(FieldClass, u32)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Property {
    Kind(PartKind),
    Attachment,
    Reply,
    Recalled,
    Deleted,
    Mine,
}

impl Selection {
    /// Resolves a query against the archive's names.
    ///
    /// # Errors
    /// [`SelectError`] for a kind, property or platform that does not exist. A name that nobody bears is no error: it matches nothing.
    pub(crate) fn new(
        query: Query,
        names: &NameTable,
        books: &NameBooks,
        index: &Index,
    ) -> Result<Self, SelectError> {
        let mut selection = Self::default();
        for filter in &query.from {
            let senders = with_joined(books.senders(names, filter), index);
            let fields = senders
                .iter()
                .filter_map(|id| index.account_numbers.get(id))
                .map(|number| (FieldClass::Sender, *number));
            selection.add_fields(fields.collect(), filter.is_negated);
            selection.senders.push((senders, filter.is_negated));
        }
        for filter in &query.conversation {
            let chosen = books.places(names, &filter.values);
            selection.add_conversations(chosen, filter.is_negated, index);
        }
        for filter in &query.platform {
            let wanted: Vec<_> = filter
                .values
                .iter()
                .map(|value| hutong_model::Platform::from_name(&value.to_lowercase()))
                .collect();
            let chosen = names
                .conversations
                .values()
                .filter(|conversation| {
                    conversation
                        .platform
                        .as_ref()
                        .is_some_and(|platform| wanted.contains(platform))
                })
                .map(|conversation| conversation.id)
                .collect();
            selection.add_conversations(chosen, filter.is_negated, index);
        }
        for (operator, filters) in [
            ("kind", &query.kind),
            ("has", &query.has),
            ("is", &query.is),
        ] {
            for filter in filters {
                let properties = filter
                    .values
                    .iter()
                    .map(|value| property(operator, value))
                    .collect::<Result<Vec<_>, _>>()?;
                let is_recalled = properties.contains(&Property::Recalled);
                // A recall may be known only from a later notice, which no posting list has: a negated one is left
                // to the check of the message.
                if !(is_recalled && filter.is_negated) {
                    selection.add_fields(
                        properties.iter().map(|property| property.field()).collect(),
                        filter.is_negated,
                    );
                }
                selection.properties.push((properties, filter.is_negated));
            }
        }
        for filter in &query.id {
            selection.ids.push((
                filter
                    .values
                    .iter()
                    .map(|value| value.to_lowercase())
                    .collect(),
                filter.is_negated,
            ));
        }
        selection.query = query;
        Ok(selection)
    }

    fn add_fields(&mut self, fields: Vec<(FieldClass, u32)>, is_negated: bool) {
        if is_negated {
            self.unwanted.push(fields);
        } else {
            self.wanted.push(fields);
        }
    }

    fn add_conversations(
        &mut self,
        chosen: FxHashSet<ConversationId>,
        is_negated: bool,
        index: &Index,
    ) {
        let numbers = chosen
            .iter()
            .filter_map(|id| index.conversation_numbers.get(id))
            .flat_map(|number| index.linked(*number));
        self.add_fields(
            numbers
                .map(|number| (FieldClass::Conversation, number))
                .collect(),
            is_negated,
        );
        self.conversations.push((chosen, is_negated));
    }

    /// Only these conversations, beside what the query says.
    pub(crate) fn restrict_to(&mut self, chosen: FxHashSet<ConversationId>, index: &Index) {
        self.add_conversations(chosen, false, index);
    }

    /// Narrows the span of time.
    pub fn restrict_time(&mut self, since_ms: Option<i64>, before_ms: Option<i64>) {
        let later = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).max();
        let earlier = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).min();
        self.query.since_ms = later(self.query.since_ms, since_ms);
        self.query.before_ms = earlier(self.query.before_ms, before_ms);
    }

    /// The query.
    #[must_use]
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// The span of time.
    #[must_use]
    pub fn window(&self) -> TimeWindow {
        TimeWindow {
            since_ms: self.query.since_ms.unwrap_or(i64::MIN),
            before_ms: self.query.before_ms.unwrap_or(i64::MAX),
        }
    }

    pub(crate) fn wanted_fields(&self) -> impl Iterator<Item = &[(FieldClass, u32)]> {
        // The lists of recalled messages are not complete; `recalled_later` adds the rest.
        self.wanted.iter().map(Vec::as_slice)
    }

    pub(crate) fn unwanted_fields(&self) -> impl Iterator<Item = &[(FieldClass, u32)]> {
        self.unwanted.iter().map(Vec::as_slice)
    }

    /// Whether what it asks for may stand in different copies of a message: it asks for more than one thing beside where.
    pub(crate) fn asks_for_several(&self) -> bool {
        let fields = self.wanted.iter().filter(|wanted| !names_places(wanted));
        let words = self.query.terms.iter().filter(|term| !term.is_negated);
        let wanted = fields.count() + words.count();
        wanted > 0 && wanted + self.unwanted.len() > 1
    }

    /// Whether some part of it can never match.
    pub(crate) fn is_impossible(&self) -> bool {
        self.wanted.iter().any(Vec::is_empty)
    }

    pub(crate) fn wants_recalled(&self) -> bool {
        self.properties
            .iter()
            .any(|(properties, is_negated)| !is_negated && properties.contains(&Property::Recalled))
    }

    /// Whether it asks for answers, so that their targets must be known before a message is checked.
    pub(crate) fn asks_for_replies(&self) -> bool {
        self.properties
            .iter()
            .any(|(properties, _)| properties.contains(&Property::Reply))
    }

    /// Whether the posting lists of a message with one copy decide whether it matches: no words, no ids, nothing that may
    /// have been said later and no answers, whose targets may be missing.
    #[must_use]
    pub fn is_decided_by_fields(&self) -> bool {
        let is_uncertain = |property: &Property| {
            matches!(
                property,
                Property::Reply | Property::Recalled | Property::Deleted
            )
        };
        self.query.terms.is_empty()
            && self.ids.is_empty()
            && !self
                .properties
                .iter()
                .any(|(properties, _)| properties.iter().any(is_uncertain))
    }

    /// Whether this conversation can hold matches.
    #[must_use]
    pub fn allows_conversation(&self, id: ConversationId) -> bool {
        self.conversations
            .iter()
            .all(|(chosen, is_negated)| chosen.contains(&id) != *is_negated)
    }

    /// Whether every message of its time matches, whatever conversation it stands in.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        self.is_whole_conversations() && self.conversations.is_empty()
    }

    /// Whether every message matches that stands in an allowed conversation and time.
    #[must_use]
    pub const fn is_whole_conversations(&self) -> bool {
        self.query.terms.is_empty()
            && self.senders.is_empty()
            && self.properties.is_empty()
            && self.ids.is_empty()
    }

    /// All words of a message that search looks at, one piece to a line.
    #[must_use]
    pub fn words(message: &Message) -> String {
        words_of(&message.parts, &message.revisions)
    }

    /// Whether the words agree with a message.
    #[must_use]
    pub fn words_match(&self, message: &Message) -> bool {
        self.parts_match(&message.parts, &message.revisions)
    }

    pub(crate) fn parts_match(&self, parts: &[Part], revisions: &[Revision]) -> bool {
        if self.query.terms.is_empty() {
            return true;
        }
        let words = words_of(parts, revisions);
        let mut folded = String::with_capacity(words.len());
        fold_into(&words, &mut folded);
        self.query.words_match(&folded)
    }

    /// Whether a message matches.
    #[must_use]
    pub fn matches(&self, message: &Message) -> bool {
        self.query.time_matches(message.sent_at.0)
            && self.allows_conversation(message.conversation)
            && self.senders.iter().all(|(senders, is_negated)| {
                message
                    .sender
                    .is_some_and(|sender| senders.contains(&sender))
                    != *is_negated
            })
            && self.properties.iter().all(|(properties, is_negated)| {
                properties.iter().any(|property| property.holds(message)) != *is_negated
            })
            && self
                .ids
                .iter()
                .all(|(ids, is_negated)| ids.contains(&message.id.to_hex()) != *is_negated)
            && self.words_match(message)
    }
}

/// Whether fields name conversations.
pub(crate) fn names_places(fields: &[(FieldClass, u32)]) -> bool {
    fields
        .iter()
        .all(|(class, _)| *class == FieldClass::Conversation)
}

fn words_of(parts: &[Part], revisions: &[Revision]) -> String {
    let mut words = String::new();
    write_words(parts, &mut words);
    for revision in revisions {
        write_words(&revision.parts, &mut words);
    }
    words
}

impl Property {
    const fn field(self) -> (FieldClass, u32) {
        match self {
            Self::Kind(kind) => (FieldClass::Kind, kind as u32),
            Self::Attachment => (FieldClass::Has, HAS_ATTACHMENT),
            Self::Reply => (FieldClass::Has, HAS_REPLY),
            Self::Recalled => (FieldClass::State, IS_RECALLED),
            Self::Deleted => (FieldClass::State, IS_DELETED),
            Self::Mine => (FieldClass::State, IS_MINE),
        }
    }

    fn holds(self, message: &Message) -> bool {
        match self {
            Self::Kind(kind) => {
                message.parts.iter().any(|part| part.kind() == kind)
                    || (message.parts.is_empty() && message.kind() == kind)
            }
            Self::Attachment => {
                let mut any = false;
                for part in &message.parts {
                    part.for_each_attachment(&mut |attachment| {
                        any |= *attachment != Attachment::default();
                    });
                }
                any
            }
            Self::Reply => !message.reply_to.is_empty(),
            Self::Recalled => matches!(message.state, State::Recalled { .. }),
            Self::Deleted => message.state == State::Deleted,
            Self::Mine => message.direction == Direction::Out,
        }
    }
}

fn property(operator: &'static str, value: &str) -> Result<Property, SelectError> {
    let word = value.trim().to_lowercase();
    let found = match (operator, word.as_str()) {
        ("is", "recalled" | "撤回" | "已撤回") => Some(Property::Recalled),
        ("is", "deleted" | "删除" | "已删除") => Some(Property::Deleted),
        ("is", "mine" | "me" | "我" | "我的" | "out") => Some(Property::Mine),
        ("has", "attachment" | "附件") => Some(Property::Attachment),
        ("has", "reply" | "回复") => Some(Property::Reply),
        ("kind" | "has", word) => kind(word).map(Property::Kind),
        _ => None,
    };
    found.ok_or_else(|| SelectError {
        operator,
        value: value.to_owned(),
        hint: match operator {
            "is" => "one of: recalled deleted mine".to_owned(),
            _ => {
                let kinds = PartKind::ALL
                    .iter()
                    .map(|kind| kind.as_str())
                    .collect::<Vec<_>>()
                    .join(" ");
                if operator == "has" {
                    format!("one of: attachment reply {kinds}")
                } else {
                    format!("one of: {kinds}")
                }
            }
        },
    })
}

fn kind(word: &str) -> Option<PartKind> {
    Some(match word {
        "文字" | "文本" => PartKind::Text,
        "图片" | "照片" | "photo" | "picture" => PartKind::Image,
        "语音" | "audio" => PartKind::Voice,
        "视频" => PartKind::Video,
        "文件" => PartKind::File,
        "表情" | "表情包" | "emoji" => PartKind::Sticker,
        "位置" | "地点" | "location" => PartKind::Place,
        "名片" => PartKind::Contact,
        "链接" | "url" => PartKind::Link,
        "小程序" | "miniapp" => PartKind::MiniApp,
        "视频号" => PartKind::ChannelPost,
        "引用" => PartKind::Quote,
        "转发" | "聊天记录" | "合并转发" => PartKind::Forward,
        "红包" | "转账" | "支付" => PartKind::Payment,
        "通话" | "电话" => PartKind::Call,
        "拍一拍" | "戳一戳" => PartKind::Nudge,
        "公告" => PartKind::Announcement,
        "接龙" | "投票" => PartKind::Poll,
        "系统" => PartKind::System,
        "卡片" => PartKind::Card,
        "未知" => PartKind::Unknown,
        word => return PartKind::from_name(word),
    })
}

/// These accounts and those that the user joined with any of them.
fn with_joined(mut found: FxHashSet<AccountId>, index: &Index) -> FxHashSet<AccountId> {
    if index.persons.is_empty() {
        return found;
    }
    let persons: FxHashSet<u32> = found
        .iter()
        .filter_map(|id| index.persons.get(index.account_numbers.get(id)?))
        .copied()
        .collect();
    let joined = index
        .persons
        .iter()
        .filter(|(_, person)| persons.contains(person))
        .filter_map(|(account, _)| index.accounts.get(*account as usize));
    found.extend(joined);
    found
}
