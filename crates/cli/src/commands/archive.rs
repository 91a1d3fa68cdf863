//! `hutong archive`.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, bail};
use hutong::model::{Names, Timestamp};
use hutong::{Cipher, Gap};
use serde_json::json;

use crate::archive_access::{
    create, folder, forget_device_key, new_passphrase, open, write_device_key,
};
use crate::args::{ArchiveArgs, ArchiveCommand, Shared};
use crate::language::Language;
use crate::output::{Output, Status, local_time, number, one_line, size};

pub(crate) fn run(args: &ArchiveArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    match &args.command {
        ArchiveCommand::Create => {
            let archive = create(&folder(shared)?, shared, output)?;
            output.line(&format!(
                "{} {}",
                output.pick("已建立", "made"),
                archive.folder().display()
            ))?;
            output.json(&json!({"type": "archive", "folder": archive.folder().to_string_lossy(), "id": archive.header().id}))?;
            Ok(Status::Done)
        }
        ArchiveCommand::Info | ArchiveCommand::Upgrade => info(shared, output),
        ArchiveCommand::Check => check(shared, output),
        ArchiveCommand::Gaps { chat } => gaps(chat.as_deref(), shared, output),
        ArchiveCommand::Rekey {
            new_passphrase_file,
            keep_on_this_machine,
        } => rekey(
            new_passphrase_file.as_ref(),
            *keep_on_this_machine,
            shared,
            output,
        ),
    }
}

/// Opening an archive brings it up to this version, so `upgrade` is `info`.
fn info(shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let archive = open(shared, output)?;
    let totals = archive.totals()?;
    let header = archive.header();
    let encryption = match header.cipher {
        Cipher::Standard => output.pick("AES-256（SQLCipher）", "AES-256 (SQLCipher)"),
        Cipher::None => output.pick("未加密", "not encrypted"),
    };
    let bytes = folder_size(archive.folder());
    let imports = archive.imports()?.len();
    output.line(&format!("{}", archive.folder().display()))?;
    for (zh, en, value) in [
        ("编号", "id", header.id.clone()),
        ("建立于", "made", header.created.clone()),
        ("加密", "encryption", encryption.to_owned()),
        ("大小", "size", size(bytes)),
        ("消息", "messages", number(totals.messages)),
        (
            "记录（含其他副本）",
            "records (other copies included)",
            number(totals.records),
        ),
        ("会话", "conversations", number(totals.conversations)),
        ("账号", "accounts", number(totals.accounts)),
        ("导入次数", "imports", number(imports as u64)),
    ] {
        output.line(&format!("  {}: {value}", output.pick(zh, en)))?;
    }
    output.json(&json!({
        "type": "archive", "folder": archive.folder().to_string_lossy(), "id": header.id, "created": header.created,
        "encrypted": header.cipher != Cipher::None, "bytes": bytes, "messages": totals.messages, "records": totals.records,
        "conversations": totals.conversations, "accounts": totals.accounts, "imports": imports,
    }))?;
    Ok(Status::Done)
}

fn folder_size(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn check(shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let archive = open(shared, output)?;
    let report = archive.check(&mut |_| true)?;
    for fault in &report.faults {
        output.line(fault)?;
        output.json(&json!({"type": "fault", "fault": fault}))?;
    }
    output.line(&format!(
        "{} {}, {} {} ({}): {}",
        number(report.records),
        output.pick("条记录", "records"),
        number(report.blobs),
        output.pick("个附件", "attachments"),
        size(report.blob_bytes),
        if report.faults.is_empty() {
            output.pick("全部相符", "all as they came").to_owned()
        } else {
            format!(
                "{} {}",
                report.faults.len(),
                output.pick("处不符", "faults")
            )
        }
    ))?;
    output.json(&json!({
        "type": "summary", "records": report.records, "blobs": report.blobs, "blob_bytes": report.blob_bytes,
        "faults": report.faults.len(),
    }))?;
    Ok(if report.faults.is_empty() {
        Status::Done
    } else {
        Status::Failed
    })
}

fn gaps(chat: Option<&str>, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let mut chats = match chat {
        Some(word) => vec![super::chats::one_chat(&archive, &names, word)?],
        None => archive.conversation_stats()?.into_keys().collect(),
    };
    chats.sort_unstable();
    let mut count = 0_u64;
    for chat in chats {
        let title = names.conversation_title(chat).unwrap_or_default();
        for gap in hutong::chat_gaps(&archive, chat, &zone)? {
            count += 1;
            match gap {
                Gap::Numbers {
                    first,
                    last,
                    after_ms,
                    before_ms,
                } => {
                    let missing = number((last - first + 1).unsigned_abs());
                    let span = if first == last {
                        first.to_string()
                    } else {
                        format!("{first}–{last}")
                    };
                    let (from, until) = (local_time(after_ms, &zone), local_time(before_ms, &zone));
                    output.line(&match output.language() {
                        Language::Zh => format!("{}：序号 {span} 缺 {missing} 条（{from} 至 {until}）", one_line(title)),
                        Language::En => format!("{}: {missing} messages are missing, numbers {span} ({from} to {until})", one_line(title)),
                    })?;
                    output.json(&json!({
                        "type": "gap", "kind": "numbers", "conversation": chat.to_hex(), "name": title,
                        "first": first, "last": last,
                        "after": Timestamp(after_ms).to_rfc3339(), "before": Timestamp(before_ms).to_rfc3339(),
                    }))?;
                }
                Gap::Silence { first, last, usual } => {
                    output.line(&match output.language() {
                        Language::Zh => format!("{}：{first} 至 {last} 没有消息，前后每天约 {usual} 条", one_line(title)),
                        Language::En => format!("{}: no message from {first} to {last}, where some {usual} a day are usual", one_line(title)),
                    })?;
                    output.json(&json!({
                        "type": "gap", "kind": "silence", "conversation": chat.to_hex(), "name": title,
                        "first": first.to_string(), "last": last.to_string(), "usual_per_day": usual,
                    }))?;
                }
            }
        }
    }
    if chat.is_none() {
        for file in hutong::missing_files(&archive)? {
            count += 1;
            output.line(&match output.language() {
                Language::Zh => format!("第 {} 次导入：缺少文件 {}", file.import, file.path),
                Language::En => {
                    format!("import {}: the file {} is missing", file.import, file.path)
                }
            })?;
            output.json(&json!({
                "type": "gap", "kind": "file", "import": file.import, "path": file.path,
            }))?;
        }
    }
    if count == 0 {
        output.say(output.pick("没有发现缺口", "no gaps were found"));
    }
    Ok(Status::Done)
}

fn rekey(
    file: Option<&PathBuf>,
    keep: bool,
    shared: &Shared,
    output: &Output,
) -> anyhow::Result<Status> {
    let mut archive = open(shared, output)?;
    let from_environment = std::env::var("HUTONG_NEW_PASSPHRASE")
        .ok()
        .filter(|text| !text.is_empty());
    let passphrase = match (file, from_environment) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty())
        }
        (None, Some(text)) => Some(text),
        (None, None) if std::io::stdin().is_terminal() => new_passphrase(output)?,
        (None, None) => None,
    };
    let Some(passphrase) = passphrase else {
        bail!("no new passphrase was given; use --new-passphrase-file or HUTONG_NEW_PASSPHRASE");
    };
    if keep && let Some(key) = archive.expose_key() {
        write_device_key(&archive.header().id, &key)?;
    }
    archive.rekey(Some(&passphrase), keep)?;
    if !keep {
        forget_device_key(&archive.header().id);
    }
    output.line(output.pick(
        "口令已更换；内容没有变",
        "the passphrase is changed; the content is as it was",
    ))?;
    output.json(&json!({"type": "archive", "id": archive.header().id, "rekeyed": true}))?;
    Ok(Status::Done)
}
