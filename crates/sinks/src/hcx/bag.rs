//! The bag (RFC 8493) inside the ZIP file: payload, manifests, and what they add up to.

use std::io::Read;

use hutong_model::Digest;
use sha2::{Digest as _, Sha256};

use super::FOLDER;
use super::zip::{Name, Zip};
use crate::WriteError;
use crate::output::FileTarget;

/// Contents are copied in pieces of this size.
const PIECE_BYTES: usize = 128 * 1024;

/// A bag being written.
pub(super) struct Bag {
    zip: Zip,
    /// Digest and path of each file of the payload but the contents, whose names are their digests.
    files: Vec<(String, Digest)>,
    blobs: Vec<Digest>,
    payload_bytes: u64,
    open: Option<(String, Sha256)>,
}

impl Bag {
    pub(super) fn new(target: FileTarget) -> Self {
        Self {
            zip: Zip::new(target),
            files: Vec::new(),
            blobs: Vec::new(),
            payload_bytes: 0,
            open: None,
        }
    }

    /// Begins a file; `path` is seen from the bag.
    pub(super) fn begin(&mut self, path: &str) {
        self.zip.begin(Name::Path(format!("{FOLDER}/{path}")), true);
        self.open = Some((path.to_owned(), Sha256::new()));
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if let Some((_, hasher)) = &mut self.open {
            hasher.update(bytes);
        }
        self.payload_bytes += bytes.len() as u64;
        self.zip.write(bytes)
    }

    pub(super) fn end(&mut self) -> Result<(), WriteError> {
        if let Some((path, hasher)) = self.open.take() {
            self.files.push((path, Digest(hasher.finalize().into())));
        }
        self.zip.end()
    }

    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.begin(path);
        self.write(bytes)?;
        self.end()
    }

    /// Copies a content, whose bytes must have this digest.
    pub(super) fn blob(
        &mut self,
        digest: Digest,
        mut bytes: Box<dyn Read + '_>,
    ) -> Result<(), WriteError> {
        self.zip.begin(Name::Blob(digest), false);
        let mut hasher = Sha256::new();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = bytes
                .read(&mut piece)
                .map_err(|source| WriteError::Content { digest, source })?;
            let read = piece.get(..count).unwrap_or_default();
            if read.is_empty() {
                break;
            }
            hasher.update(read);
            self.payload_bytes += count as u64;
            self.zip.write(read)?;
        }
        if Digest(hasher.finalize().into()) != digest {
            return Err(WriteError::Content {
                digest,
                source: std::io::Error::new(
                    std::io::ErrorKind::InvalidData,
                    "the bytes do not have this digest",
                ),
            });
        }
        self.blobs.push(digest);
        self.zip.end()
    }

    /// Writes what describes the bag and completes the file; gives the number of files and of bytes.
    pub(super) fn finish(mut self) -> Result<(u64, u64), WriteError> {
        let payload_files = (self.files.len() + self.blobs.len()) as u64;
        let info = format!(
            "Bag-Software-Agent: Hutong\nExternal-Description: Chat history in HCX 1.0\nPayload-Oxum: {}.{payload_files}\n",
            self.payload_bytes
        );
        let mut tags = vec![
            self.tag("bag-info.txt", |zip| zip.write(info.as_bytes()))?,
            self.tag("bagit.txt", |zip| {
                zip.write(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
            })?,
        ];
        let mut files = std::mem::take(&mut self.files);
        files.sort();
        let blobs = std::mem::take(&mut self.blobs);
        let before = files.partition_point(|(path, _)| path.as_str() < "data/blobs/");
        let behind = files.split_off(before);
        tags.push(self.tag("manifest-sha256.txt", |zip| {
            for (path, digest) in &files {
                zip.write(format!("{digest}  {path}\n").as_bytes())?;
            }
            for digest in &blobs {
                zip.write(format!("{digest}  data/blobs/{digest}\n").as_bytes())?;
            }
            for (path, digest) in &behind {
                zip.write(format!("{digest}  {path}\n").as_bytes())?;
            }
            Ok(())
        })?);
        let manifest: String = tags
            .iter()
            .map(|(path, digest)| format!("{digest}  {path}\n"))
            .collect();
        self.tag("tagmanifest-sha256.txt", |zip| {
            zip.write(manifest.as_bytes())
        })?;
        Ok((payload_files + 4, self.zip.finish()?))
    }

    /// Writes a file that describes the bag.
    fn tag(
        &mut self,
        path: &str,
        write: impl FnOnce(&mut Tag<'_>) -> Result<(), WriteError>,
    ) -> Result<(String, Digest), WriteError> {
        self.zip.begin(Name::Path(format!("{FOLDER}/{path}")), true);
        let mut tag = Tag {
            zip: &mut self.zip,
            hasher: Sha256::new(),
        };
        write(&mut tag)?;
        let digest = Digest(tag.hasher.finalize().into());
        self.zip.end()?;
        Ok((path.to_owned(), digest))
    }
}

/// A file that describes the bag, being written.
struct Tag<'a> {
    zip: &'a mut Zip,
    hasher: Sha256,
}

impl Tag<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hasher.update(bytes);
        self.zip.write(bytes)
    }
}
