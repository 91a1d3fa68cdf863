//! Statistics of chats, people, years and everything.
//!
//! Messages are counted once for each conversation and local year; the results are kept in the archive with a stamp of
//! the messages they were counted from, and added up for whatever is asked. So the second answer is quick, and an
//! import costs only the conversations that it touched.

mod counting;
mod kept;
mod year;

use hutong_archive::{Archive, ConversationStats, Progress, TimeWindow};
use hutong_model::{AccountId, ConversationId, ConversationKind, NameTable};
use hutong_stats::{Calendar, SenderTally, Statistics, Tally, WordTally};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use self::counting::{Piece, Sink, count};
use self::kept::{Kept, KeptAnswer};
use crate::Error;

pub use year::{YearRequest, year_review};

/// Whose messages to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatisticsScope {
    /// All conversations.
    Everything,
    /// These conversations.
    Chats(Vec<ConversationId>),
    /// The chats between the owner and these accounts, and what the accounts wrote in groups.
    People(Vec<AccountId>),
}

/// What to count.
#[derive(Clone, Debug)]
pub struct StatisticsRequest<'a> {
    /// Whose messages.
    pub scope: StatisticsScope,
    /// From when to when.
    pub window: TimeWindow,
    /// Whose days and hours.
    pub zone: &'a TimeZone,
    /// Whether words are counted, which takes most of the time.
    pub with_words: bool,
    /// How far it has come; `stop` ends it.
    pub progress: &'a Progress,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct StatisticsReport {
    /// The numbers. Of people, those of the chats between them and the owner.
    pub statistics: Statistics,
    /// Conversations that were looked at.
    pub conversations: u64,
    /// Of people: what they wrote in each group, most first.
    pub in_groups: Vec<(ConversationId, SenderTally)>,
}

/// The window of local years `first..=last`.
#[must_use]
pub fn years_window(zone: &TimeZone, first: i32, last: i32) -> TimeWindow {
    let calendar = Calendar::new(zone.clone());
    TimeWindow {
        since_ms: calendar.start_of_year(first),
        before_ms: calendar.start_of_year(last.saturating_add(1)),
    }
}

/// Counts, as far as it was not counted before.
///
/// # Errors
/// When the archive cannot be read, or [`Error::Cancelled`].
pub fn statistics(
    archive: &Archive,
    names: &NameTable,
    request: &StatisticsRequest<'_>,
) -> Result<StatisticsReport, Error> {
    let mut kept = Kept::open(archive, request.zone, request.with_words)?;
    let answer_key = KeptAnswer::key(request);
    if let Some(key) = &answer_key
        && let Some(statistics) = kept.answer(key)?
    {
        return Ok(statistics);
    }
    kept.look(archive)?;
    let known = archive.conversation_stats()?;
    let chosen = choose(&known, names, &request.scope);
    let mut sum = Sum::default();
    let mut pieces = Vec::new();
    for chat in &chosen {
        plan(&kept, chat, request, &mut sum, &mut pieces)?;
    }
    let mut sink = Sink::new(&mut kept, &mut sum, request);
    count(archive, pieces, request, &mut sink)?;
    sink.finish()?;
    let mut in_groups: Vec<_> = sum.in_groups.into_iter().collect();
    in_groups.sort_unstable_by_key(|(id, it)| (std::cmp::Reverse(it.messages), *id));
    let words = request.with_words.then_some(&sum.words);
    let report = StatisticsReport {
        statistics: Statistics::new(sum.tally, words),
        conversations: chosen.len() as u64,
        in_groups,
    };
    if let Some(key) = &answer_key {
        kept.keep_answer(key, &report)?;
    }
    Ok(report)
}

/// A conversation that is looked at.
#[derive(Clone, Debug)]
struct Chosen {
    id: ConversationId,
    is_direct: bool,
    stats: ConversationStats,
    /// Only what these accounts wrote is wanted.
    only: Option<Vec<AccountId>>,
}

/// What was added up so far.
#[derive(Debug, Default)]
struct Sum {
    tally: Tally,
    words: WordTally,
    in_groups: FxHashMap<ConversationId, SenderTally>,
}

impl Sum {
    /// Adds the tally of a stretch of a conversation.
    fn add(&mut self, chat: &Chosen, tally: Tally, words: Option<WordTally>) {
        match &chat.only {
            None => {
                self.tally.merge(tally);
                if let Some(words) = words {
                    self.words.merge(words);
                }
            }
            Some(accounts) => {
                for sender in accounts.iter().filter_map(|it| tally.senders.get(it)) {
                    self.in_groups.entry(chat.id).or_default().merge(sender);
                }
            }
        }
    }
}

/// The conversations that a scope names, in a fixed order.
fn choose(
    known: &FxHashMap<ConversationId, ConversationStats>,
    names: &NameTable,
    scope: &StatisticsScope,
) -> Vec<Chosen> {
    let chosen = |id: &ConversationId, only| {
        let stats = *known.get(id)?;
        let conversation = names.conversations.get(id);
        Some(Chosen {
            id: *id,
            is_direct: conversation.is_none_or(|it| it.kind == ConversationKind::Direct),
            stats,
            only,
        })
    };
    let mut all: Vec<Chosen> = match scope {
        StatisticsScope::Everything => known.keys().filter_map(|id| chosen(id, None)).collect(),
        StatisticsScope::Chats(ids) => ids.iter().filter_map(|id| chosen(id, None)).collect(),
        StatisticsScope::People(accounts) => known
            .keys()
            .filter_map(|id| {
                let conversation = names.conversations.get(id)?;
                if conversation.kind == ConversationKind::Direct {
                    let peer = conversation.peer?;
                    return accounts.contains(&peer).then(|| chosen(id, None))?;
                }
                let is_member = |account: &AccountId| names.members.contains_key(&(*id, *account));
                accounts
                    .iter()
                    .any(is_member)
                    .then(|| chosen(id, Some(accounts.clone())))?
            })
            .collect(),
    };
    all.sort_unstable_by_key(|chat| chat.id);
    all.dedup_by_key(|chat| chat.id);
    all
}

/// Adds what is kept of a conversation and notes what must be counted.
fn plan(
    kept: &Kept,
    chat: &Chosen,
    request: &StatisticsRequest<'_>,
    sum: &mut Sum,
    pieces: &mut Vec<Piece>,
) -> Result<(), Error> {
    let window = request.window;
    let calendar = Calendar::new(request.zone.clone());
    if window.before_ms <= chat.stats.first_ms || window.since_ms > chat.stats.last_ms {
        return Ok(());
    }
    let covers = |year: i32| {
        window.since_ms <= calendar.start_of_year(year).max(chat.stats.first_ms)
            && window.before_ms
                >= calendar
                    .start_of_year(year.saturating_add(1))
                    .min(chat.stats.last_ms.saturating_add(1))
    };
    // The first and the last year of the window may be wanted in part; those are read again each time.
    let mut ends = [window.since_ms, window.before_ms.saturating_sub(1)]
        .map(|at_ms| at_ms.clamp(chat.stats.first_ms, chat.stats.last_ms))
        .map(|at_ms| calendar.clone().local(at_ms).year)
        .to_vec();
    ends.dedup();
    let (first, last) = (
        ends.first().copied().unwrap_or_default(),
        ends.last().copied().unwrap_or_default(),
    );
    let partial: Vec<i32> = ends.into_iter().filter(|year| !covers(*year)).collect();
    for year in &partial {
        pieces.push(Piece::partly(
            chat,
            TimeWindow {
                since_ms: window.since_ms.max(calendar.start_of_year(*year)),
                before_ms: window
                    .before_ms
                    .min(calendar.start_of_year(year.saturating_add(1))),
            },
        ));
    }
    let is_whole = |year: i32| (first..=last).contains(&year) && !partial.contains(&year);
    if !(first..=last).any(is_whole) {
        return Ok(());
    }
    let Some(years) = kept.years(chat)? else {
        pieces.push(Piece::whole(chat, (first..=last).collect(), &partial));
        return Ok(());
    };
    let mut missing = Vec::new();
    for year in years.into_iter().filter(|year| is_whole(*year)) {
        match kept.year(chat, year)? {
            Some((tally, words)) => sum.add(chat, tally, words),
            // It cannot be read any more.
            None => missing.push(year),
        }
    }
    if !missing.is_empty() {
        pieces.push(Piece::whole(chat, missing, &partial));
    }
    Ok(())
}
