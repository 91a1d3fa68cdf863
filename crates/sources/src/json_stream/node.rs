//! A JSON value that borrows its texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A parsed value. Objects keep their order; of equal keys the first is found.
///
/// Writers disagree about what is a number and what a text, so the accessors convert; 64-bit numbers never pass through a
/// floating-point number.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Node<'a> {
    /// `null`, and what is not there.
    #[default]
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A whole number above `i64::MAX`.
    Large(u64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// `[…]`
    List(Vec<Self>),
    /// `{…}`
    Object(Vec<(Cow<'a, str>, Self)>),
}

static NULL: Node<'static> = Node::Null;

impl<'a> Node<'a> {
    /// The member with this key; `null` when there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> &Self {
        if let Self::Object(members) = self
            && let Some((_, value)) = members.iter().find(|(known, _)| known == key)
        {
            return value;
        }
        &NULL
    }

    /// The first of these members that is there and not `null`.
    #[must_use]
    pub fn first(&self, keys: &[&str]) -> &Self {
        keys.iter()
            .map(|key| self.get(key))
            .find(|value| !value.is_null())
            .unwrap_or(&NULL)
    }

    /// Whether it is `null` or not there.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A text, or a number in decimal; nothing for anything else.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Integer(number) => Some(Cow::Owned(number.to_string())),
            Self::Large(number) => Some(Cow::Owned(number.to_string())),
            // Whole ones are written without a fraction.
            Self::Float(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// As [`Self::text`], only if it is not blank.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        self.text()
            .filter(|text| !text.trim().is_empty())
            .map(Cow::into_owned)
    }

    /// A text as it stands.
    #[must_use]
    pub fn str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, written as number or text. Numbers up to `u64::MAX` keep their bits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Large(number) => Some(number.cast_signed()),
            Self::Float(number) => whole(*number),
            Self::Text(text) => {
                let text = text.trim();
                text.parse::<i64>()
                    .ok()
                    .or_else(|| text.parse::<u64>().ok().map(u64::cast_signed))
            }
            _ => None,
        }
    }

    /// A number that is not negative.
    #[must_use]
    pub fn unsigned(&self) -> Option<u64> {
        match self {
            Self::Large(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => self.integer().and_then(|number| u64::try_from(number).ok()),
        }
    }

    /// Any number.
    #[must_use]
    pub fn float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "the caller asks for that")]
            Self::Integer(number) => Some(*number as f64),
            #[expect(clippy::cast_precision_loss, reason = "the caller asks for that")]
            Self::Large(number) => Some(*number as f64),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// `true`, a number other than 0, or the text `true` or `1`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Integer(number) => *number != 0,
            Self::Large(_) => true,
            Self::Text(text) => matches!(text.as_ref(), "1" | "true" | "True" | "TRUE" | "yes"),
            _ => false,
        }
    }

    /// The elements of a list; none for anything else.
    #[must_use]
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    /// The members of an object; none for anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Whether it is an object.
    #[must_use]
    pub const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Integer(number) => out.push_str(&number.to_string()),
            Self::Large(number) => out.push_str(&number.to_string()),
            Self::Float(number) => {
                out.push_str(&serde_json::to_string(number).unwrap_or_else(|_| "null".to_owned()));
            }
            Self::Text(text) => write_text(text, out),
            Self::List(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    value.write_json(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    // Texts are always written.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Whole numbers that a floating-point number holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 2^53, so nothing is cut off"
    )]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// Whether a number of an id looks as if it had passed through a floating-point number: it is larger than 2^53, and the
/// shortest decimal of its nearest double is the number itself (`7321000000000000001` becomes `7321000000000000000`).
///
/// One whole number in a thousand of this size looks so by chance.
#[must_use]
pub fn is_rounded(number: i64) -> bool {
    const EXACT: u64 = 1 << 53;
    /// Of so many digits a double's shortest decimal has two zeros at the end at least.
    const NINETEEN_DIGITS: u64 = 1_000_000_000_000_000_000;
    let size = number.unsigned_abs();
    if size <= EXACT || (size >= NINETEEN_DIGITS && !size.is_multiple_of(100)) {
        return false;
    }
    #[expect(clippy::cast_precision_loss, reason = "the loss is what is looked for")]
    let double = number as f64;
    double.to_string() == number.to_string()
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

pub(super) struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Node::Large(value), Node::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Node::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = access.next_entry::<Key<'de>, Node<'de>>()? {
            members.push((key.0, value));
        }
        Ok(Node::Object(members))
    }
}

/// A key, borrowed where it holds no escapes.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(value.to_owned())))
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(value)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
