//! Checking an archive: every record against its digest, every blob against its name.

use hutong_model::{Digest, hcx};
use sha2::{Digest as _, Sha256};

use crate::blobs;
use crate::reader::Reader;
use crate::{Archive, ArchiveError};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Records compared with their digests.
    pub records: u64,
    /// Distinct attachments compared with theirs.
    pub blobs: u64,
    /// Bytes of those.
    pub blob_bytes: u64,
    /// Whatever is not as it was written, each in one line.
    pub faults: Vec<String>,
}

impl Archive {
    /// Reads everything and compares it with the digests that were made when it came in.
    ///
    /// `step` is told the number of records looked at and returns whether to go on.
    ///
    /// # Errors
    /// When the database itself cannot be read any more.
    pub fn check(&self, step: &mut dyn FnMut(u64) -> bool) -> Result<CheckReport, ArchiveError> {
        let mut reader = self.reader()?;
        let mut report = CheckReport::default();
        check_pages(&reader, &mut report);
        let mut digests = std::collections::BTreeSet::new();
        let mut json = Vec::new();
        for document in 0..reader.index.next_document() {
            if document % 4096 == 0 && !step(u64::from(document)) {
                return Ok(report);
            }
            report.records += 1;
            match reader.sighting(document) {
                Ok((message, digest)) => {
                    json.clear();
                    hcx::write_message_record(&mut json, &message);
                    if <[u8; 32]>::from(Sha256::digest(&json)) != digest {
                        report.faults.push(format!(
                            "message {} ({}) does not fit its digest",
                            message.id, message.origin
                        ));
                    }
                    for part in &message.parts {
                        part.for_each_attachment(&mut |attachment| {
                            if attachment.state == hutong_model::AttachmentState::Stored {
                                digests.extend(attachment.sha256.map(|digest| digest.0));
                            }
                        });
                    }
                }
                Err(error @ ArchiveError::Damaged(_)) => {
                    report.faults.push(format!("record {document}: {error}"));
                }
                Err(other) => return Err(other),
            }
        }
        for digest in digests {
            self.check_blob(&reader, Digest(digest), &mut report)?;
        }
        Ok(report)
    }

    fn check_blob(
        &self,
        reader: &Reader,
        digest: Digest,
        report: &mut CheckReport,
    ) -> Result<(), ArchiveError> {
        report.blobs += 1;
        let opened = match blobs::open(
            &reader.connection,
            &self.blob_folder(),
            &self.blob_keys(),
            &digest,
        ) {
            Ok(opened) => opened,
            Err(ArchiveError::Io(error)) => {
                report.faults.push(format!("attachment {digest}: {error}"));
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        let Some(mut content) = opened else {
            report
                .faults
                .push(format!("attachment {digest} is missing"));
            return Ok(());
        };
        let mut hasher = Sha256::new();
        match std::io::copy(&mut content, &mut HashWriter(&mut hasher)) {
            Ok(length) => {
                report.blob_bytes += length;
                if <[u8; 32]>::from(hasher.finalize()) != digest.0 {
                    report.faults.push(format!(
                        "attachment {digest} has other bytes than it came with"
                    ));
                }
            }
            Err(error) => report.faults.push(format!("attachment {digest}: {error}")),
        }
        Ok(())
    }
}

/// Lets the database check its own pages: authentication (when encrypted) and structure.
fn check_pages(reader: &Reader, report: &mut CheckReport) {
    for pragma in ["cipher_integrity_check", "quick_check"] {
        let lines = reader
            .connection
            .prepare(&format!("PRAGMA {pragma}"))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| row.get::<_, String>(0))?
                    .collect::<Result<Vec<_>, _>>()
            });
        match lines {
            Ok(lines) => report.faults.extend(
                lines
                    .iter()
                    .filter(|line| *line != "ok")
                    .map(|line| format!("archive.db: {line}")),
            ),
            Err(error) => report.faults.push(format!("archive.db: {error}")),
        }
    }
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
