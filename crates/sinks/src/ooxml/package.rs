//! A zip file of XML parts, written from its beginning to its end.

use std::io::Write;
#[cfg(feature = "docx")]
use std::io::{self, Read};

use hutong_model::Precision;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::write_text;
use crate::clock::Clock;
use crate::output::FileTarget;
use crate::{Context, WriteError};

/// Pieces of this size are handed to the compressor.
const BUFFER_BYTES: usize = 64 * 1024;

/// A package under way; one part is open at a time.
pub(crate) struct Package {
    zip: ZipWriter<StreamWriter<FileTarget>>,
    /// What has gathered of the open part.
    pub(crate) buffer: Vec<u8>,
    /// Bytes of the open part, before compression.
    part_bytes: u64,
}

impl Package {
    pub(crate) fn new(target: FileTarget) -> Self {
        Self {
            zip: ZipWriter::new_stream(target),
            buffer: Vec::with_capacity(2 * BUFFER_BYTES),
            part_bytes: 0,
        }
    }

    /// Begins a part that is XML.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), WriteError> {
        self.flush()?;
        // The lowest level: XML shrinks to a tenth in any case, and the next ones take twice the time for a fifth less.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1));
        self.zip.start_file(name, options).map_err(failed)?;
        self.part_bytes = 0;
        self.buffer
            .extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
        Ok(())
    }

    /// Writes a whole part.
    pub(crate) fn part(&mut self, name: &str, xml: &str) -> Result<(), WriteError> {
        self.begin(name)?;
        self.buffer.extend_from_slice(xml.as_bytes());
        self.flush_if_full()
    }

    /// Writes title, maker and time of the document, as file managers show them.
    pub(crate) fn core_properties(&mut self, context: &Context<'_>) -> Result<(), WriteError> {
        self.begin("docProps/core.xml")?;
        let out = &mut self.buffer;
        out.extend_from_slice(
            b"<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
            xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
            xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>",
        );
        write_text(&context.title, out);
        out.extend_from_slice(b"</dc:title><dc:creator>");
        write_text(context.generated_by, out);
        out.extend_from_slice(b"</dc:creator><dc:language>");
        out.extend_from_slice(context.language.tag().as_bytes());
        out.extend_from_slice(b"</dc:language>");
        if let Some(at) = context.generated_at {
            out.extend_from_slice(b"<dcterms:created xsi:type=\"dcterms:W3CDTF\">");
            let mut clock = Clock::new(&jiff::tz::TimeZone::UTC);
            clock.local(at).write_machine(Precision::Second, out);
            out.extend_from_slice(b"</dcterms:created>");
        }
        out.extend_from_slice(b"</cp:coreProperties>");
        self.flush_if_full()
    }

    /// Writes a part that is small as it stands: a picture.
    #[cfg(feature = "docx")]
    pub(crate) fn copy(&mut self, name: &str, content: &mut dyn Read) -> Result<u64, WriteError> {
        self.flush()?;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, options).map_err(failed)?;
        let mut piece = vec![0; BUFFER_BYTES];
        let mut copied = 0;
        loop {
            match content.read(&mut piece) {
                // What can be read no further ends here; the picture is broken, the document is not.
                Ok(0) => return Ok(copied),
                Ok(count) => {
                    let piece = piece.get(..count).unwrap_or_default();
                    self.zip.write_all(piece).map_err(WriteError::from_stream)?;
                    copied += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Ok(copied),
            }
        }
    }

    /// Hands the buffer on when enough has gathered.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), WriteError> {
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Bytes of the open part so far, before compression.
    pub(crate) fn part_bytes(&self) -> u64 {
        self.part_bytes + self.buffer.len() as u64
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.zip
            .write_all(&self.buffer)
            .map_err(WriteError::from_stream)?;
        self.part_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        // One message of a hundred megabytes must not keep that much for the rest of the export.
        self.buffer.shrink_to(16 * BUFFER_BYTES);
        Ok(())
    }

    /// Completes the file and puts it in its place; gives the number of bytes.
    pub(crate) fn finish(mut self) -> Result<u64, WriteError> {
        self.flush()?;
        self.zip.finish().map_err(failed)?.into_inner().finish()
    }
}

fn failed(error: zip::result::ZipError) -> WriteError {
    WriteError::from_stream(error.into())
}
