//! Attachments: what is known of them, for pages, and their bytes, for `/media/…`.

mod range;
mod serve;
mod small;

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;

use hutong::media::MediaType;
use hutong::model::Digest;
use hutong::sinks::paint::{Facts, Form, MediaFacts};
use hutong::{Archive, ArchiveBlobs, ArchiveError, WxgfDecoder};

use crate::site::lock;

pub(crate) use serve::serve;
use small::Copies;

/// So many answers are remembered; some 10 MB.
const MAX_KNOWN: usize = 100_000;

/// The attachments of an open archive.
#[derive(Debug)]
pub(crate) struct Media {
    blobs: ArchiveBlobs,
    /// Facts never change for a digest, and pages ask for them again and again.
    known: Mutex<HashMap<(Digest, Form), Option<Facts>>>,
    copies: Copies,
}

impl Media {
    /// The attachments of an archive.
    pub(crate) fn new(archive: &Archive, wxgf: Option<WxgfDecoder>) -> Result<Self, ArchiveError> {
        Ok(Self {
            blobs: ArchiveBlobs::new(archive, wxgf)?,
            known: Mutex::default(),
            copies: Copies::default(),
        })
    }
}

impl Media {
    /// Takes note of what a picture became when it was decoded at last, where that is not what was promised.
    fn correct(&self, digest: Digest, form: Form, found: Option<MediaType>) {
        if let Some(Some(facts)) = lock(&self.known).get_mut(&(digest, form)) {
            facts.media_type = found;
        }
    }
}

impl MediaFacts for Media {
    fn facts(&self, digest: &Digest, form: Form) -> io::Result<Option<Facts>> {
        let key = (*digest, form);
        if let Some(facts) = lock(&self.known).get(&key) {
            return Ok(*facts);
        }
        let facts = self.blobs.facts(digest, form)?;
        let mut known = lock(&self.known);
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, facts);
        Ok(facts)
    }
}

/// The type under which bytes are handed to the browser: pictures, sound and film that it can show, and nothing else. What
/// could be a page or a script is bytes.
fn served_type(found: Option<MediaType>) -> Option<&'static str> {
    found
        .filter(|found| found.plays_in_browsers())
        .map(MediaType::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_browsers_show_has_a_type() {
        for bytes in [
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".as_slice(),
            b"<!doctype html><script>alert(1)</script>",
            b"%PDF-1.7",
            b"",
        ] {
            assert_eq!(served_type(hutong::media::sniff(bytes)), None);
        }
        assert_eq!(served_type(Some(MediaType::Png)), Some("image/png"));
        assert_eq!(served_type(Some(MediaType::Wav)), Some("audio/wav"));
    }
}
