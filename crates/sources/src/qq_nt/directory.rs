//! Who and where: accounts and conversations, known under several ids each, announced before they are named.
//!
//! QQ knows a person by number (uin), by an opaque uid, or by both; either may be missing in a row. A person gets the
//! number as identity wherever any table or row knows it, and the uid only where none does. An identity is final once a
//! record has named it, so a uid without a number first makes the directory look through all rows for one.

mod chats;
mod people;

use std::sync::Arc;

use hutong_model::{AccountId, AccountKind, ConversationId, ConversationKind, Record, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

/// Index of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PersonIndex(u32);

/// Index of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChatIndex(pub(super) u32);

/// Calls its argument for every pair of uid and number that stands in message rows.
pub(super) type PairSearch<'a> = Box<dyn FnOnce(&mut dyn FnMut(&[u8], u64)) + 'a>;

#[derive(Debug, Default)]
struct Person {
    id: AccountId,
    uin: u64,
    uid: Option<Arc<str>>,
    /// Remark or nickname, for tips that name people by uid only.
    name: Option<Box<str>>,
    kind: AccountKind,
    chat: Option<ChatIndex>,
    /// The profile of somebody whose number may still turn up in a row.
    profile: Option<Box<Profile>>,
    is_announced: bool,
    has_nickname: bool,
}

/// What a profile table knows about a person.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) nickname: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) description: Option<String>,
    pub(super) avatar_url: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) is_contact: bool,
}

/// A conversation as the rows need it.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) id: ConversationId,
    pub(super) kind: ConversationKind,
    pub(super) peer: Option<PersonIndex>,
    native_id: String,
    name: Option<String>,
    remark: Option<String>,
    context: Option<String>,
    is_announced: bool,
}

/// What the list of recent conversations says; only used where nothing better is known.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pub(super) name: Option<String>,
    pub(super) remark: Option<String>,
    /// Group through which a temporary chat was opened.
    pub(super) context: Option<String>,
}

/// What a group table says about a group.
#[derive(Debug, Default)]
pub(super) struct GroupFacts {
    pub(super) name: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) owner: Option<PersonIndex>,
    pub(super) announcement: Option<String>,
}

/// Everybody and every conversation seen so far.
pub(super) struct Directory<'a> {
    people: Vec<Person>,
    by_uid: FxHashMap<Arc<str>, PersonIndex>,
    by_uin: FxHashMap<u64, PersonIndex>,
    chats: Vec<Chat>,
    groups: FxHashMap<i64, ChatIndex>,
    discussions: FxHashMap<i64, ChatIndex>,
    /// Sort number of a person (48901) → person.
    sorts: FxHashMap<i64, PersonIndex>,
    recent: FxHashMap<Box<str>, Recent>,
    owner: Option<PersonIndex>,
    as_of: Option<Timestamp>,
    search: Option<PairSearch<'a>>,
    group_owners: FxHashMap<i64, PersonIndex>,
    /// Groups that the owner of the copy has left.
    pub(super) left: FxHashSet<i64>,
    /// Records to be pushed before the next message.
    pub(super) pending: Vec<Record>,
}

impl<'a> Directory<'a> {
    /// An empty directory that looks for missing numbers with `search`.
    pub(super) fn new(search: PairSearch<'a>) -> Self {
        Self {
            people: Vec::new(),
            by_uid: FxHashMap::default(),
            by_uin: FxHashMap::default(),
            chats: Vec::new(),
            groups: FxHashMap::default(),
            discussions: FxHashMap::default(),
            sorts: FxHashMap::default(),
            recent: FxHashMap::default(),
            owner: None,
            as_of: None,
            search: Some(search),
            group_owners: FxHashMap::default(),
            left: FxHashSet::default(),
            pending: Vec::new(),
        }
    }
}
