//! `hutong import`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use hutong::{
    ArchiveAccess, ArchiveError, AttachmentMode, FoundInput, ImportReport, ImportRequest, KeyRing,
    Progress, Protection,
};
use serde_json::json;

use crate::archive_access::{create, folder, now_ms, open_at};
use crate::args::{Attachments, ImportArgs, KeyArgs, Shared};
use crate::output::{Output, Status, number, size};
use crate::progress::{Watch, stop_on_interrupt};

/// Reads `--key` and `--key-file`; the second value is their text, for telling an unchanged import.
pub(crate) fn keys(args: &KeyArgs) -> anyhow::Result<(KeyRing, String)> {
    let mut ring = KeyRing::default();
    let mut text = String::new();
    if let Some(path) = &args.key_file {
        let content = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the key file {}", path.display()))?;
        ring = ring.merged(KeyRing::from_text(&content)?);
        text.push_str(content.trim());
    }
    if let Some(key) = &args.key {
        ring = ring.merged(KeyRing::from_key(key)?);
        text.push_str(key.trim());
    }
    Ok((ring, text))
}

pub(crate) fn run(args: &ImportArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let (keys, key_text) = keys(&args.keys)?;
    let mut inputs = Vec::new();
    for path in &args.paths {
        inputs.extend(hutong::find_inputs_with(
            path,
            args.source.as_deref(),
            &keys,
            args.salvage,
        )?);
    }
    let inputs = hutong::choose_inputs(inputs, &args.only)?;
    let folder = folder(shared)?;
    let scratch = args
        .dry_run
        .then(|| std::env::temp_dir().join(format!("hutong-dry-run-{}", std::process::id())));
    let mut access = access(&folder, scratch.as_deref(), shared, output)?;
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress, output.language());
    let mut reports = Vec::new();
    let started = std::time::Instant::now();
    let mut result = Ok(());
    for found in &inputs {
        let one = import_one(
            args,
            shared,
            output,
            found,
            (&keys, &key_text),
            &mut access,
            &progress,
        );
        match one {
            Ok(report) => reports.push(report),
            Err(error) => {
                let may_go_on = matches!(
                    error.downcast_ref::<hutong::Error>(),
                    Some(hutong::Error::Read { .. } | hutong::Error::Io { .. })
                );
                // One of several inputs that cannot be read does not keep the others out; the first error decides the end.
                match result {
                    Ok(()) => result = Err(error),
                    Err(_) => crate::failure::report(&error, output.language(), output.is_json()),
                }
                if !may_go_on {
                    break;
                }
            }
        }
    }
    if let Some(scratch) = &scratch {
        // Only a dry run without an archive makes it; it holds no messages.
        let _ = std::fs::remove_dir_all(scratch);
    }
    if result.is_ok() || !reports.is_empty() {
        summary(&reports, started.elapsed().as_secs_f64(), output)?;
    }
    result?;
    let is_whole = reports
        .iter()
        .all(|report| report.rejected == 0 && damage_free(report, &access));
    Ok(if is_whole {
        Status::Done
    } else {
        Status::Incomplete
    })
}

fn access<'a>(
    folder: &'a Path,
    scratch: Option<&'a Path>,
    shared: &'a Shared,
    output: &'a Output,
) -> anyhow::Result<ArchiveAccess<'a>> {
    if hutong::Archive::exists(folder) {
        return Ok(ArchiveAccess::Open(open_at(folder, shared, output)?));
    }
    Ok(ArchiveAccess::Create(Box::new(move || {
        if let Some(scratch) = &scratch {
            return hutong::Archive::create(scratch, &Protection::None, now_ms());
        }
        create(folder, shared, output).map_err(|error| match error.downcast::<ArchiveError>() {
            Ok(error) => error,
            Err(other) => ArchiveError::Io(std::io::Error::other(format!("{other:#}"))),
        })
    })))
}

/// Damaged places count as skipped; mere notes do not.
fn damage_free(report: &ImportReport, access: &ArchiveAccess<'_>) -> bool {
    report.problems == 0
        || access
            .archive()
            .and_then(|archive| archive.problems(report.number).ok())
            .is_none_or(|problems| problems.iter().all(|problem| problem.kind != "damage"))
}

fn import_one(
    args: &ImportArgs,
    shared: &Shared,
    output: &Output,
    found: &FoundInput,
    (keys, key_text): (&KeyRing, &str),
    access: &mut ArchiveAccess<'_>,
    progress: &Arc<Progress>,
) -> anyhow::Result<ImportReport> {
    output.say(&format!(
        "{} {} ({})",
        output.pick("读取", "reading"),
        found.path.display(),
        found.description
    ));
    let started = std::time::Instant::now();
    let request = ImportRequest {
        found,
        keys: keys.clone(),
        key_text,
        account: args.keys.account.clone(),
        keep_raw: args.keep_raw,
        attachments: match args.attachments {
            Attachments::Copy => AttachmentMode::Copy,
            Attachments::Reference => AttachmentMode::Reference,
            Attachments::None => AttachmentMode::None,
        },
        zone: shared.zone.clone(),
        again: args.again,
        dry_run: args.dry_run,
        now_ms: &now_ms,
        progress: progress.clone(),
    };
    let watch = Watch::start(progress.clone(), output, output.pick("条", "messages"));
    let report = hutong::import(access, &request);
    drop(watch);
    let report = report?;
    say_report(
        &report,
        args.dry_run,
        started.elapsed().as_secs_f64(),
        output,
    )?;
    say_problems(&report, access, output)?;
    Ok(report)
}

/// `source: rows read = added + known + rejected`, with the figures.
pub(crate) fn counts_line(report: &ImportReport, output: &Output) -> String {
    format!(
        "{}: {} {} = {} {} + {} {} + {} {}",
        report.source,
        output.pick("读取", "rows read"),
        number(report.rows_read),
        number(report.added),
        output.pick("新增", "added"),
        number(report.known),
        output.pick("已有", "known"),
        number(report.rejected),
        output.pick("读不出", "rejected"),
    )
}

/// One import in words and as JSON.
fn say_report(
    report: &ImportReport,
    is_dry_run: bool,
    seconds: f64,
    output: &Output,
) -> anyhow::Result<()> {
    let mark = if is_dry_run {
        output.pick("（试算）", "(dry run) ")
    } else {
        ""
    };
    output.line(&format!("{mark}{}", counts_line(report, output)))?;
    if report.is_unchanged {
        output.line(output.pick(
            "  自上次导入以来没有变化",
            "  nothing has changed since the last import",
        ))?;
    } else if report.blobs + report.blobs_missing > 0 {
        output.line(&format!(
            "  {} {} ({}), {} {}",
            output.pick("附件：找到", "attachments: found"),
            number(report.blobs),
            size(report.blob_bytes),
            output.pick("缺失", "missing"),
            number(report.blobs_missing)
        ))?;
    }
    output.json(&summary_json(
        "import",
        std::slice::from_ref(report),
        seconds,
    ))
}

/// What went wrong, equal causes together, with the first place of each.
fn say_problems(
    report: &ImportReport,
    access: &ArchiveAccess<'_>,
    output: &Output,
) -> anyhow::Result<()> {
    let Some(archive) = access
        .archive()
        .filter(|_| report.rejected + report.problems > 0)
    else {
        return Ok(());
    };
    let problems = archive.problems(report.number)?;
    let mut causes: BTreeMap<(&str, &str), (u64, String)> = BTreeMap::new();
    for problem in &problems {
        let place = [problem.input.as_str(), &problem.table, &problem.position].join(" ");
        causes
            .entry((problem.kind, &problem.reason))
            .or_insert((0, place))
            .0 += 1;
    }
    if !causes.is_empty() {
        output.say(&format!(
            "{} hutong imports show {}",
            output.pick(
                "有些内容没能读出；完整清单：",
                "Some things could not be read; the full list:"
            ),
            report.number
        ));
    }
    for ((kind, reason), (count, place)) in causes {
        output.say(&format!(
            "{count:>8}  [{kind}] {reason}  ({} {place})",
            output.pick("首见于", "first:")
        ));
    }
    Ok(())
}

fn summary(reports: &[ImportReport], seconds: f64, output: &Output) -> anyhow::Result<()> {
    let rate =
        reports.iter().map(|report| report.rows_read).sum::<u64>() as f64 / seconds.max(0.001);
    output.line(&format!(
        "{seconds:.1} s, {rate:.0} {}",
        output.pick("条/秒", "messages/s")
    ))?;
    output.json(&summary_json("summary", reports, seconds))
}

fn summary_json(kind: &str, reports: &[ImportReport], seconds: f64) -> serde_json::Value {
    let sum = |field: fn(&ImportReport) -> u64| reports.iter().map(field).sum::<u64>();
    let mut sources: Vec<&str> = reports
        .iter()
        .map(|report| report.source.as_str())
        .collect();
    sources.dedup();
    json!({
        "type": kind,
        "source": sources.join(","),
        "rows_read": sum(|report| report.rows_read),
        "added": sum(|report| report.added),
        "known": sum(|report| report.known),
        "rejected": sum(|report| report.rejected),
        "problems": sum(|report| report.problems),
        "conversations": sum(|report| report.conversations),
        "accounts": sum(|report| report.accounts),
        "blobs": sum(|report| report.blobs),
        "blobs_missing": sum(|report| report.blobs_missing),
        "unchanged": !reports.is_empty() && reports.iter().all(|report| report.is_unchanged),
        "seconds": (seconds * 1000.0).round() / 1000.0,
    })
}
