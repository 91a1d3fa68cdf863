//! Figures about chats.

use hutong_archive::{Archive, ArchiveError, TimeWindow};
use hutong_model::{AccountId, ConversationId, PartKind};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

/// Figures about one chat, or about several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChatStats {
    /// Messages, service rows not counted.
    pub messages: u64,
    /// By sender, most first.
    pub senders: Vec<(AccountId, u64)>,
    /// By kind, most first.
    pub kinds: Vec<(PartKind, u64)>,
    /// By local hour of the day.
    pub hours: [u64; 24],
    /// By local year and month, oldest first.
    pub months: Vec<((i16, i8), u64)>,
    /// Oldest and newest message, milliseconds since 1970.
    pub span: Option<(i64, i64)>,
}

/// Counts the messages of these chats.
///
/// # Errors
/// When the archive cannot be read.
pub fn chat_stats(
    archive: &Archive,
    chats: &[ConversationId],
    zone: &TimeZone,
) -> Result<ChatStats, ArchiveError> {
    let mut stats = ChatStats::default();
    let mut senders: FxHashMap<AccountId, u64> = FxHashMap::default();
    let mut kinds: FxHashMap<PartKind, u64> = FxHashMap::default();
    let mut months: FxHashMap<(i16, i8), u64> = FxHashMap::default();
    let mut reader = archive.reader()?;
    for chat in chats {
        reader.conversation::<ArchiveError>(*chat, TimeWindow::default(), &mut |message| {
            if message.is_hidden {
                return Ok(true);
            }
            stats.messages += 1;
            if let Some(sender) = message.sender {
                *senders.entry(sender).or_default() += 1;
            }
            *kinds.entry(message.kind()).or_default() += 1;
            let at = message.sent_at.0;
            stats.span = Some(
                stats
                    .span
                    .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
            );
            if let Ok(instant) = jiff::Timestamp::from_millisecond(at) {
                let local = zone.to_datetime(instant);
                *months.entry((local.year(), local.month())).or_default() += 1;
                if let Some(hour) = usize::try_from(local.hour())
                    .ok()
                    .and_then(|hour| stats.hours.get_mut(hour))
                {
                    *hour += 1;
                }
            }
            Ok(true)
        })?;
    }
    stats.senders = senders.into_iter().collect();
    stats
        .senders
        .sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
    stats.kinds = kinds.into_iter().collect();
    stats
        .kinds
        .sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    stats.months = months.into_iter().collect();
    stats.months.sort_unstable();
    Ok(stats)
}
