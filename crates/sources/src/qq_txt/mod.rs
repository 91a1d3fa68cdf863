//! Text exports of the message manager of QQ and TIM.
//!
//! `manner` tells how a file was written, `encoding` and `lines` make lines of it, `header` reads the first line of a
//! message, `sections` the frame between conversations, `parse` puts them together (`growing`: one message), `arbiter` tells real headers from
//! pasted ones, `ahead` does all this on a thread of its own, and `read` pushes it into a sink. What web archives have in common with it is in `qq_manager`. What
//! the format is like is in `FORMAT.md`.

mod ahead;
mod arbiter;
mod encoding;
mod growing;
mod header;
mod lines;
mod manner;
mod parse;
mod read;
mod sections;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

pub(crate) use self::encoding::looks_like_utf8;
use crate::qq_manager::files::{self, Likeness};
use crate::qq_manager::tally;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_txt",
    name_zh: "QQ/TIM 消息管理器导出的文本（.txt）",
    name_en: "QQ/TIM message manager, text",
    input_zh: "导出的 .txt 文件，或放有这些文件的文件夹；一个会话或全部记录都可以，编码不限",
    input_en: "an exported .txt file, or a folder with such files; one chat or all records, in any encoding",
    key_zh: "不需要；可用 --account 指明自己的 QQ 号",
    key_en: "none; --account may name your own number",
    usual_places: &[],
};

/// Reads text exports of the message manager.
#[derive(Debug, Clone, Copy)]
pub struct QqTxt;

impl Source for QqTxt {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match files::glance(input, &manner::likeness) {
            (Likeness::Sure, 1) => {
                Recognition::Yes("QQ/TIM message manager, text export".to_owned())
            }
            (Likeness::Sure, count) => {
                Recognition::Yes(format!("QQ/TIM message manager, {count} text exports"))
            }
            (Likeness::Some, _) => Recognition::Maybe(
                "text with lines like those of QQ's message manager, but without its title"
                    .to_owned(),
            ),
            (Likeness::None, _) => Recognition::No,
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        tally::inspect(self, "QQ/TIM message manager, text", input, options)
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
        read::files(input)
    }
}
