//! The workbook around the sheets.

use super::sheet::{Column, Done, Sheet};
use super::strings::Strings;
use crate::ooxml::{Package, write_attribute};
use crate::output::FileTarget;
use crate::{Context, WriteError};

/// Fonts, colours and number formats; the places in `cellXfs` are those of [`super::cell::Style`].
const STYLES: &str = include_str!("styles.xml");

const ROOT_RELATIONSHIPS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
<Relationship Id=\"r2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
</Relationships>";

/// Tabs hold no more characters.
const MAX_NAME: usize = 31;

/// A workbook under way.
pub(super) struct Book {
    pub(super) package: Package,
    pub(super) strings: Strings,
    sheets: Vec<Done>,
    /// Sheets begun so far.
    begun: usize,
}

impl Book {
    pub(super) fn begin(target: FileTarget, context: &Context<'_>) -> Result<Self, WriteError> {
        let mut package = Package::new(target);
        package.part("_rels/.rels", ROOT_RELATIONSHIPS)?;
        package.core_properties(context)?;
        package.part("xl/styles.xml", STYLES)?;
        Ok(Self {
            package,
            strings: Strings::default(),
            sheets: Vec::new(),
            begun: 0,
        })
    }

    /// Begins a sheet with headings; `part` is 2 for the second sheet of the same things.
    pub(super) fn sheet(
        &mut self,
        name: &str,
        part: usize,
        columns: &[Column<'_>],
        widths: &[u8],
    ) -> Result<Sheet, WriteError> {
        self.begun += 1;
        let name = if part > 1 {
            format!("{name} ({part})")
        } else {
            name.to_owned()
        };
        debug_assert!(name.chars().count() <= MAX_NAME);
        Sheet::begin(&mut self.package, name, self.begun, columns, widths)
    }

    /// Completes a sheet.
    pub(super) fn end(&mut self, sheet: Sheet) -> Result<(), WriteError> {
        self.sheets.push(sheet.finish(&mut self.package)?);
        Ok(())
    }

    /// Completes the file; gives the number of bytes.
    pub(super) fn finish(mut self) -> Result<u64, WriteError> {
        self.strings.write(&mut self.package)?;
        self.write_workbook()?;
        self.write_relationships()?;
        self.write_types()?;
        self.package.finish()
    }

    fn write_workbook(&mut self) -> Result<(), WriteError> {
        self.package.begin("xl/workbook.xml")?;
        let out = &mut self.package.buffer;
        out.extend_from_slice(
            b"<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
            xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
            <bookViews><workbookView tabRatio=\"800\"/></bookViews><sheets>",
        );
        for sheet in &self.sheets {
            out.extend_from_slice(b"<sheet name=\"");
            write_attribute(&sheet.name, out);
            out.extend_from_slice(
                format!("\" sheetId=\"{0}\" r:id=\"s{0}\"/>", sheet.number).as_bytes(),
            );
        }
        out.extend_from_slice(b"</sheets><definedNames>");
        // Without these names Excel takes the filters for damaged, and prints no headings on further pages.
        let mut names = Vec::new();
        for (index, sheet) in self.sheets.iter().enumerate() {
            let Some(filter) = &sheet.filter else {
                continue;
            };
            let mut name = Vec::new();
            write_attribute(&sheet.name, &mut name);
            let name = String::from_utf8_lossy(&name).into_owned();
            names.push(format!(
                "<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{index}\" hidden=\"1\">'{name}'!{filter}</definedName>"
            ));
            if let Some(print) = &sheet.print {
                names.push(format!(
                    "<definedName name=\"_xlnm.Print_Area\" localSheetId=\"{index}\">'{name}'!{print}</definedName>"
                ));
            }
            names.push(format!(
                "<definedName name=\"_xlnm.Print_Titles\" localSheetId=\"{index}\">'{name}'!$1:$1</definedName>"
            ));
        }
        names.sort();
        for name in names {
            out.extend_from_slice(name.as_bytes());
        }
        out.extend_from_slice(b"</definedNames></workbook>");
        self.package.flush_if_full()
    }

    fn write_relationships(&mut self) -> Result<(), WriteError> {
        const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let mut xml = String::from(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
        );
        for Done { number, .. } in &self.sheets {
            xml.push_str(&format!(
                "<Relationship Id=\"s{number}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
            ));
        }
        for (id, kind, target) in [
            ("styles", "styles", "styles.xml"),
            ("strings", "sharedStrings", "sharedStrings.xml"),
        ] {
            xml.push_str(&format!(
                "<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>"
            ));
        }
        xml.push_str("</Relationships>");
        self.package.part("xl/_rels/workbook.xml.rels", &xml)
    }

    fn write_types(&mut self) -> Result<(), WriteError> {
        const SHEETS: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        let mut xml = format!(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
            <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
            <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
            <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>\
            <Override PartName=\"/xl/workbook.xml\" ContentType=\"{SHEETS}.sheet.main+xml\"/>\
            <Override PartName=\"/xl/styles.xml\" ContentType=\"{SHEETS}.styles+xml\"/>\
            <Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"{SHEETS}.sharedStrings+xml\"/>"
        );
        for Done { number, .. } in &self.sheets {
            xml.push_str(&format!(
                "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{SHEETS}.worksheet+xml\"/>"
            ));
        }
        xml.push_str("</Types>");
        self.package.part("[Content_Types].xml", &xml)
    }
}
