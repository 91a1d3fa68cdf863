//! One file or stream.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Output;
use crate::{About, WriteError};

/// Bytes are handed to the system in pieces of this size.
const BUFFER_BYTES: usize = 256 * 1024;

/// Bytes on their way to a file under a temporary name, or to a stream.
///
/// Writers append to [`Self::buffer`] and call [`Self::flush_if_full`] after each record.
pub(crate) struct FileTarget {
    pub(crate) buffer: Vec<u8>,
    written: u64,
    to: To,
}

enum To {
    /// Final name, temporary name, handle, and whether a file in the way may be replaced.
    File {
        path: PathBuf,
        temporary: Temporary,
        file: File,
        overwrite: bool,
    },
    /// A file inside a folder that is itself temporary.
    Staged {
        path: PathBuf,
        file: File,
    },
    Stream(Box<dyn Write + Send>),
}

/// Removes the file when it is dropped before it was kept.
struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Nothing can be done about a failure here, and the error that led here matters more.
            let _ = fs::remove_file(path);
        }
    }
}

impl FileTarget {
    /// Opens a file or stream; a folder is refused in the name of the format.
    pub(crate) fn open(output: Output, overwrite: bool, about: &About) -> Result<Self, WriteError> {
        match output {
            Output::File(path) => Self::create(&path, overwrite),
            Output::Stream(stream) => Ok(Self {
                buffer: Vec::with_capacity(2 * BUFFER_BYTES),
                written: 0,
                to: To::Stream(stream),
            }),
            Output::Folder(_) => Err(WriteError::WrongOutput {
                format: about.id,
                expected: about.output,
            }),
        }
    }

    /// Begins the file `path` under a temporary name beside it.
    pub(crate) fn create(path: &Path, overwrite: bool) -> Result<Self, WriteError> {
        refuse_existing(path, overwrite)?;
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            fs::create_dir_all(parent).map_err(WriteError::at(parent))?;
        }
        let (temporary, file) = create_beside(path).map_err(WriteError::at(path))?;
        let to = To::File {
            path: path.to_owned(),
            temporary: Temporary(Some(temporary)),
            file,
            overwrite,
        };
        Ok(Self {
            buffer: Vec::with_capacity(2 * BUFFER_BYTES),
            written: 0,
            to,
        })
    }

    /// Begins a file inside a folder that is itself temporary.
    pub(crate) fn create_staged(path: &Path) -> Result<Self, WriteError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(WriteError::at(path))?;
        Ok(Self {
            buffer: Vec::new(),
            written: 0,
            to: To::Staged {
                path: path.to_owned(),
                file,
            },
        })
    }

    /// Hands the buffer on when enough has gathered.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), WriteError> {
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Hands on everything, for somebody who reads the file before it is complete.
    pub(crate) fn write_out(&mut self) -> Result<(), WriteError> {
        self.flush()
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        match &mut self.to {
            To::File { path, file, .. } | To::Staged { path, file } => {
                file.write_all(&self.buffer).map_err(WriteError::at(path))?;
            }
            To::Stream(stream) => stream.write_all(&self.buffer).map_err(WriteError::Stream)?,
        }
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        // One message of a hundred megabytes must not keep that much for the rest of the export.
        self.buffer.shrink_to(4 * BUFFER_BYTES);
        Ok(())
    }

    /// Completes the file and puts it in its place; gives the number of bytes.
    pub(crate) fn finish(mut self) -> Result<u64, WriteError> {
        self.flush()?;
        match self.to {
            To::Staged { .. } => {}
            To::Stream(mut stream) => stream.flush().map_err(WriteError::Stream)?,
            To::File {
                path,
                mut temporary,
                file,
                overwrite,
            } => {
                // Not forced to the disk: an export can be made again, and waiting for the disk would take most of the time.
                drop(file);
                refuse_existing(&path, overwrite)?;
                if let Some(from) = &temporary.0 {
                    fs::rename(from, &path).map_err(WriteError::at(&path))?;
                }
                temporary.0 = None;
            }
        }
        Ok(self.written)
    }
}

/// For writers of other people's formats. Their errors come back through [`WriteError::from_stream`].
impl Write for FileTarget {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        self.flush_if_full().map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    /// Nothing: what is left goes out when the file is finished.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn refuse_existing(path: &Path, overwrite: bool) -> Result<(), WriteError> {
    match fs::symlink_metadata(path) {
        Ok(found) if !overwrite || found.is_dir() => Err(WriteError::Exists(path.to_owned())),
        _ => Ok(()),
    }
}

/// Creates a new file beside `path`. A file left by a killed process is stepped over, a symbolic link never followed.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    for number in 0..1000 {
        let mut temporary = std::ffi::OsString::from(".");
        // Long names get a short companion, since file systems limit a name to 255 bytes.
        temporary.push(if name.len() <= 200 {
            name
        } else {
            "hutong".as_ref()
        });
        temporary.push(format!(".part{number}"));
        let temporary = path.with_file_name(temporary);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/a.txt");
        let mut target = FileTarget::create(&path, false).unwrap();
        target.buffer.extend_from_slice(b"abc");
        assert!(!path.exists());
        assert_eq!(target.finish().unwrap(), 3);
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut target = FileTarget::create(&path, false).unwrap();
        target.buffer.extend_from_slice(b"abc");
        drop(target);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_existing_file_is_refused_unless_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, b"old").unwrap();
        assert!(matches!(
            FileTarget::create(&path, false),
            Err(WriteError::Exists(_))
        ));
        let mut target = FileTarget::create(&path, true).unwrap();
        target.buffer.extend_from_slice(b"new");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        target.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let target = FileTarget::create(&path, false).unwrap();
        fs::write(&path, b"other").unwrap();
        assert!(matches!(target.finish(), Err(WriteError::Exists(_))));
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
