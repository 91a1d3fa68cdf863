//! `MsgContent`: a header with the font, then pieces of type, length and value.

/// Bytes before the time.
const SKIPPED: usize = 8;
/// Time, random number, colour, and four bytes about the font.
const FONT: usize = 16;
/// Bytes between the font's name and the first piece.
const GAP: usize = 2;
/// Pieces taken from one body.
const MOST_PIECES: usize = 10_000;

/// A piece: its type and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) kind: u8,
    pub(super) value: &'a [u8],
}

/// A body taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    /// What could not be read as pieces.
    pub(super) rest: &'a [u8],
}

/// Reads a body; one whose header cannot be read has no pieces and is all rest.
pub(super) fn read(content: &[u8]) -> Body<'_> {
    let Some(start) = start(content) else {
        return Body {
            pieces: Vec::new(),
            rest: content,
        };
    };
    let (pieces, rest) = pieces(content.get(start..).unwrap_or_default());
    Body { pieces, rest }
}

/// Where the first piece begins.
fn start(content: &[u8]) -> Option<usize> {
    let at = SKIPPED + FONT;
    let length = content.get(at..at + 2)?.try_into().ok()?;
    let start = at + 2 + usize::from(u16::from_le_bytes(length)) + GAP;
    (start <= content.len()).then_some(start)
}

/// Pieces one after the other, and what is left of the bytes.
pub(super) fn pieces(mut bytes: &[u8]) -> (Vec<Piece<'_>>, &[u8]) {
    let mut found = Vec::new();
    while found.len() < MOST_PIECES {
        let Some((piece, rest)) = piece(bytes) else {
            break;
        };
        found.push(piece);
        bytes = rest;
    }
    (found, bytes)
}

fn piece(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some((Piece { kind: *kind, value }, rest))
}

/// The first inner piece of a type.
pub(super) fn inner(value: &[u8], kind: u8) -> Option<&[u8]> {
    let (pieces, _) = pieces(value);
    pieces
        .into_iter()
        .find(|piece| piece.kind == kind)
        .map(|piece| piece.value)
}

/// UTF-16, little end first; what is none becomes replacement characters.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| {
        u16::from_le_bytes([
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ])
    });
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect::<String>()
        .trim_end_matches('\0')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bodies_keep_what_cannot_be_read() {
        assert_eq!(read(b"short").rest, b"short");
        let mut body = vec![0; SKIPPED + FONT];
        body.extend([4, 0]);
        body.extend([0x42, 0, 0x43, 0, 9, 9]);
        body.extend([1, 2, 0, 7, 8, 1, 200, 0, 5]);
        let read = read(&body);
        assert_eq!(
            read.pieces,
            [Piece {
                kind: 1,
                value: &[7, 8]
            }]
        );
        assert_eq!(read.rest, [1, 200, 0, 5]);
        for length in 0..body.len() {
            let _ = super::read(body.get(..length).unwrap());
        }
    }

    #[test]
    fn utf16_survives_halves() {
        assert_eq!(utf16(&[0x60, 0x4F, 0x7D, 0x59, 0, 0]), "你好");
        assert_eq!(utf16(&[0x3D, 0xD8, 0x41]), "\u{FFFD}");
    }
}
