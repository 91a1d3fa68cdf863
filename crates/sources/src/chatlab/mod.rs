//! ChatLab: the neutral JSON and JSON Lines that several export tools write, one conversation a file.
//!
//! `file` walks through a file, `header` learns in a first pass who is who, `content` turns type codes and words into
//! parts, `read` pushes it all into a sink. What the fields mean is in `FORMAT.md`.

mod content;
mod file;
mod header;
mod read;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use crate::json_export;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "chatlab",
    name_zh: "ChatLab 交换格式（JSON、JSONL）",
    name_en: "ChatLab exchange format (JSON, JSONL)",
    input_zh: "ChatLab 格式的 .json 或 .jsonl 文件，或装有这些文件的文件夹",
    input_en: "a .json or .jsonl file in ChatLab format, or a folder of such files",
    key_zh: "不需要密钥",
    key_en: "no key is needed",
    usual_places: &[],
};

/// Reads ChatLab files.
#[derive(Debug, Clone, Copy)]
pub struct ChatLab;

impl Source for ChatLab {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let files = file::find(input);
        let Some((_, first)) = files.first() else {
            return Recognition::No;
        };
        let name = if first.platform.is_empty() {
            String::new()
        } else {
            format!(" of {}", first.platform)
        };
        match files.len() {
            1 => Recognition::Yes(format!("ChatLab export{name}")),
            count => Recognition::Yes(format!("{count} ChatLab exports")),
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        let version = file::find(input)
            .first()
            .map(|(_, first)| first.version.clone())
            .unwrap_or_default();
        json_export::inspect(self, format!("ChatLab {version}"), input, options)
    }

    fn read(
        &self,
        input: &Input,
        options: &ReadOptions,
        out: &mut dyn Sink,
    ) -> Result<Summary, ReadError> {
        read::read(input, options, out)
    }

    fn files(&self, input: &Input) -> Vec<String> {
        file::find(input)
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }
}
