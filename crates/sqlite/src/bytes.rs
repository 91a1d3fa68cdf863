//! Big-endian numbers and SQLite varints out of untrusted bytes.

/// The big-endian `u16` at `at`.
pub(crate) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let found = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(found.try_into().ok()?))
}

/// The big-endian `u32` at `at`.
pub(crate) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let found = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(found.try_into().ok()?))
}

/// The varint at the start of `bytes` and how many bytes it takes, 1 to 9.
///
/// Source: <https://www.sqlite.org/fileformat2.html>, "A variable-length integer".
#[inline]
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    match *bytes {
        [first, ..] if first < 0x80 => Some((u64::from(first), 1)),
        [first, second, ..] if second < 0x80 => {
            Some((u64::from(first & 0x7f) << 7 | u64::from(second), 2))
        }
        _ => long_varint(bytes),
    }
}

fn long_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value = value << 7 | u64::from(byte & 0x7f);
        if *byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    let last = bytes.get(8)?;
    Some((value << 8 | u64::from(*last), 9))
}

/// A signed big-endian integer of up to eight bytes.
#[inline]
pub(crate) fn signed(bytes: &[u8]) -> i64 {
    let Some((first, rest)) = bytes.split_first() else {
        return 0;
    };
    let mut value = i64::from(first.cast_signed());
    for byte in rest {
        value = value << 8 | i64::from(*byte);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_every_length_are_read() {
        assert_eq!(varint(&[0x00]), Some((0, 1)));
        assert_eq!(varint(&[0x7f, 9]), Some((0x7f, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((0x80, 2)));
        assert_eq!(varint(&[0x81, 0x80, 0x00]), Some((0x4000, 3)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(signed(&[0xff]), -1);
        assert_eq!(signed(&[0x80, 0x00, 0x00]), -0x80_0000);
        assert_eq!(signed(&i64::MIN.to_be_bytes()), i64::MIN);
        assert_eq!(signed(&[]), 0);
    }
}
