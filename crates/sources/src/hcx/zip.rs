//! A ZIP file read with suspicion: nothing in it may be hidden, doubled or lead outside.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use hutong_sqlite::ReadAt;
use sha2::{Digest as _, Sha256};

use super::flaw::{Flaw, FlawCode};

/// Members of a file.
pub(super) const MAX_MEMBERS: u64 = 4_000_000;
/// Longest path.
const MAX_PATH_BYTES: usize = 1024;
/// So many times its packed size a large member may have at most.
pub(super) const MAX_RATIO: u64 = 250;
/// Smaller members may have any ratio.
pub(super) const FREE_BYTES: u64 = 16 << 20;
/// What the comment of the file begins with: the digest of everything before it.
const SEAL: &str = "sha256:";
const SEAL_BYTES: u64 = 71;
const END_BYTES: u64 = 22;

struct Member {
    offset: u64,
    packed: u64,
    size: u64,
    is_packed: bool,
    /// As the directory spells it.
    name: String,
}

/// The members of a ZIP file.
pub(super) struct ZipFile {
    file: Arc<dyn ReadAt>,
    files: Vec<(String, u64)>,
    members: HashMap<String, Member>,
}

fn damaged(what: impl Into<String>) -> Flaw {
    Flaw::new(FlawCode::Container, "", what)
}

/// Numbers in a header, little end first.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn number(&self, at: usize, width: usize) -> u64 {
        self.0
            .get(at..at + width)
            .unwrap_or_default()
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

/// What the end of the file says.
struct End {
    entries: u64,
    size: u64,
    start: u64,
}

impl ZipFile {
    /// Reads the directory, and the seal where there is one.
    pub(super) fn open(file: Arc<dyn ReadAt>) -> Result<Self, Flaw> {
        let length = file.len().map_err(|error| Flaw::io("", &error))?;
        let end = find_end(&*file, length)?;
        let mut zip = Self {
            file,
            files: Vec::new(),
            members: HashMap::new(),
        };
        zip.read_directory(&end, length)?;
        Ok(zip)
    }

    fn read_directory(&mut self, end: &End, length: u64) -> Result<(), Flaw> {
        if end.entries > MAX_MEMBERS {
            return Err(Flaw::new(
                FlawCode::Limit,
                "",
                "the ZIP file has too many members",
            ));
        }
        let stop = end
            .start
            .checked_add(end.size)
            .filter(|stop| *stop <= length);
        if stop.is_none() || end.entries.saturating_mul(46) > end.size {
            return Err(damaged("the directory of the ZIP file is cut off"));
        }
        let mut reader = io::BufReader::with_capacity(
            1 << 16,
            Window::new(Arc::clone(&self.file), end.start, end.size),
        );
        let mut top: Option<String> = None;
        let mut packed_bytes = 0_u64;
        let mut folded: HashMap<String, ()> = HashMap::new();
        for _ in 0..end.entries {
            let (member, is_folder, is_link) = read_entry(&mut reader)?;
            let path = safe_path(&member.name)?;
            if is_link {
                return Err(Flaw::new(FlawCode::Path, &path, "a symbolic link"));
            }
            let (folder, inside) = path.split_once('/').unwrap_or((&path, ""));
            if top.get_or_insert_with(|| folder.to_owned()) != folder {
                return Err(Flaw::new(
                    FlawCode::Path,
                    &path,
                    "a second folder at the top of the ZIP file",
                ));
            }
            if is_folder {
                continue;
            }
            if inside.is_empty() {
                return Err(Flaw::new(
                    FlawCode::Path,
                    &path,
                    "stands outside the bag's folder",
                ));
            }
            if member.packed > length || member.offset > length {
                return Err(damaged(format!("{inside} lies outside the ZIP file")));
            }
            packed_bytes = packed_bytes.saturating_add(member.packed);
            if member.size > FREE_BYTES && member.size / MAX_RATIO > member.packed {
                return Err(Flaw::new(
                    FlawCode::Limit,
                    inside,
                    "unpacks to more than is believable",
                ));
            }
            if folded.insert(inside.to_lowercase(), ()).is_some() {
                return Err(Flaw::new(
                    FlawCode::Path,
                    inside,
                    "stands twice in the ZIP file",
                ));
            }
            self.files.push((inside.to_owned(), member.size));
            self.members.insert(inside.to_owned(), member);
        }
        if packed_bytes > length {
            return Err(damaged("members of the ZIP file lie over each other"));
        }
        let mut rest = [0; 1];
        if !matches!(reader.read(&mut rest), Ok(0)) {
            return Err(damaged(
                "something stands behind the directory of the ZIP file",
            ));
        }
        self.files.sort();
        Ok(())
    }

    pub(super) fn list(&self) -> &[(String, u64)] {
        &self.files
    }

    /// Opens a member. What is read may be longer than the directory says by one byte, so that the reader can tell.
    pub(super) fn read(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        let member = self.members.get(path).ok_or(io::ErrorKind::NotFound)?;
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let mut header = [0; 30];
        self.file.read_exact_at(&mut header, member.offset)?;
        let fields = Bytes(&header);
        let method = fields.number(8, 2);
        if !header.starts_with(b"PK\x03\x04") || method != if member.is_packed { 8 } else { 0 } {
            return Err(invalid("the member's own header is damaged"));
        }
        let name_bytes = fields.number(26, 2);
        let mut name = vec![0; usize::try_from(name_bytes).unwrap_or(0)];
        self.file.read_exact_at(&mut name, member.offset + 30)?;
        if name != member.name.as_bytes() {
            return Err(invalid("the member's own header bears another name"));
        }
        let start = member.offset + 30 + name_bytes + fields.number(28, 2);
        let packed = Window::new(Arc::clone(&self.file), start, member.packed);
        let limit = member.size + 1;
        Ok(if member.is_packed {
            let unpacked = flate2::bufread::DeflateDecoder::new(io::BufReader::new(packed));
            Box::new(unpacked.take(limit))
        } else {
            Box::new(packed.take(limit))
        })
    }
}

/// Reads an entry of the directory, and says whether it is a folder or a link.
fn read_entry(reader: &mut impl Read) -> Result<(Member, bool, bool), Flaw> {
    let cut = |_| damaged("the directory of the ZIP file is cut off");
    let mut header = [0; 46];
    reader.read_exact(&mut header).map_err(cut)?;
    if !header.starts_with(b"PK\x01\x02") {
        return Err(damaged("the directory of the ZIP file is damaged"));
    }
    let fields = Bytes(&header);
    let length = |at| usize::try_from(fields.number(at, 2)).unwrap_or(0);
    let mut name = vec![0; length(28)];
    let mut extra = vec![0; length(30)];
    let mut comment = vec![0; length(32)];
    for part in [&mut name, &mut extra, &mut comment] {
        reader.read_exact(part).map_err(cut)?;
    }
    let name = String::from_utf8(name)
        .map_err(|_| Flaw::new(FlawCode::Path, "", "a member's name is not UTF-8"))?;
    if fields.number(8, 2) & 1 != 0 {
        return Err(damaged(format!("{name} is encrypted inside the ZIP file")));
    }
    let is_packed = match fields.number(10, 2) {
        0 => false,
        8 => true,
        _ => return Err(damaged(format!("{name} is packed in an unknown way"))),
    };
    let mut values = [
        fields.number(24, 4),
        fields.number(20, 4),
        fields.number(42, 4),
    ];
    let mut long = long_fields(&extra).chunks_exact(8);
    for value in values
        .iter_mut()
        .filter(|value| **value == u64::from(u32::MAX))
    {
        let field = long
            .next()
            .ok_or_else(|| damaged(format!("{name} has no 64-bit sizes")))?;
        *value = Bytes(field).number(0, 8);
    }
    let [size, packed, offset] = values;
    if !is_packed && size != packed {
        return Err(damaged(format!("{name} has two sizes")));
    }
    let kind = fields.number(38, 4) >> 16 & 0o170_000;
    let is_unix = fields.number(5, 1) == 3;
    let is_folder = name.ends_with('/');
    let member = Member {
        offset,
        packed,
        size,
        is_packed,
        name,
    };
    Ok((member, is_folder, is_unix && kind == 0o120_000))
}

/// The field of 64-bit sizes among the extra fields.
fn long_fields(extra: &[u8]) -> &[u8] {
    let mut rest = extra;
    while let Some((header, behind)) = rest.split_at_checked(4) {
        let fields = Bytes(header);
        let length = usize::try_from(fields.number(2, 2)).unwrap_or(0);
        let Some((field, next)) = behind.split_at_checked(length) else {
            break;
        };
        if fields.number(0, 2) == 1 {
            return field;
        }
        rest = next;
    }
    &[]
}

/// A path that stays inside, as it is written.
fn safe_path(name: &str) -> Result<String, Flaw> {
    let bad = |what: &str| Err(Flaw::new(FlawCode::Path, name, what));
    if name.len() > MAX_PATH_BYTES {
        return bad("a member's name is too long");
    }
    if name
        .chars()
        .any(|character| character.is_control() || character == '\\' || character == ':')
    {
        return bad("a member's name holds a character that it must not");
    }
    let path = name.strip_suffix('/').unwrap_or(name);
    let is_odd = |piece: &str| piece.is_empty() || piece == "." || piece == "..";
    if path.split('/').any(is_odd) {
        return bad("a member's name leads outside, or nowhere");
    }
    Ok(path.to_owned())
}

/// Finds the end of the directory; checks the seal when the file has one.
fn find_end(file: &dyn ReadAt, length: u64) -> Result<End, Flaw> {
    let none = || damaged("this is no ZIP file, or its end is missing");
    for comment in [SEAL_BYTES, 0] {
        let Some(at) = length.checked_sub(END_BYTES + comment) else {
            continue;
        };
        let mut end = [0; 22];
        file.read_exact_at(&mut end, at)
            .map_err(|error| Flaw::io("", &error))?;
        let fields = Bytes(&end);
        if !end.starts_with(b"PK\x05\x06") || fields.number(20, 2) != comment {
            continue;
        }
        if comment > 0 {
            check_seal(file, length - SEAL_BYTES)?;
        }
        if fields.number(4, 2) != 0 || fields.number(6, 2) != 0 {
            return Err(damaged("the ZIP file is one of several volumes"));
        }
        let short = End {
            entries: fields.number(10, 2),
            size: fields.number(12, 4),
            start: fields.number(16, 4),
        };
        let is_long = short.entries == 0xffff
            || short.size == u64::from(u32::MAX)
            || short.start == u64::from(u32::MAX);
        let found = if is_long {
            find_long_end(file, at)?
        } else {
            (short, at)
        };
        let (end, stop) = found;
        if end.start.checked_add(end.size) != Some(stop) {
            return Err(damaged(
                "the directory of the ZIP file is not where its end says",
            ));
        }
        return Ok(end);
    }
    Err(none())
}

fn find_long_end(file: &dyn ReadAt, at: u64) -> Result<(End, u64), Flaw> {
    let broken = || damaged("the 64-bit end of the ZIP file is damaged");
    let mut locator = [0; 20];
    let place = at.checked_sub(20).ok_or_else(broken)?;
    file.read_exact_at(&mut locator, place)
        .map_err(|_| broken())?;
    let start = Bytes(&locator).number(8, 8);
    let mut end = [0; 56];
    file.read_exact_at(&mut end, start).map_err(|_| broken())?;
    if !locator.starts_with(b"PK\x06\x07") || !end.starts_with(b"PK\x06\x06") {
        return Err(broken());
    }
    let fields = Bytes(&end);
    let end = End {
        entries: fields.number(32, 8),
        size: fields.number(40, 8),
        start: fields.number(48, 8),
    };
    Ok((end, start))
}

/// The comment of a file that says so is the digest of everything before it.
fn check_seal(file: &dyn ReadAt, end: u64) -> Result<(), Flaw> {
    let io = |error: io::Error| Flaw::io("", &error);
    let mut seal = [0; 71];
    file.read_exact_at(&mut seal, end).map_err(io)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 17];
    let mut at = 0;
    while at < end {
        let count = piece
            .len()
            .min(usize::try_from(end - at).unwrap_or(usize::MAX));
        let part = piece.get_mut(..count).unwrap_or_default();
        file.read_exact_at(part, at).map_err(io)?;
        hasher.update(part);
        at += count as u64;
    }
    let digest = hutong_model::Digest(hasher.finalize().into());
    if seal.as_slice() != format!("{SEAL}{digest}").as_bytes() {
        return Err(Flaw::new(
            FlawCode::Digest,
            "",
            "the ZIP file is not the one that was written: its bytes do not have the digest at its end",
        ));
    }
    Ok(())
}

/// A stretch of a file, read from its beginning.
struct Window {
    file: Arc<dyn ReadAt>,
    at: u64,
    left: u64,
}

impl Window {
    fn new(file: Arc<dyn ReadAt>, at: u64, left: u64) -> Self {
        Self { file, at, left }
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(part) = buffer.get_mut(..count).filter(|part| !part.is_empty()) else {
            return Ok(0);
        };
        self.file.read_exact_at(part, self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
