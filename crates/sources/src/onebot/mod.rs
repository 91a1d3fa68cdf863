//! OneBot: dumps that bots leave (OneBot v11 and v12, NapCat, go-cqhttp): lists of events, JSON Lines, answers of the API.
//!
//! `dump` walks through a file, `cq` takes CQ texts apart, `segment` turns segments into parts, `chat` finds the
//! conversation and the people of an event, `event` and `notice` make messages, `read` pushes it all into a sink. What
//! the fields mean is in `FORMAT.md`.

mod chat;
mod cq;
mod dump;
mod event;
mod notice;
mod read;
mod segment;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use crate::json_export;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

pub use cq::segments as cq_segments;

static ABOUT: About = About {
    id: "onebot",
    name_zh: "OneBot 与 NapCat 消息转储（JSON、JSONL）",
    name_en: "OneBot and NapCat dumps (JSON, JSONL)",
    input_zh: "含 OneBot v11/v12 事件或接口应答的 .json、.jsonl 文件，或装有这些文件的文件夹",
    input_en: "a .json or .jsonl file of OneBot v11/v12 events or answers, or a folder of such files",
    key_zh: "不需要密钥",
    key_en: "no key is needed",
    usual_places: &[],
};

/// Reads OneBot dumps.
#[derive(Debug, Clone, Copy)]
pub struct OneBot;

impl Source for OneBot {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let files = dump::find(input);
        match files.as_slice() {
            [] => Recognition::No,
            [(_, kind)] => Recognition::Yes(kind.name().to_owned()),
            many => Recognition::Yes(format!("{} OneBot dumps", many.len())),
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        let version = dump::find(input)
            .first()
            .map_or("OneBot dump", |(_, kind)| kind.name());
        json_export::inspect(self, version.to_owned(), input, options)
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
        dump::find(input)
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }
}
