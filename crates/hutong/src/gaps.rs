//! What may be missing from a chat: holes in the server's numbers, days of silence amid busy ones, files that are not there.

use std::collections::BTreeMap;

use hutong_archive::{Archive, ArchiveError, TimeWindow};
use hutong_model::{ConversationId, ConversationKind, NativeIdName, NativeValue, Platform};
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Days before and after a silence that must have been busy.
const NEIGHBOURS: i64 = 7;
/// Of these days so many must have messages on each side.
const BUSY_DAYS: usize = 6;
/// And so many messages a day on average.
const BUSY_MESSAGES: u64 = 5;
/// A jump in the numbers larger than this begins a new numbering: nobody lost a hundred million messages.
const LARGEST_HOLE: i64 = 100_000_000;

/// Something that may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The server numbered messages that are not here.
    Numbers {
        /// First missing number.
        first: i64,
        /// Last missing number.
        last: i64,
        /// The message before, milliseconds since 1970.
        after_ms: i64,
        /// The message behind.
        before_ms: i64,
    },
    /// No message on these days, though the weeks before and after were busy.
    Silence {
        /// First silent day, in the given zone.
        first: Date,
        /// Last silent day.
        last: Date,
        /// Messages a day around it.
        usual: u64,
    },
}

/// A file of a numbered row that an import did not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFile {
    /// Number of the import.
    pub import: i64,
    /// Name that it should have.
    pub path: String,
}

/// Looks for gaps in a chat.
///
/// # Errors
/// When the archive cannot be read.
pub fn chat_gaps(
    archive: &Archive,
    chat: ConversationId,
    zone: &TimeZone,
) -> Result<Vec<Gap>, ArchiveError> {
    let names = archive.names()?;
    // Only QQ numbers the messages of a group one by one, the same for everybody.
    let is_numbered = names.conversations.get(&chat).is_some_and(|conversation| {
        conversation.platform == Some(Platform::Qq) && conversation.kind == ConversationKind::Group
    });
    let mut numbers: Vec<(i64, i64)> = Vec::new();
    let mut days: BTreeMap<Date, u64> = BTreeMap::new();
    let mut reader = archive.reader()?.with_threads();
    reader.conversation::<ArchiveError>(chat, TimeWindow::default(), &mut |message| {
        if is_numbered {
            let number = message.native_ids.iter().find_map(|id| match &id.value {
                NativeValue::Integer(number) if id.name == NativeIdName::Sequence => Some(*number),
                NativeValue::Text(text) if id.name == NativeIdName::Sequence => text.parse().ok(),
                _ => None,
            });
            numbers.extend(
                number
                    .filter(|number| *number > 0)
                    .map(|number| (number, message.sent_at.0)),
            );
        }
        if !message.is_hidden
            && let Ok(instant) = jiff::Timestamp::from_millisecond(message.sent_at.0)
        {
            *days.entry(zone.to_datetime(instant).date()).or_default() += 1;
        }
        Ok(true)
    })?;
    let mut gaps = holes(numbers);
    gaps.extend(silences(&days));
    Ok(gaps)
}

fn holes(mut numbers: Vec<(i64, i64)>) -> Vec<Gap> {
    numbers.sort_unstable();
    numbers.dedup_by_key(|(number, _)| *number);
    numbers
        .windows(2)
        .filter_map(|pair| {
            let [(one, after_ms), (other, before_ms)] = pair else {
                return None;
            };
            let is_hole = other - one > 1 && other - one < LARGEST_HOLE;
            is_hole.then_some(Gap::Numbers {
                first: one + 1,
                last: other - 1,
                after_ms: *after_ms,
                before_ms: *before_ms,
            })
        })
        .collect()
}

fn silences(days: &BTreeMap<Date, u64>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let dates: Vec<Date> = days.keys().copied().collect();
    for pair in dates.windows(2) {
        let [one, other] = pair else { continue };
        let (Ok(first), Ok(last)) = (one.tomorrow(), other.yesterday()) else {
            continue;
        };
        if first > last {
            continue;
        }
        let before = around(days, *one, -1);
        let after = around(days, *other, 1);
        let is_busy = |(active, messages): (usize, u64)| {
            active >= BUSY_DAYS && messages >= BUSY_MESSAGES * NEIGHBOURS.unsigned_abs()
        };
        if is_busy(before) && is_busy(after) {
            gaps.push(Gap::Silence {
                first,
                last,
                usual: (before.1 + after.1) / (2 * NEIGHBOURS.unsigned_abs()),
            });
        }
    }
    gaps
}

/// Active days and messages of the week that ends or begins with a day.
fn around(days: &BTreeMap<Date, u64>, day: Date, direction: i64) -> (usize, u64) {
    let span = jiff::Span::new().days((NEIGHBOURS - 1) * direction);
    let Ok(far) = day.checked_add(span) else {
        return (0, 0);
    };
    let (first, last) = if far < day { (far, day) } else { (day, far) };
    let mut active = 0;
    let mut messages = 0;
    for (_, count) in days.range(first..=last) {
        active += 1;
        messages += count;
    }
    (active, messages)
}

/// Files that the names of an import's other files count on: `MSG0.db` and `MSG2.db` without `MSG1.db`.
///
/// # Errors
/// When the archive cannot be read.
pub fn missing_files(archive: &Archive) -> Result<Vec<MissingFile>, ArchiveError> {
    let mut missing = Vec::new();
    for report in archive.imports()? {
        let mut rows: BTreeMap<(String, String), Vec<u64>> = BTreeMap::new();
        for file in &report.files {
            if let Some((before, number, after)) = numbered(&file.path) {
                rows.entry((before, after)).or_default().push(number);
            }
        }
        for ((before, after), mut numbers) in rows {
            numbers.sort_unstable();
            let last = numbers.last().copied().unwrap_or(0);
            // A number that is no place in a row (an account, a date) would miss thousands.
            if last > 200 || numbers.len() < 2 {
                continue;
            }
            missing.extend(
                (0..last)
                    .filter(|number| !numbers.contains(number))
                    .filter(|number| *number > 0 || numbers.first() != Some(&1))
                    .map(|number| MissingFile {
                        import: report.number,
                        path: format!("{before}{number}{after}"),
                    }),
            );
        }
    }
    Ok(missing)
}

/// A file name as what stands before its number, the number, and its ending; only databases are numbered in rows.
fn numbered(path: &str) -> Option<(String, u64, String)> {
    let (stem, ending) = path.rsplit_once('.')?;
    if !matches!(
        ending.to_ascii_lowercase().as_str(),
        "db" | "sqlite" | "jsonl"
    ) {
        return None;
    }
    let digits = stem.bytes().rev().take_while(u8::is_ascii_digit).count();
    let at = stem.len() - digits;
    let number = stem.get(at..)?.parse().ok()?;
    Some((stem.get(..at)?.to_owned(), number, format!(".{ending}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_lie_between_numbers_and_not_between_numberings() {
        let gaps = holes(vec![(5, 50), (3, 30), (3, 31), (9, 90), (900_000_000, 91)]);
        let ends: Vec<_> = gaps
            .iter()
            .map(|gap| match gap {
                Gap::Numbers { first, last, .. } => (*first, *last),
                Gap::Silence { .. } => (0, 0),
            })
            .collect();
        assert_eq!(ends, [(4, 4), (6, 8)]);
    }

    #[test]
    fn a_silence_counts_only_amid_busy_weeks() {
        let day = |number: i64| {
            jiff::civil::date(2024, 1, 1)
                .checked_add(jiff::Span::new().days(number))
                .unwrap()
        };
        let mut days: BTreeMap<Date, u64> = (0..30).map(|number| (day(number), 20)).collect();
        for silent in [14, 15] {
            days.remove(&day(silent));
        }
        // Later days are quiet anyway.
        days.insert(day(60), 1);
        assert_eq!(
            silences(&days),
            [Gap::Silence {
                first: day(14),
                last: day(15),
                usual: 20
            }]
        );
    }

    #[test]
    fn names_of_databases_count_and_others_do_not() {
        assert_eq!(
            numbered("Msg/Multi/MSG12.db"),
            Some(("Msg/Multi/MSG".to_owned(), 12, ".db".to_owned()))
        );
        assert_eq!(numbered("chat-2024.txt"), None);
        assert_eq!(numbered("MicroMsg.db"), None);
    }
}
