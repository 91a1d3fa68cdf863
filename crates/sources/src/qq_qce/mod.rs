//! qq-chat-exporter (QCE): one JSON file a conversation, or a folder with a manifest and chunks of JSON Lines.
//!
//! `layout` finds the files, `header` learns in a first pass who is who, `element`, `body` and `rendered` turn contents into
//! parts, `resource` finds files on disk, `message` makes the message, `read` pushes it all into a sink. What the fields mean is
//! in `FORMAT.md`.

mod body;
mod element;
mod header;
mod layout;
mod message;
mod read;
mod rendered;
mod resource;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use crate::json_export;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_qce",
    name_zh: "QQ 聊天记录导出工具 qq-chat-exporter（JSON、分块 JSONL）",
    name_en: "qq-chat-exporter, QQ (JSON, chunked JSONL)",
    input_zh: "导出的 .json 文件、含 manifest.json 的分块文件夹，或装有这些文件的文件夹",
    input_en: "an exported .json file, a chunked folder with its manifest.json, or a folder of such files",
    key_zh: "不需要密钥",
    key_en: "no key is needed",
    usual_places: &[],
};

/// Reads exports of qq-chat-exporter.
#[derive(Debug, Clone, Copy)]
pub struct QqQce;

impl Source for QqQce {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let exports = layout::find(input);
        match exports.as_slice() {
            [] => Recognition::No,
            [one] => Recognition::Yes(one.description()),
            many => Recognition::Yes(format!("{} exports of qq-chat-exporter", many.len())),
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        let version = layout::find(input).first().map_or_else(
            || "qq-chat-exporter".to_owned(),
            layout::Export::description,
        );
        json_export::inspect(self, version, input, options)
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
        let mut files: Vec<String> = layout::find(input)
            .iter()
            .flat_map(layout::Export::paths)
            .filter(|path| input.has_file(path))
            .collect();
        files.dedup();
        files
    }
}
