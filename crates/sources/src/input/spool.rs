//! What was unpacked, for reading at any place: small things in memory, large ones in a temporary file that only this
//! process can read (ADR 9).

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hutong_crypto::ScratchKey;
use hutong_sqlite::ReadAt;

/// Members up to this size stay in memory …
const MEMORY_BYTES: usize = 16 << 20;
/// … as long as all of them together are not larger than this.
const ALL_MEMORY_BYTES: usize = 96 << 20;
const CHUNK_BYTES: usize = 1 << 20;
/// Up to here nothing is called a bomb.
const HARMLESS_BYTES: u64 = 1 << 30;
/// More than this many bytes out of one packed byte, beyond [`HARMLESS_BYTES`], is a bomb.
const MAX_RATIO: u64 = 250;
/// The most that is unpacked of one file.
const MAX_BYTES: u64 = 1 << 40;

static IN_MEMORY: AtomicUsize = AtomicUsize::new(0);

/// How far unpacking may go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes before unpacking.
    pub(super) packed_bytes: u64,
    /// Bytes that the archive promises, where it does.
    pub(super) promised_bytes: Option<u64>,
}

impl Limits {
    /// Fails when so many unpacked bytes are too many.
    pub(super) fn check(self, unpacked_bytes: u64) -> io::Result<()> {
        let refuse = |text: String| Err(io::Error::new(io::ErrorKind::InvalidData, text));
        if let Some(promised) = self.promised_bytes
            && unpacked_bytes > promised
        {
            return refuse(format!(
                "the archive says that this file has {promised} bytes, but it unpacks to more"
            ));
        }
        let allowed = self.packed_bytes.saturating_mul(MAX_RATIO);
        if unpacked_bytes > HARMLESS_BYTES && unpacked_bytes > allowed {
            return refuse(format!(
                "the archive unpacks to more than {MAX_RATIO} times its size; it is damaged or made to fill the disk"
            ));
        }
        if unpacked_bytes > MAX_BYTES {
            return refuse(format!(
                "the archive unpacks to more than {MAX_BYTES} bytes"
            ));
        }
        Ok(())
    }
}

/// Passes bytes on as long as they keep to the limits.
pub(super) struct Limited<R> {
    inner: R,
    limits: Limits,
    seen: u64,
}

impl<R: Read> Limited<R> {
    pub(super) fn new(inner: R, limits: Limits) -> Self {
        Self {
            inner,
            limits,
            seen: 0,
        }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.seen += count as u64;
        self.limits.check(self.seen)?;
        Ok(count)
    }
}

/// Keeps everything that `reader` gives, readable at any place.
///
/// # Errors
/// Those of reading and of writing the temporary file.
pub(super) fn spool(mut reader: impl Read) -> io::Result<Arc<dyn ReadAt>> {
    let mut bytes = Vec::new();
    let room = MEMORY_BYTES.min(ALL_MEMORY_BYTES.saturating_sub(IN_MEMORY.load(Ordering::Relaxed)));
    reader
        .by_ref()
        .take(room as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() <= room {
        IN_MEMORY.fetch_add(bytes.len(), Ordering::Relaxed);
        return Ok(Arc::new(InMemory(bytes)));
    }
    let mut file = Hidden::new()?;
    file.write(&mut bytes)?;
    loop {
        bytes.clear();
        reader
            .by_ref()
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Ok(Arc::new(file));
        }
        file.write(&mut bytes)?;
    }
}

struct InMemory(Vec<u8>);

impl Drop for InMemory {
    fn drop(&mut self) {
        IN_MEMORY.fetch_sub(self.0.len(), Ordering::Relaxed);
    }
}

impl ReadAt for InMemory {
    fn len(&self) -> io::Result<u64> {
        ReadAt::len(&self.0)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }
}

/// A file without a name whose bytes are encrypted with a key that only lives here.
struct Hidden {
    file: File,
    key: ScratchKey,
    length: u64,
}

impl Hidden {
    fn new() -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile().map_err(explained)?,
            key: ScratchKey::random()?,
            length: 0,
        })
    }

    fn write(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.key.apply(self.length, bytes)?;
        self.file.write_all(bytes).map_err(explained)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Says that it is the folder for temporary files that has no room.
fn explained(error: io::Error) -> io::Error {
    let folder = std::env::temp_dir();
    io::Error::new(
        error.kind(),
        format!(
            "cannot unpack into the folder for temporary files {}: {error}",
            folder.display()
        ),
    )
}

impl ReadAt for Hidden {
    fn len(&self) -> io::Result<u64> {
        Ok(self.length)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)?;
        self.key.apply(offset, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_things_are_read_at_any_place() {
        let clear: Vec<u8> = (0..20_000_000_u32)
            .map(|number| number.to_le_bytes()[1])
            .collect();
        let kept = spool(&clear[..]).unwrap();
        assert_eq!(kept.len().unwrap(), clear.len() as u64);
        let mut part = vec![0; 70_001];
        kept.read_exact_at(&mut part, 12_345_678).unwrap();
        assert_eq!(part, clear[12_345_678..][..70_001]);
        assert!(kept.read_exact_at(&mut part, 19_999_999).is_err());
    }

    #[test]
    fn what_lies_in_the_temporary_file_is_not_the_text() {
        let mut hidden = Hidden::new().unwrap();
        hidden.write(&mut b"a private sentence".to_vec()).unwrap();
        let mut raw = [0; 18];
        hidden.file.read_exact_at(&mut raw, 0).unwrap();
        assert_ne!(&raw, b"a private sentence");
        hidden.read_exact_at(&mut raw, 0).unwrap();
        assert_eq!(&raw, b"a private sentence");
    }

    #[test]
    fn bombs_are_refused() {
        let limits = Limits {
            packed_bytes: 1000,
            promised_bytes: None,
        };
        assert!(limits.check(900_000).is_ok());
        assert!(limits.check(2 << 30).is_err());
        let small = Limits {
            promised_bytes: Some(10),
            ..limits
        };
        let mut all = Vec::new();
        let read = Limited::new(&[7; 11][..], small).read_to_end(&mut all);
        assert!(read.unwrap_err().to_string().contains("unpacks to more"));
    }
}
