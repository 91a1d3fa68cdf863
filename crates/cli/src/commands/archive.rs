//! `hutong archive`.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, bail};
use hutong::Cipher;
use serde_json::json;

use crate::archive_access::{
    create, folder, forget_device_key, new_passphrase, open, write_device_key,
};
use crate::args::{ArchiveArgs, ArchiveCommand, Shared};
use crate::output::{Output, Status, number, size};

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
