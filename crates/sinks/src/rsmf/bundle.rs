//! The zip inside a file: what was sent, then the manifest.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use serde_json::{Map, Value};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::WriteError;
use crate::file_name::FileNames;

/// The name of the manifest in the zip.
const MANIFEST: &str = "rsmf_manifest.json";

/// The zip of a slice, beside it until it goes into it.
pub(super) struct Zip {
    pub(super) path: PathBuf,
    pub(super) writer: ZipWriter<File>,
    pub(super) names: FileNames,
    pub(super) files: u64,
}

impl Zip {
    pub(super) fn add(
        &mut self,
        name: &str,
        is_large: bool,
        content: &mut dyn Read,
    ) -> Result<u64, WriteError> {
        // Pictures and films are packed already.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(is_large);
        self.writer
            .start_file(name, options)
            .map_err(zip_error(&self.path))?;
        let mut buffer = vec![0; 64 * 1024];
        let mut bytes = 0;
        // A file that cannot be read to its end is kept as far as it goes; its size tells.
        while let Ok(count) = read(content, &mut buffer)
            && count > 0
        {
            let piece = buffer.get(..count).unwrap_or_default();
            self.writer
                .write_all(piece)
                .map_err(WriteError::at(&self.path))?;
            bytes += count as u64;
        }
        self.files += 1;
        Ok(bytes)
    }

    pub(super) fn manifest(
        &mut self,
        collection: &str,
        participants: &[Map<String, Value>],
        conversation: &Map<String, Value>,
        events: &[u8],
    ) -> Result<(), WriteError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.writer
            .start_file(MANIFEST, options)
            .map_err(zip_error(&self.path))?;
        let mut out = Vec::new();
        out.extend_from_slice(b"{\"version\":\"2.0.0\",\n\"eventcollectionid\":\"");
        out.extend_from_slice(collection.as_bytes());
        out.extend_from_slice(b"\",\n\"participants\":");
        let to_json = |value: &Value, out: &mut Vec<u8>| serde_json::to_writer(out, value);
        let people = Value::Array(participants.iter().cloned().map(Value::Object).collect());
        let written = to_json(&people, &mut out).and_then(|()| {
            out.extend_from_slice(b",\n\"conversations\":");
            to_json(
                &Value::Array(vec![Value::Object(conversation.clone())]),
                &mut out,
            )
        });
        written.map_err(|error| WriteError::at(&self.path)(error.into()))?;
        out.extend_from_slice(b",\n\"events\":[\n");
        for piece in [out.as_slice(), events, b"\n]}\n"] {
            self.writer
                .write_all(piece)
                .map_err(WriteError::at(&self.path))?;
        }
        Ok(())
    }
}

fn read(content: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match content.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// For `map_err`: a zip that cannot be written.
pub(super) fn zip_error(
    path: &std::path::Path,
) -> impl FnOnce(zip::result::ZipError) -> WriteError {
    move |error| WriteError::at(path)(error.into())
}
