//! 微信 4.x on Windows, macOS and Linux. What is known of the format stands in `FORMAT.md`.

mod inspect;
mod layout;
mod locate;
mod read;
mod tables;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::layout::Layout;
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads account folders of WeChat 4.x, encrypted or already decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatPc4;

static ABOUT: About = About {
    id: "wechat_pc4",
    name_zh: "微信 4.x（Windows、macOS、Linux）",
    name_en: "WeChat 4.x (Windows, macOS, Linux)",
    input_zh: "账号文件夹 xwechat_files/<账号>，或其中的 db_storage；已解密的副本也可以",
    input_en: "the account folder xwechat_files/<account>, or db_storage in it; decrypted copies work too",
    key_zh: "数据库密钥：64 位十六进制的账号密钥，或每个数据库各自的密钥（如 all_keys.json）；已解密的副本不需要",
    key_en: "the database key: the account key of 64 hexadecimal digits, or one key for each database (such as \
             all_keys.json); decrypted copies need none",
    usual_places: &[
        "Documents/xwechat_files/*",
        "Library/Containers/com.tencent.xinWeChat/Data/Documents/xwechat_files/*",
        "文档/xwechat_files/*",
    ],
};

impl Source for WeChatPc4 {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let Some(layout) = Layout::find(input) else {
            let accounts = Layout::accounts_in(input);
            return match accounts.len() {
                0 => Recognition::No,
                count => Recognition::Maybe(format!(
                    "holds {count} WeChat 4.x accounts: {}",
                    accounts.join(", ")
                )),
            };
        };
        let is_plausible = |path: &String| {
            let full = layout.full(path);
            let log = layout.root.size_bytes(&format!("{full}-wal")).unwrap_or(0);
            let size = layout.root.size_bytes(&full).unwrap_or(0);
            let is_plain = layout
                .root
                .first_bytes(&full, 16)
                .is_ok_and(|first| first == b"SQLite format 3\0");
            is_plain || log > 0 || size >= 4096
        };
        if !layout.message_databases.iter().any(is_plausible) {
            return Recognition::Maybe("message databases of WeChat 4.x, but empty".to_owned());
        }
        let account = layout
            .owner_candidates()
            .into_iter()
            .next()
            .filter(|_| layout.is_original());
        Recognition::Yes(match account {
            Some(account) => format!("WeChat 4.x, account {account}"),
            None => "WeChat 4.x, databases copied out of their account folder".to_owned(),
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
        crate::lost_tables::WECHAT_PC4
    }

    fn files(&self, input: &Input) -> Vec<String> {
        let Some(layout) = Layout::find(input) else {
            return Vec::new();
        };
        let databases = layout
            .databases()
            .into_iter()
            .map(|path| layout.full(&path));
        databases
            .flat_map(|path| [path.clone(), format!("{path}-wal")])
            .filter_map(|path| layout.inside(input, &layout.root.real_path(&path)?))
            .collect()
    }
}
