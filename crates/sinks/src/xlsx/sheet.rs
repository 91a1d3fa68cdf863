//! One sheet, row by row.

use super::cell::{
    Style, cut, write_inline, write_letters, write_number, write_reference, write_shared,
};
use super::strings::Strings;
use crate::WriteError;
use crate::ooxml::{Package, write_attribute};

/// Spreadsheets have no more rows.
pub(super) const MAX_ROWS: u32 = 1_048_576;

/// Spreadsheets follow no more links in one sheet (65,530); the rest of the paths stay words.
const MAX_LINKS: usize = 60_000;

/// A column: its heading and how wide it is, in characters.
pub(super) struct Column<'a> {
    pub(super) heading: std::borrow::Cow<'a, str>,
    pub(super) width: u8,
}

/// A sheet under way. Its rows go to the open part of the package.
pub(super) struct Sheet {
    /// Name on the tab.
    pub(super) name: String,
    /// Number in the package.
    pub(super) number: usize,
    columns: usize,
    /// The row written last.
    pub(super) row: u32,
    /// Cells that lead somewhere: to a file beside the workbook, or to another sheet.
    links: Vec<Link>,
    is_wide: bool,
}

struct Link {
    column: usize,
    row: u32,
    to: Target,
}

pub(super) enum Target {
    /// A file, named from the workbook's folder.
    File(String),
    /// A cell of this workbook: `'Sheet'!A2`.
    Cell(String),
}

/// A sheet that is written; for the workbook's table of contents.
pub(super) struct Done {
    pub(super) name: String,
    pub(super) number: usize,
    /// The cells that the filter covers: `A1:D9`, with dollar signs; absent without a heading.
    pub(super) filter: Option<String>,
    /// The cells that are printed, where that is not all of them.
    pub(super) print: Option<String>,
}

/// Of a wide sheet so many columns are printed: more would be too small to read.
const PRINTED: usize = 7;

impl Sheet {
    /// Begins a sheet with a frozen row of headings; without columns there is none.
    pub(super) fn begin(
        package: &mut Package,
        name: String,
        number: usize,
        columns: &[Column<'_>],
        widths: &[u8],
    ) -> Result<Self, WriteError> {
        package.begin(&format!("xl/worksheets/sheet{number}.xml"))?;
        let out = &mut package.buffer;
        out.extend_from_slice(
            b"<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
            xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
            <sheetPr><pageSetUpPr fitToPage=\"1\"/></sheetPr><sheetViews><sheetView workbookViewId=\"0\">",
        );
        if !columns.is_empty() {
            out.extend_from_slice(
                b"<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
                <selection pane=\"bottomLeft\" activeCell=\"A2\" sqref=\"A2\"/>",
            );
        }
        out.extend_from_slice(
            b"</sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/><cols>",
        );
        let all = columns.iter().map(|column| column.width);
        for (index, width) in all.chain(widths.iter().copied()).enumerate() {
            let number = index + 1;
            let column = format!(
                "<col min=\"{number}\" max=\"{number}\" width=\"{width}\" customWidth=\"1\"/>"
            );
            out.extend_from_slice(column.as_bytes());
        }
        out.extend_from_slice(b"</cols><sheetData>");
        let mut sheet = Self {
            name,
            number,
            columns: columns.len(),
            row: 0,
            links: Vec::new(),
            is_wide: columns.len() > 4,
        };
        if !columns.is_empty() {
            sheet.begin_row(out);
            for (index, column) in columns.iter().enumerate() {
                write_inline(index, 1, Style::Heading, &column.heading, out);
            }
            sheet.end_row(out);
        }
        Ok(sheet)
    }

    pub(super) fn begin_row(&mut self, out: &mut Vec<u8>) {
        self.row += 1;
        out.extend_from_slice(b"<row r=\"");
        out.extend_from_slice(itoa::Buffer::new().format(self.row).as_bytes());
        out.extend_from_slice(b"\">");
    }

    pub(super) fn end_row(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</row>");
    }

    /// A text that other rows repeat.
    pub(super) fn repeated(
        &self,
        column: usize,
        style: Style,
        text: &str,
        strings: &mut Strings,
        out: &mut Vec<u8>,
    ) {
        if text.is_empty() {
            return;
        }
        match strings.number(text) {
            Some(number) => write_shared(column, self.row, style, number, out),
            None => write_inline(column, self.row, style, cut(text), out),
        }
    }

    /// A text of this row alone, cut where a cell ends.
    pub(super) fn text(&self, column: usize, style: Style, text: &str, out: &mut Vec<u8>) {
        write_inline(column, self.row, style, cut(text), out);
    }

    pub(super) fn number(&self, column: usize, style: Style, number: &str, out: &mut Vec<u8>) {
        write_number(column, self.row, style, number, out);
    }

    pub(super) fn integer(&self, column: usize, number: u64, out: &mut Vec<u8>) {
        write_number(
            column,
            self.row,
            Style::Number,
            itoa::Buffer::new().format(number),
            out,
        );
    }

    /// Whether a further cell can lead somewhere.
    pub(super) fn takes_link(&self) -> bool {
        self.links.len() < MAX_LINKS
    }

    /// Makes a cell of the row at hand lead somewhere.
    pub(super) fn link(&mut self, column: usize, to: Target) {
        self.links.push(Link {
            column,
            row: self.row,
            to,
        });
    }

    /// Completes the sheet.
    pub(super) fn finish(self, package: &mut Package) -> Result<Done, WriteError> {
        let out = &mut package.buffer;
        out.extend_from_slice(b"</sheetData>");
        let mut filter = None;
        let mut print = None;
        if let Some(last) = self.columns.checked_sub(1) {
            let mut range = b"A1:".to_vec();
            write_reference(last, self.row, &mut range);
            out.extend_from_slice(b"<autoFilter ref=\"");
            out.extend_from_slice(&range);
            out.extend_from_slice(b"\"/>");
            filter = Some(self.range(last));
            print = (self.columns > 2 * PRINTED).then(|| self.range(PRINTED - 1));
        }
        if !self.links.is_empty() {
            out.extend_from_slice(b"<hyperlinks>");
            for (index, link) in self.links.iter().enumerate() {
                out.extend_from_slice(b"<hyperlink ref=\"");
                write_reference(link.column, link.row, out);
                match &link.to {
                    Target::File(_) => {
                        out.extend_from_slice(format!("\" r:id=\"r{index}\"/>").as_bytes());
                    }
                    Target::Cell(cell) => {
                        out.extend_from_slice(b"\" location=\"");
                        write_attribute(cell, out);
                        out.extend_from_slice(b"\"/>");
                    }
                }
            }
            out.extend_from_slice(b"</hyperlinks>");
        }
        let orientation = if self.is_wide {
            "landscape"
        } else {
            "portrait"
        };
        let tail = format!(
            "<pageMargins left=\"0.4\" right=\"0.4\" top=\"0.6\" bottom=\"0.6\" header=\"0.3\" footer=\"0.3\"/>\
            <pageSetup paperSize=\"9\" orientation=\"{orientation}\" fitToHeight=\"0\"/>\
            <headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
        );
        out.extend_from_slice(tail.as_bytes());
        package.flush_if_full()?;
        self.write_targets(package)?;
        Ok(Done {
            name: self.name,
            number: self.number,
            filter,
            print,
        })
    }

    /// The cells from the first to this column: `$A$1:$D$9`.
    fn range(&self, last: usize) -> String {
        let mut letters = Vec::new();
        write_letters(last, &mut letters);
        format!("$A$1:${}${}", String::from_utf8_lossy(&letters), self.row)
    }

    /// The part that says where the links to files lead.
    fn write_targets(&self, package: &mut Package) -> Result<(), WriteError> {
        if !self
            .links
            .iter()
            .any(|link| matches!(link.to, Target::File(_)))
        {
            return Ok(());
        }
        package.begin(&format!(
            "xl/worksheets/_rels/sheet{}.xml.rels",
            self.number
        ))?;
        package.buffer.extend_from_slice(
            b"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
        );
        for (index, link) in self.links.iter().enumerate() {
            let Target::File(path) = &link.to else {
                continue;
            };
            let out = &mut package.buffer;
            out.extend_from_slice(
                format!(
                    "<Relationship Id=\"r{index}\" TargetMode=\"External\" \
                    Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink\" Target=\""
                )
                .as_bytes(),
            );
            write_attribute(path, out);
            out.extend_from_slice(b"\"/>");
            package.flush_if_full()?;
        }
        package.buffer.extend_from_slice(b"</Relationships>");
        Ok(())
    }
}
