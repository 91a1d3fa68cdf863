//! Web archives (`.mht`) of the message manager of QQ and TIM, with their pictures.
//!
//! `outline` finds tables and pictures in one pass, `rows` and `row` read the table with the help of `html`, `picture`
//! decodes a picture when somebody wants it, and `read` pushes it all into a sink. What text exports have in common with
//! it is in `qq_manager`. What the format is like is in `FORMAT.md`.

mod html;
mod outline;
mod picture;
mod read;
mod row;
mod rows;
#[cfg(test)]
mod sheet;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use crate::qq_manager::files::{self, Likeness};
use crate::qq_manager::tally;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_mht",
    name_zh: "QQ/TIM 消息管理器导出的网页（.mht，含图片）",
    name_en: "QQ/TIM message manager, web archive",
    input_zh: "导出的 .mht 文件，或放有这些文件的文件夹；几十 GB 也可以",
    input_en: "an exported .mht file, or a folder with such files; tens of gigabytes are fine",
    key_zh: "不需要；可用 --account 指明自己的 QQ 号",
    key_en: "none; --account may name your own number",
    usual_places: &[],
};

/// Reads web archives of the message manager.
#[derive(Debug, Clone, Copy)]
pub struct QqMht;

impl Source for QqMht {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match files::glance(input, &read::likeness) {
            (Likeness::None | Likeness::Some, _) => Recognition::No,
            (Likeness::Sure, 1) => {
                Recognition::Yes("QQ/TIM message manager, web archive".to_owned())
            }
            (Likeness::Sure, count) => {
                Recognition::Yes(format!("QQ/TIM message manager, {count} web archives"))
            }
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        tally::inspect(self, "QQ/TIM message manager, web archive", input, options)
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
