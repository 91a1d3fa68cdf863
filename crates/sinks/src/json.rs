//! Writing JSON for other programs: keys in the order in which their documentation lists them.

use hutong_model::hcx::write_string;

/// An object being written.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            is_first: true,
        }
    }

    /// Writes a key, which is one of our own words, and hands out the place for its value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        write_string(self.key(key), value);
    }

    /// A string, left out where there is none.
    pub(crate) fn text_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, value: impl itoa::Integer) {
        let out = self.key(key);
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.key(key)
            .extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A list whose elements `write` appends, one at a time.
    pub(crate) fn list<T>(
        &mut self,
        key: &str,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Vec<u8>),
    ) {
        let out = self.key(key);
        out.push(b'[');
        for (index, element) in elements.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write(element, out);
        }
        out.push(b']');
    }

    /// A list of strings.
    pub(crate) fn texts<'t>(&mut self, key: &str, elements: impl IntoIterator<Item = &'t str>) {
        self.list(key, elements, |text, out| write_string(out, text));
    }

    /// An object inside.
    pub(crate) fn object(&mut self, key: &str) -> Object<'_> {
        Object::open(self.key(key))
    }

    /// Leaves the object open for what comes later; whoever appends that closes it.
    pub(crate) fn leave_open(self) {}

    /// Closes the object.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_holds_all_kinds_of_values() {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.text("a", "1\"\u{2028}\0");
        object.text_if("b", None);
        object.number("c", -3_i64);
        object.flag("d", true);
        object.texts("e", ["x", "y"]);
        let mut inner = object.object("f");
        inner.number("g", 0);
        inner.close();
        object.close();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = serde_json::json!({
            "a": "1\"\u{2028}\0", "c": -3, "d": true, "e": ["x", "y"], "f": {"g": 0}
        });
        assert_eq!(value, expected);
    }
}
