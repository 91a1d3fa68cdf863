//! Mends what writers of JSON get wrong inside one value.

use serde::Deserialize;

/// Reads a value; when that fails, once more after a [`repair`]. The flag says whether that was needed.
///
/// # Errors
/// What was wrong with the value as it stood.
pub fn parse<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    spare: &'a mut Vec<u8>,
) -> Result<(T, bool), serde_json::Error> {
    // Whether bytes are text is told three times as fast for all of them as for each text in them.
    let value = match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    };
    match value {
        Ok(value) => Ok((value, false)),
        Err(error) => {
            repair(bytes, spare);
            match serde_json::from_slice(spare.as_slice()) {
                Ok(value) => Ok((value, true)),
                Err(_) => Err(error),
            }
        }
    }
}

/// Reads the value that these bytes begin with, and tells how many of them it has; nothing when it is cut off or not as the
/// standard has it.
#[must_use]
pub fn first_value<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// Writes the value again so that a strict parser takes it: bytes that are not UTF-8 and halves of surrogate pairs become
/// U+FFFD, control characters inside texts are escaped, zero bytes outside and superfluous commas go, `NaN` and
/// infinities become `null`.
pub fn repair(bytes: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let text = String::from_utf8_lossy(bytes);
    let text = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        match byte {
            b'"' => at = string(text, at, out),
            b',' => {
                at += 1;
                let last = out.iter().rev().find(|byte| !byte.is_ascii_whitespace());
                let next = text
                    .get(at..)
                    .unwrap_or_default()
                    .iter()
                    .find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
                let is_superfluous = matches!(last, None | Some(b',' | b'[' | b'{'))
                    || matches!(next, None | Some(b']' | b'}' | b','));
                if !is_superfluous {
                    out.push(b',');
                }
            }
            b'N' | b'I' | b'-' | b'u' => {
                let length = text
                    .get(at + 1..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|byte| {
                        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')
                    })
                    .count()
                    + 1;
                let word = text.get(at..at + length).unwrap_or_default();
                if matches!(
                    word,
                    b"NaN" | b"-NaN" | b"Infinity" | b"-Infinity" | b"None" | b"undefined"
                ) {
                    out.extend_from_slice(b"null");
                } else {
                    out.extend_from_slice(word);
                }
                at += length;
            }
            0 | 0x1E => at += 1,
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
}

/// Copies a text that begins at `at`; gives the place behind it.
fn string(text: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    out.push(b'"');
    let mut at = at + 1;
    while let Some(byte) = text.get(at).copied() {
        match byte {
            b'"' => {
                out.push(byte);
                return at + 1;
            }
            b'\\' => at = escape(text, at, out),
            0..0x20 => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                at += 1;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    at
}

/// Copies an escape; halves of surrogate pairs and unknown escapes are mended.
fn escape(text: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    match text.get(at + 1) {
        Some(b'u') => {}
        Some(letter @ (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => {
            out.extend_from_slice(&[b'\\', *letter]);
            return at + 2;
        }
        // A backslash that means itself.
        _ => {
            out.extend_from_slice(b"\\\\");
            return at + 1;
        }
    }
    let copy = |from: usize, to: usize, out: &mut Vec<u8>| {
        out.extend_from_slice(text.get(from..to).unwrap_or_default());
        to
    };
    match unit(text, at) {
        Some(0xD800..0xDC00) => match unit(text, at + 6) {
            Some(0xDC00..0xE000) => copy(at, at + 12, out),
            _ => {
                out.extend_from_slice(b"\\ufffd");
                at + 6
            }
        },
        Some(0xDC00..0xE000) => {
            out.extend_from_slice(b"\\ufffd");
            at + 6
        }
        Some(_) => copy(at, at + 6, out),
        None => {
            out.extend_from_slice(b"\\\\");
            at + 1
        }
    }
}

/// The number of an escape `\uXXXX`.
fn unit(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
