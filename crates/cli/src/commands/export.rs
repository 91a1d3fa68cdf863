//! `hutong export`.

use std::path::Path;
use std::sync::Arc;

use hutong::model::Timestamp;
use hutong::sinks::{About, MailUnit, Options, Output as Target, OutputKind, Phone, Written};
use hutong::{Archive, Choice, ExportRequest, Progress};
use serde_json::json;

use crate::archive_access::{now_ms, open};
use crate::args::{self, ExportArgs, MailPer, Shared};
use crate::output::{Output, Status, number, size};
use crate::progress::{Watch, stop_on_interrupt};

pub(crate) fn run(args: &ExportArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let format = hutong::sinks::format(&args.format)
        .ok_or_else(|| hutong::Error::NoSuchFormat(args.format.clone()))?;
    check_output(args, format.about(), output)?;
    let archive = open(shared, output)?;
    let progress = Arc::new(Progress::default());
    stop_on_interrupt(&progress, output.language());
    write(args, shared, output, &archive, &progress)
}

/// A folder needs a name.
pub(crate) fn check_output(
    args: &ExportArgs,
    about: &About,
    output: &Output,
) -> anyhow::Result<()> {
    if args.output.is_none() && !about.output.takes_file() {
        anyhow::bail!(
            "{} {}",
            about.id,
            output.pick(
                "要写进文件夹，请用 -o 指明",
                "is written into a folder; name it with -o"
            )
        );
    }
    Ok(())
}

/// Writes what was chosen of an open archive.
pub(crate) fn write(
    args: &ExportArgs,
    shared: &Shared,
    output: &Output,
    archive: &Archive,
    progress: &Arc<Progress>,
) -> anyhow::Result<Status> {
    let format = hutong::sinks::format(&args.format)
        .ok_or_else(|| hutong::Error::NoSuchFormat(args.format.clone()))?;
    let zone = super::zone(shared)?;
    let names = archive.names()?;
    let choice = Choice {
        query: args.select.clone().unwrap_or_default(),
        chats: args.chat.clone(),
        from: args.from.clone(),
        until: args.until.clone(),
    };
    let selection = hutong::choose_messages(archive, &names, &choice, &zone)?;
    let about = format.about();
    let path = args.output.as_deref().unwrap_or(Path::new("-"));
    let is_stream = path.as_os_str() == "-";
    let target = target(path, about.output, about.extension);
    let started = std::time::Instant::now();
    let watch = Watch::start(progress.clone(), output, output.pick("条", "messages"));
    let request = ExportRequest {
        format: &args.format,
        selection,
        output: target,
        language: output.language().for_sinks(),
        zone,
        title: output.pick("聊天记录", "Chat history").to_owned(),
        generated_at: Some(Timestamp(now_ms())),
        wxgf: crate::system_decoder::wxgf(),
        options: Options {
            overwrite: args.overwrite,
            copy_attachments: !args.no_attachments,
            inline_images_up_to_bytes: args.inline_images,
            messages_per_page: args.page_size.max(1),
            part_bytes: args.part_size,
            show_hidden: args.hidden,
            one_mail_per: args.mail_per.map(|unit| match unit {
                MailPer::Message => MailUnit::Message,
                MailPer::Day => MailUnit::Day,
            }),
            phone: match args.phone {
                args::Phone::Iphone => Phone::Iphone,
                args::Phone::Android => Phone::Android,
            },
            pseudonyms: args.pseudonyms,
            fonts: crate::fonts::places(&args.font),
        },
        edit: None,
        progress,
    };
    let written = hutong::export(archive, &names, request);
    drop(watch);
    let written = written?;
    say(
        &written,
        started.elapsed().as_secs_f64(),
        is_stream,
        path,
        output,
    )?;
    Ok(Status::Done)
}

/// A path means a file when the format can only be one, or when its name ends like one.
fn target(path: &Path, kind: OutputKind, extension: &str) -> Target {
    if path.as_os_str() == "-" {
        return Target::Stream(Box::new(std::io::stdout()));
    }
    let looks_like_file = path
        .extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(extension));
    match kind {
        OutputKind::Folder => Target::Folder(path.to_owned()),
        OutputKind::File if path.is_dir() => {
            Target::File(path.join("messages").with_extension(extension))
        }
        OutputKind::File => Target::File(path.to_owned()),
        OutputKind::Either if looks_like_file => Target::File(path.to_owned()),
        OutputKind::Either => Target::Folder(path.to_owned()),
    }
}

fn say(
    written: &Written,
    seconds: f64,
    is_stream: bool,
    path: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let line = format!(
        "{} {}, {} {}, {} {} ({})，{seconds:.1} s",
        number(written.messages),
        output.pick("条消息", "messages"),
        number(written.conversations),
        output.pick("个会话", "conversations"),
        number(written.files),
        output.pick("个文件", "files"),
        size(written.bytes)
    );
    // The standard output may be the export itself.
    output.say(&if is_stream {
        line
    } else {
        format!("{line}\n{}", path.display())
    });
    if written.attachments_missing > 0 {
        output.say(&format!(
            "{} {}",
            number(written.attachments_missing),
            output.pick(
                "个附件缺失，已在原处注明",
                "attachments are missing and shown as such"
            )
        ));
    }
    if is_stream {
        return Ok(());
    }
    output.json(&json!({
        "type": "summary", "output": path.to_string_lossy(), "messages": written.messages,
        "conversations": written.conversations, "files": written.files, "bytes": written.bytes,
        "attachments": written.attachments, "attachments_missing": written.attachments_missing,
        "hidden": written.hidden, "seconds": (seconds * 1000.0).round() / 1000.0,
    }))
}
