//! The bytes of attachments as they can be shown: pictures out of their `.dat` form.

use std::borrow::Cow;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use hutong_archive::{Archive, ArchiveError, Blobs, ReadSeek};
use hutong_media::{
    Expected, ImageKey, MAX_NEEDED_BYTES, MediaType, SmallPicture, SmallSize, Tools, needed_bytes,
    pixel_size, playable, small_picture, sniff, voice_duration_ms,
};
use hutong_model::{Attachment, Digest};
use hutong_sinks::paint::{Facts, Form};

use crate::media_decode::{WxgfDecoder, still};

/// Pictures larger than this are not decoded in memory.
const MAX_PICTURE_BYTES: u64 = 256 * 1024 * 1024;

/// Longer voices are handed out as they are; a minute of SILK is some 200 KB.
const MAX_VOICE_BYTES: u64 = 16 * 1024 * 1024;

/// Larger files get no small copies.
const MAX_SMALL_BYTES: u64 = 48 * 1024 * 1024;

/// What a pixel of a wxgf picture takes while a small copy is made: decoded, packed as PNG, unpacked.
const WXGF_PIXEL_BYTES: u64 = 10;

/// So many first bytes are looked at to tell what a file is and how large a picture.
const HEAD_BYTES: u64 = 256 * 1024;

/// An attachment in the form in which it is shown.
pub struct ServedAttachment {
    /// What it is, as far as its beginning tells.
    pub media_type: Option<MediaType>,
    /// How many bytes it has.
    pub length: u64,
    /// Its bytes, from the beginning.
    pub bytes: Box<dyn ReadSeek>,
}

impl std::fmt::Debug for ServedAttachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedAttachment")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

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

    /// Bytes and length of a stored attachment, as it was read.
    fn stored(&self, digest: &Digest) -> io::Result<Option<(Box<dyn ReadSeek>, u64)>> {
        let opened = self
            .blobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open_seekable(digest)
            .map_err(io::Error::other)?;
        let Some(mut bytes) = opened else {
            return Ok(None);
        };
        let length = bytes.seek(SeekFrom::End(0))?;
        bytes.seek(SeekFrom::Start(0))?;
        Ok(Some((bytes, length)))
    }

    /// An attachment in one form; `None` when the archive does not hold it. What cannot be decoded comes as it is.
    ///
    /// # Errors
    /// When it should be there but cannot be read.
    pub fn serve(&self, digest: &Digest, form: Form) -> io::Result<Option<ServedAttachment>> {
        let Some((mut bytes, length)) = self.stored(digest)? else {
            return Ok(None);
        };
        let limit = match form {
            Form::Original => 0,
            Form::Voice => MAX_VOICE_BYTES,
            Form::Picture => MAX_PICTURE_BYTES,
        };
        if length > limit {
            let mut head = Vec::new();
            (&mut bytes)
                .take(hutong_media::HEAD_BYTES as u64)
                .read_to_end(&mut head)?;
            bytes.seek(SeekFrom::Start(0))?;
            return Ok(Some(ServedAttachment {
                media_type: sniff(&head),
                length,
                bytes,
            }));
        }
        let mut original = Vec::new();
        bytes.read_to_end(&mut original)?;
        let shown = match form {
            Form::Original => original,
            Form::Picture => self.show(original),
            Form::Voice => {
                let decoded = playable(&original, Expected::Voice, &Tools::default())
                    .map(|voice| voice.bytes.into_owned());
                decoded.unwrap_or(original)
            }
        };
        Ok(Some(ServedAttachment {
            media_type: sniff(&shown),
            length: shown.len() as u64,
            bytes: Box::new(Cursor::new(shown)),
        }))
    }

    /// What [`Self::serve`] would give, told from the beginning of the bytes where that is enough.
    ///
    /// # Errors
    /// When it should be there but cannot be read.
    pub fn facts(&self, digest: &Digest, form: Form) -> io::Result<Option<Facts>> {
        if form == Form::Picture {
            return self.picture_facts(digest);
        }
        let Some((mut bytes, length)) = self.stored(digest)? else {
            return Ok(None);
        };
        if form == Form::Voice && length <= MAX_VOICE_BYTES {
            let mut whole = Vec::new();
            bytes.read_to_end(&mut whole)?;
            // A length is told for what can be decoded, and only for that.
            let duration_ms = voice_duration_ms(&whole);
            return Ok(Some(Facts {
                media_type: match duration_ms {
                    Some(_) => Some(MediaType::Wav),
                    None => sniff(&whole),
                },
                pixels: None,
                duration_ms,
            }));
        }
        let mut head = Vec::new();
        (&mut bytes).take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Some(Facts {
            media_type: sniff(&head),
            pixels: pixel_size(&head),
            duration_ms: None,
        }))
    }

    /// How much memory it takes to make a small copy of a picture; `None` when there is none to be had.
    ///
    /// # Errors
    /// When the picture should be there but cannot be read.
    pub fn small_needs(&self, digest: &Digest, form: Form) -> io::Result<Option<u64>> {
        let Some((mut bytes, length)) = self.stored(digest)? else {
            return Ok(None);
        };
        if length > MAX_SMALL_BYTES || form == Form::Voice {
            return Ok(None);
        }
        let mut head = Vec::new();
        if form == Form::Original {
            bytes.take(HEAD_BYTES).read_to_end(&mut head)?;
            return Ok(needed_bytes(&head, length).ok());
        }
        bytes.read_to_end(&mut head)?;
        let shown = self.out_of_dat(&head);
        let needed = match (sniff(&shown), &self.wxgf) {
            // The decoder makes a PNG of it, whose length nobody knows yet.
            (Some(MediaType::Wxgf), Some(_)) => pixel_size(&shown)
                .map(|size| u64::from(size.width) * u64::from(size.height) * WXGF_PIXEL_BYTES),
            _ => needed_bytes(&shown, shown.len() as u64).ok(),
        };
        Ok(needed
            .map(|needed| needed + length)
            .filter(|needed| *needed <= MAX_NEEDED_BYTES))
    }

    /// Makes a small copy of a picture within so much memory; `None` when there is none to be had, and the picture itself is
    /// the best there is.
    ///
    /// # Errors
    /// When the picture should be there but cannot be read.
    pub fn small(
        &self,
        digest: &Digest,
        form: Form,
        size: SmallSize,
        allowed: u64,
    ) -> io::Result<Option<SmallPicture>> {
        let Some(served) = self.serve(digest, form)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        served.bytes.take(MAX_SMALL_BYTES).read_to_end(&mut bytes)?;
        Ok(small_picture(&bytes, size, allowed).ok().flatten())
    }

    /// A picture out of its `.dat` form, as far as that takes no other program.
    fn out_of_dat<'a>(&self, original: &'a [u8]) -> Cow<'a, [u8]> {
        let tools = Tools {
            image_keys: &self.keys,
            decode_wxgf: None,
        };
        match playable(original, Expected::WechatPicture, &tools) {
            Ok(picture) => picture.bytes,
            Err(_) => Cow::Borrowed(original),
        }
    }

    /// Pictures have to come out of their `.dat` form first; what then needs the system's decoder is not decoded to be told.
    fn picture_facts(&self, digest: &Digest) -> io::Result<Option<Facts>> {
        let Some((mut bytes, length)) = self.stored(digest)? else {
            return Ok(None);
        };
        if length > MAX_PICTURE_BYTES {
            return Ok(Some(Facts::default()));
        }
        let mut original = Vec::new();
        bytes.read_to_end(&mut original)?;
        let shown = self.out_of_dat(&original);
        let media_type = match (sniff(&shown), &self.wxgf) {
            // That is what the decoder makes of it, unless it moves.
            (Some(MediaType::Wxgf), Some(_))
                if hutong_media::wxgf::parse(&shown)
                    .is_some_and(|picture| still(&picture).is_some()) =>
            {
                Some(MediaType::Png)
            }
            (found, _) => found,
        };
        Ok(Some(Facts {
            media_type,
            pixels: pixel_size(&shown),
            duration_ms: None,
        }))
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
    fn original(&self, attachment: &Attachment) -> std::io::Result<Option<Box<dyn Read>>> {
        let Some(sha256) = &attachment.sha256 else {
            return Ok(None);
        };
        let opened = self
            .blobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open(sha256)
            .map_err(std::io::Error::other)?;
        Ok(opened.map(|bytes| -> Box<dyn Read> { bytes }))
    }

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
