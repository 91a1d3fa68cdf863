//! Records become files: one folder per format.
//!
//! A use case picks a [`Format`], starts an [`Export`] and pushes one conversation after the other, each followed
//! by its messages, oldest first. Adding a format touches its own folder, one `mod` line and one entry in
//! [`FORMATS`]; tables of formats, help texts and the conformance suite follow from the list.

mod attachments;
mod carried;
pub mod clock;
#[cfg(test)]
mod conformance;
mod context;
mod error;
mod file_name;
mod format;
mod handles;
mod json;
mod losses;
mod mail;
#[cfg(any(feature = "docx", feature = "xlsx"))]
mod ooxml;
mod output;
mod people;
mod recent;
mod roster;
mod scribe;
mod text;
#[cfg(feature = "typeset")]
mod typeset;
mod url;
pub mod words;

pub mod chatlab;
pub mod csv;
#[cfg(feature = "docx")]
pub mod docx;
pub mod eml;
pub mod hcx;
pub mod html;
pub mod jsonl;
pub mod mattermost;
pub mod mbox;
pub mod md;
pub mod miniprogram;
pub mod notes;
pub mod onebot_nodes;
pub mod page;
pub mod paint;
#[cfg(feature = "parquet")]
pub mod parquet;
#[cfg(feature = "pdf")]
pub mod pdf;
#[cfg(feature = "png")]
pub mod png;
pub mod rsmf;
pub mod slack_import;
pub mod telegram_import;
pub mod txt;
pub mod whatsapp_txt;
#[cfg(feature = "xlsx")]
pub mod xlsx;

pub use context::{
    Blobs, Context, FontPlaces, Language, MailUnit, Members, NoBlobs, Options, Phone,
};
pub use error::WriteError;
pub use file_name::FileNames;
pub use format::{About, Export, Format, OutputKind, Written};
pub use losses::{Fact, Fate, Feature, Treatment};
pub use output::Output;

/// Everything that can be written, in the order in which help texts list it.
pub static FORMATS: &[&dyn Format] = &[
    &html::Html,
    &page::Page,
    #[cfg(feature = "pdf")]
    &pdf::Pdf,
    #[cfg(feature = "png")]
    &png::Png,
    &md::Md,
    &notes::Notes,
    &txt::Txt,
    &csv::Csv,
    #[cfg(feature = "docx")]
    &docx::Docx,
    #[cfg(feature = "xlsx")]
    &xlsx::Xlsx,
    #[cfg(feature = "parquet")]
    &parquet::Parquet,
    &jsonl::Jsonl,
    &hcx::Hcx,
    &mbox::Mbox,
    &eml::Eml,
    &chatlab::ChatLab,
    &whatsapp_txt::WhatsAppTxt,
    &telegram_import::TelegramImport,
    &onebot_nodes::OneBotNodes,
    &slack_import::SlackImport,
    &mattermost::Mattermost,
    &rsmf::Rsmf,
    &miniprogram::MiniProgram,
];

/// The format with this id.
#[must_use]
pub fn format(id: &str) -> Option<&'static dyn Format> {
    FORMATS
        .iter()
        .copied()
        .find(|format| format.about().id == id)
}
