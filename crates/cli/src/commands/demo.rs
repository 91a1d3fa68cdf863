//! `hutong demo`: the whole road on invented data.

use std::sync::Arc;

use anyhow::{Context, bail};
use hutong::model::Timestamp;
use hutong::sinks::{Options, Output as Target};
use hutong::{
    Archive, ArchiveAccess, AttachmentMode, ExportRequest, ImportRequest, KeyRing, Progress,
    Protection, Query,
};
use serde_json::json;

use crate::archive_access::now_ms;
use crate::args::{DemoArgs, ServeArgs, Shared};
use crate::output::{Output, Status};

/// The demo's archive is encrypted like any other; its passphrase is no secret.
const PASSPHRASE: &str = "demo";

pub(crate) fn run(args: &DemoArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let folder = &args.dir;
    let archive_folder = folder.join("my.hutong");
    if folder.join("pages").exists() || Archive::exists(&archive_folder) {
        bail!(
            "{} holds a demo already; remove it or choose another folder with --dir",
            folder.display()
        );
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    output.say(output.pick(
        "正在生成虚构的微信和 QQ 数据（真实加密）…",
        "making invented WeChat and QQ data (really encrypted) …",
    ));
    let sets = hutong::forge_samples(folder, args.messages, args.seed)?;
    let mut access = ArchiveAccess::Open(Archive::create(
        &archive_folder,
        &Protection::Passphrase(PASSPHRASE.to_owned()),
        now_ms(),
    )?);
    for set in &sets {
        let key_text = std::fs::read_to_string(&set.key_file)?;
        for found in &hutong::find_inputs(&set.folder, Some(set.source))? {
            let request = ImportRequest {
                found,
                keys: KeyRing::from_text(&key_text)?,
                key_text: &key_text,
                account: None,
                keep_raw: false,
                attachments: AttachmentMode::Copy,
                zone: None,
                again: false,
                dry_run: false,
                now_ms: &now_ms,
                progress: Arc::new(Progress::default()),
            };
            let report = hutong::import(&mut access, &request)?;
            output.line(&super::import::counts_line(&report, output))?;
            output.json(&json!({
                "type": "import", "source": report.source, "rows_read": report.rows_read, "added": report.added,
                "known": report.known, "rejected": report.rejected, "key_file": set.key_file.to_string_lossy(),
                "folder": set.folder.to_string_lossy(), "needle": set.needle,
            }))?;
        }
    }
    let ArchiveAccess::Open(archive) = access else {
        bail!("the demo's archive was not made")
    };
    let pages = folder.join("pages");
    let zone = super::zone(shared)?;
    let names = archive.names()?;
    let selection = archive.select(Query::default(), &names)?;
    let progress = Progress::default();
    let request = ExportRequest {
        format: "html",
        selection,
        output: Target::Folder(pages.clone()),
        language: output.language().for_sinks(),
        zone,
        title: output.pick("互通演示", "Hutong demo").to_owned(),
        generated_at: Some(Timestamp(now_ms())),
        wxgf: None,
        options: Options::default(),
        edit: None,
        progress: &progress,
    };
    let written = hutong::export(&archive, &names, request)?;
    let index = std::path::absolute(pages.join("index.html"))?;
    let shown = archive_folder.display();
    output.line(&format!(
        "{}\n  {} {}\n  {} {shown} ({} {PASSPHRASE})",
        output.pick("完成。", "Done."),
        output.pick("离线网页：", "pages, without any program:"),
        index.display(),
        output.pick("存档：", "archive:"),
        output.pick("口令：", "passphrase:"),
    ))?;
    for set in &sets {
        output.line(&format!(
            "  {} {}  {} {}",
            output.pick("样本数据：", "sample data:"),
            set.folder.display(),
            output.pick("密钥：", "keys:"),
            set.key_file.display()
        ))?;
    }
    output.line(&format!(
        "{}\n  HUTONG_PASSPHRASE={PASSPHRASE} hutong --archive {shown} search {}",
        output.pick("接着试试：", "now try:"),
        output.pick("合同", "合同")
    ))?;
    output.json(&json!({
        "type": "demo", "pages": index.to_string_lossy(), "archive": archive_folder.to_string_lossy(),
        "passphrase": PASSPHRASE, "messages": written.messages,
    }))?;
    if args.no_serve {
        return Ok(Status::Done);
    }
    super::serve::run_at(
        &archive_folder,
        Some(PASSPHRASE.to_owned()),
        &ServeArgs::default(),
        shared,
        output,
    )
}
