//! Files that other tools made of WeChat history: 留痕 (MemoTrace), PyWxDump, chatlog, WeFlow, echotrace and
//! WeChatDataAnalysis. What is known of their formats stands in `FORMAT.md`.
//!
//! A file is told by what is in it, never by its name. Each tool has a folder; what they share (tables, lists, times,
//! the words for kinds of messages) stands here.

mod chatlog;
mod clock;
mod compose;
mod contacts;
mod content;
mod csv;
mod echotrace;
mod encoding;
mod facts;
mod files;
mod json;
mod labels;
mod lines;
mod media;
mod memotrace;
mod pywxdump;
mod read;
mod rows;
mod wechat_data_analysis;
mod weflow;
mod wide;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::files::Shape;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads exports of WeChat history that other tools made.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatToolExports;

static ABOUT: About = About {
    id: "wechat_tool_exports",
    name_zh: "其他工具导出的微信记录（留痕、PyWxDump、chatlog、WeFlow、echotrace、WeChatDataAnalysis）",
    name_en: "WeChat history exported by other tools (MemoTrace, PyWxDump, chatlog, WeFlow, echotrace, WeChatDataAnalysis)",
    input_zh: "导出的文件（CSV、JSON、HTML、TXT、SQL），或放有这些文件的文件夹或 zip",
    input_en: "the exported file (CSV, JSON, HTML, TXT, SQL), or a folder or zip with such files",
    key_zh: "不需要密钥；文件里没有本人账号时用 --account 指明，时间没有时区时按 Asia/Shanghai，可用 --zone 另指",
    key_en: "none; name the owner with --account where the files do not, and the zone of times without one with --zone \
             (Asia/Shanghai otherwise)",
    usual_places: &[],
};

impl Source for WeChatToolExports {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let found = files::find(input);
        let mut tools: Vec<&str> = Vec::new();
        for export in found
            .exports
            .iter()
            .filter(|export| export.shape.has_messages())
        {
            if !tools.contains(&export.shape.words()) {
                tools.push(export.shape.words());
            }
        }
        if !tools.is_empty() {
            return Recognition::Yes(tools.join(", "));
        }
        if found
            .exports
            .iter()
            .any(|export| export.shape == Shape::Training)
        {
            return Recognition::Maybe(read::TRAINING.to_owned());
        }
        Recognition::No
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        read::inspect(input, options)
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
        files::find(input)
            .exports
            .into_iter()
            .map(|export| export.path)
            .collect()
    }
}
