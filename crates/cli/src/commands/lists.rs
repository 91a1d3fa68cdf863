//! `hutong sources` and `hutong formats`.

use hutong::sinks::{FORMATS, Fate, Feature, Format, OutputKind};
use hutong::sources::SOURCES;
use serde_json::json;

use crate::args::FormatsArgs;
use crate::output::{Output, Status};

pub(crate) fn sources(output: &Output) -> anyhow::Result<Status> {
    for source in SOURCES {
        let about = source.about();
        output.line(&format!(
            "{:<12} {}\n{:13}{}\n{:13}{}",
            about.id,
            output.pick(about.name_zh, about.name_en),
            "",
            output.pick(about.input_zh, about.input_en),
            "",
            output.pick(about.key_zh, about.key_en)
        ))?;
        output.json(&json!({
            "type": "source", "id": about.id, "name_zh": about.name_zh, "name_en": about.name_en,
            "input_zh": about.input_zh, "input_en": about.input_en, "key_zh": about.key_zh, "key_en": about.key_en,
            "usual_places": about.usual_places,
        }))?;
    }
    Ok(Status::Done)
}

pub(crate) fn formats(args: &FormatsArgs, output: &Output) -> anyhow::Result<Status> {
    if let Some(name) = &args.name {
        let format =
            hutong::sinks::format(name).ok_or_else(|| hutong::Error::NoSuchFormat(name.clone()))?;
        return losses(format, output);
    }
    for format in FORMATS {
        let about = format.about();
        output.line(&format!(
            "{:<8} {}\n{:9}{} {}\n{:9}{} {}",
            about.id,
            output.pick(about.name_zh, about.name_en),
            "",
            output.pick("保留：", "keeps:"),
            output.pick(about.keeps_zh, about.keeps_en),
            "",
            output.pick("丢失：", "loses:"),
            output.pick(about.loses_zh, about.loses_en)
        ))?;
        let kind = match about.output {
            OutputKind::File => "file",
            OutputKind::Folder => "folder",
            OutputKind::Either => "either",
        };
        output.json(&json!({
            "type": "format", "id": about.id, "name_zh": about.name_zh, "name_en": about.name_en,
            "keeps_zh": about.keeps_zh, "keeps_en": about.keeps_en, "loses_zh": about.loses_zh, "loses_en": about.loses_en,
            "output": kind, "extension": about.extension,
        }))?;
    }
    Ok(Status::Done)
}

/// What one format does with everything that a chat can hold: what is lost comes last, where it is read.
fn losses(format: &dyn Format, output: &Output) -> anyhow::Result<Status> {
    let about = format.about();
    let language = output.language().for_sinks();
    output.line(&format!(
        "{}  {}",
        about.id,
        output.pick(about.name_zh, about.name_en)
    ))?;
    for fate in [Fate::Kept, Fate::Reduced, Fate::Dropped] {
        let features = Feature::all().filter(|feature| (about.losses)(*feature).fate == fate);
        let mut features = features.peekable();
        if features.peek().is_some() {
            output.line(&format!("\n{}", fate.name(language)))?;
        }
        for feature in features {
            let remark = (about.losses)(feature).remark(language);
            let between = if remark.is_empty() {
                ""
            } else {
                output.pick("：", ": ")
            };
            output.line(&format!("  {}{between}{remark}", feature.name(language)))?;
        }
    }
    for feature in Feature::all() {
        let treatment = (about.losses)(feature);
        output.json(&json!({
            "type": "treatment", "format": about.id, "feature": feature.id(), "fate": treatment.fate.id(),
            "name_zh": feature.name(hutong::sinks::Language::Zh), "name_en": feature.name(hutong::sinks::Language::En),
            "remark_zh": treatment.remark(hutong::sinks::Language::Zh), "remark_en": treatment.remark(hutong::sinks::Language::En),
        }))?;
    }
    Ok(Status::Done)
}
