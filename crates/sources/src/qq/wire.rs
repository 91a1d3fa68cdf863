//! Protobuf without a schema: one field after another.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Wire type 0.
    Number(u64),
    /// Wire type 2: text, bytes or a nested message.
    Bytes(&'a [u8]),
    /// Fixed-width numbers and group marks, which these bodies do not use.
    Other,
}

/// Walks over the fields of one message; ends at the first byte that cannot be a field.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    is_broken: bool,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            is_broken: false,
        }
    }

    /// The bytes that could not be read as fields, once the walk has ended; empty for a well-formed message.
    pub(crate) const fn unread(&self) -> &'a [u8] {
        if self.is_broken { self.rest } else { &[] }
    }

    fn field(&self) -> Option<(u32, Value<'a>, &'a [u8])> {
        let (key, rest) = varint(self.rest)?;
        let tag = u32::try_from(key >> 3).ok().filter(|tag| *tag != 0)?;
        let (value, rest) = match key & 7 {
            0 => {
                let (number, rest) = varint(rest)?;
                (Value::Number(number), rest)
            }
            1 => (Value::Other, rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Value::Bytes(bytes), rest)
            }
            3 | 4 => (Value::Other, rest),
            5 => (Value::Other, rest.get(4..)?),
            _ => return None,
        };
        Some((tag, value, rest))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.is_broken {
            return None;
        }
        let Some((tag, value, rest)) = self.field() else {
            self.is_broken = true;
            return None;
        };
        self.rest = rest;
        Some((tag, value))
    }
}

/// A number in groups of seven bits, and what follows it.
#[inline]
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(index + 1..)?));
        }
    }
    None
}

/// Every length-delimited field with this tag.
pub(crate) fn repeated(message: &[u8], tag: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(message).filter_map(move |(found, value)| match value {
        Value::Bytes(bytes) if found == tag => Some(bytes),
        _ => None,
    })
}

/// Fills a field that may be repeated: the first value wins, an empty one counts as absent.
pub(crate) trait Keep<T> {
    fn keep(&mut self, value: T);
}

impl Keep<u64> for Option<u64> {
    #[inline]
    fn keep(&mut self, value: u64) {
        self.get_or_insert(value);
    }
}

impl<'a> Keep<&'a [u8]> for Option<&'a [u8]> {
    #[inline]
    fn keep(&mut self, value: &'a [u8]) {
        if !value.is_empty() {
            self.get_or_insert(value);
        }
    }
}

/// Declares structs that pick fields out of a message by tag.
///
/// A field whose wire type is not the expected one is passed over, as are unknown tags.
macro_rules! messages {
    (@type number) => { u64 };
    (@type bytes) => { &'a [u8] };
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $tag:literal $wire:ident $field:ident,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, Default)]
            pub(crate) struct $name<'a> {
                $($(#[$field_meta])* pub(crate) $field: Option<messages!(@type $wire)>,)*
            }

            impl<'a> $name<'a> {
                /// Picks the fields out of a message.
                pub(crate) fn read(message: &'a [u8]) -> Self {
                    #[allow(unused_imports, reason = "each kind of field is used by some struct, not by all")]
                    use $crate::qq::wire::{Fields, Keep, Value};
                    let mut read = Self::default();
                    for (tag, value) in Fields::new(message) {
                        match tag {
                            $($tag => messages!(@keep $wire value read.$field),)*
                            _ => {}
                        }
                    }
                    read
                }
            }
        )*
    };
    (@keep number $value:ident $read:ident.$field:ident) => {
        if let Value::Number(number) = $value { $read.$field.keep(number) }
    };
    (@keep bytes $value:ident $read:ident.$field:ident) => {
        if let Value::Bytes(bytes) = $value { $read.$field.keep(bytes) }
    };
}

pub(crate) use messages;

/// Every length-delimited field, whatever its tag.
pub(crate) fn length_delimited(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    Fields::new(message).filter_map(|(_, value)| match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    })
}
