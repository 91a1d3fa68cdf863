//! Android QQ before NT, and old TIM: plain databases whose values are combined with a short key.
//!
//! `locate` finds the files, `key` tells which key fits, `cipher` undoes it, `java` and `wire` take bodies apart, `map` turns
//! rows into messages, `bundles` finds the messages inside forwards, and `read` pushes it all into a sink. What the bytes
//! mean is in `FORMAT.md`.

mod body;
mod bundles;
mod cipher;
mod inspect;
mod java;
mod key;
mod locate;
mod map;
mod people;
mod read;
mod tables;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::locate::Found;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_android",
    name_zh: "QQ 安卓版（NT 之前）和旧版 TIM",
    name_en: "QQ for Android before NT, and old TIM",
    input_zh: "手机数据文件夹（com.tencent.mobileqq）、其中的 databases（备份里叫 db），或 <QQ号>.db 本身",
    input_en: "the app's data folder (com.tencent.mobileqq), its databases (db in some backups), or <number>.db itself",
    key_zh: "files/kc 里的文字（在输入里时自动使用），旧机型是 15 位 IMEI；用 --key，或密钥文件的 kc、imei",
    key_en: "the text in files/kc (used by itself when it lies in the input), on old phones the IMEI of 15 digits; --key, or kc and imei in a key file",
    usual_places: &[],
};

/// Reads Android QQ before NT.
#[derive(Debug, Clone, Copy)]
pub struct QqAndroid;

impl Source for QqAndroid {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match locate::find(input, None) {
            Found::Nothing => Recognition::No,
            Found::Several(accounts) => Recognition::Maybe(format!(
                "QQ for Android before NT, accounts {}; name one of the files or the account",
                accounts.join(", ")
            )),
            Found::One(account) => {
                let number = account
                    .number
                    .as_ref()
                    .map(|number| format!(", account {number}"))
                    .unwrap_or_default();
                Recognition::Yes(format!("QQ for Android before NT{number}"))
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
        crate::lost_tables::QQ_ANDROID
    }

    fn files(&self, input: &Input) -> Vec<String> {
        inspect::files(input)
    }
}
