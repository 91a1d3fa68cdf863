//! Attachments as they are, under names that people know.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;

use hutong_archive::{Archive, ArchiveError};
use hutong_model::{Attachment, AttachmentState, Digest, NameTable, Part};
use hutong_sinks::{Blobs as _, FileNames};
use rustc_hash::FxHashSet;

use super::{PackRequest, check_stop, io_error};
use crate::export::conversations;
use crate::{ArchiveBlobs, Error};

/// So many first bytes tell what a file is.
const HEAD_BYTES: u64 = 4096;

/// Copies each content once. With pages beside them only films and files are copied, because pages hold the rest.
pub(super) fn copy(
    archive: &Archive,
    names: &NameTable,
    request: &PackRequest<'_>,
    blobs: &ArchiveBlobs,
    folder: &Path,
    is_alone: bool,
) -> Result<u64, Error> {
    let mut copied = Copied {
        request,
        blobs,
        folder,
        is_alone,
        known: FxHashSet::default(),
        names: FileNames::default(),
        missing: 0,
        failed: None,
    };
    let mut reader = archive.reader()?;
    for (conversation, _) in conversations(archive, names, &request.selection)? {
        reader.conversation::<ArchiveError>(
            conversation.id,
            request.selection.window(),
            &mut |message| {
                if request.selection.matches(&message) {
                    let day = request.zone.to_datetime(instant(message.sent_at.0)).date();
                    copied.parts(&message.parts, &day.to_string());
                }
                Ok(copied.failed.is_none())
            },
        )?;
        if let Some(error) = copied.failed.take() {
            return Err(error);
        }
    }
    Ok(copied.missing)
}

fn instant(milliseconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

struct Copied<'c> {
    request: &'c PackRequest<'c>,
    blobs: &'c ArchiveBlobs,
    folder: &'c Path,
    is_alone: bool,
    known: FxHashSet<Digest>,
    names: FileNames,
    missing: u64,
    failed: Option<Error>,
}

impl Copied<'_> {
    fn parts(&mut self, parts: &[Part], day: &str) {
        for part in parts {
            match part {
                Part::Quote(quote) => self.parts(&quote.parts, day),
                Part::Forward(forward) => {
                    for message in &forward.messages {
                        self.parts(&message.parts, day);
                    }
                }
                Part::File(_) | Part::Video(_) | Part::Image(_) | Part::Voice(_)
                    if self.is_alone || matches!(part, Part::File(_) | Part::Video(_)) =>
                {
                    let mut first = None;
                    part.for_each_attachment(&mut |attachment| {
                        first.get_or_insert(attachment);
                    });
                    if let Some(attachment) = first
                        && self.failed.is_none()
                        && let Err(error) = self.one(attachment, part.kind().as_str(), day)
                    {
                        self.failed = Some(error);
                    }
                }
                _ => {}
            }
        }
    }

    fn one(&mut self, attachment: &Attachment, kind: &str, day: &str) -> Result<(), Error> {
        check_stop(self.request.progress)?;
        let Some(digest) = attachment
            .sha256
            .filter(|_| attachment.state == AttachmentState::Stored)
        else {
            self.missing += 1;
            return Ok(());
        };
        if !self.known.insert(digest) {
            return Ok(());
        }
        let opened = self.blobs.open(attachment);
        let Ok(Some(mut content)) = opened else {
            self.missing += 1;
            return Ok(());
        };
        fs::create_dir_all(self.folder).map_err(|error| io_error(self.folder, error))?;
        let mut head = Vec::new();
        if (&mut *content)
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .is_err()
        {
            self.missing += 1;
            return Ok(());
        }
        let found = hutong_media::sniff(&head).map_or("bin", hutong_media::MediaType::extension);
        let named = attachment.name.as_deref().filter(|name| !name.is_empty());
        let (stem, extension) = named
            .and_then(|name| name.rsplit_once('.'))
            .filter(|(_, extension)| {
                (1..=8).contains(&extension.len())
                    && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
            .unwrap_or((named.unwrap_or(kind), found));
        let name = self.names.give(&format!("{day} {stem}"), extension);
        let path = self.folder.join(name);
        let mut file = File::create(&path).map_err(|error| io_error(&path, error))?;
        if !copy_all(&mut head.as_slice().chain(content), &mut file, &path)? {
            drop(file);
            fs::remove_file(&path).map_err(|error| io_error(&path, error))?;
            self.missing += 1;
        }
        Ok(())
    }
}

/// Copies to the end; `false` when the bytes cannot be read. A disk that takes no more is an error.
fn copy_all(from: &mut dyn Read, to: &mut File, path: &Path) -> Result<bool, Error> {
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(true),
            Ok(count) => to
                .write_all(buffer.get(..count).unwrap_or_default())
                .map_err(|error| io_error(path, error))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(false),
        }
    }
}
