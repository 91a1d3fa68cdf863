//! A tar file, plain or packed with gzip or zstd.
//!
//! Source: the POSIX description of pax archives and GNU tar's manual. A plain archive is read where it lies; a packed one is
//! unpacked once, out of sight (ADR 9), because nothing in it can be reached without reading all that stands before.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::names::{guessed, safe_path};
use super::store::{Entry, Slice, Store, Tree};

const BLOCK_BYTES: u64 = 512;
/// Longest list of further fields or long name, in bytes.
const MAX_FIELDS_BYTES: u64 = 1 << 20;
/// More members than any real archive has.
const MAX_MEMBERS: usize = 8_000_000;

/// A tar file.
pub(super) struct Tar {
    file: Arc<dyn ReadAt>,
    root: PathBuf,
    tree: Tree<(u64, u64)>,
    notes: Vec<String>,
}

/// Whether these first bytes are a tar header.
pub(super) fn is_header(first: &[u8]) -> bool {
    first
        .first_chunk::<512>()
        .is_some_and(|block| block.get(257..262) == Some(b"ustar") && has_right_sum(block))
}

fn has_right_sum(block: &[u8; 512]) -> bool {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(index, byte)| {
            if (148..156).contains(&index) {
                u64::from(b' ')
            } else {
                u64::from(*byte)
            }
        })
        .sum();
    number(block.get(148..156).unwrap_or_default()) == Some(sum)
}

/// A number in octal digits, or in base 256 when the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        return rest.iter().try_fold(u64::from(first & 0x7f), |sum, byte| {
            sum.checked_mul(256)?.checked_add(u64::from(*byte))
        });
    }
    let digits: Vec<u8> = field
        .iter()
        .copied()
        .skip_while(|byte| *byte == b' ')
        .take_while(|byte| !matches!(byte, 0 | b' '))
        .collect();
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
}

fn text(field: &[u8]) -> String {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    guessed(field.get(..end).unwrap_or_default()).into_owned()
}

/// What headers before a member say about it.
#[derive(Default)]
struct Announced {
    path: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Announced {
    /// Reads `length key=value` lines.
    fn read(&mut self, mut fields: &[u8]) {
        while let Some(space) = memchr::memchr(b' ', fields) {
            let length = fields
                .get(..space)
                .and_then(|digits| std::str::from_utf8(digits).ok())
                .and_then(|digits| digits.parse::<usize>().ok());
            let Some((line, rest)) = length.and_then(|length| fields.split_at_checked(length))
            else {
                return;
            };
            fields = rest;
            let pair = line.get(space + 1..).unwrap_or_default();
            let pair = guessed(pair.strip_suffix(b"\n").unwrap_or(pair));
            match pair.split_once('=') {
                Some(("path", value)) => self.path = Some(value.to_owned()),
                Some(("size", value)) => self.size = value.parse().ok(),
                Some((key, _)) if key.starts_with("GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
        }
    }
}

impl Tar {
    /// Reads the headers of all members; `root` is what the place is called.
    pub(super) fn open(file: Arc<dyn ReadAt>, root: PathBuf) -> io::Result<Self> {
        let end = file.len()?;
        let mut at = 0;
        let mut members: Vec<(Box<str>, (u64, u64))> = Vec::new();
        let mut announced = Announced::default();
        let (mut outside, mut links, mut sparse) = (0, 0, 0);
        let mut notes = Vec::new();
        while at + BLOCK_BYTES <= end {
            let mut block = [0; 512];
            file.read_exact_at(&mut block, at)?;
            if block.iter().all(|byte| *byte == 0) {
                break;
            }
            let size = number(block.get(124..136).unwrap_or_default());
            let (Some(written_size), true) = (size, has_right_sum(&block)) else {
                notes.push(format!(
                    "the tar file is damaged at byte {at}; what stands behind could not be read"
                ));
                break;
            };
            let kind = block.get(156).copied().unwrap_or_default();
            let is_about_next = matches!(kind, b'L' | b'K' | b'x' | b'g' | b'X');
            let size = announced
                .size
                .filter(|_| !is_about_next)
                .unwrap_or(written_size);
            let body_at = at + BLOCK_BYTES;
            let next = size
                .checked_next_multiple_of(BLOCK_BYTES)
                .and_then(|size| body_at.checked_add(size));
            let is_whole = body_at.checked_add(size).is_some_and(|last| last <= end);
            let Some(next) = next.filter(|_| is_whole) else {
                notes.push(
                    "the tar file ends inside its last file: it was not copied whole".to_owned(),
                );
                break;
            };
            at = next;
            if is_about_next {
                if size > MAX_FIELDS_BYTES {
                    continue;
                }
                let mut fields = vec![0; usize::try_from(size).unwrap_or_default()];
                file.read_exact_at(&mut fields, body_at)?;
                match kind {
                    b'L' => announced.path = Some(text(&fields)),
                    b'x' | b'X' => announced.read(&fields),
                    _ => {}
                }
                continue;
            }
            let announced = std::mem::take(&mut announced);
            match kind {
                0 | b'0' | b'7' => {}
                b'1' | b'2' => {
                    links += 1;
                    continue;
                }
                b'S' => {
                    sparse += 1;
                    continue;
                }
                _ => continue,
            }
            if announced.is_sparse {
                sparse += 1;
                continue;
            }
            let name = announced.path.unwrap_or_else(|| name_of(&block));
            // Old archives mark a folder by its name alone.
            if name.ends_with('/') {
                continue;
            }
            match safe_path(&name) {
                Some(path) => members.push((path.into_boxed_str(), (body_at, size))),
                None => outside += 1,
            }
            if members.len() > MAX_MEMBERS {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the tar file holds more than {MAX_MEMBERS} files"),
                ));
            }
        }
        let counted = [
            (
                outside,
                "files of the tar file were left out: their names lead outside it",
            ),
            (links, "links in the tar file were left out"),
            (
                sparse,
                "sparse files in the tar file were left out; unpack it first",
            ),
        ];
        notes.extend(
            counted
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, words)| format!("{count} {words}")),
        );
        Ok(Self {
            file,
            root,
            tree: Tree::new(members),
            notes,
        })
    }
}

fn name_of(block: &[u8; 512]) -> String {
    let name = text(block.get(..100).unwrap_or_default());
    let prefix = text(block.get(345..500).unwrap_or_default());
    // GNU tar keeps other things where POSIX keeps the first half of the path.
    let is_posix = block.get(257..263) == Some(b"ustar\0");
    if is_posix && !prefix.is_empty() {
        format!("{prefix}/{name}")
    } else {
        name
    }
}

impl Store for Tar {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        Ok(self.tree.list(folder))
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        Ok(self.tree.get(path)?.1)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        let (at, size) = *self.tree.get(path)?;
        Ok(Arc::new(Slice::new(Arc::clone(&self.file), at, size)))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}
