//! Records taken apart: only the fields that somebody asked for are looked at.
//!
//! Source: <https://www.sqlite.org/fileformat2.html> §2.1.

use std::borrow::Cow;

use crate::bytes::{signed, varint};
use crate::damage::DamageReason;
use crate::header::TextEncoding;
use crate::schema::{Affinity, DefaultValue, Table};

/// The most columns a table can have; more fields in a record mean that it is damaged.
pub const MAX_COLUMNS: usize = 32_767;

/// One value, borrowed from the page it lies on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing, or a column that this table or this row does not have.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text. UTF-8 is as stored and can be invalid; text of UTF-16 databases has been converted, with replacement
    /// characters where it was invalid.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The whole number, if it is one.
    pub fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The bytes of text or blob alike.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(bytes) | Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Text or blob as text; invalid places become replacement characters.
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.bytes().map(String::from_utf8_lossy)
    }
}

/// How a field is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Stored {
    /// The record ends before this field.
    #[default]
    Absent,
    Null,
    /// A number of `length` bytes; 0 bytes is the number 0.
    Integer,
    One,
    Real,
    Text,
    Blob,
    /// Text that lies in the conversion buffer, not in the payload.
    Converted,
}

/// Where a wanted field lies in its record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slot {
    pub(crate) stored: Stored,
    pub(crate) start: usize,
    pub(crate) length: usize,
}

impl Slot {
    /// The field for a serial type; `None` for the two reserved ones.
    #[inline]
    fn of(serial: u64, start: usize) -> Option<Self> {
        let (stored, length) = match serial {
            0 => (Stored::Null, 0),
            1..=4 => (Stored::Integer, usize::try_from(serial).ok()?),
            5 => (Stored::Integer, 6),
            6 => (Stored::Integer, 8),
            7 => (Stored::Real, 8),
            8 => (Stored::Integer, 0),
            9 => (Stored::One, 0),
            10 | 11 => return None,
            even if even % 2 == 0 => (Stored::Blob, usize::try_from((even - 12) / 2).ok()?),
            odd => (Stored::Text, usize::try_from((odd - 13) / 2).ok()?),
        };
        Some(Self {
            stored,
            start,
            length,
        })
    }

    #[inline]
    pub(crate) fn value<'a>(self, payload: &'a [u8], converted: &'a [u8]) -> Value<'a> {
        let source = match self.stored {
            Stored::Absent | Stored::Null => return Value::Null,
            Stored::One => return Value::Integer(1),
            Stored::Converted => converted,
            _ => payload,
        };
        let bytes = self
            .start
            .checked_add(self.length)
            .and_then(|end| source.get(self.start..end))
            .unwrap_or_default();
        match self.stored {
            Stored::Integer => Value::Integer(signed(bytes)),
            Stored::Real => match bytes.try_into().map(f64::from_be_bytes) {
                // SQLite has no NaN; it reads one as NULL.
                Ok(value) if !value.is_nan() => Value::Real(value),
                _ => Value::Null,
            },
            Stored::Blob => Value::Blob(bytes),
            _ => Value::Text(bytes),
        }
    }
}

/// What to hand out for one asked-for column.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    Rowid,
    /// The table has no such stored column.
    Missing,
    Field {
        slot: usize,
        is_real: bool,
        default: Option<DefaultValue>,
    },
}

/// Which fields of a record are wanted, worked out once per scan.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    pub(crate) outputs: Vec<Output>,
    /// For each stored field up to the last wanted one, its slot.
    wanted: Vec<Option<u16>>,
    slots: usize,
}

impl Projection {
    pub(crate) fn new(table: &Table, columns: &[&str]) -> Self {
        let mut projection = Self::default();
        for name in columns {
            let output = projection.output(table, name);
            projection.outputs.push(output);
        }
        projection
    }

    fn output(&mut self, table: &Table, name: &str) -> Output {
        let Some(index) = table.column_index(name) else {
            let is_rowid = ["rowid", "_rowid_", "oid"]
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name));
            return if is_rowid && !table.without_rowid {
                Output::Rowid
            } else {
                Output::Missing
            };
        };
        let Some(column) = table.columns.get(index) else {
            return Output::Missing;
        };
        if column.is_rowid {
            return Output::Rowid;
        }
        let Some(field) = table.stored.iter().position(|stored| *stored == index) else {
            return Output::Missing;
        };
        if field >= MAX_COLUMNS {
            return Output::Missing;
        }
        if self.wanted.len() <= field {
            self.wanted.resize(field + 1, None);
        }
        let next = self.slots;
        let slot = match self.wanted.get_mut(field) {
            Some(Some(slot)) => usize::from(*slot),
            Some(empty) => {
                *empty = u16::try_from(next).ok();
                self.slots += 1;
                next
            }
            None => return Output::Missing,
        };
        Output::Field {
            slot,
            is_real: column.affinity == Affinity::Real,
            default: column.default.clone(),
        }
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// Finds the wanted fields in the first bytes of a record.
    ///
    /// The answer is how many bytes of the record must be at hand: when that is more than `head` holds because of the
    /// record's own header, call again with more; otherwise the slots are right and only field bytes are missing.
    #[inline]
    pub(crate) fn locate(
        &self,
        head: &[u8],
        payload: u64,
        slots: &mut [Slot],
    ) -> Result<Need, DamageReason> {
        slots.fill(Slot::default());
        let (header_bytes, taken) = varint(head).ok_or(DamageReason::Cell)?;
        if header_bytes > payload || header_bytes < taken as u64 {
            return Err(DamageReason::Cell);
        }
        let header_bytes = usize::try_from(header_bytes).map_err(|_| DamageReason::Cell)?;
        let Some(mut serials) = head.get(taken..header_bytes) else {
            return Ok(Need::Header(header_bytes));
        };
        let mut start = header_bytes;
        let mut needed = header_bytes;
        for wanted in &self.wanted {
            if serials.is_empty() {
                break;
            }
            let (serial, taken) = varint(serials).ok_or(DamageReason::Cell)?;
            serials = serials.get(taken..).unwrap_or_default();
            let slot = Slot::of(serial, start).ok_or(DamageReason::Cell)?;
            start = start.checked_add(slot.length).ok_or(DamageReason::Cell)?;
            if let Some(place) = wanted
                && let Some(place) = slots.get_mut(usize::from(*place))
            {
                *place = slot;
                needed = start;
            }
        }
        if needed as u64 > payload {
            return Err(DamageReason::Cell);
        }
        Ok(Need::Body(needed))
    }
}

/// How much of a record is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The header is longer than what was given; nothing is located yet.
    Header(usize),
    /// Everything is located and ends before this many bytes.
    Body(usize),
}

/// The storage kinds of all fields, for comparing a record with a table; `None` when the record makes no sense.
pub(crate) fn shape(head: &[u8], payload: u64, into: &mut Vec<Stored>) -> Option<()> {
    into.clear();
    let (header_bytes, taken) = varint(head)?;
    let mut serials = head.get(taken..usize::try_from(header_bytes).ok()?)?;
    let mut end = header_bytes;
    while !serials.is_empty() {
        let (serial, taken) = varint(serials)?;
        serials = serials.get(taken..)?;
        let slot = Slot::of(serial, 0)?;
        end = end.checked_add(slot.length as u64)?;
        into.push(slot.stored);
        if into.len() > MAX_COLUMNS {
            return None;
        }
    }
    (end == payload).then_some(())
}

/// Converts every text slot of a UTF-16 database into `converted`.
pub(crate) fn convert_text(
    encoding: TextEncoding,
    payload: &[u8],
    slots: &mut [Slot],
    converted: &mut Vec<u8>,
) {
    converted.clear();
    for slot in slots.iter_mut().filter(|slot| slot.stored == Stored::Text) {
        let bytes = payload
            .get(slot.start..slot.start + slot.length)
            .unwrap_or_default();
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| match encoding {
            TextEncoding::Utf16Be => u16::from_be_bytes(*pair),
            _ => u16::from_le_bytes(*pair),
        });
        let start = converted.len();
        for letter in char::decode_utf16(units) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            converted.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        *slot = Slot {
            stored: Stored::Converted,
            start,
            length: converted.len() - start,
        };
    }
}
