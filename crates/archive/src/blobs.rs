//! Attachment bytes: sealed, each distinct content once, named by a keyed digest.
//!
//! Contents up to [`SMALL_BYTES`] become rows of the `blob` table, larger ones files under `blobs/`. The name is a
//! keyed digest, so that nobody without the key can ask whether a known file is in the archive.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hutong_crypto::{SealedReader, seal};
use hutong_model::{AttachmentState, Digest};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest as _, Sha256};

use crate::ArchiveError;

/// Bytes that can be read from any place on.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// Contents up to this size live in the database.
pub(crate) const SMALL_BYTES: usize = 32 * 1024;

/// Keys of the blobs; absent in an archive without encryption.
#[derive(Clone)]
pub(crate) struct BlobKeys {
    pub(crate) name: [u8; 32],
    pub(crate) seal: Option<[u8; 32]>,
}

/// A small content on its way into the database.
#[derive(Debug)]
pub(crate) struct SmallBlob {
    pub(crate) name: [u8; 32],
    pub(crate) bytes: Vec<u8>,
}

impl SmallBlob {
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// What became of an attachment's bytes.
pub(crate) struct Taken {
    pub(crate) sha256: Digest,
    pub(crate) size_bytes: u64,
    pub(crate) state: AttachmentState,
    pub(crate) small: Option<SmallBlob>,
}

/// Takes bytes in.
#[derive(Clone)]
pub(crate) struct BlobWriter {
    folder: Arc<Path>,
    keys: BlobKeys,
}

/// Name of a content.
fn name_of(keys: &BlobKeys, sha256: &Digest) -> [u8; 32] {
    *blake3::keyed_hash(&keys.name, &sha256.0).as_bytes()
}

fn path_of(folder: &Path, name: &[u8; 32]) -> PathBuf {
    let name = hex::encode(name);
    let (first, _) = name.split_at(2);
    folder.join(first).join(&name)
}

impl BlobWriter {
    pub(crate) fn new(folder: &Path, keys: BlobKeys) -> Self {
        Self {
            folder: folder.into(),
            keys,
        }
    }

    /// Reads to the end, digests, and keeps the bytes when asked. `None` when the bytes cannot be read.
    pub(crate) fn take_in(
        &self,
        mut reader: Box<dyn Read + Send>,
        keep: bool,
    ) -> Result<Option<Taken>, ArchiveError> {
        let mut head = Vec::new();
        if reader
            .by_ref()
            .take(SMALL_BYTES as u64 + 1)
            .read_to_end(&mut head)
            .is_err()
        {
            return Ok(None);
        }
        let referenced = |sha256, size_bytes| Taken {
            sha256,
            size_bytes,
            state: AttachmentState::Referenced,
            small: None,
        };
        if head.len() <= SMALL_BYTES {
            let sha256 = Digest(Sha256::digest(&head).into());
            let size_bytes = head.len() as u64;
            if !keep {
                return Ok(Some(referenced(sha256, size_bytes)));
            }
            let small = SmallBlob {
                name: name_of(&self.keys, &sha256),
                bytes: head,
            };
            return Ok(Some(Taken {
                sha256,
                size_bytes,
                state: AttachmentState::Stored,
                small: Some(small),
            }));
        }
        let mut rest = Digesting {
            inner: head.as_slice().chain(reader),
            hasher: Sha256::new(),
            size_bytes: 0,
        };
        if !keep {
            return Ok(std::io::copy(&mut rest, &mut std::io::sink())
                .ok()
                .map(|_| {
                    let size_bytes = rest.size_bytes;
                    referenced(Digest(rest.hasher.finalize().into()), size_bytes)
                }));
        }
        std::fs::create_dir_all(&self.folder)?;
        let partial = self.folder.join(format!(
            ".partial-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let mut file = std::io::BufWriter::new(File::create(&partial)?);
        let written = match &self.keys.seal {
            Some(key) => seal(&mut rest, &mut file, key)
                .map(|_| ())
                .map_err(std::io::Error::from),
            None => std::io::copy(&mut rest, &mut file).map(|_| ()),
        };
        let written = written.and_then(|()| file.flush());
        if let Err(error) = written {
            drop(file);
            std::fs::remove_file(&partial)?;
            // A disk that is full must stop the import; a source that cannot be read costs one attachment.
            return if error.kind() == std::io::ErrorKind::StorageFull {
                Err(error.into())
            } else {
                Ok(None)
            };
        }
        let size_bytes = rest.size_bytes;
        let sha256 = Digest(rest.hasher.finalize().into());
        let path = path_of(&self.folder, &name_of(&self.keys, &sha256));
        if path.exists() {
            std::fs::remove_file(&partial)?;
        } else {
            file.into_inner()
                .map_err(std::io::IntoInnerError::into_error)?
                .sync_data()?;
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::rename(&partial, &path)?;
        }
        Ok(Some(Taken {
            sha256,
            size_bytes,
            state: AttachmentState::Stored,
            small: None,
        }))
    }
}

struct Digesting<R> {
    inner: R,
    hasher: Sha256,
    size_bytes: u64,
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.size_bytes += count as u64;
        Ok(count)
    }
}

/// Reads the bytes of a content back. `None` when the archive does not hold it.
///
/// The bytes come authenticated: a changed blob gives an error, never other bytes.
pub(crate) fn open(
    connection: &Connection,
    folder: &Path,
    keys: &BlobKeys,
    sha256: &Digest,
) -> Result<Option<Box<dyn ReadSeek>>, ArchiveError> {
    let name = name_of(keys, sha256);
    let row: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM blob WHERE name = ?1")?
        .query_row([name.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(bytes) = row {
        return Ok(Some(Box::new(std::io::Cursor::new(bytes))));
    }
    let file = match File::open(path_of(folder, &name)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(match &keys.seal {
        Some(key) => Box::new(SealedReader::new(file, key).map_err(std::io::Error::from)?),
        None => Box::new(file),
    }))
}
