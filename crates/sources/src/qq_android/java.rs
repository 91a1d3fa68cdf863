//! Serialised Java objects, read as data: strings, numbers and byte arrays by field name. Nothing is ever instantiated.
//!
//! Source: the published Java Object Serialization Specification, chapter 6 (stream protocol).

use std::sync::Arc;

const MAGIC: [u8; 4] = [0xAC, 0xED, 0x00, 0x05];
/// Objects inside objects.
const MAX_DEPTH: usize = 32;
/// Values, classes and strings taken from one stream.
const MAX_ITEMS: usize = 20_000;
/// The first handle that a stream gives.
const BASE_HANDLE: u32 = 0x7E_0000;

/// A value that a stream holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Any whole number, boolean or character.
    Number(i64),
    /// Text.
    Text(Arc<str>),
    /// A byte array.
    Bytes(Arc<[u8]>),
}

/// What a stream holds, in the order of the stream.
#[derive(Debug, Default)]
pub(super) struct Object {
    fields: Vec<(Arc<str>, Value)>,
    /// Strings and byte arrays that stand in no named field: inside collections, arrays, or written by hand.
    pub(super) loose: Vec<Value>,
    /// Primitive data written by a class's own code.
    pub(super) blocks: Vec<u8>,
}

impl Object {
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The text of a field, where it is not blank; numbers are written out.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.field(name)? {
            Value::Text(text) if !text.trim().is_empty() => Some(text.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The number of a field; digits stored as text count.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.field(name)? {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Bytes(_) => None,
        }
    }

    /// The bytes of a field.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.field(name)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Every value: named fields first.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.fields
            .iter()
            .map(|(_, value)| value)
            .chain(&self.loose)
    }
}

/// Reads a stream up to its end or to the first thing that cannot be read; absent when it is no stream at all.
pub(super) fn read(bytes: &[u8]) -> Option<Object> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let mut reader = Reader {
        rest,
        handles: Vec::new(),
        object: Object::default(),
        items: 0,
    };
    while !reader.rest.is_empty() {
        match reader.content(0) {
            Some(Content::Value(value)) => reader.object.loose.push(value),
            Some(_) => {}
            None => break,
        }
    }
    Some(reader.object)
}

/// A class as the stream describes it.
#[derive(Debug, Clone, Default)]
struct Class {
    flags: u8,
    /// For the class of an array, the type of its elements.
    element: Option<u8>,
    fields: Vec<(u8, Arc<str>)>,
    parent: Option<Arc<Self>>,
}

/// What a handle stands for.
#[derive(Debug, Clone)]
enum Handle {
    Class(Arc<Class>),
    Value(Value),
    Other,
}

/// One item of the stream.
enum Content {
    Value(Value),
    Class(Option<Arc<Class>>),
    EndOfBlock,
    Other,
}

struct Reader<'a> {
    rest: &'a [u8],
    handles: Vec<Handle>,
    object: Object,
    items: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn short(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn int(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// A length that the rest of the stream can hold.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.int()?).ok()?;
        (length <= self.rest.len()).then_some(length)
    }

    fn utf(&mut self) -> Option<Arc<str>> {
        let length = usize::from(self.short()?);
        self.take(length).map(modified_utf8)
    }

    fn long_utf(&mut self) -> Option<Arc<str>> {
        let length = usize::try_from(self.array().map(u64::from_be_bytes)?).ok()?;
        self.take(length).map(modified_utf8)
    }

    fn count(&mut self) -> Option<()> {
        self.items += 1;
        (self.items <= MAX_ITEMS).then_some(())
    }

    fn text(&mut self, text: Arc<str>) -> Content {
        let value = Value::Text(text);
        self.handles.push(Handle::Value(value.clone()));
        Content::Value(value)
    }

    fn content(&mut self, depth: usize) -> Option<Content> {
        self.count()?;
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match self.byte()? {
            // TC_NULL
            0x70 => Content::Other,
            // TC_REFERENCE
            0x71 => {
                let handle = u32::from_be_bytes(self.array()?);
                let index = usize::try_from(handle.checked_sub(BASE_HANDLE)?).ok()?;
                match self.handles.get(index)? {
                    Handle::Class(class) => Content::Class(Some(Arc::clone(class))),
                    Handle::Value(value) => Content::Value(value.clone()),
                    Handle::Other => Content::Other,
                }
            }
            // TC_CLASSDESC
            0x72 => Content::Class(Some(self.class(depth)?)),
            // TC_OBJECT
            0x73 => {
                let class = self.class_reference(depth)?;
                self.handles.push(Handle::Other);
                self.fields(class.as_ref(), depth)?;
                Content::Other
            }
            // TC_STRING, TC_LONGSTRING
            0x74 => {
                let text = self.utf()?;
                self.text(text)
            }
            0x7C => {
                let text = self.long_utf()?;
                self.text(text)
            }
            // TC_ARRAY
            0x75 => self.values(depth)?,
            // TC_CLASS
            0x76 => {
                self.class_reference(depth)?;
                self.handles.push(Handle::Other);
                Content::Other
            }
            // TC_BLOCKDATA, TC_BLOCKDATALONG
            0x77 => {
                let length = usize::from(self.byte()?);
                self.block(length)?
            }
            0x7A => {
                let length = self.length()?;
                self.block(length)?
            }
            // TC_ENDBLOCKDATA
            0x78 => Content::EndOfBlock,
            // TC_RESET
            0x79 => {
                self.handles.clear();
                Content::Other
            }
            // TC_PROXYCLASSDESC
            0x7D => {
                let class = Arc::new(Class::default());
                self.handles.push(Handle::Class(Arc::clone(&class)));
                let count = self.length()?;
                for _ in 0..count {
                    self.utf()?;
                }
                self.annotation(depth)?;
                self.class_reference(depth)?;
                Content::Class(Some(class))
            }
            // TC_ENUM
            0x7E => {
                self.class_reference(depth)?;
                self.handles.push(Handle::Other);
                match self.content(depth + 1)? {
                    Content::Value(value) => Content::Value(value),
                    _ => Content::Other,
                }
            }
            _ => return None,
        })
    }

    fn block(&mut self, length: usize) -> Option<Content> {
        let bytes = self.take(length)?;
        self.object.blocks.extend_from_slice(bytes);
        Some(Content::Other)
    }

    fn class_reference(&mut self, depth: usize) -> Option<Option<Arc<Class>>> {
        match self.content(depth + 1)? {
            Content::Class(class) => Some(class),
            Content::Other => Some(None),
            _ => None,
        }
    }

    fn class(&mut self, depth: usize) -> Option<Arc<Class>> {
        let name = self.utf()?;
        // serialVersionUID
        self.take(8)?;
        let place = self.handles.len();
        self.handles.push(Handle::Other);
        let mut class = Class {
            flags: self.byte()?,
            element: match name.as_bytes() {
                [b'[', kind, ..] => Some(*kind),
                _ => None,
            },
            ..Class::default()
        };
        for _ in 0..self.short()? {
            self.count()?;
            let kind = self.byte()?;
            let name = self.utf()?;
            if matches!(kind, b'L' | b'[') {
                // The type's name, which is a string of the stream.
                self.content(depth + 1)?;
            }
            class.fields.push((kind, name));
        }
        self.annotation(depth)?;
        class.parent = self.class_reference(depth)?;
        let class = Arc::new(class);
        if let Some(handle) = self.handles.get_mut(place) {
            *handle = Handle::Class(Arc::clone(&class));
        }
        Some(class)
    }

    /// Everything up to the end of a block that a class wrote by its own code.
    fn annotation(&mut self, depth: usize) -> Option<()> {
        loop {
            match self.content(depth + 1)? {
                Content::EndOfBlock => return Some(()),
                Content::Value(value) => self.object.loose.push(value),
                _ => {}
            }
        }
    }

    /// The values of an object, those of the oldest ancestor first.
    fn fields(&mut self, class: Option<&Arc<Class>>, depth: usize) -> Option<()> {
        let mut line = Vec::new();
        let mut next = class;
        while let Some(class) = next {
            line.push(Arc::clone(class));
            if line.len() > MAX_DEPTH {
                return None;
            }
            next = class.parent.as_ref();
        }
        for class in line.into_iter().rev() {
            // SC_EXTERNALIZABLE with SC_BLOCK_DATA: only what its own code wrote.
            if class.flags & 0x04 != 0 {
                if class.flags & 0x08 == 0 {
                    return None;
                }
                self.annotation(depth)?;
                continue;
            }
            for (kind, name) in &class.fields {
                if let Some(value) = self.value(*kind, depth)? {
                    self.object.fields.push((Arc::clone(name), value));
                }
            }
            if class.flags & 0x01 != 0 {
                self.annotation(depth)?;
            }
        }
        Some(())
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<Option<Value>> {
        self.count()?;
        let number = match kind {
            b'B' => i64::from(self.byte()?.cast_signed()),
            b'Z' => i64::from(self.byte()?),
            b'C' => i64::from(self.short()?),
            b'S' => i64::from(self.short()?.cast_signed()),
            b'I' => i64::from(self.int()?),
            b'J' => self.array().map(i64::from_be_bytes)?,
            b'F' => {
                self.take(4)?;
                return Some(None);
            }
            b'D' => {
                self.take(8)?;
                return Some(None);
            }
            b'L' | b'[' => {
                return match self.content(depth + 1)? {
                    Content::Value(value) => Some(Some(value)),
                    Content::EndOfBlock => None,
                    _ => Some(None),
                };
            }
            _ => return None,
        };
        Some(Some(Value::Number(number)))
    }

    /// An array; one of bytes is a value, of others the values inside stand alone.
    fn values(&mut self, depth: usize) -> Option<Content> {
        let kind = self.class_reference(depth)?.and_then(|class| class.element);
        let place = self.handles.len();
        self.handles.push(Handle::Other);
        let length = usize::try_from(self.int()?).ok()?;
        if kind == Some(b'B') {
            let value = Value::Bytes(self.take(length)?.into());
            if let Some(handle) = self.handles.get_mut(place) {
                *handle = Handle::Value(value.clone());
            }
            return Some(Content::Value(value));
        }
        let kind = kind?;
        for _ in 0..length {
            if let Some(value) = self.value(kind, depth + 1)?
                && !matches!(value, Value::Number(_))
            {
                self.object.loose.push(value);
            }
        }
        Some(Content::Other)
    }
}

/// Java's own UTF-8: surrogates stand alone, and zero takes two bytes.
fn modified_utf8(bytes: &[u8]) -> Arc<str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut units = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let continued = |index: usize| after.get(index).map(|byte| u16::from(byte & 0x3F));
        let first = *first;
        let (unit, used) = match (first >> 4, continued(0), continued(1)) {
            (0xC | 0xD, Some(low), _) => (u16::from(first & 0x1F) << 6 | low, 1),
            (0xE, Some(middle), Some(low)) => {
                (u16::from(first & 0x0F) << 12 | middle << 6 | low, 2)
            }
            _ if first < 0x80 => (u16::from(first), 0),
            _ => (0xFFFD, 0),
        };
        units.push(unit);
        rest = after.get(used..).unwrap_or_default();
    }
    String::from_utf16_lossy(&units).into()
}
