//! Someone's files become records: one folder per messenger.
//!
//! Adding a messenger touches its own folder, one `pub mod` line and one entry in [`SOURCES`].

mod base64;
mod by_content;
mod input;
mod keyed_archive;
mod lost_tables;
mod source;

pub mod chatlab;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod hcx;
mod json_export;
pub mod json_stream;
#[cfg(feature = "qq")]
pub mod onebot;
#[cfg(feature = "qq")]
mod qq;
#[cfg(feature = "qq")]
pub mod qq_android;
#[cfg(feature = "qq")]
pub mod qq_ios;
#[cfg(feature = "qq")]
mod qq_manager;
#[cfg(feature = "qq")]
pub mod qq_mht;
#[cfg(feature = "qq")]
pub mod qq_nt;
#[cfg(feature = "qq")]
pub mod qq_pc;
#[cfg(feature = "qq")]
pub mod qq_qce;
#[cfg(feature = "qq")]
pub mod qq_txt;
mod text_ids;
#[cfg(feature = "wechat")]
mod wechat;
#[cfg(feature = "wechat")]
pub mod wechat_android;
#[cfg(feature = "wechat")]
pub mod wechat_backup;
#[cfg(feature = "wechat")]
pub mod wechat_exports;
#[cfg(feature = "wechat")]
pub mod wechat_ios;
#[cfg(feature = "wechat")]
pub mod wechat_mac3;
#[cfg(feature = "wechat")]
pub mod wechat_pc3;
#[cfg(feature = "wechat")]
pub mod wechat_pc4;

pub use by_content::by_content;
pub use hutong_sqlite::open_shared;
pub use input::{FileContent, Input, PhoneBackup};
pub use source::{
    About, Account, InputFile, Inspection, ReadError, ReadOptions, Recognition, Refusal, Source,
    Summary,
};

/// Everything that can be read, in the order in which inputs are offered to it.
pub static SOURCES: &[&dyn Source] = &[
    #[cfg(feature = "wechat")]
    &wechat_pc4::WeChatPc4,
    #[cfg(feature = "wechat")]
    &wechat_android::WeChatAndroid,
    #[cfg(feature = "wechat")]
    &wechat_pc3::WeChatPc3,
    #[cfg(feature = "wechat")]
    &wechat_ios::WeChatIos,
    #[cfg(feature = "wechat")]
    &wechat_mac3::WeChatMac3,
    #[cfg(feature = "wechat")]
    &wechat_backup::WeChatBackup,
    #[cfg(feature = "qq")]
    &qq_nt::QqNt,
    #[cfg(feature = "qq")]
    &qq_mht::QqMht,
    #[cfg(feature = "qq")]
    &qq_android::QqAndroid,
    #[cfg(feature = "qq")]
    &qq_ios::QqIos,
    #[cfg(feature = "qq")]
    &qq_pc::QqPc,
    #[cfg(feature = "qq")]
    &qq_txt::QqTxt,
    #[cfg(feature = "qq")]
    &qq_qce::QqQce,
    #[cfg(feature = "qq")]
    &onebot::OneBot,
    &hcx::Hcx,
    &chatlab::ChatLab,
    // Texts of this tool and that look alike: those with stronger signs are asked first.
    #[cfg(feature = "wechat")]
    &wechat_exports::WeChatToolExports,
];

/// The source with this id.
#[must_use]
pub fn source(id: &str) -> Option<&'static dyn Source> {
    SOURCES
        .iter()
        .copied()
        .find(|source| source.about().id == id)
}
