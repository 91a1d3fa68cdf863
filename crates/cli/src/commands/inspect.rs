//! `hutong inspect`.

use std::path::PathBuf;

use anyhow::Context;
use hutong::FoundInput;
use hutong::sources::{Inspection, ReadOptions};
use serde_json::json;

use crate::args::{InspectArgs, Shared};
use crate::output::{Output, Status, local_time, number, size};

pub(crate) fn run(args: &InspectArgs, shared: &Shared, output: &Output) -> anyhow::Result<Status> {
    let (keys, _) = super::import::keys(&args.keys)?;
    let options = ReadOptions {
        keys,
        account: args.keys.account.clone(),
        ..ReadOptions::default()
    };
    let zone = super::zone(shared)?;
    let mut paths = args.paths.clone();
    let is_guessing = paths.is_empty();
    if is_guessing {
        paths = usual_places(output)?;
    }
    let mut inputs = Vec::new();
    for path in &paths {
        let found = match hutong::find_inputs_with(path, None, &options.keys, args.salvage) {
            // A usual place that holds nothing is no news.
            Err(hutong::Error::NothingRecognized { .. }) if is_guessing => continue,
            other => other?,
        };
        inputs.extend(found);
    }
    // The numbers are those that `import --only` takes.
    let count = inputs.len();
    for (index, input) in inputs.iter().enumerate() {
        let number = (count > 1).then_some(index + 1);
        match input.source.inspect(&input.input, &options) {
            Ok(inspection) => show(number, input, &inspection, &zone, output)?,
            Err(source) => {
                let error = anyhow::Error::from(hutong::Error::Read {
                    input: input.path.clone(),
                    source,
                });
                if count == 1 {
                    return Err(error);
                }
                crate::failure::report(&error, output.language(), output.is_json());
            }
        }
    }
    Ok(Status::Done)
}

/// The places on this machine where messengers keep accounts, as far as they exist.
pub(crate) fn places_on_this_machine() -> Option<Vec<PathBuf>> {
    let home = directories::BaseDirs::new()?;
    let mut places = hutong::usual_places(home.home_dir());
    // Documents may have been moved to another drive.
    if let Some(documents) =
        directories::UserDirs::new().and_then(|dirs| dirs.document_dir().map(PathBuf::from))
    {
        places.extend(
            ["xwechat_files", "WeChat Files", "Tencent Files"]
                .map(|name| documents.join(name))
                .into_iter()
                .filter(|path| path.is_dir()),
        );
    }
    places.sort();
    places.dedup();
    Some(places)
}

fn usual_places(output: &Output) -> anyhow::Result<Vec<PathBuf>> {
    let places =
        places_on_this_machine().context("there is no home folder to look in; name a path")?;
    if places.is_empty() {
        output.say(output.pick(
            "在常见位置没有找到微信或 QQ 的账号文件夹。请直接给出路径：hutong inspect 路径",
            "No account folder of WeChat or QQ stands in the usual places. Name one: hutong inspect PATH",
        ));
    }
    Ok(places)
}

fn show(
    number_of_input: Option<usize>,
    input: &FoundInput,
    inspection: &Inspection,
    zone: &jiff::tz::TimeZone,
    output: &Output,
) -> anyhow::Result<()> {
    let mark = number_of_input.map_or_else(String::new, |number| format!("{number}  "));
    output.line(&format!(
        "{mark}{}  [{}]  {}",
        input.path.display(),
        input.source.about().id,
        inspection.version
    ))?;
    if let Some(account) = &inspection.account {
        output.line(&format!(
            "  {} {} {}",
            output.pick("账号：", "account:"),
            account.native_id,
            account.name.as_deref().unwrap_or_default()
        ))?;
    }
    for file in &inspection.files {
        let state = match (file.is_encrypted, file.key_fits) {
            (false, _) => output.pick("未加密", "not encrypted"),
            (true, Some(true)) => output.pick("已加密，密钥合适", "encrypted, the key fits"),
            (true, Some(false)) => {
                output.pick("已加密，密钥不合适", "encrypted, the key does not fit")
            }
            (true, None) => output.pick("已加密，未给密钥", "encrypted, no key given"),
        };
        let trouble = file
            .trouble
            .as_deref()
            .map(|text| format!("  {text}"))
            .unwrap_or_default();
        output.line(&format!(
            "  {:<40} {:>10}  {state}{trouble}",
            file.path,
            size(file.size_bytes)
        ))?;
    }
    if let (Some(messages), Some(conversations)) = (inspection.messages, inspection.conversations) {
        let span = inspection
            .span
            .map(|(first, last)| {
                format!("  {} – {}", local_time(first, zone), local_time(last, zone))
            })
            .unwrap_or_default();
        output.line(&format!(
            "  {} {}, {} {}{span}",
            number(messages),
            output.pick("条消息", "messages"),
            number(conversations),
            output.pick("个会话", "conversations")
        ))?;
    }
    for note in inspection.notes.iter().chain(&input.input.notes()) {
        output.line(&format!("  {note}"))?;
    }
    output.json(&json!({
        "type": "input",
        "number": number_of_input,
        "path": input.path.to_string_lossy(),
        "source": input.source.about().id,
        "version": inspection.version,
        "account": inspection.account.as_ref().map(|account| json!({"id": account.native_id, "name": account.name})),
        "encrypted": inspection.files.iter().any(|file| file.is_encrypted),
        "key_fits": inspection.files.iter().filter_map(|file| file.key_fits).reduce(|one, other| one && other),
        "files": inspection.files.iter().map(|file| json!({
            "path": file.path, "size": file.size_bytes, "encrypted": file.is_encrypted, "key_fits": file.key_fits,
            "trouble": file.trouble,
        })).collect::<Vec<_>>(),
        "conversations": inspection.conversations,
        "messages": inspection.messages,
        "first": inspection.span.map(|(first, _)| hutong::model::Timestamp(first).to_rfc3339()),
        "last": inspection.span.map(|(_, last)| hutong::model::Timestamp(last).to_rfc3339()),
        "notes": inspection.notes,
    }))
}
