//! `hutong media`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use hutong::sources::Input;
use hutong::{AttachmentMode, KeyRing, Progress, WxgfDecoder};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{Attachments, KeyArgs, MediaArgs, MediaCommand, Shared};
use crate::output::{Output, Status, number, size as size_text};
use crate::progress::stop_on_interrupt;

/// No picture or voice is larger.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

pub(crate) fn run(args: &MediaArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    match &args.command {
        MediaCommand::Probe { path, attachments } => probe(path, *attachments, shared, output),
        MediaCommand::Decode {
            files,
            output: to,
            keys,
        } => decode(files, to.as_deref(), keys, output),
    }
}

/// Decodes each file on its own; one that cannot be decoded does not keep the others.
fn decode(
    files: &[PathBuf],
    to: Option<&Path>,
    keys: &KeyArgs,
    output: &Output,
) -> anyhow::Result<Status> {
    let (keys, _) = super::import::keys(keys)?;
    let wxgf = crate::system_decoder::wxgf();
    let into_folder = to.is_some_and(Path::is_dir) || files.len() > 1;
    if into_folder && let Some(folder) = to {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut failed = None;
    for file in files {
        let done = decode_one(file, to, into_folder, &keys, wxgf.as_ref(), output);
        if let Err(error) = done {
            if files.len() > 1 {
                crate::failure::report(&error, output.language(), output.is_json());
            }
            failed = Some(error);
        }
    }
    match failed {
        None => Ok(Status::Done),
        Some(_) if files.len() > 1 => Ok(Status::Failed),
        Some(error) => Err(error),
    }
}

fn decode_one(
    file: &Path,
    to: Option<&Path>,
    into_folder: bool,
    keys: &KeyRing,
    wxgf: Option<&WxgfDecoder>,
    output: &Output,
) -> anyhow::Result<()> {
    let size = std::fs::metadata(file)
        .with_context(|| format!("cannot look at {}", file.display()))?
        .len();
    if size > MAX_BYTES {
        bail!(
            "{} has {size} bytes; no picture or voice is so large",
            file.display()
        );
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let decoded = hutong::decode_media(&bytes, keys, wxgf)
        .with_context(|| format!("cannot decode {}", file.display()))?;
    let named = |folder: &Path| {
        let mut name = file.file_stem().unwrap_or_default().to_owned();
        name.push(".");
        name.push(decoded.extension.unwrap_or("bin"));
        folder.join(name)
    };
    let target = match to {
        Some(folder) if into_folder => named(folder),
        Some(target) => target.to_owned(),
        None => named(file.parent().unwrap_or(Path::new(""))),
    };
    let is_same_file =
        target.exists() && std::fs::canonicalize(&target)? == std::fs::canonicalize(file)?;
    if is_same_file && to.is_some() {
        bail!("{} would be written over itself", file.display());
    }
    if !is_same_file {
        if to.is_none() && target.exists() {
            bail!(
                "{} exists already; name another place with -o",
                target.display()
            );
        }
        std::fs::write(&target, &decoded.bytes)
            .with_context(|| format!("cannot write {}", target.display()))?;
    }
    let seconds = decoded
        .duration_ms
        .map(|ms| format!("  {}.{} s", ms / 1000, ms % 1000 / 100))
        .unwrap_or_default();
    output.line(&format!(
        "{}  {}  {}{seconds}",
        target.display(),
        decoded.media_type.unwrap_or("application/octet-stream"),
        size_text(decoded.bytes.len() as u64)
    ))?;
    if let Some(note) = &decoded.note {
        output.say(note);
    }
    output.json(&json!({
        "type": "media", "file": file.to_string_lossy(), "output": target.to_string_lossy(),
        "media_type": decoded.media_type, "bytes": decoded.bytes.len(), "duration_ms": decoded.duration_ms,
        "decoded": decoded.is_decoded, "note": decoded.note,
    }))?;
    Ok(())
}

fn probe(
    path: &Path,
    attachments: Attachments,
    shared: &Shared,
    output: &Output,
) -> anyhow::Result<Status> {
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
