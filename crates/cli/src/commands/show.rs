//! `hutong show`.

use std::collections::VecDeque;

use anyhow::{Context, bail};
use hutong::model::{ConversationId, Message, MessageId, NameTable, Names, State, plain_text};
use hutong::{Archive, ArchiveError, Query, Reader, TimeWindow};
use jiff::tz::TimeZone;

use crate::archive_access::open;
use crate::args::{Shared, ShowArgs};
use crate::output::{Output, Status, local_time, one_line};

pub(crate) fn run(args: &ShowArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let chat = one_chat(&archive, &names, &args.chat)?;
    let mut reader = archive.reader()?;
    let (around, limit) = (args.around.as_deref(), args.limit.max(1));
    let messages = match around {
        None => before(&mut reader, chat, i64::MAX, limit)?,
        Some(around) => {
            let (at, is_after) = instant(&mut reader, around, &zone)?;
            let earlier = if is_after { limit / 4 } else { limit / 2 };
            let mut messages = before(&mut reader, chat, at, earlier)?;
            messages.extend(after(&mut reader, chat, at, limit - earlier)?);
            messages
        }
    };
    output.say(names.conversation_title(chat).unwrap_or_default());
    let mut line = Vec::new();
    for message in &messages {
        if output.is_json() {
            line.clear();
            hutong::write_message_line(&mut line, message, &names);
            output.raw_json(&line)?;
        } else {
            output.line(&describe(message, &names, &zone))?;
        }
    }
    Ok(Status::Done)
}

/// The one conversation that a word names; an exact id or title wins over a part of one.
pub(crate) fn one_chat(
    archive: &Archive,
    names: &NameTable,
    word: &str,
) -> anyhow::Result<ConversationId> {
    let mut found = archive.find_chats(&[word.to_owned()], names);
    let stats = archive.conversation_stats()?;
    found.retain(|id| stats.contains_key(id));
    let exact: Vec<_> = found
        .iter()
        .copied()
        .filter(|id| {
            names.conversation_title(*id) == Some(word)
                || id.to_hex() == word
                || names
                    .conversation(*id)
                    .is_some_and(|conversation| conversation.native_id == word)
        })
        .collect();
    match (exact.as_slice(), found.as_slice()) {
        ([only], _) | ([], [only]) => Ok(*only),
        ([], []) => bail!("no chat answers to “{word}”; see `hutong chats`"),
        _ => {
            let list: Vec<String> = found
                .iter()
                .take(10)
                .map(|id| {
                    let native_id = names
                        .conversation(*id)
                        .map(|conversation| conversation.native_id.as_str());
                    format!(
                        "{} ({})",
                        names.conversation_title(*id).unwrap_or_default(),
                        native_id.unwrap_or_default()
                    )
                })
                .collect();
            bail!(
                "several chats answer to “{word}”: {}; name one by its id",
                list.join(", ")
            )
        }
    }
}

/// The instant that `--around` means, and whether it is a date (of which mostly what follows is wanted).
fn instant(reader: &mut Reader, around: &str, zone: &TimeZone) -> anyhow::Result<(i64, bool)> {
    if let Some(id) = MessageId::from_hex(around) {
        let message = reader
            .message(id)?
            .with_context(|| format!("there is no message {around}"))?;
        return Ok((message.sent_at.0, false));
    }
    let query = Query::parse(&format!("after:{around}"), zone)?;
    Ok((query.since_ms.unwrap_or_default(), true))
}

/// The last `limit` messages before an instant, oldest first.
fn before(
    reader: &mut Reader,
    chat: ConversationId,
    at_ms: i64,
    limit: usize,
) -> Result<Vec<Message>, ArchiveError> {
    let mut last: VecDeque<Message> = VecDeque::new();
    if limit == 0 {
        return Ok(Vec::new());
    }
    // The newest message first, then windows that grow until they hold enough.
    let newest = reader.last_before(chat, at_ms)?;
    let Some(newest) = newest else {
        return Ok(Vec::new());
    };
    let mut width = 24 * 3_600_000_i64;
    loop {
        last.clear();
        let window = TimeWindow {
            since_ms: newest.saturating_sub(width),
            before_ms: at_ms,
        };
        reader.conversation::<ArchiveError>(chat, window, &mut |message| {
            if last.len() == limit {
                last.pop_front();
            }
            last.push_back(message);
            Ok(true)
        })?;
        if last.len() == limit || window.since_ms <= 0 {
            return Ok(last.into());
        }
        width = width.saturating_mul(8);
    }
}

/// The first `limit` messages from an instant on.
fn after(
    reader: &mut Reader,
    chat: ConversationId,
    at_ms: i64,
    limit: usize,
) -> Result<Vec<Message>, ArchiveError> {
    let mut messages = Vec::new();
    let window = TimeWindow {
        since_ms: at_ms,
        before_ms: i64::MAX,
    };
    reader.conversation::<ArchiveError>(chat, window, &mut |message| {
        messages.push(message);
        Ok(messages.len() < limit)
    })?;
    Ok(messages)
}

/// A message as one line for people.
pub(crate) fn describe(message: &Message, names: &NameTable, zone: &TimeZone) -> String {
    let mut line = local_time(message.sent_at.0, zone);
    line.push_str("  ");
    if let Some(sender) = message.sender {
        let name = names
            .display_name(message.conversation, sender)
            .or(message.sender_name.as_deref())
            .unwrap_or("?");
        line.push_str(&one_line(name));
        line.push_str(": ");
    }
    line.push_str(&one_line(&plain_text(&message.parts)));
    match message.state {
        State::Normal => {}
        State::Recalled { .. } => line.push_str("  [撤回 recalled]"),
        State::Deleted => line.push_str("  [已删除 deleted]"),
    }
    line
}
