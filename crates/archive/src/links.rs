//! Conversations that are one: a text export knows only a title, the same chat's database knows its number.
//!
//! The user links and takes apart; and where a conversation of which only the title is known bears the title of another
//! one and their messages agree, or one of which only a digest is known is [proven](proven) to be another, they are
//! linked when an import ends. Links are views: nothing stored changes but the table of sightings, which is computed
//! again.

pub(crate) mod proven;

use hutong_model::{ConversationId, Message, NameTable, Names, comparable_text};
use rusqlite::{Connection, TransactionBehavior, params};
use rustc_hash::FxHashMap;

use crate::ArchiveError;
use crate::joins;
use crate::reader::{Reader, TimeWindow};
use crate::store::Index;

/// Messages of an export that are looked for in the other conversation.
const SAMPLE: usize = 400;
/// So many of them must be there, and at least every second one that is in its span of time.
const ENOUGH: usize = 3;
/// Texts shorter than this say little.
const MIN_CHARACTERS: usize = 2;

/// Why two conversations are linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkReason {
    /// The user says so.
    User,
    /// They have a title and messages in common.
    Content,
    /// The native id of one is the digest of the other's.
    Digest,
}

impl LinkReason {
    /// The name that programs see.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Content => "content",
            Self::Digest => "digest",
        }
    }

    /// The reason with this name; unknown ones count as found by content.
    pub(crate) fn from_str(name: &str) -> Self {
        [Self::User, Self::Digest]
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .unwrap_or(Self::Content)
    }
}

/// A link between two conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationLink {
    /// The conversation whose messages are shown elsewhere.
    pub conversation: ConversationId,
    /// Its title, or its native id where it has none.
    pub title: String,
    /// Where they are shown.
    pub into: ConversationId,
    /// Why.
    pub reason: LinkReason,
    /// When, milliseconds since 1970.
    pub made_at_ms: i64,
}

/// Every link.
pub(crate) fn all(
    connection: &Connection,
    index: &Index,
    names: &NameTable,
) -> Result<Vec<ConversationLink>, ArchiveError> {
    let mut statement = connection.prepare(
        "SELECT conversation, into_conversation, made_by, made_at FROM conversation_link ORDER BY made_at, conversation",
    )?;
    let mut rows = statement.query([])?;
    let mut links = Vec::new();
    while let Some(row) = rows.next()? {
        let id = |number: u32| index.conversations.get(number as usize).copied();
        if let (Some(conversation), Some(into)) = (id(row.get(0)?), id(row.get(1)?)) {
            let title = names
                .conversation_title(conversation)
                .or_else(|| Some(names.conversations.get(&conversation)?.native_id.as_str()))
                .unwrap_or_default()
                .to_owned();
            links.push(ConversationLink {
                conversation,
                title,
                into,
                reason: LinkReason::from_str(&row.get::<_, String>(2)?),
                made_at_ms: row.get(3)?,
            });
        }
    }
    Ok(links)
}

/// Shows one conversation's messages, and those of whatever was linked into it, in another one.
pub(crate) fn link(
    connection: &mut Connection,
    index: &mut Index,
    (conversation, into): (u32, u32),
    reason: LinkReason,
    now_ms: i64,
) -> Result<(), ArchiveError> {
    let (conversation, into) = (index.shown_in(conversation), index.shown_in(into));
    if conversation == into {
        return Ok(());
    }
    let moved = index.linked(conversation);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for number in &moved {
        transaction.execute(
            "INSERT INTO conversation_link(conversation, into_conversation, made_by, made_at) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET into_conversation = excluded.into_conversation",
            params![number, into, reason.as_str(), now_ms],
        )?;
        if reason == LinkReason::User {
            transaction.execute(
                "DELETE FROM conversation_apart WHERE conversation = ?1 OR other = ?1",
                [number],
            )?;
        }
    }
    note_all(&transaction, index, &moved, into, false)?;
    transaction.commit()?;
    for number in moved {
        index.links.insert(number, into);
    }
    Ok(())
}

/// Takes a conversation out of the one that it is shown in, and remembers that the user wanted it so.
pub(crate) fn unlink(
    connection: &mut Connection,
    index: &mut Index,
    conversation: u32,
) -> Result<bool, ArchiveError> {
    let Some(into) = index.links.get(&conversation).copied() else {
        return Ok(false);
    };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "DELETE FROM conversation_link WHERE conversation = ?1",
        [conversation],
    )?;
    transaction.execute(
        "INSERT OR IGNORE INTO conversation_apart(conversation, other) VALUES(?1, ?2)",
        [conversation, into],
    )?;
    note_all(&transaction, index, &[conversation], conversation, true)?;
    note_all(&transaction, index, &index.linked(into), into, true)?;
    transaction.commit()?;
    index.links.remove(&conversation);
    Ok(true)
}

/// Whether the user took a conversation out of where another one is shown.
pub(crate) fn was_taken_apart(
    connection: &Connection,
    index: &Index,
    conversation: u32,
    other: u32,
) -> Result<bool, ArchiveError> {
    let mut statement = connection
        .prepare_cached("SELECT other FROM conversation_apart WHERE conversation = ?1")?;
    for apart in statement.query_map([conversation], |row| row.get::<_, u32>(0))? {
        if index.shown_in(apart?) == index.shown_in(other) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes everything of these conversations for comparison.
fn note_all(
    connection: &Connection,
    index: &Index,
    numbers: &[u32],
    shown_in: u32,
    is_apart: bool,
) -> Result<(), ArchiveError> {
    for run in &index.runs {
        for span in numbers.iter().filter_map(|number| run.span(*number)) {
            joins::note(
                connection,
                shown_in,
                (span.min_time, span.max_time),
                is_apart,
            )?;
        }
    }
    Ok(())
}

/// Links conversations of which only the title is known, or only a digest and not whose copy it is, with those that it
/// may be and that hold the same messages.
pub(crate) fn link_by_content(
    connection: &mut Connection,
    reader: &mut Reader,
    index: &mut Index,
    names: &NameTable,
    now_ms: i64,
) -> Result<bool, ArchiveError> {
    let mut is_changed = false;
    let titled = candidates(names).into_iter();
    let titled = titled.map(|(bare, found)| (bare, found, LinkReason::Content));
    let hashed = proven::possible(names).into_iter();
    let hashed = hashed.map(|(bare, found)| (bare, found, LinkReason::Digest));
    for (bare, candidates, reason) in titled.chain(hashed) {
        let Some(number) = index.conversation_numbers.get(&bare).copied() else {
            continue;
        };
        if index.links.contains_key(&number) {
            continue;
        }
        let mut best: Option<(usize, u32)> = None;
        let mut is_tied = false;
        for candidate in candidates {
            let Some(other) = index.conversation_numbers.get(&candidate).copied() else {
                continue;
            };
            if was_taken_apart(connection, index, number, other)? {
                continue;
            }
            let Some(agreed) = agreement(reader, bare, candidate)? else {
                continue;
            };
            match best {
                Some((most, _)) if agreed < most => {}
                Some((most, _)) if agreed == most => is_tied = true,
                _ => {
                    best = Some((agreed, other));
                    is_tied = false;
                }
            }
        }
        if let Some((_, other)) = best.filter(|_| !is_tied) {
            link(connection, index, (number, other), reason, now_ms)?;
            is_changed = true;
        }
    }
    Ok(is_changed)
}

/// Conversations of which only the title is known, each with those that bear the title.
fn candidates(names: &NameTable) -> Vec<(ConversationId, Vec<ConversationId>)> {
    let mut bare = Vec::new();
    let mut titled: FxHashMap<&str, Vec<ConversationId>> = FxHashMap::default();
    for conversation in names.conversations.values() {
        let Some(platform) = &conversation.platform else {
            continue;
        };
        if conversation.id
            == ConversationId::named(platform, conversation.kind, &conversation.native_id)
        {
            bare.push(conversation);
            continue;
        }
        let peer = conversation.peer.and_then(|peer| names.accounts.get(&peer));
        let peer = peer.map(|peer| [&peer.remark, &peer.nickname, &peer.alias]);
        let mut titles: Vec<&str> = [&conversation.name, &conversation.remark]
            .into_iter()
            .chain(peer.into_iter().flatten())
            .flatten()
            .map(|title| title.trim())
            .filter(|title| !title.is_empty())
            .collect();
        titles.sort_unstable();
        titles.dedup();
        for title in titles {
            titled.entry(title).or_default().push(conversation.id);
        }
    }
    bare.sort_by_key(|conversation| conversation.id);
    bare.into_iter()
        .filter_map(|conversation| {
            let mut found: Vec<ConversationId> = titled
                .get(conversation.native_id.trim())?
                .iter()
                .copied()
                .filter(|id| {
                    names.conversations.get(id).is_some_and(|other| {
                        other.platform == conversation.platform && other.kind == conversation.kind
                    })
                })
                .collect();
            found.sort_unstable();
            (!found.is_empty()).then_some((conversation.id, found))
        })
        .collect()
}

/// How many messages of one conversation stand in the other one too, where that is enough to say that they are one.
fn agreement(
    reader: &mut Reader,
    one: ConversationId,
    other: ConversationId,
) -> Result<Option<usize>, ArchiveError> {
    let (Some(span), Some(other_span)) = (reader.span_of(one), reader.span_of(other)) else {
        return Ok(None);
    };
    let window = TimeWindow {
        since_ms: span.0.max(other_span.0),
        before_ms: span.1.min(other_span.1).saturating_add(1),
    };
    let words = |message: &Message| {
        Some((message.sent_at.seconds(), comparable_text(&message.parts)))
            .filter(|(_, text)| text.chars().count() >= MIN_CHARACTERS)
    };
    let mut sample = Vec::new();
    reader.conversation::<ArchiveError>(one, window, &mut |message| {
        sample.extend(words(&message));
        Ok(sample.len() < SAMPLE)
    })?;
    let mut agreed = 0;
    for (second, text) in &sample {
        let window = TimeWindow {
            since_ms: second * 1000,
            before_ms: second * 1000 + 1000,
        };
        let mut is_there = false;
        reader.conversation::<ArchiveError>(other, window, &mut |message| {
            is_there |= words(&message).is_some_and(|(_, found)| found == *text);
            Ok(!is_there)
        })?;
        agreed += usize::from(is_there);
    }
    Ok((agreed >= ENOUGH && agreed * 2 >= sample.len()).then_some(agreed))
}
