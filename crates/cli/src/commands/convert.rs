//! `hutong convert`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong::{
    ArchiveAccess, AttachmentMode, FoundInput, ImportRequest, KeyRing, Progress, Protection,
};

use crate::archive_access::now_ms;
use crate::args::{ConvertArgs, Shared};
use crate::output::{Output, Status, number};
use crate::progress::{Watch, stop_on_interrupt};

/// Copies of a chat are joined, sorted and counted like in any archive; this one has a key that nobody keeps and goes when
/// the file is written.
pub(crate) fn run(args: &ConvertArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let format = hutong::sinks::format(&args.export.format)
        .ok_or_else(|| hutong::Error::NoSuchFormat(args.export.format.clone()))?;
    super::export::check_output(&args.export, format.about(), output)?;
    let (keys, key_text) = super::import::keys(&args.keys)?;
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
    let scratch = Scratch::beside(args.export.output.as_deref());
    let folder = scratch.0.clone();
    let mut access = ArchiveAccess::Create(Box::new(move || {
        hutong::Archive::create(&folder, &Protection::Device, now_ms())
    }));
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress, output.language());
    let mut is_whole = true;
    for found in &inputs {
        is_whole &= read(
            args,
            shared,
            output,
            found,
            (&keys, &key_text),
            &mut access,
            &progress,
        )?;
    }
    let Some(archive) = access.archive() else {
        anyhow::bail!(
            "{}",
            output.pick("里面没有任何消息", "there are no messages in it")
        );
    };
    let written = super::export::write(&args.export, shared, output, archive, &progress)?;
    Ok(if is_whole {
        written
    } else {
        Status::Incomplete
    })
}

/// Reads one input; says whether all of it could be read.
fn read(
    args: &ConvertArgs,
    shared: &Shared,
    output: &Output,
    found: &FoundInput,
    (keys, key_text): (&KeyRing, &str),
    access: &mut ArchiveAccess<'_>,
    progress: &Arc<Progress>,
) -> anyhow::Result<bool> {
    output.say(&format!(
        "{} {} ({})",
        output.pick("读取", "reading"),
        found.path.display(),
        found.description
    ));
    let request = ImportRequest {
        found,
        keys: keys.clone(),
        key_text,
        account: args.keys.account.clone(),
        keep_raw: false,
        attachments: if args.export.no_attachments {
            AttachmentMode::None
        } else {
            AttachmentMode::Copy
        },
        zone: shared.zone.clone(),
        again: false,
        dry_run: false,
        now_ms: &now_ms,
        progress: progress.clone(),
    };
    let watch = Watch::start(progress.clone(), output, output.pick("条", "messages"));
    let report = hutong::import(access, &request);
    drop(watch);
    let report = report?;
    output.say(&super::import::counts_line(&report, output));
    let problems = access
        .archive()
        .map(|archive| archive.problems(report.number))
        .transpose()?
        .unwrap_or_default();
    const SHOWN: usize = 20;
    for problem in problems.iter().take(SHOWN) {
        output.say(&format!(
            "  [{}] {} ({} {} {})",
            problem.kind, problem.reason, problem.input, problem.table, problem.position
        ));
    }
    if problems.len() > SHOWN {
        output.say(&format!(
            "  {} {}",
            output.pick("还有", "and further:"),
            number((problems.len() - SHOWN) as u64)
        ));
    }
    Ok(report.rejected == 0 && problems.iter().all(|problem| problem.kind != "damage"))
}

/// A folder for the time of the conversion, where the output will need room too.
struct Scratch(PathBuf);

impl Scratch {
    fn beside(output: Option<&Path>) -> Self {
        let name = format!(".hutong-convert-{}", std::process::id());
        let parent = output
            .filter(|path| path.as_os_str() != "-")
            .and_then(Path::parent)
            .filter(|parent| parent.is_dir());
        Self(match parent {
            Some(parent) => parent.join(name),
            None if output.is_some_and(|path| path.as_os_str() != "-") => PathBuf::from(name),
            None => std::env::temp_dir().join(name),
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing better can be done with an error here; what is left is encrypted with a key that is gone.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
