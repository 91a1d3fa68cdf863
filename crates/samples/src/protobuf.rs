//! A writer for protobuf messages without schemas.

/// Bytes of a protobuf message under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(Vec<u8>);

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}

impl Message {
    /// An empty message.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty message in an existing buffer, so that its memory is used again.
    pub(crate) fn reuse(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self(buffer)
    }

    /// Adds a varint field.
    pub(crate) fn varint(&mut self, tag: u32, value: u64) -> &mut Self {
        push_varint(&mut self.0, u64::from(tag) << 3);
        push_varint(&mut self.0, value);
        self
    }

    /// Adds a length-delimited field.
    pub(crate) fn bytes(&mut self, tag: u32, value: &[u8]) -> &mut Self {
        push_varint(&mut self.0, u64::from(tag) << 3 | 2);
        push_varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// Adds a text field.
    pub(crate) fn text(&mut self, tag: u32, value: &str) -> &mut Self {
        self.bytes(tag, value.as_bytes())
    }

    /// Adds a nested message.
    pub(crate) fn nest(&mut self, tag: u32, inner: &Self) -> &mut Self {
        self.bytes(tag, &inner.0)
    }

    /// The bytes so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The finished bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_match_the_published_prefixes() {
        for (tag, is_bytes, prefix) in [
            (40800, true, "82f613"),
            (40900, true, "a2fc13"),
            (40062, true, "f2c713"),
            (45001, false, "c8fc15"),
            (45105, true, "8a8316"),
            (45906, false, "90b516"),
            (48271, true, "fac817"),
            (80900, true, "a2c027"),
        ] {
            let mut message = Message::new();
            if is_bytes {
                message.bytes(tag, b"");
            } else {
                message.varint(tag, 0);
            }
            assert_eq!(hex::encode(message.as_bytes()), format!("{prefix}00"));
        }
    }
}
