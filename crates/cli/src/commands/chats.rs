//! `hutong chats` with its links.

use anyhow::{Context, bail};
use hutong::model::{ConversationId, NameTable, Names, Timestamp};
use hutong::{Archive, LinkReason, NamePattern};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{ChatsArgs, ChatsCommand, Shared};
use crate::output::{Output, Status, local_time, number, one_line};

pub(crate) fn chats(args: &ChatsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    match &args.command {
        Some(ChatsCommand::Link { chat, into }) => return link(chat, into, shared, output),
        Some(ChatsCommand::Unlink { chat }) => return unlink(chat, shared, output),
        Some(ChatsCommand::Links) => return links(shared, output),
        None => {}
    }
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let stats = archive.conversation_stats()?;
    let wanted = args
        .name
        .as_ref()
        .map(|name| archive.find_chats(std::slice::from_ref(name), &names));
    let mut listed: Vec<_> = stats
        .into_iter()
        .filter(|(id, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(id)))
        .collect();
    listed.sort_by_key(|(id, stats)| (std::cmp::Reverse(stats.last_ms), *id));
    for (id, stats) in listed {
        let conversation = names.conversation(id);
        let title = names.conversation_title(id).unwrap_or_default();
        let platform = conversation
            .and_then(|conversation| conversation.platform.as_ref())
            .map_or("", |platform| platform.as_str());
        let kind = conversation.map_or("", |conversation| conversation.kind.as_str());
        let native_id = conversation.map_or("", |conversation| conversation.native_id.as_str());
        output.line(&format!(
            "{}  {platform:<7} {kind:<8} {:>10}  {}  ({native_id})",
            local_time(stats.last_ms, &zone),
            number(stats.messages),
            one_line(title)
        ))?;
        output.json(&json!({
            "type": "conversation", "id": id.to_hex(), "platform": platform, "kind": kind, "native_id": native_id,
            "name": title, "messages": stats.messages,
            "first": Timestamp(stats.first_ms).to_rfc3339(), "last": Timestamp(stats.last_ms).to_rfc3339(),
        }))?;
    }
    Ok(Status::Done)
}

/// The one chat that a word names.
pub(crate) fn one_chat(
    archive: &Archive,
    names: &NameTable,
    word: &str,
) -> anyhow::Result<ConversationId> {
    let mut found = archive.find_chats(&[word.to_owned()], names);
    found.sort_unstable();
    match found.as_slice() {
        [] => bail!("there is no chat called {word}"),
        [one] => Ok(*one),
        several => {
            let is_titled = |id: &&ConversationId| names.conversation_title(**id) == Some(word);
            let has_id = |id: &&ConversationId| {
                names
                    .conversation(**id)
                    .is_some_and(|conversation| conversation.native_id == word)
            };
            let by_id: Vec<_> = several.iter().filter(has_id).collect();
            let by_title: Vec<_> = several.iter().filter(is_titled).collect();
            for exact in [by_id, by_title] {
                if let [one] = exact.as_slice() {
                    return Ok(**one);
                }
            }
            let list: Vec<String> = several
                .iter()
                .take(10)
                .map(|id| {
                    let title = names.conversation_title(*id).unwrap_or_default();
                    format!("{}  {}", id.to_hex(), one_line(title))
                })
                .collect();
            bail!(
                "{word} names {} chats; use the id of one of them:\n  {}",
                several.len(),
                list.join("\n  ")
            )
        }
    }
}

fn link(chat: &str, into: &str, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let mut archive = open(shared, output)?;
    let names = archive.names()?;
    let (from, to) = (
        one_chat(&archive, &names, chat)?,
        one_chat(&archive, &names, into)?,
    );
    if from == to {
        bail!("{chat} and {into} are the same chat");
    }
    let platform = |id| {
        names
            .conversation(id)
            .and_then(|conversation| conversation.platform.clone())
    };
    if platform(from) != platform(to) {
        bail!(
            "{chat} and {into} are chats of different messengers; only copies of one chat can be linked"
        );
    }
    let before = archive.totals()?.messages;
    archive.link_conversations(from, to, now_ms())?;
    let common = before - archive.totals()?.messages.min(before);
    output.line(&format!(
        "{}: {} → {}; {} {}",
        output.pick("已合并显示", "linked"),
        one_line(names.conversation_title(from).unwrap_or(chat)),
        one_line(names.conversation_title(to).unwrap_or(into)),
        number(common),
        output.pick("条两边都有", "messages stand in both")
    ))?;
    output.json(&json!({
        "type": "link", "conversation": from.to_hex(), "into": to.to_hex(), "common": common,
    }))?;
    Ok(Status::Done)
}

fn unlink(chat: &str, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let mut archive = open(shared, output)?;
    let names = archive.names()?;
    let pattern = NamePattern::new(chat);
    let links: Vec<_> = archive
        .conversation_links()?
        .into_iter()
        .filter(|link| {
            link.conversation.to_hex() == chat
                || link.into.to_hex() == chat
                || pattern.matches(&link.title)
                || names
                    .conversation_title(link.into)
                    .is_some_and(|title| pattern.matches(title))
        })
        .collect();
    let link = match links.as_slice() {
        [] => bail!("no linked chat is called {chat}; see: hutong chats links"),
        [one] => one,
        several => several
            .iter()
            .find(|link| link.conversation.to_hex() == chat)
            .with_context(|| {
                format!("{chat} names several links; use an id from: hutong chats links")
            })?,
    };
    archive.unlink_conversation(link.conversation)?;
    output.line(&format!(
        "{}: {}",
        output.pick("已分开", "taken apart"),
        one_line(&link.title)
    ))?;
    output.json(&json!({
        "type": "unlink", "conversation": link.conversation.to_hex(), "into": link.into.to_hex(),
    }))?;
    Ok(Status::Done)
}

fn links(shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let archive = open(shared, output)?;
    let names = archive.names()?;
    for link in archive.conversation_links()? {
        let by = match link.reason {
            LinkReason::User => output.pick("由你合并", "by you"),
            LinkReason::Content => output.pick("标题和消息相同", "same title and messages"),
            LinkReason::Digest => output.pick(
                "只知道摘要的会话，摘要与此会话的账号相符",
                "known only by a digest, which is that of this chat's id",
            ),
        };
        output.line(&format!(
            "{}  {} → {}  ({by})",
            link.conversation.to_hex(),
            one_line(&link.title),
            one_line(names.conversation_title(link.into).unwrap_or_default())
        ))?;
        output.json(&json!({
            "type": "link", "conversation": link.conversation.to_hex(), "title": link.title,
            "into": link.into.to_hex(), "by": link.reason.as_str(), "by_user": link.reason == LinkReason::User,
            "made_at": Timestamp(link.made_at_ms).to_rfc3339(),
        }))?;
    }
    Ok(Status::Done)
}
