//! Attachments beside the pages: copied once, named by the digest of their content.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hutong_media::{
    Expected, Family, MediaType, Tools, pixel_size, playable, sniff, voice_duration_ms,
};
use hutong_model::{Attachment, Digest};
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::Digest as _;

use crate::paint::{Form, Held, Inline, Placed, Shelf};
use crate::{Blobs, WriteError};

/// Folder of attachments inside an export.
pub(crate) const MEDIA_FOLDER: &str = "media";

/// So many first bytes are looked at to tell what a file is and how large a picture.
const HEAD_BYTES: u64 = 256 * 1024;

/// Longer voices are copied as they are; a minute of SILK is some 200 KB.
const MAX_VOICE_BYTES: u64 = 16 * 1024 * 1024;

/// Copies attachments.
pub(crate) struct Attachments<'a> {
    blobs: &'a dyn Blobs,
    /// The media folder; absent when attachments are not wanted.
    folder: Option<PathBuf>,
    /// What leads from a page to the media folder: empty, or `../`.
    prefix: &'static str,
    inline_up_to: Option<u64>,
    /// Copies by the digest of the original, and by whether it was a voice.
    by_digest: FxHashMap<(Digest, bool), Rc<Held>>,
    written: FxHashSet<String>,
    /// Files and bytes written.
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) inlined: u64,
    pub(crate) missing: u64,
}

impl<'a> Attachments<'a> {
    /// `folder` is made when the first attachment comes; without one nothing is copied.
    pub(crate) fn new(
        blobs: &'a dyn Blobs,
        folder: Option<PathBuf>,
        prefix: &'static str,
        inline_up_to: Option<u64>,
    ) -> Self {
        Self {
            blobs,
            folder,
            prefix,
            inline_up_to,
            by_digest: FxHashMap::default(),
            written: FxHashSet::default(),
            files: 0,
            bytes: 0,
            inlined: 0,
            missing: 0,
        }
    }

    /// Copies the attachment, unless equal content was copied before; a voice as a WAV file where it can be decoded.
    fn copy_once(&mut self, attachment: &Attachment, is_voice: bool) -> Result<Placed, WriteError> {
        let Some(folder) = self.folder.clone() else {
            return Ok(if attachment.is_present() {
                Placed::LeftOut
            } else {
                Placed::Missing
            });
        };
        if let Some(known) = attachment
            .sha256
            .and_then(|digest| self.by_digest.get(&(digest, is_voice)))
        {
            return Ok(Placed::Held(Rc::clone(known)));
        }
        let placed = match self.blobs.open(attachment) {
            Ok(Some(content)) if is_voice => match play(content) {
                Ok((mut content, duration_ms)) => {
                    self.copy(&folder, attachment, duration_ms, &mut *content)?
                }
                Err(_) => None,
            },
            Ok(Some(mut content)) => self.copy(&folder, attachment, None, &mut *content)?,
            Ok(None) | Err(_) => None,
        };
        if placed.is_none() {
            self.missing += 1;
        }
        if let (Some(digest), Some(Placed::Held(held))) = (attachment.sha256, &placed) {
            self.by_digest.insert((digest, is_voice), Rc::clone(held));
        }
        Ok(placed.unwrap_or(Placed::Missing))
    }

    fn copy(
        &mut self,
        folder: &Path,
        attachment: &Attachment,
        duration_ms: Option<u64>,
        content: &mut dyn Read,
    ) -> Result<Option<Placed>, WriteError> {
        let mut head = Vec::new();
        if content.take(HEAD_BYTES).read_to_end(&mut head).is_err() {
            return Ok(None);
        }
        let media_type = sniff(&head);
        let pixels = pixel_size(&head);

        if let (Some(limit), Some(media_type)) = (self.inline_up_to, media_type)
            && media_type.family() == Family::Image
            && media_type.plays_in_browsers()
        {
            let rest = (limit + 1).saturating_sub(head.len() as u64);
            if content.take(rest).read_to_end(&mut head).is_err() {
                return Ok(None);
            }
            if head.len() as u64 <= limit {
                self.inlined += 1;
                return Ok(Some(Placed::Inline(Rc::new(Inline {
                    media_type,
                    pixels,
                    content: head,
                }))));
            }
        }

        fs::create_dir_all(folder).map_err(WriteError::at(folder))?;
        let temporary = folder.join(".part");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary);
        let mut file = file.map_err(WriteError::at(&temporary))?;
        let copied = copy_hashing(&head, content, &mut file).map_err(WriteError::at(&temporary))?;
        drop(file);
        let Some((bytes, digest)) = copied else {
            fs::remove_file(&temporary).map_err(WriteError::at(&temporary))?;
            return Ok(None);
        };

        let name = format!(
            "{digest}.{}",
            extension(media_type, attachment.name.as_deref())
        );
        if self.written.insert(name.clone()) {
            let path = folder.join(&name);
            fs::rename(&temporary, &path).map_err(WriteError::at(&path))?;
            self.files += 1;
            self.bytes += bytes;
        } else {
            fs::remove_file(&temporary).map_err(WriteError::at(&temporary))?;
        }
        Ok(Some(Placed::Held(Rc::new(Held {
            address: format!("{}{MEDIA_FOLDER}/{name}", self.prefix),
            small: None,
            extension: name
                .rsplit_once('.')
                .map_or_else(String::new, |(_, extension)| extension.to_owned()),
            media_type,
            pixels,
            duration_ms,
            bytes: Some(bytes),
        }))))
    }
}

impl Shelf for Attachments<'_> {
    fn place(&mut self, attachment: &Attachment, form: Form) -> Result<Placed, WriteError> {
        self.copy_once(attachment, form == Form::Voice)
    }
}

/// An attachment on its way into a file of another program, in the form in which it can be shown.
pub(crate) struct Shown {
    /// What the bytes are, where that can be told.
    pub(crate) media_type: Option<MediaType>,
    /// Extension that fits the bytes, else the one that its name has.
    pub(crate) extension: String,
    content: Box<dyn Read>,
}

/// Contents up to this size are checked in memory before they are handed on, larger ones in a file without a name.
const IN_MEMORY_BYTES: u64 = 8 * 1024 * 1024;

/// Opens an attachment as it can be shown, a voice as a WAV file where it can be decoded; `None` when it is missing.
pub(crate) fn open_shown(
    blobs: &dyn Blobs,
    attachment: &Attachment,
    is_voice: bool,
) -> Option<Shown> {
    let mut content = blobs.open(attachment).ok().flatten()?;
    if is_voice {
        content = play(content).ok()?.0;
    }
    let mut head = Vec::new();
    (&mut content)
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .ok()?;
    let media_type = sniff(&head);
    Some(Shown {
        media_type,
        extension: extension(media_type, attachment.name.as_deref()),
        content: Box::new(Cursor::new(head).chain(content)),
    })
}

impl Shown {
    /// Its bytes, unless they are more than so many or cannot be read.
    pub(crate) fn up_to(self, limit: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.content.take(limit + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= limit).then_some(bytes)
    }

    /// Reads it to its end, so that nothing half-read is ever begun in a zip; gives the bytes and how many they are,
    /// or nothing when they cannot be read.
    pub(crate) fn whole(mut self) -> io::Result<Option<(u64, Box<dyn Read>)>> {
        let mut bytes = Vec::new();
        let begun = (&mut self.content)
            .take(IN_MEMORY_BYTES)
            .read_to_end(&mut bytes);
        if begun.is_err() {
            return Ok(None);
        }
        if (bytes.len() as u64) < IN_MEMORY_BYTES {
            return Ok(Some((bytes.len() as u64, Box::new(Cursor::new(bytes)))));
        }
        let mut file = tempfile::tempfile()?;
        match copy_hashing(&bytes, &mut *self.content, &mut file)? {
            None => Ok(None),
            Some((length, _)) => {
                file.rewind()?;
                Ok(Some((length, Box::new(file))))
            }
        }
    }
}

/// A voice as browsers play it, with its length; what cannot be decoded is handed on as it is.
pub(crate) fn play(mut content: Box<dyn Read>) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    let mut bytes = Vec::new();
    (&mut content)
        .take(MAX_VOICE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_VOICE_BYTES {
        return Ok((Box::new(Cursor::new(bytes).chain(content)), None));
    }
    let duration_ms = voice_duration_ms(&bytes);
    let decoded = match playable(&bytes, Expected::Voice, &Tools::default()) {
        Ok(voice) => voice.bytes.into_owned(),
        Err(_) => bytes,
    };
    Ok((Box::new(Cursor::new(decoded)), duration_ms))
}

/// Copies head and rest; `None` when the rest cannot be read.
fn copy_hashing(
    head: &[u8],
    rest: &mut dyn Read,
    to: &mut File,
) -> io::Result<Option<(u64, Digest)>> {
    let mut hasher = sha2::Sha256::new();
    hasher.update(head);
    to.write_all(head)?;
    let mut bytes = head.len() as u64;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(Some((bytes, Digest(hasher.finalize().into())))),
            Ok(count) => {
                let piece = buffer.get(..count).unwrap_or_default();
                hasher.update(piece);
                to.write_all(piece)?;
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(None),
        }
    }
}

/// Extension of the copy: what the bytes are, else what the name says.
///
/// Files that a browser would run as a page get a further `.txt`, so that a click shows them and does not start them.
fn extension(media_type: Option<MediaType>, name: Option<&str>) -> String {
    const ACTIVE: [&str; 20] = [
        "htm", "html", "xhtml", "xht", "shtml", "shtm", "svg", "svgz", "xml", "xsl", "xslt", "mht",
        "mhtml", "js", "mjs", "hta", "swf", "url", "lnk", "webloc",
    ];
    if let Some(found) =
        media_type.filter(|found| found.family() != Family::Other || *found == MediaType::Pdf)
    {
        return found.extension().to_owned();
    }
    let named = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.to_ascii_lowercase())
        .filter(|extension| {
            (1..=8).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    match named {
        Some(extension) if ACTIVE.contains(&extension.as_str()) => extension + ".txt",
        Some(extension) => extension,
        None => media_type.map_or("bin", MediaType::extension).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_named_for_what_it_is() {
        assert_eq!(extension(Some(MediaType::Png), Some("a.exe")), "png");
        assert_eq!(extension(Some(MediaType::Zip), Some("表.XLSX")), "xlsx");
        assert_eq!(extension(Some(MediaType::Zip), None), "zip");
        assert_eq!(extension(Some(MediaType::Zip), Some("a.html")), "html.txt");
        assert_eq!(extension(None, Some("a.svg")), "svg.txt");
        assert_eq!(extension(None, Some("a.b/../c")), "bin");
        assert_eq!(extension(None, Some("noextension")), "bin");
    }
}
