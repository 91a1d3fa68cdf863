//! Pictures and voices as single files: what they become when they are shown or played.

use std::sync::Arc;

use hutong_crypto::KeyRing;
use hutong_media::wxgf::{Kind, Wxgf};
use hutong_media::{Expected, ImageKey, MediaError, MediaType, Tools, playable, sniff};

/// Decodes the HEVC stream of a still wxgf picture into a picture that browsers show; `None` when it cannot.
pub type WxgfDecoder = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// A file in a form that other programs understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedMedia {
    /// The bytes; the original ones where nothing had to be done.
    pub bytes: Vec<u8>,
    /// What they are, as a media type.
    pub media_type: Option<&'static str>,
    /// The usual ending of a file of this kind.
    pub extension: Option<&'static str>,
    /// Length of a sound.
    pub duration_ms: Option<u64>,
    /// What should be said beside it, in English.
    pub note: Option<String>,
    /// Whether it was decoded at all.
    pub is_decoded: bool,
}

/// Decodes a single file: a `.dat` of WeChat, a voice in SILK or AMR, a wxgf picture. Other files come back as they are.
///
/// # Errors
/// When it is one of these and cannot be decoded; for a picture of WeChat 4 without its key.
pub fn decode_media(
    bytes: &[u8],
    keys: &KeyRing,
    wxgf: Option<&WxgfDecoder>,
) -> Result<DecodedMedia, MediaError> {
    let key = keys.image_key().map(|aes| {
        let key = ImageKey { aes, xor: None };
        match keys.image_xor() {
            Some(xor) => key.with_xor(xor),
            None => key,
        }
    });
    let image_keys: Vec<ImageKey> = key.into_iter().collect();
    let decode = |picture: &Wxgf<'_>| still(picture).and_then(|stream| wxgf?(stream));
    let tools = Tools {
        image_keys: &image_keys,
        decode_wxgf: Some(&decode),
    };
    let expected = match sniff(bytes) {
        Some(MediaType::Silk | MediaType::Amr | MediaType::AmrWb) => Expected::Voice,
        Some(_) => Expected::Other,
        None => Expected::WechatPicture,
    };
    let found = playable(bytes, expected, &tools)?;
    Ok(DecodedMedia {
        is_decoded: *found.bytes != *bytes,
        media_type: found.media_type.map(MediaType::as_str),
        extension: found.media_type.map(MediaType::extension),
        duration_ms: found.duration_ms,
        note: found.note.map(|note| note.to_string()),
        bytes: found.bytes.into_owned(),
    })
}

/// The stream of a picture that does not move.
pub(crate) fn still<'a>(picture: &Wxgf<'a>) -> Option<&'a [u8]> {
    match &picture.kind {
        Kind::Still(stream) => Some(stream),
        Kind::Animation { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_behind_one_byte_comes_out_and_others_stay() {
        let picture: Vec<u8> = [0xFF, 0xD8, 0xFF, 0xE0, 0, 16]
            .into_iter()
            .chain(*b"JFIF\0")
            .chain((0..200).map(|number| number ^ 0x35))
            .chain([0xFF, 0xD9])
            .collect();
        let hidden: Vec<u8> = picture.iter().map(|byte| byte ^ 0x5C).collect();
        let decoded = decode_media(&hidden, &KeyRing::new(), None).unwrap();
        assert_eq!(decoded.bytes, picture);
        assert!(decoded.is_decoded);
        assert_eq!(decoded.extension, Some("jpg"));
        let same = decode_media(&picture, &KeyRing::new(), None).unwrap();
        assert!(!same.is_decoded);
        assert_eq!(same.bytes, picture);
        assert!(decode_media(b"nothing of the kind", &KeyRing::new(), None).is_err());
    }
}
