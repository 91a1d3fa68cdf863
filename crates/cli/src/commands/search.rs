//! `hutong search`.

use anyhow::Context;
use hutong::model::{MessageId, NameTable, Names, plain_text};
use hutong::{Archive, ArchiveError, Query, Reader, Selection, snippet};
use serde_json::json;

use crate::archive_access::open;
use crate::args::{SearchArgs, Shared};
use crate::output::{Output, Status, local_time, one_line};

/// Characters of a snippet.
const SNIPPET: usize = 60;

pub(crate) fn run(args: &SearchArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let mut reader = archive.reader()?;
    if let Some(path) = &args.batch {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            timed(
                line,
                args.limit,
                (&archive, &mut reader, &names),
                &zone,
                output,
            )?;
        }
        return Ok(Status::Done);
    }
    let query = Query::parse(&args.query.join(" "), &zone)?;
    let selection = archive.select(query, &names)?;
    let mut found = Vec::new();
    // One more than asked for tells whether there are more.
    reader.search::<ArchiveError>(&selection, &mut |message| {
        found.push(message);
        Ok(found.len() <= args.limit)
    })?;
    let has_more = found.len() > args.limit;
    found.truncate(args.limit);
    let words = selection.query().wanted_words();
    let mut line = Vec::new();
    for message in &mut found {
        if output.is_json() {
            reader.resolve_reply(message)?;
            line.clear();
            hutong::write_message_line(&mut line, message, &names);
            output.raw_json(&line)?;
            continue;
        }
        let mut cut = snippet(&plain_text(&message.parts), &words, SNIPPET);
        if cut.marks.is_empty() && !words.is_empty() {
            // What matched is not shown in the short form: a link's description, a quoted or forwarded line.
            cut = snippet(&Selection::words(message), &words, SNIPPET);
        }
        let chat = names
            .conversation_title(message.conversation)
            .unwrap_or_default();
        let sender = message
            .sender
            .and_then(|sender| names.display_name(message.conversation, sender))
            .or(message.sender_name.as_deref())
            .unwrap_or_default();
        output.line(&format!(
            "{}  {}  {}: {}{}{}  {}",
            local_time(message.sent_at.0, &zone),
            one_line(chat),
            one_line(sender),
            if cut.is_cut_before { "…" } else { "" },
            marked(&cut, output.has_colour()),
            if cut.is_cut_after { "…" } else { "" },
            message.id
        ))?;
    }
    if has_more {
        output.say(output.pick(
            "还有更多；用 --limit 多显示一些",
            "there are more; see them with --limit",
        ));
    } else if found.is_empty() {
        output.say(output.pick("没有找到", "nothing found"));
    }
    Ok(Status::Done)
}

fn marked(cut: &hutong::Snippet, has_colour: bool) -> String {
    if !has_colour {
        return one_line(&cut.text);
    }
    let mut out = String::new();
    let mut last = 0;
    for (from, to) in &cut.marks {
        out.push_str(&one_line(cut.text.get(last..*from).unwrap_or_default()));
        out.push_str("\u{1b}[1;33m");
        out.push_str(&one_line(cut.text.get(*from..*to).unwrap_or_default()));
        out.push_str("\u{1b}[0m");
        last = *to;
    }
    out.push_str(&one_line(cut.text.get(last..).unwrap_or_default()));
    out
}

/// Runs one query of a batch and prints how long the first hits took.
fn timed(
    line: &str,
    limit: usize,
    (archive, reader, names): (&Archive, &mut Reader, &NameTable),
    zone: &jiff::tz::TimeZone,
    output: &Output,
) -> anyhow::Result<()> {
    let started = std::time::Instant::now();
    let selection: Selection = archive.select(Query::parse(line, zone)?, names)?;
    let mut ids: Vec<MessageId> = Vec::new();
    reader.search::<ArchiveError>(&selection, &mut |message| {
        ids.push(message.id);
        Ok(ids.len() < limit)
    })?;
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    output.line(&format!("{milliseconds:9.3} ms  {:>6}  {line}", ids.len()))?;
    output.json(&json!({
        "type": "query", "query": line, "hits": ids.len(), "milliseconds": milliseconds,
        "ids": ids.iter().map(MessageId::to_hex).collect::<Vec<_>>(),
    }))
}
