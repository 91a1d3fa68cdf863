//! From what a tool wrote about a message to records: who is who, which conversation it is, which id it gets.

mod chats;
mod people;
mod seen;

use std::sync::Arc;

use hutong_model::{
    AccountId, At, Change, ConversationId, ConversationKind, Message, MessageChange, MessageId,
    NativeId, NativeIdName, Origin, OriginPlace, Part, Platform, Precision, Problem, ProblemKind,
    Record, Sink, State, Stop, Timestamp,
};
use rustc_hash::{FxHashMap, FxHashSet};

use self::seen::{Mark, Seen};
use super::clock::Clock;
use super::labels::{self, Kind};
use super::media::Shelf;
use crate::text_ids::TextIds;
use crate::wechat::map::{self, Body, People, Scope, Sender, is_room};
use crate::{Input, ReadError, ReadOptions};

/// How often the receiver hears how far the reading is, in rows.
const PROGRESS_ROWS: u64 = 4096;
/// What stands for the owner where no export says who that is.
pub(super) const ME: &str = "我";

/// Number of a conversation in its [`Composer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChatIndex(usize);

/// A conversation that was announced.
#[derive(Debug)]
struct Chat {
    id: ConversationId,
    kind: ConversationKind,
    /// Username of the room or of the other side; the title where only that is known.
    native_id: Box<str>,
    peer: Option<AccountId>,
    peer_username: Option<Box<str>>,
}

/// Who wrote a message, as far as the export tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Author<'a> {
    /// A system event.
    Nobody,
    /// The owner of the copy.
    Owner,
    /// This username.
    Username(&'a str),
    /// Somebody of whom only a name is known.
    Named(&'a str),
    /// The other side of a chat between two, or somebody who is not told.
    #[default]
    Other,
}

/// One message as a tool wrote it.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) at: At,
    pub(super) chat: ChatIndex,
    pub(super) author: Author<'a>,
    /// The name that the export shows for the author.
    pub(super) author_name: Option<&'a str>,
    pub(super) sent_at: Timestamp,
    pub(super) precision: Precision,
    /// Given by the server; 0 where there is none or it is damaged.
    pub(super) server_id: i64,
    /// Further ids.
    pub(super) native_ids: Vec<NativeId>,
    pub(super) body: Body,
    /// The original row.
    pub(super) raw: &'a [u8],
}

/// Names of an account that a contact list gives.
#[derive(Clone, Debug, Default)]
pub(super) struct ContactFacts {
    pub(super) username: String,
    pub(super) nickname: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) description: Option<String>,
    pub(super) is_contact: bool,
}

/// Turns drafts into records and gives them to the receiver.
pub(super) struct Composer<'a> {
    out: &'a mut dyn Sink,
    input: &'a Input,
    pub(super) clock: Clock,
    /// The owner's username, for the file that is read.
    owner: Option<Box<str>>,
    place: Arc<OriginPlace>,
    /// Where the media of the file that is read may lie.
    shelf: Shelf,
    people: People,
    contacts: FxHashMap<Box<str>, ContactFacts>,
    /// Accounts that the receiver has, and whether with a name.
    known: FxHashMap<AccountId, bool>,
    /// Digests of usernames that were met.
    account_ids: FxHashMap<Box<str>, AccountId>,
    members: FxHashSet<(ConversationId, AccountId)>,
    chats: Vec<Chat>,
    by_name: FxHashMap<(ConversationKind, Box<str>), ChatIndex>,
    announced: FxHashSet<ConversationId>,
    ids: TextIds,
    seen: Seen,
    /// Rows of the file so far.
    rows_in_file: i64,
    pub(super) rows_read: u64,
    locate_attachments: bool,
    keep_raw: bool,
}

impl<'a> Composer<'a> {
    /// A composer for one input.
    ///
    /// # Errors
    /// When the options name a zone that does not exist.
    pub(super) fn new(
        out: &'a mut dyn Sink,
        input: &'a Input,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            out,
            clock: Clock::new(options, &input.folder_name())?,
            input,
            owner: None,
            place: Arc::default(),
            shelf: Shelf::default(),
            people: People::default(),
            contacts: FxHashMap::default(),
            known: FxHashMap::default(),
            account_ids: FxHashMap::default(),
            members: FxHashSet::default(),
            chats: Vec::new(),
            by_name: FxHashMap::default(),
            announced: FxHashSet::default(),
            ids: TextIds::default(),
            seen: Seen::default(),
            rows_in_file: 0,
            rows_read: 0,
            locate_attachments: options.locate_attachments,
            keep_raw: options.keep_raw,
        })
    }

    /// Makes ready for the next file, which is the copy of `owner` as far as that is known.
    pub(super) fn begin_file(&mut self, path: &str, owner: Option<&str>) {
        self.place = Arc::new(OriginPlace {
            input: path.to_owned(),
            table: String::new(),
        });
        self.shelf = Shelf::beside(path);
        self.owner = owner.map(Into::into);
        self.chats.clear();
        self.by_name.clear();
        self.ids = TextIds::default();
        self.seen = Seen::default();
        self.rows_in_file = 0;
        self.clock.has_guessed = false;
    }

    /// Says what was assumed about the file that was read.
    pub(super) fn end_file(&mut self) -> Result<(), Stop> {
        if self.clock.has_guessed {
            self.note(
                At::Whole,
                "times without a zone were read as Asia/Shanghai; name another with --zone",
            )?;
        }
        self.out.progress(self.rows_read, None)
    }

    /// The owner's username, where it is known.
    pub(super) fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Says something about a place in the file; equal reasons are counted together by the receiver.
    pub(super) fn note(&mut self, at: At, reason: &str) -> Result<(), Stop> {
        self.problem(at, ProblemKind::Note, reason)
    }

    /// Tells of damage that may have cost messages.
    pub(super) fn damage(&mut self, at: At, reason: &str) -> Result<(), Stop> {
        self.problem(at, ProblemKind::Damage, reason)
    }

    /// Counts a row that cannot be read.
    pub(super) fn reject(&mut self, at: At, reason: &str) -> Result<(), Stop> {
        self.count_row()?;
        self.problem(at, ProblemKind::RejectedRow, reason)
    }

    /// Passes a problem on.
    pub(super) fn tell(&mut self, problem: Problem) -> Result<(), Stop> {
        self.out.problem(problem)
    }

    fn problem(&mut self, at: At, kind: ProblemKind, reason: &str) -> Result<(), Stop> {
        self.out.problem(Problem {
            origin: self.origin(at),
            kind,
            reason: reason.to_owned(),
        })
    }

    fn origin(&self, at: At) -> Origin {
        Origin {
            place: Arc::clone(&self.place),
            at,
        }
    }

    fn count_row(&mut self) -> Result<(), Stop> {
        self.rows_read += 1;
        self.rows_in_file += 1;
        if self.rows_read.is_multiple_of(PROGRESS_ROWS) {
            self.out.progress(self.rows_read, None)?;
        }
        Ok(())
    }

    /// Whether many people write in a conversation.
    pub(super) fn is_room(&self, chat: ChatIndex) -> bool {
        self.chats
            .get(chat.0)
            .is_some_and(|chat| chat.kind == ConversationKind::Group)
    }

    /// The id of a message of this conversation that a server id names.
    pub(super) fn server_message(&self, chat: ChatIndex, server_id: i64) -> Option<MessageId> {
        let chat = self.chats.get(chat.0)?;
        (server_id != 0).then(|| map::message_id(chat.id, server_id))
    }

    /// Looks up what mapping a row of this conversation may know.
    pub(super) fn with_scope<T>(&self, chat: ChatIndex, use_it: impl FnOnce(&Scope<'_>) -> T) -> T {
        let chat = self.chats.get(chat.0);
        use_it(&Scope {
            conversation: chat.map(|chat| chat.id).unwrap_or_default(),
            username: chat.map_or("", |chat| &chat.native_id),
            people: &self.people,
            zone: Some(self.clock.zone()),
            is_excerpt: false,
        })
    }

    /// Gives a file beside the export to the first part that can hold one.
    pub(super) fn find_file(&self, parts: &mut [Part], paths: &[&str]) {
        if self.locate_attachments {
            self.shelf.fill(self.input, parts, paths);
        }
    }

    /// Pushes one message.
    pub(super) fn push(&mut self, draft: Draft<'_>) -> Result<(), Stop> {
        self.count_row()?;
        let Some(chat) = self.chats.get(draft.chat.0) else {
            return Ok(());
        };
        let (chat_id, kind, peer) = (chat.id, chat.kind, chat.peer);
        let mut body = draft.body;
        let author = match (&body.sender, draft.author) {
            (Sender::Nobody, _) => Author::Nobody,
            (Sender::Stated(username), Author::Other | Author::Nobody) => {
                Author::Username(username)
            }
            (_, author) => author,
        };
        // Words of nobody are an event.
        if author == Author::Nobody
            && let [Part::Text(text)] = body.parts.as_slice()
        {
            body.parts = vec![labels::part_of(Kind::System, &text.text)];
        }
        let is_between_two = kind != ConversationKind::Group;
        let (sender, direction, mark) =
            self.resolve(author, draft.author_name, chat_id, peer, is_between_two)?;
        let stated = match author {
            Author::Nobody => None,
            Author::Named(name) => Some(name),
            _ => draft.author_name,
        };
        for (username, name) in std::mem::take(&mut body.people) {
            if !is_room(&username) && !username.is_empty() {
                self.account(&username, name.as_deref())?;
            }
        }
        let mut server_id = draft.server_id;
        if server_id != 0
            && self
                .seen
                .contradicts(chat_id, server_id, mark, draft.sent_at, &body.parts)
        {
            // Two messages cannot share an id: the later one goes by its text.
            server_id = 0;
        }
        let id = if server_id != 0 {
            map::message_id(chat_id, server_id)
        } else {
            let mark = match mark {
                Mark::Text(mark) => mark,
                Mark::Owner if is_between_two => "out",
                Mark::Owner => self.owner.as_deref().unwrap_or(ME),
            };
            self.ids
                .next(chat_id, mark, draft.sent_at, draft.precision, &body.parts)
        };
        let mut message = Box::new(Message::new(
            Platform::WeChat,
            id,
            chat_id,
            draft.sent_at,
            self.origin(draft.at),
        ));
        message.precision = draft.precision;
        message.order = self.rows_in_file;
        message.sender = sender;
        message.direction = direction;
        message.sender_name = stated
            .filter(|name| !name.trim().is_empty())
            .map(str::to_owned);
        message.native_ids = draft.native_ids;
        if draft.server_id != 0 {
            message.native_ids.insert(
                0,
                NativeId::integer(NativeIdName::ServerId, draft.server_id),
            );
        }
        message.is_hidden = body.is_hidden;
        message.reply_to = body.reply_to;
        if self.keep_raw {
            message.raw = Some(draft.raw.to_vec());
        }
        let mut change = None;
        if let Some(withdrawal) = body.withdrawal {
            let by = match body.parts.first() {
                Some(Part::System(system))
                    if ["你", "您", "You "]
                        .iter()
                        .any(|you| system.text.starts_with(you)) =>
                {
                    self.owner.as_deref().map(map::account)
                }
                _ => peer,
            };
            let at = withdrawal.at.or(Some(draft.sent_at));
            if withdrawal
                .server_id
                .is_none_or(|target| target == draft.server_id)
            {
                message.state = State::Recalled { by, at };
            }
            change = withdrawal.server_id.map(|target| MessageChange {
                message: map::message_id(chat_id, target),
                conversation: chat_id,
                change: Change::Recall { by, at },
                origin: message.origin.clone(),
            });
        }
        message.parts = body.parts;
        self.out.record(Record::Message(message))?;
        change.map_or(Ok(()), |change| self.out.record(Record::Change(change)))
    }
}
