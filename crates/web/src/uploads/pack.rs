//! Many small files in one upload.
//!
//! A chat folder can hold fifty thousand files; one request for each would take hours. The page puts small files into a
//! pack: for each file the length of its path (4 bytes, little endian), the path (UTF-8), the length of its content
//! (8 bytes) and the content. A zip would need checksums, which means reading every file twice in the browser.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::name;

/// Files in one pack.
const MAX_FILES: u64 = 100_000;
/// Longest path of a file, in bytes.
const MAX_PATH_BYTES: u32 = 4096;

/// What came out of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Files that were written.
    pub(crate) files: u64,
    /// Paths that were refused.
    pub(crate) refused: Vec<String>,
}

/// Writes the files of a pack below a folder.
///
/// # Errors
/// When it ends too early, holds too much, or a file cannot be written.
pub(crate) fn unpack(pack: &Path, folder: &Path) -> io::Result<Unpacked> {
    let mut reader = BufReader::with_capacity(1 << 18, File::open(pack)?);
    let mut unpacked = Unpacked::default();
    let mut count = 0;
    while let Some(path_bytes) = length(&mut reader)? {
        count += 1;
        if path_bytes > MAX_PATH_BYTES || count > MAX_FILES {
            return Err(invalid("the pack is not made as it should be"));
        }
        let mut path = Vec::new();
        take(&mut reader, u64::from(path_bytes), &mut path)?;
        let path = String::from_utf8(path).map_err(|_| invalid("a path is not UTF-8"))?;
        let mut size = [0; 8];
        reader.read_exact(&mut size)?;
        let size = u64::from_le_bytes(size);
        match name::relative(&path) {
            Ok(relative) => {
                let target = folder.join(relative);
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                take(&mut reader, size, &mut File::create(&target)?)?;
                unpacked.files += 1;
            }
            Err(_) => {
                take(&mut reader, size, &mut io::sink())?;
                unpacked.refused.push(path);
            }
        }
    }
    Ok(unpacked)
}

/// The length in front of a path; nothing at the end of the pack.
fn length(reader: &mut impl Read) -> io::Result<Option<u32>> {
    let mut bytes = Vec::with_capacity(4);
    reader.take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(invalid("the pack ends too early")),
    }
}

fn take(reader: &mut impl Read, size: u64, out: &mut impl Write) -> io::Result<()> {
    if io::copy(&mut reader.take(size), out)? == size {
        Ok(())
    } else {
        Err(invalid("the pack ends too early"))
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (path, content) in files {
            out.extend(u32::try_from(path.len()).unwrap().to_le_bytes());
            out.extend(path.as_bytes());
            out.extend((content.len() as u64).to_le_bytes());
            out.extend(*content);
        }
        out
    }

    #[test]
    fn files_come_out_as_they_went_in_and_none_outside() {
        let folder = tempfile::tempdir().unwrap();
        let made = pack(&[
            ("a/b.db", b"one"),
            ("../evil", b"two"),
            ("c", b""),
            ("/d", b"x"),
        ]);
        std::fs::write(folder.path().join("pack"), made).unwrap();
        let target = folder.path().join("out/files");
        let unpacked = unpack(&folder.path().join("pack"), &target).unwrap();
        assert_eq!(unpacked.files, 2);
        assert_eq!(unpacked.refused, ["../evil", "/d"]);
        assert_eq!(std::fs::read(target.join("a/b.db")).unwrap(), b"one");
        assert_eq!(std::fs::read(target.join("c")).unwrap(), b"");
        assert!(!folder.path().join("out/evil").exists());
    }

    #[test]
    fn a_cut_pack_is_an_error_at_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let whole = pack(&[("a", b"123"), ("b", b"456")]);
        let first = pack(&[("a", b"123")]).len();
        for cut in 1..whole.len() {
            std::fs::write(folder.path().join("pack"), &whole[..cut]).unwrap();
            let result = unpack(&folder.path().join("pack"), &folder.path().join("out"));
            assert_eq!(result.is_ok(), cut == first, "{cut}");
        }
    }

    #[test]
    fn a_length_beyond_reason_is_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pack"), [0xff; 64]).unwrap();
        assert!(unpack(&folder.path().join("pack"), folder.path()).is_err());
    }
}
