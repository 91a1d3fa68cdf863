//! A canonical JSON writer: keys in order, no white space, strings escaped as RFC 8785 says.

use crate::Timestamp;

/// Appends a JSON string.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let escape: Option<&[u8]> = match byte {
            b'"' => Some(b"\\\""),
            b'\\' => Some(b"\\\\"),
            0x08 => Some(b"\\b"),
            b'\t' => Some(b"\\t"),
            b'\n' => Some(b"\\n"),
            0x0c => Some(b"\\f"),
            b'\r' => Some(b"\\r"),
            0..=0x1f => None,
            _ => continue,
        };
        out.extend_from_slice(bytes.get(start..index).unwrap_or_default());
        start = index + 1;
        if let Some(escape) = escape {
            out.extend_from_slice(escape);
        } else {
            out.extend_from_slice(b"\\u00");
            for digit in [byte >> 4, byte & 15] {
                out.push(if digit < 10 {
                    b'0' + digit
                } else {
                    b'a' + digit - 10
                });
            }
        }
    }
    out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    out.push(b'"');
}

/// Whether a number is one that every JSON program reads alike: at most 2^53 − 1.
fn is_exact(digits: &str) -> bool {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    // Both have the length of 9007199254740991 at most, where the order of texts is that of numbers.
    digits.len() < 16 || (digits.len() == 16 && digits <= "9007199254740991")
}

fn write_integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// An object being written. Keys must come in ascending order, which debug builds check.
#[derive(Debug)]
pub struct JsonObject<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
    #[cfg(debug_assertions)]
    last_key: String,
}

impl<'a> JsonObject<'a> {
    /// Opens an object.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            is_first: true,
            #[cfg(debug_assertions)]
            last_key: String::new(),
        }
    }

    /// Writes a key and hands out the place for its value.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        #[cfg(debug_assertions)]
        {
            assert!(
                self.is_first || self.last_key.as_str() < key,
                "key {key} after {}",
                self.last_key
            );
            key.clone_into(&mut self.last_key);
        }
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// As [`Self::key`], for a name that may hold anything. The caller keeps the order.
    pub(super) fn any_key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        write_string(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// A string.
    pub fn string(&mut self, key: &str, value: &str) {
        write_string(self.key(key), value);
    }

    /// A string that is left out when it is absent or empty.
    pub fn some_string(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.string(key, value);
        }
    }

    /// Characters that need no escaping: ids, digests.
    pub fn hex(&mut self, key: &str, bytes: &[u8]) {
        let out = self.key(key);
        out.push(b'"');
        push_hex(out, bytes);
        out.push(b'"');
    }

    /// A number, left out when absent, and when JSON cannot say it exactly.
    pub fn some_integer(&mut self, key: &str, value: Option<impl itoa::Integer>) {
        if let Some(value) = value {
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(value);
            if is_exact(digits) {
                self.key(key).extend_from_slice(digits.as_bytes());
            }
        }
    }

    /// A number of any size; beyond 2^53 − 1 not every program reads it exactly.
    pub(super) fn integer(&mut self, key: &str, value: impl itoa::Integer) {
        write_integer(self.key(key), value);
    }

    /// `true`, left out when false.
    pub fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).extend_from_slice(b"true");
        }
    }

    /// A truth value.
    pub fn boolean(&mut self, key: &str, value: bool) {
        self.key(key)
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An instant.
    pub fn time(&mut self, key: &str, value: Timestamp) {
        let out = self.key(key);
        out.push(b'"');
        value.write_rfc3339(out);
        out.push(b'"');
    }

    /// Closes the object.
    pub fn close(self) {
        self.out.push(b'}');
    }
}

/// Appends lower-case hexadecimal.
pub(super) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for &byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0'));
        }
    }
}

/// An array being written.
#[derive(Debug)]
pub struct JsonArray<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> JsonArray<'a> {
    /// Opens an array.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'[');
        Self {
            out,
            is_first: true,
        }
    }

    /// Hands out the place for the next element.
    pub fn element(&mut self) -> &mut Vec<u8> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.out
    }

    /// Closes the array.
    pub fn close(self) {
        self.out.push(b']');
    }
}
