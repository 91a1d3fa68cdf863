//! 微信 on the iPhone, out of a backup or a tree taken from one. What is known of the format stands in `FORMAT.md`.

mod contacts;
mod decode;
mod inspect;
mod layout;
mod media;
mod open;
mod read;

#[cfg(test)]
mod tests;

use hutong_model::Sink;

use self::layout::{Found, Layout};
use crate::{About, Input, Inspection, ReadError, ReadOptions, Recognition, Source, Summary};

/// Reads WeChat out of iPhone backups, plain or encrypted, and out of extracted `Documents` folders.
#[derive(Clone, Copy, Debug, Default)]
pub struct WeChatIos;

/// The program's name in the lists of a backup.
const PROGRAM: &str = "com.tencent.xin";

static ABOUT: About = About {
    id: "wechat_ios",
    name_zh: "微信（iPhone、iPad）",
    name_en: "WeChat (iPhone, iPad)",
    input_zh: "iTunes 或访达的备份文件夹（加密的也可以），或从备份里取出的 Documents 文件夹",
    input_en: "the folder of a backup by iTunes or Finder (encrypted ones too), or a Documents folder taken out of one",
    key_zh: "未加密的备份不需要；加密的备份需要备份密码（--key，或密钥文件的 backup_password）",
    key_en: "none for a backup that is not encrypted; else the backup password (--key, or backup_password in a key file)",
    usual_places: &[
        "Library/Application Support/MobileSync/Backup/*",
        "AppData/Roaming/Apple Computer/MobileSync/Backup/*",
        "Apple/MobileSync/Backup/*",
    ],
};

/// Whether an input is an encrypted backup that may hold WeChat and cannot be looked into yet.
fn is_locked(input: &Input) -> bool {
    input.phone_backup().is_some_and(|backup| {
        // Not every backup lists its programs.
        let may_hold = backup.programs.is_empty()
            || backup
                .programs
                .iter()
                .any(|program| program.contains(PROGRAM));
        backup.is_locked && may_hold
    })
}

impl Source for WeChatIos {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        if is_locked(input) {
            return Recognition::Yes(
                "WeChat in an encrypted iPhone backup; the backup password is needed".to_owned(),
            );
        }
        match Layout::find(input) {
            Found::Nothing => Recognition::No,
            Found::Several(accounts) => Recognition::Maybe(format!(
                "holds {} WeChat accounts of an iPhone: {}",
                accounts.len(),
                accounts.join(", ")
            )),
            Found::One(layout) => Recognition::Yes(match layout.owner_hash() {
                Some(hash) => format!("WeChat for iPhone, account folder {hash}"),
                None => "WeChat for iPhone, databases taken out of their account folder".to_owned(),
            }),
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
        crate::lost_tables::WECHAT_IOS
    }

    fn files(&self, input: &Input) -> Vec<String> {
        if is_locked(input) {
            return vec!["Manifest.db".to_owned()];
        }
        let Found::One(layout) = Layout::find(input) else {
            return Vec::new();
        };
        let mut files: Vec<String> = layout
            .databases()
            .into_iter()
            .flat_map(|path| [path.clone(), format!("{path}-wal")])
            .chain(["contactlabel.list".to_owned()])
            .filter_map(|path| Layout::inside(&layout.root, input, &layout.root.real_path(&path)?))
            .collect();
        if let Some(documents) = &layout.documents
            && let Some(path) = documents.real_path("LoginInfo2.dat")
        {
            files.extend(Layout::inside(documents, input, &path));
        }
        files.retain(|path| input.has_file(path));
        files
    }
}
