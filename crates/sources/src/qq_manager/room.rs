//! From the entries of one section of an export to accounts, a conversation and messages.
//!
//! An export names a group or the other side of a chat by its title alone. Whether a section is a group is told by its
//! senders: groups show numbers, chats between two show names. So the first entries of a section are held until that
//! is known.

mod kind;

use std::borrow::Cow;
use std::sync::Arc;

use hutong_model::{
    Account, AccountId, At, Conversation, ConversationId, ConversationKind, Direction, Membership,
    Message, Origin, OriginPlace, Part, Platform, Precision, Problem, ProblemKind, Record, Sink,
    TextIdBase, Timestamp, comparable_text,
};
use rustc_hash::{FxHashMap, FxHashSet};

use self::kind::{Kind, OwnName};
use super::clock::{Clock, WallTime};
use super::placeholder;
use super::sender::Sender;
use crate::ReadError;
use crate::text_ids::TextIds;

/// How precisely an export states its times.
const PRECISION: Precision = Precision::Second;
/// Entries that are held until the kind of a section is decided.
const HELD: usize = 256;
/// How often the receiver hears how far the reading is, in rows.
const PROGRESS: u64 = 4096;
/// People of one section that are remembered; a group has at most some thousands.
const MAX_PEOPLE: usize = 200_000;

/// One message as an export shows it.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) wall: WallTime,
    /// The sender with everything that the export writes around the name.
    pub(crate) sender: Cow<'a, str>,
    pub(crate) parts: Vec<Part>,
    /// Their comparable text, where the reader knows it.
    pub(crate) comparable: Option<Cow<'a, str>>,
    pub(crate) at: At,
    pub(crate) raw: Option<Vec<u8>>,
}

impl Entry<'_> {
    /// The same entry, on its own.
    fn into_owned(self) -> Entry<'static> {
        Entry {
            sender: Cow::Owned(self.sender.into_owned()),
            comparable: self.comparable.map(|text| Cow::Owned(text.into_owned())),
            ..self
        }
    }
}

/// What lasts over all sections and files of a reading.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) clock: Clock,
    /// The owner's number, where the user names it.
    account: Option<String>,
    /// Names under which the owner wrote in sections that leave no doubt.
    own_names: FxHashSet<String>,
    announced: FxHashSet<AccountId>,
    /// Messages and rejected rows.
    pub(crate) rows: u64,
}

impl Reading {
    pub(crate) fn new(clock: Clock, account: Option<&str>) -> Self {
        Self {
            clock,
            account: account
                .map(str::trim)
                .filter(|account| !account.is_empty())
                .map(str::to_owned),
            own_names: FxHashSet::default(),
            announced: FxHashSet::default(),
            rows: 0,
        }
    }

    /// A row that could not be read.
    pub(crate) fn reject(
        &mut self,
        origin: Origin,
        reason: &str,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        self.rows += 1;
        problem(out, origin, ProblemKind::RejectedRow, reason)
    }

    fn count(&mut self, out: &mut dyn Sink) -> Result<(), ReadError> {
        self.rows += 1;
        if self.rows.is_multiple_of(PROGRESS) {
            out.progress(self.rows, None)?;
        }
        Ok(())
    }

    fn announce(&mut self, account: Account, out: &mut dyn Sink) -> Result<(), ReadError> {
        if self.announced.len() >= 4 * MAX_PEOPLE {
            self.announced.clear();
        }
        if self.announced.insert(account.id) {
            out.record(Record::Account(account))?;
        }
        Ok(())
    }
}

/// Hands a problem to the sink.
pub(crate) fn problem(
    out: &mut dyn Sink,
    origin: Origin,
    kind: ProblemKind,
    reason: &str,
) -> Result<(), ReadError> {
    out.problem(Problem {
        origin,
        kind,
        reason: reason.to_owned(),
    })?;
    Ok(())
}

/// One sender of a section, worked out once.
#[derive(Clone, Debug)]
struct Writer {
    /// Absent for the messenger itself.
    account: Option<AccountId>,
    name: Option<String>,
    direction: Direction,
    /// What the ids of the writer's messages begin with; it holds what tells the writer apart.
    ids: TextIdBase,
}

/// One section of an export: one conversation.
#[derive(Debug)]
pub(crate) struct Room {
    title: String,
    place: Arc<OriginPlace>,
    held: Vec<Entry<'static>>,
    settled: Option<Settled>,
    /// What is copied out of a window shows names alone in groups too, so that three names make a group.
    pub(crate) may_be_unnumbered: bool,
}

/// What is known once the kind of a section is decided.
#[derive(Debug)]
struct Settled {
    kind: Kind,
    id: ConversationId,
    owner: Option<AccountId>,
    writers: Vec<Writer>,
    /// Where in `writers` each sender stands.
    places: FxHashMap<String, usize>,
    ids: TextIds,
    /// Time of the last message, and how many came in that second.
    last: (WallTime, i64),
}

impl Room {
    /// The section of this title; `place` says where its entries stand.
    pub(crate) fn new(title: &str, place: Arc<OriginPlace>) -> Self {
        Self {
            title: title.to_owned(),
            place,
            held: Vec::new(),
            settled: None,
            may_be_unnumbered: false,
        }
    }

    /// Takes the next entry.
    pub(crate) fn push(
        &mut self,
        entry: Entry<'_>,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if self.settled.is_some() {
            return self.message(entry, reading, out);
        }
        self.held.push(entry.into_owned());
        if self.held.len() >= HELD {
            self.settle(reading, out)?;
        }
        Ok(())
    }

    /// Ends the section.
    pub(crate) fn finish(
        mut self,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if self.settled.is_none() && !self.held.is_empty() {
            self.settle(reading, out)?;
        }
        Ok(())
    }

    fn settle(&mut self, reading: &mut Reading, out: &mut dyn Sink) -> Result<(), ReadError> {
        let held = std::mem::take(&mut self.held);
        let senders = held.iter().map(|entry| &*entry.sender);
        let mut kind = kind::decide(senders, &self.title, &reading.own_names);
        if self.may_be_unnumbered && kind.names() > 2 {
            kind = Kind::Group;
        }
        let id = ConversationId::named(&Platform::Qq, kind.conversation(), &self.title);
        let mut settled = Settled {
            kind,
            id,
            owner: None,
            writers: Vec::new(),
            places: FxHashMap::default(),
            ids: TextIds::default(),
            last: (WallTime(i64::MIN), 0),
        };
        if let Kind::Direct { own_name, .. } = &settled.kind
            && let OwnName::Sure(name) = own_name
        {
            reading.own_names.insert(name.clone());
        }
        if settled.kind.is_doubtful() {
            let origin = self.origin(At::Whole);
            let reason = "which of the two is the owner of the copy cannot be told";
            problem(out, origin, ProblemKind::Note, reason)?;
        }
        settled.open(&self.title, reading, out)?;
        self.settled = Some(settled);
        held.into_iter()
            .try_for_each(|entry| self.message(entry, reading, out))
    }

    fn origin(&self, at: At) -> Origin {
        Origin {
            place: Arc::clone(&self.place),
            at,
        }
    }

    fn message(
        &mut self,
        entry: Entry<'_>,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let origin = self.origin(entry.at);
        let Some(settled) = &mut self.settled else {
            return Ok(());
        };
        let (sent_at, was_shown) = reading.clock.instant(entry.wall);
        if !was_shown {
            let reason =
                "the clock of this zone never showed this time; perhaps another zone is meant";
            problem(out, origin.clone(), ProblemKind::Note, reason)?;
        }
        let place = match settled.places.get(&*entry.sender) {
            Some(place) => *place,
            None => settled.meet(&entry.sender, &self.title, sent_at, reading, out)?,
        };
        let Some(writer) = settled.writers.get(place) else {
            return Ok(());
        };
        let mut parts = entry.parts;
        if writer.account.is_none() {
            parts = notice(parts);
        }
        let comparable = entry
            .comparable
            .unwrap_or_else(|| Cow::Owned(comparable_text(&parts)));
        let id = settled
            .ids
            .next_of(settled.id, &writer.ids, sent_at, PRECISION, &comparable);
        settled.last = match settled.last {
            (wall, order) if wall == entry.wall => (wall, order + 1),
            _ => (entry.wall, 0),
        };
        // Written into its box at once: a message is large.
        let message = Box::new(Message {
            sender: writer.account,
            sender_name: writer.name.clone(),
            direction: writer.direction,
            order: settled.last.1,
            parts,
            raw: entry.raw,
            ..Message::new(Platform::Qq, id, settled.id, sent_at, origin)
        });
        out.record(Record::Message(message))?;
        reading.count(out)
    }
}

/// What the messenger says is a notice; pictures in it stay.
fn notice(parts: Vec<Part>) -> Vec<Part> {
    let mut text = String::new();
    let mut rest = Vec::new();
    for part in parts {
        match part {
            Part::Text(words) => text.push_str(&words.text),
            other => rest.push(other),
        }
    }
    rest.insert(0, placeholder::notice(text));
    rest
}

impl Settled {
    /// Announces the conversation and who is known of it beforehand.
    fn open(
        &mut self,
        title: &str,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        let mut peer = None;
        match &self.kind {
            Kind::Group => {
                if let Some(number) = reading.account.clone() {
                    let owner = owner(&number, None);
                    self.owner = Some(owner.id);
                    reading.announce(owner, out)?;
                }
            }
            Kind::Direct { own_name, .. } => {
                let account = named(self.id, title);
                peer = Some(account.id);
                reading.announce(account, out)?;
                let own_name = own_name.name().map(str::to_owned);
                if own_name.is_some() || reading.account.is_some() {
                    let owner = self.own_account(own_name.as_deref(), reading);
                    self.owner = Some(owner.id);
                    reading.announce(owner, out)?;
                }
            }
        }
        out.record(Record::Conversation(Conversation {
            id: self.id,
            platform: Some(Platform::Qq),
            kind: self.kind.conversation(),
            native_id: title.to_owned(),
            name: Some(title.to_owned()),
            owner: self.owner,
            peer,
            ..Conversation::default()
        }))?;
        Ok(())
    }

    fn ids_of(&self, key: &str) -> TextIdBase {
        TextIdBase::new(self.id, key, PRECISION)
    }

    fn own_account(&self, name: Option<&str>, reading: &Reading) -> Account {
        match (&reading.account, name) {
            (Some(number), name) => owner(number, name),
            (None, name) => Account {
                is_owner: true,
                ..named(self.id, name.unwrap_or_default())
            },
        }
    }

    /// Works out who a sender is, announces them, and says where they stand.
    fn meet(
        &mut self,
        text: &str,
        title: &str,
        seen_at: Timestamp,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<usize, ReadError> {
        let sender = Sender::read(text);
        let writer = if sender.is_system() {
            Writer {
                account: None,
                name: None,
                direction: Direction::None,
                ids: self.ids_of(""),
            }
        } else if self.kind == Kind::Group {
            self.member(&sender, seen_at, reading, out)?
        } else {
            self.side(&sender, title, reading, out)?
        };
        if self.writers.len() >= MAX_PEOPLE {
            self.writers.clear();
            self.places.clear();
        }
        let place = self.writers.len();
        self.writers.push(writer);
        self.places.insert(text.to_owned(), place);
        Ok(place)
    }

    fn member(
        &self,
        sender: &Sender<'_>,
        seen_at: Timestamp,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<Writer, ReadError> {
        let is_owner = sender.id.is_some() && sender.id == reading.account.as_deref();
        let account = match sender.id {
            Some(id) => Account {
                id: AccountId::new(&Platform::Qq, id),
                platform: Some(Platform::Qq),
                native_id: id.to_owned(),
                nickname: filled(sender.name),
                is_owner,
                ..Account::default()
            },
            None => named(self.id, sender.whole),
        };
        let id = account.id;
        reading.announce(account, out)?;
        out.record(Record::Membership(Membership {
            conversation: self.id,
            account: id,
            name: filled(sender.name),
            as_of: Some(seen_at),
            ..Membership::default()
        }))?;
        Ok(Writer {
            account: Some(id),
            name: filled(sender.name),
            direction: if is_owner {
                Direction::Out
            } else {
                Direction::In
            },
            ids: self.ids_of(sender.id.unwrap_or(sender.whole)),
        })
    }

    fn side(
        &self,
        sender: &Sender<'_>,
        title: &str,
        reading: &mut Reading,
        out: &mut dyn Sink,
    ) -> Result<Writer, ReadError> {
        let name = sender.whole;
        let (account, direction, key) = match self.kind.is_own(name, title) {
            Some(true) => (self.own_account(Some(name), reading), Direction::Out, "out"),
            Some(false) => (named(self.id, title), Direction::In, "in"),
            None => (named(self.id, name), Direction::None, name),
        };
        let id = account.id;
        reading.announce(account, out)?;
        Ok(Writer {
            account: Some(id),
            name: filled(name),
            direction,
            ids: self.ids_of(key),
        })
    }
}

fn filled(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

/// Somebody of whom only a name is known.
fn named(conversation: ConversationId, name: &str) -> Account {
    Account {
        id: AccountId::named(conversation, name),
        platform: Some(Platform::Qq),
        native_id: if name.is_empty() { "?" } else { name }.to_owned(),
        nickname: filled(name),
        ..Account::default()
    }
}

/// The owner, whose number the user names.
fn owner(number: &str, name: Option<&str>) -> Account {
    Account {
        id: AccountId::new(&Platform::Qq, number),
        platform: Some(Platform::Qq),
        native_id: number.to_owned(),
        nickname: name.and_then(filled),
        is_owner: true,
        ..Account::default()
    }
}

impl Kind {
    const fn conversation(&self) -> ConversationKind {
        match self {
            Self::Group => ConversationKind::Group,
            Self::Direct { .. } => ConversationKind::Direct,
        }
    }
}
