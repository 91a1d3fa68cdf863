//! Text in UTF-16, as spreadsheets and editors on Windows save it, seen as UTF-8 of the same length every time.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hutong_sqlite::ReadAt;

/// Bytes of the file that are decoded at once.
const PIECE: u64 = 1 << 18;

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The low one.
    Little,
    /// The high one.
    Big,
}

impl Order {
    /// What the byte order mark at the beginning of a file says.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xFF, 0xFE, 0, 0, ..] => None,
            [0xFF, 0xFE, ..] => Some(Self::Little),
            [0xFE, 0xFF, ..] => Some(Self::Big),
            _ => None,
        }
    }

    /// UTF-8 of these bytes without their mark; halves of characters become U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> String {
        let units = bytes.chunks_exact(2).map(|pair| {
            let pair = [
                pair.first().copied().unwrap_or_default(),
                pair.last().copied().unwrap_or_default(),
            ];
            match self {
                Self::Little => u16::from_le_bytes(pair),
                Self::Big => u16::from_be_bytes(pair),
            }
        });
        char::decode_utf16(units)
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .filter(|character| *character != '\u{feff}')
            .collect()
    }

    /// Whether these bytes end in the first half of a character.
    fn is_cut(self, bytes: &[u8]) -> bool {
        let Some([first, second]) = bytes.last_chunk::<2>() else {
            return false;
        };
        let high = match self {
            Self::Little => second,
            Self::Big => first,
        };
        (0xD8..0xDC).contains(high)
    }
}

/// A file in UTF-16 read as UTF-8.
pub(super) struct WideText {
    file: Arc<dyn ReadAt>,
    order: Order,
    /// Where pieces begin: offset in the UTF-8, offset in the file.
    pieces: Vec<(u64, u64)>,
    /// Length of the UTF-8, and of the file.
    ends: (u64, u64),
    /// The piece that was decoded last.
    last: Mutex<(usize, Arc<str>)>,
}

impl WideText {
    /// Goes through the file once to learn where each piece begins.
    pub(super) fn new(file: Arc<dyn ReadAt>, order: Order) -> io::Result<Self> {
        let length = file.len()?;
        let mut text = Self {
            file,
            order,
            pieces: Vec::new(),
            ends: (0, length),
            last: Mutex::new((usize::MAX, Arc::from(""))),
        };
        let (mut at, mut decoded) = (2.min(length), 0);
        while at < length {
            let (words, next) = text.piece(at, length)?;
            text.pieces.push((decoded, at));
            decoded += words.len() as u64;
            at = next;
        }
        text.ends.0 = decoded;
        Ok(text)
    }

    /// The text of the piece that begins there, and where the next one begins.
    fn piece(&self, at: u64, end: u64) -> io::Result<(String, u64)> {
        let count = usize::try_from(PIECE.min(end - at)).unwrap_or(0);
        let mut bytes = vec![0; count];
        self.file.read_exact_at(&mut bytes, at)?;
        let mut next = at + count as u64;
        if next < end && self.order.is_cut(&bytes) {
            bytes.truncate(count - 2);
            next -= 2;
        }
        Ok((self.order.decode(&bytes), next))
    }

    /// The piece with this number.
    fn numbered(&self, number: usize) -> io::Result<Arc<str>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != number {
            let Some((_, at)) = self.pieces.get(number) else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            *last = (number, self.piece(*at, self.ends.1)?.0.into());
        }
        Ok(Arc::clone(&last.1))
    }
}

impl ReadAt for WideText {
    fn len(&self) -> io::Result<u64> {
        Ok(self.ends.0)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut number = self
            .pieces
            .partition_point(|(start, _)| *start <= offset)
            .saturating_sub(1);
        let (mut room, mut at) = (buffer, offset);
        while !room.is_empty() {
            let words = self.numbered(number)?;
            let start = self.pieces.get(number).map_or(0, |(start, _)| *start);
            let inside = usize::try_from(at - start).unwrap_or(usize::MAX);
            let rest = words.as_bytes().get(inside..).unwrap_or_default();
            let count = rest.len().min(room.len());
            if let (Some(from), Some((to, behind))) =
                (rest.get(..count), room.split_at_mut_checked(count))
            {
                to.copy_from_slice(from);
                room = behind;
            } else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += count as u64;
            number += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_long_text_are_the_text() {
        let text = "时间,内容\r\n好🌙a".repeat(40_000);
        for (order, turn) in [
            (Order::Little, u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (Order::Big, u16::to_be_bytes),
        ] {
            let bytes: Vec<u8> = std::iter::once(0xFEFF)
                .chain(text.encode_utf16())
                .flat_map(turn)
                .collect();
            assert_eq!(Order::of(&bytes), Some(order));
            let wide = WideText::new(Arc::new(bytes), order).unwrap();
            assert!(wide.pieces.len() > 2);
            assert_eq!(wide.len().unwrap(), text.len() as u64);
            let mut all = vec![0; text.len()];
            wide.read_exact_at(&mut all, 0).unwrap();
            assert!(all == text.as_bytes());
            let from = 262_140;
            let mut some = vec![0; 300_000];
            wide.read_exact_at(&mut some, from as u64).unwrap();
            assert!(some == text.as_bytes()[from..from + 300_000]);
            assert!(
                wide.read_exact_at(&mut [0; 2], text.len() as u64 - 1)
                    .is_err()
            );
        }
    }

    #[test]
    fn odd_ends_and_halves_of_characters_are_survived() {
        let wide = WideText::new(Arc::new(b"\xFF\xFEa\0\x00\xD8b\0c".to_vec()), Order::Little);
        let wide = wide.unwrap();
        let mut all = vec![0; 5];
        wide.read_exact_at(&mut all, 0).unwrap();
        assert_eq!(all, "a\u{fffd}b".as_bytes());
        assert_eq!(Order::of(b"\xFF\xFE\0\0"), None);
        assert_eq!(
            WideText::new(Arc::new(b"\xFF".to_vec()), Order::Big)
                .unwrap()
                .len()
                .unwrap(),
            0
        );
    }
}
