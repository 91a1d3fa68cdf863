//! Importing: one input into the archive, once.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hutong_archive::{
    Archive, ArchiveError, AttachmentMode, ImportReport, ImportWriter, Progress, ReportFile,
    WriteOptions,
};
use hutong_crypto::KeyRing;
use hutong_model::{At, Content, Origin, Problem, ProblemKind, Record, Sink, Stop};
use hutong_sources::{FileContent, ReadError, ReadOptions};

use crate::{Error, FoundInput};

/// What to import and how.
pub struct ImportRequest<'a> {
    /// The input.
    pub found: &'a FoundInput,
    /// Keys and passwords.
    pub keys: KeyRing,
    /// The keys as the user gave them; only a digest of it is kept, to tell whether an earlier import used the same.
    pub key_text: &'a str,
    /// The owner's native id, where the user names it.
    pub account: Option<String>,
    /// Keep each original row.
    pub keep_raw: bool,
    /// What happens to attachments.
    pub attachments: AttachmentMode,
    /// IANA name of the zone of times without one.
    pub zone: Option<String>,
    /// Read even if nothing has changed since the last time.
    pub again: bool,
    /// Only count what would be new.
    pub dry_run: bool,
    /// Clock, milliseconds since 1970.
    pub now_ms: &'a dyn Fn() -> i64,
    /// Seen and steered from outside.
    pub progress: Arc<Progress>,
}

impl std::fmt::Debug for ImportRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportRequest")
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

/// The archive to import into: open already, or to be made when the first record comes, so that an input that
/// cannot be read leaves no empty archive behind.
#[expect(
    clippy::large_enum_variant,
    reason = "one value for each command; nothing is gained by a pointer"
)]
pub enum ArchiveAccess<'a> {
    /// There is one.
    Open(Archive),
    /// There will be one.
    Create(Box<dyn FnMut() -> Result<Archive, ArchiveError> + 'a>),
}

impl std::fmt::Debug for ArchiveAccess<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::Create(_) => "Create",
        })
    }
}

impl ArchiveAccess<'_> {
    /// The archive, if there is one.
    #[must_use]
    pub const fn archive(&self) -> Option<&Archive> {
        match self {
            Self::Open(archive) => Some(archive),
            Self::Create(_) => None,
        }
    }

    fn open(&mut self) -> Result<&mut Archive, ArchiveError> {
        if let Self::Create(make) = self {
            *self = Self::Open(make()?);
        }
        match self {
            Self::Open(archive) => Ok(archive),
            Self::Create(_) => Err(ArchiveError::WriterStopped(
                "the archive was not made".to_owned(),
            )),
        }
    }
}

/// Imports one input. The report says what was read, added, known and rejected; it is kept in the archive.
///
/// An input whose files have the very bytes of an earlier complete import is not read again.
///
/// # Errors
/// [`Error::Read`] when the input cannot be read, [`Error::Cancelled`] when the user stopped it; what was committed
/// until then stays, and the next import goes on from there.
pub fn import(
    access: &mut ArchiveAccess<'_>,
    request: &ImportRequest<'_>,
) -> Result<ImportReport, Error> {
    let found = request.found;
    let mut report = ImportReport {
        source: found.source.about().id.to_owned(),
        input: found.path.to_string_lossy().into_owned(),
        started_at_ms: (request.now_ms)(),
        ..ImportReport::default()
    };
    // What does not open now is told by the reading itself.
    let _ = found.input.unlock(&request.keys);
    let paths = found.source.files(&found.input);
    let contents: Vec<_> = paths
        .into_iter()
        .filter_map(|path| Some((found.input.content(&path)?, path)))
        .collect();
    // Digesting takes as long as a twentieth of reading: only an input that may be unchanged waits for it.
    let mut digests = None;
    if !request.again
        && !request.dry_run
        && let Some(archive) = access.archive()
        && may_be_unchanged(archive, &contents)?
    {
        let files = digest_files(&contents, &found.path, &AtomicBool::new(false))?;
        if let Some(earlier) = archive.find_import(&fingerprint(request, &files))? {
            report.files = files;
            return Ok(unchanged(archive, report, &earlier, request)?);
        }
        digests = Some(files);
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let digesting = scope
            .spawn(|| digests.map_or_else(|| digest_files(&contents, &found.path, &is_over), Ok));
        let result = read_into(access, request, report, || {
            digesting.join().unwrap_or_else(|_| {
                Err(Error::Archive(ArchiveError::WriterStopped(
                    "digesting panicked".to_owned(),
                )))
            })
        });
        is_over.store(true, Ordering::Relaxed);
        result
    })
}

/// Reads the input into the archive; `digests` waits for the digests of its files.
fn read_into(
    access: &mut ArchiveAccess<'_>,
    request: &ImportRequest<'_>,
    mut report: ImportReport,
    digests: impl FnOnce() -> Result<Vec<ReportFile>, Error>,
) -> Result<ImportReport, Error> {
    let found = request.found;
    let options = ReadOptions {
        keys: request.keys.clone(),
        account: request.account.clone(),
        keep_raw: request.keep_raw,
        locate_attachments: request.attachments != AttachmentMode::None,
        zone: request.zone.clone(),
    };
    let mut sink = LateSink {
        access,
        report: &mut report,
        request,
        import: None,
        failure: None,
    };
    let read = found.source.read(&found.input, &options, &mut sink);
    if read.is_ok() && sink.import.is_some() {
        for note in found.input.notes() {
            // The receiver has everything; if it cannot take a note it says so when it is ended.
            let _ = sink.problem(Problem {
                origin: Origin::new(&found.input.folder_name(), "", At::Whole),
                kind: ProblemKind::Note,
                reason: note,
            });
        }
    }
    let (import, failure) = (sink.import.take(), sink.failure.take());
    if let Some(failure) = failure {
        return Err(Error::Archive(failure));
    }
    report.is_complete = read.is_ok();
    if read.is_ok() {
        report.files = digests()?;
    }
    let fingerprint = fingerprint(request, &report.files);
    report.finished_at_ms = Some((request.now_ms)());
    if let Ok(summary) = &read {
        report.rows_read = summary.rows_read;
    }
    let is_steady = matches!(&read, Ok(summary) if !summary.changed_while_reading);
    if let (Some(import), ArchiveAccess::Open(archive)) = (import, access) {
        let fingerprint = (is_steady && !request.dry_run).then_some(fingerprint.as_slice());
        archive.finish_import(import, &mut report, fingerprint)?;
    }
    match read {
        Ok(_) => Ok(report),
        Err(ReadError::Stopped(Stop::Cancelled)) => Err(Error::Cancelled),
        Err(ReadError::Stopped(Stop::Failed(error))) => {
            Err(match error.downcast::<ArchiveError>() {
                Ok(error) => Error::Archive(*error),
                Err(other) => Error::Archive(ArchiveError::WriterStopped(other.to_string())),
            })
        }
        Err(source) => Err(Error::Read {
            input: found.path.clone(),
            source,
        }),
    }
}

/// The report of an input that has not changed.
fn unchanged(
    archive: &Archive,
    mut report: ImportReport,
    earlier: &ImportReport,
    request: &ImportRequest<'_>,
) -> Result<ImportReport, ArchiveError> {
    report.is_complete = true;
    report.is_unchanged = true;
    report.rows_read = earlier.rows_read;
    report.rejected = earlier.rejected;
    report.known = earlier.rows_read - earlier.rejected.min(earlier.rows_read);
    report.conversations = earlier.conversations;
    report.accounts = earlier.accounts;
    report.blobs = earlier.blobs;
    report.blobs_missing = earlier.blobs_missing;
    report.finished_at_ms = Some((request.now_ms)());
    archive.note_import(&mut report)?;
    Ok(report)
}

/// Whether an earlier import read files of the same names and sizes.
fn may_be_unchanged(
    archive: &Archive,
    contents: &[(FileContent, String)],
) -> Result<bool, ArchiveError> {
    let sizes: Vec<_> = contents
        .iter()
        .map(|(content, path)| (path.as_str(), content.size_bytes().ok()))
        .collect();
    Ok(archive.imports()?.iter().any(|earlier| {
        earlier.files.len() == sizes.len()
            && earlier
                .files
                .iter()
                .zip(&sizes)
                .all(|(file, (path, size))| file.path == *path && Some(file.size_bytes) == *size)
    }))
}

/// Digests the files; gives up when `is_over`.
fn digest_files(
    contents: &[(FileContent, String)],
    input: &Path,
    is_over: &AtomicBool,
) -> Result<Vec<ReportFile>, Error> {
    let mut files = Vec::new();
    let mut buffer = vec![0; 1 << 20];
    for (content, path) in contents {
        let failed = |source| Error::Io {
            path: input.join(path),
            source,
        };
        let mut reader = content.open().map_err(failed)?;
        let mut hasher = blake3::Hasher::new();
        let mut size_bytes = 0;
        loop {
            let count = reader.read(&mut buffer).map_err(failed)?;
            if count == 0 {
                break;
            }
            if is_over.load(Ordering::Relaxed) {
                return Ok(files);
            }
            size_bytes += count as u64;
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
        files.push(ReportFile {
            path: path.clone(),
            size_bytes,
            blake3: hasher.finalize().to_hex().to_string(),
        });
    }
    Ok(files)
}

/// Digest of everything that decides what an import gives.
fn fingerprint(request: &ImportRequest<'_>, files: &[ReportFile]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(request.found.source.about().id.as_bytes());
    add(request.key_text.trim().as_bytes());
    add(request.account.as_deref().unwrap_or_default().as_bytes());
    add(request.zone.as_deref().unwrap_or_default().as_bytes());
    add(&[u8::from(request.keep_raw), request.attachments as u8]);
    for file in files {
        add(file.path.as_bytes());
        add(file.blake3.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// Makes or opens the archive's writer when the first record comes.
struct LateSink<'r, 'a, 'b> {
    access: &'r mut ArchiveAccess<'a>,
    report: &'r mut ImportReport,
    request: &'r ImportRequest<'b>,
    import: Option<ImportWriter>,
    failure: Option<ArchiveError>,
}

impl LateSink<'_, '_, '_> {
    fn writer(&mut self) -> Result<&mut ImportWriter, Stop> {
        if self.import.is_none() {
            match self.begin() {
                Ok(import) => self.import = Some(import),
                Err(error) => {
                    self.failure = Some(error);
                    return Err(Stop::Cancelled);
                }
            }
        }
        self.import.as_mut().ok_or(Stop::Cancelled)
    }

    fn begin(&mut self) -> Result<ImportWriter, ArchiveError> {
        let options = WriteOptions {
            attachments: self.request.attachments,
            dry_run: self.request.dry_run,
        };
        let archive = self.access.open()?;
        if !self.request.dry_run {
            keep_image_key(archive, &self.request.keys, self.request.found)?;
        }
        archive.begin_import(self.report, options, self.request.progress.clone())
    }
}

/// Pictures of WeChat 4 are kept as they are; the key that shows them is kept with them.
fn keep_image_key(
    archive: &Archive,
    keys: &KeyRing,
    found: &FoundInput,
) -> Result<(), ArchiveError> {
    let owner = found.input.folder_name();
    if let Some(key) = keys.image_key() {
        archive.keep_secret(&owner, "image_key", &key)?;
    }
    if let Some(xor) = keys.image_xor() {
        archive.keep_secret(&owner, "image_xor", &[xor])?;
    }
    Ok(())
}

impl Sink for LateSink<'_, '_, '_> {
    fn record(&mut self, record: Record) -> Result<(), Stop> {
        self.writer()?.writer.record(record)
    }

    fn problem(&mut self, problem: Problem) -> Result<(), Stop> {
        self.writer()?.writer.problem(problem)
    }

    fn progress(&mut self, rows_read: u64, rows_expected: Option<u64>) -> Result<(), Stop> {
        self.report.rows_read = rows_read;
        match &mut self.import {
            Some(import) => import.writer.progress(rows_read, rows_expected),
            None => Ok(()),
        }
    }
}
