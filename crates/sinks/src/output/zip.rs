//! One zip file, written from its first byte to its last.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

use ::zip::write::{SimpleFileOptions, StreamWriter};
use ::zip::{CompressionMethod, ZipWriter};

use super::{FileTarget, Output};
use crate::{About, WriteError};

/// A zip on its way to a file or stream. Equal content gives equal bytes: entries carry no time of their own.
pub(crate) struct ZipTarget<W: Write + Seek = StreamWriter<Sink>> {
    zip: ZipWriter<W>,
    /// Whether entries may be longer than 4 GiB; some old readers stumble over the mark that says so.
    is_large: bool,
    /// Entries so far.
    pub(crate) entries: u64,
}

/// From here on a zip must say beforehand that an entry is long.
const LARGE_BYTES: u64 = 0xffff_0000;

/// Writes into a target, and keeps the target's error from being buried in that of the zip.
pub(crate) struct Sink(FileTarget);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.buffer.extend_from_slice(bytes);
        self.0.flush_if_full().map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The target's own error, where there is one inside.
fn unwrap(error: impl Into<io::Error>) -> WriteError {
    let error: io::Error = error.into();
    match error.downcast::<WriteError>() {
        Ok(inner) => inner,
        Err(error) => WriteError::Stream(error),
    }
}

impl ZipTarget {
    /// Opens a file or stream; a folder is refused in the name of the format.
    pub(crate) fn open(output: Output, overwrite: bool, about: &About) -> Result<Self, WriteError> {
        Ok(Self::new(FileTarget::open(output, overwrite, about)?))
    }

    /// A zip inside a file that was begun.
    pub(crate) fn new(target: FileTarget) -> Self {
        Self {
            zip: ZipWriter::new_stream(Sink(target)),
            is_large: true,
            entries: 0,
        }
    }

    /// Completes the zip and puts it in its place; gives the number of bytes.
    pub(crate) fn finish(self) -> Result<u64, WriteError> {
        let inner = self.zip.finish().map_err(unwrap)?;
        inner.into_inner().0.finish()
    }
}

impl ZipTarget<BufWriter<File>> {
    /// A zip inside a folder that is itself temporary, of the plainest kind: lengths stand before what they measure.
    pub(crate) fn create_staged(path: &Path) -> Result<Self, WriteError> {
        let file = File::create_new(path).map_err(WriteError::at(path))?;
        Ok(Self {
            zip: ZipWriter::new(BufWriter::with_capacity(256 * 1024, file)),
            is_large: false,
            entries: 0,
        })
    }

    /// Completes the zip; gives the number of bytes.
    pub(crate) fn finish_staged(self, path: &Path) -> Result<u64, WriteError> {
        let mut file = self.zip.finish().map_err(unwrap)?;
        file.flush().map_err(WriteError::at(path))?;
        file.seek(io::SeekFrom::End(0))
            .map_err(WriteError::at(path))
    }
}

impl<W: Write + Seek> ZipTarget<W> {
    /// Begins an entry. `name` is one of our own names or one that [`crate::file_name`] made, never a title.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), WriteError> {
        self.start(name, CompressionMethod::Deflated, 0)
    }

    /// As [`Self::begin`], for so many bytes.
    pub(crate) fn begin_long(&mut self, name: &str, bytes: u64) -> Result<(), WriteError> {
        self.start(name, CompressionMethod::Deflated, bytes)
    }

    /// As [`Self::begin`], for so many bytes of pictures and films, which are compressed already.
    pub(crate) fn begin_stored(&mut self, name: &str, bytes: u64) -> Result<(), WriteError> {
        self.start(name, CompressionMethod::Stored, bytes)
    }

    fn start(
        &mut self,
        name: &str,
        method: CompressionMethod,
        bytes: u64,
    ) -> Result<(), WriteError> {
        let level = (method == CompressionMethod::Deflated).then_some(3);
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level(level)
            .unix_permissions(0o644)
            .large_file(self.is_large || bytes >= LARGE_BYTES);
        self.zip.start_file(name, options).map_err(unwrap)?;
        self.entries += 1;
        Ok(())
    }

    /// Appends to the entry begun last.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.zip.write_all(bytes).map_err(unwrap)
    }

    /// Copies a whole source into the entry begun last; gives its length, or nothing when it cannot be read to its end.
    pub(crate) fn copy(&mut self, from: &mut dyn Read) -> Result<Option<u64>, WriteError> {
        let mut buffer = vec![0; 64 * 1024];
        let mut total = 0;
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(Some(total)),
                Ok(count) => {
                    self.write(buffer.get(..count).unwrap_or_default())?;
                    total += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_comes_out_and_a_full_disk_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let mut zip = ZipTarget::new(FileTarget::create(&path, false).unwrap());
        zip.begin("一/a.json").unwrap();
        zip.write(&[b'x'; 500_000]).unwrap();
        zip.begin_stored("b", 4).unwrap();
        assert_eq!(zip.copy(&mut &b"beta"[..]).unwrap(), Some(4));
        assert!(!path.exists());
        let bytes = zip.finish().unwrap();
        assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
        let mut read = ::zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!(read.len(), 2);
        let mut text = String::new();
        read.by_name("b")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "beta");
        assert_eq!(read.by_name("一/a.json").unwrap().size(), 500_000);

        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let about = crate::jsonl::Jsonl;
        let about = crate::Format::about(&about);
        let output = Output::Stream(Box::new(Full));
        let mut zip = ZipTarget::open(output, false, about).unwrap();
        zip.begin_stored("a", 0).unwrap();
        let written = (0..20).try_for_each(|_| zip.write(&[0; 100_000]));
        assert!(
            matches!(written, Err(WriteError::Stream(error)) if error.kind() == io::ErrorKind::StorageFull)
        );
    }
}
