//! `hutong pack`.

use std::sync::Arc;

use anyhow::Context as _;
use hutong::model::Timestamp;
use hutong::{Choice, PackForm, PackReport, PackRequest, Progress};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{PackArgs, Shared};
use crate::output::{Output, Status, number, size};
use crate::progress::{Watch, stop_on_interrupt};

pub(crate) fn run(args: &PackArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let own = args
        .targets
        .as_ref()
        .map(|path| std::fs::read_to_string(path).with_context(|| path.display().to_string()))
        .transpose()?;
    let mut target = hutong::pack_target(&args.target, own.as_deref())?;
    if let Some(limit) = args.limit {
        target.file_bytes = limit;
    }
    let forms = forms(&args.forms, output)?;
    anyhow::ensure!(
        args.dry_run || args.output.is_some(),
        "{}",
        output.pick(
            "请用 -o 指明写到哪个文件夹，或用 --dry-run 只看会丢失什么",
            "name the folder with -o, or use --dry-run to see what would be lost"
        )
    );
    let zone = super::zone(shared)?;
    let archive = open(shared, output)?;
    let names = archive.names()?;
    let choice = Choice {
        query: args.select.clone().unwrap_or_default(),
        chats: args.chat.clone(),
        from: args.from.clone(),
        until: args.until.clone(),
    };
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress, output.language());
    let request = PackRequest {
        target,
        forms,
        selection: hutong::choose_messages(&archive, &names, &choice, &zone)?,
        keeps_accounts: args.keep_accounts,
        language: output.language().for_sinks(),
        zone,
        generated_at: Some(Timestamp(now_ms())),
        wxgf: crate::system_decoder::wxgf(),
        progress: &progress,
    };
    let report = hutong::pack_report(&archive, &names, &request)?;
    say_report(&request, &report, output)?;
    let (Some(folder), false) = (&args.output, args.dry_run) else {
        return Ok(Status::Done);
    };
    anyhow::ensure!(
        report.messages > 0,
        "{}",
        output.pick(
            "没有选中任何消息，没有写文件",
            "no message was chosen; nothing was written"
        )
    );
    let started = std::time::Instant::now();
    let watch = Watch::start(progress.clone(), output, output.pick("条", "messages"));
    let packed = hutong::pack(&archive, &names, &request, &report, folder);
    drop(watch);
    let packed = packed?;
    let seconds = started.elapsed().as_secs_f64();
    output.say(&format!(
        "{} {} ({})，{} {}，{seconds:.1} s\n{}",
        number(packed.files),
        output.pick("个文件", "files"),
        size(packed.bytes),
        number(packed.cut),
        output.pick("个分开的大文件", "large files cut"),
        folder.display()
    ));
    output.json(&json!({
        "type": "summary", "output": folder.to_string_lossy(), "target": request.target.id,
        "messages": report.messages, "conversations": report.conversations, "files": packed.files,
        "bytes": packed.bytes, "cut": packed.cut, "attachments_missing": packed.attachments_missing,
        "seconds": (seconds * 1000.0).round() / 1000.0,
    }))?;
    Ok(Status::Done)
}

fn forms(words: &[String], output: &Output) -> anyhow::Result<Vec<PackForm>> {
    let mut forms = Vec::new();
    for word in words {
        let form = PackForm::ALL
            .into_iter()
            .find(|form| form.id() == word.trim())
            .with_context(|| {
                let known: Vec<_> = PackForm::ALL.iter().map(|form| form.id()).collect();
                format!(
                    "{word}: {} {}",
                    output.pick("只能是", "choose among"),
                    known.join(", ")
                )
            })?;
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    Ok(forms)
}

/// What the pack will hold and lose, before anything is written.
fn say_report(
    request: &PackRequest<'_>,
    report: &PackReport,
    output: &Output,
) -> anyhow::Result<()> {
    let target = &request.target;
    let language = request.language;
    output.say(&format!(
        "{}: {}",
        output.pick(&target.name_zh, &target.name_en),
        output.pick(&target.note_zh, &target.note_en)
    ));
    output.say(&format!(
        "{} {}, {} {}, {} {} ({})",
        number(report.messages),
        output.pick("条消息", "messages"),
        number(report.conversations),
        output.pick("个会话", "conversations"),
        number(report.attachments),
        output.pick("个附件", "attachments"),
        size(report.attachment_bytes)
    ));
    output.json(&json!({
        "type": "pack", "target": target.id, "file_bytes": target.file_bytes, "messages": report.messages,
        "conversations": report.conversations, "attachments": report.attachments,
        "attachment_bytes": report.attachment_bytes, "attachments_missing": report.attachments_missing,
    }))?;
    if !report.losses.is_empty() || report.attachments_missing > 0 {
        output.say(output.pick("会丢失或简化：", "lost or reduced:"));
    }
    if report.attachments_missing > 0 {
        output.say(&format!(
            "  {} {}",
            number(report.attachments_missing),
            output.pick("个附件存档里没有", "attachments are not in the archive")
        ));
    }
    for loss in &report.losses {
        output.say(&format!(
            "  {} · {} · {} {} · {}",
            loss.form.id(),
            loss.feature.name(language),
            number(loss.messages),
            output.pick("条", "messages"),
            loss.treatment.remark(language)
        ));
        output.json(&json!({
            "type": "loss", "form": loss.form.id(), "feature": loss.feature.id(),
            "fate": loss.treatment.fate.id(), "messages": loss.messages,
            "remark_zh": loss.treatment.remark(hutong::sinks::Language::Zh),
            "remark_en": loss.treatment.remark(hutong::sinks::Language::En),
        }))?;
    }
    for (name, bytes, pieces) in &report.large {
        output.say(&format!(
            "  {name} ({}): {} {}",
            size(*bytes),
            output.pick("会分成几部分：", "will be cut into pieces:"),
            number(*pieces)
        ));
        output.json(&json!({"type": "cut", "name": name, "bytes": bytes, "pieces": pieces}))?;
    }
    if !request.keeps_accounts {
        output.say(output.pick(
            "账号、备注、平台编号和没有说话的成员不会带出去（要带上请用 --keep-accounts）",
            "account ids, private remarks, native ids and silent members stay here (--keep-accounts takes them along)",
        ));
    }
    Ok(())
}
