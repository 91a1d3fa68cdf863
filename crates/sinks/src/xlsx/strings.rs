//! Texts that many cells repeat: names, ids, kinds.

use rustc_hash::FxHashMap;

use super::cell::write_string;
use crate::WriteError;
use crate::ooxml::Package;

/// So many different texts are kept; further ones stand in their cells. The table is held in memory until the end.
const MAX_STRINGS: usize = 200_000;

/// Longer texts stand in their cells.
const MAX_BYTES: usize = 256;

/// The table of texts.
#[derive(Default)]
pub(super) struct Strings {
    numbers: FxHashMap<Box<str>, u32>,
    /// The texts, written out.
    xml: Vec<u8>,
}

impl Strings {
    /// The number of this text; `None` when it shall stand in its cell.
    pub(super) fn number(&mut self, text: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(text) {
            return Some(*number);
        }
        if text.len() > MAX_BYTES || self.numbers.len() >= MAX_STRINGS {
            return None;
        }
        let number = u32::try_from(self.numbers.len()).ok()?;
        self.numbers.insert(text.into(), number);
        self.xml
            .extend_from_slice(b"<si><t xml:space=\"preserve\">");
        write_string(text, &mut self.xml);
        self.xml.extend_from_slice(b"</t></si>");
        Some(number)
    }

    /// Writes the part.
    pub(super) fn write(&self, package: &mut Package) -> Result<(), WriteError> {
        package.begin("xl/sharedStrings.xml")?;
        let count = self.numbers.len();
        let head = format!(
            "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" uniqueCount=\"{count}\">"
        );
        package.buffer.extend_from_slice(head.as_bytes());
        package.buffer.extend_from_slice(&self.xml);
        package.buffer.extend_from_slice(b"</sst>");
        package.flush_if_full()
    }
}
