//! What waits until its place in a file comes: in memory while it is small, then in a file without a name.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};

use crate::WriteError;

/// More than this goes into a file.
const IN_MEMORY_BYTES: usize = 1024 * 1024;

/// Something that is read back once.
pub(crate) trait Stored: Read + Seek {}
impl<T: Read + Seek> Stored for T {}

/// Bytes that wait. Writers append to [`Self::buffer`] and call [`Self::settle`] after each record.
#[derive(Default)]
pub(crate) struct Spool {
    pub(crate) buffer: Vec<u8>,
    file: Option<File>,
    settled: u64,
}

fn failed(source: io::Error) -> WriteError {
    WriteError::Io {
        path: "a temporary file".into(),
        source,
    }
}

impl Spool {
    /// So many bytes wait.
    pub(crate) fn len(&self) -> u64 {
        self.settled + self.buffer.len() as u64
    }

    /// Moves the buffer into the file when enough has gathered.
    pub(crate) fn settle(&mut self) -> Result<(), WriteError> {
        if self.buffer.len() < IN_MEMORY_BYTES {
            return Ok(());
        }
        self.move_to_file()
    }

    fn move_to_file(&mut self) -> Result<(), WriteError> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile().map_err(failed)?),
        };
        file.write_all(&self.buffer).map_err(failed)?;
        self.settled += self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(2 * IN_MEMORY_BYTES);
        Ok(())
    }

    /// Turns to reading, from the beginning.
    pub(crate) fn read(mut self) -> Result<Box<dyn Stored>, WriteError> {
        if self.file.is_some() {
            self.move_to_file()?;
        }
        Ok(match self.file {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                Box::new(BufReader::with_capacity(256 * 1024, file))
            }
            None => Box::new(Cursor::new(self.buffer)),
        })
    }
}

/// Appends a record: its length, then its bytes.
pub(crate) fn write_record(record: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(record.len() as u64).to_le_bytes());
    out.extend_from_slice(record);
}

/// Reads the next record; says whether there was one.
pub(crate) fn read_record(from: &mut dyn Stored, record: &mut Vec<u8>) -> Result<bool, WriteError> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(failed(error)),
    }
    record.clear();
    let length = u64::from_le_bytes(length);
    let read = from.take(length).read_to_end(record).map_err(failed)?;
    if read as u64 == length {
        Ok(true)
    } else {
        Err(failed(io::ErrorKind::UnexpectedEof.into()))
    }
}

/// Goes to a place.
pub(crate) fn seek(to: u64, from: &mut dyn Stored) -> Result<(), WriteError> {
    from.seek(SeekFrom::Start(to)).map(|_| ()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_in_order_however_many_there_are() {
        for count in [0_u32, 3, 200_000] {
            let mut spool = Spool::default();
            let mut places = Vec::new();
            for number in 0..count {
                places.push(spool.len());
                write_record(&number.to_le_bytes(), &mut spool.buffer);
                spool.settle().unwrap();
            }
            let mut stored = spool.read().unwrap();
            let mut record = Vec::new();
            for number in 0..count {
                assert!(read_record(&mut *stored, &mut record).unwrap());
                assert_eq!(record, number.to_le_bytes());
            }
            assert!(!read_record(&mut *stored, &mut record).unwrap());
            if let Some(last) = places.last() {
                seek(*last, &mut *stored).unwrap();
                assert!(read_record(&mut *stored, &mut record).unwrap());
                assert_eq!(record, (count - 1).to_le_bytes());
            }
        }
    }
}
