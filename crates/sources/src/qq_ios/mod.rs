//! QQ on iOS before NT: a plain database `QQ.db` for each account, with media beside it.
//!
//! What the columns mean is in `FORMAT.md`.

mod inspect;
mod locate;
mod map;
mod media;
mod read;
mod tables;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::locate::Found;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_ios",
    name_zh: "QQ iOS 版（NT 之前）",
    name_en: "QQ for iOS before NT",
    input_zh: "应用的 Documents 文件夹（或包含它的文件夹、手机备份）、其中的 contents/<QQ号>，或 QQ.db 本身",
    input_en: "the app's Documents folder (or what holds it, a phone backup too), its contents/<number>, or QQ.db itself",
    key_zh: "不需要",
    key_en: "none",
    usual_places: &[],
};

/// Reads QQ on iOS before NT.
#[derive(Debug, Clone, Copy)]
pub struct QqIos;

impl Source for QqIos {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match locate::find(input, None) {
            Found::Nothing => Recognition::No,
            Found::Several(accounts) => Recognition::Maybe(format!(
                "QQ for iOS before NT, accounts {}; name one of their folders or the account",
                accounts.join(", ")
            )),
            Found::One(path) => {
                let number = locate::account(input, &path)
                    .map(|number| format!(", account {number}"))
                    .unwrap_or_default();
                Recognition::Yes(format!("QQ for iOS before NT{number}"))
            }
        }
    }

    fn inspect(&self, input: &Input, options: &ReadOptions) -> Result<Inspection, ReadError> {
        inspect::inspect(input, options)
    }

    fn read(
        &self,
        input: &Input,
        options: &ReadOptions,
        out: &mut dyn Sink,
    ) -> Result<Summary, ReadError> {
        read::read(input, options, out)
    }

    fn lost_tables(&self) -> &'static [hutong_sqlite::LostTable] {
        crate::lost_tables::QQ_IOS
    }

    fn files(&self, input: &Input) -> Vec<String> {
        inspect::files(input)
    }
}
