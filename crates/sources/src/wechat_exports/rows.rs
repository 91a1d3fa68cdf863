//! Walks over the records of tables and the lines of texts.

use hutong_model::{At, Stop};

use super::compose::Composer;
use super::csv::{Columns, CsvItem, CsvReader, CsvRecord};
use super::facts::LOOK_BYTES;
use super::files::Export;
use crate::{Input, ReadError};

/// What the file system says.
pub(super) fn io_error(export: &Export) -> impl Fn(std::io::Error) -> ReadError {
    let file = export.path.clone();
    move |source| ReadError::Io {
        file: file.clone(),
        source,
    }
}

/// Opens a table and takes its header.
fn open(input: &Input, export: &Export) -> Result<(CsvReader, Columns), ReadError> {
    let failed = io_error(export);
    let file = export.open(input).map_err(&failed)?;
    let mut reader = CsvReader::new(file, export.delimiter, export.encoding).map_err(&failed)?;
    let columns = match reader.next().map_err(&failed)? {
        Some(CsvItem::Record(header)) => Columns::new(&header),
        _ => Columns::default(),
    };
    Ok((reader, columns))
}

/// Looks at the records of a table's beginning until `look` has seen enough.
pub(super) fn survey(
    input: &Input,
    export: &Export,
    mut look: impl FnMut(&Columns, &CsvRecord<'_>) -> bool,
) -> Result<(), ReadError> {
    let (mut reader, columns) = open(input, export)?;
    let failed = io_error(export);
    while reader.position() < LOOK_BYTES {
        match reader.next().map_err(&failed)? {
            None => break,
            Some(CsvItem::Record(record)) => {
                if look(&columns, &record) {
                    break;
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Hands every record of a table to `row`; what cannot be a record is a rejected row.
pub(super) fn each(
    input: &Input,
    export: &Export,
    composer: &mut Composer<'_>,
    mut row: impl FnMut(&mut Composer<'_>, &Columns, &CsvRecord<'_>) -> Result<(), Stop>,
) -> Result<(), ReadError> {
    let (mut reader, columns) = open(input, export)?;
    let failed = io_error(export);
    while let Some(item) = reader.next().map_err(&failed)? {
        match item {
            CsvItem::Record(record) => row(composer, &columns, &record)?,
            CsvItem::Unclosed(line) => {
                composer.reject(At::Line(line), "a quoted field is never closed")?;
            }
            CsvItem::GivenUp(line) => {
                composer.damage(
                    At::Line(line),
                    "too many quoted fields are never closed; the rest was not read",
                )?;
            }
        }
    }
    Ok(())
}

/// Why a walk over lines ended early.
#[derive(Debug)]
pub(super) enum Ended {
    /// The file system failed.
    Io(std::io::Error),
    /// The receiver stopped.
    Stopped(Stop),
}

impl From<std::io::Error> for Ended {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl Ended {
    /// The same for the caller of the source.
    pub(super) fn into_read(self, export: &Export) -> ReadError {
        match self {
            Self::Io(error) => io_error(export)(error),
            Self::Stopped(stop) => stop.into(),
        }
    }
}
