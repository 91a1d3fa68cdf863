//! Where the tables and pictures of a web archive stand, found in one pass over the file.
//!
//! The files break the rules of MIME (a missing semicolon in the first header is the usual case), so only the separator
//! counts, and what stands between it and the next blank line.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use hutong_sqlite::ReadAt;

/// Bytes read at once.
const PIECE: usize = 1024 * 1024;
/// Longest header of a file or part.
const MAX_HEADER: usize = 16 * 1024;
/// Pictures that are remembered, some 160 MB; the rest counts as missing.
const MAX_PICTURES: usize = 5_000_000;

/// What identifies a picture: its GUID, or a digest of any other name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PictureKey(u128);

impl PictureKey {
    /// The key of `{GUID}.dat`, whatever stands around it and whichever case it is in.
    pub(super) fn of(name: &str) -> Self {
        Self(guid(name).unwrap_or_else(|| {
            let name = name.trim().trim_matches(['"', '\'', '<', '>']);
            let name = name
                .strip_prefix("cid:")
                .unwrap_or(name)
                .to_ascii_lowercase();
            let digest = blake3::hash(name.as_bytes());
            let mut key = [0; 16];
            key.copy_from_slice(digest.as_bytes().split_at(16).0);
            u128::from_le_bytes(key)
        }))
    }
}

fn guid(name: &str) -> Option<u128> {
    let (_, rest) = name.split_once('{')?;
    let (inside, _) = rest.split_once('}')?;
    let digits: String = inside
        .chars()
        .filter(|character| *character != '-')
        .collect();
    (digits.len() == 32)
        .then(|| u128::from_str_radix(&digits, 16).ok())
        .flatten()
}

/// What a web archive holds.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Byte ranges of the tables, in order.
    pub(super) tables: Vec<Range<u64>>,
    /// Key and place of each picture, by key.
    pictures: Vec<(PictureKey, u64, u64)>,
    /// Where the first picture stands.
    end_of_tables: Option<u64>,
    /// The file ends inside a table.
    pub(super) cuts_table: bool,
    /// The file ends before its last separator, inside a picture or its header.
    pub(super) cuts_picture: bool,
    /// There are more pictures than are remembered.
    pub(super) is_too_large: bool,
}

impl Outline {
    /// Goes through the file once. `wants_pictures` says whether their places are remembered.
    pub(super) fn read(file: &Arc<dyn ReadAt>, wants_pictures: bool) -> io::Result<Self> {
        let mut window = Window::new(Arc::clone(file))?;
        let separators = separators(window.load(0, MAX_HEADER)?);
        let mut outline = Self::default();
        for separator in separators {
            outline = Self::scan(&mut window, &separator, wants_pictures)?;
            if outline.end_of_tables.is_some() || !outline.tables.is_empty() {
                break;
            }
        }
        if outline.tables.is_empty() {
            // Not MIME, because somebody cut the table out, or the table's own separator is damaged. Rows are told by
            // themselves, so what stands around them does no harm.
            let end = outline.end_of_tables.unwrap_or(window.length);
            outline.tables.push(0..end);
        }
        Ok(outline)
    }

    fn scan(window: &mut Window, separator: &[u8], wants_pictures: bool) -> io::Result<Self> {
        let mut outline = Self::default();
        let length = window.length;
        let needle = [b"--", separator].concat();
        let finder = memchr::memmem::Finder::new(&needle);
        let mut next = window.separator(&finder, 0)?;
        while let Some(at) = next {
            let behind = at + needle.len() as u64;
            let (kind, body) = part(window.load(behind, MAX_HEADER)?);
            let start = (behind + body as u64).min(length);
            next = window.separator(&finder, start)?;
            let end = next.unwrap_or(length);
            match kind {
                Part::Table => {
                    outline.tables.push(start..end);
                    outline.cuts_table |= next.is_none();
                }
                Part::Picture(key) => {
                    outline.end_of_tables.get_or_insert(at);
                    outline.cuts_picture |= next.is_none();
                    if !wants_pictures {
                        continue;
                    }
                    if outline.pictures.len() < MAX_PICTURES {
                        outline.pictures.push((key, start, end - start));
                    } else {
                        outline.is_too_large = true;
                    }
                }
                Part::Other => outline.cuts_picture |= next.is_none(),
                Part::End => {}
            }
        }
        // Of two pictures of one name the first counts; the sort keeps their order.
        outline.pictures.sort_by_key(|(key, ..)| *key);
        outline.pictures.dedup_by_key(|(key, ..)| *key);
        outline.pictures.shrink_to_fit();
        Ok(outline)
    }

    /// Where the picture's text stands.
    pub(super) fn picture(&self, key: PictureKey) -> Option<Range<u64>> {
        let at = self
            .pictures
            .binary_search_by_key(&key, |(known, ..)| *known)
            .ok()?;
        let (_, start, length) = self.pictures.get(at)?;
        Some(*start..start + length)
    }
}

/// What may separate a file's parts: what its header says, then the first line that looks like it.
fn separators(head: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(head);
    let first_tag = text.find("<html").or_else(|| text.find("<table"));
    let header = text
        .get(..first_tag.unwrap_or(text.len()))
        .unwrap_or_default();
    let first_line = header
        .lines()
        .find_map(|line| line.trim_end().strip_prefix("--"));
    let mut separators: Vec<Vec<u8>> = named_separator(header)
        .into_iter()
        .chain(first_line)
        .filter(|name| name.len() >= 4)
        .map(|name| name.as_bytes().to_vec())
        .collect();
    separators.dedup();
    separators
}

/// The separator that a header names.
fn named_separator(header: &str) -> Option<&str> {
    let at = header.to_ascii_lowercase().find("boundary")?;
    let rest = header.get(at + "boundary".len()..)?.trim_start();
    let rest = rest.strip_prefix('=')?.trim_start();
    match rest.strip_prefix(['"', '\'']) {
        Some(quoted) => quoted.split(['"', '\'', '\r', '\n']).next(),
        None => rest.split([';', '\r', '\n', ' ', '\t']).next(),
    }
}

enum Part {
    Table,
    Picture(PictureKey),
    Other,
    /// The separator behind the last part.
    End,
}

/// What a part is by its header, and where its body begins.
fn part(bytes: &[u8]) -> (Part, usize) {
    if bytes.starts_with(b"--") {
        return (Part::End, 2);
    }
    let mut at = 0;
    let mut kind = Part::Other;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let words = line.trim_ascii();
        let is_first = at == 0;
        // Some writers forget the blank line.
        if words.first() == Some(&b'<') {
            return (Part::Table, at);
        }
        at += line.len();
        if words.is_empty() && !is_first {
            break;
        }
        let words = String::from_utf8_lossy(words);
        let Some((name, value)) = words.split_once(':') else {
            continue;
        };
        if name.trim().eq_ignore_ascii_case("content-location")
            || name.trim().eq_ignore_ascii_case("content-id")
        {
            kind = Part::Picture(PictureKey::of(value));
        } else if name.trim().eq_ignore_ascii_case("content-type")
            && value.to_ascii_lowercase().contains("text/html")
        {
            return (Part::Table, body_start(bytes));
        }
    }
    (kind, at)
}

/// Where the body behind a header begins.
fn body_start(bytes: &[u8]) -> usize {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let words = line.trim_ascii();
        if words.first() == Some(&b'<') {
            break;
        }
        let is_blank = words.is_empty() && at > 0;
        at += line.len();
        if is_blank {
            break;
        }
    }
    at
}

/// A part of the file in memory.
struct Window {
    file: Arc<dyn ReadAt>,
    length: u64,
    bytes: Vec<u8>,
    at: u64,
}

impl Window {
    fn new(file: Arc<dyn ReadAt>) -> io::Result<Self> {
        Ok(Self {
            length: file.len()?,
            file,
            bytes: Vec::new(),
            at: 0,
        })
    }

    /// Bytes from a place on: at least so many, if the file has them.
    fn load(&mut self, at: u64, least: usize) -> io::Result<&[u8]> {
        let left = self.length.saturating_sub(at);
        let least = usize::try_from(left).map_or(least, |left| left.min(least));
        let inside = at
            .checked_sub(self.at)
            .and_then(|skip| usize::try_from(skip).ok())
            .filter(|skip| self.bytes.len() >= skip + least);
        let skip = match inside {
            Some(skip) => skip,
            None => {
                let count = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
                self.bytes.resize(count, 0);
                self.file.read_exact_at(&mut self.bytes, at)?;
                self.at = at;
                0
            }
        };
        Ok(self.bytes.get(skip..).unwrap_or_default())
    }

    /// The next separator at the beginning of a line, from a place on.
    fn separator(
        &mut self,
        finder: &memchr::memmem::Finder<'_>,
        from: u64,
    ) -> io::Result<Option<u64>> {
        let overlap = finder.needle().len();
        let mut at = from;
        while at < self.length {
            let rest = self.length - at;
            let bytes = self.load(at, overlap + 1)?;
            let is_last = bytes.len() as u64 >= rest;
            for found in finder.find_iter(bytes) {
                let before = found.checked_sub(1).and_then(|before| bytes.get(before));
                // Only at the beginning of what was loaded nothing is known of the byte before.
                if matches!(before, Some(b'\n' | b'\r')) || (before.is_none() && at == from) {
                    return Ok(Some(at + found as u64));
                }
            }
            if is_last {
                break;
            }
            at += (bytes.len() - overlap) as u64;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(text: &str) -> (Outline, Vec<u8>) {
        let bytes = text.replace('\n', "\r\n").into_bytes();
        let file: Arc<dyn ReadAt> = Arc::new(bytes.clone());
        (Outline::read(&file, true).unwrap(), bytes)
    }

    #[test]
    fn guids_are_compared_without_case() {
        let key = PictureKey::of("{0A1B2C3D-1111-abcd-9999-00FF00FF00FF}.dat");
        assert_eq!(
            key,
            PictureKey::of(" {0a1b2c3d-1111-ABCD-9999-00ff00ff00ff}.DAT")
        );
        assert_ne!(key, PictureKey::of("a.dat"));
        assert_eq!(PictureKey::of("A.dat"), PictureKey::of("cid:a.DAT"));
    }

    #[test]
    fn parts_are_found_behind_odd_headers() {
        let text = "\u{feff}From: <Save by Tencent MsgMgr>\nSubject: Tencent IM Message\nMIME-Version: 1.0\n\
            Content-Type:multipart/related;\n\tcharset=\"utf-8\"\n\ttype=\"text/html\";\n\tboundary=\"----=_NextPart_1\"\n\n\
            ------=_NextPart_1\nContent-Type: text/html\nContent-Transfer-Encoding:7bit\n\n<html>------=_NextPart_1 x</html>\n\n\
            ------=_NextPart_1\nContent-Type:image/jpeg\nContent-Transfer-Encoding:base64\nContent-Location:{00000000-0000-0000-0000-0000000000aA}.dat\n\n\
            QUJD\nREVG\n\n------=_NextPart_1--\n";
        let (outline, bytes) = outline(text);
        let [table] = outline.tables.as_slice() else {
            panic!("{outline:?}");
        };
        let part = |range: &Range<u64>| {
            let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            String::from_utf8_lossy(&bytes[range]).trim().to_owned()
        };
        assert_eq!(part(table), "<html>------=_NextPart_1 x</html>");
        let picture = outline
            .picture(PictureKey::of("{00000000-0000-0000-0000-0000000000AA}.dat"))
            .unwrap();
        assert_eq!(part(&picture), "QUJD\r\nREVG");
        assert!(!outline.cuts_table && !outline.cuts_picture);
    }

    #[test]
    fn a_file_that_ends_early_says_so() {
        let head = "Content-Type:multipart/related;\n\tboundary=\"----=_NextPart_1\"\n\n------=_NextPart_1\nContent-Type: text/html\n\n<html>";
        assert!(outline(head).0.cuts_table);
        let text = format!("{head}</html>\n------=_NextPart_1\nContent-Location:a.dat\n\nQU");
        assert!(outline(&text).0.cuts_picture);
        // The table alone.
        let alone = outline("<html><table></table></html>").0;
        assert_eq!(alone.tables.first(), Some(&(0..28)));
    }
}
