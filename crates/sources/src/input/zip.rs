//! A zip file, read where it lies.
//!
//! Source: the published ZIP application note; stored and deflated members, zip64.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hutong_sqlite::ReadAt;

use super::names::{guessed, safe_path};
use super::spool::{Limited, Limits, spool};
use super::store::{Entry, Sequential, Slice, Store, Tree};

const END_RECORD: [u8; 4] = *b"PK\x05\x06";
const END_RECORD_64: [u8; 4] = *b"PK\x06\x06";
const END_LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const CENTRAL_ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL_ENTRY: [u8; 4] = *b"PK\x03\x04";
const END_RECORD_BYTES: u64 = 22;
/// The end record is followed by a comment of at most this length.
const MAX_COMMENT_BYTES: u64 = 65_535;
/// A longer directory than any real archive has.
const MAX_DIRECTORY_BYTES: u64 = 512 << 20;
/// Unpacked members that stay at hand.
const KEPT_MEMBERS: usize = 24;

/// One member, as the directory describes it.
struct Member {
    /// Where its local header stands.
    header_at: u64,
    packed_bytes: u64,
    size_bytes: u64,
    method: u16,
    is_encrypted: bool,
}

/// A zip file.
pub(super) struct Zip {
    file: Arc<dyn ReadAt>,
    root: PathBuf,
    tree: Tree<Member>,
    left_out: usize,
    encrypted: usize,
    /// The last members that were unpacked, newest last.
    unpacked: Mutex<Vec<(String, Arc<dyn ReadAt>)>>,
}

fn bad(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

fn read_bytes(file: &dyn ReadAt, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| bad("too long"))?];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

/// Reads little-endian numbers one behind the other; beyond the end everything is zero and `is_short` is set.
struct Fields<'a> {
    rest: &'a [u8],
    is_short: bool,
}

impl<'a> Fields<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self {
            rest,
            is_short: false,
        }
    }

    fn bytes(&mut self, length: usize) -> &'a [u8] {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                taken
            }
            None => {
                self.is_short = true;
                self.rest = &[];
                &[]
            }
        }
    }

    fn u16(&mut self) -> u16 {
        let bytes = self.bytes(2);
        bytes.try_into().map_or(0, u16::from_le_bytes)
    }

    fn u32(&mut self) -> u32 {
        let bytes = self.bytes(4);
        bytes.try_into().map_or(0, u32::from_le_bytes)
    }

    fn u64(&mut self) -> u64 {
        let bytes = self.bytes(8);
        bytes.try_into().map_or(0, u64::from_le_bytes)
    }
}

/// Where the directory stands.
struct Directory {
    at: u64,
    length: u64,
    /// What is added to every offset: bytes in front of the archive.
    shift: u64,
}

impl Directory {
    fn find(file: &dyn ReadAt) -> io::Result<Self> {
        let length = file.len()?;
        let tail_length = length.min(END_RECORD_BYTES + MAX_COMMENT_BYTES);
        let tail_at = length - tail_length;
        let tail = read_bytes(file, tail_at, tail_length)?;
        let record = memchr::memmem::rfind(&tail, &END_RECORD).ok_or_else(|| {
            bad("the zip file ends before its directory: it was not copied whole")
        })?;
        let record_at = tail_at + record as u64;
        let mut fields = Fields::new(tail.get(record..).unwrap_or_default());
        fields.bytes(12);
        let (mut size, mut offset) = (u64::from(fields.u32()), u64::from(fields.u32()));
        if fields.is_short {
            return Err(bad("the zip file ends inside its directory"));
        }
        let mut end = record_at;
        if let Some(locator_at) = record_at.checked_sub(20)
            && let Ok(locator) = read_bytes(file, locator_at, 20)
            && locator.starts_with(&END_LOCATOR_64)
        {
            let mut fields = Fields::new(&locator);
            fields.bytes(8);
            let written_at = fields.u64();
            // With bytes in front of the archive the record stands right before its locator.
            let at = [written_at, locator_at.saturating_sub(56)]
                .into_iter()
                .find(|at| read_bytes(file, *at, 4).is_ok_and(|mark| mark == END_RECORD_64))
                .ok_or_else(|| bad("the zip64 record is missing"))?;
            let record = read_bytes(file, at, 56)?;
            let mut fields = Fields::new(&record);
            fields.bytes(40);
            (size, offset) = (fields.u64(), fields.u64());
            end = at;
        }
        if size > MAX_DIRECTORY_BYTES {
            return Err(bad(format!(
                "the zip file's directory is too long ({size} bytes)"
            )));
        }
        let at = end
            .checked_sub(size)
            .ok_or_else(|| bad("the zip file's directory does not fit into it"))?;
        Ok(Self {
            at,
            length: size,
            shift: at.saturating_sub(offset),
        })
    }
}

impl Zip {
    /// Reads the directory of a zip file; `root` is what the place is called.
    pub(super) fn open(file: Arc<dyn ReadAt>, root: PathBuf) -> io::Result<Self> {
        let directory = Directory::find(&*file)?;
        let bytes = read_bytes(&*file, directory.at, directory.length)?;
        let mut members = Vec::new();
        let (mut left_out, mut encrypted) = (0, 0);
        let mut fields = Fields::new(&bytes);
        while fields.rest.starts_with(&CENTRAL_ENTRY) {
            let Some((name, mut member)) = entry(&mut fields) else {
                return Err(bad("the zip file's directory ends inside an entry"));
            };
            if name.ends_with(['/', '\\']) {
                continue;
            }
            encrypted += usize::from(member.is_encrypted);
            member.header_at = member.header_at.saturating_add(directory.shift);
            match safe_path(&name) {
                Some(path) => members.push((path.into_boxed_str(), member)),
                None => left_out += 1,
            }
        }
        Ok(Self {
            file,
            root,
            tree: Tree::new(members),
            left_out,
            encrypted,
            unpacked: Mutex::default(),
        })
    }

    /// Whether this is a document or a program that happens to be a zip file.
    pub(super) fn is_document(&self) -> bool {
        [
            "[Content_Types].xml",
            "META-INF/MANIFEST.MF",
            "AndroidManifest.xml",
            "mimetype",
        ]
        .iter()
        .any(|name| self.tree.get(name).is_ok())
    }

    /// The member's packed bytes.
    fn packed(&self, member: &Member) -> io::Result<Slice> {
        if member.is_encrypted {
            return Err(bad(
                "the file is encrypted with the zip file's own password; unpack the zip file first",
            ));
        }
        let header = read_bytes(&*self.file, member.header_at, 30)?;
        if !header.starts_with(&LOCAL_ENTRY) {
            return Err(bad(
                "the zip file is damaged: a member is not where its directory says",
            ));
        }
        let mut fields = Fields::new(&header);
        fields.bytes(26);
        let start = member.header_at + 30 + u64::from(fields.u16()) + u64::from(fields.u16());
        let end = start.checked_add(member.packed_bytes);
        if end.is_none_or(|end| self.file.len().is_ok_and(|length| end > length)) {
            return Err(bad("the zip file ends inside this file"));
        }
        Ok(Slice::new(
            Arc::clone(&self.file),
            start,
            member.packed_bytes,
        ))
    }

    fn reader(&self, member: &Member) -> io::Result<Box<dyn Read + Send>> {
        let packed = Sequential::new(Arc::new(self.packed(member)?))?;
        let limits = Limits {
            packed_bytes: member.packed_bytes,
            promised_bytes: Some(member.size_bytes),
        };
        let packed = io::BufReader::with_capacity(1 << 16, packed);
        Ok(match member.method {
            0 => Box::new(packed),
            8 => Box::new(Limited::new(
                flate2::bufread::DeflateDecoder::new(packed),
                limits,
            )),
            93 => Box::new(Limited::new(
                zstd::stream::read::Decoder::with_buffer(packed)?,
                limits,
            )),
            other => {
                return Err(bad(format!(
                    "the file is packed in a way that Hutong does not read (zip method {other}); unpack the zip file first"
                )));
            }
        })
    }
}

/// One entry of the directory; offsets are as written.
fn entry(fields: &mut Fields<'_>) -> Option<(String, Member)> {
    fields.bytes(8);
    let (flags, method) = (fields.u16(), fields.u16());
    fields.bytes(8);
    let (packed, size) = (fields.u32(), fields.u32());
    let (name, extra, comment) = (fields.u16(), fields.u16(), fields.u16());
    fields.bytes(8);
    let offset = fields.u32();
    let name = fields.bytes(usize::from(name));
    let extra = fields.bytes(usize::from(extra));
    fields.bytes(usize::from(comment));
    if fields.is_short {
        return None;
    }
    let mut member = Member {
        header_at: offset.into(),
        packed_bytes: packed.into(),
        size_bytes: size.into(),
        method,
        is_encrypted: flags & 1 != 0,
    };
    let mut unicode_name = None;
    let mut extras = Fields::new(extra);
    while !extras.rest.is_empty() && !extras.is_short {
        let (kind, length) = (extras.u16(), extras.u16());
        let mut value = Fields::new(extras.bytes(usize::from(length)));
        match kind {
            // zip64: those of the numbers that did not fit, in this order.
            1 => {
                if size == u32::MAX {
                    member.size_bytes = value.u64();
                }
                if packed == u32::MAX {
                    member.packed_bytes = value.u64();
                }
                if offset == u32::MAX {
                    member.header_at = value.u64();
                }
            }
            // Info-ZIP's Unicode path: version, digest of the other name, the name.
            0x7075 => {
                value.bytes(5);
                unicode_name = std::str::from_utf8(value.rest).ok();
            }
            _ => {}
        }
    }
    let name = match unicode_name.filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => guessed(name).into_owned(),
    };
    Some((name, member))
}

impl Store for Zip {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        Ok(self.tree.list(folder))
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        Ok(self.tree.get(path)?.size_bytes)
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        let member = self.tree.get(path)?;
        if member.method == 0 {
            return Ok(Arc::new(self.packed(member)?));
        }
        let known = |unpacked: &Vec<(String, Arc<dyn ReadAt>)>| {
            unpacked
                .iter()
                .find(|(known, _)| known == path)
                .map(|(_, file)| Arc::clone(file))
        };
        if let Some(file) = known(&self.unpacked.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(file);
        }
        let file = spool(self.reader(member)?)?;
        if file.len()? != member.size_bytes {
            return Err(bad(
                "the zip file is damaged: a file is shorter than its directory says",
            ));
        }
        let mut unpacked = self.unpacked.lock().unwrap_or_else(PoisonError::into_inner);
        if unpacked.len() >= KEPT_MEMBERS {
            unpacked.remove(0);
        }
        unpacked.push((path.to_owned(), Arc::clone(&file)));
        Ok(file)
    }

    fn stream(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.reader(self.tree.get(path)?)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.left_out > 0 {
            notes.push(format!(
                "{} files of the zip file were left out: their names lead outside it",
                self.left_out
            ));
        }
        if self.encrypted > 0 {
            notes.push(format!(
                "{} files are encrypted with the zip file's own password and cannot be read; unpack it first",
                self.encrypted
            ));
        }
        notes
    }
}
