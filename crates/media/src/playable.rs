//! One question for everybody who shows, plays or exports something: what do these bytes become?

use std::borrow::Cow;

use crate::dat::{self, DatError};
use crate::{ImageKey, MediaType, Sound, SoundError, amr, silk, sniff, wxgf};

/// What the message says that the bytes are.
///
/// Only what is expected is decoded: somebody who sent a `.silk` file as a file gets that file back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// A picture in WeChat's `.dat` form.
    WechatPicture,
    /// A voice message.
    Voice,
    /// Anything else.
    Other,
}

/// Decodes a wxgf picture, for instance by the system's decoder of HEVC; `None` when it cannot.
pub type DecodeWxgf<'a> = &'a dyn Fn(&wxgf::Wxgf<'_>) -> Option<Vec<u8>>;

/// What the caller has to decode with.
#[derive(Clone, Copy, Default)]
pub struct Tools<'a> {
    /// Keys of WeChat's pictures; each is tried.
    pub image_keys: &'a [ImageKey],
    /// A decoder for wxgf pictures; without one they stay as they are.
    pub decode_wxgf: Option<DecodeWxgf<'a>>,
}

impl std::fmt::Debug for Tools<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tools")
            .field("image_keys", &self.image_keys)
            .field("decode_wxgf", &self.decode_wxgf.is_some())
            .finish()
    }
}

/// Bytes in a form that other programs understand, as far as that can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playable<'a> {
    /// The bytes; the original ones where nothing had to be done.
    pub bytes: Cow<'a, [u8]>,
    /// What they are now.
    pub media_type: Option<MediaType>,
    /// Length of a sound.
    pub duration_ms: Option<u64>,
    /// What should be said beside it.
    pub note: Option<Note>,
}

/// Something about a picture or sound that a reader should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// A wxgf picture stays as it is, because no decoder for HEVC was given.
    NeedsHevc,
    /// The original ends too early; what was there is shown.
    Truncated,
    /// So many pieces of the sound were damaged and are filled in.
    Damaged(u32),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NeedsHevc => f.write_str(
                "a picture in WeChat's own format (wxgf), kept as it is; showing it takes a decoder for HEVC",
            ),
            Self::Truncated => f.write_str("the file ends too early; what was there is shown"),
            Self::Damaged(pieces) => write!(f, "{pieces} damaged pieces of the sound are filled in"),
        }
    }
}

/// Why bytes could not be brought into a form that other programs understand; the original ones are still good to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// See [`DatError`].
    #[error(transparent)]
    Picture(#[from] DatError),
    /// See [`SoundError`].
    #[error(transparent)]
    Voice(#[from] SoundError),
}

/// Brings bytes into a form that browsers show or play.
///
/// Pictures come out of their `.dat` form; voices in SILK or AMR become WAV; a wxgf picture becomes what the caller's decoder
/// makes of it, or stays. All else is handed back unchanged, and so is a voice that is already something that browsers play.
///
/// # Errors
/// When what is expected cannot be decoded. The original bytes are the best there is then.
pub fn playable<'a>(
    bytes: &'a [u8],
    expected: Expected,
    tools: &Tools<'_>,
) -> Result<Playable<'a>, MediaError> {
    match expected {
        Expected::WechatPicture => Ok(picture(bytes, tools)?),
        Expected::Voice => Ok(voice(bytes)?),
        Expected::Other => Ok(shown(Cow::Borrowed(bytes), tools)),
    }
}

fn picture<'a>(bytes: &'a [u8], tools: &Tools<'_>) -> Result<Playable<'a>, DatError> {
    // Most files need no key, and a file without one says which error counts.
    let mut image = dat::decode(bytes, None);
    for key in tools.image_keys {
        if image.is_ok() {
            break;
        }
        let with_key = dat::decode(bytes, Some(key));
        if with_key.is_ok() || image == Err(DatError::NeedsKey) {
            image = with_key;
        }
    }
    let image = image?;
    let truncated = image.is_truncated.then_some(Note::Truncated);
    let mut playable = shown(Cow::Owned(image.bytes), tools);
    playable.note = playable.note.or(truncated);
    Ok(playable)
}

/// Bytes that need no decoding, except that a decoder for wxgf may be there.
fn shown<'a>(bytes: Cow<'a, [u8]>, tools: &Tools<'_>) -> Playable<'a> {
    let media_type = sniff(&bytes);
    if media_type == Some(MediaType::Wxgf) {
        let decoded = tools
            .decode_wxgf
            .and_then(|decode| decode(&wxgf::parse(&bytes)?))
            .and_then(|decoded| {
                let media_type = sniff(&decoded).filter(|found| found.plays_in_browsers())?;
                Some((decoded, media_type))
            });
        return match decoded {
            Some((decoded, media_type)) => Playable {
                bytes: Cow::Owned(decoded),
                media_type: Some(media_type),
                duration_ms: None,
                note: None,
            },
            None => Playable {
                bytes,
                media_type,
                duration_ms: None,
                note: Some(Note::NeedsHevc),
            },
        };
    }
    Playable {
        bytes,
        media_type,
        duration_ms: None,
        note: None,
    }
}

fn voice(bytes: &[u8]) -> Result<Playable<'_>, SoundError> {
    let sound = match sniff(bytes) {
        Some(MediaType::Silk) => silk::decode(bytes)?,
        Some(MediaType::Amr | MediaType::AmrWb) => amr::decode(bytes)?,
        None if amr::is_bare(bytes) => amr::decode_bare(bytes)?,
        media_type => {
            return Ok(Playable {
                bytes: Cow::Borrowed(bytes),
                media_type,
                duration_ms: None,
                note: None,
            });
        }
    };
    Ok(Playable {
        duration_ms: Some(sound.duration_ms()),
        note: note(&sound),
        media_type: Some(MediaType::Wav),
        bytes: Cow::Owned(sound.to_wav()),
    })
}

fn note(sound: &Sound) -> Option<Note> {
    match (sound.damaged_frames, sound.is_truncated) {
        (0, false) => None,
        (0, true) => Some(Note::Truncated),
        (pieces, _) => Some(Note::Damaged(pieces)),
    }
}

/// Length of a SILK or AMR voice, counted without decoding it; `None` for other bytes.
#[must_use]
pub fn voice_duration_ms(bytes: &[u8]) -> Option<u64> {
    silk::duration_ms(bytes)
        .or_else(|| amr::duration_ms(bytes))
        .or_else(|| {
            sniff(bytes)
                .is_none()
                .then(|| amr::bare_duration_ms(bytes))?
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILK: &[u8] = include_bytes!("../fixtures/voice/silk-24khz-tencent.silk");
    const AMR: &[u8] = include_bytes!("../fixtures/voice/amr-narrow-12.2.amr");
    const WIDE: &[u8] = include_bytes!("../fixtures/voice/amr-wide-12.65.amr");
    const BARE: &[u8] = include_bytes!("../fixtures/voice/amr-without-header.aud");
    const WXGF: &[u8] = b"wxgf\x05\0\0\0\x08\0\0\0\x01\x40\x01\x0c\x01";
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x40\0\0\0\xf0";

    fn become_of(bytes: &[u8], expected: Expected) -> Playable<'_> {
        playable(bytes, expected, &Tools::default()).unwrap()
    }

    #[test]
    fn voices_of_every_kind_become_wav() {
        for (bytes, rate) in [
            (SILK, 24_000_u32),
            (AMR, 8000),
            (WIDE, 16_000),
            (BARE, 8000),
        ] {
            let voice = become_of(bytes, Expected::Voice);
            assert_eq!(voice.media_type, Some(MediaType::Wav));
            assert_eq!((voice.duration_ms, voice.note), (Some(1500), None));
            assert_eq!(voice_duration_ms(bytes), Some(1500));
            assert_eq!(voice.bytes.get(24..28), Some(&rate.to_le_bytes()[..]));
            assert_eq!(voice.bytes.len(), 44 + rate as usize * 3);
        }
    }

    #[test]
    fn a_file_that_happens_to_be_a_voice_stays_itself() {
        for bytes in [SILK, AMR, BARE, PNG, b"".as_slice()] {
            let same = become_of(bytes, Expected::Other);
            assert_eq!(same.bytes, bytes);
            assert_eq!(same.media_type, sniff(bytes));
        }
        // A voice may already be in another form.
        let mp3 = b"ID3\x03\0\0\0\0\0\0";
        let same = become_of(mp3, Expected::Voice);
        assert_eq!(
            (&*same.bytes, same.media_type),
            (&mp3[..], Some(MediaType::Mp3))
        );
    }

    #[test]
    fn damage_is_told() {
        let cut = become_of(&SILK[..SILK.len() - 5], Expected::Voice);
        assert_eq!(cut.note, Some(Note::Truncated));
        let nothing = playable(b"#!SILK_V3", Expected::Voice, &Tools::default());
        assert_eq!(nothing, Err(MediaError::Voice(SoundError::NoSound)));
        let damaged = [SILK, b"\x01\0\0\x01\0\0"].concat();
        assert_eq!(
            become_of(&damaged, Expected::Voice).note,
            Some(Note::Damaged(2))
        );
    }

    #[test]
    fn pictures_come_out_of_their_dat_form() {
        let wrapped: Vec<u8> = PNG.iter().map(|value| value ^ 0x5a).collect();
        let picture = become_of(&wrapped, Expected::WechatPicture);
        assert_eq!(picture.bytes, PNG);
        assert_eq!(picture.media_type, Some(MediaType::Png));
        assert_eq!(become_of(&wrapped, Expected::Other).bytes, wrapped);
        let locked = b"\x07\x08V2\x08\x07\x10\0\0\0\0\0\0\0\x010123456789abcdef0123456789abcdef";
        let key = ImageKey::parse("cfcd208495d565ef").unwrap();
        let with = |keys: &[ImageKey]| {
            let tools = Tools {
                image_keys: keys,
                decode_wxgf: None,
            };
            playable(locked, Expected::WechatPicture, &tools).unwrap_err()
        };
        assert_eq!(with(&[]), MediaError::Picture(DatError::NeedsKey));
        assert_eq!(with(&[key]), MediaError::Picture(DatError::WrongKey));
    }

    #[test]
    fn a_wxgf_picture_stays_unless_a_decoder_is_there() {
        let kept = become_of(WXGF, Expected::WechatPicture);
        assert_eq!(kept.bytes, WXGF);
        assert_eq!(kept.media_type.map(MediaType::as_str), Some("image/x-wxgf"));
        assert_eq!(kept.note, Some(Note::NeedsHevc));

        let decode = |_: &wxgf::Wxgf<'_>| Some(PNG.to_vec());
        let tools = Tools {
            image_keys: &[],
            decode_wxgf: Some(&decode),
        };
        let decoded = playable(WXGF, Expected::WechatPicture, &tools).unwrap();
        assert_eq!((&*decoded.bytes, decoded.note), (PNG, None));

        // What is no picture is not believed.
        let lie = |_: &wxgf::Wxgf<'_>| Some(b"<script>".to_vec());
        let tools = Tools {
            decode_wxgf: Some(&lie),
            ..tools
        };
        let kept = playable(WXGF, Expected::Other, &tools).unwrap();
        assert_eq!((&*kept.bytes, kept.note), (WXGF, Some(Note::NeedsHevc)));
    }
}
