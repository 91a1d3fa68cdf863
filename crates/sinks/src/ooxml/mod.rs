//! What spreadsheets and word processor documents share: both are zip files of XML (ECMA-376).

mod package;
mod place;
mod xml;

pub(crate) use package::Package;
pub(crate) use place::Place;
pub(crate) use xml::{write_attribute, write_text};
