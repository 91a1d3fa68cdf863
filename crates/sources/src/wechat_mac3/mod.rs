//! 微信 3.x on macOS. What is known of the format stands in `FORMAT.md`.

mod inspect;
mod layout;
mod locate;
mod owner;
mod read;
mod tables;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::layout::{Layout, Role};
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads account folders of WeChat 3.x for macOS, encrypted or already decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatMac3;

static ABOUT: About = About {
    id: "wechat_mac3",
    name_zh: "微信 3.x（macOS）",
    name_en: "WeChat 3.x (macOS)",
    input_zh: "账号文件夹 com.tencent.xinWeChat/2.0b4.0.9/<32 位>，或其中的 Message；已解密的副本也可以",
    input_en: "the account folder com.tencent.xinWeChat/2.0b4.0.9/<32 digits>, or Message in it; decrypted copies work too",
    key_zh: "数据库密钥，64 位十六进制；已解密的副本不需要",
    key_en: "the database key of 64 hexadecimal digits; decrypted copies need none",
    usual_places: &[
        "Library/Containers/com.tencent.xinWeChat/Data/Library/Application Support/com.tencent.xinWeChat/*/*",
    ],
};

impl Source for WeChatMac3 {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let Some(layout) = Layout::find(input) else {
            let accounts = Layout::accounts_in(input);
            return match accounts.len() {
                0 => Recognition::No,
                count => Recognition::Maybe(format!(
                    "holds {count} WeChat 3.x accounts: {}",
                    accounts.join(", ")
                )),
            };
        };
        if !layout
            .databases
            .iter()
            .any(|found| found.role == Role::Messages)
        {
            return Recognition::Maybe("an encrypted file, perhaps of WeChat 3.x".to_owned());
        }
        if !layout.is_certain() {
            return Recognition::Maybe("message databases of WeChat 3.x, but empty".to_owned());
        }
        Recognition::Yes(if layout.is_original {
            format!(
                "WeChat 3.x for macOS, account folder {}",
                layout.root.folder_name()
            )
        } else {
            "WeChat 3.x for macOS, databases copied out of their account folder".to_owned()
        })
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
        crate::lost_tables::WECHAT_MAC3
    }

    fn files(&self, input: &Input) -> Vec<String> {
        let Some(layout) = Layout::find(input) else {
            return Vec::new();
        };
        layout
            .databases
            .iter()
            .flat_map(|found| [found.path.clone(), format!("{}-wal", found.path)])
            .filter_map(|path| layout.inside(input, &layout.root.real_path(&path)?))
            .collect()
    }
}
