//! `hutong stats`.

use hutong::model::Names;
use serde_json::json;

use crate::archive_access::open;
use crate::args::{Shared, StatsArgs};
use crate::output::{Output, Status, local_time, number, one_line};

/// Senders listed.
const SENDERS: usize = 20;

pub(crate) fn run(args: &StatsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let chats = match &args.chat {
        Some(word) => vec![super::show::one_chat(&archive, &names, word)?],
        None => archive.conversation_stats()?.into_keys().collect(),
    };
    let stats = hutong::chat_stats(&archive, &chats, &zone)?;
    output.line(&format!(
        "{} {}, {} {}",
        number(stats.messages),
        output.pick("条消息", "messages"),
        number(chats.len() as u64),
        output.pick("个会话", "conversations")
    ))?;
    if let Some((first, last)) = stats.span {
        output.line(&format!(
            "{} – {}",
            local_time(first, &zone),
            local_time(last, &zone)
        ))?;
    }
    let name = |id| {
        names
            .account(id)
            .map_or("?", hutong::model::Account::display_name)
    };
    output.line(output.pick("\n发送者", "\nsenders"))?;
    for (sender, count) in stats.senders.iter().take(SENDERS) {
        output.line(&format!(
            "{:>10}  {}",
            number(*count),
            one_line(name(*sender))
        ))?;
    }
    output.line(output.pick("\n类型", "\nkinds"))?;
    for (kind, count) in &stats.kinds {
        output.line(&format!("{:>10}  {}", number(*count), kind.as_str()))?;
    }
    output.line(output.pick("\n月份", "\nmonths"))?;
    for ((year, month), count) in &stats.months {
        output.line(&format!("{:>10}  {year}-{month:02}", number(*count)))?;
    }
    output.line(output.pick("\n钟点", "\nhours"))?;
    let most = stats.hours.iter().copied().max().unwrap_or(0).max(1);
    for (hour, count) in stats.hours.iter().enumerate() {
        let bar = "█".repeat(usize::try_from(count * 40 / most).unwrap_or(0));
        output.line(&format!("{:>10}  {hour:02}  {bar}", number(*count)))?;
    }
    output.json(&json!({
        "type": "stats",
        "messages": stats.messages,
        "conversations": chats.len(),
        "first": stats.span.map(|(first, _)| hutong::model::Timestamp(first).to_rfc3339()),
        "last": stats.span.map(|(_, last)| hutong::model::Timestamp(last).to_rfc3339()),
        "senders": stats.senders.iter().map(|(id, count)| json!({"id": id.to_hex(), "name": name(*id), "messages": count})).collect::<Vec<_>>(),
        "kinds": stats.kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect::<serde_json::Map<_, _>>(),
        "months": stats.months.iter().map(|((year, month), count)| (format!("{year}-{month:02}"), json!(count))).collect::<serde_json::Map<_, _>>(),
        "hours": stats.hours,
    }))?;
    Ok(Status::Done)
}
