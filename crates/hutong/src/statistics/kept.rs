//! What the archive keeps of earlier counts.

use hutong_archive::{Archive, Derived, DerivedEntry, Stamp, TimeWindow};
use hutong_model::ConversationId;
use hutong_stats::{SenderTally, Statistics, Tally, VERSION, WordTally};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use super::{Chosen, StatisticsReport, StatisticsRequest, StatisticsScope};
use crate::Error;

/// The topic of tallies.
const TALLIES: &str = "statistics";
/// The topic of whole answers.
const ANSWERS: &str = "statistics of everything";

/// The door to what is kept.
pub(super) struct Kept {
    derived: Derived,
    stamps: FxHashMap<ConversationId, Stamp>,
    stamp_of_all: Stamp,
    with_words: bool,
    zone: String,
}

/// The name of an answer about everything.
pub(super) struct KeptAnswer(Vec<u8>);

impl KeptAnswer {
    /// Answers about everything are kept whole: adding them up takes thousands of tallies.
    pub(super) fn key(request: &StatisticsRequest<'_>) -> Option<Self> {
        if request.scope != StatisticsScope::Everything {
            return None;
        }
        let TimeWindow {
            since_ms,
            before_ms,
        } = request.window;
        let mut name = since_ms.to_le_bytes().to_vec();
        name.extend(before_ms.to_le_bytes());
        name.push(u8::from(request.with_words));
        // Only windows of whole years come again; any other would fill the archive with answers that nobody asks for twice.
        let calendar = hutong_stats::Calendar::new(request.zone.clone());
        let is_year = |at_ms: i64| {
            matches!(at_ms, i64::MIN | i64::MAX)
                || calendar.start_of_year(calendar.clone().local(at_ms).year) == at_ms
        };
        (is_year(since_ms) && is_year(before_ms)).then_some(Self(name))
    }
}

impl Kept {
    pub(super) fn open(
        archive: &Archive,
        zone: &TimeZone,
        with_words: bool,
    ) -> Result<Self, Error> {
        Ok(Self {
            derived: archive.derived()?,
            stamps: FxHashMap::default(),
            stamp_of_all: archive.content_stamp()?,
            with_words,
            zone: zone
                .iana_name()
                .map_or_else(|| format!("{zone:?}"), str::to_owned),
        })
    }

    /// Looks what each conversation's messages are; not needed for an answer that is kept whole.
    pub(super) fn look(&mut self, archive: &Archive) -> Result<(), Error> {
        self.stamps = archive.content_stamps()?;
        Ok(())
    }

    fn stamp(&self, content: &Stamp, is_direct: bool) -> Stamp {
        let mut hasher = blake3::Hasher::new();
        hasher.update(content);
        hasher.update(&VERSION.to_le_bytes());
        hasher.update(&[u8::from(is_direct)]);
        hasher.update(self.zone.as_bytes());
        let mut stamp = Stamp::default();
        hasher.finalize_xof().fill(&mut stamp);
        stamp
    }

    fn stamp_of(&self, chat: &Chosen) -> Option<Stamp> {
        Some(self.stamp(self.stamps.get(&chat.id)?, chat.is_direct))
    }

    /// The local years in which a conversation has messages, if it was counted.
    pub(super) fn years(&self, chat: &Chosen) -> Result<Option<Vec<i32>>, Error> {
        let Some(stamp) = self.stamp_of(chat) else {
            return Ok(None);
        };
        let name = name(chat.id, None, if self.with_words { b'W' } else { b'N' });
        let found = self.derived.get(TALLIES, &name, &stamp)?;
        Ok(found.and_then(|bytes| read_years(&bytes)))
    }

    /// What was counted of a year.
    pub(super) fn year(
        &self,
        chat: &Chosen,
        year: i32,
    ) -> Result<Option<(Tally, Option<WordTally>)>, Error> {
        let Some(stamp) = self.stamp_of(chat) else {
            return Ok(None);
        };
        let get = |kind| {
            self.derived
                .get(TALLIES, &name(chat.id, Some(year), kind), &stamp)
        };
        let Some(tally) = get(b'n')?.and_then(|bytes| Tally::from_bytes(&bytes)) else {
            return Ok(None);
        };
        if !self.with_words || chat.only.is_some() {
            return Ok(Some((tally, None)));
        }
        let words = get(b'w')?.and_then(|bytes| WordTally::from_bytes(&bytes));
        Ok(words.map(|words| (tally, Some(words))))
    }

    /// The entries that keep a year of a conversation.
    pub(super) fn entries_of_year(
        &self,
        chat: &Chosen,
        year: i32,
        tally: &mut Tally,
        words: &mut WordTally,
    ) -> Vec<DerivedEntry> {
        let Some(stamp) = self.stamp_of(chat) else {
            return Vec::new();
        };
        let entry = |kind, data| DerivedEntry {
            name: name(chat.id, Some(year), kind),
            stamp,
            data,
        };
        let mut entries = Vec::new();
        entries.extend(tally.to_bytes().ok().map(|data| entry(b'n', data)));
        if self.with_words {
            entries.extend(words.to_bytes().ok().map(|data| entry(b'w', data)));
        }
        entries
    }

    /// The entries that say that a conversation was counted, and which years it has.
    pub(super) fn entries_of_years(&self, chat: &Chosen, years: &[i32]) -> Vec<DerivedEntry> {
        let Some(stamp) = self.stamp_of(chat) else {
            return Vec::new();
        };
        let data: Vec<u8> = years.iter().flat_map(|year| year.to_le_bytes()).collect();
        let kinds: &[u8] = if self.with_words { b"NW" } else { b"N" };
        kinds
            .iter()
            .map(|kind| DerivedEntry {
                name: name(chat.id, None, *kind),
                stamp,
                data: data.clone(),
            })
            .collect()
    }

    /// Keeps entries. That they cannot be kept costs only time the next time.
    pub(super) fn put(&mut self, entries: &[DerivedEntry]) -> Result<(), Error> {
        self.derived.put(TALLIES, entries)?;
        Ok(())
    }

    /// An answer that was given before.
    pub(super) fn answer(&self, key: &KeptAnswer) -> Result<Option<StatisticsReport>, Error> {
        let stamp = self.stamp(&self.stamp_of_all, false);
        let found = self.derived.get(ANSWERS, &key.0, &stamp)?;
        Ok(found.and_then(|bytes| {
            let (statistics, conversations, in_groups): Answer =
                rmp_serde::from_slice(&bytes).ok()?;
            Some(StatisticsReport {
                statistics,
                conversations,
                in_groups,
            })
        }))
    }

    /// Keeps an answer.
    pub(super) fn keep_answer(
        &mut self,
        key: &KeptAnswer,
        report: &StatisticsReport,
    ) -> Result<(), Error> {
        let stamp = self.stamp(&self.stamp_of_all, false);
        let answer = (&report.statistics, report.conversations, &report.in_groups);
        if let Ok(data) = rmp_serde::to_vec(&answer) {
            let name = key.0.clone();
            self.derived
                .put(ANSWERS, &[DerivedEntry { name, stamp, data }])?;
        }
        Ok(())
    }
}

type Answer = (Statistics, u64, Vec<(ConversationId, SenderTally)>);

fn name(conversation: ConversationId, year: Option<i32>, kind: u8) -> Vec<u8> {
    let mut name = conversation.0.to_vec();
    name.push(kind);
    if let Some(year) = year {
        name.extend(year.to_le_bytes());
    }
    name
}

fn read_years(bytes: &[u8]) -> Option<Vec<i32>> {
    let chunks = bytes.chunks_exact(4);
    if !chunks.remainder().is_empty() {
        return None;
    }
    Some(
        chunks
            .filter_map(|chunk| Some(i32::from_le_bytes(chunk.try_into().ok()?)))
            .collect(),
    )
}
