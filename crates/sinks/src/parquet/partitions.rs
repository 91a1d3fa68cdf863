//! Files by platform and month.
//!
//! Messages come chat by chat, so every chat leads through all months again. A row waits in its partition's open file; of
//! open files there are few, and what they keep in memory is bounded together.

use std::io;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use rustc_hash::FxHashMap;

use crate::WriteError;
use crate::output::{FileTarget, FolderTarget};

/// Files open at a time. One that gives way is complete, and its partition goes on in a further file.
const MAX_OPEN: usize = 48;

/// What open files may keep in memory together.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Rows of a group: readers skip and share out work by groups.
const GROUP_ROWS: usize = 131_072;

/// The partitions of a table.
pub(super) struct Partitions {
    pub(super) folder: FolderTarget,
    schema: SchemaRef,
    properties: WriterProperties,
    /// Partition folders by number, and files begun in each.
    known: Vec<(String, u32)>,
    numbers: FxHashMap<String, usize>,
    open: Vec<OpenFile>,
    /// Counts the uses of open files.
    clock: u64,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

struct OpenFile {
    partition: usize,
    used: u64,
    writer: ArrowWriter<FileTarget>,
}

impl Partitions {
    pub(super) fn new(
        folder: FolderTarget,
        schema: SchemaRef,
        generated_by: &str,
        title: &str,
    ) -> Self {
        let about = [("generated_by", generated_by), ("title", title)];
        let about = about
            .into_iter()
            .map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(generated_by.to_owned())
            .set_key_value_metadata(Some(about.collect()))
            .build();
        Self {
            folder,
            schema,
            properties,
            known: Vec::new(),
            numbers: FxHashMap::default(),
            open: Vec::new(),
            clock: 0,
            files: 0,
            bytes: 0,
        }
    }

    /// The number of a partition, which is known by its folder.
    pub(super) fn number(&mut self, folder: &str) -> usize {
        if let Some(number) = self.numbers.get(folder) {
            return *number;
        }
        let number = self.known.len();
        self.known.push((folder.to_owned(), 0));
        self.numbers.insert(folder.to_owned(), number);
        number
    }

    /// Appends rows to a partition.
    pub(super) fn write(
        &mut self,
        partition: usize,
        batch: &RecordBatch,
    ) -> Result<(), WriteError> {
        self.clock += 1;
        let at = match self
            .open
            .iter()
            .position(|file| file.partition == partition)
        {
            Some(at) => at,
            None => {
                if self.open.len() >= MAX_OPEN {
                    self.close_oldest()?;
                }
                let file = self.begin(partition)?;
                self.open.push(file);
                self.open.len() - 1
            }
        };
        if let Some(file) = self.open.get_mut(at) {
            file.used = self.clock;
            file.writer.write(batch).map_err(failed)?;
        }
        while self
            .open
            .iter()
            .map(|file| file.writer.memory_size())
            .sum::<usize>()
            > MAX_BYTES
        {
            let largest = self
                .open
                .iter_mut()
                .filter(|file| file.writer.in_progress_rows() > 0)
                .max_by_key(|file| file.writer.memory_size());
            match largest {
                Some(file) => file.writer.flush().map_err(failed)?,
                None => break,
            }
        }
        Ok(())
    }

    fn begin(&mut self, partition: usize) -> Result<OpenFile, WriteError> {
        let (folder, begun) = self
            .known
            .get_mut(partition)
            .expect("numbers are given out by `number`");
        if *begun == 0 {
            self.folder.make_folder(folder)?;
        }
        let file = self
            .folder
            .file(&format!("{folder}/part-{begun}.parquet"))?;
        *begun += 1;
        let schema = SchemaRef::clone(&self.schema);
        let writer = ArrowWriter::try_new(file, schema, Some(self.properties.clone()));
        Ok(OpenFile {
            partition,
            used: self.clock,
            writer: writer.map_err(failed)?,
        })
    }

    fn close_oldest(&mut self) -> Result<(), WriteError> {
        let oldest = (0..self.open.len()).min_by_key(|at| self.open.get(*at).map(|file| file.used));
        match oldest {
            Some(at) => {
                let file = self.open.swap_remove(at);
                self.close(file)
            }
            None => Ok(()),
        }
    }

    fn close(&mut self, file: OpenFile) -> Result<(), WriteError> {
        self.bytes += file.writer.into_inner().map_err(failed)?.finish()?;
        self.files += 1;
        Ok(())
    }

    /// Completes all files and puts the folder in its place; gives numbers of files and bytes.
    pub(super) fn finish(mut self) -> Result<(u64, u64), WriteError> {
        while let Some(file) = self.open.pop() {
            self.close(file)?;
        }
        self.folder.finish()?;
        Ok((self.files, self.bytes))
    }
}

/// Our own errors come back out of the writer; what is left is a broken invariant of it or of ours.
pub(super) fn failed(error: ParquetError) -> WriteError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => WriteError::from_stream(*error),
            Err(inner) => WriteError::Stream(io::Error::other(inner)),
        },
        other => WriteError::Stream(io::Error::other(other)),
    }
}
