//! HCX: the open interchange format, as this program and others write it.
//!
//! `docs/spec/hcx-1.0` says what a file is. `zip` and `container` open it, `bag` holds it against its manifests, `check`
//! reads everything that is in it, `read` turns it into records.

mod bag;
mod check;
mod container;
mod flaw;
mod read;
#[cfg(test)]
mod tests;
mod zip;

use hutong_model::Sink;

use self::bag::{Bag, HEADER};
pub use self::check::{Checked, check_file, check_folder};
use self::container::{Container as _, InputBag};
pub use self::flaw::{Flaw, FlawCode};
use crate::{
    About, Input, InputFile, Inspection, ReadError, ReadOptions, Recognition, Source, Summary,
};

static ABOUT: About = About {
    id: "hcx",
    name_zh: "HCX 开放交换格式",
    name_en: "HCX, the open interchange format",
    input_zh: "一个 .hcx 文件，或解开后的文件夹",
    input_en: "an .hcx file, or the folder that it was unpacked into",
    key_zh: "不需要密钥（.hcx.age 需要口令或身份文件）",
    key_en: "no key is needed (.hcx.age: its passphrase or identity)",
    usual_places: &[],
};

/// Reads HCX files.
#[derive(Debug, Clone, Copy)]
pub struct Hcx;

/// The flaw as what ends a reading.
fn read_error(flaw: Flaw) -> ReadError {
    ReadError::Layout {
        file: match flaw.line {
            _ if flaw.file.is_empty() => "the HCX file".to_owned(),
            Some(line) => format!("{}, line {line}", flaw.file),
            None => flaw.file,
        },
        reason: flaw.what,
    }
}

impl Source for Hcx {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn recognize(&self, input: &Input) -> Recognition {
        match InputBag::place(input) {
            Some(_) => Recognition::Yes("HCX 1".to_owned()),
            None => Recognition::No,
        }
    }

    fn inspect(&self, input: &Input, _: &ReadOptions) -> Result<Inspection, ReadError> {
        let container = InputBag::open(input).map_err(read_error)?;
        let file = |path: &str, size_bytes, trouble| InputFile {
            path: path.to_owned(),
            size_bytes,
            is_encrypted: false,
            key_fits: None,
            trouble,
        };
        let mut inspection = Inspection {
            version: "HCX 1".to_owned(),
            files: container
                .files()
                .iter()
                .filter(|(path, _)| path.starts_with("data/") && !path.starts_with("data/blobs/"))
                .map(|(path, size)| file(path, *size, None))
                .collect(),
            ..Inspection::default()
        };
        match Bag::open(&container) {
            Ok(bag) => {
                let header = &bag.header;
                inspection.version = format!("HCX {}", header.version);
                inspection.conversations = Some(header.counts.conversations);
                inspection.messages = Some(header.counts.copies);
                inspection.span = header
                    .first_sent_at
                    .zip(header.last_sent_at)
                    .map(|(first, last)| (first.0, last.0));
            }
            Err(flaw) => {
                inspection.notes.push(flaw.to_string());
                if inspection.files.is_empty() {
                    inspection
                        .files
                        .push(file(HEADER, 0, Some(flaw.to_string())));
                }
            }
        }
        Ok(inspection)
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
        let Some(below) = InputBag::place(input) else {
            return Vec::new();
        };
        // Between them they have the digest of every other file.
        let folder = if below.is_empty() {
            below
        } else {
            format!("{below}/")
        };
        ["manifest-sha256.txt", "tagmanifest-sha256.txt"]
            .iter()
            .map(|name| format!("{folder}{name}"))
            .filter(|path| input.has_file(path))
            .collect()
    }
}
