//! Filling in attachments later, from another folder.

use std::io::Read;
use std::sync::Arc;

use hutong_archive::{
    Archive, ArchiveError, AttachmentMode, ImportReport, Progress, TimeWindow, WriteOptions,
};
use hutong_model::{
    At, Attachment, Content, ContentHandle, Message, Origin, OriginPlace, Record, Sink,
};
use hutong_sources::Input;
use md5::{Digest as _, Md5};
use rustc_hash::FxHashMap;

use crate::Error;

/// Files looked at, so that a whole disk is not indexed by mistake.
const MAX_FILES: usize = 5_000_000;
/// Folders inside folders.
const MAX_DEPTH: usize = 24;

/// What a probe found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeReport {
    /// Files in the folder.
    pub files: u64,
    /// Attachments that the archive lacked.
    pub missing: u64,
    /// Of those: found now.
    pub found: u64,
    /// The import that filled them in; absent when nothing was found or nothing was to be written.
    pub import: Option<i64>,
}

/// Looks in a folder (or archive) for the attachments that an archive lacks, and takes them in.
///
/// A file belongs to an attachment when its MD5 is the one that the messenger states, when its name begins with that
/// MD5, or when name and size (as far as stated) are the attachment's.
///
/// # Errors
/// When the folder cannot be read or the archive not be written.
pub fn media_probe(
    archive: &mut Archive,
    input: &Input,
    mode: AttachmentMode,
    now_ms: &dyn Fn() -> i64,
    progress: &Arc<Progress>,
) -> Result<ProbeReport, Error> {
    let mut files = Files::default();
    files.walk(input, "", 0);
    let mut report = ProbeReport {
        files: files.paths.len() as u64,
        ..ProbeReport::default()
    };
    let mut import_report = ImportReport {
        source: "media_probe".to_owned(),
        input: input.root().to_string_lossy().into_owned(),
        started_at_ms: now_ms(),
        ..ImportReport::default()
    };
    let mut chats: Vec<_> = archive.conversation_stats()?.into_keys().collect();
    chats.sort_unstable();
    let place = Arc::new(OriginPlace {
        input: input.folder_name(),
        table: String::new(),
    });
    let mut writer = None;
    for chat in chats {
        let mut reader = archive.reader()?;
        reader.conversation::<Error>(chat, TimeWindow::default(), &mut |mut message| {
            if progress.stop.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Error::Cancelled);
            }
            let (missing, found) = fill(&mut message, &mut files, input);
            report.missing += missing;
            report.found += found;
            if found > 0 && mode != AttachmentMode::None {
                if writer.is_none() {
                    let options = WriteOptions {
                        attachments: mode,
                        dry_run: false,
                    };
                    writer = Some(archive.begin_import(
                        &mut import_report,
                        options,
                        progress.clone(),
                    )?);
                }
                message.origin = Origin {
                    place: Arc::clone(&place),
                    at: At::Whole,
                };
                import_report.rows_read += 1;
                if let Some(writer) = &mut writer {
                    writer
                        .writer
                        .record(Record::Message(Box::new(message)))
                        .map_err(|stop| {
                            Error::Archive(ArchiveError::WriterStopped(stop.to_string()))
                        })?;
                }
            }
            Ok(true)
        })?;
    }
    if let Some(writer) = writer {
        import_report.is_complete = true;
        import_report.finished_at_ms = Some(now_ms());
        archive.finish_import(writer, &mut import_report, None)?;
        report.import = Some(import_report.number);
    }
    Ok(report)
}

/// Gives the missing attachments of a message their content; says how many were missing and how many were found.
fn fill(message: &mut Message, files: &mut Files, input: &Input) -> (u64, u64) {
    let (mut missing, mut found) = (0, 0);
    for part in &mut message.parts {
        let Ok(()) = part.try_for_each_attachment_mut(&mut |attachment| -> Result<
            (),
            std::convert::Infallible,
        > {
            if attachment.is_present() || *attachment == Attachment::default() {
                return Ok(());
            }
            missing += 1;
            if let Some(path) = files.find(attachment, input)
                && let Some(content) = input.content(&path)
            {
                found += 1;
                attachment.path = Some(path);
                attachment.content = Some(ContentHandle(Arc::new(content)));
            }
            Ok(())
        });
    }
    (missing, found)
}

/// The files of a folder, by name and size.
#[derive(Default)]
struct Files {
    paths: Vec<String>,
    by_name: FxHashMap<String, Vec<usize>>,
    /// By the first 32 characters of the name, where these are hexadecimal.
    by_digest: FxHashMap<String, Vec<usize>>,
    by_size: FxHashMap<u64, Vec<usize>>,
    md5: FxHashMap<usize, Option<String>>,
}

impl Files {
    fn walk(&mut self, input: &Input, folder: &str, depth: usize) {
        for name in input.file_names(folder) {
            if self.paths.len() >= MAX_FILES {
                return;
            }
            let path = join(folder, &name);
            let number = self.paths.len();
            let lower = name.to_lowercase();
            if let Some(digest) = lower
                .get(..32)
                .filter(|head| head.bytes().all(|byte| byte.is_ascii_hexdigit()))
            {
                self.by_digest
                    .entry(digest.to_owned())
                    .or_default()
                    .push(number);
            }
            if let Some(size) = input.size_bytes(&path) {
                self.by_size.entry(size).or_default().push(number);
            }
            self.by_name.entry(lower).or_default().push(number);
            self.paths.push(path);
        }
        if depth < MAX_DEPTH {
            for name in input.folder_names(folder) {
                self.walk(input, &join(folder, &name), depth + 1);
            }
        }
    }

    fn find(&mut self, attachment: &Attachment, input: &Input) -> Option<String> {
        let digest = attachment
            .native_digest
            .as_deref()
            .map(str::to_lowercase)
            .filter(|digest| digest.len() == 32);
        let named = attachment.name.as_deref();
        let placed = attachment
            .path
            .as_deref()
            .and_then(|path| path.rsplit(['/', '\\']).next());
        let has_size = |files: &Self, number: &usize| {
            attachment.size_bytes.is_none_or(|size| {
                files
                    .by_size
                    .get(&size)
                    .is_some_and(|same| same.contains(number))
            })
        };
        if let Some(digest) = &digest {
            if let Some(size) = attachment.size_bytes
                && let Some(same) = self.by_size.get(&size).cloned()
                && let Some(number) = same
                    .into_iter()
                    .find(|number| self.md5_of(*number, input).as_ref() == Some(digest))
            {
                return self.paths.get(number).cloned();
            }
            // Originals are named by their digest alone; a thumbnail has a longer name.
            let by_name = self.by_digest.get(digest).and_then(|numbers| {
                numbers
                    .iter()
                    .filter_map(|number| self.paths.get(*number))
                    .min_by_key(|path| (path.rsplit('/').next().map_or(0, str::len), path.as_str()))
            });
            if let Some(path) = by_name {
                return Some(path.clone());
            }
        }
        for name in [named, placed].into_iter().flatten() {
            let Some(numbers) = self.by_name.get(&name.to_lowercase()).cloned() else {
                continue;
            };
            let mut fitting: Vec<usize> = numbers
                .into_iter()
                .filter(|number| has_size(self, number))
                .collect();
            if let Some(digest) = &digest {
                let exact = fitting
                    .iter()
                    .copied()
                    .find(|number| self.md5_of(*number, input).as_ref() == Some(digest));
                fitting = exact.into_iter().collect();
            }
            // Without a size or digest a name must be the only one of its kind.
            let is_sure = attachment.size_bytes.is_some() || digest.is_some() || fitting.len() == 1;
            if let (Some(number), true) = (fitting.first(), is_sure) {
                return self.paths.get(*number).cloned();
            }
        }
        None
    }

    fn md5_of(&mut self, number: usize, input: &Input) -> Option<String> {
        if let Some(known) = self.md5.get(&number) {
            return known.clone();
        }
        let digest = self
            .paths
            .get(number)
            .and_then(|path| input.content(path))
            .and_then(|content| md5_of(&content).ok());
        self.md5.insert(number, digest.clone());
        digest
    }
}

fn md5_of(content: &impl Content) -> std::io::Result<String> {
    let mut reader = content.open()?;
    let mut hasher = Md5::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(buffer.get(..count).unwrap_or_default());
    }
    Ok(hex::encode(hasher.finalize()))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
