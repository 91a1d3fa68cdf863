//! One row, as a cursor lends it or as a lookup gives it.

use std::borrow::Cow;

use crate::record::{Output, Slot, Value};
use crate::schema::DefaultValue;

/// A row, borrowed from the cursor until its next step.
///
/// Columns are numbered as they were asked for. A column that the table or this row does not have reads as NULL, unless
/// the table gives it a literal default.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    pub(crate) rowid: i64,
    pub(crate) page: u32,
    pub(crate) is_salvaged: bool,
    pub(crate) outputs: &'a [Output],
    pub(crate) slots: &'a [Slot],
    pub(crate) payload: &'a [u8],
    pub(crate) converted: &'a [u8],
}

impl<'a> Row<'a> {
    /// The row number; 0 in tables without one.
    pub fn rowid(&self) -> i64 {
        self.rowid
    }

    /// The page that the row was read from.
    pub fn page(&self) -> u32 {
        self.page
    }

    /// Whether the row comes from a page that its damaged table no longer links, matched by its rowids and shape.
    pub fn is_salvaged(&self) -> bool {
        self.is_salvaged
    }

    /// The value of the `index`-th asked-for column; NULL when there is no such column.
    #[inline]
    pub fn value(&self, index: usize) -> Value<'a> {
        match self.outputs.get(index) {
            None | Some(Output::Missing) => Value::Null,
            Some(Output::Rowid) => Value::Integer(self.rowid),
            Some(Output::Field {
                slot,
                is_real,
                default,
            }) => {
                let slot = self.slots.get(*slot).copied().unwrap_or_default();
                if slot.stored == crate::record::Stored::Absent {
                    return default.as_ref().map_or(Value::Null, borrowed);
                }
                match slot.value(self.payload, self.converted) {
                    // Whole numbers in REAL columns are stored as integers to save space.
                    #[expect(clippy::cast_precision_loss, reason = "SQLite converts the same way")]
                    Value::Integer(whole) if *is_real => Value::Real(whole as f64),
                    value => value,
                }
            }
        }
    }

    /// The value when it is a whole number.
    #[inline]
    pub fn integer(&self, index: usize) -> Option<i64> {
        self.value(index).integer()
    }

    /// The bytes when the value is text or blob; messengers store either in the same column.
    #[inline]
    pub fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        self.value(index).bytes()
    }

    /// Text or blob as text, with replacement characters where it is not valid UTF-8.
    #[inline]
    pub fn text(&self, index: usize) -> Option<Cow<'a, str>> {
        self.value(index).text()
    }
}

fn borrowed(default: &DefaultValue) -> Value<'_> {
    match default {
        DefaultValue::Integer(value) => Value::Integer(*value),
        DefaultValue::Real(value) => Value::Real(*value),
        DefaultValue::Text(text) => Value::Text(text.as_bytes()),
        DefaultValue::Blob(bytes) => Value::Blob(bytes),
    }
}

/// A row that owns its bytes, from [`crate::Database::find_rowid`].
#[derive(Debug, Clone)]
pub struct OwnedRow {
    rowid: i64,
    page: u32,
    outputs: Vec<Output>,
    slots: Vec<Slot>,
    payload: Vec<u8>,
    converted: Vec<u8>,
}

impl OwnedRow {
    /// The row to read values from.
    pub fn row(&self) -> Row<'_> {
        Row {
            rowid: self.rowid,
            page: self.page,
            is_salvaged: false,
            outputs: &self.outputs,
            slots: &self.slots,
            payload: &self.payload,
            converted: &self.converted,
        }
    }
}

impl From<Row<'_>> for OwnedRow {
    fn from(row: Row<'_>) -> Self {
        Self {
            rowid: row.rowid,
            page: row.page,
            outputs: row.outputs.to_vec(),
            slots: row.slots.to_vec(),
            payload: row.payload.to_vec(),
            converted: row.converted.to_vec(),
        }
    }
}
