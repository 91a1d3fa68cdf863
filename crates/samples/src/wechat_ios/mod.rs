//! WeChat on the iPhone: the history of [`crate::wechat4`] as a phone keeps it, as an extracted tree, as a backup and as an
//! encrypted backup.

mod backup;
mod people;
mod rows;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::store::{make_folder, write_file};
use crate::wechat4::cast::Cast;
use crate::{ForgeError, Forged, Plan, WechatKeys, WechatStyle, wechat4};

/// Domain of the program itself.
const DOMAIN: &str = "AppDomain-com.tencent.xin";
/// Domain that it shares with its extensions.
const SHARED_DOMAIN: &str = "AppDomainGroup-group.com.tencent.xin";
/// Opens the encrypted backup.
const PASSWORD: &str = "forged backup 1234";

/// A phone's copies of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneCopies {
    /// The extracted tree and everything else that is known of the set.
    pub forged: Forged,
    /// A backup as Finder makes it.
    pub backup: PathBuf,
    /// The same, encrypted with the password in the key file.
    pub encrypted_backup: PathBuf,
}

/// Forges the account of a phone below `dir`: `tree`, `backup` and `backup-encrypted`.
///
/// Messages have the server ids, times and words that [`wechat4`] gives them for the same plan, as two devices of one person
/// would.
///
/// # Errors
/// When a file or database cannot be written.
pub fn wechat_ios(
    plan: &Plan,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<PhoneCopies, ForgeError> {
    let desktop = dir.join("desktop");
    let source = wechat4(
        &Plan {
            attachments: false,
            wal_rows: 0,
            truth: true,
            wechat: WechatStyle {
                keys: WechatKeys::Decrypted,
                ..plan.wechat
            },
            ..plan.clone()
        },
        &desktop,
        progress,
    )?;
    let cast = Cast::new(plan.seed, plan.messages);
    let tree = dir.join("tree");
    let account = tree.join(DOMAIN).join("Documents").join(&cast.owner().hash);
    make_folder(&account.join("DB"))?;
    let truth = dir.join("truth.jsonl");
    let outcome = rows::write(plan, &cast, &source, &account, &truth)?;
    people::write(&cast, &account, &tree.join(SHARED_DOMAIN), &outcome.newest)?;
    let remove = |path: &Path| {
        std::fs::remove_dir_all(path).map_err(|source| ForgeError::File {
            path: path.to_owned(),
            source,
        })
    };
    remove(&desktop)?;
    let key_file = dir.join("phone-keys.json");
    write_file(
        &key_file,
        json!({ "backup_password": PASSWORD })
            .to_string()
            .as_bytes(),
    )?;
    let (plain, encrypted) = (dir.join("backup"), dir.join("backup-encrypted"));
    backup::write(&tree, &plain, None)?;
    backup::write(&tree, &encrypted, Some((PASSWORD, plan.seed)))?;
    Ok(PhoneCopies {
        forged: Forged {
            main_db: account.join("DB/message_1.sqlite"),
            root: tree,
            key_file,
            truth,
            messages: outcome.messages,
            rows: outcome.rows,
            wal_rows: 0,
            files: outcome.files,
            ..source
        },
        backup: plain,
        encrypted_backup: encrypted,
    })
}
