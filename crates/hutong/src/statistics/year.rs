//! A year in review: the numbers of a year with the names that they belong to.

use hutong_archive::{Archive, Progress, Reader};
use hutong_model::{
    Account, ConversationId, ConversationKind, MessageId, NameTable, Names, plain_text,
};
use hutong_stats::chart::{RankedRow, clean};
use hutong_stats::{Excerpt, YearReview};
use jiff::tz::TimeZone;

use super::{StatisticsRequest, StatisticsScope, statistics, years_window};
use crate::Error;

/// Names in a list of the review.
const LISTED: usize = 50;
/// Characters of a message that is told of.
const EXCERPT: usize = 80;

/// Which year, of what.
#[derive(Clone, Debug)]
pub struct YearRequest<'a> {
    /// The local year.
    pub year: i32,
    /// Only this conversation.
    pub chat: Option<ConversationId>,
    /// Whose days and hours.
    pub zone: &'a TimeZone,
    /// How far it has come; `stop` ends it.
    pub progress: &'a Progress,
}

/// Looks back on a year.
///
/// # Errors
/// When the archive cannot be read, or [`Error::Cancelled`].
pub fn year_review(
    archive: &Archive,
    names: &NameTable,
    request: &YearRequest<'_>,
) -> Result<YearReview, Error> {
    let ask = |year| {
        let request = StatisticsRequest {
            scope: request.chat.map_or(StatisticsScope::Everything, |chat| {
                StatisticsScope::Chats(vec![chat])
            }),
            window: years_window(request.zone, year, year),
            zone: request.zone,
            with_words: true,
            progress: request.progress,
        };
        statistics(archive, names, &request).map(|report| report.statistics)
    };
    let it = ask(request.year)?;
    let before = ask(request.year.saturating_sub(1))?.messages;
    let title = |id| names.conversation_title(id).unwrap_or("?").to_owned();
    let of_kind = |kind: ConversationKind| -> Vec<RankedRow> {
        let is_kind = |id: &ConversationId| {
            names
                .conversations
                .get(id)
                .is_some_and(|chat| chat.kind == kind)
        };
        it.chats
            .iter()
            .filter(|(id, ..)| request.chat.is_none() && is_kind(id))
            .take(LISTED)
            .map(|(id, count, ..)| RankedRow {
                name: title(*id),
                count: *count,
            })
            .collect()
    };
    let senders = it
        .senders
        .iter()
        .filter(|_| request.chat.is_some())
        .take(LISTED)
        .map(|(id, sender)| RankedRow {
            name: names
                .account(*id)
                .map_or("?", Account::display_name)
                .to_owned(),
            count: sender.messages,
        })
        .collect();
    let (new_chats, new_chat_count) = new_chats(archive, names, request, &it.chats)?;
    let mut reader = archive.reader()?;
    let mut excerpt = |id| excerpt(&mut reader, names, request.zone, id);
    Ok(YearReview {
        year: request.year,
        chat: request.chat.map(title),
        messages_before: Some(before).filter(|before| *before > 0),
        people: of_kind(ConversationKind::Direct),
        groups: of_kind(ConversationKind::Group),
        senders,
        new_chats,
        new_chat_count,
        first: it
            .first
            .map(|it| excerpt(it.message))
            .transpose()?
            .flatten(),
        last: it.last.map(|it| excerpt(it.message)).transpose()?.flatten(),
        latest: it
            .latest
            .map(|it| excerpt(it.message))
            .transpose()?
            .flatten(),
        statistics: it,
    })
}

/// Conversations with people whose first message of all lies in the year, those with most messages first.
fn new_chats(
    archive: &Archive,
    names: &NameTable,
    request: &YearRequest<'_>,
    chats: &[(ConversationId, u64, u64, bool)],
) -> Result<(Vec<RankedRow>, u64), Error> {
    if request.chat.is_some() {
        return Ok((Vec::new(), 0));
    }
    let window = years_window(request.zone, request.year, request.year);
    let stats = archive.conversation_stats()?;
    let began: Vec<_> = chats
        .iter()
        .filter(|(id, ..)| {
            let kind = names.conversations.get(id).map(|chat| chat.kind);
            matches!(
                kind,
                Some(ConversationKind::Direct | ConversationKind::Group)
            ) && stats
                .get(id)
                .is_some_and(|stats| window.contains(stats.first_ms))
        })
        .collect();
    let rows = began
        .iter()
        .take(LISTED)
        .map(|(id, count, ..)| RankedRow {
            name: names.conversation_title(*id).unwrap_or("?").to_owned(),
            count: *count,
        })
        .collect();
    Ok((rows, began.len() as u64))
}

/// The beginning of a message, with who wrote it where and when.
fn excerpt(
    reader: &mut Reader,
    names: &NameTable,
    zone: &TimeZone,
    id: MessageId,
) -> Result<Option<Excerpt>, Error> {
    let Some(message) = reader.message(id)? else {
        return Ok(None);
    };
    let when = jiff::Timestamp::from_millisecond(message.sent_at.0)
        .map(|at| zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string())
        .unwrap_or_default();
    let sender = message
        .sender
        .and_then(|sender| names.display_name(message.conversation, sender))
        .or(message.sender_name.as_deref())
        .unwrap_or_default();
    Ok(Some(Excerpt {
        chat: names
            .conversation_title(message.conversation)
            .unwrap_or_default()
            .to_owned(),
        sender: sender.to_owned(),
        text: clean(&plain_text(&message.parts), EXCERPT),
        when,
        conversation: message.conversation,
        message: message.id,
    }))
}
