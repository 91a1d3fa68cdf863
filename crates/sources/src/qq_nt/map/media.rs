//! Pictures, stickers, voices, films and files.

use hutong_model::{Attachment, File, Image, Part, Sticker, Video, Voice};

use super::super::decode::Media as Element;
use super::super::media::{Kind, Names};
use super::face::bare;
use super::{Mapper, Scope};

/// Sub type (45003) of pictures that are used as an expression.
const CUSTOM_STICKER: u64 = 1;
/// What QQ shows in place of any moving sticker; it says nothing about the meaning.
const ANY_STICKER: &str = "[动画表情]";
/// Bit of the row's sub type (40012) that sent stickers carry.
const STICKER_BIT: i64 = 0x1000;

/// The texts of a media element, as far as finding its file needs them.
struct Stated {
    name: Option<String>,
    md5: Option<String>,
    path: String,
}

impl Stated {
    fn names(&self) -> Names<'_> {
        Names {
            name: self.name.as_deref().unwrap_or_default(),
            md5: self.md5.as_deref().unwrap_or_default(),
            path: &self.path,
        }
    }
}

impl Mapper<'_> {
    pub(super) fn picture(&mut self, raw: &[u8], is_lone: &dyn Fn() -> bool, scope: Scope) -> Part {
        let element = Element::read(raw);
        let summary = self.field(element.summary);
        let is_sticker = element.sub == Some(CUSTOM_STICKER)
            || summary.as_deref() == Some(ANY_STICKER)
            || (scope.sub_kind & STICKER_BIT != 0 && scope.depth == 0 && is_lone());
        let stated = self.stated(&element);
        let kind = if is_sticker {
            Kind::Sticker
        } else {
            Kind::Picture
        };
        let mut attachment = self.attachment(&element, &stated, kind, scope);
        // The cache paths name smaller versions.
        let small = [
            element.cache_path_720,
            element.cache_path_198,
            element.cache_path,
        ];
        let thumbnail = self.thumbnail(&stated, &small, kind, scope);
        if is_sticker {
            // A sticker has room for one file.
            if let Some(thumbnail) = thumbnail.filter(|_| attachment.content.is_none()) {
                attachment.path = thumbnail.path;
                attachment.size_bytes = thumbnail.size_bytes;
                attachment.content = thumbnail.content;
            } else {
                attachment.media_type = media_type(element.format).map(str::to_owned);
            }
            attachment.url = self.url(&element);
            let meaning = summary
                .filter(|summary| summary != ANY_STICKER)
                .map(|summary| bare(&summary).to_owned());
            return Part::Sticker(Box::new(Sticker {
                attachment,
                meaning,
                ..Sticker::default()
            }));
        }
        attachment.media_type = media_type(element.format).map(str::to_owned);
        attachment.url = self.url(&element);
        Part::Image(Box::new(Image {
            attachment,
            thumbnail,
            width: pixels(element.width),
            height: pixels(element.height),
            is_flash: element.flash == Some(1),
        }))
    }

    pub(super) fn voice(&mut self, raw: &[u8], scope: Scope) -> Part {
        let element = Element::read(raw);
        let stated = self.stated(&element);
        Part::Voice(Box::new(Voice {
            attachment: self.attachment(&element, &stated, Kind::Voice, scope),
            duration_ms: milliseconds(element.voice_s),
            transcript: self.field(element.transcript),
        }))
    }

    pub(super) fn video(&mut self, raw: &[u8], scope: Scope) -> Part {
        let element = Element::read(raw);
        let stated = self.stated(&element);
        let attachment = self.attachment(&element, &stated, Kind::Video, scope);
        let covers = [element.cover_path, element.thumb_path];
        Part::Video(Box::new(Video {
            attachment,
            thumbnail: self.thumbnail(&stated, &covers, Kind::Video, scope),
            duration_ms: milliseconds(element.duration_s),
            width: pixels(element.video_width),
            height: pixels(element.video_height),
        }))
    }

    pub(super) fn file(&mut self, raw: &[u8], scope: Scope) -> Part {
        let element = Element::read(raw);
        let stated = self.stated(&element);
        Part::File(Box::new(File {
            attachment: self.attachment(&element, &stated, Kind::File, scope),
        }))
    }

    fn stated(&mut self, element: &Element<'_>) -> Stated {
        Stated {
            name: self.field(element.name),
            md5: element
                .md5
                .filter(|md5| md5.len() == 16)
                .map(hex::encode)
                .or_else(|| element.md5_text.and_then(digest_text)),
            path: if self.media.is_some() {
                self.field(element.local_path).unwrap_or_default()
            } else {
                String::new()
            },
        }
    }

    fn attachment(
        &mut self,
        element: &Element<'_>,
        stated: &Stated,
        kind: Kind,
        scope: Scope,
    ) -> Attachment {
        let mut attachment = Attachment {
            name: stated.name.clone(),
            size_bytes: element.size,
            native_digest: stated.md5.clone(),
            ..Attachment::default()
        };
        if let Some(media) = &mut self.media {
            media.original(kind, stated.names(), scope.sent_at, &mut attachment);
        }
        attachment
    }

    fn thumbnail(
        &mut self,
        stated: &Stated,
        paths: &[Option<&[u8]>],
        kind: Kind,
        scope: Scope,
    ) -> Option<Attachment> {
        let media = self.media.as_mut()?;
        let by_path = paths
            .iter()
            .flatten()
            .find_map(|path| media.at_path(std::str::from_utf8(path).ok()?));
        by_path.or_else(|| media.thumbnail(kind, stated.names(), scope.sent_at))
    }

    /// The address that the message states, put together from host and path.
    fn url(&mut self, element: &Element<'_>) -> Option<String> {
        let path = element.url.or(element.preview_url).or(element.thumb_url);
        let path = self.field(path)?;
        if path.starts_with("http") {
            return Some(path);
        }
        let host = self.field(element.host)?;
        let scheme = if host.contains("://") { "" } else { "https://" };
        let slash = if path.starts_with('/') || host.ends_with('/') {
            ""
        } else {
            "/"
        };
        Some(format!("{scheme}{host}{slash}{path}"))
    }
}

/// A digest written as text; some old rows hold its bytes instead.
fn digest_text(bytes: &[u8]) -> Option<String> {
    match bytes.len() {
        16 => Some(hex::encode(bytes)),
        32 => std::str::from_utf8(bytes).ok().map(str::to_ascii_lowercase),
        _ => None,
    }
}

/// Media type of a picture format (45416).
const fn media_type(format: Option<u64>) -> Option<&'static str> {
    Some(match format {
        Some(1000 | 1003) => "image/jpeg",
        Some(1001) => "image/png",
        Some(1002) => "image/webp",
        Some(1005) => "image/bmp",
        Some(2000) => "image/gif",
        Some(2001) => "image/apng",
        _ => return None,
    })
}

fn pixels(number: Option<u64>) -> Option<u32> {
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| *number > 0)
}

fn milliseconds(seconds: Option<u64>) -> Option<u64> {
    seconds.map(|seconds| seconds.saturating_mul(1000))
}
