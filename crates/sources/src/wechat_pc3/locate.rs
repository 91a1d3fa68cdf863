//! Attachments on disk: which file in the account folder belongs to a message.

use std::sync::Arc;

use hutong_model::{Attachment, ContentHandle, Image, Part, Stop, Timestamp, Video};
use md5::{Digest, Md5};

use super::decode::{Extra, split_path};
use super::read::Opened;
use super::tables::{Link, Links, Voices};
use crate::Input;

/// Media type of the client's own picture container.
const DAT: &str = "image/x-wechat-dat";

/// What a row says about its media.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) username: &'a str,
    pub(crate) server_id: i64,
    /// Unix seconds.
    pub(crate) time: i64,
    pub(crate) extra: &'a Extra<'a>,
    pub(crate) digests: &'a [String],
}

impl Wanted<'_> {
    fn original(&self) -> Option<&str> {
        self.extra.fourth.as_deref()
    }

    fn thumbnail(&self) -> Option<&str> {
        self.extra.third.as_deref()
    }
}

/// Finds attachments.
#[derive(Debug)]
pub(crate) struct Locator {
    root: Option<Input>,
    voices: Voices,
    links: Links,
    /// Whether there are any files; copies of databases alone have none.
    has_files: bool,
}

impl Locator {
    pub(crate) fn new(opened: &mut Opened) -> Result<Self, Stop> {
        let mut locator = Self {
            root: opened.layout.root.subfolder(""),
            voices: Voices::default(),
            links: Links::default(),
            has_files: !opened.layout.root.folder_names("FileStorage").is_empty(),
        };
        let problems = &mut opened.problems;
        let mut keep = |problem| {
            problems.push(problem);
            Ok(())
        };
        for database in &opened.databases {
            locator.voices.read(database, &mut keep)?;
            if locator.has_files {
                locator.links.read(database, &mut keep)?;
            }
        }
        Ok(locator)
    }

    /// Fills in the attachments of a message as far as their files are there.
    pub(crate) fn locate(&self, wanted: &Wanted<'_>, parts: &mut [Part]) {
        for part in parts {
            match part {
                Part::Voice(voice) => self.voice(wanted, &mut voice.attachment),
                Part::Image(image) if self.has_files => self.image(wanted, image),
                Part::Video(video) if self.has_files => self.video(wanted, video),
                Part::File(file) if self.has_files => self.file(wanted, &mut file.attachment),
                Part::Sticker(sticker) if self.has_files => {
                    self.sticker(wanted, &mut sticker.attachment);
                }
                _ => {}
            }
        }
    }

    fn voice(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        if let Some((path, content)) = self.voices.find(wanted.server_id) {
            attachment.path = Some(path);
            attachment.content = Some(content.shared());
        }
    }

    /// The path as it is really spelled, when there is such a file; its month may be one off.
    fn exists(&self, path: &str) -> Option<String> {
        let root = self.root.as_ref()?;
        root.real_path(path).or_else(|| {
            neighbours(path)
                .into_iter()
                .find_map(|path| root.real_path(&path))
        })
    }

    fn stated(&self, path: Option<&str>) -> Option<String> {
        self.exists(&split_path(path?)?.1)
    }

    fn linked(&self, kind: &str, digests: &[String]) -> Option<Link> {
        digests
            .iter()
            .find_map(|digest| self.links.find(kind, digest))
    }

    /// Writes down a file that was found.
    fn found(&self, path: String, attachment: &mut Attachment) {
        let Some(root) = &self.root else { return };
        let Some(content) = root.content(&path) else {
            return;
        };
        attachment.size_bytes = root.size_bytes(&path).or(attachment.size_bytes);
        if path.to_ascii_lowercase().ends_with(".dat") {
            attachment.media_type = Some(DAT.to_owned());
        }
        attachment.content = Some(ContentHandle(Arc::new(content)));
        attachment.path = Some(path);
    }

    fn image(&self, wanted: &Wanted<'_>, image: &mut Image) {
        let whole = self
            .stated(wanted.original())
            .or_else(|| self.linked_image(wanted, "Image"))
            .or_else(|| self.image_by_digest(wanted));
        let small = self
            .stated(wanted.thumbnail())
            .or_else(|| self.linked_image(wanted, "Thumb"));
        match (whole, small) {
            (Some(whole), small) => {
                self.found(whole, &mut image.attachment);
                if let Some(small) = small {
                    let mut thumbnail = Attachment::default();
                    self.found(small, &mut thumbnail);
                    image.thumbnail = Some(thumbnail);
                }
            }
            (None, Some(small)) => self.found(small, &mut image.attachment),
            (None, None) => {}
        }
    }

    fn linked_image(&self, wanted: &Wanted<'_>, folder: &str) -> Option<String> {
        let link = self.linked("image", wanted.digests)?;
        let (talker, month) = (link.folder?, link.subfolder?);
        let path = format!("FileStorage/MsgAttach/{talker}/{folder}/{month}");
        self.exists(&format!("{path}/{}", link.name)).or_else(|| {
            // The row names the whole picture; the small one is called after it.
            let (stem, end) = link.name.rsplit_once('.')?;
            self.exists(&format!("{path}/{stem}_t.{end}"))
        })
    }

    fn image_by_digest(&self, wanted: &Wanted<'_>) -> Option<String> {
        let talker = hex::encode(Md5::digest(wanted.username.as_bytes()));
        let [month, ..] = months(wanted.time);
        wanted
            .digests
            .iter()
            .filter(|digest| is_plain_name(digest))
            .find_map(|digest| {
                self.exists(&format!(
                    "FileStorage/MsgAttach/{talker}/Image/{month}/{digest}.dat"
                ))
            })
    }

    fn video(&self, wanted: &Wanted<'_>, video: &mut Video) {
        let is_film = |path: &String| !path.to_ascii_lowercase().ends_with(".jpg");
        let link = self.linked("video", wanted.digests);
        let linked = link.and_then(|link| {
            Some(format!(
                "FileStorage/Video/{}/{}",
                link.subfolder.or(link.folder)?,
                link.name
            ))
        });
        let whole = self
            .stated(wanted.original())
            .filter(is_film)
            .or_else(|| self.exists(linked.as_deref()?));
        let still = self.stated(wanted.thumbnail()).or_else(|| {
            let film = whole.as_deref().or(linked.as_deref())?;
            let (stem, _) = film.rsplit_once('.')?;
            self.exists(&format!("{stem}.jpg"))
        });
        if let Some(whole) = whole {
            self.found(whole, &mut video.attachment);
        }
        if let Some(still) = still {
            let mut thumbnail = Attachment::default();
            self.found(still, &mut thumbnail);
            video.thumbnail = Some(thumbnail);
        }
    }

    fn file(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        let linked = || {
            let link = self.linked("file", wanted.digests)?;
            let month = link.subfolder.or(link.folder)?;
            self.exists(&format!("FileStorage/File/{month}/{}", link.name))
        };
        let named = || {
            let name = attachment
                .name
                .as_deref()
                .filter(|name| !name.contains(['/', '\\']))?;
            let [month, ..] = months(wanted.time);
            let path = self.exists(&format!("FileStorage/File/{month}/{name}"))?;
            let size = self.root.as_ref()?.size_bytes(&path);
            // Another file can have had the name.
            (attachment.size_bytes.is_none() || attachment.size_bytes == size).then_some(path)
        };
        if let Some(path) = self
            .stated(wanted.original())
            .or_else(linked)
            .or_else(named)
        {
            self.found(path, attachment);
        }
    }

    /// Stickers of the owner's collection; those that are no plain picture are nothing to show.
    fn sticker(&self, wanted: &Wanted<'_>, attachment: &mut Attachment) {
        let digests = wanted.digests.iter().chain(&attachment.native_digest);
        let path = digests
            .filter(|digest| digest.len() == 32 && is_plain_name(digest))
            .find_map(|digest| {
                self.exists(&format!(
                    "FileStorage/CustomEmotion/{}/{digest}",
                    digest.get(..2)?
                ))
            });
        let Some(path) = path else { return };
        let first = self
            .root
            .as_ref()
            .and_then(|root| root.first_bytes(&path, 12).ok())
            .unwrap_or_default();
        let marks: [&[u8]; 5] = [b"GIF8", b"\x89PNG", b"\xFF\xD8\xFF", b"RIFF", b"wxgf"];
        if marks.iter().any(|mark| first.starts_with(mark)) {
            self.found(path, attachment);
        }
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The month of a moment and its neighbours: files are put away when they arrive, in the time of the device.
fn months(time: i64) -> [String; 3] {
    const CHINA_SECONDS: i64 = 8 * 3600;
    let (year, month, _) = Timestamp::from_seconds(time.saturating_add(CHINA_SECONDS)).date();
    around(year.saturating_mul(12).saturating_add(i64::from(month) - 1))
}

fn around(number: i64) -> [String; 3] {
    [number, number.saturating_add(1), number.saturating_sub(1)].map(|number| {
        format!(
            "{:04}-{:02}",
            number.div_euclid(12),
            number.rem_euclid(12) + 1
        )
    })
}

/// The path in the month after and in the month before.
fn neighbours(path: &str) -> Vec<String> {
    let pieces: Vec<&str> = path.split('/').collect();
    let found = pieces.iter().enumerate().find_map(|(place, piece)| {
        let (year, month) = piece.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        let (year, month): (i64, i64) = (year.parse().ok()?, month.parse().ok()?);
        Some((place, year * 12 + month - 1))
    });
    let Some((place, number)) = found else {
        return Vec::new();
    };
    let [_, next, last] = around(number);
    [next, last]
        .iter()
        .map(|month| {
            let mut pieces = pieces.clone();
            if let Some(piece) = pieces.get_mut(place) {
                *piece = month;
            }
            pieces.join("/")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_neighbours_in_other_months() {
        assert_eq!(
            neighbours("FileStorage/File/2023-12/a.pdf"),
            [
                "FileStorage/File/2024-01/a.pdf",
                "FileStorage/File/2023-11/a.pdf"
            ]
        );
        assert!(neighbours("FileStorage/a-b/c").is_empty());
    }
}
