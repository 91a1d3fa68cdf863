//! Pictures, voices, films, files and stickers.

use hutong_model::{Attachment, File, Image, Part, Sticker, Video, Voice};

use super::super::body::{Element, Film, Picture, Voice as VoiceBody};
use super::super::java;
use super::{Mapper, unread, words};
use crate::qq::wire::{Fields, repeated};

impl Mapper<'_> {
    pub(super) fn picture(&mut self, data: &[u8], kind: i64) -> Part {
        if !is_message(data) {
            return unread(kind, data);
        }
        let body = Picture::read(data);
        let md5 = body.md5.and_then(digest);
        let path = self.field(body.path);
        let (width, height) = body.pixels();
        let mut attachment = Attachment {
            name: path.as_deref().and_then(file_name),
            size_bytes: body.size.filter(|size| *size > 0),
            media_type: body.media_type().map(str::to_owned),
            native_digest: md5.clone(),
            url: [body.raw_url, body.big_url, body.thumb_url]
                .into_iter()
                .find_map(|url| self.field(url))
                .filter(|url| url.contains('/')),
            ..Attachment::default()
        };
        let mut thumbnail = None;
        if let Some(files) = &self.files {
            if let Some(md5) = &md5 {
                files.picture(md5, &mut attachment);
                thumbnail = files.thumbnail(md5);
            }
            if attachment.content.is_none()
                && let Some(path) = &path
            {
                files.at_path(path, &mut attachment);
            }
        }
        Part::Image(Box::new(Image {
            attachment,
            thumbnail,
            width,
            height,
            is_flash: false,
        }))
    }

    /// Text and pictures in one message.
    pub(super) fn mixed(&mut self, data: &[u8]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut text = String::new();
        for raw in repeated(data, 1) {
            let element = Element::read(raw);
            if let Some(bytes) = element.text {
                text.push_str(&self.words(bytes));
            }
            let flush = |parts: &mut Vec<Part>, text: &mut String| {
                if !text.is_empty() {
                    parts.push(Part::text(words::with_faces(text)));
                    text.clear();
                }
            };
            if let Some(bytes) = element.picture {
                flush(&mut parts, &mut text);
                parts.push(self.picture(bytes, -1035));
            }
            if let Some(bytes) = element.sticker {
                flush(&mut parts, &mut text);
                parts.push(self.sticker(bytes));
            }
            let is_known =
                element.text.is_some() || element.picture.is_some() || element.sticker.is_some();
            // What is answered stands beside the message too.
            if !is_known && element.source.is_none() && !raw.is_empty() {
                flush(&mut parts, &mut text);
                parts.push(unread(-1035, raw));
            }
        }
        if !text.is_empty() {
            parts.push(Part::text(words::with_faces(&text)));
        }
        if parts.is_empty() {
            parts.push(unread(-1035, data));
        }
        parts
    }

    pub(super) fn voice(&mut self, data: &[u8]) -> Part {
        if !is_message(data) {
            return unread(-2002, data);
        }
        let body = VoiceBody::read(data);
        let path = self.field(body.path);
        let full = self.field(body.full_path);
        let mut attachment = Attachment {
            name: path.as_deref().or(full.as_deref()).and_then(file_name),
            size_bytes: body.size.filter(|size| *size > 0),
            native_digest: body.md5.and_then(digest),
            ..Attachment::default()
        };
        let owner = self.owner.clone().unwrap_or_default();
        for path in [&path, &full].into_iter().flatten() {
            if attachment.content.is_none() {
                self.look_up(
                    |files, into| files.voice(&owner, path, into),
                    &mut attachment,
                );
            }
        }
        Part::Voice(Box::new(Voice {
            attachment,
            duration_ms: body.seconds.map(|seconds| seconds.saturating_mul(1000)),
            transcript: self.field(body.transcript),
        }))
    }

    pub(super) fn film(&mut self, data: &[u8]) -> Part {
        if !is_message(data) {
            return unread(-2022, data);
        }
        let body = Film::read(data);
        let path = self.field(body.path);
        let mut attachment = Attachment {
            name: path.as_deref().and_then(file_name),
            size_bytes: body.size.filter(|size| *size > 0),
            ..Attachment::default()
        };
        self.find_at(path.as_deref(), &mut attachment);
        Part::Video(Box::new(Video {
            attachment,
            ..Video::default()
        }))
    }

    /// A file that was saved: path and size, counted from the end.
    pub(super) fn saved_file(&mut self, data: &[u8]) -> Part {
        let fields = self.fields(data);
        let from_end = |place: usize| {
            fields
                .len()
                .checked_sub(place)
                .and_then(|index| fields.get(index))
        };
        // A path may hold bars itself; a body with fewer fields than usual begins with it.
        let path = match fields.len() {
            0..5 => fields.first().cloned(),
            count => fields.get(..count - 4).map(|pieces| pieces.join("|")),
        }
        .map(|path| path.trim().to_owned())
        .filter(|path| !path.is_empty());
        let size = from_end(4)
            .or_else(|| fields.get(1))
            .and_then(|size| size.trim().parse().ok());
        let mut attachment = Attachment {
            name: path.as_deref().and_then(file_name),
            size_bytes: size,
            ..Attachment::default()
        };
        self.find_at(path.as_deref(), &mut attachment);
        Part::File(Box::new(File { attachment }))
    }

    /// A file that was never received: its name alone.
    pub(super) fn missing_file(&mut self, data: &[u8]) -> Part {
        let name = self.fields(data).into_iter().next().unwrap_or_default();
        Part::File(Box::new(File {
            attachment: Attachment {
                name: file_name(&name),
                ..Attachment::default()
            },
        }))
    }

    pub(super) fn group_file(&mut self, data: &[u8]) -> Part {
        let Some(object) = java::read(data) else {
            return unread(-2017, data);
        };
        let digest = object
            .bytes("md5")
            .and_then(digest)
            .or_else(|| object.text("md5").and_then(|text| digest(text.as_bytes())));
        let name = object.text("fileName").as_deref().and_then(file_name);
        let Some(name) = name else {
            return unread(-2017, data);
        };
        let path = ["localFile", "localPath", "filePath"]
            .iter()
            .find_map(|field| object.text(field));
        let mut attachment = Attachment {
            name: Some(name.clone()),
            size_bytes: object
                .number("lfileSize")
                .and_then(|size| u64::try_from(size).ok()),
            native_digest: digest,
            ..Attachment::default()
        };
        self.find_at(path.as_deref().or(Some(&name)), &mut attachment);
        Part::File(Box::new(File { attachment }))
    }

    /// A sticker of the sticker shop.
    pub(super) fn sticker(&mut self, data: &[u8]) -> Part {
        let Some(object) = java::read(data) else {
            return match words::readable(data) {
                Some(text) => meaning(&text, None, None),
                None => unread(-2007, data),
            };
        };
        let name = object.text("faceName");
        let id = object
            .bytes("sbufID")
            .map(hex::encode)
            .or_else(|| object.text("sbufID"));
        let pack = object.number("dwTabID").map(|number| number.to_string());
        if name.is_none() && id.is_none() && pack.is_none() {
            return unread(-2007, data);
        }
        meaning(name.as_deref().unwrap_or_default(), id, pack)
    }

    /// A large face, of which only the words are known.
    pub(super) fn big_face(&mut self, data: &[u8]) -> Part {
        let words = if is_message(data) {
            words::inner_words(data, 0).into_iter().next()
        } else {
            None
        };
        match words.or_else(|| words::readable(data)) {
            Some(text) => meaning(&text, None, None),
            None => unread(-8018, data),
        }
    }

    fn find_at(&self, path: Option<&str>, into: &mut Attachment) {
        if let Some(path) = path {
            self.look_up(
                |files, into| {
                    files.at_path(path, into);
                },
                into,
            );
        }
    }

    /// Text that is there and not blank.
    fn field(&mut self, bytes: Option<&[u8]>) -> Option<String> {
        let text = self.words(bytes?);
        (!text.trim().is_empty()).then(|| text.into_owned())
    }
}

/// `[贴贴]` and `/贴贴` mean 贴贴.
fn meaning(words: &str, name: Option<String>, pack: Option<String>) -> Part {
    let words = words.trim();
    let bare = words
        .strip_prefix('[')
        .and_then(|words| words.strip_suffix(']'))
        .or_else(|| words.strip_prefix('/'))
        .unwrap_or(words);
    Part::Sticker(Box::new(Sticker {
        attachment: Attachment {
            name,
            ..Attachment::default()
        },
        meaning: Some(bare.to_owned()).filter(|words| !words.is_empty()),
        pack,
        ..Sticker::default()
    }))
}

/// Whether bytes are fields to their end.
fn is_message(data: &[u8]) -> bool {
    let mut fields = Fields::new(data);
    fields.by_ref().count() > 0 && fields.unread().is_empty()
}

/// A digest as text or as bytes.
fn digest(bytes: &[u8]) -> Option<String> {
    if bytes.len() == 16 {
        return Some(hex::encode(bytes));
    }
    std::str::from_utf8(bytes)
        .ok()
        .map(str::trim)
        .filter(|text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_ascii_lowercase)
}

/// The last piece of a path.
fn file_name(path: &str) -> Option<String> {
    path.rsplit(['/', '\\'])
        .next()
        .map(|name| name.split('?').next().unwrap_or(name).to_owned())
        .filter(|name| !name.trim().is_empty())
}
