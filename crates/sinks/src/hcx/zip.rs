//! A ZIP file written from front to back, the same bytes for the same content.
//!
//! Sizes stand behind each member (data descriptors, 64 bits wide), so that nothing has to be known before it is written;
//! there are no times, and of each member only what the directory needs is kept in memory. The comment of the file is the
//! digest of everything before it, so that no changed byte goes unseen, not even one that unpacks to the same.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use hutong_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::WriteError;
use crate::output::FileTarget;

/// Fast, and a tenth of the size for lines of JSON.
const LEVEL: u32 = 3;
/// Version 4.5: sizes of 64 bits.
const VERSION: u16 = 45;
/// Sizes stand behind the member; names are UTF-8.
const FLAGS: u16 = 0x0808;
/// The first day that ZIP can name, at midnight.
const DATE: u16 = 0x0021;
/// A file that its owner may write and everybody read, as Unix says it.
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// What the comment of the file begins with; the digest follows.
const SEAL: &str = "sha256:";
/// Length of the comment.
const SEAL_BYTES: u16 = 71;

/// What a member is called.
pub(super) enum Name {
    /// This path.
    Path(String),
    /// The content with this digest, in the folder of contents.
    Blob(Digest),
}

impl Name {
    fn to_path(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Blob(digest) => format!("{}{digest}", super::BLOBS),
        }
    }
}

/// What the directory says of a member.
struct Entry {
    name: Name,
    is_packed: bool,
    crc: u32,
    packed_bytes: u64,
    size_bytes: u64,
    offset: u64,
}

/// The member being written.
struct Open {
    entry: Entry,
    crc: Crc,
    /// Packs; absent for what is stored as it is.
    encoder: Option<DeflateEncoder<Vec<u8>>>,
}

/// The file.
pub(super) struct Zip {
    target: FileTarget,
    /// Bytes written so far.
    at: u64,
    entries: Vec<Entry>,
    open: Option<Open>,
    hasher: Sha256,
}

impl Zip {
    pub(super) fn new(target: FileTarget) -> Self {
        Self {
            target,
            hasher: Sha256::new(),
            at: 0,
            entries: Vec::new(),
            open: None,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.target.buffer.extend_from_slice(bytes);
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
    }

    /// Begins a member.
    pub(super) fn begin(&mut self, name: Name, is_packed: bool) {
        let path = name.to_path();
        let entry = Entry {
            name,
            is_packed,
            crc: 0,
            packed_bytes: 0,
            size_bytes: 0,
            offset: self.at,
        };
        let mut header = Vec::with_capacity(64 + path.len());
        header.extend_from_slice(b"PK\x03\x04");
        begin_entry(&mut header, is_packed);
        header.extend_from_slice(&0_u32.to_le_bytes());
        header.extend_from_slice(&[0xff; 8]);
        lengths(&mut header, &path, 20);
        header.extend_from_slice(path.as_bytes());
        // Both sizes are to be found behind the member, 64 bits wide.
        header.extend_from_slice(&[1, 0, 16, 0]);
        header.extend_from_slice(&[0; 16]);
        self.put(&header);
        self.open = Some(Open {
            entry,
            crc: Crc::new(),
            encoder: is_packed.then(|| DeflateEncoder::new(Vec::new(), Compression::new(LEVEL))),
        });
    }

    /// Goes on with the member begun last.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.crc.update(bytes);
        open.entry.size_bytes += bytes.len() as u64;
        let packed = match &mut open.encoder {
            None => None,
            Some(encoder) => {
                encoder.write_all(bytes).map_err(WriteError::Stream)?;
                Some(std::mem::take(encoder.get_mut()))
            }
        };
        let packed = packed.as_deref().unwrap_or(bytes);
        open.entry.packed_bytes += packed.len() as u64;
        self.put(packed);
        self.target.flush_if_full()
    }

    /// Ends the member.
    pub(super) fn end(&mut self) -> Result<(), WriteError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        if let Some(encoder) = open.encoder.take() {
            let rest = encoder.finish().map_err(WriteError::Stream)?;
            open.entry.packed_bytes += rest.len() as u64;
            self.put(&rest);
        }
        open.entry.crc = open.crc.sum();
        let mut descriptor = Vec::with_capacity(24);
        descriptor.extend_from_slice(b"PK\x07\x08");
        descriptor.extend_from_slice(&open.entry.crc.to_le_bytes());
        descriptor.extend_from_slice(&open.entry.packed_bytes.to_le_bytes());
        descriptor.extend_from_slice(&open.entry.size_bytes.to_le_bytes());
        self.put(&descriptor);
        self.entries.push(open.entry);
        self.target.flush_if_full()
    }

    /// Writes the directory and puts the file in its place; gives the number of bytes.
    pub(super) fn finish(mut self) -> Result<u64, WriteError> {
        let start = self.at;
        let entries = std::mem::take(&mut self.entries);
        let count = entries.len() as u64;
        for entry in entries {
            self.put(&directory_entry(&entry));
            self.target.flush_if_full()?;
        }
        let size = self.at - start;
        let end = end_of_directory(count, size, start, self.at);
        self.put(&end);
        let seal = Digest(self.hasher.finalize().into());
        let seal = format!("{SEAL}{seal}");
        self.target.buffer.extend_from_slice(seal.as_bytes());
        self.target.finish()
    }
}

/// Version, flags, way of packing and the fixed time: what both headers of a member begin with.
fn begin_entry(out: &mut Vec<u8>, is_packed: bool) {
    let method: u16 = if is_packed { 8 } else { 0 };
    for field in [VERSION, FLAGS, method, 0, DATE] {
        out.extend_from_slice(&field.to_le_bytes());
    }
}

fn lengths(out: &mut Vec<u8>, path: &str, extra: u16) {
    // Our names are short.
    let length = u16::try_from(path.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&extra.to_le_bytes());
}

/// A size where there is room for it, else the mark that it stands elsewhere.
fn short(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn directory_entry(entry: &Entry) -> Vec<u8> {
    let path = entry.name.to_path();
    let mut long = Vec::new();
    for value in [entry.size_bytes, entry.packed_bytes, entry.offset] {
        if short(value) == u32::MAX {
            long.extend_from_slice(&value.to_le_bytes());
        }
    }
    let long_bytes = u16::try_from(long.len()).unwrap_or(0);
    let extra = if long.is_empty() { 0 } else { long_bytes + 4 };
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(b"PK\x01\x02");
    out.extend_from_slice(&(3 << 8 | VERSION).to_le_bytes());
    begin_entry(&mut out, entry.is_packed);
    out.extend_from_slice(&entry.crc.to_le_bytes());
    out.extend_from_slice(&short(entry.packed_bytes).to_le_bytes());
    out.extend_from_slice(&short(entry.size_bytes).to_le_bytes());
    lengths(&mut out, &path, extra);
    // No comment, first volume, no inner attributes.
    out.extend_from_slice(&[0; 6]);
    out.extend_from_slice(&ATTRIBUTES.to_le_bytes());
    out.extend_from_slice(&short(entry.offset).to_le_bytes());
    out.extend_from_slice(path.as_bytes());
    if extra > 0 {
        out.extend_from_slice(&1_u16.to_le_bytes());
        out.extend_from_slice(&long_bytes.to_le_bytes());
        out.extend_from_slice(&long);
    }
    out
}

fn end_of_directory(count: u64, size: u64, start: u64, at: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    let is_long = count >= 0xffff || short(size) == u32::MAX || short(start) == u32::MAX;
    if is_long {
        out.extend_from_slice(b"PK\x06\x06");
        out.extend_from_slice(&44_u64.to_le_bytes());
        out.extend_from_slice(&(3 << 8 | VERSION).to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 8]);
        for value in [count, count, size, start] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(b"PK\x06\x07");
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(&at.to_le_bytes());
        out.extend_from_slice(&1_u32.to_le_bytes());
    }
    out.extend_from_slice(b"PK\x05\x06");
    out.extend_from_slice(&[0; 4]);
    let short_count = u16::try_from(count).unwrap_or(u16::MAX);
    out.extend_from_slice(&short_count.to_le_bytes());
    out.extend_from_slice(&short_count.to_le_bytes());
    out.extend_from_slice(&short(size).to_le_bytes());
    out.extend_from_slice(&short(start).to_le_bytes());
    out.extend_from_slice(&SEAL_BYTES.to_le_bytes());
    out
}
