//! QQ NT: the account folders of QQ 9.9 and later on computers, and of the NT generation on phones.
//!
//! `account_folder` finds the files, `tables` reads their rows, `decode` takes message bodies apart, `map` turns rows into
//! messages, `directory` knows people and conversations, `media` finds files on disk, and `read` pushes it all into a
//! sink. What the bytes mean is in `FORMAT.md`.

mod account_folder;
mod announce;
mod decode;
mod directory;
mod inspect;
mod map;
mod media;
mod owner;
mod people;
mod raw_row;
mod read;
mod tables;
mod targets;
#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::account_folder::{FirstBytes, Found};
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

static ABOUT: About = About {
    id: "qq_nt",
    name_zh: "QQ（NT 架构）",
    name_en: "QQ NT",
    input_zh: "账号文件夹（…/Tencent Files/<QQ号>、nt_qq_<…>）、其中的 nt_db，或 nt_msg.db 本身；已解密的副本也可以",
    input_en: "the account folder (…/Tencent Files/<number>, nt_qq_<…>), its nt_db, or nt_msg.db itself; decrypted copies too",
    key_zh: "电脑版：16 个字符的数据库口令；手机版：32 个字符的口令，或自己的 uid（u_…），口令由它算出",
    key_en: "desktop: the database passphrase of 16 characters; phone: that of 32 characters, or your own uid (u_…), from which it follows",
    usual_places: &[
        "Documents/Tencent Files/*",
        "Tencent Files/*",
        ".config/QQ/*",
        "Library/Containers/com.tencent.qq/Data/Library/Application Support/QQ/*",
    ],
};

/// Reads QQ NT.
#[derive(Debug, Clone, Copy)]
pub struct QqNt;

impl Source for QqNt {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        let folder = match account_folder::find(input) {
            Found::Nothing => return Recognition::No,
            Found::Several(folders) => {
                return Recognition::Maybe(format!(
                    "QQ NT folders of {} accounts; name one of them",
                    folders.len()
                ));
            }
            Found::One(folder) => folder,
        };
        let account = folder
            .account_name()
            .map(|name| format!(", account {name}"))
            .unwrap_or_default();
        match account_folder::first_bytes(input, &folder.messages()) {
            FirstBytes::Wrapped => Recognition::Yes(format!("QQ NT{account}")),
            FirstBytes::Plain => Recognition::Yes(format!("QQ NT{account}, decrypted copy")),
            FirstBytes::Other => Recognition::Maybe(format!("QQ NT{account}, without its header")),
            FirstBytes::Unreadable => {
                Recognition::Maybe(format!("QQ NT{account}, nothing readable in it"))
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
        crate::lost_tables::QQ_NT
    }

    fn files(&self, input: &Input) -> Vec<String> {
        inspect::files(input)
    }
}
