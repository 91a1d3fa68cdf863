//! The official backup of 微信 3.x on a computer. What is known of the format stands in `FORMAT.md`.

mod cipher;
mod inspect;
mod item;
mod layout;
mod open;
mod read;
mod tables;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::layout::{Found, find};
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads `Backup.db` with its packed files, encrypted or already decrypted.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatBackup;

static ABOUT: About = About {
    id: "wechat_backup",
    name_zh: "微信电脑端备份（3.x 备份与恢复）",
    name_en: "WeChat backup on a computer (3.x)",
    input_zh: "备份文件夹 BackupFiles/<编号>，其中有 Backup.db、BAK_0_TEXT 和 BAK_0_MEDIA",
    input_en: "the backup folder BackupFiles/<id> with Backup.db, BAK_0_TEXT and BAK_0_MEDIA",
    key_zh: "备份密钥：32 位十六进制；已解密的副本不需要",
    key_en: "the key of the backup: 32 hexadecimal digits; decrypted copies need none",
    usual_places: &["Documents/WeChat Files/*/BackupFiles/*"],
};

impl Source for WeChatBackup {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match find(input) {
            Found::One(_) => Recognition::Yes("WeChat 3.x backup on a computer".to_owned()),
            Found::WithoutDatabase => Recognition::Maybe(
                "packed files of a WeChat backup, but Backup.db is missing".to_owned(),
            ),
            Found::Newer => Recognition::Maybe(format!("a backup of WeChat 4: {}", open::NEWER)),
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

    fn files(&self, input: &Input) -> Vec<String> {
        match find(input) {
            Found::One(database) => inspect::files(input, &database),
            _ => Vec::new(),
        }
    }
}
