//! A strict reader of canonical JSON: what RFC 8785 would write differently is refused.
//!
//! HCX holds strings, truth values, objects, arrays and whole numbers that a double holds exactly; no fractions and no
//! `null`. So a line has exactly one spelling, and two lines that say the same are the same bytes.

use std::borrow::Cow;

use super::json::{JsonArray, JsonObject, write_string};

/// Largest number that JSON programs agree on: 2^53 − 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;
/// Objects and arrays inside each other; a bundle inside a bundle takes four.
pub const MAX_DEPTH: usize = 128;

/// A JSON value that borrows its texts from the line where it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A string.
    String(Cow<'a, str>),
    /// A list.
    Array(Vec<Self>),
    /// Members in their order.
    Object(Vec<(Cow<'a, str>, Self)>),
}

/// Why a line cannot be read; `at` counts bytes from 0 where it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}{}", code.prefix(), at.map(|at| format!(" at byte {at}")).unwrap_or_default())]
pub struct Fault {
    /// What kind of fault.
    pub code: FaultCode,
    /// In words, with the place inside the record.
    pub what: String,
    /// Byte within the line.
    pub at: Option<usize>,
}

/// Kinds of faults of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// Not JSON, or not text.
    Json,
    /// JSON that is not in its canonical form.
    Canonical,
    /// Deeper than [`MAX_DEPTH`].
    Depth,
    /// A record that says something impossible or leaves out what it must say.
    Record,
}

impl FaultCode {
    /// The code that `hutong hcx check` and the vectors use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Canonical => "canonical",
            Self::Depth => "depth",
            Self::Record => "record",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Json => "not JSON: ",
            Self::Canonical => "not canonical JSON: ",
            Self::Depth | Self::Record => "",
        }
    }
}

impl Fault {
    pub(super) fn record(what: impl Into<String>) -> Self {
        Self {
            code: FaultCode::Record,
            what: what.into(),
            at: None,
        }
    }
}

impl<'a> Value<'a> {
    /// Reads one line, without its line end.
    ///
    /// # Errors
    /// When it is not canonical JSON within the limits.
    pub fn parse(line: &'a [u8]) -> Result<Self, Fault> {
        let text = std::str::from_utf8(line).map_err(|error| Fault {
            code: FaultCode::Json,
            what: "the text is not UTF-8".to_owned(),
            at: Some(error.valid_up_to()),
        })?;
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0)?;
        if parser.at < text.len() {
            return Err(match parser.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => parser.canonical("white space"),
                _ => parser.json("something stands behind the value"),
            });
        }
        Ok(value)
    }

    /// Appends the canonical form.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Integer(value) => {
                out.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes());
            }
            Self::String(text) => write_string(out, text),
            Self::Array(values) => {
                let mut array = JsonArray::open(out);
                for value in values {
                    value.write(array.element());
                }
                array.close();
            }
            Self::Object(members) => {
                let mut object = JsonObject::open(out);
                for (key, value) in members {
                    value.write(object.any_key(key));
                }
                object.close();
            }
        }
    }

    /// The canonical form as text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// What it is, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a truth value",
            Self::Integer(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The value of a member, when this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Puts a value where a JSON pointer (RFC 6901) leads; objects keep their order. Whether there is such a place.
    #[must_use]
    pub fn insert(&mut self, pointer: &str, value: Self) -> bool
    where
        'a: 'static,
    {
        let Some((first, rest)) = pointer
            .strip_prefix('/')
            .map(|pointer| pointer.split_once('/').unwrap_or((pointer, "\0")))
        else {
            return false;
        };
        let key = first.replace("~1", "/").replace("~0", "~");
        match self {
            Self::Object(members) => {
                let place = members
                    .binary_search_by(|(known, _)| known.encode_utf16().cmp(key.encode_utf16()));
                match (place, rest) {
                    (Err(place), "\0") => members.insert(place, (Cow::Owned(key), value)),
                    (Ok(place), rest) if rest != "\0" => {
                        let inside = members.get_mut(place).map(|(_, inside)| inside);
                        return inside
                            .is_some_and(|inside| inside.insert(&format!("/{rest}"), value));
                    }
                    _ => return false,
                }
                true
            }
            Self::Array(values) if rest != "\0" => key
                .parse::<usize>()
                .ok()
                .and_then(|index| values.get_mut(index))
                .is_some_and(|inside| inside.insert(&format!("/{rest}"), value)),
            _ => false,
        }
    }

    /// The same value, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(value) => Value::Integer(value),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(values) => {
                Value::Array(values.into_iter().map(Value::into_owned).collect())
            }
            Self::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn fault(&self, code: FaultCode, what: &str) -> Fault {
        Fault {
            code,
            what: what.to_owned(),
            at: Some(self.at),
        }
    }

    fn json(&self, what: &str) -> Fault {
        self.fault(FaultCode::Json, what)
    }

    fn canonical(&self, what: &str) -> Fault {
        self.fault(FaultCode::Canonical, what)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Something else than what must come here.
    fn unexpected(&self, wanted: &str) -> Fault {
        match self.peek() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => self.canonical("white space"),
            Some(_) => self.json(wanted),
            None => self.json("the line ends too early"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        if depth >= MAX_DEPTH && matches!(self.peek(), Some(b'{' | b'[')) {
            return Err(self.fault(
                FaultCode::Depth,
                "objects and arrays are nested deeper than 128 levels",
            ));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in [("true", true), ("false", false)] {
                    if self.rest().starts_with(word) {
                        self.at += word.len();
                        return Ok(Value::Bool(value));
                    }
                }
                if self.rest().starts_with("null") {
                    return Err(self.canonical("null (what is not known is left out)"));
                }
                Err(self.unexpected("no value begins here"))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        self.at += 1;
        let mut members: Vec<(Cow<'a, str>, Value<'a>)> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a member's name must come here"));
            }
            let start = self.at;
            let key = self.string()?;
            if let Some((last, _)) = members.last() {
                match last.encode_utf16().cmp(key.encode_utf16()) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => {
                        self.at = start;
                        return Err(self.json("a name stands twice in one object"));
                    }
                    std::cmp::Ordering::Greater => {
                        self.at = start;
                        return Err(self.canonical("names are not in order"));
                    }
                }
            }
            if self.peek() != Some(b':') {
                return Err(self.unexpected("a colon must come here"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            members.push((key, value));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.unexpected("a comma or the object's end must come here")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, Fault> {
        self.at += 1;
        let mut values = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(values));
                }
                _ => return Err(self.unexpected("a comma or the array's end must come here")),
            }
        }
    }

    fn number(&mut self) -> Result<Value<'a>, Fault> {
        let rest = self.rest();
        let length = rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let digits = rest.get(..length).unwrap_or_default();
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        if whole == 0 || (whole > 1 && unsigned.starts_with('0')) {
            return Err(self.json("no number is written like this"));
        }
        if whole < unsigned.len() || digits == "-0" {
            return Err(
                self.canonical("numbers are whole, without sign before 0, fraction or exponent")
            );
        }
        match digits.parse::<i64>() {
            Ok(value) if (-MAX_INTEGER..=MAX_INTEGER).contains(&value) => {
                self.at += length;
                Ok(Value::Integer(value))
            }
            _ => Err(self.canonical("a number lies beyond 2^53 − 1")),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let start = self.at;
        let mut owned: Option<String> = None;
        loop {
            let rest = self.rest();
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)
                .ok_or_else(|| self.json("a string does not end"))?;
            let (text, stop) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            if let Some(owned) = &mut owned {
                owned.push_str(text);
            }
            self.at += plain;
            match stop.as_bytes().first() {
                Some(b'"') => {
                    let borrowed = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(owned.map_or(Cow::Borrowed(borrowed), Cow::Owned));
                }
                Some(b'\\') => {
                    let before = self.text.get(start..self.at).unwrap_or_default();
                    let escaped = self.escape()?;
                    owned.get_or_insert_with(|| before.to_owned()).push(escaped);
                }
                _ => return Err(self.json("a control character stands in a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let code = self.text.as_bytes().get(self.at + 1).copied();
        let short = match code {
            Some(b'"') => Some('"'),
            Some(b'\\') => Some('\\'),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            Some(b'/') => return Err(self.canonical("an escape that is not needed")),
            Some(b'u') => None,
            _ => return Err(self.json("an unknown escape")),
        };
        if let Some(short) = short {
            self.at += 2;
            return Ok(short);
        }
        let digits = self.text.get(self.at + 2..self.at + 6).unwrap_or_default();
        let value = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .ok_or_else(|| self.json("an escape without four digits"))?;
        if (0xD800..0xE000).contains(&value) {
            // A pair of them has a spelling without escapes; one alone is no text at all.
            let next = self.text.get(self.at + 6..self.at + 12).unwrap_or_default();
            let low = next
                .strip_prefix("\\u")
                .and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let is_pair = value < 0xDC00 && low.is_some_and(|low| (0xDC00..0xE000).contains(&low));
            return Err(if is_pair {
                self.canonical("an escape that is not needed")
            } else {
                self.json("a surrogate stands alone in a string")
            });
        }
        let is_canonical = value < 0x20
            && !matches!(value, 8 | 9 | 10 | 12 | 13)
            && !digits.bytes().any(|byte| byte.is_ascii_uppercase());
        if !is_canonical {
            return Err(self.canonical("an escape that is not needed"));
        }
        self.at += 6;
        char::from_u32(value).ok_or_else(|| self.json("an escape that is no character"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        Value::parse(text.as_bytes())
            .err()
            .map(|fault| fault.code.as_str())
    }

    #[test]
    fn canonical_lines_are_read_and_written_alike() {
        for text in [
            r#"{"a":1,"b":[true,false,{}],"c":"你\n\u0001\"\\"}"#,
            "[]",
            r#"{"":-9007199254740991}"#,
            // By UTF-16: a surrogate pair sorts before U+FB33.
            "{\"\u{1F600}\":1,\"\u{FB33}\":2}",
        ] {
            let value = Value::parse(text.as_bytes()).unwrap();
            assert_eq!(value.to_json(), text);
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            r#"{"b":1,"a":2}"#,
            r#"{ "a":1}"#,
            "{}\r",
            "-0",
            r#""\ud83d\ude00""#,
            "1.0",
            "1e3",
            "9007199254740992",
            r#""\/""#,
            r#""\u0041""#,
            r#""\u001F""#,
            r#""\u000a""#,
            "null",
        ] {
            assert_eq!(code(text), Some("canonical"), "{text}");
        }
        for text in [
            "",
            "{",
            r#"{"a":1,"a":2}"#,
            r#""\ud800""#,
            "\"\n\"",
            "tru",
            "\u{feff}{}",
            "'a'",
            "[1,]",
            "01",
            "+1",
            "-",
            r#""\x""#,
        ] {
            assert_eq!(code(text), Some("json"), "{text}");
        }
        let deep = format!("{}1{}", "[".repeat(128), "]".repeat(128));
        assert_eq!(code(&deep), None);
        let deeper = format!("{}{}", "[".repeat(129), "]".repeat(129));
        assert_eq!(code(&deeper), Some("depth"));
        assert_eq!(code(&"[".repeat(100_000)), Some("depth"));
        assert!(Value::parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn a_value_goes_where_a_pointer_leads() {
        let mut value = Value::parse(br#"{"a":[{"c":1}],"z":2}"#)
            .unwrap()
            .into_owned();
        assert!(value.insert("/a/0/b~1~0", Value::Bool(true)));
        assert!(value.insert("/x", Value::Integer(5)));
        assert!(!value.insert("/z", Value::Integer(5)));
        assert!(!value.insert("/a/7/b", Value::Integer(5)));
        assert_eq!(value.to_json(), r#"{"a":[{"b/~":true,"c":1}],"x":5,"z":2}"#);
    }
}
