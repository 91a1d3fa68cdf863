//! The bytes of attachments as they can be shown: pictures out of their `.dat` form.

use std::io::{Cursor, Read};
use std::sync::{Mutex, PoisonError};

use hutong_archive::{Archive, ArchiveError, Blobs};
use hutong_media::{Expected, ImageKey, Tools, playable};
use hutong_model::Attachment;

use crate::media_decode::{WxgfDecoder, still};

/// Pictures larger than this are not decoded in memory.
const MAX_PICTURE_BYTES: u64 = 256 * 1024 * 1024;

/// Hands out attachments from an archive.
pub struct ArchiveBlobs {
    blobs: Mutex<Blobs>,
    keys: Vec<ImageKey>,
    wxgf: Option<WxgfDecoder>,
}

impl std::fmt::Debug for ArchiveBlobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveBlobs").finish_non_exhaustive()
    }
}

impl ArchiveBlobs {
    /// The attachments of an archive, with the picture keys that the user gave at import. `wxgf` decodes what needs a
    /// decoder of HEVC.
    ///
    /// # Errors
    /// When the archive cannot be read.
    pub fn new(archive: &Archive, wxgf: Option<WxgfDecoder>) -> Result<Self, ArchiveError> {
        let bytes_of = |secrets: &[(String, Vec<u8>)], owner: &str| {
            secrets
                .iter()
                .find(|(known, _)| known == owner)
                .and_then(|(_, value)| value.first().copied())
        };
        let xors = archive.secrets("image_xor")?;
        let keys = archive
            .secrets("image_key")?
            .into_iter()
            .filter_map(|(owner, value)| {
                let key = ImageKey {
                    aes: value.try_into().ok()?,
                    xor: None,
                };
                Some(match bytes_of(&xors, &owner) {
                    Some(xor) => key.with_xor(xor),
                    None => key,
                })
            })
            .collect();
        Ok(Self {
            blobs: Mutex::new(archive.blobs()?),
            keys,
            wxgf,
        })
    }

    /// A picture out of its `.dat` form; the original where that cannot be had.
    fn show(&self, bytes: Vec<u8>) -> Vec<u8> {
        let decode = |picture: &hutong_media::wxgf::Wxgf<'_>| {
            still(picture).and_then(|stream| self.wxgf.as_ref()?(stream))
        };
        let tools = Tools {
            image_keys: &self.keys,
            decode_wxgf: Some(&decode),
        };
        match playable(&bytes, Expected::WechatPicture, &tools) {
            Ok(picture) => picture.bytes.into_owned(),
            Err(_) => bytes,
        }
    }
}

impl hutong_sinks::Blobs for ArchiveBlobs {
    fn open(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        let Some(sha256) = &attachment.sha256 else {
            return Ok(None);
        };
        let opened = self
            .blobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open(sha256)
            .map_err(std::io::Error::other)?;
        let Some(mut reader) = opened else {
            return Ok(None);
        };
        let is_dat = attachment.media_type.as_deref() == Some(hutong_media::dat::MEDIA_TYPE);
        if !is_dat
            || attachment
                .size_bytes
                .is_some_and(|size| size > MAX_PICTURE_BYTES)
        {
            return Ok(Some(reader));
        }
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(Some(Box::new(Cursor::new(self.show(bytes)))))
    }
}
