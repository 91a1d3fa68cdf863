//! Sample data: invented QQ and WeChat accounts, really encrypted.

use std::path::{Path, PathBuf};

use hutong_samples::{Plan, qq_nt, wechat4};

use crate::Error;

/// A forged account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleSet {
    /// Id of the source that reads it.
    pub source: &'static str,
    /// The account folder.
    pub folder: PathBuf,
    /// Its key file.
    pub key_file: PathBuf,
    /// Messages that a correct import delivers.
    pub messages: u64,
    /// Words that one message holds.
    pub needle: String,
}

/// Forges one WeChat and one QQ account with about `messages` messages each.
///
/// # Errors
/// When the files cannot be written.
pub fn forge_samples(folder: &Path, messages: u64, seed: u64) -> Result<Vec<SampleSet>, Error> {
    let plan = Plan {
        seed,
        messages,
        ..Plan::default()
    };
    let mut ignore = |_: u64| {};
    let wechat = wechat4(&plan, &folder.join("wechat"), &mut ignore)?;
    let qq = qq_nt(&plan, &folder.join("qq"), &mut ignore)?;
    Ok([("wechat_pc4", wechat), ("qq_nt", qq)]
        .into_iter()
        .map(|(source, forged)| SampleSet {
            source,
            folder: forged.root,
            key_file: forged.key_file,
            messages: forged.messages,
            needle: forged.needle,
        })
        .collect())
}
