//! The picture beside a name.

use super::escape::write_plain;

/// A circle with the first letter of a name, in a colour that belongs to the id.
///
/// It only repeats what the name beside it says, and so it is hidden from those who listen.
pub fn avatar(id: &[u8], name: &str, out: &mut Vec<u8>) {
    // FNV-1a: ids are digests, but contact cards have only native ids, which differ little.
    let colour = id.iter().fold(2_166_136_261_u32, |sum, byte| {
        (sum ^ u32::from(*byte)).wrapping_mul(16_777_619)
    }) % 12;
    out.extend_from_slice(b"<b class=\"a k");
    out.extend_from_slice(itoa::Buffer::new().format(colour).as_bytes());
    out.extend_from_slice(b"\" aria-hidden=\"true\">");
    let first = name
        .chars()
        .find(|character| character.is_alphanumeric())
        .or_else(|| name.chars().next());
    let mut letter = String::new();
    letter.extend(first.into_iter().flat_map(char::to_uppercase));
    write_plain(&letter, out);
    out.extend_from_slice(b"</b>");
}
