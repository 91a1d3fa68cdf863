//! Attachments that travel inside a file: in a mail, in an archive of messages.

use std::io::{self, Chain, Cursor, Read};

use hutong_media::{Family, MediaType, sniff};
use hutong_model::{Attachment, Part, PartKind};

use crate::attachments::play;
use crate::file_name::harmless;
use crate::scribe::MAX_DEPTH;
use crate::{Blobs, Language, words};

/// So many first bytes are looked at to tell what a file is.
const HEAD_BYTES: u64 = 4096;

/// One attachment of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'m> {
    pub(crate) attachment: &'m Attachment,
    /// Kind of the part that it belongs to.
    pub(crate) kind: PartKind,
}

/// The attachments of these parts, those in bundles included, in order; of a picture or film that is not here, its
/// small version. Excerpts of other messages are left out.
pub(crate) fn wanted<'m>(parts: &'m [Part], depth: usize, found: &mut Vec<Wanted<'m>>) {
    for part in parts {
        let mut add = |attachment: &'m Attachment| {
            if *attachment != Attachment::default() {
                found.push(Wanted {
                    attachment,
                    kind: part.kind(),
                });
            }
        };
        match part {
            Part::Image(image) => add(or_thumbnail(&image.attachment, image.thumbnail.as_ref())),
            Part::Video(video) => add(or_thumbnail(&video.attachment, video.thumbnail.as_ref())),
            Part::Voice(voice) => add(&voice.attachment),
            Part::File(file) => add(&file.attachment),
            Part::Sticker(sticker) => add(&sticker.attachment),
            Part::Forward(forward) if depth < MAX_DEPTH => {
                for message in &forward.messages {
                    wanted(&message.parts, depth + 1, found);
                }
            }
            _ => {}
        }
    }
}

fn or_thumbnail<'m>(attachment: &'m Attachment, small: Option<&'m Attachment>) -> &'m Attachment {
    small
        .filter(|small| !attachment.is_present() && small.is_present())
        .unwrap_or(attachment)
}

/// An attachment whose bytes can be read.
pub(crate) struct Carried {
    pub(crate) content: Chain<Cursor<Vec<u8>>, Box<dyn Read>>,
    pub(crate) media_type: Option<MediaType>,
    /// Harmless as a file name, with an extension.
    pub(crate) name: String,
}

impl Carried {
    /// Opens it, a voice as a WAV file where it can be decoded; `None` when the bytes are not to be had.
    pub(crate) fn open(wanted: Wanted<'_>, blobs: &dyn Blobs, language: Language) -> Option<Self> {
        let is_voice = wanted.kind == PartKind::Voice;
        let opened = blobs.open(wanted.attachment).ok().flatten()?;
        let mut content = if is_voice {
            play(opened).ok()?.0
        } else {
            opened
        };
        let mut head = Vec::new();
        (&mut content)
            .take(HEAD_BYTES)
            .read_to_end(&mut head)
            .ok()?;
        let media_type = sniff(&head);
        Some(Self {
            name: name(wanted, media_type, language),
            media_type,
            content: Cursor::new(head).chain(content),
        })
    }

    /// Its media type as a mail states it.
    pub(crate) fn media_type_name(&self) -> &'static str {
        self.media_type
            .map_or("application/octet-stream", MediaType::as_str)
    }

    /// Whether it is a picture that programs show.
    pub(crate) fn is_picture(&self) -> bool {
        self.media_type
            .is_some_and(|found| found.family() == Family::Image && found.plays_in_browsers())
    }
}

impl Read for Carried {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content.read(buffer)
    }
}

/// The name that the sender gave, else what it is; what the bytes are decides the extension of a voice or picture.
fn name(wanted: Wanted<'_>, media_type: Option<MediaType>, language: Language) -> String {
    let given = wanted.attachment.name.as_deref().map(str::trim);
    let given = given.filter(|name| !name.is_empty());
    let stated = given.unwrap_or_else(|| words::part(language, wanted.kind));
    let (stem, extension) = match stated.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) && !stem.is_empty() => {
            (stem, Some(extension))
        }
        _ => (stated, None),
    };
    let found = media_type.filter(|found| {
        extension.is_none() || (found.family() != Family::Other && wanted.kind != PartKind::File)
    });
    let extension = match found {
        // `jpeg` is as good as `jpg`.
        Some(found) if !is_same(extension, found) => found.extension(),
        _ => extension.unwrap_or("bin"),
    };
    harmless(stem, extension)
}

fn is_same(extension: Option<&str>, found: MediaType) -> bool {
    extension.is_some_and(|extension| {
        let extension = extension.to_ascii_lowercase();
        extension == found.extension() || (extension == "jpeg" && found.extension() == "jpg")
    })
}

fn is_extension(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hutong_model::File;

    #[test]
    fn a_carried_file_has_a_name_that_fits() {
        let name_of = |kind, given: Option<&str>, media_type| {
            let attachment = Attachment {
                name: given.map(str::to_owned),
                ..Attachment::default()
            };
            let wanted = Wanted {
                attachment: &attachment,
                kind,
            };
            name(wanted, media_type, Language::En)
        };
        let (file, voice) = (PartKind::File, PartKind::Voice);
        assert_eq!(
            name_of(file, Some("账目.xlsx"), Some(MediaType::Zip)),
            "账目.xlsx"
        );
        assert_eq!(name_of(file, Some("../../x"), None), "_.._x.bin");
        assert_eq!(name_of(file, Some("a\r\n.exe"), None), "a.exe");
        assert_eq!(
            name_of(voice, Some("v.silk"), Some(MediaType::Wav)),
            "v.wav"
        );
        assert_eq!(
            name_of(voice, None, Some(MediaType::Wav)),
            "Voice message.wav"
        );
    }

    #[test]
    fn attachments_in_bundles_are_found() {
        let file = |name: &str| {
            Part::File(Box::new(File {
                attachment: Attachment {
                    name: Some(name.to_owned()),
                    ..Attachment::default()
                },
            }))
        };
        let inner = hutong_model::ForwardedMessage {
            parts: vec![file("b")],
            ..hutong_model::ForwardedMessage::default()
        };
        let bundle = Part::Forward(Box::new(hutong_model::Forward {
            messages: vec![inner],
            ..hutong_model::Forward::default()
        }));
        let parts = [file("a"), bundle, Part::text("x")];
        let mut found = Vec::new();
        wanted(&parts, 0, &mut found);
        let names: Vec<_> = found
            .iter()
            .map(|one| one.attachment.name.as_deref())
            .collect();
        assert_eq!(names, [Some("a"), Some("b")]);
    }
}
