//! `hutong media`.

use std::sync::Arc;

use anyhow::Context;
use hutong::sources::Input;
use hutong::{AttachmentMode, Progress};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{Attachments, MediaArgs, MediaCommand, Shared};
use crate::output::{Output, Status, number};
use crate::progress::stop_on_interrupt;

pub(crate) fn run(args: &MediaArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let MediaCommand::Probe { path, attachments } = &args.command;
    let input =
        Input::open(path).with_context(|| format!("cannot look into {}", path.display()))?;
    let mut archive = open(shared, output)?;
    let mode = match attachments {
        Attachments::Copy => AttachmentMode::Copy,
        Attachments::Reference => AttachmentMode::Reference,
        Attachments::None => AttachmentMode::None,
    };
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress, output.language());
    let report = hutong::media_probe(&mut archive, &input, mode, &now_ms, &progress)?;
    output.line(&format!(
        "{} {}; {} {}; {} {}",
        number(report.files),
        output.pick("个文件", "files"),
        number(report.missing),
        output.pick("个附件缺失", "attachments were missing"),
        number(report.found),
        output.pick("个找到", "found")
    ))?;
    output.json(&json!({
        "type": "summary", "files": report.files, "missing": report.missing, "found": report.found,
        "import": report.import,
    }))?;
    Ok(Status::Done)
}
