//! Cells: text that stays text, numbers, and dates.

use hutong_model::Precision;

use crate::clock::Local;
use crate::ooxml::write_text;

/// Spreadsheets cut a text behind so many units of UTF-16.
pub(super) const MAX_UNITS: usize = 32_767;

/// How a cell looks; the numbers are places in the list of formats in `styles.xml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain = 0,
    Heading = 1,
    Day = 2,
    Minute = 3,
    Second = 4,
    Millisecond = 5,
    /// Text even where somebody edits it: ids.
    Id = 6,
    /// Text on several lines.
    Wrapped = 7,
    /// As `Wrapped`, and text even where it looks like a formula and somebody edits it.
    Quoted = 8,
    Number = 9,
    Money = 10,
    Link = 11,
}

impl Style {
    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    /// The style of what people wrote.
    pub(super) fn of_text(text: &str) -> Self {
        let first = text
            .trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}', '\0'])
            .chars()
            .next();
        let is_formula = matches!(
            first,
            Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
        );
        if is_formula {
            Self::Quoted
        } else {
            Self::Wrapped
        }
    }

    /// The style of a time that is known so well.
    pub(super) const fn of_time(precision: Precision) -> Self {
        match precision {
            Precision::Day => Self::Day,
            Precision::Minute => Self::Minute,
            Precision::Second => Self::Second,
            Precision::Millisecond => Self::Millisecond,
        }
    }
}

/// The number by which spreadsheets know a local time; `None` outside of what they know (March 1900 to 9999).
pub(super) fn serial(local: Local) -> Option<String> {
    // Day 25569 is 1970-01-01. Days before 1900-03-01 count wrongly, since 1900 is taken for a leap year.
    let day = local.day.checked_add(25_569)?;
    if !(61..=2_958_465).contains(&day) {
        return None;
    }
    // Eleven digits behind the point tell milliseconds apart.
    let fraction = (local.millisecond_of_day() * 100_000_000_000 + 43_200_000) / 86_400_000;
    Some(format!("{day}.{fraction:011}"))
}

/// Cuts a text into what one cell can hold, in whole characters.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    // No text has more units than bytes.
    while rest.len() > MAX_UNITS {
        let mut units = 0;
        let end = rest
            .char_indices()
            .find(|(_, character)| {
                units += character.len_utf16();
                units > MAX_UNITS
            })
            .map_or(rest.len(), |(end, _)| end);
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The text up to what one cell can hold.
pub(super) fn cut(text: &str) -> &str {
    pieces(text).first().copied().unwrap_or_default()
}

/// Appends what a cell says.
///
/// Spreadsheets take `_x000D_` for an escaped character, so text that looks so is escaped itself.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, behind) = rest.split_at(at);
        write_text(before, out);
        let looks_escaped = behind.as_bytes().get(2..7).is_some_and(|code| {
            code.ends_with(b"_") && code.iter().take(4).all(u8::is_ascii_hexdigit)
        });
        out.extend_from_slice(if looks_escaped { b"_x005F_x" } else { b"_x" });
        rest = behind.get(2..).unwrap_or_default();
    }
    write_text(rest, out);
}

/// Appends the name of a cell: `AB12`.
pub(super) fn write_reference(column: usize, row: u32, out: &mut Vec<u8>) {
    write_letters(column, out);
    out.extend_from_slice(itoa::Buffer::new().format(row).as_bytes());
}

/// Appends the name of a column: `AB`.
pub(super) fn write_letters(column: usize, out: &mut Vec<u8>) {
    let letter = |number: usize| b'A' + u8::try_from(number % 26).unwrap_or(0);
    if column >= 26 {
        out.push(letter(column / 26 - 1));
    }
    out.push(letter(column));
}

/// Appends a cell that is a number.
pub(super) fn write_number(column: usize, row: u32, style: Style, number: &str, out: &mut Vec<u8>) {
    open(column, row, style, out);
    out.extend_from_slice(b"><v>");
    out.extend_from_slice(number.as_bytes());
    out.extend_from_slice(b"</v></c>");
}

/// Appends a cell that is a text; an empty one is left out.
pub(super) fn write_inline(column: usize, row: u32, style: Style, text: &str, out: &mut Vec<u8>) {
    if text.is_empty() {
        return;
    }
    open(column, row, style, out);
    out.extend_from_slice(b" t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    write_string(text, out);
    out.extend_from_slice(b"</t></is></c>");
}

/// Appends a cell that is a text from the table of texts.
pub(super) fn write_shared(column: usize, row: u32, style: Style, index: u32, out: &mut Vec<u8>) {
    open(column, row, style, out);
    out.extend_from_slice(b" t=\"s\"><v>");
    out.extend_from_slice(itoa::Buffer::new().format(index).as_bytes());
    out.extend_from_slice(b"</v></c>");
}

fn open(column: usize, row: u32, style: Style, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<c r=\"");
    write_reference(column, row, out);
    out.push(b'"');
    if style != Style::Plain {
        out.extend_from_slice(b" s=\"");
        out.extend_from_slice(itoa::Buffer::new().format(style.number()).as_bytes());
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use hutong_model::Timestamp;
    use proptest::prelude::*;

    fn string(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        for (column, name) in [(0, "A1"), (25, "Z1"), (26, "AA1"), (52, "BA1")] {
            assert_eq!(string(|out| write_reference(column, 1, out)), name);
        }
    }

    #[test]
    fn times_are_days_since_1900() {
        let mut clock = Clock::new(&jiff::tz::TimeZone::UTC);
        let mut serial_of = |instant| serial(clock.local(Timestamp(instant)));
        assert_eq!(serial_of(0).unwrap(), "25569.00000000000");
        assert_eq!(serial_of(43_200_000).unwrap(), "25569.50000000000");
        assert_eq!(serial_of(86_399_999).unwrap(), "25569.99999998843");
        assert_eq!(serial_of(i64::MIN), None);
        assert_eq!(serial_of(i64::MAX), None);
        assert_eq!(serial_of(-2_203_977_600_000).as_deref(), None);
    }

    #[test]
    fn long_texts_go_on_in_further_cells() {
        assert_eq!(pieces(""), [""]);
        assert_eq!(pieces("a"), ["a"]);
        let long = "𠮷".repeat(MAX_UNITS);
        let found = pieces(&long);
        assert_eq!(found.concat(), long);
        assert!(
            found
                .iter()
                .all(|piece| piece.encode_utf16().count() <= MAX_UNITS)
        );
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn what_looks_escaped_is_escaped() {
        let written = |text: &str| string(|out| write_string(text, out));
        assert_eq!(
            written("_x000D_ _x1_ _x005f_"),
            "_x005F_x000D_ _x1_ _x005F_x005f_"
        );
        assert_eq!(written("_x_x0041_"), "_x_x005F_x0041_");
    }

    proptest! {
        #[test]
        fn escaping_can_be_undone(text in "[_x05Fa]{0,30}") {
            let written = string(|out| write_string(&text, out));
            // As a spreadsheet reads it: from the left, each escape for its character.
            let mut read = String::new();
            let mut rest = written.as_str();
            while let Some(character) = rest.chars().next() {
                let code = rest.strip_prefix("_x").and_then(|behind| behind.get(..5)).and_then(|code| code.strip_suffix('_'));
                match code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
                    Some(escaped) => {
                        read.push(escaped);
                        rest = &rest[7..];
                    }
                    None => {
                        read.push(character);
                        rest = &rest[character.len_utf8()..];
                    }
                }
            }
            prop_assert_eq!(read, text);
        }
    }
}
