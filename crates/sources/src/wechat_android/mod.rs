//! 微信 on Android: `EnMicroMsg.db` and the media beside it. What is known of the format stands in `FORMAT.md`.

mod companions;
mod decode;
mod inspect;
mod layout;
mod media;
mod open;
mod read;
mod sticker;
mod tables;

#[cfg(test)]
pub(crate) mod tests;

use hutong_model::Sink;

use self::layout::{Found, Layout, find};
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads the account of a phone with Android, encrypted or already decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatAndroid;

static ABOUT: About = About {
    id: "wechat_android",
    name_zh: "微信 Android",
    name_en: "WeChat for Android",
    input_zh: "账号文件夹 MicroMsg/<32 位十六进制>，或其中的 EnMicroMsg.db；已解密的副本也可以",
    input_en: "the account folder MicroMsg/<32 hexadecimal digits>, or EnMicroMsg.db in it; decrypted copies work too",
    key_zh: "7 位十六进制的数据库密钥，或密钥文件中的 imei 和 uin（uin 可以是负数；没有 imei 时用 1234567890ABCDEF）；\
             已解密的副本不需要",
    key_en: "the database key of 7 hexadecimal digits, or imei and uin in a key file (uin may be negative; without imei \
             1234567890ABCDEF is taken); decrypted copies need none",
    usual_places: &[],
};

impl Source for WeChatAndroid {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let named = |layout: &Layout| match layout.account_folder(input) {
            Some(folder) => format!("WeChat for Android, account folder {folder}"),
            None => "WeChat for Android".to_owned(),
        };
        match find(input) {
            Found::One(layout) => Recognition::Yes(named(&layout)),
            Found::Perhaps(_) => Recognition::Maybe(
                "an encrypted database with pages of 1,024 bytes, perhaps EnMicroMsg.db of WeChat for Android"
                    .to_owned(),
            ),
            Found::Several(folders) => Recognition::Maybe(format!(
                "holds {} accounts of WeChat for Android: {}",
                folders.len(),
                folders.join(", ")
            )),
            Found::Nothing => Recognition::No,
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
        crate::lost_tables::WECHAT_ANDROID
    }

    fn files(&self, input: &Input) -> Vec<String> {
        match find(input) {
            Found::One(layout) | Found::Perhaps(layout) => inspect::files(input, &layout),
            _ => Vec::new(),
        }
    }
}
