//! Which kind of archive a file is, and the store that shows it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_sqlite::ReadAt;

use super::spool::{Limited, Limits, spool};
use super::store::{Entry, Sequential, Store};
use super::tar::{Tar, is_header};
use super::zip::Zip;

/// How files can be bundled or packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
    Gzip,
    Zstd,
}

/// The kind of archive that begins with these bytes (512 of them say it).
pub(super) fn kind_of(first: &[u8]) -> Option<Kind> {
    if [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08PK\x03\x04"]
        .iter()
        .any(|mark| first.starts_with(mark))
    {
        Some(Kind::Zip)
    } else if first.starts_with(&[0x1f, 0x8b, 8]) {
        Some(Kind::Gzip)
    } else if first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Some(Kind::Zstd)
    } else {
        is_header(first).then_some(Kind::Tar)
    }
}

/// Opens an archive. `name` is the file's own name, `root` what the inside of the archive is called.
///
/// # Errors
/// When it cannot be read, or unpacks to more than is believable. Nothing for a document that is a zip file inside.
pub(super) fn open(
    file: Arc<dyn ReadAt>,
    kind: Kind,
    name: &str,
    root: PathBuf,
) -> io::Result<Option<Arc<dyn Store>>> {
    match kind {
        Kind::Zip => {
            let zip = Zip::open(file, root)?;
            Ok((!zip.is_document()).then(|| Arc::new(zip) as Arc<dyn Store>))
        }
        Kind::Tar => Ok(Some(Arc::new(Tar::open(file, root)?))),
        Kind::Gzip | Kind::Zstd => {
            let unpacked = unpack(file, kind)?;
            let mut first = [0; 512];
            let is_tar = unpacked.read_exact_at(&mut first, 0).is_ok() && is_header(&first);
            if is_tar {
                return Ok(Some(Arc::new(Tar::open(unpacked, root)?)));
            }
            let stem = [".gz", ".zst", ".zstd"].iter().find_map(|ending| {
                let at = name.len().checked_sub(ending.len())?;
                let (stem, end) = name.split_at_checked(at)?;
                end.eq_ignore_ascii_case(ending).then_some(stem)
            });
            Ok(Some(Arc::new(Packed {
                name: stem
                    .filter(|stem| !stem.is_empty())
                    .unwrap_or("content")
                    .to_owned(),
                file: unpacked,
                root,
            })))
        }
    }
}

fn unpack(file: Arc<dyn ReadAt>, kind: Kind) -> io::Result<Arc<dyn ReadAt>> {
    let limits = Limits {
        packed_bytes: file.len()?,
        promised_bytes: None,
    };
    let packed = io::BufReader::with_capacity(1 << 16, Sequential::new(file)?);
    let unpacked: Box<dyn Read> = match kind {
        Kind::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        _ => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
    };
    spool(Limited::new(unpacked, limits))
}

/// A single file that was packed.
struct Packed {
    name: String,
    file: Arc<dyn ReadAt>,
    root: PathBuf,
}

impl Packed {
    fn known(&self, path: &str) -> io::Result<&Arc<dyn ReadAt>> {
        (path == self.name)
            .then_some(&self.file)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Store for Packed {
    fn root(&self) -> &Path {
        &self.root
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        if !folder.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(vec![Entry {
            name: self.name.clone(),
            is_folder: false,
        }])
    }

    fn size_bytes(&self, path: &str) -> io::Result<u64> {
        self.known(path)?.len()
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn ReadAt>> {
        self.known(path).cloned()
    }
}
