//! `hutong chats` and `hutong people`.

use std::collections::HashMap;

use hutong::NamePattern;
use hutong::model::{AccountId, Names, Timestamp};
use serde_json::json;

use crate::archive_access::open;
use crate::args::{ChatsArgs, Shared};
use crate::output::{Output, Status, local_time, number, one_line};

pub(crate) fn chats(args: &ChatsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
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

pub(crate) fn people(args: &ChatsArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let pattern = args.name.as_deref().map(NamePattern::new);
    let mut groups: HashMap<AccountId, u64> = HashMap::new();
    for (_, account) in names.members.keys() {
        *groups.entry(*account).or_default() += 1;
    }
    let mut listed: Vec<_> = names
        .accounts
        .values()
        .filter(|account| {
            pattern.as_ref().is_none_or(|pattern| {
                pattern.is(&account.native_id)
                    || [&account.nickname, &account.remark, &account.alias]
                        .into_iter()
                        .flatten()
                        .any(|name| pattern.matches(name))
            })
        })
        .collect();
    listed.sort_by(|one, other| {
        (!one.is_owner, !one.is_contact, one.display_name(), one.id).cmp(&(
            !other.is_owner,
            !other.is_contact,
            other.display_name(),
            other.id,
        ))
    });
    for account in listed {
        let platform = account
            .platform
            .as_ref()
            .map_or("", |platform| platform.as_str());
        let mark = if account.is_owner {
            output.pick("本人", "owner")
        } else if account.is_contact {
            output.pick("联系人", "contact")
        } else {
            ""
        };
        output.line(&format!(
            "{platform:<7} {}  ({})  {mark}",
            one_line(account.display_name()),
            account.native_id
        ))?;
        output.json(&json!({
            "type": "account", "id": account.id.to_hex(), "platform": platform, "native_id": account.native_id,
            "second_id": account.second_id, "name": account.display_name(), "nickname": account.nickname,
            "remark": account.remark, "alias": account.alias, "owner": account.is_owner, "contact": account.is_contact,
            "labels": account.labels, "groups": groups.get(&account.id).copied().unwrap_or(0),
        }))?;
    }
    Ok(Status::Done)
}
