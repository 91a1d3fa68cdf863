//! Property lists in which an Apple program archived its objects (`NSKeyedArchiver`): a list of objects that point at each
//! other by number.

use std::io::Cursor;

use plist::{Dictionary, Value};

/// Larger lists are not read.
const MAX_BYTES: usize = 64 << 20;

/// Reads any property list, binary or XML.
pub(crate) fn property_list(bytes: &[u8]) -> Option<Value> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    Value::from_reader(Cursor::new(bytes)).ok()
}

/// An archive of objects.
pub(crate) struct KeyedArchive {
    objects: Vec<Value>,
    root: Value,
}

impl KeyedArchive {
    /// Nothing when the bytes are no such archive.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut list = property_list(bytes)?.into_dictionary()?;
        let top = list.remove("$top")?.into_dictionary()?;
        let root = top.get("root").or_else(|| top.values().next())?.clone();
        let objects = list.remove("$objects")?.into_array()?;
        Some(Self { objects, root })
    }

    /// The outermost object.
    pub(crate) fn root(&self) -> &Value {
        self.follow(&self.root)
    }

    /// The object that a reference points at; other values are themselves.
    pub(crate) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        value
            .as_uid()
            .and_then(|number| self.objects.get(usize::try_from(number.get()).ok()?))
            .unwrap_or(value)
    }

    /// A field of an object.
    pub(crate) fn field<'a>(&'a self, object: &'a Dictionary, name: &str) -> Option<&'a Value> {
        Some(self.follow(object.get(name)?))
    }

    /// The text of a string, plain or as an object of its own.
    pub(crate) fn text<'a>(&'a self, value: &'a Value) -> Option<&'a str> {
        match self.follow(value) {
            Value::String(text) => Some(text),
            Value::Dictionary(object) => self.field(object, "NS.string")?.as_string(),
            _ => None,
        }
    }

    /// The bytes of a data object, plain or as an object of its own.
    pub(crate) fn bytes<'a>(&'a self, value: &'a Value) -> Option<&'a [u8]> {
        match self.follow(value) {
            Value::Data(bytes) => Some(bytes),
            Value::Dictionary(object) => self.field(object, "NS.data")?.as_data(),
            _ => None,
        }
    }

    /// The pairs of a dictionary object.
    pub(crate) fn pairs<'a>(&'a self, value: &'a Value) -> Vec<(&'a Value, &'a Value)> {
        let Value::Dictionary(object) = self.follow(value) else {
            return Vec::new();
        };
        let list = |name| {
            self.field(object, name)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        list("NS.keys")
            .iter()
            .zip(list("NS.objects"))
            .map(|(key, value)| (self.follow(key), self.follow(value)))
            .collect()
    }
}
