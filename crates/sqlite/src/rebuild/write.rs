//! Writing the pages of a new schema.

use super::survey::Survey;
use crate::header::{HEADER_BYTES, MAGIC};

pub(super) fn put_varint(out: &mut Vec<u8>, value: u64) {
    let mut groups = [0; 10];
    let mut count = 0;
    let mut rest = value;
    for slot in &mut groups {
        *slot = u8::try_from(rest & 0x7F).unwrap_or(0);
        rest >>= 7;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    for (index, group) in groups.iter().take(count).enumerate().rev() {
        out.push(if index == 0 { *group } else { group | 0x80 });
    }
}

/// A definition as a cell of a leaf page of the schema.
pub(super) fn schema_cell(rowid: i64, name: &str, root: u32, sql: &str) -> Vec<u8> {
    let text = |text: &str| text.len() as u64 * 2 + 13;
    let mut serials = Vec::new();
    for serial in [text("table"), text(name), text(name), 4, text(sql)] {
        put_varint(&mut serials, serial);
    }
    let mut payload = Vec::new();
    put_varint(&mut payload, serials.len() as u64 + 1);
    payload.extend_from_slice(&serials);
    for text in ["table", name, name] {
        payload.extend_from_slice(text.as_bytes());
    }
    payload.extend_from_slice(&root.to_be_bytes());
    payload.extend_from_slice(sql.as_bytes());
    let mut cell = Vec::new();
    put_varint(&mut cell, payload.len() as u64);
    put_varint(&mut cell, rowid.unsigned_abs());
    cell.extend_from_slice(&payload);
    cell
}

/// A place or a count in a page as it is stored; a page of 65,536 bytes writes 0 for its end.
pub(super) fn offset(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(0).to_be_bytes()
}

/// A place in a buffer.
pub(super) fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Pages are counted up to [`MAX_PAGES`], which fits.
pub(super) fn page_number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

pub(super) fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = page.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

pub(super) fn write_leaf(page: &mut [u8], start: usize, usable: usize, cells: &[Vec<u8>]) {
    let mut end = usable;
    for (index, cell) in cells.iter().enumerate() {
        end = end.saturating_sub(cell.len());
        put(page, end, cell);
        put(page, start + 8 + index * 2, &offset(end));
    }
    put(page, start, &[0x0d]);
    put(page, start + 3, &offset(cells.len()));
    put(page, start + 5, &offset(end));
}

/// The first page as an interior page over these pages with their largest row numbers.
pub(super) fn write_interior(page: &mut [u8], usable: usize, children: &[(u32, i64)]) {
    let Some(((right, _), others)) = children.split_last() else {
        return;
    };
    let mut end = usable;
    let mut count: u16 = 0;
    for (child, last) in others {
        let mut cell = child.to_be_bytes().to_vec();
        put_varint(&mut cell, last.unsigned_abs());
        let list_end = HEADER_BYTES + 12 + (usize::from(count) + 1) * 2;
        if end < list_end + cell.len() {
            break;
        }
        end -= cell.len();
        put(page, end, &cell);
        put(
            page,
            HEADER_BYTES + 12 + usize::from(count) * 2,
            &offset(end),
        );
        count += 1;
    }
    put(page, HEADER_BYTES, &[0x05]);
    put(page, HEADER_BYTES + 3, &count.to_be_bytes());
    put(page, HEADER_BYTES + 5, &offset(end));
    put(page, HEADER_BYTES + 8, &right.to_be_bytes());
}

pub(super) fn write_header(page: &mut [u8], survey: &Survey, pages: u32) {
    let size = if survey.page_size == 65_536 {
        1
    } else {
        u16::try_from(survey.page_size).unwrap_or(4_096)
    };
    put(page, 0, MAGIC);
    put(page, 16, &size.to_be_bytes());
    let reserve = u8::try_from(survey.page_size - survey.usable).unwrap_or(0);
    put(page, 18, &[1, 1, reserve, 64, 32, 32]);
    for (at, value) in [(24, 1), (28, pages), (40, 1), (44, 4), (56, 1), (92, 1)] {
        put(page, at, &u32::to_be_bytes(value));
    }
}
