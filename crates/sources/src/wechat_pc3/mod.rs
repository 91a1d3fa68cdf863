//! 微信 3.x on Windows. What is known of the format stands in `FORMAT.md`.

mod decode;
mod inspect;
mod layout;
mod locate;
mod map;
mod read;
mod tables;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::layout::Layout;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads account folders of WeChat 3.x for Windows, encrypted or already decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatPc3;

static ABOUT: About = About {
    id: "wechat_pc3",
    name_zh: "微信 3.x（Windows）",
    name_en: "WeChat 3.x (Windows)",
    input_zh: "账号文件夹 WeChat Files\\<账号>，或其中的 Msg；已解密的 MSG0.db、MSG.db、merge_all.db 也可以",
    input_en: "the account folder WeChat Files\\<account>, or Msg in it; decrypted copies (MSG0.db, MSG.db, merge_all.db) \
               work too",
    key_zh: "数据库密钥，64 位十六进制；已解密的副本不需要",
    key_en: "the database key of 64 hexadecimal digits; decrypted copies need none",
    usual_places: &["Documents/WeChat Files/*", "文档/WeChat Files/*"],
};

impl Source for WeChatPc3 {
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
            .any(|found| found.role == tables::Role::Messages)
        {
            return Recognition::Maybe("an encrypted file, perhaps of WeChat 3.x".to_owned());
        }
        if !layout.is_certain() {
            return Recognition::Maybe("message databases of WeChat 3.x, but empty".to_owned());
        }
        Recognition::Yes(if layout.is_original {
            format!(
                "WeChat 3.x for Windows, account {}",
                layout.root.folder_name()
            )
        } else {
            "WeChat 3.x for Windows, databases copied out of their account folder".to_owned()
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
        crate::lost_tables::WECHAT_PC3
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
