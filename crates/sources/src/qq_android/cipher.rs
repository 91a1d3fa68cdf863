//! The field cipher: values are combined with the key by exclusive or, the key beginning anew in every value.

/// The key of an account; an empty one leaves values as they are.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FieldKey(Vec<u8>);

impl std::fmt::Debug for FieldKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldKey")
    }
}

impl FieldKey {
    /// The key of these characters.
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// Whether values are stored in clear.
    pub(super) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Length of the key in bytes.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// A value of bytes.
    pub(super) fn bytes(&self, value: &[u8]) -> Vec<u8> {
        if self.is_none() {
            return value.to_vec();
        }
        value
            .iter()
            .zip(self.0.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect()
    }

    /// A value of text: each unit of its UTF-16 form is combined with one byte of the key.
    ///
    /// Bytes that are no text are combined as bytes, which is the same for everything that is written in ASCII.
    pub(super) fn text(&self, stored: &[u8]) -> String {
        let Ok(text) = std::str::from_utf8(stored) else {
            return String::from_utf8_lossy(&self.bytes(stored)).into_owned();
        };
        if self.is_none() {
            return text.to_owned();
        }
        let units = text
            .encode_utf16()
            .zip(self.0.iter().cycle())
            .map(|(unit, key)| unit ^ u16::from(*key));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_combined_by_units_and_not_by_bytes() {
        let key = FieldKey::new("123");
        // 你 is U+4F60, 好 U+597D, 𝄞 two units.
        let stored: String =
            char::decode_utf16([0x4F60 ^ 0x31, 0x597D ^ 0x32, 0xD834 ^ 0x33, 0xDD1E ^ 0x31])
                .map(Result::unwrap)
                .collect();
        assert_eq!(key.text(stored.as_bytes()), "你好𝄞");
        assert_eq!(key.bytes(&[0x31, 0x32, 0x33, 0x30]), [0, 0, 0, 1]);
        assert_eq!(FieldKey::new("").text("你".as_bytes()), "你");
    }

    proptest! {
        #[test]
        fn undoing_twice_gives_the_text(text in ".*", key in "[0-9:]{1,20}") {
            let key = FieldKey::new(&key);
            prop_assert_eq!(key.text(key.text(text.as_bytes()).as_bytes()), text);
        }
    }
}
