//! The desk at which all generations of WeChat have their rows written up: who is who, where a row belongs, what
//! it says.
//!
//! A source reads tables; a [`Desk`] turns what they say into records and gives them to the receiver, each account
//! and conversation before whatever names it. The order of work: [`Desk::new`], [`Desk::contact`] for everybody
//! who is listed, then for each conversation [`Desk::begin_direct`] or [`Desk::begin_room`], and for each of its
//! rows [`Desk::compose`] and [`Desk::push_row`], and at its end [`Desk::end_conversation`].

mod row;
mod uploads;

use hutong_model::{
    Account, AccountId, At, Conversation, ConversationId, ConversationKind, IdHash, Membership,
    Origin, OriginPlace, Platform, Problem, ProblemKind, Record, Role, Sink, Stop, Timestamp,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

pub(crate) use self::row::{RowContent, RowFacts, RowIds, RowSender};
use self::uploads::Uploads;
use super::map::{self, People, Scope, account_kind, conversation_kind, is_room};

/// How often the receiver hears how far the reading is, in rows.
const PROGRESS_ROWS: u64 = 4096;

/// What rows need to know about the conversation they stand in.
#[derive(Clone, Debug)]
pub(crate) struct Here {
    pub(crate) id: ConversationId,
    pub(crate) kind: ConversationKind,
    /// The username, or the table's hash where nobody knows it.
    pub(crate) native_id: String,
    /// The other side of a chat between two, where it is known.
    pub(crate) peer: Option<AccountId>,
}

impl Here {
    /// Whether rows come from many people.
    pub(crate) fn is_room(&self) -> bool {
        self.kind == ConversationKind::Group
    }
}

/// What is known of a room.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoomFacts {
    /// Its title.
    pub(crate) title: Option<String>,
    /// The owner's own name for it.
    pub(crate) remark: Option<String>,
    /// Username of 群主.
    pub(crate) owner: Option<String>,
    /// Usernames of administrators.
    pub(crate) admins: Vec<String>,
    /// 群公告.
    pub(crate) announcement: Option<String>,
    /// Members with their names in the room.
    pub(crate) members: Vec<super::decode::RoomMember>,
}

/// What is remembered of a conversation while another one is written up; see [`Desk::leave`].
#[derive(Default)]
pub(crate) struct Bookmark {
    in_room: FxHashMap<Box<str>, Box<str>>,
    uploads: Uploads,
    seen: FxHashMap<u64, u32>,
    has_noted_sender: bool,
}

impl Bookmark {
    /// As [`Desk::forget_rows`], for a conversation that was left.
    pub(crate) fn forget_rows(&mut self) {
        self.seen = FxHashMap::default();
        self.has_noted_sender = false;
    }
}

/// What stays the same while records are pushed, and what was pushed already.
pub(crate) struct Desk<'a> {
    /// Receives the records.
    pub(crate) out: &'a mut dyn Sink,
    /// The owner's username.
    pub(crate) owner: Arc<str>,
    /// The owner's account.
    pub(crate) owner_id: AccountId,
    /// Names for sentences and mentions; sources fill it before the first conversation.
    pub(crate) people: People,
    /// Newest instant that the input speaks of.
    pub(crate) as_of: Option<Timestamp>,
    /// For times that are written without a zone.
    pub(crate) zone: Option<jiff::tz::TimeZone>,
    /// Message rows so far.
    pub(crate) rows_read: u64,
    /// How many there will be, where known.
    pub(crate) rows_expected: Option<u64>,
    /// Accounts that the receiver has.
    known: FxHashSet<AccountId>,
    uploads: Uploads,
    /// How often each row without a server id was met in this conversation.
    seen: FxHashMap<u64, u32>,
    /// Whether this conversation's unknown senders were spoken of.
    has_noted_sender: bool,
}

impl<'a> Desk<'a> {
    /// A desk for this owner's copy; an empty username stands for an owner who could not be told.
    pub(crate) fn new(out: &'a mut dyn Sink, owner: &str, as_of: Option<Timestamp>) -> Self {
        Self {
            owner_id: map::account(owner),
            owner: owner.into(),
            as_of,
            out,
            people: People::default(),
            zone: None,
            rows_read: 0,
            rows_expected: None,
            known: FxHashSet::default(),
            uploads: Uploads::default(),
            seen: FxHashMap::default(),
            has_noted_sender: false,
        }
    }

    /// Gives one record to the receiver.
    pub(crate) fn push(&mut self, record: Record) -> Result<(), Stop> {
        self.out.record(record)
    }

    /// Says something about a row; equal reasons are counted together by the receiver.
    pub(crate) fn note(
        &mut self,
        place: &Arc<OriginPlace>,
        at: At,
        reason: impl Into<String>,
    ) -> Result<(), Stop> {
        self.out.problem(Problem {
            origin: Origin {
                place: Arc::clone(place),
                at,
            },
            kind: ProblemKind::Note,
            reason: reason.into(),
        })
    }

    /// Counts a message row and now and then says how far the reading is.
    pub(crate) fn count_row(&mut self) -> Result<(), Stop> {
        self.rows_read += 1;
        if self.rows_read.is_multiple_of(PROGRESS_ROWS) {
            self.out.progress(self.rows_read, self.rows_expected)?;
        }
        Ok(())
    }

    /// Whether the receiver has this account.
    pub(crate) fn knows(&self, account: AccountId) -> bool {
        self.known.contains(&account)
    }

    /// Pushes an account that a table describes, once. Identity, platform, ownership and time are set here.
    pub(crate) fn contact(&mut self, facts: Account) -> Result<(), Stop> {
        let id = map::account(&facts.native_id);
        if is_room(&facts.native_id) || facts.native_id.is_empty() || !self.known.insert(id) {
            return Ok(());
        }
        let record = Account {
            id,
            platform: Some(Platform::WeChat),
            is_owner: *facts.native_id == *self.owner,
            as_of: facts.as_of.or(self.as_of),
            ..facts
        };
        self.push(Record::Account(record))
    }

    /// Pushes somebody who is only named, unless the receiver has the account.
    pub(crate) fn ensure_account(
        &mut self,
        username: &str,
        nickname: Option<&str>,
    ) -> Result<(), Stop> {
        let id = map::account(username);
        if self.known.contains(&id) || username.is_empty() || is_room(username) {
            return Ok(());
        }
        self.contact(Account {
            native_id: username.to_owned(),
            kind: account_kind(username, 0),
            nickname: nickname
                .filter(|name| !name.trim().is_empty())
                .map(str::to_owned),
            ..Account::default()
        })
    }

    /// Begins a conversation with one other account.
    pub(crate) fn begin_direct(&mut self, username: &str) -> Result<Here, Stop> {
        self.forget_conversation();
        self.ensure_account(username, None)?;
        let peer = map::account(username);
        let is_official = self
            .people
            .by_username
            .get(username)
            .is_some_and(|person| person.is_official);
        let kind = conversation_kind(username, account_kind(username, i64::from(is_official)));
        let id = self.direct_id(username, peer);
        self.conversation(id, kind, username, Some(peer), |_| {})
    }

    /// The id of a chat with one other account. Without an owner the pair has only one half.
    fn direct_id(&self, username: &str, peer: AccountId) -> ConversationId {
        if self.has_owner() {
            ConversationId::direct(&Platform::WeChat, self.owner_id, peer)
        } else {
            ConversationId::group(&Platform::WeChat, &format!("direct:{username}"))
        }
    }

    /// Whether it is known whose copy this is.
    pub(crate) fn has_owner(&self) -> bool {
        !self.owner.is_empty()
    }

    /// Begins a room: pushes it and its members.
    pub(crate) fn begin_room(&mut self, username: &str, room: RoomFacts) -> Result<Here, Stop> {
        self.forget_conversation();
        for member in &room.members {
            if let Some(name) = &member.name {
                self.people
                    .in_room
                    .insert(member.username.as_str().into(), name.as_str().into());
            }
        }
        let title = room
            .title
            .clone()
            .filter(|title| !title.trim().is_empty())
            .or_else(|| self.composed_title(&room.members));
        if let Some(owner) = &room.owner {
            self.ensure_account(owner, None)?;
        }
        let id = ConversationId::group(&Platform::WeChat, username);
        let here = self.conversation(id, ConversationKind::Group, username, None, |record| {
            record.name = title;
            record.remark.clone_from(&room.remark);
            record.group_owner = room.owner.as_deref().map(map::account);
            record.announcement.clone_from(&room.announcement);
        })?;
        for member in room.members {
            self.ensure_account(&member.username, None)?;
            if let Some(inviter) = &member.inviter {
                self.ensure_account(inviter, None)?;
            }
            let role = if room.owner.as_deref() == Some(member.username.as_str()) {
                Role::Owner
            } else if room.admins.contains(&member.username) {
                Role::Admin
            } else {
                Role::Member
            };
            self.push(Record::Membership(Membership {
                conversation: id,
                account: map::account(&member.username),
                name: member.name,
                role,
                inviter: member.inviter.as_deref().map(map::account),
                as_of: self.as_of,
                ..Membership::default()
            }))?;
        }
        Ok(here)
    }

    /// Begins a conversation whose username nobody knows; `hash` is the MD5 that its table is named by.
    pub(crate) fn begin_orphan(
        &mut self,
        hash: &str,
        kind: ConversationKind,
    ) -> Result<Here, Stop> {
        self.forget_conversation();
        let id = if kind == ConversationKind::Group {
            ConversationId::group(&Platform::WeChat, hash)
        } else {
            self.direct_id(hash, map::account(hash))
        };
        self.conversation(id, kind, hash, None, |record| {
            record.native_id_hash = Some(IdHash::Md5);
        })
    }

    fn conversation(
        &mut self,
        id: ConversationId,
        kind: ConversationKind,
        native_id: &str,
        peer: Option<AccountId>,
        more: impl FnOnce(&mut Conversation),
    ) -> Result<Here, Stop> {
        self.ensure_account(&Arc::clone(&self.owner), None)?;
        let mut record = Conversation {
            id,
            platform: Some(Platform::WeChat),
            kind,
            native_id: native_id.to_owned(),
            owner: self.has_owner().then_some(self.owner_id),
            peer,
            as_of: self.as_of,
            ..Conversation::default()
        };
        more(&mut record);
        self.push(Record::Conversation(record))?;
        Ok(Here {
            id,
            kind,
            native_id: native_id.to_owned(),
            peer,
        })
    }

    fn forget_conversation(&mut self) {
        self.people.in_room.clear();
        self.forget_rows();
    }

    /// Puts away what belongs to the present conversation, for tables in which conversations take turns.
    pub(crate) fn leave(&mut self) -> Bookmark {
        Bookmark {
            in_room: std::mem::take(&mut self.people.in_room),
            uploads: std::mem::take(&mut self.uploads),
            seen: std::mem::take(&mut self.seen),
            has_noted_sender: std::mem::take(&mut self.has_noted_sender),
        }
    }

    /// Goes on with a conversation that was left.
    pub(crate) fn resume(&mut self, bookmark: Bookmark) {
        self.people.in_room = bookmark.in_room;
        self.uploads = bookmark.uploads;
        self.seen = bookmark.seen;
        self.has_noted_sender = bookmark.has_noted_sender;
    }

    /// Lets equal rows of the next table be rows of their own; for copies of one table in several files, whose equal
    /// rows are the same messages.
    pub(crate) fn forget_rows(&mut self) {
        self.seen.clear();
        self.has_noted_sender = false;
    }

    /// Pushes what still waited for its completion.
    pub(crate) fn end_conversation(&mut self) -> Result<(), Stop> {
        for message in std::mem::take(&mut self.uploads).left() {
            self.push(Record::Message(message))?;
        }
        Ok(())
    }

    /// The title of a room that has none: the names of its first members, as the client shows it.
    fn composed_title(&self, members: &[super::decode::RoomMember]) -> Option<String> {
        let others = members
            .iter()
            .filter(|member| *member.username != *self.owner);
        let names: Vec<&str> = others
            .map(|member| self.people.shown(&member.username))
            .take(5)
            .collect();
        (!names.is_empty()).then(|| names.join("、"))
    }

    /// What mapping a row of this conversation may know.
    pub(crate) fn scope<'s>(&'s self, here: &'s Here) -> Scope<'s> {
        Scope {
            conversation: here.id,
            username: &here.native_id,
            people: &self.people,
            zone: self.zone.as_ref(),
            is_excerpt: false,
        }
    }
}
