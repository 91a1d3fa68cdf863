//! What a walk through a file is asked, and what it finds.

/// What to do with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Ask for each of its members. A text or number is taken instead.
    Enter,
    /// Give it whole.
    Take,
    /// Give what is in memory from the first byte of an element on, without looking for its end: see
    /// [`Value::is_offer`]. What is no object inside a list is taken.
    Offer,
    /// Pass over it.
    Skip,
}

/// What a value begins like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{`
    Object,
    /// `[`
    List,
    /// `"`
    Text,
    /// Numbers, `true`, `false`, `null`.
    Scalar,
}

/// A value that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// Where it stands: keys joined by dots, `[]` for an element of a list: `data.messages[]`; empty for the whole file.
    pub path: &'a str,
    /// Offset of its first byte.
    pub start: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether the bytes go on behind the value, or end inside it.
    ///
    /// A caller that can tell where it ends, by reading it, says so with
    /// [`JsonStream::accept`](super::JsonStream::accept), which saves a walk over its bytes. Otherwise the next call gives
    /// the value whole, or tells what is wrong with it.
    pub is_offer: bool,
}

/// Bytes that could not be read.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<'a> {
    /// Path of the value that was expected here.
    pub path: &'a str,
    /// Offset of the first byte.
    pub start: u64,
    /// How many bytes were passed over.
    pub length: u64,
    /// Whether at least one element of a list, begun in these bytes, was lost.
    pub is_element: bool,
    /// What is wrong, for a problem.
    pub reason: &'static str,
}

/// One finding.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// A value that was asked for.
    Value(Value<'a>),
    /// Something that could not be read; reading goes on behind it.
    Trouble(Trouble<'a>),
}

impl Shape {
    /// What a value with this first byte is; nothing when no value begins so.
    pub(super) const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'{' => Self::Object,
            b'[' => Self::List,
            b'"' => Self::Text,
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Self::Scalar,
            _ => return None,
        })
    }
}
