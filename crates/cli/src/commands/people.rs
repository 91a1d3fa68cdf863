//! `hutong people`: who is in the archive, and which accounts are one human being.

use std::collections::HashMap;

use anyhow::bail;
use hutong::model::{Account, AccountId, NameTable, Names, Timestamp};
use hutong::{Archive, Likeness, NamePattern};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{PeopleArgs, PeopleCommand, Shared};
use crate::output::{Output, Status, one_line};

/// Suggestions that are listed.
const SUGGESTED: usize = 50;

pub(crate) fn people(
    args: &PeopleArgs,
    shared: &Shared,
    output: &Output,
) -> anyhow::Result<Status> {
    match &args.command {
        Some(PeopleCommand::Link { account, other }) => {
            return link(account, other, shared, output);
        }
        Some(PeopleCommand::Unlink { account }) => return unlink(account, shared, output),
        Some(PeopleCommand::Links) => return links(shared, output),
        None => {}
    }
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
            "labels": account.labels,
            "same_person": others(&archive, account.id), "groups": groups.get(&account.id).copied().unwrap_or(0),
        }))?;
    }
    Ok(Status::Done)
}

/// Ids of the accounts that this one is joined with.
fn others(archive: &Archive, account: AccountId) -> Vec<String> {
    archive
        .same_person(account)
        .into_iter()
        .filter(|other| *other != account)
        .map(|other| other.to_hex())
        .collect()
}

/// `微信 张三 (wxid_zhang)`.
fn told(names: &NameTable, id: AccountId) -> String {
    names.account(id).map_or_else(
        || id.to_hex(),
        |account| {
            let platform = account.platform.as_ref();
            format!(
                "{} {} ({})",
                platform.map_or("", |platform| platform.as_str()),
                one_line(account.display_name()),
                account.native_id
            )
        },
    )
}

/// The one account that a word names: by its id first, then by a name that only it bears.
fn one_account(names: &NameTable, word: &str) -> anyhow::Result<AccountId> {
    let pattern = NamePattern::new(word);
    let has_id = |account: &Account| {
        account.id.to_hex() == word
            || pattern.is(&account.native_id)
            || account
                .second_id
                .as_deref()
                .is_some_and(|id| pattern.is(id))
    };
    let names_of = |account: &Account| {
        [&account.nickname, &account.remark, &account.alias]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
    };
    let find = |is_meant: &dyn Fn(&Account) -> bool| {
        let mut found: Vec<AccountId> = names
            .accounts
            .values()
            .filter(|account| is_meant(account))
            .map(|account| account.id)
            .collect();
        found.sort_unstable();
        found
    };
    let mut several = Vec::new();
    let tries: [&dyn Fn(&Account) -> bool; 3] = [
        &has_id,
        &|account| names_of(account).iter().any(|name| name == word),
        &|account| names_of(account).iter().any(|name| pattern.matches(name)),
    ];
    for is_meant in tries {
        let found = find(is_meant);
        if let [one] = found.as_slice() {
            return Ok(*one);
        }
        if !found.is_empty() {
            several = found;
            break;
        }
    }
    if several.is_empty() {
        bail!("nobody is called {word}");
    }
    let list: Vec<String> = several
        .iter()
        .take(10)
        .map(|id| format!("{}  {}", id.to_hex(), told(names, *id)))
        .collect();
    bail!(
        "{word} names {} accounts; use the id of one of them:\n  {}",
        several.len(),
        list.join("\n  ")
    )
}

fn link(account: &str, other: &str, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let mut archive = open(shared, output)?;
    let names = archive.names()?;
    let (one, two) = (one_account(&names, account)?, one_account(&names, other)?);
    if one == two {
        bail!("{account} and {other} are the same account");
    }
    let moved = archive.join_accounts(one, two, now_ms())?;
    let is_new = moved.is_some_and(|moved| !moved.is_empty());
    let said = if is_new {
        output.pick("合为一人", "one person")
    } else {
        output.pick("早已合为一人", "one person already")
    };
    output.line(&format!(
        "{said}: {} + {}",
        told(&names, one),
        told(&names, two)
    ))?;
    output.json(&json!({
        "type": "person", "accounts": archive.same_person(one).iter().map(AccountId::to_hex).collect::<Vec<_>>(),
        "changed": is_new,
    }))?;
    Ok(Status::Done)
}

fn unlink(account: &str, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let mut archive = open(shared, output)?;
    let names = archive.names()?;
    let id = one_account(&names, account)?;
    if !archive.separate_accounts(&[id])? {
        bail!("{account} is not joined with another account; see: hutong people links");
    }
    output.line(&format!(
        "{}: {}",
        output.pick("已分开", "taken out"),
        told(&names, id)
    ))?;
    output.json(&json!({"type": "unlink", "account": id.to_hex()}))?;
    Ok(Status::Done)
}

fn links(shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let archive = open(shared, output)?;
    let names = archive.names()?;
    for person in archive.persons()? {
        let accounts: Vec<String> = person.accounts.iter().map(|id| told(&names, *id)).collect();
        output.line(&accounts.join(" + "))?;
        output.json(&json!({
            "type": "person", "accounts": person.accounts.iter().map(AccountId::to_hex).collect::<Vec<_>>(),
            "made_at": Timestamp(person.made_at_ms).to_rfc3339(),
        }))?;
    }
    let suggestions = archive.suggest_persons(&names, SUGGESTED);
    if !suggestions.is_empty() {
        output.line(output.pick(
            "可能是同一个人（由你决定）：",
            "Perhaps one person (you decide):",
        ))?;
    }
    for suggestion in suggestions {
        let (reason, why, word) = match &suggestion.reason {
            Likeness::Number(number) => ("number", output.pick("号码相同", "same number"), number),
            Likeness::Remark(name) => (
                "remark",
                output.pick("备注相同", "you call both the same"),
                name,
            ),
            Likeness::Name(name) => ("name", output.pick("名字相同", "same name"), name),
        };
        output.line(&format!(
            "  {} + {}  ({why}: {})",
            told(&names, suggestion.account),
            told(&names, suggestion.other),
            one_line(word)
        ))?;
        output.json(&json!({
            "type": "suggestion", "account": suggestion.account.to_hex(), "other": suggestion.other.to_hex(),
            "reason": reason, "word": word,
        }))?;
    }
    Ok(Status::Done)
}
